"""Work that takes time, one after the other, in processes of its own; the window only looks in.

What a step made is written into the record by a thread: packing a scan takes longer than a frame.

A piece of work is a generator: it yields calls of steps and jobs, and is sent back what came of
each (a log entry, or a job's result). That way a chain (surface, then tetrahedra) reads as one.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from twin.errors import UserError

if TYPE_CHECKING:
    from twin.jobs import Job

POLL_MS = 30
TOLD_EVERY = 33
"""Polls between two words on a job that reports nothing: its time left goes on."""
WORKERS_NICE = 2

Plan = Generator["Job", Any, None]
"""Yields jobs; is sent a step's log entry, or any other job's result."""


class Work:
    """One piece of work in the queue: a title and a plan."""

    def __init__(self, title: str, plan: Plan, key: str = "") -> None:
        self.title, self.plan, self.key = title, plan, key
        self.job: Job | None = None
        self.state = "waiting"
        self.by_hand = self.stored = False
        """Whether somebody stopped it, and whether a step of it is in the record."""

    @property
    def fraction(self) -> float:
        """Done of the job that runs, 0..1."""
        return self.job.fraction if self.job else 0.0

    @property
    def text(self) -> str:
        """What is being done."""
        return (self.job.title or self.title) if self.job else self.title

    @property
    def detail(self) -> str:
        """What the job says of itself; till its process can, that it starts."""
        return (self.job.text or "starting") if self.job else ""

    @property
    def seconds_left(self) -> float | None:
        """Estimate, or None while there is too little to go by."""
        return self.job.seconds_left if self.job else None


class Queue(QObject):
    """Runs work one piece at a time and reports on it.

    Signals
    -------
    changed : work was added, began or ended
    moved : the work at hand reports progress
    failed : (UserError, details)
    stopped : a work that somebody stopped has ended
    committed : (job, log entry)
        A step's job is in the record; sent before the plan goes on.
    """

    changed = Signal()
    moved = Signal()
    failed = Signal(object, str)
    stopped = Signal(object)
    committed = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self.works: list[Work] = []
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)
        self._commit: _Commit | None = None
        self._polls = 0

    @property
    def running(self) -> Work | None:
        """The work at hand."""
        return self.works[0] if self.works else None

    @property
    def busy(self) -> bool:
        """True while anything runs or waits."""
        return bool(self.works)

    def submit(self, title: str, plan: Plan, key: str = "") -> Work:
        """Put work at the end of the queue."""
        work = Work(title, plan, key)
        self.works.append(work)
        self._timer.start()
        self.changed.emit()
        if len(self.works) == 1:
            QTimer.singleShot(0, self._begin)
        return work

    def stop(self, work: Work | None = None) -> None:
        """Cancel as a hand asks for it: it is told of."""
        work = work or self.running
        if work is not None and work in self.works:
            work.by_hand = True
            self.cancel(work)

    def cancel(self, work: Work | None = None) -> None:
        """Stop one piece of work (the one at hand, where none is named)."""
        work = work or self.running
        if work is None or work not in self.works:
            return
        work.state = "stopping"
        if work.job is not None:
            work.job.cancel()
        else:
            self._end(work)
        self.changed.emit()

    def close(self) -> None:
        """Kill what runs and drop what waits; a plan that asks for this itself goes on."""
        asking = [w for w in self.works if getattr(w.plan, "gi_running", False)]
        works, self.works = [w for w in self.works if w not in asking], asking
        if self._commit is not None:
            self._commit.join()
            self._commit = None
        for work in works:
            if work.job is not None:
                work.job.close()
            work.plan.close()
        if works:
            self.changed.emit()

    def _begin(self) -> None:
        work = self.running
        if work is not None and work.state == "waiting":
            work.state = "running"
            self._advance(work, lambda: next(work.plan))

    def _advance(self, work: Work, move: Callable[[], Job]) -> None:
        """Take the next job out of a plan and start it; at the plan's end go on with the next work."""
        try:
            work.job = move()
            work.job.start()
            _let_window_go_first()
        except StopIteration:
            self._end(work)
        except UserError as error:
            self._end(work)
            self.failed.emit(error, "")
        except Exception:
            self._end(work)
            raise
        self.changed.emit()

    def _poll(self) -> None:
        work = self.running
        if work is None:
            self._timer.stop()
            return
        job = work.job
        if job is None:
            return
        before = (job.fraction, job.text)
        job.poll()
        self._polls += 1
        if not job.ended:
            if before != (job.fraction, job.text) or self._polls % TOLD_EVERY == 0:
                self.moved.emit()
            return
        storing = self._commit is not None  # that goes on to its end
        if job.state.value == "done" and hasattr(job, "finish") and (work.state != "stopping" or storing):
            self._store(work, job)
            return
        work.job = None
        if job.state.value == "done" and work.state != "stopping":
            self._advance(work, lambda: work.plan.send(job.result))
            return
        self._end(work)
        if job.error is not None:
            self.failed.emit(job.error, job.trace)

    def _store(self, work: Work, job: Any) -> None:
        """Commit what a job made, in a thread; look in again until it is done."""
        if self._commit is None:
            self._commit = _Commit(job)
        if self._commit.is_alive():
            return
        commit, self._commit = self._commit, None
        work.job = None
        if commit.error is not None:
            self._end(work)
            if not isinstance(commit.error, UserError):
                raise commit.error
            self.failed.emit(commit.error, "")
            return
        work.stored = True
        self.committed.emit(job, commit.entry)
        if work.state == "stopping":
            self._end(work)
            return
        self._advance(work, lambda: work.plan.send(commit.entry))

    def _end(self, work: Work) -> None:
        work.state, work.job = "ended", None
        work.plan.close()
        if work in self.works:
            self.works.remove(work)
        self.changed.emit()
        if work.by_hand:
            self.stopped.emit(work)
        if self.works:
            QTimer.singleShot(0, self._begin)


def _let_window_go_first() -> None:
    """Have the workers yield the processor to the window: they take what it leaves over."""
    import multiprocessing

    import psutil

    lower = getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", WORKERS_NICE)
    for child in multiprocessing.active_children():
        with contextlib.suppress(psutil.Error):
            if psutil.Process(child.pid).nice() != lower:
                psutil.Process(child.pid).nice(lower)


class _Commit(threading.Thread):
    """Takes what a job made into the record."""

    def __init__(self, job: Any) -> None:
        super().__init__(name="commit")
        self._job = job
        self.entry: Any = None
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self.entry = self._job.finish()
        except Exception as error:
            self.error = error
