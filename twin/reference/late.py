"""The reference heart after an infarct as a late-enhancement series sees it, and where the scar is.

Signals are those of an inversion recovery in which healthy muscle is nulled, some ten minutes after contrast:
scar brightest, blood between both, muscle dark. A core that no contrast reaches may lie in the scar.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.domain import Volume
from twin.reference.chambers import BLOOD, FAT, MUSCLE, VALVE, Chambers, chambers
from twin.reference.cine import BLUR_PX, Plane, looked_up, spread_over
from twin.reference.heart import (
    BREATH_MM,
    CENTER,
    CYCLES_MS,
    FRAME_OF_REFERENCE,
    SERIES_UID,
    VIEW_MM,
    HeartPatient,
    short_axis_planes,
)
from twin.reference.left_ventricle import LeftVentricle, upright
from twin.reference.thorax import lung_vessels

Array = NDArray[np.float64]

SCAR, NULLED = 235.0, 16.0
"""Signals of scar and of healthy muscle."""
_SIGNALS = np.array(
    [[FAT, 210.0], [-60.0, 25.0], [0.0, 3.0], [MUSCLE, NULLED], [VALVE, 45.0], [BLOOD, 135.0]]
)
"""What a cine's signal becomes."""
NOISE = 12.0
"""Scar is then some twenty standard deviations above healthy muscle: our judgment of a good series."""
SERIES_NUMBER = 40
INVERSION_MS = 300.0
"""At which healthy muscle is nulled some ten minutes after contrast, at 1.5 T."""


@dataclass(frozen=True)
class Scar:
    """Where muscle is dead, in the ventricle's own axes at the R wave: from the endocardium outward.

    The default lies in the anteroseptal wall from the middle to near the apex: the left anterior descending
    artery's.

    Attributes
    ----------
    middle_deg, half_deg : float
        Its middle about the axis, from the septum toward the anterior wall, and half its width.
    low_mm, high_mm : float
        Heights between which it lies; the cavity reaches from -62 to 26.
    deep, shallow : float
        Share of the wall's thickness that it takes in its middle, and at its sides.
    core : float
        Share of its depth, width and height that no contrast reaches, about its middle at the endocardium.
    """

    middle_deg: float = 45.0
    half_deg: float = 48.0
    low_mm: float = -54.0
    high_mm: float = -6.0
    deep: float = 1.0
    shallow: float = 0.4
    core: float = 0.0

    def ml(self, left: LeftVentricle) -> float:
        """Return its volume by midpoints in height and angle; the wall keeps its volume as it moves."""
        z = self.low_mm + (np.arange(400) + 0.5) / 400 * (self.high_mm - self.low_mm)
        off = ((np.arange(400) + 0.5) / 200 - 1.0) * self.half_deg
        inner = np.sqrt(left.inner_squared(z))[:, None]
        outer = left.outer(z[:, None], np.deg2rad(self.middle_deg + off)[None])
        reached = inner + self.depth(off) * (outer - inner)
        area = 0.5 * (reached**2 - inner**2)
        return float(area.mean() * np.deg2rad(2 * self.half_deg) * (self.high_mm - self.low_mm) / 1000)

    def depth(self, off_deg: Array) -> Array:
        """Return the share of the wall that it takes at an angle from its middle."""
        return np.asarray(
            self.shallow + (self.deep - self.shallow) * np.cos(0.5 * np.pi * off_deg / self.half_deg) ** 2
        )

    def holds(self, left: LeftVentricle, own: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which places (n, 3) in the ventricle's own axes lie in it, and which in its core."""
        x, y, z = upright(own).T
        table = left.table
        then, inner2, now2, stretch, turn = (np.interp(z, table[:, 0], table[:, n]) for n in range(1, 6))
        squared = inner2 + stretch * (x * x + y * y - now2)
        angle = np.arctan2(y, x) - turn
        off = (np.degrees(angle) - self.middle_deg + 180.0) % 360.0 - 180.0
        inner, outer = np.sqrt(inner2), left.outer(then, angle)
        share = (np.sqrt(np.maximum(squared, 0.0)) - inner) / np.maximum(outer - inner, 1e-6)
        depth, middle, half = (
            self.depth(off),
            0.5 * (self.low_mm + self.high_mm),
            0.5 * (self.high_mm - self.low_mm),
        )
        dead = (np.abs(off) <= self.half_deg) & (np.abs(then - middle) <= half) & (z <= left.base_mm)
        dead &= (squared >= inner2) & (share <= depth)
        part = self.core
        core = (
            (share < part * depth)
            & (np.abs(off) < part * self.half_deg)
            & (np.abs(then - middle) < part * half)
        )
        return dead, dead & core


def make_late_series(
    patient: HeartPatient,
    scar: Scar | None = None,
    *,
    phase: int = 0,
    slices: int = 10,
    gap_mm: float = 10.0,
    pixel_mm: float = 1.40625,
    noise: float = NOISE,
    breath_mm: float = BREATH_MM,
    seed: int = 23,
    view_mm: tuple[float, float] = VIEW_MM,
) -> tuple[Volume, NDArray[np.float64]]:
    """Take a late-enhancement short-axis stack of the reference heart.

    Parameters
    ----------
    scar : Scar, optional
        None: a heart without any.
    phase : int
        Of the patient's cycle, at which every slice is taken.
    noise : float
        Standard deviation in each of two channels; healthy muscle is 16, scar 235.
    breath_mm : float
        How far breath-holds differ (standard deviation), one a slice.
    view_mm : tuple of float
        Height and width of the field of view.

    Returns
    -------
    volume : Volume
        Apex first, shape (k, j, i).
    moved_mm : ndarray, shape (k, 3)
        Where each breath-hold left the heart, LPS, in the order of the slices.
    """
    rng = np.random.default_rng(seed)
    size = int(view_mm[0] / pixel_mm), int(view_mm[1] / pixel_mm)
    planes = short_axis_planes(patient.axes, slices, gap_mm, size, pixel_mm, patient.thickness_mm)[::-1]
    moved = breath_mm * rng.standard_normal((slices, 1)) * (0.0, -0.35, -1.0)
    moved -= moved.mean(axis=0)
    left = patient.left(phase)
    now = chambers(left, float(patient.phases[phase]))
    vessels = lung_vessels(11)
    taken = [
        _taken(where, now, left, patient.axes, CENTER + moved[k], vessels, scar, noise, rng)
        for k, where in enumerate(planes)
    ]
    affine = planes[0].affine.copy()
    affine[:3, 2] = planes[1].affine[:3, 3] - planes[0].affine[:3, 3]
    identity = replace(
        patient.short_axis.identity, series_number=SERIES_NUMBER,
        series_description="late enhancement short axis", series_uid=f"{SERIES_UID}.{SERIES_NUMBER}",
    )  # fmt: skip
    volume = Volume(
        np.stack(taken), affine, "MR", window=(130.0, 260.0), patient_position="HFS",
        contrast_agent="gadolinium", protocol="LGE short axis", inversion_ms=INVERSION_MS,
        cycle_ms=np.resize(np.array(CYCLES_MS, float), slices), frame_of_reference=FRAME_OF_REFERENCE,
        identity=identity,
    )  # fmt: skip
    return volume, moved


def _taken(
    where: Plane, now: Chambers, left: LeftVentricle, axes: Array, center: Array, vessels: Array,
    scar: Scar | None, noise: float, rng: np.random.Generator,
) -> NDArray[np.uint16]:  # fmt: skip
    from scipy.ndimage import gaussian_filter

    places = spread_over(where)
    j, i = np.indices(where.size)
    middles = np.stack([i, j], axis=-1) @ where.affine[:3, :2].T + where.affine[:3, 3]
    image = np.zeros(where.size)
    for place in places:
        cine, gain = looked_up(where, now, axes, center, vessels, place)
        late = np.interp(cine, *_SIGNALS.T)
        if scar is not None:
            own = ((middles + place - center) @ axes.T).reshape(-1, 3)
            dead, core = (m.reshape(where.size) for m in scar.holds(left, own))
            late = np.where(dead, np.where(core, NULLED, SCAR), late)
        image += late / len(places)
    seen = gaussian_filter(image, BLUR_PX, truncate=3.0) * gain
    return np.rint(
        np.hypot(seen + noise * rng.standard_normal(seen.shape), noise * rng.standard_normal(seen.shape))
    ).astype(np.uint16)
