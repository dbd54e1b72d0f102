"""What mouse and keys do in a slice view."""

from __future__ import annotations

from collections.abc import Callable
from math import atan2
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

if TYPE_CHECKING:
    from viewers.planes import Planes
    from viewers.slice_view import SliceView

GESTURES = (
    ("Wheel, arrows, F and B", "Next and previous slice"),
    ("Page Up, Page Down", "Ten slices on and back"),
    ("Home, End", "First and last slice"),
    ("Drag", "Window: right is wider, down a higher level"),
    ("Click; Shift and move", "Put the crosshair there; carry it along"),
    ("Drag the crosshair", "Move it"),
    ("Drag a ring at its lines' ends", "Turn the other planes; with Ctrl in steps of 15°"),
    ("Right drag; Ctrl and wheel; + and −", "Zoom"),
    ("Middle drag; Shift and drag; Space and drag", "Pan"),
    ("Double-click", "Fill the stage, or show all views again"),
    ("R", "Fit this slice"),
)
"""What hands do in a slice view, as Help says it; commands have keys besides (3-D Slicer's and OHIF's)."""

_STEPS = {
    Qt.Key.Key_F: 1,
    Qt.Key.Key_B: -1,
    Qt.Key.Key_Up: 1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Down: -1,
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_PageUp: 10,
    Qt.Key.Key_PageDown: -10,
    Qt.Key.Key_End: 1_000_000,
    Qt.Key.Key_Home: -1_000_000,
}
_CURSORS = {
    "": Qt.CursorShape.CrossCursor,
    "move": Qt.CursorShape.SizeAllCursor,
    "turn": Qt.CursorShape.PointingHandCursor,
}
_ZOOMS = {Qt.Key.Key_Plus: 1.15, Qt.Key.Key_Minus: 1 / 1.15}


class SliceHands:
    """The gestures of one slice view.

    Wheel, arrow keys, F and B, Page Up and Down, Home and End scroll. Ctrl and wheel, or a drag with the
    right button, zooms; a drag with the middle button, or with Space or Shift held, pans. A drag with the
    left button sets the window (right: wider, down: higher level), or moves the crosshair where it is taken
    hold of; at a handle at the end of its lines it turns the other planes, with Ctrl in steps of 15°. A
    click, or moving with Shift held, sets the crosshair. Double-click maximizes, R resets.
    """

    def __init__(self, view: SliceView) -> None:
        self._view = view
        self._drag = ""
        self._pressed_at = QPointF()
        self._last_at = QPointF()
        self._space = False
        self._wheel = 0.0
        self._over: QPointF | None = None
        self._turned_from: Planes | None = None
        self._turned_at = 0.0
        self._before: NDArray[np.float64] | None = None
        kind = QEvent.Type
        self._takes: dict[QEvent.Type, Callable[[Any], bool]] = {
            kind.MouseButtonPress: self._press,
            kind.MouseMove: self._move,
            kind.MouseButtonRelease: self._release,
            kind.MouseButtonDblClick: self._double_click,
            kind.Wheel: self._turn_wheel,
            kind.KeyPress: self._press_key,
            kind.KeyRelease: self._release_key,
            kind.Enter: self._enter,
            kind.Leave: self._leave,
            kind.FocusOut: self._lose_focus,
        }

    def take(self, event: QEvent) -> bool:
        """Act on an event of the view; False where Qt is to go on with it."""
        act = self._takes.get(event.type())
        return act is not None and act(event)

    def _scroll(self, steps: int) -> None:
        view = self._view
        if view.sheet is None:
            return
        frame = view.sheet.frame
        depth = frame.depth_at(view.crosshair)
        wanted = min(max(depth + steps, 0.0), frame.counts[2] - 1.0)
        if wanted != depth:
            column, row, _ = frame.place(view.crosshair)
            view.set_crosshair(frame.lps(column, row, wanted))
            view.crosshair_moved.emit(view.crosshair)

    def _zoom(self, factor: float, about: QPointF) -> None:
        if self._view.sheet is not None:
            self._view.sheet.zoom_by(factor, about)
            self._view.update()
            self._view.zoomed.emit(self._view.pixels_per_mm)

    def _cross_to(self, at: QPointF) -> None:
        view, lps = self._view, self._view.lps_at(at)
        if lps is not None and view.sheet is not None:
            frame = view.sheet.frame
            place = np.clip(frame.place(lps), 0, np.array(frame.counts) - 1)
            view.set_crosshair(frame.lps(*place))
            view.crosshair_moved.emit(view.crosshair)

    def hover_again(self) -> None:
        """Tell what lies under a mouse that rests while the image changes."""
        if self._over is not None:
            self._view.hovered.emit(self._view.hover_at(self._over))

    def _hover(self, at: QPointF) -> None:
        if self._over is None:
            self._view.update()  # the handles come
        self._over = at
        if self._view.sheet is not None:
            self._view.hovered.emit(self._view.hover_at(at))

    @property
    def over(self) -> bool:
        """Whether the mouse is over the view, or turns its planes."""
        return self._over is not None or self._drag == "turn"

    def _grip(self, hand: QPointF) -> Literal["", "move", "turn"]:
        """Return what the mouse would take hold of."""
        at = self._view.position_of(self._view.crosshair)
        return "" if at is None else self._view.cross.grip(QRectF(self._view.rect()), at, hand)

    def _begin_turn(self, hand: QPointF) -> None:
        self._turned_from, self._turned_at = self._view.planes, self._bearing(hand)

    def _turn(self, hand: QPointF, in_steps: bool) -> None:
        """Turn the other planes as far as the hand has gone about the crosshair since it was pressed."""
        if self._turned_from is None:
            return
        angle = self._bearing(hand) - self._turned_at
        if in_steps:
            step = np.pi / 12
            angle = round(angle / step) * step
        planes = self._turned_from.turned(self._view.plane, angle)
        self._view.set_planes(planes)
        self._view.planes_turned.emit(planes)

    def _bearing(self, hand: QPointF) -> float:
        """Return the direction of a place from the crosshair, clockwise, radians."""
        at = self._view.position_of(self._view.crosshair)
        away = QPointF() if at is None else hand - at
        return atan2(away.y(), away.x())

    def _press(self, event: QMouseEvent) -> bool:
        """Begin a click or a drag."""
        self._pressed_at = self._last_at = event.position()
        self._before = None
        button = event.button()
        held = self._space or event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and held):
            self._drag = "pan"
        elif button == Qt.MouseButton.RightButton:
            self._drag = "zoom"
        elif button == Qt.MouseButton.LeftButton:
            self._drag = {"": "click", "move": "crosshair", "turn": "turn"}[self._grip(event.position())]
            if self._drag == "turn":
                self._begin_turn(event.position())
        return True

    def _move(self, event: QMouseEvent) -> bool:
        """Follow a drag, or hover."""
        view, at = self._view, event.position()
        by = at - self._last_at
        if self._drag == "click" and (at - self._pressed_at).manhattanLength() >= 4:
            self._drag = "window"
        if view.sheet is None:
            return True
        if self._drag == "pan":
            view.sheet.pan(by)
            view.update()
        elif self._drag == "zoom":
            self._zoom(1.01 ** float(-by.y()), self._pressed_at)
        elif self._drag == "window":
            center, width, inverted = view.window_level
            width, level = width * 1.006 ** float(by.x()), center + float(by.y()) * width / 300
            view.set_window(level, width, inverted)
            view.window_changed.emit(*view.window_level[:2])
        elif self._drag == "turn":
            self._turn(at, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        elif self._drag == "crosshair" or (
            not self._drag and event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        ):
            self._cross_to(at)
        self._last_at = at
        self._hover(at)
        if not self._drag:
            view.setCursor(_CURSORS[self._grip(at)])
        return True

    def _release(self, event: QMouseEvent) -> bool:
        """End a drag; a click sets the crosshair."""
        if self._drag == "click":
            self._before = self._view.crosshair.copy()
            self._cross_to(event.position())
        self._drag = ""
        return True

    def _double_click(self, event: QMouseEvent) -> bool:
        """Ask to be maximized; the crosshair goes back to where its first click took it from."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = ""
            if self._before is not None:
                self._view.set_crosshair(self._before)
                self._view.crosshair_moved.emit(self._view.crosshair)
                self._before = None
            self._view.maximize_asked.emit()
        return True

    def _turn_wheel(self, event: QWheelEvent) -> bool:
        """Scroll, or zoom with Ctrl."""
        turns = event.angleDelta().y() / 120
        if self._view.sheet is None or turns == 0:
            return False
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom(1.15**turns, event.position())
        else:
            self._wheel += turns
            steps = int(self._wheel)
            self._wheel -= steps
            self._scroll(steps)
            self._hover(event.position())
        event.accept()
        return True

    def _press_key(self, event: QKeyEvent) -> bool:
        """Scroll, zoom, reset; other keys are not for the view."""
        view, key = self._view, Qt.Key(event.key())
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return False
        if key in _STEPS:
            self._scroll(_STEPS[key])
            self.hover_again()
        elif key in _ZOOMS:
            self._zoom(_ZOOMS[key], QPointF(view.width() / 2, view.height() / 2))
        elif key == Qt.Key.Key_R:
            view.reset_view()
            view.zoomed.emit(view.pixels_per_mm)
        elif key == Qt.Key.Key_Space:
            self._space = True
        else:
            return False
        return True

    def _release_key(self, event: QKeyEvent) -> bool:
        """Let go of Space."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
        return False

    def _enter(self, event: QEvent) -> bool:
        """Show the cursor that aims."""
        self._view.setCursor(Qt.CursorShape.CrossCursor)
        return False

    def _leave(self, event: QEvent) -> bool:
        """Tell that nothing is hovered."""
        self._over = None
        self._view.update()  # the handles go
        self._view.hovered.emit(None)
        return False

    def _lose_focus(self, event: QEvent) -> bool:
        """Forget held keys."""
        self._space = False
        return False
