"""A twitch over the beat."""

import numpy as np
import pytest

from physics.cardiac import tension_of
from physics.circulation import ADULT


def test_it_rises_to_its_peak_falls_to_nothing_and_comes_back() -> None:
    twitch = tension_of(ADULT, 80.0)
    times = np.linspace(0.0, ADULT.beat_s, 2001)
    tension = twitch(times)
    assert tension.max() == pytest.approx(80.0, rel=1e-4)
    assert (tension[times < twitch.onset_s] == 0.0).all()
    assert (tension[times > twitch.onset_s + twitch.length_s] == 0.0).all()
    rising = (times[1:] > twitch.onset_s) & (times[1:] < times[tension.argmax()])
    assert (np.diff(tension)[rising] > 0.0).all()
    np.testing.assert_allclose(twitch(times + ADULT.beat_s), tension, atol=1e-6)
    # By hand, a rise after its onset: tanh(1)² = 0.58 of the plateau, little of the fall.
    early = twitch(np.array([twitch.onset_s + twitch.rise_s]))[0]
    assert 0.58 * 80.0 <= early <= 0.7 * 80.0
