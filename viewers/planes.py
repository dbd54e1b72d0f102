"""How the three slice views lie to each other: along the grid, or turned by hand; and how thick they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, cos, sin
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from viewers.orientation import Plane, SliceFrame, grid_directions

PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")


def cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cross product of two vectors; numpy's own takes twenty times as long."""
    (x, y, z), (u, v, w) = a.tolist(), b.tolist()
    return np.array([y * w - z * v, z * u - x * w, x * v - y * u])


def rotation(axis: NDArray[np.float64], angle_rad: float) -> NDArray[np.float64]:
    """Return the matrix that turns about a unit vector, right-handed (Rodrigues 1840); shape (3, 3)."""
    x, y, z = axis
    across = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + sin(angle_rad) * across + (1 - cos(angle_rad)) * across @ across)


def _near(one: NDArray[np.float64], other: NDArray[np.float64], within: float) -> bool:
    """Tell whether no two entries differ by more; ``np.allclose`` takes ten times as long."""
    return bool(np.abs(one - other).max() <= within)


@dataclass(frozen=True, eq=False)
class Planes:
    """Three planes through the crosshair, square to each other; what is turned in one view turns the others.

    Attributes
    ----------
    directions : mapping of plane to ndarray, shape (3, 3)
        Unit vectors in LPS across, down and through the screen, as columns.
    """

    directions: Mapping[Plane, NDArray[np.float64]]

    @classmethod
    def along(cls, affine: NDArray[np.float64]) -> Planes:
        """Return the planes of a grid itself, those of a sheared one made square."""
        return cls({plane: grid_directions(plane, affine) for plane in PLANES})

    def turned(self, plane: Plane, angle_rad: float) -> Planes:
        """Turn the other planes about the normal of this one, clockwise as its view shows it."""
        mine = self.directions[plane]
        turn = rotation(cross(mine[:, 0], mine[:, 1]), angle_rad)
        return Planes({p: d if p == plane else turn @ d for p, d in self.directions.items()})

    def leaves(self, plane: Plane, before: Planes) -> bool:
        """Tell whether a plane lies as it did before."""
        return _near(self.directions[plane], before.directions[plane], 1e-12)

    def frame(self, plane: Plane, affine: NDArray[np.float64], shape: tuple[int, int, int]) -> SliceFrame:
        """Return how a view lays out its plane of a grid; one that was not turned is read from the grid."""
        if _near(grid_directions(plane, affine), self.directions[plane], 1e-6):
            return SliceFrame.of(plane, affine, shape)
        return SliceFrame.tilted(plane, affine, shape, self.directions[plane])

    def line(self, plane: Plane, other: Plane) -> NDArray[np.float64]:
        """Return the direction in LPS in which ``other`` cuts ``plane``; unit vector, across or down."""
        cut = cross(self.directions[plane][:, 2], self.directions[other][:, 2])
        cut = cut / np.linalg.norm(cut)
        flat = self.directions[plane][:, :2].T @ cut
        return np.asarray(cut if flat[np.argmax(np.abs(flat))] > 0 else -cut)


Projection = Literal["max", "min", "mean"]
PROJECTIONS: dict[Projection, str] = {"max": "maximum", "min": "minimum", "mean": "mean"}
THICKNESSES_MM = (0.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0)
"""What the keys step through; 0 is the plain slice."""


@dataclass(frozen=True)
class Slab:
    """What a view gathers from before and behind its plane.

    Attributes
    ----------
    thickness_mm : float
        From the first to the last sample, half of it on either side; 0 for the plane alone. Where voxels
        are thicker than it, the samples lie between their centers.
    projection : "max", "min" or "mean"
    """

    thickness_mm: float = 0.0
    projection: Projection = "max"

    def samples(self, step_mm: float) -> tuple[int, float]:
        """Return how many samples it has, and how many steps of ``step_mm`` the outer two are from the plane.

        One is on the plane, the outer two on the slab's borders, the others whole steps from the plane.
        """
        reach = self.thickness_mm / 2 / step_mm
        if abs(reach - round(reach)) < 1e-6:
            reach = float(round(reach))
        return 2 * ceil(reach) + 1, reach

    def thicker(self, by: int) -> Slab:
        """Return the slab of the next thickness of the list (``by`` 1), or the one before (−1)."""
        if by > 0:
            chosen = next((t for t in THICKNESSES_MM if t > self.thickness_mm + 1e-6), THICKNESSES_MM[-1])
        else:
            chosen = next((t for t in reversed(THICKNESSES_MM) if t < self.thickness_mm - 1e-6), 0.0)
        return Slab(chosen, self.projection)

    @property
    def words(self) -> str:
        """What the view says of it."""
        return f"{self.thickness_mm:g} mm {self.projection}"
