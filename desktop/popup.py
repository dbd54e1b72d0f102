"""Where a small window over the main one goes: beside what opened it, and never over an edge."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QWidget


def place(popup: QWidget, opener: QWidget, *, above: bool = False) -> None:
    """Put a popup under its opener's right end, or above its left; within main window and screen.

    One that is larger than they are gets as small as they are.
    """
    room = _room(opener)
    popup.adjustSize()
    popup.resize(popup.size().boundedTo(room.size()))
    size, box = popup.size(), opener.rect()
    if above:
        corner = opener.mapToGlobal(box.topLeft()) - QPoint(0, size.height())
    else:
        corner = opener.mapToGlobal(box.bottomRight()) - QPoint(size.width(), 0)
    popup.move(
        max(min(corner.x(), room.right() + 1 - size.width()), room.left()),
        max(min(corner.y(), room.bottom() + 1 - size.height()), room.top()),
    )


def _room(opener: QWidget) -> QRect:
    window = opener.window()
    inside = QRect(window.mapToGlobal(QPoint(0, 0)), window.size())
    return inside.intersected(opener.screen().availableGeometry())
