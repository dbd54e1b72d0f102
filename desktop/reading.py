"""Reads entities of the record in a thread, so that the window never waits for the disk."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
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
    _done = Signal(object, object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._asked: set[str] = set()
        self._waiting = 0
        self._closed = False
        self._orders: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._done.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        session.wanted.connect(self.want)

    @property
    def busy(self) -> bool:
        """True while something is being read."""
        return self._waiting > 0

    def want(self, digest: str) -> None:
        """Read an entity's content; it is asked for once."""
        record = self._session.record
        if record is None or digest in self._asked:
            return
        self._asked.add(digest)
        self.compute(lambda: record.load_object(digest), lambda found: self._take(record, digest, found))

    def compute(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Do short work behind what is being read; ``then`` gets its result in the window's thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
            self._thread.start()
        self._waiting += 1

        def order() -> None:
            found: Any
            try:
                found = work()
            except UserError as error:
                found = error
            except Exception as fault:  # a closed record, a damaged block
                found = UserError(f"Something could not be read ({type(fault).__name__}: {fault}).")
            self._done.emit(then, found)

        self._orders.put(order)

    def close(self) -> None:
        """End the thread; what it has done is told nobody any more: who asked may be gone."""
        self._closed = True
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join(timeout=5)
            self._thread = None

    def _run(self) -> None:
        while True:
            order = self._orders.get()
            if order is None:
                return
            order()

    def _deliver(self, then: Callable[[Any], None], found: Any) -> None:
        self._waiting -= 1
        if self._closed:
            return
        if isinstance(found, UserError) and self._session.record is not None:
            self.failed.emit(found, "")
        else:
            then(found)

    def _take(self, record: Any, digest: str, found: Any) -> None:
        self._asked.discard(digest)
        if record is self._session.record and not isinstance(found, UserError):
            self._session.keep(digest, found)
            self._session.arrived.emit()
