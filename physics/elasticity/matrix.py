"""The stiffness matrix: its pattern made once, its numbers assembled as often as materials change."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.elasticity import kernels


@dataclass(frozen=True, eq=False)
class BlockMatrix:
    """A sparse matrix of 3×3 blocks, rows compressed, columns ascending.

    Attributes
    ----------
    start : ndarray of int32, shape (rows + 1,)
    columns : ndarray of int32, shape (b,)
    blocks : ndarray, shape (b, 3, 3)
    """

    start: NDArray[np.int32]
    columns: NDArray[np.int32]
    blocks: NDArray

    def times(self, x: NDArray) -> NDArray:
        """Return the product with k vectors; shape (rows, 3, k)."""
        product = np.empty((len(self.start) - 1, *x.shape[1:]), x.dtype)
        kernels.multiply(self.start, self.columns, self.blocks, x, product)
        return product


class Stiffness:
    """Assembles the stiffness of one mesh under given supports.

    Nodes held in all directions have no row. Rows run along the mesh's longest axis, which
    keeps neighbors close in memory. A node held in some directions keeps its row; what is held
    has zeros there but for the diagonal.

    Parameters
    ----------
    points, tets : ndarray
        As in ``TetMesh``.
    held : ndarray of bool, shape (n, 3)
    gradients, volumes : ndarray, shapes (m, q, a, 3) and (m, q)
        Of the shape functions at the quadrature points.
    """

    def __init__(
        self,
        points: NDArray[np.float64],
        tets: NDArray[np.int32],
        held: NDArray[np.bool_],
        gradients: NDArray[np.float64],
        volumes: NDArray[np.float64],
    ) -> None:
        used = np.zeros(len(points), bool)
        used[tets.ravel()] = True
        along = points[:, np.argmax(np.ptp(points, axis=0))]
        order = np.argsort(along, kind="stable")
        self.nodes = order[(used & ~held.all(axis=1))[order]]
        row = np.full(len(points), -1, np.int32)
        row[self.nodes] = np.arange(len(self.nodes), dtype=np.int32)
        self.held = held[self.nodes]
        self._rows = row[tets]
        self._gradients, self._volumes = gradients, volumes
        self._at, self._element = kernels.incidence(self._rows, len(self.nodes))
        self._start, self._columns = kernels.pattern(self._rows, self._at, self._element)

    def assemble(self, lame: NDArray[np.float64], shear: NDArray[np.float64]) -> BlockMatrix:
        """Return the stiffness for Lamé's λ and μ of each element (m,), MPa; entries in N/mm."""
        blocks = np.empty((len(self._columns), 3, 3))
        kernels.assemble(
            self._rows, self._at, self._element, self._gradients, self._volumes,
            lame, shear, self._start, self._columns, blocks,
        )  # fmt: skip
        if self.held.any():
            kernels.hold(self._start, self._columns, blocks, self.held)
        return BlockMatrix(self._start, self._columns, blocks)

    def gather(self, forces: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return forces (load, n, 3) as right-hand sides (rows, 3, load), zero where held."""
        right = np.ascontiguousarray(np.moveaxis(forces[:, self.nodes], 0, -1))
        right[self.held] = 0.0
        return right

    def spread(self, solution: NDArray[np.float64], points: int) -> NDArray[np.float64]:
        """Return solutions (rows, 3, load) on all nodes; shape (load, points, 3)."""
        displacement = np.zeros((solution.shape[2], points, 3))
        displacement[:, self.nodes] = np.moveaxis(solution, -1, 0)
        return displacement
