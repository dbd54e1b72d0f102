"""How much longer fibers are in a wall that has moved: worked out once for a mesh, then quick to ask for."""

import numpy as np
from numpy.typing import NDArray

from physics.elasticity.kernels import EDGES
from twin.domain import TetMesh


def active_stress_kpa(
    stretch: NDArray[np.float64], tension_kpa: float, lengthening: float
) -> NDArray[np.float64]:
    """Return Cauchy's stress that the muscle makes along its fibers, at their stretch λ.

    λ² T (1 + β (λ + min(λ, 0.87) − 1.87)), never below 0, λ in the bracket up to 1.2: what ``kernels._pull``
    has as second Piola–Kirchhoff's stress, in a wall whose volume stays.

    Parameters
    ----------
    stretch : ndarray, shape (m,)
    tension_kpa : float
        As it acts, at λ = 1.
    lengthening : float
        β.
    """
    reached = np.minimum(stretch, 1.2)
    rise = 1.0 + lengthening * (reached + np.minimum(reached, 0.87) - 1.87) if lengthening > 0.0 else 1.0
    return np.asarray(tension_kpa * np.maximum(rise, 0.0) * stretch**2)


class FiberStretch:
    """Stretch of the fibers, |F f|, at the middle of each element.

    The displacement's gradient along a fiber f is the sum over an element's nodes of u_a (∇N_a · f). At the
    middle of ten-node elements the corners' shape functions are flat, and that of the edge between i and j
    rises by ∇L_i + ∇L_j (L: barycentric coordinates of the straight element).

    Parameters
    ----------
    mesh : TetMesh
        With ``axes``, whose first rows are the fibers; its edges are taken as straight.

    Raises
    ------
    ValueError
        The mesh has no axes.
    """

    def __init__(self, mesh: TetMesh) -> None:
        if mesh.axes is None:
            raise ValueError("the mesh has no fibers")
        corners = mesh.points[mesh.tets[:, :4]]
        sides = corners[:, 1:] - corners[:, :1]
        slopes = np.linalg.inv(sides).transpose(0, 2, 1)  # rows: ∇L of corners 1, 2, 3
        slopes = np.concatenate([-slopes.sum(axis=1, keepdims=True), slopes], axis=1)
        self._fibers = mesh.axes[:, 0]
        along = np.einsum("eac,ec->ea", slopes, self._fibers)
        ten = mesh.tets.shape[1] == 10
        self._nodes = mesh.tets[:, 4:] if ten else mesh.tets[:, :4]
        self._weights = along[:, EDGES].sum(axis=2) if ten else along

    def __call__(self, displacement_mm: NDArray) -> NDArray[np.float64]:
        """Return the stretch in each element, shape (m,), under displacements of the nodes (n, 3)."""
        grown = np.einsum("ea,eac->ec", self._weights, displacement_mm[self._nodes])
        return np.asarray(np.linalg.norm(self._fibers + grown, axis=1))
