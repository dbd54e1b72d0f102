"""Made volumes and meshes with a known place of everything."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from twin.domain import Surface, TetMesh, Volume

# Every way in which a scanner's axes can lie along the patient's: 6 orders × 8 signs.
ORDERS = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
SIGNS = list(product((1, -1), repeat=3))


def marked_volume(
    marker: NDArray | tuple[float, float, float],
    order: tuple[int, int, int] = (0, 1, 2),
    signs: tuple[int, int, int] = (1, 1, 1),
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    size_mm: float = 60.0,
    dtype: type = np.int16,
) -> Volume:
    """Return a dark cube about the origin with a bright ball of 5 mm at ``marker`` (LPS mm).

    Voxel axis a runs along patient axis ``order[a]`` in direction ``signs[a]``.
    """
    shape = tuple(round(size_mm / s) for s in spacing)
    affine = np.eye(4)
    affine[:3, :3] = 0
    for axis in range(3):
        affine[order[axis], axis] = signs[axis] * spacing[axis]
    middle = (np.array(shape) - 1) / 2
    affine[:3, 3] = -affine[:3, :3] @ middle
    k, j, i = np.meshgrid(*(np.arange(n) for n in shape[::-1]), indexing="ij")
    places = np.stack([i, j, k], axis=-1) @ affine[:3, :3].T + affine[:3, 3]
    bright = np.linalg.norm(places - np.asarray(marker), axis=-1) < 5.0
    voxels = np.where(bright, 1000, 0).astype(dtype)
    return Volume(voxels, affine, "CT", "HU", window=(500.0, 1000.0))


def sphere(radius: float = 20.0, center: tuple[float, float, float] = (0, 0, 0), rings: int = 48) -> Surface:
    """Return a closed sphere; its points lie on the sphere exactly."""
    lat = np.linspace(0, np.pi, rings + 1)[1:-1]
    lon = np.linspace(0, 2 * np.pi, 2 * rings, endpoint=False)
    grid = np.array([[np.sin(a) * np.cos(b), np.sin(a) * np.sin(b), np.cos(a)] for a in lat for b in lon])
    points = np.concatenate([[[0, 0, 1.0]], grid, [[0, 0, -1.0]]]) * radius + np.array(center)
    n, last = len(lon), len(points) - 1
    triangles = []
    for b in range(n):
        after = (b + 1) % n
        triangles.append([0, 1 + b, 1 + after])
        triangles.append([last, last - n + after, last - n + b])
        for a in range(len(lat) - 1):
            low, high = 1 + a * n, 1 + (a + 1) * n
            triangles += [[low + b, high + b, high + after], [low + b, high + after, low + after]]
    return Surface(points.astype(float), np.array(triangles, np.int32), structure="ball")


def box_mesh(cells: tuple[int, int, int] = (4, 4, 4), size_mm: float = 40.0) -> TetMesh:
    """Return a box about the origin as tetrahedra (Kuhn's six a cell), longest side ``size_mm``."""
    nx, ny, nz = cells
    axes = [np.arange(n + 1) for n in cells]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(float)
    points = (points - np.array(cells) / 2) * size_mm / max(cells)

    def node(i: NDArray, j: NDArray, k: NDArray) -> NDArray:
        return (i * (ny + 1) + j) * (nz + 1) + k

    i, j, k = (a.ravel() for a in np.meshgrid(np.arange(nx), np.arange(ny), np.arange(nz), indexing="ij"))
    corner = np.eye(3, dtype=int)
    tets = []
    for order in ORDERS:
        steps = np.cumsum([np.zeros(3, int), *(corner[a] for a in order)], axis=0)
        tet = np.stack([node(i + a, j + b, k + c) for a, b, c in steps], axis=1)
        odd = np.linalg.det(corner[list(order)]) < 0
        tets.append(tet[:, [0, 2, 1, 3]] if odd else tet)
    tets = np.concatenate(tets).astype(np.int32)
    return TetMesh(points, tets, np.zeros(len(tets), np.int32))
