"""Files that are not what they should be: each is refused with its name and its fault."""

import gzip
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.twin.sources import made
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources import read, scan
from twin.sources.payload import AGAIN, read_bytes
from twin.sources.steps import ImportParams, import_images


def bring_in(*paths: Path, **more: object) -> object:
    return import_images(ImportParams(tuple(map(str, paths)), **more), Progress())  # type: ignore[arg-type]


def nifti(path: Path, data: np.ndarray, affine: np.ndarray | None = None) -> Path:
    nib.save(nib.Nifti1Image(data, np.diag([2.0, 2, 2, 1]) if affine is None else affine), path)
    return path


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=rf"{tmp_path} is an empty folder"):
        bring_in(tmp_path)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere does not exist"):
        bring_in(tmp_path / "nowhere")


def test_one_of_two_is_nowhere(tmp_path: Path) -> None:
    """A mistyped word is told before anything comes in: what was meant by it may matter."""
    scan = nifti(tmp_path / "scan.nii", np.zeros((4, 5, 6), np.int16))
    with pytest.raises(SourceError, match=r"84 does not exist"):
        bring_in(scan, tmp_path / "132" / "84")


def test_text_file_called_dcm(tmp_path: Path) -> None:
    path = tmp_path / "notes.dcm"
    path.write_text("The patient was seen on Monday. " * 20)
    with pytest.raises(SourceError, match=rf"{path} is called .dcm but is no DICOM file"):
        bring_in(tmp_path)


def test_zero_bytes(tmp_path: Path) -> None:
    for name in ("a.dcm", "b.nii.gz"):
        path = tmp_path / name
        path.touch()
        with pytest.raises(SourceError, match=rf"{path} is empty \(0 bytes\)"):
            bring_in(path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.995])
def test_truncated_dicom(tmp_path: Path, share: float) -> None:
    path = made.write_series(tmp_path)[0]
    for other in tmp_path.glob("*.dcm"):
        if other != path:
            other.unlink()
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(SourceError, match=rf"{path} is a (broken or )?truncated DICOM file"):
        bring_in(tmp_path)


@pytest.mark.parametrize("cut", [12, 400, 4000])
@pytest.mark.parametrize("kind", ["", "_j2k", "_jpeg", "_jpegls", "_rle"])
def test_truncated_compressed_dicom(shared_data: Path, tmp_path: Path, kind: str, cut: int) -> None:
    folder = shared_data / f"dicom-nifti-pairs/generic/compressed{kind}/001"
    source = max(folder.iterdir(), key=lambda p: p.stat().st_size)
    path = tmp_path / "cut.dcm"
    path.write_bytes(source.read_bytes()[:-cut])
    with pytest.raises(SourceError, match=rf"{path} (cannot be decoded|is a truncated)"):
        bring_in(tmp_path)


@pytest.mark.parametrize("kind", ["", "_j2k", "_jpeg", "_jpegls"])
def test_picture_that_claims_another_size_is_not_decoded(
    shared_data: Path, tmp_path: Path, kind: str
) -> None:
    """A few changed bytes must not make a decoder take gigabytes."""
    source = next((shared_data / f"dicom-nifti-pairs/generic/compressed{kind}/001").iterdir())
    data = bytearray(source.read_bytes())
    if kind in ("", "_j2k"):  # SOC, SIZ, length, capabilities, then the grid's width
        at = data.index(b"\xff\x4f\xff\x51") + 8
    else:  # start of frame, length, precision, rows, columns
        at = data.index(b"\xff\xc3" if kind == "_jpeg" else b"\xff\xf7", data.index(b"\xff\xd8")) + 7
    data[at : at + 2] = b"\x40\x00"
    path = tmp_path / "big.dcm"
    path.write_bytes(data)
    with pytest.raises(
        SourceError, match=rf"{path} contradicts itself: its header says 256×256, its picture"
    ):
        bring_in(path)


def test_missing_slice_is_refused_then_filled(tmp_path: Path) -> None:
    files = made.write_series(tmp_path, made.voxels((6, 4, 4)))
    files[2].unlink()
    with pytest.raises(SourceError, match=r"1 slice is missing, 4 mm from the first slice \(steps of 2 mm\)"):
        bring_in(tmp_path)
    made_here = bring_in(tmp_path, accept_gaps=True)
    volume = made_here.outputs["volume"]  # type: ignore[attr-defined]
    # the test's voxels grow by 16 a slice, so the slice between is exactly the one taken away
    np.testing.assert_array_equal(volume.voxels, made.voxels((6, 4, 4)))
    assert "Filled by interpolation" in volume.notes[0]


def test_two_patients_are_refused_with_the_list(tmp_path: Path) -> None:
    made.write_series(tmp_path / "a")
    made.write_series(
        tmp_path / "b", PatientName="Roe^Richard", PatientID="23", SeriesInstanceUID="9.9", SeriesNumber=8
    )
    with pytest.raises(SourceError, match="of 2 patients") as error:
        bring_in(tmp_path)
    assert "Doe^Jane, ID 17" in str(error.value)
    assert "Roe^Richard, ID 23" in str(error.value)
    one = bring_in(tmp_path, series="8")
    assert one.outputs["volume"].identity.patient_id == "23"  # type: ignore[attr-defined]


def test_series_that_is_not_there_lists_those_that_are(tmp_path: Path) -> None:
    made.write_series(tmp_path)
    with pytest.raises(SourceError, match=r"no series “77” here. There are: series 4"):
        bring_in(tmp_path, series="77")


def test_nifti_with_nan(tmp_path: Path) -> None:
    data = np.ones((4, 5, 6), np.float32)
    data[1, 2, 3] = np.nan
    data[0, 0, 0] = np.inf
    path = nifti(tmp_path / "nan.nii.gz", data)
    with pytest.raises(SourceError, match=rf"{path} holds 2 voxels that are no numbers"):
        bring_in(path)


def test_nifti_with_a_broken_header(tmp_path: Path) -> None:
    path = nifti(tmp_path / "broken.nii", np.ones((4, 5, 6), np.int16))
    data = bytearray(path.read_bytes())
    data[40:42] = b"\x63\x63"  # dim[0], the number of dimensions
    path.write_bytes(data)
    with pytest.raises(SourceError, match=rf"{path} (is a broken NIfTI file|holds)"):
        bring_in(path)
    path.write_bytes(b"\0" * 400)
    with pytest.raises(SourceError, match=rf"{path} is a broken NIfTI file"):
        bring_in(path)


def test_nifti_that_is_not_packed_as_its_name_says(tmp_path: Path) -> None:
    path = tmp_path / "scan.nii.gz"
    path.write_bytes(b"no gzip file at all" * 40)
    with pytest.raises(SourceError) as error:
        bring_in(path)
    assert str(error.value).count(str(path)) == 1
    assert str(error.value).endswith("is not a gzip file. " + AGAIN)


def test_nifti_that_ends_early(tmp_path: Path) -> None:
    path = nifti(tmp_path / "short.nii", np.ones((40, 50, 6), np.int16))
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(SourceError, match=rf"{path} is truncated or its header is broken"):
        bring_in(path)
    packed = tmp_path / "short.nii.gz"
    rng = np.random.default_rng(1)
    whole = nib.Nifti1Image(rng.integers(0, 9999, (40, 50, 6)).astype(np.int16), np.eye(4)).to_bytes()
    packed.write_bytes(gzip.compress(whole)[:9000])
    with pytest.raises(SourceError, match=rf"{packed} is truncated or broken.*again"):
        bring_in(packed)


def test_what_was_left_out_is_told_with_its_place_and_a_way_on(tmp_path: Path) -> None:
    nifti(tmp_path / "whole.nii", np.ones((4, 5, 6), np.int16))
    made.write_series(tmp_path / "cut", made.voxels((6, 4, 4)))[2].unlink()
    (left,) = bring_in(tmp_path).summary["left_out"]
    assert f"in {tmp_path / 'cut'}: 1 slice is missing" in left
    assert "--accept-gaps" in left


def test_nifti_that_claims_more_than_a_file_can_hold(tmp_path: Path) -> None:
    header = nib.Nifti1Header()
    header.set_data_dtype(np.float64)
    header.set_data_shape((30000, 30000, 30000))
    header.set_sform(np.eye(4), code=1)
    path = tmp_path / "bomb.nii.gz"
    path.write_bytes(gzip.compress(header.binaryblock + b"\0" * 4))
    with pytest.raises(SourceError, match=rf"{path} is truncated or its header is broken"):
        bring_in(path)


def test_nifti_without_orientation(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.ones((4, 5, 6), np.int16), np.eye(4))
    image.set_sform(None, code=0)
    image.set_qform(None, code=0)
    path = tmp_path / "lost.nii"
    nib.save(image, path)
    with pytest.raises(SourceError, match="neither sform nor qform"):
        bring_in(path)


def test_nifti_that_contradicts_itself_about_sides(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.ones((4, 5, 6), np.int16), np.eye(4))
    image.set_sform(np.diag([-1.0, 1, 1, 1]), code=1)
    image.set_qform(np.eye(4), code=1)
    path = tmp_path / "both.nii"
    nib.save(image, path)
    with pytest.raises(SourceError, match="contradicts itself about left and right"):
        bring_in(path)


def test_sheared_nifti(tmp_path: Path) -> None:
    affine = np.eye(4)
    affine[1, 2] = np.tan(np.radians(15))
    path = nifti(tmp_path / "tilt.nii", np.ones((4, 5, 6), np.int16), affine)
    with pytest.raises(SourceError, match=r"sheared grid: its axes are 15\.0° off a right angle"):
        bring_in(path)


def test_file_of_no_known_format(tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(b"%PDF-1.7 and so on" * 50)
    with pytest.raises(SourceError, match=rf"{path} is in no format that can be read here"):
        bring_in(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 900), value=st.integers(0, 255), length=st.integers(1, 4))
def test_damaged_dicom_never_crashes(tmp_path: Path, at: int, value: int, length: int) -> None:
    path = tmp_path / "damaged.dcm"
    if not path.exists():
        path.write_bytes(made.write_series(tmp_path / "whole")[1].read_bytes())
        (tmp_path / "copy").write_bytes(path.read_bytes())
    data = bytearray((tmp_path / "copy").read_bytes())
    data[at : at + length] = bytes([value]) * length
    path.write_bytes(data)
    _survives(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 360), value=st.integers(0, 255), length=st.integers(1, 4))
def test_damaged_nifti_never_crashes(tmp_path: Path, at: int, value: int, length: int) -> None:
    path = nifti(tmp_path / "damaged.nii", np.ones((4, 5, 6), np.int16))
    data = bytearray(path.read_bytes())
    data[at : at + length] = bytes([value]) * length
    path.write_bytes(data)
    _survives(path)


@pytest.mark.parametrize("kind", ["_j2k", "_jpeg", "_jpegls", "_rle"])
def test_damaged_pictures_never_crash(shared_data: Path, tmp_path: Path, kind: str) -> None:
    whole = next((shared_data / f"dicom-nifti-pairs/generic/compressed{kind}/001").iterdir()).read_bytes()
    rng = np.random.default_rng(5)
    path = tmp_path / "damaged.dcm"
    for _ in range(40):
        data = bytearray(whole)
        for at in rng.integers(1000, min(len(data), 6000), rng.integers(1, 6)):
            data[at] = rng.integers(256)
        path.write_bytes(data)
        _survives(path)


def _survives(path: Path) -> None:
    """Reads, or says in a SourceError that names the file why not."""
    found = scan([path])
    faults = list(found.problems)
    for series in (s for s in found.series if s.is_volume):
        try:
            read(series)
        except SourceError as error:
            faults.append(error.message)
    assert all(str(path) in fault for fault in faults)


@pytest.mark.parametrize(
    ("tags", "fault"),
    [
        ({"HighBit": 40000}, "broken DICOM header: it keeps 16 bits up to bit 40000 of 16"),
        ({"NumberOfFrames": 2000000000}, "broken DICOM header: its image is 7×6×2000000000"),
        ({"RescaleSlope": 0}, "broken DICOM header: its rescale slope is 0"),
        ({"BitsAllocated": 64, "BitsStored": 16}, "truncated DICOM file|64 bits a pixel"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "not two perpendicular unit vectors"),
        ({"PixelSpacing": [0, 0]}, "do not say how big their pixels are"),
    ],
)
def test_absurd_headers(tmp_path: Path, tags: dict[str, object], fault: str) -> None:
    made.write_series(tmp_path, **tags)
    with pytest.raises(SourceError, match=fault) as error:
        bring_in(tmp_path)
    assert "series 4" in error.value.message or str(tmp_path) in error.value.message


def test_a_slice_far_away_is_no_gap_of_a_billion_slices(tmp_path: Path) -> None:
    import pydicom

    path = made.write_series(tmp_path)[-1]
    ds = pydicom.dcmread(path)
    ds.ImagePositionPatient[2] = 1e9
    ds.save_as(path)
    with pytest.raises(SourceError, match=r"its slices lie 2 to 1e\+09 mm apart"):
        bring_in(tmp_path)


def test_a_deflated_bomb_is_not_inflated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pydicom

    from twin.sources import dicom_elements

    path = made.write_series(tmp_path, made.voxels((1, 60, 70)))[0]
    ds = pydicom.dcmread(path)
    ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    ds.ImageComments = " " * 10_000
    ds.save_as(path)
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(dicom_elements, "MOST_INFLATED", 12_000)
    with pytest.raises(SourceError, match=rf"{path} is a broken .* it inflates to more than"):
        bring_in(path)


@pytest.mark.parametrize(
    ("tags", "fault"),
    [
        ({"Rows": 65535, "Columns": 65535}, "its image is 65535×65535"),
        ({"NumberOfFrames": 40_000}, r"it claims 5\.2 GB of images in [\d,]+ bytes"),  # × 256 × 256 × 2
        ({"Rows": 300}, "contradicts itself: its header says 256×300, its picture 256×256"),
        ({"SamplesPerPixel": 3}, "contradicts itself: its header says 256×256×3, its picture 256×256"),
    ],
)
def test_a_packed_picture_that_claims_too_much_takes_no_memory(
    shared_data: Path, tmp_path: Path, tags: dict[str, int], fault: str
) -> None:
    import pydicom

    folder = shared_data / "dicom-nifti-pairs/generic/compressed_j2k/001"
    ds = pydicom.dcmread(next(folder.iterdir()))
    for name, value in tags.items():
        setattr(ds, name, value)
    path = tmp_path / "big.dcm"
    ds.save_as(path)
    with pytest.raises(SourceError, match=fault) as error:
        bring_in(path)
    assert str(path) in error.value.message


def test_one_slice_of_odd_bits_among_good_ones(tmp_path: Path) -> None:
    import pydicom

    path = made.write_series(tmp_path)[2]
    ds = pydicom.dcmread(path)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 12, 12, 11
    ds.save_as(path)
    with pytest.raises(SourceError, match="its images have 12 bits a pixel, not 8, 16 or 32"):
        bring_in(tmp_path)


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=rf"{tmp_path} cannot be read: Is a directory"):
        read_bytes(tmp_path)
    path = tmp_path / "a"
    path.write_bytes(b"twelve bytes")
    assert (read_bytes(path, 6), read_bytes(path)) == (b"twelve", b"twelve bytes")
