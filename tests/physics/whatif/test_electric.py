"""A kept heart's electrocardiogram, and what is asked of it."""

import numpy as np
import pytest

from physics.activation.ecg import ASSUMED, LEADS
from physics.heart_steps import OWN_RHYTHM, BeatParams
from physics.whatif.electric import BLOCKED_REMARK, SILENT, Electric, electric_of, limits_of, told
from tests.physics.whatif.made import elastic_heart, walled_heart

V6 = LEADS.index("V6")


@pytest.fixture(scope="module")
def electric() -> Electric:
    return Electric(walled_heart())


def test_it_begins_before_the_wall_pulls_and_lasts_a_beat(electric: Electric) -> None:
    """Tension begins with the adult's contraction, where activation has reached the wall in the mean."""
    onset = walled_heart().circulation["chambers.LV.onset_s"]
    mean = float(np.mean(electric.normal.element_ms)) / 1000
    assert onset - electric.begin_s == pytest.approx(mean, rel=0.2)
    shown = electric.electrocardiogram(BeatParams())
    times = np.linspace(0.0, 0.8, 801)
    curves = electric.curves(shown, times, 0.8)
    assert [curve.name for curve in curves] == ["lead I", "lead II", "lead V1", "lead V6"]
    assert {curve.unit for curve in curves} == {"mV"}
    peak = times[np.abs(curves[V6].values).argmax()]
    assert electric.begin_s < peak < electric.begin_s + shown.qrs_ms / 1000
    assert curves[V6].values[0] == pytest.approx(curves[V6].values[-1], abs=1e-6)


def test_rhythm_and_infarct_change_it_and_nothing_else_does(electric: Electric) -> None:
    own = electric.electrocardiogram(BeatParams())
    more = electric.electrocardiogram(BeatParams(preload_ml=300.0, reflex=True))
    np.testing.assert_array_equal(own.activation_mv, more.activation_mv)
    block = electric.electrocardiogram(BeatParams(rhythm="left bundle branch block"))
    blocked = told(block, "left bundle branch block")
    # ``tests/physics/activation/test_rhythm``
    assert blocked.value > 1.5 * told(own, OWN_RHYTHM).value
    assert BLOCKED_REMARK in blocked.remark
    assert BLOCKED_REMARK in told(block, "resynchronized").remark
    assert not any(BLOCKED_REMARK in told(own, rhythm).remark for rhythm in (OWN_RHYTHM, "normal"))
    # Lateral segments lie nearest to V6: without them, and half of them, it is lower.
    dead, half = (
        electric.electrocardiogram(BeatParams(infarct_segments=(5, 6, 11, 12, 16), infarct_percent=lost))
        for lost in (100.0, 50.0)
    )
    tall = [one.activation_mv[V6].max() for one in (own, half, dead)]
    assert tall[2] < tall[1] < tall[0]
    np.testing.assert_allclose(2 * half.activation_mv, own.activation_mv + dead.activation_mv)
    assert limits_of(BeatParams()) == ASSUMED
    assert SILENT in limits_of(BeatParams(infarct_segments=(5,)))


def test_where_fibers_or_septum_are_not_known_there_is_none() -> None:
    assert electric_of(elastic_heart()) is None
