"""Measuring by hand in a slice view: drawing, taking hold of handles and labels, typing words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QLineEdit

from twin.domain import Measurement, MeasurementKind, Volume
from twin.errors import UserError
from twin.measuring import measure
from viewers.measure_paint import REACH, Here, Mark, Painter, Placed
from viewers.measure_tools import Points, Tool, drawn, shifted, with_handle
from viewers.slice_view import SliceView

_DRAGGED = 4.0
"""Pixels from which a press is a drag."""
_STROKE = 4.0
"""Pixels between the corners of an outline drawn in one stroke."""


@dataclass(eq=False)
class Hold:
    """What a hand has taken hold of: a mark's handle, its label or the whole."""

    mark: Mark
    what: str
    number: int
    start: Points
    now: Measurement
    moved: bool = False


class MeasureLayer(QObject):
    """The measurements of one slice view. It changes nothing itself: it says what the hand asks for.

    A press on a handle, a label or a line takes hold of it. With a tool, a press sets a place: drag, or click
    from place to place. Enter or a double-click closes an outline, Backspace takes its last corner back.
    Double-click on a mark writes words to it. Delete removes the selected one. Escape ends what is going on,
    then puts the tool away.

    Signals
    -------
    finished : (Tool, points, normal, text)
        Something was drawn.
    changed : (id, parameters)
        Something that was there was moved, or its words.
    picked : id
        A mark was taken hold of.
    removed : id
    put_away
        The tool is not wanted any more.
    """

    finished = Signal(object, object, object, str)
    changed = Signal(str, object)
    picked = Signal(str)
    removed = Signal(str)
    put_away = Signal()

    def __init__(self, view: SliceView) -> None:
        super().__init__(view)
        self._view = view
        self.tool: Tool | None = None
        self.color = "#FFFFFF"
        self.moment = 0
        """The moment that the view shows, counted from 0."""
        self._volume: Volume | None = None
        self._marks: tuple[Mark, ...] = ()
        self._placed: list[Placed] = []
        self._places: list[Points] = []
        self._pressed: QPointF | None = None
        self._stroking = False
        self._at: QPointF | None = None
        self._hold: Hold | None = None
        self._space = False
        self.editor: QLineEdit | None = None
        view.overlays.append(self.paint)
        view.installEventFilter(self)

    # What is shown

    def set_volume(self, volume: Volume | None) -> None:
        """Measure on another image; what was being drawn is let go."""
        if volume is not self._volume:
            self._volume = volume
            self.cancel()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Show these measurements."""
        self._marks = tuple(marks)
        self._view.update()

    def set_tool(self, tool: Tool | None) -> None:
        """Take a tool, or put it away."""
        self.cancel()
        self.tool = tool

    def cancel(self) -> None:
        """Let go of what is being drawn or moved."""
        self._places, self._pressed, self._hold, self._stroking = [], None, None, False
        self._close_editor()
        self._view.update()

    @property
    def busy(self) -> bool:
        """Whether something is being drawn, moved or typed."""
        return bool(self._places) or self._hold is not None or self.editor is not None

    @property
    def placed(self) -> Sequence[Placed]:
        """What the slice shows now, and where."""
        return tuple(self._placed)

    def paint(self, painter: QPainter, box: QRectF) -> None:
        """Paint all marks, and what is being drawn with its numbers so far."""
        touched = self._touched(self._at)
        self._placed = []
        if not self._marks and not self._places:
            return
        here = Here(self._view)
        brush = Painter(painter, box, here)
        hold = self._hold
        shown = [m for m in self._marks if m.made.time in (None, self.moment)]
        fault = ""
        if hold is not None:
            made, fault = self._live(hold.now) if hold.what != "label" else (hold.now, "")
            shown = [m for m in shown if m.id != hold.mark.id]
            shown.append(replace(hold.mark, made=made, selected=True))
        drawn = [brush.draw(mark, grips=mark.id == touched) for mark in shown]
        self._placed = [p for p in drawn if p is not None]
        if self._places and self.tool is not None:
            self._paint_drawing(brush, here)
        # The one in the hand is drawn last, and the first to find room for its words.
        for placed in sorted(self._placed, key=lambda p: not p.mark.selected):
            held = hold is not None and placed.mark.id == hold.mark.id
            whole = placed.mark.selected or placed.mark.id == touched
            brush.write(placed, whole=whole, fault=fault if held else "")

    def _paint_drawing(self, brush: Painter, here: Here) -> None:
        assert self.tool is not None
        points, whole = self._points_so_far(here)
        sketch = Measurement(self.tool.kind, points, here.axes.normal)
        if not whole:
            kind: MeasurementKind = "distance" if len(points) > 1 else "point"
            brush.draw(Mark("", replace(sketch, kind=kind), self.color))
            return
        made, fault = self._live(sketch)
        placed = brush.draw(Mark("", made, self.color), grips=not self._stroking)
        if placed is not None:
            brush.write(placed, whole=True, fault=fault)

    def _points_so_far(self, here: Here) -> tuple[Points, bool]:
        """Return what is drawn, the place under the mouse with it, and whether it can be measured yet."""
        assert self.tool is not None
        places = list(self._places)
        under = self._view.lps_at(self._at) if self._at is not None else None
        if under is not None and not self._stroking and (self._pressed is None or self._is_drag(self._at)):
            places.append(under)
        wanted = self.tool.places or 3
        if self.tool.places:
            places = places[: self.tool.places]
        at = np.array(places)
        return drawn(self.tool, at, here.axes), len(at) >= wanted

    def _live(self, made: Measurement) -> tuple[Measurement, str]:
        """Return it measured as it stands, and what is wrong with it."""
        if self._volume is None:
            return made, ""
        moment = self._moment
        normal = made.normal if made.kind != "ellipsoid" else None
        try:
            done = measure(
                made.kind, self._volume, made.points, normal=normal, text=made.text, time=moment,
                label=made.label,
            )  # fmt: skip
        except UserError as error:
            return made, error.message
        return done, ""

    @property
    def _moment(self) -> int | None:
        several = self._volume is not None and self._volume.voxels.ndim == 4
        return self.moment if several else None

    # Hands

    def eventFilter(self, _view: QObject, event: QEvent) -> bool:
        """Take what is ours of the view's events."""
        takes: dict[QEvent.Type, Callable[[Any], bool]] = {
            QEvent.Type.MouseButtonPress: self._press,
            QEvent.Type.MouseMove: self._move,
            QEvent.Type.MouseButtonRelease: self._release,
            QEvent.Type.MouseButtonDblClick: self._double_click,
            QEvent.Type.KeyPress: self._press_key,
            QEvent.Type.KeyRelease: self._release_key,
            QEvent.Type.Leave: self._leave,
        }
        act = takes.get(event.type())
        return act is not None and self._view.sheet is not None and act(event)

    def hit(self, at: QPointF) -> tuple[Placed, str, int] | None:
        """Return the mark under a place and what of it, handles before labels before lines."""
        hits = [(p, *found) for p in self._placed if p.mark.id and (found := p.hit(at)) is not None]
        order = {"handle": 0, "label": 1, "line": 2}
        return min(hits, key=lambda h: (order[h[1]], not h[0].mark.selected)) if hits else None

    def _press(self, event: QMouseEvent) -> bool:
        if event.button() != Qt.MouseButton.LeftButton or self._space:
            return False
        at = event.position()
        self._commit_words()
        self._at = at
        if not self._places:
            found = self.hit(at)
            if found is not None and (self.tool is None or found[1] != "line"):
                self._take_hold(*found, at)
                return True
        if self.tool is None or self._volume is None:
            return False
        lps = self._view.lps_at(at)
        assert lps is not None
        self._pressed = at
        if self.tool.places == 0 and len(self._places) >= 3 and self._near_first(at):
            self._finish()
        else:
            self._places.append(lps)
        self._view.update()
        return True

    def _take_hold(self, placed: Placed, what: str, number: int, at: QPointF) -> None:
        start = self._view.lps_at(at)
        assert start is not None
        mark = placed.mark
        if what == "label" and mark.made.label is None:
            center = self._view.lps_at(placed.label.center())
            mark = replace(mark, made=replace(mark.made, label=center))
        self._hold = Hold(mark, what, number, start, mark.made)
        self.picked.emit(mark.id)
        self._view.update()

    def _move(self, event: QMouseEvent) -> bool:
        at, before = event.position(), self._at
        self._at = at
        if self._hold is not None:
            self._pull(self._hold, at)
            return True
        held = bool(event.buttons() & Qt.MouseButton.LeftButton)
        if self._places and self._pressed is not None and held:
            if self.tool is not None and self.tool.places == 0 and self._is_drag(at):
                self._stroke(at)
            self._view.update()
            return True
        if self._places or self._touched(before) != self._touched(at):
            self._view.update()
        found = self.hit(at) if not self._places and not event.buttons() else None
        if found is not None and (self.tool is None or found[1] != "line"):
            self._view.setCursor(Qt.CursorShape.PointingHandCursor)
            return not event.modifiers()
        return False

    def _touched(self, at: QPointF | None) -> str:
        found = self.hit(at) if at is not None else None
        return found[0].mark.id if found is not None else ""

    def _pull(self, hold: Hold, at: QPointF) -> None:
        """Move what the hand holds; how far before or behind the slice it lies stays."""
        lps = self._view.lps_at(at)
        assert lps is not None
        made = hold.mark.made
        if hold.what == "handle":
            normal = Here(self._view).axes.normal
            off = float((made.points[hold.number] - lps) @ normal)
            points = with_handle(made, hold.number, lps + off * normal)
            hold.now = replace(made, points=points)
        elif hold.what == "label":
            assert made.label is not None
            hold.now = replace(made, label=made.label + lps - hold.start)
        else:
            hold.now = shifted(made, lps - hold.start)
        hold.moved = hold.moved or bool(np.linalg.norm(lps - hold.start) * self._view.pixels_per_mm > 2)
        self._view.update()

    def _stroke(self, at: QPointF) -> None:
        self._stroking = True
        last = self._view.position_of(self._places[-1])
        lps = self._view.lps_at(at)
        if last is not None and lps is not None and _away(at, last) >= _STROKE:
            self._places.append(lps)

    def _release(self, event: QMouseEvent) -> bool:
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        hold, self._hold = self._hold, None
        if hold is not None:
            self._let_go(hold)
            return True
        if self._pressed is None or self.tool is None:
            return False
        at, was_drag = event.position(), self._is_drag(event.position())
        lps = self._view.lps_at(at)
        assert lps is not None
        self._pressed = None
        if self._stroking:
            self._stroking = False
            if len(self._places) >= 3:
                self._finish()
            return True
        if was_drag and self.tool.places:
            # The press set one end; where it ended is the other. A last place goes where it is let go.
            if len(self._places) < self.tool.places:
                self._places.append(lps)
            else:
                self._places[-1] = lps
        if self.tool.places and len(self._places) >= self.tool.places:
            self._finish()
        self._view.update()
        return True

    def _let_go(self, hold: Hold) -> None:
        self._view.update()
        if not hold.moved:
            return
        now = hold.now
        if hold.what != "label":
            _, fault = self._live(now)
            if fault:
                return
        params: dict[str, Any] = {}
        if hold.what != "label":
            params["points_mm"] = tuple(float(x) for x in now.points.ravel())
        if now.label is not None:
            params["label_mm"] = tuple(float(x) for x in now.label)
        self.changed.emit(hold.mark.id, params)

    def _finish(self) -> None:
        """Hand over what was drawn; what takes words waits for them."""
        tool = self.tool
        assert tool is not None
        here = Here(self._view)
        points = drawn(tool, np.array(self._places), here.axes)
        self._places, self._pressed = [], None
        self._view.update()
        if not tool.writes:
            self.finished.emit(tool, points, here.axes.normal, "")
            return
        at = self._view.position_of(points[-1])
        assert at is not None

        def write(text: str) -> None:
            if text or tool.kind != "text":
                self.finished.emit(tool, points, here.axes.normal, text)

        self._ask_words(at, "", write)

    def _double_click(self, event: QMouseEvent) -> bool:
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        if self.tool is not None and self._places:
            # The first click of it has set a corner already.
            if self.tool.places == 0 and len(self._places) >= 3:
                self._finish()
            return True
        found = self.hit(event.position())
        if found is not None:
            self._hold = None
            mark = found[0].mark
            place = found[0].label.topLeft() if not found[0].label.isNull() else event.position()
            self._ask_words(place, mark.made.text, lambda text: self._say(mark, text))
            return True
        return self.tool is not None

    def _say(self, mark: Mark, text: str) -> None:
        if text != mark.made.text and (text or mark.made.kind != "text"):
            self.changed.emit(mark.id, {"text": text})

    def _press_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        chosen = next((m.id for m in self._marks if m.selected), "")
        if key == Qt.Key.Key_Escape and (self.busy or self.tool is not None):
            if self.busy:
                self.cancel()
            else:
                self.put_away.emit()
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._is_outline and len(self._places) >= 3:
            self._finish()
            return True
        if key == Qt.Key.Key_Backspace and self._places:
            self._places.pop()
            self._view.update()
            return True
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and chosen and not self._places:
            self._hold = None
            self.removed.emit(chosen)
            return True
        self._space = self._space or key == Qt.Key.Key_Space
        return False

    def _release_key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
        return False

    def _leave(self, _event: QEvent) -> bool:
        self._at = None
        self._view.update()
        return False

    @property
    def _is_outline(self) -> bool:
        return self.tool is not None and self.tool.places == 0

    def _is_drag(self, at: QPointF | None) -> bool:
        return self._pressed is not None and at is not None and _away(at, self._pressed) >= _DRAGGED

    def _near_first(self, at: QPointF) -> bool:
        first = self._view.position_of(self._places[0])
        return first is not None and _away(at, first) <= REACH

    # Words

    def _ask_words(self, at: QPointF, before: str, then: Callable[[str], None]) -> None:
        """Let the user type at a place; Enter takes the words, Escape none."""
        self._close_editor()
        editor = QLineEdit(before, self._view)
        editor.setAccessibleName("Words of the mark")
        editor.setPlaceholderText("Type, then Enter")
        editor.setMaxLength(200)
        width = min(240, self._view.width() - 8)
        editor.resize(width, editor.sizeHint().height())
        x = min(max(at.x(), 4), self._view.width() - width - 4)
        y = min(max(at.y(), 4), self._view.height() - editor.height() - 4)
        editor.move(int(x), int(y))
        self._words_go = then
        self.editor = editor
        editor.returnPressed.connect(self._commit_words)
        editor.installEventFilter(_EscapeCloses(self, editor))
        editor.show()
        editor.selectAll()
        editor.setFocus()

    def _commit_words(self) -> None:
        editor, then = self.editor, getattr(self, "_words_go", None)
        if editor is not None and then is not None:
            words = " ".join(editor.text().split())
            self._close_editor()
            then(words)

    def _close_editor(self) -> None:
        editor, self.editor = self.editor, None
        if editor is not None:
            editor.hide()
            editor.deleteLater()
            self._view.setFocus()


class _EscapeCloses(QObject):
    """Escape in the field of words lets them go."""

    def __init__(self, layer: MeasureLayer, editor: QLineEdit) -> None:
        super().__init__(editor)
        self._layer = layer

    def eventFilter(self, _editor: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.KeyPress:
                self._layer.cancel()
            return True
        return False


def _away(a: QPointF, b: QPointF) -> float:
    return float(np.hypot(a.x() - b.x(), a.y() - b.y()))
