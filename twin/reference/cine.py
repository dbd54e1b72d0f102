"""The reference heart's scanner: slices in time, averaged through their thickness, blurred, with noise."""

# mypy: disable-error-code="untyped-decorator"

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin.reference.chambers import MIDDLE, REACH_MM, Chambers, heart, own_axes
from twin.reference.thorax import sensitivity, thorax

SAMPLES = 6
"""Places in each voxel at which the patient is looked up: through the slice, and spread over the pixel."""

BLUR_PX = 0.4
"""Standard deviation of the point spread within the plane, pixels."""


@dataclass(frozen=True, eq=False)
class Plane:
    """One slice as it is to be taken.

    Attributes
    ----------
    affine : ndarray, shape (4, 4)
        (i, j, 0, 1) of pixel centers to LPS mm; its third column is the normal times the thickness.
    size : (rows, columns)
    """

    affine: NDArray[np.float64]
    size: tuple[int, int]


def plane(
    middle: NDArray[np.float64], row: NDArray[np.float64], column: NDArray[np.float64],
    size: tuple[int, int], pixel_mm: float, thickness_mm: float,
) -> Plane:  # fmt: skip
    """Lay a slice whose middle, rows (along i) and columns (along j) are given, LPS."""
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = pixel_mm * row, pixel_mm * column
    affine[:3, 2] = thickness_mm * np.cross(row, column)
    affine[:3, 3] = middle - affine[:3, 0] * (size[1] - 1) / 2 - affine[:3, 1] * (size[0] - 1) / 2
    return Plane(affine, size)


def taken(
    where: Plane, moments: Sequence[Chambers], axes: NDArray[np.float64], center: NDArray[np.float64],
    vessels: NDArray[np.float64], noise: float, rng: np.random.Generator,
) -> NDArray[np.uint16]:  # fmt: skip
    """Take a slice at several moments; shape (t, j, i).

    Parameters
    ----------
    axes, center : ndarray
        The ventricle's own axes (rows, LPS) and their origin, LPS mm.
    vessels : ndarray, shape (n, 8)
        Those of the lungs.
    noise : float
        Standard deviation in each of the two channels, whose magnitude is shown (Rician).
    """
    from scipy.ndimage import gaussian_filter

    places = spread_over(where)
    around = np.empty((*where.size, SAMPLES), np.float32)
    gain = np.empty(where.size, np.float32)
    moves = np.empty(where.size, np.bool_)
    _surround(around, gain, moves, where.affine, places, axes, center, vessels)

    def painted(image: NDArray[np.float32], now: Chambers, which: NDArray[np.bool_]) -> NDArray[np.float32]:
        _paint(image, around, which, where.affine, places, axes, center,
               now.table, now.state, now.rods, now.papillary)  # fmt: skip
        return image

    still = painted(np.empty(where.size, np.float32), moments[0], np.ones_like(moves))
    # between end-diastole and end-systole the heart reaches nowhere that it does not reach at either
    tight = max(moments, key=lambda m: m.contraction)
    empty = around.mean(axis=2)
    moves &= np.abs(still - empty) + np.abs(painted(still.copy(), tight, moves) - empty) > 0.01
    out = np.empty((len(moments), *where.size), np.uint16)
    for t, now in enumerate(moments):
        image = painted(still.copy(), now, moves)
        image = gaussian_filter(image, BLUR_PX, truncate=3.0) * gain
        image += noise * rng.standard_normal(image.shape, dtype=np.float32)
        other = noise * rng.standard_normal(image.shape, dtype=np.float32)
        out[t] = np.rint(np.hypot(image, other))
    return out


def spread_over(where: Plane) -> NDArray[np.float64]:
    """Return where in each voxel the patient is looked up, from its center, mm; shape (SAMPLES, 3)."""
    count = np.arange(SAMPLES)
    spread = np.stack([(0.754878 * count) % 1, (0.569840 * count) % 1, (count + 0.5) / SAMPLES]) - 0.5
    return (where.affine[:3, :3] @ spread).T.copy()  # a sequence of low discrepancy within the voxel


def looked_up(
    where: Plane, now: Chambers, axes: NDArray[np.float64], center: NDArray[np.float64],
    vessels: NDArray[np.float64], place: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:  # fmt: skip
    """Return the signed signal at one place (3,) of each voxel, and the coils' gain; shapes (j, i)."""
    around = np.empty((*where.size, 1), np.float32)
    gain, moves = np.empty(where.size, np.float32), np.empty(where.size, np.bool_)
    places = place[None].copy()
    _surround(around, gain, moves, where.affine, places, axes, center, vessels)
    image = np.empty(where.size, np.float32)
    _paint(image, around, np.ones_like(moves), where.affine, places, axes, center,
           now.table, now.state, now.rods, now.papillary)  # fmt: skip
    return image, gain


@njit(cache=True, fastmath=True)
def _surround(
    around: NDArray[np.float32], gain: NDArray[np.float32], moves: NDArray[np.bool_],
    affine: NDArray[np.float64], places: NDArray[np.float64], axes: NDArray[np.float64],
    center: NDArray[np.float64], vessels: NDArray[np.float64],
) -> None:  # fmt: skip
    """Look up what does not move; where something may; how strongly the coils receive."""
    for j in range(around.shape[0]):
        for i in range(around.shape[1]):
            x = affine[0, 3] + i * affine[0, 0] + j * affine[0, 1]
            y = affine[1, 3] + i * affine[1, 0] + j * affine[1, 1]
            z = affine[2, 3] + i * affine[2, 0] + j * affine[2, 1]
            gain[j, i] = sensitivity(x, y, z)
            u, v, w = own_axes(x, y, z, axes, center)
            off = (u - MIDDLE[0]) ** 2 + (v - MIDDLE[1]) ** 2 + (w - MIDDLE[2]) ** 2
            moves[j, i] = off < REACH_MM**2
            for s in range(len(places)):
                around[j, i, s] = thorax(x + places[s, 0], y + places[s, 1], z + places[s, 2], vessels)


@njit(cache=True, fastmath=True)
def _paint(
    out: NDArray[np.float32], around: NDArray[np.float32], which: NDArray[np.bool_],
    affine: NDArray[np.float64], places: NDArray[np.float64], axes: NDArray[np.float64],
    center: NDArray[np.float64], table: NDArray[np.float64], state: NDArray[np.float64],
    rods: NDArray[np.float64], papillary: NDArray[np.float64],
) -> None:  # fmt: skip
    """Paint the heart over what is around it, in the pixels that ``which`` names, and average each."""
    count = len(places)
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            if not which[j, i]:
                continue
            total = 0.0
            for s in range(count):
                x = affine[0, 3] + i * affine[0, 0] + j * affine[0, 1] + places[s, 0]
                y = affine[1, 3] + i * affine[1, 0] + j * affine[1, 1] + places[s, 1]
                z = affine[2, 3] + i * affine[2, 0] + j * affine[2, 1] + places[s, 2]
                u, v, w = own_axes(x, y, z, axes, center)
                total += heart(u, v, w, around[j, i, s], table, state, rods, papillary)
            out[j, i] = total / count
