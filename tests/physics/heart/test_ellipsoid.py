"""The parametric ventricle: volumes, quality, patches, and the rule of fibers in closed form."""

import numpy as np
import pytest

from physics.heart import LAND_2015, Ellipsoid
from tests.physics.heart.shapes import assert_patches_cover_the_boundary, dihedral_deg, jacobians
from twin.errors import GeometryError

# π r_s² (z - z³ / 3 r_l²) from -r_l to 5 mm: 5726.81 within the epicardium, 2492.13 within the endocardium.
WALL_MM3 = np.pi * (
    10.0**2 * (5.0 - 5.0**3 / (3 * 20.0**2) + 2 / 3 * 20.0)
    - 7.0**2 * (5.0 - 5.0**3 / (3 * 17.0**2) + 2 / 3 * 17.0)
)


@pytest.mark.parametrize(("edge_mm", "low", "high"), [(4.5, 500, 900), (1.6, 4500, 6000), (1.3, 7000, 11000)])
def test_elements_are_well_shaped_up_to_the_apex(edge_mm: float, low: int, high: int) -> None:
    mesh = LAND_2015.mesh(edge_mm)
    assert low < len(mesh.tets) < high
    angles = dihedral_deg(mesh)
    assert angles.min() > 15.0
    assert angles.max() < 130.0
    apex = np.linalg.norm(mesh.points - [0, 0, -17], axis=1).argmin()
    assert np.allclose(mesh.points[apex], [0, 0, -17])
    faces = mesh.patch("endo_lv").triangles
    assert np.count_nonzero((faces == apex).any(axis=1)) == 6
    assert_patches_cover_the_boundary(mesh)


def test_patches_lie_on_the_ellipsoids_and_the_base() -> None:
    mesh = LAND_2015.mesh(3.0, order=2)
    for name, short, long in (("endo_lv", 7.0, 17.0), ("epi", 10.0, 20.0)):
        nodes = _with_middles(mesh, name)
        x, y, z = mesh.points[nodes].T
        np.testing.assert_allclose((x**2 + y**2) / short**2 + z**2 / long**2, 1.0, atol=1e-12)
    np.testing.assert_allclose(mesh.points[_with_middles(mesh, "base"), 2], 5.0, atol=1e-12)


def test_volumes_converge_to_the_exact_one() -> None:
    errors = []
    for order in (1, 2):
        for edge in (3.0, 1.5):
            smallest, volume = jacobians(LAND_2015.mesh(edge, order=order))
            assert smallest.min() > 0.0
            errors.append(abs(volume / WALL_MM3 - 1.0))
    assert errors[1] < 0.35 * errors[0] < 0.35 * 0.04  # second order
    assert errors[3] < 0.15 * errors[2] < 0.15 * 0.002  # curved: beyond third


def test_fibers_are_the_rule_of_the_third_problem() -> None:
    """Land 2015: f along u at the endocardium, around the axis midway, along -u at the epicardium."""
    level, angle = np.array([0.3, 0.6, 0.9]), np.array([0.0, 2.0, 4.0])
    for depth in (0.0, 0.25, 0.5, 1.0):
        at = LAND_2015.place(level, angle, np.full(3, depth))
        np.testing.assert_allclose(LAND_2015.depth(at), depth, atol=1e-12)
        found = LAND_2015.fibers(at)
        step = 1e-6
        up = LAND_2015.place(level + step, angle, np.full(3, depth)) - at
        around = LAND_2015.place(level, angle + step, np.full(3, depth)) - at
        up, around = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (up, around))
        alpha = np.radians(90.0 - 180.0 * depth)
        np.testing.assert_allclose(found.fiber, np.sin(alpha) * up + np.cos(alpha) * around, atol=1e-5)
        together = np.stack([found.fiber, found.sheet, found.normal], axis=1)
        np.testing.assert_allclose(
            together @ together.transpose(0, 2, 1), np.tile(np.eye(3), (3, 1, 1)), atol=1e-12
        )
        np.testing.assert_allclose(np.linalg.det(together), 1.0, atol=1e-12)
        assert ((found.sheet * at * [1, 1, 0]).sum(axis=1) > 0).all()  # outward


def test_at_the_apex_there_is_a_direction_too() -> None:
    found = LAND_2015.fibers(np.array([[0.0, 0.0, -18.5]]))
    assert np.linalg.norm(found.fiber) == pytest.approx(1.0)
    np.testing.assert_allclose(found.sheet, [[0, 0, -1]], atol=1e-12)


@pytest.mark.parametrize(
    ("radii", "words"),
    [
        ((10.0, 17.0, 7.0, 20.0, 5.0), "do not lie within"),
        ((7.0, 20.0, 10.0, 17.0, 5.0), "do not lie within"),
        ((7.0, 17.0, 10.0, 20.0, 17.5), "does not cut"),
    ],
)
def test_radii_that_are_no_ventricle(radii: tuple[float, ...], words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        Ellipsoid(*radii)


@pytest.mark.parametrize(("edge_mm", "words"), [(0.0, "above 0"), (0.01, "longer")])
def test_edges_that_cannot_be(edge_mm: float, words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        LAND_2015.mesh(edge_mm)


def _with_middles(mesh, name):  # type: ignore[no-untyped-def]
    """Return a patch's nodes, and the mid-edge nodes of its triangles' edges."""
    faces = mesh.patch(name).triangles
    pairs = {tuple(sorted((f[k], f[k - 1]))) for f in faces.tolist() for k in range(3)}
    found = set(np.unique(faces).tolist())
    for a, b, column in ((0, 1, 4), (1, 2, 5), (0, 2, 6), (0, 3, 7), (1, 3, 8), (2, 3, 9)):
        for tet in mesh.tets.tolist():
            if tuple(sorted((tet[a], tet[b]))) in pairs:
                found.add(tet[column])
    return np.array(sorted(found))
