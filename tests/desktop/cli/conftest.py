"""What the tests of the command line share."""

from pathlib import Path

import pytest

from desktop.main import main


@pytest.fixture
def record(tmp_path: Path, scan: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A record with the module's own ``scan`` in it, a NIfTI image said to be a CT."""
    path = str(tmp_path / "body.twin")
    assert main(["import", path, str(scan), "--set", "modality=CT"]) == 0
    capsys.readouterr()
    return path
