"""The left ventricle of a contrast CT: its blood by a threshold, and a wall grown about it to a thickness.

A start where nothing tells the muscle's outside: the wall is as thick everywhere as it was asked to be. A
line from the mitral valve's middle to the apex says where the ventricle lies and ends.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.heart.wall import OpenSurface
from twin.domain import Measurement, Volume
from twin.errors import UserError
from twin.progress import Progress

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

GRID_MM = 1.0
_BESIDE_MM, _BEYOND_MM = 62.0, 26.0
"""How far from the line, and past its ends, is looked."""
_TUBE_MM = 6.0
"""Within it about the middle of the line there is blood, but for a papillary muscle."""
CONTRAST_HU = 80.0
"""By which blood must be brighter than muscle: some three times a CT's noise at 1 mm."""
_MUSCLE_HU = 0.0
"""Fat and lung lie below."""
_AIR_HU = -1024.0
_CLOSED_MM = 6.0
"""Papillary muscles and trabeculae up to twice as thick belong to the cavity, as in cine MR."""
_SMOOTH_MM = 1.5
_SHORTEST_MM, _LONGEST_MM = 40.0, 140.0
_LEAST_ML, _MOST_ML = 20.0, 600.0
_ANGLES, _LEVELS = 64, 40
_CENTER = 0.35
"""Share of the line, from the base, at which the rays begin."""


@dataclass(frozen=True, eq=False)
class Grown:
    """A ventricle in one moment.

    Attributes
    ----------
    endocardium, epicardium : OpenSurface
        Open in the base plane.
    threshold_hu : float
        Above it is blood.
    blood_hu, muscle_hu : float
        Medians of the cavity, and of what lies within the wall grown.
    turned : bool
        Whether the line was drawn from the apex.
    """

    endocardium: OpenSurface
    epicardium: OpenSurface
    threshold_hu: float
    blood_hu: float
    muscle_hu: float
    turned: bool


def grow(
    volume: Volume, axis: Measurement, thickness_mm: float, threshold_hu: float | None, progress: Progress
) -> Grown:
    """Return the left ventricle's cavity and a wall about it.

    Parameters
    ----------
    volume : Volume
        CT with contrast, HU.
    axis : Measurement
        A distance: the mitral valve's middle and the cavity's apex, in either order. Where blood goes on
        beyond an end is the base; the ventricle is cut off there, at right angles to the line.
    threshold_hu : float, optional
        Else Otsu's between blood and muscle about the line.

    Raises
    ------
    UserError
        The line is no ventricle's, or there is no contrast.
    """
    length = float(np.linalg.norm(axis.points[1] - axis.points[0]))
    if not _SHORTEST_MM <= length <= _LONGEST_MM:
        raise UserError(
            f"The line is {length:.0f} mm long: no ventricle from valve to apex is.",
            "Draw a distance from the middle of the mitral valve to the apex of the cavity.",
        )
    progress(0.0, "reading along the line")
    frame = _Frame.along(axis.points[0], axis.points[1])
    values = frame.sampled(volume)
    blood = _blood(frame, values)
    low, high = (
        np.median(values[frame.tube(*ends)]) for ends in ((-12.0, -4.0), (length + 4.0, length + 12.0))
    )
    limit = threshold_hu if threshold_hu is not None else _otsu(frame, values, blood)
    turned = bool(low < limit <= high)
    if turned:
        frame = _Frame.along(axis.points[1], axis.points[0])
        values = frame.sampled(volume)
    elif not high < limit <= low:
        where = "both ends" if low >= limit else "neither end"
        raise UserError(
            f"Blood goes on beyond {where} of the line: which is the valve cannot be told.",
            "Draw it from the middle of the mitral valve to the apex, both within the cavity.",
        )
    progress(0.3, "parting blood and muscle")
    pool = _pool(frame, values, limit)
    frame, values, pool = frame.about(pool, values, thickness_mm)
    signed = _signed_mm(pool)
    progress(0.7, "growing the wall")
    center = _center(frame, pool)
    inner = frame.surface(signed, 0.0, center)
    outer = frame.surface(signed, thickness_mm, center)
    if not _LEAST_ML <= inner.volume_ml() <= _MOST_ML:
        raise UserError(
            f"A cavity of {inner.volume_ml():.0f} mL was found: no ventricle's.",
            "Check the line, or give a threshold between muscle and blood.",
        )
    below = slice(frame.base, None)
    wall = (signed[below] > 0.0) & (signed[below] < thickness_mm)
    muscle = float(np.median(values[below][wall]))
    return Grown(inner, outer, float(limit), float(np.median(values[below][pool[below]])), muscle, turned)


@dataclass(frozen=True, eq=False)
class _Frame:
    """A grid of ``GRID_MM`` along a line: planes from before the base to beyond the apex, rows, columns."""

    origin: Array
    axes: Array
    shape: tuple[int, ...]
    base: int
    length_mm: float

    @classmethod
    def along(cls, base: Array, apex: Array) -> "_Frame":
        length = float(np.linalg.norm(apex - base))
        down = (apex - base) / length
        across = np.cross(down, np.eye(3)[int(np.abs(down).argmin())])
        across /= np.linalg.norm(across)
        side, before = int(_BESIDE_MM / GRID_MM), int(_BEYOND_MM / GRID_MM)
        shape = (before + int((length + _BEYOND_MM) / GRID_MM) + 1, 2 * side + 1, 2 * side + 1)
        axes = np.stack([down, across, np.cross(down, across)])
        return cls(base - GRID_MM * (np.array([before, side, side]) @ axes), axes, shape, before, length)

    def lps(self, places: Array) -> Array:
        """Return points (..., 3), LPS mm, of places in the grid."""
        return self.origin + GRID_MM * places @ self.axes

    def sampled(self, volume: Volume) -> NDArray[np.float32]:
        """Return values on the grid; outside the image those of air."""
        back = np.linalg.inv(volume.affine)
        turn = GRID_MM * back[:3, :3] @ self.axes.T
        start = back[:3, :3] @ self.origin + back[:3, 3]
        # Voxels are stored (k, j, i).
        flip = np.eye(3)[::-1]
        found = np.empty(self.shape, np.float32)
        air = (_AIR_HU - volume.intercept) / volume.slope
        ndimage.affine_transform(
            volume.voxels, flip @ turn, flip @ start, self.shape, found, order=1, cval=air
        )
        found *= volume.slope
        found += volume.intercept
        return found

    def tube(self, begin_mm: float, end_mm: float, radius_mm: float = _TUBE_MM) -> Mask:
        """Return a tube about the line, between two distances from the base."""
        w, v, u = np.ogrid[: self.shape[0], : self.shape[1], : self.shape[2]]
        along = GRID_MM * (w - self.base)
        side = (self.shape[1] - 1) // 2
        near = GRID_MM**2 * ((v - side) ** 2 + (u - side) ** 2) <= radius_mm**2
        return (along >= begin_mm) & (along <= end_mm) & near

    def about(
        self, pool: Mask, values: NDArray[np.float32], thickness_mm: float
    ) -> tuple["_Frame", NDArray[np.float32], Mask]:
        """Return frame, values and mask cut to what lies about the mask."""
        reach = int(thickness_mm / GRID_MM) + 5
        first, last = [0], [self.shape[0]]
        for axis in (1, 2):
            there = np.flatnonzero(pool.any(axis=tuple({0, 1, 2} - {axis})))
            first.append(max(int(there[0]) - reach, 0))
            last.append(min(int(there[-1]) + reach + 1, self.shape[axis]))
        cut = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
        smaller = replace(self, origin=self.lps(np.array(first, float)), shape=pool[cut].shape)
        return smaller, values[cut], pool[cut]

    def surface(self, signed: NDArray[np.float32], level: float, center: Array) -> OpenSurface:
        """Return where ``signed`` is first ``level`` along rays from a place (3,) on to base and apex."""
        turns = 2 * np.pi * np.arange(_ANGLES) / _ANGLES
        out = np.stack([np.zeros(_ANGLES), np.cos(turns), np.sin(turns)], axis=1)
        middle = np.array([float(self.base), center[1], center[2]])
        rim = middle + _first(signed, np.broadcast_to(middle, out.shape), out, level)[:, None] * out
        to_rim = rim - center
        to_rim /= np.linalg.norm(to_rim, axis=1, keepdims=True)
        widest = np.arccos(to_rim[:, 0])  # from the way to the apex
        leaning = np.linspace(0.0, 1.0, _LEVELS)[1:, None] * widest
        rays = np.cos(leaning)[..., None] * np.array([1.0, 0.0, 0.0]) + np.sin(leaning)[..., None] * out
        whole = np.vstack([[1.0, 0.0, 0.0], rays.reshape(-1, 3)])
        points = center + _first(signed, np.broadcast_to(center, whole.shape), whole, level)[:, None] * whole
        points[-_ANGLES:] = rim
        ring = np.arange(len(points) - 1, len(points) - _ANGLES - 1, -1, dtype=np.int32)
        return OpenSurface(self.lps(points), _fan(), ring)


def _fan() -> NDArray[np.int32]:
    """Return the triangles of an apex and rows of points about it, their normals away from the middle."""
    this, following = np.arange(_ANGLES), np.roll(np.arange(_ANGLES), -1)
    made = [np.stack([np.zeros(_ANGLES, int), 1 + this, 1 + following], axis=1)]
    for row in range(_LEVELS - 2):
        a, b = 1 + row * _ANGLES, 1 + (row + 1) * _ANGLES
        made += [
            np.stack([a + this, b + this, b + following], axis=1),
            np.stack([a + this, b + following, a + following], axis=1),
        ]
    return np.concatenate(made).astype(np.int32)


def _first(signed: NDArray[np.float32], starts: Array, ways: Array, level: float) -> Array:
    """Return how far along each ray (n, 3) ``signed`` first reaches a level, in steps of the grid."""
    steps = np.arange(0.0, _BESIDE_MM + _LONGEST_MM, 0.5)
    places = starts[:, None] + steps[None, :, None] * ways[:, None]
    along = ndimage.map_coordinates(signed, np.moveaxis(places, 2, 0), order=1, mode="nearest")
    after = np.argmax(along >= level, axis=1)
    if not (along.max(axis=1) >= level).all() or (after == 0).any():
        raise UserError(
            "The ventricle's wall does not close within the image about the line.",
            "Check the line and the threshold; the whole ventricle must be in the image.",
        )
    rows = np.arange(len(after))
    low, high = along[rows, after - 1], along[rows, after]
    return np.asarray(steps[after - 1] + 0.5 * (level - low) / (high - low), np.float64)


def _blood(frame: _Frame, values: NDArray[np.float32]) -> float:
    """Return the blood's HU: the upper half of what lies about the middle of the line."""
    inside = values[frame.tube(0.2 * frame.length_mm, 0.7 * frame.length_mm)]
    return float(np.percentile(inside, 75.0))


def _otsu(frame: _Frame, values: NDArray[np.float32], blood_hu: float) -> float:
    """Return the threshold between muscle and blood about the line (Otsu 1979, IEEE Trans SMC 9:62).

    What is brighter than this ventricle's blood, as the right one's often is, counts as blood.
    """
    around = values[frame.tube(0.0, frame.length_mm, 45.0)]
    around = np.minimum(around[around > _MUSCLE_HU], blood_hu)
    counts, edges = np.histogram(around, bins=128)
    middles = 0.5 * (edges[1:] + edges[:-1])
    below = np.cumsum(counts).astype(np.float64)
    mass = np.cumsum(counts * middles)
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = mass / below, (mass[-1] - mass) / (below[-1] - below)
        between = below * (below[-1] - below) * (high - low) ** 2
    best = int(np.nanargmax(between[:-1]))
    if high[best] - low[best] < CONTRAST_HU:
        raise UserError(
            f"Along the line there is no contrast: {low[best]:.0f} HU and {high[best]:.0f} HU are too alike "
            "to be muscle and blood.",
            "Take a CT with contrast in the left ventricle, or give a threshold.",
        )
    return float(edges[best + 1])


def _pool(frame: _Frame, values: NDArray[np.float32], limit: float) -> Mask:
    """Return the cavity below the base, papillary muscles with it; above the base it goes on straight."""
    # Opened with a few planes of the atrium, lest it eats into the base.
    bright = values[frame.base - 3 :] > limit
    bright = ndimage.binary_opening(bright, ndimage.generate_binary_structure(3, 1))[3:]
    parts, count = ndimage.label(bright)
    tube = frame.tube(0.2 * frame.length_mm, 0.7 * frame.length_mm)[frame.base :]
    sizes = np.bincount(parts[tube], minlength=count + 1)
    sizes[0] = 0
    if not sizes.any():
        raise UserError(
            f"There is nothing brighter than {limit:.0f} HU about the line.",
            "Draw it within the left ventricle's cavity, or give a lower threshold.",
        )
    pool = parts == int(sizes.argmax())
    above = np.repeat(pool[:1], frame.base, axis=0)
    whole = np.concatenate([above, pool])
    inner = tuple(
        slice(max(part.start - int(_CLOSED_MM / GRID_MM) - 2, 0), part.stop + int(_CLOSED_MM / GRID_MM) + 2)
        for part in ndimage.find_objects(whole.astype(np.int8))[0]
    )
    whole[inner] = _closed(whole[inner])
    return whole


def _closed(pool: Mask) -> Mask:
    """Return a mask closed by a ball, each of its planes filled."""
    reach = _CLOSED_MM / GRID_MM
    wide = ndimage.distance_transform_edt(~pool) <= reach
    wide = np.array([ndimage.binary_fill_holes(plane) for plane in wide])
    # Where the grid ends there is more of it, not its outside.
    padded = np.pad(wide, ((int(reach) + 1, 0), (0, 0), (0, 0)), mode="edge")
    return np.asarray(ndimage.distance_transform_edt(padded)[int(reach) + 1 :] > reach) | pool


def _signed_mm(pool: Mask) -> NDArray[np.float32]:
    """Return the distance to a mask's edge, below 0 inside; smoothed by less than a papillary muscle."""
    inside, outside = (ndimage.distance_transform_edt(m).astype(np.float32) for m in (pool, ~pool))
    signed = GRID_MM * (outside - inside + np.where(pool, 0.5, -0.5).astype(np.float32))
    return np.asarray(ndimage.gaussian_filter(signed, _SMOOTH_MM / GRID_MM, mode="nearest"), np.float32)


def _center(frame: _Frame, pool: Mask) -> Array:
    """Return the middle of the cavity's plane at ``_CENTER`` of the line, in the grid."""
    plane = frame.base + round(_CENTER * frame.length_mm / GRID_MM)
    rows, columns = np.nonzero(pool[plane])
    return np.array([float(plane), rows.mean(), columns.mean()])
