"""Unloading: known exactly, and a ventricle's way there and back."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from physics.cardiac.ventricle import MMHG_PER_MPA
from physics.heart import Ellipsoid
from physics.personal import Imaged, Springs, passive, unloaded
from physics.personal.kernels import inverse_forces
from physics.personal.passive import law_of
from physics.personal.unloaded import Inverse, _still
from tests.physics.cardiac.test_both import heart
from twin.errors import UserError

SHAPE = Ellipsoid(24.0, 54.0, 32.0, 62.0, 15.0)


@pytest.fixture(scope="module")
def imaged() -> Imaged:
    """Half an ellipsoid of some 300 elements, of a man's size at end-diastole."""
    return Imaged.of(SHAPE.mesh(18.0, layers=1, order=2), springs=Springs(0.2, 0.1, 0.1))


def test_the_unloaded_shape_becomes_the_imaged_one_again(imaged: Imaged) -> None:
    """Loaded from its stress-free shape on, in steps that know nothing of the image."""
    law = law_of(4.0, 1.0)
    body = imaged.body(law)
    found = unloaded(body, imaged.axes, 8.0)
    assert found.missed_mm < 1e-3
    assert 0.4 * imaged.volume_ml < found.volume_ml < 0.9 * imaged.volume_ml
    assert found.missed_again_mm(imaged.mesh.points, 4) < 1e-6


def test_both_cavities_pressures_are_taken_off_and_put_on_again() -> None:
    """The right one's pressure matters to its own volume first; loaded, each node is where it was imaged."""
    mesh = heart()
    assert mesh.axes_inside is not None
    both = Imaged(mesh, mesh.axes_inside)
    body = both.body(law_of(5.0, 1.0))
    more = unloaded(body, both.axes, np.array([1.0, 0.5]))
    near = more.body.mesh.points, more.loaded.pressures
    less = unloaded(body, both.axes, np.array([1.0, 0.3]), start=near)
    assert more.missed_again_mm(mesh.points, 2) < 1e-6
    at_rest = body.volumes(body.rest()) / 1000.0
    assert (more.volumes_ml < at_rest).all()
    assert more.volumes_ml[1] < less.volumes_ml[1] - 2.0 * abs(more.volumes_ml[0] - less.volumes_ml[0])
    with pytest.raises(ValueError, match="2 cavities have 2 pressures"):
        unloaded(body, both.axes, 1.0)


def test_the_derivative_is_that_of_the_unbalance(imaged: Imaged) -> None:
    body = imaged.body(law_of(4.0, 1.0))
    inverse = Inverse(body, imaged.axes, np.ones(1))
    random = np.random.default_rng(1)
    points = body.mesh.points * 0.98 + 0.05 * random.standard_normal(body.mesh.points.shape)
    pressures = 1e-3 * random.standard_normal(body.corner_count)
    way, pressed = random.standard_normal(points.shape), 1e-3 * random.standard_normal(len(pressures))

    def of(step: float) -> np.ndarray:
        residuals = np.empty((len(body.mesh.tets), 34))
        inverse_forces(
            points + step * way, pressures + step * pressed, body.mesh.tets, *body.in_space(), body.corners,
            body.law.code, body.numbers, body.compliance, imaged.axes, residuals, matrices,
        )  # fmt: skip
        return residuals

    matrices = np.empty((len(body.mesh.tets), 34, 34))
    slopes = (of(1e-5) - of(-1e-5)) / 2e-5
    of(0.0)
    tets = body.mesh.tets
    steps = np.hstack([way[tets].reshape(len(tets), -1), pressed[tets[:, :4]]])
    told = np.einsum("euv,ev->eu", matrices, steps)
    np.testing.assert_allclose(told, slopes, atol=1e-5 * np.abs(slopes).max())
    assert inverse.iterations == 0


def test_a_lopsided_wall_does_not_swing_about_its_base(imaged: Imaged) -> None:
    """About the nodes that hold it, it turned by up to 1° a step, and the reference patient's by 20°."""
    points = imaged.mesh.points.copy()
    outer = np.linalg.norm(points[:, :2], axis=1)
    points[:, 0] += 0.15 * outer * (points[:, 0] > 0) + 0.004 * points[:, 2] ** 2
    bent = Imaged.of(replace(imaged.mesh, points=points), springs=imaged.springs)
    body = bent.body(law_of(4.0, 1.0))
    seek = Inverse(body, bent.axes, np.ones(1))
    way = [place[1] for place in seek.walk(2.0 / MMHG_PER_MPA, 8.0 / MMHG_PER_MPA)]
    for before, after in pairwise(way):
        turned = Rotation.align_vectors(after - after.mean(axis=0), before - before.mean(axis=0))[0]
        assert np.degrees(turned.magnitude()) < 0.05
    ring = body.faces[0].ring
    there, laid = body.mesh.points[ring], seek.laid(way[-1])[ring]
    assert np.linalg.norm(there - laid, axis=1).max() < np.linalg.norm(there - way[-1][ring], axis=1).max()
    np.testing.assert_allclose(laid.mean(axis=0), there.mean(axis=0), atol=1e-9)


def test_displacements_lose_their_rigid_motion_alone() -> None:
    random = np.random.default_rng(3)
    points, step = random.standard_normal((2, 40, 3))
    rigid = np.array([3.0, -1.0, 2.0]) + np.cross([0.3, -0.2, 0.5], points)
    np.testing.assert_allclose(_still(points, rigid), 0.0, atol=1e-12)
    np.testing.assert_allclose(_still(points, step + rigid), _still(points, step), atol=1e-12)


def test_a_pressure_that_cannot_be_is_refused(imaged: Imaged) -> None:
    with pytest.raises(UserError, match="none"):
        unloaded(imaged.body(law_of(4.0, 1.0)), imaged.axes, -3.0)


def test_stiffness_is_found_that_agrees_with_klotz(imaged: Imaged) -> None:
    found = passive(imaged, 10.0)
    assert found.unloaded.volume_ml == pytest.approx(found.klotz.v0_ml, abs=0.15)
    assert found.pressures_mmhg[-1] == 30.0
    assert found.volumes_ml[-1] == pytest.approx(found.klotz.v30_ml, rel=0.05)
    # Twice the stiffness at twice the pressure has the same unloaded shape.
    double = unloaded(
        imaged.body(law_of(2.0 * found.stiffness_kpa, found.bend)), imaged.axes, 20.0,
        start=(found.unloaded.body.mesh.points, 2.0 * found.unloaded.loaded.pressures),
    )  # fmt: skip
    assert double.volume_ml == pytest.approx(found.unloaded.volume_ml, abs=0.01)
