"""Lengths, angles and areas between points in patient space, and how sure they can be."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin.domain import Volume

Points = NDArray[np.float64]

UNCALIBRATED = "in pixels: the image says no length in the patient"


@dataclass(frozen=True, eq=False)
class Ruler:
    """Measures on one grid: in mm where a length in the image is one in the patient, else in pixels.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        (i, j, k) of voxel centers to LPS mm.
    calibrated : bool
        False for a radiograph of unknown magnification, and for pictures.
    """

    affine: NDArray[np.float64]
    calibrated: bool

    @classmethod
    def of(cls, volume: Volume) -> "Ruler":
        """Return the ruler of a volume."""
        return cls(volume.affine, volume.lengths == "patient")

    @property
    def unit(self) -> str:
        """Unit of its lengths."""
        return "mm" if self.calibrated else "px"

    @property
    def remark(self) -> str:
        """What is to be said beside its lengths."""
        sizes = np.linalg.norm(self.affine[:3, :2], axis=0)
        if self.calibrated:
            return ""
        square = abs(sizes[0] / sizes[1] - 1) < 1e-3
        return UNCALIBRATED if square else f"{UNCALIBRATED}; they are {sizes[0] / sizes[1]:.3g} × 1"

    @cached_property
    def _turn(self) -> NDArray[np.float64]:
        """Takes directions in LPS mm to the ruler's own unit; shape (3, 3)."""
        return np.asarray(np.eye(3) if self.calibrated else np.linalg.inv(self.affine[:3, :3]), np.float64)

    @cached_property
    def _to_voxels(self) -> NDArray[np.float64]:
        """Takes directions in the ruler's unit to voxels; shape (3, 3)."""
        edges = self._turn @ self.affine[:3, :3]
        return np.asarray(np.linalg.inv(edges), np.float64)

    def measured(self, lps: Points) -> Points:
        """Return points in the ruler's unit; only their differences mean something. Shape as given."""
        return np.asarray(np.asarray(lps, np.float64) @ self._turn.T)

    def half_voxel(self, directions: Points) -> NDArray[np.float64]:
        """Return half of how far one goes along each direction to pass one voxel; shape (n, 3) to (n,).

        Along an axis of the grid that is half the spacing. Directions need not be of length 1.
        """
        given = np.atleast_2d(directions)
        lengths = np.linalg.norm(given, axis=1)
        voxels = np.linalg.norm(given @ self._to_voxels.T, axis=1)
        return 0.5 * np.divide(lengths, voxels, out=np.zeros_like(lengths), where=voxels > 0)

    def length(self, ends: Points) -> tuple[float, float]:
        """Return the distance of two points, and how far both ends together may be off."""
        way = np.diff(self.measured(ends), axis=0)
        return float(np.linalg.norm(way)), 2 * float(self.half_voxel(way)[0])

    def tilt_deg(self, ends: Points) -> float:
        """Return by how much half a voxel at each end, the worst way, can turn a line; degrees."""
        way = np.diff(self.measured(ends), axis=0)
        length = float(np.linalg.norm(way))
        if length == 0:
            return 180.0
        return float(np.degrees(np.arctan(2 * float(self.half_voxel(way)[0]) / length)))

    def outline(self, corners: Points) -> tuple[float, float, float]:
        """Return area and perimeter of a closed outline, and what half a voxel all round does to the area."""
        at = self.measured(corners)
        at = at - at[0]
        edges = np.roll(at, -1, axis=0) - at
        lengths = np.linalg.norm(edges, axis=1)
        vector = np.cross(at, np.roll(at, -1, axis=0)).sum(axis=0) / 2
        area = float(np.linalg.norm(vector))
        outward = np.cross(edges, vector) if area > 0 else edges
        off = float((lengths * self.half_voxel(outward)).sum())
        return area, float(lengths.sum()), off

    def volume(self, half_axes: Points) -> tuple[float, float]:
        """Return the volume of an ellipsoid of three half axes (LPS, shape (3, 3)); and its error.

        That takes each half axis half a voxel longer. In the cube of the ruler's unit.
        """
        halves = self.measured(half_axes)
        lengths = np.linalg.norm(halves, axis=1)
        volume = 4 / 3 * np.pi * abs(float(np.linalg.det(halves)))
        longer = float(np.prod(1 + self.half_voxel(halves) / np.maximum(lengths, 1e-12)))
        return volume, volume * (longer - 1)


def angle_deg(first: Points, second: Points) -> float:
    """Return the angle between two directions, 0 to 180 degrees; ``nan`` where one has no length."""
    # By both sine and cosine, since the cosine alone is blunt near 0 and 180 (Kahan 2006).
    sine, cosine = np.linalg.norm(np.cross(first, second)), float(np.dot(first, second))
    if not np.linalg.norm(first) or not np.linalg.norm(second):
        return float("nan")
    return float(np.degrees(np.arctan2(sine, cosine)))


def ellipse_outline(points: Points, corners: int = 360) -> Points:
    """Return an ellipse, given by the ends of its axes, shape (4, 3), as a closed outline; shape (n, 3)."""
    center = points.mean(axis=0)
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    first, second = (points[0] - points[1]) / 2, (points[2] - points[3]) / 2
    return np.asarray(center + np.cos(turn)[:, None] * first + np.sin(turn)[:, None] * second)


def plane_of(points: Points) -> NDArray[np.float64] | None:
    """Return the unit normal of the plane through points; None where they lie on a line or are too few."""
    if len(points) < 3:
        return None
    _, sizes, directions = np.linalg.svd(points - points.mean(axis=0))
    if sizes[1] <= 1e-6 * max(sizes[0], 1e-12):
        return None
    return np.asarray(directions[2], np.float64)


def crosses_itself(corners: NDArray[np.float64]) -> bool:
    """Tell whether a closed outline in a plane, shape (n, 2), crosses itself."""
    start, end = corners, np.roll(corners, -1, axis=0)

    def side(a: Points, b: Points, c: Points) -> Points:
        first, second = b - a, c - a
        return np.asarray(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])

    a, b = start[:, None], end[:, None]
    c, d = start[None], end[None]
    apart = side(a, b, c) * side(a, b, d) < 0
    return bool((apart & apart.T).any())
