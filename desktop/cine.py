"""Which moment of the shown volume, or of what moves in 3-D, is seen, and the clock that moves it on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

if TYPE_CHECKING:
    from twin.domain import Volume
    from viewers.moments import Moments

SPEEDS = (0.25, 0.5, 1.0, 2.0)

_LEAST_MS = 10
"""Between two looks at the clock, so that the views are painted in between."""


def clock_ms() -> float:
    """Return the time, by a clock that never goes back."""
    return 1000.0 * time.monotonic()


class Cine(QObject):
    """The moment, the speed, and whether it plays; none of them is content of the record.

    The moment follows a clock: where the views take longer to paint than a moment lasts, moments are
    left out and the heart beats on at its own pace.

    Parameters
    ----------
    clock_ms : callable () -> float
        A clock that never goes back.

    Signals
    -------
    moved : int
        Another moment is up.
    changed
        Another volume is shown, it plays or stands, or the speed is another.
    """

    moved = Signal(int)
    changed = Signal()

    def __init__(self, parent: QObject, clock_ms: Callable[[], float] = clock_ms) -> None:
        super().__init__(parent)
        self.clock_ms = clock_ms
        self.moments: Moments | None = None
        self._own: Moments | None = None
        self._lent: Moments | None = None
        self.index = 0
        self._speed = 1.0
        self._began_ms = 0.0
        self._began_at_ms = 0.0
        self._playing = False
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._go_on)

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._playing

    @property
    def speed(self) -> float:
        """How fast, against what the volume itself says."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._speed = speed
        self._take_time()
        self.changed.emit()

    def set_volume(self, volume: Volume | None) -> None:
        """Begin at the first moment of another volume, and stand."""
        from viewers.moments import Moments

        self._own = Moments.of(volume)
        self._begin(self._own or self._lent)

    def lend(self, moments: Moments | None) -> None:
        """Play these where the volume has no time of its own: something in 3-D has."""
        before, self._lent = self._lent, moments
        same = (before and before.length_ms, before and len(before)) == (
            moments and moments.length_ms, moments and len(moments)
        )  # fmt: skip
        if self._own is None and not same:
            self._begin(moments)

    @property
    def image_moments(self) -> Moments | None:
        """The moments of the volume itself; None where it has no time."""
        return self._own

    @property
    def share(self) -> float:
        """The share of the cycle that has gone by at the moment that is up; 0 where nothing moves."""
        if self.moments is None:
            return 0.0
        return float(self.moments.begins_ms[self.index] / self.moments.length_ms)

    def _begin(self, moments: Moments | None) -> None:
        self._playing = False
        self._timer.stop()
        self.moments, self.index = moments, 0
        self.changed.emit()

    def toggle(self) -> None:
        """Play, or stand."""
        if self._playing:
            self.stop()
        elif self.moments is not None:
            self._playing = True
            self._take_time()
            self.changed.emit()

    def stop(self) -> None:
        """Stand at the moment that is up."""
        if self._playing:
            self._playing = False
            self._timer.stop()
            self.changed.emit()

    def step(self, by: int) -> None:
        """Stand, so many moments on; after the last comes the first again."""
        if self.moments is not None:
            self.show((self.index + by) % len(self.moments))

    def show(self, index: int) -> None:
        """Stand at one moment."""
        self.stop()
        self._move_to(index)

    def go_with(self, share: float) -> None:
        """Stand at the moment of a share of the cycle: something else beats on, and this with it."""
        if self.moments is not None:
            self.show(self.moments.at(share * self.moments.length_ms))

    def _move_to(self, index: int) -> None:
        if index != self.index:
            self.index = index
            self.moved.emit(index)

    def _take_time(self) -> None:
        """Play from the moment that is up on."""
        if self._playing and self.moments is not None:
            self._began_ms = self.clock_ms()
            self._began_at_ms = float(self.moments.begins_ms[self.index])
            self._wait(self._began_at_ms)

    def _wait(self, at_ms: float) -> None:
        assert self.moments is not None
        self._timer.start(max(_LEAST_MS, math.ceil(self.moments.rest_ms(at_ms) / self._speed)))

    def _go_on(self) -> None:
        assert self.moments is not None
        at_ms = self._began_at_ms + (self.clock_ms() - self._began_ms) * self._speed
        self._wait(at_ms)
        self._move_to(self.moments.at(at_ms))
