"""What runs inside a job's process."""

import ctypes
import os
import queue
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Generator
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

from twin import passphrases
from twin.errors import Cancelled, UserError
from twin.jobs import shared
from twin.jobs.sweep import mark
from twin.process import peak_mb
from twin.progress import Progress

REPORT_EVERY_S = 0.05
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Have the system end this process when its parent is gone (Linux; elsewhere the pipe tells)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class _Line:
    """The child's end of the pipe: sends, and hears the owner in a thread of its own."""

    def __init__(self, connection: Connection, blocks: str) -> None:
        self.stop = threading.Event()
        self.controls: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._connection, self._blocks = connection, blocks
        self._untaken: queue.Queue[SharedMemory] = queue.Queue()
        self._last = 0.0
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, *message: Any) -> None:
        block = shared.send(self._connection, message, self._blocks)
        if block is not None:
            self._untaken.put(block)

    def report(self, fraction: float, text: str) -> None:
        now = time.monotonic()
        if now - self._last >= REPORT_EVERY_S or fraction >= 1:
            self._last = now
            self.send("progress", fraction, text)

    def newest_controls(self) -> Any:
        given = None
        while not self.controls.empty():
            given = self.controls.get()
        return given

    def close(self) -> None:
        """Wait until the owner has taken all that was sent."""
        self._untaken.join()
        self._connection.close()

    def _listen(self) -> None:
        try:
            while True:
                word, value = self._connection.recv()
                if word == "stop":
                    self.stop.set()
                elif word == shared.TAKEN:
                    self._untaken.get().close()
                    self._untaken.task_done()
                else:
                    self.controls.put(value)
        except (EOFError, OSError):
            os._exit(1)  # the owner is gone


def main(
    connection: Connection,
    folder: str,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    keys: dict[bytes, bytes],
) -> None:
    """Run ``function(*args, progress)`` and send what comes of it.

    ``keys`` open the locked records that the owner has opened; they come by the pipe.

    A generator function is a simulation: what it yields is sent as a frame, and is given the
    newest controls (None where there are none).
    """
    die_with_parent()
    passphrases.learn_all(keys)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the owner, who then asks us
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # held back while this process began
    tempfile.tempdir = folder
    mark(Path(folder))
    line = _Line(connection, os.path.basename(folder))
    started = time.monotonic()
    message: tuple[Any, ...]
    try:
        result = function(*args, Progress(line.report, line.stop.is_set))
        if isinstance(result, Generator):
            result = _drive(result, line)
        message = ("done", result, time.monotonic() - started, peak_mb())
    except Cancelled:
        message = ("cancelled",)
    except Exception as fault:
        message = ("failed", _in_words(fault), traceback.format_exc())
    line.send(*message)
    line.close()


def _in_words(fault: Exception) -> UserError:
    if isinstance(fault, UserError):
        return fault
    if isinstance(fault, MemoryError):
        return UserError(
            "The memory of this machine did not suffice.", "Try a smaller image or a coarser mesh."
        )
    return UserError(f"Something went wrong inside ({type(fault).__name__}: {fault}).")


def _drive(frames: Generator[Any, Any, Any], line: _Line) -> Any:
    given = None
    while not line.stop.is_set():
        try:
            frame = frames.send(given)
        except StopIteration as end:
            return end.value
        line.send("frame", frame)
        given = line.newest_controls()
    frames.close()
    raise Cancelled
