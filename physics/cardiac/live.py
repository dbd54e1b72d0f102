"""A reduced ventricle that beats on in the circulation while hands change what it lives in."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from physics.cardiac.reduced import Reduced
from physics.cardiac.tension import Tension
from physics.circulation import CHAMBERS, Beats, Circulation, Table
from physics.circulation.loop import STEP_S, advance
from physics.circulation.regulation import Reflex, Response

Course = Callable[[Circulation, float], Tension]
"""Gives for a circulation and a peak in kPa the tension over a beat."""

LV = CHAMBERS.index("LV")


@dataclass(frozen=True)
class Controls:
    """What hands change; all of it continuous.

    Attributes
    ----------
    blood_ml : float
        Blood more (below zero: less) in the systemic veins: preload.
    resistance, contractility, stiffness : float
        Factors on the systemic arteries' resistance (afterload), the peak tension, the wall's passive stress.
    rate_per_min : float or None
        Heart rate; None: the patient's own.
    change : callable or None
        What else has become of the circulation, its blood left out: valves, holes, a pump, vessels.
    """

    blood_ml: float = 0.0
    resistance: float = 1.0
    contractility: float = 1.0
    stiffness: float = 1.0
    rate_per_min: float | None = None
    change: Callable[[Circulation], Circulation] | None = None


def under(own: Circulation, controls: Controls) -> Circulation:
    """Return a circulation under controls, but for the blood, which its start holds.

    Raises
    ------
    ValueError
        A rate at which contraction and relaxation no longer fit into a beat.
    """
    rate = own.heart_rate_per_min if controls.rate_per_min is None else controls.rate_per_min
    resistance = own.systemic.arterial_resistance_mmhg_s_per_ml * controls.resistance
    found = replace(
        own.at(rate), systemic=replace(own.systemic, arterial_resistance_mmhg_s_per_ml=resistance)
    )
    return found if controls.change is None else controls.change(found)


def answered(own: Circulation, controls: Controls, response: Response) -> Controls:
    """Return controls with what the reflex has made of them."""
    if response == Response():
        return controls
    rate = own.heart_rate_per_min if controls.rate_per_min is None else controls.rate_per_min
    # The rate, the vessels and the left ventricle's tension are the controls' own.
    right = Response(right_contractility=response.right_contractility)
    before = controls.change

    def change(circulation: Circulation) -> Circulation:
        return right.of(circulation if before is None else before(circulation))

    return replace(
        controls,
        blood_ml=controls.blood_ml + response.blood_ml,
        resistance=controls.resistance * response.resistance,
        contractility=controls.contractility * response.contractility,
        rate_per_min=rate * response.heart_rate,
        change=change,
    )


def filled(circulation: Circulation, state: NDArray[np.float64], blood_ml: float) -> NDArray[np.float64]:
    """Return a state (12,) in which a circulation holds that much blood: the systemic veins give or take."""
    more = blood_ml - float(circulation.volume_ml(state))
    found = state.copy()
    found[5] += more / circulation.systemic.venous_compliance_ml_per_mmhg
    return found


@dataclass(frozen=True, eq=False)
class Moment:
    """Where the heart is.

    Attributes
    ----------
    part : Beats
        The circulation since the last moment, its steps of time; ``times_s`` within the beat.
    time_s : float
        Since the beat began.
    tension_kpa : float
        As it acts, after what speed has taken from it.
    beyond : bool
        In this beat or the one before, the ventricle was where its wall was not computed: nothing here is to
        be trusted.
    """

    part: Beats
    time_s: float
    tension_kpa: float
    beyond: bool

    @property
    def volume_ml(self) -> float:
        """Of the left ventricle."""
        return float(self.part.states[-1, LV])


class LiveHeart:
    """A reduced ventricle in its circulation, going on step by step.

    Parameters
    ----------
    reduced : Reduced
    circulation : Circulation
        As the patient is; it begins at its start.
    peak_kpa : float
    course : callable
        See ``Course``.
    stiffness : float
        Factor on all of the wall's passive stress that is the patient's own.
    """

    def __init__(
        self,
        reduced: Reduced,
        circulation: Circulation,
        peak_kpa: float,
        course: Course,
        *,
        stiffness: float = 1.0,
    ) -> None:
        self.reduced = reduced
        self._stiffness = stiffness
        self._own, self._peak, self._course = circulation, peak_kpa, course
        self.controls = Controls()
        """What hands ask for."""
        self.response = Response()
        """What the reflex has made of it, from this beat on."""
        self._reflex: Reflex | None = None
        self._state = circulation.start.array()
        self._time = 0.0
        self._beyond = self._was_beyond = False
        self._parts: list[Beats] = []
        self.last_beat: Beats | None = None
        """The last whole beat under the same controls; None before there is one."""
        self._apply()

    @property
    def _factor(self) -> float:
        return self._stiffness * self.controls.stiffness

    @property
    def circulation(self) -> Circulation:
        """The circulation under the controls."""
        return self._circulation

    @property
    def cavity(self) -> Table:
        """The ventricle under the controls, as a chamber of the circulation."""
        return self._cavity

    def control(self, controls: Controls) -> None:
        """Change what it lives in; it goes on from where it is, at the same share of its beat.

        Raises
        ------
        ValueError
            A rate at which contraction and relaxation no longer fit into a beat.
        """
        self._change(controls, self.response)

    def feel(self, reflex: Reflex | None) -> None:
        """Let a reflex answer, at ease so far, from beat to beat; None: none any more."""
        if reflex is not None:
            reflex.begin_again()
        self._reflex = reflex
        self._change(self.controls, Response())

    @property
    def acting(self) -> Controls:
        """What it lives in: the controls, and the reflex's answer with them."""
        return answered(self._own, self.controls, self.response)

    def go(self, seconds: float) -> Moment:
        """Let time go on; a beat's end is crossed as often as needed."""
        left, gone = seconds, []
        while left > 1e-9:
            here = min(left, self._circulation.beat_s - self._time)
            steps = max(int(np.ceil(here / STEP_S - 1e-9)), 1)
            part = advance(
                self._circulation, self._state, self._time, here / steps, steps, {"LV": self._cavity}
            )
            self._beyond = self._beyond or not self._reaches(part)
            if self._reflex is not None:
                self._reflex.hear(part)
            gone.append(part)
            self._parts.append(part)
            self._state = part.states[-1].copy()
            self._time += here
            left -= here
            if self._time >= self._circulation.beat_s - 1e-9:
                self._begin_again()
        part = _joined(gone)
        return Moment(part, self._time, float(part.drives[-1]), self._beyond or self._was_beyond)

    def displacement_mm(self, moment: Moment) -> NDArray[np.float32]:
        """Return where the wall's nodes have moved from the unloaded shape, (nodes, 3)."""
        return self.reduced.displacement_mm(moment.volume_ml, moment.tension_kpa, self._factor)

    def displacement_at(self, beat: Beats, n: int) -> NDArray[np.float32]:
        """Return where the nodes have moved at the n-th moment of a beat under these controls, (nodes, 3)."""
        return self.reduced.displacement_mm(float(beat.states[n, LV]), float(beat.drives[n]), self._factor)

    def _begin_again(self) -> None:
        """End a beat: keep it where it was whole."""
        whole = _joined(self._parts)
        if whole.times_s[0] < 1e-9:
            self.last_beat = replace(whole, steps_per_beat=len(whole.times_s) - 1)
        self._parts = []
        self._time, self._was_beyond, self._beyond = 0.0, self._beyond, False
        if self._reflex is not None:
            self._answer(self._reflex.response)

    def _answer(self, response: Response) -> None:
        """Follow the nerves; where they ask for a rate at which no beat fits, but for that."""
        try:
            self._change(self.controls, response)
        except ValueError:
            self._change(self.controls, replace(response, heart_rate=self.response.heart_rate))

    def _change(self, controls: Controls, response: Response) -> None:
        """Live in something else; go on from there, at the same share of the beat. Raises ``ValueError``."""
        before, old = (self.controls, self.response), self._circulation
        more = controls.blood_ml + response.blood_ml - self.controls.blood_ml - self.response.blood_ml
        self.controls, self.response = controls, response
        try:
            self._apply()
        except ValueError:
            self.controls, self.response = before
            self._apply()
            raise
        self._state = filled(self._circulation, self._state, float(old.volume_ml(self._state)) + more)
        self._time *= self._circulation.beat_s / old.beat_s
        self._parts = []

    def _reaches(self, part: Beats) -> bool:
        return self.reduced.reaches(part.states[:, LV], part.drives, self._factor)

    def _apply(self) -> None:
        """Make the circulation and the tension that controls and reflex ask for."""
        controls = self.acting
        self._circulation = under(self._own, controls)
        tension = self._course(self._circulation, self._peak * controls.contractility)
        self._cavity = self.reduced.cavity(tension, self._factor)


def _joined(parts: list[Beats]) -> Beats:
    """Return parts of a way as one; each begins where the one before ended."""
    first, later = parts[0], parts[1:]
    return Beats(
        np.concatenate([first.times_s, *(p.times_s[1:] for p in later)]),
        np.concatenate([first.states, *(p.states[1:] for p in later)]),
        np.concatenate([first.pressures_mmhg, *(p.pressures_mmhg[1:] for p in later)]),
        np.concatenate([first.flows_ml_per_s, *(p.flows_ml_per_s[1:] for p in later)]),
        parts[-1].steps_per_beat,
        np.concatenate([first.passages_ml_per_s, *(p.passages_ml_per_s[1:] for p in later)]),
        np.concatenate([first.drives, *(p.drives[1:] for p in later)]),
    )
