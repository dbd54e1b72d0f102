"""A real cine study of a heart: eleven series, one volume in time and five planes in time."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from twin.domain import Volume
from twin.progress import Progress
from twin.sources import scan
from twin.sources.steps import ImportParams, import_images


@pytest.fixture(scope="module")
def heart(shared_data: Path) -> dict[str, Volume]:
    """What an import of the study brings, by name."""
    made = import_images(ImportParams((str(shared_data / "heart-mr-cine/dicom"),)), Progress())
    assert made.summary["series_found"] == 11
    assert made.summary["left_out"] == []
    found = {}
    for role, entity in made.outputs.items():
        assert isinstance(entity, Volume)
        found[f"{made.names[role]} {entity.identity.series_number}"] = entity
    return found


SHORT = "cine_trufi_retro (6 slices) None"  # no one series is all of it


def test_the_short_axis_is_one_volume_in_time(heart: dict[str, Volume]) -> None:
    """Numbers from the files' headers: positions, trigger times, nominal intervals; README: 17.7 mm apart."""
    assert list(heart) == [
        SHORT, "cine_trufi_retro 4CH 14001", "cine_trufi_retro 4CH 16001", "cine_trufi_retro 2CH 17001",
        "cine_trufi_retro 2CH 19001", "cine_trufi_retro RVOT 22001",
    ]  # fmt: skip
    volume = heart[SHORT]
    assert volume.voxels.shape == (25, 6, 208, 256)
    np.testing.assert_allclose(volume.spacing_mm, (1.40625, 1.40625, 17.7), atol=2e-3)
    assert volume.times_ms is not None
    assert volume.slice_times_ms is not None
    assert volume.cycle_ms is not None
    assert volume.slice_times_ms.shape == (25, 6)
    # series 12001 (831 ms) lies lowest along the slices' normal, 7001 (863 ms) highest
    assert list(volume.cycle_ms) in ([831, 814, 776, 829, 860, 863], [863, 860, 829, 776, 814, 831])
    phase = volume.slice_times_ms / volume.cycle_ms
    np.testing.assert_allclose(phase, np.tile(np.arange(25) / 25, (6, 1)).T, atol=1e-3)
    np.testing.assert_allclose(volume.times_ms, volume.slice_times_ms.mean(axis=1))
    assert volume.notes[0] == (
        "Joined from 6 series of one slice (7001, 8001, 9001, 10001, 11001, 12001) by their phase of the "
        "heart's cycle, which lasted 776 to 863 ms."
    )
    assert volume.notes[1] == "Slices 6 mm thick lie 17.7 mm apart: between them nothing was seen."


def test_each_slice_and_phase_is_the_files_own(heart: dict[str, Volume], shared_data: Path) -> None:
    import pydicom

    volume = heart[SHORT]
    to_index = np.linalg.inv(volume.affine)
    for path in sorted((shared_data / "heart-mr-cine/dicom").glob("Se[1-5]/*.dcm"))[::9]:
        ds = pydicom.dcmread(path)
        i, j, k = (to_index @ [*map(float, ds.ImagePositionPatient), 1])[:3]
        np.testing.assert_allclose((i, j, k), (0, 0, round(k)), atol=0.01)
        phase = round(25 * float(ds.TriggerTime) / float(ds.NominalInterval))
        np.testing.assert_array_equal(volume.voxels[phase, round(k)], ds.pixel_array)


def test_long_axes_are_planes_in_time(heart: dict[str, Volume]) -> None:
    for name, volume in heart.items():
        if name != SHORT:
            assert volume.voxels.shape[:2] == (25, 1)
            assert volume.times_ms is not None
            assert (np.diff(volume.times_ms) > 0).all()
            assert volume.spacing_mm[2] == pytest.approx(6)


def _surface(path: Path) -> NDArray[np.float64]:
    """Points of one of the fitted surfaces (legacy VTK), patient space, mm."""
    words = path.read_text().split("POINTS", 1)[1].split()
    count = int(words[0])
    return np.array(words[2 : 2 + 3 * count], dtype=float).reshape(-1, 3)


@pytest.mark.parametrize("phase", [0, 8, 16])
def test_blood_is_bright_and_muscle_dark_where_the_fitted_ventricles_are(
    heart: dict[str, Volume], shared_data: Path, phase: int
) -> None:
    """In balanced steady-state cine blood is far brighter than muscle.

    The right-ventricular long axis (19001) cuts the right ventricle only.
    """
    left, right, outside = (
        _surface(shared_data / f"heart-mr-cine/models/patient1_{name}_{phase:03d}.vtk")
        for name in ("LV_ENDOCARDIAL", "RV_ENDOCARDIAL", "EPICARDIAL")
    )
    away = np.linalg.norm(left[:, None] - outside, axis=2)
    wall = ((left + outside[away.argmin(axis=1)]) / 2)[away.min(axis=1) > 5]
    for volume in heart.values():
        if volume.identity.series_number == 19001:
            assert not len(_values(volume, phase, _shrunk(left)))
            blood = _values(volume, phase, _shrunk(right))
            assert np.median(blood) > 2 * np.median(volume.voxels[phase])
        else:
            blood, muscle = _values(volume, phase, _shrunk(left)), _values(volume, phase, wall)
            assert len(muscle) > 50
            assert np.median(blood) > 2 * np.median(muscle)
        assert len(blood) > 100


def _shrunk(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points within a surface: its own, drawn towards their middle."""
    middle = points.mean(axis=0)
    return np.concatenate([middle + part * (points - middle) for part in (0.2, 0.4, 0.6)])


def _values(volume: Volume, phase: int, lps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values at those places that lie within half a slice's thickness (6 mm) of a slice."""
    index = (lps - volume.affine[:3, 3]) @ np.linalg.inv(volume.affine[:3, :3]).T
    near = np.abs(index[:, 2] - np.rint(index[:, 2])) * volume.spacing_mm[2] < 3
    i, j, k = np.rint(index[near]).astype(int).T
    inside = (k >= 0) & (k < volume.shape[0])
    return volume.voxels[phase][k[inside], j[inside], i[inside]].astype(float)


def test_a_number_names_the_whole_that_its_series_is_part_of(shared_data: Path) -> None:
    found = scan([shared_data / "heart-mr-cine/dicom"])
    assert found.count == 11
    assert [s.number for s in found.series if s.answers_to("9001")] == [7001]
    assert [s.number for s in found.series[0].joined] == [7001, 8001, 9001, 10001, 11001, 12001]
