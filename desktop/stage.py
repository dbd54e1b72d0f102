"""The views in the middle: three slices and the scene, linked; two by two, or the scene large beside them.

Any of them fills the stage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QGridLayout, QVBoxLayout, QWidget

from desktop import theme
from desktop.beating import measured_share
from desktop.cine import Cine
from desktop.comparing import Comparing
from desktop.desk import Desk
from desktop.fusing import Fusing
from desktop.going import Going
from desktop.hanging import Hanging
from desktop.heart_plots import CURVES, HeartPlots
from desktop.links import Links
from desktop.marking import Marking
from desktop.measuring import Measuring
from desktop.overlay import SliceOverlay
from desktop.presenting import Presenting
from desktop.pulling import Pulling
from desktop.readiness import load_drawing, load_numerics
from desktop.scenery import Scenery
from desktop.time_bar import TimeBar
from viewers.orientation import lps_text

if TYPE_CHECKING:
    from resources.presets import Preset
    from viewers.orientation import Plane
    from viewers.scene_view import SceneView
    from viewers.slice_view import Hover, SliceView

PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")


def _beside(large: str) -> dict[str, tuple[int, int, int, int]]:
    """Return places of one view large and the three others below each other beside it."""
    others = [name for name in (*PLANES, "3-D") if name != large]
    return {large: (0, 0, 3, 1)} | {name: (row, 1, 1, 1) for row, name in enumerate(others)}


# Row, column, rows and columns taken of each view; and how wide the columns are.
_PLACES = {
    "four": {"axial": (0, 0, 1, 1), "3-D": (0, 1, 1, 1), "coronal": (1, 0, 1, 1), "sagittal": (1, 1, 1, 1)},
    "scene": _beside("3-D"),
} | {plane: _beside(plane) for plane in PLANES}

BEATING = "heart"
"""The arrangement of a beating heart: the 3-D view large, its curves beside it."""
_BEATING = {"3-D": (0, 0, len(CURVES), 1)} | {name: (row, 1, 1, 1) for row, name in enumerate(CURVES)}


class Stage(QWidget):
    """The four views of one record. The slices come at once, the scene after the first frame.

    Signals
    -------
    cursor_moved : what the strip says of the place under the cursor
    """

    cursor_moved = Signal(str)
    _curves_off = False

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._desk = desk
        self._grid = QGridLayout()
        self._grid.setSpacing(theme.px(0.5))
        self.slices: dict[str, SliceView] = {}
        self.scene: SceneView | None = None
        self.scenery: Scenery | None = None
        self._scene_box: QWidget | None = None
        self._maximized = ""
        self.hung = ""
        self._placed: tuple[object, ...] = ()
        self._closed = False
        self.curves: HeartPlots | None = None
        self._make_slices()
        self.links = Links(self.slices, self)
        self.links.moved.connect(self._on_links)
        self.links.changed.connect(desk.refreshed)
        self.links.planes_moved.connect(self._on_planes)
        self.cine = Cine(self)
        self.time_bar = TimeBar(desk, self.cine)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._grid, 1)
        column.addWidget(self.time_bar)
        self.cine.moved.connect(self._on_moment)
        self.cine.changed.connect(desk.refreshed)
        self.presenting = Presenting(desk, self)
        self.overlay = SliceOverlay(desk, self.slices, self.cine, self.presenting)
        self.fusing = Fusing(desk, self.slices, self)
        self.fusing.changed.connect(desk.refreshed)
        self.comparing = Comparing(desk, self.links, self)
        self.comparing.changed.connect(self._on_compare)
        self.comparing.hovered.connect(self._on_hover)
        self._make_tools()
        self.hanging = Hanging(desk, self)
        self.overlay.sync()
        self._place()
        desk.restyled.connect(self.restyle)
        desk.session.moved.connect(self._on_move)
        desk.session.changed.connect(self._on_move)
        desk.session.shown.connect(self._on_move)
        desk.beating.moved.connect(self._on_beat)
        self.restyle()
        desk.reader.compute(load_drawing, lambda _done: self._make_scene_if_open())
        desk.reader.compute(load_numerics, lambda _done: desk.settled.emit())

    # -- making ----------------------------------------------------------------------------------

    def _make_slices(self) -> None:
        from viewers.slice_view import SliceView

        for plane in PLANES:
            view = SliceView(plane)
            self.slices[plane] = view
            view.hovered.connect(self._on_hover)
            view.maximize_asked.connect(lambda plane=plane: self.maximize(plane))

    def _make_tools(self) -> None:
        self.measuring = Measuring(self._desk, self.slices, self.cine)
        self.pulling = Pulling(self._desk, self.slices, self.cine)
        self.going = Going(self._desk, self._go_to)
        self.marking = Marking(self._desk, self)

    def _make_scene_if_open(self) -> None:
        if not self._closed:
            self.make_scene().warm()

    def make_scene(self) -> SceneView:
        """Make the 3-D view where it is not there yet (it takes a moment to load)."""
        if self.scene is None:
            from desktop.scene_box import SceneBox
            from viewers.scene_view import SceneView

            self.scene = SceneView()
            self.scenery = Scenery(self._desk, self.scene, self.cine)
            box = SceneBox(self._desk, self.scene, self.scenery)
            self._scene_box = box
            self.scene.maximize_asked.connect(lambda: self.maximize("3-D"))
            self.scenery.view_of(self.slices["axial"])
            self.restyle()
            self._place()
            theme.tab_through(*self.slices.values(), self.scene, box.tools, self.time_bar)
        return self.scene

    def restyle(self) -> None:
        """Take the colors of the theme."""
        self._grid.setSpacing(theme.px(0.5))
        look = theme.viewer_look()
        for view in self.slices.values():
            view.decor.take_theme(look)
        if self.scene is not None:
            self.scene.set_theme(look)
        self.time_bar.restyle()
        if self.curves is not None:
            self.curves.restyle()

    def close_scene(self) -> None:
        """Let go of the 3-D view's memory before the window goes."""
        self._closed = True
        self.presenting.detach()
        self.cine.stop()
        self.going.detach()
        self._desk.session.moved.disconnect(self._on_move)
        self._desk.session.changed.disconnect(self._on_move)
        self._desk.session.shown.disconnect(self._on_move)
        self.overlay.detach()
        self.fusing.detach()
        self.comparing.detach()
        self.hanging.detach()
        self.measuring.detach()
        self.pulling.detach()
        self.marking.detach()
        if self.scenery is not None:
            self.scenery.detach()
        if self.scene is not None:
            self.scene.close()

    # -- what commands do ------------------------------------------------------------------------

    def maximize(self, which: str) -> None:
        """Let one view fill the stage; the same again, or an empty name, shows all four."""
        self._maximized = "" if which == self._maximized and which else which
        self._place()

    def arrange(self, name: str) -> None:
        """Show all views alike (``four``), the scene, a plane, or a beating heart large; and keep to that."""
        self._curves_off = name != BEATING
        if name != BEATING:
            self._desk.settings.layout["views"] = name
            self._desk.settings.save()
        self.hung = self._maximized = ""
        self.comparing.choose("")
        self._place()

    def hang(self, arrangement: str, alone: str = "") -> None:
        """Show the image at hand in an arrangement of its own (empty: the usual one), or one view alone."""
        self.hung, self._maximized = arrangement, alone
        self._place()

    @property
    def arrangement(self) -> str:
        """Return that of the image's hanging, else the user's own choice, else what there is to look at.

        That is two by two until there is a mesh to look at in 3-D.
        """
        session = self._desk.session
        if self._desk.beating.here and not self._curves_off:
            return BEATING
        if session.workspace == "images" and self.hung in _PLACES:
            return self.hung
        chosen = self._desk.settings.layout.get("views", "")
        if chosen in _PLACES:
            return chosen
        return "scene" if session.workspace != "images" and session.of_kind("mesh") else "four"

    @property
    def layout_state(self) -> tuple[str, str]:
        """The arrangement that was chosen and the view that fills the stage, each empty for none."""
        return self.hung or self._desk.settings.layout.get("views", ""), self._maximized

    def restore_layout(self, name: str, only: str) -> None:
        """Arrange the views as they were for an image; what the user chooses for new ones stays."""
        self.hang(name if name in _PLACES else "", only if only in (*PLANES, "3-D") else "")

    def _place(self) -> None:
        """Put each view where it belongs now."""
        name, alone, beside = self.arrangement, self._maximized, self.comparing.view
        layout = _BEATING if name == BEATING else _PLACES[name]
        if name == BEATING and self.curves is None:
            self.curves = HeartPlots(self._desk)
        self.time_bar.set_wanted(name != BEATING)
        if beside is not None:
            name, layout = "compare", {self.comparing.plane: (0, 0, 1, 1), "beside": (0, 1, 1, 1)}
        places = {n: p for n, p in layout.items() if not alone or n == alone}
        views: dict[str, QWidget | None] = {**self.slices, "3-D": self._scene_box, "beside": beside}
        views |= self.curves.plots if self.curves is not None else dict[str, QWidget | None]()
        placed = (name, alone, self._scene_box is not None, beside, self.curves)
        if placed == self._placed:
            return
        self._placed = placed
        for which, view in views.items():
            if view is not None:
                self._grid.removeWidget(view)
                self._grid.addWidget(view, *layout.get(which, (0, 0, 1, 1)))
                view.setVisible(which in places)
        if name == BEATING and self.scene is not None:
            QTimer.singleShot(0, self.scene, self.scene.fit)  # once it has its size
        for row in range(len(CURVES)):
            used = any(p[0] <= row < p[0] + p[2] for p in places.values())
            self._grid.setRowStretch(row, int(used))
        for column, width in enumerate((1, 1) if name in ("four", "compare") else (2, 1)):
            self._grid.setColumnStretch(column, width * any(p[1] == column for p in places.values()))

    def _on_compare(self) -> None:
        self._maximized = ""
        self._place()
        self._desk.refreshed.emit()

    @property
    def maximized(self) -> str:
        """Name of the view that fills the stage; empty where all four are shown."""
        return self._maximized

    def preset(self, preset: Preset | None) -> None:
        """Set a window by name; None sets the file's own."""
        from resources.presets import WindowPreset
        from viewers.sampling import first_window, share_window

        item = self._desk.session.volume
        if item is None:
            return
        volume = self._desk.session.load(item.id)
        if preset is None:
            self.links.window(*first_window(volume))
        elif isinstance(preset, WindowPreset):
            self.links.window(preset.center, preset.width)
        else:
            self.links.window(*share_window(volume, preset.low, preset.high))

    @property
    def focused(self) -> str:
        """Name of the view that keys go to."""
        box = self._scene_box
        at = QApplication.focusWidget()
        if box is not None and at is not None and (at is box or box.isAncestorOf(at)):
            return "3-D"
        return self.links.focused.plane

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

    def toggle_slices(self) -> None:
        """Show the image's slices among the shapes of the scene, or not."""
        self.make_scene()
        assert self.scenery is not None
        self.scenery.toggle_slices()

    def toggle_fibers(self) -> None:
        """Show fibers in place of the walls in 3-D, or the walls again."""
        self.make_scene()
        assert self.scenery is not None
        self.scenery.toggle_fibers()

    def toggle_volume(self) -> None:
        """Look through the image in 3-D, or not."""
        self.make_scene()
        assert self.scenery is not None
        self.scenery.rendering.toggle()

    def render_volume(self, preset: str) -> None:
        """Look through the image in 3-D by a preset."""
        from resources.renderings import RENDERINGS

        self.make_scene()
        assert self.scenery is not None
        self.scenery.rendering.choose(next(one for one in RENDERINGS if one.id == preset))

    def _on_move(self, *_what: object) -> None:
        self._place()
        self.overlay.moment_moved()

    def _on_beat(self) -> None:
        """Let the cine and the wall's cut beat with the heart, where slices are seen beside it."""
        if self.arrangement == BEATING or not self._desk.beating.here:
            return
        share = measured_share(self._desk.beating)
        if share is not None:
            self.cine.go_with(share)
        self.overlay.moment_moved()

    # -- links -----------------------------------------------------------------------------------

    def _on_links(self, lps: Any) -> None:
        box: Any = self._scene_box
        if box is not None and self.scenery is not None:
            box.set_crosshair(lps)
            self.scenery.crosshair_moved()

    def _on_planes(self, _planes: Any) -> None:
        if self.scenery is not None:
            self.scenery.crosshair_moved()

    def _on_moment(self, index: int) -> None:
        for view in self.slices.values():
            view.set_time(index)
        self.overlay.moment_moved()
        if self.scenery is not None:
            self.scenery.moment_moved()

    def _go_to(self, lps: Any) -> None:
        for view in self.slices.values():
            view.set_crosshair(lps)
        self._on_links(lps)

    def _on_hover(self, hover: Hover | None) -> None:
        if hover is None:
            self.cursor_moved.emit("")
            return
        values = [(hover.value, hover.unit), *([hover.over] if hover.over else [])]
        told = [(f"{v:.0f} {unit}" if abs(v) >= 10 else f"{v:.3g} {unit}").strip() for v, unit in values]
        words = [lps_text(hover.lps), *told, hover.structure]
        self.cursor_moved.emit("    ".join(w for w in words if w))
