"""Where loads enter a femur: patches of its surface, with weights."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from physics.elasticity.kernels import EDGES
from twin.domain import Attachment, TetMesh
from twin.errors import GeometryError

CAP_DEG = 50.0
"""Half-angle of the head's contact patch about the load: the pressure falls to zero at its edge."""

MUSCLE_RADIUS_MM = 12.0


def outer_triangles(mesh: TetMesh) -> NDArray[np.int32]:
    """Return the mesh's anatomical boundary, corner nodes, shape (m, 3).

    Raises
    ------
    GeometryError
        Where the mesh names no ``outer`` patch.
    """
    try:
        return mesh.patch("outer").triangles
    except KeyError as error:
        raise GeometryError(
            f"The mesh of {mesh.structure or 'this bone'} does not name its outer surface ({error.args[0]}).",
            "Make the mesh again from the structure's surface.",
        ) from None


def mid_edge_nodes(mesh: TetMesh, triangles: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the mid-edge nodes of triangles, shape (m, 3), opposite corner 2, 0, 1: edges 01, 12, 20."""
    pairs = np.concatenate([np.sort(mesh.tets[:, e], axis=1) for e in EDGES]).astype(np.int64)
    middle = np.concatenate([mesh.tets[:, 4 + k] for k in range(6)])
    count = len(mesh.points)
    keys, first = np.unique(pairs[:, 0] * count + pairs[:, 1], return_index=True)
    wanted = np.stack([np.sort(triangles[:, e], axis=1) for e in EDGES[:3]], axis=1)
    at = np.searchsorted(keys, wanted[..., 0].astype(np.int64) * count + wanted[..., 1])
    return middle[first[at]].astype(np.int32)


def spread(
    mesh: TetMesh,
    triangles: NDArray[np.int32],
    pressure: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return nodes and weights (sum 1) that carry a pressure (a function of points (…, 3)) on triangles.

    Consistent with the element: a linear face gives a third of its share to each corner, a
    quadratic one to each mid-edge node (its corners take nothing of a uniform pressure).
    """
    corners = mesh.points[triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    if mesh.tets.shape[1] == 10:
        nodes = mid_edge_nodes(mesh, triangles)
        value = pressure((corners + np.roll(corners, -1, axis=1)) / 2)
    else:
        nodes = triangles
        value = pressure(corners)
    force = np.bincount(nodes.ravel(), (value * area[:, None] / 3).ravel(), len(mesh.points))
    found = np.flatnonzero(force > 0).astype(np.int32)
    weights: NDArray[np.float64] = force[found] / max(float(force.sum()), 1e-300)
    return found, weights


def head_contact(
    mesh: TetMesh, center: NDArray[np.float64], radius: float, towards: NDArray[np.float64]
) -> Attachment:
    """Return the head's contact patch: a cap about the direction the load comes from.

    Parameters
    ----------
    center : ndarray, shape (3,)
        Head's center, LPS mm.
    radius : float
        Head's radius, mm.
    towards : ndarray, shape (3,)
        Unit vector from the center to the middle of the patch: against the hip force.

    Raises
    ------
    GeometryError
        Where the mesh has no head there.
    """

    def pressure(points: NDArray[np.float64]) -> NDArray[np.float64]:
        arm = points - center
        distance = np.linalg.norm(arm, axis=-1)
        cosine = (arm @ towards) / np.maximum(distance, 1e-9)
        angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        on_head = np.abs(distance - radius) < 0.25 * radius
        return np.where(on_head & (angle < CAP_DEG), np.cos(np.radians(90 * angle / CAP_DEG)), 0.0)

    nodes, weights = spread(mesh, outer_triangles(mesh), pressure)
    if len(nodes) < 6:
        raise GeometryError(
            "The femoral head's contact patch has hardly a node of the mesh.",
            "Check the head's center and radius (landmarks), or make a finer mesh.",
        )
    source = f"cap of {CAP_DEG:g}° about the hip force, pressure by cosine"
    return Attachment("hip", nodes, weights, weights @ mesh.points[nodes], source)


def muscle_area(mesh: TetMesh, name: str, at: NDArray[np.float64], source: str) -> Attachment | None:
    """Return a muscle's area: the surface within 12 mm of its point, evenly pulled; None without any."""

    def pressure(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return (np.linalg.norm(points - at, axis=-1) < MUSCLE_RADIUS_MM).astype(float)

    nodes, weights = spread(mesh, outer_triangles(mesh), pressure)
    if len(nodes) < 4:
        return None
    return Attachment(name, nodes, weights, weights @ mesh.points[nodes], source)


def surface_point(
    mesh: TetMesh, origin: NDArray[np.float64], direction: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return where a ray last leaves the outer surface, or None (Möller and Trumbore 1997)."""
    a, b, c = (mesh.points[outer_triangles(mesh)[:, k]] for k in range(3))
    p = np.cross(direction, c - a)
    det = np.einsum("ij,ij->i", b - a, p)
    ok = np.abs(det) > 1e-12
    inverse = np.where(ok, 1 / np.where(ok, det, 1), 0)
    s = origin - a
    u = np.einsum("ij,ij->i", s, p) * inverse
    q = np.cross(s, b - a)
    v = (q @ direction) * inverse
    t = np.einsum("ij,ij->i", c - a, q) * inverse
    hit = ok & (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & (t > 0)
    return origin + t[hit].max() * direction if hit.any() else None
