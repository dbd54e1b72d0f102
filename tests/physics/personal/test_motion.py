"""Distances between surfaces."""

import numpy as np
import pytest

from physics.personal import surface_distances
from physics.personal.motion import shortening_percent


def test_distances_of_parallel_and_smaller_sheets() -> None:
    points = np.array([[0.0, 0, 0], [10, 0, 0], [10, 10, 0], [0, 10, 0]])
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    there, back = surface_distances(points, triangles, points + np.array([0, 0, 2.5]), triangles)
    assert there == pytest.approx(2.5)
    assert back == pytest.approx(2.5)
    # A corner alone: 3 mm over its own, 4 mm aside of it, 5 mm from its edge.
    aside = np.array([[14.0, 2, 3], [14, 3, 3], [14, 2, 3.0001]])
    assert surface_distances(aside, triangles[:1], points, triangles)[0] == pytest.approx(5.0, abs=1e-3)


def test_a_cone_whose_base_comes_down_shortens_by_so_much() -> None:
    """80 mm from apex to base; 16 mm of it are a fifth, whatever way it lies and however narrow it grows."""
    turns = 2 * np.pi * np.arange(6) / 6
    rim = np.column_stack([25 * np.cos(turns), 25 * np.sin(turns), np.full(6, 80.0)])
    before = np.vstack([np.zeros(3), rim])
    after = np.vstack([np.zeros(3), rim * (0.8, 0.8, 1.0) - (0.0, 0.0, 16.0)]) @ np.eye(3)[[2, 0, 1]]
    triangles = np.array([[0, 1 + n, 1 + (n + 1) % 6] for n in range(6)], np.int32)
    assert shortening_percent(before, after, triangles) == pytest.approx(20.0)
