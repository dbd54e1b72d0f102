"""Operations and what they come to: known answers, each with direction and range."""

import pytest

from physics.circulation import ADULT, Passage
from physics.circulation.parameters import BERNOULLI
from physics.circulation.patients import FAILING, Difference
from physics.surgery import (
    assisted,
    closed,
    compare,
    in_turn,
    leaking,
    with_defect,
    with_valve,
)
from twin.errors import UserError


def test_a_hole_between_the_ventricles_sends_blood_through_the_lungs_twice() -> None:
    """Restrictive: Qp/Qs under 1.5; moderate 1.5-2 (WikiDoc's classes); the left heart carries the shunt."""
    small, wide = (compare(ADULT, with_defect("ventricular septal defect", a)) for a in (0.1, 0.3))
    assert 1.1 < small.after["qp_qs"] < 1.5 < wide.after["qp_qs"] < 2.2
    assert small.before["qp_qs"] == pytest.approx(1.0, abs=1e-3)
    for name in (
        "pulmonary_artery_mean_pressure_mmhg",
        "la_mean_pressure_mmhg",
        "lv_end_diastolic_volume_ml",
    ):
        assert wide.after[name] > wide.before[name] + 1.0
    assert wide.after["cardiac_output_l_per_min"] < wide.before["cardiac_output_l_per_min"]
    assert "isovolumic_contraction_s" not in wide.after
    mended = compare(wide.circulation, closed("ventricular septal defect")).after
    assert mended["qp_qs"] == pytest.approx(1.0, abs=1e-3)
    assert mended["lv_end_diastolic_volume_ml"] == pytest.approx(
        small.before["lv_end_diastolic_volume_ml"], abs=0.1
    )


def test_a_hole_between_the_atria_loads_the_right_heart() -> None:
    found = compare(ADULT, with_defect("atrial septal defect", 1.0))
    assert 1.3 < found.after["qp_qs"] < 2.5
    assert found.after["rv_end_diastolic_volume_ml"] > found.before["rv_end_diastolic_volume_ml"] + 15.0
    assert found.after["lv_end_diastolic_volume_ml"] < found.before["lv_end_diastolic_volume_ml"] - 5.0
    duct = compare(ADULT, with_defect("arterial duct", 0.1))
    assert duct.after["qp_qs"] > 1.1
    assert duct.after["diastolic_pressure_mmhg"] < duct.before["diastolic_pressure_mmhg"] - 3.0


def test_a_pump_unloads_the_left_ventricle() -> None:
    """More output, a smaller ventricle, less pulse, lower filling pressure: what pumps are put in for."""
    slow, fast = (compare(FAILING, assisted(rpm)) for rpm in (4600.0, 5600.0))
    for found in (slow, fast):
        assert found.after["lv_end_diastolic_volume_ml"] < found.before["lv_end_diastolic_volume_ml"] - 10.0
        assert found.after["la_mean_pressure_mmhg"] < found.before["la_mean_pressure_mmhg"]
        assert found.after["cardiac_output_l_per_min"] > found.before["cardiac_output_l_per_min"]
        assert 90.0 < found.after["pump_share_percent"] <= 100.1
    for name in ("lv_end_diastolic_volume_ml", "la_mean_pressure_mmhg"):
        assert fast.after[name] < slow.after[name]
    pulse = [m["systolic_pressure_mmhg"] - m["diastolic_pressure_mmhg"] for m in (fast.before, fast.after)]
    assert pulse[1] < 0.5 * pulse[0]
    # A heart that ejects shares the work: the aortic valve opens.
    shared = compare(Difference(lv_active=0.5).of(ADULT), assisted(5000.0)).after
    assert 10.0 < shared["pump_share_percent"] < 90.0
    assert shared["aortic_open_s"] > 0.0
    assert "aortic_open_s" not in fast.after


def test_the_reflex_holds_against_a_pump() -> None:
    alone, held = (compare(FAILING, assisted(5400.0), reflex=r) for r in (False, True))
    name = "mean_arterial_pressure_mmhg"
    assert held.before[name] < held.after[name] < alone.after[name]


def test_a_new_valve_takes_the_gradient_away() -> None:
    """Baumgartner 2009: severe above 40 mmHg. Gorlin, 0.8 to 1.8 cm²: a fifth, but for more flow."""
    narrow = with_valve("aortic", 0.8)(ADULT)
    found = compare(narrow, with_valve("aortic", 1.8))
    assert found.before["aortic_mean_gradient_mmhg"] > 40.0
    fifth = found.before["aortic_mean_gradient_mmhg"] * (0.8 / 1.8) ** 2
    assert fifth < found.after["aortic_mean_gradient_mmhg"] < 2.0 * fifth
    assert found.after["lv_peak_pressure_mmhg"] < found.before["lv_peak_pressure_mmhg"] - 40.0
    assert found.after["forward_stroke_volume_ml"] > found.before["forward_stroke_volume_ml"]


def test_a_leaking_mitral_valve_empties_before_the_aortic_opens_and_repair_ends_that() -> None:
    """No isovolumic contraction: between the end of filling and ejection the ventricle loses blood."""
    found = compare(ADULT, leaking("mitral", 0.4))
    assert found.after["isovolumic_contraction_s"] == 0.0
    assert found.after["mitral_regurgitant_fraction_percent"] == pytest.approx(48.0, abs=5.0)
    repaired = compare(found.circulation, leaking("mitral", 0.0)).after
    assert repaired["isovolumic_contraction_s"] > 0.05
    assert abs(repaired["mitral_regurgitant_fraction_percent"]) < 0.1


def test_changes_follow_each_other() -> None:
    both = in_turn([with_defect("atrial septal defect", 1.0), leaking("aortic", 0.2)])(ADULT)
    assert [p.name for p in both.passages] == ["atrial septal defect"]
    assert both.passages[0].loss == pytest.approx((BERNOULLI * 1.0) ** -2)
    assert both.valves["aortic"].loss == ADULT.valves["aortic"].loss
    assert both.valves["aortic"].closed_loss == pytest.approx((BERNOULLI * 0.2) ** -2)


def test_what_cannot_be_done_is_refused() -> None:
    for make, words in (
        (lambda: with_valve("aorta", 1.0), "no aorta valve"),
        (lambda: with_valve("aortic", 0.0), "cannot be"),
        (lambda: with_valve("aortic", 40.0), "cannot be"),
        (lambda: leaking("mitral", -0.1), "cannot be"),
        (lambda: with_defect("foramen", 1.0), "no defect “foramen” here"),
        (lambda: with_defect("arterial duct", 0.0), "cannot be"),
        (lambda: closed("arterial duct")(ADULT), "Nothing is closed: there is no passage arterial duct"),
        (lambda: assisted(20000.0), "not in its curve"),
    ):
        with pytest.raises(UserError, match=words):
            make()
    empty = Passage("left ventricular assist", "LV", "systemic artery", 0.01, rise_mmhg=260.0)
    with pytest.raises(UserError, match="sucks the left ventricle empty"):
        compare(ADULT, lambda circulation: circulation.with_passage(empty))
