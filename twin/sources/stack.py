"""Where the slices of a stack lie, and whether they make one straight, even volume."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOLERANCE_MM = 0.1
"""How far a slice may lie from the even grid: positions are often written rounded to 0.1 mm."""

MAX_TILT_DEG = 0.2
MOST_MISSING = 50
"""Where more slices in a row than this seem to be missing, the step is not one."""

MAX_TURN = 1e-3
"""Largest difference of direction cosines that counts as the same orientation."""


class NotAVolumeError(Exception):
    """The slices do not make a volume; the message says why, for a user to read."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices in order.

    Attributes
    ----------
    frames : ndarray of int, shape (t, k)
        Which frame lies there; -1 where a slice is missing.
    affine : ndarray, shape (4, 4)
        (i, j, k) of voxel centres to LPS mm; right-handed.
    gaps_mm : tuple of float
        Positions along the slice axis, from the first slice, where slices are missing.
    notes : tuple of str
    """

    frames: NDArray[np.int64]
    affine: NDArray[np.float64]
    gaps_mm: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()


def stack(
    positions: NDArray[np.float64],
    orientations: NDArray[np.float64],
    spacing: NDArray[np.float64],
    *,
    thickness_mm: float,
    times: NDArray[np.float64],
    extent_mm: float = 500.0,
) -> Stack:
    """Put frames in order of place and time and make the affine.

    Parameters
    ----------
    positions : ndarray, shape (n, 3)
        Centre of each frame's first voxel, LPS mm.
    orientations : ndarray, shape (n, 6)
        Direction cosines of a row (towards growing i), then of a column (towards growing j).
    spacing : ndarray, shape (n, 2)
        Between voxels along i and along j.
    thickness_mm : float
        Slice thickness, the third spacing where there is one slice; 0 where it is not known.
    times : ndarray, shape (n,)
        What orders frames at one place; NaN where nothing does.
    extent_mm : float
        Size of a slice, for the tolerance of its orientation.

    Raises
    ------
    NotAVolumeError
        Mixed orientations or voxel sizes, gantry tilt, uneven steps, several frames at one place.
    """
    row, column, normal = _axes(orientations, extent_mm)
    if np.ptp(spacing, axis=0).max() > 1e-4:
        raise NotAVolumeError("its images have different voxel sizes")
    along = positions @ normal
    order = np.argsort(along, kind="stable")
    # A new place starts where the distance to the one before is more than rounding.
    starts = np.flatnonzero(np.diff(along[order], prepend=-np.inf) > 0.01)
    places = np.split(order, starts[1:])
    rows, where = _steps(positions, along, places, normal)
    frames = _in_time(places, times, rows)
    notes: tuple[str, ...] = ()
    if len(places) == 1:
        if thickness_mm <= 0:
            notes = ("One slice without a stated thickness: 1 mm is taken for drawing it.",)
            thickness_mm = 1.0
        step = normal * thickness_mm
    else:
        step = (positions[places[-1][0]] - positions[places[0][0]]) / (len(rows) - 1)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = row * spacing[0, 0], column * spacing[0, 1]
    affine[:3, 2], affine[:3, 3] = step, positions[places[0][0]]
    return Stack(frames, affine, where, notes)


def _axes(
    orientations: NDArray[np.float64], extent_mm: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    first = orientations[0]
    turned = np.abs(orientations - first).max(axis=1)
    if turned.max() > MAX_TURN or turned.max() * extent_mm > 5 * TOLERANCE_MM:
        planes = [first]
        for o in orientations:
            if min(np.abs(o - p).max() for p in planes) > MAX_TURN:
                planes.append(o)
        raise NotAVolumeError(
            f"mixed orientations: its {len(orientations)} images lie in {max(len(planes), 2)} planes"
        )
    row, column = first[:3], first[3:]
    lengths = np.linalg.norm([row, column], axis=1)
    if np.abs(lengths - 1).max() > 1e-3 or abs(row @ column) > 1e-3:
        raise NotAVolumeError("its direction cosines are not two perpendicular unit vectors")
    normal = np.cross(row, column)
    return row / lengths[0], column / lengths[1], normal / np.linalg.norm(normal)


def _steps(
    positions: NDArray[np.float64],
    along: NDArray[np.float64],
    places: list[NDArray[np.int64]],
    normal: NDArray[np.float64],
) -> tuple[list[int], tuple[float, ...]]:
    """Return the place that lies in each row of the even grid (-1: missing), and where those are."""
    n = len(places)
    if n == 1:
        return [0], ()
    at = np.array([along[p[0]] for p in places])
    origins = positions[[p[0] for p in places]]
    steps = np.diff(at)
    common = float(np.median(steps)) if n > 3 else float(steps.min())
    multiples = np.maximum(np.rint(steps / common), 1).astype(int)
    index = np.concatenate([[0], np.cumsum(multiples)])
    if multiples.max() > MOST_MISSING:
        raise NotAVolumeError(f"its slices lie {steps.min():.3g} to {steps.max():.3g} mm apart")
    even = (at[-1] - at[0]) / index[-1]
    off = np.abs(at - at[0] - index * even).max()
    if off > min(TOLERANCE_MM, 0.2 * even):
        raise NotAVolumeError(
            f"uneven slice steps: its slices lie {steps.min():.3g} to {steps.max():.3g} mm apart, "
            f"up to {off:.2g} mm off an even grid"
        )
    whole = origins[-1] - origins[0]
    sideways = float(np.linalg.norm(whole - normal * (whole @ normal)))
    tilt = float(np.degrees(np.arctan2(sideways, whole @ normal)))
    if tilt > MAX_TILT_DEG:
        raise NotAVolumeError(
            f"gantry tilt: its slices are shifted against each other, {tilt:.1f}° off their own axis"
        )
    line = origins[0] + np.outer(index / index[-1], whole)
    bent = float(np.linalg.norm(origins - line, axis=1).max())
    if bent > min(TOLERANCE_MM, 0.2 * even) * 1.5:
        raise NotAVolumeError(f"its slices do not lie on one straight line (up to {bent:.2g} mm off)")
    rows = [-1] * (int(index[-1]) + 1)
    for place, k in enumerate(index):
        rows[int(k)] = place
    return rows, tuple(float(k * even) for k, place in enumerate(rows) if place < 0)


def _in_time(
    places: list[NDArray[np.int64]], times: NDArray[np.float64], rows: list[int]
) -> NDArray[np.int64]:
    counts = {len(p) for p in places}
    if counts == {1}:
        return np.array([[places[r][0] if r >= 0 else -1 for r in rows]])
    most = max(counts)
    if len(counts) > 1:
        raise NotAVolumeError(
            f"between {min(counts)} and {most} images lie at one place: it is no even series in time"
        )
    ordered = []
    for place in places:
        t = times[place]
        if not np.isfinite(t).all() or len(np.unique(t)) < most:
            raise NotAVolumeError(
                f"{most} images lie at the same place and nothing in them says how they follow each other in "
                "time: a localizer or a monitoring scan, not a volume"
            )
        ordered.append(place[np.argsort(t, kind="stable")])
    empty = np.full(most, -1)
    return np.stack([ordered[r] if r >= 0 else empty for r in rows], axis=1)
