"""Verification of medicines: kinetics against closed formulas, effects against those they were fitted to.

Quantities that end in ``fitted`` show that the table and the circulation still agree; they predict nothing.
"""

from functools import cache

import numpy as np

from physics.circulation import Circulation
from physics.circulation.patients import AFTER_SURGERY, FAILING, HYPERTENSIVE, at_pressure
from physics.medication import Course, Kinetics, Regimen, Route, Treatment, kinetics_of, medicine, treat
from physics.verify import Row, problem, row

ANTIHYPERTENSIVES = ("metoprolol", "enalapril", "amlodipine", "hydrochlorothiazide")

WEIGHT_KG, SURFACE_M2 = 75.0, 1.75
"""Of the patients after surgery, who are told by index and dose by weight: assumed."""


@problem("kinetics")
def kinetics() -> list[Row]:
    """Doses to concentrations: Bateman's function, two exponentials, and what steady doses come to."""
    one = Kinetics(6.0, 40.0, bioavailability=0.8, absorption_per_h=1.2)
    two = Kinetics(6.0, 30.0, exchange_l_per_h=20.0, peripheral_l=70.0)
    # Bateman: C = F D ka / (V (ka - k)) (exp(-k t) - exp(-ka t)), k = CL/V = 0.15 /h, at 3 h.
    bateman = 0.8 * 1.2 / (40.0 * 1.05) * (np.exp(-0.45) - np.exp(-3.6)) * 1e3
    # k10 = 0.2, k12 = 2/3, k21 = 2/7 /h: rates are the roots of x² - (k10 + k12 + k21) x + k10 k21.
    k10, k12, k21 = 6.0 / 30.0, 20.0 / 30.0, 20.0 / 70.0
    fast, slow = np.roots([1.0, -(k10 + k12 + k21), k10 * k21])
    shares = (fast - k21) / (fast - slow), (k21 - slow) / (fast - slow)
    both = (shares[0] * np.exp(-fast * 2.0) + shares[1] * np.exp(-slow * 2.0)) / 30.0 * 1e3
    hours = np.linspace(0.0, 12.0, 2401)
    steady = one.concentrations(Regimen(Route.ORAL, 1.0, 12.0), hours)
    infused = two.concentrations(Regimen(Route.INFUSION, 3.0, hours=500.0), np.array([500.0]))
    dose = Regimen(Route.ORAL, 1.0, count=1)
    bolus = Regimen(Route.BOLUS, 1.0, count=1)
    swallowed, injected = (
        one.concentrations(dose, np.array([3.0])),
        two.concentrations(bolus, np.array([2.0])),
    )
    return [
        row("by_mouth_after_3_h", swallowed[0], bateman, "ng/mL", 1e-6),
        row("bolus_two_compartments_after_2_h", injected[0], both, "ng/mL", 1e-6),
        row("steady_mean", float(np.trapezoid(steady, hours)) / 12.0, 0.8 / 12.0 / 6.0 * 1e3, "ng/mL", 0.01),
        row("long_infusion", infused[0], 3.0 / 6.0 * 1e3, "ng/mL", 1e-6),
    ]  # fmt: skip


@cache
def _given(baseline: str, name: str, mg: float, times: int) -> Treatment:
    patients = {"154/97": HYPERTENSIVE}
    if baseline not in patients:
        systolic, diastolic = (float(part) for part in baseline.split("/"))
        patients[baseline] = at_pressure(HYPERTENSIVE, systolic, diastolic)
    return treat(patients[baseline], [Course(medicine(name), Regimen.daily(mg, times))], members=0)


def _fall(found: Treatment, which: str) -> float:
    number = found.numbers[f"{which}_pressure_mmhg"]
    return number.after - number.before


@problem("medication")
def medication() -> list[Row]:
    """Four antihypertensives in a hypertensive adult, against Law et al. 2003 (BMJ 326:1427).

    -9.1/-5.5 mmHg at standard and -7.1/-4.4 at half dose, +1.0/+1.1 for each 10 mmHg more before.
    """
    rows = []
    for name in ANTIHYPERTENSIVES:
        it = medicine(name)
        for words, share, wanted, within in (
            ("standard", 1.0, (-9.1, -5.5), 5.0), ("half", 0.5, (-7.1, -4.4), 20.0),
        ):  # fmt: skip
            found = _given("154/97", name, share * it.standard_mg_per_day, it.standard_times)
            rows += [
                row(f"{name}_{words}_{which}_fitted", _fall(found, which), value, "mmHg", within)
                for which, value in zip(("systolic", "diastolic"), wanted, strict=True)
            ]
    higher = _given("164/107", "enalapril", 10.0, 1)
    lower = _given("144/87", "enalapril", 10.0, 1)
    return [
        *rows,
        row("enalapril_at_164_systolic_fitted", _fall(higher, "systolic"), -10.1, "mmHg", 5.0),
        row("enalapril_at_107_diastolic_fitted", _fall(higher, "diastolic"), -6.6, "mmHg", 5.0),
        row("enalapril_at_144_systolic", _fall(lower, "systolic"), -8.1, "mmHg", 10.0),
        row("enalapril_at_87_diastolic", _fall(lower, "diastolic"), -4.4, "mmHg", 10.0),
    ]


@problem("dobutamine")
def dobutamine() -> list[Row]:
    """Dobutamine's steps, ±30 %, under the baroreflex: after heart surgery, and in severe heart failure.

    After surgery 0, 4, 8 µg/kg/min: 2.54, 3.11, 3.50 L/min/m² and 87.6, 96.4, 108.9 /min. In failure at 10
    (Akhtar et al. 1975, Am J Cardiol 36:202): 3.1 to 5.6 L/min, wedge pressure 27.4 to 21.1 mmHg.
    """

    def change(baseline: Circulation, dose: float, population: str) -> dict[str, float]:
        course = Course(medicine("dobutamine"), Regimen.infusion(dose, WEIGHT_KG), population)
        numbers = treat(baseline, [course], members=0).numbers
        return {name: number.after - number.before for name, number in numbers.items()}

    rows = []
    for dose, index, rate in ((4.0, 3.11, 96.4), (8.0, 3.50, 108.9)):
        found = change(AFTER_SURGERY, dose, "after heart surgery")
        output = found["cardiac_output_l_per_min"] / SURFACE_M2
        rows += [
            row(f"index_step_at_{dose:g}_fitted", output, index - 2.54, "L/min/m²", 30.0),
            row(
                f"heart_rate_step_at_{dose:g}_fitted", found["heart_rate_per_min"], rate - 87.6, "/min", 30.0
            ),
        ]
    failing = change(FAILING, 10.0, "severe heart failure")
    return [
        *rows,
        row("failing_output_step_fitted", failing["cardiac_output_l_per_min"], 5.6 - 3.1, "L/min", 30.0),
        row("failing_left_atrium_step_fitted", failing["la_mean_pressure_mmhg"], 21.1 - 27.4, "mmHg", 30.0),
    ]


@problem("medication-kinetics")
def levels() -> list[Row]:
    """What the table's kinetics come to, against measured levels that did not go into them.

    Metoprolol 50 mg once a day for 5 days: 221 nmol/L = 59.1 ng/mL at its highest (Pharmacokinetic and
    pharmacodynamic evaluation of metoprolol controlled release 50 mg in young subjects; other studies find
    up to twice as much). Nitroglycerin at 21 µg/min: some 4 ng/mL (Armstrong et al. 1983). Both ±30 %.
    """
    hours = np.linspace(0.0, 24.0, 2401)
    it = kinetics_of(medicine("metoprolol")).concentrations(Regimen.daily(50.0), hours)
    trinitrate = kinetics_of(medicine("glyceryl trinitrate"))
    level = trinitrate.concentrations(Regimen(Route.INFUSION, 21.0 * 60e-3), np.zeros(1))[0]
    return [
        row("metoprolol_peak", it.max(), 59.1, "ng/mL", 30.0),
        row("nitroglycerin", level, 4.0, "ng/mL", 30.0),
    ]
