"""Springs and dashpots on the wall's surfaces."""

from dataclasses import replace

import numpy as np
import pytest

from physics.cardiac import Body, State, Support, face_of
from physics.cardiac.laws import guccione
from physics.heart import Ellipsoid

SHAPE = Ellipsoid(21.0, 51.0, 30.0, 60.0, 15.0)


def held(normal: float, sideways: float, damping_s: float = 0.0) -> tuple[Body, Support]:
    mesh = SHAPE.mesh(18.0, layers=1, order=2)
    support = Support(face_of(mesh, "base", closed=False).faces, mesh.points, normal, sideways, damping_s)
    axes = np.tile(np.eye(3), (len(mesh.tets), 1, 1))
    free = np.zeros((len(mesh.points), 3), bool)
    law = guccione(2.0, 8.0, 2.0, 4.0)
    return Body(mesh, axes, law, free, [face_of(mesh, "endo_lv")], supports=[support]), support


def test_a_shift_of_the_whole_is_held_by_stiffness_times_area() -> None:
    """The base lies across z: 0.002 MPa/mm along z, 0.001 across, over its area, by hand."""
    body, _support = held(0.002, 0.001)
    outer, inner = 30.0**2 * (1 - (15 / 60) ** 2), 21.0**2 * (1 - (15 / 51) ** 2)
    area = np.pi * (outer - inner)
    for shift, stiffness in (([0.0, 0.0, 0.3], 0.002), ([0.4, 0.0, 0.0], 0.001)):
        moved = body.mesh.points + shift
        state = State(moved, np.zeros(body.corner_count), np.zeros(1))
        forces = body.internal(state)[0][: 3 * len(moved)].reshape(-1, 3).sum(axis=0)
        np.testing.assert_allclose(forces, stiffness * area * np.array(shift), rtol=0.01, atol=1e-9)


def test_a_dashpot_pulls_by_what_moved_and_how_fast_and_not_at_rest() -> None:
    """Viscosity is 0.03 s of stiffness: 0.3 mm in 0.01 s are held three times as much more, by hand."""
    body, _support = held(0.002, 0.001, 0.03)
    shifted = State(body.mesh.points + np.array([0.0, 0.0, 0.3]), np.zeros(body.corner_count), np.zeros(1))

    def pull() -> float:
        forces = body.internal(shifted)[0][: 3 * len(body.mesh.points)]
        return float(forces.reshape(-1, 3).sum(axis=0)[2])

    at_rest = pull()
    body.passing = body.mesh.points, 0.01
    assert pull() == pytest.approx(4.0 * at_rest)
    body.passing = body.mesh.points, 0.1
    assert pull() == pytest.approx(1.3 * at_rest)
    body.passing = shifted.points, 0.01
    assert pull() == pytest.approx(at_rest)


@pytest.mark.parametrize("step_s", [None, 0.005])
def test_the_tangent_is_the_derivative_of_the_forces_with_springs(step_s: float | None) -> None:
    body, _support = held(0.02, 0.01, 0.025)
    body.passing = None if step_s is None else (body.mesh.points + 0.1, step_s)
    random = np.random.default_rng(2)
    points = body.mesh.points + 0.05 * random.standard_normal(body.mesh.points.shape)
    state = State(points, 1e-3 * random.standard_normal(body.corner_count), np.array([1e-2]))
    step = 1e-6 * random.standard_normal(body.count)
    ahead, behind = (body.residual(body.moved(state, sign * step))[0] for sign in (1.0, -1.0))
    numbers, pattern = body.tangent(state), body.pattern
    rows = np.repeat(np.arange(body.count), np.diff(pattern.start))
    told = np.zeros(body.count)
    np.add.at(told, rows, numbers * step[pattern.columns])
    off = rows != pattern.columns
    np.add.at(told, pattern.columns[off], numbers[off] * step[rows[off]])
    slopes = 0.5 * (ahead - behind)
    assert np.linalg.norm(told - slopes) < 1e-6 * np.linalg.norm(slopes)


def test_another_reference_shares_springs_and_numbering() -> None:
    body, support = held(0.002, 0.001)
    smaller = body.reshaped(0.9 * body.mesh.points, np.tile(np.eye(3), (len(body.mesh.tets), 1, 1)))
    assert smaller.pattern is body.pattern
    assert smaller.supports[0] is support
    assert smaller.volumes_mm3.sum() == pytest.approx(0.9**3 * body.volumes_mm3.sum())
    whole = replace(support, normal_mpa_per_mm=0.004)
    assert np.abs(whole.blocks()).sum() > np.abs(support.blocks()).sum()
