"""A ventricle's measured pressures as a stand-in for it."""

from dataclasses import replace

import numpy as np
import pytest

from physics.cardiac import Chart, settled
from physics.circulation import REGAZZONI_2020, Table, measures_of, run
from tests.physics.cardiac.published import share
from twin.errors import UserError

CHAMBER = REGAZZONI_2020.chambers["LV"]


def elastic(volumes: np.ndarray, tensions: np.ndarray) -> Chart:
    """Return the chart of the elastance that the published circulation has for a ventricle."""
    stiff = CHAMBER.active_mmhg_per_ml * tensions + CHAMBER.passive_mmhg_per_ml
    still = np.zeros((len(volumes), len(tensions), 1, 3), np.float32)
    return Chart(volumes, tensions, (volumes[:, None] - CHAMBER.unstressed_ml) * stiff, still)


CHART = elastic(np.linspace(50.0, 150.0, 11), np.linspace(0.0, 1.0, 5))


def test_beats_settle_where_those_of_the_elastance_do() -> None:
    """The published circulation's last of 50 beats: 136.829 and 66.980 mL (circulation.md)."""
    circulation = settled(CHART, REGAZZONI_2020, share)
    again = measures_of(run(circulation, 1, cavities={"LV": CHART.cavity(share)}))
    assert again["lv_end_diastolic_volume_ml"] == pytest.approx(136.829, rel=1e-3)
    assert again["lv_end_systolic_volume_ml"] == pytest.approx(66.980, rel=1e-3)


def test_where_no_rest_was_found_the_slope_goes_on_and_is_not_reached() -> None:
    pressures = CHART.pressures_mmhg.copy()
    pressures[:2, 0] = np.nan
    chart = replace(CHART, pressures_mmhg=pressures)
    np.testing.assert_allclose(
        chart.spline()(CHART.volumes_ml, CHART.tensions_kpa), CHART.pressures_mmhg, atol=1e-9
    )  # its pressures are lines in volume
    assert chart.reaches(np.array([100.0, 75.0]), np.array([0.5, 0.0]))
    assert not chart.reaches(np.array([65.0]), np.array([0.1]))
    assert not CHART.reaches(np.array([160.0]), np.array([0.5]))
    assert not CHART.reaches(np.array([100.0]), np.array([1.1]))


def test_a_beat_beyond_the_chart_is_refused() -> None:
    small = elastic(np.linspace(80.0, 150.0, 8), CHART.tensions_kpa)
    with pytest.raises(UserError, match="beyond where the ventricle was measured"):
        settled(small, REGAZZONI_2020, share)


def test_beats_that_do_not_settle_in_time_are_told() -> None:
    with pytest.raises(UserError, match="After 2 beats"):
        settled(CHART, REGAZZONI_2020.with_blood(300.0), share, most=2)


def curved() -> Chart:
    volumes, tensions = np.linspace(40.0, 160.0, 9), np.array([0.0, 10.0, 30.0, 70.0])
    away = volumes[:, None] - 60.0
    pressures = 5.0 * np.expm1(away / 60.0) + tensions * (0.4 + 0.01 * away - 2e-5 * away**2)
    return Chart(volumes, tensions, pressures, np.zeros((9, 4, 1, 3), np.float32))


def test_the_compiled_table_is_the_spline() -> None:
    chart = curved()
    spline, table = chart.spline(), chart.cavity(lambda times: 70.0 * times)
    random = np.random.default_rng(0)
    for volume, time in zip(random.uniform(40, 160, 50), random.uniform(0, 1, 50), strict=True):
        assert table(volume, time) == pytest.approx(float(spline.ev(volume, 70.0 * time)), abs=1e-9)
    # Beyond the edge the slope goes on.
    slope = float(spline.ev(160.0, 35.0, dx=1))
    assert table(170.0, 0.5) == pytest.approx(float(spline.ev(160.0, 35.0)) + 10.0 * slope, abs=1e-9)


def test_a_stiffer_wall_is_the_same_chart_scaled() -> None:
    """p(V, T; s) = s p(V, T/s; 1)."""
    chart = curved()
    once, stiff = (chart.cavity(lambda times: 20.0 + 0.0 * times, s) for s in (1.0, 1.6))
    assert stiff(110.0, 0.0) == pytest.approx(1.6 * float(chart.spline().ev(110.0, 20.0 / 1.6)), abs=1e-9)
    assert once(110.0, 0.0) == pytest.approx(float(chart.spline().ev(110.0, 20.0)), abs=1e-9)


def test_compiled_or_asked_one_by_one_the_beat_is_the_same() -> None:
    table = CHART.cavity(share)
    assert isinstance(table, Table)
    compiled = run(REGAZZONI_2020, 1, cavities={"LV": table})
    asked = run(REGAZZONI_2020, 1, cavities={"LV": table.__call__})
    np.testing.assert_allclose(compiled.states, asked.states, rtol=1e-10)
