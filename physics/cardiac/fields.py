"""What a body shows at its points of integration: strains, stresses."""

import numpy as np
from numpy.typing import NDArray

from physics.elasticity.kernels import EDGES


def shape_values(barycentric: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ten shape functions at points (q, 4), shape (q, 10)."""
    corners = barycentric * (2 * barycentric - 1)
    middles = 4 * barycentric[:, EDGES[:, 0]] * barycentric[:, EDGES[:, 1]]
    return np.hstack([corners, middles])
