"""Looking into a folder: what is new or has changed is read, what is gone is taken out of the index."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from twin.errors import UserError
from twin.progress import Progress
from twin.sources.index.card import Card, read_card
from twin.sources.index.store import Index, folder_numbers
from twin.sources.index.thumbnail import draw

COMMIT_S = 0.5
"""What was found until then can be seen by others."""


@dataclass(frozen=True)
class Looked:
    """What a look found: files in all, those read now, those gone, those that could not be read."""

    files: int
    read: int
    gone: int
    unreadable: tuple[str, ...]
    seconds: float


def look_into(path: Path, root: Path, progress: Progress) -> Looked:
    """Bring the index at ``path`` up to date with a folder (runs in a job).

    Only files that are new or have another size or time than before are opened. What was found until
    a stop is kept.

    Raises
    ------
    UserError
        The folder is not there (a disk that is not plugged in); what is known of it stays.
    """
    started = time.monotonic()
    root = root.absolute()
    if not root.is_dir():
        raise UserError(f"There is no folder {root}.", "Is its disk plugged in? What is known of it stays.")
    with Index(path) as index:
        index.add_root(root)
        look = _Look(index, progress)
        try:
            look.walk(root)
        finally:
            index.drop_empty()
            index.db.commit()
        _draw_thumbnails(index, progress.between(0.9, 1.0))
        index.db.execute("UPDATE roots SET looked = datetime('now') WHERE path = ?", (str(root),))
        index.db.commit()
        unreadable = tuple(look.unreadable)
        return Looked(look.files, look.read, look.gone, unreadable, time.monotonic() - started)


def look_again(path: Path, progress: Progress) -> int:
    """Read again what ``Index.reveal`` let go of, and return how many files (runs in a job).

    What cannot be read now (a disk that is not plugged in) is read at the next look into its folder.
    """
    with Index(path) as index:
        look = _Look(index, progress)
        listed = index.to_read_again()
        try:
            for n, (number, folder, name) in enumerate(listed):
                progress(0.9 * n / len(listed), f"{n:,} of {len(listed):,} files")
                look.read_one(number, folder, name)
        finally:
            index.drop_empty()
            index.db.commit()
        _draw_thumbnails(index, progress.between(0.9, 1.0))
        index.db.commit()
        return look.read


class _Look:
    def __init__(self, index: Index, progress: Progress) -> None:
        self._index, self._progress = index, progress
        self.files = self.read = self.gone = 0
        self.unreadable: list[str] = []
        self._known: dict[str, int] = {}
        self._series: dict[tuple[str, ...], int] = {}
        self._committed = time.monotonic()

    def walk(self, root: Path) -> None:
        """Go through all folders in ``root``."""
        self._known = {str(p): n for n, p in folder_numbers(self._index, root)}
        self._progress(0.0, "counting files")
        total = sum(len(names) for _folder, names in _folders(root))
        seen = set()
        for folder, names in _folders(root):
            seen.add(folder)
            self._look_into(folder, names, total)
        lost = [number for folder, number in self._known.items() if folder not in seen]
        for number in lost:
            (count,) = self._index.db.execute(
                "SELECT COUNT(*) FROM files WHERE folder = ?", (number,)
            ).fetchone()
            self.gone += count
        self._index.drop_folders(lost)

    def _look_into(self, folder: str, names: list[str], total: int) -> None:
        db = self._index.db
        number = self._known.get(folder)
        if number is None:
            number = int(db.execute("INSERT INTO folders (path) VALUES (?)", (folder,)).lastrowid or 0)
        listed = db.execute("SELECT name, size, changed FROM files WHERE folder = ?", (number,))
        known = {name: (size, changed) for name, size, changed in listed}
        for name in names:
            self.files += 1
            if self.files % 20 == 0:
                done = self.files / max(total, self.files)
                self._progress(0.9 * done, f"{self.files:,} of {total:,} files")
            self.read_one(number, folder, name, known.pop(name, None))
        for name in known:
            self.gone += 1
            db.execute("DELETE FROM files WHERE folder = ? AND name = ?", (number, name))

    def read_one(self, number: int, folder: str, name: str, before: tuple[int, int] | None = None) -> None:
        """Enter one file, where its size and time are not those of ``before``."""
        path = os.path.join(folder, name)
        try:
            stat = os.stat(path)
            if before == (stat.st_size, stat.st_mtime_ns):
                return
            card = read_card(Path(path)) if stat.st_size else None
        except OSError as e:
            self.unreadable.append(f"{path} cannot be read: {e.strerror or e}.")
            return
        self.read += 1
        self._enter(number, name, stat, card)

    def _enter(self, folder: int, name: str, stat: os.stat_result, card: Card | None) -> None:
        series = self._series_of(card) if card else None
        said = (_same(card, folder, name), card.instance, card.frames) if card else ("", 0, 0)
        self._index.db.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (folder, name, stat.st_size, stat.st_mtime_ns, series, *said),
        )
        if time.monotonic() - self._committed > COMMIT_S:
            self._index.db.commit()
            self._committed = time.monotonic()

    def _series_of(self, card: Card) -> int:
        key = card.key
        if key not in self._series:
            self._series[key] = self._index.series_number(card.series())
        return self._series[key]


def _folders(root: Path) -> Iterator[tuple[str, list[str]]]:
    for folder, below, names in os.walk(root):
        below[:] = sorted(n for n in below if not n.startswith("."))
        plain = [n for n in names if not n.startswith(".")]
        if plain:
            yield folder, plain


def _same(card: Card, folder: int, name: str) -> str:
    """Return what two files have in common that hold one image: UID and number.

    Bad anonymizers give all images of a series one UID, or none: then each file is an image of its own.
    """
    return f"{card.uid}/{card.instance}" if card.uid else f"{folder}/{name}"


def _draw_thumbnails(index: Index, progress: Progress) -> None:
    """Draw the middle image of each series that has no small picture yet."""
    numbers = index.without_thumbnail()
    for n, number in enumerate(numbers):
        progress(n / len(numbers), f"drawing {n + 1:,} of {len(numbers):,} small pictures")
        files = index.files(number)
        index.set_thumbnail(number, draw(files[len(files) // 2]) if files else None)
        if n % 20 == 19:
            index.db.commit()
