"""Local changes of a closed manifold triangle surface: split, collapse, flip.

A surface lies in growing arrays: ``tri`` (point numbers, −1 in column 0 where a triangle is gone),
``nbr`` (the triangle across side e, from corner e to corner e + 1), ``at`` (some triangle at each
point) and ``sheet`` (of each triangle). An edge between two sheets is a feature: it stays one.
``kind`` of a point: 0 free, 1 on a feature line, 2 where feature lines end or turn: it stays.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

RING = 96
"""More triangles than this around a point are not handled: the point is left as it is."""


@njit(cache=True)
def corner_of(tri: NDArray, t: int, v: int) -> int:
    """Return the corner of triangle t at which point v lies."""
    if tri[t, 0] == v:
        return 0
    return 1 if tri[t, 1] == v else 2


@njit(cache=True)
def side_to(nbr: NDArray, t: int, other: int) -> int:
    """Return the side of t that leads to the triangle ``other``."""
    if nbr[t, 0] == other:
        return 0
    return 1 if nbr[t, 1] == other else 2


@njit(cache=True)
def ring(tri: NDArray, nbr: NDArray, at: NDArray, v: int, out: NDArray) -> int:
    """Write the triangles around v into out and return their number; 0 where there are too many."""
    t = at[v]
    first = t
    n = 0
    while True:
        if n == RING:
            return 0
        out[n] = t
        n += 1
        t = nbr[t, (corner_of(tri, t, v) + 2) % 3]
        if t == first:
            return n


@njit(cache=True)
def neighbors(triangles: NDArray, count: int) -> NDArray:
    """Return ``nbr`` of a closed, consistently oriented manifold; −1 where a side has no partner."""
    m = len(triangles)
    nbr = np.full((m, 3), -1, np.int32)
    head = np.full(count, -1, np.int64)
    following = np.full(3 * m, -1, np.int64)
    for t in range(m):
        for e in range(3):
            v = triangles[t, e]
            following[3 * t + e] = head[v]
            head[v] = 3 * t + e
    for t in range(m):
        for e in range(3):
            a, b = triangles[t, e], triangles[t, (e + 1) % 3]
            s = head[b]
            while s >= 0:
                if triangles[s // 3, (s % 3 + 1) % 3] == a:
                    nbr[t, e] = s // 3
                    break
                s = following[s]
    return nbr


@njit(cache=True)
def _hook(nbr: NDArray, t: int, old: int, new: int) -> None:
    nbr[t, side_to(nbr, t, old)] = new


@njit(cache=True)
def split(
    tri: NDArray, nbr: NDArray, at: NDArray, sheet: NDArray, t: int, e: int, m: int, fresh: int
) -> None:
    """Split side e of t at the new point m, with the new triangles ``fresh`` and ``fresh + 1``."""
    u = nbr[t, e]
    f = side_to(nbr, u, t)
    a, b, c = tri[t, e], tri[t, (e + 1) % 3], tri[t, (e + 2) % 3]
    d = tri[u, (f + 2) % 3]
    n_bc, n_ca = nbr[t, (e + 1) % 3], nbr[t, (e + 2) % 3]
    n_ad, n_db = nbr[u, (f + 1) % 3], nbr[u, (f + 2) % 3]
    t2, u2 = fresh, fresh + 1
    tri[t, 0], tri[t, 1], tri[t, 2] = a, m, c
    nbr[t, 0], nbr[t, 1], nbr[t, 2] = u, t2, n_ca
    tri[t2, 0], tri[t2, 1], tri[t2, 2] = m, b, c
    nbr[t2, 0], nbr[t2, 1], nbr[t2, 2] = u2, n_bc, t
    tri[u, 0], tri[u, 1], tri[u, 2] = m, a, d
    nbr[u, 0], nbr[u, 1], nbr[u, 2] = t, n_ad, u2
    tri[u2, 0], tri[u2, 1], tri[u2, 2] = b, m, d
    nbr[u2, 0], nbr[u2, 1], nbr[u2, 2] = t2, u, n_db
    _hook(nbr, n_bc, t, t2)
    _hook(nbr, n_db, u, u2)
    sheet[t2], sheet[u2] = sheet[t], sheet[u]
    at[m], at[a], at[b], at[c], at[d] = t, t, t2, t, u


@njit(cache=True)
def flip(tri: NDArray, nbr: NDArray, at: NDArray, t: int, e: int) -> None:
    """Turn side e of t to the other diagonal of its two triangles."""
    u = nbr[t, e]
    f = side_to(nbr, u, t)
    a, b, c = tri[t, e], tri[t, (e + 1) % 3], tri[t, (e + 2) % 3]
    d = tri[u, (f + 2) % 3]
    n_bc, n_ca = nbr[t, (e + 1) % 3], nbr[t, (e + 2) % 3]
    n_ad, n_db = nbr[u, (f + 1) % 3], nbr[u, (f + 2) % 3]
    tri[t, 0], tri[t, 1], tri[t, 2] = a, d, c
    nbr[t, 0], nbr[t, 1], nbr[t, 2] = n_ad, u, n_ca
    tri[u, 0], tri[u, 1], tri[u, 2] = d, b, c
    nbr[u, 0], nbr[u, 1], nbr[u, 2] = n_db, n_bc, t
    _hook(nbr, n_ad, u, t)
    _hook(nbr, n_bc, t, u)
    at[a], at[b], at[c], at[d] = t, u, t, t


@njit(cache=True)
def collapse(tri: NDArray, nbr: NDArray, at: NDArray, t: int, e: int, around: NDArray, n: int) -> None:
    """Draw the end of side e of t into its start; ``around`` holds the n triangles around that end."""
    u = nbr[t, e]
    f = side_to(nbr, u, t)
    a, b, c = tri[t, e], tri[t, (e + 1) % 3], tri[t, (e + 2) % 3]
    d = tri[u, (f + 2) % 3]
    n_bc, n_ca = nbr[t, (e + 1) % 3], nbr[t, (e + 2) % 3]
    n_ad, n_db = nbr[u, (f + 1) % 3], nbr[u, (f + 2) % 3]
    for k in range(n):
        s = around[k]
        tri[s, corner_of(tri, s, b)] = a
    _hook(nbr, n_bc, t, n_ca)
    _hook(nbr, n_ca, t, n_bc)
    _hook(nbr, n_ad, u, n_db)
    _hook(nbr, n_db, u, n_ad)
    tri[t, 0], tri[u, 0] = -1, -1
    at[a], at[c], at[d] = n_ca, n_ca, n_ad
    at[b] = -1
