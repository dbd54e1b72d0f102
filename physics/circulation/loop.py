"""The circulation's equations in time, by the classical Runge–Kutta method with a fixed step.

Valves open and close within a step; methods that adapt theirs crawl there, so the step stays fixed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from physics.circulation.parameters import CHAMBERS, VALVES, Bed, Chamber, Circulation, State, Valve
from physics.circulation.shortening import Shortening, numbers_of, share_left
from physics.circulation.table import Table, tabled

Array = NDArray[np.float64]

Body = tuple[Array, Array, Array]
"""Vascular beds, valves and passages as numbers."""
Grid = tuple[Array, Array, Array]
"""Volumes, drives and patches of a ``Table``."""
Tabled = tuple[int, Array, Array, Array, Array, Array, Array]
Lined = tuple[NDArray[np.int64], Array, Array, Array, Array, Array, Array]

STEP_S = 1e-3
_BALANCED = 1e-9
"""What a chamber's pressure may differ from what its wall bears (mmHg), or a wall's tension from the one at
its speed (kPa): no more than rounding."""
_MOST_SECANTS = 60


class Cavity(Protocol):
    """A chamber by other means than an elastance."""

    def __call__(self, volume_ml: float, time_s: float) -> float:
        """Return its pressure, mmHg."""


class Joined(Protocol):
    """Chambers in one wall: their pressures are lines in one another's volumes and in the wall's tension."""

    @property
    def chambers(self) -> tuple[str, ...]:
        """Their names."""

    @property
    def shortening(self) -> Shortening | None:
        """What speed takes from the tension: of the wall as one fiber about all that it encloses."""

    def drive(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the tension at times (k,) as long as nothing moves, kPa."""

    def lines(self, times_s: NDArray[np.float64]) -> tuple[Array, Array, Array]:
        """Return pressures at no volume and no tension (k, c), mmHg, and their slopes at times (k,).

        The slopes are those in the volumes (k, c, c), mmHg/mL, and in tension (k, c), mmHg/kPa.
        """


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
    drives : ndarray, shape (n,)
        What a ``Table`` or ``Joined`` chambers were driven by, after what ``shortening`` has taken; empty
        where there are none.
    """

    times_s: NDArray[np.float64]
    states: NDArray[np.float64]
    pressures_mmhg: NDArray[np.float64]
    flows_ml_per_s: NDArray[np.float64]
    steps_per_beat: int
    passages_ml_per_s: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    drives: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

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
            self.drives[since:],
        )

    def end(self) -> State:
        """Return where it ended, to go on from."""
        return State(*(float(value) for value in self.states[-1]))


def run(
    circulation: Circulation,
    beats: int,
    *,
    step_s: float = STEP_S,
    cavities: Mapping[str, Cavity] | Joined | None = None,
) -> Beats:
    """Let the heart beat.

    Parameters
    ----------
    beats : int
        How many; what is returned holds all of them.
    step_s : float
        Wanted step; the one taken divides the beat evenly and is no longer.
    cavities : mapping of str to Cavity, or Joined
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
    cavities: Mapping[str, Cavity] | Joined | None = None,
) -> Beats:
    """Let time go on from a state (12,) at ``begin_s`` for some steps; ``cavities`` as for ``run``.

    One cavity that is a ``Table``, and ``Joined`` ones, are asked by compiled code, a hundred times as fast
    as others.

    Raises
    ------
    ValueError
        A chamber by a name that is none of ``CHAMBERS``.
    """
    many = cavities if isinstance(cavities, Mapping) else {}
    strange = set(many) - set(CHAMBERS)
    if strange:
        raise ValueError(f"there is no chamber {', '.join(sorted(strange))}; there are {', '.join(CHAMBERS)}")
    chambers = np.array([_numbers(circulation.chambers[name]) for name in CHAMBERS])
    beds = np.array([_numbers(circulation.systemic), _numbers(circulation.pulmonary)])
    valves = np.array([_numbers(circulation.valves[name]) for name in VALVES])
    passages = np.array([p.numbers() for p in circulation.passages]).reshape(-1, 5)
    states = np.empty((steps + 1, 12))
    pressures, flows = np.empty((len(states), 4)), np.empty((len(states), 4))
    beside, driven = np.empty((len(states), len(passages))), np.empty(0)
    states[0] = start
    known = (
        states, pressures, flows, begin_s, step_s, circulation.beat_s, chambers, beds, valves, passages,
        beside,
    )  # fmt: skip
    halves = begin_s + 0.5 * step_s * np.arange(2 * steps + 1, dtype=np.float64)
    only = next(iter(many.items())) if len(many) == 1 else ("", None)
    if isinstance(only[1], Table):
        driven = np.empty(len(states))
        _march(*known, None, (CHAMBERS.index(only[0]), driven, *only[1].numbers(halves)), None)
    elif cavities is not None and not isinstance(cavities, Mapping):
        driven, slowed = np.empty(len(states)), numbers_of(cavities.shortening)
        at = np.array([CHAMBERS.index(name) for name in cavities.chambers])
        drives = np.asarray(cavities.drive(halves), np.float64)
        _march(*known, None, None, (at, driven, drives, *cavities.lines(halves), slowed))
    elif cavities:
        doors = [(CHAMBERS.index(name), cavity) for name, cavity in cavities.items()]

        def ask(time: float, state: NDArray[np.float64], out: NDArray[np.float64]) -> None:
            for c, cavity in doors:
                out[c] = cavity(float(state[c]), time)

        # The same lines, not compiled: a compiled function cannot ask one of Python's.
        _march.py_func(*known, ask, None, None)
    else:
        _march(*known, None, None, None)
    times = begin_s + np.arange(len(states), dtype=np.float64) * step_s
    return Beats(times, states, pressures, flows, round(circulation.beat_s / step_s), beside, driven)


def _numbers(part: Chamber | Bed | Valve) -> list[float]:
    """Return a part's fields in their order; ``astuple`` copies deeply, a twentieth of a live frame."""
    return [getattr(part, name) for name in part.__dataclass_fields__]


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
def _change(
    chamber: int,
    pressure: float,
    state: NDArray[np.float64],
    pressures: NDArray[np.float64],
    body: Body,
    rooms: tuple[Array, Array, Array],
) -> float:
    """Return how a chamber's volume changes (mL/s) at a pressure of its own; fill flows and rates by it."""
    (beds, valves, passages), (flows, by, out) = body, rooms
    pressures[chamber] = pressure
    _flows(state, pressures, valves, flows)
    _rates(state, pressures, flows, beds, out)
    _beside(state, pressures, beds, passages, by, out)
    return float(out[chamber])


@njit(cache=True)
def _nearer(number: int, here: float, step: float, low: float, high: float) -> float:
    """Return the next place of a search: a secant's step on, or what is left in halves."""
    ahead = here - step
    return ahead if low < ahead < high and number % 8 != 7 else 0.5 * (low + high)


@njit(cache=True)
def _slowed(
    chamber: int,
    drive: float,
    state: NDArray[np.float64],
    pressures: NDArray[np.float64],
    body: Body,
    rooms: tuple[Array, Array, Array],
    grid: Grid,
    numbers: NDArray[np.float64],
    slope: float,
) -> tuple[float, float]:
    """Fill the pressure of a chamber that pulls less as it shortens; return its drive then, and a slope.

    The search begins at the chamber's last pressure, with the slope of the last search.

    The more pressure, the more flows out, the faster it shortens and the less it bears: p less what it bears
    rises with p everywhere, by 1 and more, so that one p balances. It lies between what is borne under no
    drive and under the most, and is found by secants, which are halved where they leave what is left.
    """
    volume, (volumes, drives, patches) = state[chamber], grid
    low = tabled(volume, 0.0, volumes, drives, patches)
    high = tabled(volume, numbers[3] * drive, volumes, drives, patches)
    low, high = min(low, high), max(low, high)
    here = min(max(pressures[chamber], low), high)
    before, left_before, pulled = 0.0, 0.0, drive
    for number in range(_MOST_SECANTS):
        change = _change(chamber, here, state, pressures, body, rooms)
        pulled = drive * share_left(volume, change, numbers)
        left = here - tabled(volume, pulled, volumes, drives, patches)
        if abs(left) <= _BALANCED:
            break
        low, high = (low, here) if left > 0.0 else (here, high)
        if number > 0 and here != before:
            slope = max((left - left_before) / (here - before), 1.0)
        before, left_before = here, left
        here = _nearer(number, here, left / slope, low, high)
    return pulled, slope


@njit(cache=True)
def _borne(
    places: NDArray[np.int64],
    drive: float,
    heights: NDArray[np.float64],
    steeps: NDArray[np.float64],
    gains: NDArray[np.float64],
    state: NDArray[np.float64],
    pressures: NDArray[np.float64],
) -> None:
    """Fill the pressures of chambers at places (c,) in one wall, by their lines at one moment."""
    for i in range(len(places)):
        total = heights[i] + gains[i] * drive
        for j in range(len(places)):
            total += steeps[i, j] * state[places[j]]
        pressures[places[i]] = total


@njit(cache=True)
def _eased(
    places: NDArray[np.int64],
    course: float,
    lines: tuple[Array, Array, Array],
    state: NDArray[np.float64],
    pressures: NDArray[np.float64],
    body: Body,
    rooms: tuple[Array, Array, Array],
    numbers: NDArray[np.float64],
    guess: float,
) -> float:
    """Fill pressures, flows and rates of chambers in a wall that pulls less as it shortens.

    Its tension then is returned.

    The more tension, the more pressure, the faster all flows out and the less is left of the course's
    tension: as in ``_slowed`` one balances, between none and the most, and is found in the same way.
    """
    (heights, steeps, gains), (beds, valves, passages), (flows, by, out) = lines, body, rooms
    volume = 0.0
    for place in places:
        volume += state[place]
    low, high = 0.0, numbers[3] * course
    here, slope, before, left_before = min(max(guess, low), high), 1.0, 0.0, 0.0
    for number in range(_MOST_SECANTS):
        _borne(places, here, heights, steeps, gains, state, pressures)
        _flows(state, pressures, valves, flows)
        _rates(state, pressures, flows, beds, out)
        _beside(state, pressures, beds, passages, by, out)
        change = 0.0
        for place in places:
            change += out[place]
        left = here - course * share_left(volume, change, numbers)
        if abs(left) <= _BALANCED:
            break
        low, high = (low, here) if left > 0.0 else (here, high)
        if number > 0 and here != before:
            slope = max((left - left_before) / (here - before), 1.0)
        before, left_before = here, left
        here = _nearer(number, here, left / slope, low, high)
    return here


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
    table: Tabled | None,
    wall: Lined | None,
) -> None:
    """Fill states (n, 12), pressures and flows (n, 4), and (n, p) of passages, from the first state on.

    ``ask``, where there is one, replaces the pressures of chambers that are known elsewhere; ``table`` that
    of one chamber: its place, where to note what drives it (n,), and ``Table.numbers`` at every half step;
    ``wall`` those of ``Joined`` chambers at places (c,), likewise.
    """
    slopes, share = np.empty((4, 12)), np.array([0.0, 0.5, 0.5, 1.0])
    at, through, middle = np.empty(4), np.empty(4), np.empty(12)
    by, body = np.empty(len(passages)), (beds, valves, passages)
    last, known, slope = len(states) - 1, 0.0, 1.0
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
                chamber, driven, courses, volumes, drives, patches, slowed = table
                half = 2 * n + (s + 1) // 2
                drive, grid = courses[half], (volumes, drives, patches)
                if len(slowed) and drive > 0.0:
                    rooms = (through, by, slopes[s])
                    at[chamber] = known
                    drive, slope = _slowed(chamber, drive, middle, at, body, rooms, grid, slowed, slope)
                else:
                    at[chamber] = tabled(middle[chamber], drive, volumes, drives, patches)
                known = at[chamber]
                if s == 0:
                    driven[n] = drive
            if wall is not None:
                places, driven, courses, heights, steeps, gains, slowed = wall
                half = 2 * n + (s + 1) // 2
                drive, lines = courses[half], (heights[half], steeps[half], gains[half])
                if len(slowed) and drive > 0.0:
                    rooms = (through, by, slopes[s])
                    drive = _eased(places, drive, lines, middle, at, body, rooms, slowed, known)
                else:
                    _borne(places, drive, *lines, middle, at)
                known = drive
                if s == 0:
                    driven[n] = drive
            _flows(middle, at, valves, through)
            _rates(middle, at, through, beds, slopes[s])
            _beside(middle, at, beds, passages, by, slopes[s])
            if s == 0:
                pressures[n], flows[n], beside[n] = at, through, by
        if n < last:
            states[n + 1] = states[n] + step / 6 * (slopes[0] + 2 * slopes[1] + 2 * slopes[2] + slopes[3])
