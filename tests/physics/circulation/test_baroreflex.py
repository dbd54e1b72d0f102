"""The baroreflex in open loop; its published values stand in ``physics.verify``."""

import pytest

from physics.circulation.baroreflex import settled


def test_heart_rate_and_contractility_fall_as_pressure_rises() -> None:
    answers = [settled(p) for p in (40.0, 60.0, 80.0, 92.0, 110.0, 140.0)]
    for name in ("heart_rate_per_min", "lv_elastance_mmhg_per_ml", "other_resistance_mmhg_s_per_ml"):
        values = [getattr(a, name) for a in answers]
        assert values == sorted(values, reverse=True)
        assert values[0] > 1.2 * values[-1]


def test_below_its_threshold_the_sympathetic_nerve_does_nothing() -> None:
    # fes falls to 2.10 + 14.01 exp(-0.0675 · 47.78) = 2.66 only as the pressure goes to infinity: none below.
    assert settled(200.0).sympathetic_per_s == pytest.approx(2.657, abs=0.01)
    assert settled(200.0).lv_elastance_mmhg_per_ml == pytest.approx(2.392, abs=0.01)


def test_a_full_block_leaves_the_vagus_and_the_vessels() -> None:
    normal, blocked = settled(92.0), settled(92.0, beta_occupancy=1.0)
    assert blocked.lv_elastance_mmhg_per_ml == 2.392
    assert blocked.beat_s == pytest.approx(0.58 + 0.09 * normal.vagal_per_s)
    assert blocked.splanchnic_resistance_mmhg_s_per_ml == normal.splanchnic_resistance_mmhg_s_per_ml


def test_an_occupancy_is_a_share() -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1, not at 1\.2"):
        settled(92.0, beta_occupancy=1.2)
