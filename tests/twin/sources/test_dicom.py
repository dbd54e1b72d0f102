"""The DICOM reader on series made here, where every number is known."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from tests.twin.sources import made
from twin.domain import Volume
from twin.errors import Cancelled
from twin.progress import Progress
from twin.sources import read, scan
from twin.sources.stack import stack


def only(folder: Path) -> Volume:
    (series,) = scan([folder]).series
    volume = read(series)
    assert isinstance(volume, Volume)
    return volume


def test_values_place_and_owner(tmp_path: Path) -> None:
    made.write_series(
        tmp_path / "deep/er", KVP=120, ConvolutionKernel="B60", WindowCenter=[40, 300], WindowWidth=[400, 9],
        PatientBirthDate="19601231", PatientSex="F", Laterality="L", ContrastBolusAgent="Iohexol",
    )  # fmt: skip
    (tmp_path / "deep/report.txt").write_text("not an image")
    (tmp_path / "deep/er/.hidden").write_text("not an image")
    volume = only(tmp_path)
    np.testing.assert_array_equal(volume.voxels, made.voxels())
    assert volume.voxels.dtype == np.int16
    assert volume.voxels.flags.c_contiguous
    assert (volume.slope, volume.intercept, volume.unit, volume.modality) == (1.0, -1024.0, "HU", "CT")
    # PixelSpacing is (between rows, between columns) = (0.5, 0.75): i steps by 0.75, j by 0.5
    np.testing.assert_allclose(
        volume.affine, [[0.75, 0, 0, -10], [0, 0.5, 0, 20], [0, 0, 2, 30], [0, 0, 0, 1]]
    )
    assert volume.frame_of_reference == "1.2.3.9"
    assert (volume.kvp, volume.kernel, volume.contrast_agent) == (120.0, "B60", "Iohexol")
    assert volume.window == (40.0, 400.0)
    who = volume.identity
    assert (who.patient_name, who.patient_id, who.birth_date, who.sex) == (
        "Doe^Jane",
        "17",
        "1960-12-31",
        "F",
    )
    assert (who.study_uid, who.series_uid, who.series_number, who.laterality) == ("1.2.3", "1.2.3.4", 4, "L")
    assert not who.reference_patient


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_other_ways_to_write_bytes(tmp_path: Path, syntax: str) -> None:
    import pydicom

    for path in made.write_series(tmp_path):
        ds = pydicom.dcmread(path)
        if syntax == ExplicitVRBigEndian:
            ds.PixelData = np.frombuffer(ds.PixelData, "<i2").astype(">i2").tobytes()
        ds.file_meta.TransferSyntaxUID = syntax
        pydicom.dcmwrite(
            path,
            ds,
            little_endian=syntax != ExplicitVRBigEndian,
            implicit_vr=syntax == ImplicitVRLittleEndian,
        )
    volume = only(tmp_path)
    np.testing.assert_array_equal(volume.voxels, made.voxels())
    assert volume.voxels.dtype == np.dtype("=i2")


def test_file_without_preamble(tmp_path: Path) -> None:
    for path in made.write_series(tmp_path):
        data = path.read_bytes()
        start = data.index(b"\x08\x00\x16\x00UI")  # the data set begins with the SOP class
        path.write_bytes(data[start:])
    np.testing.assert_array_equal(only(tmp_path).voxels, made.voxels())


def test_bits_that_do_not_belong_to_the_number_are_dropped(tmp_path: Path) -> None:
    """Old scanners keep an overlay in the bits above the stored ones."""
    import pydicom

    for path in made.write_series(tmp_path):
        ds = pydicom.dcmread(path)
        stored = np.frombuffer(ds.PixelData, "<i2").view("<u2")
        ds.BitsStored, ds.HighBit = 12, 11
        ds.PixelData = ((stored & 0x0FFF) | 0x5000).tobytes()
        ds.save_as(path)
    np.testing.assert_array_equal(only(tmp_path).voxels, made.voxels())


def test_a_slope_for_every_slice_becomes_float(tmp_path: Path) -> None:
    import pydicom

    for k, path in enumerate(made.write_series(tmp_path)):
        ds = pydicom.dcmread(path)
        ds.RescaleSlope, ds.RescaleIntercept = 0.5 * (k + 1), 3
        ds.save_as(path)
    volume = only(tmp_path)
    assert volume.voxels.dtype == np.float32
    truth = made.voxels() * (0.5 * np.arange(1, 6))[:, None, None] + 3
    np.testing.assert_allclose(volume.voxels, truth, rtol=1e-7)
    assert (volume.slope, volume.intercept) == (1.0, 0.0)


def test_the_same_file_twice_counts_once(tmp_path: Path) -> None:
    for path in made.write_series(tmp_path):
        path.with_name("copy of " + path.name).write_bytes(path.read_bytes())
    np.testing.assert_array_equal(only(tmp_path).voxels, made.voxels())


def test_two_series_in_one_folder_and_two_echoes_in_one_series(tmp_path: Path) -> None:
    made.write_series(tmp_path, EchoTime=5.0, Modality="MR")
    made.write_series(tmp_path / "more", made.voxels() + 500, EchoTime=10.0, Modality="MR")
    made.write_series(tmp_path / "other", SeriesInstanceUID="8.8", SeriesNumber=9)
    found = scan([tmp_path])
    assert [(s.number, s.modality, s.size) for s in found.series] == [
        (4, "MR", (7, 6, 5)), (4, "MR", (7, 6, 5)), (9, "CT", (7, 6, 5)),
    ]  # fmt: skip
    first, second = (read(s) for s in found.series[:2])
    assert isinstance(first, Volume)
    assert isinstance(second, Volume)
    np.testing.assert_array_equal(second.voxels - first.voxels, 500)


def test_reading_stops_when_asked(tmp_path: Path) -> None:
    made.write_series(tmp_path)
    (series,) = scan([tmp_path]).series
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        read(series, progress=Progress(stop=lambda: next(asked)))


unit = st.floats(-1, 1)
SHAPE = (4, 3, 2)


@settings(max_examples=200, deadline=None)
@given(
    st.tuples(unit, unit, unit, unit).filter(lambda q: np.linalg.norm(q) > 0.1),
    st.tuples(*[st.floats(0.1, 10)] * 3),
    st.tuples(*[st.floats(-500, 500)] * 3),
    st.permutations(range(6)),
)
def test_any_oblique_grid_comes_back(
    quaternion: tuple[float, ...], spacing: tuple[float, ...], origin: tuple[float, ...], order: list[int]
) -> None:
    """Slices of a grid turned any way, in any order, give that grid's affine."""
    w, x, y, z = np.array(quaternion) / np.linalg.norm(quaternion)
    turn = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn * spacing, origin
    positions = affine[:3, 3] + np.array(order)[:, None] * affine[:3, 2]
    cosines = np.tile(np.concatenate([turn[:, 0], turn[:, 1]]), (6, 1))
    found = stack(
        positions,
        cosines,
        np.tile(spacing[:2], (6, 1)),
        size=(4, 3),
        thickness_mm=spacing[2],
        times=np.full((1, 6), np.nan),
    )
    np.testing.assert_allclose(found.affine, affine, atol=1e-9 * 500)
    assert [order[f] for f in found.frames[0]] == list(range(6))


@given(st.floats(0.25, 15))
def test_tilt_is_named_with_its_angle(tilt: float) -> None:
    z = np.arange(5) * 5.0
    positions = np.stack([0 * z, z * np.sin(np.radians(tilt)), z * np.cos(np.radians(tilt))], axis=1)
    found = stack(
        positions,
        np.tile([1.0, 0, 0, 0, 1, 0], (5, 1)),
        np.ones((5, 2)),
        size=(8, 8),
        thickness_mm=5,
        times=np.full((1, 5), np.nan),
    )
    (note,) = found.notes
    told = float(re.search(r"gantry tilt: .* ([\d.]+)°", note)[1])
    assert told == pytest.approx(tilt, abs=0.05 + 1e-9)  # it is told to a tenth


def test_positions_rounded_to_a_tenth_of_a_millimeter_are_even() -> None:
    """Some scanners write 0.625 mm steps as 0.6, 1.2, 1.9, ...: up to 0.05 mm off."""
    z = np.round(np.arange(200) * 0.625, 1)
    positions = np.stack([0 * z, 0 * z, z], axis=1)
    found = stack(
        positions,
        np.tile([1.0, 0, 0, 0, 1, 0], (200, 1)),
        np.ones((200, 2)),
        size=(8, 8),
        thickness_mm=1,
        times=np.full((1, 200), np.nan),
    )
    assert found.frames.shape == (1, 200)
    assert found.even
    # the ends are off by at most 0.05 mm each, over 199 steps
    assert abs(found.affine[2, 2] - 0.625) < 0.1 / 199


def test_the_quick_header_reader_says_what_pydicom_says(shared_data: Path) -> None:
    """On every real file here, of five vendors; where it gives up, pydicom is asked anyway."""
    from twin.sources import dicom_headers
    from twin.sources.dicom_elements import read_elements

    folders = ("ct-head/dicom", "ct-torso/dicom-chest", "dicom-nifti-pairs", "heart-mr-cine/dicom/Se10")
    files = [p for f in folders for p in (shared_data / f).rglob("*") if p.is_file()]
    files = [p for p in files if ".nii" not in p.name and p.name != "LICENSE"][::3]
    quick = 0
    for path in files:
        ours, theirs = read_elements(path), dicom_headers._read_any(path)
        if ours is None:
            continue
        quick += 1
        assert (ours.syntax, ours.offset, ours.length) == (theirs.syntax, theirs.offset, theirs.length)
        header = dicom_headers._header(path, ours, ours.syntax, ours.offset)
        again = dicom_headers._header(path, theirs, theirs.syntax, theirs.offset)
        assert repr(header) == repr(again)
        assert repr(header.frames) == repr(again.frames)
    assert quick > 0.9 * len(files) > 50


@pytest.mark.parametrize(
    ("said", "unit", "told"), [(None, "HU", 0), ("HU", "HU", 0), ("US", "", 1), ("Z_EFF", "Z_EFF", 0)]
)
def test_a_unit_that_the_file_leaves_open_is_left_open(
    tmp_path: Path, said: str | None, unit: str, told: int
) -> None:
    """PS3.3 C.8.2.1: a CT's Rescale Type may be absent where it is HU; C.11.1.1.2: US is unspecified."""
    made.write_series(tmp_path, **({} if said is None else {"RescaleType": said}))
    (series,) = scan([tmp_path]).series
    volume = read(series)
    assert isinstance(volume, Volume)
    assert volume.unit == unit
    assert len([n for n in volume.notes if "Rescale Type US" in n]) == told
    assert volume.notes == series.notes  # told where a series is chosen, too


def test_the_heart_rate_of_a_gated_ct_is_read(tmp_path: Path) -> None:
    """The RR interval where there is one, else by the heart rate; a rate that none can be is none."""
    for name, tags, cycle in (
        ("interval", {"NominalInterval": 940, "HeartRate": 64}, 940.0), ("rate", {"HeartRate": 75}, 800.0),
        ("absurd", {"HeartRate": 0, "NominalInterval": 0}, None), ("none", {}, None),
    ):  # fmt: skip
        made.write_series(tmp_path / name, **tags)
        volume = only(tmp_path / name)
        assert (None if volume.cycle_ms is None else set(volume.cycle_ms)) == (cycle and {cycle})
        assert volume.times_ms is None


def test_what_an_mr_says_of_its_protocol_and_inversion_is_read(tmp_path: Path) -> None:
    made.write_series(tmp_path, Modality="MR", ProtocolName=" LGE sa ", InversionTime=290)
    volume = only(tmp_path)
    assert (volume.protocol, volume.inversion_ms) == ("LGE sa", 290.0)
