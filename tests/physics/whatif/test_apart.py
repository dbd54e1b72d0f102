"""How far a live beat lies from a full one, in words."""

from physics.beat_names import ELASTANCE
from physics.whatif import apart_of


def test_what_lies_apart_is_told_with_both_and_the_rest_is_counted_as_alike() -> None:
    live = {
        ELASTANCE: 5.0,
        "lv_end_diastolic_volume_ml": 170.0,
        "lv_stroke_work_mmhg_ml": 10500.0,
        "twist": 1.0,
    }
    full = {ELASTANCE: 4.0, "lv_end_diastolic_volume_ml": 171.0, "lv_stroke_work_mmhg_ml": 10000.0}
    assert apart_of(live, full) == (
        "end-systolic elastance: 5 live, 4 mmHg/mL in full (+25 %)",
        "stroke work: 10500 live, 10000 mmHg mL in full (+5 %)",
        "the others lie within 2 % of each other",
    )
    assert apart_of(full, full) == ("all numbers lie within 2 % of each other",)
    assert apart_of({}, full) == ()
