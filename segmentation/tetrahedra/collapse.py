"""Compiled: edges of a tetrahedral mesh collapsed, where its topology and its patches stay the same."""

import numba
import numpy as np


@numba.njit(cache=True)
def collapse(  # type: ignore[no-untyped-def]
    points, tets, face_patch, start, around, mask, fixed, ends, longest, floor, cosine, budget
):
    """Collapse edges in the order given, each neighborhood once; return which elements are left.

    ``tets`` (m, 4) and ``face_patch`` (m, 4; the patch of the face opposite each corner, -1 inside) are
    changed in place. ``ends`` (e, 2): the node that goes and that it goes to. ``mask`` (n) holds a node's
    patches as bits, ``fixed`` (n) nodes that stay. No edge becomes longer than ``longest``, no element worse
    than ``floor`` (mean ratio) unless one was, no boundary triangle turns by more than the cosine says; it
    ends when ``budget`` elements are gone.
    """
    alive = np.ones(len(tets), np.bool_)
    touched = np.zeros(len(points), np.bool_)
    seen = np.full(
        (4, len(points)), -1, np.int64
    )  # stamps: near u, at the edge, on u's boundary, third nodes
    gone = 0
    for k in range(len(ends)):
        u, v = ends[k, 0], ends[k, 1]
        if touched[u] or touched[v] or fixed[u] or mask[u] & ~mask[v]:
            continue
        if not _keeps_topology(tets, face_patch, start, around, mask, u, v, k, seen):
            continue
        if not _keeps_shape(points, tets, face_patch, start, around, u, v, longest, floor, cosine):
            continue
        for s in range(start[u], start[u + 1]):
            t = around[s]
            for i in range(4):
                touched[tets[t, i]] = True
            if _has(tets, t, v):
                _pass_on(tets, face_patch, start, around, t, u, v)
                alive[t] = False
                gone += 1
        for s in range(start[u], start[u + 1]):
            t = around[s]
            for i in range(4):
                if tets[t, i] == u and alive[t]:
                    tets[t, i] = v
        touched[v] = True
        if gone >= budget:
            break
    return alive


@numba.njit(cache=True)
def mean_ratio(ax, ay, az, bx, by, bz, cx, cy, cz):  # type: ignore[no-untyped-def]
    """Return 12 (3V)^(2/3) / Σl² of a tetrahedron's three sides from a corner: 1 equilateral, 0 flat."""
    six = ax * (by * cz - bz * cy) - ay * (bx * cz - bz * cx) + az * (bx * cy - by * cx)
    if six <= 0.0:
        return 0.0
    squares = ax * ax + ay * ay + az * az + bx * bx + by * by + bz * bz + cx * cx + cy * cy + cz * cz
    squares += (ax - bx) ** 2 + (ay - by) ** 2 + (az - bz) ** 2
    squares += (bx - cx) ** 2 + (by - cy) ** 2 + (bz - cz) ** 2
    squares += (cx - ax) ** 2 + (cy - ay) ** 2 + (cz - az) ** 2
    return 12.0 * (0.5 * six) ** (2.0 / 3.0) / squares


@numba.njit(cache=True)
def _has(tets, t, node):  # type: ignore[no-untyped-def]
    return tets[t, 0] == node or tets[t, 1] == node or tets[t, 2] == node or tets[t, 3] == node


@numba.njit(cache=True)
def _keeps_topology(tets, face_patch, start, around, mask, u, v, k, seen):  # type: ignore[no-untyped-def]
    """Link condition (Dey et al. 1999) of an edge, the boundary's outside counted as one more node."""
    patches, rims = 0, 0
    for s in range(start[u], start[u + 1]):
        t = around[s]
        both = _has(tets, t, v)
        for i in range(4):
            x = tets[t, i]
            seen[0, x] = k
            if both:
                seen[1, x] = k
            patch = face_patch[t, i]
            if patch < 0 or x == u:
                continue
            for j in range(4):
                if j != i:
                    seen[2, tets[t, j]] = k
            if both and x != v:
                patches |= 1 << patch
                rims += 1
                for j in range(4):
                    if j != i:
                        seen[3, tets[t, j]] = k
    if patches != mask[u] or (patches and rims != 2):
        return False
    for s in range(start[v], start[v + 1]):
        t = around[s]
        if _has(tets, t, u):
            continue
        near = 0
        for i in range(4):
            x = tets[t, i]
            if x == v:
                continue
            if seen[0, x] == k:
                if seen[1, x] != k:
                    return False
                near += 1
            if patches and face_patch[t, i] >= 0:
                thirds = 0
                for j in range(4):
                    y = tets[t, j]
                    if j == i or y == v:
                        continue
                    if seen[3, y] == k:
                        thirds += 1
                    elif seen[2, y] == k:
                        return False
                if thirds == 2:
                    return False
        if near >= 2 and not _links_apart(tets, start, around, t, u, v, k, seen):
            return False
    return True


@numba.njit(cache=True)
def _links_apart(tets, start, around, t, u, v, k, seen):  # type: ignore[no-untyped-def]
    """Whether edges of an element at v that are at u too lie in an element with both; and its face is not."""
    for i in range(4):
        for j in range(i + 1, 4):
            a, b = tets[t, i], tets[t, j]
            if v in (a, b) or seen[1, a] != k or seen[1, b] != k:
                continue
            at_u, at_both = False, False
            for s in range(start[u], start[u + 1]):
                other = around[s]
                if _has(tets, other, a) and _has(tets, other, b):
                    at_u = True
                    at_both |= _has(tets, other, v)
            if at_u and not at_both:
                return False
    for s in range(start[u], start[u + 1]):
        other, shared = around[s], 0
        for i in range(4):
            if tets[t, i] != v and _has(tets, other, tets[t, i]):
                shared += 1
        if shared == 3:
            return False
    return True


@numba.njit(cache=True)
def _keeps_shape(points, tets, face_patch, start, around, u, v, longest, floor, cosine):  # type: ignore[no-untyped-def]
    sides = np.empty((2, 3, 3))
    worst_old, worst_new = 1.0, 1.0
    for s in range(start[u], start[u + 1]):
        t = around[s]
        both = _has(tets, t, v)
        for i in range(4):
            if tets[t, i] == u:
                # The three other corners, so ordered that the element stays positive seen from this one.
                first, second, third = (i + 1) % 4, (i + 2) % 4, (i + 3) % 4
                if i % 2 == 1:
                    second, third = third, second
                others = (first, second, third)
                break
        for n in range(3):
            for x in range(3):
                to = points[tets[t, others[n]], x]
                sides[0, n, x] = to - points[u, x]
                sides[1, n, x] = to - points[v, x]
        worst_old = min(worst_old, _ratio(sides[0]))
        if both:
            continue
        worst_new = min(worst_new, _ratio(sides[1]))
        if worst_new < floor and worst_new < worst_old:
            return False
        for n in range(3):
            if sides[1, n, 0] ** 2 + sides[1, n, 1] ** 2 + sides[1, n, 2] ** 2 > longest * longest:
                return False
            if face_patch[t, others[n]] >= 0:
                p, q = (n + 1) % 3, (n + 2) % 3
                if _turn(sides, p, q) < cosine:
                    return False
    return worst_new >= floor or worst_new > worst_old


@numba.njit(cache=True)
def _ratio(three):  # type: ignore[no-untyped-def]
    return mean_ratio(
        three[0, 0], three[0, 1], three[0, 2], three[1, 0], three[1, 1], three[1, 2],
        three[2, 0], three[2, 1], three[2, 2],
    )  # fmt: skip


@numba.njit(cache=True)
def _turn(sides, p, q):  # type: ignore[no-untyped-def]
    """Return the cosine between a triangle's normals before and after."""
    dot, before, after = 0.0, 0.0, 0.0
    for x in range(3):
        y, z = (x + 1) % 3, (x + 2) % 3
        old = sides[0, p, y] * sides[0, q, z] - sides[0, p, z] * sides[0, q, y]
        new = sides[1, p, y] * sides[1, q, z] - sides[1, p, z] * sides[1, q, y]
        dot += old * new
        before += old * old
        after += new * new
    return dot / np.sqrt(max(before * after, 1e-300))


@numba.njit(cache=True)
def _pass_on(tets, face_patch, start, around, t, u, v):  # type: ignore[no-untyped-def]
    """Give the patches of a vanishing element's two faces to the elements behind the other one."""
    for gone, kept in ((u, v), (v, u)):
        # The face opposite ``gone`` holds ``kept``; the element that comes to lie at it is at ``gone``.
        patch = -1
        for i in range(4):
            if tets[t, i] == gone:
                patch = face_patch[t, i]
        if patch < 0:
            continue
        for s in range(start[gone], start[gone + 1]):
            other = around[s]
            if other == t or _has(tets, other, kept):
                continue
            shared, opposite = 0, -1
            for i in range(4):
                x = tets[other, i]
                if x == gone:
                    continue
                if _has(tets, t, x):
                    shared += 1
                else:
                    opposite = i
            if shared == 2:
                face_patch[other, opposite] = patch
                break
