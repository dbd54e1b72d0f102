"""Modulus and density integrated over elements (compiled)."""

import itertools

import numba
import numpy as np
from numpy.typing import NDArray


def tetrahedron_points(n: int) -> NDArray[np.float64]:
    """Return barycentric coordinates of the centers of n³ equal parts of a tetrahedron.

    Kuhn's subdivision: the tetrahedron is {n ≥ x ≥ y ≥ z ≥ 0}, cut into unit cubes that are
    each cut into six; every part has the same volume, so equal weights integrate exactly what
    is constant, or linear, over the element.

    Returns
    -------
    ndarray, shape (n³, 4)
    """
    points = []
    for cell in itertools.product(range(n), repeat=3):
        for order in itertools.permutations((0.75, 0.5, 0.25)):
            x, y, z = (c + o for c, o in zip(cell, order, strict=True))
            if n > x > y > z > 0:
                points.append(((n - x) / n, (x - y) / n, (y - z) / n, z / n))
    return np.array(points)


@numba.njit(cache=True, inline="always")
def trilinear(grid, x, y, z):  # type: ignore[no-untyped-def]
    """Interpolate a grid [k, j, i] at index (x, y, z) = (i, j, k); clamped to the grid."""
    nk, nj, ni = grid.shape
    x = min(max(x, 0.0), ni - 1.0)
    y = min(max(y, 0.0), nj - 1.0)
    z = min(max(z, 0.0), nk - 1.0)
    i = min(int(x), max(ni - 2, 0))
    j = min(int(y), max(nj - 2, 0))
    k = min(int(z), max(nk - 2, 0))
    i1 = min(i + 1, ni - 1)
    j1 = min(j + 1, nj - 1)
    k1 = min(k + 1, nk - 1)
    fx = x - i
    fy = y - j
    fz = z - k
    low = (grid[k, j, i] * (1 - fx) + grid[k, j, i1] * fx) * (1 - fy) + (
        grid[k, j1, i] * (1 - fx) + grid[k, j1, i1] * fx
    ) * fy
    high = (grid[k1, j, i] * (1 - fx) + grid[k1, j, i1] * fx) * (1 - fy) + (
        grid[k1, j1, i] * (1 - fx) + grid[k1, j1, i1] * fx
    ) * fy
    return low * (1 - fz) + high * fz


@numba.njit(cache=True)
def sample(grid, index):  # type: ignore[no-untyped-def]
    """Interpolate at indices (i, j, k), shape (n, 3)."""
    out = np.empty(len(index), np.float64)
    for n in range(len(index)):
        out[n] = trilinear(grid, index[n, 0], index[n, 1], index[n, 2])
    return out


@numba.njit(cache=True, parallel=True)
def element_moduli(  # type: ignore[no-untyped-def]
    grid, index, tets, barycentric, slope, offset, cap, coefficient, exponent
):
    """Average modulus and density over elements.

    Parameters
    ----------
    grid : ndarray of float32, shape (k, j, i)
        CT numbers.
    index : ndarray, shape (n, 3)
        Mesh points as grid indices (i, j, k).
    tets : ndarray of int32, shape (m, 4)
    barycentric : ndarray, shape (q, 4)
        Points of equal weight.
    slope, offset, cap, coefficient, exponent : float
        As in ``Conversion``.

    Returns
    -------
    young, density : ndarray, shape (m,)
        MPa, and g/cm³ of the law's density.
    """
    m, q = len(tets), len(barycentric)
    young = np.zeros(m)
    density = np.zeros(m)
    for e in numba.prange(m):
        a, b, c, d = tets[e, 0], tets[e, 1], tets[e, 2], tets[e, 3]
        for p in range(q):
            l0, l1, l2, l3 = barycentric[p, 0], barycentric[p, 1], barycentric[p, 2], barycentric[p, 3]
            x = l0 * index[a, 0] + l1 * index[b, 0] + l2 * index[c, 0] + l3 * index[d, 0]
            y = l0 * index[a, 1] + l1 * index[b, 1] + l2 * index[c, 1] + l3 * index[d, 1]
            z = l0 * index[a, 2] + l1 * index[b, 2] + l2 * index[c, 2] + l3 * index[d, 2]
            rho = min(max(slope * trilinear(grid, x, y, z) + offset, 0.0), cap)
            density[e] += rho
            young[e] += coefficient * rho**exponent
        density[e] /= q
        young[e] /= q
    return young, density
