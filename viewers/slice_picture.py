"""What a slice view shows of its volume: voxels, window, labels and slab, as pixels of the screen."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from twin.domain import LabelMap, Volume
from viewers.fusion import Fusion, Laid
from viewers.oblique import Cut, nearest
from viewers.orientation import SliceFrame
from viewers.paint import ColorBar
from viewers.planes import Slab
from viewers.sampling import BLACK, GrayTable, LabelPaint, Turned, first_window
from viewers.slice_sheet import SlicePixels

_FAR_MM, _FAR_PIXELS = 4.0, 4.0
"""Slices farther apart than both leave out more than a cut across them may pass over in silence."""


@dataclass(frozen=True, eq=False)
class Hover:
    """What lies under the cursor: place in LPS mm, voxel value with its unit, name of the structure.

    ``over`` is the value of a volume laid over it, with its unit.
    """

    lps: NDArray[np.float64]
    value: float
    unit: str
    structure: str
    over: tuple[float, str] | None = None


class SlicePicture:
    """The picture of one plane, kept until something that it shows changes.

    Parameters
    ----------
    changed : callable ()
        Told when the picture is to be made anew.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.volume: Volume | None = None
        self.time = 0
        self.window = (0.0, 1.0, False)
        self._labels: LabelPaint | None = None
        self._labels_wanted: tuple[LabelMap, dict[str, str], float, set[str]] | None = None
        self._table: GrayTable | None = None
        self._image: QImage | None = None
        self._pixels: NDArray[np.uint32] | None = None
        self._shown: tuple[object, ...] = ()
        self._turned = Turned()
        self._smooth = True
        self._colors = "gray"
        self._slab = Slab()
        self._fusion: Fusion | None = None
        self._cut: tuple[SliceFrame, Cut] | None = None
        self._far_mm = 0.0

    # What it is made of

    def set_volume(self, volume: Volume | None) -> None:
        """Take another volume, with its own first window unless it is the same one."""
        before, self.volume = self.volume, volume
        self._cut = None
        self._far_mm = 0.0 if volume is None else _far_mm(volume)
        if volume is None:
            self._table = None
        elif before is not volume:
            self._table = None
            self.set_window(*first_window(volume))
        self._lay_labels()
        self.set_time(0)

    def set_labels(
        self, labels: LabelMap | None, colors: dict[str, str], opacity: float, hidden: set[str]
    ) -> None:
        """Lay structures over the image: ``colors`` by structure name, ``opacity`` 0..1."""
        self._labels_wanted = None if labels is None else (labels, dict(colors), opacity, set(hidden))
        self._lay_labels()
        self._stale()

    def set_window(self, center: float, width: float, inverted: bool = False) -> None:
        """Set center and width in the volume's unit."""
        window = (float(center), max(float(width), 1e-6), bool(inverted))
        same, self.window = window == self.window and self._table is not None, window
        if self.volume is not None and not same:
            self._table = GrayTable(self.volume, *window, self._colors)
            self._stale()

    def set_time(self, index: int) -> None:
        """Show another moment of a volume with time; clipped to those there are."""
        self.time = int(np.clip(index, 0, self.moments - 1))
        self._stale()

    @property
    def moments(self) -> int:
        """How many moments the volume has."""
        return 1 if self.volume is None or self.volume.voxels.ndim == 3 else len(self.volume.voxels)

    @property
    def smooth(self) -> bool:
        """Whether the picture is interpolated between voxels, or shows each as it is."""
        return self._smooth

    @smooth.setter
    def smooth(self, smooth: bool) -> None:
        self._smooth = smooth
        self._stale()

    @property
    def colors(self) -> str:
        """Name of the map of colors (``resources.presets.IMAGE_MAPS``)."""
        return self._colors

    @colors.setter
    def colors(self, name: str) -> None:
        self._colors, self._table = name, None
        self.set_window(*self.window)

    @property
    def slab(self) -> Slab:
        """What is gathered from before and behind the plane."""
        return self._slab

    @slab.setter
    def slab(self, slab: Slab) -> None:
        self._slab, self._cut = slab, None
        self._stale()

    def lay(self, laid: Laid | None) -> None:
        """Lay a second volume over this one, which must lie in the same space; None takes it off."""
        self._fusion = Fusion(laid) if laid is not None else None
        self._stale()

    @property
    def laid(self) -> Laid | None:
        """The volume laid over this one."""
        return self._fusion.laid if self._fusion is not None else None

    # What is made of it

    def draw(self, pixels: SlicePixels) -> QImage:
        """Return the plane on the device's pixels; ``RuntimeError`` while there is no volume."""
        if self.volume is None or self._table is None:
            raise RuntimeError("there is no volume to be drawn")
        shown = (pixels.across, pixels.down, pixels.size, pixels.depth, id(pixels.frame))
        if self._image is None or shown != self._shown:
            if self._pixels is None or self._pixels.shape != pixels.size:
                self._pixels = np.empty(pixels.size, np.uint32)
            self._paint_voxels(pixels, self._pixels)
            if self._fusion is not None:
                self._fusion.paint(pixels, self._slab, self._smooth, self._pixels)
            if self._labels is not None:
                self._labels.lay_over(pixels, self._pixels)
            rows, columns = pixels.size
            # QImage borrows the memory.
            self._image = QImage(self._pixels.data, columns, rows, columns * 4, QImage.Format.Format_RGB32)
            self._image.setDevicePixelRatio(pixels.ratio)
            self._shown = shown
        return self._image

    def _paint_voxels(self, pixels: SlicePixels, picture: NDArray[np.uint32]) -> None:
        assert self.volume is not None
        assert self._table is not None
        if pixels.frame.on_grid and not self.is_slab:
            self._table.paint(self._grid(), self._turned, pixels, self._smooth, picture)
            return
        if self.volume.color:
            nearest(self._grid(), self.volume.affine, pixels, picture)
            picture |= np.uint32(BLACK)
            return
        cut = self._cut_along(pixels.frame)
        cut.paint(self._grid(), pixels, self._smooth, self._table.by_value, picture)

    @property
    def is_slab(self) -> bool:
        """Whether more than the plane itself is shown; colors are not gathered."""
        return self.volume is not None and not self.volume.color and self._slab.thickness_mm > 0

    def hover(self, frame: SliceFrame, depth: float, column: float, row: float) -> Hover | None:
        """Return what is shown at a place of a plane; None beside the image."""
        if self.volume is None:
            return None
        lps = frame.lps(column, row, depth)
        if frame.on_grid and not self.is_slab:
            columns, rows, _ = frame.counts
            i, j = int(np.rint(column)), int(np.rint(row))
            if not (0 <= i < columns and 0 <= j < rows):
                return None
            stored = frame.slice_of(self._grid(), round(depth))[j, i]
        else:
            smooth = self._smooth and not self.volume.color
            stored = self._cut_along(frame).value(self._grid(), lps, smooth)
            if not np.isfinite(stored):
                return None
        if self.volume.color:  # its luminance, as television weighs the parts (ITU-R BT.601)
            stored = np.dot([0.299, 0.587, 0.114], [int(stored) >> s & 255 for s in (16, 8, 0)])
        value = float(stored) * self.volume.slope + self.volume.intercept
        name = "" if self._labels is None else self._labels.name_at(lps)
        return Hover(lps, value, self.unit, name, self._over_at(frame, lps))

    def _over_at(self, frame: SliceFrame, lps: NDArray[np.float64]) -> tuple[float, str] | None:
        if self._fusion is None:
            return None
        value = self._fusion.value(frame, self._slab, self._smooth, lps)
        return None if value is None else (value, self._fusion.laid.volume.unit)

    @property
    def unit(self) -> str:
        """Unit of the values; empty where there is none."""
        return "" if self.volume is None else self.volume.unit

    def bar(self) -> ColorBar | None:
        """Return what the colors mean; None while the image is gray, or has colors of its own.

        Of two volumes it is the upper one's.
        """
        if self._fusion is not None:
            return self._fusion.laid.bar
        if self.volume is None or self.volume.color or self._colors == "gray":
            return None
        center, width, inverted = self.window
        ends = center - width / 2, center + width / 2
        return ColorBar(self._colors, ends, self.unit, inverted)

    def words(self, frame: SliceFrame, depth: float) -> tuple[str, str]:
        """Return what is said of the window; and of thickness and interpolation."""
        between = "linear" if self._smooth else "voxels"
        thick = f"step {frame.step_mm:.3g} mm" if frame.on_grid else "plane"
        if self.is_slab:
            thick = self._slab.words
        if self._made_up(frame, depth):
            between = "filled: no image here"
        elif (gap_mm := self._gap_mm(frame)) and self._smooth:
            between = f"linear between slices {gap_mm:.3g} mm apart"
        if self.volume is not None and self.volume.color:
            return "in color", f"{thick} · {'voxels' if not frame.on_grid else between}"
        center, width, inverted = self.window
        figures = 0 if width >= 20 else 2
        level = f"{center:.{figures}f}".replace("-", "−")
        words = f"W {width:.{figures}f}  L {level} {self.unit}".rstrip()
        return words + ("  inverted" if inverted else ""), f"{thick} · {between}"

    def _gap_mm(self, frame: SliceFrame) -> float:
        """Return how far apart the slices lie that this plane or slab cuts across; 0 where they lie close."""
        on_slice = frame.on_grid and frame.axes[2] == 2 and not self.is_slab
        if self.volume is None or self.volume.shape[0] == 1 or on_slice:
            return 0.0
        return self._far_mm

    def _made_up(self, frame: SliceFrame, depth: float) -> bool:
        """Tell whether the slice shown lies in a gap of the scan, or the slab reaches into one."""
        if self.volume is None or not self.volume.filled or not frame.on_grid or frame.axes[2] != 2:
            return False
        reach = (self._cut_along(frame).count - 1) // 2
        index = frame.counts[2] - 1 - round(depth) if frame.flips[2] else round(depth)
        return any(abs(index - gap) <= reach for gap in self.volume.filled)

    def _stale(self) -> None:
        self._image = None
        self._changed()

    def _lay_labels(self) -> None:
        if self._labels_wanted is None or self.volume is None:
            self._labels = None
            return
        labels, colors, opacity, hidden = self._labels_wanted
        self._labels = LabelPaint.of(labels, self.volume, colors, opacity, hidden)

    def _cut_along(self, frame: SliceFrame) -> Cut:
        assert self.volume is not None
        if self._cut is None or self._cut[0] is not frame:
            self._cut = (frame, Cut.of(frame, self._slab, self.volume.affine))
        return self._cut[1]

    def _grid(self) -> NDArray:
        assert self.volume is not None
        voxels = self.volume.voxels
        return voxels if voxels.ndim == 3 else voxels[self.time]


def _far_mm(volume: Volume) -> float:
    """Return how far apart the slices of a volume lie; 0 where they lie close."""
    i, j, k = np.linalg.norm(volume.affine[:3, :3], axis=0)
    return float(k) if k > _FAR_MM and k > _FAR_PIXELS * max(i, j) else 0.0
