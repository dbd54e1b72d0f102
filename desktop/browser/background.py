"""One job beside the queue: a look into a folder, a question to a server. The newest takes the place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.queue import POLL_MS

if TYPE_CHECKING:
    from twin.jobs import Job


class Background(QObject):
    """Runs one job and tells of it; another start cancels it.

    Signals
    -------
    changed : it began, ended or reports progress
    failed : (UserError, details)
    """

    changed = Signal()
    failed = Signal(object, str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._job: Job | None = None
        self._then: Callable[[Any], None] | None = None
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def busy(self) -> bool:
        """True while a job runs."""
        return self._job is not None

    @property
    def text(self) -> str:
        """What is being done, and how far it is."""
        if self._job is None:
            return ""
        done = f"   {self._job.fraction:.0%}".replace("%", " %") if self._job.fraction else ""
        return f"{self._job.title}{done}   {self._job.text}".rstrip()

    @property
    def fraction(self) -> float:
        """Done of it, 0..1."""
        return self._job.fraction if self._job else 0.0

    def start(self, job: Job, then: Callable[[Any], None]) -> None:
        """Start a job in place of the one at hand; ``then`` gets its result in the window's thread."""
        self.close()
        self._job, self._then = job, then
        job.start()
        self._timer.start()
        self.changed.emit()

    def cancel(self) -> None:
        """Ask the job to stop; it ends by itself, or is killed after a moment."""
        if self._job is not None:
            self._job.cancel()

    def close(self) -> None:
        """End the job at once."""
        job, self._job, self._then = self._job, None, None
        self._timer.stop()
        if job is not None:
            job.close()

    def _poll(self) -> None:
        job = self._job
        if job is None:
            return
        before = (job.fraction, job.text)
        job.poll()
        if not job.ended:
            if before != (job.fraction, job.text):
                self.changed.emit()
            return
        then, done = self._then, job.state.value == "done"
        self._job, self._then = None, None
        self._timer.stop()
        self.changed.emit()
        if job.error is not None:
            self.failed.emit(job.error, job.trace)
        elif done and then is not None:
            then(job.result)
