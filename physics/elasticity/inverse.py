"""Which approximate inverse of the stiffness is used: by wish, by system and by size."""

import numpy as np
from numpy.typing import NDArray

from physics.elasticity import pardiso
from physics.elasticity.matrix import BlockMatrix
from physics.elasticity.multigrid import Multigrid
from physics.elasticity.system import Inverse
from twin.errors import UserError

_PARDISO_UNKNOWNS = 150_000
"""Above this, multigrid is quicker than a factorization, unless for some fifteen loads and more.

CPU s on one thread, whole solve of one load, then each further load, PARDISO beside multigrid: 74,000
unknowns 2.4 beside 1.7, then 0.2 beside 0.75; 269,000 unknowns 25 beside 9, then 1.3 beside 2.3.
"""


def make_inverse(
    solver: str, matrix: BlockMatrix, points: NDArray[np.float64], held: NDArray[np.bool_]
) -> Inverse:
    """Return the preconditioner for a stiffness.

    Parameters
    ----------
    solver : {"auto", "pardiso", "amg"}
    points : ndarray, shape (rows, 3)
        Where the nodes of the rows lie, for the rigid-body motions of multigrid.
    held : ndarray of bool, shape (rows, 3)
        Components that are held at nodes that keep a row.
    """
    if solver == "pardiso" and not pardiso.available():
        raise UserError(
            "PARDISO is not on this machine: it is part of Intel's MKL, for Windows and Linux on x86-64.",
            "Choose the solver “amg” or “auto”.",
        )
    large = 3 * len(points) > _PARDISO_UNKNOWNS
    if solver == "amg" or not pardiso.available() or (solver == "auto" and large):
        return Multigrid(matrix, points, held)
    try:
        return pardiso.Cholesky(matrix)
    except pardiso.FactorizationError:
        if solver == "pardiso":
            raise
        return Multigrid(matrix, points, held)
