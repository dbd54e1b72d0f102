"""Averages over a few millimeters, and what is made of strains element by element (compiled)."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from twin.domain import TetMesh

RADIUS_MM = 1.5
"""Elements whose centroid lies within this of an element's own are averaged with it: 3 mm across."""


@dataclass(frozen=True, eq=False)
class Average:
    """Volume-weighted average over the elements around each element, as a sparse operator by rows."""

    start: NDArray[np.int64]
    neighbor: NDArray[np.int32]
    weight: NDArray[np.float32]

    @classmethod
    def over(cls, centers: NDArray[np.float64], volumes: NDArray[np.float64]) -> "Average":
        """Make the operator for elements at centroids (m, 3) mm with volumes (m,) mm³."""
        from scipy.spatial import cKDTree

        pairs = cKDTree(centers).query_pairs(RADIUS_MM, output_type="ndarray")
        own = np.arange(len(centers))
        rows = np.concatenate([own, pairs[:, 0], pairs[:, 1]])
        columns = np.concatenate([own, pairs[:, 1], pairs[:, 0]])
        order = np.argsort(rows, kind="stable")
        rows, columns = rows[order], columns[order]
        start = np.searchsorted(rows, np.arange(len(centers) + 1))
        weight = volumes[columns]
        weight = weight / np.add.reduceat(weight, start[:-1])[rows]
        return cls(start, columns.astype(np.int32), weight.astype(np.float32))

    def of(self, values: NDArray) -> NDArray:
        """Return the averages, shape (m, c), of values (m, c)."""
        out = np.empty_like(values)
        _average(self.start, self.neighbor, self.weight, values, out)
        return out


def element_volumes(mesh: TetMesh) -> NDArray[np.float64]:
    """Return the volumes of the straight tetrahedra, mm³, shape (m,)."""
    a, b, c, d = (mesh.points[mesh.tets[:, k]] for k in range(4))
    return np.asarray(np.einsum("ij,ij->i", np.cross(b - a, c - a), d - a) / 6)


def element_centers(mesh: TetMesh) -> NDArray[np.float64]:
    """Return the centroids, LPS mm, shape (m, 3)."""
    return np.asarray(mesh.points[mesh.tets[:, :4]].mean(axis=1))


def strain_ratios(
    strain: NDArray, tension: NDArray[np.float64], compression: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return principal strain over yield strain in tension and in compression, shape (m, 2), ≥ 0.

    0 where a yield strain is not known (NaN): an implant is judged by its stress.
    """
    from physics.elasticity import principal

    values = principal(strain)
    pair = np.stack([values[:, 0] / tension, -values[:, 2] / compression], axis=1)
    return np.nan_to_num(np.maximum(pair, 0.0), nan=0.0).astype(np.float32)


@numba.njit(cache=True, parallel=True)
def _average(start, neighbor, weight, values, out):  # type: ignore[no-untyped-def]
    for e in numba.prange(len(start) - 1):
        for c in range(values.shape[1]):
            total = 0.0
            for k in range(start[e], start[e + 1]):
                total += weight[k] * values[neighbor[k], c]
            out[e, c] = total


@numba.njit(cache=True, parallel=True)
def weighted_sum(values, factors, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (n, c) with the sum over loads of ``factors`` (load,) times ``values`` (load, n, c)."""
    loads, n, components = values.shape
    for e in numba.prange(n):
        for c in range(components):
            total = 0.0
            for load in range(loads):
                if factors[load] != 0.0:
                    total += factors[load] * values[load, e, c]
            out[e, c] = total
