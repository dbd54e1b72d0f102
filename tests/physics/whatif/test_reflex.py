"""The baroreflex beside a live heart, and before a full beat: directions and ranges."""

from dataclasses import replace

import pytest

from physics.cardiac import Controls, LiveHeart
from physics.cardiac.live import under
from physics.cardiac.pump import live_heart
from physics.circulation import ADULT, measures_of
from physics.circulation.flat import circulation_of
from physics.circulation.regulation import Reflex, Response
from physics.heart_steps import BeatParams
from physics.whatif import live_limits
from physics.whatif.asked import REFLEX_LIMITS
from physics.whatif.full import worked_out
from physics.whatif.reflex import answered, told_of
from tests.physics.whatif.made import elastic_heart
from twin.errors import UserError
from twin.progress import Progress

HEART = elastic_heart()
_BEATING = live_heart(HEART)
_BEATING.go(30 * _BEATING.circulation.beat_s)
assert _BEATING.last_beat is not None
OWN = _BEATING.last_beat
OWN_PER_MIN, OWN_MMHG = 70.0, measures_of(OWN)["mean_arterial_pressure_mmhg"]
"""The adult's."""


def live(controls: Controls, *, reflex: bool, seconds: float = 50.0) -> LiveHeart:
    """Return the adult's heart some time after its controls were changed."""
    made = live_heart(HEART)
    if reflex:
        made.feel(Reflex(OWN))
    made.control(controls)
    made.go(seconds)
    return made


def mean_mmhg(heart: LiveHeart) -> float:
    assert heart.last_beat is not None
    return measures_of(heart.last_beat)["mean_arterial_pressure_mmhg"]


def test_at_the_own_set_point_nothing_moves() -> None:
    heart = live(Controls(), reflex=True)
    assert heart.circulation.heart_rate_per_min == pytest.approx(OWN_PER_MIN, abs=0.5)
    assert mean_mmhg(heart) == pytest.approx(OWN_MMHG, abs=0.5)
    assert abs(heart.response.blood_ml) < 5.0


@pytest.mark.parametrize(
    ("controls", "faster"),
    [(Controls(blood_ml=-500.0), True), (Controls(resistance=1.5), False)],
)
def test_pressure_is_held_and_the_rate_goes_against_it(controls: Controls, faster: bool) -> None:
    """Ursino 1998: a bleeding is answered by rate, vessels and veins, more pressure by a slower heart."""
    alone, held = live(controls, reflex=False), live(controls, reflex=True)
    unheld, moved = mean_mmhg(alone) - OWN_MMHG, mean_mmhg(held) - OWN_MMHG
    assert (unheld < -5.0) == faster
    assert 0.2 < moved / unheld < 0.75  # as in ``tests/physics/circulation/test_regulation``
    assert alone.circulation.heart_rate_per_min == pytest.approx(OWN_PER_MIN)
    rate, response = held.circulation.heart_rate_per_min, held.response
    assert (75.0 < rate < 100.0) if faster else (55.0 < rate < 68.5)
    assert (response.resistance > 1.02) if faster else (response.resistance < 0.98)
    assert (response.contractility > 1.01) if faster else (response.contractility < 0.99)
    assert (response.blood_ml > 50.0) if faster else (response.blood_ml < -20.0)


def test_it_answers_within_seconds_and_is_gone_when_it_is_let_go() -> None:
    heart = live(Controls(blood_ml=-500.0), reflex=True, seconds=0.1)
    assert heart.response == Response()
    blood = float(heart.circulation.volume_ml(heart._state))
    heart.go(6.0)
    quick = heart.response
    assert quick.heart_rate > 1.1
    assert quick.blood_ml < 30.0  # the veins' delay is 5 s, their time constant 20 s
    heart.feel(None)
    assert heart.circulation.heart_rate_per_min == pytest.approx(OWN_PER_MIN)
    assert heart.acting == heart.controls
    assert heart.circulation.volume_ml(heart._state) == pytest.approx(blood)


def test_where_no_beat_fits_the_rate_stays_and_the_rest_answers() -> None:
    """At 145 a minute of the hands' a bleeding asks for more than contraction leaves room for."""
    heart = live(Controls(blood_ml=-800.0, rate_per_min=145.0), reflex=True, seconds=20.0)
    assert heart._reflex is not None
    asked = heart._reflex.response
    with pytest.raises(ValueError, match="shorter than its contraction"):
        under(circulation_of(HEART.circulation), replace(heart.acting, rate_per_min=145.0 * asked.heart_rate))
    assert 145.0 < heart.circulation.heart_rate_per_min < 145.0 * asked.heart_rate
    assert heart.response.resistance == pytest.approx(asked.resistance, rel=0.01)


def test_before_a_full_beat_it_has_come_to_rest() -> None:
    asked = BeatParams(preload_ml=-500.0, reflex=True)
    found = worked_out(HEART, asked, Progress())
    assert found.reflex is not None
    held = live(Controls(blood_ml=-500.0), reflex=True)
    assert found.circulation.heart_rate_per_min == pytest.approx(held.circulation.heart_rate_per_min, abs=1.0)
    assert found.controls.resistance == pytest.approx(held.response.resistance, rel=0.01)
    told = {number.name: number.value for number in found.reflex.numbers()}
    assert told["heart rate, by the reflex"] == found.circulation.heart_rate_per_min
    assert told["resistance, by the reflex"] > 102.0
    start = found.circulation.start.array()
    blood = float(ADULT.volume_ml(ADULT.start.array())) - 500.0 + found.reflex.response.blood_ml
    assert float(found.circulation.volume_ml(start)) == pytest.approx(blood)
    assert live_limits(asked) == REFLEX_LIMITS


def test_it_is_told_in_short() -> None:
    assert list(told_of(Response(), 70.0)) == []
    response = Response(heart_rate=1.2, contractility=1.051, resistance=0.9, blood_ml=-50.4)
    assert list(told_of(response, 84.0)) == [
        "70 → 84 /min", "resistance −10 %", "contractility +5 %", "veins take 50 mL",
    ]  # fmt: skip


def test_it_does_not_act_twice_nor_on_a_wall_that_it_does_not_know() -> None:
    with pytest.raises(UserError, match="act twice"):
        worked_out(HEART, BeatParams(medicine="metoprolol", reflex=True), Progress())
    asked = BeatParams(rhythm="resynchronized", reflex=True)
    with pytest.raises(UserError, match="without the reflex"):
        answered(live_heart(HEART), OWN, Controls(), asked, Progress())
