"""Keeps the 3-D scene in step with the session: one small adapter a kind of thing drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal
from PySide6.QtCore import QTimer

from desktop import fibers, way
from desktop.colors import color_of
from desktop.desk import Desk
from desktop.loads import draw_model
from desktop.measured_scene import draw_measurement
from desktop.moving import Moving
from desktop.overlay import caption_of
from desktop.session import Item
from desktop.volume import VolumeRendering
from resources.colors import MARK_COLOR
from twin.domain import Surface, TetMesh, Volume
from viewers.sampling import first_window

if TYPE_CHECKING:
    from desktop.cine import Cine
    from viewers.scene_view import SceneView
    from viewers.slice_view import SliceView

SLICES_AFTER_MS = 80
SLICES = "slices"
"""Key of the image at hand in the scene; placed planes beside it have ``slices#`` and their id."""
_DRAWN = ("surface", "mesh", "landmarks", "motion", "model", "heart", "result", "measurement")
_WALLS = ("mesh", "model", "heart", "result")
"""What a measured motion lies in one place with: it is drawn as rings around them."""


class Scenery:
    """What the scene shows. Subscribes to the session; changes no record."""

    slices_turned = Signal(bool)
    """Whether the image's slices are in the scene now."""

    def __init__(self, desk: Desk, scene: SceneView, cine: Cine) -> None:
        self._desk, self.scene, self._cine = desk, scene, cine
        self.moving = Moving(scene, cine)
        self._drawn: dict[str, tuple[Any, ...]] = {}
        self._skinning: dict[int, Any] = {}
        self._fitted: frozenset[str] = frozenset()
        self._turned: set[str] = set()
        self._wanted: frozenset[str] = frozenset()
        self._slice_view: SliceView | None = None
        self._slices_shown: dict[str, tuple[Any, ...]] = {}
        self._slices_place: tuple[Any, ...] = ()
        self._fibers = self._rings = False
        self.slices_wanted: bool | None = None
        """Whether the image's slices are in the scene too; None: while there is nothing else."""
        self.rendering = VolumeRendering(desk, scene)
        self.rendering.changed.connect(self.sync)
        self._late = QTimer(scene, singleShot=True, interval=SLICES_AFTER_MS)
        self._late.timeout.connect(self._sync_slices)
        self._events = (desk.session.opened, desk.session.changed, desk.session.shown, desk.session.arrived)
        for event in self._events:
            event.connect(self._on_event)
        for event in (desk.results.changed, desk.results.rescaled):
            event.connect(self._say)
        desk.results.waited.connect(self._say_waiting)
        desk.queue.changed.connect(self._on_work)
        desk.beating.changed.connect(self._on_beat)
        scene.picked.connect(self._on_pick)
        scene.handle_turned.connect(self._on_turn)
        self.sync()

    def detach(self) -> None:
        """Listen no more."""
        for event in self._events:
            event.disconnect(self._on_event)
        for event in (self._desk.results.changed, self._desk.results.rescaled):
            event.disconnect(self._say)
        self._desk.results.waited.disconnect(self._say_waiting)
        self._desk.queue.changed.disconnect(self._on_work)
        self._desk.beating.changed.disconnect(self._on_beat)

    def sync(self) -> None:
        """Draw what is visible and not drawn yet, hide what is not, forget what is gone."""
        session = self._desk.session
        wanted: dict[str, tuple[Any, ...]] = {}
        here = [i for i in session.items if i.kind in _DRAWN and session.is_visible(i.key)]
        self._rings = any(i.kind in _WALLS for i in here)
        for item in here:
            entry = session.entry(item.id)
            if entry is not None:
                apart = item.kind == "mesh" and self._fibers, item.kind == "motion" and self._rings
                wanted[item.key] = (entry.digest, color_of(item), bool(item.stale), *apart)
        for key in [k for k in self._drawn if k not in wanted]:
            self._remove(key)
        drew = False
        for key, state in wanted.items():
            if self._drawn.get(key) == state:
                continue
            entity, drawn = session.get(key), session.item(key)
            if entity is None or drawn is None or not self._is_ready(entity):
                continue
            self._remove(key)
            getattr(self, f"_draw_{drawn.kind}")(drawn, entity)
            self._drawn[key] = state
            drew = True
        self._wanted = frozenset(wanted)
        self._cine.lend(self.moving.moments or self._desk.results.played.moments)
        self.rendering.sync(self._slice_view, alone=not self._drawn)
        self._say_waiting()
        self._say()
        self._sync_slices()
        shown = frozenset(i.structure for i in self._shapes)
        if drew and shown != self._fitted:
            if not self._fitted:
                self.scene.view_from("A")
            self.scene.fit()
            self._fitted = shown
        if not self._shapes:
            self._fitted = frozenset()

    def _is_ready(self, entity: Any) -> bool:
        """Tell whether an entity can be drawn at once; else have its skin made, and draw it then."""
        from viewers.skin import known_skin, skin_of

        body = getattr(entity, "mesh", entity)
        if not isinstance(body, Surface | TetMesh) or known_skin(body) is not None:
            return True
        if id(body) not in self._skinning:
            self._skinning[id(body)] = body

            def arrived(_done: Any) -> None:
                del self._skinning[id(body)]
                self._desk.session.arrived.emit()

            self._desk.reader.compute(lambda: skin_of(body), arrived)
        return False

    def view_of(self, view: SliceView) -> None:
        """Name the slice view whose crosshair and window the slices in the scene follow."""
        self._slice_view = view
        self._sync_slices()

    def crosshair_moved(self) -> None:
        """Follow the crosshair, a moment later."""
        self._late.start()

    def moment_moved(self) -> None:
        """Follow the moment at once: 3-D and slices beat together."""
        self.moving.follow()
        self._desk.results.played.follow(self._cine.share)
        self.rendering.sync(self._slice_view, alone=not self._drawn)
        self._sync_slices()

    @property
    def slices_on(self) -> bool:
        """Whether the image's own slices are in the scene."""
        if self.slices_wanted is None:
            return not self._shapes and not self.rendering.words
        return self.slices_wanted

    def toggle_slices(self) -> None:
        """Put the slices among the shapes, or take them away."""
        self.slices_wanted = not self.slices_on
        self._sync_slices()

    def _sync_slices(self) -> None:
        """Show the slices of the image at hand in 3-D, and the placed planes beside it where they lie."""
        view, wanted = self._slice_view, self._slices() if self.slices_on else {}
        self.slices_turned.emit(bool(wanted))
        for key in [k for k in self._slices_shown if k not in wanted]:
            del self._slices_shown[key]
            self.scene.remove(key)
        if view is None or not wanted:
            return
        volume = wanted[SLICES]
        place = (volume.shape, volume.affine.tobytes())
        first, elsewhere = not self._slices_shown, place != self._slices_place
        self._slices_place = place
        for key, other in wanted.items():
            window = view.window_level if other is volume else first_window(other)
            # Hearts beat at rates of their own: the same share of the cycle is shown.
            time = round(view.picture.time * _moments(other) / _moments(volume)) % _moments(other)
            planes = view.planes if other is volume else None
            state = (id(other), tuple(view.crosshair), window, time, planes)
            if self._slices_shown.get(key) != state:
                self._slices_shown[key] = state
                self.scene.show_slices(key, other, view.crosshair, window, time, planes)
        if first and not self._shapes:
            self.scene.view_from("A")
        elif elsewhere and not self._shapes:
            self.scene.fit()

    def _slices(self) -> dict[str, Volume]:
        """Return the image at hand, and all others of one slice that were taken with it."""
        session, item = self._desk.session, self._desk.session.volume
        volume = session.get(item.id) if item is not None else None
        if item is None or volume is None or volume.placement != "patient":
            return {SLICES: volume} if volume is not None else {}
        found = {SLICES: volume}
        for other in session.of_kind("volume"):
            entry = session.entry(other.id)
            if other.id == item.id or entry is None or entry.tree["voxels"]["shape"][-3] != 1:
                continue
            plane = session.get(other.id)
            if plane is not None and _taken_together(volume, plane):
                found[f"{SLICES}#{other.id}"] = plane
        return found

    # -- one adapter a kind ----------------------------------------------------------------------

    def _draw_surface(self, item: Item, surface: Any) -> None:
        self.scene.show_surface(item.key, surface, color_of(item), 1.0)

    def toggle_fibers(self) -> None:
        """Show the fibers of meshes that have some in place of their walls, or the walls again."""
        self._fibers = not self._fibers
        self.sync()

    def _draw_mesh(self, item: Item, mesh: Any) -> None:
        if self._fibers and mesh.axes is not None:
            fibers.draw(self.scene, item.key, mesh)
        else:
            self.scene.show_mesh(item.key, mesh, color=color_of(item))

    def _draw_motion(self, item: Item, motion: Any) -> None:
        self.moving.draw(item, motion, color_of(item), self._rings)

    def _draw_heart(self, item: Item, heart: Any) -> None:
        self._desk.beating.draw(self.scene, item, heart)

    def _draw_landmarks(self, item: Item, landmarks: Any) -> None:
        points = {name: mark.point for name, mark in landmarks.points.items()}
        self.scene.show_points(item.key, np.array(list(points.values())), tuple(points), MARK_COLOR)

    def _draw_measurement(self, item: Item, made: Any) -> None:
        draw_measurement(self.scene, item, made)

    @property
    def _shapes(self) -> list[Item]:
        """What is drawn but for measurements: these lie upon others, or on the slices."""
        return [i for i in self._desk.session.items if i.key in self._drawn and i.kind != "measurement"]

    def _draw_model(self, item: Item, model: Any) -> None:
        draw_model(self.scene, item.key, model, self._desk.results.case)

    def _draw_result(self, item: Item, result: Any) -> None:
        self._desk.results.draw(self.scene, item, result)

    def _remove(self, key: str) -> None:
        self._drawn.pop(key, None)
        self._desk.results.forget(key)
        self.moving.forget(key)
        self._desk.beating.forget(key)
        for shown in list(self.scene.keys()):
            if shown == key or shown.startswith(f"{key}#"):
                self.scene.remove(shown)

    def _say_waiting(self) -> None:
        """Write what the view waits for: something to be read, or a field to be computed."""
        here = {key.partition("#")[0] for key in list(self.scene.keys())}
        late = [i.name for i in self._desk.session.items if i.key in self._wanted and i.key not in here]
        reading = f"Reading {late[0]} …" if late else ""
        self.scene.set_waiting(self._desk.results.waiting or self.rendering.waiting or reading)

    def _say(self) -> None:
        """Write whose shapes and image these are, and that some are stale."""
        session = self._desk.session
        shown = list(self._shapes)
        self.scene.set_names({i.key: i.name for i in shown})
        lines = []
        if shown:
            names, kinds = [i.name for i in shown], {i.group.lower() for i in shown}
            kind = kinds.pop() if len(kinds) == 1 else "shapes"
            lines.append(names[0] if len(names) == 1 else f"{len(names)} {kind}")
            if self._rings and any(i.kind == "motion" for i in shown):
                lines.append("rings: as measured")
            if any(i.kind == "result" for i in shown):
                lines += filter(None, [self._desk.results.load_text()])
        image = session.volume if self.rendering.words else None
        if image is not None:
            shown.append(image)
            lines += [image.name, *self.rendering.words]
        entry = session.entry(shown[-1].id) if shown else None
        self.scene.set_caption([*caption_of(entry)[:-1], *lines] if entry else [])
        self._say_stamp()

    def _say_stamp(self) -> None:
        """Hatch the view where what it shows is stale, or lies beyond what was computed."""
        stale = [i for i in self._shapes if i.stale]
        beats = any(i.kind == "heart" for i in self._shapes)
        beyond = self._desk.beating.badge.upper() if beats else ""
        self.scene.set_stamp(f"STALE: {stale[0].name}" if stale else beyond)

    # -- hands -----------------------------------------------------------------------------------

    def _on_event(self, *_: Any) -> None:
        self.sync()

    def _on_beat(self) -> None:
        """A heart came into the scene, or left where it is known, or came back."""
        self._say_waiting()
        self._say_stamp()

    def _on_pick(self, pick: Any) -> None:
        if pick is not None:
            self._desk.session.select(pick.key.partition("#")[0])

    def _on_turn(self, key: str, direction: Any) -> None:
        id = key.partition("#")[0]
        self._turned.add(id)
        self._desk.guard(lambda: way.turn_load(self._desk, id, np.asarray(direction)))
        self._on_work()

    def _on_work(self) -> None:
        """Put arrows back that a hand has turned where it came to nothing: stopped, or out of range."""
        if self._turned and not way.why_busy(self._desk, way.MODEL):
            for id in self._turned:
                self._remove(id)
            self._turned.clear()
            self.sync()


def _moments(volume: Volume) -> int:
    return 1 if volume.voxels.ndim == 3 else len(volume.voxels)


def _taken_together(one: Volume, other: Volume) -> bool:
    """Tell whether two images surely lie in the same space: the scanner named the same frame of reference."""
    return bool(one.frame_of_reference) and one.frame_of_reference == other.frame_of_reference
