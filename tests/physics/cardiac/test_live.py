"""The reduced ventricle: what it makes of its chart, and how it beats on under changing controls."""

from dataclasses import replace

import numpy as np
import pytest

from physics.cardiac import Chart, settled
from physics.cardiac.live import Controls, LiveHeart
from physics.cardiac.reduced import LEFT_OUT_MM, Reduced, reduced_of
from physics.circulation import REGAZZONI_2020, Passage, Shortening, measures_of
from physics.circulation.flat import circulation_of, numbers_of
from tests.physics.cardiac.published import tension_of
from tests.physics.cardiac.test_chart import CHART

VOLUMES, TENSIONS = CHART.volumes_ml, CHART.tensions_kpa
NODES = np.random.default_rng(3).normal(size=(40, 3))
TWIST = np.cross(NODES, [0.0, 0.0, 1.0])


def shape(volume: float, tension: float) -> np.ndarray:
    """Grow with the volume's cube root, and turn about z with the tension: four modes' worth."""
    grown = NODES * (np.cbrt(volume / 100) - 1)
    return 10 * (grown + 0.1 * tension * TWIST + 0.02 * tension**2 * NODES)


@pytest.fixture(scope="module")
def chart() -> Chart:
    shapes = np.array([[shape(v, t) for t in TENSIONS] for v in VOLUMES], np.float32)
    return replace(CHART, displacements_mm=shapes)


@pytest.fixture(scope="module")
def reduced(chart: Chart) -> Reduced:
    return reduced_of(chart)


def heart(reduced: Reduced) -> LiveHeart:
    """The published circulation with this ventricle, settled."""
    start = settled(CHART, REGAZZONI_2020, tension_of(REGAZZONI_2020, 1.0))
    return LiveHeart(reduced, start, 1.0, tension_of)


def test_few_modes_hold_all_shapes(reduced: Reduced) -> None:
    assert len(reduced.modes) <= 3  # growth and squeeze share NODES
    assert np.nanmax(reduced.strayed_mm) <= LEFT_OUT_MM


@pytest.mark.parametrize(("volume", "tension"), [(73.0, 0.1), (101.0, 0.6), (147.0, 0.9)])
def test_between_its_places(reduced: Reduced, volume: float, tension: float) -> None:
    off = np.linalg.norm(reduced.displacement_mm(volume, tension) - shape(volume, tension), axis=1)
    assert off.mean() < 2 * LEFT_OUT_MM


def test_a_stiffer_wall_is_the_same_wall_under_less_tension(reduced: Reduced) -> None:
    one, two = reduced.cavity(lambda t: 0.4 + 0 * t), reduced.cavity(lambda t: 0.8 + 0 * t, 2.0)
    assert two(90.0, 0.0) == pytest.approx(2 * one(90.0, 0.0))
    np.testing.assert_allclose(reduced.displacement_mm(90.0, 0.8, 2.0), reduced.displacement_mm(90.0, 0.4))


@pytest.mark.parametrize(
    ("volume", "tension", "stiffness", "reached"),
    [
        (50.0, 0.0, 1.0, True), (150.0, 1.0, 1.0, True), (150.1, 0.5, 1.0, False),
        (100.0, 1.01, 1.0, False), (100.0, 1.01, 1.1, True),
    ],
)  # fmt: skip
def test_what_was_not_computed_is_beyond(
    reduced: Reduced, volume: float, tension: float, stiffness: float, reached: bool
) -> None:
    assert reduced.reaches(np.array([100.0, volume]), np.array([0.5, tension]), stiffness) == reached


def test_where_no_rest_was_found_is_beyond(reduced: Reduced) -> None:
    gap = reduced.pressures_mmhg.copy()
    gap[0, 0] = np.nan
    assert not replace(reduced, pressures_mmhg=gap).reaches(np.array([52.0]), np.array([0.1]))


def test_it_beats_as_the_published_circulation_does(reduced: Reduced) -> None:
    """136.829 and 66.980 mL (circulation.md), gone through in frames of 1/25 s."""
    live = heart(reduced)
    for _ in range(45):
        moment = live.go(0.04)
        assert not moment.beyond
    assert live.last_beat is not None
    found = measures_of(live.last_beat)
    assert found["lv_end_diastolic_volume_ml"] == pytest.approx(136.829, rel=2e-3)
    assert found["lv_end_systolic_volume_ml"] == pytest.approx(66.980, rel=2e-3)


@pytest.mark.parametrize(
    ("controls", "stroke", "emptied"),
    [
        (Controls(resistance=1.3), -1, 1),  # more afterload: less ejected, more left
        (Controls(blood_ml=150.0), 1, 1),  # Frank–Starling
        (Controls(contractility=0.8), -1, 1),
        (Controls(rate_per_min=90.0), -1, 0),  # less time to fill
    ],
)
def test_it_answers_as_a_heart_does(reduced: Reduced, controls: Controls, stroke: int, emptied: int) -> None:
    """Directions as any physiology has them, e.g. Klabunde, Cardiovascular Physiology Concepts."""
    live = heart(reduced)
    live.go(0.8 * 2)
    assert live.last_beat is not None
    before = measures_of(live.last_beat)
    blood = float(live.circulation.volume_ml(live.last_beat.states[-1]))
    live.control(controls)
    live.go(12 * live.circulation.beat_s)
    after = measures_of(live.last_beat)
    assert stroke * (after["lv_stroke_volume_ml"] - before["lv_stroke_volume_ml"]) > 1.0
    assert emptied * (after["lv_end_systolic_volume_ml"] - before["lv_end_systolic_volume_ml"]) >= 0.0
    now = float(live.circulation.volume_ml(live.last_beat.states[-1]))
    assert now - blood == pytest.approx(controls.blood_ml, abs=1e-6)


def test_it_says_when_it_leaves_its_chart(reduced: Reduced) -> None:
    live = heart(reduced)
    assert not live.go(0.8).beyond
    live.control(Controls(contractility=1.5))
    assert live.go(0.8).beyond
    live.control(Controls())
    assert live.go(0.4).beyond  # in the beat before
    assert not live.go(0.8).beyond


def test_what_speed_takes_is_seen_at_once(reduced: Reduced) -> None:
    """In the moment's tension, and in the shape, which is that of the tension as it acts."""
    slowed = replace(reduced, shortening=Shortening(130.0))
    start = settled(CHART, REGAZZONI_2020, tension_of(REGAZZONI_2020, 1.0))
    live = LiveHeart(slowed, start, 1.0, tension_of)
    moments = [live.go(0.02) for _ in range(40)]
    fastest = min(moments, key=lambda moment: moment.volume_ml - moment.part.states[0, 1])
    at_rest = float(tension_of(REGAZZONI_2020, 1.0)(np.array([fastest.time_s]))[0])
    assert 0.3 * at_rest < fastest.tension_kpa < 0.9 * at_rest
    np.testing.assert_array_equal(
        live.displacement_mm(fastest), slowed.displacement_mm(fastest.volume_ml, fastest.tension_kpa)
    )
    assert live.last_beat is not None
    assert live.last_beat.drives.max() < 1.0  # the course's own peak


def test_a_rate_that_cannot_be_changes_nothing(reduced: Reduced) -> None:
    live = heart(reduced)
    with pytest.raises(ValueError, match="shorter than its contraction"):
        live.control(Controls(rate_per_min=300.0))
    assert live.controls == Controls()
    live.go(0.1)


def test_a_circulation_is_kept_as_numbers() -> None:
    numbers = numbers_of(REGAZZONI_2020)
    assert numbers["chambers.LV.unstressed_ml"] == 42.0
    assert circulation_of(numbers, REGAZZONI_2020.limits) == REGAZZONI_2020


def test_what_goes_beside_the_valves_is_told(reduced: Reduced) -> None:
    hole = Passage.hole("ventricular septal defect", "LV", "RV", 0.2)
    start = settled(CHART, REGAZZONI_2020, tension_of(REGAZZONI_2020, 1.0))
    live = LiveHeart(reduced, start.with_passage(hole), 1.0, tension_of)
    part = live.go(1.0).part
    assert part.passages_ml_per_s.shape == (len(part.times_s), 1)
    assert part.passages_ml_per_s.max() > 50.0
    assert live.circulation.passages == (hole,)
