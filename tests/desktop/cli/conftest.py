"""What the tests of the command line share."""

import shutil
from pathlib import Path

import pytest

from desktop.main import main


@pytest.fixture(scope="module")
def imported(scan: Path) -> Path:
    """A record with the module's own ``scan`` in it, a NIfTI image said to be a CT: to be copied."""
    path = scan.with_name("imported.twin")
    assert main(["import", str(path), str(scan), "--set", "modality=CT"]) == 0
    return path


@pytest.fixture
def record(tmp_path: Path, imported: Path) -> str:
    """A test's own copy of the ``imported`` record."""
    return str(shutil.copy(imported, tmp_path / "body.twin"))
