"""Directions taken from a file, and carried to another mesh."""

import numpy as np

from physics.heart import LAND_2015, Fibers, carried
from tests.physics.heart.shapes import degrees_between


def test_directions_are_carried_to_a_coarser_mesh() -> None:
    fine, coarse = LAND_2015.mesh(0.9), LAND_2015.mesh(2.2)
    middles = [m.points[m.tets].mean(axis=1) for m in (fine, coarse)]
    there, exact = (LAND_2015.fibers(x, 60.0, -60.0) for x in middles)
    heads = np.random.default_rng(4).choice([-1.0, 1.0], (len(fine.tets), 1))  # fibers have none
    found = carried(Fibers.given(there.fiber * heads, there.sheet), fine, coarse)
    assert np.median(degrees_between(found.fiber, exact.fiber)) < 6.0  # an element spans 60° of its own
    assert np.percentile(degrees_between(found.fiber, exact.fiber), 95) < 20.0
    assert np.median(degrees_between(found.sheet, exact.sheet)) < 3.0
    np.testing.assert_allclose((found.fiber * found.sheet).sum(axis=1), 0.0, atol=1e-9)
    same = carried(there, fine, fine)
    assert degrees_between(same.fiber, there.fiber).max() < 0.1


def test_sheets_are_set_at_right_angles() -> None:
    found = Fibers.given(np.array([[2.0, 0, 0], [0, 1, 0]]), np.array([[1.0, 1, 0], [0, 3, 0]]))
    np.testing.assert_allclose(found.fiber, [[1, 0, 0], [0, 1, 0]])
    np.testing.assert_allclose(found.sheet[0], [0, 1, 0])
    np.testing.assert_allclose(np.linalg.norm(found.sheet, axis=1), 1.0)  # along the fiber it tells nothing
    np.testing.assert_allclose(found.normal[0], [0, 0, 1])
