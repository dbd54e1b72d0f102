"""Cuts through a triangle surface by planes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Loop:
    """One closed outline in a cut: area (mm²) and centroid (LPS mm) of what it encloses."""

    area: float
    centroid: NDArray[np.float64]


def section(
    points: NDArray[np.float64],
    triangles: NDArray[np.int32],
    origin: NDArray[np.float64],
    normal: NDArray[np.float64],
) -> list[Loop]:
    """Cut a closed surface by a plane.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
        LPS mm.
    triangles : ndarray, shape (m, 3)
        Outward.
    origin, normal : ndarray, shape (3,)
        A point of the plane and its unit normal.

    Returns
    -------
    list of Loop
        Largest first; a hole has a negative area. Green's theorem on the outline's segments,
        which need not be put in order for it.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    height = (points - origin) @ normal
    above = height > 0
    i, j, k = (above[triangles[:, n]] for n in range(3))
    crossing = triangles[(i != j) | (j != k)]
    if not len(crossing):
        return []
    edges, ends = _crossed_edges(crossing, above)
    key = edges.reshape(-1, 2) @ np.array([len(points), 1])
    unique, which = np.unique(key, return_inverse=True)
    a, b = unique // len(points), unique % len(points)
    t = height[a] / (height[a] - height[b])
    at = points[a] + t[:, None] * (points[b] - points[a])
    pairs = which.reshape(-1, 2)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(unique), len(unique)))
    count, label = connected_components(graph, directed=False)
    u, v = _plane_axes(normal)
    flat = np.column_stack([(at - origin) @ u, (at - origin) @ v])
    start, end = flat[pairs[:, 0]], flat[pairs[:, 1]]
    turn = np.where(ends, 1.0, -1.0) * (start[:, 0] * end[:, 1] - start[:, 1] * end[:, 0])
    loop = label[pairs[:, 0]]
    area = np.bincount(loop, turn, count) / 2
    moment = np.column_stack([np.bincount(loop, turn * (start + end)[:, k], count) / 6 for k in (0, 1)])
    loops = [
        Loop(float(s), origin + m[0] / s * u + m[1] / s * v)
        for s, m in zip(area, moment, strict=True)
        if s != 0
    ]
    return sorted(loops, key=lambda item: -item.area)


def _plane_axes(normal: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    other = np.eye(3)[np.argmin(np.abs(normal))]
    u = np.cross(normal, other)
    u /= np.linalg.norm(u)
    return u, np.cross(normal, u)


def _crossed_edges(
    crossing: NDArray[np.int32], above: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the two crossed edges of each triangle, shape (m, 2, 2), and which way the cut runs.

    The odd corner is the one alone on its side. With triangles outward, the outline keeps the
    body on its left (seen against the normal) from the edge after it to the edge before it
    where the odd corner lies below, and the other way round where it lies above.
    """
    sides = above[crossing]
    lone_above = sides.sum(axis=1) == 1
    odd = np.argmax(sides == lone_above[:, None], axis=1)
    rows = np.arange(len(crossing))
    corner, after, before = (crossing[rows, (odd + k) % 3] for k in range(3))
    first = np.sort(np.column_stack([corner, after]).astype(np.int64), axis=1)
    second = np.sort(np.column_stack([corner, before]).astype(np.int64), axis=1)
    return np.stack([first, second], axis=1), lone_above
