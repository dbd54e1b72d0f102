"""The reference heart's scar: its volume, its place, and how it looks."""

import numpy as np
import pytest

from twin.reference.late import Scar
from twin.reference.left_ventricle import LeftVentricle, left_ventricle, sheared, upright


@pytest.fixture(scope="module")
def left() -> LeftVentricle:
    return left_ventricle(0.0, 150.0, 60.0)


@pytest.mark.parametrize("phase", [0.0, 0.36])
def test_its_volume_is_what_places_thrown_at_random_find(phase: float) -> None:
    """200,000 places in 600 mL: 4,300 in the scar, 1.5 % of it (one standard deviation); the wall moves."""
    now, scar = left_ventricle(phase, 150.0, 60.0), Scar()
    box = np.array([[-50.0, -50.0, -65.0], [50.0, 50.0, -5.0]])
    places = np.random.default_rng(1).uniform(*box, (200_000, 3))
    found = scar.holds(now, sheared(places))[0].mean() * np.prod(np.diff(box, axis=0)) / 1000
    assert found == pytest.approx(scar.ml(now), rel=0.05)


def test_it_lies_in_the_anteroseptal_wall_from_the_endocardium_on(left: LeftVentricle) -> None:
    scar, height = Scar(), np.array([-30.0])
    inner = float(np.sqrt(left.inner_squared(height))[0])
    for degrees, held in ((45.0, True), (225.0, False)):
        angle = np.radians(degrees)
        outer = float(left.outer(height, np.array([angle]))[0])
        shares = np.array([-0.1, 0.1, 0.9, 1.1])
        radius = inner + shares * (outer - inner)
        ray = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.full(4, -30.0)], axis=1)
        assert scar.holds(left, sheared(ray))[0].tolist() == [False, held, held, False]
    assert np.allclose(upright(sheared(ray)), ray)


def test_a_core_lies_within_it(left: LeftVentricle) -> None:
    places = np.random.default_rng(2).uniform((-10, -10, -60), (50, 50, 0), (20_000, 3))
    dead, core = Scar(core=0.6).holds(left, places)
    assert 0 < core.sum() < 0.5 * dead.sum()
    assert dead[core].all()
