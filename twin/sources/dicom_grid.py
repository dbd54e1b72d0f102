"""Slices into a grid: voxel for voxel where they lie on it, by linear interpolation where they do not."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from twin.sources.stack import Stack


def fill(grid: NDArray, stacked: Stack, time: int, plane_of: Callable[[int], NDArray], pad: float) -> None:
    """Fill one moment of a grid, slice by slice, so that two slices at most are held beside it.

    Parameters
    ----------
    grid : ndarray, shape (k, j, i)
        Written to.
    plane_of : callable (frame) -> ndarray
        Reads a frame.
    pad : float
        What stands where no slice reaches.
    """
    _, rows, columns = stacked.shape
    before: NDArray | None = None
    k = 0
    for n, frame in enumerate(stacked.frames[time]):
        plane = moved(plane_of(int(frame)), stacked.shift[n], (rows, columns), pad, grid.dtype)
        here = float(stacked.at[n])
        while k <= here + 1e-9 and k < len(grid):
            part = here - k
            if before is None or part < 1e-9:
                grid[k] = plane
            else:
                part /= here - float(stacked.at[n - 1])
                grid[k] = rounded(before * part + plane * (1 - part), grid.dtype)
            k += 1
        before = plane


def moved(
    plane: NDArray, shift: NDArray[np.float64], shape: tuple[int, int], pad: float, dtype: np.dtype
) -> NDArray:
    """Return a slice moved by ``shift`` voxels along i and j, on a grid of ``shape`` (rows, columns)."""
    if not shift.any() and plane.shape == shape:
        return plane
    for axis, by in ((1, float(shift[0])), (0, float(shift[1]))):
        plane = _moved_along(plane, axis, by, shape[axis], pad)
    return rounded(plane, dtype)


def _moved_along(plane: NDArray, axis: int, by: float, size: int, pad: float) -> NDArray:
    whole = int(np.floor(by + 1e-6))
    part = max(by - whole, 0.0)
    source = np.moveaxis(plane, axis, 0)
    if part > 1e-6:  # the voxel at x takes from x − by: between two of the source
        source = source[1:] * (1 - part) + source[:-1] * part
        whole += 1
    out = np.full((size, *source.shape[1:]), pad, np.result_type(source.dtype, np.float32))
    out[whole : whole + len(source)] = source
    return np.moveaxis(out, 0, axis)


def rounded(values: NDArray, dtype: np.dtype) -> NDArray:
    """Return values as ``dtype``, rounded where that is an integer."""
    return (np.rint(values) if dtype.kind in "iu" else values).astype(dtype)
