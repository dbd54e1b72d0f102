"""The mesher that cannot fail: angles, volume and place on kind and hostile surfaces."""

import numpy as np
import pytest
import pyvista as pv

from segmentation.tetrahedra.lattice import boundary_faces, mesh
from twin.domain import Surface
from twin.errors import GeometryError
from twin.progress import Progress

LEAST, MOST = 10.7, 164.8
"""Labelle and Shewchuk 2007, theorem 1: bounds of every dihedral angle, whatever the surface."""

PAIRS = ((0, 1, 2, 3), (0, 2, 1, 3), (0, 3, 1, 2), (1, 2, 0, 3), (1, 3, 0, 2), (2, 3, 0, 1))


def dihedral_angles(points: np.ndarray, tets: np.ndarray) -> np.ndarray:
    """Angles in degrees, shape (m, 6), from the two faces' normals to the shared edge."""
    angles = []
    for i, j, k, m in PAIRS:
        edge = points[tets[:, j]] - points[tets[:, i]]
        edge /= np.linalg.norm(edge, axis=1, keepdims=True)
        u, v = points[tets[:, k]] - points[tets[:, i]], points[tets[:, m]] - points[tets[:, i]]
        u = u - edge * (u * edge).sum(1, keepdims=True)
        v = v - edge * (v * edge).sum(1, keepdims=True)
        angles.append(np.arctan2(np.linalg.norm(np.cross(u, v), axis=1), (u * v).sum(1)))
    return np.degrees(np.stack(angles, 1))


def volume(points: np.ndarray, triangles: np.ndarray) -> float:
    a, b, c = (points[triangles[:, n]] for n in range(3))
    return float((np.cross(a, b) * c).sum() / 6)


def surface_of(shape: pv.PolyData) -> Surface:
    shape = shape.triangulate().clean()
    points, triangles = np.asarray(shape.points, float), shape.regular_faces.astype(np.int32)
    if volume(points, triangles) < 0:
        triangles = triangles[:, ::-1].copy()
    return Surface(points, triangles, structure="phantom")


def blobs(seed: int) -> Surface:
    """A level set of smooth noise: many parts, saddles, thin necks."""
    noise = np.random.default_rng(seed).normal(size=(26, 26, 26))
    spectrum = np.fft.fftn(noise)
    k = np.fft.fftfreq(26)
    spectrum *= np.exp(
        -(k[:, None, None] ** 2 + k[None, :, None] ** 2 + k[None, None, :] ** 2) / (2 * 0.07**2)
    )
    field = np.pad(np.fft.ifftn(spectrum).real[2:-2, 2:-2, 2:-2], 2, constant_values=-1)
    grid = pv.ImageData(dimensions=field.shape)
    return surface_of(grid.contour([0.0], field.ravel(order="F"), method="flying_edges"))


@pytest.mark.parametrize("seed", range(4))
def test_angles_hold_on_any_shape(seed: int) -> None:
    points, tets, boundary = mesh(blobs(seed), 1.1, Progress())
    angles = dihedral_angles(points, tets)
    assert angles.min() >= LEAST
    assert angles.max() <= MOST
    assert volume(points, boundary) > 0


def test_a_sphere_keeps_volume_and_place() -> None:
    points, tets, boundary = mesh(surface_of(pv.Icosphere(radius=20, nsub=5)), 3.0, Progress())
    radii = np.linalg.norm(points[np.unique(boundary)], axis=1)
    assert abs(radii - 20).max() < 0.05
    # A chord h leaves a sagitta h²/8R: the volume lacks about 3/R · 2/3 · h²/8R, 0.6 % at h = 3.
    assert volume(points, boundary) == pytest.approx(4 / 3 * np.pi * 20**3, rel=0.01)
    corners = points[tets]
    assert (np.linalg.det(corners[:, 1:] - corners[:, :1]) > 0).all()
    edges = np.linalg.norm(corners[:, [0, 0, 0, 1, 1, 2]] - corners[:, [1, 2, 3, 2, 3, 3]], axis=2)
    assert edges.mean() == pytest.approx(3.0, rel=0.06)


def test_the_boundary_is_closed_and_outward() -> None:
    points, tets, boundary = mesh(surface_of(pv.Icosphere(radius=10, nsub=4)), 2.0, Progress())
    edges = np.sort(np.vstack([boundary[:, [0, 1]], boundary[:, [1, 2]], boundary[:, [2, 0]]]), 1)
    _, counts = np.unique(edges, axis=0, return_counts=True)
    assert (counts == 2).all()
    assert volume(points, boundary) == pytest.approx(np.linalg.det(np.diff(points[tets], axis=1)).sum() / 6)
    np.testing.assert_array_equal(np.sort(boundary_faces(tets), 1), np.sort(boundary, 1))


def test_a_hole_and_a_crossing_are_bridged() -> None:
    two = pv.Icosphere(radius=10, nsub=4).append_polydata(pv.Icosphere(radius=10, nsub=4, center=(8, 0, 0)))
    hostile = surface_of(two)
    hostile = Surface(hostile.points, np.delete(hostile.triangles, [5, 1900], axis=0), structure="phantom")
    points, tets, boundary = mesh(hostile, 1.5, Progress())
    # Two spheres of radius R whose centers lie d apart: 2 · 4/3 πR³ less the lens π(4R + d)(2R − d)²/12.
    exact = 8 / 3 * np.pi * 1000 - np.pi * (40 + 8) * (20 - 8) ** 2 / 12
    assert volume(points, boundary) == pytest.approx(exact, rel=0.015)
    assert dihedral_angles(points, tets).min() >= LEAST


def test_what_is_thinner_than_the_lattice_is_refused_in_words() -> None:
    with pytest.raises(GeometryError, match="as thick as edges of 8 mm"):
        mesh(surface_of(pv.Icosphere(radius=0.4, nsub=2)), 8.0, Progress())
