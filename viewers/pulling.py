"""Contours over a slice that a hand can pull."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF

from viewers.marks import Contour
from viewers.slice_view import SliceView

REACH_PX = 9.0
"""So near to a contour the mouse takes hold of it."""

LEAST_PX = 3.0
"""A hand that moves less has not pulled."""


@dataclass(frozen=True, eq=False)
class Line:
    """A contour that can be pulled; ``key`` is its owner's own."""

    key: object
    contour: Contour


Drag = Callable[[object, NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
"""Takes a line's key, where it is held and where that place is now to its points, (n, 3), LPS mm."""


class PullLayer(QObject):
    """Lets a hand pull the contours that lie in the slice of one view, while it is on.

    Signals
    -------
    pulled
        A line's key, where it was taken hold of and where it was let go, LPS mm.
    put_away
        Escape was pressed with nothing in the hand.
    """

    pulled = Signal(object, object, object)
    put_away = Signal()

    def __init__(self, view: SliceView, drag: Drag) -> None:
        super().__init__(view)
        self._view, self._drag = view, drag
        self.on = False
        self._lines: tuple[Line, ...] = ()
        self._over: Line | None = None
        self._held: Line | None = None
        self._start: NDArray[np.float64] | None = None
        self._end: NDArray[np.float64] | None = None
        view.overlays.append(self.paint)
        view.installEventFilter(self)

    @property
    def busy(self) -> bool:
        """Whether a contour is in the hand."""
        return self._held is not None

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Offer other contours; what is in the hand is let go."""
        self._lines, self._over = tuple(lines), None
        self.cancel()

    def switch(self, on: bool) -> None:
        """Let hands pull, or no longer."""
        self.on, self._over = on, None
        self.cancel()

    def cancel(self) -> None:
        """Let go without pulling."""
        self._held = self._start = self._end = None
        self._view.update()

    def paint(self, painter: QPainter, _box: QRectF) -> None:
        """Paint the contour under the mouse or in the hand, whole, over the dotted ones."""
        line = self._held or self._over
        if not self.on or line is None:
            return
        contour = line.contour
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._held is not None and self._start is not None and self._end is not None:
            contour = Contour(self._drag(line.key, self._start, self._end), contour.color, contour.closed)
        painter.setPen(QPen(QColor(contour.color), 2.0))
        painter.drawPolyline(QPolygonF(self._on_screen(contour)))
        if self._held is not None and self._end is not None:
            at = self._view.position_of(self._end)
            if at is not None:
                painter.drawEllipse(at, 4.0, 4.0)
        painter.restore()

    def eventFilter(self, _view: QObject, event: QEvent) -> bool:
        """Take what is ours of the view's events."""
        takes: dict[QEvent.Type, Callable[[Any], bool]] = {
            QEvent.Type.MouseButtonPress: self._press,
            QEvent.Type.MouseMove: self._move,
            QEvent.Type.MouseButtonRelease: self._release,
            QEvent.Type.KeyPress: self._press_key,
            QEvent.Type.Leave: self._leave,
        }
        act = takes.get(event.type())
        return self.on and act is not None and self._view.sheet is not None and act(event)

    def hit(self, at: QPointF) -> Line | None:
        """Return the contour nearest to a place of the view, within ``REACH_PX``."""
        best, found = REACH_PX, None
        for line in self._lines:
            places = self._on_screen(line.contour)
            if len(places) > 1:
                away = _away(np.array([(p.x(), p.y()) for p in places]), np.array([at.x(), at.y()]))
                if away < best:
                    best, found = away, line
        return found

    def _on_screen(self, contour: Contour) -> list[QPointF]:
        sheet = self._view.sheet
        assert sheet is not None
        depth = sheet.frame.depth_at(self._view.crosshair)
        return [sheet.to_screen(float(c), float(r)) for c, r in contour.within(sheet.frame, depth)]

    def _press(self, event: QMouseEvent) -> bool:
        if event.button() != Qt.MouseButton.LeftButton or event.modifiers():
            return False
        self._held = self.hit(event.position())
        if self._held is None:
            return False
        self._start = self._end = self._view.lps_at(event.position())
        self._view.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._view.update()
        return True

    def _move(self, event: QMouseEvent) -> bool:
        if self._held is not None:
            self._end = self._view.lps_at(event.position())
            self._view.update()
            return True
        if event.buttons():
            return False
        over = self.hit(event.position())
        if over is not self._over:
            self._over = over
            self._view.update()
        if over is not None:
            self._view.setCursor(Qt.CursorShape.OpenHandCursor)
        return over is not None and not event.modifiers()

    def _release(self, event: QMouseEvent) -> bool:
        if self._held is None or event.button() != Qt.MouseButton.LeftButton:
            return False
        held, start, end = self._held, self._start, self._end
        self.cancel()
        self._view.setCursor(Qt.CursorShape.OpenHandCursor)
        assert start is not None
        assert end is not None
        if float(np.linalg.norm(end - start)) * self._view.pixels_per_mm >= LEAST_PX:
            self.pulled.emit(held.key, start, end)
        return True

    def _press_key(self, event: QKeyEvent) -> bool:
        if event.key() != Qt.Key.Key_Escape:
            return False
        if self.busy:
            self.cancel()
        else:
            self.put_away.emit()
        return True

    def _leave(self, _event: QEvent) -> bool:
        self._over = None
        return False


def _away(line: NDArray[np.float64], at: NDArray[np.float64]) -> float:
    """Distance of a place from a line through points (n, 2)."""
    start, step = line[:-1], np.diff(line, axis=0)
    part = ((at - start) * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-9)
    near = start + np.clip(part, 0, 1)[:, None] * step
    return float(np.linalg.norm(near - at, axis=1).min())
