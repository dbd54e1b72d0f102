"""A tree of boxes over triangles: closest points and self-intersections.

The tree is complete and implicit: triangles are sorted along a Morton curve, ``LEAF`` to a leaf, and
node n has the children 2n + 1 and 2n + 2.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

LEAF = 4


class BoxTree:
    """Closest points on, and crossings within, a triangle surface.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
    triangles : ndarray of int, shape (m, 3)
        At least one; degenerate ones do no harm.
    """

    def __init__(self, points: NDArray, triangles: NDArray) -> None:
        self.points = _to_read(points, np.float64)
        self.triangles = _to_read(triangles, np.int32)
        corners = self.points[self.triangles]
        low, high = corners.min(axis=1), corners.max(axis=1)
        self._order = np.argsort(_morton(0.5 * (low + high)), kind="stable").astype(np.int32)
        leaves = 1
        while leaves * LEAF < len(self._order):
            leaves *= 2
        self._leaves = leaves
        self._boxes = _boxes(low, high, self._order, leaves)

    def closest(self, queries: NDArray) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float64]]:
        """Return each query's closest surface point, its triangle, and the distance.

        Parameters
        ----------
        queries : ndarray, shape (q, 3)

        Returns
        -------
        points : ndarray, shape (q, 3)
        triangles : ndarray of int32, shape (q,)
        distances : ndarray, shape (q,)
        """
        asked = _to_read(queries, np.float64)
        return _closest(asked, self.points, self.triangles, self._order, self._boxes, self._leaves)

    def self_intersections(self) -> NDArray[np.int32]:
        """Return pairs of triangles that cross each other; shape (p, 2).

        Neighbors by a point count where they cross away from it, neighbors by an edge where they are
        folded onto each other.
        """
        return _crossings(self.points, self.triangles, self._order, self._boxes, self._leaves)


def _to_read(array: NDArray, kind: type) -> NDArray:
    """Return an unwritable view (a copy where needed): kernels are compiled for that alone, not twice."""
    view: NDArray = np.ascontiguousarray(array, kind).view()
    view.flags.writeable = False
    return view


def _morton(centers: NDArray) -> NDArray[np.uint64]:
    span = np.ptp(centers, axis=0).max() or 1.0
    grid = ((centers - centers.min(axis=0)) / span * 2097151).astype(np.uint64)
    code = np.zeros(len(centers), np.uint64)
    for axis in range(3):
        x = grid[:, axis]
        for shift, keep in (
            (32, 0x1F00000000FFFF), (16, 0x1F0000FF0000FF), (8, 0x100F00F00F00F00F),
            (4, 0x10C30C30C30C30C3), (2, 0x1249249249249249),
        ):  # fmt: skip
            x = (x | (x << np.uint64(shift))) & np.uint64(keep)
        code |= x << np.uint64(axis)
    return code


@njit(cache=True)
def _boxes(low: NDArray, high: NDArray, order: NDArray, leaves: int) -> NDArray:
    boxes = np.empty((2 * leaves - 1, 6))
    boxes[:, :3] = np.inf
    boxes[:, 3:] = -np.inf
    for leaf in range(leaves):
        node = leaves - 1 + leaf
        # Spread triangles evenly, so that no leaf holds more than LEAF of them.
        for n in range(leaf * len(order) // leaves, (leaf + 1) * len(order) // leaves):
            t = order[n]
            for c in range(3):
                boxes[node, c] = min(boxes[node, c], low[t, c])
                boxes[node, 3 + c] = max(boxes[node, 3 + c], high[t, c])
    for node in range(leaves - 2, -1, -1):
        for c in range(3):
            boxes[node, c] = min(boxes[2 * node + 1, c], boxes[2 * node + 2, c])
            boxes[node, 3 + c] = max(boxes[2 * node + 1, 3 + c], boxes[2 * node + 2, 3 + c])
    return boxes


@njit(cache=True)
def _box_distance2(box: NDArray, q: NDArray) -> float:
    d = 0.0
    for c in range(3):
        gap = max(box[c] - q[c], 0.0, q[c] - box[3 + c])
        d += gap * gap
    return d


@njit(cache=True)
def closest_on_triangle(q: NDArray, a: NDArray, b: NDArray, c: NDArray, out: NDArray) -> float:
    """Write the point of triangle abc closest to q into out (Ericson 2005, section 5.1.5); returns the
    squared distance. Degenerate triangles are taken as their longest sides.
    """
    abx, aby, abz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    acx, acy, acz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    apx, apy, apz = q[0] - a[0], q[1] - a[1], q[2] - a[2]
    d1 = abx * apx + aby * apy + abz * apz
    d2 = acx * apx + acy * apy + acz * apz
    bb = abx * abx + aby * aby + abz * abz
    cc = acx * acx + acy * acy + acz * acz
    bc = abx * acx + aby * acy + abz * acz
    det = bb * cc - bc * bc
    v, w = 0.0, 0.0
    inside = False
    if det > 1e-14 * bb * cc:
        v = (cc * d1 - bc * d2) / det
        w = (bb * d2 - bc * d1) / det
        inside = v >= 0.0 and w >= 0.0 and v + w <= 1.0
    if not inside:
        best = np.inf
        # On the sides: ab (v, 0), ac (0, w), bc (1 − s, s).
        s = min(max(d1 / bb, 0.0), 1.0) if bb > 0.0 else 0.0
        d = s * s * bb - 2.0 * s * d1
        if d < best:
            best, v, w = d, s, 0.0
        s = min(max(d2 / cc, 0.0), 1.0) if cc > 0.0 else 0.0
        d = s * s * cc - 2.0 * s * d2
        if d < best:
            best, v, w = d, 0.0, s
        ee = bb + cc - 2.0 * bc
        s = min(max((d2 - d1 + bb - bc) / ee, 0.0), 1.0) if ee > 0.0 else 0.0
        d = (1 - s) * (1 - s) * bb + s * s * cc + 2 * s * (1 - s) * bc - 2 * ((1 - s) * d1 + s * d2)
        if d < best:
            v, w = 1.0 - s, s
    out[0] = a[0] + v * abx + w * acx
    out[1] = a[1] + v * aby + w * acy
    out[2] = a[2] + v * abz + w * acz
    dx, dy, dz = q[0] - out[0], q[1] - out[1], q[2] - out[2]
    return dx * dx + dy * dy + dz * dz


@njit(cache=True)
def _closest(
    queries: NDArray, points: NDArray, triangles: NDArray, order: NDArray, boxes: NDArray, leaves: int
) -> tuple[NDArray, NDArray, NDArray]:
    count = len(queries)
    found = np.empty((count, 3))
    which = np.zeros(count, np.int32)
    distance = np.empty(count)
    stack = np.empty(128, np.int64)
    away = np.empty(128)
    spot = np.empty(3)
    last = 0
    for n in range(count):
        q = queries[n]
        # The last answer's triangle is a good first bound for a query nearby.
        t = triangles[last]
        best = closest_on_triangle(q, points[t[0]], points[t[1]], points[t[2]], spot)
        found[n], which[n] = spot, last
        top = 1
        stack[0], away[0] = 0, _box_distance2(boxes[0], q)
        while top > 0:
            top -= 1
            node = stack[top]
            if away[top] >= best:
                continue
            if node >= leaves - 1:
                leaf = node - leaves + 1
                for m in range(leaf * len(order) // leaves, (leaf + 1) * len(order) // leaves):
                    t = triangles[order[m]]
                    d = closest_on_triangle(q, points[t[0]], points[t[1]], points[t[2]], spot)
                    if d < best:
                        best = d
                        found[n] = spot
                        which[n] = order[m]
                continue
            one, two = 2 * node + 1, 2 * node + 2
            d1, d2 = _box_distance2(boxes[one], q), _box_distance2(boxes[two], q)
            if d1 < d2:
                one, two, d1, d2 = two, one, d2, d1
            if d1 < best:
                stack[top], away[top] = one, d1
                top += 1
            if d2 < best:
                stack[top], away[top] = two, d2
                top += 1
        last = which[n]
        distance[n] = np.sqrt(best)
    return found, which, distance


@njit(cache=True)
def _segment_crosses(p: NDArray, q: NDArray, a: NDArray, b: NDArray, c: NDArray) -> bool:
    """Tell whether the segment pq passes through triangle abc (touching counts, coplanar does not)."""
    n0 = (b[1] - a[1]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[1] - a[1])
    n1 = (b[2] - a[2]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[2] - a[2])
    n2 = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    hp = n0 * (p[0] - a[0]) + n1 * (p[1] - a[1]) + n2 * (p[2] - a[2])
    hq = n0 * (q[0] - a[0]) + n1 * (q[1] - a[1]) + n2 * (q[2] - a[2])
    if hp * hq > 0.0 or hp == hq:
        return False
    s = hp / (hp - hq)
    x = np.empty(3)
    for k in range(3):
        x[k] = p[k] + s * (q[k] - p[k])
    positive, negative = False, False
    for k in range(3):
        u, w = (a, b) if k == 0 else ((b, c) if k == 1 else (c, a))
        e = (
            n0 * ((w[1] - u[1]) * (x[2] - u[2]) - (w[2] - u[2]) * (x[1] - u[1]))
            + n1 * ((w[2] - u[2]) * (x[0] - u[0]) - (w[0] - u[0]) * (x[2] - u[2]))
            + n2 * ((w[0] - u[0]) * (x[1] - u[1]) - (w[1] - u[1]) * (x[0] - u[0]))
        )
        positive |= e > 0.0
        negative |= e < 0.0
    return not (positive and negative)


@njit(cache=True)
def _cross(points: NDArray, s: NDArray, t: NDArray) -> bool:
    """Tell whether triangles s and t (point numbers) cross away from what they share."""
    shared = 0
    ls, lt = -1, -1  # position of a shared point
    for i in range(3):
        for j in range(3):
            if s[i] == t[j]:
                shared += 1
                ls, lt = i, j
    if shared >= 3:
        return True
    if shared == 2:
        return _folded(points, s, t)
    if shared == 1:
        return _segment_crosses(
            points[s[(ls + 1) % 3]], points[s[(ls + 2) % 3]], points[t[0]], points[t[1]], points[t[2]]
        ) or _segment_crosses(
            points[t[(lt + 1) % 3]], points[t[(lt + 2) % 3]], points[s[0]], points[s[1]], points[s[2]]
        )
    for k in range(3):
        if _segment_crosses(
            points[s[k]], points[s[(k + 1) % 3]], points[t[0]], points[t[1]], points[t[2]]
        ) or _segment_crosses(points[t[k]], points[t[(k + 1) % 3]], points[s[0]], points[s[1]], points[s[2]]):
            return True
    return False


@njit(cache=True)
def _folded(points: NDArray, s: NDArray, t: NDArray) -> bool:
    """Tell whether two triangles with a common edge lie on the same side of it in one plane."""
    ns, nt = np.empty(3), np.empty(3)
    _normal(points, s, ns)
    _normal(points, t, nt)
    dot = ns[0] * nt[0] + ns[1] * nt[1] + ns[2] * nt[2]
    size = np.sqrt((ns[0] ** 2 + ns[1] ** 2 + ns[2] ** 2) * (nt[0] ** 2 + nt[1] ** 2 + nt[2] ** 2))
    return dot < -0.99996 * size  # within half a degree


@njit(cache=True)
def _normal(points: NDArray, t: NDArray, out: NDArray) -> None:
    a, b, c = points[t[0]], points[t[1]], points[t[2]]
    out[0] = (b[1] - a[1]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[1] - a[1])
    out[1] = (b[2] - a[2]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[2] - a[2])
    out[2] = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


@njit(cache=True)
def _crossings(points: NDArray, triangles: NDArray, order: NDArray, boxes: NDArray, leaves: int) -> NDArray:
    pairs = [(np.int32(0), np.int32(0)) for _ in range(0)]
    stack = np.empty(128, np.int64)
    box = np.empty(6)
    for s in range(len(triangles)):
        for c in range(3):
            a, b, d = points[triangles[s, 0], c], points[triangles[s, 1], c], points[triangles[s, 2], c]
            box[c], box[3 + c] = min(a, b, d), max(a, b, d)
        top = 1
        stack[0] = 0
        while top > 0:
            top -= 1
            node = stack[top]
            other = boxes[node]
            apart = False
            for c in range(3):
                apart |= box[c] > other[3 + c] or other[c] > box[3 + c]
            if apart:
                continue
            if node < leaves - 1:
                stack[top], stack[top + 1] = 2 * node + 1, 2 * node + 2
                top += 2
                continue
            leaf = node - leaves + 1
            for m in range(leaf * len(order) // leaves, (leaf + 1) * len(order) // leaves):
                t = order[m]
                if t > s and _cross(points, triangles[s], triangles[t]):
                    pairs.append((np.int32(s), np.int32(t)))
    found = np.empty((len(pairs), 2), np.int32)
    for n in range(len(pairs)):
        found[n, 0], found[n, 1] = pairs[n]
    return found
