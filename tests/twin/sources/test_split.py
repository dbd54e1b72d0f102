"""Several things in one series UID: told apart as the scanner meant them."""

from pathlib import Path

import numpy as np
import pytest

from tests.twin.sources import made
from twin.domain import Volume
from twin.sources import read, scan


def write(folder: Path, name: str, add: int, **tags: object) -> None:
    made.write_series(folder / name, made.voxels((4, 5, 6)) + np.int16(add), Modality="MR", **tags)


def volumes(folder: Path) -> dict[str, Volume]:
    found = {}
    for series in scan([folder]).series:
        volume = read(series)
        assert isinstance(volume, Volume)
        found[series.description] = volume
    return found


MAGNITUDE = ["ORIGINAL", "PRIMARY", "M", "ND"]
PHASE = ["ORIGINAL", "PRIMARY", "P", "ND"]


@pytest.mark.parametrize(
    ("first", "second", "names", "tags"),
    [
        ({"EchoTime": 5}, {"EchoTime": 10}, ["echo 5 ms", "echo 10 ms"], ["echo5", "echo10"]),
        ({"ImageType": MAGNITUDE}, {"ImageType": PHASE}, ["magnitude", "phase"], ["magnitude", "phase"]),
        (
            {"DiffusionBValue": 0.0}, {"DiffusionBValue": 1000.0}, ["b 0", "b 1000"], ["b0", "b1000"],
        ),
        (
            {"AcquisitionNumber": 1}, {"AcquisitionNumber": 2}, ["acquisition 1", "acquisition 2"],
            ["acquisition1", "acquisition2"],
        ),
    ],
)  # fmt: skip
def test_what_lies_in_one_place_for_another_reason_than_time(
    tmp_path: Path, first: dict[str, object], second: dict[str, object], names: list[str], tags: list[str]
) -> None:
    write(tmp_path, "a", 0, **first)
    write(tmp_path, "b", 500, **second)
    found = scan([tmp_path])
    assert found.count == 1
    assert [s.description for s in found.series] == names
    assert [s.uid for s in found.series] == [f"1.2.3.4/{t}" for t in tags]
    one, two = volumes(tmp_path).values()
    np.testing.assert_array_equal(one.voxels, made.voxels((4, 5, 6)))
    np.testing.assert_array_equal(two.voxels, one.voxels + 500)
    assert one.notes[0].startswith("Mixed ")
    assert names[0] in one.notes[0]


def test_siemens_own_b_value(tmp_path: Path) -> None:
    import pydicom

    for name, b in (("a", 0), ("b", 800)):
        write(tmp_path, name, b)
        for path in (tmp_path / name).iterdir():
            ds = pydicom.dcmread(path)
            ds.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", str(b))
            ds.save_as(path)
    assert list(volumes(tmp_path)) == ["b 0", "b 800"]


def test_ge_own_b_value(tmp_path: Path) -> None:
    import pydicom

    for name, b in (("a", 0), ("b", 800)):
        write(tmp_path, name, b)
        for path in (tmp_path / name).iterdir():
            ds = pydicom.dcmread(path)
            value = [1_000_000_000 + b, 8, 0, 0]
            ds.private_block(0x0043, "GEMS_PARM_01", create=True).add_new(0x39, "IS", value)
            ds.save_as(path)
    assert list(volumes(tmp_path)) == ["b 0", "b 800"]


def test_magnitude_and_phase_of_a_beating_heart_are_two_volumes_in_time(tmp_path: Path) -> None:
    for t in range(3):
        for kind, add in ((MAGNITUDE, 0), (PHASE, 500)):
            write(tmp_path, f"{t} {add}", add + t, ImageType=kind, TriggerTime=t * 40.0, NominalInterval=900)
    found = volumes(tmp_path)
    assert list(found) == ["magnitude", "phase"]
    for name, add in (("magnitude", 0), ("phase", 500)):
        volume = found[name]
        wanted = made.voxels((4, 5, 6)) + add + np.arange(3)[:, None, None, None]
        np.testing.assert_array_equal(volume.voxels, wanted)
        assert volume.times_ms is not None
        assert list(volume.times_ms) == [0, 40, 80]
        assert volume.cycle_ms is not None
        assert list(volume.cycle_ms) == [900] * 4
        assert volume.slice_times_ms is None  # all slices at once


def test_three_acquisitions_of_the_same_places_are_moments(tmp_path: Path) -> None:
    for t in range(3):
        write(
            tmp_path,
            str(t),
            t,
            AcquisitionNumber=t + 1,
            StudyDate="20260105",
            AcquisitionTime=f"1030{t * 2:02d}.5",
        )
    (volume,) = volumes(tmp_path).values()
    assert volume.voxels.shape == (3, 4, 5, 6)
    assert volume.times_ms is not None
    np.testing.assert_allclose(volume.times_ms, [0, 2000, 4000], atol=1e-3)


def test_acquisitions_that_overlap_are_two_volumes(tmp_path: Path) -> None:
    import pydicom

    write(tmp_path, "a", 0, AcquisitionNumber=1)
    write(tmp_path, "b", 0, AcquisitionNumber=2)
    for path in (tmp_path / "b").iterdir():
        ds = pydicom.dcmread(path)
        ds.ImagePositionPatient[2] += 6
        ds.save_as(path)
    assert [v.shape for v in volumes(tmp_path).values()] == [(4, 5, 6), (4, 5, 6)]


def test_acquisition_number_alone_does_not_tear_a_volume_apart(tmp_path: Path) -> None:
    import pydicom

    for n, path in enumerate(made.write_series(tmp_path)):
        ds = pydicom.dcmread(path)
        ds.AcquisitionNumber, ds.ImageType = n, ["ORIGINAL", "PRIMARY", "AXIAL", str(n)]
        ds.save_as(path)
    (series,) = scan([tmp_path]).series
    assert series.size == (7, 6, 5)
    assert series.notes == ()


def test_images_of_two_sizes_are_two_series(tmp_path: Path) -> None:
    made.write_series(tmp_path / "a", made.voxels((3, 6, 7)))
    made.write_series(tmp_path / "b", made.voxels((4, 5, 6)))
    assert sorted(s.size for s in scan([tmp_path]).series) == [(6, 5, 4), (7, 6, 3)]


def test_images_that_nothing_tells_apart_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a", 0)
    write(tmp_path, "b", 1)
    (series,) = scan([tmp_path]).series
    assert not series.is_volume
    assert series.why_not == (
        "2 images lie at the same place and nothing in them says how they follow each other in time or "
        "what tells them apart"
    )


def cine(folder: Path, n: int, z: float, phases: int = 4, cycle: float = 800, **tags: object) -> None:
    """A series of one slice, with as many phases of a heart's cycle, in no order."""
    for t in range(phases):
        made.write_series(
            folder / f"{n}-{(t * 7) % phases}", made.voxels((1, 5, 6)) + np.int16(100 * n + t),
            **{
                "Modality": "MR", "SeriesInstanceUID": f"1.2.3.{n}", "SeriesNumber": n,
                "TriggerTime": t * cycle / phases, "NominalInterval": round(cycle),
                "ImagePositionPatient": [0, 0, z], **tags,
            },
        )  # fmt: skip


def sizes(folder: Path) -> list[tuple[int, ...]]:
    return [s.size for s in scan([folder]).series]


def test_slices_of_a_beating_heart_are_joined_by_phase(tmp_path: Path) -> None:
    for n, (z, cycle) in enumerate([(0, 800), (20, 1000), (10, 900)]):
        cine(tmp_path, n, z, cycle=cycle)
    (series,) = scan([tmp_path]).series
    volume = read(series)
    assert isinstance(volume, Volume)
    assert volume.voxels.shape == (4, 3, 5, 6)
    # voxel (0, 0) holds −40 + 100 × series + phase; the series lie in the order 0, 2, 1
    wanted = -40 + np.array([0, 200, 100]) + np.arange(4)[:, None]
    np.testing.assert_array_equal(volume.voxels[:, :, 0, 0], wanted)
    assert volume.cycle_ms is not None
    assert list(volume.cycle_ms) == [800, 900, 1000]
    assert volume.times_ms is not None
    assert list(volume.times_ms) == [0, 225, 450, 675]  # a quarter of the mean cycle
    assert scan([tmp_path]).count == 3
    assert volume.identity.series_number is None  # the corner of a view must not name one for all


@pytest.mark.parametrize(("phases", "apart"), [(25, 0.0066), (4, 0.0052)])
def test_a_rounded_heart_rate_in_place_of_the_interval_puts_no_slice_by_another_phase(
    tmp_path: Path, phases: int, apart: float
) -> None:
    """Cycles of 72.49, 71.51 and 72/min all say 72: the last is off by 0.49/72 of its share, by hand."""
    for n, rate in enumerate((72.49, 71.51, 72.0)):
        tags: dict[str, object] = {"NominalInterval": None, "HeartRate": round(rate)}
        cine(tmp_path, n, 10.0 * n, phases, 60_000 / rate, **tags)
    (series,) = scan([tmp_path]).series
    volume = read(series)
    assert isinstance(volume, Volume)
    wanted = -40 + np.array([0, 100, 200]) + np.arange(phases)[:, None]
    np.testing.assert_array_equal(volume.voxels[:, :, 0, 0], wanted)
    assert volume.slice_times_ms is not None
    assert volume.cycle_ms is not None
    off = volume.slice_times_ms / volume.cycle_ms - np.arange(phases)[:, None] / phases
    assert np.abs(off).max() == pytest.approx(apart, abs=1e-4)
    assert volume.notes[0].endswith("heart's cycle, which lasted 833 ms.")


@pytest.mark.parametrize(
    "other",
    [
        {"phases": 5},
        {"FrameOfReferenceUID": "1.2.9"},
        {"StudyInstanceUID": "1.2.9"},
        {"PixelSpacing": [0.6, 0.75]},
        {"ImageOrientationPatient": [0, 1, 0, -1, 0, 0]},
        {"NominalInterval": None},
        {"z": 25},  # steps of 10 and 15 mm
        {"z": 10},  # twice in one place
        {"NominalInterval": 1200},  # phases at other fractions of the cycle
        {"NominalInterval": None, "HeartRate": 50},  # the same
    ],
)
def test_slices_that_do_not_fit_stay_planes(tmp_path: Path, other: dict[str, object]) -> None:
    cine(tmp_path, 1, 0)
    cine(tmp_path, 2, 10)
    cine(tmp_path, 3, **{"z": 20} | other)  # type: ignore[arg-type]
    assert len(sizes(tmp_path)) == 3
    assert all(size[2] == 1 for size in sizes(tmp_path))


@pytest.mark.parametrize("by_place", [False, True])
def test_directions_of_diffusion_are_moments_in_the_scanners_own_order(
    tmp_path: Path, by_place: bool
) -> None:
    """Three images in each place with one b-value and no times: only their numbers tell them apart."""
    import pydicom

    for t in range(3):
        write(tmp_path, str(t), 100 * t, DiffusionBValue=1000.0)
        for path in (tmp_path / str(t)).iterdir():
            ds = pydicom.dcmread(path)
            k = ds.InstanceNumber - 1
            ds.InstanceNumber = 1 + (k * 3 + t if by_place else t * 4 + k)
            ds.save_as(path)
    (volume,) = volumes(tmp_path).values()
    wanted = made.voxels((4, 5, 6)) + 100 * np.arange(3)[:, None, None, None]
    np.testing.assert_array_equal(volume.voxels, wanted)
    assert volume.times_ms is None
    assert volume.notes[0].startswith("3 images lie at the same place, in the order of their numbers")
