"""Measurements on a slice: where they lie on the screen, how they are painted, what a hand hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from twin.domain import Measurement
from twin.measuring import words
from twin.measuring.ruler import ellipse_outline
from viewers import paint
from viewers.measure_tools import Axes, Points, cut

if TYPE_CHECKING:
    from viewers.slice_view import SliceView

HANDLE = 4.0
REACH = 8.0
"""How near, in pixels, a hand must come to take hold."""
_FADED = 0.35
_GAP = 12.0
_GAPS = (_GAP, 36.0, 72.0, 120.0)
_SIDES = tuple((m, n) for m in range(3) for n in range(3) if (m, n) != (1, 0))
"""Right, middle, left by middle, above, below; not upon itself."""
_WARN = "#E3B341"
_ROOMY = 480.0
"""Pixels from which a view has room for all that a mark says."""


@dataclass(frozen=True, eq=False)
class Mark:
    """A measurement as it is shown."""

    id: str
    made: Measurement
    color: str
    selected: bool = False
    stale: bool = False


@dataclass(eq=False)
class Here:
    """The slice that a view shows now."""

    view: SliceView
    at: Points = field(init=False)
    axes: Axes = field(init=False)
    step_mm: float = field(init=False)

    def __post_init__(self) -> None:
        assert self.view.sheet is not None
        frame = self.view.sheet.frame
        corner = self.view.lps_at(QPointF(0, 0))
        assert corner is not None
        across, down = frame.to_lps[:3, 0], frame.to_lps[:3, 1]
        normal = np.cross(across, down)
        normal = normal / np.linalg.norm(normal)
        across = across / np.linalg.norm(across)
        self.at, self.step_mm = corner, frame.step_mm
        self.axes = Axes(across, np.cross(normal, across), normal)

    def depths(self, lps: Points) -> NDArray[np.float64]:
        """Return how many slices before (positive) or behind the shown one points lie; shape (n,)."""
        return np.asarray((lps - self.at) @ self.axes.normal / self.step_mm)

    def screen(self, lps: Points) -> NDArray[np.float64]:
        """Return where points are on the screen, dropped onto the slice; shape (n, 2)."""
        assert self.view.sheet is not None
        place = self.view.sheet.frame.place(np.atleast_2d(lps))[:, :2]
        way = self.view.sheet.transform()
        turn = np.array([[way.m11(), way.m12()], [way.m21(), way.m22()]])
        return np.asarray(place @ turn + (way.dx(), way.dy()))


Seen = Literal["", "near", "through", "on"]


def seen_on(made: Measurement, here: Here) -> Seen:
    """Tell whether it lies on the slice shown, on a neighbor, or (what lies on none) reaches through it."""
    if made.kind == "volume":
        return ""
    if made.kind == "ellipsoid":
        return "on" if len(cut(made.points, here.at, here.axes.normal)) else ""
    depths = here.depths(made.points)
    if np.abs(depths).max() <= 0.5 + 1e-6:
        return "on"
    off = 0.0 if made.normal is None else float(np.ptp(made.points @ made.normal))
    in_space = made.normal is None or off > here.step_mm
    if in_space and depths.min() <= 0.5 and depths.max() >= -0.5 and np.ptp(depths) > 1:
        return "through"
    return "near" if np.abs(depths).max() <= 1.5 else ""


def strokes(made: Measurement, here: Here) -> list[NDArray[np.float64]]:
    """Return the lines to draw, on the screen; each of shape (n, 2)."""
    if made.kind in ("text", "point", "volume"):
        return []
    if made.kind == "ellipsoid":
        lines = [cut(made.points, here.at, here.axes.normal)]
    elif made.kind == "ellipse":
        outline = ellipse_outline(made.points, 120)
        lines = [np.concatenate([outline, outline[:1]])]
    elif made.kind == "polygon":
        lines = [np.concatenate([made.points, made.points[:1]])]
    elif made.kind == "Cobb angle":
        lines = [made.points[:2], made.points[2:]]
    else:
        lines = [made.points]
    return [here.screen(line) for line in lines if len(line)]


def handles(made: Measurement, here: Here) -> dict[int, NDArray[np.float64]]:
    """Return the places on the screen that a hand can take hold of, by the number of the point."""
    if made.kind == "volume" or (made.kind == "polygon" and len(made.points) > 40):
        return {}
    near = np.abs(here.depths(made.points)) <= 0.5 + 1e-6
    at = here.screen(made.points)
    return {int(n): at[n] for n in np.flatnonzero(near)}


@dataclass(eq=False)
class Placed:
    """Where a mark was painted: its lines, handles and label."""

    mark: Mark
    lines: list[NDArray[np.float64]]
    handles: dict[int, NDArray[np.float64]]
    label: QRectF

    def hit(self, at: QPointF) -> tuple[str, int] | None:
        """Return what lies under the hand: ``handle`` and its number, ``label`` or ``line``."""
        place = np.array([at.x(), at.y()])
        for number, handle in self.handles.items():
            if np.hypot(*(handle - place)) <= REACH:
                return "handle", number
        if self.label.contains(at):
            return "label", 0
        if any(_distance(line, place) <= REACH - 2 for line in self.lines):
            return "line", 0
        return None


def _distance(line: NDArray[np.float64], at: NDArray[np.float64]) -> float:
    """Return the distance of a place from a line of several pieces, pixels."""
    start, way = line[:-1], np.diff(line, axis=0)
    length = np.maximum((way**2).sum(axis=1), 1e-12)
    share = np.clip(((at - start) * way).sum(axis=1) / length, 0, 1)
    return float(np.linalg.norm(start + share[:, None] * way - at, axis=1).min())


class Painter:
    """Paints the marks of one view: first all lines, then labels where there is room between them.

    Parameters
    ----------
    painter : QPainter
    box : QRectF
        The whole view.
    """

    def __init__(self, painter: QPainter, box: QRectF, here: Here) -> None:
        self._painter, self._box, self._here = painter, box, here
        self._taken = _written(box)
        self._lines: list[NDArray[np.float64]] = [np.zeros((0, 2))]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def draw(self, mark: Mark, *, grips: bool = False) -> Placed | None:
        """Paint the lines of a mark, and its handles; None where the slice does not show it."""
        seen = seen_on(mark.made, self._here)
        if not seen:
            return None
        painter, color = self._painter, QColor(mark.color)
        painter.save()
        painter.setOpacity(_FADED if seen == "near" else 1.0)
        drawn = strokes(mark.made, self._here)
        self._stroke(mark, drawn, color, dashed=seen == "through")
        held = handles(mark.made, self._here) if seen != "near" else {}
        if grips or mark.selected:
            self._grips(held, color)
        painter.restore()
        self._lines += [_dense(line) for line in drawn]
        return Placed(mark, drawn, held, QRectF()) if seen != "near" else None

    def write(self, placed: Placed, *, whole: bool = False, fault: str = "") -> None:
        """Write what a mark says beside it.

        Parameters
        ----------
        whole : bool
            All of it also where the view is small.
        fault : str
            Why it cannot be measured, in place of its numbers.
        """
        mark = placed.mark
        few = min(self._box.width(), self._box.height()) < _ROOMY and not whole
        said = [fault] if fault else words.lines(mark.made, few=few)
        if said:
            self._painter.save()
            color = QColor(_WARN if fault or mark.stale else mark.color)
            placed.label = self._label(mark, placed.lines, said, color)
            self._painter.restore()

    def _stroke(self, mark: Mark, drawn: list[NDArray[np.float64]], color: QColor, *, dashed: bool) -> None:
        made = mark.made
        path = QPainterPath()
        for line in drawn:
            path.addPolygon(QPolygonF([QPointF(x, y) for x, y in line]))
        if made.kind == "arrow":
            _add_head(path, drawn[0])
        if made.kind == "Cobb angle":
            self._join(drawn, color)
        if made.kind == "point":
            x, y = self._here.screen(made.points)[0]
            for dx, dy in ((7, 0), (0, 7)):
                path.moveTo(x - dx, y - dy)
                path.lineTo(x + dx, y + dy)
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        width = 2.0 if mark.selected else 1.4
        for tint, more in ((QColor(0, 0, 0, 150), 1.8), (color, 0.0)):
            pen = QPen(tint, width + more, style)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            self._painter.strokePath(path, pen)

    def _join(self, drawn: list[NDArray[np.float64]], color: QColor) -> None:
        """Join the middles of the two lines of a Cobb angle, thinly."""
        ends = [QPointF(*line.mean(axis=0)) for line in drawn]
        self._painter.setPen(QPen(color, 0.8, Qt.PenStyle.DotLine))
        self._painter.drawLine(ends[0], ends[-1])

    def _grips(self, held: dict[int, NDArray[np.float64]], color: QColor) -> None:
        self._painter.setPen(QPen(color, 1.4))
        self._painter.setBrush(QColor(0, 0, 0, 160))
        for x, y in held.values():
            self._painter.drawEllipse(QPointF(x, y), HANDLE, HANDLE)
        self._painter.setBrush(Qt.BrushStyle.NoBrush)

    def _label(
        self, mark: Mark, drawn: list[NDArray[np.float64]], said: Sequence[str], color: QColor
    ) -> QRectF:
        painter = self._painter
        painter.setFont(paint.font_of(painter, 0.92, bold=mark.selected))
        metrics = QFontMetricsF(painter.font())
        height = metrics.lineSpacing()
        size = max(metrics.horizontalAdvance(line) for line in said) + 4, height * len(said)
        around = np.concatenate([*drawn, self._here.screen(mark.made.points)])
        if mark.made.label is not None:
            x, y = self._here.screen(mark.made.label)[0]
            box = QRectF(x - size[0] / 2, y - size[1] / 2, *size)
        else:
            box = self._free_place(around, size, beside_end=mark.made.kind in ("arrow", "text"))
        self._lead(box, around, color)
        self._taken.append(box)
        if mark.stale:
            font = painter.font()
            font.setStrikeOut(True)
            painter.setFont(font)
        for number, line in enumerate(said):
            row = QRectF(box.left() + 2, box.top() + number * height, box.width(), height)
            paint.text_at(
                painter, row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, line, color
            )
        return box

    def _lead(self, box: QRectF, around: NDArray[np.float64], color: QColor) -> None:
        """Lead from a label that stands away to what it belongs to."""
        middle = np.array([box.center().x(), box.center().y()])
        nearest = around[np.argmin(np.linalg.norm(around - middle, axis=1))]
        x = min(max(nearest[0], box.left()), box.right())
        y = min(max(nearest[1], box.top()), box.bottom())
        if np.hypot(nearest[0] - x, nearest[1] - y) > 2 * _GAP:
            self._painter.setPen(QPen(color, 0.8, Qt.PenStyle.DotLine))
            self._painter.drawLine(QPointF(x, y), QPointF(*nearest))

    def _free_place(
        self, around: NDArray[np.float64], size: tuple[float, float], *, beside_end: bool
    ) -> QRectF:
        """Return the place beside what is drawn, inside the view, that covers least of other marks."""
        low, high = (around[-1:], around[-1:]) if beside_end else (around, around)
        (x0, y0), (x1, y1) = low.min(axis=0), high.max(axis=0)
        width, height = size
        inner = self._box.adjusted(8, 26, -8, -26)
        lines = np.concatenate(self._lines)
        best, least = QRectF(), np.inf
        for gap in _GAPS:
            across = (x1 + gap, (x0 + x1 - width) / 2, x0 - gap - width)
            down = ((y0 + y1 - height) / 2, y0 - gap - height, y1 + gap)
            for m, n in _SIDES:
                x, y = across[m], down[n]
                fit_x = min(max(x, inner.left()), inner.right() - width)
                fit_y = min(max(y, inner.top()), inner.bottom() - height)
                box = QRectF(fit_x, fit_y, width, height)
                cost = 0.2 * (m + n) + (gap - _GAP) / 10 + (abs(fit_x - x) + abs(fit_y - y)) / 20
                cost += 40 * sum(box.intersects(taken) for taken in self._taken)
                near = (lines > (fit_x - 3, fit_y - 2)) & (lines < (fit_x + width + 3, fit_y + height + 2))
                cost += 0.5 * float(near.all(axis=1).sum())
                if cost < least:
                    best, least = box, cost
        return best


def _written(box: QRectF) -> list[QRectF]:
    """Return where the view writes its own letters, and the place of the slice."""
    letter, middle = 32.0, box.center()
    return [
        QRectF(box.left(), middle.y() - letter / 2, letter, letter),
        QRectF(box.right() - letter, middle.y() - letter / 2, letter, letter),
        QRectF(middle.x() - letter / 2, box.top(), letter, letter),
        QRectF(middle.x() - letter / 2, box.bottom() - letter, letter, letter),
        QRectF(box.left(), box.bottom() - 60, box.width() / 3, 60),
        QRectF(box.right() - box.width() / 3, box.bottom() - 44, box.width() / 3, 44),
    ]


def _dense(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points along a line, some 6 pixels apart."""
    pieces = [
        a + np.linspace(0, 1, max(2, min(200, int(np.hypot(*(b - a)) / 6))))[:, None] * (b - a)
        for a, b in pairwise(line)
    ]
    return np.concatenate(pieces) if pieces else line


def _add_head(path: QPainterPath, line: NDArray[np.float64]) -> None:
    """Add the head of an arrow at its first point."""
    way = line[1] - line[0]
    length = float(np.hypot(*way))
    if length < 1:
        return
    way = way / length
    side = np.array([-way[1], way[0]])
    tip = line[0]
    for sign in (1, -1):
        end = tip + 11 * way + sign * 5 * side
        path.moveTo(*tip)
        path.lineTo(*end)
