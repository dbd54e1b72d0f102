"""How far a mesh's strains are from converged, from the mesh itself (Zienkiewicz and Zhu 1992)."""

import numba
import numpy as np
from numpy.typing import NDArray

from twin.domain import TetMesh


def recovered_strain(mesh: TetMesh, strain: NDArray, volumes: NDArray[np.float64]) -> NDArray:
    """Return strains smoothed over patches, at the corner nodes, shape (n, 6).

    Superconvergent patch recovery: at each node a linear field is laid through the centroid
    strains of the elements around it, by least squares weighted by volume. It converges
    faster than the elements' own constant strains, so that the difference of the two measures
    these. Strain is recovered, not stress, which jumps with the modulus between elements.
    """
    corners = np.ascontiguousarray(mesh.tets[:, :4])
    count = len(mesh.points)
    order = np.argsort(corners.ravel(), kind="stable")
    start = np.searchsorted(corners.ravel()[order], np.arange(count + 1))
    out = np.zeros((count, 6), np.float32)
    centers = mesh.points[corners].mean(axis=1)
    _recover(mesh.points, centers, volumes, (order // 4).astype(np.int32), start, strain, out)
    return out


@numba.njit(cache=True, parallel=True)
def _recover(points, centers, volumes, element, start, strain, out):  # type: ignore[no-untyped-def]
    for n in numba.prange(len(points)):
        many = start[n + 1] - start[n]
        if many == 0:
            continue
        size = 0.0
        for k in range(start[n], start[n + 1]):
            away = 0.0
            for i in range(3):
                away += (centers[element[k], i] - points[n, i]) ** 2
            size += np.sqrt(away) / many
        normal = np.zeros((4, 4))
        right = np.zeros((4, 6))
        total = 0.0
        basis = np.ones(4)
        for k in range(start[n], start[n + 1]):
            e = element[k]
            for i in range(3):
                basis[1 + i] = (centers[e, i] - points[n, i]) / size
            total += volumes[e]
            for i in range(4):
                for j in range(4):
                    normal[i, j] += volumes[e] * basis[i] * basis[j]
                for c in range(6):
                    right[i, c] += volumes[e] * basis[i] * strain[e, c]
        # A patch with few elements, as at an edge, leans on its mean: no slope out of noise.
        damp = total * (0.02 if many >= 8 else 10.0)
        for i in range(1, 4):
            normal[i, i] += damp
        # Symmetric and positive: eliminated from the last unknown up, the first is what is wanted.
        for i in range(3, 0, -1):
            for r in range(i):
                factor = normal[r, i] / normal[i, i]
                for j in range(i):
                    normal[r, j] -= factor * normal[i, j]
                for c in range(6):
                    right[r, c] -= factor * right[i, c]
        for c in range(6):
            out[n, c] = right[0, c] / normal[0, 0]


@numba.njit(cache=True)
def _at_points(corners, nodal, barycentric, out):  # type: ignore[no-untyped-def]
    for e in range(len(corners)):
        for q in range(len(barycentric)):
            for c in range(6):
                total = 0.0
                for a in range(4):
                    total += barycentric[q, a] * nodal[corners[e, a], c]
                out[q, e, c] = total


def at_points(mesh: TetMesh, nodal: NDArray, barycentric: NDArray[np.float64]) -> NDArray:
    """Return a nodal tensor field (n, 6) at points of every element, shape (point, m, 6)."""
    out = np.empty((len(barycentric), len(mesh.tets), 6), np.float32)
    _at_points(np.ascontiguousarray(mesh.tets[:, :4]), nodal, barycentric, out)
    return out
