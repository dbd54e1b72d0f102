"""An isotropic triangle surface of a wanted edge length, on a closed manifold one."""

import numpy as np
from numpy.typing import NDArray

from segmentation.surface import passes
from segmentation.surface.boxtree import BoxTree
from segmentation.surface.halfedge import neighbors
from segmentation.surface.topology import edges, normals
from twin.progress import Progress

_ROUNDS = 8
_FITS = 3
_PER_RADIUS = 1.0  # longest edge on a bend, as a share of its radius
_SMALLEST = 0.5  # of the wanted edge: no bend makes edges shorter than this
_GROWTH = 0.3  # how much longer edges may get per length walked from a bend
_LINE_TURN = 0.5  # cosine: a feature line that turns more than this has a corner there


class Remesher:
    """Remeshes a closed, oriented manifold surface; keeps it manifold, its cuts flat and their rims sharp.

    Parameters
    ----------
    points : ndarray, shape (n, 3), mm
    triangles : ndarray of int, shape (m, 3)
    cut : ndarray of bool, shape (m,), or None
        Flat faces; each keeps its plane and its rim.
    """

    def __init__(self, points: NDArray, triangles: NDArray, cut: NDArray[np.bool_] | None) -> None:
        self._points = np.ascontiguousarray(points, np.float64)
        self._triangles = np.ascontiguousarray(triangles, np.int32)
        self._nbr = neighbors(self._triangles, len(self._points))
        self._sheet = _sheets(self._points, self._triangles, self._nbr, cut)
        self._kind = _kinds(self._points, self._triangles, self._nbr, self._sheet)
        lateral = self._triangles[self._sheet == 0]
        self._lateral = BoxTree(self._points, lateral) if len(lateral) else None
        self._bend = _curvatures(self._points, lateral)
        rim = _rim(self._triangles, self._nbr, self._sheet)
        self._rim = BoxTree(self._points, rim) if len(rim) else None
        self._planes = _planes(self._points, self._triangles, self._sheet)

    def remesh(
        self, edge_mm: float, progress: Progress
    ) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.bool_]]:
        """Return points, triangles and which triangles lie on a cut, at the wanted edge length.

        Where the surface bends within less than that, edges are shorter, down to half of it.
        """
        self._begin(edge_mm)
        for n in range(_ROUNDS):
            progress(n / (_ROUNDS + 2), "Laying even triangles")
            self._one_round(n)
        for _ in range(_FITS):
            progress(0.9, "Fitting them to the surface")
            self._fit()
        self._compact()
        return self._x, self._tri, self._s != 0

    def _begin(self, edge_mm: float) -> None:
        self._x, self._tri = self._points.copy(), self._triangles.copy()
        self._n, self._s, self._k = self._nbr.copy(), self._sheet.copy(), self._kind.copy()
        self._sizes = _sizes(self._points, self._triangles, self._bend, edge_mm)
        self._size = self._sizes.copy()
        area = np.linalg.norm(normals(self._points, self._triangles), axis=1).sum()
        self._wanted = int(3.0 * area / edge_mm**2) + 1000

    def _one_round(self, number: int) -> None:
        for _ in range(12):
            count, triangles = self._grow()
            arrays = (self._x, self._size, self._k, self._tri, self._n, self._at, self._s)
            more = passes.split_long(*arrays, count, triangles)
            self._shrink(*more)
            if more[1] == triangles:
                break
        for _ in range(12):
            at = self._at
            if (
                passes.collapse_short(
                    self._x, self._size, self._k, self._tri, self._n, at, self._s, len(self._tri)
                )
                <= len(self._tri) // 1000
            ):
                break
        self._compact()
        by_valence = number < _ROUNDS - 2
        for _ in range(3):
            passes.flip_better(
                self._x, self._k, self._tri, self._n, self._at, self._s, len(self._tri), by_valence
            )
        for _ in range(3):
            passes.relax(
                self._x, self._size, self._k, self._tri, self._n, self._at, self._s, len(self._x), 0.8
            )
            self._project()

    def _grow(self) -> tuple[int, int]:
        count, triangles = len(self._x), len(self._tri)
        room = max(self._wanted, count // 2)
        self._x = np.concatenate([self._x, np.zeros((room, 3))])
        self._size = np.concatenate([self._size, np.zeros(room)])
        self._k = np.concatenate([self._k, np.zeros(room, np.int8)])
        self._tri = np.concatenate([self._tri, np.zeros((2 * room, 3), np.int32)])
        self._n = np.concatenate([self._n, np.zeros((2 * room, 3), np.int32)])
        self._s = np.concatenate([self._s, np.zeros(2 * room, np.int32)])
        self._at = _some_triangle(self._tri[:triangles], len(self._x))
        return count, triangles

    def _shrink(self, count: int, triangles: int) -> None:
        self._x, self._size, self._k = self._x[:count], self._size[:count], self._k[:count]
        self._at = self._at[:count]
        self._tri, self._n, self._s = self._tri[:triangles], self._n[:triangles], self._s[:triangles]

    def _compact(self) -> None:
        """Drop what collapses left behind."""
        kept = self._tri[:, 0] >= 0
        number = np.full(len(self._x), -1, np.int32)
        used = np.unique(self._tri[kept])
        number[used] = np.arange(len(used), dtype=np.int32)
        renumbered = np.cumsum(kept) - 1
        self._n = renumbered[self._n[kept]].astype(np.int32)
        self._tri, self._s = number[self._tri[kept]], self._s[kept]
        self._x, self._size, self._k = self._x[used].copy(), self._size[used].copy(), self._k[used].copy()
        self._at = _some_triangle(self._tri, len(self._x))

    def _project(self) -> None:
        """Put points back onto the surface, the rim or the plane that is theirs."""
        spots = self._x.copy()
        of_point = np.zeros(len(self._x), np.int32)
        of_point[self._tri.ravel()] = np.repeat(self._s, 3)
        lateral = (self._k == 0) & (of_point == 0)
        if self._lateral is not None and lateral.any():
            spots[lateral], which, _ = self._lateral.closest(self._x[lateral])
            self._size[lateral] = self._sizes[self._lateral.triangles[which]].mean(axis=1)
        rim = self._k == 1
        if self._rim is not None and rim.any():
            spots[rim] = self._rim.closest(self._x[rim])[0]
        for sheet, (origin, normal) in self._planes.items():
            there = (self._k == 0) & (of_point == sheet)
            spots[there] -= ((spots[there] - origin) @ normal)[:, None] * normal
        passes.accept(self._x, self._tri, self._n, self._at, spots, len(self._x))

    def _fit(self) -> None:
        """Move points so that triangles, not only their corners, lie about the surface: keeps volume."""
        if self._lateral is None:
            return
        lateral = self._tri[self._s == 0]
        corners = self._x[lateral]
        normal = np.zeros_like(self._x)
        area_normals = normals(self._x, lateral)
        pull, weight = np.zeros(len(self._x)), np.zeros(len(self._x))
        for n in range(3):
            np.add.at(normal, lateral[:, n], area_normals)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
        for shares in np.array([[1, 1, 1], [4, 1, 1], [1, 4, 1], [1, 1, 4]], float):
            share = shares / shares.sum()
            spots = np.einsum("n,mnc->mc", share, corners)
            away = self._lateral.closest(spots)[0] - spots
            for n in range(3):
                part = np.einsum("mc,mc->m", away, normal[lateral[:, n]])
                np.add.at(pull, lateral[:, n], share[n] * part)
                np.add.at(weight, lateral[:, n], share[n])
        step = np.where(self._k == 0, pull / np.maximum(weight, 1e-300), 0.0)
        passes.accept(self._x, self._tri, self._n, self._at, self._x + step[:, None] * normal, len(self._x))


def _curvatures(points: NDArray, lateral: NDArray) -> NDArray[np.float64]:
    """Return the sharpest bend at each point, 1/mm: how fast the normal turns along an edge, smoothed."""
    bend = np.zeros(len(points))
    if not len(lateral):
        return bend
    normal = np.zeros_like(points)
    area_normals = normals(points, lateral)
    for n in range(3):
        np.add.at(normal, lateral[:, n], area_normals)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    start, end = edges(lateral).ends.T
    length = np.maximum(np.linalg.norm(points[start] - points[end], axis=1), 1e-9)
    turn = np.linalg.norm(normal[start] - normal[end], axis=1) / length
    both, twice = np.concatenate([start, end]), np.concatenate([end, start])
    count = np.maximum(np.bincount(both, minlength=len(points)), 1)
    np.maximum.at(bend, both, np.concatenate([turn, turn]))
    for _ in range(2):
        bend = 0.5 * (bend + np.bincount(both, bend[twice], minlength=len(points)) / count)
    return bend


def _sizes(points: NDArray, triangles: NDArray, bend: NDArray, edge_mm: float) -> NDArray[np.float64]:
    """Return the wanted edge at each point: short at bends, growing from there."""
    size = np.clip(_PER_RADIUS / np.maximum(bend, 1e-9), _SMALLEST * edge_mm, edge_mm)
    if size.min() == edge_mm:
        return size
    start, end = edges(triangles).ends.T
    reach = _GROWTH * np.linalg.norm(points[start] - points[end], axis=1)
    for _ in range(200):
        before = size.copy()
        np.minimum.at(size, start, before[end] + reach)
        np.minimum.at(size, end, before[start] + reach)
        if np.array_equal(size, before):
            break
    return size


def _some_triangle(triangles: NDArray, count: int) -> NDArray[np.int32]:
    at = np.full(count, -1, np.int32)
    there = np.flatnonzero(triangles[:, 0] >= 0)
    at[triangles[there].ravel()] = np.repeat(there, 3)
    return at


def _sheets(
    points: NDArray, triangles: NDArray, nbr: NDArray, cut: NDArray[np.bool_] | None
) -> NDArray[np.int32]:
    """Number flat connected cut faces from 1; the rest is 0."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    sheet = np.zeros(len(triangles), np.int32)
    if cut is None or not cut.any():
        return sheet
    normal = normals(points, triangles)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    one, two = np.repeat(np.arange(len(triangles)), 3), nbr.ravel()
    flat = cut[one] & cut[two] & (np.einsum("ij,ij->i", normal[one], normal[two]) > 0.99)
    graph = coo_matrix((np.ones(flat.sum(), np.int8), (one[flat], two[flat])), shape=(len(cut), len(cut)))
    _, part = connected_components(graph, directed=False)
    _, numbered = np.unique(part[cut], return_inverse=True)
    sheet[cut] = numbered + 1
    return sheet


def _kinds(points: NDArray, triangles: NDArray, nbr: NDArray, sheet: NDArray) -> NDArray[np.int8]:
    """Return 0 for free points, 1 on feature lines, 2 at their ends, meetings and sharp turns."""
    t, e = np.nonzero(sheet[:, None] != sheet[nbr])
    start, end = triangles[t, e], triangles[t, (e + 1) % 3]
    lines = np.bincount(start, minlength=len(points))
    kind = np.zeros(len(points), np.int8)
    kind[lines > 0] = 1
    kind[lines > 2] = 2
    # Each feature edge is seen from both of its sheets, so each start has two ends.
    order = np.argsort(start, kind="stable")
    start, end = start[order], end[order]
    twice = np.flatnonzero((start[1:] == start[:-1]) & (lines[start[1:]] == 2))
    v = start[twice]
    one, two = points[end[twice]] - points[v], points[v] - points[end[twice + 1]]
    cosine = np.einsum("ij,ij->i", one, two)
    cosine /= np.maximum(np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1), 1e-300)
    kind[v[cosine < _LINE_TURN]] = 2
    return kind


def _rim(triangles: NDArray, nbr: NDArray, sheet: NDArray) -> NDArray[np.int32]:
    """Return feature edges as degenerate triangles."""
    t, e = np.nonzero(sheet[:, None] > sheet[nbr])
    start, end = triangles[t, e], triangles[t, (e + 1) % 3]
    return np.stack([start, end, end], axis=1)


def _planes(points: NDArray, triangles: NDArray, sheet: NDArray) -> dict[int, tuple[NDArray, NDArray]]:
    planes = {}
    area_normals = normals(points, triangles)
    for number in range(1, int(sheet.max(initial=0)) + 1):
        there = sheet == number
        normal = area_normals[there].sum(axis=0)
        normal = normal / max(float(np.linalg.norm(normal)), 1e-300)
        planes[number] = (points[triangles[there].ravel()].mean(axis=0), normal)
    return planes
