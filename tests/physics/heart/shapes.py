"""What tests ask of a ventricle's mesh."""

import numpy as np
from numpy.typing import NDArray

from physics.elasticity.kernels import quadrature, shape_gradients
from physics.verify.integration import simplex_rule
from twin.domain import TetMesh
from twin.sources.tetrahedra import boundary


def jacobians(mesh: TetMesh) -> tuple[NDArray[np.float64], float]:
    """Return the smallest Jacobian of each element at quadrature points and corners, and the volume, mm³."""
    columns = mesh.tets.shape[1]

    def determinants(at: NDArray[np.float64]) -> NDArray[np.float64]:
        by = shape_gradients(columns, at)
        slopes = by[:, :, 1:] - by[:, :, :1]
        return np.linalg.det(np.einsum("eai,qaj->eqij", mesh.points[mesh.tets], slopes))

    points, weights = simplex_rule(3)
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
