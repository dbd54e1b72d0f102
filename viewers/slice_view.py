"""A view of one plane of a volume, with labels, marks and crosshair."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from twin.domain import LabelMap, Volume
from viewers.crosshair import LINES, Crosshair
from viewers.orientation import Plane
from viewers.planes import Planes
from viewers.slice_decor import SliceDecor
from viewers.slice_hands import SliceHands
from viewers.slice_picture import Hover, SlicePicture
from viewers.slice_sheet import SliceSheet

__all__ = ["Hover", "SliceView"]


class SliceView(QWidget):
    """One plane of a volume.

    What mouse and keys do in it: see ``SliceHands``.

    Parameters
    ----------
    plane : "axial", "coronal" or "sagittal"
        The patient plane; an oblique volume shows the plane of its own grid nearest to it, until the planes
        are turned.

    Attributes
    ----------
    picture : SlicePicture
        Voxels, window, labels, slab: what becomes pixels.
    decor : SliceDecor
        What is painted over them.
    sheet : SliceSheet or None
        Zoom and pan; None while the view is empty.
    """

    hovered = Signal(object)
    """``Hover``, or None when the cursor leaves the image."""
    crosshair_moved = Signal(object)
    """Place in LPS mm, shape (3,); sent for scrolling too."""
    window_changed = Signal(float, float)
    """Center and width, in the volume's unit."""
    planes_turned = Signal(object)
    """``Planes``, as a hand has turned the others here."""
    zoomed = Signal(float)
    """Pixels to a mm, as a hand has set it."""
    maximize_asked = Signal()

    def __init__(self, plane: Plane, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hands = SliceHands(self)
        self.overlays: list[Callable[[QPainter, QRectF], None]] = []
        """What else is painted over the image, under the texts: measurements."""
        self.plane: Plane = plane
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 100)
        self.setAccessibleName(f"{plane} view")
        self.decor = SliceDecor(plane, self.update)
        self.picture = SlicePicture(self.update)
        self.cross = Crosshair(plane)
        self.sheet: SliceSheet | None = None
        self._planes: Planes | None = None
        self._crosshair = np.zeros(3)
        self._depth = 0.0

    # What is shown

    def set_volume(self, volume: Volume | None) -> None:
        """Show a volume with its own first window; None empties the view.

        The crosshair goes to its middle and the view is reset, unless the new volume lies on the same grid.
        """
        before = self.picture.volume
        self.picture.set_volume(volume)
        self.decor.take_volume(volume)
        self.cross.turnable = volume is not None and volume.placement == "patient" and min(volume.shape) > 1
        if volume is None:
            self.sheet = None
        elif not _same_grid(before, volume):
            self._planes = Planes.along(volume.affine)
            frame = self._planes.frame(self.plane, volume.affine, volume.shape)
            self.sheet = SliceSheet(frame, self.width(), self.height())
            columns, rows, slices = frame.counts
            self.set_crosshair(frame.lps((columns - 1) // 2, (rows - 1) // 2, (slices - 1) // 2))
            self._follow_planes()
        self.set_time(0)

    def set_labels(
        self, labels: LabelMap | None, colors: dict[str, str], opacity: float, hidden: set[str]
    ) -> None:
        """Lay structures over the image: ``colors`` by structure name, ``opacity`` 0..1."""
        self.picture.set_labels(labels, colors, opacity, hidden)

    def set_window(self, center: float, width: float, inverted: bool = False) -> None:
        """Set center and width in the volume's unit; emits nothing."""
        self.picture.set_window(center, width, inverted)

    def set_crosshair(self, lps: NDArray[np.float64] | Sequence[float]) -> None:
        """Move the crosshair to a place in LPS mm and show its slice; emits nothing."""
        self._crosshair = np.asarray(lps, np.float64)
        if self.sheet is not None:
            self._depth = self.sheet.frame.depth_at(self._crosshair)
        self.update()

    def set_planes(self, planes: Planes | None) -> None:
        """Turn the planes about the crosshair; None lays them along the grid again. Emits nothing."""
        volume = self.picture.volume
        if volume is None or self.sheet is None:
            return
        before, self._planes = self._planes, planes or Planes.along(volume.affine)
        if before is None or not self._planes.leaves(self.plane, before):
            frame = self._planes.frame(self.plane, volume.affine, volume.shape)
            self.sheet = self.sheet.onto(frame, self._crosshair)
            self.set_crosshair(self._crosshair)
        self._follow_planes()

    def set_time(self, index: int) -> None:
        """Show another moment of a volume with time; clipped to those there are."""
        self.picture.set_time(index)
        moments = self.picture.moments
        self.decor.moment = f"phase {self.picture.time + 1} / {moments}" if moments > 1 else ""
        self._hands.hover_again()

    def reset_view(self) -> None:
        """Fit the whole slice."""
        if self.sheet is not None:
            self.sheet.reset()
            self.update()

    # What it is asked for

    @property
    def window_level(self) -> tuple[float, float, bool]:
        """Center, width, inverted."""
        return self.picture.window

    @property
    def crosshair(self) -> NDArray[np.float64]:
        """Where the crosshair is, LPS mm."""
        return self._crosshair.copy()

    @property
    def planes(self) -> Planes | None:
        """How the three planes lie; None while the view is empty."""
        return self._planes if self.sheet is not None else None

    @property
    def slice_index(self) -> int:
        """The slice shown, counted from the first as shown."""
        return round(self._depth)

    @property
    def pixels_per_mm(self) -> float:
        """Scale of the picture in logical pixels; 0 while the view is empty."""
        return 0.0 if self.sheet is None else self.sheet.pixels_per_mm

    def lps_at(self, at: QPointF) -> NDArray[np.float64] | None:
        """Return the place in LPS mm under a widget position; None while the view is empty."""
        if self.sheet is None:
            return None
        column, row = self.sheet.to_slice(at)
        return self.sheet.frame.lps(column, row, self._depth)

    def position_of(self, lps: NDArray[np.float64]) -> QPointF | None:
        """Return the widget position of a place in LPS mm, dropped onto the slice; None while empty."""
        if self.sheet is None:
            return None
        column, row, _ = self.sheet.frame.place(lps)
        return self.sheet.to_screen(column, row)

    def hover_at(self, at: QPointF) -> Hover | None:
        """Return what lies under a widget position; None beside the image."""
        if self.sheet is None:
            return None
        return self.picture.hover(self.sheet.frame, self._depth, *self.sheet.to_slice(at))

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

    def _follow_planes(self) -> None:
        """Draw the crosshair's lines where the other planes cut this one, as the screen shows them."""
        assert self.sheet is not None
        assert self._planes is not None
        lines = []
        for other in LINES[self.plane]:
            end = self.sheet.frame.place(self._crosshair + self._planes.line(self.plane, other))
            flat = self.sheet.frame.flat_mm @ (end - self.sheet.frame.place(self._crosshair))[:2]
            across, down = flat / np.linalg.norm(flat)
            lines.append((float(across), float(down)))
        self.cross.directions = (lines[0], lines[1])
        self.update()

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
        if self.sheet is not None and self.picture.volume is not None:
            pixels = self.sheet.pixels(self._depth, painter.device().devicePixelRatio())
            painter.drawImage(QPointF(0, 0), self.picture.draw(pixels))
            self.decor.paint_marks(painter, self.sheet, self._depth)
            column, row, _ = self.sheet.frame.place(self._crosshair)
            at = self.sheet.to_screen(column, row)
            self.cross.paint(painter, box, at, self.sheet.pixels_per_mm)
            if focused is not None and self._hands.over:
                self.cross.paint_handles(painter, box, at)
            for overlay in self.overlays:
                overlay(painter, box)
            self.decor.bar = self.picture.bar()
            words = self.picture.words(self.sheet.frame, self._depth)
            self.decor.paint_texts(painter, box, self.sheet, self._depth, words, focused)
        else:
            self.decor.paint_ground(painter, box)
            self.decor.paint_empty(painter, box)
            if focused is not None:
                self.decor.paint_border(painter, box, focused)

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
