"""One Orthanc for all tests that leave it alive, and series to put there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.twin.sources.pacs.orthanc import Orthanc
from twin.domain import Identity, Volume
from twin.sources.dicom_writer import write_series

IMAGES = 16

MakeSeries = Callable[..., Path]


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    server = Orthanc(tmp_path_factory.mktemp("orthanc"))
    yield server
    server.kill()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Orthanc]:
    """A server that may be killed."""
    server = Orthanc(tmp_path / "orthanc")
    yield server
    server.kill()


@pytest.fixture
def make_series(tmp_path: Path) -> MakeSeries:
    """Write a CT series of noise whose UIDs end with a number of its own."""

    def make(number: int, name: str = "MODEL^Hip", images: int = IMAGES, side: int = 64) -> Path:
        voxels = np.random.default_rng(number).normal(40, 18, (images, side, side)).astype(np.int16)
        identity = Identity(
            patient_name=name, patient_id=f"P{number}", birth_date="1964-02-01", sex="F",
            study_uid=f"1.2.826.{number}", study_date="2026-01-05", study_description="Hip, both sides",
            series_uid=f"1.2.826.{number}.1", series_number=3, series_description="thin",
        )  # fmt: skip
        folder = tmp_path / "images" / f"series {number}"
        affine = np.diag([0.8, 0.8, 1.0, 1.0])
        write_series(
            Volume(voxels, affine, "CT", "HU", frame_of_reference="1.2.3", identity=identity), folder
        )
        return folder

    return make
