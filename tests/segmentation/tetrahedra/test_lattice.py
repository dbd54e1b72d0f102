"""The mesher that cannot fail: angles, volume and place on kind and hostile surfaces."""

import numpy as np
import pytest
import pyvista as pv

from segmentation.tetrahedra.lattice import mesh
from segmentation.tetrahedra.report import boundary as boundary_of
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
    made = mesh(blobs(seed), 1.1, Progress())
    points, tets, boundary = made.points, made.tets, boundary_of(made.tets)
    angles = dihedral_angles(points, tets)
    assert angles.min() >= LEAST
    assert angles.max() <= MOST
    assert volume(points, boundary) > 0


def test_a_sphere_keeps_volume_and_place() -> None:
    made = mesh(surface_of(pv.Icosphere(radius=20, nsub=5)), 3.0, Progress())
    points, tets, boundary = made.points, made.tets, boundary_of(made.tets)
    radii = np.linalg.norm(points[np.unique(boundary)], axis=1)
    assert abs(radii - 20).max() < 0.05
    # A chord h leaves a sagitta h²/8R: the volume lacks about 3/R · 2/3 · h²/8R, 0.6 % at h = 3.
    assert volume(points, boundary) == pytest.approx(4 / 3 * np.pi * 20**3, rel=0.01)
    corners = points[tets]
    assert (np.linalg.det(corners[:, 1:] - corners[:, :1]) > 0).all()
    edges = np.linalg.norm(corners[:, [0, 0, 0, 1, 1, 2]] - corners[:, [1, 2, 3, 2, 3, 3]], axis=2)
    assert edges.mean() == pytest.approx(3.0, rel=0.06)


def test_the_boundary_is_closed_and_outward() -> None:
    made = mesh(surface_of(pv.Icosphere(radius=10, nsub=4)), 2.0, Progress())
    points, tets, boundary = made.points, made.tets, boundary_of(made.tets)
    edges = np.sort(np.vstack([boundary[:, [0, 1]], boundary[:, [1, 2]], boundary[:, [2, 0]]]), 1)
    _, counts = np.unique(edges, axis=0, return_counts=True)
    assert (counts == 2).all()
    assert volume(points, boundary) == pytest.approx(np.linalg.det(np.diff(points[tets], axis=1)).sum() / 6)


def test_a_hole_and_a_crossing_are_bridged() -> None:
    two = pv.Icosphere(radius=10, nsub=4).append_polydata(pv.Icosphere(radius=10, nsub=4, center=(8, 0, 0)))
    hostile = surface_of(two)
    hostile = Surface(hostile.points, np.delete(hostile.triangles, [5, 1900], axis=0), structure="phantom")
    made = mesh(hostile, 1.5, Progress())
    points, tets, boundary = made.points, made.tets, boundary_of(made.tets)
    # Two spheres of radius R whose centers lie d apart: 2 · 4/3 πR³ less the lens π(4R + d)(2R − d)²/12.
    exact = 8 / 3 * np.pi * 1000 - np.pi * (40 + 8) * (20 - 8) ** 2 / 12
    assert volume(points, boundary) == pytest.approx(exact, rel=0.015)
    assert dihedral_angles(points, tets).min() >= LEAST


def test_what_is_thinner_than_the_lattice_is_refused_in_words() -> None:
    with pytest.raises(GeometryError, match="as thick as edges of 8 mm"):
        mesh(surface_of(pv.Icosphere(radius=0.4, nsub=2)), 8.0, Progress())


def test_separate_parts_stay_and_crumbs_are_counted() -> None:
    big, small = pv.Icosphere(radius=8, nsub=4), pv.Icosphere(radius=5, nsub=4, center=(20, 0, 0))
    crumb = pv.Icosphere(radius=1.2, nsub=3, center=(0, 20, 0))
    made = mesh(surface_of(big.append_polydata(small).append_polydata(crumb)), 1.0, Progress())
    assert made.dropped == 1
    # All corners lie on the sphere, so the crumb lacks volume; a regular octahedron in it would hold 32 %.
    assert 0.32 < made.dropped_mm3 / (4 / 3 * np.pi * 1.2**3) < 1
    assert volume(made.points, boundary_of(made.tets)) == pytest.approx(4 / 3 * np.pi * (512 + 125), rel=0.01)
