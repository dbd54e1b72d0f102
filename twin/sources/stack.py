"""Where the slices of a stack lie, and the straight, even grid that they make or are resampled to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOLERANCE_MM = 0.1
"""How far a slice may lie from the even grid: positions are often written rounded to 0.1 mm."""

MAX_TILT_DEG = 0.2
MOST_MISSING = 50
"""Where more slices in a row than this seem to be missing, the step is not one."""

HOLE = 4.0
"""An uneven step this many times the common one is a hole, not a step."""

MOST_GROWTH = 4.0
"""A grid larger than its slices by this factor (and ``MOST_MISSING``) holds mostly nothing."""

MAX_TURN = 1e-3
"""Largest difference of direction cosines that counts as the same orientation."""


class NotAVolumeError(Exception):
    """The slices do not make a volume; the message says why, for a user to read."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices in order, and the grid they lie on.

    Attributes
    ----------
    frames : ndarray of int, shape (t, n)
        Which frame is slice n at time t.
    at : ndarray, shape (n,)
        Where each slice lies along the grid's third axis, counted in its steps.
    shift : ndarray, shape (n, 2)
        Where each slice's first voxel lies in its plane of the grid, counted in voxels along i and j.
    affine : ndarray, shape (4, 4)
        (i, j, k) of voxel centres to LPS mm; right-handed.
    shape : (k, j, i)
        Size of the grid.
    gaps : int
        Missing slices and holes; it takes the user's consent to fill them.
    missing : str
        What is missing, in words.
    notes : tuple of str
        What resampling to the grid does, in words.
    """

    frames: NDArray[np.int64]
    at: NDArray[np.float64]
    shift: NDArray[np.float64]
    affine: NDArray[np.float64]
    shape: tuple[int, int, int]
    gaps: int = 0
    missing: str = ""
    notes: tuple[str, ...] = ()

    @property
    def even(self) -> bool:
        """True where each slice is one plane of the grid, voxel for voxel, and none is missing."""
        return len(self.at) == self.shape[0] and not self.shift.any() and not np.any(self.at % 1)

    @property
    def filled(self) -> tuple[int, ...]:
        """Planes of the grid that lie in a gap, between slices further apart than slices here are."""
        if not self.gaps:
            return ()
        k = np.arange(self.shape[0])
        after = np.clip(np.searchsorted(self.at, k - 1e-6), 1, len(self.at) - 1)
        apart = self.at[after] - self.at[after - 1]
        from_slice = np.abs(self.at[:, None] - k).min(axis=0)
        widest = HOLE if np.any(self.at % 1) else 1.0
        return tuple(int(n) for n in np.flatnonzero((apart > widest + 1e-6) & (from_slice > 0.5)))


def stack(
    positions: NDArray[np.float64],
    orientations: NDArray[np.float64],
    spacing: NDArray[np.float64],
    *,
    size: tuple[int, int],
    thickness_mm: float,
    times: NDArray[np.float64],
    numbers: NDArray[np.float64] | None = None,
) -> Stack:
    """Put frames in order of place and time and make the grid.

    Slices that are shifted against each other (gantry tilt) or lie in uneven steps get a right-angled,
    even grid, and the notes say so; none is made up without a note.

    Parameters
    ----------
    positions : ndarray, shape (n, 3)
        Centre of each frame's first voxel, LPS mm.
    orientations : ndarray, shape (n, 6)
        Direction cosines of a row (towards growing i), then of a column (towards growing j).
    spacing : ndarray, shape (n, 2)
        Between voxels along i and along j.
    size : (int, int)
        Columns and rows.
    thickness_mm : float
        Slice thickness, the third spacing where there is one slice; 0 where it is not known.
    times : ndarray, shape (m, n)
        What may order frames at one place, best first; NaN where nothing does.
    numbers : ndarray, shape (n,), optional
        What the scanner counted frames by; where nothing else orders those at one place, and it counted
        them moment by moment or place by place without exception, this does.

    Raises
    ------
    NotAVolumeError
        Mixed orientations or voxel sizes, slices far apart or far aside, several frames at one place.
    """
    extent_mm = max(size[0] * spacing[0, 0], size[1] * spacing[0, 1])
    row, column, normal = _axes(orientations, extent_mm)
    if np.ptp(spacing, axis=0).max() > 1e-4:
        raise NotAVolumeError("its images have different voxel sizes")
    along = positions @ normal
    order = np.argsort(along, kind="stable")
    # A new place starts where the distance to the one before is more than rounding.
    starts = np.flatnonzero(np.diff(along[order], prepend=-np.inf) > 0.01)
    places = np.split(order, starts[1:])
    frames = _in_time(places, times, numbers)
    origins = positions[frames[0]]
    if len(places) == 1:
        notes: list[str] = []
        if thickness_mm <= 0:
            notes = ["One slice without a stated thickness: 1 mm is taken for drawing it."]
            thickness_mm = 1.0
        steps = _Steps(np.zeros(1), thickness_mm)
    else:
        steps = _steps(origins @ normal)
        notes = [steps.note] if steps.note else []
    step = normal * steps.step_mm
    shift, said = _shifts(origins, steps, normal, np.stack([row, column]) / spacing[0][:, None])
    if said:
        notes.append(said)
    elif len(places) > 1:
        step = (origins[-1] - origins[0]) / steps.at[-1]
    corner = np.floor(shift.min(axis=0) + 1e-6)
    wider = np.ceil((shift - corner).max(axis=0) - 1e-6).astype(int)
    if np.prod(1.0 + wider / size) > MOST_GROWTH:
        raise NotAVolumeError(f"its slices do not lie above each other ({said})")
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = row * spacing[0, 0], column * spacing[0, 1], step
    affine[:3, 3] = origins[0] + affine[:3, :2] @ corner
    shape = (int(np.ceil(steps.at[-1] - 1e-9)) + 1, size[1] + int(wider[1]), size[0] + int(wider[0]))
    return Stack(frames, steps.at, shift - corner, affine, shape, steps.gaps, steps.missing, tuple(notes))


def _axes(
    orientations: NDArray[np.float64], extent_mm: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    first = orientations[0]
    if not same_plane(orientations, first, extent_mm).all():
        raise NotAVolumeError(f"mixed orientations: its {len(orientations)} images lie in several planes")
    row, column = first[:3], first[3:]
    lengths = np.linalg.norm([row, column], axis=1)
    if np.abs(lengths - 1).max() > 1e-3 or abs(row @ column) > 1e-3:
        raise NotAVolumeError("its direction cosines are not two perpendicular unit vectors")
    normal = np.cross(row, column)
    return row / lengths[0], column / lengths[1], normal / np.linalg.norm(normal)


def same_plane(
    orientations: NDArray[np.float64], first: NDArray[np.float64], extent_mm: float
) -> NDArray[np.bool_]:
    """Tell which orientations, shape (n, 6), are that of ``first``, as far as ``extent_mm`` can tell."""
    turned = np.abs(orientations - first).max(axis=1)
    return (turned <= MAX_TURN) & (turned * extent_mm <= 5 * TOLERANCE_MM)


@dataclass(frozen=True, eq=False)
class _Steps:
    """Slices along an even axis: where each lies in steps, and what is missing or was made even."""

    at: NDArray[np.float64]
    step_mm: float
    gaps: int = 0
    missing: str = ""
    note: str = ""


def _steps(along: NDArray[np.float64]) -> _Steps:
    """Find the even steps that slices at ``along`` (mm, growing) lie on, or make some."""
    heights = along - along[0]
    steps = np.diff(along)
    common = float(np.median(steps)) if len(steps) > 2 else float(steps.min())
    if steps.max() > MOST_MISSING * common:
        raise NotAVolumeError(f"its slices lie {steps.min():.3g} to {steps.max():.3g} mm apart")
    smallest = float(steps.min())
    often = np.mean(steps < 1.05 * smallest) >= 0.25
    for guess in (common, smallest) if often else (common,):
        multiples = np.maximum(np.rint(steps / guess), 1)
        at = np.concatenate([[0.0], np.cumsum(multiples)])
        even = float(heights[-1] / at[-1])
        off = np.abs(heights - at * even).max()
        sparse = at[-1] > MOST_MISSING + MOST_GROWTH * len(at)
        if multiples.max() <= MOST_MISSING and not sparse and off <= min(TOLERANCE_MM, 0.2 * even):
            return _Steps(at, even, *_missing(at, even))
    count = max(round(heights[-1] / common), 1)
    if count > MOST_MISSING + MOST_GROWTH * len(along):
        raise NotAVolumeError(f"its slices lie {steps.min():.3g} to {steps.max():.3g} mm apart")
    even = float(heights[-1] / count)
    holes = np.flatnonzero(steps > HOLE * common)
    said = "; ".join(
        f"nothing lies between {heights[n]:.4g} and {heights[n + 1]:.4g} mm from the first slice "
        f"(steps of {common:.4g} mm)"
        for n in holes
    )
    note = (
        f"Uneven slice steps: its slices lie {steps.min():.3g} to {steps.max():.3g} mm apart; resampled to "
        f"even steps of {even:.4g} mm by linear interpolation between neighboring slices."
    )
    return _Steps(heights / even, even, len(holes), said, note)


def _missing(at: NDArray[np.float64], step_mm: float) -> tuple[int, str]:
    absent = np.setdiff1d(np.arange(at[-1]), at)
    if not len(absent):
        return 0, ""
    where = ", ".join(f"{k * step_mm:.4g}" for k in absent[:5]) + (" …" if len(absent) > 5 else "")
    return len(absent), (
        f"{len(absent)} {'slice is' if len(absent) == 1 else 'slices are'} missing, "
        f"{where} mm from the first slice (steps of {step_mm:.4g} mm)"
    )


def _shifts(
    origins: NDArray[np.float64], steps: _Steps, normal: NDArray[np.float64], to_voxels: NDArray[np.float64]
) -> tuple[NDArray[np.float64], str]:
    """Return how far slices are shifted within their planes, voxels (n, 2), and that in words.

    Nothing where they lie on one straight line along their normal, up to rounding.
    """
    straight = np.zeros((len(origins), 2))
    if len(origins) == 1:
        return straight, ""
    whole = origins[-1] - origins[0]
    sideways = float(np.linalg.norm(whole - normal * (whole @ normal)))
    tilt = float(np.degrees(np.arctan2(sideways, whole @ normal)))
    line = origins[0] + np.outer(steps.at / steps.at[-1], whole)
    bent = float(np.linalg.norm(origins - line, axis=1).max())
    uneven = 1.5 * min(TOLERANCE_MM, 0.2 * steps.step_mm)
    if steps.note:  # heights are as they are then; only what lies sideways is bent
        bent = float(np.linalg.norm(_across(origins - line, normal), axis=1).max())
    if tilt <= MAX_TILT_DEG and bent <= uneven:
        return straight, ""
    aside = _across(origins - origins[0], normal)
    shift = aside @ to_voxels.T
    if bent <= uneven:
        how = f"gantry tilt: its slices are shifted against each other, {tilt:.1f}° off their own axis"
    else:
        far = np.linalg.norm(aside, axis=1).max()
        how = f"its slices do not lie on one straight line (up to {far:.2g} mm aside)"
    return shift, (
        f"Resampled to an upright grid, for {how}; each slice was moved within its plane, by linear "
        "interpolation."
    )


def _across(vectors: NDArray[np.float64], normal: NDArray[np.float64]) -> NDArray[np.float64]:
    return vectors - np.outer(vectors @ normal, normal)


def _in_time(
    places: list[NDArray[np.int64]], times: NDArray[np.float64], numbers: NDArray[np.float64] | None
) -> NDArray[np.int64]:
    """Return the frames by time and place, shape (t, n)."""
    counts = {len(p) for p in places}
    if counts == {1}:
        return np.array([[p[0] for p in places]])
    most = max(counts)
    if len(counts) > 1:
        raise NotAVolumeError(
            f"between {min(counts)} and {most} images lie at one place: it is no even series in time"
        )
    for order in times:
        if all(np.isfinite(order[p]).all() and len(np.unique(order[p])) == most for p in places):
            return np.stack([p[np.argsort(order[p], kind="stable")] for p in places], axis=1)
    if numbers is not None and len(np.unique(numbers)) == len(numbers):
        counted = np.stack([p[np.argsort(numbers[p])] for p in places], axis=1)
        ranks = np.argsort(np.argsort(numbers))[counted]
        if (np.ptp(ranks, axis=1) < len(places)).all() or (np.ptp(ranks, axis=0) < most).all():
            return counted
    raise NotAVolumeError(
        f"{most} images lie at the same place and nothing in them says how they follow each other in "
        "time or what tells them apart"
    )
