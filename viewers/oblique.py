"""Planes and slabs of any direction through a volume: the colors of a picture, the value under the cursor."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from viewers.orientation import SliceFrame, voxel_step
from viewers.planes import Slab
from viewers.slab_layers import SlabLayers
from viewers.slice_sheet import SlicePixels

_Done = TypeVar("_Done")
_HOW = {"max": 1, "min": 2, "mean": 3}
"""As ``oblique_kernels`` numbers them (it takes a moment to import); 0 is the plane alone."""
_PICKED = (_HOW["max"], _HOW["min"])
"""Whose samples the steps of a scroll share: a voxel apart, as those are. The samples of a mean are not."""


@dataclass(frozen=True, eq=False)
class Cut:
    """How samples of a plane or slab lie in a grid.

    Attributes
    ----------
    from_lps : ndarray, shape (4, 4)
        Takes (x, y, z, 1) in LPS mm to (i, j, k, 1).
    through : tuple of float
        From a sample to the next, (i, j, k).
    count : int
        Samples; one for a plane.
    reach : float
        How many times ``through`` the outer samples are from the plane.
    how : int
    kept : SlabLayers
        Of the step before.
    """

    from_lps: NDArray[np.float64]
    through: tuple[float, float, float]
    count: int
    reach: float
    how: int
    kept: SlabLayers = field(default_factory=SlabLayers, repr=False)

    @classmethod
    def of(cls, frame: SliceFrame, slab: Slab, affine: NDArray[np.float64]) -> "Cut":
        """Return the cut of a grid along a view's plane, a slab from one border to the other.

        Samples of a maximum or minimum are a voxel apart, so that along the grid they are voxels themselves,
        but for those on the borders; those of a mean share the thickness evenly: each counts the same.
        """
        from_lps = np.asarray(np.linalg.inv(affine), np.float64)
        step_mm = voxel_step(affine, frame.normal)
        count, reach = slab.samples(step_mm)
        if slab.projection == "mean" and count > 1:
            step_mm, reach = step_mm * reach / (count // 2), float(count // 2)
        i, j, k = from_lps[:3, :3] @ frame.normal * step_mm
        how = _HOW[slab.projection] if count > 1 else 0
        return cls(from_lps, (float(i), float(j), float(k)), count, reach, how)

    def places(self, lps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where the samples of a place in LPS mm lie in the grid, shape (count, 3)."""
        away = np.clip(np.arange(self.count) - (self.count - 1) / 2, -self.reach, self.reach)
        here = (self.from_lps @ [*lps, 1.0])[:3]
        return np.asarray(here + away[:, None] * np.array(self.through))

    def value(self, grid: NDArray, lps: NDArray[np.float64], smooth: bool) -> float:
        """Return the stored number that is shown at a place in LPS mm; NaN beside the grid."""
        from viewers import oblique_kernels
        from viewers.slice_kernels import read_only

        fixed = read_only(grid)
        found = np.array([oblique_kernels.value_at(fixed, *at, smooth) for at in self.places(lps).tolist()])
        found = found[np.isfinite(found)]
        if not found.size:
            return float("nan")
        return float((found.max, found.max, found.min, found.mean)[self.how]())

    def paint(
        self,
        grid: NDArray,
        pixels: SlicePixels,
        smooth: bool,
        colors: tuple[NDArray[np.uint32], np.float32, np.float32],
        picture: NDArray[np.uint32],
        ground: int = 0xFF000000,
    ) -> None:
        """Fill a picture by a table of packed colors, and the scale and shift that lead into it."""
        from viewers import oblique_kernels
        from viewers.slice_kernels import read_only

        to_grid = (self.from_lps @ pixels.to_lps)[:3]
        if self.how in _PICKED and self._paint_kept(grid, to_grid, smooth, colors, picture, ground):
            return
        table, scale, shift = colors
        fixed = read_only(grid)

        def paint(to_grid: NDArray[np.float64], rows: slice) -> None:
            oblique_kernels.slab(
                fixed, to_grid, self.through, self.count, self.reach, self.how, smooth, table, scale,
                shift, np.uint32(ground), picture[rows],
            )  # fmt: skip

        _in_halves(paint, to_grid, len(picture))

    def _paint_kept(
        self,
        grid: NDArray,
        to_grid: NDArray[np.float64],
        smooth: bool,
        colors: tuple[NDArray[np.uint32], np.float32, np.float32],
        picture: NDArray[np.uint32],
        ground: int,
    ) -> bool:
        """Paint a slab by the layers kept of the step before; False where there are none that serve."""
        from viewers import layer_kernels
        from viewers.slice_kernels import read_only

        of = (grid.ctypes.data, grid.shape, smooth, picture.shape)
        steps = self.kept.steps_from_before(of, to_grid, self.through)
        if steps is None or not self.kept.room(self.count, picture.shape):
            return False
        half = (self.count - 1) // 2
        ends = () if self.reach == half else (-self.reach, self.reach)
        inner = half - bool(ends)
        places, missing = self.kept.places(range(steps - inner, steps + inner + 1))
        layers, step = self.kept.layers, np.outer(self.through, [0.0, 0.0, 1.0])
        wanted = [(float(n - steps), place) for n, place in missing]
        wanted += [(end, len(layers) - 1 - n) for n, end in enumerate(ends)]
        places = np.concatenate([places, [len(layers) - 1 - n for n in range(len(ends))]]).astype(np.int64)
        fixed, (table, scale, shift) = read_only(grid), colors

        def paint(to_grid: NDArray[np.float64], rows: slice) -> None:
            for away, place in wanted:
                layer_kernels.layer(fixed, read_only(to_grid + away * step), smooth, layers[place, rows])
            layer_kernels.together(
                layers[:, rows], places, self.how, table, scale, shift, np.uint32(ground), picture[rows]
            )

        _in_halves(paint, to_grid, len(picture))
        return True


def nearest(
    grid: NDArray, affine: NDArray[np.float64], pixels: SlicePixels, seen: NDArray
) -> tuple[int, int]:
    """Fill ``seen`` with the nearest voxels of a grid; return the rows [from, to) that lie on it in part."""
    from viewers import oblique_kernels
    from viewers.slice_kernels import read_only

    fixed = read_only(grid)
    upper, lower = _in_halves(
        lambda to_grid, rows: oblique_kernels.nearest(fixed, to_grid, seen[rows]),
        (np.linalg.inv(affine) @ pixels.to_lps)[:3], len(seen),
    )  # fmt: skip
    half = len(seen) // 2
    begins = [upper[0]] * (upper[0] < upper[1]) + [lower[0] + half] * (lower[0] < lower[1])
    ends = [upper[1]] * (upper[0] < upper[1]) + [lower[1] + half] * (lower[0] < lower[1])
    return min(begins, default=len(seen)), max(ends, default=0)


_aside = ThreadPoolExecutor(1, "oblique")


def _in_halves(
    act: Callable[[NDArray[np.float64], slice], _Done], to_grid: NDArray[np.float64], height: int
) -> tuple[_Done, _Done]:
    """Have the lower half of a picture filled beside the upper one; both are waited for.

    An oblique plane reads voxels from all over the memory, and one core waits for most of them.
    """
    from viewers.slice_kernels import read_only

    half = height // 2
    below = to_grid.copy()
    below[:, 2] += half * to_grid[:, 1]
    lower = _aside.submit(act, read_only(below), slice(half, None))
    upper = act(read_only(to_grid), slice(half))
    return upper, lower.result()
