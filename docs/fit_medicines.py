"""Fits the effects of resources/medicines.toml that are marked fitted, and prints them.

Run it when a target or the circulation changes, and write what it prints into the table.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from physics.circulation import Circulation
from physics.circulation.patients import AFTER_SURGERY, FAILING, HYPERTENSIVE, at_pressure
from physics.medication import Course, Regimen, Route, medicine, treat
from resources.medicines import Medicine

Target = tuple[Circulation, Regimen, dict[str, tuple[float, float]]]
"""A baseline, what is given, and the wanted change of some numbers with its tolerance."""

Place = tuple[int, str]
"""An effect and its field: ``most``, ``half`` or ``per_mmhg``."""

SYSTOLIC, DIASTOLIC = "systolic_pressure_mmhg", "diastolic_pressure_mmhg"
MEAN, OUTPUT = "mean_arterial_pressure_mmhg", "cardiac_output_l_per_min"
RATE, LEFT_ATRIUM = "heart_rate_per_min", "la_mean_pressure_mmhg"

ANTIHYPERTENSIVES = ("amlodipine", "enalapril", "metoprolol", "hydrochlorothiazide")


def _with(it: Medicine, population: str, places: Sequence[Sequence[Place]], numbers: list[float]) -> Medicine:
    """Return a medicine with other numbers in places of one response; a number may stand in several."""
    responses = []
    for response in it.responses:
        effects = list(response.effects)
        for group, number in zip(places, numbers, strict=True):
            for k, field in group if response.population == population else ():
                old = getattr(effects[k], field)
                new = number if field == "per_mmhg" else replace(old, value=number)
                effects[k] = replace(effects[k], **{field: new})
        responses.append(replace(response, effects=tuple(effects)))
    return replace(it, responses=tuple(responses))


def _fit(
    it: Medicine, population: str, places: Sequence[Sequence[Place]], targets: Sequence[Target]
) -> Medicine:
    """Fit, print, and return the medicine with what was found; ``half`` stays above zero."""
    response = next(r for r in it.responses if r.population == population)
    begin = []
    for group in places:
        k, field = group[0]
        held = getattr(response.effects[k], field)
        begin.append(held if field == "per_mmhg" else held.value)
    is_half = [group[0][1] == "half" for group in places]
    scale = [1.0 if half else max(abs(b), 0.01) for half, b in zip(is_half, begin, strict=True)]

    def numbers(at: NDArray[np.float64]) -> list[float]:
        return [
            float(b * np.exp(x) if half else x * s)
            for x, half, b, s in zip(at, is_half, begin, scale, strict=True)
        ]

    def changed(made: Medicine, target: Target) -> dict[str, float]:
        found = treat(target[0], [Course(made, target[1], population)], members=0).numbers
        return {name: found[name].after - found[name].before for name in target[2]}

    def off(at: NDArray[np.float64]) -> list[float]:
        made = _with(it, population, places, numbers(at))
        return [
            (value - target[2][name][0]) / target[2][name][1]
            for target in targets
            for name, value in changed(made, target).items()
        ]

    start = np.array([0.0 if half else b / s for half, b, s in zip(is_half, begin, scale, strict=True)])
    fit = least_squares(off, start, diff_step=1e-2)
    made = _with(it, population, places, numbers(fit.x))
    print(it.name, population)
    for group, number in zip(places, numbers(fit.x), strict=True):
        print("   ", [(response.effects[k].on, field) for k, field in group], f"{number:.4g}")
    for target in targets:
        values = changed(made, target)
        print("   ", {name: (round(v, 2), target[2][name][0]) for name, v in values.items()})
    return made


def _pressures(systolic: float, diastolic: float, by: float = 0.1) -> dict[str, tuple[float, float]]:
    return {SYSTOLIC: (systolic, by), DIASTOLIC: (diastolic, by)}


def antihypertensives() -> None:
    """Law et al. 2003: at standard and half dose, then at 10 mmHg more."""
    higher = at_pressure(HYPERTENSIVE, 164.0, 107.0)
    for name in ANTIHYPERTENSIVES:
        it = medicine(name)
        full = Regimen.daily(it.standard_mg_per_day, it.standard_times)
        half = Regimen.daily(it.standard_mg_per_day / 2, it.standard_times)
        on = [effect.on for effect in it.responses[0].effects]
        r, c = on.index("resistance"), on.index("compliance")
        halves = [(k, "half") for k, what in enumerate(on) if what != "beta_receptors"]
        it = _fit(
            it, "hypertension", [[(r, "most")], [(c, "most")], halves],
            [(HYPERTENSIVE, full, _pressures(-9.1, -5.5)), (HYPERTENSIVE, half, _pressures(-7.1, -4.4, 0.2))],
        )  # fmt: skip
        _fit(
            it, "hypertension", [[(r, "per_mmhg")], [(c, "per_mmhg")]],
            [(higher, full, _pressures(-10.1, -6.6))],
        )  # fmt: skip


def of_minutes() -> None:
    """Dobutamine, nitrate and digoxin in the patients in whom they were measured."""
    weight_kg = 75.0
    surgery = [
        (AFTER_SURGERY, Regimen.infusion(dose, weight_kg), {OUTPUT: (1.75 * index, 0.05), RATE: (rate, 0.5)})
        for dose, index, rate in ((4.0, 0.57, 8.8), (8.0, 0.96, 21.3))
    ]
    surgery[1][2][MEAN] = (4.4, 1.0)
    _fit(
        medicine("dobutamine"), "after heart surgery",
        [[(0, "most")], [(1, "most")], [(1, "half")], [(2, "most")]], surgery,
    )  # fmt: skip
    failing = {OUTPUT: (2.5, 0.05), RATE: (6.7, 0.5), MEAN: (4.9, 1.0), LEFT_ATRIUM: (-6.3, 0.1)}
    _fit(
        medicine("dobutamine"), "severe heart failure",
        [[(0, "most")], [(1, "most")], [(2, "most")], [(3, "most")]],
        [(FAILING, Regimen.infusion(10.0, weight_kg), failing)],
    )  # fmt: skip
    _fit(
        medicine("glyceryl trinitrate"), "severe heart failure", [[(0, "most")]],
        [(FAILING, Regimen(Route.INFUSION, 21.0 * 60e-3), {LEFT_ATRIUM: (-6.0, 0.1)})],
    )  # fmt: skip
    twice = Regimen(Route.BOLUS, 0.5, 2.0, 2)
    _fit(
        medicine("digoxin"), "severe heart failure", [[(0, "most")], [(1, "most")], [(2, "most")]],
        [(FAILING, twice, {OUTPUT: (3.1 * 0.7 / 2.6, 0.01), MEAN: (0.0, 0.5), LEFT_ATRIUM: (-7.0, 0.1)})],
    )  # fmt: skip


FITS: tuple[Callable[[], None], ...] = (antihypertensives, of_minutes)

if __name__ == "__main__":
    for run in FITS:
        run()
