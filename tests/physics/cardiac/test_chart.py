"""A ventricle's measured pressures as a stand-in for it."""

from dataclasses import replace

import numpy as np
import pytest

from physics.cardiac import Chart, settled, tension_of
from physics.circulation import REGAZZONI_2020, measures_of, run
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
    tension = tension_of(REGAZZONI_2020, 1.0)
    circulation = settled(CHART, REGAZZONI_2020, tension)
    again = measures_of(run(circulation, 1, cavities={"LV": CHART.cavity(tension)}))
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
        settled(small, REGAZZONI_2020, tension_of(REGAZZONI_2020, 1.0))


def test_beats_that_do_not_settle_in_time_are_told() -> None:
    with pytest.raises(UserError, match="After 2 beats"):
        settled(CHART, REGAZZONI_2020.with_blood(300.0), tension_of(REGAZZONI_2020, 1.0), most=2)
