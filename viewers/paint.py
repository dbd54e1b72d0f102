"""What every view paints over its picture: letters, texts, scale bar, banner, hatching, border."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from resources.colors import color_map

_SHADOW = QColor(0, 0, 0, 190)
REFERENCE_PATIENT = "REFERENCE PATIENT"
NOTICE = "Research software. Not a medical device."


@dataclass(frozen=True)
class Look:
    """Colors of what is painted over a view, ``#RRGGBB``; a light ground turns the shadows off."""

    ground: str = "#15181C"
    text: str = "#E6E8EA"
    quiet: str = "#9AA4AE"
    accent: str = "#4FB3BF"
    warn: str = "#E3B341"

    @property
    def shadowed(self) -> bool:
        """Whether text needs a dark shadow to stand out from what lies under it."""
        return QColor(self.ground).lightnessF() < 0.5


def round_length(about: float) -> float:
    """Return the largest of 1, 2, 5 × 10ⁿ that is not above ``about`` (> 0)."""
    base = 10.0 ** floor(log10(about))
    return max(step * base for step in (1.0, 2.0, 5.0) if step * base <= about * (1 + 1e-9))


def font_of(painter: QPainter, size: float = 1.0, bold: bool = False) -> QFont:
    """Return the painter's font, ``size`` times as large, with figures of one width."""
    font = QFont(painter.font())
    if font.pixelSize() > 0:
        font.setPixelSize(max(1, round(font.pixelSize() * size)))
    else:
        font.setPointSizeF(font.pointSizeF() * size)
    font.setBold(bold)
    return font


def text_at(
    painter: QPainter,
    box: QRectF,
    flags: Qt.AlignmentFlag,
    text: str,
    color: str | QColor,
    *,
    shadow: bool = True,
) -> None:
    """Paint ``text`` into ``box``, legible on bright and on dark."""
    if shadow:
        painter.setPen(_SHADOW)
        painter.drawText(box.translated(1.0, 1.0), flags, text)
    painter.setPen(QColor(color))
    painter.drawText(box, flags, text)


def lines_at(
    painter: QPainter,
    box: QRectF,
    corner: Qt.AlignmentFlag,
    lines: Sequence[tuple[str, str]],
    *,
    shadow: bool = True,
) -> None:
    """Paint lines of (text, color) in a corner of ``box``, elided where too long; empty ones leave room."""
    metrics = QFontMetricsF(painter.font())
    height = metrics.lineSpacing()
    top = box.top()
    if corner & Qt.AlignmentFlag.AlignBottom:
        top = box.bottom() - height * len(lines)
    across = corner & Qt.AlignmentFlag.AlignHorizontal_Mask
    for number, (text, color) in enumerate(lines):
        if not text:
            continue
        line = QRectF(box.left(), top + number * height, box.width(), height)
        short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        text_at(painter, line, across | Qt.AlignmentFlag.AlignVCenter, short, color, shadow=shadow)


def letters_width(painter: QPainter, letters: str) -> float:
    """Return how wide ``edge_letters`` paints the letters of an edge."""
    return QFontMetricsF(font_of(painter, 1.25, bold=True)).horizontalAdvance(letters)


def edge_letters(painter: QPainter, box: QRectF, letters: dict[str, str], look: Look) -> None:
    """Paint patient letters at the middle of the ``left``, ``right``, ``top`` and ``bottom`` edges."""
    painter.save()
    painter.setFont(font_of(painter, 1.25, bold=True))
    flag = Qt.AlignmentFlag
    sides = {
        "left": flag.AlignLeft | flag.AlignVCenter,
        "right": flag.AlignRight | flag.AlignVCenter,
        "top": flag.AlignHCenter | flag.AlignTop,
        "bottom": flag.AlignHCenter | flag.AlignBottom,
    }
    for side, align in sides.items():
        text_at(painter, box, align, letters.get(side, ""), look.text, shadow=look.shadowed)
    painter.restore()


def scale_bar(painter: QPainter, box: QRectF, mm_per_pixel: float, look: Look, remark: str = "") -> None:
    """Paint a bar of a round length, with its length in words, in the lower right corner of ``box``."""
    if mm_per_pixel <= 0:
        return
    length = round_length(min(120.0, box.width() * 0.3) * mm_per_pixel)
    pixels = length / mm_per_pixel
    words = f"{length / 10:g} cm" if length >= 10 else f"{length:g} mm"
    if remark:
        words += f" {remark}"
    y = box.bottom() - 2.5
    x = box.right() - pixels
    for color, width in ((_SHADOW, 4.0), (QColor(look.text), 1.6)):
        if color == _SHADOW and not look.shadowed:
            continue
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLines(
            [
                QLineF(x, y, x + pixels, y),
                QLineF(x, y - 5, x, y + 1),
                QLineF(x + pixels, y - 5, x + pixels, y + 1),
            ]
        )
    height = QFontMetricsF(painter.font()).lineSpacing()
    above = QRectF(box.left(), y - 6 - height, box.width(), height)
    text_at(painter, above, Qt.AlignmentFlag.AlignRight, words, look.text, shadow=look.shadowed)


@dataclass(frozen=True)
class ColorBar:
    """What the colors of an image mean: a map's name, the values at its ends, their unit."""

    colors: str
    ends: tuple[float, float]
    unit: str = ""
    inverted: bool = False


def color_bar(painter: QPainter, inner: QRectF, bar: ColorBar, look: Look) -> None:
    """Paint a bar above the scale in the lower right corner, its values to the left of it."""
    table = color_map(bar.colors)[:: 1 if bar.inverted else -1]
    picture = QImage(np.ascontiguousarray(table).data, 1, 256, 3, QImage.Format.Format_RGB888)
    line = QFontMetricsF(painter.font()).lineSpacing()
    height = min(120.0, inner.height() / 2 - 3.5 * line - 20)
    if height < 2 * line:
        return
    box = QRectF(inner.right() - 9, inner.bottom() - 2.2 * line - height, 9, height)
    painter.drawImage(box, picture.copy())
    figures = 0 if abs(bar.ends[1] - bar.ends[0]) >= 20 else 1
    flag = Qt.AlignmentFlag
    low, high = (f"{end:.{figures}f}".replace("-", "−") for end in bar.ends)
    for text, place in ((f"{high} {bar.unit}".strip(), flag.AlignTop), (low, flag.AlignBottom)):
        text_at(painter, box.adjusted(-200, 0, -14, 0), flag.AlignRight | place, text, look.text)


def caption_at(
    painter: QPainter,
    inner: QRectF,
    lines: Sequence[tuple[str, str]],
    letters: str,
    warned: Sequence[str] = (),
    *,
    plate: Callable[[QRectF], None] | None = None,
    shadow: bool = True,
) -> None:
    """Paint lines of (text, color) from the upper left corner of ``inner`` down.

    They leave room for the ``letters`` at the middle of the upper edge and for the warnings at the right.
    ``plate`` paints what lies under a line.
    """
    metrics = QFontMetricsF(painter.font())
    height = metrics.lineSpacing()
    beside = (inner.width() - letters_width(painter, letters)) / 2 - 6.0
    below = inner.width() - max(warning_widths(painter, warned), default=0.0) - 10.0
    for number, (text, color) in enumerate(lines):
        room = max(below, beside) if number else beside  # the letters end where the second line begins
        wide = min(metrics.horizontalAdvance(text) + 1.0, room)
        if plate is not None:
            plate(QRectF(inner.left() - 3, inner.top() + number * height, wide + 6, height))
        box = QRectF(inner.left(), inner.top() + number * height, room, height)
        short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        text_at(
            painter,
            box,
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            short,
            color,
            shadow=shadow,
        )


def warning_widths(painter: QPainter, texts: Sequence[str]) -> list[float]:
    """Return how wide ``warnings`` paints each of its texts."""
    metrics = QFontMetricsF(font_of(painter, 0.85, bold=True))
    return [metrics.horizontalAdvance(text) + 14 for text in texts]


def warnings(painter: QPainter, inner: QRectF, texts: Sequence[str]) -> None:
    """Paint short warnings (amber, dark letters) below each other in the upper right corner of ``inner``.

    They keep clear of the letter at the middle of the upper edge: one that would reach it begins below it.
    """
    painter.save()
    widths = warning_widths(painter, texts)
    painter.setFont(font_of(painter, 0.85, bold=True))
    metrics = QFontMetricsF(painter.font())
    height = metrics.height() + 5
    top = inner.top() + (1.6 * height if max(widths, default=0.0) > inner.width() / 2 - 20 else 0.0)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for number, (text, width) in enumerate(zip(texts, widths, strict=True)):
        box = QRectF(inner.right() - width, top + number * (height + 4), width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#E3B341"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor("#15181C"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def hatch(painter: QPainter, box: QRectF, look: Look) -> None:
    """Hatch a view whose content is stale or a preview."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    color = QColor(look.warn)
    color.setAlpha(70)
    painter.setPen(QPen(color, 1.5))
    painter.setBrush(QBrush(Qt.BrushStyle.NoBrush))
    painter.setClipRect(box)
    step, reach = 22.0, box.width() + box.height()
    lines, x = [], 0.0
    while x < reach:
        lines.append(QLineF(box.left() + x, box.top(), box.left() + x - box.height(), box.bottom()))
        x += step
    painter.drawLines(lines)
    painter.restore()


def border(painter: QPainter, box: QRectF, color: str, focused: bool) -> None:
    """Paint the frame of a view; stronger where keys go to."""
    width = 2.0 if focused else 1.0
    tint = QColor(color)
    tint.setAlphaF(1.0 if focused else 0.6)
    left, top, right, bottom = box.left(), box.top(), box.right(), box.bottom()
    inner = bottom - top - 2 * width
    # Four filled boxes: a stroked rectangle costs ten times as much.
    painter.fillRect(QRectF(left, top, right - left, width), tint)
    painter.fillRect(QRectF(left, bottom - width, right - left, width), tint)
    painter.fillRect(QRectF(left, top + width, width, inner), tint)
    painter.fillRect(QRectF(right - width, top + width, width, inner), tint)


def cross(painter: QPainter, at: QPointF, color: str, size: float = 6.0) -> None:
    """Paint a small diamond that marks a point."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    shape = QPolygonF(
        [at + QPointF(0, -size), at + QPointF(size, 0), at + QPointF(0, size), at + QPointF(-size, 0)]
    )
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_SHADOW, 3.0))
    painter.drawPolygon(shape)
    painter.setPen(QPen(QColor(color), 1.5))
    painter.drawPolygon(shape)
