"""Tension of the muscle over a beat."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from physics.circulation import Circulation

Tension = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Tension (kPa) at times (k,) in s, the same in every beat."""

RISE_S, FALL_S, LENGTH_S = 0.1, 0.1, 0.42
"""At 60 beats a minute."""


@dataclass(frozen=True)
class Twitch:
    """T = peak tanh²(t / rise) tanh²((length − t) / fall) from the onset on, over its largest value.

    Niederer et al. 2011 (Cardiovasc Res 89:336), without dependence on length, which the wall's own law has.

    Attributes
    ----------
    peak_kpa : float
    onset_s : float
        Since the beat began.
    rise_s, fall_s : float
    length_s : float
    beat_s : float
    """

    peak_kpa: float
    onset_s: float
    rise_s: float
    fall_s: float
    length_s: float
    beat_s: float

    def __call__(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the tension at times, kPa."""
        since = (np.asarray(time_s, np.float64) - self.onset_s) % self.beat_s
        found: NDArray[np.float64] = self.peak_kpa * self._course(since) / self._largest
        return found

    @cached_property
    def _largest(self) -> float:
        return float(self._course(np.linspace(0.0, self.length_s, 257)).max())

    def _course(self, since: NDArray[np.float64]) -> NDArray[np.float64]:
        left = np.maximum(self.length_s - since, 0.0)
        course: NDArray[np.float64] = (np.tanh(since / self.rise_s) * np.tanh(left / self.fall_s)) ** 2
        return course


def tension_of(circulation: Circulation, peak_kpa: float) -> Twitch:
    """Return a healthy twitch that begins with the left ventricle's contraction; its lengths go as √RR."""
    share = np.sqrt(circulation.beat_s)
    onset = circulation.chambers["LV"].onset_s
    return Twitch(peak_kpa, onset, share * RISE_S, share * FALL_S, share * LENGTH_S, circulation.beat_s)
