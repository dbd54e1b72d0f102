"""A surface as rings: sections across its longest direction, which follow its points."""

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (without it no mapper is whole)
from vtkmodules.util.numpy_support import vtk_to_numpy

from twin.domain import Surface
from viewers.rings import APART_MM, DrawnRings


def tube(radius_mm: float = 10.0, length_mm: float = 80.0) -> Surface:
    """An open tube along z, 24 sides, a ring of points every 4 mm."""
    turn = np.linspace(0.0, 2 * np.pi, 24, endpoint=False)
    heights = np.arange(0.0, length_mm + 1, 4.0)
    points = np.array([[radius_mm * np.cos(t), radius_mm * np.sin(t), z] for z in heights for t in turn])
    triangles = []
    for k in range(len(heights) - 1):
        for n in range(24):
            a, b = 24 * k + n, 24 * k + (n + 1) % 24
            triangles += [[a, b, a + 24], [b, b + 24, a + 24]]
    return Surface(points, np.array(triangles, np.int32), structure="tube")


def lines(drawn: DrawnRings) -> np.ndarray:
    """Return the points of what is drawn, shape (n, 3)."""
    source = drawn.actors[0].GetMapper().GetInputAlgorithm()
    source.Update()
    found = source.GetOutput()
    assert found.GetNumberOfPolys() == 0
    assert found.GetNumberOfLines() > 0
    return vtk_to_numpy(found.GetPoints().GetData())


def test_rings_lie_on_the_surface_as_far_apart_as_told() -> None:
    at = lines(DrawnRings(tube(), "#c05050", 1.0))
    heights = np.unique(np.round(at[:, 2], 3))
    # 80 mm in rings 8 mm apart: ten, half a step from either end.
    np.testing.assert_allclose(heights, np.arange(4.0, 80.0, APART_MM), atol=1e-3)
    # Sides of a 24-gon lie up to 1 − cos(7.5°) inside its circle.
    np.testing.assert_allclose(np.hypot(at[:, 0], at[:, 1]), 10.0, rtol=1 - np.cos(np.radians(7.5)))


def test_rings_follow_the_points_as_the_heart_beats() -> None:
    drawn, narrow = DrawnRings(tube(), "#c05050", 1.0), tube(6.0)
    lines(drawn)
    drawn.move(narrow.points)
    at = lines(drawn)
    np.testing.assert_allclose(np.hypot(at[:, 0], at[:, 1]), 6.0, rtol=1 - np.cos(np.radians(7.5)))
