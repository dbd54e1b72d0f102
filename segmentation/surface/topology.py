"""Closedness, manifoldness, pieces, area and volume of a triangle surface."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
    """Return points at which more than one fan of triangles meets.

    Corners of triangles are joined where their triangles share an edge at that point; a manifold
    point's corners are all joined.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    m = len(triangles)
    corner = np.arange(3 * m).reshape(m, 3)
    # Each side (a, b) of a triangle has a corner at a and one at b; match across the edge.
    found = edges(triangles)
    side_edge = found.of_triangle.ravel()
    order = np.argsort(side_edge, kind="stable")
    sorted_edge = side_edge[order]
    pair = np.flatnonzero(sorted_edge[1:] == sorted_edge[:-1])
    one, two = order[pair], order[pair + 1]
    flat = np.asarray(triangles).ravel()

    def corners(side: NDArray) -> tuple[NDArray, NDArray]:
        t, s = side // 3, side % 3
        return corner[t, s], corner[t, (s + 1) % 3]

    a1, b1 = corners(one)
    a2, b2 = corners(two)
    same = flat[a1] == flat[a2]
    rows = np.concatenate([a1, b1])
    columns = np.concatenate([np.where(same, a2, b2), np.where(same, b2, a2)])
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(3 * m, 3 * m))
    _, fan = connected_components(graph, directed=False)
    fans = np.unique(np.stack([flat, fan], axis=1), axis=0)
    return np.flatnonzero(np.bincount(fans[:, 0], minlength=count) > 1)


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
