"""Patients told by how they differ from the healthy adult, and their reflex after weeks."""

from dataclasses import replace

import numpy as np
import pytest

from physics.circulation import ADULT, Circulation, Passage, Valve, measures_of, run
from physics.circulation.baroreflex import Baroreflex
from physics.circulation.baroreflex import settled as answered
from physics.circulation.patients import AFTER_SURGERY, FAILING, HYPERTENSIVE, at_pressure
from physics.circulation.regulation import at_ease, regulated, reset
from physics.circulation.settling import settled
from twin.errors import UserError


def test_patients_are_who_they_are_said_to_be() -> None:
    """Law 2003's populations; baselines of dobutamine after surgery (1.75 m²) and of Akhtar 1975."""
    for patient, wanted in (
        (HYPERTENSIVE, {"systolic_pressure_mmhg": (154.0, 0.1), "diastolic_pressure_mmhg": (97.0, 0.1)}),
        (
            AFTER_SURGERY,
            {
                "cardiac_output_l_per_min": (2.54 * 1.75, 0.05),
                "mean_arterial_pressure_mmhg": (91.8, 0.2),
                "la_mean_pressure_mmhg": (15.9, 0.2),
            },
        ),
        (
            FAILING,
            {
                "cardiac_output_l_per_min": (3.1, 0.05),
                "mean_arterial_pressure_mmhg": (93.3, 0.2),
                "la_mean_pressure_mmhg": (27.4, 0.2),
                "ra_mean_pressure_mmhg": (12.0, 0.5),
            },
        ),
    ):
        found = measures_of(settled(patient))
        for name, (value, by) in wanted.items():
            assert found[name] == pytest.approx(value, abs=by)
        assert any("no patient" in limit for limit in patient.limits)


def test_a_cuffs_pressures_are_met_by_the_arteries() -> None:
    made = at_pressure(ADULT, 140.0, 85.0)
    found = measures_of(settled(made))
    assert found["systolic_pressure_mmhg"] == pytest.approx(140.0, abs=0.1)
    assert found["diastolic_pressure_mmhg"] == pytest.approx(85.0, abs=0.1)
    assert made.chambers == ADULT.chambers
    assert made.systemic.arterial_resistance_mmhg_s_per_ml > 0.9037


@pytest.mark.parametrize("pressures", [(80.0, 120.0), (400.0, 90.0), (120.0, 0.0), (float("nan"), 80.0)])
def test_pressures_that_are_none_are_refused(pressures: tuple[float, float]) -> None:
    with pytest.raises(UserError, match="is none"):
        at_pressure(ADULT, *pressures)


def test_what_does_not_settle_is_told() -> None:
    with pytest.raises(UserError, match="does not settle within 20 beats"):
        settled(FAILING, 20)


def test_after_weeks_the_reflex_holds_nothing_and_a_block_stays() -> None:
    def tight(circulation: Circulation) -> Circulation:
        bed = circulation.systemic
        more = 1.2 * bed.arterial_resistance_mmhg_s_per_ml
        return replace(circulation, systemic=replace(bed, arterial_resistance_mmhg_s_per_ml=more))

    ease = at_ease(ADULT)
    later = reset(ease, tight)
    assert later.heart_rate_per_min == pytest.approx(70.0)
    assert later.systemic.arterial_resistance_mmhg_s_per_ml == pytest.approx(1.2 * 0.9037)
    blocked = reset(ease, beta_occupancy=0.5)
    # In open loop at the set point 69.29 to 64.00 /min, contractility 2.9147 to 2.653 (circulation.md).
    assert blocked.heart_rate_per_min == pytest.approx(70.0 * 64.00 / 69.29, rel=0.01)
    assert blocked.chambers["LV"].active_mmhg_per_ml == pytest.approx(2.394 * 2.653 / 2.9147, rel=0.01)
    # What is at ease can be used again: it remembers nothing of what was done with it.
    first, second = (regulated(ease, 3, tight).heart_rates_per_min for _ in range(2))
    np.testing.assert_array_equal(first, second)
    with pytest.raises(ValueError, match="between 0 and 1"):
        reset(ease, beta_occupancy=1.5)


def test_a_blunted_reflex_answers_by_its_share() -> None:
    whole, half = Baroreflex(), Baroreflex().blunted(0.5)
    change = [answered(60.0, r).lv_elastance_mmhg_per_ml - 2.392 for r in (whole, half)]
    assert change[1] == pytest.approx(0.5 * change[0])
    assert half.vagal_gain_s2 == 0.045
    with pytest.raises(ValueError, match="share of the reflex"):
        whole.blunted(2.0)


def test_a_smaller_body_has_the_same_pressures_with_less_flow() -> None:
    """Half the volumes and flows at each moment, with a leak and a hole that are half as wide as well."""
    whole = ADULT.with_valve("mitral", Valve.orifice(5.0, 0.3)).with_passage(
        Passage.hole("a hole", "LV", "RV", 0.2)
    )
    one, half = run(whole, 2), run(whole.sized(0.5), 2)
    shares = np.repeat([0.5, 1.0, 0.5], 4)
    np.testing.assert_allclose(half.states, one.states * shares, rtol=1e-6, atol=1e-6)
    with pytest.raises(ValueError, match="above zero"):
        ADULT.sized(0.0)
