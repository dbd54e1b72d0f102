"""One job: a spawned process, its progress, its frames, its end."""

import contextlib
import enum
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import psutil

from twin import passphrases
from twin.errors import Cancelled, UserError
from twin.jobs import child, shared
from twin.jobs.sweep import clear, folder_prefix, in_use
from twin.wiping import memory_folder

DOUBT = 0.3
"""An estimate of the time left holds until another lies apart from it by this share."""
GRACE_S = 0.3
"""How long a job that was asked to stop may take before it is killed."""


class JobState(enum.Enum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job:
    """A call of ``function(*args, progress)`` in a process of its own.

    Parameters
    ----------
    function : callable
        A module-level function; arrays among its results go by shared memory. A generator function
        yields frames, which go the same way, and is sent controls (a simulation).
    title : str
        What a person reads beside the progress bar.

    Notes
    -----
    Nothing here blocks but ``wait``: call ``poll`` every 30 ms or so. Always end with ``wait``
    or poll until ``ended``; ``close`` kills what still runs.
    """

    def __init__(self, function: Callable[..., Any], *args: Any, title: str = "") -> None:
        self.title = title
        self.state = JobState.WAITING
        self.fraction, self.text = 0.0, ""
        self.result: Any = None
        self.error: UserError | None = None
        self.trace = ""
        self.seconds = self.peak_mb = 0.0
        self._function, self._args = function, args
        self._asked_to_stop: float | None = None
        self._started = 0.0
        self._due: float | None = None

    def start(self) -> None:
        """Start the process; returns at once."""
        context = multiprocessing.get_context("spawn")
        # Where a locked record was opened, nothing of it comes to the disk.
        place = memory_folder() if passphrases.known() else None
        self._folder = Path(tempfile.mkdtemp(prefix=folder_prefix(os.getpid()), dir=place))
        in_use.add(self._folder.name)
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=child.main, args=(theirs, str(self._folder), self._function, self._args),
            kwargs={"keys": passphrases.known()}, name=self.title,
        )  # fmt: skip
        try:
            with _unheard(signal.SIGINT):  # until the process can say itself that Ctrl+C is not for it
                self._process.start()
            self._started = time.monotonic()
            self.state = JobState.RUNNING
        except BaseException:  # Ctrl+C, or no process to be had: nothing may stay of it either
            self._end(JobState.CANCELLED)
            raise
        finally:
            theirs.close()

    @property
    def ended(self) -> bool:
        """True once the job is done, failed or cancelled."""
        return self.state not in (JobState.WAITING, JobState.RUNNING)

    @property
    def seconds_left(self) -> float | None:
        """Estimate; it goes down by the clock. None: too little to go by, or it is over."""
        if self.state is not JobState.RUNNING or self._due is None:
            return None
        left = self._due - time.monotonic()
        return left if left > 0 else None

    def _estimate(self) -> None:
        """Foretell the end from what is done by now: the old word holds unless this lies far from it."""
        now = time.monotonic()
        elapsed = now - self._started
        if self.fraction < 0.05 or elapsed < 1:
            return
        left = elapsed * (1 - self.fraction) / self.fraction
        if self._due is None or abs(now + left - self._due) > DOUBT * left:
            self._due = now + left

    def poll(self) -> list[Any]:
        """Take in what the process has sent; returns the frames among it. Never blocks."""
        frames: list[Any] = []
        if self.state is not JobState.RUNNING:
            return frames
        try:
            while not self.ended and self._pipe.poll():
                self._take(shared.receive(self._pipe), frames)
        except (EOFError, OSError):
            self._crashed()
        if self._asked_to_stop and not self.ended and time.monotonic() - self._asked_to_stop > GRACE_S:
            self._end(JobState.CANCELLED)
        return frames

    def steer(self, controls: Any) -> None:
        """Send a simulation new controls; they reach it at its next frame."""
        self._tell("controls", controls)

    def cancel(self) -> None:
        """Ask the job to stop; ``poll`` kills it where it does not within ``GRACE_S``."""
        if self.state is JobState.WAITING:
            self.state = JobState.CANCELLED
        elif self.state is JobState.RUNNING and self._asked_to_stop is None:
            self._asked_to_stop = time.monotonic()
            self._tell("stop", None)

    def _tell(self, word: str, value: Any) -> None:
        if self.state is JobState.RUNNING:
            try:
                self._pipe.send((word, value))
            except OSError:
                self._crashed()

    def wait(self, on_event: Callable[["Job"], None] | None = None) -> Any:
        """Wait for the end and return the result; ``on_event`` is called at each news.

        Raises
        ------
        UserError
            Where the job failed; its ``trace`` is in ``Job.trace``.
        Cancelled
        """
        if self.state is JobState.WAITING:
            self.start()
        while not self.ended:
            wait([self._pipe], timeout=0.05)
            self.poll()
            if on_event:
                on_event(self)
        if self.state is JobState.CANCELLED:
            raise Cancelled
        if self.error:
            raise self.error
        return self.result

    def close(self) -> None:
        """Kill the job where it still runs."""
        if self.state is JobState.RUNNING:
            self._end(JobState.CANCELLED)

    def _take(self, message: tuple[Any, ...], frames: list[Any]) -> None:
        match message:
            case ("progress", fraction, text):
                # A part that is done anew reports from its own start: what is done stays done.
                before, self.fraction, self.text = (
                    self.fraction,
                    max(self.fraction, fraction),
                    text or self.text,
                )
                if self.fraction > before:
                    self._estimate()
            case ("frame", frame):
                frames.append(frame)
            case ("done", result, seconds, peak_mb):
                self.result, self.seconds, self.peak_mb, self.fraction = result, seconds, peak_mb, 1.0
                self._end(JobState.DONE)
            case ("failed", error, trace):
                self.error, self.trace = error, trace
                error.add_note(trace)  # what --debug shows
                self._end(JobState.FAILED)
            case ("cancelled",):
                self._end(JobState.CANCELLED)

    def _crashed(self) -> None:
        self._process.join(GRACE_S)
        if self._asked_to_stop:
            self._end(JobState.CANCELLED)
            return
        code = self._process.exitcode
        doing = f" while it was {self.text}" if self.text else ""
        self.error = UserError(
            f"“{self.title}” broke off{doing} (its process ended with {code}).",
            "Nothing was changed. It may have run out of memory: try a coarser setting, or try again.",
        )
        self._end(JobState.FAILED)

    def _end(self, state: JobState) -> None:
        """Leave no process, pipe or temporary file behind; never waits for one that ends by itself."""
        self.state = state
        if state is JobState.CANCELLED and self._process.pid is not None:
            _kill_tree(self._process.pid)
        self._pipe.close()
        if self._process.pid is not None:
            self._process.join(0)
        if state is not JobState.DONE:
            shared.remove(self._folder.name)
        clear(self._folder)
        in_use.discard(self._folder.name)


@contextlib.contextmanager
def _unheard(number: signal.Signals) -> Iterator[None]:
    """Hold a signal back, here and in what is started meanwhile (a new process takes the mask over).

    A mask is of this thread alone; where another one is given the signal, Python tells the main thread of it
    all the same: that waits too.
    """
    heard: list[int] = []
    alone = threading.current_thread() is threading.main_thread()
    handler = signal.signal(number, lambda n, _frame: heard.append(n)) if alone else None
    masks = hasattr(signal, "pthread_sigmask")
    if masks:
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # started later, it would take the mask away again
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if handler is not None:
            signal.signal(number, handler)
    if heard:
        signal.raise_signal(number)


def _kill_tree(pid: int) -> None:
    """Kill a process and all that it started."""
    try:
        top = psutil.Process(pid)
        family = [*top.children(recursive=True), top]
    except psutil.NoSuchProcess:
        return
    for process in family:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
