"""A beating ventricle of known surfaces as the cine views that a scanner would take of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from twin.domain import Identity, Volume

PHASES = 8
SPACING_MM = 2.2
SIDE = 72
BLOOD, MUSCLE, LUNG, FAT = 400.0, 90.0, 25.0, 480.0

AXIS = np.array([-0.45, 0.6, 0.66]) / np.linalg.norm([-0.45, 0.6, 0.66])
"""From apex to base: to the right, back and up, as a heart lies."""

ACROSS = np.cross([0.0, 0.0, 1.0], AXIS) / np.linalg.norm(np.cross([0.0, 0.0, 1.0], AXIS))
BACK = np.cross(AXIS, ACROSS)
CENTER = np.array([12.0, 18.0, -40.0])


@dataclass(frozen=True)
class Shape:
    """Half axes of both spheroids, mm (along the axis, across); the base plane's height over the center."""

    inner: tuple[float, float]
    outer: tuple[float, float]
    base: float

    def volume_ml(self, axes: tuple[float, float]) -> float:
        """Volume of a spheroid from its lower pole to the plane: π b² (h + a − (h³ + a³) / 3a²)."""
        a, b = axes
        h = self.base
        return float(np.pi * b**2 * (h + a - (h**3 + a**3) / (3 * a**2)) / 1000)

    @property
    def cavity_ml(self) -> float:
        return self.volume_ml(self.inner)

    @property
    def muscle_ml(self) -> float:
        return self.volume_ml(self.outer) - self.volume_ml(self.inner)


def shape(phase: float) -> Shape:
    """The heart at a fraction of its cycle: contracted most at 0.37, its muscle's volume kept."""
    part = float(np.sin(np.pi * phase**0.7) ** 2)
    inner = (58.0 - 4.0 * part, 25.0 - 8.0 * part)
    base = 24.0 - 10.0 * part
    start = Shape((58.0, 25.0), (66.0, 33.0), 24.0)
    long = 66.0 - part
    unit = Shape(inner, (long, 1.0), base)
    across = np.sqrt((start.muscle_ml + unit.cavity_ml) / unit.volume_ml((long, 1.0)))
    return Shape(inner, (long, float(across)), base)


def image(affine: NDArray[np.float64], side: int, now: Shape, seed: int) -> NDArray[np.uint16]:
    """One image: blood, wall, right ventricle, atria, lung; drawn twice as fine, blurred, with noise."""
    fine = (np.arange(2 * side) - 0.5) / 2
    j, i = np.meshgrid(fine, fine, indexing="ij")
    off = i[..., None] * affine[:3, 0] + j[..., None] * affine[:3, 1] + affine[:3, 3] - CENTER
    x, y, z = off @ ACROSS, off @ BACK, off @ AXIS
    out = np.hypot(x, y)
    values = np.full(i.shape, LUNG)
    right = ((x + 36) / 30) ** 2 + (y / 30) ** 2 + ((z - 5) / 55) ** 2 < 1
    values[right & (z < now.base)] = BLOOD
    a, b = now.outer
    values[((z / a) ** 2 + (out / b) ** 2 < 1) & (z < now.base)] = MUSCLE
    a, b = now.inner
    values[((z / a) ** 2 + (out / b) ** 2 < 1) & (z < now.base)] = BLOOD
    above = (z >= now.base) & (z < now.base + 40)
    values[above & (out < 40)] = FAT  # in the groove between atrium and ventricle
    values[above & (out < 26)] = BLOOD  # left atrium
    picture = ndimage.gaussian_filter(values, 1.0)
    picture = picture.reshape(side, 2, side, 2).mean(axis=(1, 3))
    noise = np.random.default_rng(seed).normal(scale=10.0, size=picture.shape)
    return np.clip(picture + noise, 0, None).astype(np.uint16)


def volume(
    places: list[NDArray[np.float64]], affine: NDArray[np.float64], number: int, shift: dict[int, float]
) -> Volume:
    """A cine of parallel slices; ``shift`` moves slice k along its rows by mm, as a breath-hold does."""
    shapes = [shape(t / PHASES) for t in range(PHASES)]
    voxels = np.empty((PHASES, len(places), SIDE, SIDE), np.uint16)
    for k, place in enumerate(places):
        seen = affine.copy()
        seen[:3, 3] = place - shift.get(k, 0.0) * affine[:3, 0] / SPACING_MM
        for t, now in enumerate(shapes):
            voxels[t, k] = image(seen, SIDE, now, 1000 * number + 50 * k + t)
    placed = affine.copy()
    placed[:3, 3] = places[0]
    cycle = 800.0 + 10 * number
    times = np.arange(PHASES) / PHASES * cycle
    return Volume(
        voxels, placed, "MR", times_ms=times, cycle_ms=np.full(len(places), cycle),
        frame_of_reference="1.2.3", identity=Identity(patient_id="phantom", series_number=number),
    )  # fmt: skip


def study(shift: dict[int, float] | None = None, gap_mm: float = 15.0) -> list[Volume]:
    """A short-axis stack of seven slices, base first, two long axes, and one that misses the ventricle."""
    corner = -(SIDE - 1) / 2 * SPACING_MM
    rows = np.eye(4)
    rows[:3, 0], rows[:3, 1] = SPACING_MM * ACROSS, SPACING_MM * BACK
    rows[:3, 2] = -gap_mm * AXIS
    heights = 38.0 - gap_mm * np.arange(7)
    stack = volume([CENTER + h * AXIS + corner * (ACROSS + BACK) for h in heights], rows, 1, shift or {})
    planes = []
    for number, degrees, off in ((2, 0.0, 1.0), (3, 90.0, -1.0), (4, 60.0, 45.0)):
        turn = np.deg2rad(degrees)
        across = np.cos(turn) * ACROSS + np.sin(turn) * BACK
        plane = np.eye(4)
        plane[:3, 0], plane[:3, 1] = SPACING_MM * across, -SPACING_MM * AXIS
        plane[:3, 2] = 6 * np.cross(across, -AXIS)
        place = CENTER + corner * across - corner * AXIS + off * np.cross(across, -AXIS)
        planes.append(volume([place], plane, number, {}))
    return [stack, *planes]
