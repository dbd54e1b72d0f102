"""PET, radiographs, ultrasound, captures, mosaics, multi-frame files: made here, every number known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from tests.twin.sources import made
from twin.domain import Volume
from twin.progress import Progress
from twin.sources import read, scan
from twin.sources.steps import ImportParams, import_images


def only(folder: Path) -> Volume:
    (series,) = scan([folder]).series
    assert series.is_volume, series.why_not
    volume = read(series)
    assert isinstance(volume, Volume)
    return volume


def item(**tags: Any) -> Dataset:
    ds = Dataset()
    for name, value in tags.items():
        setattr(ds, name, value)
    return ds


# PET

DRUG = {
    "RadionuclideTotalDose": 370e6,
    "RadionuclideHalfLife": 6586.2,
    "RadiopharmaceuticalStartTime": "101500",
}
PET = {
    "Modality": "PT", "Units": "BQML", "PatientWeight": 75.0, "CorrectedImage": ["DECY", "ATTN", "SCAT"],
    "DecayCorrection": "START", "StudyDate": "20260105", "SeriesDate": "20260105", "SeriesTime": "111500.0",
    "AcquisitionDate": "20260105", "AcquisitionTime": "111500.0", "RescaleIntercept": 0,
}  # fmt: skip


def pet(folder: Path, drug: dict[str, Any] | None = None, **tags: Any) -> Volume:
    """A PET of five slices, each with a slope of its own."""
    import pydicom

    files = made.write_series(folder, **PET | tags)
    for k, path in enumerate(files):
        ds = pydicom.dcmread(path)
        ds.RescaleSlope = 2.0 * (k + 1)
        ds.RadiopharmaceuticalInformationSequence = Items([item(**DRUG | (drug or {}))])
        ds.save_as(path)
    return only(folder)


ACTIVITY = made.voxels() * (2.0 * np.arange(1, 6))[:, None, None]


def test_pet_becomes_suv_by_body_weight(tmp_path: Path) -> None:
    volume = pet(tmp_path, WindowCenter=1000, WindowWidth=2000)
    # 60 min of F-18 (half-life 6586.2 s): 370 MBq × 2^(−3600 / 6586.2) = 253.3 MBq; 75 000 g over that
    left = 370e6 * 2 ** (-3600 / 6586.2)
    assert left == pytest.approx(253.3e6, rel=1e-3)
    assert volume.unit == "SUVbw"
    np.testing.assert_allclose(
        volume.voxels * volume.slope + volume.intercept, ACTIVITY * 75000 / left, rtol=1e-6
    )
    assert volume.window == (pytest.approx(1000 * 75000 / left), pytest.approx(2000 * 75000 / left))
    assert volume.notes == (
        "SUV by body weight (SUVbw): 370 MBq, 253.3 MBq 60.0 min later at the time to which the images are "
        "decay-corrected; 75 kg.",
    )


def test_dose_corrected_to_the_injection_is_taken_as_it_is(tmp_path: Path) -> None:
    volume = pet(tmp_path, DecayCorrection="ADMIN")
    np.testing.assert_allclose(volume.voxels * volume.slope, ACTIVITY * 75000 / 370e6, rtol=1e-6)


def test_a_series_made_later_counts_from_its_first_image(tmp_path: Path) -> None:
    later, once = (pet(tmp_path / n, SeriesTime=t) for n, t in (("a", "150000"), ("b", "111500")))
    assert later.slope == once.slope


def test_injection_before_midnight(tmp_path: Path) -> None:
    volume = pet(
        tmp_path, {"RadiopharmaceuticalStartDateTime": "20260104233000.0"}, SeriesTime="003000",
        AcquisitionTime="003000",
    )  # fmt: skip
    assert volume.slope == pytest.approx(75000 / (370e6 * 2 ** (-3600 / 6586.2)))


@pytest.mark.parametrize(
    ("tags", "drug", "lack"),
    [
        ({"PatientWeight": None}, {}, "the patient's weight"),
        ({}, {"RadionuclideTotalDose": None}, "the injected dose"),
        ({}, {"RadionuclideHalfLife": None}, "the half-life"),
        ({"DecayCorrection": "NONE"}, {}, "a decay correction"),
        ({"CorrectedImage": ["DECY"]}, {}, "an attenuation correction"),
        ({}, {"RadiopharmaceuticalStartTime": "121500"}, "when dose and scan began"),
        ({}, {"RadiopharmaceuticalStartTime": None}, "when dose and scan began"),
    ],
)
def test_pet_that_lacks_something_stays_in_becquerel(
    tmp_path: Path, tags: dict[str, Any], drug: dict[str, Any], lack: str
) -> None:
    volume = pet(tmp_path, drug, **tags)
    assert volume.unit == "Bq/mL"
    assert volume.voxels.dtype == np.float32
    np.testing.assert_allclose(volume.voxels * volume.slope, ACTIVITY, rtol=1e-6)
    assert "No SUV, the values stay in Bq/mL" in volume.notes[0]
    assert lack in volume.notes[0]


def test_the_scanners_own_suv_keeps_its_type(tmp_path: Path) -> None:
    volume = pet(tmp_path, Units="GML", SUVType="LBM")
    assert (volume.unit, volume.slope) == ("SUVlbm", 1.0)


# Pictures without a place


def picture(folder: Path, stored: NDArray, name: str = "a.dcm", **tags: Any) -> None:
    """One file without a place; ``stored`` is (row, column), (frame, row, column) or has colors last."""
    folder.mkdir(parents=True, exist_ok=True)
    plane = np.zeros((2, 2), np.int16)
    ds = made.slice_dataset(plane, (0, 0, 0))
    for gone in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope",
                 "RescaleIntercept", "FrameOfReferenceUID", "SliceThickness"):  # fmt: skip
        delattr(ds, gone)
    bits = 8 * stored.dtype.itemsize
    if stored.ndim == 4 or (stored.ndim == 3 and stored.shape[-1] == 3):
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
        ds.Rows, ds.Columns = stored.shape[-3:-1]
    else:
        ds.Rows, ds.Columns = stored.shape[-2:]
    frames = stored.size // (ds.Rows * ds.Columns * ds.SamplesPerPixel)
    if frames > 1:
        ds.NumberOfFrames = frames
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits, bits - 1, 0
    ds.PixelData = stored.tobytes()
    if len(ds.PixelData) % 2:
        ds.PixelData += b"\0"
    for key, value in tags.items():
        setattr(ds, key, value)
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.save_as(folder / name, enforce_file_format=True)


DX = {"Modality": "DX", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1"}
RADIOGRAPH = np.arange(30 * 20, dtype=np.uint16).reshape(30, 20)


@pytest.mark.parametrize(
    ("tags", "lengths", "spacing"),
    [
        ({"ImagerPixelSpacing": [0.2, 0.1]}, "detector", (0.1, 0.2)),
        ({"ImagerPixelSpacing": [0.2, 0.1], "PixelSpacing": [0.2, 0.1]}, "detector", (0.1, 0.2)),
        ({"PixelSpacing": [0.2, 0.1]}, "detector", (0.1, 0.2)),
        ({"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.17, 0.16]}, "patient", (0.16, 0.17)),
        ({"PixelSpacing": [0.2, 0.1], "PixelSpacingCalibrationType": "FIDUCIAL"}, "patient", (0.1, 0.2)),
        ({}, "unknown", (1, 1)),
    ],
)
def test_lengths_on_a_radiograph_are_offered_only_where_they_are_calibrated(
    tmp_path: Path, tags: dict[str, Any], lengths: str, spacing: tuple[float, float]
) -> None:
    picture(tmp_path, RADIOGRAPH, PatientOrientation=["L", "F"], **DX | tags)
    volume = only(tmp_path)
    np.testing.assert_array_equal(volume.voxels, RADIOGRAPH[None])
    assert (volume.lengths, volume.placement) == (lengths, "directions")
    np.testing.assert_allclose(volume.spacing_mm, (*spacing, 1))
    # a row runs to the patient's left, a column to the feet
    np.testing.assert_allclose(volume.affine[:3, 0] / spacing[0], (1, 0, 0))
    np.testing.assert_allclose(volume.affine[:3, 1] / spacing[1], (0, 0, -1))
    assert any(("alibrated" in note) for note in volume.notes)
    assert volume.frame_of_reference == ""


def test_low_values_are_shown_bright_where_the_file_asks_for_it(tmp_path: Path) -> None:
    from viewers.sampling import GrayTable, first_window

    picture(tmp_path, RADIOGRAPH, PhotometricInterpretation="MONOCHROME1", **DX)
    volume = only(tmp_path)
    assert volume.inverted
    np.testing.assert_array_equal(volume.voxels, RADIOGRAPH[None])
    colors = GrayTable(volume, *first_window(volume)).colors(volume.voxels[0, [0, -1], [0, -1]])
    assert list(colors & 0xFF) == [255, 0]


@pytest.mark.parametrize(("kind", "flat"), [("WHOLE BODY", True), ("STATIC", True), ("RECON TOMO", False)])
def test_scintigrams(tmp_path: Path, kind: str, flat: bool) -> None:
    picture(tmp_path, RADIOGRAPH, Modality="NM", ImageType=["ORIGINAL", "PRIMARY", kind])
    (series,) = scan([tmp_path]).series
    assert series.is_volume == flat


def test_a_picture_without_sides_says_so(tmp_path: Path) -> None:
    picture(tmp_path, RADIOGRAPH, **DX)
    volume = only(tmp_path)
    assert volume.placement == "picture"
    assert "does not say where in the patient" in volume.notes[1]


def test_two_radiographs_of_one_series_are_two_pictures(tmp_path: Path) -> None:
    picture(tmp_path, RADIOGRAPH, "ap.dcm", PatientOrientation=["L", "F"], **DX)
    picture(tmp_path, RADIOGRAPH[:25] + 1, "lat.dcm", PatientOrientation=["A", "F"], **DX)
    did = import_images(ImportParams((str(tmp_path),)), Progress())
    assert list(did.names.values()) == ["series 4 (DX) 1 of 2", "series 4 (DX) 2 of 2"]
    assert sorted(v.voxels.shape for v in did.outputs.values() if isinstance(v, Volume)) == [
        (1, 25, 20), (1, 30, 20),
    ]  # fmt: skip


def colors(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(2).integers(0, 256, (*shape, 3), dtype=np.uint8)


def packed(rgb: NDArray[np.uint8]) -> NDArray[np.uint32]:
    red, green, blue = (rgb[..., n].astype(np.uint32) for n in range(3))
    return red << 16 | green << 8 | blue


US = {"Modality": "US", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.3.1"}


def test_ultrasound_in_color_and_time_with_its_calibrated_region(tmp_path: Path) -> None:
    film = colors(4, 10, 12)
    region = item(
        RegionSpatialFormat=1, RegionDataType=1, RegionFlags=0, RegionLocationMinX0=2, RegionLocationMinY0=1,
        RegionLocationMaxX1=9, RegionLocationMaxY1=8, PhysicalUnitsXDirection=3, PhysicalUnitsYDirection=3,
        PhysicalDeltaX=0.05, PhysicalDeltaY=0.04,
    )  # fmt: skip
    picture(tmp_path, film, FrameTime=33.3, SequenceOfUltrasoundRegions=Items([region]), **US)
    volume = only(tmp_path)
    assert volume.color
    np.testing.assert_array_equal(volume.voxels, packed(film)[:, None])
    assert volume.times_ms is not None
    np.testing.assert_allclose(volume.times_ms, 33.3 * np.arange(4))
    assert volume.lengths == "patient"
    np.testing.assert_allclose(volume.spacing_mm, (0.5, 0.4, 1))  # cm to mm
    assert "columns 2 to 9, rows 1 to 8" in volume.notes[0]


def test_gray_ultrasound_without_a_region(tmp_path: Path) -> None:
    film = np.arange(3 * 10 * 12, dtype=np.uint8).reshape(3, 10, 12)
    picture(tmp_path, film, FrameTimeVector=[0, 40, 50], **US)
    volume = only(tmp_path)
    np.testing.assert_array_equal(volume.voxels, film[:, None])
    assert volume.times_ms is not None
    assert list(volume.times_ms) == [0, 40, 90]
    assert (volume.lengths, volume.color) == ("unknown", False)


def test_a_capture_stands_aside(tmp_path: Path) -> None:
    screen = colors(9, 14)
    capture = {"Modality": "CT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "SeriesInstanceUID": "7.7"}
    picture(tmp_path / "report", screen, **capture)
    made.write_series(tmp_path / "scan")
    did = import_images(ImportParams((str(tmp_path),)), Progress())
    assert list(did.outputs) == ["volume"]
    assert len(did.summary["left_out"]) == 1
    volume = only(tmp_path / "report")
    np.testing.assert_array_equal(volume.voxels, packed(screen)[None])
    assert volume.placement == "picture"


def test_palette_color(tmp_path: Path) -> None:
    index = np.arange(48, dtype=np.uint8).reshape(6, 8)
    tables = np.random.default_rng(3).integers(0, 256, (3, 256), dtype=np.uint16)
    lut: dict[str, Any] = {}
    for name, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        lut[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        lut[f"{name}PaletteColorLookupTableData"] = (table << 8).astype("<u2").tobytes()
    picture(tmp_path, index, PhotometricInterpretation="PALETTE COLOR", **US | lut)
    volume = only(tmp_path)
    assert volume.color
    np.testing.assert_array_equal(volume.voxels[0], packed(tables.T[index].astype(np.uint8)))


def test_a_ct_without_a_place_is_not_taken_for_a_picture(tmp_path: Path) -> None:
    picture(tmp_path, RADIOGRAPH, Modality="CT")
    (series,) = scan([tmp_path]).series
    assert series.why_not == "its images do not say where in the patient they lie"


# Many slices in one file


def multiframe(folder: Path, frames: list[dict[str, Any]], stored: NDArray[np.int16], **tags: Any) -> None:
    """An enhanced file; each frame's items by functional group."""
    folder.mkdir(parents=True, exist_ok=True)
    ds = made.slice_dataset(stored[0], (0, 0, 0))
    for gone in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness",
                 "RescaleSlope", "RescaleIntercept"):  # fmt: skip
        delattr(ds, gone)
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.4.1"
    ds.NumberOfFrames, ds.Modality, ds.PixelData = len(stored), "MR", stored.tobytes()
    shared = item(
        PixelMeasuresSequence=Items([item(PixelSpacing=[0.5, 0.75], SliceThickness=2)]),
        PlaneOrientationSequence=Items([item(ImageOrientationPatient=[0, 1, 0, 0, 0, -1])]),
    )
    ds.SharedFunctionalGroupsSequence = Items([shared])
    ds.PerFrameFunctionalGroupsSequence = Items(
        [item(**{group: Items([item(**values)]) for group, values in f.items()}) for f in frames]
    )
    for key, value in tags.items():
        setattr(ds, key, value)
    ds.save_as(folder / "enhanced.dcm", enforce_file_format=True)


def groups(k: int, **more: Any) -> dict[str, Any]:
    return {"PlanePositionSequence": {"ImagePositionPatient": [2.0 * k, 5, 7]}} | more


def test_an_enhanced_file_in_time_with_a_slope_for_every_frame(tmp_path: Path) -> None:
    stored = np.random.default_rng(4).integers(-99, 99, (2, 3, 5, 6)).astype(np.int16)
    frames = [
        groups(
            k,
            CardiacSynchronizationSequence={"NominalCardiacTriggerDelayTime": 30.0 * t},
            PixelValueTransformationSequence={"RescaleSlope": 1 + t, "RescaleIntercept": 3},
        )
        for t in range(2)
        for k in range(3)
    ]
    mixed = [4, 0, 2, 5, 1, 3]
    multiframe(tmp_path, [frames[n] for n in mixed], stored.reshape(6, 5, 6)[mixed])
    volume = only(tmp_path)
    assert volume.voxels.dtype == np.float32
    np.testing.assert_array_equal(volume.voxels[0], stored[0, ::-1] + 3)
    np.testing.assert_array_equal(volume.voxels[1], stored[1, ::-1] * 2 + 3)
    assert volume.times_ms is not None
    assert list(volume.times_ms) == [0, 30]
    # a row runs along y in steps of 0.75, a column along −z of 0.5; slices along y × −z = −x
    np.testing.assert_allclose(
        volume.affine[:3], [[0, 0, -2, 4], [0.75, 0, 0, 5], [0, -0.5, 0, 7]], atol=1e-12
    )


def test_an_enhanced_file_says_its_unit_in_its_groups(tmp_path: Path) -> None:
    stored = np.zeros((2, 5, 6), np.int16)
    for said, unit, told in (("HU", "HU", 0), ("US", "", 1), ("MGML", "MGML", 0)):
        values = {"RescaleSlope": 1, "RescaleIntercept": 0, "RescaleType": said}
        frames = [groups(k, PixelValueTransformationSequence=values) for k in range(2)]
        multiframe(tmp_path / said, frames, stored, Modality="CT")
        volume = only(tmp_path / said)
        assert (volume.unit, sum("Rescale Type US" in n for n in volume.notes)) == (unit, told)


def test_an_enhanced_file_of_two_echoes_and_weightings(tmp_path: Path) -> None:
    stored = np.arange(4 * 2 * 5 * 6, dtype=np.int16).reshape(8, 5, 6)
    frames = [
        groups(
            k,
            MREchoSequence={"EffectiveEchoTime": echo},
            MRDiffusionSequence={"DiffusionBValue": float(b)},
            MRImageFrameTypeSequence={"FrameType": ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"]},
        )
        for echo in (5.0, 9.0)
        for b in (0, 700)
        for k in range(2)
    ]
    multiframe(tmp_path, frames, stored)
    found = scan([tmp_path]).series
    assert [s.description for s in found] == [
        "echo 5 ms b 0", "echo 5 ms b 700", "echo 9 ms b 0", "echo 9 ms b 700",
    ]  # fmt: skip
    for n, series in enumerate(found):
        volume = read(series)
        assert isinstance(volume, Volume)
        np.testing.assert_array_equal(volume.voxels[::-1], stored[2 * n : 2 * n + 2])


def csa(**values: tuple[str, list[str]]) -> bytes:
    """A Siemens header of version SV10 with these tags, each with its kind and values."""
    import struct

    out = b"SV10\4\3\2\1" + struct.pack("<II", len(values), 77)
    for name, (kind, words) in values.items():
        out += struct.pack("<64si4s3i", name.encode(), len(words), kind.encode(), 4, len(words), 77)
        for word in words:
            text = word.encode() + b"\0"
            out += struct.pack("<4i", len(text), len(text), 77, len(text)) + text + b"\0" * (-len(text) % 4)
    return out


def mosaic(folder: Path, normal: tuple[float, float, float] | None, count: int = 5) -> NDArray[np.int16]:
    """Three moments of five slices of 4 × 6, laid into 3 × 3 tiles; returns (t, k, j, i)."""
    folder.mkdir(parents=True, exist_ok=True)
    stored = np.random.default_rng(6).integers(0, 999, (3, count, 4, 6)).astype(np.int16)
    for t, slices in enumerate(stored):
        picture = np.zeros((12, 18), np.int16)
        for n, plane in enumerate(slices):
            picture[n // 3 * 4 :, n % 3 * 6 :][:4, :6] = plane
        ds = made.slice_dataset(
            picture, (-40, -30, 20), Modality="MR", Manufacturer="SIEMENS", SpacingBetweenSlices=3.5,
            ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"], AcquisitionNumber=t + 1,
            AcquisitionDate="20260105", AcquisitionTime=f"1200{2 * t:02d}", PixelSpacing=[2.0, 1.5],
        )  # fmt: skip
        ds.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0A, "US", count)
        words = {"NumberOfImagesInMosaic": ("US", [str(count)]), "AcquisitionMatrixText": ("SH", ["4*6"])}
        if normal is not None:
            words["SliceNormalVector"] = ("FD", [f"{x:.8f}" for x in normal])
        ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(0x10, "OB", csa(**words))
        ds.save_as(folder / f"{t}.dcm", enforce_file_format=True)
    return stored


@pytest.mark.filterwarnings("ignore:The DICOM readers are highly experimental")
@pytest.mark.parametrize("up", [1.0, -1.0])
def test_a_mosaic_lies_where_nibabel_says(tmp_path: Path, up: float) -> None:
    import pydicom
    from nibabel.nicom.dicomwrappers import wrapper_from_data

    stored = mosaic(tmp_path, (0, 0, up))
    volume = only(tmp_path)
    assert volume.voxels.shape == (3, 5, 4, 6)
    assert volume.times_ms is not None
    np.testing.assert_allclose(volume.times_ms, [0, 2000, 4000], atol=0.01)
    peer = wrapper_from_data(pydicom.dcmread(tmp_path / "1.dcm"))
    theirs = peer.affine  # DICOM's axes too
    data = np.asarray(peer.get_data()) + 1024  # (row, column, slice), rescaled by −1024
    for k in range(5):
        for j, i in ((0, 0), (3, 5), (2, 1)):
            ours = volume.affine @ [i, j, k, 1]
            place = np.linalg.inv(theirs) @ ours
            np.testing.assert_allclose(place[:3], np.rint(place[:3]), atol=1e-6)
            row, column, n = np.rint(place[:3]).astype(int)
            assert volume.voxels[1, k, j, i] == data[row, column, n] == stored[1, n, j, i]


def test_a_mosaic_whose_header_is_silent_is_refused(tmp_path: Path) -> None:
    mosaic(tmp_path, None)
    (series,) = scan([tmp_path]).series
    assert not series.is_volume
    assert "mosaic" in series.why_not


@pytest.mark.parametrize("offsets", [[0, 4, 8], [20, 24, 28]])
def test_a_dose_grid_has_its_planes_and_its_unit(tmp_path: Path, offsets: list[int]) -> None:
    """Offsets count from the position's height, 20 mm, where the first is 0; else they are heights."""
    stored = np.arange(3 * 4 * 5, dtype=np.uint32).reshape(3, 4, 5)
    ds = made.slice_dataset(np.zeros((4, 5), np.int16), (-30, -40, 20), Modality="RTDOSE")
    del ds.RescaleSlope, ds.RescaleIntercept
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.481.2"
    ds.NumberOfFrames, ds.GridFrameOffsetVector = 3, offsets
    ds.DoseUnits, ds.DoseGridScaling = "GY", 0.001
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 32, 32, 31, 0
    ds.PixelData = stored.tobytes()
    ds.save_as(tmp_path / "dose.dcm", enforce_file_format=True)
    volume = only(tmp_path)
    np.testing.assert_array_equal(volume.voxels, stored)
    assert (volume.unit, volume.slope) == ("Gy", 0.001)
    np.testing.assert_allclose(volume.affine[:3, 2:], [[0, -30], [0, -40], [4, 20]])
