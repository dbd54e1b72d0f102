"""A body's residual, tangent and cavities."""

import numpy as np
import pytest
import scipy.sparse

from physics.cardiac import Body, Equilibrium, Face, NotConvergedError, face_of
from physics.cardiac.body import quadrature
from physics.cardiac.laws import holzapfel_ogden, neo_hookean
from physics.cardiac.linear import Factors
from physics.heart import LAND_2015, Ellipsoid
from physics.verify import cardiac, meshes
from twin.errors import GeometryError


def cube() -> tuple[Body, np.random.Generator]:
    """Return a body of a few crooked elements with fibers of any direction, one side pressed."""
    mesh = meshes.box((2, 2, 2), (2.0, 2.0, 2.0), quadratic=True, jitter=0.2)
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(len(mesh.tets), 3, 3)))[0]
    below = meshes.boundary(mesh, mesh.points[:, 2] < 1e-9).astype(np.int32)
    fixed = np.zeros((len(mesh.points), 3), bool)
    fixed[mesh.points[:, 0] < 1e-9] = True
    body = Body(mesh, axes, holzapfel_ogden(), fixed, [Face(below)], bulk_mpa=1.0)
    body.active[:] = [0.01, 0.0, 2.3]  # tension across is only half in a symmetric tangent
    return body, rng


def test_the_rule_of_integration_is_exact_to_the_fifth_degree() -> None:
    """∫ λ1^a λ2^b λ3^c λ4^d = 6 V a! b! c! d! / (a + b + c + d + 3)!."""
    points, weights = quadrature()
    for powers, exact in (
        ((5, 0, 0, 0), 6 * 120 / 40320),
        ((2, 1, 1, 1), 6 * 2 / 40320),
        ((3, 2, 0, 0), 6 * 12 / 40320),
    ):
        assert weights @ np.prod(points ** np.array(powers), axis=1) == pytest.approx(exact, rel=1e-12)


def test_the_tangent_is_the_residuals_derivative() -> None:
    """With the elements alone; a pressure on an open surface puts in the symmetric part of its own."""
    body, rng = cube()
    state = body.moved(body.rest(), 0.05 * rng.normal(size=body.count))
    upper = scipy.sparse.csr_matrix((body.tangent(state), body.pattern.columns, body.pattern.start))
    whole = upper + scipy.sparse.triu(upper, 1).T
    way, step = rng.normal(size=body.count), 1e-6
    ahead, _ = body.residual(body.moved(state, step * way))
    behind, _ = body.residual(body.moved(state, -step * way))
    np.testing.assert_allclose(whole @ way, (ahead - behind) / (2 * step), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("mkl", [True, False])
def test_factors_solve_in_single_and_in_double(mkl: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not mkl:
        monkeypatch.setattr("physics.elasticity.pardiso.available", lambda: False)
    body, rng = cube()
    numbers = body.tangent(body.rest())
    upper = scipy.sparse.csr_matrix((numbers, body.pattern.columns, body.pattern.start))
    whole = upper + scipy.sparse.triu(upper, 1).T
    exact = rng.normal(size=body.count)
    for single, rtol in ((False, 1e-9), (True, 1e-2)):
        factors = Factors(body.pattern, single=single)
        factors.renew(numbers)
        found = factors.solve((whole @ exact)[None])[0]
        assert np.linalg.norm(found - exact) < rtol * np.linalg.norm(exact)


def test_a_cavity_has_its_ellipsoids_volume_and_its_forces_are_the_derivative() -> None:
    mesh = LAND_2015.mesh(2.5, order=2)
    face = face_of(mesh, "endo_lv")
    # Of the ellipsoid of 7 × 7 × 17 mm up to z = 5: π r_s² (z − z³ / 3 r_l²) between its ends, mm³.
    exact = np.pi * 49 * ((5 - 125 / (3 * 289)) + (17 - 17 / 3))
    assert face.volume(mesh.points) == pytest.approx(exact, rel=2e-3)
    rng = np.random.default_rng(1)
    points = mesh.points + 0.1 * rng.normal(size=mesh.points.shape)
    way, step = rng.normal(size=points.shape), 1e-5
    slope = (face.volume(points + step * way) - face.volume(points - step * way)) / (2 * step)
    assert (face.push(points)[1] * way).sum() == pytest.approx(slope, rel=1e-6)
    # A closed cavity has the same volume wherever it lies.
    assert face.volume(points + np.array([100.0, -50.0, 30.0])) == pytest.approx(
        face.volume(points), rel=1e-9
    )


def test_few_factorizations_find_what_newtons_method_finds() -> None:
    law = (10.0, 1.0, 1.0, 1.0)
    ends, counts = [], []
    for thrifty in (True, False):
        body = cardiac.ventricle(4.0, 1, law)
        search = Equilibrium(body, thrifty=thrifty)
        ends.append(search.follow(lambda part: np.array([2e-3 * part]), 2).points)
        counts.append(search.count.factorizations)
    assert np.abs(ends[0] - ends[1]).max() < 1e-4
    assert counts[0] < 0.6 * counts[1]


def test_an_incompressible_wall_keeps_its_volume() -> None:
    body = cardiac.ventricle(4.0, 1, (10.0, 1.0, 1.0, 1.0))
    end = Equilibrium(body).follow(lambda part: np.array([2e-3 * part]), 2)
    residual, least = body.internal(end)
    assert np.abs(residual[-body.corner_count :]).max() < 1e-5  # the weighted mean of J − 1 at each corner
    assert 0.8 < least < 1.0


def test_an_inverted_element_is_refused() -> None:
    mesh = meshes.box((1, 1, 1), (1.0, 1.0, 1.0), quadratic=True)
    mesh.points[:, 0] *= -1
    axes = np.tile(np.eye(3), (len(mesh.tets), 1, 1))
    with pytest.raises(GeometryError, match="elements of the heart's wall are inverted"):
        Body(mesh, axes, neo_hookean(5.0), np.zeros((len(mesh.points), 3), bool))


def test_a_load_beyond_reach_ends_in_words() -> None:
    """A thin, soft ventricle under 100 kPa: the search says so rather than go on for ever."""
    mesh = Ellipsoid(7.0, 17.0, 8.0, 18.0, 5.0).mesh(6.0, layers=1, order=2)
    fixed = np.repeat(mesh.points[:, 2:] > 5.0 - 1e-6, 3, axis=1)
    axes = np.tile(np.eye(3), (len(mesh.tets), 1, 1))
    body = Body(mesh, axes, neo_hookean(0.5), fixed, [face_of(mesh, "endo_lv")])
    with pytest.raises(NotConvergedError, match="heart's wall"):
        Equilibrium(body).follow(lambda part: np.array([0.1 * part]), 1)


def test_a_strip_without_any_pressure_shortens_along_its_fibers() -> None:
    mesh = meshes.box((2, 1, 1), (4.0, 1.0, 1.0), quadratic=True)
    fixed = np.repeat(mesh.points[:, :1] < 1e-9, 3, axis=1)
    body = Body(mesh, np.tile(np.eye(3), (len(mesh.tets), 1, 1)), neo_hookean(10.0), fixed)
    body.active[:, 0] = 5e-3
    end = Equilibrium(body).solve(body.rest())
    far = mesh.points[:, 0] > 4.0 - 1e-9
    # Free of the held end λ² (μ + T) = μ / λ: λ = (1 + T / μ)^(−1/3) = 0.874; the held end shortens less.
    assert 0.874 < end.points[far, 0].mean() / 4.0 < 0.92
