"""Parameters found by an ensemble: what data say of them, and how surely.

Ensemble smoother with multiple data assimilation (Emerick and Reynolds 2013, Comput Geosci 55:3): an ensemble
drawn from what is believed beforehand is moved towards the data several times, each time with errors so much
larger that the data count once in all.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.errors import UserError
from twin.progress import Progress

Array = NDArray[np.float64]

TIMES = 4
"""How often the data are assimilated."""
UNDETERMINED = 0.8
"""Posterior over prior width beyond which data have said nothing of a parameter that counts."""
_FARTHEST = 3.0
"""Prior standard deviations beyond which no member goes."""
_LEAST_RUNNING = 0.5


@dataclass(frozen=True)
class Parameter:
    """What is believed of a parameter beforehand.

    Attributes
    ----------
    name, unit : str
    middle : float
    spread : float
        Standard deviation: of the logarithm where ``positive``, else of the value.
    positive : bool
    reason : str
        Where the belief comes from.
    """

    name: str
    unit: str
    middle: float
    spread: float
    positive: bool
    reason: str

    def value(self, units: Array) -> Array:
        """Return values of standard deviations from the middle."""
        moved = self.spread * units
        found: Array = self.middle * np.exp(moved) if self.positive else self.middle + moved
        return found


@dataclass(frozen=True)
class Datum:
    """A number that was measured or assumed, and its error's standard deviation with the reason for it."""

    name: str
    unit: str
    value: float
    error: float
    reason: str


@dataclass(frozen=True)
class Estimate:
    """What an ensemble says of a parameter: 95 % intervals, and posterior over prior width."""

    parameter: Parameter
    middle: float
    low: float
    high: float
    width_ratio: float

    @property
    def determined(self) -> bool:
        """Whether the data say anything of it."""
        return self.width_ratio <= UNDETERMINED


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Members after the last assimilation.

    Attributes
    ----------
    parameters : tuple of Parameter
    data : tuple of Datum
    members : ndarray, shape (n, p)
        In prior standard deviations from the middles.
    predicted : ndarray, shape (n, d)
        What each member makes of the data; NaN where it does not run.
    """

    parameters: tuple[Parameter, ...]
    data: tuple[Datum, ...]
    members: Array
    predicted: Array

    def estimates(self) -> tuple[Estimate, ...]:
        """Return each parameter's posterior."""
        return tuple(_estimate(p, units) for p, units in zip(self.parameters, self.members.T, strict=True))

    def misfits(self) -> Array:
        """Return each member's mean squared misfit in errors; infinite where it does not run."""
        goal, error = (np.array([getattr(d, name) for d in self.data]) for name in ("value", "error"))
        squared = np.mean(((self.predicted - goal) / error) ** 2, axis=1)
        return np.where(np.isfinite(squared), squared, np.inf)

    def best(self) -> Array:
        """Return the most probable member (p,).

        By the data and by what was believed beforehand: of members that fit alike, what the data do not
        determine is nearest to its middle.
        """
        away = len(self.data) * self.misfits() + np.sum(self.members**2, axis=1)
        return np.asarray(self.members[away.argmin()])


def assimilated(
    parameters: tuple[Parameter, ...],
    data: tuple[Datum, ...],
    run: Callable[[dict[str, float]], Array | None],
    *,
    members: int = 100,
    seed: int = 0,
    progress: Progress | None = None,
) -> Ensemble:
    """Return the ensemble that data leave of what was believed.

    Parameters
    ----------
    run : callable
        Takes parameters by name and returns what they make of the data (d,), or None where they make none.
    members : int
    seed : int
        Of all that is drawn.

    Raises
    ------
    UserError
        Less than half of the members run.
    """
    random = np.random.default_rng(seed)
    units = random.standard_normal((members, len(parameters)))
    units = (units - units.mean(axis=0)) / units.std(axis=0, ddof=1)
    goal, error = (np.array([getattr(d, name) for d in data]) for name in ("value", "error"))
    for number in range(TIMES + 1):
        predicted = np.full((members, len(data)), np.nan)
        for n in range(members):
            made = run(values(parameters, units[n]))
            if made is not None and np.isfinite(made).all():
                predicted[n] = made
            if progress is not None:
                done = (number + (n + 1) / members) / (TIMES + 1)
                progress(done, f"parameters: pass {number + 1} of {TIMES + 1}")
        running = np.isfinite(predicted).all(axis=1)
        if running.mean() < _LEAST_RUNNING:
            raise UserError(
                f"Only {running.sum()} of {members} hearts that were tried beat at all.",
                "Check heart rate, volumes and pressures: they may not belong together.",
            )
        if number == TIMES:
            break
        # Those that do not run are put where another one is.
        lost = np.flatnonzero(~running)
        taken = random.choice(np.flatnonzero(running), len(lost))
        units[lost], predicted[lost] = units[taken], predicted[taken]
        units = np.clip(_moved(units, predicted, goal, error, random), -_FARTHEST, _FARTHEST)
    return Ensemble(parameters, data, units, predicted)


def _estimate(parameter: Parameter, units: Array) -> Estimate:
    middle, low, high = parameter.value(np.percentile(units, (50.0, 2.5, 97.5)))
    return Estimate(parameter, float(middle), float(low), float(high), float(units.std(ddof=1)))


def values(parameters: tuple[Parameter, ...], units: Array) -> dict[str, float]:
    """Return a member's (p,) parameters by name."""
    return {p.name: float(p.value(u)) for p, u in zip(parameters, units, strict=True)}


def _moved(units: Array, predicted: Array, goal: Array, error: Array, random: np.random.Generator) -> Array:
    """Return the members moved once towards data whose errors are grown by √``TIMES``."""
    noise = random.standard_normal(predicted.shape)
    lacking = (goal - predicted) / error + np.sqrt(TIMES) * (noise - noise.mean(axis=0))
    away = (predicted - predicted.mean(axis=0)) / error
    apart = units - units.mean(axis=0)
    count = len(units) - 1
    spread = away.T @ away / count + TIMES * np.eye(len(goal))
    moved: Array = units + lacking @ np.linalg.solve(spread, away.T @ apart / count)
    return moved
