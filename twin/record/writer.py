"""What writes to the file: at once, or within a second behind the work."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from twin.errors import RecordError
from twin.record import door, objects
from twin.record.entries import LogEntry
from twin.record.objects import Packed, Shelf

_DELAY_SECONDS = 0.4
_SET_ABOUT = "INSERT OR REPLACE INTO about VALUES (?, ?)"


@dataclass(frozen=True)
class Batch:
    """One log entry and the rows that came with it."""

    entry: LogEntry
    body: str
    pointer: int
    packed: Packed


class Writer:
    """Writes batches in order, each whole or not at all.

    A batch that waits stays readable through ``shelf.unwritten``. The thread that writes behind
    lives only while something waits, and the program does not end before it has.
    """

    def __init__(
        self, path: Path, db: sqlite3.Connection, shelf: Shelf, report: Callable[[RecordError], object]
    ) -> None:
        self._path, self.db, self._shelf, self._report = path, db, shelf, report
        self._turn = threading.RLock()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._waiting: list[Batch] = []
        self._beside: dict[str, str] = {}
        self.failed: RecordError | None = None
        """Why the last attempt to write behind failed; what waited still waits."""

    def write_now(self, batch: Batch) -> None:
        """Write what waits, then this; durable on return.

        Raises
        ------
        RecordError
            Where it cannot be written; this batch is then not in the file and does not wait.
        """
        with self._turn:
            self.flush()
            self._write([batch])

    def write_soon(self, batch: Batch) -> None:
        """Queue a batch; it is in the file within a second."""
        with self._turn:
            self._shelf.unwritten.add(batch.packed)
            self._waiting.append(batch)
            self._wake()

    def write_beside(self, key: str, value: str) -> None:
        """Queue what is no content: in the file within a second, and no fault where it cannot be."""
        with self._turn:
            self._beside[key] = value
            self._wake()

    def drop_beside(self, key: str) -> None:
        """Let go of what was queued so."""
        with self._turn:
            self._beside.pop(key, None)

    def _wake(self) -> None:
        if self._thread is None:
            self._hurry.clear()
            self._thread = threading.Thread(target=self._write_behind, name="record writer")
            self._thread.start()

    def _write_behind(self) -> None:
        self._hurry.wait(_DELAY_SECONDS)
        with self._turn:
            self._thread = None
            try:
                self.flush()
                return
            except RecordError as error:
                self.failed = failed = error
        self._report(failed)  # not under the lock; meanwhile another thread may have written it after all

    def flush(self) -> None:
        """Write what waits.

        Raises
        ------
        RecordError
            Where it cannot be written; it goes on waiting.
        """
        with self._turn:
            if self._waiting:
                self._write(self._waiting)
                self._waiting = []
                self._shelf.unwritten = Packed()
            self.failed = None
            if self._beside:
                with contextlib.suppress(*door.faults()):
                    with door.transaction(self.db) as db:
                        db.executemany(_SET_ABOUT, self._beside.items())
                    self._beside = {}

    def _write(self, batches: list[Batch]) -> None:
        try:
            with door.transaction(self.db) as db:
                for batch in batches:
                    objects.write(db, batch.packed)
                    entry = batch.entry
                    db.execute(
                        "INSERT INTO log VALUES (?, ?, ?, ?)",
                        (entry.number, batch.body, entry.previous_hash, entry.hash),
                    )
                last = batches[-1]
                db.execute(_SET_ABOUT, ("pointer", str(last.pointer)))
                db.execute(_SET_ABOUT, ("last_hash", last.entry.hash))
        except door.faults() as error:
            raise door.trouble(self._path, error) from error

    def close(self) -> None:
        """Write what waits and end the thread; raises as ``flush`` does, and can be tried again."""
        self.flush()
        thread = self._thread
        self._hurry.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()
