"""A view of one plane of a volume, with labels, marks and crosshair."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from twin.domain import LabelMap, Volume
from viewers.marks import Outline, OutlineCut, PointMark
from viewers.orientation import Plane, SliceFrame
from viewers.paint import Look
from viewers.sampling import GrayTable, LabelPaint, Turned, first_window
from viewers.slice_decor import SliceDecor
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

    Wheel, arrow keys, Page Up and Down, Home and End scroll. Ctrl and wheel, or a drag with the right button,
    zooms; a drag with the middle button, or with Space held, pans. A drag with the left button sets
    the window (right: wider, down: higher level), or moves the crosshair where it is taken hold
    of. A click, or moving with Shift held, sets the crosshair. Double-click maximizes, R resets,
    I inverts, N turns interpolation off and on.

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
    """Center and width, in the volume's unit."""
    maximize_asked = Signal()

    def __init__(self, plane: Plane, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plane: Plane = plane
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 100)
        self.setAccessibleName(f"{plane} view")
        self._decor = SliceDecor(plane)
        self._volume: Volume | None = None
        self._sheet: SliceSheet | None = None
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
        self._drag = ""
        self._pressed_at = QPointF()
        self._last_at = QPointF()
        self._space = False
        self._wheel = 0.0

    # What is shown

    def set_volume(self, volume: Volume | None) -> None:
        """Show a volume with its own first window; None empties the view.

        The crosshair goes to its middle and the view is reset, unless the new volume lies on the same grid.
        """
        before = self._volume
        self._volume = volume
        self._time = 0
        if volume is None:
            self._sheet = self._table = None
        elif not _same_grid(before, volume):
            frame = SliceFrame.of(self.plane, volume.affine, volume.shape)
            self._sheet = SliceSheet(frame, self.width(), self.height())
            columns, rows, slices = frame.counts
            self.set_crosshair(frame.lps((columns - 1) // 2, (rows - 1) // 2, (slices - 1) // 2))
        if volume is not None and (before is None or volume is not before):
            self.set_window(*first_window(volume))
        self._decor.reference_patient = volume is not None and volume.identity.reference_patient
        self._lay_labels()
        self._cut_outlines()
        self._stale()

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
        if self._sheet is not None:
            frame = self._sheet.frame
            index = int(np.clip(np.rint(frame.place(self._crosshair)[2]), 0, frame.counts[2] - 1))
            if index != self._index:
                self._index = index
                self._stale()
        self.update()

    def set_time(self, index: int) -> None:
        """Show another moment of a volume with time; clipped to those there are."""
        moments = 1 if self._volume is None or self._volume.voxels.ndim == 3 else len(self._volume.voxels)
        self._time = int(np.clip(index, 0, moments - 1))
        self._stale()

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

    def set_smooth(self, smooth: bool) -> None:
        """Interpolate between voxels, or show each as it is."""
        self._smooth = smooth
        self._stale()

    def set_theme(self, look: Look) -> None:
        """Take the window's colors; the image itself stays on black."""
        self._decor.take_theme(look)
        self.update()

    def reset_view(self) -> None:
        """Fit the whole slice."""
        if self._sheet is not None:
            self._sheet.reset()
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
    def pixels_per_mm(self) -> float:
        """Scale of the picture in logical pixels; 0 while the view is empty."""
        return 0.0 if self._sheet is None else self._sheet.pixels_per_mm

    def lps_at(self, at: QPointF) -> NDArray[np.float64] | None:
        """Return the place in LPS mm under a widget position; None while the view is empty."""
        if self._sheet is None:
            return None
        column, row = self._sheet.to_slice(at)
        return self._sheet.frame.lps(column, row, self._index)

    def position_of(self, lps: NDArray[np.float64]) -> QPointF | None:
        """Return the widget position of a place in LPS mm, dropped onto the slice; None while empty."""
        if self._sheet is None:
            return None
        column, row, _ = self._sheet.frame.place(lps)
        return self._sheet.to_screen(column, row)

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
        self._cuts = [OutlineCut(o, self._sheet.frame) for o in self._outlines] if self._sheet else []

    def _grid(self) -> NDArray:
        assert self._volume is not None
        voxels = self._volume.voxels
        return voxels if voxels.ndim == 3 else voxels[self._time]

    def _draw_picture(self, ratio: float) -> QImage:
        """Return the slice on the device's pixels, kept until something it shows changes."""
        assert self._sheet is not None
        assert self._table is not None
        pixels = self._sheet.pixels(self._index, ratio)
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
            self._paint(painter)
            self._decor.paint_border(painter, QRectF(self.rect()), self.hasFocus())
        finally:
            painter.end()  # an error's traceback would keep it painting, and Qt dies of that

    def _paint(self, painter: QPainter) -> None:
        box = QRectF(self.rect())
        if self._sheet is not None and self._table is not None:
            painter.drawImage(QPointF(0, 0), self._draw_picture(painter.device().devicePixelRatio()))
            transform = self._sheet.transform()
            self._decor.paint_marks(painter, self._sheet, self._index, self._cuts, self._points)
            column, row, _ = self._sheet.frame.place(self._crosshair)
            self._decor.paint_crosshair(painter, box, transform.map(QPointF(column, row)))
            self._decor.paint_texts(painter, box, self._sheet, self._index, self._words())
        else:
            self._decor.paint_ground(painter, box)
            self._decor.paint_empty(painter, box)

    def _words(self) -> tuple[str, str]:
        """Return what is said of the window, and of the interpolation."""
        center, width, inverted = self._window
        figures = 0 if width >= 20 else 2
        words = f"W {width:.{figures}f}  L {center:.{figures}f} {self._unit}".rstrip()
        return words + ("  inverted" if inverted else ""), "linear" if self._smooth else "voxels"

    @property
    def _unit(self) -> str:
        return "" if self._volume is None else self._volume.unit

    # Hands

    def _scroll(self, steps: int) -> None:
        if self._sheet is None:
            return
        self._go_to(int(np.clip(self._index + steps, 0, self._sheet.frame.counts[2] - 1)))

    def _go_to(self, index: int) -> None:
        assert self._sheet is not None
        if index == self._index:
            return
        frame = self._sheet.frame
        column, row, _ = frame.place(self._crosshair)
        self.set_crosshair(frame.lps(column, row, index))
        self.crosshair_moved.emit(self.crosshair)

    def _cross_to(self, at: QPointF) -> None:
        lps = self.lps_at(at)
        if lps is not None and self._sheet is not None:
            columns, rows, slices = self._sheet.frame.counts
            place = np.clip(self._sheet.frame.place(lps), 0, [columns - 1, rows - 1, slices - 1])
            self.set_crosshair(self._sheet.frame.lps(*place))
            self.crosshair_moved.emit(self.crosshair)

    def _hover(self, at: QPointF) -> None:
        if self._sheet is None or self._volume is None:
            return
        column, row = self._sheet.to_slice(at)
        columns, rows, _ = self._sheet.frame.counts
        i, j = int(np.rint(column)), int(np.rint(row))
        if not (0 <= i < columns and 0 <= j < rows):
            self.hovered.emit(None)
            return
        stored = self._sheet.frame.slice_of(self._grid(), self._index)[j, i]
        value = float(stored) * self._volume.slope + self._volume.intercept
        lps = self._sheet.frame.lps(column, row, self._index)
        name = "" if self._labels is None else self._labels.name_at(lps)
        self.hovered.emit(Hover(lps, value, self._unit, name))

    def _near_crosshair(self, at: QPointF) -> bool:
        cross = self.position_of(self._crosshair)
        if cross is None:
            return False
        away = at - cross
        on_line = min(abs(away.x()), abs(away.y())) <= 4
        return on_line and max(abs(away.x()), abs(away.y())) <= 40

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        self._pressed_at = self._last_at = event.position()
        button = event.button()
        if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and self._space):
            self._drag = "pan"
        elif button == Qt.MouseButton.RightButton:
            self._drag = "zoom"
        elif button == Qt.MouseButton.LeftButton:
            self._drag = "crosshair" if self._near_crosshair(event.position()) else "click"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow a drag, or hover."""
        at = event.position()
        by = at - self._last_at
        if self._drag == "click" and (at - self._pressed_at).manhattanLength() >= 4:
            self._drag = "window"
        if self._sheet is None:
            return
        if self._drag == "pan":
            self._sheet.pan(by)
            self.update()
        elif self._drag == "zoom":
            self._sheet.zoom_by(1.01 ** float(-by.y()), self._pressed_at)
            self.update()
        elif self._drag == "window":
            center, width, inverted = self._window
            width, level = width * 1.006 ** float(by.x()), center + float(by.y()) * width / 300
            self.set_window(level, width, inverted)
            self.window_changed.emit(*self._window[:2])
        elif self._drag == "crosshair" or (
            not self._drag and event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        ):
            self._cross_to(at)
        self._last_at = at
        self._hover(at)
        if not self._drag:
            near = self._near_crosshair(at)
            self.setCursor(Qt.CursorShape.SizeAllCursor if near else Qt.CursorShape.CrossCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag; a click sets the crosshair."""
        if self._drag == "click":
            self._cross_to(event.position())
        self._drag = ""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask to be maximized."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = ""
            self.maximize_asked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll, or zoom with Ctrl."""
        turns = event.angleDelta().y() / 120
        if self._sheet is None or turns == 0:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._sheet.zoom_by(1.15**turns, event.position())
            self.update()
        else:
            self._wheel += turns
            steps = int(self._wheel)
            self._wheel -= steps
            self._scroll(steps)
            self._hover(event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll, zoom, reset, invert."""
        key = event.key()
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_PageDown: -10,
            Qt.Key.Key_End: 1_000_000,
            Qt.Key.Key_Home: -1_000_000,
        }.get(Qt.Key(key))
        zoom = {Qt.Key.Key_Plus: 1.15, Qt.Key.Key_Equal: 1.15, Qt.Key.Key_Minus: 1 / 1.15}.get(Qt.Key(key))
        if steps is not None:
            self._scroll(steps)
        elif zoom is not None and self._sheet is not None:
            self._sheet.zoom_by(zoom, QPointF(self.width() / 2, self.height() / 2))
            self.update()
        elif key == Qt.Key.Key_R:
            self.reset_view()
        elif key == Qt.Key.Key_I:
            center, width, inverted = self._window
            self.set_window(center, width, not inverted)
        elif key == Qt.Key.Key_N:
            self.set_smooth(not self._smooth)
        elif key == Qt.Key.Key_Space:
            self._space = True
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Let go of Space."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
        super().keyReleaseEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the cursor that aims."""
        self.setCursor(Qt.CursorShape.CrossCursor)
        super().enterEvent(event)

    def leaveEvent(self, event: object) -> None:
        """Tell that nothing is hovered."""
        self.hovered.emit(None)

    def focusOutEvent(self, event: object) -> None:
        """Forget held keys."""
        self._space = False
        self.update()

    def focusInEvent(self, event: object) -> None:
        """Show that keys go here."""
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture to the new size."""
        if self._sheet is not None:
            self._sheet.width, self._sheet.height = self.width(), self.height()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(480, 360)


def _same_grid(before: Volume | None, after: Volume) -> bool:
    return (
        before is not None and before.shape == after.shape and bool(np.allclose(before.affine, after.affine))
    )
