"""The boundary of a tetrahedral mesh, and its cut with a plane: made once, then only updated."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain import TetMesh

# Faces of a tetrahedron with positive orientation, outward, and the mid-edge nodes on their
# edges (twin.domain.TetMesh: 01, 12, 02, 03, 13, 23 are columns 4 to 9).
_FACES = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
_MIDDLES = np.array([[6, 5, 4], [4, 8, 7], [5, 9, 8], [7, 9, 6]])
# Opposite edges lie at places p and 5 − p: of the four that a plane crosses, first and last are opposite.
_EDGES = np.array([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]])


@dataclass(frozen=True, eq=False)
class Shell:
    """Triangles of a mesh's boundary: corner nodes (m, 3), and the element each belongs to (m,).

    A ten-node face gives four triangles.
    """

    triangles: NDArray[np.int32]
    element: NDArray[np.int32]


def shell_of(mesh: TetMesh) -> Shell:
    """Return the faces that one element only has, outward."""
    corners = mesh.tets[:, :4]
    faces = corners[:, _FACES].reshape(-1, 3).astype(np.int64)
    low, high = faces.min(axis=1), faces.max(axis=1)
    middle = faces.sum(axis=1) - low - high
    count = np.int64(len(mesh.points))
    key = (low * count + middle) * count + high if count < 2_000_000 else _dense(low, middle, high)
    order = np.argsort(key)
    ranked = key[order]
    single = np.ones(len(key), bool)
    same = ranked[1:] == ranked[:-1]
    single[1:] &= ~same
    single[:-1] &= ~same
    outer = np.sort(order[single])
    element, side = (outer // 4).astype(np.int32), outer % 4
    triangles = faces[outer].astype(np.int32)
    if mesh.tets.shape[1] == 4:
        return Shell(triangles, element)
    a, b, c = triangles.T
    ab, bc, ca = mesh.tets[element[:, None], _MIDDLES[side]].T
    parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    fine = np.stack([np.stack(part, axis=1) for part in parts], axis=1).reshape(-1, 3)
    return Shell(fine.astype(np.int32), np.repeat(element, 4))


def _dense(low: NDArray, middle: NDArray, high: NDArray) -> NDArray[np.int64]:
    """Return one number a face where the product of node counts would overflow."""
    return np.unique(np.stack([low, middle, high], axis=1), axis=0, return_inverse=True)[1].reshape(-1)


@dataclass(frozen=True, eq=False)
class CutFace:
    """A mesh's cut with a plane.

    Attributes
    ----------
    ends : ndarray, shape (n, 2)
        The two nodes of the edge that each point of the cut lies on.
    share : ndarray, shape (n,)
        Weight of the second of them.
    triangles : ndarray, shape (m, 3)
        Into those points, facing along the plane's normal.
    element : ndarray, shape (m,)
    """

    ends: NDArray[np.int32]
    share: NDArray[np.float64]
    triangles: NDArray[np.int32]
    element: NDArray[np.int32]

    def at_points(self, nodal: NDArray) -> NDArray:
        """Return nodal values, shape (nodes, ...), at the points of the cut."""
        share = self.share.reshape(-1, *[1] * (nodal.ndim - 1))
        return nodal[self.ends[:, 0]] * (1 - share) + nodal[self.ends[:, 1]] * share


def cut_of(mesh: TetMesh, origin: NDArray[np.float64], normal: NDArray[np.float64]) -> CutFace:
    """Return the cut of the (corner) tetrahedra with a plane."""
    height = (mesh.points - origin) @ normal
    height = np.where(height == 0.0, 1e-9, height)
    corners = mesh.tets[:, :4]
    above = (height > 0)[corners]
    number = above.sum(axis=1)
    element = np.flatnonzero((number > 0) & (number < 4)).astype(np.int32)
    corners, above, number = corners[element], above[element], number[element]
    crossed = above[:, _EDGES[:, 0]] != above[:, _EDGES[:, 1]]
    rows, edges = np.nonzero(crossed)
    ends = corners[rows[:, None], _EDGES[edges]]
    first, second = height[ends[:, 0]], height[ends[:, 1]]
    share = first / (first - second)
    begin = np.concatenate([[0], np.cumsum(crossed.sum(axis=1))[:-1]])
    triangle = begin[:, None] + np.arange(3)
    four = number == 2
    # The first and the last edge of a four-sided cut are its diagonal (see _EDGES).
    quad = begin[four]
    triangles = np.concatenate(
        [triangle[~four], quad[:, None] + np.array([0, 1, 3]), quad[:, None] + np.array([0, 3, 2])]
    )
    owner = np.concatenate([element[~four], element[four], element[four]])
    points = mesh.points[ends[:, 0]] * (1 - share[:, None]) + mesh.points[ends[:, 1]] * share[:, None]
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    backward = np.cross(b - a, c - a) @ normal < 0
    triangles[backward] = triangles[backward][:, ::-1]
    return CutFace(ends.astype(np.int32), share, triangles.astype(np.int32), owner)


class NodeAverage:
    """Averages of element values at some nodes, each adjoining element counting once.

    What belongs to which node is sorted out once, so that a slider can ask for every step.
    """

    def __init__(self, mesh: TetMesh, nodes: NDArray[np.integer]) -> None:
        place = np.full(len(mesh.points), -1)
        place[nodes] = np.arange(len(nodes))
        local = place[mesh.tets]
        self._element, column = np.nonzero(local >= 0)
        self._node = local[self._element, column]
        self._size = len(nodes)
        self._count = np.bincount(self._node, minlength=self._size)

    def __call__(self, values: NDArray) -> NDArray[np.float64]:
        """Return the averages of ``values`` (m,) at the nodes; NaN where none of a node's is finite."""
        given = np.asarray(values, np.float64)[self._element]
        node, count = self._node, self._count
        good = np.isfinite(given)
        if not good.all():
            given, node = given[good], node[good]
            count = np.bincount(node, minlength=self._size)
        total = np.bincount(node, given, minlength=self._size)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(count > 0, total / count, np.nan)


def vertex_normals(points: NDArray[np.float64], triangles: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return unit normals at points, the triangles' area-weighted; shape (n, 3)."""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    face = np.cross(b - a, c - a)
    corner = triangles.ravel()
    sums = [np.bincount(corner, np.repeat(face[:, axis], 3), minlength=len(points)) for axis in range(3)]
    normals = np.stack(sums, axis=1)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return (normals / np.where(length == 0, 1.0, length)).astype(np.float32)
