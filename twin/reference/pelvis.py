"""The reference pelvis as implicit shapes in patient space: left hip bone, and sacrum and L5 of both sides.

The hip bone's wing is a curved blade: its lateral position, thickness and outline are smooth
functions of (y, z), tabled once. Joints are cut by distance: the acetabulum is what lies 3 mm
off the femur, the sacroiliac joint what lies 3 mm off the sacrum.
"""

# mypy: disable-error-code="untyped-decorator"

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.reference.femur import HEAD, HEAD_RADIUS, femur
from twin.reference.shapes import at, at2, ball, bow, ellipsoid, rod, smooth_max, smooth_min

JOINT_SPACE_MM = 3.0
SACROILIAC_MM = 3.2
FACET_MM = 4.0
SYMPHYSIS_HALF_MM = 2.0

Y0, YZ0, STEP = -75.0, -60.0, 1.0

# (y, z) of the wing's outline, seen from the side: from the front of the acetabulum over the
# spines and the crest to the back, round the greater sciatic notch, to the ischium
_OUTLINE = np.array([
    [-26, 4], [-35, 16], [-41, 27], [-36, 37], [-38, 50], [-49, 62], [-52, 71], [-42, 85], [-26, 99],
    [-4, 110], [18, 114], [40, 111], [60, 103], [78, 91], [91, 78], [97, 66], [95, 55], [89, 45], [80, 39],
    [68, 38], [57, 33], [51, 22], [48, 8], [42, -6], [28, -16], [6, -18], [-14, -10],
], dtype=float)  # fmt: skip

# y, z: lateral position x of the wing's middle, and its thickness
_WING = np.array([
    [-38, 29, 101, 17], [-48, 68, 121, 12], [-38, 88, 129, 11], [-22, 100, 133, 11], [0, 110, 135, 10],
    [20, 113, 133, 10], [45, 109, 120, 10], [65, 100, 102, 12], [82, 87, 79, 14], [95, 66, 54, 13],
    [90, 50, 53, 14], [58, 36, 66, 13], [50, 20, 71, 15], [45, 2, 73, 16], [20, 20, 86, 20],
    [-15, 25, 95, 20],
    [0, 40, 99, 15], [0, 60, 106, 7], [15, 75, 110, 5], [30, 70, 99, 6], [-25, 60, 112, 9], [-25, 80, 122, 8],
    [5, 92, 124, 7], [40, 90, 106, 7], [40, 50, 85, 10], [60, 62, 70, 17], [75, 60, 60, 19], [60, 80, 85, 12],
    [75, 75, 70, 17], [30, -5, 80, 16], [-10, 0, 88, 16], [10, 85, 119, 6], [-38, 45, 107, 12],
], dtype=float)  # fmt: skip

# y, z of the sacrum's middle line, half-width along x, half-thickness across
_SACRUM = np.array([
    [36, 76, 54, 20], [46, 66, 55.5, 19.5], [58, 54, 52.5, 18], [68, 43, 45, 16], [76, 30, 36, 13.5],
    [81, 15, 30, 11.5], [82, 0, 24, 9.5], [78, -14, 15, 7.5], [70, -27, 8, 5.5],
], dtype=float)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Tables:
    """What the shapes need in tables, made once.

    Attributes
    ----------
    wing : ndarray, shape (4, ny, nz)
        x of the middle, obliquity (1 / sqrt(1 + |grad x|²)), thickness, signed distance to the outline.
    sacrum : ndarray, shape (n, 6)
        y, z, half-width, half-thickness, and length along the line of each of its points.
    """

    wing: NDArray[np.float64]
    sacrum: NDArray[np.float64]


def tables() -> Tables:
    """Fit the wing and the sacrum's line through their measures."""
    from scipy.interpolate import CubicSpline, RBFInterpolator, splev, splprep

    y, z = np.arange(Y0, 125.0, STEP), np.arange(YZ0, 135.0, STEP)
    grid = np.stack(np.meshgrid(y, z, indexing="ij"), axis=-1)
    flat = grid.reshape(-1, 2)
    fit = RBFInterpolator(_WING[:, :2], _WING[:, 2:], smoothing=3.0, kernel="thin_plate_spline")
    middle, thick = fit(flat).reshape(*grid.shape[:2], 2).transpose(2, 0, 1)
    slope = np.gradient(middle, STEP)
    knots, _ = splprep(np.vstack([_OUTLINE, _OUTLINE[:1]]).T, per=True, s=len(_OUTLINE) * 0.1)
    outline = np.stack(splev(np.linspace(0, 1, 400, endpoint=False), knots), axis=1)
    edge = _distance_to_polygon(flat, outline).reshape(grid.shape[:2])
    lip = 4.0 * np.exp(-(((edge + 4.0) / 5.0) ** 2)) * np.clip((grid[..., 1] - 55) / 25, 0, 1)
    thick = np.clip(thick, 4.5, 22.0) + lip
    wing = np.stack([middle, 1 / np.sqrt(1 + slope[0] ** 2 + slope[1] ** 2), thick, edge])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(_SACRUM[:, :2], axis=0), axis=1))])
    s = np.arange(0.0, along[-1], 2.0)
    line = CubicSpline(along, _SACRUM)(s)
    return Tables(np.ascontiguousarray(wing), np.ascontiguousarray(np.column_stack([line, s])))


def _distance_to_polygon(points: NDArray[np.float64], polygon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Signed distance in the plane, negative inside (even-odd rule)."""
    nearest = np.full(len(points), np.inf)
    inside = np.zeros(len(points), bool)
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        ab, ap = b - a, points - a
        t = np.clip(ap @ ab / (ab @ ab), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(ap - t[:, None] * ab, axis=1))
        crosses = (a[1] > points[:, 1]) != (b[1] > points[:, 1])
        if a[1] != b[1]:
            inside ^= crosses & (points[:, 0] < ab[0] * (points[:, 1] - a[1]) / ab[1] + a[0])
    return np.where(inside, -nearest, nearest)


@njit(cache=True)
def sacrum(x: float, y: float, z: float, line: NDArray[np.float64]) -> float:
    """Sacrum with its canal and foramina; symmetric in x."""
    x = abs(x)
    s, across = _on_line(y, z, line)
    rx, rn = at(line, 0.0, 2.0, s, 2), at(line, 0.0, 2.0, s, 3)
    # thin at the sides, a body in the middle, a crest behind
    p = (abs(x) / rx) ** 2.4 + (abs(across) / rn) ** 2.4
    k0 = p ** (1 / 2.4)
    gx = (x / rx) ** 1.4 / rx
    gn = (abs(across) / rn) ** 1.4 / rn
    grow = np.sqrt(gx * gx + gn * gn)
    d = (k0 - 1.0) * (k0**1.4 / grow if grow > 1e-9 else min(rx, rn))
    d = smooth_max(d, -s + 1.0, 5.0)
    last = line[len(line) - 1, 4]
    d = smooth_max(d, s - last, 6.0)
    for n in range(4):  # spines of the median crest
        t = 9.0 + 18.0 * n
        r = at(line, 0.0, 2.0, t, 3)
        d = smooth_min(d, np.sqrt(x * x + (across - r) ** 2 + 0.35 * (s - t) ** 2) - (6.5 - n), 7.0)
    for n in range(4):  # foramina run straight through
        t = 17.0 + 16.0 * n
        w = 19.5 - 2.0 * n
        hole = np.sqrt((x - w) ** 2 + (s - t) ** 2) - (4.6 - 0.5 * n)
        d = smooth_max(d, -hole, 3.0)
    canal = np.sqrt((0.75 * x) ** 2 + (across - 0.42 * rn) ** 2) - (6.0 - 0.045 * s)
    if s < 70:
        d = smooth_max(d, -canal, 3.0)
    return d


@njit(cache=True)
def _on_line(y: float, z: float, line: NDArray[np.float64]) -> tuple[float, float]:
    """Return the length along the sacrum's middle line nearest to a point, and the distance behind it."""
    best, s, across = 1e30, 0.0, 0.0
    last = len(line) - 2
    for i in range(last + 1):
        ay, az = line[i, 0], line[i, 1]
        by, bz = line[i + 1, 0] - ay, line[i + 1, 1] - az
        length = np.sqrt(by * by + bz * bz)
        t = ((y - ay) * by + (z - az) * bz) / (length * length)
        low, high = -1e3 if i == 0 else 0.0, 1e3 if i == last else 1.0
        t = min(max(t, low), high)
        ey, ez = y - ay - t * by, z - az - t * bz
        far = ey * ey + ez * ez
        if far < best:
            best = far
            s = line[i, 4] + t * 2.0
            side = (y - ay) * -bz + (z - az) * by
            across = np.sqrt(far) if side > 0 else -np.sqrt(far)
    return s, across


@njit(cache=True)
def vertebra(x: float, y: float, z: float, line: NDArray[np.float64]) -> float:
    """The fifth lumbar vertebra, symmetric in x, kept off the sacrum."""
    x = abs(x)
    # its axis leans 18° forward
    c, s = 0.951, 0.309
    v = (z - 91.0) * c - (y - 20.0) * s
    u = (y - 20.0) * c + (z - 91.0) * s
    k0 = np.sqrt((x / 25.5) ** 2 + (u / 17.5) ** 2)
    waist = 1.6 * (1.0 - min(abs(v) / 13.0, 1.0) ** 2)
    d = (k0 - 1.0) * 18.0 + waist
    d = smooth_max(d, abs(v) - 13.0, 3.5)
    d = smooth_min(d, rod(x, u, v, (15.0, 12.0, 4.0), 7.5, (17.0, 28.0, 3.0), 6.5), 6.0)
    d = smooth_min(d, rod(x, u, v, (17.0, 27.0, 4.0), 6.5, (44.0, 26.0, 9.0), 4.6), 7.0)
    d = smooth_min(d, rod(x, u, v, (17.0, 33.0, 3.0), 5.0, (0.0, 46.0, 0.0), 5.0), 5.0)
    d = smooth_min(d, rod(x, u, v, (16.0, 34.0, -6.0), 5.0, (0.0, 47.0, -8.0), 4.6), 5.0)
    for n in range(3):  # the spinous process is a plate on edge
        d = smooth_min(
            d, rod(x, u, v, (0.0, 46.0, 1.0 - 5.0 * n), 4.2, (0.0, 67.0, -3.0 - 5.0 * n), 4.0), 4.0
        )
    d = smooth_min(d, rod(x, u, v, (18.0, 32.0, 11.0), 6.5, (19.0, 34.0, -15.0), 6.5), 6.0)
    return max(d, FACET_MM - sacrum(x, y, z, line))


@njit(cache=True)
def hip_bone(
    x: float, y: float, z: float,
    wing: NDArray[np.float64], line: NDArray[np.float64], shaft: NDArray[np.float64],
) -> float:  # fmt: skip
    """The left hip bone."""
    d = smooth_min(_ring(x, y, z), _acetabulum(x, y, z), 13.0)
    if z > YZ0 + 2:
        d = smooth_min(d, _wing(x, y, z, wing), 13.0)
    if d > 8.0:
        return d
    d = smooth_max(d, SYMPHYSIS_HALF_MM - x, 2.0)
    # floor of the acetabulum: a fossa without cartilage, open below
    fossa = ball(x, y, z, (HEAD[0] - 12.5, 2.0, -9.0), 14.0)
    fossa = min(fossa, rod(x, y, z, (HEAD[0] - 9.0, 2.0, -14.0), 9.5, (HEAD[0] + 2.0, 0.0, -46.0), 9.0))
    d = smooth_max(d, -fossa, 4.0)
    if y > 20 and x < 90:
        d = smooth_max(d, SACROILIAC_MM - sacrum(x, y, z, line), 3.0)
        d = max(d, FACET_MM - vertebra(x, y, z, line))
    return smooth_max(d, JOINT_SPACE_MM - femur(x, y, z, shaft), 3.0)


@njit(cache=True)
def _wing(x: float, y: float, z: float, wing: NDArray[np.float64]) -> float:
    edge = at2(wing, Y0, YZ0, STEP, y, z, 3)
    if edge > 25.0:
        return edge
    thick = at2(wing, Y0, YZ0, STEP, y, z, 2)
    off = abs(x - at2(wing, Y0, YZ0, STEP, y, z, 0)) * at2(wing, Y0, YZ0, STEP, y, z, 1)
    r = min(0.45 * thick, 5.0)
    a, b = off - (0.5 * thick - r), edge + r
    return np.sqrt(max(a, 0.0) ** 2 + max(b, 0.0) ** 2) + min(max(a, b), 0.0) - r


@njit(cache=True)
def _acetabulum(x: float, y: float, z: float) -> float:
    """The bone around the socket: a ball cut by the plane of the rim (inclination 45°, anteversion 18°)."""
    px, py, pz = x - HEAD[0], y - HEAD[1], z - HEAD[2]
    out = 0.672 * px - 0.309 * py - 0.672 * pz
    d = ball(x, y, z, (HEAD[0] - 1.0, HEAD[1] + 1.5, HEAD[2] + 1.5), HEAD_RADIUS + JOINT_SPACE_MM + 7.5)
    # the inner wall is flat, not round
    d = smooth_max(d, HEAD[0] - 33.0 - x + 0.12 * (z + 10.0), 14.0)
    return smooth_max(d, out - 5.0, 6.0)


@njit(cache=True)
def _ring(x: float, y: float, z: float) -> float:
    """Ischium and pubis round the obturator foramen."""
    upper = bow(x, y, z, (80.0, -20.0, -3.0), (50.0, -47.0, -3.0), (14.0, -51.0, -20.0), (14.0, 8.6, 8.5))
    body = ellipsoid(x, y, z, (10.0, -49.0, -30.0), (12.0, 8.5, 20.0))
    d = smooth_min(upper, body, 12.0)
    d = smooth_min(d, ball(x, y, z, (25.0, -54.5, -10.5), 4.5), 7.0)  # pubic tubercle
    lower = bow(x, y, z, (12.0, -46.0, -40.0), (24.0, -34.0, -57.0), (53.0, 12.0, -75.0), (7.5, 6.0, 8.0))
    d = smooth_min(d, lower, 11.0)
    ischium = bow(x, y, z, (77.0, 20.0, -10.0), (72.0, 40.0, -46.0), (55.0, 20.0, -72.0), (17.0, 13.0, 11.0))
    ischium = smooth_min(ischium, ellipsoid(x, y, z, (64.0, 34.0, -57.0), (12.0, 14.0, 18.0)), 10.0)
    spine = rod(x, y, z, (70.0, 41.0, -8.0), 9.0, (58.0, 54.0, -12.0), 3.6)
    ischium = smooth_min(ischium, spine, 12.0)
    return smooth_min(d, ischium, 13.0)
