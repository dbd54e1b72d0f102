"""Tetrahedra from triangles in layers, and the numbers of their mid-edge nodes."""

import numpy as np
from numpy.typing import NDArray

from physics.elasticity.kernels import EDGES


def tetrahedra(triangles: NDArray[np.int64], layer: int, count: int) -> NDArray[np.int64]:
    """Return tetrahedra (3 m ``count``, 4) between ``count`` + 1 copies of triangles (m, 3).

    Each copy has ``layer`` nodes. Each prism is cut into three by its nodes' numbers, so that neighbors agree;
    which way round the tetrahedra are is for the nodes' places to tell.
    """
    low = np.sort(triangles, axis=1)
    one = np.concatenate(
        [
            np.stack([low[:, 0], low[:, 1], low[:, 2], low[:, 2] + layer], 1),
            np.stack([low[:, 0], low[:, 1], low[:, 1] + layer, low[:, 2] + layer], 1),
            np.stack([low[:, 0], low[:, 0] + layer, low[:, 1] + layer, low[:, 2] + layer], 1),
        ]
    )
    return np.concatenate([one + k * layer for k in range(count)])


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
