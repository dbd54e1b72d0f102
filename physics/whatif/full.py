"""A full beat of a patient's own heart under other conditions or after an operation, beside its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from physics.beat_names import ELASTANCE, KEYS, QRS, TOLD
from physics.cardiac import Controls, Coupled, Reduced, Ventricle
from physics.cardiac.chart import repeating
from physics.cardiac.outcome import OF_ELASTANCE, result_of
from physics.cardiac.pump import course_of, live_heart, reduced_heart
from physics.cardiac.tension import Tension
from physics.circulation import Circulation
from physics.circulation.flat import circulation_of
from physics.conditions import beat_named
from physics.heart_steps import OWN_RHYTHM, BeatParams
from physics.medication import Treatment
from physics.personal.full import BESIDE, change_ml, full_beats
from physics.personal.kept import ventricle_of
from physics.surgery import outcome_of
from physics.whatif.apart import apart_of
from physics.whatif.asked import changed, check_reflex, controls_of, live_limits, walled
from physics.whatif.electric import electric_of, limits_of, told
from physics.whatif.figures import figures, span
from physics.whatif.intervals import MEANING, Spread, settled_beat, spreads
from physics.whatif.measures import TOLD_VALVES, beat_numbers
from physics.whatif.medicine import LIMIT, stand_in, treated
from physics.whatif.reflex import Answered, answered
from physics.whatif.wall import LIMITS, wall_of
from twin.domain import Heart, Number, Result
from twin.errors import UserError
from twin.params import parameters
from twin.progress import Progress
from twin.steps import Made

MEMBERS = 40
"""Of the ensemble that a medicine's intervals come from."""

REPEATS_ML = 0.5
"""Between a beat's two ends: it has settled."""

LEAST_WALLED = 3
"""Full beats where no chart answers: one to learn from, one to settle by, one to confirm."""
_MOST_BEYOND = 3
"""Beats more than asked for, where they do not repeat themselves yet."""

_DRIVES = 96
_BELOW = 0.25
"""Of the tensions that a wall is likened to: how many, and how far below none, as a share of the most."""

_STEPPED = ("lv_dp_dt_max_mmhg_per_s", ELASTANCE)
"""Numbers that hang on the steps of time: of a reduced beat and of a full one they are not compared."""

OF_GORLIN = (
    "From mean flow and mean gradient, as a catheter laboratory has it: smaller than the orifice area that "
    "the model is given, since the flow rises and falls (of an aortic valve by some 5 % at 0.8 cm², 17 % at "
    "3.5 cm²)."
)
"""What must be said of an area by Gorlin's formula."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of a heart, worked out.

    Attributes
    ----------
    own : dict of float
        The numbers of its own reduced beat.
    reflex : Answered, optional
        What the baroreflex has come to; it is in the controls.
    """

    circulation: Circulation
    controls: Controls
    treatment: Treatment | None
    own: dict[str, float]
    reflex: Answered | None = None


def worked_out(heart: Heart, asked: BeatParams, progress: Progress) -> Asked:
    """Return a heart's circulation as it is asked for, what a medicine comes to in it, and its own numbers.

    Raises
    ------
    UserError
        What cannot be; it names what can.
    """
    progress(0.0, "the patient's own beat")
    check_reflex(asked)
    own, live = circulation_of(heart.circulation), live_heart(heart)
    live.go(3 * own.beat_s)
    beat = live.last_beat
    assert beat is not None
    treatment = None
    if asked.medicine is not None or asked.mg_per_day is not None or asked.mg_per_h is not None:
        treatment = treated(stand_in(own, beat), asked, MEMBERS, progress)
    controls = controls_of(own, asked, None if treatment is None else treatment.acting)
    numbers, reflex, circulation = beat_numbers(live, beat), None, changed(own, controls)
    if asked.reflex:
        reflex = answered(live, beat, controls, asked, progress)
        circulation = changed(own, reflex.controls)
        controls = reflex.controls
    return Asked(circulation, controls, treatment, numbers, reflex)


def beat_in_full(heart: Heart, owns: Sequence[Result], params: BeatParams, progress: Progress) -> Made:
    """Return a kept heart's full beat as it is asked for, compared with its own.

    Parameters
    ----------
    owns : sequence of Result
        Full beats as fits made them; the one of this very wall is its own. Where there is none, its own
        numbers are those of the reduced heart.
    """
    own = next((o for o in owns if np.array_equal(o.mesh.points, heart.mesh.points)), None)
    asked = worked_out(heart, params, progress.between(0.03, 0.05))
    ventricle, beats = beaten(heart, params, asked, progress.between(0.05, 0.9))
    acting = () if asked.treatment is None else asked.treatment.ensemble
    known = spreads(heart, params, acting, progress.between(0.9, 1.0))
    last = beats[-1]
    told_of_intervals = (*((MEANING,) if known.numbers else ()), *known.limits)
    limits = (*heart.limits, *_limits(params, asked), *told_of_intervals)
    result = result_of(heart.mesh, ventricle, last, limits)
    result, electric = _with_electrocardiogram(result, heart, params, last.beats.times_s)
    measured = outcome_of(asked.circulation, last.beats, TOLD_VALVES)
    numbers = _replaced(result.numbers, measured)
    numbers += [
        Number(
            TOLD[key][0],
            measured[key],
            TOLD[key][1],
            remark=OF_GORLIN if key.endswith("gorlin_area_cm2") else "",
        )
        for key in TOLD
        if key in measured and abs(measured[key] - asked.own.get(key, 0.0)) > 0.01 * abs(measured[key])
    ]
    numbers += _of_treatment(asked.treatment)
    numbers += [] if asked.reflex is None else asked.reflex.numbers()
    compared = _compared(numbers, own, asked.own | electric, known.numbers)
    result = replace(result, numbers=tuple(number for number, _ in compared))
    full = {KEYS[n.name]: n.value for n in result.numbers if n.name in KEYS}
    summary: dict[str, object] = dict(full)
    summary["beats_differ_ml"] = change_ml(last)
    summary["full_beats"] = len(beats)
    summary["own_and_now"] = [line for _, line in compared if line]
    summary["intervals"] = list(told_of_intervals)
    apart = apart_of(_live(heart, params, asked), full)
    if apart:
        summary["live_and_full"] = list(apart)
        told = "; ".join(apart)
        line = f"the window's live beat is of the reduced heart; beside this full one: {told}"
        result = replace(result, limits=(*result.limits, line))
    if asked.treatment is not None:
        summary["sources"] = list(asked.treatment.sources)
    return Made({"beat": result}, summary, {"beat": beat_named(parameters(BeatParams), vars(params))})


def _live(heart: Heart, params: BeatParams, asked: Asked) -> dict[str, float]:
    """Return the numbers that the window's live beat shows under these conditions; none where none does."""
    if walled(params):
        return {}
    try:
        controls = asked.controls
        return settled_beat(heart, asked.circulation, controls.contractility, controls.stiffness)[1]
    except UserError:  # beyond its chart
        return {}


def beaten(
    heart: Heart, params: BeatParams, asked: Asked, progress: Progress
) -> tuple[Ventricle, Sequence[Coupled]]:
    """Return a kept heart's full beats, settled on the reduced heart.

    A wall that no chart answers is likened to the charted one: under the tension over time that gives the
    pressures of its last full beat, the charted wall settles in its place; then the next full beat shows it.

    Raises
    ------
    UserError
        It does not settle, or the wall finds no rest.
    """
    progress(0.0, "settling the circulation")
    circulation, reduced = asked.circulation, reduced_heart(heart)
    twitch = course_of(heart)(circulation, heart.peak_kpa * asked.controls.contractility)
    factor = asked.controls.stiffness * heart.stiffness
    if not walled(params):
        settled, _ = repeating(reduced.cavity(twitch, factor), circulation)
        progress(0.01, "the wall at rest")
        ventricle, rest = ventricle_of(heart, asked.controls.stiffness)
        part = progress.between(0.02, 1.0)
        return ventricle, full_beats(ventricle, rest, settled, twitch, params.beats, part)
    progress(0.0, "the wall as it has become")
    wall = wall_of(heart, params, twitch, circulation.beat_s)
    course, made, charted = wall.course, list[Coupled](), reduced
    least = max(params.beats, LEAST_WALLED)
    for number in range(least + _MOST_BEYOND):
        settled, _ = repeating(charted.cavity(course, factor), circulation)
        part = progress.between(min(number / least, 1.0), min((number + 1) / least, 1.0))
        made += full_beats(wall.ventricle, wall.rest, settled, wall.tension, 1, part)
        if len(made) >= least and change_ml(made[-1]) < REPEATS_ML:
            break
        # What speed takes is in the pressures already.
        course, charted = likened(reduced, made[-1], factor), replace(reduced, shortening=None)
    return wall.ventricle, made


def likened(reduced: Reduced, beat: Coupled, stiffness: float) -> Tension:
    """Return the acting tension over time under which a reduced ventricle has a full beat's pressures.

    Below none, where the full one presses less than the reduced one does at ease: the slope at none goes on.
    """
    tensions = reduced.tensions_kpa[-1] * stiffness * np.linspace(-_BELOW, 1.0, _DRIVES)
    cavity = reduced.cavity(np.asarray, stiffness)  # its drive is the tension itself
    times = np.array([time for time, _ in beat.places])
    found = np.empty(len(times))
    for n, (_, place) in enumerate(beat.places):
        pressures = [cavity(place.volume_ml, float(tension)) for tension in tensions]
        found[n] = np.interp(place.pressure_mmhg, np.maximum.accumulate(pressures), tensions)
    beat_s = float(beat.beats.times_s[-1])

    def course(time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(np.asarray(time_s) % beat_s, times, found)

    return course


def _with_electrocardiogram(
    result: Result, heart: Heart, params: BeatParams, times_s: NDArray[np.float64]
) -> tuple[Result, dict[str, float]]:
    """Return a beat with its electrocardiogram, and the own one's number.

    As it is, and none, where the wall's fibers or septum are not known.
    """
    electric = electric_of(heart)
    if electric is None:
        return result, {}
    shown = electric.electrocardiogram(params)
    made = replace(
        result,
        curves=(*result.curves, *electric.curves(shown, times_s, float(times_s[-1]))),
        numbers=(*result.numbers, told(shown, params.rhythm)),
        limits=(*result.limits, *limits_of(params)),
    )
    return made, {QRS: electric.electrocardiogram(BeatParams()).qrs_ms}


def _limits(params: BeatParams, asked: Asked) -> tuple[str, ...]:
    walls = LIMITS if params.rhythm != OWN_RHYTHM else ()
    given = () if asked.treatment is None else (*asked.treatment.limits, LIMIT)
    reflex = () if asked.reflex is None else asked.reflex.limits
    return tuple(dict.fromkeys((*live_limits(params), *walls, *given, *reflex)))


def _replaced(numbers: Sequence[Number], measured: dict[str, float]) -> list[Number]:
    """Return a beat's numbers, those of them replaced that mean another thing where blood goes other ways."""
    found = []
    for number in numbers:
        key = KEYS.get(number.name, "")
        if key == "isovolumic_contraction_s" and key not in measured:
            continue
        kept = key in ("cardiac_output_l_per_min", "lv_end_diastolic_pressure_mmhg")
        found.append(replace(number, value=measured[key]) if kept else number)
    return found


def _of_treatment(treatment: Treatment | None) -> list[Number]:
    """Return the medicine's concentration and what it does to the stand-in, with their intervals."""
    if treatment is None:
        return []
    remark = "Interval: nine of ten patients of an ensemble."
    found = [
        Number(f"concentration of {name}", n.after, "ng/mL", n.low, n.high, remark=remark)
        for name, n in treatment.concentrations_ng_per_ml.items()
    ]
    for key, name, unit in (
        ("heart_rate_per_min", "heart rate, by the medicine", "1/min"),
        ("systolic_pressure_mmhg", "systolic pressure, by the medicine", "mmHg"),
    ):
        n = treatment.numbers[key]
        told = f"Of an elastance in the ventricle's place: {n.before:.0f} before. {remark}"
        found.append(Number(name, n.after, unit, n.low, n.high, remark=told))
    return found


def _compared(
    numbers: Sequence[Number], own: Result | None, reduced: dict[str, float], known: dict[str, Spread]
) -> list[tuple[Number, str]]:
    """Return each number with a remark on the own one, and both in a line with the change.

    Intervals stand behind what they are of, where ``known`` has them. They are the reduced heart's: where a
    full beat's change lies outside, it is said whose they are.
    """
    owns = {} if own is None else {n.name: n for n in own.numbers}
    found: list[tuple[Number, str]] = []
    for number in numbers:
        before = owns.get(number.name)
        key = KEYS.get(number.name, "")
        if before is not None and key == ELASTANCE and before.remark != OF_ELASTANCE:
            before = None  # of a fit kept before, by an earlier moment's tangent
        if before is None and key in reduced and key not in _STEPPED:
            before = Number(number.name, reduced[key], number.unit)
        spread = None if key == ELASTANCE else known.get(key)  # of a chart's slope, which a full beat has not
        now = number if spread is None or key in _STEPPED else _between(number, spread)
        if before is None:
            found.append((now, ""))
            continue
        unit = "" if number.unit == "1" else f" {number.unit}"
        step = " points" if number.unit == "%" else unit
        off = number.value - before.value
        change = f"{figures(off, sign='+')}{step}"
        if spread is not None:
            # What lies outside is no interval of this change: the reduced heart's own is another.
            beside = "" if spread.least_change <= off <= spread.most_change else "reduced hearts: "
            change += f" ({beside}{span(spread.least_change, spread.most_change, sign='+')})"
        told = _told(before, unit)
        line = f"{number.name}: {told} → {_told(now, unit, ' (no interval)')}, {change}"
        said = f"Own: {told}; change {change}."
        found.append((replace(now, remark=f"{said} {now.remark}".strip()), line))
    return found


def _between(number: Number, spread: Spread) -> Number:
    """Return a number with its interval."""
    ends = (spread.low, spread.high)
    beside = "" if spread.low <= number.value <= spread.high else BESIDE
    return replace(
        number, low=ends[0], high=ends[1], causes={"ensemble, 95 %": ends},
        remark=f"{number.remark} {beside}".strip(),
    )  # fmt: skip


def _told(number: Number, unit: str, without: str = "") -> str:
    """Return a number with its unit, and its interval where it has one; else ``without`` behind it."""
    told = f"{figures(number.value)}{unit}"
    if number.low is not None and number.high is not None:
        return f"{told} ({span(number.low, number.high)})"
    return told + without
