"""One ventricle or both in 3-D beating in the closed circulation.

Each step of time is implicit: the circulation goes through it with the cavities' pressures as a line in
their volumes and the tension through the last place, tension falling with the speed of shortening; the wall
is then put at the volumes and the tension so found, and the line is moved until both agree. So blood is
conserved to the circulation's rounding, and the isovolumic phases stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from physics.cardiac.equilibrium import NotConvergedError
from physics.cardiac.tension import Tension
from physics.cardiac.ventricle import CAVITIES
from physics.circulation import CHAMBERS, Beats, Circulation, Shortening, measures_of
from physics.circulation.loop import advance
from twin.progress import Progress

Array = NDArray[np.float64]

AGREED_MMHG = 0.1
"""Largest difference of the ventricle's pressure and the one the circulation has gone with."""
CALM_MMHG = 1.0
SUBSTEP_S = 5e-4
_PASSES = 8


class Place(Protocol):
    """Where a pump is; see ``ventricle.Held``."""

    volumes_ml: NDArray[np.float64]
    tension_kpa: float
    pressures_mmhg: NDArray[np.float64]
    elastances: NDArray[np.float64]
    gains: NDArray[np.float64]


class Pump(Protocol):
    """What can be put at volumes and a tension; see ``ventricle.Ventricle``."""

    shortening: Shortening | None

    def step(
        self,
        before: Sequence[tuple[float, Any]],
        time_s: float,
        volumes_ml: NDArray[np.float64],
        tension_kpa: float,
    ) -> Any:
        """Return its ``Place`` there, with its last places and their times given."""


@dataclass(frozen=True, eq=False)
class Coupled:
    """Beats of a ventricle in the circulation.

    Attributes
    ----------
    beats : Beats
        The circulation, in its own even steps.
    places : list of tuple
        Times (s) and places of the ventricle, in its steps, which are not even.
    corrections : int
        How often a step was gone again for the pressures to agree.
    """

    beats: Beats
    places: list[tuple[float, Any]]
    corrections: int

    def measures(self) -> dict[str, float]:
        """Return the numbers of the beat by name with unit; see ``measures_of``.

        The largest rise of pressure is between two places of the ventricle; work is the area of the loop.
        """
        volume, pressure = self.beats.states[:, 1], self.beats.pressures_mmhg[:, 1]
        middle = 0.5 * (pressure[1:] + pressure[:-1])
        rises = np.diff([(time, place.pressures_mmhg[0]) for time, place in self.places], axis=0)
        found = measures_of(self.beats)
        filled, stroke = found["rv_end_diastolic_volume_ml"], found["rv_stroke_volume_ml"]
        return found | {
            "rv_ejection_fraction_percent": 100.0 * stroke / filled,
            "lv_dp_dt_max_mmhg_per_s": float((rises[:, 1] / rises[:, 0]).max()),
            "lv_stroke_work_mmhg_ml": float(-np.sum(middle * np.diff(volume))),
        }


def beat(
    pump: Pump,
    circulation: Circulation,
    tension_kpa: Tension,
    place: Any,
    state: NDArray[np.float64],
    *,
    step_s: float = 10e-3,
    progress: Progress | None = None,
) -> Coupled:
    """Go through one beat from a place of the ventricle and a state (12,) of the circulation.

    Steps are shortened where ventricle and circulation do not agree at once, or the wall finds no balance.

    Parameters
    ----------
    pump : Pump
    tension_kpa : callable
        Of times (k,) since the beat began, s; the pump's shortening takes its share from it.
    place : Place
        Where the pump is; its volumes are the state's.
    step_s : float
        Longest step; twice as long where pressures hardly change.

    Raises
    ------
    NotConvergedError
        The ventricle cannot follow.
    """
    count = int(np.ceil(circulation.beat_s / SUBSTEP_S - 1e-9))
    inner = circulation.beat_s / count
    most = max(int(step_s / inner + 1e-9), 1)
    walk = _Walk(pump, circulation, tension_kpa, inner)
    walk.begin(place, state)
    done, width = 0, most
    while done < count:
        width = min(width, count - done)
        try:
            passes = walk.go(done, width)
        except NotConvergedError:
            if width == 1:
                raise
            width = max(width // 2, 1)
            continue
        done += width
        longest = 2 * most if walk.calm else most
        if passes == 1:
            width = min(2 * width, longest)
        elif passes > 2:
            width = max(width // 2, 1)
        width = min(width, longest)
        if progress is not None:
            progress(done / count, f"{1e3 * done * inner:.0f} ms of the beat")
    return walk.found()


class _Walk:
    """The way through a beat so far."""

    def __init__(self, pump: Pump, circulation: Circulation, tension_kpa: Tension, inner_s: float) -> None:
        self._pump, self._circulation, self._tension, self._inner = pump, circulation, tension_kpa, inner_s
        self._places: list[tuple[float, Any]] = []
        self._parts: list[Beats] = []
        self._corrections = 0

    def begin(self, place: Any, state: NDArray[np.float64]) -> None:
        """Stand at a place."""
        self._places = [(0.0, place)]
        line = _Line(place, 0.0, self._tension, self._pump.shortening)
        self._parts = [advance(self._circulation, state, 0.0, self._inner, 0, line)]

    def go(self, done: int, width: int) -> int:
        """Go on by ``width`` inner steps; return how many passes that took."""
        begin, end = done * self._inner, (done + width) * self._inner
        line = _Line(self._places[-1][1], begin, self._tension, self._pump.shortening)
        state, known = self._parts[-1].states[-1], self._places
        for number in range(_PASSES):
            gone = advance(self._circulation, state, begin, self._inner, width, line)
            volumes, tension = gone.states[-1, line.places], float(gone.drives[-1])
            found = self._pump.step(known, end, volumes, tension)
            if np.abs(found.pressures_mmhg - gone.pressures_mmhg[-1, line.places]).max() <= AGREED_MMHG:
                self._places.append((end, found))
                self._parts.append(gone)
                self._corrections += number
                return number + 1
            line.through(found, end)
            known = [*self._places, (end, found)]
        raise NotConvergedError(
            f"Ventricle and circulation do not agree {1e3 * end:.0f} ms into the beat.",
            "Take a smaller step of time.",
        )

    @property
    def calm(self) -> bool:
        """Whether pressures hardly changed in the last step."""
        before, last = (place.pressures_mmhg for _time, place in self._places[-2:])
        return bool(np.abs(last - before).max() < CALM_MMHG)

    def found(self) -> Coupled:
        """Return the way."""
        # A part begins where the one before it ends.
        states = np.concatenate([self._parts[0].states, *(part.states[1:] for part in self._parts[1:])])
        pressures = np.concatenate([p.pressures_mmhg[min(n, 1) :] for n, p in enumerate(self._parts)])
        flows = np.concatenate([p.flows_ml_per_s[min(n, 1) :] for n, p in enumerate(self._parts)])
        beside = np.concatenate([p.passages_ml_per_s[min(n, 1) :] for n, p in enumerate(self._parts)])
        drives = np.concatenate([p.drives[min(n, 1) :] for n, p in enumerate(self._parts)])
        times = self._inner * np.arange(len(states), dtype=np.float64)
        beats = Beats(times, states, pressures, flows, len(states) - 1, beside, drives)
        return Coupled(beats, self._places, self._corrections)


class _Line:
    """The cavities' pressures as a line in their volumes, the tension and time through a place."""

    def __init__(
        self, place: Place, begin_s: float, tension_kpa: Tension, shortening: Shortening | None
    ) -> None:
        self.chambers = CAVITIES[: len(place.volumes_ml)]
        self.places = [CHAMBERS.index(name) for name in self.chambers]
        self.drive, self.shortening = tension_kpa, shortening
        self._place, self._begin = place, begin_s
        self._elastances, self._drift = place.elastances, np.zeros(len(self.chambers))

    def lines(self, times_s: Array) -> tuple[Array, Array, Array]:
        """Return pressures at no volume and no tension (k, c), and slopes at times (k,); see ``Joined``."""
        place, count = self._place, len(times_s)
        bare = place.pressures_mmhg - self._elastances @ place.volumes_ml - place.gains * place.tension_kpa
        heights = bare + (times_s - self._begin)[:, None] * self._drift
        slopes = np.repeat(self._elastances[None], count, axis=0)
        return heights, slopes, np.repeat(place.gains[None], count, axis=0)

    def through(self, end: Place, time_s: float) -> None:
        """Lead it through the place that was found, as steep as it is there."""
        place = self._place
        self._elastances = end.elastances
        lacking = end.pressures_mmhg - place.pressures_mmhg
        lacking = lacking - place.gains * (end.tension_kpa - place.tension_kpa)
        lacking -= self._elastances @ (end.volumes_ml - place.volumes_ml)
        self._drift = lacking / (time_s - self._begin)
