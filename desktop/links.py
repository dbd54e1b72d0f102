"""What moves together in the slice views: crosshair, window, planes and slabs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from twin.domain import ViewState
    from viewers.planes import Planes, Slab
    from viewers.slice_view import SliceView

FIRST_SLAB_MM = 10.0
"""Where a projection is asked for and there is no slab yet."""


class Links(QObject):
    """Hands on to the other views what was done in one.

    Signals
    -------
    moved : place in LPS mm
        The crosshair is there now, or the window is another.
    changed
        Planes were turned or straightened, or there are slabs where there were none: other commands can be
        given.
    """

    moved = Signal(object)
    planes_moved = Signal(object)
    """``Planes``, or None where they lie along the grid again."""
    zoomed = Signal(float)
    """Pixels to a mm in the view that a hand zooms."""
    changed = Signal()

    def __init__(self, views: Mapping[str, SliceView], parent: QObject) -> None:
        super().__init__(parent)
        self._views = views
        self._told: tuple[object, ...] = (False, 0.0, "max")
        self._linked = True
        self._last = next(iter(views.values()))
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus)
        for view in views.values():
            view.crosshair_moved.connect(lambda lps, sender=view: self._on_crosshair(lps, sender))
            view.window_changed.connect(lambda c, w, sender=view: self._on_window(c, w, sender))
            view.planes_turned.connect(lambda planes, sender=view: self._on_planes(planes, sender))
            view.zoomed.connect(self.zoomed)

    @property
    def focused(self) -> SliceView:
        """The view that keys go to, or went to last: a button that is pressed takes the focus away."""
        return next((view for view in self._views.values() if view.hasFocus()), self._last)

    @property
    def linked(self) -> bool:
        """Whether what is done in one view is done in all; else each has its own place, window and slab."""
        return self._linked

    @linked.setter
    def linked(self, linked: bool) -> None:
        self._linked = linked
        first = self.focused
        for view in self._views.values():
            view.cross.linked = linked
            view.update()
            if linked and view is not first:
                view.set_crosshair(first.crosshair)
                view.set_window(*first.window_level)
                view.picture.smooth, view.picture.colors = first.picture.smooth, first.picture.colors
        if linked:
            self._set_slab(first.picture.slab)
        self.changed.emit()

    @property
    def targets(self) -> list[SliceView]:
        """The views that a command is for."""
        return list(self._views.values()) if self._linked else [self.focused]

    def window(self, center: float, width: float, inverted: bool | None = None) -> None:
        """Set the window, in the volume's unit; what is inverted stays so unless it is told."""
        for view in self.targets:
            view.set_window(center, width, view.window_level[2] if inverted is None else inverted)
        self.moved.emit(self.focused.crosshair)

    def invert(self) -> None:
        """Show what was bright dark."""
        center, width, inverted = self.focused.window_level
        self.window(center, width, not inverted)

    def interpolate(self) -> None:
        """Show each voxel as it is, or interpolate between them again."""
        smooth = not self.focused.picture.smooth
        for view in self.targets:
            view.picture.smooth = smooth

    def color(self, name: str) -> None:
        """Show the image in a map of colors."""
        for view in self.targets:
            view.picture.colors = name
        self.changed.emit()

    @property
    def turned(self) -> bool:
        """Whether any plane lies oblique to the grid."""
        return any(view.sheet is not None and not view.sheet.frame.on_grid for view in self._views.values())

    @property
    def slab(self) -> Slab:
        """How thick the view is that keys go to."""
        return self.focused.picture.slab

    def turn(self, degrees: float) -> None:
        """Turn the other planes about the focused view's normal, clockwise as it shows them."""
        view = self.focused
        if view.planes is not None:
            self._turn_to(view.planes.turned(view.plane, math.radians(degrees)))

    def straighten(self) -> None:
        """Lay all planes along the grid again."""
        self._turn_to(None)

    def view(self, plane: str) -> SliceView:
        """Return the view of a plane."""
        return self._views[plane]

    def go(self, lps: Any) -> None:
        """Bring the crosshair of all views to a place in LPS mm."""
        for view in self._views.values():
            view.set_crosshair(lps)
        self.moved.emit(lps)

    def thicker(self, by: int) -> None:
        """Take the next thickness of the list, or the one before."""
        self._set_slab(self.slab.thicker(by))

    def thickness(self, thickness_mm: float) -> None:
        """Set the thickness; 0 shows plain slices."""
        self._set_slab(replace(self.slab, thickness_mm=thickness_mm))

    def project(self, projection: Any) -> None:
        """Choose what a slab shows; one of 10 mm where there is none yet."""
        self._set_slab(
            replace(self.slab, thickness_mm=self.slab.thickness_mm or FIRST_SLAB_MM, projection=projection)
        )

    def restore(self, state: ViewState) -> None:
        """Show in each view what it showed."""
        from viewers.restoring import planes_of, restore

        self.linked = state.linked
        self._turn_to(planes_of(state.turned))
        for name, view in self._views.items():
            volume = view.picture.volume
            if name in state.views and volume is not None:
                restore(view, state.views[name], window=volume.unit == state.unit)
        self._set_slab(self.slab)
        self.moved.emit(self.focused.crosshair)
        self.changed.emit()

    def _set_slab(self, slab: Slab) -> None:
        for view in self.targets:
            view.picture.slab = slab
        if self._linked:
            for view in self._views.values():
                view.cross.slabs_mm = (slab.thickness_mm, slab.thickness_mm)
                view.update()
        self._tell()

    def _turn_to(self, planes: Planes | None) -> None:
        for view in self._views.values():
            view.set_planes(planes)
        self.planes_moved.emit(planes)
        self._tell()

    def _tell(self) -> None:
        """Tell of what commands ask for, and not of each step of a hand."""
        now = (self.turned, self.slab.thickness_mm, self.slab.projection)
        if now != self._told:
            self._told = now
            self.changed.emit()

    def _on_focus(self, _before: object, now: object) -> None:
        self._last = next((view for view in self._views.values() if view is now), self._last)

    def _on_crosshair(self, lps: Any, sender: SliceView) -> None:
        for view in self.targets if self._linked else ():
            if view is not sender:
                view.set_crosshair(lps)
        self.moved.emit(lps)

    def _on_window(self, center: float, width: float, sender: SliceView) -> None:
        for view in self.targets if self._linked else ():
            if view is not sender:
                view.set_window(center, width, sender.window_level[2])
        self.moved.emit(sender.crosshair)

    def _on_planes(self, planes: Planes, sender: SliceView) -> None:
        for view in self._views.values():
            if view is not sender:
                view.set_planes(planes)
        self.planes_moved.emit(planes)
        self._tell()
