"""Real DICOM files, de-identified: what is read from them is the same."""

from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.twin.sources import made
from twin.deidentify.files import deidentify_files
from twin.domain import Volume
from twin.progress import Progress
from twin.sources import read, scan


def volumes(folder: Path) -> list[Volume]:
    found = [s for s in scan([folder], Progress()).series if s.format == "dicom" and s.is_volume]
    entities = [read(s, progress=Progress()) for s in found]
    return [v for e in entities for v in (e if isinstance(e, tuple) else (e,)) if isinstance(v, Volume)]


@pytest.mark.parametrize(
    "case",
    ["ct-torso/dicom-chest", "dicom-nifti-pairs/siemens_multiframe", "dicom-nifti-pairs/ge",
     "dicom-nifti-pairs/hitachi"],
)  # fmt: skip
def test_real_series_are_the_same_images(shared_data: Path, tmp_path: Path, case: str) -> None:
    deidentify_files(shared_data / case, tmp_path / "out")
    before, after = volumes(shared_data / case), volumes(tmp_path / "out")
    assert len(before) == len(after) > 0
    for old in before:
        same = [new for new in after if np.array_equal(old.voxels, new.voxels)]
        assert same
        new = same[0]
        assert np.allclose(old.affine, new.affine)
        assert (old.slope, old.intercept, old.unit) == (new.slope, new.intercept, new.unit)
        assert new.identity.patient_id.startswith("P-")


def test_files_that_name_no_class_and_no_instance(tmp_path: Path) -> None:
    """Old writers leave out what the file meta information needs."""
    for path in made.write_series(tmp_path / "ct"):
        ds = pydicom.dcmread(path)
        del ds.SOPClassUID, ds.SOPInstanceUID
        ds.file_meta.MediaStorageSOPClassUID = ds.file_meta.MediaStorageSOPInstanceUID = ""
        ds.save_as(path)
    written = deidentify_files(tmp_path / "ct", tmp_path / "out")
    assert written.files == 5
    headers = [pydicom.dcmread(p) for p in (tmp_path / "out").rglob("*.dcm")]
    assert {h.SOPClassUID for h in headers} == {"1.2.840.10008.5.1.4.1.1.2"}
    assert len({h.SOPInstanceUID for h in headers}) == 5


@pytest.mark.parametrize("keep", [200, -20])
def test_broken_files_are_left_out_and_named(tmp_path: Path, keep: int) -> None:
    files = made.write_series(tmp_path / "ct")
    files[0].write_bytes(files[0].read_bytes()[:keep])
    written = deidentify_files(tmp_path / "ct", tmp_path / "out")
    assert written.files == 4
    assert files[0].name in written.left_out[0]
    assert "truncated" in written.left_out[0]
