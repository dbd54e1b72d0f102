"""The crosshair of a slice view: the lines in which other planes cut it, and the handles that turn them."""

from math import hypot
from typing import Literal

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from resources.colors import PLANE_COLORS
from viewers.orientation import Plane

LINES: dict[Plane, tuple[Plane, Plane]] = {
    "axial": ("coronal", "sagittal"),
    "coronal": ("axial", "sagittal"),
    "sagittal": ("axial", "coronal"),
}
"""The planes that the lines across (drawn level) and down (drawn upright) stand for, while none is turned."""

_GAP = 12.0
_REACH = 40.0
"""How far from the middle a line is taken hold of to carry the crosshair along."""
_HANDLE = 4.5
_INSET = 34.0
"""How far from the edges the handles lie."""

Direction = tuple[float, float]


class Crosshair:
    """Two lines through the middle, each in the color of its plane, with a gap where they meet.

    Attributes
    ----------
    directions : two of (across, down)
        Unit vectors on the screen, of the lines of ``LINES``.
    slabs_mm : two of float
        How thick the slabs are that the lines stand for; 0 for planes.
    turnable : bool
        Whether there are handles.
    linked : bool
        Whether the lines are where the other planes are; else the middle alone is marked.
    """

    def __init__(self, plane: Plane) -> None:
        self._colors = [QColor(PLANE_COLORS[other]) for other in LINES[plane]]
        for tint in self._colors:
            tint.setAlpha(170)
        self.directions: tuple[Direction, Direction] = ((1.0, 0.0), (0.0, 1.0))
        self.slabs_mm: tuple[float, float] = (0.0, 0.0)
        self.turnable = False
        self.linked = True

    def handles(self, box: QRectF, at: QPointF) -> list[tuple[int, QPointF]]:
        """Return the number of its line and the place of each handle that is in the view."""
        if not (self.turnable and self.linked):
            return []
        inner = box.adjusted(_INSET, _INSET, -_INSET, -_INSET)
        found = []
        for number, direction in enumerate(self.directions):
            for sign in (-1.0, 1.0):
                far = _way_out(inner, at, (sign * direction[0], sign * direction[1]))
                if far > _REACH + 8:
                    found.append((number, at + QPointF(*direction) * (sign * far)))
        return found

    def grip(self, box: QRectF, at: QPointF, hand: QPointF) -> Literal["", "move", "turn"]:
        """Return what a hand takes hold of."""
        if any((hand - place).manhattanLength() <= 3 * _HANDLE for _, place in self.handles(box, at)):
            return "turn"
        away = hand - at
        beside = min(abs(away.x() * down - away.y() * across) for across, down in self.directions)
        return "move" if beside <= 4 and hypot(away.x(), away.y()) <= _REACH else ""

    def paint(self, painter: QPainter, box: QRectF, at: QPointF, pixels_per_mm: float) -> None:
        """Paint the lines; level and upright ones as filled boxes: a stroked line costs ten times as much."""
        if not self.linked:
            self._paint_middle(painter, at)
            return
        (across, lean), (fall, down) = self.directions
        if abs(lean) < 1e-6 and abs(fall) < 1e-6 and across > 0 and down > 0:
            self._paint_straight(painter, box, at)
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            reach = box.width() + box.height()
            for tint, direction in zip(self._colors, self.directions, strict=True):
                along = QPointF(*direction)
                painter.setPen(QPen(tint, 1.2))
                for begin, end in ((-reach, -_GAP), (_GAP, reach)):
                    painter.drawLine(QLineF(at + along * begin, at + along * end))
        if any(self.slabs_mm):
            self._paint_slabs(painter, box, at, pixels_per_mm)

    def paint_handles(self, painter: QPainter, box: QRectF, at: QPointF) -> None:
        """Paint what a hand may take hold of to turn."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, place in self.handles(box, at):
            painter.setPen(QPen(QColor(0, 0, 0, 150), 3.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(place, _HANDLE, _HANDLE)
            tint = QColor(self._colors[number])
            tint.setAlpha(255)
            painter.setPen(QPen(tint, 1.6))
            painter.drawEllipse(place, _HANDLE, _HANDLE)

    def _paint_straight(self, painter: QPainter, box: QRectF, at: QPointF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        gap = int(_GAP)
        x, y = round(at.x()), round(at.y())
        right, bottom = round(box.right()), round(box.bottom())
        for tint, boxes in (
            (self._colors[0], [(0, y, x - gap, 1), (x + gap, y, right - x - gap, 1)]),
            (self._colors[1], [(x, 0, 1, y - gap), (x, y + gap, 1, bottom - y - gap)]),
        ):
            for place in boxes:
                if place[2] > 0 and place[3] > 0:
                    painter.fillRect(*place, tint)

    @staticmethod
    def _paint_middle(painter: QPainter, at: QPointF) -> None:
        """Paint four short arms: the other views look elsewhere."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for tint, width in ((QColor(0, 0, 0, 150), 3.0), (QColor(230, 232, 234), 1.2)):
            painter.setPen(QPen(tint, width))
            for along in (QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)):
                painter.drawLine(QLineF(at + along * 5, at + along * _GAP))

    def _paint_slabs(self, painter: QPainter, box: QRectF, at: QPointF, pixels_per_mm: float) -> None:
        """Paint the borders of the slabs that the lines stand for, dashed."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        reach = box.width() + box.height()
        for tint, direction, thick_mm in zip(self._colors, self.directions, self.slabs_mm, strict=True):
            half = thick_mm * pixels_per_mm / 2
            if half <= 2:
                continue
            pen = QPen(tint, 1.0, Qt.PenStyle.DashLine)
            pen.setDashPattern([4, 5])
            painter.setPen(pen)
            along, beside = QPointF(*direction), QPointF(-direction[1], direction[0])
            for middle in (at - beside * half, at + beside * half):
                painter.drawLine(QLineF(middle - along * reach, middle + along * reach))


def _way_out(box: QRectF, at: QPointF, direction: Direction) -> float:
    """Return how far it is from a place in a box to its border; 0 from beside it."""
    if not box.contains(at):
        return 0.0
    ways = []
    for place, step, low, high in (
        (at.x(), direction[0], box.left(), box.right()),
        (at.y(), direction[1], box.top(), box.bottom()),
    ):
        if abs(step) > 1e-9:
            ways.append(((high if step > 0 else low) - place) / step)
    return min(ways)
