"""The circulation's equations in time, by the classical Runge–Kutta method with a fixed step.

Valves open and close within a step; methods that adapt theirs crawl there, so the step stays fixed.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from physics.circulation.parameters import CHAMBERS, Circulation

STEP_S = 1e-3


class Cavity(Protocol):
    """A chamber by other means than an elastance."""

    def __call__(self, volume_ml: float, time_s: float) -> float:
        """Return its pressure, mmHg."""


@dataclass(frozen=True, eq=False)
class Beats:
    """What was computed.

    Attributes
    ----------
    times_s : ndarray, shape (n,)
    states : ndarray, shape (n, 12)
        In the order of ``State``.
    pressures_mmhg : ndarray, shape (n, 4)
        Of the chambers, in the order of ``CHAMBERS``.
    steps_per_beat : int
        So that ``[-steps_per_beat - 1:]`` is the last beat with both its ends.
    """

    times_s: NDArray[np.float64]
    states: NDArray[np.float64]
    pressures_mmhg: NDArray[np.float64]
    steps_per_beat: int

    def last(self) -> "Beats":
        """Return the last beat, both ends with it."""
        since = -self.steps_per_beat - 1
        return Beats(
            self.times_s[since:], self.states[since:], self.pressures_mmhg[since:], self.steps_per_beat
        )


def run(
    circulation: Circulation,
    beats: int,
    *,
    step_s: float = STEP_S,
    cavities: Mapping[str, Cavity] | None = None,
) -> Beats:
    """Let the heart beat.

    Parameters
    ----------
    beats : int
        How many; what is returned holds all of them.
    step_s : float
        Wanted step; the one taken divides the beat evenly and is no longer.
    cavities : mapping of str to Cavity
        Chambers whose pressure comes from elsewhere, by name.

    Raises
    ------
    ValueError
        A chamber by a name that is none of ``CHAMBERS``, or no beat.
    """
    strange = set(cavities or ()) - set(CHAMBERS)
    if strange:
        raise ValueError(f"there is no chamber {', '.join(sorted(strange))}; there are {', '.join(CHAMBERS)}")
    if beats < 1:
        raise ValueError("at least one beat must be computed")
    per_beat = int(np.ceil(circulation.beat_s / step_s - 1e-9))
    step = circulation.beat_s / per_beat
    chambers = np.array([astuple(circulation.chambers[name]) for name in CHAMBERS])
    beds = np.array([astuple(circulation.systemic), astuple(circulation.pulmonary)])
    valves = np.array([circulation.valve_open, circulation.valve_closed])
    states = np.empty((beats * per_beat + 1, 12))
    pressures = np.empty((len(states), 4))
    states[0] = circulation.start.array()
    if cavities:
        doors = [(CHAMBERS.index(name), cavity) for name, cavity in cavities.items()]
        _through_doors(states, pressures, step, circulation.beat_s, chambers, beds, valves, doors)
    else:
        _beat(states, pressures, step, circulation.beat_s, chambers, beds, valves)
    return Beats(np.arange(len(states), dtype=np.float64) * step, states, pressures, per_beat)


@njit(cache=True)
def elastance(time: float, beat: float, chamber: NDArray[np.float64]) -> float:
    """Return a chamber's elastance (fields of ``Chamber`` as (6,)) at a time, mmHg/mL."""
    active, passive, contraction, relaxation, onset, _unstressed = chamber
    since = (time - onset) % beat
    after = (time - onset - contraction) % beat
    share = 0.0
    if since < contraction:
        share = 0.5 * (1.0 - np.cos(np.pi * since / contraction))
    elif after < relaxation:
        share = 0.5 * (1.0 + np.cos(np.pi * after / relaxation))
    return float(active * share + passive)


@njit(cache=True)
def _elastic(
    time: float,
    beat: float,
    state: NDArray[np.float64],
    chambers: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    for c in range(4):
        out[c] = elastance(time, beat, chambers[c]) * (state[c] - chambers[c, 5])


@njit(cache=True)
def _flow(above: float, below: float, valves: NDArray[np.float64]) -> float:
    return float((above - below) / (valves[0] if above > below else valves[1]))


@njit(cache=True)
def _rates(
    state: NDArray[np.float64],
    pressures: NDArray[np.float64],
    beds: NDArray[np.float64],
    valves: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill the state's rate of change (12,), with the chambers' pressures (4,) given."""
    mitral = _flow(pressures[0], pressures[1], valves)
    aortic = _flow(pressures[1], state[4], valves)
    tricuspid = _flow(pressures[2], pressures[3], valves)
    pulmonary = _flow(pressures[3], state[6], valves)
    out[0] = state[11] - mitral
    out[1] = mitral - aortic
    out[2] = state[9] - tricuspid
    out[3] = tricuspid - pulmonary
    for bed in range(2):
        artery, vein = 4 + 2 * bed, 5 + 2 * bed
        into = aortic if bed == 0 else pulmonary
        atrium = pressures[2] if bed == 0 else pressures[0]
        r_ar, c_ar, r_ven, c_ven, l_ar, l_ven = beds[bed]
        q_ar, q_ven = state[artery + 4], state[vein + 4]
        out[artery] = (into - q_ar) / c_ar
        out[vein] = (q_ar - q_ven) / c_ven
        out[artery + 4] = -(r_ar * q_ar + state[vein] - state[artery]) / l_ar
        out[vein + 4] = -(r_ven * q_ven + atrium - state[vein]) / l_ven


@njit(cache=True)
def _beat(
    states: NDArray[np.float64],
    pressures: NDArray[np.float64],
    step: float,
    beat: float,
    chambers: NDArray[np.float64],
    beds: NDArray[np.float64],
    valves: NDArray[np.float64],
) -> None:
    slopes = np.empty((4, 12))
    at = np.empty(4)
    share = np.array([0.0, 0.5, 0.5, 1.0])
    for n in range(len(states) - 1):
        time = n * step
        _elastic(time, beat, states[n], chambers, pressures[n])
        _rates(states[n], pressures[n], beds, valves, slopes[0])
        for s in range(1, 4):
            middle = states[n] + share[s] * step * slopes[s - 1]
            _elastic(time + share[s] * step, beat, middle, chambers, at)
            _rates(middle, at, beds, valves, slopes[s])
        states[n + 1] = states[n] + step / 6 * (slopes[0] + 2 * slopes[1] + 2 * slopes[2] + slopes[3])
    last = len(states) - 1
    _elastic(last * step, beat, states[last], chambers, pressures[last])


def _through_doors(
    states: NDArray[np.float64],
    pressures: NDArray[np.float64],
    step: float,
    beat: float,
    chambers: NDArray[np.float64],
    beds: NDArray[np.float64],
    valves: NDArray[np.float64],
    doors: list[tuple[int, Cavity]],
) -> None:
    """The same as ``_beat`` with some chambers' pressures asked for."""

    def at(time: float, state: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        _elastic(time, beat, state, chambers, out)
        for c, cavity in doors:
            out[c] = cavity(float(state[c]), time)

    slopes, asked = np.empty((4, 12)), np.empty(4)
    for n in range(len(states) - 1):
        time = n * step
        at(time, states[n], pressures[n])
        _rates(states[n], pressures[n], beds, valves, slopes[0])
        for s, share in ((1, 0.5), (2, 0.5), (3, 1.0)):
            middle = states[n] + share * step * slopes[s - 1]
            at(time + share * step, middle, asked)
            _rates(middle, asked, beds, valves, slopes[s])
        states[n + 1] = states[n] + step / 6 * (slopes[0] + 2 * slopes[1] + 2 * slopes[2] + slopes[3])
    at((len(states) - 1) * step, states[-1], pressures[-1])
