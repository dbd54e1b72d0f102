"""The reference heart as a balanced steady-state cine sees it: chambers, walls, vessels, valves, fat.

Signals are signed: at the echo time of these sequences fat points against water, so that a pixel that holds
both is dark (the black line round muscle that lies in fat).
"""

# mypy: disable-error-code="untyped-decorator"

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.reference.left_ventricle import (
    APEX_MM,
    BASE_MM,
    BEND_PER_MM,
    HALF_MM,
    OBLIQUE,
    OVAL,
    TABLE_LOW,
    TABLE_STEP,
    UNEVEN_MM,
    WALL_MM,
    LeftVentricle,
)
from twin.reference.shapes import ellipsoid, rod, smooth_min

BLOOD, MUSCLE, VALVE, FAT = 470.0, 104.0, 150.0, -520.0

RIGHT_ATRIUM, LEFT_ATRIUM, RIGHT_VENTRICLE, AORTA = 0, 1, 2, 3

REACH_MM = 100.0
"""What moves lies within this distance of ``MIDDLE``."""

MIDDLE = (18.0, 0.0, 8.0)
MITRAL, MITRAL_MM = (-6.0, -5.0), 20.0
"""Middle of the mitral ring beside the axis, and its radius."""

ATRIUM_TOP, ATRIUM_DEEP = 80.0, 10.0
"""Height of the atria's roof; how far under the ring their ellipsoids would end: they are cut there."""

# papillary muscles: angle from the septum, heights at the R wave from wall to tip, radius (mm)
_PAPILLARY = ((2.45, -38.0, -4.0, 4.6), (4.85, -36.0, -6.0, 4.4))

# vessels as chains of points in the ventricle's own axes, with radii, mm; those marked True at their root
# come down with the base
_VESSELS: tuple[tuple[int, bool, tuple[tuple[float, float, float, float], ...]], ...] = (
    (AORTA, True, ((12.0, 12.5, 24.0, 11.5), (14.0, 15.0, 38.0, 14.0), (17.0, 24.0, 54.0, 12.5),
                   (22.0, 48.0, 64.0, 12.5), (10.0, 82.0, 86.0, 12.5), (-20.0, 86.0, 120.0, 12.0))),
    (RIGHT_VENTRICLE, True, ((42.0, 24.0, 8.0, 15.0), (36.0, 38.0, 36.0, 13.0), (16.0, 48.0, 58.0, 12.0),
                             (-8.0, 52.0, 78.0, 12.0), (-14.0, 44.0, 104.0, 9.0))),
    (RIGHT_ATRIUM, False, ((50.0, 6.0, 62.0, 10.0), (38.0, 60.0, 92.0, 9.5), (26.0, 110.0, 134.0, 9.0))),
    (RIGHT_ATRIUM, False, ((54.0, -22.0, 46.0, 11.0), (66.0, -70.0, 20.0, 12.0), (78.0, -110.0, 0.0, 12.5))),
    (LEFT_ATRIUM, False, ((-18.0, 8.0, 66.0, 8.0), (-58.0, 22.0, 84.0, 6.5))),
    (LEFT_ATRIUM, False, ((-20.0, -12.0, 62.0, 8.0), (-58.0, -26.0, 66.0, 6.0))),
    (LEFT_ATRIUM, False, ((8.0, 10.0, 72.0, 8.0), (40.0, 34.0, 98.0, 6.5))),
    (LEFT_ATRIUM, False, ((6.0, -16.0, 70.0, 8.0), (52.0, -30.0, 96.0, 6.0))),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Chambers:
    """The heart at one moment, as the painter wants it.

    Attributes
    ----------
    table : ndarray, shape (n, 6)
        ``LeftVentricle.table``.
    state : ndarray, shape (6,)
        Height of the base, contraction, opening of the mitral and of the aortic valve (0 to 1), radius of
        the cavity's spheroid at the R wave, share of its section now.
    rods : ndarray, shape (n, 9)
        Vessels: two ends and radii, and the chamber they belong to.
    papillary : ndarray, shape (2, 8)
        Two ends and radii.
    """

    table: NDArray[np.float64]
    state: NDArray[np.float64]
    rods: NDArray[np.float64]
    papillary: NDArray[np.float64]

    @property
    def contraction(self) -> float:
        """0 at the R wave, 1 at the end of systole."""
        return float(self.state[1])


def chambers(left: LeftVentricle, phase: float) -> Chambers:
    """Return the heart at a fraction of the cycle."""
    mitral = float(
        np.clip(np.interp(phase % 1.0, [0.0, 0.03, 0.42, 0.47, 0.97, 1.0], [0.4, 0, 0, 1, 1, 0.4]), 0, 1)
    )
    aortic = float(np.interp(phase % 1.0, [0.0, 0.05, 0.08, 0.34, 0.38, 1.0], [0, 0, 1, 1, 0, 0]))
    down = left.base_mm - BASE_MM
    rods = []
    for chamber, moves, points in _VESSELS:
        chain = np.array(points)
        if moves:
            chain[:, 2] += down * np.array([1.0, 0.7, 0.2, *np.zeros(len(chain) - 3)])
        rods += [[*a[:3], a[3], *b[:3], b[3], chamber] for a, b in pairwise(chain)]
    papillary = [_papillary(left, *p) for p in _PAPILLARY]
    state = [left.base_mm, left.contraction, mitral, aortic, left.radius_mm, left.inner_share]
    return Chambers(left.table, np.array(state), np.array(rods, dtype=float), np.array(papillary))


def _papillary(left: LeftVentricle, angle: float, low: float, high: float, radius: float) -> list[float]:
    """A papillary muscle: from the wall toward the ring, thicker as it shortens, its volume kept."""
    z = np.array([low, high])
    wall = np.sqrt(left.inner_share * left.inner_squared(z))
    out = wall * (0.9, 0.58)
    turned = angle + left.turn(z)
    height = left.height(z)
    thick = radius * np.sqrt((high - low) / (height[1] - height[0]))
    ends = np.stack([out * np.cos(turned), out * np.sin(turned), height], axis=1)
    return [*ends[0], thick, *ends[1], 0.8 * thick]


@njit(cache=True, inline="always")
def over(below: float, above: float, d: float) -> float:
    """Paint over what is below where ``d``, a distance in mm, is negative; soft over a millimeter."""
    return below + (above - below) * min(max(0.5 - d, 0.0), 1.0)


@njit(cache=True, inline="always")
def own_axes(
    px: float, py: float, pz: float, axes: NDArray[np.float64], center: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Take LPS mm to the ventricle's own axes, its shears undone."""
    px, py, pz = px - center[0], py - center[1], pz - center[2]
    across = axes[0, 0] * px + axes[0, 1] * py + axes[0, 2] * pz
    y = axes[1, 0] * px + axes[1, 1] * py + axes[1, 2] * pz
    z = axes[2, 0] * px + axes[2, 1] * py + axes[2, 2] * pz - OBLIQUE * across
    return (across - BEND_PER_MM * z * z) / OVAL, OVAL * y, z


@njit(cache=True, fastmath=True)
def _spheroid(r2: float, z: float, across: float, along: float) -> float:
    """Distance from a spheroid about the z axis, first order."""
    k = np.sqrt(r2 / across**2 + (z / along) ** 2)
    slope = np.sqrt(r2 / across**4 + z * z / along**4)
    return k * (k - 1.0) / slope if k > 1e-3 else -across


@njit(cache=True, fastmath=True)
def heart(
    x: float, y: float, z: float, value: float,
    table: NDArray[np.float64], state: NDArray[np.float64],
    rods: NDArray[np.float64], papillary: NDArray[np.float64],
) -> float:  # fmt: skip
    """Paint the heart over ``value`` at a place in its own axes."""
    base, tight = state[0], state[1]
    s = min(max((z - TABLE_LOW) / TABLE_STEP, 0.0), len(table) - 1.001)
    n = int(s)
    part = s - n
    then = table[n, 1] + part * (table[n + 1, 1] - table[n, 1])
    inner_then2 = table[n, 2] + part * (table[n + 1, 2] - table[n, 2])
    inner_now2 = table[n, 3] + part * (table[n + 1, 3] - table[n, 3])
    stretch = table[n, 4] + part * (table[n + 1, 4] - table[n, 4])
    r2 = x * x + y * y
    then2 = max(inner_then2 + stretch * (r2 - inner_now2), 0.0)
    angle = np.arctan2(y, x) - table[n, 5] - part * (table[n + 1, 5] - table[n, 5])
    wide = state[4] + WALL_MM + UNEVEN_MM * np.cos(angle)
    outer = max(_spheroid(then2, then, wide, HALF_MM + APEX_MM), z - base)

    middle, half = 0.5 * (ATRIUM_TOP + base - ATRIUM_DEEP), 0.5 * (ATRIUM_TOP - base + ATRIUM_DEEP)
    under = base - 3.0 - z
    right_a = max(ellipsoid(x, y, z, (51.0, -6.0, middle - 4.0), (26.0, 28.0, half)), under)
    left_a = max(ellipsoid(x, y, z, (-7.0, -6.0, middle), (26.0, 29.0, half)), under)
    right_v = ellipsoid(
        x, y, then, (23.0 + 0.1 * then, 2.0, 4.0), (42.0 - 9.5 * tight, 41.0 - 5.0 * tight, 64.0)
    )
    right_v = max(right_v, z - base)
    sac = smooth_min(smooth_min(outer, right_v - 3.0, 24.0), smooth_min(left_a, right_a, 16.0), 26.0)
    right_a, left_a, right_v, aorta = _with_vessels(x, y, z, right_a, left_a, right_v, under, rods)
    near = min(sac, aorta, right_a, left_a, right_v)
    if near > 7.0:
        return value
    thick = -1.0 + 5.5 * min(max((x + 8.0) / 40.0, 0.0), 1.0)
    value = over(value, MUSCLE * 0.5, sac - max(thick, 0.0) - 0.8)  # the pericardium
    value = over(value, FAT, sac - thick)
    shine = BLOOD * (1.0 + 0.06 * np.sin(x / 5.3 + 0.7 * np.sin(z / 7.0)) * np.sin(y / 6.1 + z / 9.7))
    value = over(value, MUSCLE, right_a - 1.4)
    value = over(value, shine, right_a)
    value = over(value, MUSCLE, left_a - 1.6)
    value = over(value, shine, left_a)
    value = _right(x, y, z, then, value, right_v, base, shine, tight)
    value = over(value, MUSCLE * 0.9, max(aorta - 1.6, base - z))
    value = over(value, shine, max(aorta, base - 2.0 - z))
    if state[3] < 0.5:
        value = over(value, VALVE, max(abs(z - base - 4.0) - 0.6, aorta))
    value = over(value, MUSCLE, outer)
    if outer < 1.0 or z < base + 1.0:
        inner = max(_spheroid(r2, then, state[4] * np.sqrt(state[5]), HALF_MM), z - base)
        if inner < 1.0:
            value = _cavity(x, y, z, angle, then, value, inner, shine, papillary)
    return _mitral(x, y, z, value, base, state[2])


@njit(cache=True, fastmath=True)
def _with_vessels(
    x: float, y: float, z: float, right_a: float, left_a: float, right_v: float, under: float,
    rods: NDArray[np.float64],
) -> tuple[float, float, float, float]:  # fmt: skip
    """Join each chamber's vessels to its distance; the aorta's own distance comes last."""
    aorta = 1e3
    for m in range(len(rods)):
        q = rods[m]
        if z < min(q[2], q[6]) - 22.0 or z > max(q[2], q[6]) + 22.0:
            continue
        d = rod(x, y, z, (q[0], q[1], q[2]), q[3], (q[4], q[5], q[6]), q[7])
        if q[8] == RIGHT_ATRIUM:
            right_a = min(right_a, d)
        elif q[8] == LEFT_ATRIUM:
            left_a = min(left_a, d)
        elif q[8] == RIGHT_VENTRICLE:
            right_v = smooth_min(right_v, d, 8.0)
        else:
            aorta = min(aorta, max(d, under))
    return right_a, left_a, right_v, aorta


@njit(cache=True, fastmath=True)
def _right(
    x: float, y: float, z: float, then: float, value: float, d: float, base: float, shine: float, tight: float
) -> float:
    """The right ventricle with its thin wall, trabeculae, moderator band and tricuspid leaflets."""
    value = over(value, MUSCLE, max(d - 3.2 - 1.4 * tight, z - base) if x < 30.0 or y < 10.0 else d - 3.2)
    value = over(value, shine, d)
    if d < 0.5:
        rough = np.sin(x / 3.1 + 1.3 * np.sin(then / 9.0)) + np.sin(y / 2.9 + then / 13.0) - 0.7
        deep = 5.0 - 0.06 * then
        if then < 5.0:
            value = over(value, MUSCLE, max(-1.2 * rough, -d - deep, d))
        band = rod(x, y, z, (34.0, 20.0, -26.0), 2.6, (57.0 - 8.0 * tight, -4.0, -14.0), 2.2)
        value = over(value, MUSCLE, max(band, d))
        leaf = abs(z - base + 4.0 + 9.0 * (1.0 - tight) * np.cos((x - 50.0) / 9.0)) - 0.7
        value = over(value, VALVE + 90.0, max(leaf, d))
    return value


@njit(cache=True, fastmath=True)
def _cavity(
    x: float, y: float, z: float, angle: float, then: float, value: float, d: float, shine: float,
    papillary: NDArray[np.float64],
) -> float:  # fmt: skip
    """The left cavity: blood, papillary muscles, and trabeculae along the wall below the middle."""
    value = over(value, shine, d)
    rough = np.sin(7.0 * angle + 0.11 * then) + np.sin(11.3 * angle - 0.17 * then) - 0.7
    deep = 1.6 - 0.03 * then
    if then < 8.0:
        value = over(value, MUSCLE * 1.3, max(-1.4 * rough, -d - deep, d))
    for m in range(len(papillary)):
        q = papillary[m]
        muscle = rod(x, y, z, (q[0], q[1], q[2]), q[3], (q[4], q[5], q[6]), q[7])
        value = over(value, MUSCLE, max(muscle, d))
    return value


@njit(cache=True, fastmath=True)
def _mitral(x: float, y: float, z: float, value: float, base: float, opening: float) -> float:
    """The mitral leaflets: a cone from the ring to their tips, thin and brighter than muscle."""
    out = np.sqrt((x - MITRAL[0]) ** 2 + (y - MITRAL[1]) ** 2)
    if abs(z - base) > 24.0 or out > MITRAL_MM + 4.0:
        return value
    tip = (1.0 + 11.0 * opening, 0.0, base - 6.0 - 10.0 * opening)
    leaf = rod(out, 0.0, z, (MITRAL_MM, 0.0, base), 0.9, tip, 0.7)
    return over(value, VALVE, leaf)
