"""From voxels to a picture: window, lookup table and label overlay, without a screen."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from resources.colors import color_map, rgb
from twin.domain import LabelMap, Volume
from viewers.slice_sheet import SlicePixels

BLACK = 0xFF000000
_LINE_BYTES = 64
"""What one read from memory brings."""


def first_window(volume: Volume) -> tuple[float, float, bool]:
    """Return the window a volume is first shown with: center, width, inverted.

    The file's own window; where it has none, bone to air for CT in HU (center 40, width 400), and
    the 1st to 99.5th percentile of a subsample for whatever has no fixed scale. PET is inverted, and
    what asks for it.
    """
    inverted = volume.inverted or volume.modality in ("PT", "PET", "NM")
    if volume.window is not None and volume.window[1] > 0:
        return float(volume.window[0]), float(volume.window[1]), inverted
    if volume.modality == "CT" and volume.unit == "HU":
        return 40.0, 400.0, False
    return *share_window(volume, 0.0 if inverted else 1.0, 99.5), inverted


def share_window(volume: Volume, low: float, high: float) -> tuple[float, float]:
    """Return center and width of the window between two percentiles of a subsample of the values."""
    stored = volume.voxels.reshape(-1)[:: max(1, volume.voxels.size // 200_000)]
    finite = stored[np.isfinite(stored)] if stored.dtype.kind == "f" else stored
    if finite.size == 0:
        return 0.0, 1.0
    shares = np.percentile(finite, [low, high])
    if shares[0] == shares[1]:  # all but a few are of one value: a mask, whose few are what it shows
        shares = np.array([np.nanmin(volume.voxels), np.nanmax(volume.voxels)], np.float64)
    ends = shares * volume.slope + volume.intercept
    return float(ends.mean()), abs(float(ends[1] - ends[0])) or 1.0


def value_limits(volume: Volume) -> tuple[float, float]:
    """Return the smallest and largest value of a subsample: the span that a window can sensibly have."""
    stored = volume.voxels.reshape(-1)[:: max(1, volume.voxels.size // 100_000)]
    if stored.dtype.kind == "f":
        stored = stored[np.isfinite(stored)]
    if stored.size == 0:
        return 0.0, 1.0
    ends = np.array([stored.min(), stored.max()], np.float64) * volume.slope + volume.intercept
    return float(ends.min()), float(ends.max())


@cache
def packed_map(name: str) -> NDArray[np.uint32]:
    """Return a color map as 256 packed 0xFFRRGGBB."""
    red, green, blue = color_map(name).astype(np.uint32).T
    return red << 16 | green << 8 | blue | np.uint32(BLACK)


class Turned:
    """Where a slice lies in memory; slices that cut across it are kept turned, some neighbors at a time.

    Such a slice (sagittal in an axial scan) has every voxel on a cache line of its own, beside those of the
    neighboring slices: scrolling would read the whole line again for each of them.
    """

    def __init__(self) -> None:
        self._grid: NDArray | None = None
        self._begin = 0
        self._block = np.empty((0, 0, 0))

    def slice_of(self, grid: NDArray, pixels: SlicePixels) -> tuple[NDArray, int, tuple[int, int]]:
        """Return a flat array, where the slice's first voxel lies in it, and the steps to the next."""
        from viewers import slice_kernels

        frame = pixels.frame
        depth, height, width = grid.shape
        if grid.dtype.name not in slice_kernels.VOXELS:
            flat = np.ascontiguousarray(frame.slice_of(grid, pixels.index), np.float32)
            return slice_kernels.read_only(flat).reshape(-1), 0, (1, flat.shape[1])
        if frame.axes[2] != 0:
            return slice_kernels.read_only(grid).reshape(-1), *frame.address(
                pixels.index, (1, width, width * height)
            )
        many = _LINE_BYTES // grid.dtype.itemsize
        column = width - 1 - pixels.index if frame.flips[2] else pixels.index
        begin = column - column % many
        same = self._grid is not None and self._grid.ctypes.data == grid.ctypes.data
        if not same or begin != self._begin or self._block.shape[::2] != (depth, height):
            self._grid, self._begin = grid, begin
            self._block = np.empty((depth, min(many, width - begin), height), grid.dtype)
            slice_kernels.turn(slice_kernels.read_only(grid), begin, self._block)
        count = self._block.shape[1]
        first, strides = frame.address(0, (0, 1, height * count))
        flat = slice_kernels.read_only(self._block).reshape(-1)
        return flat, first + (column - begin) * height, strides


class GrayTable:
    """Values to screen grays, for one volume and one window.

    Voxels go through a table of 256 packed colors, as many as a screen has grays, by
    ``round(scale stored + shift)``.

    Parameters
    ----------
    volume : Volume
        One in color is shown as it is, whatever the window.
    center, width : float
        In the volume's unit. Linear as DICOM PS3.3 C.11.2.1.3 (LINEAR_EXACT): black at
        center − width/2, white at center + width/2.
    inverted : bool
        The table's end for low values.
    colors : str
        Name of a map of ``resources.colors``.
    """

    def __init__(
        self, volume: Volume, center: float, width: float, inverted: bool = False, colors: str = "gray"
    ) -> None:
        from viewers import slice_kernels

        self.color = volume.color
        low = center - width / 2
        self._finite = volume.voxels.dtype.kind != "f"
        self._scale = np.float32(255.0 * volume.slope / width)
        self._shift = np.float32(255.0 * (volume.intercept - low) / width)
        table = packed_map(colors)
        self._table = slice_kernels.read_only(table[::-1] if inverted else table)

    @property
    def by_value(self) -> tuple[NDArray[np.uint32], np.float32, np.float32]:
        """The table, and the scale and shift that take stored numbers to its places."""
        return self._table, self._scale, self._shift

    def colors(self, stored: NDArray) -> NDArray[np.uint32]:
        """Return packed 0xFFRRGGBB of a slice of stored numbers, same shape; what is no number is black."""
        if self.color:
            return stored | np.uint32(BLACK)
        place = stored * self._scale + self._shift
        packed = np.take(self._table, (np.clip(np.nan_to_num(place), 0, 255) + 0.5).astype(np.intp))
        return packed if self._finite else np.where(np.isfinite(place), packed, np.uint32(BLACK))

    def paint(
        self, grid: NDArray, turned: "Turned", pixels: SlicePixels, smooth: bool, picture: NDArray[np.uint32]
    ) -> None:
        """Fill a picture with a slice of a grid (k, j, i), and with black around it."""
        from viewers import slice_kernels

        if self.color:
            self._paint_color(pixels.frame.slice_of(grid, pixels.index), pixels, smooth, picture)
            return
        slice_kernels.grays(
            *turned.slice_of(grid, pixels), pixels.frame.counts[:2],
            pixels.across, pixels.down, smooth, self._table,
            self._scale, self._shift, self._finite, np.uint32(BLACK), picture,
        )  # fmt: skip

    @staticmethod
    def _paint_color(
        plane: NDArray[np.uint32], pixels: SlicePixels, smooth: bool, picture: NDArray[np.uint32]
    ) -> None:
        """Fill a picture with a slice of packed colors, part by part."""
        from viewers import slice_kernels

        table = slice_kernels.read_only(np.arange(256, dtype=np.uint32))
        part = np.empty_like(picture)
        picture[:] = BLACK
        for shift in (16, 8, 0):
            stored = slice_kernels.read_only((plane >> shift & 255).astype(np.uint8))
            slice_kernels.grays(
                stored.reshape(-1), 0, (1, stored.shape[1]), pixels.frame.counts[:2], pixels.across,
                pixels.down, smooth, table, np.float32(1), np.float32(0), True, np.uint32(0), part,
            )  # fmt: skip
            picture |= part << np.uint32(shift)


@dataclass(eq=False)
class LabelPaint:
    """How labels are laid over a slice.

    Attributes
    ----------
    labels : LabelMap
    fills, rims : ndarray of uint32, shape (layers, 256 or 65536)
        Packed color 0xAARRGGBB of every label's area and of its outline; 0 where hidden.
    same_grid : bool
        The labels lie on the shown volume's own grid; else they are looked up voxel by voxel.
    turned : tuple of Turned
        A layer each.
    """

    labels: LabelMap
    fills: NDArray[np.uint32]
    rims: NDArray[np.uint32]
    same_grid: bool
    turned: tuple[Turned, ...]
    _seen: NDArray = field(default_factory=lambda: np.empty((0, 0), np.uint8))

    @classmethod
    def of(
        cls,
        labels: LabelMap,
        volume: Volume,
        colors: dict[str, str],
        opacity: float,
        hidden: set[str],
    ) -> "LabelPaint":
        """Make the tables: ``colors`` by structure name; ``opacity`` 0..1 of the area, the rim is denser."""
        from viewers import slice_kernels

        layers = 1 if labels.labels.ndim == 3 else labels.labels.shape[0]
        size = 256 if labels.labels.dtype.itemsize == 1 else 65536
        fills = np.zeros((layers, size), np.uint32)
        rims = np.zeros((layers, size), np.uint32)
        rim = min(1.0, 0.35 + opacity) if opacity > 0 else 0.0
        for structure in labels.structures:
            if structure.name in hidden:
                continue
            color = _over_gray(colors.get(structure.name, "#4FB3BF"))
            fills[structure.layer, structure.label] = _packed(color, opacity)
            rims[structure.layer, structure.label] = _packed(color, rim)
        fills, rims = slice_kernels.read_only(fills), slice_kernels.read_only(rims)
        same_grid = labels.labels.shape[-3:] == volume.shape and np.allclose(
            labels.affine, volume.affine, atol=1e-3
        )
        return cls(labels, fills, rims, bool(same_grid), tuple(Turned() for _ in range(layers)))

    def layers(self) -> NDArray:
        """Return the labels with a layer axis in front, shape (layer, k, j, i)."""
        grid = self.labels.labels
        return grid[None] if grid.ndim == 3 else grid

    def lay_over(self, pixels: SlicePixels, picture: NDArray[np.uint32]) -> None:
        """Blend a slice of the labels into a picture, in place; their rims are as wide whatever the zoom."""
        from viewers import oblique, slice_kernels

        kind = self.labels.labels.dtype
        if self._seen.shape != pixels.size or self._seen.dtype != kind:
            self._seen = np.empty(pixels.size, kind)
        seen = self._seen
        reach = max(1, round(1.5 * pixels.ratio))
        for layer, grid in enumerate(self.layers()):
            if self.same_grid and pixels.frame.on_grid:
                place = self.turned[layer].slice_of(grid, pixels)
                rows = slice_kernels.nearest(
                    *place, pixels.frame.counts[:2], pixels.across, pixels.down, seen
                )
            else:
                rows = oblique.nearest(grid, self.labels.affine, pixels, seen)
            slice_kernels.lay_over(seen, *rows, reach, self.fills[layer], self.rims[layer], picture)

    def name_at(self, lps: NDArray[np.float64]) -> str:
        """Return the name of the visible structure at a place in LPS mm, the uppermost layer first."""
        i, j, k = np.rint((np.linalg.inv(self.labels.affine) @ [*lps, 1.0])[:3]).astype(int)
        depth, height, width = self.labels.labels.shape[-3:]
        if not (0 <= i < width and 0 <= j < height and 0 <= k < depth):
            return ""
        for layer, grid in reversed(list(enumerate(self.layers()))):
            label = int(grid[k, j, i])
            if label and self.rims[layer, label]:
                for structure in self.labels.structures:
                    if structure.layer == layer and structure.label == label:
                        return structure.name
        return ""


def _packed(color: tuple[float, float, float], opacity: float) -> int:
    red, green, blue = (round(255 * part) for part in color)
    return round(255 * min(max(opacity, 0.0), 1.0)) << 24 | red << 16 | green << 8 | blue


def _over_gray(color: str) -> tuple[float, float, float]:
    """Return a structure's color with its hue made stronger: ivory on white bone would not be seen."""
    import colorsys

    hue, saturation, value = colorsys.rgb_to_hsv(*rgb(color))
    return colorsys.hsv_to_rgb(hue, min(1.0, saturation * 2.2) if saturation > 0.04 else 0.0, value)
