"""Tetrahedra from triangles in layers, and the numbers of their mid-edge nodes."""

import numpy as np
from numpy.typing import NDArray

from physics.elasticity.kernels import EDGES


def tetrahedra(
    triangles: NDArray[np.int64], layer: int, count: int, points: NDArray[np.float64] | None = None
) -> NDArray[np.int64]:
    """Return tetrahedra (3 m ``count``, 4) between ``count`` + 1 copies of triangles (m, 3).

    Each copy has ``layer`` nodes. Prisms are cut into three so that neighbors agree: along the shorter
    diagonal of each side where ``points`` are given, else by their nodes' numbers. Which way round the
    tetrahedra are is for the nodes' places to tell.
    """
    low = np.sort(triangles, axis=1)
    made = []
    for k in range(count):
        x, y, z = (low if points is None else _ordered(triangles, layer, points[k * layer :])).T
        one = [
            np.stack([x, y, z, z + layer], 1),
            np.stack([x, y, y + layer, z + layer], 1),
            np.stack([x, x + layer, y + layer, z + layer], 1),
        ]
        made.append(np.concatenate(one) + k * layer)
    return np.concatenate(made)


def _ordered(triangles: NDArray[np.int64], layer: int, points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return each triangle's nodes so that diagonals go from the earlier one, below, to the later one, above.

    Where the shorter diagonals of a prism's three sides go round in a circle, it cannot be cut: the one is
    turned whose other diagonal is the least longer.
    """
    sides = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edges, place = np.unique(sides, axis=0, return_inverse=True)
    place = place.reshape(-1, 3)
    u, v = edges.T
    rising = np.linalg.norm(points[u] - points[layer + v], axis=1)
    falling = np.linalg.norm(points[v] - points[layer + u], axis=1)
    forth = rising <= falling * (1.0 + 1e-9)  # from the lower number below to the higher above
    cost = np.abs(rising - falling) / np.minimum(rising, falling)
    along = triangles < np.roll(triangles, -1, axis=1)  # whether an edge is met from its lower number

    def circular() -> NDArray[np.int64]:
        ahead = forth[place] == along
        return np.flatnonzero(ahead.all(axis=1) | ~ahead.any(axis=1))

    at_edge: dict[int, list[int]] = {}
    for t, three in enumerate(place.tolist()):
        for e in three:
            at_edge.setdefault(e, []).append(t)
    settled = np.zeros(len(edges), bool)  # an edge is turned once at most, so that this ends
    while len(bad := circular()):
        t = int(bad[0])
        free = [e for e in place[t].tolist() if not settled[e]]
        if not free:
            return np.sort(triangles, axis=1)
        e = min(free, key=lambda e: float(cost[e]) + 10.0 * _closes(forth, along, place, at_edge[e], t, e))
        forth[e] = ~forth[e]
        settled[e] = True
    ahead = forth[place] == along
    # A node comes as early as it has edges that leave it.
    leaving = ahead.astype(np.int64) + (~np.roll(ahead, 1, axis=1)).astype(np.int64)
    return np.take_along_axis(triangles, np.argsort(-leaving, axis=1, kind="stable"), axis=1)


def _closes(
    forth: NDArray[np.bool_],
    along: NDArray[np.bool_],
    place: NDArray[np.int64],
    at: list[int],
    t: int,
    edge: int,
) -> bool:
    """Whether turning an edge makes a circle of the triangle beyond it."""
    for other in at:
        if other != t:
            ahead = (forth[place[other]] ^ (place[other] == edge)) == along[other]
            if ahead.all() or not ahead.any():
                return True
    return False


def turned(points: NDArray[np.float64], tets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return four-node elements with those that are inside out turned."""
    corners = points[tets]
    inverted = np.linalg.det(corners[:, 1:] - corners[:, :1]) < 0
    made = tets.copy()
    made[inverted] = tets[inverted][:, [0, 2, 1, 3]]
    return made


def middles(tets: NDArray[np.int64], nodes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the edges' ends (e, 2), each edge once, and ten-node elements (m, 10).

    Mid-edge nodes are numbered from ``nodes`` on, in the order of the edges.
    """
    edges = np.sort(np.concatenate([tets[:, pair] for pair in EDGES]), axis=1)
    unique, place = np.unique(edges, axis=0, return_inverse=True)
    return unique, np.hstack([tets, nodes + place.reshape(6, len(tets)).T])
