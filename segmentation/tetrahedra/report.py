"""What can be said of a mesh: counts, shape of the elements, fidelity to its surface."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.surface.boxtree import BoxTree
from segmentation.surface.topology import volume_mm3
from segmentation.tetrahedra.quality import EDGES, dihedral_angles, scaled_jacobians, volumes_mm3
from twin.domain import Surface, TetMesh


def boundary(tets: NDArray) -> NDArray[np.int32]:
    """Return the faces that only one element has, outward, corner nodes; shape (b, 3)."""
    faces = tets[:, [[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]]].reshape(-1, 3)
    ordered = np.sort(faces, axis=1).astype(np.int64)
    count = int(tets.max(initial=0)) + 1
    key = (ordered[:, 0] * count + ordered[:, 1]) * count + ordered[:, 2]
    _, first, uses = np.unique(key, return_index=True, return_counts=True)
    return faces[np.sort(first[uses == 1])].astype(np.int32)


def report(mesh: TetMesh, surface: Surface) -> dict[str, Any]:
    """Return the mesh report, with units in its names.

    ``dihedral_p01_deg`` is the 1st percentile of each element's smallest dihedral angle. Distances are
    between the mesh's boundary and the surface, both ways; ``volume_error_percent`` is against the surface.
    """
    corners = mesh.tets[:, :4]
    angles = dihedral_angles(mesh.points, corners)
    smallest = angles.min(axis=1)
    jacobians = scaled_jacobians(mesh.points, corners)
    volumes = volumes_mm3(mesh.points, corners)
    ends = np.sort(corners[:, EDGES].reshape(-1, 2), axis=1).astype(np.int64)
    once = np.unique(ends[:, 0] * len(mesh.points) + ends[:, 1])
    start, end = once // len(mesh.points), once % len(mesh.points)
    lengths = np.linalg.norm(mesh.points[start] - mesh.points[end], axis=1)
    within = volume_mm3(surface.points, surface.triangles)
    outer = boundary(corners)
    there, back = _distances(mesh.points, outer, surface)
    return {
        "nodes": len(mesh.points),
        "tets": len(mesh.tets),
        "boundary_triangles": len(outer),
        "inverted": int(np.count_nonzero(volumes <= 0.0)),
        "edge_mean_mm": float(lengths.mean()),
        "edge_max_mm": float(lengths.max()),
        "dihedral_min_deg": float(smallest.min()),
        "dihedral_p01_deg": float(np.percentile(smallest, 1.0)),
        "dihedral_max_deg": float(angles.max()),
        "scaled_jacobian_min": float(jacobians.min()),
        "scaled_jacobian_mean": float(jacobians.mean()),
        "volume_ml": float(volumes.sum() / 1000.0),
        "volume_error_percent": float(100.0 * (volumes.sum() / within - 1.0)),
        "distance_mean_mm": float(max(there.mean(), back.mean())),
        "distance_max_mm": float(max(there.max(), back.max())),
    }


def _distances(
    points: NDArray, outer: NDArray, surface: Surface
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return distances of the boundary's corners and middles to the surface, and of its points back."""
    samples = np.concatenate([points[np.unique(outer)], points[outer].mean(axis=1)])
    there = BoxTree(surface.points, surface.triangles).closest(samples)[2]
    used = np.unique(surface.triangles)
    back = BoxTree(points, outer).closest(surface.points[used])[2]
    return there, back
