"""Where the program keeps what is no record: servers, what comes from them, the index of studies."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from desktop.settings import default_path


def servers_path() -> Path:
    """Return the file that lists the servers; beside the settings, and no secrets in it."""
    return default_path().with_name("servers.json")


def data_folder() -> Path:
    """Return where the user's data lies; ``VITRUVIAN_CONFIG`` moves it along."""
    given = os.environ.get("VITRUVIAN_CONFIG")
    return Path(given) / "data" if given else Path(platformdirs.user_data_dir("Vitruvian", appauthor=False))


def quarantine_folder() -> Path:
    """Return where series from servers gather until they are whole and taken in."""
    return data_folder() / "incoming"


def index_path() -> Path:
    """Return the index of the studies in folders that were looked into."""
    return data_folder() / "studies.sqlite"
