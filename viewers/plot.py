"""A plot of a few curves: what stands still is kept as a picture, and what moves is painted over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from viewers import paint
from viewers.paint import Look
from viewers.scene_decor import number_text, ticks

_ROOM = 0.06
"""Share of the values' span that is left free at an end that no value of 0 bounds."""
_MARK_ROOM = 0.2
"""The same where values across the plot are marked by name."""
_MOST_POINTS = 160
"""More of a curve than the screen can tell apart is not painted."""
_SMALL = 0.85


@dataclass(frozen=True, eq=False)
class PlotCurve:
    """A line through points: ``x`` and ``y`` of shape (n,); a ``name`` is written into the legend.

    ``dots``: the points alone, for what was measured.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    color: str
    name: str = ""
    width: float = 1.6
    dots: bool = False


@dataclass(frozen=True)
class PlotMark:
    """A value across the plot: dashed, with its name; ``axis`` is that on which it lies."""

    at: float
    name: str
    color: str
    axis: Literal["x", "y"] = "x"


class Plot(QWidget):
    """Axes with names and units, curves that stand still, and curves that move over them."""

    def __init__(self, title: str, x_name: str, y_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.x_name, self.y_name = title, x_name, y_name
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 100)
        self.setAccessibleName(title)
        self.look = Look()
        self.still: tuple[PlotCurve, ...] = ()
        self.moving: tuple[PlotCurve, ...] = ()
        self.marks: tuple[PlotMark, ...] = ()
        self.at: tuple[float, float] | None = None
        """Where the moment that is up lies on its curve."""
        self.beside: tuple[tuple[float, float, str], ...] = ()
        """The same on further curves, each with a color."""
        self.badge = ""
        """Why what moves must not be trusted; it is painted gray then."""
        self.note = ""
        """What must be known to read the curves, in small under them."""
        self._kept: QImage | None = None
        self._inner: QRectF | None = None
        self._ends: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 1.0), (0.0, 1.0))

    def set_look(self, look: Look) -> None:
        """Take the window's colors."""
        self.look = look
        self._renew()

    def set_still(self, curves: Sequence[PlotCurve], marks: Sequence[PlotMark] = ()) -> None:
        """Show what does not move, in place of what was shown so; the axes fit it, and what moves."""
        self.still, self.marks = tuple(curves), tuple(marks)
        self._ends = self._fitting(None)
        self._renew()

    def set_note(self, note: str) -> None:
        """Write a line under the axes; nothing where it is empty."""
        if note != self.note:
            self.note = note
            self._renew()

    def set_moving(
        self,
        curves: Sequence[PlotCurve],
        at: tuple[float, float] | None = None,
        badge: str = "",
        *,
        beside: Sequence[tuple[float, float, str]] = (),
    ) -> None:
        """Show what moves; the axes grow where it leaves them."""
        named = [(c.name, c.color) for c in curves] != [(c.name, c.color) for c in self.moving]
        self.moving, self.at, self.badge, self.beside = tuple(curves), at, badge, tuple(beside)
        ends = self._fitting(self._ends)
        if ends != self._ends or named:
            self._ends = ends
            self._renew()
        self.update()

    def sizeHint(self) -> QSize:
        """Be as high as a plot wants to be in a panel."""
        line = self.fontMetrics().lineSpacing()
        return QSize(16 * line, 11 * line)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint the axes anew."""
        self._renew()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the kept picture, and over it what moves."""
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        if self._kept is None or self._kept.devicePixelRatio() != ratio:
            self._kept = self._picture(ratio)
        painter.drawImage(QPointF(0, 0), self._kept)
        self._paint_moving(painter)
        painter.end()

    def image(self, scale: float = 1.0) -> QImage:
        """Return the plot as a picture, ``scale`` times the screen's resolution."""
        picture = self._picture(self.devicePixelRatioF() * scale)
        painter = QPainter(picture)
        painter.setFont(self.font())
        self._paint_moving(painter)
        painter.end()
        return picture

    # Places

    def place(self, x: float, y: float) -> QPointF:
        """Return where a pair of values lies in the widget."""
        box, ((x0, x1), (y0, y1)) = self._box(), self._ends
        return QPointF(
            box.left() + (x - x0) / (x1 - x0) * box.width(),
            box.bottom() - (y - y0) / (y1 - y0) * box.height(),
        )

    def _box(self) -> QRectF:
        """Return where the curves are, inside the axes' names and numbers."""
        if self._inner is None:
            line = QFontMetricsF(self.font()).lineSpacing()
            low, high = self._ends[1]
            texts = [number_text(value, high - low) for value in ticks(low, high)]
            wide = max(QFontMetricsF(self.font()).horizontalAdvance(text) for text in texts or [""])
            top = (1.9 + _SMALL * (len(self._legend()) - 1)) * line + 4
            under = 1.9 + _SMALL * bool(self.note)
            self._inner = QRectF(self.rect()).adjusted(wide + 8, top, -12, -under * line - 4)
        return self._inner

    @property
    def _thick(self) -> float:
        """Return how much thicker lines are than with a font of 13 px."""
        return max(QFontMetricsF(self.font()).lineSpacing() / 16.0, 0.8)

    def _fitting(
        self, before: tuple[tuple[float, float], tuple[float, float]] | None
    ) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the ends of both axes: those before where they hold everything, else wider ones."""
        found = []
        for axis in ("x", "y"):
            given = [getattr(curve, axis) for curve in (*self.still, *self.moving)]
            given += [np.array([mark.at]) for mark in self.marks if mark.axis == axis]
            values = np.concatenate([np.asarray(g, np.float64) for g in given] or [np.array([0.0, 1.0])])
            values = values[np.isfinite(values)]
            low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
            old = before[0 if axis == "x" else 1] if before else None
            if old is not None and old[0] <= low and high <= old[1]:
                found.append(old)
                continue
            room = _ROOM * max(high - low, 1e-9) if axis == "y" or low > 0 else 0.0
            if axis == "x" and any(mark.axis == "x" for mark in self.marks):
                room = _MARK_ROOM * (high - low)  # for the last one's name, on its far side
            found.append((0.0 if 0 <= low < 0.4 * high else low - room, high + room or 1.0))
        return found[0], found[1]

    # Painting

    def _renew(self) -> None:
        self._kept = self._inner = None
        self.update()

    def _picture(self, ratio: float) -> QImage:
        """Return axes, names, marks and what stands still."""
        picture = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(self.look.ground))
        painter = QPainter(picture)
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_axes(painter)
        box = self._box()
        for curve in self.still:
            self._paint_curve(painter, curve, curve.color)
        self._paint_marks(painter, box)
        self._paint_legend(painter, box)
        painter.end()
        return picture

    def _paint_axes(self, painter: QPainter) -> None:
        box, look, flag = self._box(), self.look, Qt.AlignmentFlag
        painter.setFont(paint.font_of(painter, _SMALL))
        line = QFontMetricsF(painter.font()).lineSpacing()
        grid = QColor(look.quiet)
        grid.setAlphaF(0.22)
        for axis, ends in zip("xy", self._ends, strict=True):
            span = ends[1] - ends[0]
            room = box.width() / (4.5 * line) if axis == "x" else box.height() / (2.2 * line)
            for value in ticks(*ends, about=int(np.clip(room, 2, 6))):
                at = self.place(value, ends[0]) if axis == "x" else self.place(ends[0], value)
                painter.setPen(QPen(grid, 1))
                text = number_text(value, span)
                if axis == "x":
                    painter.drawLine(QPointF(at.x(), box.top()), QPointF(at.x(), box.bottom()))
                    under = QRectF(at.x() - 40, box.bottom() + 2, 80, line)
                    paint.text_at(painter, under, flag.AlignHCenter, text, look.quiet, shadow=False)
                else:
                    at = self.place(self._ends[0][0], value)
                    painter.drawLine(QPointF(box.left(), at.y()), QPointF(box.right(), at.y()))
                    beside = QRectF(0, at.y() - line / 2, box.left() - 4, line)
                    align = flag.AlignRight | flag.AlignVCenter
                    paint.text_at(painter, beside, align, text, look.quiet, shadow=False)
        under = QRectF(box.left(), box.bottom() + 2 + line * 0.95, box.width(), line)
        paint.text_at(painter, under, flag.AlignHCenter, self.x_name, look.quiet, shadow=False)
        if self.note:
            note = QFontMetricsF(painter.font()).elidedText(
                self.note, Qt.TextElideMode.ElideRight, self.width() - 8
            )
            below = QRectF(4, under.bottom(), self.width() - 8, line)
            paint.text_at(painter, below, flag.AlignLeft, note, look.quiet, shadow=False)
        over = QRectF(4, box.top() - line * len(self._legend()) - 2, self.width() - 8, line)
        paint.text_at(painter, over, flag.AlignLeft, self.y_name, look.quiet, shadow=False)
        painter.setFont(self.font())
        head = QRectF(4, 2, self.width() - 8, QFontMetricsF(self.font()).lineSpacing())
        paint.text_at(painter, head, flag.AlignLeft, self.title, look.text, shadow=False)

    def _paint_marks(self, painter: QPainter, box: QRectF) -> None:
        painter.setFont(paint.font_of(painter, _SMALL))
        line = QFontMetricsF(painter.font()).lineSpacing()
        for n, mark in enumerate(self.marks):
            pen = QPen(QColor(mark.color), 1.2 * self._thick, Qt.PenStyle.DashLine)
            painter.setPen(pen)
            if mark.axis == "x":
                x = self.place(mark.at, 0.0).x()
                painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
                # Of two and more the names stand outside, and what lies between them stays free.
                across = [self.place(m.at, 0.0).x() for m in self.marks if m.axis == "x"]
                middle = sum(across) / len(across)
                left = x < middle if len(across) > 1 else x > box.center().x()
                beside = QRectF(x - 204 if left else x + 4, box.top() + 1 + n * line, 200, line)
            else:
                y = self.place(0.0, mark.at).y()
                painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
                left, beside = True, QRectF(box.right() - 204, y - line, 200, line)
            align = Qt.AlignmentFlag.AlignRight if left else Qt.AlignmentFlag.AlignLeft
            paint.text_at(painter, beside, align, mark.name, mark.color, shadow=False)
        painter.setFont(self.font())

    def _legend(self) -> list[list[PlotCurve]]:
        """Return the named curves in lines: the first has its room beside the unit."""
        metrics = QFontMetricsF(self.font())
        lines: list[list[PlotCurve]] = [[]]
        room = self.width() - 20 - _SMALL * metrics.horizontalAdvance(self.y_name)
        for curve in [c for c in (*self.still, *self.moving) if c.name]:
            wide = _SMALL * metrics.horizontalAdvance(curve.name) + 30
            if wide > room and (lines[-1] or len(lines) == 1):
                lines.append([])
                room = float(self.width() - 12)
            lines[-1].append(curve)
            room -= wide
        return lines

    def _paint_legend(self, painter: QPainter, box: QRectF) -> None:
        """Write the curves' names at the upper right, from beside the unit downward."""
        painter.setFont(paint.font_of(painter, _SMALL))
        metrics, lines = QFontMetricsF(painter.font()), self._legend()
        line = metrics.lineSpacing()
        for n, curves in enumerate(lines):
            right, top = float(self.width() - 8), box.top() - 2 - line * (len(lines) - n)
            for curve in reversed(curves):
                wide = metrics.horizontalAdvance(curve.name)
                place = QRectF(right - wide, top, wide, line)
                self._paint_name(painter, place, curve)
                right -= wide + 26
        painter.setFont(self.font())

    def _paint_name(self, painter: QPainter, place: QRectF, curve: PlotCurve) -> None:
        paint.text_at(painter, place, Qt.AlignmentFlag.AlignLeft, curve.name, self.look.quiet, shadow=False)
        painter.setPen(QPen(QColor(curve.color), 2.2))
        left, middle = place.left(), place.center().y()
        if curve.dots:
            painter.setBrush(QColor(curve.color))
            painter.drawEllipse(QPointF(left - 9, middle), 1.8, 1.8)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            painter.drawLine(QPointF(left - 14, middle), QPointF(left - 4, middle))

    def _paint_moving(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for curve in self.moving:
            self._paint_curve(painter, curve, self.look.quiet if self.badge else curve.color)
        places = [] if self.at is None else [(*self.at, self.look.text)]
        for x, y, color in (*self.beside, *places):
            size = 4.5 * self._thick
            painter.setPen(QPen(QColor(self.look.ground), 1.5))
            painter.setBrush(QColor(self.look.quiet if self.badge else color))
            painter.drawEllipse(self.place(x, y), size, size)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.badge:
            middle = Qt.AlignmentFlag.AlignCenter
            paint.text_at(painter, self._box(), middle, self.badge, self.look.warn, shadow=False)

    def _paint_curve(self, painter: QPainter, curve: PlotCurve, color: str) -> None:
        x, y = np.asarray(curve.x, np.float64), np.asarray(curve.y, np.float64)
        if len(x) > _MOST_POINTS and not curve.dots:
            step = -(-len(x) // _MOST_POINTS)
            x, y = np.append(x[:-1:step], x[-1]), np.append(y[:-1:step], y[-1])
        ends, box = self._ends, self._box()
        along = box.left() + (x - ends[0][0]) / (ends[0][1] - ends[0][0]) * box.width()
        up = box.bottom() - (y - ends[1][0]) / (ends[1][1] - ends[1][0]) * box.height()
        points = list(map(QPointF, along.tolist(), up.tolist()))
        if curve.dots:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(color))
            for point in points:
                painter.drawEllipse(point, 2.4 * self._thick, 2.4 * self._thick)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            return
        painter.setPen(QPen(QColor(color), curve.width * self._thick))
        painter.drawPolyline(QPolygonF(points))
