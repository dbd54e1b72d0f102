"""Reads entities of the record in a thread, so that the window never waits for the disk."""

from __future__ import annotations

import queue
import threading
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from desktop.session import Session
from twin.errors import UserError


class Reader(QObject):
    """Serves what the session wants and does not have yet, one thing after the other.

    Signals
    -------
    failed : (UserError, details)
    """

    failed = Signal(object, str)
    _done = Signal(object, str, object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._asked: set[str] = set()
        self._orders: queue.SimpleQueue[tuple[Any, str] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._done.connect(self._take, Qt.ConnectionType.QueuedConnection)
        session.wanted.connect(self.want)

    @property
    def busy(self) -> bool:
        """True while something is being read."""
        return bool(self._asked)

    def want(self, digest: str) -> None:
        """Read an entity's content; it is asked for once."""
        record = self._session.record
        if record is None or digest in self._asked:
            return
        self._asked.add(digest)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
            self._thread.start()
        self._orders.put((record, digest))

    def close(self) -> None:
        """End the thread."""
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join(timeout=5)
            self._thread = None

    def _run(self) -> None:
        while True:
            order = self._orders.get()
            if order is None:
                return
            record, digest = order
            try:
                found: Any = record.load_object(digest)
            except UserError as error:
                found = error
            except Exception as fault:  # a closed record, a damaged block
                found = UserError(f"Something could not be read ({type(fault).__name__}: {fault}).")
            self._done.emit(record, digest, found)

    def _take(self, record: Any, digest: str, found: Any) -> None:
        self._asked.discard(digest)
        if record is not self._session.record:
            return
        if isinstance(found, UserError):
            self.failed.emit(found, "")
            return
        self._session.keep(digest, found)
        self._session.arrived.emit()
