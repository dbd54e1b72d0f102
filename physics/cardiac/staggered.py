"""A ventricle whose muscle does not begin to pull at once: dyssynchrony."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from physics.cardiac.body import Body
from physics.cardiac.tension import Tension
from physics.cardiac.ventricle import MPA_PER_KPA, Held, Ventricle
from physics.circulation import Shortening

_MOST = 2.0
"""Beyond what a lengthening muscle pulls."""


class Staggered(Ventricle):
    """A ventricle each of whose elements pulls later than the first one, by a delay of its own.

    Its place in time is part of where it is: no chart over volume and tension stands in for it, and its beats
    settle only by being gone through. ``beat`` is to be given ``mean_tension``. Speed takes the same share of
    every element's tension: that of the wall's mean.

    Parameters
    ----------
    body : Body
    twitch : Tension
        Of the element that begins.
    delays_s : ndarray, shape (m,)
    beat_s : float
    activity, across, lengthening, shortening
        As for ``Ventricle``.
    """

    def __init__(
        self,
        body: Body,
        twitch: Tension,
        delays_s: NDArray[np.float64],
        beat_s: float,
        activity: NDArray[np.float64] | None = None,
        *,
        across: float = 0.0,
        lengthening: float = 2.3,
        shortening: Shortening | None = None,
    ) -> None:
        super().__init__(body, activity, across=across, lengthening=lengthening, shortening=shortening)
        self._twitch, self._delays, self._beat = twitch, delays_s, beat_s
        self._shares = body.volumes_mm3 / body.volumes_mm3.sum()
        self._now = 0.0

    def mean_tension(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the wall's mean tension at times (k,), kPa."""
        return np.array([float(self._shares @ self._each(time)) for time in np.asarray(time_s)])

    def step(
        self,
        before: Sequence[tuple[float, Held]],
        time_s: float,
        volumes_ml: NDArray[np.float64],
        tension_kpa: float,
    ) -> Held:
        """Return it at volumes and a time; ``tension_kpa`` is the mean then."""
        self._now = time_s
        return super().step(before, time_s, volumes_ml, tension_kpa)

    def pulling(self, tension_kpa: float) -> NDArray[np.float64]:
        """Return what ``Body.active`` is at this time, (m, 3), all elements grown alike to a mean tension.

        What that share cannot make up, since they do not pull yet, is added to all.
        """
        each = self._each(self._now)
        mean = float(self._shares @ each)
        each = each * (min(max(tension_kpa / mean, 0.0), _MOST) if mean > 0.0 else 1.0)
        each = each + (tension_kpa - float(self._shares @ each))
        active = self.body.active.copy()
        active[:, :2] = MPA_PER_KPA * each[:, None] * self._pattern
        return active

    def _each(self, time_s: float) -> NDArray[np.float64]:
        return np.asarray(self._twitch((time_s - self._delays) % self._beat), np.float64)
