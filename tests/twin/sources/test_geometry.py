"""Slices that make no straight, even stack: what is refused, what is resampled, what is said of it.

The made series hold a value that grows evenly through patient space, so that linear interpolation
must give it back exactly wherever a voxel of the resampled grid lies.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.twin.sources import made
from twin.domain import Volume
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources import read, scan
from twin.sources.steps import ImportParams, import_images

SIZE = (12, 10)  # rows, columns
SPACING = (0.5, 0.75)  # between rows, between columns


def ramp(lps: NDArray) -> NDArray:
    """Stored value at places in LPS mm; the spans below keep it within 16 bits."""
    return 2000 + lps @ np.array([31.0, 47.0, 59.0])


def write(
    folder: Path, positions: Sequence[Sequence[float]], axes: NDArray | None = None, **tags: object
) -> None:
    """Write a slice of the ramp at each position; ``axes`` are the directions of a row and a column."""
    axes = np.eye(3)[:2] if axes is None else axes
    folder.mkdir(parents=True, exist_ok=True)
    row, column = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]), indexing="ij")
    for n, position in enumerate(positions):
        lps = (
            np.array(position)
            + column[..., None] * SPACING[1] * axes[0]
            + row[..., None] * SPACING[0] * axes[1]
        )
        plane = np.rint(ramp(lps)).astype(np.int16)
        ds = made.slice_dataset(
            plane, tuple(position), InstanceNumber=n + 1, RescaleIntercept=0,  # type: ignore[arg-type]
            ImageOrientationPatient=[*axes[0], *axes[1]], **tags,
        )  # fmt: skip
        ds.save_as(folder / f"{(n * 37) % 101:03d}.dcm", enforce_file_format=True)


def only(folder: Path, **more: bool) -> Volume:
    (series,) = scan([folder]).series
    volume = read(series, accept_gaps=more.get("accept_gaps", False))
    assert isinstance(volume, Volume)
    return volume


def assert_lies_right(volume: Volume, least: float = 0.7, off: float = 1.0) -> None:
    """Every voxel within the slices has the ramp's value at its place, to within rounding (two roundings)."""
    k, j, i = np.indices(volume.shape)
    lps = np.stack([i, j, k], axis=-1) @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    inside = volume.voxels != -1024
    assert inside.mean() >= least
    assert np.abs(volume.voxels - ramp(lps))[inside].max() <= off
    axes = volume.affine[:3, :3] / volume.spacing_mm
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-9)
    assert np.linalg.det(axes) > 0


@pytest.mark.parametrize("tilt", [-20.0, 5.0, 14.0, 25.0])
def test_gantry_tilt_is_resampled_to_an_upright_grid(tmp_path: Path, tilt: float) -> None:
    """The table moves along z while rows lean: the affine of the series as it is would be sheared."""
    lean = np.radians(tilt)
    axes = np.array([[1.0, 0, 0], [0, np.cos(lean), -np.sin(lean)]])
    write(tmp_path, [(-3, -4, 2.0 * n) for n in range(6)], axes)
    volume = only(tmp_path)
    assert_lies_right(volume, least=0.5)
    # slices 2 mm apart along z lie 2 cos(tilt) apart along their own axis
    np.testing.assert_allclose(volume.spacing_mm, (0.75, 0.5, 2 * np.cos(lean)), rtol=1e-6)
    assert f"gantry tilt: its slices are shifted against each other, {abs(tilt):.1f}°" in volume.notes[0]
    assert volume.notes[0].startswith("Resampled to an upright grid")
    assert volume.notes[1] == "Where no slice reaches stands -1024 HU."


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(1.0, 2.9), min_size=3, max_size=9).filter(lambda s: np.ptp(s) > 0.5))
def test_uneven_steps_are_resampled_or_refused(
    tmp_path_factory: pytest.TempPathFactory, steps: list[float]
) -> None:
    folder = tmp_path_factory.mktemp("uneven")
    z = np.concatenate([[0.0], np.cumsum(np.round(steps, 3))])
    write(folder, [(-3.0, -4.0, float(h)) for h in z])
    (series,) = scan([folder]).series
    volume = read(series, accept_gaps=True)
    assert isinstance(volume, Volume)
    assert volume.affine[2, 2] * (volume.shape[0] - 1) == pytest.approx(z[-1], abs=0.2)
    if any("Uneven slice steps: its slices lie" in note for note in volume.notes):
        assert_lies_right(volume)
    else:  # multiples of one step as far as positions rounded to 0.1 mm tell, at 59 a mm
        assert "Filled by interpolation" in volume.notes[0]
        assert_lies_right(volume, off=1.0 + 5.9)


def test_uneven_steps_say_so_and_do_not_ask(tmp_path: Path) -> None:
    write(tmp_path, [(0, 0, z) for z in (0.0, 2.0, 4.0, 6.0, 9.0, 11.0)])
    volume = only(tmp_path)
    assert_lies_right(volume)
    assert volume.notes == (
        # 11 mm in round(11 / 2) = 6 steps (to even) of 1.833 mm
        "Uneven slice steps: its slices lie 2 to 3 mm apart; resampled to even steps of 1.833 mm by linear "
        "interpolation between neighboring slices.",
    )


def test_a_hole_that_is_no_multiple_is_asked_about_too(tmp_path: Path) -> None:
    write(tmp_path, [(0, 0, z) for z in (0.0, 2.0, 4.0, 6.0, 8.0, 17.0, 19.0)])
    with pytest.raises(SourceError, match=r"nothing lies between 8 and 17 mm from the first slice"):
        only(tmp_path)
    volume = only(tmp_path, accept_gaps=True)
    assert_lies_right(volume)
    assert volume.notes[0].startswith("Filled by interpolation: nothing lies between 8 and 17 mm")
    # 19 mm in round(9.5) = 10 steps of 1.9 mm: 9.5, 11.4, 13.3 and 15.2 mm are in the hole, 17.1 at its end
    assert volume.spacing_mm[2] == pytest.approx(1.9)
    assert volume.filled == (5, 6, 7, 8)


def test_half_of_the_slices_missing_is_no_wider_step(tmp_path: Path) -> None:
    """Steps of 2, 4, 2, 4, 4, 4 mm are multiples of 2, although 4 is the more common one."""
    write(tmp_path, [(0, 0, z) for z in (0.0, 2.0, 6.0, 8.0, 12.0, 16.0, 20.0)])
    with pytest.raises(SourceError, match=r"4 slices are missing, 4, 10, 14, 18 mm from the first slice"):
        only(tmp_path)
    volume = only(tmp_path, accept_gaps=True)
    assert_lies_right(volume)
    assert volume.filled == (2, 5, 7, 9)


def test_slices_on_no_straight_line_are_put_above_each_other(tmp_path: Path) -> None:
    write(tmp_path, [(0.0, 0, 0), (0.0, 0, 2), (1.3, -0.7, 4), (1.3, -0.7, 6), (1.3, -0.7, 8)])
    volume = only(tmp_path)
    assert_lies_right(volume, least=0.6)
    assert "do not lie on one straight line (up to 1.5 mm aside)" in volume.notes[0]  # √(1.3² + 0.7²)


def test_slices_far_aside_make_no_volume(tmp_path: Path) -> None:
    write(tmp_path, [(0.0, 0, 0), (0.0, 0, 2), (90.0, 0, 4), (90.0, 0, 6)])
    with pytest.raises(SourceError, match="its slices do not lie above each other"):
        only(tmp_path)


AXIAL = np.array([[1.0, 0, 0], [0, 1, 0]])
SAGITTAL = np.array([[0.0, 1, 0], [0, 0, -1]])
CORONAL = np.array([[1.0, 0, 0], [0, 0, -1]])


@pytest.mark.parametrize(
    ("axes", "step", "position"),
    [
        (SAGITTAL, (1.0, 0, 0), "HFS"),
        (CORONAL, (0, 1.0, 0), "HFS"),
        (AXIAL, (0, 0, 2.0), "HFS"),
        (AXIAL, (0, 0, -2.0), "HFS"),
        (
            AXIAL * [[-1], [-1]],
            (0, 0, 2.0),
            "HFP",
        ),  # prone: rows run to the patient's right, columns up front
        (np.array([[0.0, 1, 0], [-1, 0, 0]]), (0, 0, 2.0), "HFDR"),  # on the right side
        (np.array([[0.0, -1, 0], [1, 0, 0]]), (0, 0, 2.0), "HFDL"),
        (AXIAL * [[-1], [1]], (0, 0, -2.0), "FFS"),  # feet first: the scanner's left is the patient's right
        (AXIAL * [[1], [-1]], (0, 0, -2.0), "FFP"),
    ],
)
def test_slices_come_out_where_the_patient_lies(
    tmp_path: Path, axes: NDArray, step: tuple[float, ...], position: str
) -> None:
    """Non-square pixels, any plane, any way to lie: the directions in the file settle it."""
    write(tmp_path, [(5 + step[0] * n, -7 + step[1] * n, 11 + step[2] * n) for n in range(5)], axes,
          PatientPosition=position)  # fmt: skip
    volume = only(tmp_path)
    assert_lies_right(volume, least=1.0)
    assert volume.patient_position == position
    assert volume.notes == ()
    np.testing.assert_allclose(volume.spacing_mm, (0.75, 0.5, np.linalg.norm(step)))


def test_mixed_orientations_are_split_into_series(tmp_path: Path) -> None:
    write(tmp_path / "a", [(0, 0, 2.0 * n) for n in range(4)])
    write(tmp_path / "b", [(1.0 * n, 0, 0) for n in range(3)], SAGITTAL)
    write(tmp_path / "c", [(0, 3.0, 0)], CORONAL)
    found = scan([tmp_path])
    assert found.count == 1
    assert [(s.description, s.kind, s.count) for s in found.series] == [
        ("axial", "volume", 4), ("sagittal", "volume", 3), ("planes", "volume", 1),
    ]  # fmt: skip
    assert len({s.uid for s in found.series}) == 3
    for series in found.series:
        volume = read(series)
        assert isinstance(volume, Volume)
        assert_lies_right(volume, least=1.0)
        assert volume.notes[0].startswith("Mixed orientations in one series: it was split")


def test_radial_planes_are_placed_each_in_its_own_place(tmp_path: Path) -> None:
    """Long axes of a heart, turned about one axis: no two lie in one plane."""
    for n, turn in enumerate(np.radians([0, 60, 120])):
        axes = np.array([[np.cos(turn), np.sin(turn), 0], [0, 0, -1]])
        write(tmp_path / str(n), [(0, 0, 0)], axes, AcquisitionNumber=n // 2)
    (series,) = scan([tmp_path]).series
    assert series.kind == "planes"
    planes = read(series)
    assert isinstance(planes, tuple)
    assert len(planes) == 3
    for plane in planes:
        assert_lies_right(plane, least=1.0)
        assert plane.notes[0].startswith("Read as 3 placed planes, not as a volume: mixed orientations")


def test_a_localizer_is_planes_and_stands_aside(tmp_path: Path) -> None:
    kind = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}
    write(tmp_path / "scan", [(0, 0, 2.0 * n) for n in range(4)])
    for name, axes in (("a", AXIAL), ("s", SAGITTAL), ("c", CORONAL)):
        write(tmp_path / "plan" / name, [(0, 0, 0)], axes, **kind)
    whole, localizer = scan([tmp_path]).series
    assert (localizer.kind, localizer.aside, localizer.uid) == ("planes", True, "1.2.3.4/localizer")
    given = ImportParams((str(tmp_path),))
    did = import_images(given, Progress())
    assert list(did.outputs) == ["volume"]
    assert did.summary["left_out"] == [
        f"series 4 (CT) in {tmp_path / 'plan'}: it only serves to plan or to show; name it to bring it in."
    ]
    named = import_images(ImportParams((str(tmp_path),), series=localizer.uid), Progress())
    assert list(named.names.values()) == [f"series 4 (CT) {n} of 3" for n in (1, 2, 3)]
    alone = import_images(ImportParams((str(tmp_path / "plan"),)), Progress())
    for plane in alone.outputs.values():
        assert isinstance(plane, Volume)
        assert plane.voxels.shape == (1, *SIZE)
        assert_lies_right(plane, least=1.0)
        assert "it is a localizer" in plane.notes[0]
    assert whole.uid == "1.2.3.4"


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_slices_are_fine(tmp_path: Path, count: int) -> None:
    write(tmp_path, [(0, 0, 3.0 * n) for n in range(count)], SliceThickness=3)
    volume = only(tmp_path)
    assert volume.voxels.shape == (count, *SIZE)
    assert volume.spacing_mm[2] == 3
    assert volume.notes == ()


def test_directions_rounded_differently_are_one_orientation(tmp_path: Path) -> None:
    """Cosines that differ in the fifth place, about a number that rounds either way."""
    for n in range(4):
        turn = 0.00499 + 0.00001 * n
        axes = np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0]])
        write(tmp_path / str(n), [(0, 0, 2.0 * n)], axes)
    volume = only(tmp_path)
    assert volume.voxels.shape == (4, *SIZE)
    assert_lies_right(volume, least=1.0)


def test_a_resampled_slice_is_no_image_of_the_scanner(tmp_path: Path) -> None:
    """0.3° over 8 mm move a slice by 0.04 mm only, but the grid has a row more than the images."""
    lean = np.radians(0.3)
    axes = np.array([[1.0, 0, 0], [0, np.cos(lean), -np.sin(lean)]])
    write(tmp_path / "tilted", [(0, 0, 2.0 * n) for n in range(5)], axes)
    write(tmp_path / "upright", [(0, 0, 2.0 * n) for n in range(5)])
    tilted, upright = only(tmp_path / "tilted"), only(tmp_path / "upright")
    assert tilted.shape == (5, SIZE[0] + 1, SIZE[1])
    assert tilted.image_uids == ()
    assert len(upright.image_uids) == 5
