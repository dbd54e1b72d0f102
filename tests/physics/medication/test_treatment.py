"""Medicines in patients; the effects that they were fitted to stand in ``physics.verify``."""

from dataclasses import replace

import numpy as np
import pytest

from physics.circulation import ADULT
from physics.circulation.patients import FAILING, HYPERTENSIVE, Difference
from physics.medication import Changes, Course, Regimen, Route, medicine, treat, treatment
from physics.medication.effects import acting_concentrations, effect_of, kinetics_of
from twin.errors import UserError


def standard(name: str) -> Course:
    it = medicine(name)
    return Course(it, Regimen.daily(it.standard_mg_per_day, it.standard_times))


def test_a_beta_blocker_lowers_rate_and_contractility() -> None:
    """Metoprolol took 69 to 62 /min and 3.36 to 2.78 L/min/m² in 7 patients (Jpn J Clin Pharmacol Ther 13:4).

    A year of atenolol left the resistance as it was (Lund-Johansen 1979, J Cardiovasc Pharmacol 1:487).
    """
    found = treat(HYPERTENSIVE, [standard("metoprolol")], members=6)
    rate, output = found.numbers["heart_rate_per_min"], found.numbers["cardiac_output_l_per_min"]
    assert -11.0 < rate.after - rate.before < -3.0
    assert output.after < output.before
    active = [c.chambers["LV"].active_mmhg_per_ml for c in (HYPERTENSIVE, found.circulation)]
    assert 0.85 < active[1] / active[0] < 0.97
    resistances = [c.systemic.arterial_resistance_mmhg_s_per_ml for c in (HYPERTENSIVE, found.circulation)]
    assert resistances[1] == pytest.approx(resistances[0], rel=0.03)
    # For another ventricle: the same factors, by name; no blood was made.
    acting = found.acting
    assert acting.heart_rate == pytest.approx(rate.after / rate.before, rel=1e-4)
    assert acting.contractility == pytest.approx(active[1] / active[0])
    assert acting.blood_ml == pytest.approx(0.0, abs=0.05)
    # Patients differ: less in what was set than in what came of it, and the table's patient is one of them.
    pressure = found.numbers["systolic_pressure_mmhg"]
    assert rate.low < rate.after < rate.high < rate.before
    assert pressure.low < pressure.after < pressure.high < pressure.before
    level = found.concentrations_ng_per_ml["metoprolol"]
    # 0.45 · 50 mg / 12 h / 72 L/h
    assert level.after == pytest.approx(26.0, rel=0.02)
    assert level.low < level.after < level.high
    rates = sorted(one.heart_rate for one in found.ensemble)
    assert len(rates) == 6
    assert rates[0] < found.acting.heart_rate < rates[-1]


def test_the_same_seed_draws_the_same_patients() -> None:
    first, same, other = (treat(HYPERTENSIVE, [standard("enalapril")], members=1, seed=s) for s in (0, 0, 1))
    assert first.numbers == same.numbers
    assert first.numbers != other.numbers


@pytest.mark.parametrize(
    ("name", "resistance", "compliance", "blood"),
    [("enalapril", -1, 1, 0), ("amlodipine", -1, 1, 0), ("hydrochlorothiazide", -1, 1, -1)],
)
def test_vessels_widen_and_diuretics_take_blood(
    name: str, resistance: int, compliance: int, blood: int
) -> None:
    """Directions of Lund-Johansen 1990 (amlodipine: resistance down, heart rate kept) and Tarazi 1970."""
    found = treat(HYPERTENSIVE, [standard(name)], members=0)
    assert found.ensemble == (found.acting,)
    changes = found.changes
    assert np.sign([changes.resistance - 1, changes.compliance - 1, changes.blood_ml]).tolist() == [
        resistance, compliance, blood
    ]  # fmt: skip
    assert changes.heart_rate == changes.contractility == 1.0
    assert found.numbers["heart_rate_per_min"].after == pytest.approx(70.0, abs=1e-3)
    mean = found.numbers["mean_arterial_pressure_mmhg"]
    assert -12.0 < mean.after - mean.before < -5.0


def test_two_medicines_do_as_much_as_both() -> None:
    """Law et al. 2003: the effects of different categories were additive."""
    fall = {}
    for names in (("enalapril",), ("amlodipine",), ("enalapril", "amlodipine")):
        number = treat(HYPERTENSIVE, [standard(n) for n in names], members=0).numbers[
            "systolic_pressure_mmhg"
        ]
        fall[names] = number.after - number.before
    both = fall.pop(("enalapril", "amlodipine"))
    assert both == pytest.approx(sum(fall.values()), rel=0.1)
    once = Changes(resistance=0.9, blood_ml=-50.0, beta_occupancy=0.5)
    assert once.and_also(once) == Changes(resistance=0.81, blood_ml=-100.0, beta_occupancy=0.75)


def test_a_nitrate_empties_the_veins_and_the_reflex_answers() -> None:
    """Armstrong et al. 1983: wedge 26 to 20, right atrium 12 to 8 mmHg at 21 µg/min; here ±40 %."""
    course = Course(medicine("glyceryl trinitrate"), Regimen(Route.INFUSION, 21.0 * 60e-3))
    found = treat(FAILING, [course], members=1)
    for name, fall in (("la_mean_pressure_mmhg", -6.0), ("ra_mean_pressure_mmhg", -4.0)):
        number = found.numbers[name]
        assert number.after - number.before == pytest.approx(fall, rel=0.4)
    assert found.numbers["heart_rate_per_min"].after > 98.5
    # Some of what the veins took the reflex has given back.
    assert found.changes.blood_ml < found.acting.blood_ml < 0.0
    assert any("output and pressure fall here" in limit for limit in found.limits)


def test_digoxin_acts_from_the_tissue() -> None:
    it, twice = medicine("digoxin"), Regimen(Route.BOLUS, 0.5, 2.0, 2)
    kinetics = kinetics_of(it)
    highest = acting_concentrations(it, kinetics, twice)[0]
    early = acting_concentrations(it, kinetics, twice, 0.0)[0]
    assert early == 0.0
    # 1 mg over 400 L is 2.5 ng/mL; some has been cleared by then.
    assert 1.5 < highest < 2.5


def test_an_effect_is_half_its_greatest_at_its_half() -> None:
    effect = medicine("enalapril").responses[0].effects[0]
    half = effect.half.value
    assert effect_of(effect, np.array([half])) == pytest.approx(effect.most.value / 2)
    # Averaged over an interval: of 1/2 and 2/3.
    assert effect_of(effect, np.array([half, 2 * half])) == pytest.approx(effect.most.value * 7 / 12)
    assert effect_of(replace(effect, steepness=2.0), np.array([2 * half])) == pytest.approx(
        effect.most.value * 0.8
    )


def test_patients_who_cannot_follow_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, real = [0], treatment._after

    def failing(ease, changes, lasting):
        calls[0] += 1
        if calls[0] in lost:
            raise UserError("The heart cannot follow.")
        return real(ease, changes, lasting)

    monkeypatch.setattr(treatment, "_after", failing)
    lost = {3}
    found = treat(HYPERTENSIVE, [standard("enalapril")], members=3)
    assert any("1 of 3 patients of the ensemble cannot follow" in limit for limit in found.limits)
    calls[0], lost = 0, {2, 3}
    with pytest.raises(UserError, match="Half of the ensemble"):
        treat(HYPERTENSIVE, [standard("enalapril")], members=3)


def test_a_heart_too_fast_to_fill_comes_to_no_rest() -> None:
    course = Course(medicine("dobutamine"), Regimen.infusion(10.0, 75.0))
    with pytest.raises(UserError, match="do not come to rest: the rate swings"):
        treat(ADULT.at(100.0), [course], members=0)


def test_every_number_that_went_in_is_told() -> None:
    found = treat(HYPERTENSIVE, [Course(medicine("enalapril"), Regimen.daily(20.0))], members=0)
    assert len(found.sources) == 4 + 2 * 2
    assert all(line.startswith("enalapril, ") for line in found.sources)
    assert not [
        line for line in found.sources if " 1 ±" in line.replace(": 1 ±", ":")
    ]  # a pure number's unit
    assert any("no advice" in limit for limit in found.limits)
    assert any("half to one standard dose" in limit for limit in found.limits)
    assert any("no patient" in limit for limit in found.limits)


def test_what_cannot_be_answered_is_refused() -> None:
    def refused(courses: list[Course], words: str, baseline=HYPERTENSIVE) -> None:
        with pytest.raises(UserError, match=words):
            treat(baseline, courses, members=0)

    enalapril, dobutamine = medicine("enalapril"), medicine("dobutamine")
    infusion = Regimen.infusion(5.0, 75.0)
    refused([], "No medicine")
    refused([Course(enalapril, Regimen.daily(5000.0))], "more than is ever given, 40 mg a day")
    refused([Course(enalapril, infusion)], "not given so")
    refused([Course(dobutamine, Regimen.daily(5.0))], "not given so")
    refused([Course(enalapril, Regimen(Route.ORAL, 5.0, count=1))], "lasting treatment only")
    refused([standard("enalapril"), Course(dobutamine, infusion)], "at once")
    refused([standard("enalapril"), standard("enalapril")], "given twice")
    refused([Course(enalapril, Regimen.daily(5.0), "pregnancy")], "in pregnancy is not in the table")
    refused([Course(dobutamine, infusion, at_h=-1.0)], "no moment of -1 h")
    low = Difference(resistance=0.7).of(ADULT)
    refused([standard("enalapril")], r"at \d+ mmHg systolic is not known", low)
    with pytest.raises(UserError, match="no medicine “aspirin” here"):
        medicine("aspirin")
