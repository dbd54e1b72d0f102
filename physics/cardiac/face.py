"""Surfaces of the heart's wall on which blood or anything else presses."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from physics.cardiac import surfaces
from physics.elasticity.kernels import EDGES
from twin.domain import TetMesh

_SURFACE = (surfaces.WEIGHTS, surfaces.SHAPES, surfaces.BY_U, surfaces.BY_V)


@dataclass(frozen=True, eq=False)
class Face:
    """A surface on which a pressure acts.

    Attributes
    ----------
    faces : ndarray of int, shape (k, 6)
        Outward of the tissue, as ``TetMesh`` orders them.
    ring : ndarray of int, shape (r,)
        Nodes of the border over which a lid is thought, a fan from their middle; empty for an open surface.
    """

    faces: NDArray[np.int32]
    ring: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def closed(self) -> bool:
        """Whether it closes a cavity."""
        return bool(len(self.ring))

    @cached_property
    def border(self) -> NDArray[np.int64]:
        """Nodes of the border, those in the middle of its sides with them."""
        sides = np.stack(
            [self.faces[:, :3], np.roll(self.faces[:, :3], -1, axis=1), self.faces[:, 3:]], axis=2
        )
        sides = sides.reshape(-1, 3)
        _, where, times = np.unique(sides[:, 2], return_index=True, return_counts=True)
        return np.unique(sides[where[times == 1]]).astype(np.int64)

    def middle(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the middle of the lid, mm."""
        return np.asarray(points[self.ring].mean(axis=0) if self.closed else np.zeros(3))

    def volume(self, points: NDArray[np.float64]) -> float:
        """Return what it encloses with its lid, mm³."""
        return self.push(points)[0]

    def push(self, points: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the volume enclosed and the nodes' forces (n, 3) under 1 MPa, which are its derivative.

        A lid hands the force on it over to its ring; of an open surface the volume is NaN.
        """
        force = np.zeros_like(points)
        if not self.closed:
            surfaces.push(points, self.faces, *_SURFACE, force)
            return float("nan"), force
        volume, by_middle = surfaces.enclosed(points, self.faces, self.middle(points), *_SURFACE, force)
        force[self.ring] += by_middle / len(self.ring)
        return float(volume), force

    def stiffness(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how the forces under 1 MPa change with each triangle's nodes (k, 18, 18), N/mm; symmetric.

        The lid's middle is held for this (``lid_stiffness`` is the rest), and of an open surface it is the
        symmetric part.
        """
        blocks = np.empty((len(self.faces), 18, 18))
        surfaces.stiffness(points, self.faces, self.middle(points), self.closed, *_SURFACE, blocks)
        return blocks

    def lid_stiffness(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how forces on the border under 1 MPa change as the lid's middle moves (3b, 3b), N/mm.

        What ``stiffness`` leaves out; it matters where the border is not fixed.
        """
        nodes = points[self.faces]
        u = np.einsum("qa,kai->kqi", surfaces.BY_U, nodes)
        v = np.einsum("qa,kai->kqi", surfaces.BY_V, nodes)
        # ∂(u × v)/∂x_a along e_j is N_a,u e_j × v + N_a,v u × e_j; within the surface it cancels.
        turned = np.cross(np.eye(3)[:, None, None], v[None]), np.cross(u[None], np.eye(3)[:, None, None])
        third = surfaces.WEIGHTS / 3.0
        slopes = np.einsum("q,qa,jkqi->kaij", third, surfaces.BY_U, turned[0])
        slopes += np.einsum("q,qa,jkqi->kaij", third, surfaces.BY_V, turned[1])
        total = np.zeros((len(points), 3, 3))
        np.add.at(total, self.faces, slopes)
        border = self.border
        share = np.isin(border, self.ring) / len(self.ring)
        one = np.einsum("a,cij->aicj", share, total[border]).reshape(3 * len(border), -1)
        return np.asarray(one + one.T)


def face_of(mesh: TetMesh, patch: str, *, closed: bool = True) -> Face:
    """Return a patch of a ten-node mesh as a surface for pressure, with its border as the lid's ring."""
    triangles = mesh.patch(patch).triangles.astype(np.int64)
    count = len(mesh.points)
    pairs = np.sort(mesh.tets[:, EDGES].astype(np.int64), axis=2)
    keys, first = np.unique(pairs[..., 0] * count + pairs[..., 1], return_index=True)
    middles = mesh.tets[:, 4:].reshape(-1)[first]
    sides = np.sort(np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=2), axis=2)
    side_keys = sides[..., 0] * count + sides[..., 1]
    between = middles[np.searchsorted(keys, side_keys)]
    faces = np.hstack([triangles, between]).astype(np.int32)
    if not closed:
        return Face(faces)
    _, where, times = np.unique(side_keys, return_index=True, return_counts=True)
    return Face(faces, np.unique(sides.reshape(-1, 2)[where[times == 1]]))
