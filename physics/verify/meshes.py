"""Structured meshes of tetrahedra for problems with a known answer.

A mesh is made in parameters and mapped: triangles in (a, b), extruded along c, each prism cut into
three tetrahedra. Mid-edge nodes lie at the parameters' midpoint, so that curved faces are curved.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from physics import prisms
from twin.domain import TetMesh

Mapping = Callable[[NDArray[np.float64]], NDArray[np.float64]]
_FACES = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
_FACE_EDGES = np.array([[2, 1, 0], [0, 4, 3], [1, 5, 4], [3, 5, 2]])


def square(na: int, nb: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the unit square in na × nb cells, each cut in two: points (n, 2) and triangles (m, 3)."""
    a, b = np.meshgrid(np.linspace(0, 1, na + 1), np.linspace(0, 1, nb + 1), indexing="ij")
    number = np.arange(a.size).reshape(a.shape)
    p, q, r, s = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
    triangles = np.concatenate([np.stack([p, q, r], -1), np.stack([p, r, s], -1)]).reshape(-1, 3)
    return np.stack([a.ravel(), b.ravel()], axis=1), triangles


def triangle(n: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the triangle a, b ≥ 0, a + b ≤ 1 in n² equal triangles."""
    number: dict[tuple[int, int], int] = {}
    for i in range(n + 1):
        for j in range(n + 1 - i):
            number[i, j] = len(number)
    triangles = []
    for i, j in list(number):
        if i + j < n:
            triangles.append((number[i, j], number[i + 1, j], number[i, j + 1]))
        if i + j < n - 1:
            triangles.append((number[i + 1, j], number[i + 1, j + 1], number[i, j + 1]))
    return np.array(list(number), float) / n, np.array(triangles)


def extruded(
    base: tuple[NDArray[np.float64], NDArray[np.int64]],
    levels: NDArray[np.float64],
    mapping: Mapping,
    *,
    quadratic: bool,
) -> TetMesh:
    """Return a mesh: triangles in (a, b) over levels of c, mapped from (a, b, c) to mm."""
    flat, triangles = base
    layer = len(flat)
    parameters = np.concatenate([np.column_stack([flat, np.full(layer, c)]) for c in levels])
    tets = prisms.tetrahedra(triangles, layer, len(levels) - 1)
    tets = prisms.turned(mapping(parameters), tets)
    if quadratic:
        parameters, tets = _with_midpoints(parameters, tets)
    points = mapping(parameters)
    return TetMesh(points=points, tets=tets.astype(np.int32), regions=np.zeros(len(tets), np.int32))


def box(
    cells: tuple[int, int, int], size: tuple[float, float, float], *, quadratic: bool, jitter: float = 0.0
) -> TetMesh:
    """Return a box from the origin, mm; ``jitter`` moves inner corners by that part of a cell."""
    mesh = extruded(
        square(cells[0], cells[1]),
        np.linspace(0, 1, cells[2] + 1),
        lambda parameters: parameters * np.array(size),
        quadratic=False,
    )
    points, tets = mesh.points.copy(), mesh.tets.astype(np.int64)
    inner = ((points > 1e-9) & (points < np.array(size) - 1e-9)).all(axis=1)
    noise = np.random.default_rng(7).uniform(-jitter, jitter, points.shape)
    points[inner] += noise[inner] * np.array(size) / np.array(cells)
    if quadratic:
        points, tets = _with_midpoints(points, tets)
    return TetMesh(points=points, tets=tets.astype(np.int32), regions=mesh.regions)


def boundary(mesh: TetMesh, on: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the outward boundary faces (m, 3 or 6) whose corners are all in ``on`` (n,)."""
    faces = mesh.tets[:, _FACES].reshape(-1, 3)
    if mesh.tets.shape[1] == 10:
        faces = np.hstack([faces, mesh.tets[:, 4 + _FACE_EDGES].reshape(-1, 3)])
    _, place, count = np.unique(np.sort(faces[:, :3], axis=1), axis=0, return_index=True, return_counts=True)
    faces = faces[place[count == 1]]
    return faces[on[faces[:, :3]].all(axis=1)]


def _with_midpoints(
    points: NDArray[np.float64], tets: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    unique, ten = prisms.middles(tets, len(points))
    return np.concatenate([points, points[unique].mean(axis=1)]), ten
