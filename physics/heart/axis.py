"""A ventricle's long axis."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.heart.cavity import rims
from twin.errors import GeometryError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LongAxis:
    """From the middle of an endocardium's rims (its valves, or its base) to its farthest point, the apex.

    Attributes
    ----------
    center, apex : ndarray, shape (3,)
        LPS mm.
    """

    center: Array
    apex: Array

    @property
    def up(self) -> Array:
        """Unit vector from the apex to the base."""
        return (self.center - self.apex) / self.length_mm

    @property
    def length_mm(self) -> float:
        """From the apex to the middle of the base."""
        return float(np.linalg.norm(self.center - self.apex))

    def height(self, points: Array) -> Array:
        """Return 0 at the apex, 1 at the base; shape (n,)."""
        return (points - self.apex) @ self.up / self.length_mm


def long_axis(points: Array, triangles: NDArray[np.int32]) -> LongAxis:
    """Return an endocardium's long axis.

    Raises
    ------
    GeometryError
        Where the endocardium is closed.
    """
    open_ = rims(triangles)
    if not open_:
        raise GeometryError(
            "The endocardium is closed: it has no valves and no base that would tell its long axis.",
            "Cut it open at the base.",
        )
    points = np.asarray(points, np.float64)
    center = np.mean([points[rim].mean(axis=0) for rim in open_], axis=0)
    used = points[np.unique(triangles)]
    return LongAxis(center, used[np.linalg.norm(used - center, axis=1).argmax()])
