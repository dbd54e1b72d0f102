"""Collects Python's garbage in the window's thread only.

A cycle that holds a Qt object must not be taken apart by whichever thread happens to allocate:
Qt crashes when its objects go in the reading or the committing thread.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 250


class Garbage(QObject):
    """Takes over from Python's own collector; the thorough sweep waits for a quiet moment.

    Parameters
    ----------
    parent : QObject
        What it lives as long as.
    busy : callable () -> bool
        Tells whether a job runs: a long sweep then would be felt.
    """

    def __init__(self, parent: QObject, busy: Callable[[], bool]) -> None:
        super().__init__(parent)
        self._busy = busy
        self._limits = gc.get_threshold()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def spare(self) -> None:
        """Leave what is loaded by now out of all further sweeps: it stays as long as the program."""
        gc.collect()
        gc.freeze()

    def stop(self) -> None:
        """Give collecting back to Python."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def _look(self) -> None:
        young, middle, old = gc.get_count()
        busy = self._busy()
        if old > self._limits[2] and not busy:
            gc.collect(2)
        elif middle > self._limits[1]:
            gc.collect(1)
        elif young > self._limits[0]:
            gc.collect(0)
