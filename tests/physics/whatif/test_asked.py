"""What is asked of a heart, and its running beat: known answers, each with direction and range."""

import numpy as np
import pytest

from physics.activation.rhythm import RHYTHMS as ACTIVATIONS
from physics.cardiac import Controls, LiveHeart
from physics.cardiac.pump import live_heart
from physics.circulation import ADULT, measures_of
from physics.circulation.flat import circulation_of, numbers_of
from physics.circulation.patients import FAILING
from physics.circulation.settling import settled
from physics.heart_steps import MEDICINES, OWN_RHYTHM, PUMPS, RHYTHMS, BeatParams
from physics.surgery import with_defect
from physics.whatif import (
    beat_numbers,
    controls_of,
    course_of,
    live_limits,
    own_of,
    stand_in,
    treated,
    walled,
)
from resources.heart_pumps import heart_pumps
from resources.medicines import medicines
from tests.physics.whatif.made import elastic_heart
from twin.domain import Heart
from twin.errors import UserError

ADULT_HEART = elastic_heart()


def live(heart: Heart = ADULT_HEART, asked: BeatParams | None = None, beats: int = 40) -> LiveHeart:
    """Return a live heart after some beats under what is asked."""
    made = live_heart(heart)
    made.go(2 * made.circulation.beat_s)
    if asked is not None:
        made.control(controls_of(circulation_of(heart.circulation), asked))
    for _ in range(beats):
        made.go(made.circulation.beat_s)
    return made


def numbers(heart: Heart = ADULT_HEART, asked: BeatParams | None = None) -> dict[str, float]:
    found = live(heart, asked)
    assert found.last_beat is not None
    return beat_numbers(found, found.last_beat)


def test_the_names_are_those_of_the_tables() -> None:
    assert tuple(medicines()) == MEDICINES
    assert tuple(heart_pumps()) == PUMPS
    assert set(RHYTHMS) - {OWN_RHYTHM} == set(ACTIVATIONS) - {"normal"}


def test_nothing_asked_is_the_patient_s_own() -> None:
    assert controls_of(ADULT, BeatParams()) == Controls()
    assert live_limits(BeatParams()) == ()
    assert not walled(BeatParams())
    assert walled(BeatParams(infarct_segments=(13,)))
    assert walled(BeatParams(rhythm="resynchronized"))
    own = own_of(with_defect("atrial septal defect", 1.5)(ADULT))
    assert own["aortic_area_cm2"] == pytest.approx(3.5)  # ``healthy_valves``
    assert own["mitral_area_cm2"] == pytest.approx(5.0)
    assert own["atrial_defect_cm2"] == pytest.approx(1.5)
    assert own["ventricular_defect_cm2"] == own["aortic_leak_cm2"] == 0.0


def test_aortic_stenosis_has_the_gradient_that_gorlin_gives_for_its_area() -> None:
    """Severe below 1.0 cm² with 40 mmHg and more (Baumgartner et al. 2009); Gorlin: Q/(44.3 √ΔP)."""
    own, narrow = numbers(), numbers(asked=BeatParams(aortic_area_cm2=0.8))
    assert narrow["aortic_gorlin_area_cm2"] == pytest.approx(0.8, rel=0.08)
    assert narrow["aortic_mean_gradient_mmhg"] > 40.0
    assert narrow["lv_peak_pressure_mmhg"] > narrow["systolic_pressure_mmhg"] + 40.0
    assert narrow["lv_stroke_work_mmhg_ml"] > own["lv_stroke_work_mmhg_ml"]
    assert narrow["lv_end_systolic_volume_ml"] > own["lv_end_systolic_volume_ml"]
    mended = numbers(asked=BeatParams(aortic_area_cm2=2.0))  # a prosthesis
    gradients = [found["aortic_mean_gradient_mmhg"] for found in (own, mended, narrow)]
    assert gradients[0] + 2 < gradients[1] < gradients[2] - 20


def test_a_leaking_mitral_valve_leaves_no_isovolumic_contraction() -> None:
    own, leaking = numbers(), numbers(asked=BeatParams(mitral_leak_cm2=0.4))
    assert own["isovolumic_contraction_s"] > 0.02
    assert leaking["isovolumic_contraction_s"] == 0.0
    assert leaking["mitral_regurgitant_fraction_percent"] > 25.0  # 0.4 cm² and more is severe (Zoghbi 2017)
    assert leaking["cardiac_output_l_per_min"] < own["cardiac_output_l_per_min"]
    assert leaking["la_mean_pressure_mmhg"] > own["la_mean_pressure_mmhg"] + 1.0


def test_a_hole_sends_blood_through_the_lungs_twice_and_one_there_can_be_closed() -> None:
    holed = elastic_heart(with_defect("ventricular septal defect", 0.3)(ADULT))
    open_, shut = numbers(holed), numbers(holed, BeatParams(ventricular_defect_cm2=0.0))
    assert 1.3 < open_["qp_qs"] < 2.2  # as ``with_defect`` of the engine, tests/physics/surgery
    assert shut["qp_qs"] == pytest.approx(1.0, abs=0.01)
    asked = BeatParams(ventricular_defect_cm2=0.3)
    assert numbers(asked=asked)["qp_qs"] == pytest.approx(open_["qp_qs"], abs=0.03)
    assert live_limits(asked)


def test_a_duct_sends_blood_from_the_aorta_into_the_lungs_and_lowers_the_diastolic_pressure() -> None:
    """Qp/Qs of a moderate duct (3-4 mm across): 1.5-2.2; its run-off lowers diastolic pressure (Baumgartner
    et al. 2021, Eur Heart J 42:563, section 4.4: left ventricular volume overload, wide pulse pressure)."""
    own, ducted = numbers(), numbers(asked=BeatParams(arterial_duct_cm2=0.1))
    assert 1.4 < ducted["qp_qs"] < 2.3
    assert ducted["diastolic_pressure_mmhg"] < own["diastolic_pressure_mmhg"] - 8.0
    assert ducted["lv_end_diastolic_volume_ml"] > own["lv_end_diastolic_volume_ml"] + 10.0
    assert ducted["rv_stroke_volume_ml"] < ducted["lv_stroke_volume_ml"] - 20.0
    heart = elastic_heart(with_defect("arterial duct", 0.1)(ADULT))
    assert own_of(circulation_of(heart.circulation))["arterial_duct_cm2"] == pytest.approx(0.1)
    assert numbers(heart, BeatParams(arterial_duct_cm2=0.0))["qp_qs"] == pytest.approx(1.0, abs=0.01)


def test_a_pump_unloads_a_failing_ventricle() -> None:
    heart = elastic_heart(FAILING)
    own, helped = numbers(heart), numbers(heart, BeatParams(pump_rpm=5200.0))
    assert helped["lv_end_diastolic_volume_ml"] < own["lv_end_diastolic_volume_ml"] - 10.0
    assert helped["la_mean_pressure_mmhg"] < own["la_mean_pressure_mmhg"]
    assert helped["cardiac_output_l_per_min"] > own["cardiac_output_l_per_min"]
    assert helped["pump_share_percent"] > 50.0
    with pytest.raises(UserError, match="4000 to 7000"):
        controls_of(FAILING, BeatParams(pump_rpm=2000.0))


def test_a_beta_blocker_lowers_rate_and_contractility_of_the_running_beat() -> None:
    """Direction as in Ursino 1998's reflex with its effect on the heart blocked; pressure falls (Law)."""
    own = live()
    assert own.last_beat is not None
    standing = stand_in(ADULT, own.last_beat)
    there, here = measures_of(settled(standing)), measures_of(own.last_beat)
    for name in ("lv_end_diastolic_volume_ml", "lv_end_systolic_volume_ml"):
        assert there[name] == pytest.approx(here[name], abs=0.5)
    asked = BeatParams(medicine="metoprolol", mg_per_day=100.0)
    treatment = treated(standing, asked, 0)
    assert treatment is not None
    before = beat_numbers(own, own.last_beat)
    own.control(controls_of(ADULT, asked, treatment.acting))
    for _ in range(40):
        own.go(own.circulation.beat_s)
    assert own.last_beat is not None
    after = beat_numbers(own, own.last_beat)
    assert 0.85 * 70 < own.circulation.heart_rate_per_min < 0.97 * 70
    assert own.controls.contractility < 0.97
    assert after["lv_dp_dt_max_mmhg_per_s"] < 0.97 * before["lv_dp_dt_max_mmhg_per_s"]
    assert after["systolic_pressure_mmhg"] < before["systolic_pressure_mmhg"] - 2.0
    assert treatment.sources


def test_blood_is_neither_made_nor_lost_by_a_change_of_vessels() -> None:
    made = live(beats=1)
    before = float(made.circulation.volume_ml(made._state))
    wider = circulation_of(
        numbers_of(ADULT)
        | {"systemic.arterial_compliance_ml_per_mmhg": 1.5 * ADULT.systemic.arterial_compliance_ml_per_mmhg}
    )
    made.control(Controls(blood_ml=100.0, change=lambda _: wider))
    assert made.circulation.volume_ml(made._state) == pytest.approx(before + 100.0)
    made.go(1.0)
    assert made.circulation.volume_ml(made._state) == pytest.approx(before + 100.0)
    made.control(Controls())
    assert made.circulation.volume_ml(made._state) == pytest.approx(before)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (BeatParams(mg_per_day=10.0), "no medicine"),
        (BeatParams(medicine="dobutamine"), "How much dobutamine"),
        (BeatParams(medicine="metoprolol", mg_per_day=1.0, mg_per_h=1.0), "by mouth and infused"),
    ],
)
def test_doses_that_cannot_be_are_named(asked: BeatParams, why: str) -> None:
    with pytest.raises(UserError, match=why):
        course_of(asked)


def test_the_elastance_at_the_end_of_ejection_is_what_loops_at_other_preloads_lie_along() -> None:
    """The chart is a time-varying elastance: its end-systolic one is the adult's, 2.394 + 0.067 mmHg/mL."""
    found = numbers()["lv_end_systolic_elastance_mmhg_per_ml"]
    ends = []
    for more in (-100.0, 100.0):
        beat = live(asked=BeatParams(preload_ml=more)).last_beat
        assert beat is not None
        last = int(np.flatnonzero(beat.flows_ml_per_s[:, 1] > 1.0)[-1])
        ends.append((beat.states[last, 1], beat.pressures_mmhg[last, 1]))
    slope = (ends[1][1] - ends[0][1]) / (ends[1][0] - ends[0][0])
    assert found == pytest.approx(slope, rel=0.1)
    assert 0.6 * 2.394 < found < 2.394 + 0.068
