"""A view of one plane of a volume, with labels, marks and crosshair."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from twin.domain import LabelMap, Volume
from viewers.marks import Outline, OutlineCut, PointMark
from viewers.orientation import Plane, SliceFrame
from viewers.paint import Look
from viewers.sampling import GrayTable, LabelPaint, Turned, first_window
from viewers.slice_decor import SliceDecor
from viewers.slice_hands import SliceHands
from viewers.slice_sheet import SliceSheet


@dataclass(frozen=True, eq=False)
class Hover:
    """What lies under the cursor: place in LPS mm, voxel value with its unit, name of the structure."""

    lps: NDArray[np.float64]
    value: float
    unit: str
    structure: str


class SliceView(QWidget):
    """One plane of a volume.

    What mouse and keys do in it: see ``SliceHands``.

    Parameters
    ----------
    plane : "axial", "coronal" or "sagittal"
        The patient plane; an oblique volume shows the plane of its own grid nearest to it.
    """

    hovered = Signal(object)
    """``Hover``, or None when the cursor leaves the image."""
    crosshair_moved = Signal(object)
    """Place in LPS mm, shape (3,); sent for scrolling too."""
    window_changed = Signal(float, float)
    """Center and width, in the volume's unit; sent too when a hand inverts it (``window_level`` says so)."""
    maximize_asked = Signal()

    def __init__(self, plane: Plane, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hands = SliceHands(self)
        self.plane: Plane = plane
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 100)
        self.setAccessibleName(f"{plane} view")
        self._decor = SliceDecor(plane)
        self._volume: Volume | None = None
        self.sheet: SliceSheet | None = None
        """Zoom and pan; None while the view is empty."""
        self._labels: LabelPaint | None = None
        self._labels_wanted: tuple[LabelMap, dict[str, str], float, set[str]] | None = None
        self._table: GrayTable | None = None
        self._window = (0.0, 1.0, False)
        self._crosshair = np.zeros(3)
        self._index = 0
        self._time = 0
        self._outlines: tuple[Outline, ...] = ()
        self._points: tuple[PointMark, ...] = ()
        self._cuts: list[OutlineCut] = []
        self._picture: QImage | None = None
        self._pixels: NDArray[np.uint32] | None = None
        self._shown: tuple[object, ...] = ()
        self._turned = Turned()
        self._smooth = True

    # What is shown

    def set_volume(self, volume: Volume | None) -> None:
        """Show a volume with its own first window; None empties the view.

        The crosshair goes to its middle and the view is reset, unless the new volume lies on the same grid.
        """
        before = self._volume
        self._volume = volume
        if volume is None:
            self.sheet = self._table = None
        elif not _same_grid(before, volume):
            frame = SliceFrame.of(self.plane, volume.affine, volume.shape)
            self.sheet = SliceSheet(frame, self.width(), self.height())
            columns, rows, slices = frame.counts
            self.set_crosshair(frame.lps((columns - 1) // 2, (rows - 1) // 2, (slices - 1) // 2))
        if volume is not None and (before is None or volume is not before):
            self.set_window(*first_window(volume))
        self._decor.take_volume(volume)
        self._lay_labels()
        self._cut_outlines()
        self.set_time(0)

    def set_labels(
        self, labels: LabelMap | None, colors: dict[str, str], opacity: float, hidden: set[str]
    ) -> None:
        """Lay structures over the image: ``colors`` by structure name, ``opacity`` 0..1."""
        self._labels_wanted = None if labels is None else (labels, dict(colors), opacity, set(hidden))
        self._lay_labels()
        self._stale()

    def set_window(self, center: float, width: float, inverted: bool = False) -> None:
        """Set center and width in the volume's unit; emits nothing."""
        window = (float(center), max(float(width), 1e-6), bool(inverted))
        if self._volume is None or (window == self._window and self._table is not None):
            self._window = window
            return
        self._window = window
        self._table = GrayTable(self._volume, *window)
        self._stale()

    def set_crosshair(self, lps: NDArray[np.float64] | Sequence[float]) -> None:
        """Move the crosshair to a place in LPS mm and show its slice; emits nothing."""
        self._crosshair = np.asarray(lps, np.float64)
        if self.sheet is not None:
            frame = self.sheet.frame
            index = int(np.clip(np.rint(frame.place(self._crosshair)[2]), 0, frame.counts[2] - 1))
            if index != self._index:
                self._index = index
                self._stale()
        self.update()

    def set_time(self, index: int) -> None:
        """Show another moment of a volume with time; clipped to those there are."""
        moments = 1 if self._volume is None or self._volume.voxels.ndim == 3 else len(self._volume.voxels)
        self._time = int(np.clip(index, 0, moments - 1))
        self._decor.moment = f"phase {self._time + 1} / {moments}" if moments > 1 else ""
        self._stale()
        self._hands.hover_again()

    def set_caption(self, lines: Sequence[str]) -> None:
        """Write whose image this is into the upper left corner."""
        self._decor.caption = tuple(lines)
        self.update()

    def set_marks(self, outlines: Sequence[Outline] = (), points: Sequence[PointMark] = ()) -> None:
        """Draw the cuts of surfaces, and points, over the slice."""
        self._outlines, self._points = tuple(outlines), tuple(points)
        self._cut_outlines()
        self.update()

    def set_stamp(self, text: str) -> None:
        """Hatch the view and write why ("stale: made from an older segmentation"); empty to end it."""
        self._decor.stamp = text
        self.update()

    @property
    def smooth(self) -> bool:
        """Whether the picture is interpolated between voxels, or shows each as it is."""
        return self._smooth

    @smooth.setter
    def smooth(self, smooth: bool) -> None:
        self._smooth = smooth
        self._stale()

    def set_theme(self, look: Look) -> None:
        """Take the window's colors; the image itself stays on black."""
        self._decor.take_theme(look)
        self.update()

    def reset_view(self) -> None:
        """Fit the whole slice."""
        if self.sheet is not None:
            self.sheet.reset()
            self.update()

    # What it is asked for

    @property
    def window_level(self) -> tuple[float, float, bool]:
        """Center, width, inverted."""
        return self._window

    @property
    def crosshair(self) -> NDArray[np.float64]:
        """Where the crosshair is, LPS mm."""
        return self._crosshair.copy()

    @property
    def slice_index(self) -> int:
        """The slice shown, counted from the first as shown."""
        return self._index

    @property
    def time_index(self) -> int:
        """The moment shown, counted from the first."""
        return self._time

    @property
    def pixels_per_mm(self) -> float:
        """Scale of the picture in logical pixels; 0 while the view is empty."""
        return 0.0 if self.sheet is None else self.sheet.pixels_per_mm

    def lps_at(self, at: QPointF) -> NDArray[np.float64] | None:
        """Return the place in LPS mm under a widget position; None while the view is empty."""
        if self.sheet is None:
            return None
        column, row = self.sheet.to_slice(at)
        return self.sheet.frame.lps(column, row, self._index)

    def position_of(self, lps: NDArray[np.float64]) -> QPointF | None:
        """Return the widget position of a place in LPS mm, dropped onto the slice; None while empty."""
        if self.sheet is None:
            return None
        column, row, _ = self.sheet.frame.place(lps)
        return self.sheet.to_screen(column, row)

    def image(self, scale: float = 1.0) -> QImage:
        """Return the view as a picture, ``scale`` times the screen's resolution."""
        ratio = self.devicePixelRatioF() * scale
        picture = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        picture.setDevicePixelRatio(ratio)
        painter = QPainter(picture)
        painter.setFont(self.font())
        self._paint(painter)
        painter.end()
        return picture

    # Making the picture

    def _stale(self) -> None:
        self._picture = None
        self.update()

    def _lay_labels(self) -> None:
        if self._labels_wanted is None or self._volume is None:
            self._labels = None
            return
        labels, colors, opacity, hidden = self._labels_wanted
        self._labels = LabelPaint.of(labels, self._volume, colors, opacity, hidden)

    def _cut_outlines(self) -> None:
        self._cuts = [OutlineCut(o, self.sheet.frame) for o in self._outlines] if self.sheet else []

    def _grid(self) -> NDArray:
        assert self._volume is not None
        voxels = self._volume.voxels
        return voxels if voxels.ndim == 3 else voxels[self._time]

    def _draw_picture(self, ratio: float) -> QImage:
        """Return the slice on the device's pixels, kept until something it shows changes."""
        assert self.sheet is not None
        assert self._table is not None
        pixels = self.sheet.pixels(self._index, ratio)
        shown = (pixels.across, pixels.down, pixels.size, pixels.index)
        if self._picture is None or shown != self._shown:
            if self._pixels is None or self._pixels.shape != pixels.size:
                self._pixels = np.empty(pixels.size, np.uint32)
            self._table.paint(self._grid(), self._turned, pixels, self._smooth, self._pixels)
            if self._labels is not None:
                self._labels.lay_over(pixels, self._pixels)
            rows, columns = pixels.size
            # QImage borrows the memory.
            self._picture = QImage(self._pixels.data, columns, rows, columns * 4, QImage.Format.Format_RGB32)
            self._picture.setDevicePixelRatio(ratio)
            self._shown = shown
        return self._picture

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint image, marks, crosshair and texts."""
        painter = QPainter(self)
        try:
            self._paint(painter, self.hasFocus())
        finally:
            painter.end()  # an error's traceback would keep it painting, and Qt dies of that

    def _paint(self, painter: QPainter, focused: bool | None = None) -> None:
        """Paint the view; its border shows whether keys go to it, or is left out where that is None."""
        box = QRectF(self.rect())
        if self.sheet is not None and self._table is not None:
            painter.drawImage(QPointF(0, 0), self._draw_picture(painter.device().devicePixelRatio()))
            transform = self.sheet.transform()
            self._decor.paint_marks(painter, self.sheet, self._index, self._cuts, self._points)
            column, row, _ = self.sheet.frame.place(self._crosshair)
            self._decor.paint_crosshair(painter, box, transform.map(QPointF(column, row)))
            self._decor.paint_texts(painter, box, self.sheet, self._index, self._words(), focused)
        else:
            self._decor.paint_ground(painter, box)
            self._decor.paint_empty(painter, box)
            if focused is not None:
                self._decor.paint_border(painter, box, focused)

    def _words(self) -> tuple[str, str]:
        """Return what is said of the window, and of the interpolation."""
        between = "linear" if self._smooth else "voxels"
        if self._made_up:
            between = "filled: no image here"
        if self._volume is not None and self._volume.color:
            return "in color", between
        center, width, inverted = self._window
        figures = 0 if width >= 20 else 2
        words = f"W {width:.{figures}f}  L {center:.{figures}f} {self._unit}".rstrip()
        return words + ("  inverted" if inverted else ""), between

    @property
    def _made_up(self) -> bool:
        """True where the slice shown lies in a gap of the scan."""
        if self._volume is None or self.sheet is None or self.sheet.frame.axes[2] != 2:
            return False
        frame = self.sheet.frame
        return (frame.counts[2] - 1 - self._index if frame.flips[2] else self._index) in self._volume.filled

    @property
    def _unit(self) -> str:
        return "" if self._volume is None else self._volume.unit

    def hover_at(self, at: QPointF) -> Hover | None:
        """Return what lies under a widget position; None beside the image."""
        if self.sheet is None or self._volume is None:
            return None
        column, row = self.sheet.to_slice(at)
        columns, rows, _ = self.sheet.frame.counts
        i, j = int(np.rint(column)), int(np.rint(row))
        if not (0 <= i < columns and 0 <= j < rows):
            return None
        stored = self.sheet.frame.slice_of(self._grid(), self._index)[j, i]
        if self._volume.color:  # its luminance, as television weighs the parts (ITU-R BT.601)
            stored = np.dot([0.299, 0.587, 0.114], [int(stored) >> s & 255 for s in (16, 8, 0)])
        value = float(stored) * self._volume.slope + self._volume.intercept
        lps = self.sheet.frame.lps(column, row, self._index)
        name = "" if self._labels is None else self._labels.name_at(lps)
        return Hover(lps, value, self._unit, name)

    def event(self, event: QEvent) -> bool:
        """Give the hands what is theirs; Qt does the rest."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()  # shows where keys go
        return self._hands.take(event) or super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture to the new size."""
        if self.sheet is not None:
            self.sheet.width, self.sheet.height = self.width(), self.height()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(480, 360)


def _same_grid(before: Volume | None, after: Volume) -> bool:
    return (
        before is not None and before.shape == after.shape and bool(np.allclose(before.affine, after.affine))
    )
