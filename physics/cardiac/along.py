"""A wall about a full beat that it has gone: settling between full beats."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from physics.cardiac.beat import Coupled
from physics.cardiac.tension import Tension
from physics.cardiac.ventricle import CAVITIES
from physics.circulation import CHAMBERS, Circulation, Shortening, State, run
from twin.errors import UserError

Array = NDArray[np.float64]

SETTLED_ML = 0.01
_MOST = 200


@dataclass(frozen=True, eq=False)
class AlongBeat:
    """Cavities' pressures as lines in their volumes at each moment of a beat.

    What it tells is right where the next beat differs little: it stands in for the wall until nothing
    changes, and a full beat from there says whether that was near enough.

    Attributes
    ----------
    times_s : ndarray, shape (k,)
    heights_mmhg : ndarray, shape (k, c)
        Pressures at no volume and no tension.
    slopes : ndarray, shape (k, c, c)
        mmHg/mL.
    gains : ndarray, shape (k, c)
        mmHg/kPa.
    drive : Tension
        Of the wall while nothing moves.
    shortening : Shortening, optional
        What speed takes from it.
    """

    times_s: NDArray[np.float64]
    heights_mmhg: NDArray[np.float64]
    slopes: NDArray[np.float64]
    gains: NDArray[np.float64]
    drive: Tension
    shortening: Shortening | None = None

    @classmethod
    def of(cls, coupled: Coupled, tension_kpa: Tension, shortening: Shortening | None = None) -> "AlongBeat":
        """Take it from a beat's places."""
        times, places = zip(*coupled.places, strict=True)
        heights = [p.pressures_mmhg - p.elastances @ p.volumes_ml - p.gains * p.tension_kpa for p in places]
        slopes, gains = np.array([p.elastances for p in places]), np.array([p.gains for p in places])
        return cls(np.array(times), np.array(heights), slopes, gains, tension_kpa, shortening)

    @property
    def chambers(self) -> tuple[str, ...]:
        """Names of the cavities."""
        return CAVITIES[: self.heights_mmhg.shape[1]]

    def lines(self, times_s: Array) -> tuple[Array, Array, Array]:
        """Return pressures at no volume and no tension (k, c), and slopes at times (k,); see ``Joined``."""
        now = times_s % self.times_s[-1]
        after = np.clip(np.searchsorted(self.times_s, now, "right"), 1, len(self.times_s) - 1)
        before = after - 1
        share = (now - self.times_s[before]) / (self.times_s[after] - self.times_s[before])

        def between(values: Array) -> Array:
            weight = share.reshape(-1, *(1,) * (values.ndim - 1))
            return (1.0 - weight) * values[before] + weight * values[after]

        return between(self.heights_mmhg), between(self.slopes), between(self.gains)

    def settled(self, circulation: Circulation) -> State:
        """Return where a circulation comes back to after each beat with the wall so stood in for.

        Raises
        ------
        UserError
            It does not settle.
        """
        change = np.inf
        for _ in range(_MOST):
            beats = run(circulation, 1, cavities=self)
            change = float(np.abs(beats.states[-1] - beats.states[0])[: len(CHAMBERS)].max())
            circulation = replace(circulation, start=beats.end())
            if change < SETTLED_ML or not np.isfinite(change):
                break
        if not change < SETTLED_ML:
            raise UserError(
                f"The volumes of the heart still change by {change:.2f} mL a beat after {_MOST} beats.",
                "Look at stiffness, tension and blood: they may ask for a circulation that cannot be.",
            )
        return circulation.start


def change_of(before: Coupled, after: Coupled) -> tuple[float, float]:
    """Return by how much two beats in a row differ in their cavities: mL and mmHg.

    The largest difference of volumes and pressures at the beats' ends, of the largest and smallest volumes,
    and of the largest pressures.
    """
    places = [CHAMBERS.index(name) for name in CAVITIES[: len(after.places[0][1].volumes_ml)]]
    marks = []
    for coupled in (before, after):
        volumes, pressures = coupled.beats.states[:, places], coupled.beats.pressures_mmhg[:, places]
        marks.append(
            (
                np.concatenate([volumes[-1], volumes.max(axis=0), volumes.min(axis=0)]),
                np.concatenate([pressures[-1], pressures.max(axis=0)]),
            )
        )
    volume, pressure = (float(np.abs(x - y).max()) for x, y in zip(*marks, strict=True))
    return volume, pressure
