"""A picture of a view to take away: caption, side and notice burnt in."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QImageWriter, QPainter

from twin.domain import Side
from twin.errors import UserError
from viewers import paint
from viewers.paint import NOTICE, REFERENCE_PATIENT, Look
from viewers.plot import Plot
from viewers.scene_view import SceneView
from viewers.slice_view import SliceView

_SIDE_WORDS = {
    "left": "LEFT",
    "right": "RIGHT",
    "midline": "MIDLINE",
    "unconfirmed": "SIDE UNCONFIRMED",
    "none": "",
}


def figure_of(
    view: SliceView | SceneView | Plot,
    caption: Sequence[str] = (),
    *,
    side: Side = "none",
    reference_patient: bool = False,
    stamp: str = "",
    notice: Sequence[str] = (),
    scale: float = 2.0,
    look: Look | None = None,
    beside: Plot | None = None,
) -> QImage:
    """Return a view as a picture with a strip below it that says whose it is and what it is not.

    Parameters
    ----------
    view : SliceView, SceneView or Plot
        Drawn at full quality.
    caption : sequence of str
        Patient, study and content, first the most important.
    side : Side
        Of the structure shown; written out, "LEFT".
    reference_patient : bool
        Adds REFERENCE PATIENT.
    stamp : str
        "stale" or "preview" with its reason; written in amber.
    notice : sequence of str
        What else must be read with it ("not for diagnosis"): lines of their own below, the first in amber.
    scale : float
        Pixels of the picture to a pixel of the screen.
    beside : Plot, optional
        Put to the right of the view.
    """
    look = look or Look()
    inner = view.image(scale) if beside is None else _beside(view.image(scale), beside.image(scale), look)
    ratio = inner.devicePixelRatio()
    width, height = inner.width() / ratio, inner.height() / ratio
    font = view.font()
    line = QFontMetricsF(font).lineSpacing()
    metrics = QFontMetricsF(font)
    colors = [look.warn, *[look.quiet] * len(notice)]
    lines = zip([*notice, NOTICE] if notice else [], colors, strict=False)
    below = [(part, color) for text, color in lines for part in _wrapped(text, metrics, width - 24)]
    strip = 20 + line * (max(len(caption), 1 if notice else 2) + len(below))
    figure = QImage(inner.width(), round((height + strip) * ratio), QImage.Format.Format_RGB32)
    figure.setDevicePixelRatio(ratio)
    figure.fill(QColor(look.ground))
    painter = QPainter(figure)
    painter.setFont(font)
    painter.drawImage(QRectF(0, 0, width, height), inner)
    box = QRectF(12, height + 10, width - 24, strip - 20)
    marks = [
        text for text in (_SIDE_WORDS[side], REFERENCE_PATIENT if reference_patient else "", stamp) if text
    ]
    right = [(" · ".join(marks), look.warn), ("" if notice else NOTICE, look.quiet)]
    texts = [(text, look.text if n == 0 else look.quiet) for n, text in enumerate(caption)]
    # The first two lines share their room with marks and notice; what is shown has all the width.
    for n, text in enumerate(texts[:2]):
        across = right[n][0]
        taken = metrics.horizontalAdvance(across) + 2 * line if across else 0.0
        room = box.adjusted(0, n * line, -min(taken, 0.45 * box.width()), 0)
        paint.lines_at(painter, room, Qt.AlignmentFlag.AlignLeft, [text], shadow=False)
    paint.lines_at(
        painter, box.adjusted(0, 2 * line, 0, 0), Qt.AlignmentFlag.AlignLeft, texts[2:], shadow=False
    )
    corner = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
    paint.lines_at(painter, box, corner, below, shadow=False)
    painter.setFont(font)
    paint.lines_at(painter, box, Qt.AlignmentFlag.AlignRight, right, shadow=False)
    painter.end()
    figure.setText("Description", " | ".join([*caption, *marks, *notice, NOTICE]))
    return figure


def _wrapped(text: str, metrics: QFontMetricsF, width: float) -> list[str]:
    """Return a text in lines that a picture's width holds: what must be read is not cut off."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and metrics.horizontalAdvance(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _beside(left: QImage, right: QImage, look: Look) -> QImage:
    """Return two pictures side by side, the lower one in the middle of the other's height."""
    both = QImage(
        left.width() + right.width(), max(left.height(), right.height()), QImage.Format.Format_RGB32
    )
    both.fill(QColor(look.ground))
    ratio = left.devicePixelRatio()
    painter = QPainter(both)
    for picture, x in ((left, 0), (right, left.width())):
        picture.setDevicePixelRatio(1.0)
        painter.drawImage(x, (both.height() - picture.height()) // 2, picture)
    painter.end()
    both.setDevicePixelRatio(ratio)
    return both


def save_figure(figure: QImage, path: Path) -> None:
    """Write a figure as PNG.

    Raises
    ------
    UserError
        Where the file cannot be written.
    """
    writer = QImageWriter(str(path), QByteArray(b"png"))
    if not writer.write(figure):
        raise UserError(
            f"The picture could not be written to {path}.",
            "Is the folder there, may you write to it, and is there room on the disk?",
        )
