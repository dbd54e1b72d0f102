"""The DICOM-SEG reader: what highdicom writes, and what is wrong with files."""

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from tests.twin.sources import made
from twin.domain import LabelMap
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources import read, scan
from twin.sources.steps import ImportParams, import_images


def segmentation(folder: Path, array: np.ndarray, kind: str, **more: Any) -> Path:
    """Have highdicom write a segmentation of the series that ``made`` writes."""
    hd = pytest.importorskip("highdicom", reason="highdicom is not installed")
    from pydicom.sr.codedict import codes

    images = [pydicom.dcmread(f) for f in made.write_series(folder / "ct")]
    images.sort(key=lambda ds: float(ds.ImagePositionPatient[2]))
    for ds in images:
        ds.PatientBirthDate = ds.PatientSex = ds.StudyDate = ds.StudyTime = ""
        ds.AccessionNumber = ds.StudyID = ds.ReferringPhysicianName = ""
    count = 1 if array.ndim == 3 and kind != "LABELMAP" else array.shape[-1] if array.ndim == 4 else 2
    described = [
        hd.seg.SegmentDescription(
            segment_number=n + 1,
            segment_label=("left femur", "tumor", "third")[n],
            segmented_property_category=codes.SCT.AnatomicalStructure,
            segmented_property_type=codes.SCT.Femur if n == 0 else codes.SCT.Mass,
            algorithm_type="MANUAL",
        )
        for n in range(count)
    ]
    described[0].SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [
        hd.sr.CodedConcept("7771000", "SCT", "Left")
    ]
    seg = hd.seg.Segmentation(
        source_images=images, pixel_array=array, segmentation_type=kind, segment_descriptions=described,
        series_instance_uid=hd.UID(), series_number=9, sop_instance_uid=hd.UID(), instance_number=1,
        manufacturer="Somebody", manufacturer_model_name="Else", software_versions="1",
        device_serial_number="2", **more,
    )  # fmt: skip
    path = folder / "object"  # no suffix: it is told by its content
    seg.save_as(path)
    return path


def load(path: Path) -> LabelMap:
    (series,) = scan([path]).series
    labels = read(series)
    assert isinstance(labels, LabelMap)
    return labels


def two_masks() -> np.ndarray:
    """Two blocks that overlap, on the grid of ``made``: shape (5, 6, 7, 2)."""
    masks = np.zeros((5, 6, 7, 2), bool)
    masks[1:4, 1:4, 1:5, 0] = True
    masks[2:5, 2:6, 3:7, 1] = True
    return masks


@pytest.mark.parametrize("omit", [True, False])
def test_binary_with_overlap(tmp_path: Path, omit: bool) -> None:
    masks = two_masks()
    path = segmentation(tmp_path, masks.astype(np.uint8), "BINARY", omit_empty_frames=omit)
    labels = load(path)
    first = 1 if omit else 0  # highdicom leaves out slices where there is nothing
    assert labels.labels.ndim == 4
    for n, name in enumerate(("left femur", "tumor")):
        np.testing.assert_array_equal(labels.mask(name), masks[first:, ..., n])
    femur, tumor = labels.structures
    assert (femur.term, femur.side, tumor.term, tumor.side) == ("femur", "left", "tumor", "none")
    expected = [[0.75, 0, 0, -10], [0, 0.5, 0, 20], [0, 0, 2, 30 + 2 * first], [0, 0, 0, 1]]
    np.testing.assert_allclose(labels.affine, expected, atol=1e-9)  # as tests.twin.sources.made places it
    assert (labels.frame_of_reference, labels.identity.patient_id) == ("1.2.3.9", "17")


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5"])
def test_fractions_count_from_one_half(tmp_path: Path, syntax: str) -> None:
    values = np.linspace(0, 1, 5 * 6 * 7).reshape(5, 6, 7)
    path = segmentation(
        tmp_path, values, "FRACTIONAL", max_fractional_value=200, transfer_syntax_uid=syntax,
        omit_empty_frames=False,
    )  # fmt: skip
    labels = load(path)
    np.testing.assert_array_equal(labels.mask("left femur"), np.around(values * 200) >= 100)
    assert "fractions (probability): a voxel counts from one half on" in labels.notes[0]


def test_a_label_map(tmp_path: Path) -> None:
    values = np.zeros((5, 6, 7), np.uint8)
    values[1:3], values[3:, 2:4] = 1, 2
    labels = load(segmentation(tmp_path, values, "LABELMAP", omit_empty_frames=False))
    assert labels.labels.ndim == 3
    np.testing.assert_array_equal(labels.labels, values)


def test_it_is_imported_beside_its_images(tmp_path: Path) -> None:
    segmentation(tmp_path, two_masks().astype(np.uint8), "BINARY")
    made_here = import_images(ImportParams((str(tmp_path),)), Progress())
    assert sorted(made_here.outputs) == ["labelmap", "volume"]
    assert len({e.frame_of_reference for e in made_here.outputs.values()}) == 1


def broken(path: Path, change: Any) -> str:
    ds = pydicom.dcmread(path)
    change(ds)
    ds.save_as(path)
    with pytest.raises(SourceError) as error:
        import_images(ImportParams((str(path),)), Progress())
    assert str(path) in str(error.value)
    return str(error.value)


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    def fault(name: str, change: Any) -> str:
        return broken(segmentation(tmp_path / name, two_masks().astype(np.uint8), "BINARY"), change)

    def off_grid(ds: Any) -> None:
        ds.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0].ImagePositionPatient[2] += 0.7

    def nobody(ds: Any) -> None:
        ds.PerFrameFunctionalGroupsSequence[1].SegmentIdentificationSequence[0].ReferencedSegmentNumber = 9

    def placeless(ds: Any) -> None:
        del ds.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence

    assert "lie on no even grid: up to 0.7 mm off it" in fault("a", off_grid)
    assert "segments that it does not describe" in fault("b", nobody)
    assert "does not say where in the patient" in fault("c", placeless)
    assert "says 99 frames, describes 6" in fault("d", lambda ds: setattr(ds, "NumberOfFrames", 99))
    assert "10 of 31 bytes" in fault("e", lambda ds: setattr(ds, "PixelData", ds.PixelData[:10]))
    assert "32 bits a voxel" in fault("f", lambda ds: setattr(ds, "BitsAllocated", 32))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated(tmp_path: Path, share: float) -> None:
    path = segmentation(tmp_path, two_masks().astype(np.uint8), "BINARY")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(SourceError, match=str(path)):
        import_images(ImportParams((str(path),)), Progress())
