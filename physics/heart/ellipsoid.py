"""A left ventricle as half an ellipsoid of revolution with a wall.

After Land et al. 2015, Proc R Soc A 471:20150641. The long axis is z, the base a plane across it. A place in
the wall is x = (r_s sin u cos v, r_s sin u sin v, r_l cos u), u from -π at the apex to the base, v about the
axis, with radii that go from the endocardium's to the epicardium's as the depth t goes from 0 to 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.heart.fibers import Fibers
from physics.heart.wall import mesh_of
from twin.domain import TetMesh
from twin.errors import GeometryError


@dataclass(frozen=True)
class Ellipsoid:
    """Radii of both faces, across the axis (short) and along it (long), and the base's z; mm.

    Raises
    ------
    GeometryError
        Where the epicardium does not lie outside the endocardium, or the base does not cut both.
    """

    endo_short_mm: float
    endo_long_mm: float
    epi_short_mm: float
    epi_long_mm: float
    base_mm: float

    def __post_init__(self) -> None:
        if not (0 < self.endo_short_mm < self.epi_short_mm and 0 < self.endo_long_mm < self.epi_long_mm):
            raise GeometryError(
                f"The endocardium's radii ({self.endo_short_mm:g} and {self.endo_long_mm:g} mm) do not lie "
                f"within the epicardium's ({self.epi_short_mm:g} and {self.epi_long_mm:g} mm).",
                "Give both radii of the epicardium larger ones.",
            )
        if not abs(self.base_mm) < self.endo_long_mm:
            raise GeometryError(
                f"A base at {self.base_mm:g} mm does not cut an endocardium from {-self.endo_long_mm:g} to "
                f"{self.endo_long_mm:g} mm.",
                "Set the base between the two ends of the long axis.",
            )

    def mesh(self, edge_mm: float, *, layers: int | None = None, order: int = 1) -> TetMesh:
        """Return its wall as tetrahedra, patches ``endo_lv``, ``epi``, ``base``; see ``wall.mesh_of``."""
        return mesh_of(self, edge_mm, layers=layers, order=order)

    def place(
        self, level: NDArray[np.float64], angle: NDArray[np.float64], depth: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return points (n, 3), mm: ``level`` is the share of u between apex and base, ``angle`` v + π."""
        short, long = self._radii(depth)
        from_apex = level * (np.pi - np.arccos(self.base_mm / long))
        across = short * np.sin(from_apex)
        z = np.where(level == 1.0, self.base_mm, -long * np.cos(from_apex))
        return np.stack([across * np.cos(angle), across * np.sin(angle), z], axis=1)

    def depth(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return t of points (n, 3) by Newton's method; outside the wall it goes below 0 or above 1."""
        across, along = points[:, 0] ** 2 + points[:, 1] ** 2, points[:, 2] ** 2
        grown = self.epi_short_mm - self.endo_short_mm, self.epi_long_mm - self.endo_long_mm
        depth = np.full(len(points), 0.5)
        for _ in range(50):
            short, long = self._radii(depth)
            excess = across / short**2 + along / long**2 - 1.0
            slope = -2.0 * (grown[0] * across / short**3 + grown[1] * along / long**3)
            step = excess / slope
            depth = np.maximum(
                depth - step, -0.5 * min(self.endo_short_mm / grown[0], self.endo_long_mm / grown[1])
            )
            if np.abs(step).max(initial=0.0) < 1e-14:
                break
        return depth

    def fibers(self, points: NDArray[np.float64], endo_deg: float = 90.0, epi_deg: float = -90.0) -> Fibers:
        """Return fibers f = sin α e_u + cos α e_v, α linear in t; 90° - 180° t is the paper's third problem.

        The sheets s are normal to the ellipsoid through a point, outward, and n = f × s. At the apex, where
        e_v has no direction, it is x's.
        """
        depth = self.depth(points)
        short, long = self._radii(depth)
        alpha = np.radians(endo_deg + (epi_deg - endo_deg) * depth)[:, None]
        radius = np.hypot(points[:, 0], points[:, 1])
        at_apex = radius < 1e-12 * short
        safe = np.where(at_apex, 1.0, radius)
        cos = np.where(at_apex, 0.0, points[:, 0] / safe)
        sin = np.where(at_apex, -1.0, points[:, 1] / safe)
        zero = np.zeros(len(points))
        around = np.stack([-sin, cos, zero], axis=1)
        # From apex to base: the derivative by u; cos u = z / r_l, the distance from the axis is -r_s sin u.
        up = np.stack(
            [-cos * short * points[:, 2] / long, -sin * short * points[:, 2] / long, radius * long / short], 1
        )
        up[at_apex] = [0.0, -1.0, 0.0]
        up /= np.linalg.norm(up, axis=1, keepdims=True)
        fiber = np.sin(alpha) * up + np.cos(alpha) * around
        sheet = np.cross(around, up)
        return Fibers(fiber, sheet, np.cross(fiber, sheet))

    def _radii(self, depth: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return (
            self.endo_short_mm + (self.epi_short_mm - self.endo_short_mm) * depth,
            self.endo_long_mm + (self.epi_long_mm - self.endo_long_mm) * depth,
        )


LAND_2015 = Ellipsoid(7.0, 17.0, 10.0, 20.0, 5.0)
"""The ventricle of problems 2 and 3 of Land et al. 2015."""
