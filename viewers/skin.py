"""What is drawn of a mesh or a surface: made once of the same arrays, in whichever thread asks first.

Only numpy, which lets other threads go on, so that a reading thread can make it while the window lives.
"""

import threading
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.domain import Surface, TetMesh
from viewers.shell import NodeAverage, Shell, shell_of, vertex_normals

CREASE_DEGREES = 55.0


@dataclass(frozen=True, eq=False)
class Skin:
    """Triangles with normals, split along creases so that flat cuts stay flat.

    Attributes
    ----------
    node : ndarray, shape (n,)
        Which of the mesh's points each drawn point is.
    corners : ndarray, shape (m, 3)
        Into the drawn points.
    normals : ndarray, shape (n, 3)
    """

    node: NDArray[np.int64]
    corners: NDArray[np.int32]
    normals: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class MeshSkin(Skin):
    """Of a mesh also its boundary, and averages of element values at ``used``, the boundary's nodes."""

    shell: Shell
    used: NDArray[np.int32]
    average: NodeAverage


_turn = threading.Lock()
"""One skin is made at a time."""
_looking = threading.Lock()
_known: list[tuple[weakref.ref[NDArray], weakref.ref[NDArray], Skin]] = []


def skin_of(body: TetMesh | Surface) -> Skin:
    """Return a body's skin; some tenths of a second at 200,000 tetrahedra the first time."""
    with _turn:
        found = known_skin(body)
        if found is None:
            found = _skin_of_mesh(body) if isinstance(body, TetMesh) else _skin_of_surface(body)
            with _looking:
                _keep(body, found)
        return found


def known_skin(body: TetMesh | Surface) -> Skin | None:
    """Return the skin of these or of equal arrays, where it was made; a model and its result share one."""
    points, cells = body.points, _cells(body)
    with _looking:
        _known[:] = [one for one in _known if one[0]() is not None and one[1]() is not None]
        for points_of, cells_of, skin in _known:
            old_points, old_cells = points_of(), cells_of()
            if old_points is points and old_cells is cells:
                return skin
            if old_points is None or old_cells is None or old_cells.shape != cells.shape:
                continue
            if np.array_equal(old_points, points) and np.array_equal(old_cells, cells):
                _keep(body, skin)
                return skin
    return None


def _keep(body: TetMesh | Surface, skin: Skin) -> None:
    _known.append((weakref.ref(body.points), weakref.ref(_cells(body)), skin))


def _cells(body: Any) -> NDArray[np.int32]:
    return body.tets if isinstance(body, TetMesh) else body.triangles


def _skin_of_surface(surface: Surface) -> Skin:
    return Skin(*creased(surface.points, surface.triangles))


def _skin_of_mesh(mesh: TetMesh) -> MeshSkin:
    shell = shell_of(mesh)
    on_shell = np.zeros(len(mesh.points), bool)
    on_shell[shell.triangles] = True
    used = np.flatnonzero(on_shell).astype(np.int32)
    local = np.cumsum(on_shell, dtype=np.int32) - 1
    source, corners, normals = creased(mesh.points[used], local[shell.triangles])
    return MeshSkin(used[source].astype(np.int64), corners, normals, shell, used, NodeAverage(mesh, used))


def creased(
    points: NDArray[np.float64], triangles: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Split points along creases, so that flat cuts stay flat and the rest is smooth.

    Returns
    -------
    source : ndarray, shape (n,)
        Which of ``points`` each of its points came from.
    corners : ndarray, shape (m, 3)
        Into its points, in the given order.
    normals : ndarray, shape (n, 3)
    """
    one, other, sharp = _edges(points, triangles)
    source, corners = np.arange(len(points)), np.array(triangles, np.int32)
    split = np.zeros(len(points), bool)
    split[triangles.ravel()[one[sharp]]] = True
    split[triangles.ravel()[other[sharp]]] = True
    flat = corners.reshape(-1)
    own = np.flatnonzero(split[flat])
    if own.size:
        groups = _fans(flat, one[~sharp], other[~sharp], split)[own]
        # The first fan of a point keeps its number, the others get new ones.
        leaders, place = np.unique(groups, return_inverse=True)
        at = flat[leaders]
        _, first = np.unique(at, return_index=True)
        number = np.full(len(leaders), -1)
        number[first] = at[first]
        rest = np.flatnonzero(number < 0)
        number[rest] = len(points) + np.arange(rest.size)
        source = np.concatenate([source, at[rest]])
        flat[own] = number[place]
    return source, corners, vertex_normals(points[source], corners)


def _edges(
    points: NDArray[np.float64], triangles: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return pairs of corners (flat) that meet at the ends of shared edges, and which edges are sharp.

    An edge of more than two triangles joins none of them.
    """
    a, b, c = (points[triangles[:, n]] for n in range(3))
    face = np.cross(b - a, c - a)
    face /= np.maximum(np.linalg.norm(face, axis=1, keepdims=True), 1e-30)
    begin = np.arange(triangles.size)
    end = begin.reshape(-1, 3)[:, [1, 2, 0]].ravel()
    flat = triangles.ravel().astype(np.int64)
    low, high = np.minimum(flat[begin], flat[end]), np.maximum(flat[begin], flat[end])
    key = low * len(points) + high
    order = np.argsort(key)
    ranked = key[order]
    same = ranked[1:] == ranked[:-1]
    single = same.copy()
    single[1:] &= ~same[:-1]
    single[:-1] &= ~same[1:]
    first, second = order[:-1][single], order[1:][single]
    sharp = np.einsum("ij,ij->i", face[first // 3], face[second // 3]) < np.cos(np.radians(CREASE_DEGREES))
    # Neighbors run along a shared edge in opposite ways, unless one of them is turned over.
    swapped = flat[begin[first]] != flat[begin[second]]
    ends = np.where(swapped, end[second], begin[second]), np.where(swapped, begin[second], end[second])
    return (
        np.concatenate([begin[first], end[first]]),
        np.concatenate([*ends]),
        np.concatenate([sharp, sharp]),
    )


def _fans(
    flat: NDArray[np.int32], one: NDArray[np.int64], other: NDArray[np.int64], split: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return, for each corner, the least corner that it is joined with around its point."""
    label = np.arange(len(flat))
    near = split[flat[one]]
    one, other = one[near], other[near]
    while True:
        least = np.minimum(label[one], label[other])
        if (label[one] == least).all() and (label[other] == least).all():
            return label
        np.minimum.at(label, one, least)
        np.minimum.at(label, other, least)
