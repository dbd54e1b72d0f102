"""What a hand does in a view, as real events."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

_NO_KEYS = Qt.KeyboardModifier.NoModifier


def move(
    view: QWidget,
    at: QPointF | QPoint,
    buttons: Qt.MouseButton = Qt.MouseButton.NoButton,
    keys: Qt.KeyboardModifier = _NO_KEYS,
) -> None:
    """Move the mouse to a place in the view, with buttons and keys held."""
    at = QPointF(at)
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, view.mapToGlobal(at), Qt.MouseButton.NoButton, buttons, keys
    )
    QApplication.sendEvent(view, event)


def drag(
    qtbot,
    view: QWidget,
    start: QPointF | QPoint,
    end: QPointF | QPoint,
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    steps: int = 5,
    keys: Qt.KeyboardModifier = _NO_KEYS,
) -> None:
    """Press at one place, move on in steps, let go at another."""
    start, end = QPointF(start), QPointF(end)
    qtbot.mousePress(view, button, keys, pos=start.toPoint())
    for step in range(1, steps + 1):
        move(view, start + (end - start) * step / steps, button, keys)
    qtbot.mouseRelease(view, button, keys, pos=end.toPoint())


def wheel(view: QWidget, turns: int, at: QPointF | None = None, keys: Qt.KeyboardModifier = _NO_KEYS) -> None:
    """Turn the wheel over a place, by default the middle."""
    at = QPointF(view.rect().center()) if at is None else QPointF(at)
    event = QWheelEvent(
        at, view.mapToGlobal(at), QPoint(), QPoint(0, 120 * turns), Qt.MouseButton.NoButton, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)
