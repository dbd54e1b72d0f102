"""The views in the middle: three slices and the scene, linked, two by two; any of them fills the stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop import theme
from desktop.desk import Desk
from desktop.overlay import SliceOverlay
from desktop.readiness import load_drawing, load_numerics
from desktop.scenery import Scenery
from desktop.words import place_text

if TYPE_CHECKING:
    from viewers.orientation import Plane
    from viewers.scene_view import SceneView
    from viewers.slice_view import Hover, SliceView

PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")
_PLACES = {"axial": (0, 0), "3-D": (0, 1), "coronal": (1, 0), "sagittal": (1, 1)}


class Stage(QWidget):
    """The four views of one record. The slices come at once, the scene after the first frame.

    Signals
    -------
    cursor_moved : what the strip says of the place under the cursor
    """

    cursor_moved = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._desk = desk
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.px(0.5))
        self.slices: dict[str, SliceView] = {}
        self.scene: SceneView | None = None
        self.scenery: Scenery | None = None
        self._scene_box: QWidget | None = None
        self._maximized = ""
        self._closed = False
        self._make_slices()
        self.overlay = SliceOverlay(desk, self.slices)
        for index in (0, 1):
            self._grid.setRowStretch(index, 1)
            self._grid.setColumnStretch(index, 1)
        desk.restyled.connect(self.restyle)
        desk.session.selected.connect(self._on_select)
        self.restyle()
        desk.reader.compute(load_drawing, lambda _done: self._make_scene_if_open())
        desk.reader.compute(load_numerics, lambda _done: desk.settled.emit())

    # -- making ----------------------------------------------------------------------------------

    def _make_slices(self) -> None:
        from viewers.slice_view import SliceView

        for plane in PLANES:
            view = SliceView(plane)
            self.slices[plane] = view
            self._grid.addWidget(view, *_PLACES[plane])
            view.hovered.connect(self._on_hover)
            view.crosshair_moved.connect(lambda lps, sender=view: self._on_crosshair(lps, sender))
            view.window_changed.connect(lambda c, w, sender=view: self._on_window(c, w, sender))
            view.maximize_asked.connect(lambda plane=plane: self.maximize(plane))

    def _make_scene_if_open(self) -> None:
        if not self._closed:
            self.make_scene().warm()

    def make_scene(self) -> SceneView:
        """Make the 3-D view where it is not there yet (it takes a moment to load)."""
        if self.scene is None:
            from desktop.scene_box import SceneBox
            from viewers.scene_view import SceneView

            self.scene = SceneView()
            self.scenery = Scenery(self._desk, self.scene)
            box = SceneBox(self._desk, self.scene, self.scenery.bounds)
            self._scene_box = box
            self._grid.addWidget(box, *_PLACES["3-D"])
            self.scene.maximize_asked.connect(lambda: self.maximize("3-D"))
            self.scenery.stamped.connect(box.stamp.show_text)
            self.scenery.view_of(self.slices["axial"])
            box.stamp.show_text(self.scenery.stamp)
            self.restyle()
            self.maximize(self._maximized)
        return self.scene

    def restyle(self) -> None:
        """Take the colors of the theme."""
        self._grid.setSpacing(theme.px(0.5))
        look = theme.viewer_look()
        for view in self.slices.values():
            view.set_theme(look)
        if self.scene is not None:
            self.scene.set_theme(look)

    def close_scene(self) -> None:
        """Let go of the 3-D view's memory before the window goes."""
        self._closed = True
        self._desk.session.selected.disconnect(self._on_select)
        self.overlay.detach()
        if self.scenery is not None:
            self.scenery.detach()
        if self.scene is not None:
            self.scene.close()

    # -- what commands do ------------------------------------------------------------------------

    def maximize(self, which: str) -> None:
        """Let one view fill the stage; the same again, or an empty name, shows all four."""
        self._maximized = "" if which == self._maximized and which else which
        views: dict[str, QWidget | None] = {**self.slices, "3-D": self._scene_box}
        for name, view in views.items():
            if view is not None:
                view.setVisible(not self._maximized or name == self._maximized)
        for index in (0, 1):
            places = [p for n, p in _PLACES.items() if not self._maximized or n == self._maximized]
            self._grid.setRowStretch(index, int(any(p[0] == index for p in places)))
            self._grid.setColumnStretch(index, int(any(p[1] == index for p in places)))

    @property
    def maximized(self) -> str:
        """Name of the view that fills the stage; empty where all four are shown."""
        return self._maximized

    def preset(self, name: str) -> None:
        """Set a named window; an empty name sets the file's own."""
        self.overlay.preset(name)

    def fit(self) -> None:
        """Bring everything into view."""
        for view in self.slices.values():
            view.reset_view()
        self.make_scene().fit()

    def view_from(self, letter: str) -> None:
        """Look at the scene from one side."""
        self.make_scene().view_from(letter)

    def toggle_clip(self) -> None:
        """Cut the scene open, or close it."""
        self.make_scene()
        box: Any = self._scene_box
        box.toggle_clip()

    # -- links -----------------------------------------------------------------------------------

    def _on_crosshair(self, lps: Any, sender: SliceView) -> None:
        for view in self.slices.values():
            if view is not sender:
                view.set_crosshair(lps)
        box: Any = self._scene_box
        if box is not None and self.scenery is not None:
            box.set_crosshair(lps)
            self.scenery.crosshair_moved()

    def _on_select(self, key: str) -> None:
        """Bring the middle of a selected structure, or of what was made from it, under the crosshair."""
        chosen = self._desk.session.item(key)
        named = [i for i in self._desk.session.structures() if chosen and i.structure == chosen.structure]
        if not named:
            return
        item = named[-1]
        for one in self._desk.session.summary(item.id).get("structures") or ():
            if one["name"] == item.part and one.get("center_lps_mm"):
                for view in self.slices.values():
                    view.set_crosshair(one["center_lps_mm"])
                if self.scenery is not None:
                    self.scenery.crosshair_moved()

    def _on_window(self, center: float, width: float, sender: SliceView) -> None:
        inverted = sender.window_level[2]
        for view in self.slices.values():
            if view is not sender:
                view.set_window(center, width, inverted)
        if self.scenery is not None:
            self.scenery.crosshair_moved()

    def _on_hover(self, hover: Hover | None) -> None:
        if hover is None:
            self.cursor_moved.emit("")
            return
        x, y, z = (float(v) for v in hover.lps)
        value = (
            f"{hover.value:.0f} {hover.unit}" if abs(hover.value) >= 10 else f"{hover.value:.3g} {hover.unit}"
        )
        words = [place_text((x, y, z)), value.strip(), hover.structure]
        self.cursor_moved.emit("    ".join(w for w in words if w))
