"""What a beat was asked for, in words."""

import pytest

from physics.conditions import asks_alike, beat_conditions, beat_named, conditions
from physics.heart_steps import BeatParams
from twin.params import parameters
from twin.record import LogEntry

DECLARED = parameters(BeatParams)
TREE = {"solver": "finite strain, coupled to the closed circulation"}


def made(step: str, params: dict, kinds: tuple[str, ...] = ("result",)) -> LogEntry:
    outputs = {kind: {"id": "r1", "name": kind, "kind": kind, "digest": ""} for kind in kinds}
    return LogEntry(1, "", "", "step", step, params=params, inputs={"heart": {}}, outputs=outputs)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, ()),
        ({"beats": 5}, ()),
        ({"aortic_area_cm2": 0.8, "medicine": "metoprolol"}, ("aortic area 0.8 cm²", "metoprolol")),
        ({"preload_ml": 200.0, "rate_per_min": 90.0}, ("preload +200 mL", "heart rate 90 per min")),
        ({"preload_ml": -200.0, "reflex": True}, ("preload −200 mL", "baroreflex")),
        ({"infarct_segments": [7, 8]}, ("infarct of segments 7, 8",)),
        ({"medicine": "dobutamine", "mg_per_h": 2.0}, ("dobutamine 2 mg an hour",)),
        ({"rhythm": "left bundle branch block"}, ("left bundle branch block",)),
        ({"pump": "axial, after Simaan", "pump_rpm": 0.0}, ()),  # set back to off
        (
            {"pump": "axial, after Simaan", "pump_rpm": 9000.0},
            ("pump speed 9000 rpm", "pump axial, after Simaan"),
        ),
        ({"infarct_percent": 50.0}, ()),  # of no segment
    ],
)
def test_conditions_are_words(asked: dict, told: tuple[str, ...]) -> None:
    assert conditions(DECLARED, asked) == told


def test_a_beat_s_name_is_short_and_can_be_referred_to() -> None:
    assert beat_named(DECLARED, {}) == "beat, as fitted"
    asked = {"preload_ml": 100.0, "aortic_area_cm2": 0.8, "medicine": "metoprolol", "mg_per_day": 100.0}
    named = beat_named(DECLARED, asked)
    assert named == "beat, preload +100 mL, aortic area 0.8 cm² and 1 more"
    assert "/" not in beat_named(DECLARED, {"rate_per_min": 90.0})


def test_a_beat_bears_what_its_step_was_asked_and_a_fit_s_is_as_fitted() -> None:
    asked = {"aortic_area_cm2": 0.8}
    assert beat_conditions(made("physics.beat", asked), TREE) == "aortic area 0.8 cm²"
    assert beat_conditions(made("physics.beat", {}), TREE) == "as fitted"
    assert beat_conditions(made("physics.heart", {"systolic_mmhg": 120.0}, ("heart", "result")), TREE) == (
        "as fitted"
    )
    assert beat_conditions(made("physics.beat", asked), {"solver": "linear"}) == ""
    assert beat_conditions(made("no.such", asked), TREE) == ""


def test_two_beats_are_asked_alike_where_each_value_is_the_same_however_they_are_solved() -> None:
    solved = made("physics.beat", {"infarct_segments": [13, 14], "preload_ml": 0.0, "beats": 5})
    assert asks_alike(solved, {"infarct_segments": (13, 14), "resistance_percent": 100.0})
    assert not asks_alike(solved, {"infarct_segments": (13, 14), "preload_ml": 0.0001})
    assert not asks_alike(solved, {"infarct_segments": (13,)})
    assert not asks_alike(solved, {})
    assert not asks_alike(made("no.such", {}), {})
