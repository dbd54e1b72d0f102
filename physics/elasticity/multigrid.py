"""Smoothed aggregation multigrid for elasticity: the preconditioner that runs on every system.

Vaněk, Mandel and Brezina (1996), with the six rigid motions as near-null space, block
Gauss–Seidel sweeps (down before, up after the coarser levels: a symmetric cycle), levels made in
double precision and applied in single.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.elasticity import coarsening, kernels, sweeps
from physics.elasticity.matrix import BlockMatrix

_COARSEST_ROWS = 200
"""Below this many block rows (600 unknowns) a dense inverse is quicker than a further level."""

_GROUPS = 16
_GROUP_ROWS = 1500
_MOST_LEVELS = 12


@dataclass(frozen=True, eq=False)
class _Level:
    """One level: its matrix, the inverses of its diagonal blocks, the way to the next and back.

    ``extra`` is what strengthens the diagonal where a row is coupled to other groups than its own.
    ``start, columns, blocks`` is the prolongation, of 3×6 blocks; ``back, rows, turned`` is the same
    by columns (the blocks themselves not transposed).
    """

    matrix: BlockMatrix
    extra: NDArray[np.float32]
    inverse: NDArray[np.float32]
    bounds: NDArray[np.int64]
    start: NDArray[np.int32]
    columns: NDArray[np.int32]
    blocks: NDArray[np.float32]
    back: NDArray[np.int32]
    rows: NDArray[np.int32]
    turned: NDArray[np.float32]


class Multigrid:
    """A hierarchy of coarser systems, as preconditioner.

    Parameters
    ----------
    matrix : BlockMatrix
        Solved for at most ``sweeps.LANES`` right-hand sides at once.
    points : ndarray, shape (rows, 3)
        Where the rows' nodes lie.
    held : ndarray of bool, shape (rows, 3)
    """

    name = "smoothed aggregation multigrid (single precision)"
    most = 400

    def __init__(self, matrix: BlockMatrix, points: NDArray[np.float64], held: NDArray[np.bool_]) -> None:
        self._motions = rigid_motions(points)
        self._motions[held] = 0.0
        self.renew(matrix)

    def renew(self, matrix: BlockMatrix) -> None:
        """Make the levels for another matrix."""
        self._levels: list[_Level] = []
        motions, fold = self._motions, 1
        while len(matrix.start) - 1 > _COARSEST_ROWS and len(self._levels) < _MOST_LEVELS:
            level, coarse, motions = _coarsen(matrix, motions, fold, len(self._levels))
            if len(coarse.start) >= len(matrix.start):
                break
            self._levels.append(level)
            matrix, fold = coarse, 2
        self._coarsest = _dense_inverse(matrix)

    def solve(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return approximate solutions (rows, 3, k): one cycle from zero."""
        lanes = right.shape[2]
        size = np.sqrt(kernels.dots(right, right))
        size[size == 0.0] = 1.0
        padded = np.zeros((*right.shape[:2], 1 if lanes == 1 else sweeps.LANES), np.float32)
        np.divide(right, size, out=padded[:, :, :lanes], casting="same_kind")
        return self._cycle(0, padded)[:, :, :lanes] * size

    def _cycle(self, depth: int, right: NDArray) -> NDArray:
        if depth == len(self._levels):
            flat = right.reshape(-1, right.shape[2])
            return (self._coarsest @ flat).reshape(right.shape)
        level = self._levels[depth]
        matrix = (level.matrix.start, level.matrix.columns, level.matrix.blocks)
        x, left = np.empty_like(right), np.empty_like(right)
        sweeps.forward(*matrix, level.inverse, level.bounds, right, x)
        sweeps.remainder(*matrix, level.extra, level.bounds, x, left)
        below = np.empty((len(level.back) - 1, 6, right.shape[2]), right.dtype)
        sweeps.restrict(level.back, level.rows, level.turned, left, below)
        below = self._cycle(depth + 1, below.reshape(-1, 3, right.shape[2])).reshape(below.shape)
        sweeps.prolong(level.start, level.columns, level.blocks, below, x)
        sweeps.backward(*matrix, level.inverse, level.bounds, right, x.copy(), x)
        return x


def rigid_motions(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return three translations and three rotations of points (n, 3), shape (n, 3, 6), of like size."""
    arms = points - points.mean(axis=0)
    arms /= max(float(np.abs(arms).max()), 1e-300)
    motions = np.zeros((len(points), 3, 6))
    motions[:, range(3), range(3)] = 1.0
    for axis in range(3):
        i, j = (axis + 1) % 3, (axis + 2) % 3
        motions[:, i, 3 + axis], motions[:, j, 3 + axis] = -arms[:, j], arms[:, i]
    return motions


def _coarsen(
    matrix: BlockMatrix, motions: NDArray[np.float64], fold: int, depth: int
) -> tuple[_Level, BlockMatrix, NDArray[np.float64]]:
    """Return a level, the next matrix and the rigid motions on it."""
    a = (matrix.start, matrix.columns, matrix.blocks)
    rows = len(matrix.start) - 1
    diagonal, inverse = np.empty((2, rows, 3, 3))
    coarsening.diagonal(*a, diagonal)
    coarsening.inverted(diagonal, inverse)
    owner, count = coarsening.aggregate(*coarsening.strength(*a, fold), (0.08 * 0.5**depth) ** 2)
    blocks, coarse_motions = coarsening.tentative(owner, count, motions, fold)
    start = np.arange(rows + 1, dtype=np.int32)
    p = coarsening.widen(*a, start, np.repeat(owner, fold), blocks, count)
    factor = 4.0 / 3.0 / _largest_eigenvalue(matrix, inverse)
    coarsening.smooth_prolongation(*p, inverse, factor, owner, blocks, fold)
    back, rows_of, slots = coarsening.turned(p[0], p[1], count)
    coarse = BlockMatrix(*coarsening.galerkin(back, rows_of, slots, p[2], *coarsening.widen(*a, *p, count)))
    groups = max(1, min(_GROUPS, rows // _GROUP_ROWS))
    bounds = np.arange(groups + 1) * rows // groups
    single = BlockMatrix(matrix.start, matrix.columns, matrix.blocks.astype(np.float32))
    small = p[2].astype(np.float32)
    extra = np.empty((rows, 3))
    sweeps.strengthen(*a, bounds, diagonal, extra)
    coarsening.inverted(diagonal, inverse)
    level = _Level(
        single,
        extra.astype(np.float32),
        inverse.astype(np.float32),
        bounds,
        p[0],
        p[1],
        small,
        back,
        rows_of,
        small[slots],
    )
    return level, coarse, coarse_motions


def _largest_eigenvalue(matrix: BlockMatrix, inverse: NDArray[np.float64]) -> float:
    """Return about the largest eigenvalue of D⁻¹ A (power iteration, then 10 % on top)."""
    x = np.random.default_rng(0).standard_normal((len(inverse), 3, 1))
    value = 1.0
    for _ in range(8):
        x = inverse @ matrix.times(x)
        value = float(np.linalg.norm(x))
        x /= value
    return 1.1 * value


def _dense_inverse(matrix: BlockMatrix) -> NDArray[np.float32]:
    rows = len(matrix.start) - 1
    dense = np.zeros((rows, 3, rows, 3))
    row = np.repeat(np.arange(rows), np.diff(matrix.start))
    dense[row, :, matrix.columns] = matrix.blocks
    full = dense.reshape(3 * rows, 3 * rows)
    missing = np.diag(full) <= 0.0
    full[missing, missing] = 1.0
    return np.linalg.inv(full).astype(np.float32)
