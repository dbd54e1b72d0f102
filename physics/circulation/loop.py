"""The circulation's equations in time, by the classical Runge–Kutta method with a fixed step.

Valves open and close within a step; methods that adapt theirs crawl there, so the step stays fixed.
"""

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from physics.circulation.parameters import CHAMBERS, VALVES, Circulation, State
from physics.circulation.table import Table, tabled

Array = NDArray[np.float64]

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
    flows_ml_per_s : ndarray, shape (n, 4)
        Through the valves, in the order of ``VALVES``; below zero against their direction.
    steps_per_beat : int
        So that ``[-steps_per_beat - 1:]`` is the last beat with both its ends.
    passages_ml_per_s : ndarray, shape (n, p)
        Through the circulation's passages, in their order.
    """

    times_s: NDArray[np.float64]
    states: NDArray[np.float64]
    pressures_mmhg: NDArray[np.float64]
    flows_ml_per_s: NDArray[np.float64]
    steps_per_beat: int
    passages_ml_per_s: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))

    def last(self) -> "Beats":
        """Return the last beat, both ends with it."""
        since = -self.steps_per_beat - 1
        return Beats(
            self.times_s[since:],
            self.states[since:],
            self.pressures_mmhg[since:],
            self.flows_ml_per_s[since:],
            self.steps_per_beat,
            self.passages_ml_per_s[since:],
        )

    def end(self) -> State:
        """Return where it ended, to go on from."""
        return State(*(float(value) for value in self.states[-1]))


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
    if beats < 1:
        raise ValueError("at least one beat must be computed")
    per_beat = int(np.ceil(circulation.beat_s / step_s - 1e-9))
    step = circulation.beat_s / per_beat
    return advance(circulation, circulation.start.array(), 0.0, step, beats * per_beat, cavities)


def advance(
    circulation: Circulation,
    start: NDArray[np.float64],
    begin_s: float,
    step_s: float,
    steps: int,
    cavities: Mapping[str, Cavity] | None = None,
) -> Beats:
    """Let time go on from a state (12,) at ``begin_s`` for some steps; ``cavities`` as for ``run``.

    One cavity that is a ``Table`` is asked by compiled code, a hundred times as fast as others.

    Raises
    ------
    ValueError
        A chamber by a name that is none of ``CHAMBERS``.
    """
    strange = set(cavities or ()) - set(CHAMBERS)
    if strange:
        raise ValueError(f"there is no chamber {', '.join(sorted(strange))}; there are {', '.join(CHAMBERS)}")
    chambers = np.array([astuple(circulation.chambers[name]) for name in CHAMBERS])
    beds = np.array([astuple(circulation.systemic), astuple(circulation.pulmonary)])
    valves = np.array([astuple(circulation.valves[name]) for name in VALVES])
    passages = np.array([p.numbers() for p in circulation.passages]).reshape(-1, 5)
    states = np.empty((steps + 1, 12))
    pressures, flows = np.empty((len(states), 4)), np.empty((len(states), 4))
    beside = np.empty((len(states), len(passages)))
    states[0] = start
    known = (
        states, pressures, flows, begin_s, step_s, circulation.beat_s, chambers, beds, valves, passages,
        beside,
    )  # fmt: skip
    only = next(iter(cavities.items())) if cavities and len(cavities) == 1 else ("", None)
    if isinstance(only[1], Table):
        table = only[1]
        halves = begin_s + 0.5 * step_s * np.arange(2 * steps + 1, dtype=np.float64)
        drives = np.asarray(table.drive(halves), np.float64)
        place = CHAMBERS.index(only[0])
        _march(*known, None, (place, drives, table.volumes_ml, table.drives, table.patches))
    elif cavities:
        doors = [(CHAMBERS.index(name), cavity) for name, cavity in cavities.items()]

        def ask(time: float, state: NDArray[np.float64], out: NDArray[np.float64]) -> None:
            for c, cavity in doors:
                out[c] = cavity(float(state[c]), time)

        # The same lines, not compiled: a compiled function cannot ask one of Python's.
        _march.py_func(*known, ask, None)
    else:
        _march(*known, None, None)
    times = begin_s + np.arange(len(states), dtype=np.float64) * step_s
    return Beats(times, states, pressures, flows, round(circulation.beat_s / step_s), beside)


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
def _flows(
    state: NDArray[np.float64],
    pressures: NDArray[np.float64],
    valves: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill the flows (4,) through the valves (fields of ``Valve`` as (4, 4)), chambers' pressures given."""
    for valve in range(4):
        below = pressures[valve + 1] if valve % 2 == 0 else state[4 + valve - 1]
        drop = pressures[valve] - below
        resistance, loss = valves[valve, 0], valves[valve, 1]
        if drop <= 0.0:
            resistance, loss = valves[valve, 2], valves[valve, 3]
        out[valve] = 2.0 * drop / (resistance + np.sqrt(resistance * resistance + 4.0 * loss * abs(drop)))


@njit(cache=True)
def _rates(
    state: NDArray[np.float64],
    pressures: NDArray[np.float64],
    flows: NDArray[np.float64],
    beds: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill the state's rate of change (12,), pressures of chambers (4,) and flows of valves (4,) given."""
    mitral, aortic, tricuspid, pulmonary = flows
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
def _beside(
    state: NDArray[np.float64],
    pressures: NDArray[np.float64],
    beds: NDArray[np.float64],
    passages: NDArray[np.float64],
    through: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill the flows (p,) through passages (p, 5), and add them to the state's rate of change (12,)."""
    for p in range(len(passages)):
        begin, end = int(passages[p, 0]), int(passages[p, 1])
        resistance, loss = passages[p, 2], passages[p, 3]
        above = pressures[begin] if begin < 4 else state[begin]
        below = pressures[end] if end < 4 else state[end]
        drop = above - below + passages[p, 4]
        flow = 2.0 * drop / (resistance + np.sqrt(resistance * resistance + 4.0 * loss * abs(drop)))
        through[p] = flow
        for place, gain in ((begin, -flow), (end, flow)):
            # Chambers count volumes, vessels pressures: theirs rise by what comes in over their compliance.
            stored = 1.0 if place < 4 else beds[(place - 4) // 2, 1 + 2 * (place % 2)]
            out[place] += gain / stored


@njit(cache=True)
def _march(
    states: NDArray[np.float64],
    pressures: NDArray[np.float64],
    flows: NDArray[np.float64],
    begin: float,
    step: float,
    beat: float,
    chambers: NDArray[np.float64],
    beds: NDArray[np.float64],
    valves: NDArray[np.float64],
    passages: NDArray[np.float64],
    beside: NDArray[np.float64],
    ask: Callable[[float, NDArray[np.float64], NDArray[np.float64]], None] | None,
    table: tuple[int, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    | None,
) -> None:
    """Fill states (n, 12), pressures and flows (n, 4), and (n, p) of passages, from the first state on.

    ``ask``, where there is one, replaces the pressures of chambers that are known elsewhere; ``table`` that
    of one chamber: its place, its drive at every half step (2n - 1,), and a ``Table``'s arrays.
    """
    slopes, share = np.empty((4, 12)), np.array([0.0, 0.5, 0.5, 1.0])
    at, through, middle = np.empty(4), np.empty(4), np.empty(12)
    by = np.empty(len(passages))
    last = len(states) - 1
    for n in range(len(states)):
        for s in range(4 if n < last else 1):
            time = begin + (n + share[s]) * step
            middle[:] = states[n]
            if s > 0:
                middle += share[s] * step * slopes[s - 1]
            _elastic(time, beat, middle, chambers, at)
            if ask is not None:
                ask(time, middle, at)
            if table is not None:
                chamber, drives, tabled_volumes, tabled_drives, patches = table
                drive = drives[2 * n + (s + 1) // 2]
                at[chamber] = tabled(middle[chamber], drive, tabled_volumes, tabled_drives, patches)
            _flows(middle, at, valves, through)
            _rates(middle, at, through, beds, slopes[s])
            _beside(middle, at, beds, passages, by, slopes[s])
            if s == 0:
                pressures[n], flows[n], beside[n] = at, through, by
        if n < last:
            states[n + 1] = states[n] + step / 6 * (slopes[0] + 2 * slopes[1] + 2 * slopes[2] + slopes[3])
