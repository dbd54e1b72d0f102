from pathlib import Path

import pytest

from twin.deidentify import Secret


@pytest.fixture(autouse=True)
def own_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))


@pytest.fixture
def secret() -> Secret:
    return Secret(bytes(range(32)))
