"""The closed loop: blood is kept, doors are the chambers they stand for, numbers mean what they say."""

from dataclasses import astuple, replace

import numpy as np
import pytest

from physics.circulation import ADULT, CHAMBERS, REGAZZONI_2020, Beats, Passage, measures_of, run
from physics.circulation.flat import circulation_of, numbers_of
from physics.circulation.loop import advance, elastance


def test_blood_is_kept_at_every_step() -> None:
    beats = run(REGAZZONI_2020, 10)
    blood = REGAZZONI_2020.volume_ml(beats.states)
    # circulation.md: 1617.876 mL, to 1e-6.
    assert blood[0] == pytest.approx(1617.876, abs=1e-3)
    assert np.ptp(blood) < 1e-6


def test_a_beat_is_divided_evenly_by_a_step_no_longer_than_asked() -> None:
    beats = run(replace(REGAZZONI_2020, heart_rate_per_min=70.0), 2, step_s=1e-3)
    # A beat of 6/7 s = 857.14 ms: 858 steps.
    assert beats.steps_per_beat == 858
    assert len(beats.times_s) == 2 * 858 + 1
    assert beats.times_s[-1] == pytest.approx(12 / 7, rel=1e-12)
    assert len(beats.last().times_s) == 859


def test_the_error_falls_as_the_step() -> None:
    """Valves that open within a step take the fourth order away; what stays is convergence."""
    fine = measures_of(run(REGAZZONI_2020, 3, step_s=0.05e-3))
    off = [
        abs(measures_of(run(REGAZZONI_2020, 3, step_s=s))["lv_end_diastolic_volume_ml"]
            - fine["lv_end_diastolic_volume_ml"])
        for s in (2e-3, 0.25e-3)
    ]  # fmt: skip
    assert off[1] < off[0] / 8
    assert off[1] < 1e-3 * fine["lv_end_diastolic_volume_ml"]


@pytest.mark.parametrize("name", CHAMBERS)
def test_an_elastance_through_the_door_is_the_chamber_itself(name: str) -> None:
    chamber = np.array(astuple(REGAZZONI_2020.chambers[name]))

    def cavity(volume_ml: float, time_s: float) -> float:
        return elastance(time_s, 0.8, chamber) * (volume_ml - chamber[5])

    plain, through = run(REGAZZONI_2020, 2), run(REGAZZONI_2020, 2, cavities={name: cavity})
    np.testing.assert_array_equal(through.states, plain.states)
    np.testing.assert_array_equal(through.pressures_mmhg, plain.pressures_mmhg)


def test_elastance_rises_and_falls_once_a_beat() -> None:
    ventricle = np.array([2.0, 0.5, 0.25, 0.4, 0.1, 40.0])
    # f is 0 at the onset (0.1 s), 1 after 0.25 s, 1/2 half way up and half way down, 0 after 0.4 s more.
    for time, expected in ((0.1, 0.5), (0.225, 1.5), (0.35, 2.5), (0.55, 1.5), (0.75, 0.5), (0.05, 0.5)):
        assert elastance(time, 0.8, ventricle) == pytest.approx(expected, abs=1e-12)
        assert elastance(time + 0.8, 0.8, ventricle) == pytest.approx(expected, abs=1e-9)


def test_a_stiffer_vascular_bed_raises_pressure_and_leaves_less_to_eject() -> None:
    tight = replace(
        REGAZZONI_2020, systemic=replace(REGAZZONI_2020.systemic, arterial_resistance_mmhg_s_per_ml=1.1)
    )
    before, after = measures_of(run(REGAZZONI_2020, 30)), measures_of(run(tight, 30))
    assert after["mean_arterial_pressure_mmhg"] > before["mean_arterial_pressure_mmhg"] + 10
    assert after["lv_stroke_volume_ml"] < before["lv_stroke_volume_ml"]


def test_measures_are_those_of_the_last_beat() -> None:
    times = np.linspace(0.0, 2.0, 5)  # two beats of two steps
    states = np.zeros((5, 12))
    states[:, 1] = [500.0, 10.0, 100.0, 40.0, 100.0]
    states[:, 4] = [0.0, 0.0, 80.0, 120.0, 80.0]
    flows = np.zeros((5, 4))
    flows[:, 1] = [900.0, 0.0, 0.0, 120.0, 0.0]
    found = measures_of(Beats(times, states, np.full((5, 4), 7.0), flows, 2))
    assert found["lv_end_diastolic_volume_ml"] == 100.0
    assert found["lv_end_systolic_volume_ml"] == 40.0
    assert found["lv_ejection_fraction_percent"] == 60.0
    assert found["lv_stroke_volume_ml"] == 60.0
    assert found["cardiac_output_l_per_min"] == pytest.approx(60 * 60 / 1000)  # half the time at 120 mL/s
    assert found["mean_arterial_pressure_mmhg"] == 100.0
    assert found["la_mean_pressure_mmhg"] == 7.0


def test_strange_chambers_and_no_beats_are_refused() -> None:
    with pytest.raises(ValueError, match="no chamber AORTA; there are LA, LV, RA, RV"):
        run(REGAZZONI_2020, 1, cavities={"AORTA": lambda v, t: 0.0})
    with pytest.raises(ValueError, match="at least one beat"):
        run(REGAZZONI_2020, 0)


def test_at_another_rate_contraction_lasts_as_the_root_of_the_beat() -> None:
    fast = ADULT.at(140.0)
    # Half the beat: √½ of the time, and the same 0.15 s from atria to ventricles.
    assert fast.chambers["LV"].contraction_s == pytest.approx(0.36 * np.sqrt(0.5))
    assert fast.chambers["LA"].relaxation_s == pytest.approx(0.11 * np.sqrt(0.5))
    assert fast.chambers["LV"].onset_s - fast.chambers["LA"].onset_s == pytest.approx(0.15)
    # An onset counted from a beat before is one within the beat: 0.9 of 0.8 s is 0.1 s.
    assert REGAZZONI_2020.at(60.0).chambers["LA"].onset_s == pytest.approx(0.1)


@pytest.mark.parametrize(("rate", "words"), [(0.0, "above zero"), (220.0, "at 220/min a beat is shorter")])
def test_a_rate_that_no_heart_can_have_is_refused(rate: float, words: str) -> None:
    # 0.51 s of 60/70 s shrink as the root: they fill the beat at 60/(0.51² · 70/60) = 198/min.
    with pytest.raises(ValueError, match=words):
        ADULT.at(rate)
    assert ADULT.at(195.0).heart_rate_per_min == 195.0


def test_blood_given_is_blood_that_flows_round() -> None:
    more = ADULT.with_blood(120.0)
    before, after = ADULT.volume_ml(ADULT.start.array()), more.volume_ml(run(more, 5).states[-1])
    assert after - before == pytest.approx(120.0, abs=1e-6)


def test_a_run_goes_on_where_another_ended() -> None:
    whole = run(ADULT, 3)
    rest = run(replace(ADULT, start=run(ADULT, 1).end()), 2)
    np.testing.assert_allclose(rest.states[-1], whole.states[-1], rtol=1e-9)


def test_what_goes_through_a_hole_goes_to_the_other_side_and_none_is_lost() -> None:
    septal = Passage.hole("hole", "LV", "RV", 0.5)
    beats = run(ADULT.with_passage(septal), 10)
    assert np.ptp(ADULT.volume_ml(beats.states)) < 1e-6
    # Bernoulli through 0.5 cm²: 1060/2 (Q/A)² = ΔP; 25.1 mL/s at 1 mmHg, friction of 0.002 mmHg s/mL beside.
    last = beats.last()
    flow, drop = last.passages_ml_per_s[:, 0], last.pressures_mmhg[:, 1] - last.pressures_mmhg[:, 3]
    np.testing.assert_allclose(0.002 * flow + flow * np.abs(flow) / 25.1**2, drop, atol=1e-6)
    assert last.passages_ml_per_s.shape == (last.steps_per_beat + 1, 1)
    through = run(ADULT.with_passage(septal), 1, cavities={"LV": lambda v, t: 0.1 * v})
    assert through.passages_ml_per_s[0, 0] != 0.0


def test_a_pump_against_its_own_rise_moves_nothing_and_vessels_take_what_it_gives() -> None:
    # At the first moment the artery lies 93.007 mmHg high, its flow through the bed known: what a pump of
    # 2 mmHg s/mL gives raises dp/dt by Q/C, C = 1.487 mL/mmHg.
    state = ADULT.start
    rise = state.systemic_artery_mmhg - state.pulmonary_artery_mmhg
    still = Passage("pump", "pulmonary artery", "systemic artery", 2.0, rise_mmhg=rise)
    moving = replace(still, rise_mmhg=rise + 20.0)
    assert advance(ADULT.with_passage(still), state.array(), 0.0, 1e-3, 0).passages_ml_per_s[0, 0] == 0.0
    ends = [advance(c, state.array(), 0.0, 1e-6, 1) for c in (ADULT, ADULT.with_passage(moving))]
    assert ends[1].passages_ml_per_s[0, 0] == pytest.approx(10.0)
    gained = (ends[1].states[1] - ends[0].states[1]) / 1e-6
    assert gained[4] == pytest.approx(10.0 / 1.487, rel=1e-3)
    assert gained[6] == pytest.approx(-10.0 / 5.0, rel=1e-3)


def test_passages_have_names_and_close_by_them() -> None:
    hole = Passage.hole("hole", "LA", "RA", 1.0)
    wider = Passage.hole("hole", "LA", "RA", 2.0)
    assert ADULT.with_passage(hole).with_passage(wider).passages == (wider,)
    assert ADULT.with_passage(hole).without_passage("hole") == ADULT
    with pytest.raises(ValueError, match="no passage duct; there are hole"):
        ADULT.with_passage(hole).without_passage("duct")
    for absurd in (
        lambda: Passage.hole("hole", "LA", "RA", 0.0),
        lambda: Passage("graft", "LA", "spleen", 1.0),
        lambda: Passage("graft", "LA", "LA", 1.0),
        lambda: Passage("graft", "LA", "RA", 0.0),
    ):
        with pytest.raises(ValueError, match=r"hole|graft"):
            absurd()


def test_a_circulation_comes_back_from_its_numbers_with_its_passages() -> None:
    pump = Passage("left ventricular assist", "LV", "systemic artery", 0.011, 0.0067, 106.0)
    circulation = ADULT.with_passage(Passage.hole("hole", "LA", "RA", 1.0)).with_passage(pump)
    assert circulation_of(numbers_of(circulation), ADULT.limits) == circulation
    assert circulation_of(numbers_of(ADULT), ADULT.limits) == ADULT
    with pytest.raises(ValueError, match="no dot"):
        Passage("a.b", "LA", "RA", 1.0)
