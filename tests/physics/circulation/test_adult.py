"""The healthy adult, and what its valves, its load and its filling do to it."""

from dataclasses import replace

import numpy as np
import pytest

from physics.circulation import (
    ADULT,
    REGAZZONI_2020,
    Circulation,
    Valve,
    measures_of,
    run,
    valve_measures_of,
)
from physics.circulation.parameters import BERNOULLI, GORLIN, GORLIN_INFLOW

BEATS = 40


def measured(circulation: Circulation) -> dict[str, float]:
    return measures_of(run(circulation, BEATS))


def test_the_adult_is_one() -> None:
    """Cuff and atria of circulation.md; volumes of Petersen 2017, lungs of Kovacs 2009, means ± 2 SD."""
    found = measured(ADULT)
    assert found["systolic_pressure_mmhg"] == pytest.approx(120.0, abs=1.0)
    assert found["diastolic_pressure_mmhg"] == pytest.approx(78.0, abs=1.0)
    assert 8.0 <= found["la_mean_pressure_mmhg"] <= 10.0
    assert 2.0 <= found["ra_mean_pressure_mmhg"] <= 5.0
    assert found["lv_end_diastolic_volume_ml"] == pytest.approx(145.0, abs=5.0)
    assert found["lv_ejection_fraction_percent"] == pytest.approx(60.0, abs=1.0)
    assert found["pulmonary_artery_mean_pressure_mmhg"] == pytest.approx(14.0, abs=1.0)
    assert found["forward_stroke_volume_ml"] == pytest.approx(found["lv_stroke_volume_ml"], abs=0.1)
    # It begins settled, to the thousandth that its start is written with.
    beats = run(ADULT, 1)
    np.testing.assert_allclose(beats.states[-1, :8], beats.states[0, :8], atol=0.02)


def test_filling_has_an_early_and_a_late_wave() -> None:
    beats = run(ADULT, BEATS)
    mitral = valve_measures_of(beats, "mitral")
    assert mitral["e_wave_ml_per_s"] / mitral["a_wave_ml_per_s"] == pytest.approx(1.3, abs=0.05)
    beat = beats.last()
    flow, times = beat.flows_ml_per_s[:, 0], beat.times_s - beat.times_s[0]
    # The late one while the atria contract (0.22 s from the beat's beginning on), the early one long after.
    late = flow[times < 0.22].max()
    assert mitral["a_wave_ml_per_s"] == pytest.approx(late)
    assert times[flow.argmax()] > 0.5
    still = replace(
        ADULT, chambers=ADULT.chambers | {"LA": replace(ADULT.chambers["LA"], active_mmhg_per_ml=0.0)}
    )
    assert valve_measures_of(run(still, BEATS), "mitral")["a_wave_ml_per_s"] == 0.0


def test_flow_through_an_orifice_goes_as_the_root_of_the_pressure() -> None:
    """100 mmHg through 1 cm²: Gorlin's 443 mL/s; friction takes 0.002 · 441 = 0.9 of the 100 mmHg."""
    valve = Valve.orifice(1.0, 0.5)
    for drop, constant, loss, friction in (
        (100.0, 1.0 * GORLIN, valve.loss, valve.resistance),
        (100.0, 0.5 * BERNOULLI, valve.closed_loss, valve.closed_resistance),
    ):
        flow = 2 * drop / (friction + np.sqrt(friction**2 + 4 * loss * drop))
        assert flow == pytest.approx(constant * 10.0, rel=0.006)
        assert friction * flow + loss * flow**2 == pytest.approx(drop, rel=1e-12)


@pytest.mark.parametrize("area_cm2", [1.5, 1.0, 0.7])
def test_the_gradient_of_aortic_stenosis_is_gorlins(area_cm2: float) -> None:
    healthy = measured(ADULT)
    beats = run(ADULT.with_valve("aortic", Valve.orifice(area_cm2)), BEATS)
    aortic, found = valve_measures_of(beats, "aortic"), measures_of(beats)
    # Gorlin 1951: area = flow in ejection / (44.3 √mean gradient). It takes the mean flow where its square
    # counts: it finds less than there is, by 10 % at most here.
    flow = found["forward_stroke_volume_ml"] / aortic["open_s"]
    assert aortic["mean_gradient_mmhg"] == pytest.approx((flow / (GORLIN * area_cm2)) ** 2, rel=0.2)
    assert 0.9 * area_cm2 < aortic["gorlin_area_cm2"] < area_cm2
    # Baumgartner 2009: severe from 40 mmHg or 1 cm² on, at normal flow.
    assert (aortic["mean_gradient_mmhg"] > 40.0) == (area_cm2 <= 1.0)
    assert aortic["peak_to_peak_gradient_mmhg"] < aortic["peak_gradient_mmhg"]
    assert aortic["mean_gradient_mmhg"] < aortic["peak_gradient_mmhg"]
    assert found["forward_stroke_volume_ml"] < healthy["forward_stroke_volume_ml"]
    assert found["lv_peak_pressure_mmhg"] > healthy["lv_peak_pressure_mmhg"] + 25.0


def test_a_leaking_mitral_valve_leaves_no_isovolumic_contraction() -> None:
    leak = Valve.orifice(5.0, 0.4, GORLIN_INFLOW)
    healthy, beats = measured(ADULT), run(ADULT.with_valve("mitral", leak), BEATS)
    found, mitral = measures_of(beats), valve_measures_of(beats, "mitral")
    assert healthy["isovolumic_contraction_s"] > 0.05
    assert found["isovolumic_contraction_s"] == 0.0
    # What comes back is what leaves the ventricle and not the heart; 0.4 cm² is severe: half (Zoghbi 2017).
    lost = found["lv_stroke_volume_ml"] - found["forward_stroke_volume_ml"]
    assert mitral["regurgitant_ml"] == pytest.approx(lost, rel=0.01)
    assert 40.0 < mitral["regurgitant_fraction_percent"] < 60.0
    assert found["la_mean_pressure_mmhg"] > healthy["la_mean_pressure_mmhg"] + 2.0
    assert found["cardiac_output_l_per_min"] < healthy["cardiac_output_l_per_min"]


def test_a_leaking_aortic_valve_widens_the_pulse() -> None:
    healthy, found = measured(ADULT), measured(ADULT.with_valve("aortic", Valve.orifice(3.5, 0.3)))
    pulse = [m["systolic_pressure_mmhg"] - m["diastolic_pressure_mmhg"] for m in (healthy, found)]
    assert pulse[1] > 1.3 * pulse[0]
    assert found["lv_end_diastolic_volume_ml"] > healthy["lv_end_diastolic_volume_ml"] + 20.0


def test_more_afterload_leaves_more_behind() -> None:
    tight = replace(ADULT, systemic=replace(ADULT.systemic, arterial_resistance_mmhg_s_per_ml=1.3 * 0.9037))
    before, after = measured(ADULT), measured(tight)
    assert after["lv_stroke_volume_ml"] < before["lv_stroke_volume_ml"] - 3.0
    assert after["lv_end_systolic_volume_ml"] > before["lv_end_systolic_volume_ml"] + 3.0


def test_more_filling_ejects_more() -> None:
    before, after = measured(ADULT), measured(ADULT.with_blood(150.0))
    assert after["lv_end_diastolic_pressure_mmhg"] > before["lv_end_diastolic_pressure_mmhg"] + 0.5
    assert after["lv_stroke_volume_ml"] > before["lv_stroke_volume_ml"] + 3.0


def test_each_valve_tells_of_itself_and_no_other_does() -> None:
    beats = run(ADULT, 5)
    assert "peak_to_peak_gradient_mmhg" in valve_measures_of(beats, "pulmonary")
    assert "e_wave_ml_per_s" in valve_measures_of(beats, "tricuspid")
    with pytest.raises(ValueError, match="no ileocecal valve; there are mitral, aortic"):
        valve_measures_of(beats, "ileocecal")
    with pytest.raises(ValueError, match="no aorta valve"):
        ADULT.with_valve("aorta", Valve.orifice(3.0))


@pytest.mark.parametrize("areas", [(0.0, 0.0), (1.0, -0.1), (1.0, 1.2)])
def test_a_valve_that_cannot_be_is_refused(areas: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Valve.orifice(*areas)


def test_each_circulation_says_what_must_not_be_read_from_it() -> None:
    assert any("no healthy adult" in limit for limit in REGAZZONI_2020.limits)
    assert any("linear" in limit for limit in REGAZZONI_2020.limits)
    assert any("no patient" in limit for limit in ADULT.limits)
