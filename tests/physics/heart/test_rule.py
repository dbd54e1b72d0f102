"""Coordinates, fibers, segments: on a ventricle known in closed form, and on two ventricles."""

from dataclasses import replace

import numpy as np
import pytest

from physics.heart import LAND_2015, Angles, coordinates, fibers_of, local_axes, segments
from physics.heart.coordinates import Coordinates
from tests.physics.heart.shapes import degrees_between, two_ventricles
from twin.domain import Patch, TetMesh
from twin.errors import GeometryError, UserError

Known = tuple[TetMesh, Coordinates]


@pytest.fixture(scope="module")
def land() -> Known:
    mesh = LAND_2015.mesh(1.6)
    return mesh, coordinates(mesh)


@pytest.fixture(scope="module")
def both() -> Known:
    mesh = two_ventricles()
    return mesh, coordinates(mesh)


def middles(mesh: TetMesh) -> np.ndarray:
    return mesh.points[mesh.tets].mean(axis=1)


def test_the_rule_is_lands_third_problem(land: Known) -> None:
    """90° - 180° t, t of the ellipsoid family, in closed form."""
    mesh, at = land
    found = fibers_of(mesh, Angles(90.0, -90.0, 0.0, 0.0), at)
    exact = LAND_2015.fibers(middles(mesh))
    apart = degrees_between(found.fiber, exact.fiber)
    assert apart.mean() < 2.5  # 5,184 elements; 1.45° on 7,896
    assert np.percentile(apart, 95) < 5.0
    assert degrees_between(found.sheet, exact.sheet).mean() < 1.2
    assert ((found.fiber * exact.fiber).sum(axis=1) > 0.9).all()  # the same way round too


def test_the_rule_converges() -> None:
    errors = []
    for edge in (2.2, 1.3):
        mesh = LAND_2015.mesh(edge)
        found = fibers_of(mesh, Angles(sheet_endo=0.0, sheet_epi=0.0))
        exact = LAND_2015.fibers(middles(mesh), 60.0, -60.0)
        errors.append(degrees_between(found.fiber, exact.fiber).mean())
    assert errors[1] < 0.5 * errors[0] < 2.0


def test_coordinates_of_the_ellipsoid(land: Known) -> None:
    mesh, at = land
    np.testing.assert_allclose(at.transmural, LAND_2015.depth(mesh.points), atol=0.05)
    np.testing.assert_allclose(at.lv + at.rv + at.epi, 1.0, atol=1e-12)
    # 3 mm along the axes; between the ellipsoids at the shoulder down to 2.74 mm.
    assert 2.65 < at.thickness_mm.min() < at.thickness_mm.max() < 3.05
    order = np.argsort(np.argsort(at.apicobasal)), np.argsort(np.argsort(mesh.points[:, 2]))
    assert np.corrcoef(*order)[0, 1] > 0.99
    assert at.apicobasal[np.linalg.norm(mesh.points - [0, 0, -17], axis=1).argmin()] == 0.0
    assert np.allclose(at.apicobasal[np.unique(mesh.patch("base").triangles)], 1.0)
    np.testing.assert_allclose(at.axis.up, [0, 0, 1], atol=1e-9)


def test_local_axes_are_the_ellipsoids(land: Known) -> None:
    mesh, at = land
    axes = local_axes(at)
    rim = middles(mesh)[:, 2] > -12.0
    x, y, _ = middles(mesh)[rim].T
    around = np.stack([-y, x, 0 * x], axis=1) / np.hypot(x, y)[:, None]
    assert (axes.circumferential[rim] * around).sum(axis=1).min() > np.cos(np.radians(5.0))
    np.testing.assert_allclose(np.cross(axes.circumferential, axes.longitudinal), axes.radial, atol=1e-12)


def test_seventeen_segments(land: Known) -> None:
    """The septum on -x's side: with the axis up along z, the anterior wall is then at -y (90° on from it)."""
    mesh, at = land
    found = segments(mesh, at, np.array([-20.0, 0.0, 0.0]))
    assert set(found) == set(range(1, 18))
    middle = middles(mesh)

    ways = {  # signs of x and y
        1: (0, -1), 2: (-1, -1), 3: (-1, 1), 4: (0, 1), 5: (1, 1), 6: (1, -1),
        13: (0, -1), 14: (-1, 0), 15: (0, 1), 16: (1, 0),
    }  # fmt: skip
    for number, way in ways.items():
        for segment in (number, number + 6) if number < 7 else (number,):
            place = middle[found == segment, :2].mean(axis=0)
            np.testing.assert_array_equal(np.sign(place) * (np.abs(place) > 1.0), way)
    assert (middle[found == 17][:, 2] < -17).all()
    thirds = [middle[(found >= a) & (found <= b), 2].mean() for a, b in ((1, 6), (7, 12), (13, 16))]
    # The cavity's 22 mm in thirds, from 5 mm on: middles at 1.3, -6 and -13.3 mm.
    np.testing.assert_allclose(thirds, [1.3, -6.0, -13.0], atol=0.7)
    with pytest.raises(GeometryError, match="septum"):
        segments(mesh, at)
    with pytest.raises(GeometryError, match="long axis"):
        segments(mesh, at, np.array([0.0, 0.0, -3.0]))


def test_two_ventricles(both: Known) -> None:
    """Each face has its angle: Bayer 2012, figure 3; at the septum's right side the sign changes."""
    mesh, at = both
    assert at.right.any()
    assert not at.right.all()
    found = fibers_of(mesh, Angles(60.0, -60.0, 0.0, 0.0), at)
    together = np.stack([found.fiber, found.sheet, found.normal], axis=2)
    unit = np.broadcast_to(np.eye(3), together.shape)
    np.testing.assert_allclose(together.transpose(0, 2, 1) @ together, unit, atol=1e-9)
    axes = local_axes(at)
    angle = np.degrees(
        np.arctan2((found.fiber * axes.longitudinal).sum(1), (found.fiber * axes.circumferential).sum(1))
    )
    angle = (angle + 90.0) % 180.0 - 90.0  # fibers have no heads
    lv, rv, epi = (x[mesh.tets].mean(axis=1) for x in (at.lv, at.rv, at.epi))
    height = at.axis.height(middles(mesh))
    away = (height > 0.3) & (height < 0.9)
    for chosen, wanted in (
        (away & (lv > 0.85), 60.0 * 0.9),
        (away & ~at.right & (epi > 0.85), -60.0 * 0.9),
        (away & at.right & (epi > 0.85), -60.0 * 0.9),
        (away & at.right & (rv > 0.85), 60.0 * 0.9),
        (away & ~at.right & (rv > 0.85), -60.0 * 0.9),
    ):
        assert chosen.sum() > 5
        assert np.median(angle[chosen]) == pytest.approx(wanted, abs=12.0)
    numbers = segments(mesh, at)
    assert set(numbers) == set(range(18))
    assert (numbers[at.right] == 0).all()


def test_ten_node_elements_have_the_same() -> None:
    four, ten = (coordinates(LAND_2015.mesh(3.0, order=n)) for n in (1, 2))
    np.testing.assert_allclose(four.apicobasal, ten.apicobasal, atol=1e-9)


def test_a_wall_of_one_element_has_fibers() -> None:
    """All its nodes lie on faces; its elements' middles lie between a quarter and three quarters deep."""
    mesh = LAND_2015.mesh(3.0, layers=1)
    found = fibers_of(mesh, Angles(sheet_endo=0.0, sheet_epi=0.0))
    apart = degrees_between(found.fiber, LAND_2015.fibers(middles(mesh), 60.0, -60.0).fiber)
    assert apart.mean() < 6.0


def test_faults_are_named(land: Known) -> None:
    mesh, _ = land
    for name in ("base", "endo_lv", "epi"):
        without = replace(mesh, patches=tuple(p for p in mesh.patches if p.name != name))
        with pytest.raises(GeometryError, match=f"no patch “{name}”"):
            coordinates(without)
    turned = mesh.tets.copy()
    turned[5, :2] = turned[5, 1::-1]
    with pytest.raises(GeometryError, match="1 of 5184 elements are inverted"):
        coordinates(replace(mesh, tets=turned))
    inward = tuple(Patch(p.name, p.triangles[:, ::-1]) if p.name == "endo_lv" else p for p in mesh.patches)
    with pytest.raises(GeometryError, match="look into the wall"):
        coordinates(replace(mesh, patches=inward))
    whole = Patch("endo_lv", np.concatenate([p.triangles for p in mesh.patches]))
    with pytest.raises(GeometryError, match="closed"):
        coordinates(replace(mesh, patches=(whole, mesh.patch("base"), mesh.patch("epi"))))
    with pytest.raises(UserError, match="“endo” is 400°"):
        Angles(endo=400.0)
