"""What an endocardium encloses, and the rims where it is open."""

import numpy as np
from numpy.typing import NDArray

from twin.domain import TetMesh
from twin.errors import GeometryError


def cavity_ml(mesh: TetMesh, patch: str = "endo_lv", points: NDArray[np.float64] | None = None) -> float:
    """Return a cavity's volume, mL, each rim of its endocardium closed by a fan from the rim's centroid.

    Parameters
    ----------
    mesh : TetMesh
        With an endocardium, its triangles outward from the wall: into the cavity.
    patch : str
        ``endo_lv`` or ``endo_rv``.
    points : ndarray, shape (n, 3), optional
        Where the nodes have moved to, LPS mm.
    """
    return -enclosed_mm3(mesh.points if points is None else points, mesh.patch(patch).triangles) / 1000.0


def enclosed_mm3(points: NDArray[np.float64], triangles: NDArray[np.int32]) -> float:
    """Return the volume within triangles (m, 3), mm³, rims closed by fans; negative where they look inward.

    Raises
    ------
    GeometryError
        Where the triangles have no rims that could be closed.
    """
    around = points[triangles[:, 0]].mean(axis=0) if len(triangles) else np.zeros(3)
    sides = [points[triangles] - around]
    for rim in rims(triangles):
        ring = points[rim] - around
        middle = np.broadcast_to(ring.mean(axis=0), ring.shape)
        sides.append(np.stack([np.roll(ring, -1, axis=0), ring, middle], axis=1))
    return float(np.linalg.det(np.concatenate(sides)).sum() / 6.0)


def rims(triangles: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """Return the nodes along each rim, in the direction of the triangles at it, the longest rim first.

    Raises
    ------
    GeometryError
        Where triangles are wound in different directions, or more than two meet at an edge.
    """
    sides = triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2).astype(np.int64)
    ordered = np.sort(sides, axis=1)
    _, place, uses = np.unique(ordered, axis=0, return_inverse=True, return_counts=True)
    if uses.max(initial=0) > 2 or len(np.unique(sides, axis=0)) < len(sides):
        raise GeometryError(
            "The surface's triangles are wound in different directions, or more than two meet at an edge.",
            "Make the surface again, or repair it.",
        )
    follows = dict(sides[uses[place.ravel()] == 1].tolist())
    found = []
    while follows:
        start = here = next(iter(follows))
        rim = []
        while here in follows:
            rim.append(here)
            here = follows.pop(here)
        if here != start:
            raise GeometryError(
                "A rim of the surface touches another.", "Make the surface again, or repair it."
            )
        found.append(np.array(rim))
    return sorted(found, key=lambda rim: -len(rim))
