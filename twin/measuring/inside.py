"""Which voxels lie inside an outline or a body, and what their values are."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin.domain import Volume
from twin.measuring.ruler import Points

Indices = NDArray[np.intp]
"""Voxels as (i, j, k); shape (n, 3)."""

_FINE = 160
"""Places across an outline at which it is asked how much of it the image covers."""


@dataclass(frozen=True)
class Values:
    """What the voxels inside say; ``sd`` divides by n − 1 and is NaN for one voxel.

    ``made_up`` counts those in a gap of the scan, ``empty`` those without a value (left out of all else).
    """

    count: int
    mean: float
    sd: float
    low: float
    high: float
    made_up: int = 0
    empty: int = 0


def values_of(volume: Volume, at: Indices, time: int | None) -> Values | None:
    """Return mean and spread of voxels in the volume's own unit; None where there is none, or only colors."""
    if volume.color or not len(at):
        return None
    grid = volume.voxels if volume.voxels.ndim == 3 else volume.voxels[time or 0]
    stored = grid[at[:, 2], at[:, 1], at[:, 0]].astype(np.float64)
    values = stored * volume.slope + volume.intercept
    real = values[np.isfinite(values)]
    if not len(real):
        return None
    sd = float(real.std(ddof=1)) if len(real) > 1 else float("nan")
    made_up = int(np.isin(at[:, 2], volume.filled).sum()) if volume.filled else 0
    return Values(
        len(real), float(real.mean()), sd, float(real.min()), float(real.max()), made_up,
        len(values) - len(real),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sheet:
    """A plane with an outline on it.

    Parameters
    ----------
    outline : ndarray, shape (n, 3)
        Closed, LPS mm.
    normal : ndarray, shape (3,)
        Unit normal of the plane.
    """

    outline: Points
    normal: Points

    @property
    def middle(self) -> Points:
        """A point of the plane, LPS mm."""
        return np.asarray(self.outline.mean(axis=0))

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """Two unit vectors in the plane, square to each other, as rows; shape (2, 3)."""
        across = np.cross(self.normal, np.eye(3)[np.argmin(np.abs(self.normal))])
        across = across / np.linalg.norm(across)
        return np.stack([across, np.cross(self.normal, across)])

    def flat(self, lps: Points) -> Points:
        """Return places on the plane in mm, shape (n, 2)."""
        return np.asarray((lps - self.middle) @ self.axes.T)

    def holds(self, lps: Points) -> NDArray[np.bool_]:
        """Tell which points lie inside the outline, seen along the normal; shape (n,).

        By the number of edges that a ray crosses, even or odd.
        """
        at, corners = self.flat(lps), self.flat(self.outline)
        inside = np.zeros(len(at), bool)
        near = ((at >= corners.min(axis=0)) & (at <= corners.max(axis=0))).all(axis=1)
        x, y = at[near].T
        odd = np.zeros(len(x), bool)
        for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if y1 != y2:
                crossed = (y1 <= y) != (y2 <= y)
                odd ^= crossed & (x < x1 + (y - y1) * ((x2 - x1) / (y2 - y1)))
        inside[near] = odd
        return inside


def voxels_on(volume: Volume, sheet: Sheet) -> Indices:
    """Return the voxels that the plane cuts or touches, with their centers, seen along its normal, inside.

    On a plane of the grid these are the voxels of one slice; on an oblique one, of a layer up to √3 voxels
    thick.
    """
    back = np.asarray(np.linalg.inv(volume.affine[:3, :3]), np.float64)
    slope = volume.affine[:3, :3].T @ sheet.normal  # mm along the normal to a step along i, j, k
    slope[np.abs(slope) < 1e-9 * np.abs(slope).max()] = 0.0
    thick = float(np.abs(slope).sum())
    through = int(np.argmax(np.abs(slope)))
    others = [a for a in range(3) if a != through]
    outline = (sheet.outline - volume.affine[:3, 3]) @ back.T
    # Off the plane, a center can lie a little beside the outline in the grid's own directions.
    spare = np.abs(back @ sheet.normal) * thick / 2
    low = np.ceil(outline.min(axis=0) - spare - 1e-9).astype(int)
    high = np.floor(outline.max(axis=0) + spare + 1e-9).astype(int)
    size = np.array(volume.shape[::-1])
    low, high = np.maximum(low, 0), np.minimum(high, size - 1)
    if (low > high)[others].any():
        return np.zeros((0, 3), np.intp)
    a, b = (np.arange(low[o], high[o] + 1) for o in others)
    columns = np.stack(np.meshgrid(a, b, indexing="ij"), axis=-1).reshape(-1, 2)
    plane = float(sheet.normal @ (sheet.middle - volume.affine[:3, 3]))
    crossing = (plane - columns @ slope[others]) / slope[through]
    half = thick / 2 / abs(float(slope[through]))
    first = np.ceil(crossing - half - 1e-9).astype(int)
    found = []
    for step in range(int(np.ceil(2 * half)) + 1):
        k = first + step
        fits = (k <= crossing + half + 1e-9) & (k >= 0) & (k < size[through])
        at = np.empty((int(fits.sum()), 3), np.intp)
        at[:, others], at[:, through] = columns[fits], k[fits]
        found.append(at)
    every = np.concatenate(found)
    return every[sheet.holds(lps_of(volume, every))]


def lps_of(volume: Volume, at: Indices) -> Points:
    """Return where voxel centers lie, LPS mm; shape (n, 3)."""
    return np.asarray(at @ volume.affine[:3, :3].T + volume.affine[:3, 3])


def voxel_at(volume: Volume, lps: Points) -> Points:
    """Return points as (i, j, k), voxel centers at whole numbers; shape (n, 3)."""
    return np.asarray((lps - volume.affine[:3, 3]) @ np.linalg.inv(volume.affine[:3, :3]).T)


def inside_image(volume: Volume, lps: Points) -> NDArray[np.bool_]:
    """Tell which points lie in a voxel of the volume; shape (n,)."""
    at = voxel_at(volume, lps)
    return np.asarray(((at >= -0.5) & (at <= np.array(volume.shape[::-1]) - 0.5)).all(axis=1))


def share_inside(volume: Volume, sheet: Sheet) -> float:
    """Return how much of an outline's area the image covers, 0..1, to about half a percent."""
    corners = sheet.flat(sheet.outline)
    low, high = corners.min(axis=0), corners.max(axis=0)
    if inside_image(volume, sheet.outline).all():
        return 1.0
    steps = (np.arange(_FINE) + 0.5) / _FINE
    grid = np.stack(np.meshgrid(*(low + np.outer(steps, high - low)).T), axis=-1).reshape(-1, 2)
    lps = sheet.middle + grid @ sheet.axes
    chosen = lps[sheet.holds(lps)]
    return float(inside_image(volume, chosen).mean()) if len(chosen) else 1.0


def voxels_in(volume: Volume, center: Points, half_axes: Points) -> tuple[Indices, float]:
    """Return the voxels whose centers lie in an ellipsoid, and how much of it the image covers, 0..1.

    Parameters
    ----------
    half_axes : ndarray, shape (3, 3)
        LPS mm, square to each other.
    """
    reach = np.linalg.norm(half_axes, axis=0)
    corners = center + np.array(np.meshgrid(*([(-1, 1)] * 3))).reshape(3, -1).T * reach
    at = voxel_at(volume, corners)
    size = np.array(volume.shape[::-1])
    low = np.maximum(np.ceil(at.min(axis=0)), 0).astype(int)
    high = np.minimum(np.floor(at.max(axis=0)), size - 1).astype(int)
    found = [np.zeros((0, 3), np.intp)]
    rows = half_axes / (half_axes**2).sum(axis=1, keepdims=True)
    if (low <= high).all():
        i, j = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1), indexing="ij")
        for k in range(low[2], high[2] + 1):
            slab = np.stack([i.ravel(), j.ravel(), np.full(i.size, k)], axis=1)
            away = (lps_of(volume, slab) - center) @ rows.T
            found.append(slab[(away**2).sum(axis=1) <= 1])
    return np.concatenate(found), _share_of_ball(volume, center, half_axes)


def _share_of_ball(volume: Volume, center: Points, half_axes: Points) -> float:
    steps = (np.arange(32) + 0.5) / 16 - 1
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    ball = grid[(grid**2).sum(axis=1) <= 1]
    return float(inside_image(volume, center + ball @ half_axes).mean())
