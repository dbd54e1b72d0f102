"""An image looked through in the 3-D scene: rays of our own over the surfaces that VTK has drawn.

Imports VTK: reached only through ``viewers.scene``.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from os import cpu_count
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.domain import Volume
from viewers import ray_kernels
from viewers.drawn import Drawn
from viewers.pyramid import Level, Pyramid
from viewers.slice_kernels import read_only
from viewers.transfer import Transfer
from viewers.turntable import Turntable
from viewers.views import Box, Clip

_PART_S = 0.030
"""How long a part of a full picture takes: between two of them the window does what it is asked."""


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cpu_count() or 1, thread_name_prefix="rays")


class DrawnVolume(Drawn):
    """An image by its transfer of values to densities; holds no copy of the voxels."""

    def __init__(self, volume: Volume, pyramid: Pyramid, transfer: Transfer) -> None:
        super().__init__()
        self.pickable = False
        self.around = Box.around(volume)
        self._volume, self._pyramid = volume, pyramid
        self._clip: Clip | None = None
        self._box: Box | None = None
        self._time = 0
        self._coarse = False
        self._skips: dict[tuple[int, bool], NDArray[np.uint8]] = {}
        self.transfer = transfer

    def shows(self, volume: Volume) -> bool:
        """Tell whether this is that image."""
        return self._volume is volume

    def change(self, transfer: Transfer, box: Box | None, time: int) -> None:
        """Show other values, another part or another moment."""
        if transfer is not self.transfer:
            self._skips.clear()
        self.transfer, self._box, self._time = transfer, box, time

    def set_clip(self, clip: Clip | None) -> None:
        """Cut it off at a plane."""
        self._clip = clip

    def set_coarse(self, coarse: bool) -> None:
        """Look at the coarse copy while a hand moves the scene."""
        self._coarse = coarse

    def lay_over(
        self, picture: NDArray[np.uint8], depth: NDArray[np.float32], camera: Turntable
    ) -> Iterator[None]:
        """Lay the image over a picture (height, width, 4), in place, part by part.

        ``depth`` (height, width) is how far before the camera's plane the nearest surface lies, mm;
        infinite where there is none. The coarse copy comes in one part.
        """
        height, threads = len(picture), cpu_count() or 1
        arguments = self._arguments(depth, camera)
        first, many = 0, height if self._coarse else min(height, 8 * threads)
        while first < height:
            last = min(first + many, height)
            began = perf_counter()
            jobs = [
                _pool().submit(ray_kernels.cast, *[*arguments, first + n, last, threads, picture])
                for n in range(threads)
            ]
            for job in jobs:
                job.result()
            took = max(perf_counter() - began, 1e-4)
            first, many = last, max(threads, min(4 * many, int(many * _PART_S / took)))
            yield

    def _arguments(self, depth: NDArray[np.float32], camera: Turntable) -> tuple[Any, ...]:
        """Return what the kernel is given besides rows and picture."""
        level = self._pyramid.coarse if self._coarse else self._pyramid.fine
        stored = self._volume.voxels if level.grid is None else level.grid
        grid = read_only(stored if stored.ndim == 3 else stored[self._time])
        right, up, toward = camera.axes
        lens = np.array([camera.position, camera.center, right * camera.height_mm, up * camera.height_mm])
        to_grid = np.linalg.inv(level.affine)
        step = float(np.linalg.norm(level.affine[:3, :3], axis=0).min()) * (1.0 if self._coarse else 0.5)
        scale, shift = self.transfer.place(self._volume)
        box, plane = ray_kernels.no_cut()
        if self._box is not None:
            box = np.array([self._box.low, self._box.high])
        if self._clip is not None:
            plane = np.array([*self._clip.normal, self._clip.normal @ self._clip.origin])
        # Slopes along the grid are taken to patient space, and then to the picture's axes.
        turn = (np.array([right, up, toward]) @ to_grid[:3, :3].T).astype(np.float32)
        turn *= np.float32(self._volume.slope)
        tops = level.high if scale >= 0 else level.low  # what comes to the greatest value
        return (
            grid.reshape(-1), grid.shape[::-1], np.ascontiguousarray(to_grid[:3]),
            self._skip(level), tops[self._time], lens, box, plane, depth, step,
            self.transfer.table(step), np.float32(scale), np.float32(shift), turn,
            np.float32(self.transfer.still), self.transfer.maximum,
        )  # fmt: skip

    def _skip(self, level: Level) -> NDArray[np.uint8]:
        """Return how far rays may leap from each block of a level at the moment shown."""
        key = self._time, self._coarse
        if key not in self._skips:
            scale, shift = self.transfer.place(self._volume)
            ends = np.stack([level.low[self._time], level.high[self._time]]) * scale + shift
            seen = np.concatenate([[0], np.cumsum(self.transfer.table(1.0)[:, 3] > 0)])
            entry = np.clip(np.nan_to_num(np.sort(ends, axis=0)), 0, len(seen) - 2).astype(np.intp)
            something = (seen[entry[1] + 1] - seen[entry[0]] > 0) & (
                level.low[self._time] <= level.high[self._time]
            )
            skip = np.where(something, 0, 255).astype(np.uint8)
            ray_kernels.leaps(skip)
            self._skips[key] = skip
        return self._skips[key]
