"""Fibers' stretch where it is known: under linear maps everywhere, under a bend at the elements' middles."""

from dataclasses import replace

import numpy as np
import pytest

from physics.cardiac.stretch import FiberStretch
from physics.elasticity.kernels import EDGES
from tests.viewers.phantoms import box_mesh
from twin.domain import TetMesh

FIBER = np.array([2.0, 1.0, 2.0]) / 3.0


def with_fibers(mesh: TetMesh) -> TetMesh:
    across = np.linalg.svd(FIBER[None])[2][1:]
    return replace(mesh, axes=np.tile(np.vstack([FIBER, across]), (len(mesh.tets), 1, 1)))


def quadratic(mesh: TetMesh) -> TetMesh:
    """Return the mesh with a node of its own in the middle of each element's edges."""
    ends = mesh.tets[:, EDGES]
    middles = mesh.points[ends].mean(axis=2).reshape(-1, 3)
    numbers = len(mesh.points) + np.arange(len(middles)).reshape(len(mesh.tets), 6)
    points = np.concatenate([mesh.points, middles])
    return replace(mesh, points=points, tets=np.hstack([mesh.tets, numbers]).astype(np.int32))


@pytest.fixture(params=["four nodes", "ten nodes"])
def mesh(request: pytest.FixtureRequest) -> TetMesh:
    plain = with_fibers(box_mesh((2, 2, 2)))
    return quadratic(plain) if request.param == "ten nodes" else plain


def test_a_linear_map_stretches_all_fibers_alike(mesh: TetMesh) -> None:
    gradient = np.random.default_rng(5).normal(size=(3, 3)) * 0.2
    found = FiberStretch(mesh)(mesh.points @ gradient.T)
    np.testing.assert_allclose(found, np.linalg.norm(FIBER + gradient @ FIBER))  # |F f|, F = 1 + ∇u


def test_turning_is_no_stretch(mesh: TetMesh) -> None:
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(FiberStretch(mesh)(mesh.points @ turn.T - mesh.points), 1.0)


def test_ten_nodes_follow_a_bend() -> None:
    """u = (x², 0, 0)/100: its gradient at an element's middle is 2 x/100 along x."""
    mesh = quadratic(with_fibers(box_mesh((2, 2, 2))))
    moved = np.zeros_like(mesh.points)
    moved[:, 0] = mesh.points[:, 0] ** 2 / 100
    middle = mesh.points[mesh.tets[:, :4]].mean(axis=1)[:, 0]
    expected = np.linalg.norm(FIBER + (2 * middle / 100 * FIBER[0])[:, None] * [1.0, 0.0, 0.0], axis=1)
    np.testing.assert_allclose(FiberStretch(mesh)(moved), expected)


def test_a_mesh_without_fibers_is_refused() -> None:
    with pytest.raises(ValueError, match="no fibers"):
        FiberStretch(box_mesh((1, 1, 1)))
