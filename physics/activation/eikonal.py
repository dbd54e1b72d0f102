"""The eikonal equation on tetrahedra: √(∇φᵀ D ∇φ) = 1, φ the time at which the front arrives.

The front goes on from the earliest node: each tetrahedron at it offers its other nodes the earliest time of a
ray through it, along one of its faces or one of its edges; a node that is reached earlier than it was goes on
again. Within a tetrahedron φ is not taken as linear but as the straight-line time from the source that the
front came from, at the tetrahedron's own speeds, plus what is linear: where a front is strongly curved, that
is nearly exact, and in a homogeneous medium it is exact (additive factoring; compare Luo and Qian 2011,
J Comput Phys 230:4005, for cartesian grids).
"""

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Conduction:
    """How fast the front travels, and where to.

    Attributes
    ----------
    fibers : ndarray, shape (m, 3)
        Unit vectors along the fibers of the elements.
    along_m_per_s, across_m_per_s : float or ndarray, shape (m,)
        Speeds along the fibers and across them, m/s (which is mm/ms).
    sheets : ndarray, shape (m, 3), or None
        Unit vectors within the sheets, at right angles to the fibers; with them ``across_m_per_s`` is the
        speed within the sheet, and ``normal_m_per_s`` that from sheet to sheet.
    """

    fibers: NDArray[np.float64]
    along_m_per_s: float | NDArray[np.float64]
    across_m_per_s: float | NDArray[np.float64]
    sheets: NDArray[np.float64] | None = None
    normal_m_per_s: float | NDArray[np.float64] = 0.2

    def metric(self) -> NDArray[np.float64]:
        """Return D⁻¹ of each element (m, 3, 3), ms²/mm²: squared times of unit ways.

        Raises
        ------
        ValueError
            A speed that is not positive, or vectors that are no unit vectors at right angles.
        """
        along, across = (np.asarray(c, np.float64) for c in (self.along_m_per_s, self.across_m_per_s))
        normal = across if self.sheets is None else np.asarray(self.normal_m_per_s, np.float64)
        for speed in (along, across, normal):
            if not (speed > 0).all():
                raise ValueError("a conduction speed must be above zero everywhere")
        _check_unit("fibers", self.fibers)
        made = _each(normal**-2) * np.eye(3) + _each(along**-2 - normal**-2) * _dyads(self.fibers)
        if self.sheets is not None:
            _check_unit("sheets", self.sheets)
            if np.abs((self.fibers * self.sheets).sum(axis=1)).max(initial=0.0) > 1e-3:
                raise ValueError("sheets must stand at right angles to the fibers")
            made = made + _each(across**-2 - normal**-2) * _dyads(self.sheets)
        return np.ascontiguousarray(made)


def activation_times(
    points: NDArray[np.float64],
    tets: NDArray[np.int32],
    conduction: Conduction,
    sources: NDArray[np.int64],
    start_ms: NDArray[np.float64] | float = 0.0,
) -> NDArray[np.float64]:
    """Return when the front arrives at each node.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
        Nodes, mm.
    tets : ndarray, shape (m, 4)
        Nodes of the tetrahedra.
    sources : ndarray of int, shape (s,)
        Nodes where fronts begin.
    start_ms : float or ndarray, shape (s,)
        When they begin.

    Returns
    -------
    ndarray, shape (n,)
        Times in ms; infinite where no front arrives.

    Raises
    ------
    ValueError
        No source, one that is no node, or a conduction that makes no sense.
    """
    sources = np.asarray(sources, np.int64)
    if not len(sources) or sources.min() < 0 or sources.max() >= len(points):
        raise ValueError("fronts begin at nodes of the mesh, and at one at least")
    metric = conduction.metric()
    if metric.shape != (len(tets), 3, 3):
        raise ValueError(f"there are {len(metric)} fibers for {len(tets)} tetrahedra")
    around, first = _around(np.ascontiguousarray(tets[:, :4]), len(points))
    times = np.full(len(points), np.inf)
    origin = np.full(len(points), -1, np.int64)
    starts = np.broadcast_to(np.asarray(start_ms, np.float64), sources.shape)
    for k in np.argsort(-starts, kind="stable"):  # the earliest one stays, where a node is named twice
        times[sources[k]], origin[sources[k]] = starts[k], k
    _spread(
        np.ascontiguousarray(points, np.float64), np.ascontiguousarray(tets[:, :4], np.int32), metric,
        around, first, sources, np.ascontiguousarray(starts), times, origin,
    )  # fmt: skip
    return times


def _each(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[..., None, None]


def _dyads(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return vectors[:, :, None] * vectors[:, None, :]


def _check_unit(name: str, vectors: NDArray[np.float64]) -> None:
    if np.abs((vectors**2).sum(axis=1) - 1.0).max(initial=0.0) > 1e-3:
        raise ValueError(f"{name} must be unit vectors")


def _around(tets: NDArray[np.int32], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the tetrahedra at each node: (4 m,) by node, and where each node's begin (n + 1,)."""
    order = np.argsort(tets.ravel(), kind="stable")
    first = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(tets.ravel(), minlength=count), out=first[1:])
    return order // 4, first


_STRAYED = 1.2
"""How many times as long as by the straight way a front may have taken, or the other way round."""


@njit(cache=True)
def _spread(
    points: NDArray[np.float64], tets: NDArray[np.int32], metric: NDArray[np.float64],
    around: NDArray[np.int64], first: NDArray[np.int64], sources: NDArray[np.int64],
    starts: NDArray[np.float64], times: NDArray[np.float64], origin: NDArray[np.int64],
) -> None:  # fmt: skip
    """Fill ``times`` and ``origin`` (the source that a node's front came from) from the sources on."""
    front = [(times[s], s) for s in sources]
    heapq.heapify(front)
    ways, gram, inverse = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3))
    others, beyond = np.empty(3, np.int64), np.empty(3)
    while front:
        time, node = heapq.heappop(front)
        if time > times[node]:
            continue  # it has been reached earlier since
        for a in range(first[node], first[node + 1]):
            tet = around[a]
            for corner in range(4):
                to = np.int64(tets[tet, corner])
                if to == node:
                    continue
                n = 0
                for k in range(4):
                    other = tets[tet, k]
                    if other != to:
                        others[n] = other
                        for x in range(3):
                            ways[n, x] = points[to, x] - points[other, x]
                        n += 1
                _gram(ways, metric[tet], gram)
                by = origin[node]
                offered = _offer(
                    points[to], points[sources[by]], starts[by], metric[tet], others, ways, gram, points,
                    times, beyond, inverse,
                )  # fmt: skip
                if not np.isfinite(offered):  # a linear time, which nodes later on cannot be earlier than
                    offered = max(_offer_linear(others, gram, times, beyond, inverse), times[node])
                if offered < times[to] - 1e-12 * (1.0 + abs(offered)):
                    times[to], origin[to] = offered, by
                    heapq.heappush(front, (offered, to))


@njit(cache=True)
def _gram(ways: NDArray[np.float64], metric: NDArray[np.float64], gram: NDArray[np.float64]) -> None:
    for i in range(3):
        for j in range(i, 3):
            total = 0.0
            for x in range(3):
                for y in range(3):
                    total += ways[i, x] * metric[x, y] * ways[j, y]
            gram[i, j] = gram[j, i] = total


@njit(cache=True)
def _offer(
    to: NDArray[np.float64], source: NDArray[np.float64], start: float, local: NDArray[np.float64],
    others: NDArray[np.int64], ways: NDArray[np.float64], gram: NDArray[np.float64],
    points: NDArray[np.float64], times: NDArray[np.float64], beyond: NDArray[np.float64],
    inverse: NDArray[np.float64],
) -> float:  # fmt: skip
    """Return the earliest time that a tetrahedron offers one of its nodes, by the front of one source.

    The time is a straight way's from the source plus u; each other node is known to lie ``beyond`` its own
    straight time, and u is sought from the face of all three, from its edges, from its corners. Not a number
    where straight ways at the tetrahedron's speeds are far from what was found.
    """
    earliest = np.inf
    x, y, z = to[0] - source[0], to[1] - source[1], to[2] - source[2]
    sx = local[0, 0] * x + local[0, 1] * y + local[0, 2] * z
    sy = local[1, 0] * x + local[1, 1] * y + local[1, 2] * z
    sz = local[2, 0] * x + local[2, 1] * y + local[2, 2] * z
    straight = np.sqrt(max(x * sx + y * sy + z * sz, 0.0))
    if straight > 0.0:
        sx, sy, sz = sx / straight, sy / straight, sz / straight
    for i in range(3):
        if not np.isfinite(times[others[i]]):
            beyond[i] = np.inf
            continue
        place = points[others[i]]
        x, y, z = place[0] - source[0], place[1] - source[1], place[2] - source[2]
        squared = (
            local[0, 0] * x * x + local[1, 1] * y * y + local[2, 2] * z * z
            + 2.0 * (local[0, 1] * x * y + local[0, 2] * x * z + local[1, 2] * y * z)
        )  # fmt: skip
        there = np.sqrt(max(squared, 0.0))
        since = times[others[i]] - start
        if since > _STRAYED * there or there > _STRAYED * since:
            return np.nan
        earliest = min(earliest, since)
        along = sx * ways[i, 0] + sy * ways[i, 1] + sz * ways[i, 2]
        beyond[i] = since - there - along
    best = np.inf
    for subset in range(1, 8):
        best = min(best, _crossing(gram, beyond, subset, inverse))
    return start + straight + best if straight + best >= earliest else np.nan


@njit(cache=True)
def _offer_linear(
    others: NDArray[np.int64], gram: NDArray[np.float64], times: NDArray[np.float64],
    beyond: NDArray[np.float64], inverse: NDArray[np.float64],
) -> float:  # fmt: skip
    """Return the earliest time that a tetrahedron offers one of its nodes, linear within it."""
    for i in range(3):
        beyond[i] = times[others[i]]
    best = np.inf
    for subset in range(1, 8):
        best = min(best, _crossing(gram, beyond, subset, inverse))
    return best


@njit(cache=True)
def _crossing(
    gram: NDArray[np.float64], beyond: NDArray[np.float64], subset: int, inverse: NDArray[np.float64]
) -> float:
    """Return u with (u - b)ᵀ G⁻¹ (u - b) = 1 whose ray comes from between a subset's nodes; else infinity.

    A subset is a number of three bits. The ray's weights are G⁻¹ (u - b).
    """
    for i in range(3):
        if subset >> i & 1 and not np.isfinite(beyond[i]):
            return np.inf
    if not _invert(gram, subset, inverse):
        return np.inf
    a = b = c = 0.0
    for i in range(3):
        if subset >> i & 1:
            for j in range(3):
                if subset >> j & 1:
                    a += inverse[i, j]
                    b += inverse[i, j] * beyond[j]
                    c += beyond[i] * inverse[i, j] * beyond[j]
    root = b * b - a * (c - 1.0)
    if root < 0.0:
        return np.inf
    u = (b + np.sqrt(root)) / a
    for i in range(3):
        if subset >> i & 1:
            weight = size = 0.0
            for j in range(3):
                if subset >> j & 1:
                    part = inverse[i, j] * (u - beyond[j])
                    weight += part
                    size += abs(part)
            if weight < -1e-9 * size:
                return np.inf
    return u


@njit(cache=True)
def _invert(gram: NDArray[np.float64], subset: int, inverse: NDArray[np.float64]) -> bool:
    """Invert a subset's part of a symmetric matrix, in place; False where it is singular."""
    if subset == 7:
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            inverse[i, i] = gram[j, j] * gram[k, k] - gram[j, k] * gram[j, k]
            inverse[i, j] = inverse[j, i] = gram[i, k] * gram[j, k] - gram[i, j] * gram[k, k]
        size = gram[0, 0] * inverse[0, 0] + gram[0, 1] * inverse[0, 1] + gram[0, 2] * inverse[0, 2]
        if size <= 1e-14 * gram[0, 0] * gram[1, 1] * gram[2, 2]:
            return False
        for i in range(3):
            for j in range(3):
                inverse[i, j] /= size
        return True
    for i in range(3):
        j = (i + 1) % 3
        if subset == 1 << i:
            inverse[i, i] = 1.0 / gram[i, i]
        elif subset == (1 << i | 1 << j):
            size = gram[i, i] * gram[j, j] - gram[i, j] * gram[i, j]
            if size <= 1e-14 * gram[i, i] * gram[j, j]:
                return False
            inverse[i, i], inverse[j, j] = gram[j, j] / size, gram[i, i] / size
            inverse[i, j] = inverse[j, i] = -gram[i, j] / size
    return True
