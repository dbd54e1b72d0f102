"""Boxes of tetrahedra for tests."""

import itertools
from dataclasses import replace

import numpy as np

from twin.domain import Patch, TetMesh


def box_mesh(size_mm, cells, **about) -> TetMesh:
    """Return a box from the origin, ``cells`` cubes along each side, six tetrahedra a cube (Kuhn)."""
    cells = (cells,) * 3 if isinstance(cells, int) else cells
    counts = np.array(cells)
    grid = np.stack(np.meshgrid(*(np.arange(c + 1) for c in counts), indexing="ij"), axis=-1)
    points = grid.reshape(-1, 3) / counts * np.array(size_mm, float)
    stride = np.array([(counts[1] + 1) * (counts[2] + 1), counts[2] + 1, 1])
    corner = np.stack(np.meshgrid(*(np.arange(c) for c in counts), indexing="ij"), axis=-1).reshape(-1, 3)
    tets = []
    for order in itertools.permutations(range(3)):
        path = np.zeros((4, 3), int)
        for step, axis in enumerate(order):
            path[step + 1 :, axis] += 1
        four = (corner[:, None, :] + path) @ stride
        sign = np.linalg.det(np.eye(3)[list(order)])
        tets.append(four if sign > 0 else four[:, [0, 2, 1, 3]])
    tets = np.concatenate(tets).astype(np.int32)
    return TetMesh(
        points, tets, np.zeros(len(tets), np.int32), patches=(Patch("outer", boundary(tets)),), **about
    )


def boundary(tets):
    """Return the outward faces that only one element has."""
    faces = np.vstack([tets[:, c] for c in ([0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2])])
    _, first, count = np.unique(np.sort(faces, axis=1), axis=0, return_index=True, return_counts=True)
    return faces[first[count == 1]].astype(np.int32)


def quadratic(mesh: TetMesh) -> TetMesh:
    """Return the mesh with a node in the middle of every edge, in VTK's order."""
    ends = ((0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3))
    pairs = np.concatenate([np.sort(mesh.tets[:, list(e)], axis=1) for e in ends])
    unique, which = np.unique(pairs, axis=0, return_inverse=True)
    middle = which.reshape(6, -1).T + len(mesh.points)
    points = np.vstack([mesh.points, mesh.points[unique].mean(axis=1)])
    return replace(mesh, points=points, tets=np.hstack([mesh.tets, middle]).astype(np.int32))
