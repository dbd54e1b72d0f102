"""Implicit shapes: functions that are negative inside, positive outside, zero on the surface.

Values are distances in mm near the surface (exactly for spheres and capsules, nearly for
ellipsoids). Formulae of the primitives and the smooth minimum: Quilez, "distance functions"
and "smooth minimum" (iquilezles.org), polynomial kind.
"""

# mypy: disable-error-code="untyped-decorator"

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, inline="always")
def smooth_min(a: float, b: float, k: float) -> float:
    """Union of two shapes with a fillet of about ``k`` mm."""
    h = max(k - abs(a - b), 0.0) / k
    return min(a, b) - h * h * k * 0.25


@njit(cache=True, inline="always")
def smooth_max(a: float, b: float, k: float) -> float:
    """Intersection of two shapes with a fillet of about ``k`` mm."""
    return -smooth_min(-a, -b, k)


@njit(cache=True)
def ball(x: float, y: float, z: float, c: tuple[float, float, float], r: float) -> float:
    """Sphere around ``c``."""
    return np.sqrt((x - c[0]) ** 2 + (y - c[1]) ** 2 + (z - c[2]) ** 2) - r


@njit(cache=True)
def ellipsoid(
    x: float, y: float, z: float, c: tuple[float, float, float], r: tuple[float, float, float]
) -> float:
    """Ellipsoid with axes along x, y, z."""
    px, py, pz = x - c[0], y - c[1], z - c[2]
    k0 = np.sqrt((px / r[0]) ** 2 + (py / r[1]) ** 2 + (pz / r[2]) ** 2)
    k1 = np.sqrt((px / r[0] ** 2) ** 2 + (py / r[1] ** 2) ** 2 + (pz / r[2] ** 2) ** 2)
    return k0 * (k0 - 1.0) / k1 if k1 > 1e-9 else -min(r[0], r[1], r[2])


@njit(cache=True)
def rod(
    x: float, y: float, z: float,
    a: tuple[float, float, float], ra: float, b: tuple[float, float, float], rb: float,
) -> float:  # fmt: skip
    """Capsule from ``a`` to ``b`` whose radius goes from ``ra`` to ``rb``."""
    bx, by, bz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    px, py, pz = x - a[0], y - a[1], z - a[2]
    t = (px * bx + py * by + pz * bz) / (bx * bx + by * by + bz * bz)
    t = min(max(t, 0.0), 1.0)
    far = np.sqrt((px - t * bx) ** 2 + (py - t * by) ** 2 + (pz - t * bz) ** 2)
    return far - (ra + t * (rb - ra))


@njit(cache=True)
def bow(
    x: float, y: float, z: float, a: tuple[float, float, float], b: tuple[float, float, float],
    c: tuple[float, float, float], r: tuple[float, float, float],
) -> float:  # fmt: skip
    """Bent rod along the quadratic Bézier curve of a, b, c; radii ``r`` at its start, middle and end."""
    far = 1e30
    last, last_r = a, r[0]
    for n in range(1, 11):
        t = n / 10.0
        u, v, w = (1 - t) * (1 - t), 2 * t * (1 - t), t * t
        point = (
            u * a[0] + v * b[0] + w * c[0], u * a[1] + v * b[1] + w * c[1], u * a[2] + v * b[2] + w * c[2],
        )  # fmt: skip
        # the parabola through the three radii
        radius = r[0] + t * (4 * r[1] - 3 * r[0] - r[2]) + 2 * t * t * (r[0] - 2 * r[1] + r[2])
        far = min(far, rod(x, y, z, last, last_r, point, radius))
        last, last_r = point, radius
    return far


@njit(cache=True)
def at(table: NDArray[np.float64], start: float, step: float, value: float, column: int) -> float:
    """Linear interpolation in one column of a table over even steps; constant beyond its ends."""
    s = (value - start) / step
    n = len(table) - 1
    if s <= 0:
        return table[0, column]
    if s >= n:
        return table[n, column]
    i = int(s)
    return table[i, column] + (s - i) * (table[i + 1, column] - table[i, column])


@njit(cache=True)
def at2(
    table: NDArray[np.float64], y0: float, z0: float, step: float, y: float, z: float, layer: int
) -> float:
    """Bilinear interpolation in one layer of a table (layers, ny, nz); constant beyond its edges."""
    a = min(max((y - y0) / step, 0.0), table.shape[1] - 1.001)
    b = min(max((z - z0) / step, 0.0), table.shape[2] - 1.001)
    i, j = int(a), int(b)
    u, v = a - i, b - j
    low = table[layer, i, j] * (1 - v) + table[layer, i, j + 1] * v
    high = table[layer, i + 1, j] * (1 - v) + table[layer, i + 1, j + 1] * v
    return low * (1 - u) + high * u
