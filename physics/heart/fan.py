"""A fan of rays from within a ventricle's cavity: across the axis at the base, along it at the apex.

Rays leave the axis as the normals of an ellipse of the cavity's size would: the farther towards the apex,
the more they lean. Within a half plane through the axis no two meet, so that level and angle name every place
once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.heart.axis import long_axis
from twin.domain import Surface
from twin.errors import GeometryError

Vector = NDArray[np.float64]

_DEEPEST = 0.85
"""Share of the cavity's length in which rays begin."""
_SOUGHT_MM = np.arange(0.0, 9.0)
"""How far below a base plane an endocardium may end."""


@dataclass(frozen=True, eq=False)
class BasePlane:
    """Where a ventricle is cut off: a point, and the normal away from the apex (of any length); LPS mm."""

    point: Vector
    normal: Vector


def base_of(endo: Surface, below_mm: float = 5.0) -> BasePlane:
    """Return a base plane by an endocardium's open rims: its valves, or where its slices end.

    Across the long axis, from the farthest point (the apex) to the mean of the rims' centroids, and
    ``below_mm`` nearer to the apex: at the valves themselves a wall turns inward and lies in the base.

    Raises
    ------
    GeometryError
        Where the surface is closed.
    """
    axis = long_axis(endo.points, endo.triangles)
    return BasePlane(axis.center - below_mm * axis.up, axis.up)


@dataclass(frozen=True, eq=False)
class Fan:
    """Rays by level and angle.

    Attributes
    ----------
    center : ndarray, shape (3,)
        Where the axis meets the base.
    axis : ndarray, shape (3,)
        Unit vector towards the apex.
    across : ndarray, shape (2, 3)
        Unit vectors in the base plane; angles go from the first to the second, counter-clockwise about the
        way from apex to base.
    length_mm, radius_mm : float
        Of the cavity, along the axis and across it at the base.
    """

    center: Vector
    axis: Vector
    across: Vector
    length_mm: float
    radius_mm: float

    def rays(self, level: Vector, angle: Vector) -> tuple[Vector, Vector]:
        """Return origins and unit directions (n, 3); level 1 is the base, 0 the apex."""
        slope = 0.5 * np.pi * level
        depth = min(self.length_mm - self.radius_mm**2 / self.length_mm, _DEEPEST * self.length_mm)
        origins = self.center + depth * np.cos(slope)[:, None] * self.axis
        out = np.cos(angle)[:, None] * self.across[0] + np.sin(angle)[:, None] * self.across[1]
        outward = np.where(level == 0.0, 0.0, self.length_mm * np.sin(slope))
        along = np.where(level == 1.0, 0.0, self.radius_mm * np.cos(slope))
        directions = outward[:, None] * out + along[:, None] * self.axis
        return origins, directions / np.linalg.norm(directions, axis=1, keepdims=True)


def fan_in(endo: Surface, base: BasePlane, towards: Vector | None = None) -> Fan:
    """Return the rays of a cavity below a base plane; angle 0 points ``towards`` a place where one is given.

    Raises
    ------
    GeometryError
        Where the plane does not cut the endocardium, or no cavity is below it.
    """
    size = float(np.linalg.norm(base.normal))
    if not (np.isfinite(size) and size > 0.0):
        raise GeometryError("The base plane has no normal.", "Give one that points away from the apex.")
    normal = np.asarray(base.normal, np.float64) / size
    points = np.asarray(endo.points, np.float64)
    height = (points - base.point) @ normal
    for below in _SOUGHT_MM:
        ring = _section(points, endo.triangles, height + below)
        if len(ring):
            break
    else:
        raise GeometryError(
            f"The base plane does not cut the endocardium, which lies {height.min():.0f} to "
            f"{height.max():.0f} mm from it.",
            "Move the plane to the valves, its normal away from the apex.",
        )
    lengths = np.linalg.norm(ring[:, 1] - ring[:, 0], axis=1)
    center = np.average(ring.mean(axis=1), axis=0, weights=lengths + 1e-12) + below * normal
    under = points[np.unique(endo.triangles)]
    under = under[(under - center) @ normal < 0.0]
    apex = under[np.linalg.norm(under - center, axis=1).argmax()]
    length = float(np.linalg.norm(apex - center))
    axis = (apex - center) / length
    radius = float(np.average(np.linalg.norm(ring.mean(axis=1) - center, axis=1), weights=lengths + 1e-12))
    if length < radius or axis @ normal > -0.5:
        raise GeometryError(
            f"Below the base plane the cavity is {length:.0f} mm long and {2 * radius:.0f} mm wide: that is "
            "no ventricle.",
            "Check the plane's normal, which must point away from the apex.",
        )
    first = (
        np.asarray(towards if towards is not None else center + np.eye(3)[np.abs(normal).argmin()]) - center
    )
    first = first - (first @ normal) * normal
    first /= np.linalg.norm(first)
    return Fan(center, axis, np.stack([first, np.cross(normal, first)]), length, radius)


def _section(points: Vector, triangles: NDArray[np.int32], height: Vector) -> Vector:
    """Return the pieces (k, 2, 3) in which triangles cross height 0."""
    above = height[triangles] > 0.0
    found = []
    for a in range(3):  # the corner alone on its side
        b, c = (a + 1) % 3, (a + 2) % 3
        alone = triangles[(above[:, a] != above[:, b]) & (above[:, a] != above[:, c])]
        ends = []
        for other in (b, c):
            share = height[alone[:, a]] / (height[alone[:, a]] - height[alone[:, other]])
            way = points[alone[:, other]] - points[alone[:, a]]
            ends.append(points[alone[:, a]] + share[:, None] * way)
        found.append(np.stack(ends, axis=1))
    return np.concatenate(found)
