"""What this machine remembers of a record's log: how far it went when it was last closed here.

A chain of hashes finds what was altered or taken out of its middle. Whoever cuts entries off its end,
or writes the whole log anew, can make the file agree with itself again; he would have to find this
note as well. It lies outside the record, holds a number and a hash, and nothing of the patient: its own
name is a hash, too.
"""

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from twin.record.history import History

_KEPT = 2000
_DROPPED = 500


@dataclass(frozen=True)
class Seen:
    """The newest entry that a record's log had here: its number and hash."""

    number: int
    hash: str


def folder() -> Path:
    """Return where the program keeps what is this user's; ``VITRUVIAN_CONFIG`` names another place."""
    given = os.environ.get("VITRUVIAN_CONFIG")
    return Path(given or platformdirs.user_config_dir("Vitruvian", appauthor=False))


def _note(path: Path, record: str) -> Path:
    name = hashlib.blake2b(f"{record}\n{path.resolve()}".encode(), digest_size=16).hexdigest()
    return folder() / "seen" / f"{name}.json"


def remember(path: Path, history: "History") -> None:
    """Note how far a record's log goes; where nothing can be written, nothing is remembered.

    A note that the log contradicts stays: what it testifies to would be lost.
    """
    seen, log = recall(path, history.record), history.log
    if not log or (seen is not None and not contains(history, seen)):
        return
    note, new = _note(path, history.record), Seen(log[-1].number, log[-1].hash)
    if seen == new:
        return
    with contextlib.suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        beside = note.with_suffix(f".{os.getpid()}.new")
        beside.write_text(json.dumps({"number": new.number, "hash": new.hash}))
        beside.replace(note)
        _prune(note.parent)


def recall(path: Path, record: str) -> Seen | None:
    """Return how far a record's log went when it was last closed here; None where that is not known."""
    try:
        note = json.loads(_note(path, record).read_text())
        return Seen(int(note["number"]), str(note["hash"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def contains(history: "History", seen: Seen) -> bool:
    """Tell whether a log holds the entry that was its last one once."""
    there = 0 < seen.number <= len(history.log)
    return there and history.entry(seen.number).hash == seen.hash


def _prune(where: Path) -> None:
    """Let go of the oldest notes, where there are thousands."""
    notes = list(where.glob("*.json"))
    if len(notes) > _KEPT:
        for note in sorted(notes, key=lambda n: n.stat().st_mtime)[:_DROPPED]:
            note.unlink(missing_ok=True)
