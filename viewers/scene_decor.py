"""What the 3-D view paints over its scene: letters, orientation cube, color bar, labels, scale."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from textwrap import wrap

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF, QTransform

from resources.colors import color_map
from viewers import paint
from viewers.orientation import DIRECTIONS, letters
from viewers.paint import Look
from viewers.turntable import Turntable

_ALIGN = Qt.AlignmentFlag

HATCHED = "not counted: near supports and loads"
"""What hatched elements are."""
_HEADING_CHARS = 16
"""A color bar's heading goes on in another line behind so many."""
_FOOT = 5.6
"""Lines at the bottom that are left to the scale and to tools over the view."""


@dataclass(frozen=True)
class FieldBar:
    """What a color bar says: title, unit, limits, map, and a value marked in it with its name."""

    title: str
    unit: str
    limits: tuple[float, float]
    map_name: str
    marked: float | None = None
    marked_name: str = "yield"
    remark: str = ""
    hatched: bool = False
    """True where elements are hatched: a legend below the caption says what that means."""
    of: str = ""
    """What it is of, where there is another bar beside it."""


@dataclass(frozen=True, eq=False)
class PlacedText:
    """A name at a place in LPS mm."""

    lps: NDArray[np.float64]
    text: str
    color: str


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round values within a span, some ``about`` of them."""
    if not high > low:
        return [low]
    step = paint.round_length((high - low) / max(about - 1, 1))
    if (high - low) / step > 1.6 * about:
        step *= 2
    first = np.ceil(low / step - 1e-9)
    last = np.floor(high / step + 1e-9)
    return [float(n * step) + 0.0 for n in np.arange(first, last + 1)]


def number_text(value: float, span: float) -> str:
    """Return a value with the figures that a span of that size deserves."""
    if value == 0:
        return "0"
    if span >= 1e5 or span < 1e-3:
        return f"{value:.3g}".replace("-", "−")
    places = max(0, 2 - int(np.floor(np.log10(span))))
    short = f"{value:.{places}f}".replace("-", "−")
    return short.rstrip("0").rstrip(".") if "." in short else short


@dataclass
class SceneDecor:
    """Everything around the scene, painted crisply at any resolution."""

    look: Look = field(default_factory=Look)
    caption: tuple[str, ...] = ()
    stamp: str = ""
    waiting: str = ""
    reference_patient: bool = False
    hatched: bool = False
    cube_faces: dict[str, QPolygonF] = field(default_factory=dict)

    def paint_texts(self, painter: QPainter, box: QRectF, camera: Turntable) -> None:
        """Paint letters, caption, scale, cube and warnings."""
        look = self.look
        if self.stamp:
            paint.hatch(painter, box, look)
        inner = box.adjusted(10, 8, -10, -8)
        right, up, _ = camera.axes
        edges = {"left": letters(-right), "right": letters(right), "top": letters(up), "bottom": letters(-up)}
        paint.edge_letters(painter, inner, edges, look)
        said = (paint.REFERENCE_PATIENT if self.reference_patient else "", self.stamp)
        warned = [text for text in said if text]
        heading = [("3-D", look.accent), *((line, look.text) for line in self.caption)]
        paint.caption_at(
            painter, inner, heading, edges["top"], warned,
            plate=lambda box: self._plate(painter, box), shadow=look.shadowed,
        )  # fmt: skip
        if self.hatched:
            self._paint_legend(painter, inner)
        paint.scale_bar(painter, inner, camera.height_mm / box.height(), look)
        self.paint_cube(painter, QPointF(inner.left() + 34, inner.bottom() - 34), camera)
        paint.warnings(painter, inner, warned)

    def paint_empty(self, painter: QPainter, box: QRectF) -> None:
        """Say what would be here."""
        inner = box.adjusted(10, 8, -10, -8)
        painter.fillRect(box, QColor(self.look.ground))
        paint.lines_at(painter, inner, _ALIGN.AlignLeft, [("3-D", self.look.accent)], shadow=False)
        text = self.waiting or "No structures yet"
        paint.text_at(painter, inner, _ALIGN.AlignCenter, text, self.look.quiet, shadow=False)

    def paint_waiting(self, painter: QPainter, box: QRectF) -> None:
        """Say over the picture what the view waits for."""
        wide = QFontMetricsF(painter.font()).horizontalAdvance(self.waiting) + 24
        high = 2 * QFontMetricsF(painter.font()).lineSpacing()
        place = QRectF(box.center().x() - wide / 2, box.center().y() - high / 2, wide, high)
        self._plate(painter, place, 0.92)
        paint.text_at(painter, place, _ALIGN.AlignCenter, self.waiting, self.look.accent, shadow=False)

    def paint_cube(self, painter: QPainter, middle: QPointF, camera: Turntable) -> None:
        """Paint a cube with the patient's letters on it, turned as the scene is."""
        size = 19.0
        right, up, toward = camera.axes
        self.cube_faces = {}
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(paint.font_of(painter, 1.0, bold=True))
        dark = self.look.shadowed
        for letter, outward in DIRECTIONS.items():
            normal = np.array(outward)
            facing = float(normal @ toward)
            if facing <= 0.02:
                continue
            # The letter stands upright: superior is its up, on top and below it is anterior.
            rise = np.array(DIRECTIONS["A" if letter in "SI" else "S"])
            along = np.cross(rise, normal)
            corners = [
                normal - along + rise,
                normal + along + rise,
                normal + along - rise,
                normal - along - rise,
            ]
            face = QPolygonF(
                [middle + QPointF(float(c @ right) * size, -float(c @ up) * size) for c in corners]
            )
            self.cube_faces[letter] = face
            base = 0.24 + 0.20 * facing if dark else 0.70 + 0.25 * facing
            painter.setBrush(QColor.fromRgbF(base * 0.95, base, base * 1.06 if dark else base))
            painter.setPen(QPen(QColor(self.look.quiet), 1.0))
            painter.drawPolygon(face)
            unit = QPolygonF([QPointF(0, 0), QPointF(40, 0), QPointF(40, 40), QPointF(0, 40)])
            way = QTransform.quadToQuad(unit, face)
            if not isinstance(way, QTransform) or facing < 0.25:
                continue
            painter.save()
            painter.setTransform(way, combine=True)
            painter.setFont(paint.font_of(painter, 1.5, bold=True))
            painter.setPen(QColor(self.look.text))
            painter.drawText(QRectF(0, 0, 40, 40), _ALIGN.AlignCenter, letter)
            painter.restore()
        painter.restore()

    def face_at(self, at: QPointF) -> str:
        """Return the letter of the cube's face at a widget position; empty where there is none."""
        for letter, face in self.cube_faces.items():
            if face.containsPoint(at, Qt.FillRule.OddEvenFill):
                return letter
        return ""

    def paint_labels(
        self, painter: QPainter, box: QRectF, camera: Turntable, labels: Sequence[PlacedText]
    ) -> None:
        """Paint names beside their places."""
        if not labels:
            return
        look = self.look
        metrics = QFontMetricsF(painter.font())
        seen = camera.project(np.array([label.lps for label in labels]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        taken: list[QRectF] = []
        for label, (x, y, depth) in sorted(zip(labels, seen, strict=True), key=lambda pair: -pair[1][1]):
            if depth <= 0:
                continue
            at = QPointF(box.center().x() + x * box.height(), box.center().y() - y * box.height())
            painter.setPen(QPen(QColor(look.ground), 1.5))
            painter.setBrush(QColor(label.color))
            painter.drawEllipse(at, 3.2, 3.2)
            size = QSizeF(metrics.horizontalAdvance(label.text) + 8, metrics.height())
            place = _free_place(QRectF(box), at, size, x < 0, taken)
            taken.append(place)
            self._plate(painter, place)
            # Colors of bodies are light; as letters on a light ground they would be too faint.
            color = QColor(label.color) if look.shadowed else QColor(label.color).darker(190)
            paint.text_at(painter, place, _ALIGN.AlignCenter, label.text, color, shadow=look.shadowed)

    def _plate(self, painter: QPainter, box: QRectF, opacity: float = 0.72) -> None:
        """Dim what lies under words."""
        ground = QColor(self.look.ground)
        ground.setAlphaF(opacity)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 3, 3)

    def paint_bars(self, painter: QPainter, box: QRectF, bars: Sequence[FieldBar]) -> None:
        """Paint the color bars side by side at the right, the last one outermost.

        None but that one goes beyond the middle: the shapes would have no room left.
        """
        edge, metrics = box.right() - 14, QFontMetricsF(painter.font())
        for bar in reversed(bars):
            left = edge - self.width_of_bars(metrics, [bar]) + 18
            if bar is not bars[-1] and left < box.center().x():
                return
            edge = self._paint_bar(painter, box, edge, bar) - 18

    def width_of_bars(self, metrics: QFontMetricsF, bars: Sequence[FieldBar]) -> float:
        """Return how much of the picture's right the color bars take, px."""
        return sum(_width(metrics, bar, ticks(*bar.limits, 5)) + 18 for bar in bars)

    def _paint_bar(self, painter: QPainter, box: QRectF, edge: float, bar: FieldBar) -> float:
        """Paint one bar whose texts end at ``edge``; returns its left edge."""
        look = self.look
        metrics = QFontMetricsF(painter.font())
        line = metrics.lineSpacing()
        low, high = bar.limits
        span = high - low
        heading, titles = _heading(bar), len(_heading(replace(bar, unit="", remark="")))
        names = len(_heading(replace(bar, title="", unit="", remark="")))
        above = box.top() + 12 + line * (1 + len(self.caption) + int(self.hatched) + len(heading)) + 9
        below = box.bottom() - _FOOT * line
        height = max(min(max(box.height() * 0.46, 90.0), 320.0, below - above), 60.0)
        values = ticks(low, high, 5 if height > 120 else 3)
        texts = [number_text(value, span) for value in values]
        left = edge - _width(metrics, bar, values)
        top = box.top() + (box.height() - height) / 2 + line * len(heading) / 2
        top = max(min(top, below - height), above)  # clear of the caption, and of what lies at the bottom
        if bar.of:  # the further ones lie over the shapes
            over = top - line * len(heading) - 9
            self._plate(painter, QRectF(left - 6, over - 4, edge - left + 12, top + height + line - over))
        for number, text in enumerate(heading):
            place = QRectF(left, top - line * (len(heading) - number) - 9, edge - left, line)
            color = look.accent if number < names else look.text if number < titles else look.quiet
            paint.text_at(painter, place, _ALIGN.AlignLeft, text, color, shadow=look.shadowed)
        colors = np.ascontiguousarray(color_map(bar.map_name)[::-1]).reshape(256, 1, 3)
        strip = QImage(colors.data, 1, 256, 3, QImage.Format.Format_RGB888)
        well = QRectF(left, top, 13, height)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        painter.drawImage(well, strip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(look.quiet), 1))
        painter.drawRect(well)

        def at(value: float) -> float:
            share = (value - low) / span if span > 0 else 0.5
            return top + height * (1 - min(max(share, 0.0), 1.0))

        mark_y = None if bar.marked is None else at(bar.marked)
        for value, text in zip(values, texts, strict=True):
            y = at(value)
            if mark_y is not None and abs(y - mark_y) < 0.9 * line:
                continue
            painter.setPen(QPen(QColor(look.quiet), 1))
            painter.drawLine(QPointF(well.right(), y), QPointF(well.right() + 4, y))
            place = QRectF(well.right() + 8, y - line / 2, edge - well.right(), line)
            align = _ALIGN.AlignLeft | _ALIGN.AlignVCenter
            paint.text_at(painter, place, align, text, look.text, shadow=look.shadowed)
        if mark_y is not None and bar.marked is not None:
            self._paint_mark(painter, well, mark_y, _marked(bar), low <= bar.marked <= high)
        return left

    def _paint_legend(self, painter: QPainter, inner: QRectF) -> None:
        """Say below the caption what hatched elements are."""
        look, metrics = self.look, QFontMetricsF(painter.font())
        line = metrics.lineSpacing()
        top = inner.top() + line * (1 + len(self.caption))
        place = QRectF(inner.left(), top, metrics.horizontalAdvance(HATCHED) + 22, line)
        self._plate(painter, place.adjusted(-3, 0, 3, 0))
        patch = QRectF(inner.left(), top + (line - 13) / 2, 13, 13)
        painter.save()
        painter.setClipRect(patch)
        painter.fillRect(patch, QColor("#5B6570"))
        down = QPointF(-patch.height(), patch.height())
        for x in range(3, round(2 * patch.width()), 6):  # each dark and light, as on the mesh
            for aside, color in ((0.0, "#1A1A1A"), (1.4, "#DCDCDC")):
                start = patch.topLeft() + QPointF(x + aside, 0)
                painter.setPen(QPen(QColor(color), 1.4))
                painter.drawLine(start, start + down)
        painter.restore()
        align = _ALIGN.AlignLeft | _ALIGN.AlignVCenter
        paint.text_at(painter, place.adjusted(20, 0, 0, 0), align, HATCHED, look.text, shadow=look.shadowed)

    def _paint_mark(self, painter: QPainter, well: QRectF, y: float, text: str, within: bool) -> None:
        """Mark a value in the bar; where it lies beyond its ends an arrow says so."""
        look = self.look
        line = QFontMetricsF(painter.font()).lineSpacing()
        painter.setPen(QPen(QColor(look.ground), 4))
        painter.drawLine(QPointF(well.left(), y), QPointF(well.right(), y))
        painter.setPen(QPen(QColor(look.text), 2))
        painter.drawLine(QPointF(well.left() - 3, y), QPointF(well.right() + 5, y))
        if not within:
            text += " ↑" if y <= well.top() + 1 else " ↓"
        place = QRectF(well.right() + 8, y - line / 2, 200, line)
        align = _ALIGN.AlignLeft | _ALIGN.AlignVCenter
        paint.text_at(painter, place, align, text, look.warn, shadow=look.shadowed)


def _free_place(
    box: QRectF, at: QPointF, size: QSizeF, outward_left: bool, taken: Sequence[QRectF]
) -> QRectF:
    """Return where a name goes: beside its place, away from the middle, below what is there."""
    place = QRectF(at.x() + 7, at.y() - size.height() / 2, size.width(), size.height())
    if outward_left:
        place.moveRight(at.x() - 7)
    if place.left() < box.left() + 4:
        place.moveLeft(at.x() + 7)
    elif place.right() > box.right() - 4:
        place.moveRight(at.x() - 7)
    for other in taken:  # from the top down
        if place.intersects(other):
            place.moveTop(other.bottom() + 1)
    return place


def _marked(bar: FieldBar) -> str:
    """Return what is written at the marked value; nothing where none is."""
    low, high = bar.limits
    return "" if bar.marked is None else f"{bar.marked_name} {number_text(bar.marked, high - low)}"


def _width(metrics: QFontMetricsF, bar: FieldBar, values: Sequence[float]) -> float:
    """Return how wide a bar is with its heading and the values beside it, px."""
    low, high = bar.limits
    beside = [_marked(bar), *(number_text(value, high - low) for value in values)]
    return max(
        22 + max(metrics.horizontalAdvance(text) for text in beside),
        *(metrics.horizontalAdvance(text) for text in _heading(bar)),
    )


def _heading(bar: FieldBar) -> list[str]:
    """Return whose it is, a bar's title, unit and remark in short lines: what is beside it has the room."""
    texts = (bar.of, bar.title, f"in {bar.unit}" if bar.unit else "", bar.remark)
    return [line for text in texts for line in wrap(text, _HEADING_CHARS, break_long_words=False)]
