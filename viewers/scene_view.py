"""The 3-D view: a plain widget that paints pixels of an off-screen scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from resources.colors import map_for
from twin.domain import Surface, TetMesh, Volume
from twin.domain.placed import Placed
from viewers import paint
from viewers.arrows import ArrowSet
from viewers.paint import Look
from viewers.scene_decor import FieldBar, PlacedText, SceneDecor
from viewers.turntable import Turntable
from viewers.views import Clip, Pick

if TYPE_CHECKING:
    from viewers.scene import Scene

_STALE = "STALE OR PREVIEW"


class SceneView(QWidget):
    """Structures, meshes, fields and loads in 3-D, under keys; showing a key again replaces it.

    Left drag orbits (about the patient's superior axis, with tilt), Shift or the middle button
    pans, wheel and right drag zoom; a click picks; the tip of an arrow that may be turned is
    dragged. Double-click maximizes. Arrow keys orbit, + and − zoom, F fits; A P L R S I, or a click on
    the cube, look from that side of the patient. Distances are true at the depth of the scene's middle.
    """

    picked = Signal(object)
    """``Pick``, or None for a click beside everything."""
    hovered = Signal(object)
    """``Pick`` or None."""
    handle_turned = Signal(str, object)
    """Key of the arrow ("key/name" where the key holds several), new unit direction in LPS."""
    maximize_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 100)
        self.setAccessibleName("3-D view")
        self.camera = Turntable()
        self._decor = SceneDecor()
        self._scene: Scene | None = None
        self._waiting: list[Callable[[Scene], None]] = []
        self._keys: dict[str, bool] = {}
        self._bars: dict[str, FieldBar] = {}
        self._labels: dict[str, list[PlacedText]] = {}
        self._arrows: dict[str, ArrowSet] = {}
        self._stamps: dict[str, str] = {}
        self._reference: set[str] = set()
        self._fitted = False
        self._frame: QImage | None = None
        self._drag = ""
        self._handle: tuple[str, int] | None = None
        self._pressed_at = QPointF()
        self._last_at = QPointF()
        self._settle = QTimer(self, singleShot=True, interval=140)
        self._settle.timeout.connect(self._refine)
        self._look_under = QTimer(self, singleShot=True, interval=40)
        self._look_under.timeout.connect(self._hover)
        self._moving = False

    # What is shown

    def show_surface(self, key: str, surface: Surface, color: str, opacity: float = 1.0) -> None:
        """Show a surface in one color."""

        def put(scene: Scene) -> None:
            from viewers.drawn import DrawnSurface

            scene.put(key, DrawnSurface(surface, color, opacity))

        self._show(key, put, surface)

    def show_mesh(self, key: str, mesh: TetMesh, color: str, edges: bool = False) -> None:
        """Show a mesh's boundary in one color, with or without the elements' edges."""

        def put(scene: Scene) -> None:
            from viewers.drawn import DrawnMesh

            drawn = DrawnMesh(mesh)
            drawn.paint(color, edges=edges)
            scene.put(key, drawn)

        self._show(key, put, mesh)

    def show_field(
        self,
        key: str,
        mesh: TetMesh,
        values: NDArray,
        *,
        where: str,
        title: str,
        unit: str,
        limits: tuple[float, float] | None = None,
        marked: float | None = None,
        displacement: NDArray | None = None,
        deform_scale: float = 0.0,
        hatched: bool | str = False,
        flat: bool = False,
    ) -> None:
        """Show a mesh colored by a field.

        Parameters
        ----------
        values : ndarray, shape (n,)
            At nodes or elements as ``where`` ("node", "element") says; NaN is drawn gray.
        limits : (low, high)
            Ends of the color bar; by default the field's own finite range.
        marked : float
            A value marked in the bar: the yield limit.
        displacement : ndarray, shape (nodes, 3)
            mm; drawn ``deform_scale`` times.
        hatched : bool or str
            The content is stale or a preview (a string says which): the view is hatched.
        flat : bool
            Color each element by its own value instead of averaging element values to nodes.
        """
        values = np.asarray(values, np.float64)
        limits = limits or _range(values)

        def put(scene: Scene) -> None:
            from viewers.drawn import DrawnMesh, FieldValues

            before = scene.things.get(key)
            known = before.shell if isinstance(before, DrawnMesh) and before.mesh is mesh else None
            drawn = DrawnMesh(mesh, known)
            drawn.color_by(FieldValues(values, where, limits, map_for(title), flat))
            if displacement is not None:
                drawn.deform(displacement, deform_scale)
            scene.put(key, drawn)

        remark = "averaged to nodes" if where == "element" and not flat else ""
        if displacement is not None and deform_scale:
            remark = f"{remark}, shape × {deform_scale:g}".lstrip(", ")
        self._show(key, put, mesh)
        self._bars[key] = FieldBar(title, unit, limits, map_for(title), marked, remark=remark)
        if hatched:
            self._stamps[key] = hatched if isinstance(hatched, str) else _STALE
        self._tell_stamp()

    def update_field(
        self,
        key: str,
        values: NDArray,
        limits: tuple[float, float] | None = None,
        *,
        displacement: NDArray | None = None,
        deform_scale: float = 0.0,
    ) -> None:
        """Change the values (and the deformation) of a field in place; ``KeyError`` where none has that key."""
        bar = self._bars[key]
        limits = limits or bar.limits
        self._bars[key] = bar if limits == bar.limits else _with_limits(bar, limits)

        def change(scene: Scene) -> None:
            from viewers.drawn import DrawnMesh

            drawn = scene.things[key]
            assert isinstance(drawn, DrawnMesh)
            drawn.set_values(values, limits)
            if displacement is not None:
                drawn.deform(displacement, deform_scale)

        self._do(change)

    def show_arrows(
        self,
        key: str,
        starts: NDArray,
        vectors: NDArray,
        names: Sequence[str],
        color: str,
        turnable: bool = False,
        *,
        about: str = "start",
    ) -> None:
        """Show arrows from ``starts`` (n, 3) to ``starts + vectors``, LPS mm.

        ``turnable`` arrows can be turned by hand at the end that is not held: ``about`` says which
        is ("start" or "tip": a load pushes on the point that its tip touches).
        """
        arrows = ArrowSet(np.atleast_2d(starts), np.atleast_2d(vectors), tuple(names), color, turnable, about)

        def put(scene: Scene) -> None:
            from viewers.glyphs import DrawnGlyphs, arrow

            scene.put(
                key,
                DrawnGlyphs([arrow(s, v) for s, v in zip(arrows.starts, arrows.vectors, strict=True)], color),
            )

        self._show(key, put)
        self._arrows[key] = arrows
        self._labels[key] = arrows.labels()

    def show_points(
        self,
        key: str,
        points: NDArray,
        names: Sequence[str],
        color: str,
        radius_mm: float = 2.0,
        opacity: float = 1.0,
    ) -> None:
        """Show named balls at ``points`` (n, 3), LPS mm; a fitted sphere is a large one with opacity."""
        points = np.atleast_2d(np.asarray(points, np.float64))

        def put(scene: Scene) -> None:
            from viewers.glyphs import DrawnGlyphs, ball

            scene.put(key, DrawnGlyphs([ball(point, radius_mm) for point in points], color, opacity))

        self._show(key, put)
        self._labels[key] = [PlacedText(p, name, color) for p, name in zip(points, names, strict=True)]

    def show_axes(
        self, key: str, origin: NDArray, axes: NDArray, names: Sequence[str], length_mm: float
    ) -> None:
        """Show a frame: unit axes as rows (3, 3), LPS, from ``origin``."""
        tips = np.asarray(origin) + length_mm * np.asarray(axes)

        def put(scene: Scene) -> None:
            from viewers.glyphs import DrawnGlyphs, arrow

            scene.put(key, DrawnGlyphs([arrow(np.asarray(origin), tip - origin) for tip in tips], "#C9D1D9"))

        self._show(key, put)
        self._labels[key] = [PlacedText(tip, name, "#C9D1D9") for tip, name in zip(tips, names, strict=True)]

    def show_slices(self, volume: Volume | None, lps: NDArray, window: tuple[float, float]) -> None:
        """Show the three slices through ``lps`` in the scene, under the key ``slices``; None takes them away."""
        if volume is None:
            self.remove("slices")
            return

        def put(scene: Scene) -> None:
            from viewers.glyphs import DrawnSlices

            scene.put("slices", DrawnSlices(volume, np.asarray(lps), window))

        self._show("slices", put, volume)

    def set_visible(self, key: str, visible: bool) -> None:
        """Show or hide what a key holds; ``KeyError`` where it holds nothing."""
        if key not in self._keys:
            raise KeyError(f"nothing is shown under “{key}”")
        self._keys[key] = visible
        self._do(lambda scene: scene.things[key].set_visible(visible))
        self._tell_stamp()

    def remove(self, key: str) -> None:
        """Take away what a key holds; an unknown key is no error."""
        if key not in self._keys:
            return
        for held in (self._keys, self._bars, self._labels, self._arrows, self._stamps):
            held.pop(key, None)  # type: ignore[attr-defined]
        self._reference.discard(key)
        self._do(lambda scene: scene.remove(key))
        self._tell_stamp()

    def clear(self) -> None:
        """Take everything away; what is shown next is fitted into the view."""
        for key in self.keys():
            self.remove(key)
        self._fitted = False

    def keys(self) -> list[str]:
        """Return the keys in the order they were first shown."""
        return list(self._keys)

    def set_clip(self, plane: Clip | None) -> None:
        """Cut everything at a plane; meshes show their inside there."""
        self._do(lambda scene: scene.set_clip(plane))

    def view_from(self, letter: str) -> None:
        """Look from A, P, L, R, S or I of the patient, with everything in the picture."""
        self.camera.look_from(letter)
        self.fit()

    def fit(self) -> None:
        """Bring everything that is visible into the picture."""
        self._do(self._fit)

    def set_caption(self, lines: Sequence[str]) -> None:
        """Write whose structures these are into the upper left corner."""
        self._decor.caption = tuple(lines)
        self.update()

    def set_theme(self, look: Look) -> None:
        """Take the window's colors."""
        self._decor.look = look
        self._do(lambda scene: scene.set_ground(look.ground))

    def image(self, scale: float = 1.0) -> QImage:
        """Return the view as a picture at full quality, ``scale`` times the screen's resolution."""
        ratio = self.devicePixelRatioF() * scale
        picture = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        picture.setDevicePixelRatio(ratio)
        painter = QPainter(picture)
        painter.setFont(self.font())
        scene = self._ready()
        frame = None if scene is None else self._render(scene, ratio, smooth=True, occluded=True)
        self._paint(painter, frame)
        painter.end()
        return picture

    # Between the keys and the scene, which is made at the first drawing

    def _do(self, change: Callable[[Scene], None]) -> None:
        if self._scene is None:
            self._waiting.append(change)
        else:
            change(self._scene)
        self._stale()

    def _show(self, key: str, put: Callable[[Scene], None], owner: Placed | None = None) -> None:
        visible = self._keys.get(key, True)
        for held in (self._bars, self._labels, self._arrows, self._stamps):
            held.pop(key, None)  # type: ignore[attr-defined]
        self._keys[key] = visible
        if owner is not None and owner.identity.reference_patient:
            self._reference.add(key)
        self._do(put)
        if not visible:
            self._do(lambda scene: scene.things[key].set_visible(False))
        if not self._fitted:
            self._fitted = True
            self.fit()
        self._tell_stamp()

    def _ready(self) -> Scene | None:
        """Return the scene with all that waited done; None while nothing is shown."""
        if self._scene is None:
            if not self._keys:
                self._waiting.clear()
                return None
            from viewers.scene import Scene

            self._scene = Scene()
            self._scene.set_ground(self._decor.look.ground)
            waiting, self._waiting = self._waiting, []
            for change in waiting:
                change(self._scene)
        return self._scene

    def _fit(self, scene: Scene) -> None:
        box = scene.bounds()
        if box is not None:
            self.camera.fit(*box, self.width() / max(self.height(), 1))

    def _tell_stamp(self) -> None:
        seen = [self._stamps[key] for key in self._stamps if self._keys.get(key)]
        self._decor.stamp = seen[0] if seen else ""
        self._decor.reference_patient = bool(self._reference)
        self.update()

    def _stale(self) -> None:
        self._frame = None
        self.update()

    # Making the picture

    def _render(self, scene: Scene, ratio: float, *, smooth: bool, occluded: bool) -> QImage:
        size = max(2, round(self.width() * ratio)), max(2, round(self.height() * ratio))
        pixels = scene.render(self.camera, size, smooth=smooth, occluded=occluded)
        # The copy owns its memory: ``pixels`` is gone when this returns.
        frame = QImage(pixels.data, *size, size[0] * 4, QImage.Format.Format_RGBX8888).copy()
        frame.setDevicePixelRatio(ratio)
        return frame

    def _refine(self) -> None:
        """Draw in full once the hand rests."""
        scene = self._ready()
        if scene is None or self._drag:
            return
        self._moving = False
        scene.set_coarse(False)
        self._frame = self._render(scene, self.devicePixelRatioF(), smooth=True, occluded=not scene.software)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the scene's last picture, or a quick new one where it has changed."""
        scene = self._ready()
        if scene is not None and self._frame is None:
            scene.set_coarse(self._moving)
            self._frame = self._render(scene, self.devicePixelRatioF(), smooth=False, occluded=False)
            self._settle.start()
        painter = QPainter(self)
        self._paint(painter, self._frame if scene is not None else None)
        paint.border(painter, QRectF(self.rect()), self._decor.look.accent, self.hasFocus())

    def _paint(self, painter: QPainter, frame: QImage | None) -> None:
        box = QRectF(self.rect())
        if frame is None:
            self._decor.paint_empty(painter, box)
            return
        painter.drawImage(box, frame)
        seen = [key for key, visible in self._keys.items() if visible]
        names = [label for key in seen for label in self._labels.get(key, ())]
        self._decor.paint_labels(painter, box, self.camera, names)
        self._decor.paint_bars(painter, box, [self._bars[key] for key in seen if key in self._bars])
        self._decor.paint_texts(painter, box, self.camera)

    # Hands

    def _in_picture(self, at: QPointF) -> tuple[float, float]:
        """Return a widget position from the middle, right and up, in picture heights."""
        height = max(self.height(), 1)
        return (at.x() - self.width() / 2) / height, (self.height() / 2 - at.y()) / height

    def _on_screen(self, lps: NDArray[np.float64]) -> QPointF:
        x, y, _ = self.camera.project(lps)[0]
        return QPointF(self.width() / 2 + x * self.height(), self.height() / 2 - y * self.height())

    def _moved(self) -> None:
        self._moving = True
        self._stale()
        self._settle.start()

    def _handle_at(self, at: QPointF) -> tuple[str, int] | None:
        for key, arrows in self._arrows.items():
            if arrows.turnable and self._keys.get(key):
                for number, end in enumerate(arrows.free_ends()):
                    if (self._on_screen(end) - at).manhattanLength() <= 16:
                        return key, number
        return None

    def _turn_handle(self, at: QPointF) -> None:
        assert self._handle is not None
        key, number = self._handle
        arrows = self._arrows[key].turned(number, *self.camera.ray(*self._in_picture(at)))
        self._arrows[key] = arrows
        self._labels[key] = arrows.labels()

        def reshape(scene: Scene) -> None:
            from viewers.glyphs import DrawnGlyphs, arrow

            drawn = scene.things[key]
            assert isinstance(drawn, DrawnGlyphs)
            drawn.reshape([arrow(s, v) for s, v in zip(arrows.starts, arrows.vectors, strict=True)])

        self._do(reshape)
        name = key if len(arrows.names) == 1 else f"{key}/{arrows.names[number]}"
        self.handle_turned.emit(name, arrows.direction(number))

    def pick_at(self, at: QPointF) -> Pick | None:
        """Return what lies under a widget position; None where there is nothing."""
        scene = self._ready()
        return None if scene is None else scene.pick(self.camera, *self._in_picture(at))

    def _hover(self) -> None:
        if not self._drag and self.underMouse():
            self.hovered.emit(self.pick_at(self._last_at))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        at = event.position()
        self._pressed_at = self._last_at = at
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        button = event.button()
        if button == Qt.MouseButton.LeftButton:
            letter = self._decor.face_at(at)
            if letter:
                self.view_from(letter)
                return
            self._handle = self._handle_at(at)
            self._drag = "turn" if self._handle else "pan" if shift else "click"
        elif button == Qt.MouseButton.MiddleButton:
            self._drag = "pan"
        elif button == Qt.MouseButton.RightButton:
            self._drag = "zoom"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow a drag, or hover."""
        at = event.position()
        by = at - self._last_at
        self._last_at = at
        if self._drag == "click" and (at - self._pressed_at).manhattanLength() >= 4:
            self._drag = "orbit"
            by = at - self._pressed_at
        if self._drag == "turn":
            self._turn_handle(at)
        elif self._drag == "orbit":
            # Half a turn across the view.
            self.camera.orbit(-180 * by.x() / max(self.width(), 1), 180 * by.y() / max(self.height(), 1))
            self._moved()
        elif self._drag == "pan":
            self.camera.pan(by.x(), by.y(), self.height())
            self._moved()
        elif self._drag == "zoom":
            self.camera.zoom(1.01 ** float(-by.y()), self._in_picture(self._pressed_at))
            self._moved()
        elif not self._drag:
            grip = self._handle_at(at) is not None
            self.setCursor(Qt.CursorShape.OpenHandCursor if grip else Qt.CursorShape.ArrowCursor)
            self._look_under.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag; a click picks."""
        drag, self._drag = self._drag, ""
        if drag == "click":
            self.picked.emit(self.pick_at(event.position()))
        elif drag:
            self._settle.start()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask to be maximized."""
        if event.button() == Qt.MouseButton.LeftButton and not self._decor.face_at(event.position()):
            self.maximize_asked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the cursor."""
        self.camera.zoom(1.12 ** (event.angleDelta().y() / 120), self._in_picture(event.position()))
        self._moved()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Orbit, zoom, fit, or look from a side."""
        key = Qt.Key(event.key())
        turns = {
            Qt.Key.Key_Left: (-10, 0),
            Qt.Key.Key_Right: (10, 0),
            Qt.Key.Key_Up: (0, 10),
            Qt.Key.Key_Down: (0, -10),
        }
        zoom = {Qt.Key.Key_Plus: 1.15, Qt.Key.Key_Equal: 1.15, Qt.Key.Key_Minus: 1 / 1.15}.get(key)
        if key in turns:
            self.camera.orbit(*turns[key])
            self._moved()
        elif zoom is not None:
            self.camera.zoom(zoom)
            self._moved()
        elif key == Qt.Key.Key_F:
            self.fit()
        elif event.text().upper() in ("A", "P", "L", "R", "S", "I"):
            self.view_from(event.text().upper())
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that nothing is hovered."""
        self._look_under.stop()
        self.hovered.emit(None)

    def changeEvent(self, event: QEvent) -> None:
        """Draw anew on a screen of another resolution."""
        self._stale()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw anew at the new size."""
        self._stale()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(480, 360)


def _range(values: NDArray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def _with_limits(bar: FieldBar, limits: tuple[float, float]) -> FieldBar:
    from dataclasses import replace

    return replace(bar, limits=limits)
