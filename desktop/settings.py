"""What the window remembers between runs: theme, recent files, layout. One JSON file."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

RECENT = 8


@dataclass
class Settings:
    """Remembered choices; ``save`` writes them, and a file that cannot be read counts as none."""

    path: Path
    theme: str = "dark"
    font_px: int = 13
    recent: list[str] = field(default_factory=list)
    layout: dict[str, str] = field(default_factory=dict)
    body_weight_kg: float = 75.0
    hanging: list[dict[str, Any]] = field(default_factory=list)
    """Hanging protocols that the user kept (``desktop.hanging``): kinds of images, nobody's data."""
    hang: bool = True
    """Whether images are hung by protocols when they come up first."""
    priors: bool = True
    """Whether a prior study is shown beside by itself."""

    @classmethod
    def read(cls, path: Path | None = None) -> Settings:
        """Read the settings at ``path`` (by default in the user's configuration folder)."""
        path = path or default_path()
        settings = cls(path)
        try:
            stored: Any = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return settings
        if isinstance(stored, dict):
            for name, value in stored.items():
                if name != "path" and type(value) is type(getattr(settings, name, None)):
                    setattr(settings, name, value)
        return settings

    def save(self) -> None:
        """Write; a disk that cannot be written loses a preference, not the session."""
        stored = asdict(self)
        del stored["path"]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_suffix(".new")
            beside.write_text(json.dumps(stored, indent=1), encoding="utf-8")
            beside.replace(self.path)
        except OSError:
            return

    def add_recent(self, path: Path) -> None:
        """Put ``path`` at the head of the recent files."""
        name = str(path.resolve())
        self.recent = [name, *(p for p in self.recent if p != name)][:RECENT]
        self.save()

    def recent_files(self) -> list[Path]:
        """Return the recent files that still exist."""
        return [p for p in map(Path, self.recent) if p.exists()]


def default_path() -> Path:
    """Return where settings lie; ``VITRUVIAN_CONFIG`` names another folder."""
    folder = os.environ.get("VITRUVIAN_CONFIG") or platformdirs.user_config_dir("Vitruvian", appauthor=False)
    return Path(folder) / "window.json"


def twins_folder() -> Path:
    """Return where new records go: ``Vitruvian`` in the documents; ``VITRUVIAN_TWINS`` names another."""
    given = os.environ.get("VITRUVIAN_TWINS")
    if given:
        return Path(given)
    documents = Path(platformdirs.user_documents_dir())
    return (documents if documents.is_dir() else Path.home()) / "Vitruvian"
