"""Distances between surfaces."""

import numpy as np
import pytest

from physics.personal import surface_distances


def test_distances_of_parallel_and_smaller_sheets() -> None:
    points = np.array([[0.0, 0, 0], [10, 0, 0], [10, 10, 0], [0, 10, 0]])
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    there, back = surface_distances(points, triangles, points + np.array([0, 0, 2.5]), triangles)
    assert there == pytest.approx(2.5)
    assert back == pytest.approx(2.5)
    # A corner alone: 3 mm over its own, 4 mm aside of it, 5 mm from its edge.
    aside = np.array([[14.0, 2, 3], [14, 3, 3], [14, 2, 3.0001]])
    assert surface_distances(aside, triangles[:1], points, triangles)[0] == pytest.approx(5.0, abs=1e-3)
