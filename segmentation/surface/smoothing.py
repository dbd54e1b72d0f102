"""Taking the voxel stairs out of a surface net without moving the boundary that the labels tell of.

Points are fitted by the smoothest surface that stays near where they started and within their own
cells: min Σ|Lx|² + α Σ|x − x₀|² with |x − center| ≤ bound, L the umbrella operator. The first term
removes stairs, the second keeps long waves (and with them volume) as they are, the bound keeps every
voxel center on its own side.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from segmentation.surface.nets import Net


def stencils(net: Net) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return each point's neighbors that it may be drawn toward, as row starts and indices.

    A point on several sheets (the rim of a cut) only listens along edges that lie on all of them, so
    rims stay sharp, cuts stay flat and corners stay put.
    """
    count = len(net.points)
    quads, bits = net.quads, np.left_shift(1, net.sheets.astype(np.int64))
    ends = np.stack([quads, np.roll(quads, -1, axis=1)], axis=2).reshape(-1, 2).astype(np.int64)
    key = ends.min(axis=1) * count + ends.max(axis=1)
    unique, inverse = np.unique(key, return_inverse=True)
    of_edge = np.zeros(len(unique), np.int64)
    np.bitwise_or.at(of_edge, inverse, np.repeat(bits, 4))
    of_point = point_sheets(net)
    low, high = unique // count, unique % count
    start = np.concatenate([low, high])
    end = np.concatenate([high, low])
    edge_bits = np.concatenate([of_edge, of_edge])
    heard = (edge_bits & of_point[start]) == of_point[start]
    start, end = start[heard], end[heard]
    order = np.argsort(start, kind="stable")
    rows = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(start, minlength=count), out=rows[1:])
    return rows, end[order].astype(np.int32)


def point_sheets(net: Net) -> NDArray[np.int64]:
    """Return a bit set of the sheets that meet at each point; shape (n,)."""
    bits = np.left_shift(1, net.sheets.astype(np.int64))
    of_point = np.zeros(len(net.points), np.int64)
    np.bitwise_or.at(of_point, net.quads.ravel(), np.repeat(bits, 4))
    return of_point


def fair(net: Net, alpha: float, bound: float, rounds: int) -> NDArray[np.float64]:
    """Return the net's points faired within their cells, in index space; shape (n, 3).

    Parameters
    ----------
    alpha : float
        Weight of staying: waves longer than 2π·α^(−1/4) voxels stay, shorter ones go.
    bound : float
        How far a point may go from its cell's center along each axis, voxels; below 0.5 no two points
        can change sides.
    rounds : int
        Rounds of the projected, accelerated gradient method (Nesterov 1983).
    """
    rows, neighbors = stencils(net)
    return _fair(net.points, net.centers, rows, neighbors, alpha, bound, rounds)


@njit(cache=True)
def _umbrella(x: NDArray, rows: NDArray, neighbors: NDArray, out: NDArray) -> None:
    for v in range(len(x)):
        a, b = rows[v], rows[v + 1]
        if a == b:
            out[v] = 0.0
            continue
        sx, sy, sz = 0.0, 0.0, 0.0
        for n in range(a, b):
            w = neighbors[n]
            sx += x[w, 0]
            sy += x[w, 1]
            sz += x[w, 2]
        c = 1.0 / (b - a)
        out[v, 0] = sx * c - x[v, 0]
        out[v, 1] = sy * c - x[v, 1]
        out[v, 2] = sz * c - x[v, 2]


@njit(cache=True)
def _fair(
    start: NDArray,
    centers: NDArray,
    rows: NDArray,
    neighbors: NDArray,
    alpha: float,
    bound: float,
    rounds: int,
) -> NDArray:
    x, y = start.copy(), start.copy()
    first, second = np.empty_like(x), np.empty_like(x)
    pace = 1.0 / (4.0 + alpha)  # the umbrella's eigenvalues reach −2, so its square's reach 4
    t = 1.0
    for _ in range(rounds):
        _umbrella(y, rows, neighbors, first)
        _umbrella(first, rows, neighbors, second)
        t_next = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * t * t))
        momentum = (t - 1.0) / t_next
        turn = 0.0
        for v in range(len(x)):
            if rows[v] == rows[v + 1]:
                continue
            for c in range(3):
                new = y[v, c] - pace * (second[v, c] + alpha * (y[v, c] - start[v, c]))
                low, high = centers[v, c] - bound, centers[v, c] + bound
                new = min(max(new, low), high)
                turn += (y[v, c] - new) * (new - x[v, c])
                y[v, c] = new + momentum * (new - x[v, c])
                x[v, c] = new
        if turn > 0.0:  # O'Donoghue and Candès 2015: start again when the momentum points uphill
            t = 1.0
            y[:] = x
        else:
            t = t_next
    return x
