"""Laplace's equation on a mesh's corner nodes, and gradients."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain import TetMesh

Array = NDArray[np.float64]

_CORRECT = 1e-8
_MOST_ROUNDS = 5000


@dataclass(frozen=True, eq=False)
class Elements:
    """Linear elements on a mesh's corners.

    Attributes
    ----------
    tets : ndarray of int64, shape (m, 4)
    gradients : ndarray, shape (m, 4, 3)
        Of the shape functions, 1/mm.
    volumes : ndarray, shape (m,)
        mm³.
    count : int
        Corner nodes.
    """

    tets: NDArray[np.int64]
    gradients: Array
    volumes: Array
    count: int

    @classmethod
    def of(cls, mesh: TetMesh) -> "Elements":
        """Take the corners of a mesh's elements."""
        tets = mesh.tets[:, :4].astype(np.int64)
        corners = mesh.points[tets]
        sides = corners[:, 1:] - corners[:, :1]
        inner = np.linalg.inv(sides).transpose(0, 2, 1)
        gradients = np.concatenate([-inner.sum(axis=1, keepdims=True), inner], axis=1)
        return cls(tets, gradients, np.linalg.det(sides) / 6.0, int(tets.max()) + 1)

    def solve(
        self,
        fixed: NDArray[np.int64],
        values: Array,
        along: Array | None = None,
        source: Array | None = None,
    ) -> Array:
        """Return u with ∇·(D ∇u) = 0, or ∇·(D ∇u) = ∇·source, and u as ``values`` at nodes ``fixed``.

        Parameters
        ----------
        along : ndarray, shape (m, 3), optional
            Unit vectors N: D = N Nᵀ, and a thousandth of it across. Without them D is 1.
        source : ndarray, shape (m, 3), optional
            Its normal part is the flux through free faces.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.linalg import cg

        flux = self.gradients
        if along is not None:
            flux = 1e-3 * flux + np.einsum("eai,ei,ej->eaj", flux, along, along)
        blocks = np.einsum("eai,ebi,e->eab", self.gradients, flux, self.volumes)
        rows, columns = np.repeat(self.tets, 4, axis=1), np.tile(self.tets, 4)
        shape = (self.count, self.count)
        matrix = coo_array((blocks.ravel(), (rows.ravel(), columns.ravel())), shape=shape).tocsr()
        made = np.zeros(self.count)
        made[fixed] = values
        right = -matrix @ made
        if source is not None:
            load = np.einsum("eai,ei,e->ea", self.gradients, source, self.volumes)
            right += np.bincount(self.tets.ravel(), load.ravel(), self.count)
        free = np.ones(self.count, bool)
        free[fixed] = False
        free &= np.bincount(self.tets.ravel(), minlength=self.count) > 0
        if not free.any():  # a wall of one element: all its nodes lie on faces
            return made
        inner = matrix[free][:, free]
        scale = coo_array((1.0 / inner.diagonal(), (np.arange(inner.shape[0]),) * 2)).tocsr()
        found, left = cg(inner, right[free], rtol=_CORRECT, maxiter=_MOST_ROUNDS, M=scale)
        if left:
            raise ArithmeticError("a Laplace problem did not converge: the mesh is degenerate or torn")
        made[free] = found
        return made

    def slopes(self, values: Array) -> Array:
        """Return gradients at the elements, shape (m, 3), averaged over each element's neighborhood."""
        own = np.einsum("eai,ea->ei", self.gradients, values[self.tets])
        weight = self.at_nodes(np.ones(len(own)))
        smooth = np.stack([self.at_nodes(own[:, k]) for k in range(3)], axis=1) / weight[:, None]
        return smooth[self.tets].mean(axis=1)

    def at_nodes(self, values: Array) -> Array:
        """Return the sum over each node's elements of value (m,) times volume, shape (n,)."""
        shares = np.repeat(values * self.volumes, 4)
        return np.bincount(self.tets.ravel(), shares, self.count).astype(np.float64)
