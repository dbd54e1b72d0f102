"""From voxels to a picture: window, lookup table and label overlay, without a screen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resources.colors import rgb
from twin.domain import LabelMap, Volume
from viewers.orientation import SliceFrame

_STORED_16 = (np.dtype(np.uint8), np.dtype(np.int8), np.dtype(np.uint16), np.dtype(np.int16))


def first_window(volume: Volume) -> tuple[float, float, bool]:
    """Return the window a volume is first shown with: center, width, inverted.

    The file's own window; where it has none, bone to air for CT (center 40, width 400), and
    the 1st to 99.5th percentile of a subsample for whatever has no fixed scale. PET is inverted.
    """
    inverted = volume.modality in ("PT", "PET", "NM")
    if volume.window is not None and volume.window[1] > 0:
        return float(volume.window[0]), float(volume.window[1]), inverted
    if volume.modality == "CT":
        return 40.0, 400.0, False
    stored = volume.voxels.reshape(-1)[:: max(1, volume.voxels.size // 200_000)]
    finite = stored[np.isfinite(stored)] if stored.dtype.kind == "f" else stored
    if finite.size == 0:
        return 0.0, 1.0, inverted
    low, high = np.percentile(finite, [0.0 if inverted else 1.0, 99.5])
    low, high = low * volume.slope + volume.intercept, high * volume.slope + volume.intercept
    return float(low + high) / 2, max(abs(float(high - low)), 1e-6), inverted


def value_limits(volume: Volume) -> tuple[float, float]:
    """Return the smallest and largest value of a subsample: the span that a window can sensibly have."""
    stored = volume.voxels.reshape(-1)[:: max(1, volume.voxels.size // 100_000)]
    if stored.dtype.kind == "f":
        stored = stored[np.isfinite(stored)]
    if stored.size == 0:
        return 0.0, 1.0
    ends = np.array([stored.min(), stored.max()], np.float64) * volume.slope + volume.intercept
    return float(ends.min()), float(ends.max())


class GrayTable:
    """Values to screen grays, for one volume and one window.

    8- and 16-bit voxels go through a table of 65,536 packed colors; wider ones (PET, results)
    are quantized to 16 bits within the window first.

    Parameters
    ----------
    volume : Volume
    center, width : float
        In the volume's unit. Linear as DICOM PS3.3 C.11.2.1.3 (LINEAR_EXACT): black at
        center − width/2, white at center + width/2.
    inverted : bool
        White for low values.
    """

    def __init__(self, volume: Volume, center: float, width: float, inverted: bool = False) -> None:
        self.exact = volume.voxels.dtype in _STORED_16
        low = center - width / 2
        if self.exact:
            kind = volume.voxels.dtype
            stored = np.arange(65536, dtype=np.uint16)
            if kind.itemsize == 1:
                stored = stored[:256].astype(np.uint8)
            values = stored.view(kind).astype(np.float32) * volume.slope + volume.intercept
            gray = (values - np.float32(low)) * np.float32(255.0 / width)
        else:
            self._scale = 65535.0 * volume.slope / width
            self._shift = 65535.0 * (volume.intercept - low) / width
            gray = np.linspace(0.0, 255.0, 65536, dtype=np.float32)
        gray = np.clip(gray + 0.5, 0, 255).astype(np.uint32)
        if inverted:
            gray = 255 - gray
        self._table = gray * np.uint32(0x010101) | np.uint32(0xFF000000)

    def colors(self, stored: NDArray) -> NDArray[np.uint32]:
        """Return packed 0xFFRRGGBB of a slice of stored numbers, same shape, contiguous."""
        if self.exact:
            index: NDArray[np.integer] = stored.view(np.uint8 if stored.dtype.itemsize == 1 else np.uint16)
        else:
            quantized = np.nan_to_num(stored.astype(np.float32) * self._scale + self._shift, nan=0.0)
            index = np.clip(quantized, 0, 65535).astype(np.uint16)
        return np.take(self._table, index)


@dataclass(frozen=True, eq=False)
class LabelPaint:
    """How labels are laid over a slice.

    Attributes
    ----------
    labels : LabelMap
    fills, rims : ndarray of uint32, shape (layers, 256 or 65536)
        Packed color 0xAARRGGBB of every label's area and of its outline; 0 where hidden.
    same_grid : bool
        The labels lie on the shown volume's own grid; else they are looked up voxel by voxel.
    mixed : ndarray of uint32, shape (131072,), or None
        For 8-bit labels: what the lowest layer's area, and from 65536 on its outline, gives over
        gray, by 256 × label + gray.
    """

    labels: LabelMap
    fills: NDArray[np.uint32]
    rims: NDArray[np.uint32]
    same_grid: bool
    mixed: NDArray[np.uint32] | None

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
        same_grid = labels.labels.shape[-3:] == volume.shape and np.allclose(
            labels.affine, volume.affine, atol=1e-3
        )
        mixed = None
        if size == 256:
            gray = np.tile(np.arange(256, dtype=np.uint32) * 0x010101 | 0xFF000000, 512)
            mixed = _blend(gray, np.repeat(np.concatenate([fills[0], rims[0]]), 256))
        return cls(labels, fills, rims, bool(same_grid), mixed)

    def layers(self) -> NDArray:
        """Return the labels with a layer axis in front, shape (layer, k, j, i)."""
        grid = self.labels.labels
        return grid[None] if grid.ndim == 3 else grid

    def _flat(self, grid: NDArray, frame: SliceFrame, index: int) -> NDArray:
        """Return labels at the voxels of a slice, shape (rows, columns); nearest where grids differ."""
        if self.same_grid:
            return frame.slice_of(grid, index)
        columns, rows, _ = frame.counts
        column, row = np.meshgrid(np.arange(columns), np.arange(rows))
        to_grid = np.linalg.inv(self.labels.affine) @ frame.to_lps
        flat = np.zeros((rows, columns), grid.dtype)
        where = [
            np.rint(a * column + b * row + (c * index + d)).astype(np.int64) for a, b, c, d in to_grid[:3]
        ]
        inside = np.ones((rows, columns), bool)
        for axis, size in zip(where, grid.shape[::-1], strict=True):
            inside &= (axis >= 0) & (axis < size)
        i, j, k = (axis[inside] for axis in where)
        flat[inside] = grid[k, j, i]
        return flat

    def lay_over(self, picture: NDArray[np.uint32], frame: SliceFrame, index: int) -> None:
        """Blend slice ``index`` of the labels into ``picture`` (rows, columns) in place."""
        for layer, grid in enumerate(self.layers()):
            flat = np.ascontiguousarray(self._flat(grid, frame, index))
            rows, columns = np.flatnonzero(flat.any(axis=1)), np.flatnonzero(flat.any(axis=0))
            if rows.size == 0:
                continue
            if layer == 0 and self.mixed is not None:
                # Over plain gray each color is known beforehand: one look-up, in the labels' box only.
                box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
                code = _rim(flat)[box].astype(np.uint32) << 16
                code |= flat[box].astype(np.uint32) << 8
                code |= picture[box] & 255
                picture[box] = np.take(self.mixed, code)
                continue
            inside = np.flatnonzero(flat)
            label = flat.reshape(-1)[inside]
            edge = _rim(flat).reshape(-1)[inside]
            paint = np.where(edge, self.rims[layer][label], self.fills[layer][label])
            seen = paint > 0
            inside, paint = inside[seen], paint[seen]
            pixels = picture.reshape(-1)
            pixels[inside] = _blend(pixels[inside], paint)

    def name_at(self, frame: SliceFrame, column: int, row: int, index: int) -> str:
        """Return the name of the visible structure there, the uppermost layer first; empty for none."""
        for layer, grid in reversed(list(enumerate(self.layers()))):
            label = int(self._flat(grid, frame, index)[row, column])
            if label and self.rims[layer, label]:
                for structure in self.labels.structures:
                    if structure.layer == layer and structure.label == label:
                        return structure.name
        return ""


def _rim(flat: NDArray) -> NDArray[np.bool_]:
    """Return where a voxel of the slice borders another label; shape of ``flat``."""
    edge = np.zeros(flat.shape, bool)
    across = flat[:, 1:] != flat[:, :-1]
    down = flat[1:] != flat[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    return edge


def _blend(under: NDArray[np.uint32], over: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return packed ``over`` (with alpha) laid on opaque packed ``under``."""
    alpha = (over >> 24) + (over >> 31)  # 0..256
    rest = 256 - alpha
    red_blue = ((under & 0xFF00FF) * rest + (over & 0xFF00FF) * alpha) >> 8 & 0xFF00FF
    green = ((under & 0x00FF00) * rest + (over & 0x00FF00) * alpha) >> 8 & 0x00FF00
    return (red_blue | green | np.uint32(0xFF000000)).astype(np.uint32)


def _packed(color: tuple[float, float, float], opacity: float) -> int:
    red, green, blue = (round(255 * part) for part in color)
    return round(255 * min(max(opacity, 0.0), 1.0)) << 24 | red << 16 | green << 8 | blue


def _over_gray(color: str) -> tuple[float, float, float]:
    """Return a structure's color with its hue made stronger: ivory on white bone would not be seen."""
    import colorsys

    hue, saturation, value = colorsys.rgb_to_hsv(*rgb(color))
    return colorsys.hsv_to_rgb(hue, min(1.0, saturation * 2.2) if saturation > 0.04 else 0.0, value)
