"""What lies around the reference heart in a balanced steady-state cine: chest wall, lungs, liver, spine."""

# mypy: disable-error-code="untyped-decorator"

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.reference.chambers import BLOOD, FAT, MUSCLE, over
from twin.reference.shapes import ball, ellipsoid, rod

AIR, LUNG, WATER = 0.0, 16.0, 500.0
LIVER, SPLEEN, STOMACH, BOWEL, KIDNEY = 128.0, 165.0, 70.0, 110.0, 185.0
MARROW, DISK, CORD, MEDIASTINUM = -120.0, 75.0, 150.0, -230.0

HALF_WIDTH, HALF_DEPTH, ROUND = 170.0, 112.0, 2.4
"""Half axes of the chest's section and its exponent: between an ellipse and a rectangle."""

SKIN_MM, CHEST_MM = 2.0, 15.0
"""Thickness of the skin, and of ribs with their muscles."""

_HILA = ((48.0, 22.0, 38.0), (-50.0, 22.0, 36.0))


def lung_vessels(seed: int) -> NDArray[np.float64]:
    """Vessels of both lungs as tapering rods from the hila outward; shape (n, 8): ends and radii."""
    rng = np.random.default_rng(seed)
    rods = []
    for side, hilum in zip((1.0, -1.0), np.array(_HILA), strict=True):
        for _ in range(16):
            way = rng.normal(size=3) * (0.7, 0.9, 1.1) + (0.9 * side, 0.1, -0.2)
            way /= np.linalg.norm(way)
            start, radius = hilum + 6.0 * way, rng.uniform(2.2, 4.2)
            for part in range(3):
                end = start + (14.0 + 8.0 * part) * (way + 0.35 * rng.normal(size=3))
                rods.append([*start, radius, *end, 0.62 * radius])
                start, radius = end, 0.62 * radius
    return np.array(rods)


@njit(cache=True, fastmath=True)
def thorax(x: float, y: float, z: float, vessels: NDArray[np.float64]) -> float:
    """Return the signed signal at a place in LPS mm, without the heart."""
    p = (abs(x) / HALF_WIDTH) ** ROUND + (abs(y) / HALF_DEPTH) ** ROUND
    body = (p ** (1.0 / ROUND) - 1.0) * HALF_DEPTH
    if body > 1.0:
        return AIR
    value = over(AIR, MUSCLE, body)
    fat = 9.0 + 9.0 * min(abs(x) / HALF_WIDTH, 1.0) + 3.0 * np.tanh(y / 40.0)
    fat += 1.5 * np.sin(x / 31.0 + z / 45.0) * np.sin(y / 27.0 - z / 60.0)
    value = over(value, FAT, body + SKIN_MM)
    wall = body + SKIN_MM + fat
    value = over(value, MUSCLE, wall)
    cage = wall + CHEST_MM
    if cage > 0.0:
        return _ribs(x, y, z, value, wall)
    value = _within(x, y, z, value, cage, vessels)
    return _spine(x, y, z, value)


@njit(cache=True, fastmath=True)
def _ribs(x: float, y: float, z: float, value: float, wall: float) -> float:
    """Ribs that run down to the front, in muscle; the breastbone."""
    run = (z + 0.55 * (HALF_DEPTH - y) * 0.4 - 0.18 * abs(x)) / 30.0
    off = (run - np.floor(run) - 0.5) * 30.0
    rib = np.sqrt((off / 1.3) ** 2 + (wall + 0.55 * CHEST_MM) ** 2) - 4.6
    if abs(x) < 18.0 and y < 0:
        rib = max(abs(wall + 7.0) - 5.0, abs(x) - 16.0)
    value = over(value, 15.0, rib)  # cortical bone
    value = over(value, MARROW, rib + 1.4)
    sheet = abs(wall + 4.0 + 1.5 * np.sin(abs(x) / 21.0)) - 0.7
    return over(value, FAT, sheet) if abs(x) > 45.0 else value


@njit(cache=True, fastmath=True)
def _diaphragm(x: float, y: float) -> float:
    """Height of the diaphragm."""
    right = 62.0 * np.exp(-(((x + 72.0) / 62.0) ** 2) - ((y - 5.0) / 85.0) ** 2)
    left = 34.0 * np.exp(-(((x - 82.0) / 52.0) ** 2) - ((y - 30.0) / 70.0) ** 2)
    return -62.0 + right + left


@njit(cache=True, fastmath=True)
def _within(x: float, y: float, z: float, value: float, cage: float, vessels: NDArray[np.float64]) -> float:
    """Lungs and mediastinum above the diaphragm, liver, stomach and spleen below it."""
    value = over(value, LUNG, cage)
    below = z - _diaphragm(x, y)
    if below > -1.0:
        for m in range(len(vessels)):
            q = vessels[m]
            if abs(x - 0.5 * (q[0] + q[4])) < 28.0 and abs(z - 0.5 * (q[2] + q[6])) < 28.0:
                d = rod(x, y, z, (q[0], q[1], q[2]), q[3], (q[4], q[5], q[6]), q[7])
                value = over(value, 0.85 * BLOOD, d)
        wide = 14.0 + 0.16 * max(y, 0.0) + 9.0 * min(max(z / 60.0, 0.0), 1.0)
        middle = abs(x - 2.0 - 0.1 * z) - wide
        if y < -40.0:
            middle = abs(x - 6.0) - 0.6 * (-66.0 - y)
        loose = MEDIASTINUM + 70.0 * np.sin(x / 9.0 + z / 15.0) * np.sin(y / 8.0 - z / 11.0)
        value = over(value, loose, max(middle, -below))
        value = over(
            value, MUSCLE, max(rod(x, y, z, (6.0, 36.0, -90.0), 7.0, (0.0, 38.0, 160.0), 7.0), -below)
        )
        airway = rod(x, y, z, (0.0, 30.0, 52.0), 8.0, (0.0, 38.0, 170.0), 8.5)
        airway = min(airway, rod(x, y, z, (0.0, 30.0, 52.0), 7.0, (44.0, 26.0, 32.0), 5.0))
        airway = min(airway, rod(x, y, z, (0.0, 30.0, 52.0), 7.0, (-44.0, 26.0, 32.0), 5.5))
        value = over(value, MUSCLE, airway - 1.5)
        value = over(value, AIR, airway)
    return _belly(x, y, z, value, below, cage)


@njit(cache=True, fastmath=True)
def _belly(x: float, y: float, z: float, value: float, below: float, cage: float) -> float:
    """Organs under the diaphragm."""
    if below > 1.0:
        return value
    inside = max(below, cage)
    value = over(value, MUSCLE, inside)
    inside += 3.0
    loops = np.sin(x / 10.5 + 0.9 * np.sin(z / 13.0)) * np.cos(y / 9.0 + z / 17.0)
    loops += np.sin(z / 11.0 + y / 10.0 + x / 23.0) * np.cos(x / 13.0 - y / 25.0)
    value = over(value, FAT, inside)
    value = over(value, BOWEL, max(inside + 3.0, -9.0 * (loops + 0.25)))
    kidney = ellipsoid(abs(x), y, z, (58.0, 52.0, -112.0), (26.0, 25.0, 52.0))
    value = over(value, FAT, max(kidney - 7.0, inside))
    value = over(value, KIDNEY, max(kidney, inside))
    liver = max(ellipsoid(x, y, z, (-62.0, -8.0, -60.0), (122.0, 96.0, 78.0)), inside)
    value = over(value, LIVER, liver)
    if liver < 0.0:
        a = np.sin(x / 7.0 + 1.6 * np.sin(z / 19.0) + y / 23.0)
        b = np.sin(y / 8.0 + 1.4 * np.sin(x / 17.0) - z / 14.0)
        value = over(value, 270.0, max((1.7 - a - b) * 5.0, liver + 6.0))
    stomach = max(ellipsoid(x, y, z, (68.0, -14.0, -82.0), (46.0, 40.0, 44.0)), inside + 2.0)
    value = over(value, MUSCLE, stomach)
    folds = (
        22.0 * np.sin(x / 6.3 + 2.0 * np.sin(z / 9.0 + y / 13.0)) * np.sin(y / 5.1 + 2.0 * np.sin(x / 11.0))
    )
    value = over(value, STOMACH + folds, stomach + 4.0)
    spleen = max(ellipsoid(x, y, z, (112.0, 46.0, -72.0), (30.0, 42.0, 50.0)), inside + 2.0)
    return over(value, SPLEEN, spleen)


@njit(cache=True, fastmath=True)
def _spine(x: float, y: float, z: float, value: float) -> float:
    """Vertebrae, disks, the cord in its fluid, descending aorta and the long muscles of the back."""
    if y < 20.0 or abs(x) > 70.0:
        return value
    if y > 58.0:
        back = max(np.sqrt((abs(x) - 26.0) ** 2 / 1.6 + (y - 84.0) ** 2) - 16.0, 0.0 - y)
        value = over(value, MUSCLE, back)
        lattice = np.sin(x / 3.7 + 0.5 * np.sin(z / 9.0)) * np.sin(y / 3.9 + z / 31.0)
        value = over(value, FAT, max(back + 2.0, (0.86 - lattice) * 8.0))
    run = (z + 8.0) / 27.0
    off = abs((run - np.floor(run) - 0.5) * 27.0)
    body = np.sqrt((x / 1.15) ** 2 + (y - 58.0) ** 2) - 15.5 + 0.012 * (13.5 - off) ** 2
    value = over(value, 30.0, body)
    value = over(value, MARROW if off < 10.5 else DISK, body + 1.3)
    canal = np.sqrt(x * x + (y - 83.0) ** 2) - 8.5
    value = over(value, 30.0, max(canal - 2.5, body - 30.0))
    value = over(value, WATER, canal)
    value = over(value, CORD, np.sqrt((x / 1.3) ** 2 + (y - 83.0) ** 2) - 4.0)
    vessel = np.sqrt((x - 24.0) ** 2 + (y - 44.0) ** 2)
    value = over(value, MUSCLE, vessel - 12.8)
    return over(value, 0.95 * BLOOD, vessel - 11.5)


@njit(cache=True, fastmath=True)
def sensitivity(x: float, y: float, z: float) -> float:
    """How strongly the coils in front and behind receive from a place; about 1 in the heart."""
    front = 0.55 * np.exp(-(y + HALF_DEPTH) / 75.0)
    back = 0.5 * np.exp((y - HALF_DEPTH) / 60.0)
    far = ball(x, y, z, (30.0, -20.0, 0.0), 0.0)
    return (0.72 + front + back) * np.exp(-((far / 240.0) ** 4))
