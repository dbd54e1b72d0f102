"""A heart of ellipsoids, and what tests ask of a ventricle's mesh."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from physics.elasticity.kernels import quadrature, shape_gradients
from physics.verify.integration import simplex_rule
from segmentation.tetrahedra import lattice
from twin.domain import Patch, Surface, TetMesh
from twin.progress import Progress
from twin.sources.tetrahedra import boundary


def jacobians(mesh: TetMesh) -> tuple[NDArray[np.float64], float]:
    """Return the smallest Jacobian of each element at quadrature points and corners, and the volume, mm³."""
    columns = mesh.tets.shape[1]

    def determinants(at: NDArray[np.float64]) -> NDArray[np.float64]:
        by = shape_gradients(columns, at)
        slopes = by[:, :, 1:] - by[:, :, :1]
        return np.linalg.det(np.einsum("eai,qaj->eqij", mesh.points[mesh.tets], slopes))

    points, weights = simplex_rule(3, 3)
    volume = float((determinants(points) @ weights).sum() / 6.0)
    return determinants(np.vstack([quadrature(columns), np.eye(4)])).min(axis=1), volume


def dihedral_deg(mesh: TetMesh) -> NDArray[np.float64]:
    """Return the six dihedral angles of each element's corners, shape (m, 6)."""
    corners = mesh.points[mesh.tets[:, :4]]
    found = []
    for a in range(4):
        for b in range(a + 1, 4):
            c, d = (k for k in range(4) if k not in (a, b))
            along = corners[:, b] - corners[:, a]
            along /= np.linalg.norm(along, axis=1, keepdims=True)
            arms = [corners[:, k] - corners[:, a] for k in (c, d)]
            arms = [x - (x * along).sum(1, keepdims=True) * along for x in arms]
            cosine = (arms[0] * arms[1]).sum(1) / np.prod([np.linalg.norm(x, axis=1) for x in arms], axis=0)
            found.append(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return np.stack(found, axis=1)


def assert_patches_cover_the_boundary(mesh: TetMesh) -> None:
    together = np.concatenate([p.triangles for p in mesh.patches])
    outer = boundary(mesh.tets[:, :4].astype(np.int64))

    def rolled(faces: NDArray) -> set[tuple[int, ...]]:
        return {tuple(np.roll(f, -int(np.argmin(f)))) for f in faces.tolist()}

    assert len(together) == len(outer)
    assert rolled(together) == rolled(outer)


def degrees_between(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the angles between axes without heads."""
    return np.degrees(np.arccos(np.clip(np.abs((one * other).sum(axis=1)), 0.0, 1.0)))


@cache
def two_ventricles(edge_mm: float = 5.0) -> TetMesh:
    """A left ventricle of ellipsoids, axis z, base at z = 0, and a right one that leans on it from -x."""
    import pyvista as pv

    grid = pv.ImageData(dimensions=(76, 52, 56), spacing=(2.0, 2.0, 2.0), origin=(-91.0, -51.0, -99.0))
    grid["depth"] = _depths(np.asarray(grid.points))[0]
    found = grid.contour([0.0], scalars="depth")
    triangles = np.asarray(found.regular_faces, np.int32)
    points = np.asarray(found.points, np.float64)
    if np.linalg.det(points[triangles]).sum() < 0:
        triangles = triangles[:, ::-1]
    made = lattice.mesh(Surface(points=points, triangles=triangles), edge_mm, Progress())
    faces = boundary(made.tets.astype(np.int64)).astype(np.int32)
    _, apart = _depths(made.points[faces].mean(axis=1))
    nearest = np.abs(apart).argmin(axis=0)
    patches = tuple(
        Patch(n, faces[nearest == k]) for k, n in enumerate(("endo_lv", "endo_rv", "epi", "base"))
    )
    return TetMesh(made.points, made.tets, np.zeros(len(made.tets), np.int32), patches=patches)


def _depths(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how deep places lie in the wall, about mm, and how far within each of its four faces."""

    def within(center: tuple[float, ...], radii: tuple[float, ...]) -> NDArray[np.float64]:
        return min(radii) * (1.0 - np.linalg.norm((x - center) / radii, axis=1))

    lv_in, lv_out = within((0, 0, 0), (24, 24, 72)), within((0, 0, 0), (34, 34, 82))
    rv_in, rv_out = within((-28, 0, 0), (40, 32, 68)), within((-28, 0, 0), (47, 39, 75))
    cavity = -3.0 * np.logaddexp(-rv_in / 3.0, lv_out / 3.0)  # the smaller one, without a sharp edge
    apart = np.stack([-lv_in, -cavity, np.maximum(lv_out, rv_out), -x[:, 2]])
    return apart.min(axis=0), apart
