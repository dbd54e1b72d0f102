"""The tool that pulls the contours of a beating organ, over the slices that they were found in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from desktop.desk import Desk
from desktop.moving import edge_color, phase_at

if TYPE_CHECKING:
    from desktop.cine import Cine
    from desktop.session import Item
    from twin.domain import Motion, Outline
    from viewers.pulling import PullLayer
    from viewers.slice_view import SliceView

STEP = "motion.pull_contour"
HINT = (
    "Drag a dotted contour: the surface goes with it, neighboring phases follow a little. "
    "Ctrl+Z takes it back, Esc puts the tool away."
)


class Pulling(QObject):
    """Offers the contours of the motion that is shown to the hand, and makes steps of its pulls.

    Signals
    -------
    taken
        The tool is in the hand, or no longer.
    """

    taken = Signal()

    def __init__(self, desk: Desk, views: Mapping[str, SliceView], cine: Cine) -> None:
        from viewers.pulling import PullLayer

        super().__init__()
        self._desk, self._cine = desk, cine
        self.on = False
        self.layers: dict[str, PullLayer] = {}
        for name, view in views.items():
            layer = PullLayer(view, self._dragged)
            layer.pulled.connect(self._on_pull)
            layer.put_away.connect(partial(self.take, False))
            self.layers[name] = layer
        session = desk.session
        self._events = (session.opened, session.changed, session.shown, session.arrived)
        for event in self._events:
            event.connect(self._on_event)
        cine.moved.connect(self._on_event)

    def detach(self) -> None:
        """Listen no more."""
        for event in self._events:
            event.disconnect(self._on_event)

    def take(self, on: bool) -> None:
        """Take the tool into the hand, or put it away."""
        self.on = on
        for layer in self.layers.values():
            layer.switch(on)
        self.sync()
        if on:
            self._desk.said.emit("Pull contours", HINT)
        self.taken.emit()

    def let_go(self) -> None:
        """Let go of the contour in the hand, else of the tool."""
        busy = [layer for layer in self.layers.values() if layer.busy]
        for layer in busy:
            layer.cancel()
        if not busy and self.on:
            self.take(False)

    def sync(self) -> None:
        """Offer the contours of the moment that is up."""
        from viewers.marks import Contour
        from viewers.pulling import Line

        lines = []
        shown = self._shown() if self.on else None
        if shown is not None:
            _item, motion = shown
            phase = phase_at(motion.phases, self._cine.share)
            for outline in motion.outlines:
                if outline.phase == phase:
                    points = outline.points.astype(np.float64)
                    lines.append(Line(outline, Contour(points, edge_color(outline.name), outline.closed)))
        elif self.on and why_not_pull(self._desk):
            self.take(False)
            return
        for layer in self.layers.values():
            layer.set_lines(lines)

    def _shown(self) -> tuple[Item, Motion] | None:
        """The motion whose contours are drawn last, hence on top."""
        session = self._desk.session
        for item in reversed(shown_motions(self._desk)):
            motion = session.get(item.id)
            if motion is not None:
                return item, motion
        return None

    def _dragged(self, key: Any, start: Any, end: Any) -> Any:
        from segmentation.heart.by_hand import dragged

        return dragged(key, self._pull(key, start, end))

    def _pull(self, outline: Outline, start: Any, end: Any) -> Any:
        from segmentation.heart.by_hand import Pull
        from segmentation.heart.steps import REACH_MM

        return Pull(outline.name, outline.view, outline.phase, start, end, REACH_MM)

    def _on_pull(self, outline: Outline, start: Any, end: Any) -> None:
        shown = self._shown()
        if shown is None:
            return
        params = {
            "edge": outline.name, "view": outline.view, "phase": outline.phase,
            "from_mm": tuple(float(x) for x in start), "to_mm": tuple(float(x) for x in end),
        }  # fmt: skip
        self._desk.guard(lambda: self._desk.edit(STEP, {"motion": shown[0].id}, params))
        self.sync()

    def _on_event(self, *_: Any) -> None:
        if self.on:
            self.sync()


def shown_motions(desk: Desk) -> list[Item]:
    """Return the motions whose contours are drawn over the slices."""
    session = desk.session
    return [i for i in _with_contours(desk) if session.is_visible(i.key)]


def _with_contours(desk: Desk) -> list[Item]:
    session = desk.session
    entries = [(i, session.entry(i.id)) for i in session.of_kind("motion")]
    return [i for i, entry in entries if entry is not None and entry.tree["outlines"]]


def why_not_pull(desk: Desk) -> str:
    """Return why no contour can be pulled now; empty where one can."""
    if desk.read_only:
        return desk.read_only
    if desk.stage is None or desk.session.volume is None:
        return "Open the cine MR first: contours are pulled over its slices."
    if not _with_contours(desk):
        return "Segment the heart first: there are no contours yet."
    if not shown_motions(desk):
        return "Show the motion first: its eye in the tree is closed."
    return ""


def pull(desk: Desk) -> None:
    """Take the tool into the hand, or put it away."""
    if desk.stage is not None:
        desk.stage.measuring.take("")  # one tool in the hand
        desk.stage.pulling.take(not desk.stage.pulling.on)
