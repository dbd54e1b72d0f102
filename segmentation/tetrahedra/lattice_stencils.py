"""The stencils of isosurface stuffing: what of a lattice tetrahedron lies inside, as tetrahedra.

A face of the lattice with two corners inside and one outside leaves a quadrilateral, which both
its tetrahedra must split alike: by the cut of its long edge where one of the two cut edges is
long, else by the parity of its corners' coordinates (Labelle and Shewchuk 2007, section 3).
"""

import numba
import numpy as np
from numpy.typing import NDArray


def stuff(
    tets: NDArray[np.int32],
    signs: NDArray[np.int8],
    coordinates: NDArray[np.int32],
    points: NDArray[np.float64],
    keys: NDArray[np.int64],
    numbers: NDArray[np.int64],
) -> NDArray[np.int32]:
    """Fill the inside of the lattice.

    Parameters
    ----------
    tets : ndarray, shape (m, 4)
        Lattice tetrahedra that hold some of the body.
    signs : ndarray, shape (n,)
        1 inside, −1 outside, 0 on the surface.
    coordinates : ndarray, shape (n, 3)
        Lattice coordinates before warping: all even or all odd.
    points : ndarray, shape (n + cuts, 3)
        Lattice points, then cut points.
    keys, numbers : ndarray
        Sorted keys ``inside * n + outside`` of cut edges, and the point that each is cut at.

    Returns
    -------
    ndarray of int32, shape (k, 4)
        Positively oriented.
    """
    made = np.empty((6 * len(tets), 4), np.int32)
    count = _stuff(tets, signs, coordinates, points, keys, numbers, made)
    return made[:count].copy()


@numba.njit(cache=True, nogil=True)
def _volume(points, a, b, c, d):  # type: ignore[no-untyped-def]
    p = points
    ux, uy, uz = p[b, 0] - p[a, 0], p[b, 1] - p[a, 1], p[b, 2] - p[a, 2]
    vx, vy, vz = p[c, 0] - p[a, 0], p[c, 1] - p[a, 1], p[c, 2] - p[a, 2]
    wx, wy, wz = p[d, 0] - p[a, 0], p[d, 1] - p[a, 1], p[d, 2] - p[a, 2]
    return ux * (vy * wz - vz * wy) - uy * (vx * wz - vz * wx) + uz * (vx * wy - vy * wx)


@numba.njit(cache=True, nogil=True)
def _emit(made, count, points, a, b, c, d):  # type: ignore[no-untyped-def]
    if _volume(points, a, b, c, d) < 0:
        c, d = d, c
    made[count, 0], made[count, 1], made[count, 2], made[count, 3] = a, b, c, d
    return count + 1


@numba.njit(cache=True, nogil=True)
def _cut(keys, numbers, n, inside, outside):  # type: ignore[no-untyped-def]
    return numbers[np.searchsorted(keys, np.int64(inside) * n + outside)]


@numba.njit(cache=True, nogil=True)
def _from_first(coordinates, p, q, outside):  # type: ignore[no-untyped-def]
    """Tell whether the quadrilateral over inner corners p, q is split from p to q's cut (not q to p's)."""
    p_long = (coordinates[p, 0] - coordinates[outside, 0]) % 2 == 0
    q_long = (coordinates[q, 0] - coordinates[outside, 0]) % 2 == 0
    if p_long != q_long:
        return q_long
    greater = 0
    for d in range(3):
        if coordinates[p, d] > coordinates[outside, d]:
            greater += 1
    return greater % 2 == 0


@numba.njit(cache=True, nogil=True)
def _prism(made, count, points, p, q, d01, d12, d20):  # type: ignore[no-untyped-def]
    """Split the prism p0 p1 p2 – q0 q1 q2; ``dij``: the quadrilateral of i and j is split from pi to qj."""
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        to_j = d01 if i == 0 else (d12 if i == 1 else d20)
        from_k = d20 if i == 0 else (d01 if i == 1 else d12)
        if to_j and not from_k:  # both diagonals at this edge's quadrilaterals start at pi
            between = d12 if i == 0 else (d20 if i == 1 else d01)
            count = _emit(made, count, points, p[i], q[0], q[1], q[2])
            if between:
                count = _emit(made, count, points, p[i], p[j], p[k], q[k])
                return _emit(made, count, points, p[i], p[j], q[k], q[j])
            count = _emit(made, count, points, p[i], p[j], p[k], q[j])
            return _emit(made, count, points, p[i], p[k], q[k], q[j])
    return -1  # a cycle of diagonals: the rules above never make one


@numba.njit(cache=True, nogil=True)
def _stuff(tets, signs, coordinates, points, keys, numbers, made):  # type: ignore[no-untyped-def]
    n, count = signs.shape[0], 0
    plus, zero, minus = np.empty(4, np.int64), np.empty(4, np.int64), np.empty(4, np.int64)
    p, q, corner = np.empty(3, np.int64), np.empty(3, np.int64), np.empty(4, np.int64)
    for t in range(tets.shape[0]):
        a = b = c = 0
        for v in tets[t]:
            if signs[v] > 0:
                plus[a] = v
                a += 1
            elif signs[v] == 0:
                zero[b] = v
                b += 1
            else:
                minus[c] = v
                c += 1
        if a == 0:
            continue
        if c == 0:
            count = _emit(made, count, points, tets[t, 0], tets[t, 1], tets[t, 2], tets[t, 3])
        elif a == 1:
            corner[0] = plus[0]
            for i in range(b):
                corner[1 + i] = zero[i]
            for i in range(c):
                corner[1 + b + i] = _cut(keys, numbers, n, plus[0], minus[i])
            count = _emit(made, count, points, corner[0], corner[1], corner[2], corner[3])
        elif a == 2 and b == 1:
            u, v, w, z = plus[0], plus[1], minus[0], zero[0]
            cu, cv = _cut(keys, numbers, n, u, w), _cut(keys, numbers, n, v, w)
            if _from_first(coordinates, u, v, w):
                count = _emit(made, count, points, u, v, cv, z)
                count = _emit(made, count, points, u, cv, cu, z)
            else:
                count = _emit(made, count, points, u, v, cu, z)
                count = _emit(made, count, points, v, cv, cu, z)
        elif a == 3:
            w = minus[0]
            for i in range(3):
                p[i], q[i] = plus[i], _cut(keys, numbers, n, plus[i], w)
            count = _prism(
                made, count, points, p, q, _from_first(coordinates, p[0], p[1], w),
                _from_first(coordinates, p[1], p[2], w), _from_first(coordinates, p[2], p[0], w),
            )  # fmt: skip
        else:
            u, v = plus[0], plus[1]
            p[0], q[0] = u, v
            for i in range(2):
                p[1 + i] = _cut(keys, numbers, n, u, minus[i])
                q[1 + i] = _cut(keys, numbers, n, v, minus[i])
            d01 = _from_first(coordinates, u, v, minus[0])
            d20 = not _from_first(coordinates, u, v, minus[1])
            # The third quadrilateral is boundary: its shorter diagonal, where that makes no cycle.
            d12 = ((points[p[1]] - points[q[2]]) ** 2).sum() < ((points[p[2]] - points[q[1]]) ** 2).sum()
            if d01 == d20:
                d12 = not d01
            count = _prism(made, count, points, p, q, d01, d12, d20)
    return count
