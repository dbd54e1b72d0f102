"""Modulus and density integrated over elements (compiled)."""

import itertools

import numba
import numpy as np
from numpy.typing import NDArray


def tetrahedron_points(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points and weights that integrate over a tetrahedron cut n times along each edge.

    Planes parallel to the faces cut it into small tetrahedra and octahedra (of four times
    their volume); the points are their centers. The set is the same in whatever order the
    corners are named, so that a mirrored element gets the mirrored integral. Exact for what
    is linear over the element, and of second order in 1/n.

    Returns
    -------
    barycentric, weights : ndarray, shape (q, 4), (q,)
        Weights sum to 1.
    """
    points, weights = [], []
    for shift, volume in ((1, 1.0), (2, 4.0), (3, 1.0)):
        for cell in itertools.product(range(n), repeat=4):
            if sum(cell) == n - shift:
                points.append((np.array(cell) + shift / 4) / n)
                weights.append(volume / n**3)
    return np.array(points), np.array(weights)


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
    grid, index, tets, barycentric, weights, slope, offset, cap, coefficient, exponent
):
    """Average modulus and density over elements.

    Parameters
    ----------
    grid : ndarray of float32, shape (k, j, i)
        CT numbers.
    index : ndarray, shape (n, 3)
        Mesh points as grid indices (i, j, k).
    tets : ndarray of int32, shape (m, 4)
    barycentric, weights : ndarray, shape (q, 4), (q,)
        Of ``tetrahedron_points``.
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
            density[e] += weights[p] * rho
            young[e] += weights[p] * coefficient * rho**exponent
    return young, density
