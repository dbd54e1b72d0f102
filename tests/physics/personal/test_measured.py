"""What is known of a heart beside its shape: of a cine, and of one moment with numbers told beside it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from physics.circulation import ADULT, measures_of
from physics.circulation.settling import settled
from physics.personal import Measured
from physics.personal.beliefs import R_WAVE_S
from physics.personal.personalize import predicted_of
from twin.errors import UserError

CINE = Measured(np.array([0.0, 0.2, 0.35]), np.array([140.0, 90.0, 63.0]), 70.0)
STILL = Measured(np.zeros(1), np.array([140.0]), 70.0, (120.0, 80.0), ejection_percent=55.0)


def test_one_moment_and_an_ejection_fraction_give_both_ends() -> None:
    """63 = 140 (1 − 0.55) mL, by hand; an error of 5 points is 7 mL more that may be ejected."""
    assert STILL.esv_ml == pytest.approx(63.0)
    assert STILL.least_ml == pytest.approx(56.0)
    assert len(STILL.phases) == 0
    assert {d.name: d.value for d in STILL.data()} == {
        "end_diastolic_volume": 140.0, "ejection_fraction": 55.0, "systolic_pressure": 120.0,
        "diastolic_pressure": 80.0, "end_diastolic_pressure": 10.0, "pressure_rise": 1800.0,
    }  # fmt: skip
    # A volume of unknown phase is believed less than a cine's.
    assert STILL.data()[0].error > 3 * next(d.error for d in CINE.data() if d.name == "end_diastolic_volume")


@pytest.mark.parametrize("measured", [CINE, replace(STILL, peak_mmhg=125.0, wedge_mmhg=8.0)])
def test_a_beat_says_what_the_data_say_in_their_order(measured: Measured) -> None:
    beats = settled(ADULT)
    data, numbers = measured.data(), measures_of(beats)
    said = dict(
        zip([d.name for d in data], predicted_of(beats, R_WAVE_S, measured.phases, data), strict=True)
    )
    assert said["end_diastolic_volume"] == numbers["lv_end_diastolic_volume_ml"]
    assert said["diastolic_pressure"] == numbers["diastolic_pressure_mmhg"]
    if measured is CINE:
        # The R wave, 0.11 s into the beat: the atrium has filled the ventricle but for little.
        assert said["volume_0.00"] == pytest.approx(numbers["lv_end_diastolic_volume_ml"], rel=0.05)
        assert said["end_systolic_volume"] == numbers["lv_end_systolic_volume_ml"]
    else:
        assert said["ejection_fraction"] == numbers["lv_ejection_fraction_percent"]
        assert said["peak_pressure"] == numbers["lv_peak_pressure_mmhg"]
        assert said["wedge_pressure"] == numbers["la_mean_pressure_mmhg"]


def test_a_wedge_pressure_stands_for_the_end_diastolic_one_until_that_is_given() -> None:
    wedged = replace(STILL, wedge_mmhg=18.0)
    assert (wedged.edp, wedged.edp_error) == (18.0, 4.0)
    assert wedged.assumed[0] == "end-diastolic pressure 18 mmHg (the wedge pressure)"
    assert len(wedged.assumed) == 2
    assert "dP/dt" in wedged.assumed[1]
    assert replace(wedged, end_diastolic_mmhg=14.0).edp == 14.0
    assert replace(wedged, end_diastolic_mmhg=14.0).assumed == wedged.assumed[1:]


@pytest.mark.parametrize(
    ("measured", "changed", "why"),
    [
        (STILL, {"ejection_percent": None}, "Give its ejection fraction"),
        (STILL, {"ejection_percent": 95.0}, "95 % is none"),
        (CINE, {"ejection_percent": 55.0}, "these images show it themselves"),
        (CINE, {"peak_mmhg": 130.0}, "no cuff pressure"),
        (STILL, {"peak_mmhg": 190.0}, "70 mmHg above the arteries' 120.*valve"),
        (STILL, {"wedge_mmhg": 60.0}, "60 mmHg is none"),
    ],
)
def test_what_does_not_belong_together_is_refused(
    measured: Measured, changed: dict[str, Any], why: str
) -> None:
    with pytest.raises(UserError, match=why):
        replace(measured, **changed)
