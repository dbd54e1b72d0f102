"""The 17 segments of the left ventricle as a bull's eye, marked by hand, shaded by what is known of each.

Laid out after Cerqueira et al. 2002 (Circulation 105:539): base outside, apex in the middle, anterior wall
above, septum on the left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop import theme
from viewers.paint import font_of

_RINGS = (
    (1.0, 0.75, 60.0, 60.0, 1, 6),
    (0.75, 0.5, 60.0, 60.0, 7, 6),
    (0.5, 0.25, 45.0, 90.0, 13, 4),
)
"""Outer and inner radius, where the first segment begins (degrees from the right, counter-clockwise), how
wide each is, the first one's number, and how many there are."""

SHADES = {
    "scar": ("Scar", "%"),
    "thickness": ("ED thickness", "mm"),
    "activation": ("Activation", "ms"),
}
"""What the segments can be shaded by, and its unit; the thickness is that of the mesh: as imaged."""

_SMALL = 0.75
"""Of the usual font, for values in segments."""

_STEPS: dict[int, int] = {
    Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1,
}  # fmt: skip


class BullsEye(QWidget):
    """A click marks a segment, another unmarks it; by keys: arrows go from one to the next, Space marks."""

    marked = Signal(tuple)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Segments (AHA)")
        self.setToolTip(
            "Click segments that an infarct has taken or a patch replaces. Keys: arrows and Space"
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._marked: tuple[int, ...] = ()
        self._values: dict[int, float] = {}
        self._unit = ""
        self._at = 1

    def sizeHint(self) -> QSize:
        """Be as wide as the panel allows, and square enough to click."""
        return QSize(theme.px(56), theme.px(56))

    def set_marked(self, segments: tuple[int, ...]) -> None:
        """Show which segments are marked."""
        if segments != self._marked:
            self._marked = segments
            self.update()

    def set_values(self, values: Mapping[int, float], unit: str) -> None:
        """Shade segments by a value each, the most the darkest; none: plain."""
        if (values, unit) != (self._values, self._unit):
            self._values, self._unit = dict(values), unit
            told = (f"{segment}: {value:.0f} {unit}" for segment, value in sorted(values.items()))
            self.setAccessibleDescription(", ".join(told))
            self.update()

    def shade_of(self, segment: int) -> float:
        """Return how far a segment is shaded: from 0, the plain ground, to 1."""
        most = 100.0 if self._unit == "%" else max(self._values.values(), default=0.0)
        return min(max(self._values.get(segment, 0.0) / most, 0.0), 1.0) if most > 0 else 0.0

    def place_of(self, segment: int) -> QPointF:
        """Return the middle of a segment in the widget."""
        if segment == 17:
            return self._middle
        outer, inner, begin, wide, first, _count = next(r for r in _RINGS if r[4] <= segment < r[4] + r[5])
        angle = math.radians(begin + wide * (segment - first + 0.5))
        away = 0.5 * (outer + inner) * self._radius
        return self._middle + QPointF(away * math.cos(angle), -away * math.sin(angle))

    def label_of(self, segment: int) -> str:
        """Return what is written into a segment: its value where there is one (its unit stands above)."""
        value = self._values.get(segment)
        return f"{segment}" if value is None else f"{value:.0f}"

    def box_of(self, segment: int) -> QRectF:
        """Return where a segment's label stands: no other's reaches into it."""
        spot, wide, high = self.place_of(segment), 0.21 * self._radius, 0.12 * self._radius
        return QRectF(spot.x() - 0.5 * wide, spot.y() - 0.5 * high, wide, high)

    def segment_at(self, place: QPointF) -> int:
        """Return the segment at a place of the widget; 0 beside all."""
        off = place - self._middle
        share = math.hypot(off.x(), off.y()) / self._radius
        if share < _RINGS[-1][1]:
            return 17
        for outer, inner, begin, wide, first, _count in _RINGS:
            if inner <= share < outer:
                angle = math.degrees(math.atan2(-off.y(), off.x()))
                return first + int((angle - begin) % 360.0 // wide)
        return 0

    @property
    def _middle(self) -> QPointF:
        return QPointF(0.5 * self.width(), 0.5 * self.height())

    @property
    def _radius(self) -> float:
        return 0.5 * min(self.width(), self.height()) - 2.0

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Mark or unmark what is clicked."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._toggle(self.segment_at(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take the second of two quick clicks as one more."""
        self.mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the next segment, or mark it."""
        if event.key() in _STEPS:
            self._at = (self._at - 1 + _STEPS[event.key()]) % 17 + 1
            self.update()
        elif event.key() == Qt.Key.Key_Space:
            self._toggle(self._at)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keep its keys from the shortcuts."""
        asked = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if asked and cast("QKeyEvent", event).key() in (*_STEPS, Qt.Key.Key_Space):
            event.accept()
            return True
        return super().event(event)

    def _toggle(self, segment: int) -> None:
        if segment:
            self._at = segment
            self._marked = tuple(sorted(set(self._marked) ^ {segment}))
            self.update()
            self.marked.emit(self._marked)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the segments with their numbers."""
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._values:
            painter.setFont(font_of(painter, _SMALL))
        for segment in range(1, 18):
            on, here = segment in self._marked, self.hasFocus() and segment == self._at
            ground = QColor(look.warn) if on else self._shaded(segment)
            painter.setBrush(ground if self.isEnabled() else Qt.GlobalColor.gray)
            painter.setPen(QPen(QColor(look.accent if here else look.quiet), 3.0 if here else 1.0))
            painter.drawPath(self._outline(segment))
            painter.setPen(QColor(look.ground if on else look.text))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip
            painter.drawText(self.box_of(segment), flags, self.label_of(segment))
        painter.end()

    def _shaded(self, segment: int) -> QColor:
        """Return the ground toward the accent, at most halfway: the text on it stays readable."""
        plain, full = QColor(theme.current().ground), QColor(theme.current().accent)
        share = 0.5 * self.shade_of(segment)
        ends = ((plain.redF(), full.redF()), (plain.greenF(), full.greenF()), (plain.blueF(), full.blueF()))
        red, green, blue = ((1.0 - share) * a + share * b for a, b in ends)
        return QColor.fromRgbF(red, green, blue)

    def _outline(self, segment: int) -> QPainterPath:
        def circle(share: float) -> QRectF:
            r = share * self._radius
            return QRectF(self._middle.x() - r, self._middle.y() - r, 2 * r, 2 * r)

        path = QPainterPath()
        if segment == 17:
            path.addEllipse(circle(_RINGS[-1][1]))
            return path
        outer, inner, begin, wide, first, _count = next(r for r in _RINGS if r[4] <= segment < r[4] + r[5])
        start = begin + wide * (segment - first)
        path.arcMoveTo(circle(outer), start)
        path.arcTo(circle(outer), start, wide)
        path.arcTo(circle(inner), start + wide, -wide)
        path.closeSubpath()
        return path
