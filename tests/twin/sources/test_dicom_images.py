"""Which image each slice is, as what is drawn on it will say."""

from pathlib import Path

import pydicom
import pytest

from tests.twin.sources import made
from twin.domain import Volume
from twin.sources import read, scan


def only(folder: Path, **more: bool) -> Volume:
    (series,) = scan([folder]).series
    volume = read(series, **more)  # type: ignore[arg-type]
    assert isinstance(volume, Volume)
    return volume


def test_each_slice_knows_its_image(tmp_path: Path) -> None:
    files = made.write_series(tmp_path)
    volume = only(tmp_path)
    assert volume.image_class == "1.2.840.10008.5.1.4.1.1.2"  # CT image storage
    assert volume.image_uids == tuple(pydicom.dcmread(f).SOPInstanceUID for f in files)


def test_a_volume_with_a_slice_filled_in_claims_no_images(tmp_path: Path) -> None:
    made.write_series(tmp_path, made.voxels((6, 4, 4)))[2].unlink()
    assert only(tmp_path, accept_gaps=True).image_uids == ()


@pytest.mark.parametrize("name", ["siemens_multiframe"])
def test_a_file_of_many_frames_claims_no_images(shared_data: Path, name: str) -> None:
    series = next(s for s in scan([shared_data / "dicom-nifti-pairs" / name]).series if s.format == "dicom")
    volume = read(series)
    assert isinstance(volume, Volume)
    assert volume.image_uids == ()
