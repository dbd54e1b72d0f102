"""Patients that the tests of the whole chain share."""

from pathlib import Path

import pytest

from tests.segmentation.bone.phantom import hips
from tests.whole.chain import coarse
from twin.domain import Volume
from twin.sources.dicom_writer import write_series


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A left femur and its hip bone at 3 mm, 50 slices, as DICOM: the chain takes seconds on it."""
    folder = tmp_path_factory.mktemp("tiny") / "dicom"
    write_series(hips((3.0, 3.0, 3.0), only="left").volume, folder)
    return folder


@pytest.fixture(scope="session")
def hip(shared_data: Path) -> Volume:
    """``ct-hip`` at half its resolution."""
    from twin.sources import read, scan

    volume = read(scan([shared_data / "ct-hip" / "dicom"]).series[0])
    assert isinstance(volume, Volume)
    return coarse(volume)
