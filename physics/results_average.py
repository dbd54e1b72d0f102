"""Averages over a few millimeters, and what is made of strains element by element (compiled)."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from twin.domain import TetMesh

RADIUS_MM = 1.5
"""Elements whose centroid lies within this of an element's own are averaged with it: 3 mm across."""


_MOST_CELLS = 8_000_000


@dataclass(frozen=True, eq=False)
class Average:
    """Volume-weighted average over the elements around each element.

    Elements are sorted into cells at least half as wide as the radius, so that all neighbors of one lie at
    most two cells away. The pairs themselves are not kept: half a million small elements have tens of
    millions of them, which take longer to read than to find.

    Attributes
    ----------
    order : ndarray, shape (m,)
        Elements by cell; all else is in that order.
    cell : ndarray, shape (m, 3)
    start : ndarray, shape (x, y, z cells, flat, + 1)
        Where each cell's elements begin.
    counts : ndarray, shape (3,)
        Cells along x, y, z.
    centers, volumes : ndarray, shape (m, 3) and (m,)
    """

    order: NDArray[np.int64]
    cell: NDArray[np.int64]
    start: NDArray[np.int64]
    counts: NDArray[np.int64]
    centers: NDArray[np.float64]
    volumes: NDArray[np.float64]

    @classmethod
    def over(cls, centers: NDArray[np.float64], volumes: NDArray[np.float64]) -> "Average":
        """Make the operator for elements at centroids (m, 3) mm with volumes (m,) mm³."""
        low = centers.min(axis=0)
        box = np.maximum(np.ptp(centers, axis=0), RADIUS_MM)
        edge = max(RADIUS_MM / 2, float(np.prod(box) / _MOST_CELLS) ** (1 / 3)) * (1 + 1e-9)
        cell = ((centers - low) / edge).astype(np.int64)
        counts = cell.max(axis=0) + 1
        flat = (cell[:, 0] * counts[1] + cell[:, 1]) * counts[2] + cell[:, 2]
        order = np.argsort(flat, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(flat, minlength=int(np.prod(counts))))])
        return cls(order, cell[order], start, counts, centers[order], volumes[order])

    def of(self, values: NDArray) -> NDArray:
        """Return the averages, shape (m, c), of values (m, c)."""
        sums = np.zeros(values.shape)
        _average(self.cell, self.start, self.counts, self.centers, self.volumes, values[self.order], sums)
        out = np.empty_like(values)
        out[self.order] = sums
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


@numba.njit(cache=True, parallel=True, nogil=True)
def _average(cell, start, counts, centers, volumes, values, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (m, c) with the averages around each element."""
    reach = RADIUS_MM * RADIUS_MM
    nx, ny, nz = counts[0], counts[1], counts[2]
    for e in numba.prange(len(centers)):
        x, y, z = cell[e, 0], cell[e, 1], cell[e, 2]
        whole = 0.0
        for a in range(max(x - 2, 0), min(x + 3, nx)):
            for b in range(max(y - 2, 0), min(y + 3, ny)):
                row = (a * ny + b) * nz  # cells along z follow each other
                for k in range(start[row + max(z - 2, 0)], start[row + min(z + 3, nz)]):
                    dx = centers[k, 0] - centers[e, 0]
                    dy = centers[k, 1] - centers[e, 1]
                    dz = centers[k, 2] - centers[e, 2]
                    if dx * dx + dy * dy + dz * dz <= reach:
                        whole += volumes[k]
                        for c in range(values.shape[1]):
                            out[e, c] += volumes[k] * values[k, c]
        for c in range(values.shape[1]):
            out[e, c] /= whole


@numba.njit(cache=True, parallel=True, nogil=True)
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
