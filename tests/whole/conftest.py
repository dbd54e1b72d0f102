"""Patients that the tests of the whole chain share."""

from pathlib import Path

import pytest

from tests.whole.chain import coarse
from tests.whole.tiny import tiny_patient
from twin.domain import Volume
from twin.sources.dicom_writer import write_series


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny patient as DICOM."""
    folder = tmp_path_factory.mktemp("tiny") / "dicom"
    write_series(tiny_patient(), folder)
    return folder


@pytest.fixture(scope="session")
def hip(shared_data: Path) -> Volume:
    """``ct-hip`` at half its resolution."""
    from twin.sources import read, scan

    volume = read(scan([shared_data / "ct-hip" / "dicom"]).series[0])
    assert isinstance(volume, Volume)
    return coarse(volume)
