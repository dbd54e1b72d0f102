"""Klotz's relation by the numbers of its paper."""

import numpy as np
import pytest

from physics.personal import klotz
from twin.errors import UserError


def test_one_point_tells_the_curve() -> None:
    """By hand for 120 mL at 10 mmHg: V0 = 120 (0.6 − 0.06), V30 = V0 + (120 − V0) / (10 / 27.78)^(1/2.76)."""
    found = klotz(120.0, 10.0)
    assert found.v0_ml == pytest.approx(64.8)
    assert found.v30_ml == pytest.approx(64.8 + 55.2 / 0.690623, rel=1e-4)
    np.testing.assert_allclose(found.pressure_mmhg(np.array([120.0, found.v30_ml])), [10.0, 30.0], rtol=1e-9)
    assert found.scaled_mmhg(np.array([120.0]))[0] == pytest.approx(10.0)
    assert found.scaled_mmhg(np.array([60.0]))[0] == 0.0
    assert found.far == (30.0, found.v30_ml)


def test_a_high_pressure_is_led_through_fifteen() -> None:
    """Nat Protoc 2:2152: beyond 22 mmHg by V15 = V0 + 0.8 (V30 − V0)."""
    found = klotz(200.0, 25.0)
    v15 = found.v0_ml + 0.8 * (found.v30_ml - found.v0_ml)
    np.testing.assert_allclose(found.pressure_mmhg(np.array([200.0, v15])), [25.0, 15.0], rtol=1e-9)
    assert found.far == (15.0, v15)


@pytest.mark.parametrize(("volume", "pressure"), [(5.0, 10.0), (120.0, 0.2), (120.0, 80.0)])
def test_what_no_ventricle_has_is_refused(volume: float, pressure: float) -> None:
    with pytest.raises(UserError):
        klotz(volume, pressure)
