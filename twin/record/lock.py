"""Who owns a record for writing: one row in the record itself, and beside it which file that row is about.

A copy takes the row with it. Nobody holds the copy, and its number in the file system is another one.
"""

import functools
import getpass
import os
import platform
import sqlite3
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from twin import process
from twin.errors import RecordError
from twin.record import door


@dataclass(frozen=True)
class Holder:
    """A process that owns a record.

    Attributes
    ----------
    started : float
        Tells it from a later one of the same number.
    file : str
        The file's number in its file system; empty where the system gives none, and in rows of older
        programs. Without the device's: one share can be mounted twice.
    """

    host: str
    user: str
    process: int
    started: float
    since: str
    file: str = ""

    def alive(self) -> bool:
        """Tell whether it still runs; one on another machine is believed to."""
        if self.host != platform.node():
            return True
        try:
            started = process.started(self.process)
            # The system's clock ticks in hundredths: the same process may read 10 ms apart.
            return started is not None and abs(started - self.started) < 0.5
        except psutil.AccessDenied:
            return True


@functools.cache
def user_name() -> str:
    """Return who is at work, as the system knows him: by the process's owner, not by what he may set."""
    try:
        if sys.platform != "win32":
            import pwd

            return pwd.getpwuid(os.getuid()).pw_name
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


_open_here: set[Path] = set()
"""Records that this process owns; a row in its name of any other record is left over."""

_FILE = "held_file"
"""Key of the file's number in the table ``about``."""


def take(path: Path, db: sqlite3.Connection) -> Holder:
    """Become the record's owner.

    Raises
    ------
    RecordError
        Where a process that still runs owns it; the message names it.
    """
    mine = Holder(
        platform.node(),
        user_name(),
        os.getpid(),
        process.started(os.getpid()) or 0.0,
        datetime.now(UTC).isoformat(timespec="seconds"),
        str(path.stat().st_ino or ""),
    )
    try:
        with door.transaction(db):
            row = db.execute("SELECT host, user, process, started, since FROM holder").fetchone()
            file = db.execute("SELECT value FROM about WHERE key = ?", (_FILE,)).fetchone()
            if row is not None:
                there = Holder(*row, *(file or ("",)))
                if _in_use(path, there, mine):
                    raise _held(path, there, mine)
            db.execute(
                "INSERT OR REPLACE INTO holder VALUES (1, ?, ?, ?, ?, ?)",
                (mine.host, mine.user, mine.process, mine.started, mine.since),
            )
            db.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (_FILE, mine.file))
    except door.faults() as error:
        raise door.trouble(path, error) from error
    _open_here.add(path.resolve())
    return mine


def _in_use(path: Path, holder: Holder, mine: Holder) -> bool:
    if (holder.host, holder.process) == (mine.host, mine.process):
        return path.resolve() in _open_here
    # Another machine may number the files of a share otherwise: its row is believed.
    if holder.host == mine.host and holder.file and mine.file and holder.file != mine.file:
        return False
    return holder.alive()


def _held(path: Path, holder: Holder, mine: Holder) -> RecordError:
    if (holder.host, holder.process) == (mine.host, mine.process):
        return RecordError(f"{path} is open for writing already, in this very program.")
    return RecordError(
        f"{path} is open for writing on {holder.host} by {holder.user} "
        f"(process {holder.process}, since {holder.since}).",
        "Close it there first. Until then it can be read and exported from here, not changed: "
        "the window offers to open it for reading only.",
    )


def release(path: Path, db: sqlite3.Connection, holder: Holder) -> None:
    """Give the record free, if it is still ours."""
    _open_here.discard(path.resolve())
    with door.transaction(db):
        db.execute("DELETE FROM holder WHERE process = ? AND host = ?", (holder.process, holder.host))
