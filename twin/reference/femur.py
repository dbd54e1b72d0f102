"""The reference left femur as an implicit shape in patient space (LPS mm, hip centres at z = 0).

Measures are those of a textbook adult: head diameter 47 mm, neck-shaft angle 127°,
anteversion 15° against the posterior condyles, offset 43 mm, anterior bow, valgus shaft.
"""

# mypy: disable-error-code="untyped-decorator"

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.reference.shapes import at, ball, ellipsoid, rod, smooth_max, smooth_min

HEAD = (88.0, 0.0, 0.0)
HEAD_RADIUS = 23.5
NECK_SHAFT_DEG = 127.0
ANTEVERSION_DEG = 15.0
OFFSET_MM = 43.0
KNEE = (87.0, 4.0, -388.0)

Z0, Z_STEP = -420.0, 1.0

# z: centre x, centre y, half-width along x, half-width along y of the shaft's cross-section
_SHAFT = np.array([
    [-15.0, 127.5, 11.0, 14.0, 11.0],
    [-45.0, 124.5, 10.5, 18.0, 14.5],
    [-62.0, 122.5, 10.0, 17.2, 15.2],
    [-82.0, 120.5, 8.2, 15.6, 14.8],
    [-115.0, 117.5, 4.5, 14.2, 14.4],
    [-160.0, 113.0, 0.2, 13.5, 13.9],
    [-210.0, 107.6, -2.6, 13.2, 13.7],
    [-260.0, 102.0, -2.4, 13.7, 13.9],
    [-300.0, 97.3, -0.4, 15.6, 14.8],
    [-325.0, 94.2, 1.4, 19.0, 15.8],
    [-345.0, 91.5, 2.6, 24.0, 17.2],
    [-362.0, 89.2, 3.0, 30.0, 18.6],
    [-378.0, 87.5, 3.0, 34.5, 19.5],
    [-395.0, 87.0, 3.0, 35.0, 19.5],
])  # fmt: skip


def neck_base() -> tuple[float, float, float]:
    """Where the neck's axis meets the shaft's, from the angles above."""
    up = np.array([_SHAFT[1, 1] - KNEE[0], 0.0, _SHAFT[1, 0] - KNEE[2]])
    up /= np.linalg.norm(up)
    medial = np.array([-1.0, 0.0, 0.0])
    medial -= up * (medial @ up)
    medial /= np.linalg.norm(medial)
    anterior = np.array([0.0, -1.0, 0.0])
    turn, rise = np.radians(ANTEVERSION_DEG), np.radians(NECK_SHAFT_DEG - 90)
    across = np.cos(turn) * medial + np.sin(turn) * anterior
    base = np.array(HEAD) - OFFSET_MM * (across + np.tan(rise) * up)
    return float(base[0]), float(base[1]), float(base[2])


NECK_BASE = neck_base()


def shaft_table() -> NDArray[np.float64]:
    """Return centre and half-widths of the shaft every millimetre of z from ``Z0`` up; shape (n, 4)."""
    from scipy.interpolate import CubicSpline

    order = np.argsort(_SHAFT[:, 0])
    spline = CubicSpline(_SHAFT[order, 0], _SHAFT[order, 1:], bc_type="natural")
    z = np.clip(np.arange(Z0, 1.0, Z_STEP), -395, -15)
    return np.ascontiguousarray(spline(z))


@njit(cache=True)
def femur(x: float, y: float, z: float, shaft: NDArray[np.float64]) -> float:
    """The whole left femur."""
    if z < -300:
        return smooth_min(_tube(x, y, z, shaft), _knee(x, y, z), 13.0)
    d = _tube(x, y, z, shaft)
    return smooth_min(d, _top(x, y, z), 9.0) if z > -130 else d


@njit(cache=True)
def _tube(x: float, y: float, z: float, shaft: NDArray[np.float64]) -> float:
    cx, cy = at(shaft, Z0, Z_STEP, z, 0), at(shaft, Z0, Z_STEP, z, 1)
    rx, ry = at(shaft, Z0, Z_STEP, z, 2), at(shaft, Z0, Z_STEP, z, 3)
    px, py = x - cx, y - cy
    k0 = np.sqrt((px / rx) ** 2 + (py / ry) ** 2)
    k1 = np.sqrt((px / rx**2) ** 2 + (py / ry**2) ** 2)
    d = k0 * (k0 - 1.0) / k1 if k1 > 1e-9 else -min(rx, ry)
    # linea aspera: a ridge along the back of the shaft
    along = min(max((-95.0 - z) / 45.0, 0.0), 1.0) * min(max((z + 330.0) / 60.0, 0.0), 1.0)
    if along > 0 and py > 0:
        d -= 2.6 * along * np.exp(-((px / 4.2) ** 2))
    d = smooth_max(d, -388.0 - z, 16.0)
    return smooth_max(d, z + 24.0, 16.0)


@njit(cache=True)
def _top(x: float, y: float, z: float) -> float:
    """Head, neck and trochanters."""
    head = ball(x, y, z, HEAD, HEAD_RADIUS)
    mid = (
        0.5 * (HEAD[0] + NECK_BASE[0]), 0.5 * (HEAD[1] + NECK_BASE[1]), 0.5 * (HEAD[2] + NECK_BASE[2]),
    )  # fmt: skip
    d = smooth_min(head, rod(x, y, z, HEAD, 15.5, mid, 14.6), 7.0)
    neck = rod(x, y, z, mid, 14.6, NECK_BASE, 19.0)
    calcar = rod(x, y, z, mid, 12.0, (118.0, 10.5, -62.0), 13.0)
    d = smooth_min(d, smooth_min(neck, calcar, 10.0), 6.0)
    greater = rod(x, y, z, (130.0, 11.0, -46.0), 18.0, (136.5, 13.5, -20.0), 13.0)
    tip = rod(x, y, z, (137.0, 16.0, -20.0), 12.0, (132.0, 20.0, -8.0), 9.5)
    d = smooth_min(d, smooth_min(greater, tip, 11.0), 12.0)
    # fossa between the tip and the neck
    d = smooth_max(d, -rod(x, y, z, (114.0, 27.0, -2.0), 8.0, (121.0, 20.0, -11.0), 4.0), 8.0)
    crest = rod(x, y, z, (133.5, 23.0, -19.0), 6.0, (116.0, 22.5, -56.0), 6.0)
    d = smooth_min(d, crest, 8.0)
    lesser = rod(x, y, z, (117.5, 13.0, -62.0), 11.0, (108.5, 23.5, -64.0), 6.2)
    return smooth_min(d, lesser, 7.0)


@njit(cache=True)
def _knee(x: float, y: float, z: float) -> float:
    """Condyles, trochlea, notch and epicondyles."""
    kx = KNEE[0]
    d = ellipsoid(x, y, z, (kx, -5.0, -383.0), (33.0, 19.0, 24.0))
    for side in (-1.0, 1.0):
        # the medial condyle is the longer, the lateral one the taller in front
        medial = side < 0
        back = ellipsoid(x, y, z, (kx + side * 25.0, 16.0, -388.0), (14.5, 21.0, 21.5))
        under = ellipsoid(x, y, z, (kx + side * 23.5, 1.0, -388.5), (15.5, 27.0, 22.5))
        front = ellipsoid(x, y, z, (kx + side * 17.0, -14.0 if medial else -16.0, -379.0), (13.5, 12.5, 20.0))
        d = smooth_min(d, smooth_min(smooth_min(back, under, 6.0), front, 8.0), 6.0)
        d = smooth_min(d, ball(x, y, z, (kx + side * 36.5, 5.0, -378.0), 6.5), 9.0)
    # the notch between the condyles, open below and behind
    notch = rod(x, y, z, (kx, 10.0, -403.0), 9.5, (kx, 44.0, -394.0), 11.0)
    notch = min(notch, rod(x, y, z, (kx, 12.0, -418.0), 10.5, (kx, 48.0, -410.0), 11.5))
    d = smooth_max(d, -notch, 6.0)
    # the groove in which the kneecap runs
    groove = rod(x, y, z, (kx, -45.0, -362.0), 18.0, (kx, -36.0, -398.0), 15.0)
    groove = min(groove, rod(x, y, z, (kx, -36.0, -398.0), 15.0, (kx, -14.0, -421.0), 13.0))
    return smooth_max(d, -groove, 8.0)
