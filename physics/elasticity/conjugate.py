"""Preconditioned conjugate gradients on many right-hand sides at once."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from physics.elasticity import kernels
from physics.elasticity.matrix import BlockMatrix

Preconditioner = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Takes residuals (rows, 3, k) to approximate solutions of the same shape."""


def conjugate_gradients(
    matrix: BlockMatrix,
    forces: NDArray[np.float64],
    precondition: Preconditioner,
    *,
    tolerance: float,
    most: int,
    watch: Callable[[float], None],
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Solve A x = f for forces of shape (rows, 3, k).

    The preconditioner may round (single precision): beta is the flexible one (Notay 2000,
    eq. 4.2), and the residual returned is the true one, computed afresh at the end.

    Parameters
    ----------
    tolerance : float
        On ‖f − A x‖ / ‖f‖ of every lane.
    most : int
        Largest number of iterations.
    watch : callable (fraction)
        Told how far on the logarithm of the residual is; may raise to stop.

    Returns
    -------
    solution : ndarray, shape (rows, 3, k)
    residual : ndarray, shape (k,)
        Relative, true; above ``tolerance`` where the iteration did not converge.
    iterations : int
    """
    size = np.sqrt(kernels.dots(forces, forces))
    size[size == 0.0] = 1.0
    solution = np.zeros_like(forces)
    residual = forces.copy()
    error = np.sqrt(kernels.dots(residual, residual)) / size
    done = 0
    for _restart in range(3):
        done += _iterate(matrix, solution, residual, size, precondition, tolerance, most - done, watch)
        residual = forces - matrix.times(solution)
        error = np.sqrt(kernels.dots(residual, residual)) / size
        if not np.all(np.isfinite(error)) or np.all(error <= tolerance) or done >= most:
            break
    return solution, error, done


def _iterate(
    matrix: BlockMatrix,
    solution: NDArray[np.float64],
    residual: NDArray[np.float64],
    size: NDArray[np.float64],
    precondition: Preconditioner,
    tolerance: float,
    most: int,
    watch: Callable[[float], None],
) -> int:
    """Improve ``solution`` in place until the updated residual is a tenth below the tolerance."""
    goal = 0.9 * tolerance
    active = np.sqrt(kernels.dots(residual, residual)) > goal * size
    direction = precondition(residual)
    energy = kernels.dots(residual, direction)
    for iteration in range(most):
        if not active.any():
            return iteration
        product = matrix.times(direction)
        curvature = kernels.dots(direction, product)
        if not np.all(np.isfinite(curvature)) or np.any(curvature[active] <= 0.0):
            return most
        alpha = np.where(active, energy / np.where(active, curvature, 1.0), 0.0)
        error = np.sqrt(kernels.advance(solution, residual, direction, product, alpha)) / size
        active = error > goal
        if not active.any():
            return iteration + 1
        watch(float(np.clip(np.log(error.max()) / np.log(goal), 0.0, 1.0)))
        improved = precondition(residual)
        turned = -alpha * kernels.dots(improved, product)
        beta = np.where(active, turned / np.where(energy == 0.0, 1.0, energy), 0.0)
        energy = kernels.dots(residual, improved)
        kernels.turn(direction, improved, beta)
    return most
