"""All views of one cine study: every slice as a picture at the same phases of the heart's cycle."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain import Identity, Volume
from twin.errors import UserError

FEWEST_SLICES = 4
"""Short-axis slices from which a ventricle's surface can be fitted: apex, middle and base at the least."""

FEWEST_PHASES = 8
"""Moments of a cycle from which its smallest volume can be told."""


@dataclass(frozen=True, eq=False)
class CineView:
    """One slice in time.

    Attributes
    ----------
    name : str
        Series and, in a stack, slice number counted from 1: what messages call it.
    images : ndarray, shape (t, j, i), float32
        Values at the common phases.
    affine : ndarray, shape (4, 4)
        Takes (i, j, 0, 1) of a pixel's center to LPS mm; its third column is the slice's normal.
    slice : int or None
        Its place in the short-axis stack; None for a plane by itself.
    """

    name: str
    images: NDArray[np.float32]
    affine: NDArray[np.float64]
    slice: int | None = None

    @property
    def spacing_mm(self) -> NDArray[np.float64]:
        """Distance of neighboring pixel centers along i and j; shape (2,)."""
        return np.linalg.norm(self.affine[:3, :2], axis=0)

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit normal of the slice, LPS; shape (3,)."""
        normal = np.cross(self.affine[:3, 0], self.affine[:3, 1])
        return normal / np.linalg.norm(normal)

    @property
    def origin(self) -> NDArray[np.float64]:
        """Center of the first pixel, LPS mm; shape (3,)."""
        return self.affine[:3, 3]

    def pixels(self, lps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (i, j) of points, each dropped onto the plane; shape (..., 3) to (..., 2)."""
        axes = self.affine[:3, :2]
        return (lps - self.origin) @ (axes / (self.spacing_mm**2))

    def lps(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return LPS mm of (i, j); shape (..., 2) to (..., 3)."""
        return pixels @ self.affine[:3, :2].T + self.origin

    def away_mm(self, lps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the signed distance of points from the plane, mm; shape (..., 3) to (...)."""
        return (lps - self.origin) @ self.normal


@dataclass(frozen=True, eq=False)
class CineViews:
    """The views of one heart, at common phases.

    Attributes
    ----------
    short : tuple of CineView
        The short-axis stack in its own order.
    long : tuple of CineView
        The placed planes, whatever part of the heart they cut.
    phases : ndarray, shape (t,)
        Fractions of the cycle, 0 at the R wave.
    cycle_ms : float
        The cycle's length: the mean over the short-axis slices.
    gap_mm : float
        Distance of neighboring short-axis slices.
    """

    short: tuple[CineView, ...]
    long: tuple[CineView, ...]
    phases: NDArray[np.float64]
    cycle_ms: float
    gap_mm: float
    frame_of_reference: str
    identity: Identity
    notes: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[CineView, ...]:
        """Short axis, then long axis."""
        return self.short + self.long


def cine_views(volumes: Sequence[Volume]) -> CineViews:
    """Bring a study's cine volumes to common phases.

    Phases are matched by fraction of the cycle, since the heart's rate differs from series to series: the
    stack's own phases are kept, other series are interpolated to them, periodically.

    Parameters
    ----------
    volumes : sequence of Volume
        One stack of several slices in time, and any number of planes in time; others are left out.

    Raises
    ------
    UserError
        Where there is no stack, more than one, one too short, or views of another patient or space.
    """
    moving = [v for v in volumes if v.voxels.ndim == 4]
    stacks = [v for v in moving if v.shape[0] > 1]
    if not stacks:
        raise UserError(
            "There is no short-axis stack in time among these images.",
            "The ventricle is found in a cine series of several parallel slices; import it, or choose it.",
        )
    if len(stacks) > 1:
        names = ", ".join(_called(v) for v in stacks)
        raise UserError(
            f"There are {len(stacks)} stacks in time ({names}).", "Choose the one that is the short axis."
        )
    stack = stacks[0]
    planes = [v for v in moving if v.shape[0] == 1]
    _check(stack, planes)
    notes: list[str] = []
    phases = _phases(stack, notes)
    times = phases.mean(axis=1)
    times = times - times[0]
    short = []
    for k in range(stack.shape[0]):
        affine = stack.affine.copy()
        affine[:3, 3] += k * affine[:3, 2]
        images = _at(_values(stack)[:, k], phases[:, k], times)
        short.append(CineView(f"{_called(stack)} slice {k + 1}", images, affine, k))
    long = [
        CineView(_called(v), _at(_values(v)[:, 0], _phases(v, notes)[:, 0], times), v.affine.copy())
        for v in planes
    ]
    cycle = float(stack.cycle_ms.mean()) if stack.cycle_ms is not None else _assumed_cycle(stack)
    gap = float(stack.spacing_mm[2])
    return CineViews(
        tuple(short), tuple(long), times, cycle, gap,
        stack.frame_of_reference, stack.identity, tuple(dict.fromkeys(notes)),
    )  # fmt: skip


def _called(volume: Volume) -> str:
    number = volume.identity.series_number
    return f"series {number}" if number is not None else volume.identity.series_description or "a series"


def _check(stack: Volume, planes: list[Volume]) -> None:
    slices, moments = stack.shape[0], stack.voxels.shape[0]
    if slices < FEWEST_SLICES:
        raise UserError(
            f"The stack {_called(stack)} has only {slices} slices; a ventricle needs {FEWEST_SLICES}.",
            "Take a short-axis stack that reaches from apex to base.",
        )
    for volume in (stack, *planes):
        if volume.color or volume.placement != "patient":
            raise UserError(
                f"{_called(volume)} has no gray values at known places in the patient.",
                "Take the scanner's own images, not pictures of them.",
            )
        if volume.frame_of_reference != stack.frame_of_reference:
            raise UserError(
                f"{_called(volume)} lies in another space than the stack {_called(stack)}.",
                "Views of one heart come from one examination; leave this one out, or register it first.",
            )
        if volume.identity.patient_id != stack.identity.patient_id:
            raise UserError(f"{_called(volume)} is of another patient than the stack {_called(stack)}.")
        if volume.voxels.shape[0] < FEWEST_PHASES:
            raise UserError(
                f"{_called(volume)} has only {volume.voxels.shape[0]} phases; a cycle needs {FEWEST_PHASES}.",
                f"The stack has {moments}; leave short series out.",
            )


def _values(volume: Volume) -> NDArray[np.float32]:
    return volume.voxels.astype(np.float32) * np.float32(volume.slope) + np.float32(volume.intercept)


def _assumed_cycle(volume: Volume) -> float:
    assert volume.times_ms is not None
    return float(volume.times_ms[-1] - volume.times_ms[0] + np.diff(volume.times_ms).mean())


def _phases(volume: Volume, notes: list[str]) -> NDArray[np.float64]:
    """Fraction of the cycle of each moment and slice, shape (t, k), rising along t."""
    if volume.times_ms is None:
        raise UserError(
            f"{_called(volume)} does not say when its images were taken.",
            "A cine series tells its trigger times; take the scanner's own files.",
        )
    if volume.cycle_ms is None:
        notes.append(
            f"{_called(volume)} does not tell how long the cycle was: its images are taken to cover one."
        )
        cycle = np.full(volume.shape[0], _assumed_cycle(volume))
    else:
        cycle = np.asarray(volume.cycle_ms, dtype=float)
    times = volume.slice_times_ms
    if times is None:
        times = np.repeat(np.asarray(volume.times_ms, dtype=float)[:, None], volume.shape[0], axis=1)
    phases = times / cycle
    if (np.diff(phases, axis=0) <= 0).any() or (phases[-1] - phases[0] >= 1).any():
        raise UserError(
            f"The times of {_called(volume)} do not run once through the heart's cycle.",
            "Triggered series of one heart beat are needed; real-time series are not read this way.",
        )
    return phases


def _at(
    images: NDArray[np.float32], own: NDArray[np.float64], wanted: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Images at the wanted phases, by periodic linear interpolation."""
    count = len(own)
    after = np.searchsorted(own, np.mod(wanted - own[0], 1) + own[0] + 1e-6)  # a hair's breadth of the clock
    before = after - 1
    start = own[before]
    end = np.where(after < count, own[after % count], own[0] + 1)
    part = np.clip((np.mod(wanted - own[0], 1) + own[0] - start) / (end - start), 0, 1)
    part = np.where(np.abs(part) < 1e-3, 0.0, part).astype(np.float32)[:, None, None]
    return (1 - part) * images[before] + part * images[after % count]
