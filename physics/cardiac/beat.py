"""A ventricle in 3-D beating in the closed circulation.

Each step of time is implicit: the circulation goes through it with the cavity's pressure as a line in volume
and tension through the last place; the ventricle is then put at the volume so found, and the line is moved
until both agree. So blood is conserved to the circulation's rounding, and the isovolumic phases stay.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from physics.cardiac.equilibrium import NotConvergedError
from physics.circulation import Beats, Circulation, measures_of
from physics.circulation.loop import advance, elastance
from twin.progress import Progress

AGREED_MMHG = 0.05
"""Largest difference of the ventricle's pressure and the one the circulation has gone with."""
SUBSTEP_S = 5e-4
_PASSES = 8


class Place(Protocol):
    """Where a pump is; see ``ventricle.Held``."""

    volume_ml: float
    tension_kpa: float
    pressure_mmhg: float
    elastance: float
    gain: float


class Pump(Protocol):
    """What can be put at a volume and a tension; see ``ventricle.Ventricle``."""

    def step(
        self, before: Sequence[tuple[float, Any]], time_s: float, volume_ml: float, tension_kpa: float
    ) -> Any:
        """Return its ``Place`` there, with its last places and their times given."""


@dataclass(frozen=True, eq=False)
class Coupled:
    """Beats of a ventricle in the circulation.

    Attributes
    ----------
    beats : Beats
        The circulation, at the steps of the ventricle.
    places : list
        Of the ventricle, at every time.
    corrections : int
        How often a step was gone again for the pressures to agree.
    """

    beats: Beats
    places: list[Any]
    corrections: int

    def measures(self) -> dict[str, float]:
        """Return the numbers of the beat by name with unit; see ``measures_of``.

        The largest rise of pressure is between two steps, and work is the area of the loop.
        """
        volume, pressure = self.beats.states[:, 1], self.beats.pressures_mmhg[:, 1]
        middle = 0.5 * (pressure[1:] + pressure[:-1])
        return measures_of(self.beats) | {
            "lv_dp_dt_max_mmhg_per_s": float((np.diff(pressure) / np.diff(self.beats.times_s)).max()),
            "lv_stroke_work_mmhg_ml": float(-np.sum(middle * np.diff(volume))),
        }


def tension_of(circulation: Circulation, peak_kpa: float) -> Callable[[float], float]:
    """Return tension (kPa) over time (s): it rises and falls as the left ventricle's elastance would."""
    chamber = np.array(astuple(circulation.chambers["LV"]))
    chamber[:2] = peak_kpa, 0.0

    def tension(time_s: float) -> float:
        return float(elastance(time_s, circulation.beat_s, chamber))

    return tension


def beat(
    pump: Pump,
    circulation: Circulation,
    tension_kpa: Callable[[float], float],
    place: Any,
    state: NDArray[np.float64],
    *,
    step_s: float = 5e-3,
    progress: Progress | None = None,
) -> Coupled:
    """Go through one beat from a place of the ventricle and a state (12,) of the circulation.

    Parameters
    ----------
    pump : Pump
    tension_kpa : callable
        Of the time since the beat began, s.
    place : Place
        Where the pump is; its volume is the state's.
    step_s : float
        Wanted step; the one taken divides the beat evenly and is no longer.

    Raises
    ------
    NotConvergedError
        The ventricle cannot follow.
    """
    count = int(np.ceil(circulation.beat_s / step_s - 1e-9))
    step = circulation.beat_s / count
    inner = int(np.ceil(step / SUBSTEP_S - 1e-9))
    still = advance(circulation, state, 0.0, step, 0, {"LV": lambda _v, _t: place.pressure_mmhg})
    rows = [(state, still.pressures_mmhg[0], still.flows_ml_per_s[0])]
    places, corrections = [(0.0, place)], 0
    for n in range(count):
        begin, end = n * step, (n + 1) * step
        line = _Line(places[-1][1], begin, tension_kpa)
        for _ in range(_PASSES):
            gone = advance(circulation, rows[-1][0], begin, step / inner, inner, {"LV": line})
            volume = float(gone.states[-1, 1])
            found = pump.step(places, end, volume, tension_kpa(end))
            if abs(found.pressure_mmhg - line(volume, end)) <= AGREED_MMHG:
                break
            line.through(found, end)
            corrections += 1
        else:
            raise NotConvergedError(
                f"Ventricle and circulation do not agree {1e3 * end:.0f} ms into the beat.",
                "Take a smaller step of time.",
            )
        places.append((end, found))
        rows.append((gone.states[-1], gone.pressures_mmhg[-1], gone.flows_ml_per_s[-1]))
        rows[-1][1][1] = found.pressure_mmhg
        if progress is not None:
            progress((n + 1) / count, f"{1e3 * end:.0f} ms of the beat")
    states, pressures, flows = (np.array(column) for column in zip(*rows, strict=True))
    times = step * np.arange(count + 1, dtype=np.float64)
    return Coupled(Beats(times, states, pressures, flows, count), [held for _t, held in places], corrections)


class _Line:
    """A cavity's pressure as a line in volume, tension and time through a place."""

    def __init__(self, place: Place, begin_s: float, tension_kpa: Callable[[float], float]) -> None:
        self._place, self._begin, self._tension = place, begin_s, tension_kpa
        self._elastance, self._drift = place.elastance, 0.0

    def __call__(self, volume_ml: float, time_s: float) -> float:
        place = self._place
        return (
            place.pressure_mmhg
            + self._elastance * (volume_ml - place.volume_ml)
            + place.gain * (self._tension(time_s) - place.tension_kpa)
            + self._drift * (time_s - self._begin)
        )

    def through(self, end: Place, time_s: float) -> None:
        """Lead it through the place that was found, as steep as it is there."""
        self._elastance, self._drift = end.elastance, 0.0
        self._drift = (end.pressure_mmhg - self(end.volume_ml, time_s)) / (time_s - self._begin)
