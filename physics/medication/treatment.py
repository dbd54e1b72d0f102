"""What medicines do to a circulation: before and after, with intervals.

Under lasting treatment the baroreflex has reset itself to the new pressure; within minutes it answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from physics.circulation import Beats, Circulation, measures_of
from physics.circulation.baroreflex import Baroreflex
from physics.circulation.regulation import Ease, at_ease, regulated, reset
from physics.circulation.settling import settled
from physics.medication.effects import Changes, acting_concentrations, changes_of, effect_of, kinetics_of
from physics.medication.kinetics import Regimen, Route
from resources.medicines import Medicine, Parameter, Response, medicines
from twin.errors import UserError
from twin.progress import Progress

SEED = 20260101
MEMBERS = 40
"""Patients in the ensemble that intervals come from."""

INTERVAL_PERCENT = (5.0, 95.0)
"""Of the ensemble: what nine of ten patients lie within."""

_MOST_LOST = 0.9
"""Of a resistance or the like: more is none of any patient's."""

_REST_BEATS, _REST_PER_MIN = 20, 1.0
"""Where the heart rate changes by no more in as many beats, reflex and heart have come to rest."""

_MINUTES_BEATS = 150
"""Until reflex and blood have settled: five time constants of the slowest effector, the slack veins."""

LIMITS = (
    "a model's answer, no advice: neither whether a medicine may be given, nor with which others, is judged",
    "kinetics are those of adults of some 70 kg with healthy kidneys and liver; no medicine changes "
    "another's uptake or clearance",
)


@dataclass(frozen=True)
class Course:
    """A medicine and how it is given.

    Attributes
    ----------
    population : str or None
        Whose response is taken; the medicine's first where none is named.
    at_h : float or None
        After the beginning; None for lasting treatment, or for the moment of the greatest effect.
    """

    medicine: Medicine
    regimen: Regimen
    population: str | None = None
    at_h: float | None = None

    @property
    def response(self) -> Response:
        """What it does; ``UserError`` for a population that the table does not know."""
        known = self.medicine.responses
        for response in known:
            if self.population in {None, response.population}:
                return response
        raise UserError(
            f"What {self.medicine.name} does in {self.population} is not in the table.",
            f"It is for: {', '.join(response.population for response in known)}.",
        )


@dataclass(frozen=True)
class Number:
    """One number before and after, and the interval of what comes after.

    Where there was no ensemble the interval is ``after`` alone.
    """

    before: float
    after: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Treatment:
    """What treatment comes to.

    Attributes
    ----------
    numbers : dict of Number
        By the names of ``measures_of``, and ``heart_rate_per_min``.
    concentrations_ng_per_ml : dict of Number
        Of each medicine where it acts, the mean of an interval of lasting treatment; 0 before.
    changes : Changes
        What the medicines ask of the circulation.
    acting : Changes
        What it has come to, the reflex's answer with it: factors of the baseline's parameters, for another
        ventricle in this circulation. Receptors taken are in them, and 0 here.
    ensemble : tuple of Changes
        The same in each patient of the ensemble who can follow; ``acting`` alone where there was none.
    circulation : Circulation
        As it has become, the reflex's answer with it.
    before, after : Beats
    sources : tuple of str
        Of every parameter that went in: name, value, unit and source.
    limits : tuple of str
        What must not be read out of it.
    """

    numbers: dict[str, Number]
    concentrations_ng_per_ml: dict[str, Number]
    changes: Changes
    acting: Changes
    ensemble: tuple[Changes, ...]
    circulation: Circulation
    before: Beats
    after: Beats
    sources: tuple[str, ...]
    limits: tuple[str, ...]


def medicine(name: str) -> Medicine:
    """Return a medicine of the table; another name raises ``UserError``."""
    known = medicines()
    if name not in known:
        raise UserError(f"There is no medicine “{name}” here.", f"There are: {', '.join(known)}.")
    return known[name]


def treat(
    baseline: Circulation,
    courses: Sequence[Course],
    *,
    members: int = MEMBERS,
    seed: int = SEED,
    progress: Progress | None = None,
) -> Treatment:
    """Give medicines to a circulation.

    Parameters
    ----------
    baseline : Circulation
        As the patient is without them.
    courses : sequence of Course
        All lasting, or none: what has been given for weeks is part of the baseline of what is given now.
    members : int
        Patients in the ensemble whose kinetics and responses differ by the spread of each parameter
        (log-normal, each by itself); 0 for no intervals.

    Raises
    ------
    UserError
        Nothing given; a dose beyond what is given; lasting and other treatment at once; an effect that is
        known in other circumstances only; a heart that cannot follow, as of half of the ensemble; a
        circulation that does not settle.
    """
    _check(courses)
    lasting = courses[0].regimen.lasting
    before = settled(baseline)
    begun = replace(baseline, start=before.end())
    ease: Circulation | Ease = begun
    if not lasting or any(effect.on == "beta_receptors" for c in courses for effect in c.response.effects):
        ease = at_ease(baseline, Baroreflex().blunted(_reflex_left(courses)), settled=before)
    systolic = measures_of(before)["systolic_pressure_mmhg"]
    changes, levels = _changes(courses, [_held(course) for course in courses], systolic)
    circulation, after = _after(ease, changes, lasting)
    others = _ensemble(courses, ease, systolic, members, np.random.default_rng(seed), progress or Progress())
    first, ends = _measured(before), [_measured(end) for end in (after, *(end for _, end, _ in others))]
    reached = [levels, *(level for _, _, level in others)]
    acting, *each = (_acting(begun, c, end) for c, end in ((circulation, after), *(o[:2] for o in others)))
    return Treatment(
        {name: _number(first[name], [end[name] for end in ends]) for name in first},
        {c.medicine.name: _number(0.0, [level[k] for level in reached]) for k, c in enumerate(courses)},
        changes,
        acting,
        tuple(each) or (acting,),
        circulation,
        before,
        after,
        tuple(line for course in courses for line in _sources(course)),
        (
            *LIMITS,
            *_lost(members - len(others), members),
            *baseline.limits,
            *(line for course in courses for line in _limits(course, systolic)),
        ),
    )


def _ensemble(
    courses: Sequence[Course],
    ease: Circulation | Ease,
    systolic_mmhg: float,
    members: int,
    random: np.random.Generator,
    progress: Progress,
) -> list[tuple[Circulation, Beats, list[float]]]:
    """Return what other patients come to, and their concentrations; without those who cannot follow."""
    found = []
    for member in range(members):
        progress(member / members, "one of the ensemble")
        drawn = [_drawn(course, random) for course in courses]
        changes, levels = _changes(courses, drawn, systolic_mmhg)
        try:
            found.append((*_after(ease, changes, courses[0].regimen.lasting), levels))
        except UserError as error:
            if 2 * (member + 1 - len(found)) > members:
                words = f"Half of the ensemble's hearts cannot follow. {error.message}"
                raise UserError(words, error.hint) from error
    return found


def _lost(count: int, members: int) -> list[str]:
    if not count:
        return []
    return [f"{count} of {members} patients of the ensemble cannot follow: the interval leaves them out"]


def _check(courses: Sequence[Course]) -> None:
    if not courses:
        raise UserError("No medicine is given.", "Name one with its dose.")
    if len({course.medicine.name for course in courses}) < len(courses):
        raise UserError("A medicine is given twice.", "Name it once, with all that is given of it.")
    if len({course.regimen.lasting for course in courses}) > 1:
        raise UserError(
            "Lasting treatment and a dose or an infusion cannot be looked at at once.",
            "Take what the lasting one comes to as the baseline of the other.",
        )
    for course in courses:
        it, regimen = course.medicine, course.regimen
        infused = regimen.route is Route.INFUSION
        given, most = (
            (regimen.amount, it.most_mg_per_h) if infused else (regimen.mg_per_day, it.most_mg_per_day)
        )
        unit = "mg/h" if infused else "mg a day"
        if most == 0:
            raise UserError(
                f"{it.name} is not given so.", "Infuse it." if not infused else "Give doses of it."
            )
        if given > most * (1 + 1e-9):
            raise UserError(
                f"{given:g} {unit} of {it.name} is more than is ever given, {most:g} {unit}.",
                "Look at the dose's unit.",
            )
        if course.response.lasting and not regimen.lasting:
            raise UserError(
                f"What {it.name} does is known under lasting treatment only.", "Give it as daily doses."
            )
        if course.at_h is not None and (regimen.lasting or not course.at_h >= 0):
            raise UserError(
                f"There is no moment of {course.at_h:g} h to look at.",
                "Lasting treatment has none; else it is counted from the beginning.",
            )


def _reflex_left(courses: Sequence[Course]) -> float:
    """Return the share of the reflex that the population with the least of it has left."""
    return min(c.response.reflex.value if c.response.reflex else 1.0 for c in courses)


def _held(course: Course) -> dict[str, float]:
    """Return a course's parameters by name."""
    return {name: parameter.value for name, parameter in _parameters(course).items()}


def _parameters(course: Course) -> dict[str, Parameter]:
    held = dict(course.medicine.kinetics)
    for k, effect in enumerate(course.response.effects):
        held[f"{k}: greatest effect on {effect.on}"] = effect.most
        held[f"{k}: half of the effect on {effect.on} at"] = effect.half
    return held


def _drawn(course: Course, random: np.random.Generator) -> dict[str, float]:
    """Return parameters of another patient: log-normal around those of the table, which are the medians."""
    drawn = {}
    for name, parameter in _parameters(course).items():
        spread = np.sqrt(np.log1p((parameter.cv_percent / 100.0) ** 2))
        drawn[name] = parameter.value * float(np.exp(spread * random.standard_normal()))
    if "bioavailability" in drawn:
        drawn["bioavailability"] = min(drawn["bioavailability"], 1.0)
    return drawn


def _changes(
    courses: Sequence[Course], numbers: list[dict[str, float]], systolic_mmhg: float
) -> tuple[Changes, list[float]]:
    """Return what courses come to with parameters by name, and each medicine's concentration."""
    changes, levels = Changes(), []
    for course, held in zip(courses, numbers, strict=True):
        response = course.response
        kinetics = kinetics_of(course.medicine, held)
        found = acting_concentrations(course.medicine, kinetics, course.regimen, course.at_h)
        levels.append(float(found.mean()))
        sizes = []
        for k, effect in enumerate(response.effects):
            most, half = (
                held[f"{k}: greatest effect on {effect.on}"],
                held[f"{k}: half of the effect on {effect.on} at"],
            )
            size = effect_of(effect, found, most, half)
            if response.systolic_mmhg is not None:
                center, low, high = response.systolic_mmhg
                if not low <= systolic_mmhg <= high:
                    raise UserError(
                        f"What {course.medicine.name} does at {systolic_mmhg:.0f} mmHg systolic is not known "
                        f"here.",
                        f"The table holds for {low:g} to {high:g} mmHg.",
                    )
                size *= max(1.0 + effect.per_mmhg * (systolic_mmhg - center), 0.0)
            # A factor of the circulation stays above zero whatever a patient of the ensemble is like.
            sizes.append(size if effect.on == "blood" else max(size, -_MOST_LOST))
        changes = changes.and_also(changes_of(response, sizes))
    return changes, levels


def _after(ease: Circulation | Ease, changes: Changes, lasting: bool) -> tuple[Circulation, Beats]:
    """Return the circulation as it has become, and its beats; without nerves where nothing hangs on them."""
    try:
        if lasting:
            circulation = (
                reset(ease, changes.of, beta_occupancy=changes.beta_occupancy)
                if isinstance(ease, Ease)
                else changes.of(ease)
            )
            beats = settled(circulation)
            return replace(circulation, start=beats.end()), beats
        found = regulated(ease, _MINUTES_BEATS, changes.of, beta_occupancy=changes.beta_occupancy)
    except ValueError as error:
        raise UserError(f"The heart cannot follow: {error}.", "Look at the dose.") from error
    if np.ptp(found.heart_rates_per_min[-_REST_BEATS:]) > _REST_PER_MIN:
        raise UserError(
            "Heart and baroreflex do not come to rest: the rate swings.",
            "The heart beats too fast to fill: look at dose and baseline.",
        )
    return found.last, found.beats[-1]


def _acting(before: Circulation, after: Circulation, beats: Beats) -> Changes:
    """Return by what a circulation after differs from the one before."""
    blood = float(after.volume_ml(beats.states[-1]) - before.volume_ml(before.start.array()))
    return Changes(
        after.heart_rate_per_min / before.heart_rate_per_min,
        after.chambers["LV"].active_mmhg_per_ml / before.chambers["LV"].active_mmhg_per_ml,
        after.systemic.arterial_resistance_mmhg_s_per_ml / before.systemic.arterial_resistance_mmhg_s_per_ml,
        after.systemic.arterial_compliance_ml_per_mmhg / before.systemic.arterial_compliance_ml_per_mmhg,
        blood,
    )


def _measured(beats: Beats) -> dict[str, float]:
    last = beats.last()
    return {"heart_rate_per_min": 60.0 / float(last.times_s[-1] - last.times_s[0])} | measures_of(beats)


def _number(before: float, after: list[float]) -> Number:
    """Return a number whose first ``after`` is that of the table's parameters, the others the ensemble's."""
    spread = after[1:] or after[:1]
    low, high = np.percentile(spread, INTERVAL_PERCENT)
    return Number(before, after[0], float(low), float(high))


def _sources(course: Course) -> list[str]:
    held = _parameters(course)
    if course.response.reflex is not None:
        held["share of the baroreflex left"] = course.response.reflex
    return [
        f"{course.medicine.name}, {name.partition(': ')[2] or name}: {p.value:g}"
        f"{'' if p.unit == '1' else f' {p.unit}'} ± {p.cv_percent:g} %: {p.citation}"
        for name, p in held.items()
    ]


def _limits(course: Course, systolic_mmhg: float) -> list[str]:
    """Return what must be said beside a course's numbers."""
    it, response = course.medicine, course.response
    lines = [f"{it.name}: its effects are those found in one population: {response.population}"]
    lines += [f"{it.name}: {note}" for note in response.notes]
    if any(effect.most.origin == "fitted" for effect in response.effects):
        lines.append(f"{it.name}: effects marked fitted were made to give published ones and predict nothing")
    standard = it.standard_mg_per_day
    if response.lasting and standard and not 0.5 <= course.regimen.mg_per_day / standard <= 1.0:
        lines.append(f"{it.name}: effects are known from half to one standard dose of {standard:g} mg a day")
    if response.systolic_mmhg is not None:
        off = systolic_mmhg - response.systolic_mmhg[0]
        if abs(off) > 10.0:
            by = f"{off:+.0f}".replace("-", "−")
            lines.append(f"{it.name}: scaled from {response.systolic_mmhg[0]:g} mmHg systolic by {by}")
    return lines
