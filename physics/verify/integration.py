"""Consistent nodal forces, norms of errors and recovered stresses, for problems with a known answer."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from physics.elasticity import strain, stress
from physics.elasticity.kernels import EDGES
from twin.domain import Material, TetMesh

VectorField = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Takes points (..., 3) in mm to vectors or tensors there."""


def simplex_rule(dimension: int, order: int = 4) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return barycentric points (q, dimension + 1) and weights (q,) that sum to 1.

    Gauss points of a cube, collapsed onto the simplex (Duffy 1982): exact to degree
    2 order − dimension at least.
    """
    node, weight = np.polynomial.legendre.leggauss(order)
    node, weight = (node + 1) / 2, weight / 2
    grid = np.stack(np.meshgrid(*[node] * dimension, indexing="ij"), -1).reshape(-1, dimension)
    weights = np.prod(np.stack(np.meshgrid(*[weight] * dimension, indexing="ij"), -1), -1).ravel()
    points, rest = np.empty((len(grid), dimension + 1)), np.ones(len(grid))
    for axis in range(dimension):
        points[:, axis] = rest * grid[:, axis]
        weights = weights * (1 - grid[:, axis]) ** (dimension - 1 - axis)
        rest = rest * (1 - grid[:, axis])
    points[:, dimension] = rest
    return points, weights / weights.sum()


def shapes(columns: int, barycentric: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return shape functions (q, columns) of a triangle (3, 6 columns) or a tetrahedron (4, 10)."""
    if columns in (3, 4):
        return barycentric
    pairs = EDGES[:3] if columns == 6 else EDGES
    middle = [4 * barycentric[:, a] * barycentric[:, b] for a, b in pairs]
    return np.column_stack([barycentric * (2 * barycentric - 1), *middle])


def body_forces(mesh: TetMesh, density: VectorField) -> NDArray[np.float64]:
    """Return consistent nodal forces (n, 3) in N of a force density in N/mm³; straight elements."""
    points, weights = simplex_rule(3)
    n = shapes(mesh.tets.shape[1], points)
    corners = mesh.points[mesh.tets[:, :4]]
    volumes = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])) / 6
    load = density(np.einsum("qa,eai->eqi", points, corners))
    nodal = np.einsum("e,q,qa,eqi->eai", volumes, weights, n, load)
    forces = np.zeros_like(mesh.points)
    np.add.at(forces, mesh.tets, nodal)
    return forces


def traction_forces(
    mesh: TetMesh, faces: NDArray[np.int32], traction: Callable[[NDArray, NDArray], NDArray]
) -> NDArray[np.float64]:
    """Return consistent nodal forces (n, 3) in N of a traction in MPa on outward faces (m, 3 or 6).

    ``traction`` takes points and unit normals (m, q, 3) to tractions; faces may be curved.
    """
    points, weights = simplex_rule(2)
    n = shapes(faces.shape[1], points)
    slopes = []
    for axis in (1, 2):
        shift = np.zeros(3)
        shift[[0, axis]] = -0.5, 0.5
        # The central difference of a quadratic is its derivative, at any step.
        slopes.append(shapes(faces.shape[1], points + shift) - shapes(faces.shape[1], points - shift))
    at = mesh.points[faces]
    normal = np.cross(np.einsum("qa,eai->eqi", slopes[0], at), np.einsum("qa,eai->eqi", slopes[1], at))
    twice_area = np.linalg.norm(normal, axis=-1)
    load = traction(np.einsum("qa,eai->eqi", n, at), normal / twice_area[..., None])
    nodal = np.einsum("q,eq,qa,eqi->eai", weights, twice_area / 2, n, load)
    forces = np.zeros_like(mesh.points)
    np.add.at(forces, faces, nodal)
    return forces


def error_norms(
    mesh: TetMesh, displacement: NDArray[np.float64], exact: VectorField, gradient: VectorField
) -> tuple[float, float]:
    """Return L2 and H1-seminorm errors of a displacement (n, 3); straight elements.

    ``gradient`` takes points to ∂u_i/∂x_j, shape (..., 3, 3).
    """
    from physics.elasticity import kernels

    points, weights = simplex_rule(3)
    n = shapes(mesh.tets.shape[1], points)
    corners = mesh.points[mesh.tets[:, :4]]
    sides = corners[:, 1:] - corners[:, :1]
    volumes = np.abs(np.linalg.det(sides)) / 6
    slopes = np.linalg.inv(sides).transpose(0, 2, 1)
    barycentric = np.concatenate([-slopes.sum(axis=1, keepdims=True), slopes], axis=1)
    at = np.einsum("qa,eai->eqi", points, corners)
    values = displacement[mesh.tets]
    found = np.einsum("qa,eai->eqi", n, values)
    derivative = kernels.shape_gradients(mesh.tets.shape[1], points)
    slope = np.einsum("qak,ekj,eai->eqij", derivative, barycentric, values)
    l2 = np.einsum("e,q,eqi->", volumes, weights, (found - exact(at)) ** 2)
    h1 = np.einsum("e,q,eqij->", volumes, weights, (slope - gradient(at)) ** 2)
    return float(np.sqrt(l2)), float(np.sqrt(h1))


def nodal_stress(
    mesh: TetMesh, material: Material, displacement: NDArray[np.float64], node: int
) -> NDArray[np.float64]:
    """Return the first load's stress (6,) in MPa at a corner node: the mean of its elements' own there."""
    around, corner = np.nonzero(mesh.tets[:, :4] == node)
    total = np.zeros(6)
    for e, a in zip(around, corner, strict=True):
        one = TetMesh(points=mesh.points, tets=mesh.tets[e : e + 1], regions=mesh.regions[e : e + 1])
        none = np.full(1, np.nan)
        here = Material(material.young_mpa[e : e + 1], material.poisson[e : e + 1], none, none)
        total += stress(one, here, strain(one, displacement, at=np.eye(4)[a : a + 1]))[0, 0]
    return total / len(around)
