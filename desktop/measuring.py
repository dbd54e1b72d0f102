"""Keeps the measurements on the slices in step with the record, and makes steps of what hands draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from desktop.colors import color_of
from desktop.desk import Desk
from resources.colors import MEASURE_COLOR

if TYPE_CHECKING:
    from desktop.cine import Cine
    from desktop.session import Item
    from twin.domain import Measurement
    from viewers.measure_tools import Tool
    from viewers.measuring import MeasureLayer
    from viewers.slice_view import SliceView


class Measuring(QObject):
    """The measuring tools of the slice views.

    Signals
    -------
    taken
        Another tool is in the hand, or none.
    """

    taken = Signal()

    def __init__(self, desk: Desk, views: Mapping[str, SliceView], cine: Cine) -> None:
        from viewers.measuring import MeasureLayer

        super().__init__()
        self._desk, self._views, self._cine = desk, views, cine
        self.tool = ""
        self._made: dict[str, Measurement] = {}
        self._picking = False
        self.layers: dict[str, MeasureLayer] = {}
        for name, view in views.items():
            layer = MeasureLayer(view)
            layer.color = MEASURE_COLOR
            layer.finished.connect(self._on_finish)
            layer.changed.connect(self._on_change)
            layer.picked.connect(self._on_pick)
            layer.removed.connect(self._on_remove)
            layer.put_away.connect(lambda: self.take(""))
            self.layers[name] = layer
        session = desk.session
        self._events = (session.opened, session.changed, session.shown, session.arrived)
        for event in self._events:
            event.connect(self._on_event)
        session.selected.connect(self._on_select)
        cine.moved.connect(self._on_moment)
        self.sync()

    def detach(self) -> None:
        """Listen no more."""
        for event in self._events:
            event.disconnect(self._on_event)
        self._desk.session.selected.disconnect(self._on_select)

    def take(self, tool: str) -> None:
        """Take a tool into the hand; the same again, or an empty name, puts it away."""
        from viewers.measure_tools import TOOLS

        self.tool = "" if tool == self.tool else tool
        for layer in self.layers.values():
            layer.set_tool(TOOLS.get(self.tool))
        self.taken.emit()

    def let_go(self) -> None:
        """Let go of what is being drawn, else of the tool in the hand."""
        busy = [layer for layer in self.layers.values() if layer.busy]
        for layer in busy:
            layer.cancel()
        if not busy and self.tool:
            self.take("")

    @property
    def hint(self) -> str:
        """How the tool in the hand is used; empty where there is none."""
        from viewers.measure_tools import TOOLS

        return f"{TOOLS[self.tool].hint} Esc puts the tool away." if self.tool else ""

    def items(self) -> list[Item]:
        """Return the measurements that were made on the image shown, or of a structure."""
        volume = self._desk.session.volume
        of = ("", volume.id if volume else "")
        return [i for i in self._desk.session.of_kind("measurement") if self._image_of(i) in of]

    def measurement(self, item: Item) -> Measurement | None:
        """Return the measurement itself."""
        session = self._desk.session
        entry = session.entry(item.id)
        if entry is None or session.record is None:
            return None
        if entry.digest not in self._made:
            self._made[entry.digest] = session.record.load(entry.id)  # type: ignore[assignment]
        return self._made[entry.digest]

    def sync(self) -> None:
        """Show what the session holds now."""
        from viewers.measure_paint import Mark

        session = self._desk.session
        item = session.volume
        volume = session.get(item.id) if item is not None else None
        marks = []
        for one in self.items():
            made = self.measurement(one)
            if made is not None and session.is_visible(one.key):
                marks.append(Mark(one.id, made, color_of(one), one.key == session.selection, bool(one.stale)))
        for layer in self.layers.values():
            layer.moment = self._cine.index
            layer.set_volume(volume)
            layer.set_marks(marks)
        if volume is None and self.tool:
            self.take("")

    def go_to(self, item: Item) -> None:
        """Bring a measurement under the crosshair, at its moment."""
        made = self.measurement(item)
        if made is None:
            return
        middle = made.points.mean(axis=0)
        for view in self._views.values():
            view.set_crosshair(middle)
        first = next(iter(self._views.values()))
        first.crosshair_moved.emit(np.asarray(middle))
        if made.time is not None:
            self._cine.show(made.time)

    def _image_of(self, item: Item) -> str:
        made = self._desk.session.maker(item.id)
        image = made.inputs.get("volume") if made is not None and made.step != "measure.structure" else None
        return str(image["id"]) if image else ""

    # -- what hands did --------------------------------------------------------------------------

    def _on_finish(self, tool: Tool, points: Any, normal: Any, text: str) -> None:
        from twin.measuring.steps import STEPS

        volume = self._desk.session.volume
        if volume is None:
            return
        params: dict[str, Any] = {"points_mm": tuple(float(x) for x in points.ravel()), "text": text}
        if tool.kind != "ellipsoid":
            params["normal"] = tuple(float(x) for x in normal)
        entry = self._desk.session.entry(volume.id)
        if entry is not None and len(entry.tree["voxels"]["shape"]) == 4:
            params["time"] = self._cine.index
        self._desk.guard(lambda: self._draw(STEPS[tool.kind], volume.id, params))

    def _draw(self, step: str, volume: str, params: dict[str, Any]) -> None:
        self._desk.edit(step, {"volume": volume}, params)
        self._pick(self._desk.session.entries[-1].id)

    def _on_change(self, id: str, params: dict[str, Any]) -> None:
        self._desk.guard(lambda: self._desk.redraw(id, **params))
        self.sync()

    def _on_pick(self, id: str) -> None:
        self._pick(id)

    def _pick(self, id: str) -> None:
        self._picking = True
        self._desk.session.select(id)
        self._picking = False
        self.sync()

    def _on_remove(self, id: str) -> None:
        self._desk.guard(lambda: self._desk.edit_entity("record.delete", id))

    def _on_event(self, *_: Any) -> None:
        self.sync()

    def _on_moment(self, index: int) -> None:
        for layer in self.layers.values():
            layer.moment = index

    def _on_select(self, key: str) -> None:
        """Go to what was selected elsewhere; what a hand took hold of is here already."""
        item = self._desk.session.item(key)
        if item is not None and item.kind == "measurement" and not self._picking:
            self.go_to(item)
        self.sync()
