"""The passes of isotropic remeshing over a whole surface (Botsch and Kobbelt 2004).

Arrays are those of ``halfedge``; ``size`` is the wanted edge length at each point.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from segmentation.surface.halfedge import RING, collapse, corner_of, flip, ring, side_to, split

_LONG = 4.0 / 3.0
_SHORT = 4.0 / 5.0
_LEAST_TURN = 0.3  # cosine of how far a triangle's normal may turn in one change
_LEAST_SHAPE = 0.05  # of a triangle, where 1 is equilateral


@njit(cache=True)
def _length2(x: NDArray, a: int, b: int) -> float:
    d0, d1, d2 = x[a, 0] - x[b, 0], x[a, 1] - x[b, 1], x[a, 2] - x[b, 2]
    return d0 * d0 + d1 * d1 + d2 * d2


@njit(cache=True)
def _normal(p: NDArray, q: NDArray, r: NDArray) -> tuple[float, float, float]:
    u0, u1, u2 = q[0] - p[0], q[1] - p[1], q[2] - p[2]
    v0, v1, v2 = r[0] - p[0], r[1] - p[1], r[2] - p[2]
    return u1 * v2 - u2 * v1, u2 * v0 - u0 * v2, u0 * v1 - u1 * v0


@njit(cache=True)
def _shape(p: NDArray, q: NDArray, r: NDArray) -> float:
    """Return a triangle's area over its sides' squares: 1 where equilateral, 0 where degenerate."""
    n0, n1, n2 = _normal(p, q, r)
    sides = 0.0
    for c in range(3):
        sides += (p[c] - q[c]) ** 2 + (q[c] - r[c]) ** 2 + (r[c] - p[c]) ** 2
    return 2.0 * np.sqrt(3.0) * np.sqrt(n0 * n0 + n1 * n1 + n2 * n2) / sides if sides > 0.0 else 0.0


@njit(cache=True)
def split_long(
    x: NDArray,
    size: NDArray,
    kind: NDArray,
    tri: NDArray,
    nbr: NDArray,
    at: NDArray,
    sheet: NDArray,
    points: int,
    triangles: int,
) -> tuple[int, int]:
    """Split edges longer than 4/3 of the wanted length, longest side of a triangle first."""
    before = triangles
    for t in range(before):
        if tri[t, 0] < 0:
            continue
        longest, e = 0.0, 0
        for k in range(3):
            d = _length2(x, tri[t, k], tri[t, (k + 1) % 3])
            if d > longest:
                longest, e = d, k
        a, b = tri[t, e], tri[t, (e + 1) % 3]
        wanted = 0.5 * (size[a] + size[b]) * _LONG
        if longest <= wanted * wanted:
            continue
        if points + 1 >= len(x) or triangles + 2 >= len(tri):
            break
        m = points
        for c in range(3):
            x[m, c] = 0.5 * (x[a, c] + x[b, c])
        size[m] = 0.5 * (size[a] + size[b])
        kind[m] = 1 if sheet[t] != sheet[nbr[t, e]] else 0
        split(tri, nbr, at, sheet, t, e, m, triangles)
        points += 1
        triangles += 2
    return points, triangles


@njit(cache=True)
def _links_fine(tri: NDArray, a: int, b: int, around_a: NDArray, na: int, around_b: NDArray, nb: int) -> bool:
    """Tell whether a and b have exactly two neighbors in common, so that a collapse stays manifold."""
    common = 0
    for k in range(nb):
        t = around_b[k]
        v = tri[t, (corner_of(tri, t, b) + 1) % 3]
        for n in range(na):
            s = around_a[n]
            if tri[s, (corner_of(tri, s, a) + 1) % 3] == v:
                common += 1
    return common == 2


@njit(cache=True)
def _moved_fine(
    x: NDArray, tri: NDArray, around: NDArray, n: int, v: int, other: int, spot: NDArray, longest2: float
) -> bool:
    """Tell whether v's triangles (but those that hold ``other``) stay upright and well shaped at ``spot``."""
    for k in range(n):
        t = around[k]
        i = corner_of(tri, t, v)
        p, q = tri[t, (i + 1) % 3], tri[t, (i + 2) % 3]
        if other in (p, q):
            continue
        d = 0.0
        for c in range(3):
            d += (x[p, c] - spot[c]) ** 2
        if d > longest2:
            return False
        o0, o1, o2 = _normal(x[v], x[p], x[q])
        n0, n1, n2 = _normal(spot, x[p], x[q])
        dot = o0 * n0 + o1 * n1 + o2 * n2
        both = np.sqrt((o0 * o0 + o1 * o1 + o2 * o2) * (n0 * n0 + n1 * n1 + n2 * n2))
        if dot <= _LEAST_TURN * both:
            return False
        shape = _shape(spot, x[p], x[q])
        if shape < _LEAST_SHAPE and shape < _shape(x[v], x[p], x[q]):
            return False
    return True


@njit(cache=True)
def collapse_short(
    x: NDArray,
    size: NDArray,
    kind: NDArray,
    tri: NDArray,
    nbr: NDArray,
    at: NDArray,
    sheet: NDArray,
    triangles: int,
) -> int:
    """Collapse edges shorter than 4/5 of the wanted length where that harms nothing; returns how many."""
    around_a, around_b = np.empty(RING, np.int64), np.empty(RING, np.int64)
    few = np.empty(RING, np.int64)
    spot = np.empty(3)
    done = 0
    for t in range(triangles):
        if tri[t, 0] < 0:
            continue
        shortest, e = np.inf, 0
        for k in range(3):
            d = _length2(x, tri[t, k], tri[t, (k + 1) % 3])
            if d < shortest:
                shortest, e = d, k
        a, b = tri[t, e], tri[t, (e + 1) % 3]
        wanted = 0.5 * (size[a] + size[b])
        if shortest >= (wanted * _SHORT) ** 2:
            continue
        side_t, side_e = t, e
        if kind[b] > kind[a]:  # b goes, so it is the freer one
            side_t = nbr[t, e]
            side_e = side_to(nbr, side_t, t)
            a, b = b, a
        feature = sheet[t] != sheet[nbr[t, e]]
        if kind[b] == 2 or (kind[b] == 1 and not feature):
            continue
        na, nb = ring(tri, nbr, at, a, around_a), ring(tri, nbr, at, b, around_b)
        if na == 0 or nb == 0 or not _links_fine(tri, a, b, around_a, na, around_b, nb):
            continue
        c = tri[side_t, (side_e + 2) % 3]
        u = nbr[side_t, side_e]
        d_ = tri[u, (side_to(nbr, u, side_t) + 2) % 3]
        nc, nd = ring(tri, nbr, at, c, few), ring(tri, nbr, at, d_, few)
        if nc <= 3 or nd <= 3:
            continue
        middle = 0.5 if kind[a] == kind[b] else 0.0
        for k in range(3):
            spot[k] = x[a, k] + middle * (x[b, k] - x[a, k])
        longest2 = (wanted * _LONG) ** 2
        if not _moved_fine(x, tri, around_b, nb, b, a, spot, longest2) or not _moved_fine(
            x, tri, around_a, na, a, b, spot, longest2
        ):
            continue
        collapse(tri, nbr, at, side_t, side_e, around_b, nb)
        x[a] = spot
        done += 1
    return done


@njit(cache=True)
def flip_better(x: NDArray, kind: NDArray, tri: NDArray, nbr: NDArray, at: NDArray, sheet: NDArray,
                triangles: int, by_valence: bool) -> int:  # fmt: skip
    """Flip edges where that brings valences nearer to six, or makes the worse triangle better."""
    around = np.empty(RING, np.int64)
    done = 0
    valence = np.zeros(len(x), np.int32)
    for t in range(triangles):
        if tri[t, 0] >= 0:
            for k in range(3):
                valence[tri[t, k]] += 1
    for t in range(triangles):
        if tri[t, 0] < 0:
            continue
        for e in range(3):
            u = nbr[t, e]
            if sheet[u] != sheet[t]:
                continue
            a, b, c = tri[t, e], tri[t, (e + 1) % 3], tri[t, (e + 2) % 3]
            d = tri[u, (side_to(nbr, u, t) + 2) % 3]
            if valence[a] <= 3 or valence[b] <= 3:
                continue
            old = min(_shape(x[a], x[b], x[c]), _shape(x[b], x[a], x[d]))
            new = min(_shape(x[a], x[d], x[c]), _shape(x[d], x[b], x[c]))
            if by_valence:
                ga, gb = 4 if kind[a] else 6, 4 if kind[b] else 6
                gc, gd = 4 if kind[c] else 6, 4 if kind[d] else 6
                gain = (
                    abs(valence[a] - ga) + abs(valence[b] - gb) + abs(valence[c] - gc) + abs(valence[d] - gd)
                    - abs(valence[a] - 1 - ga) - abs(valence[b] - 1 - gb)
                    - abs(valence[c] + 1 - gc) - abs(valence[d] + 1 - gd)
                )  # fmt: skip
                if (gain <= 0 or new < 0.5 * old) and new <= 2.0 * old:
                    continue
            elif new <= 1.01 * old:
                continue
            if not _flip_fine(x, tri, nbr, at, a, b, c, d, around):
                continue
            flip(tri, nbr, at, t, e)
            valence[a] -= 1
            valence[b] -= 1
            valence[c] += 1
            valence[d] += 1
            done += 1
            break
    return done


@njit(cache=True)
def _flip_fine(x: NDArray, tri: NDArray, nbr: NDArray, at: NDArray, a: int, b: int, c: int, d: int,
               around: NDArray) -> bool:  # fmt: skip
    """Tell whether the edge cd is new, and its triangles look the way the old ones do."""
    n = ring(tri, nbr, at, c, around)
    if n == 0:
        return False
    for k in range(n):
        if tri[around[k], (corner_of(tri, around[k], c) + 1) % 3] == d:
            return False
    o0, o1, o2 = _normal(x[a], x[b], x[c])
    p0, p1, p2 = _normal(x[b], x[a], x[d])
    so, sp = np.sqrt(o0 * o0 + o1 * o1 + o2 * o2), np.sqrt(p0 * p0 + p1 * p1 + p2 * p2)
    bent = o0 * p0 + o1 * p1 + o2 * p2
    if so > 0.0 and sp > 0.0 and bent < 0.5 * so * sp and bent > -0.5 * so * sp:
        return False  # turning a sharp edge would change the shape
    w0, w1, w2 = o0 + p0, o1 + p1, o2 + p2
    size = np.sqrt(w0 * w0 + w1 * w1 + w2 * w2)
    for n0, n1, n2 in (_normal(x[a], x[d], x[c]), _normal(x[d], x[b], x[c])):
        dot = n0 * w0 + n1 * w1 + n2 * w2
        if dot <= 0.5 * size * np.sqrt(n0 * n0 + n1 * n1 + n2 * n2):
            return False
    return True


@njit(cache=True)
def relax(
    x: NDArray,
    size: NDArray,
    kind: NDArray,
    tri: NDArray,
    nbr: NDArray,
    at: NDArray,
    sheet: NDArray,
    points: int,
    step: float,
) -> None:
    """Move free points along the surface to the middle of their triangles, or along their line."""
    around = np.empty(RING, np.int64)
    spot, normal, ends = np.empty(3), np.empty(3), np.empty(2, np.int64)
    for v in range(points):
        if at[v] < 0 or kind[v] == 2:
            continue
        n = ring(tri, nbr, at, v, around)
        if n == 0:
            continue
        if kind[v] == 1:
            if not _line_ends(tri, sheet, around, n, v, ends):
                continue
            for c in range(3):
                spot[c] = x[v, c] + step * (0.5 * (x[ends[0], c] + x[ends[1], c]) - x[v, c])
        else:
            _middle(x, size, tri, around, n, v, spot, normal)
            along = 0.0
            for c in range(3):
                along += (spot[c] - x[v, c]) * normal[c]
            for c in range(3):
                spot[c] = x[v, c] + step * (spot[c] - x[v, c] - along * normal[c])
        if _moved_fine(x, tri, around, n, v, -1, spot, np.inf):
            x[v] = spot


@njit(cache=True)
def _line_ends(tri: NDArray, sheet: NDArray, around: NDArray, n: int, v: int, ends: NDArray) -> bool:
    found = 0
    for k in range(n):
        t, following = around[k], around[(k + 1) % n]
        if sheet[t] != sheet[following]:
            if found == 2:
                return False
            ends[found] = tri[t, (corner_of(tri, t, v) + 2) % 3]
            found += 1
    return found == 2


@njit(cache=True)
def _middle(
    x: NDArray, size: NDArray, tri: NDArray, around: NDArray, n: int, v: int, spot: NDArray, normal: NDArray
) -> None:
    """Write the middle of v's triangles, weighted by area over wanted area, and their unit normal."""
    spot[:], normal[:] = 0.0, 0.0
    total = 0.0
    for k in range(n):
        t = around[k]
        a, b, c = tri[t, 0], tri[t, 1], tri[t, 2]
        n0, n1, n2 = _normal(x[a], x[b], x[c])
        area = np.sqrt(n0 * n0 + n1 * n1 + n2 * n2)
        wanted = (size[a] + size[b] + size[c]) / 3.0
        weight = area / (wanted * wanted)
        for i in range(3):
            spot[i] += weight * (x[a, i] + x[b, i] + x[c, i]) / 3.0
        normal[0] += n0
        normal[1] += n1
        normal[2] += n2
        total += weight
    length = np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
    if total > 0.0 and length > 0.0:
        spot /= total
        normal /= length
    else:
        spot[:] = x[v]


@njit(cache=True)
def accept(x: NDArray, tri: NDArray, nbr: NDArray, at: NDArray, spots: NDArray, points: int) -> int:
    """Move points to their spots where no triangle turns over for it; returns how many stayed."""
    around = np.empty(RING, np.int64)
    stayed = 0
    for v in range(points):
        if at[v] < 0:
            continue
        n = ring(tri, nbr, at, v, around)
        if n and _moved_fine(x, tri, around, n, v, -1, spots[v], np.inf):
            x[v] = spots[v]
        else:
            stayed += 1
    return stayed
