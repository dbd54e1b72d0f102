"""Fixtures that all tests share."""

import os
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("VITRUVIAN_CONFIG", tempfile.mkdtemp(prefix="vitruvian-tests-"))
os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"  # nobody's own passwords are touched


@pytest.fixture(autouse=True)
def _no_keys_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has opened a locked record keeps jobs off the disk; the next test starts without its keys."""
    monkeypatch.setattr("twin.passphrases._known", {})


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with the real scans; tests that need it skip where it is absent."""
    root = Path(os.environ.get("VITRUVIAN_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    if not root.is_dir():
        pytest.skip(f"the real scans are not here ({root} is absent)")
    return root
