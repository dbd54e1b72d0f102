"""Segmentations and structure sets as DICOM: the same comes back, and other programs read it."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.domain import Identity, LabelMap, Structure, Volume
from twin.errors import UserError
from twin.exports import export
from twin.exports.outlines import keyholed, outlines
from twin.sources import read, scan
from twin.sources.contours import fill

AFFINE = np.array([[0.6, 0, 2.4, -200.123], [0, 0.7, 0, 50.5], [-0.8, 0, 1.8, -900.25], [0, 0, 0, 1.0]])
"""Turned by 53° about y; columns are perpendicular, lengths 1, 0.7 and 3."""

WHO = Identity("Doe^Jane", "17", "1960-01-02", "", "F", "1.2.3.4", "2026-01-05", series_uid="1.2.3.4.5")


def bones(layers: bool = True) -> LabelMap:
    """Noise, a block with a hole, and in a further layer a block over both; 13 × 11 is no multiple of 8."""
    rng = np.random.default_rng(0)
    labels = np.zeros((2, 6, 13, 11), np.uint16)
    labels[0, 1:4, 2:9, 3:8] = 7
    labels[0, 2, 4, 5] = 0
    labels[0, 4][rng.random((13, 11)) < 0.5] = 300
    labels[1, 2:5, 5:12, 0:6] = 3
    structures = (
        Structure("left femur", 7, "femur", "left", touches_border=True, color="#12AB34"),
        Structure("noise ÄÖ", 300, "hip bone", "midline", color="#FFFFFF"),
        Structure("tumor", 3, "tumor", "right", layer=1, color="#010203"),
    )
    return LabelMap(
        labels if layers else labels[0], AFFINE, structures if layers else structures[:2],
        frame_of_reference="1.2.3", identity=WHO,
    )  # fmt: skip


def image() -> Volume:
    return Volume(np.zeros((6, 13, 11), np.int16), AFFINE, "CT", frame_of_reference="1.2.3", identity=WHO)


@pytest.mark.parametrize("suffix", [".seg.dcm", ".dcm", ".rtstruct.dcm"])
@pytest.mark.parametrize("layers", [True, False])
def test_it_comes_back(tmp_path: Path, suffix: str, layers: bool) -> None:
    before = bones(layers)
    path = export(before, tmp_path / f"bones{suffix}")
    assert path.name == f"bones{suffix}"
    (series,) = scan([path]).series
    assert (series.kind, series.modality) == ("labelmap", "RTSTRUCT" if "rt" in suffix else "SEG")
    after = read(series, image=image())
    assert isinstance(after, LabelMap)
    np.testing.assert_allclose(after.affine, before.affine, atol=1e-12)
    assert after.frame_of_reference == "1.2.3"
    assert (after.identity.patient_id, after.identity.study_uid) == ("17", "1.2.3.4")
    assert len(after.structures) == len(before.structures)
    for one, other in zip(after.structures, before.structures, strict=True):
        assert replace(one, label=0) == replace(other, label=0)  # DICOM numbers them from 1
        np.testing.assert_array_equal(after.mask(one.name), before.mask(one.name))
    assert after.notes == ()


@pytest.mark.parametrize("suffix", [".seg.dcm", ".rtstruct.dcm"])
def test_dciodvfy_finds_no_fault(tmp_path: Path, suffix: str) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy (Debian dicom3tools) is not installed")
    for labelmap in (bones(), replace(bones(), identity=Identity(), frame_of_reference="")):
        path = export(labelmap, tmp_path / f"bones{suffix}")
        said = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False).stderr
        assert "Error" not in said, said
        assert ("Segmentation" if "seg" in suffix else "RTStructureSet") in said  # what it took it for


@pytest.mark.parametrize("suffix", [".seg.dcm", ".rtstruct.dcm"])
def test_the_images_are_referred_to_slice_by_slice(tmp_path: Path, suffix: str) -> None:
    uids = tuple(f"1.2.9.{k}" for k in range(6))
    under = replace(image(), image_class="1.2.840.10008.5.1.4.1.1.2", image_uids=uids)
    path = export(bones(), tmp_path / f"bones{suffix}", image=under)
    ds = pydicom.dcmread(path)
    if "seg" in suffix:
        (series,) = ds.ReferencedSeriesSequence
        listed = series.ReferencedInstanceSequence
        for frame in ds.PerFrameFunctionalGroupsSequence:
            k = frame.FrameContentSequence[0].DimensionIndexValues[1] - 1
            source = frame.DerivationImageSequence[0].SourceImageSequence[0]
            assert source.ReferencedSOPInstanceUID == uids[k]
    else:
        (series,) = (
            ds.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence
        )
        listed = series.ContourImageSequence
        for roi in ds.ROIContourSequence:
            for contour in roi.ContourSequence:
                x = np.array(contour.ContourData[:3], float)
                k = round((np.linalg.inv(AFFINE) @ [*x, 1])[2])
                assert contour.ContourImageSequence[0].ReferencedSOPInstanceUID == uids[k]
        assert scan([path]).series[0].drawn_on == ("1.2.3.4.5", "1.2.3")
    assert series.SeriesInstanceUID == "1.2.3.4.5"
    assert [i.ReferencedSOPInstanceUID for i in listed] == list(uids)
    assert {i.ReferencedSOPClassUID for i in listed} == {"1.2.840.10008.5.1.4.1.1.2"}
    if shutil.which("dciodvfy") is not None:
        said = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False).stderr
        assert "Error" not in said, said
    # Of another grid or another space no image is claimed.
    for other in (replace(under, affine=np.eye(4)), replace(under, frame_of_reference="9")):
        ds = pydicom.dcmread(export(bones(), tmp_path / f"other{suffix}", image=other))
        assert "1.2.9." not in str(ds)


def test_highdicom_reads_our_segmentation(tmp_path: Path) -> None:
    hd = pytest.importorskip("highdicom", reason="highdicom is not installed")
    before = bones()
    seg = hd.seg.segread(str(export(before, tmp_path / "bones.seg.dcm")))
    assert seg.number_of_segments == 3
    assert [seg.get_segment_description(n).segment_label for n in (1, 2, 3)] == [
        s.name for s in before.structures
    ]
    assert seg.get_segment_description(1).segmented_property_type.value == "71341001"  # SCT: femur
    volume = seg.get_volume(combine_segments=False)
    # Its axes are k, j, i, and its k runs the other way.
    np.testing.assert_allclose(volume.affine[:3, 2::-1], AFFINE[:3, :3] * (1, 1, -1), atol=1e-6)
    np.testing.assert_allclose(volume.affine[:3, 3], AFFINE[:3, 3] + 5 * AFFINE[:3, 2], atol=1e-6)
    for n, s in enumerate(before.structures):
        np.testing.assert_array_equal(volume.array[::-1, ..., n].astype(bool), before.mask(s.name))


def test_plastimatch_fills_our_contours_to_the_same_voxels(tmp_path: Path) -> None:
    """On an upright grid: plastimatch 1.9 wants slices along z."""
    if shutil.which("plastimatch") is None:
        pytest.skip("plastimatch (Debian plastimatch) is not installed")
    upright = replace(bones(), affine=np.diag([1.0, 0.7, 3.0, 1.0]))
    contours = export(upright, tmp_path / "bones.rtstruct.dcm")
    grid = replace(image(), affine=upright.affine)
    export(grid, tmp_path / "ct.nrrd")
    subprocess.run(
        ["plastimatch", "convert", "--input", contours, "--fixed", tmp_path / "ct.nrrd",
         "--output-prefix", tmp_path / "out", "--prefix-format", "nrrd"],
        check=True, capture_output=True,
    )  # fmt: skip
    files = sorted((tmp_path / "out").glob("*.nrrd"))
    assert len(files) == 3
    for s in upright.structures:
        (file,) = [f for f in files if s.name.split()[0] in f.name]
        theirs = read(scan([file]).series[0], kind="labelmap")
        assert isinstance(theirs, LabelMap)
        # plastimatch fills each contour by itself, so holes must be keyholes; centres lie off the contours.
        np.testing.assert_array_equal(theirs.labels != 0, upright.mask(s.name))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**36 - 1), st.integers(2, 9))
def test_outlines_filled_are_the_mask_again(bits: int, columns: int) -> None:
    mask = np.array([bits >> n & 1 for n in range(36 // columns * columns)], bool).reshape(-1, columns)
    lines = outlines(mask)
    if not mask.any():
        assert lines == []
        return
    np.testing.assert_array_equal(fill(lines, mask.shape), mask)
    # Joined as keyholes they are so in either way of filling: even-odd, or each by itself.
    joined = keyholed(lines)
    np.testing.assert_array_equal(fill(joined, mask.shape), mask)
    by_itself = np.any([fill([line], mask.shape) for line in joined], axis=0)
    np.testing.assert_array_equal(by_itself, mask)
    assert all(len(line) >= 4 for line in lines)


def test_an_outline_has_no_needless_points() -> None:
    mask = np.zeros((20, 30), bool)
    mask[3:15, 5:25] = True
    (line,) = outlines(mask)
    assert len(line) == 8  # a rectangle with its corners cut


def test_a_name_that_dicom_cannot_hold_is_made_to_fit(tmp_path: Path) -> None:
    s = (
        Structure("a\\b\nc" + "x" * 80, 7),
        Structure("b" * 64 + "1", 300),
        Structure("b" * 64 + "2", 3, layer=1),
    )
    for suffix in (".seg.dcm", ".rtstruct.dcm"):
        after = read(
            scan([export(replace(bones(), structures=s), tmp_path / f"x{suffix}")]).series[0], image=image()
        )
        assert isinstance(after, LabelMap)
        assert [t.name for t in after.structures] == ["a b c" + "x" * 59, "b" * 64, "b" * 64 + " 2"]


def test_the_same_labelmap_gives_the_same_uids(tmp_path: Path) -> None:
    one, two = (pydicom.dcmread(export(bones(), tmp_path / f"{n}.seg.dcm")) for n in "ab")
    assert one.SOPInstanceUID == two.SOPInstanceUID
    other = pydicom.dcmread(export(bones(False), tmp_path / "c.seg.dcm"))
    assert other.SOPInstanceUID != one.SOPInstanceUID
    assert (other.StudyInstanceUID, other.FrameOfReferenceUID) == ("1.2.3.4", "1.2.3")
    assert other.SeriesInstanceUID != "1.2.3.4.5"


def test_without_a_structure_nothing_is_written(tmp_path: Path) -> None:
    for suffix in (".seg.dcm", ".rtstruct.dcm"):
        with pytest.raises(UserError, match="without a structure"):
            export(replace(bones(), structures=()), tmp_path / f"none{suffix}")
    assert not list(tmp_path.iterdir())
