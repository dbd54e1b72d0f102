"""The reference heart's left ventricle: a shape and a motion in closed form, whose muscle keeps its volume.

At the R wave both surfaces are spheroids cut by the plane of the mitral ring. A ring of wall at height ``Z``
moves to ``z = f(Z)``, shortened by ``f'``; within it ``r² = s Ri² + (R² − Ri²) / f'``, and the ring turns.
The determinant of this motion is 1 at every point of the wall (the area between two radii grows by 1 / f'),
so muscle is conserved exactly. What makes the ventricle less than round (an oval section, a bent axis, an
oblique base) are shears, whose determinant is 1 as well.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Edge = Literal["endocardium", "epicardium"]

HALF_MM = 62.0
"""From the spheroids' center to the endocardium's apex."""

BASE_MM = 26.0
"""From there to the mitral ring's plane at the R wave: the cavity is 88 mm long."""

WALL_MM, UNEVEN_MM, APEX_MM = 8.6, 0.6, 7.0
"""Thickness of the wall round the middle, by how much it is thicker at the septum, and at the apex."""

STIFF_MM = 20.0
"""Height over the apex within which shortening grows from none to full; from there it is even."""

TWIST_DEG = (11.0, -4.0)
"""Turn of apex and base at full contraction, counterclockwise as seen from the apex."""

OVAL, BEND_PER_MM, OBLIQUE = 1.04, 0.0012, 0.07
"""Root of the ratio of the section's axes, bend of the long axis, slope of the base toward the septum."""

TABLE_LOW, TABLE_HIGH, TABLE_STEP = -80.0, 130.0, 0.5

# fraction of the cycle and of the stroke volume that is in the ventricle: ejection, isovolumic
# relaxation, rapid filling, diastasis, atrial kick
_FILLING = np.array([
    [0.0, 1.0], [0.05, 0.985], [0.1, 0.85], [0.17, 0.52], [0.24, 0.23], [0.31, 0.05], [0.36, 0.0],
    [0.42, 0.03], [0.5, 0.36], [0.58, 0.64], [0.66, 0.745], [0.78, 0.785], [0.86, 0.85], [0.94, 0.965],
    [1.0, 1.0],
])  # fmt: skip


MUSCLE_G_ML = 1.05
"""Density of muscle, as the masses that steps tell are reckoned with."""


def filling(phase: float) -> float:
    """Return the part of the stroke volume that is in the ventricle at a fraction of the cycle, 0 to 1."""
    from scipy.interpolate import PchipInterpolator

    return float(PchipInterpolator(_FILLING[:, 0], _FILLING[:, 1])(phase % 1.0))


@dataclass(frozen=True, eq=False)
class LeftVentricle:
    """The ventricle at one moment, in its own axes.

    Its axes: x toward the septum, y toward the anterior wall, z from apex to base, mm, from the center of
    the spheroids. Angles turn from x to y.

    Attributes
    ----------
    edv_ml, esv_ml : float
        Cavity volumes at the R wave and at the end of systole.
    contraction : float
        0 at the R wave, 1 at the end of systole.
    descent_mm : float
        How far the mitral ring comes down at full contraction.
    """

    edv_ml: float
    esv_ml: float
    contraction: float
    descent_mm: float = 12.0

    @property
    def cavity_ml(self) -> float:
        """Volume below the plane of the mitral ring, papillary muscles and trabeculae counted as cavity."""
        return self.edv_ml - self.contraction * (self.edv_ml - self.esv_ml)

    @cached_property
    def radius_mm(self) -> float:
        """Radius b of the cavity at the R wave, from its volume: V = π b² (h + a − (h³ + a³) / 3a²)."""
        return float(np.sqrt(1000 * self.edv_ml / (np.pi * _heights(HALF_MM))))

    @property
    def muscle_ml(self) -> float:
        """Volume of the compact wall below the base, the same at every moment."""
        outer = (
            self.radius_mm + WALL_MM
        ) ** 2 + UNEVEN_MM**2 / 2  # mean over the angle of the radius squared
        return float(np.pi * outer * _heights(HALF_MM + APEX_MM) / 1000) - self.edv_ml

    @property
    def base_mm(self) -> float:
        """Height of the mitral ring's plane on the axis."""
        return BASE_MM - self.contraction * self.descent_mm

    @property
    def shortening(self) -> float:
        """Relative shortening along the axis where it is full: all of the ring's descent comes of it."""
        return self.contraction * self.descent_mm / float(_shortened(np.array(BASE_MM)))

    @cached_property
    def inner_share(self) -> float:
        """Share of the cavity's cross-section that is left: what gives it its volume."""
        nodes, weights = np.polynomial.legendre.leggauss(64)
        z = -HALF_MM + (nodes + 1) / 2 * (BASE_MM + HALF_MM)
        at_rest = np.pi * self.inner_squared(z) * self.stretch(z)
        return self.cavity_ml * 1000 / float(weights @ at_rest * (BASE_MM + HALF_MM) / 2)

    def inner_squared(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Square of the endocardium's radius at the R wave, 0 below its apex."""
        return self.radius_mm**2 * np.maximum(1 - (z / HALF_MM) ** 2, 0.0)

    def outer(self, z: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the epicardium's radius at the R wave; 0 below its apex."""
        part = np.sqrt(np.maximum(1 - (z / (HALF_MM + APEX_MM)) ** 2, 0.0))
        return part * (self.radius_mm + WALL_MM + UNEVEN_MM * np.cos(angle))

    def stretch(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Stretch along the axis of what lay at ``z`` at the R wave; 1 above the base."""
        part = np.clip((z + HALF_MM + APEX_MM) / STIFF_MM, 0, 1)
        return np.where(z < BASE_MM, 1 - self.shortening * part * part * (3 - 2 * part), 1.0)

    def height(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where along the axis is now what lay at ``z`` at the R wave."""
        return z - self.shortening * _shortened(z)

    def turn(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the angle by which the ring that lay at ``z`` has turned, radians."""
        apex, base = np.deg2rad(TWIST_DEG)
        part = np.clip((z + HALF_MM) / (BASE_MM + HALF_MM), 0, 1)
        return -self.contraction * (apex + (base - apex) * part)

    def surface(
        self, edge: Edge, around: int = 96, rows: int = 64
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return points (n, 3) and triangles (m, 3) of a surface from the apex to the base, open there.

        The first point is the apex; then come rings of ``around`` points. Normals point outward.
        """
        angle = np.arange(around) * 2 * np.pi / around
        long = HALF_MM + (APEX_MM if edge == "epicardium" else 0.0)
        z = -long * np.cos(np.linspace(0, np.arccos(-BASE_MM / long), rows + 1)[1:])
        z, a = np.repeat(z, around), np.tile(angle, rows)
        inner, stretch = self.inner_squared(z), self.stretch(z)
        radius = self.outer(z, a) if edge == "epicardium" else np.sqrt(inner)
        now = np.sqrt(self.inner_share * inner + (radius**2 - inner) / stretch)
        a = a + self.turn(z)
        round_ = np.stack([now * np.cos(a), now * np.sin(a), self.height(z)], axis=1)
        points = sheared(np.vstack([[0.0, 0.0, float(self.height(np.array(-long)))], round_]))
        columns = np.arange(around)
        following = (columns + 1) % around
        fan = np.stack([np.zeros(around, int), 1 + following, 1 + columns], axis=1)
        below = 1 + np.arange(rows - 1)[:, None] * around
        low = np.stack([below + columns, below + following, below + around + columns], axis=-1)
        high = np.stack([below + following, below + around + following, below + around + columns], axis=-1)
        return points, np.vstack([fan, low.reshape(-1, 3), high.reshape(-1, 3)]).astype(np.int32)

    def distance(self, edge: Edge, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Signed distance of points (n, 3) near a surface from it, mm, negative inside (first order)."""

        def value(p: NDArray[np.float64]) -> NDArray[np.float64]:
            x, y, z = upright(p).T
            at = np.interp(z, self.table[:, 0], self.table[:, 1])
            stretch, inner = self.stretch(at), self.inner_squared(at)
            squared = inner + stretch * (x * x + y * y - self.inner_share * inner)
            angle = np.arctan2(y, x) - self.turn(at)
            if edge == "epicardium":
                wide = self.radius_mm + WALL_MM + UNEVEN_MM * np.cos(angle)
                return np.sqrt(np.maximum(squared, 0) / wide**2 + (at / (HALF_MM + APEX_MM)) ** 2)
            now = self.inner_share * self.radius_mm**2
            return np.sqrt((x * x + y * y) / now + (at / HALF_MM) ** 2)

        step = 0.02
        slope = [value(points + step * e) - value(points - step * e) for e in np.eye(3)]
        return (value(points) - 1) / np.maximum(np.linalg.norm(slope, axis=0) / (2 * step), 1e-9)

    @cached_property
    def table(self) -> NDArray[np.float64]:
        """The motion every ``TABLE_STEP`` of height now from ``TABLE_LOW`` up, shape (n, 6).

        Columns: height now; height at the R wave; inner radius squared then; the same now; stretch; turn.
        """
        now = np.arange(TABLE_LOW, TABLE_HIGH, TABLE_STEP)
        then = np.arange(TABLE_LOW - 1, TABLE_HIGH + self.descent_mm + 1, 0.05)
        z = np.interp(now, self.height(then), then)
        inner = self.inner_squared(z)
        columns = [now, z, inner, self.inner_share * inner, self.stretch(z), self.turn(z)]
        return np.ascontiguousarray(np.stack(columns, axis=1))


def left_ventricle(phase: float, edv_ml: float, esv_ml: float) -> LeftVentricle:
    """Return the ventricle at a fraction of the cycle."""
    return LeftVentricle(edv_ml, esv_ml, 1 - filling(phase))


def _heights(long: float) -> float:
    """Volume of a cut spheroid of unit radius over π."""
    return BASE_MM + long - (BASE_MM**3 + long**3) / (3 * long**2)


def _shortened(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integral of the shortening's share from the apex to ``z``; all of it lies below the base."""
    up = np.minimum(z, BASE_MM) + HALF_MM + APEX_MM
    part = np.clip(up / STIFF_MM, 0, 1)
    return STIFF_MM * (part**3 - part**4 / 2) + np.maximum(up - STIFF_MM, 0)


def sheared(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make the round ventricle oval, bent and its base oblique; (n, 3) to (n, 3), determinant 1."""
    x, y, z = points.T
    across = OVAL * x + BEND_PER_MM * z * z
    return np.stack([across, y / OVAL, z + OBLIQUE * across], axis=1)


def upright(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Undo ``sheared``."""
    across, y, z = points.T
    z = z - OBLIQUE * across
    return np.stack([(across - BEND_PER_MM * z * z) / OVAL, OVAL * y, z], axis=1)
