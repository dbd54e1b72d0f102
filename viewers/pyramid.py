"""What volume rendering needs of an image beside its voxels: a coarse copy, and what each block can hold.

Made once of the same voxels, in whichever thread asks first: compiled, and other threads go on meanwhile.
"""

import threading
import weakref
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain import Volume

_SAMPLE = 200_000
"""So many voxels tell an image's percentiles."""


@dataclass(frozen=True, eq=False)
class Level:
    """One resolution of an image.

    Attributes
    ----------
    grid : ndarray, shape (t, k, j, i), or None
        Stored numbers; None for the image's own voxels, which must be free to go while this is kept.
    affine : ndarray, shape (4, 4)
        Takes (i, j, k, 1) of this grid to LPS mm.
    low, high : ndarray of float32, shape (t, blocks, blocks, blocks)
        Least and greatest stored number in each block.
    """

    grid: NDArray | None
    affine: NDArray[np.float64]
    low: NDArray[np.float32]
    high: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Pyramid:
    """An image at full and at coarse resolution.

    Attributes
    ----------
    percentiles : ndarray of float, shape (101,)
        Of the stored numbers, from 0 to 100.
    """

    fine: Level
    coarse: Level
    percentiles: NDArray[np.float64]


_turn = threading.Lock()
"""One pyramid is made at a time."""
_known: dict[int, Pyramid] = {}
"""By the number of their voxels' array, as long as that is there."""


def why_not(volume: Volume) -> str:
    """Return why an image cannot be rendered as a volume; empty where it can."""
    if volume.color:
        return "This image shows colors, which have no density to look through."
    if volume.placement != "patient":
        return "This image has no place in the patient."
    if min(volume.shape) < 2:
        return "This image is a single slice: there is no volume to look through."
    return ""


def pyramid_of(volume: Volume) -> Pyramid:
    """Return an image's pyramid, of all moments; half a second at 512×512×300 the first time."""
    with _turn:
        found = known_pyramid(volume)
        if found is None:
            found = _made(volume)
            _known[id(volume.voxels)] = found
            weakref.finalize(volume.voxels, _known.pop, id(volume.voxels), None).atexit = False
        return found


def known_pyramid(volume: Volume) -> Pyramid | None:
    """Return an image's pyramid where it was made and its voxels still are; asked from any thread."""
    return _known.get(id(volume.voxels))


def _made(volume: Volume) -> Pyramid:
    from viewers import ray_kernels
    from viewers.slice_kernels import read_only

    grid = read_only(volume.voxels.reshape(-1, *volume.shape))
    factors = _factors(volume)
    size = [count // factor for count, factor in zip(volume.shape, factors, strict=True)]
    half = np.empty((len(grid), *size), grid.dtype)
    for moment in range(len(grid)):
        ray_kernels.halve(grid[moment], factors, half[moment])
    # A coarse voxel's center lies between the fine ones that it is the mean of.
    scale = np.diag([*factors[::-1], 1.0])
    scale[:3, 3] = [(factor - 1) / 2 for factor in factors[::-1]]
    every = max(1, grid.size // _SAMPLE) | 1
    sample = grid.reshape(-1)[::every]
    sample = sample[np.isfinite(sample)] if grid.dtype.kind == "f" else sample
    percentiles = np.percentile(sample, np.arange(101)) if sample.size else np.zeros(101)
    ray_kernels.warm([grid.dtype.name])
    fine = Level(None, volume.affine, *_spans(grid))
    half = read_only(half)
    coarse = Level(half, volume.affine @ scale, *_spans(half))
    return Pyramid(fine, coarse, percentiles)


def _factors(volume: Volume) -> tuple[int, ...]:
    """Return by how much each axis (k, j, i) is made coarser: one that is coarse or short already is not."""
    spacing = volume.spacing_mm[::-1]
    return tuple(
        2 if step < 1.7 * spacing.min() and count >= 16 else 1
        for step, count in zip(spacing, volume.shape, strict=True)
    )


def _spans(grid: NDArray) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    from viewers import ray_kernels

    blocks = (len(grid), *ray_kernels.blocks_of(grid.shape[1:]))
    low, high = np.empty(blocks, np.float32), np.empty(blocks, np.float32)
    for moment in range(len(grid)):
        ray_kernels.spans(grid[moment], low[moment], high[moment])
    return low, high
