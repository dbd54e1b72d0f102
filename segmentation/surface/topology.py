"""Closedness, manifoldness, pieces, area and volume of a triangle surface."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from segmentation.surface.halfedge import corner_of, neighbors


@dataclass(frozen=True, eq=False)
class Edges:
    """Edges of a triangle surface and how its triangles use them.

    Attributes
    ----------
    ends : ndarray of int64, shape (e, 2)
        Point indices, the lower one first.
    uses : ndarray of int64, shape (e,)
        Number of triangles at each edge.
    balance : ndarray of int64, shape (e,)
        Uses from low to high less uses from high to low: 0 where orientation agrees.
    of_triangle : ndarray of int64, shape (m, 3)
        Edge number of each triangle's sides 01, 12, 20.
    """

    ends: NDArray[np.int64]
    uses: NDArray[np.int64]
    balance: NDArray[np.int64]
    of_triangle: NDArray[np.int64]

    @property
    def open(self) -> NDArray[np.int64]:
        """Edges with one triangle, as ends."""
        return self.ends[self.uses == 1]

    @property
    def crowded(self) -> NDArray[np.int64]:
        """Edges with more than two triangles, as ends."""
        return self.ends[self.uses > 2]


def edges(triangles: NDArray) -> Edges:
    """Return the edges of triangles, shape (m, 3)."""
    sides = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=2).reshape(-1, 2).astype(np.int64)
    count = int(sides.max(initial=-1)) + 1
    low, high = sides.min(axis=1), sides.max(axis=1)
    unique, inverse, uses = np.unique(low * count + high, return_inverse=True, return_counts=True)
    balance = np.zeros(len(unique), np.int64)
    np.add.at(balance, inverse, np.where(sides[:, 0] == low, 1, -1))
    ends = np.stack([unique // max(count, 1), unique % max(count, 1)], axis=1)
    return Edges(ends, uses, balance, inverse.reshape(-1, 3))


def crowded_points(triangles: NDArray, count: int) -> NDArray[np.int64]:
    """Return points at which more than one fan of triangles meets, of ``count`` points.

    Walks around each point; where the walk does not come by all of its triangles, there is another fan.
    """
    if not len(triangles):
        return np.zeros(0, np.int64)
    triangles = np.ascontiguousarray(triangles, np.int32)
    return np.flatnonzero(_several_fans(triangles, neighbors(triangles, count), count))


@njit(cache=True)
def _several_fans(triangles: NDArray, nbr: NDArray, count: int) -> NDArray:
    around, at = np.zeros(count, np.int64), np.full(count, -1, np.int64)
    for t in range(len(triangles)):
        for e in range(3):
            around[triangles[t, e]] += 1
            at[triangles[t, e]] = t
    several = np.zeros(count, np.bool_)
    for v in range(count):
        if at[v] < 0:
            continue
        walked, t = 1, at[v]
        while walked <= around[v]:
            t = nbr[t, (corner_of(triangles, t, v) + 2) % 3]
            if t < 0 or t == at[v]:
                break
            walked += 1
        if t < 0:  # an open fan: the other way as well
            t = at[v]
            while walked <= around[v]:
                t = nbr[t, corner_of(triangles, t, v)]
                if t < 0:
                    break
                walked += 1
        several[v] = walked < around[v]
    return several


def pieces(triangles: NDArray) -> NDArray[np.int32]:
    """Return the number of the connected piece of each triangle; shape (m,)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not len(triangles):
        return np.zeros(0, np.int32)
    count = int(triangles.max()) + 1
    a = np.concatenate([triangles[:, 0], triangles[:, 1]])
    b = np.concatenate([triangles[:, 1], triangles[:, 2]])
    graph = coo_matrix((np.ones(len(a), np.int8), (a, b)), shape=(count, count))
    _, of_point = connected_components(graph, directed=False)
    _, of_triangle = np.unique(of_point[triangles[:, 0]], return_inverse=True)
    return of_triangle.astype(np.int32)


def normals(points: NDArray, triangles: NDArray) -> NDArray[np.float64]:
    """Return each triangle's outward normal with its area as length; shape (m, 3), mm²."""
    a, b, c = (points[triangles[:, n]] for n in range(3))
    return 0.5 * np.cross(b - a, c - a)


def area_mm2(points: NDArray, triangles: NDArray) -> float:
    """Return the area, mm²."""
    return float(np.linalg.norm(normals(points, triangles), axis=1).sum())


def volume_mm3(points: NDArray, triangles: NDArray) -> float:
    """Return the enclosed volume, mm³; negative where normals point inward."""
    if not len(triangles):
        return 0.0
    x = points - points[triangles.ravel()].mean(axis=0)
    a, b, c = (x[triangles[:, n]] for n in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)
