"""The widget behind the 3-D view: it keeps the scene, paints its pixels and follows the hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from resources.colors import IMAGE_GROUND
from viewers import paint
from viewers.arrows import ArrowSet
from viewers.paint import Look
from viewers.scene_decor import FieldBar, PlacedText, SceneDecor
from viewers.turntable import Turntable
from viewers.views import Pick

if TYPE_CHECKING:
    from viewers.scene import Scene

_QUICK_S = 0.025
_PATIENT_S = 0.030
"""How long a picture may take while a hand moves, and once it rests."""
_HEAVY_S = 0.060
"""The same while a hand moves a scene in which an image is looked through."""
_PICTURE_PIXELS = 2_000_000
"""Up to here a picture to take away is drawn at its finest without a graphics card too."""


@dataclass
class Shown:
    """What the view knows of one key, besides the thing in the scene."""

    visible: bool = True
    bar: FieldBar | None = None
    labels: list[PlacedText] = field(default_factory=list)
    arrows: ArrowSet | None = None
    reference_patient: bool = False
    on_black: bool = False
    """Read on black whatever the theme, as slices are."""


class SceneCanvas(QWidget):
    """An empty 3-D view with its hands; ``viewers.scene_view.SceneView`` fills it.

    The scene, and with it VTK, comes into being at the first drawing of something.
    """

    picked = Signal(object)
    """``Pick``, or None for a click beside everything."""
    hovered = Signal(object)
    """``Pick`` or None."""
    handle_turned = Signal(str, object)
    """Key of the arrow ("key/name" where the key holds several), new unit direction in LPS."""
    maximize_asked = Signal()
    refilled = Signal()
    """Something was shown, replaced or taken away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # What changes the scene takes one turn of the event loop, the picture of it another.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.update)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 100)
        self.setAccessibleName("3-D view")
        self.camera = Turntable()
        self._decor = SceneDecor()
        self._theme = self._decor.look
        self._shown: dict[str, Shown] = {}
        self._names: dict[str, str] = {}
        self._scene: Scene | None = None
        self._waiting: list[Callable[[Scene], None]] = []
        self._touched = False
        self._frame: QImage | None = None
        self._moving = False
        self._shares = {False: 1.0, True: 0.5}
        self._part: NDArray[np.uint8] = np.empty((0, 0, 4), np.uint8)
        self._drag = ""
        self._handle: tuple[str, int] | None = None
        self._pressed_at = QPointF()
        self._last_at = QPointF()
        self._settle = QTimer(self, singleShot=True, interval=140)
        self._settle.timeout.connect(self._refine)
        self._finer = 1.0
        self._smooth = QTimer(self, singleShot=True, interval=10)
        self._smooth.timeout.connect(self._draw_finely)
        self._parts: Iterator[NDArray[np.uint8]] | None = None
        self._next_part = QTimer(self, singleShot=True, interval=0)
        self._next_part.timeout.connect(self._draw_part)
        self._look_under = QTimer(self, singleShot=True, interval=40)
        self._look_under.timeout.connect(self._hover)

    def view_from(self, letter: str) -> None:
        """Look from A, P, L, R, S or I of the patient, with everything in the picture."""
        self.camera.look_from(letter)
        self.fit()

    def fit(self) -> None:
        """Bring everything that is visible into the picture."""
        self._do(self._fit)

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Return the lowest and the highest corner of what is visible, (3,) each, LPS mm, or None."""
        scene = self._ready()
        return scene.bounds() if scene is not None else None

    def image(self, scale: float = 1.0) -> QImage:
        """Return the view as a picture at full quality, ``scale`` times the screen's resolution."""
        ratio = self.devicePixelRatioF() * scale
        picture = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        picture.setDevicePixelRatio(ratio)
        painter = QPainter(picture)
        painter.setFont(self.font())
        scene = self._ready()
        if scene is not None:
            scene.set_coarse(False)
        frame = None
        if scene is not None:
            # Without a graphics card ambient occlusion and fine edges of a large picture take many seconds.
            area = self.width() * self.height() * ratio**2
            most = 1.0 if scene.heavy else 2.0
            finer = float(np.clip((_PICTURE_PIXELS / area) ** 0.5, 1.0, most)) if scene.software else most
            frame = self._render(scene, finer * ratio, not scene.software or area <= _PICTURE_PIXELS)
        self._paint(painter, frame)
        painter.end()
        self._frame = None
        return picture

    def pick_at(self, at: QPointF) -> Pick | None:
        """Return what lies under a widget position; None where there is nothing."""
        scene = self._ready()
        return None if scene is None else scene.pick(self.camera, *self._in_picture(at))

    def warm(self) -> None:
        """Draw one small body unseen, so that the first real one need not wait for the graphics driver."""
        if self._scene is None:
            self._scene = self._new_scene()
            self._scene.warm((max(self.width(), 2), max(self.height(), 2)))
            self._stale()

    # The scene

    def _do(self, change: Callable[[Scene], None]) -> None:
        """Change the scene, now or as soon as there is one, and draw it anew."""
        if self._scene is None:
            self._waiting.append(change)
        else:
            change(self._scene)
        self._stale()

    def _ready(self) -> Scene | None:
        """Return the scene with all that waited done; None while nothing is shown."""
        if not self._shown:
            self._waiting.clear()
            return None
        if self._scene is None:
            self._scene = self._new_scene()
        return self._scene

    def _new_scene(self) -> Scene:
        from viewers.scene import Scene

        scene = Scene()
        scene.set_ground(self._decor.look.ground)
        waiting, self._waiting = self._waiting, []
        for change in waiting:
            change(scene)
        return scene

    def _dress(self) -> None:
        """Take the theme's colors, or those of an image on black where one is shown so."""
        black = any(shown.on_black and shown.visible for shown in self._shown.values())
        look = Look(ground=IMAGE_GROUND) if black else self._theme
        if look != self._decor.look:
            self._decor.look = look
            self._do(lambda scene: scene.set_ground(look.ground))

    def _fit(self, scene: Scene) -> None:
        box = scene.bounds()
        if box is not None:
            # Beside the color bars and below the caption, not behind them.
            bars = self._bars()
            metrics, height = QFontMetricsF(self.font()), max(self.height(), 1)
            taken = min(self._decor.width_of_bars(metrics, bars), 0.4 * self.width())
            lines = len(self._decor.caption) + any(bar.hatched for bar in bars)
            covered = min(metrics.lineSpacing() * lines, 0.3 * height)
            self.camera.fit(*box, (self.width() - taken) / (height - covered))
            self.camera.zoom(1.0 - covered / height)
            self.camera.pan(-taken / 2, covered / 2, height)

    def set_names(self, names: Mapping[str, str]) -> None:
        """Say by key what is called how: of several color bars each tells what it is of."""
        self._names = dict(names)
        self._paint_soon()

    def _bars(self) -> list[FieldBar]:
        """Return the color bars of what is seen; where there are several, each says what it is of."""
        bars = {key: shown.bar for key, shown in self._shown.items() if shown.visible and shown.bar}
        if len(bars) == 1:
            return [*bars.values()]
        return [replace(bar, of=self._names.get(key, "")) for key, bar in bars.items()]

    def _stale(self) -> None:
        self._frame = None
        self._parts = None
        self._paint_soon()

    def _paint_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    # Making the picture

    def _render(self, scene: Scene, ratio: float, occluded: bool = False) -> QImage:
        """Draw the scene at ``ratio`` device pixels to a pixel of the widget."""
        return _picture(scene.render(self.camera, self._size(ratio), occluded=occluded, fineness=ratio))

    def _size(self, ratio: float) -> tuple[int, int]:
        return max(2, round(self.width() * ratio)), max(2, round(self.height() * ratio))

    def _draw_quickly(self, scene: Scene) -> None:
        """Draw while something changes: light copies, and fewer pixels where these take too long."""
        heavy = scene.heavy
        scene.set_coarse(self._moving or heavy)
        fewer = heavy or self._settle.isActive()
        patience, least = (_HEAVY_S, 0.3) if heavy else (_QUICK_S, 0.4)
        began = perf_counter()
        self._frame = self._render(scene, self.devicePixelRatioF() * (self._shares[heavy] if fewer else 1.0))
        took = perf_counter() - began
        if took > patience:
            self._shares[heavy] = max(self._shares[heavy] * 0.75, least)
        elif took < 0.4 * patience:
            self._shares[heavy] = min(self._shares[heavy] * 1.2, 1.0)
        self._settle.start()

    def _refine(self) -> None:
        """Draw in full once the hand rests: whole meshes, then smooth edges where there is time for them."""
        scene = self._ready()
        if scene is None or self._drag or not self.isVisible():
            return
        self._moving = False
        scene.set_coarse(False)
        ratio = self.devicePixelRatioF()
        if scene.heavy:
            # In parts, each in a turn of its own; till the last is done the quick picture stays.
            self._parts = scene.parts(self.camera, self._size(ratio), fineness=ratio)
            self._next_part.start()
            return
        self._shares[False] = 1.0
        began = perf_counter()
        self._frame = self._render(scene, ratio)
        took = max(perf_counter() - began, 1e-4)
        # Smooth by drawing finer, in a turn of its own: the time goes with the number of pixels.
        self._finer = min(2.0, (_PATIENT_S / took) ** 0.5)
        self._paint_soon()
        if self._finer >= 1.3:
            self._smooth.start()

    def _draw_part(self) -> None:
        """Draw the next part of a full picture, and show it once it is whole."""
        if self._parts is None or self._drag:
            return
        picture = next(self._parts, None)
        if picture is not None:
            self._part = picture
            self._next_part.start()
            return
        self._parts = None
        self._frame = _picture(self._part)
        self._paint_soon()

    def _draw_finely(self) -> None:
        """Draw with smooth edges, where nothing has changed since."""
        scene = self._ready()
        if scene is None or self._frame is None or self._settle.isActive() or self._drag:
            return
        self._frame = self._render(scene, self.devicePixelRatioF() * self._finer, not scene.software)
        self._paint_soon()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the scene's last picture, or a quick new one where it has changed."""
        scene = self._ready()
        if scene is not None and self._frame is None:
            self._draw_quickly(scene)
        painter = QPainter(self)
        self._paint(painter, self._frame if scene is not None else None)
        paint.border(painter, QRectF(self.rect()), self._decor.look.accent, self.hasFocus())

    def _paint(self, painter: QPainter, frame: QImage | None) -> None:
        box = QRectF(self.rect())
        if frame is None:
            self._decor.paint_empty(painter, box)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(box, frame)
        seen = [shown for shown in self._shown.values() if shown.visible]
        self._decor.reference_patient = any(shown.reference_patient for shown in seen)
        self._decor.hatched = any(shown.bar is not None and shown.bar.hatched for shown in seen)
        names = [label for shown in seen for label in shown.labels]
        self._decor.paint_labels(painter, box, self.camera, names)
        self._decor.paint_bars(painter, box, self._bars())
        self._decor.paint_texts(painter, box, self.camera)
        if self._decor.waiting:
            self._decor.paint_waiting(painter, box)

    # Hands

    def _in_picture(self, at: QPointF) -> tuple[float, float]:
        """Return a widget position from the middle, right and up, in picture heights."""
        height = max(self.height(), 1)
        return (at.x() - self.width() / 2) / height, (self.height() / 2 - at.y()) / height

    def _on_screen(self, lps: NDArray[np.float64]) -> QPointF:
        x, y, _ = self.camera.project(lps)[0]
        return QPointF(self.width() / 2 + x * self.height(), self.height() / 2 - y * self.height())

    def _moved(self) -> None:
        self._touched = True
        self._moving = True
        self._stale()
        self._settle.start()

    def _handle_at(self, at: QPointF) -> tuple[str, int] | None:
        for key, shown in self._shown.items():
            arrows = shown.arrows
            if arrows is not None and arrows.turnable and shown.visible:
                for number, end in enumerate(arrows.free_ends()):
                    if (self._on_screen(end) - at).manhattanLength() <= 16:
                        return key, number
        return None

    def _turn_handle(self, at: QPointF) -> None:
        assert self._handle is not None
        key, number = self._handle
        shown = self._shown[key]
        assert shown.arrows is not None
        arrows = shown.arrows.turned(number, *self.camera.ray(*self._in_picture(at)))
        shown.arrows, shown.labels = arrows, arrows.labels()

        def reshape(scene: Scene) -> None:
            from viewers.glyphs import DrawnGlyphs, arrow

            drawn = scene.things[key]
            assert isinstance(drawn, DrawnGlyphs)
            drawn.reshape([arrow(*pair) for pair in arrows.pairs()])

        self._do(reshape)

    def _tell_turned(self) -> None:
        """Tell once, at the drag's end, where an arrow points now: what follows from it takes time."""
        assert self._handle is not None
        key, number = self._handle
        arrows = self._shown[key].arrows if key in self._shown else None
        if arrows is not None:
            name = key if len(arrows.names) == 1 else f"{key}/{arrows.names[number]}"
            self.handle_turned.emit(name, arrows.direction(number))

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
        if drag == "turn" and event.position() != self._pressed_at:
            self._tell_turned()

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
        """Draw anew at the new size, with all of it in the picture until a hand has moved the camera."""
        self._stale()
        if self._scene is not None and not self._touched:
            self._fit(self._scene)

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(480, 360)


def _picture(pixels: NDArray[np.uint8]) -> QImage:
    """Return pixels (height, width, 4) as an image that owns its memory."""
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGBX8888).copy()
