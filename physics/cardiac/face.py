"""Surfaces of the heart's wall on which blood or anything else presses."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from physics.cardiac import surfaces
from physics.elasticity.kernels import EDGES
from twin.domain import TetMesh

_SURFACE = (surfaces.WEIGHTS, surfaces.SHAPES, surfaces.BY_U, surfaces.BY_V)


_TURNS = np.zeros((3, 3, 3))
_TURNS[[0, 1, 2], [1, 2, 0], [2, 0, 1]], _TURNS[[0, 2, 1], [2, 1, 0], [1, 0, 2]] = 1.0, -1.0
_PAIRS = ((0, 1, -1 / 6), (0, 2, 2 / 3), (2, 1, 2 / 3))
"""∮ x × dx / 2 along a side of nodes begin, end and middle: the pairs whose cross products are in it."""


@dataclass(frozen=True, eq=False)
class Lid:
    """What closes a cavity at one loop of its border: a fan from the middle of the loop's corner nodes.

    Its cone from a place o holds (m − o) · A / 3, with its middle m and its area as a vector, A = ½ ∮ x × dx.

    Attributes
    ----------
    sides : ndarray of int, shape (s, 3)
        Begin, end and middle of each side, as the tissue's triangles run.
    ring : ndarray of int, shape (r,)
        Corner nodes.
    """

    sides: NDArray[np.int64]
    ring: NDArray[np.int64]

    def add_volume(
        self, points: NDArray[np.float64], about: NDArray[np.float64], slope: NDArray[np.float64]
    ) -> float:
        """Return the cone's volume, mm³, and add its derivative to ``slope`` (n, 3)."""
        away = points[self.sides] - about
        middle = points[self.ring].mean(axis=0) - about
        area = np.zeros(3)
        for a, b, weight in _PAIRS:
            area += weight * np.cross(away[:, a], away[:, b]).sum(axis=0)
            np.add.at(slope, self.sides[:, a], weight / 3 * np.cross(away[:, b], middle))
            np.add.at(slope, self.sides[:, b], weight / 3 * np.cross(middle, away[:, a]))
        slope[self.ring] += area / (3 * len(self.ring))
        return float(middle @ area) / 3.0

    def add_stiffness(
        self,
        points: NDArray[np.float64],
        about: NDArray[np.float64],
        border: NDArray[np.int64],
        whole: NDArray[np.float64],
    ) -> None:
        """Add the second derivative of the cone's volume to ``whole`` (b, 3, b, 3) of ``border`` (b,)."""
        away = points[self.sides] - about
        middle = points[self.ring].mean(axis=0) - about
        at, ring = np.searchsorted(border, self.sides), np.searchsorted(border, self.ring)
        by_area = np.zeros((len(border), 3, 3))  # of the area's k-th component by a node's i-th: [node, k, i]
        turn = np.einsum("kij,k->ij", _TURNS, middle)
        between = whole.transpose(0, 2, 1, 3)
        for a, b, weight in _PAIRS:
            np.add.at(by_area, at[:, a], weight * np.einsum("kij,sj->ski", _TURNS, away[:, b]))
            np.add.at(by_area, at[:, b], weight * np.einsum("kij,si->skj", _TURNS, away[:, a]))
            for one, other, block in ((a, b, turn), (b, a, turn.T)):
                np.add.at(between, (at[:, one], at[:, other]), weight / 3 * block)
        share = np.zeros(len(border))
        share[ring] = 1.0 / (3 * len(ring))
        cross = np.einsum("a,bki->akbi", share, by_area)
        whole += cross + cross.transpose(2, 3, 0, 1)


@dataclass(frozen=True, eq=False)
class Face:
    """A surface on which a pressure acts.

    Attributes
    ----------
    faces : ndarray of int, shape (k, 6)
        Outward of the tissue, as ``TetMesh`` orders them.
    ring : ndarray of int, shape (r,)
        Corner nodes of the border; empty for an open surface. Over each loop of it, one a valve, a lid is
        thought, a fan from the middle of the loop's nodes.
    """

    faces: NDArray[np.int32]
    ring: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def closed(self) -> bool:
        """Whether it closes a cavity."""
        return bool(len(self.ring))

    @cached_property
    def sides(self) -> NDArray[np.int64]:
        """Sides of triangles that make up the border, shape (s, 3): begin, end, middle, as they run round."""
        sides = np.stack(
            [self.faces[:, :3], np.roll(self.faces[:, :3], -1, axis=1), self.faces[:, 3:]], axis=2
        )
        sides = sides.reshape(-1, 3)
        _, where, times = np.unique(sides[:, 2], return_index=True, return_counts=True)
        return np.asarray(sides[where[times == 1]], np.int64)

    @cached_property
    def border(self) -> NDArray[np.int64]:
        """Nodes of the border, those in the middle of its sides with them."""
        return np.unique(self.sides)

    @cached_property
    def lids(self) -> list[Lid]:
        """What closes it, one for each loop of the border."""
        nodes, ends = np.unique(self.sides[:, :2], return_inverse=True)
        joined = coo_array((np.ones(len(ends.reshape(-1, 2))), ends.reshape(-1, 2).T), 2 * (len(nodes),))
        count, loop = connected_components(joined, directed=False)
        of = loop[ends.reshape(-1, 2)[:, 0]]
        return [Lid(self.sides[of == k], nodes[loop == k]) for k in range(count)]

    def volume(self, points: NDArray[np.float64]) -> float:
        """Return what it encloses with its lids, mm³."""
        return self.push(points)[0]

    def push(self, points: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the volume enclosed and the nodes' forces (n, 3) under 1 MPa, which are its derivative.

        A lid hands the force on it over to its ring; of an open surface the volume is NaN.
        """
        force = np.zeros_like(points)
        if not self.closed:
            surfaces.push(points, self.faces, *_SURFACE, force)
            return float("nan"), force
        about = self._about(points)
        volume, _ = surfaces.enclosed(points, self.faces, about, *_SURFACE, force)
        for lid in self.lids:
            volume += lid.add_volume(points, about, force)
        return float(volume), force

    def stiffness(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how the forces under 1 MPa change with each triangle's nodes (k, 18, 18), N/mm; symmetric.

        The lids are left out (``lid_stiffness``), and of an open surface it is the symmetric part.
        """
        blocks = np.empty((len(self.faces), 18, 18))
        about = self._about(points)
        surfaces.stiffness(points, self.faces, about, self.closed, *_SURFACE, blocks)
        return blocks

    def lid_stiffness(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how the lids' forces under 1 MPa change with the border's nodes (3b, 3b), N/mm.

        What ``stiffness`` leaves out; it matters where the border is not fixed.
        """
        border, about = self.border, self._about(points)
        whole = np.zeros((len(border), 3, len(border), 3))
        for lid in self.lids:
            lid.add_stiffness(points, about, border, whole)
        return whole.reshape(3 * len(border), -1)

    def _about(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the place that cones over surface and lids meet at; of no matter to their sum."""
        return np.asarray(points[self.ring].mean(axis=0) if self.closed else np.zeros(3))


def face_of(mesh: TetMesh, patch: str, *, closed: bool = True) -> Face:
    """Return a patch of a ten-node mesh as a surface for pressure, with its border as the lids' rings."""
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
