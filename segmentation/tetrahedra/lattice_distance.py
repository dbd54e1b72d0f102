"""Signed distance to a triangle surface, on a grid, in a band around it.

The sign is by signed crossings counted along three axes, with a majority of them: an open edge
or a self-intersection spoils a line along one axis, hardly ever two.
"""

import numba
import numpy as np
from numpy.typing import NDArray

_NUDGE = (0.3713e-4, 0.7297e-4)
"""Share of the spacing by which rays are moved off the nodes, so that none runs along an edge."""


def signed_distance(
    points: NDArray[np.float64], triangles: NDArray[np.int32], origin: NDArray[np.float64], spacing: float,
    shape: tuple[int, int, int], band_mm: float,
) -> NDArray[np.float32]:  # fmt: skip
    """Return the signed distance at grid nodes, positive inside.

    Parameters
    ----------
    points, triangles : ndarray, shapes (n, 3) mm and (m, 3)
        A closed surface, normals outward.
    origin : ndarray, shape (3,)
        Place of node (0, 0, 0).
    shape : (x, y, z)
        Number of nodes along each axis.
    band_mm : float
        Distances are exact up to this one and ±``band_mm`` beyond.

    Returns
    -------
    ndarray of float32, shape (x, y, z)
    """
    distance = np.full(shape, band_mm, np.float32)
    _band(points, triangles, origin, spacing, distance, band_mm)
    votes = np.zeros(shape, np.int8)
    for axis in range(3):
        lines = np.zeros((*np.delete(shape, axis), shape[axis]), np.int16)
        others = [a for a in range(3) if a != axis]
        order = [*others, axis]
        _crossings(
            np.ascontiguousarray(points[:, order]), triangles, origin[order], spacing, lines, axis == 1
        )
        np.cumsum(lines, axis=2, out=lines)
        votes += np.moveaxis(lines > 0, 2, axis)
    return np.where(votes >= 2, distance, -distance)


@numba.njit(cache=True, nogil=True)
def _band(points, triangles, origin, spacing, distance, band):  # type: ignore[no-untyped-def]
    """Lower ``distance`` to that of each triangle, in its neighborhood."""
    low, high = np.empty(3, np.int64), np.empty(3, np.int64)
    p = np.empty(3)
    for t in range(triangles.shape[0]):
        a, b, c = points[triangles[t, 0]], points[triangles[t, 1]], points[triangles[t, 2]]
        for d in range(3):
            least = min(a[d], b[d], c[d]) - band - origin[d]
            most = max(a[d], b[d], c[d]) + band - origin[d]
            low[d] = max(0, int(np.ceil(least / spacing)))
            high[d] = min(distance.shape[d] - 1, int(np.floor(most / spacing)))
        for i in range(low[0], high[0] + 1):
            p[0] = origin[0] + i * spacing
            for j in range(low[1], high[1] + 1):
                p[1] = origin[1] + j * spacing
                for k in range(low[2], high[2] + 1):
                    p[2] = origin[2] + k * spacing
                    d = _point_triangle(p, a, b, c)
                    distance[i, j, k] = min(distance[i, j, k], d)


@numba.njit(cache=True, nogil=True, inline="always")
def _dot(u0, u1, u2, v0, v1, v2):  # type: ignore[no-untyped-def]
    return u0 * v0 + u1 * v1 + u2 * v2


@numba.njit(cache=True, nogil=True)
def _point_triangle(p, a, b, c):  # type: ignore[no-untyped-def]
    """Distance of a point from a triangle (Ericson 2005, Real-Time Collision Detection, 5.1.5)."""
    abx, aby, abz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    acx, acy, acz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    apx, apy, apz = p[0] - a[0], p[1] - a[1], p[2] - a[2]
    d1, d2 = _dot(abx, aby, abz, apx, apy, apz), _dot(acx, acy, acz, apx, apy, apz)
    bpx, bpy, bpz = p[0] - b[0], p[1] - b[1], p[2] - b[2]
    d3, d4 = _dot(abx, aby, abz, bpx, bpy, bpz), _dot(acx, acy, acz, bpx, bpy, bpz)
    cpx, cpy, cpz = p[0] - c[0], p[1] - c[1], p[2] - c[2]
    d5, d6 = _dot(abx, aby, abz, cpx, cpy, cpz), _dot(acx, acy, acz, cpx, cpy, cpz)
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    if d1 <= 0 and d2 <= 0:
        v, w = 0.0, 0.0
    elif d3 >= 0 and d4 <= d3:
        v, w = 1.0, 0.0
    elif d6 >= 0 and d5 <= d6:
        v, w = 0.0, 1.0
    elif vc <= 0 and d1 >= 0 and d3 <= 0:
        v, w = d1 / (d1 - d3), 0.0
    elif vb <= 0 and d2 >= 0 and d6 <= 0:
        v, w = 0.0, d2 / (d2 - d6)
    elif va <= 0 and d4 >= d3 and d5 >= d6:
        w = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        v = 1.0 - w
    else:
        total = va + vb + vc
        v, w = vb / total, vc / total
    x, y, z = apx - v * abx - w * acx, apy - v * aby - w * acy, apz - v * abz - w * acz
    return np.sqrt(x * x + y * y + z * z)


@numba.njit(cache=True, nogil=True)
def _crossings(points, triangles, origin, spacing, lines, mirrored):  # type: ignore[no-untyped-def]
    """Count signed crossings of grid lines along the last axis: +1 where a line enters, −1 where it leaves.

    ``mirrored`` tells that the order of axes turned the triangles' sense.
    """
    for t in range(triangles.shape[0]):
        a, b, c = points[triangles[t, 0]], points[triangles[t, 1]], points[triangles[t, 2]]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if area == 0.0:
            continue
        u0 = origin[0] + _NUDGE[0] * spacing
        v0 = origin[1] + _NUDGE[1] * spacing
        i0 = max(0, int(np.ceil((min(a[0], b[0], c[0]) - u0) / spacing)))
        i1 = min(lines.shape[0] - 1, int(np.floor((max(a[0], b[0], c[0]) - u0) / spacing)))
        j0 = max(0, int(np.ceil((min(a[1], b[1], c[1]) - v0) / spacing)))
        j1 = min(lines.shape[1] - 1, int(np.floor((max(a[1], b[1], c[1]) - v0) / spacing)))
        outward = area > 0.0  # the normal looks along +axis: the line leaves
        if mirrored:
            outward = not outward
        for i in range(i0, i1 + 1):
            u = u0 + i * spacing
            for j in range(j0, j1 + 1):
                v = v0 + j * spacing
                wa = ((b[0] - u) * (c[1] - v) - (b[1] - v) * (c[0] - u)) / area
                wb = ((c[0] - u) * (a[1] - v) - (c[1] - v) * (a[0] - u)) / area
                wc = 1.0 - wa - wb
                if wa < 0.0 or wb < 0.0 or wc < 0.0:
                    continue
                place = (wa * a[2] + wb * b[2] + wc * c[2] - origin[2]) / spacing
                k = max(0, int(np.ceil(place)))
                if k < lines.shape[2]:
                    lines[i, j, k] += -1 if outward else 1
