"""The beating heart at hand: its clock, what hands do to it, and what is seen of it. No widgets.

Nothing here is content of the record. Time goes by a clock: where the views take longer to paint than a frame
lasts, frames are left out and the heart beats on at its own pace.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from desktop.cine import SPEEDS, clock_ms
from desktop.electric import LiveElectrocardiogram
from desktop.wall_colors import COLORS, WallColors
from desktop.what_if import WhatIf
from twin.domain import Surface

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.session import Item
    from physics.activation.ecg import Electrocardiogram
    from physics.cardiac import LiveHeart, Moment
    from physics.circulation import Beats
    from physics.circulation.regulation import Reflex
    from physics.whatif import Strains
    from physics.whatif.electric import Electric
    from twin.domain import Heart
    from viewers.scene_view import SceneView

FRAME_MS = 30
"""From one frame to the next, where there is time for it; 25 a second are wanted."""
_LEAST_MS = 8
"""Between two frames, so that the views are painted and hands are heard in between."""
_LONGEST_S = 0.25
"""A window that stood still for longer does not make up for it."""

BEYOND = "Outside what was computed"
WITHOUT = "Wall not solved yet"
SOLVED = "See the full beat"
"""Over what is not to be trusted: in short, why."""


@dataclass(frozen=True, eq=False)
class Trace:
    """What is drawn over time of a beat, all of shape (n,): seconds since it began, mL, mmHg."""

    times_s: NDArray[np.float64]
    volumes_ml: NDArray[np.float64]
    ventricle_mmhg: NDArray[np.float64]
    aorta_mmhg: NDArray[np.float64]
    atrium_mmhg: NDArray[np.float64]

    @classmethod
    def of(cls, beats: Beats) -> Trace:
        """Return it of a part of a beat, or of a whole one."""
        states, pressures = beats.states, beats.pressures_mmhg
        return cls(beats.times_s, states[:, 1], pressures[:, 1], states[:, 4], pressures[:, 0])

    def and_then(self, later: Trace) -> Trace:
        """Return this with what followed."""
        names = self.__dataclass_fields__
        return Trace(*(np.concatenate([getattr(self, n), getattr(later, n)]) for n in names))

    def cut(self, begin: int, end: int | None = None) -> Trace:
        """Return a part of it."""
        return Trace(*(getattr(self, n)[begin:end] for n in self.__dataclass_fields__))


@dataclass(eq=False)
class _Ready:
    """A heart that has been made ready to beat."""

    heart: Heart
    live: LiveHeart
    own: Beats
    own_numbers: dict[str, float]
    strains: Strains
    colors: WallColors
    electric: Electric | None
    electrocardiogram: Electrocardiogram | None
    reflex: Reflex


class Beating(QObject):
    """The heart at hand as it beats.

    Signals
    -------
    moved
        Another moment is up.
    beaten
        A whole beat has ended, and its numbers are known.
    changed
        Another heart, other controls or colors, or it plays or stands.
    segments_asked
        The bull's eye is to be shown, shaded by one of ``bullseye.SHADES``.
    """

    moved = Signal()
    beaten = Signal()
    changed = Signal()
    segments_asked = Signal(str)

    def __init__(self, desk: Desk, clock: Callable[[], float] = clock_ms) -> None:
        super().__init__(desk)
        self._desk, self.clock_ms = desk, clock
        self._ready: _Ready | None = None
        self._scene: SceneView | None = None
        self._key = ""
        self.moment: Moment | None = None
        self.trace: Trace | None = None
        """Of the beat that goes on, so far."""
        self.before: Trace | None = None
        """Of the beat before."""
        self.numbers: dict[str, float] = {}
        self.what_if = WhatIf(desk)
        """What is asked of it, beside its own."""
        self.electric = LiveElectrocardiogram(desk, self.what_if)
        self.solved = ""
        """Id of the full beat in the record that was asked exactly what is asked now; empty: none."""
        self.colors = "displacement"
        self.playing = False
        self._speed = 1.0
        self._last_ms = 0.0
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._go_on)
        self.what_if.changed.connect(self._begin_anew)
        self.electric.changed.connect(self.changed)
        desk.session.closing.connect(self.close)
        desk.session.moved.connect(self._on_workspace)
        desk.session.changed.connect(self._on_change)

    # -- what is at hand ---------------------------------------------------------------------------

    @property
    def item(self) -> Item | None:
        """The heart at hand."""
        from desktop import way

        return way.shape(self._desk.session, "heart")

    @property
    def here(self) -> bool:
        """Whether the task at hand is a heart's: its workspace is open, and a heart is shown."""
        session, item = self._desk.session, self.item
        return session.workspace == "simulate" and item is not None and session.is_visible(item.key)

    @property
    def heart(self) -> Heart | None:
        """The heart that beats; None until it is ready."""
        return self._ready.heart if self._ready else None

    @property
    def own(self) -> Trace | None:
        """The beat under the patient's own controls."""
        return Trace.of(self._ready.own) if self._ready else None

    @property
    def own_numbers(self) -> dict[str, float]:
        """The numbers of the beat under the patient's own controls."""
        return self._ready.own_numbers if self._ready else {}

    @property
    def beat_s(self) -> float:
        """How long a beat lasts now."""
        return self._ready.live.circulation.beat_s if self._ready else 1.0

    @property
    def beyond(self) -> bool:
        """Whether it is where its wall was not computed, or its wall another: nothing is to be trusted."""
        return self.what_if.walled or (self.moment is not None and self.moment.beyond)

    @property
    def badge(self) -> str:
        """Why nothing is to be trusted, in short; empty where all is well."""
        if not self.beyond:
            return ""
        return SOLVED if self.solved else WITHOUT if self.what_if.walled else BEYOND

    # -- hands -------------------------------------------------------------------------------------

    def color_by(self, colors: str) -> None:
        """Color the wall by one of ``COLORS``."""
        self.colors = colors
        if self._scene is not None and self._ready is not None:
            self._show_field(self._scene, self._ready)
        self.changed.emit()

    @property
    def speed(self) -> float:
        """How fast it beats, against its own pace."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        assert speed in SPEEDS
        self._speed = speed
        self.changed.emit()

    def toggle(self) -> None:
        """Let it beat, or hold it still."""
        self.stop() if self.playing else self.play()

    def play(self) -> None:
        """Let it beat."""
        if self._ready is not None and self._scene is not None and self.here and not self.playing:
            self.playing = True
            self._last_ms = self.clock_ms()
            self._timer.start(_LEAST_MS)
            self.changed.emit()

    def stop(self) -> None:
        """Hold it still."""
        if self.playing:
            self.playing = False
            self._timer.stop()
            self.changed.emit()

    # -- drawing -----------------------------------------------------------------------------------

    def draw(self, scene: SceneView, item: Item, heart: Heart) -> None:
        """Show a heart in a scene, as soon as it is ready to beat, and let it beat."""
        self._scene, self._key = scene, item.key
        if self._ready is not None and self._ready.heart is heart:
            self._show_field(scene, self._ready)
            self.play()
            return
        self.close()

        def arrived(ready: _Ready) -> None:
            if self._key == item.key:
                self._begin(ready)

        self._desk.reader.compute(lambda: _made_ready(heart), arrived)

    def forget(self, key: str) -> None:
        """The scene no longer shows that heart."""
        if key == self._key:
            self.stop()
            self._scene, self._key = None, ""

    def close(self) -> None:
        """Let go of the heart."""
        self.stop()
        self._ready = self.moment = None
        self.what_if.end()
        self.electric.begin(None, None)
        self.numbers, self.trace, self.before, self.solved = {}, None, None, ""
        self.changed.emit()

    def _on_workspace(self, _name: str) -> None:
        """Beat where a heart's own task comes up."""
        self.play()

    def _begin(self, ready: _Ready) -> None:
        self._ready = ready
        self.what_if.begin(ready.heart, ready.live, ready.own, ready.reflex)
        self.electric.begin(ready.electric, ready.electrocardiogram)
        self.before = Trace.of(ready.own)
        self.numbers = ready.own_numbers
        self.moment = ready.live.go(1e-3)
        if self._scene is not None:
            self._show_field(self._scene, ready)
        self.changed.emit()
        self.moved.emit()
        self.play()

    def _begin_anew(self) -> None:
        """Something else is asked: what was drawn of this beat is of another."""
        self.trace = None
        self._find_solved()
        if self.beyond:
            self._move()
        self.changed.emit()

    def _on_change(self, _ids: tuple[str, ...]) -> None:
        """A full beat may have come into the record, or gone from it."""
        if self._find_solved():
            self.changed.emit()

    def _find_solved(self) -> bool:
        """Look whether the record holds a full beat of what is asked; returns whether that is news."""
        from desktop import heart_way

        before, self.solved = self.solved, heart_way.solved(self._desk) if self._ready is not None else ""
        return self.solved != before

    def _show_field(self, scene: SceneView, ready: _Ready) -> None:
        """Put the wall into the scene, where it is now, in the colors that were chosen."""
        chosen, mesh = COLORS[self.colors], ready.heart.mesh
        count = len(mesh.points) if chosen.where == "node" else len(mesh.tets)
        scene.show_field(
            self._key, mesh, np.zeros(count), where=chosen.where, title=chosen.title, unit=chosen.unit,
            limits=ready.colors.limits(chosen.name), flat=chosen.name == "segments",
        )  # fmt: skip
        self._move()

    def _move(self) -> None:
        """Put the wall where the moment that is up has it."""
        if self._scene is None or self._ready is None or self.moment is None:
            return
        displacement = self._ready.live.displacement_mm(self.moment)
        colors = self._ready.colors
        colors.go(displacement, self.moment.tension_kpa, self.moment.time_s)
        values = colors.values(self.colors, displacement, self.moment.tension_kpa)
        if self.beyond:
            values = np.full_like(values, np.nan)
        self._scene.update_field(self._key, values, displacement=displacement, deform_scale=1.0)

    # -- time --------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Let as much time go by as the clock says, and show where the heart is then."""
        began = self.clock_ms()
        seconds = min((began - self._last_ms) / 1000.0, _LONGEST_S) * self._speed
        self._last_ms = began
        if not self.here or self._scene is None or not self._scene.isVisible():
            self.stop()
            return
        self.step(seconds)
        self._timer.start(max(_LEAST_MS, math.ceil(FRAME_MS - (self.clock_ms() - began))))

    def step(self, seconds: float) -> None:
        """Let some time go by."""
        if self._ready is None or seconds <= 0:
            return
        live, was = self._ready.live, self.beyond
        known = live.last_beat
        self.moment = live.go(seconds)
        self._keep(Trace.of(self.moment.part))
        self._move()
        if self.beyond != was:
            self.changed.emit()
        self.moved.emit()
        if live.last_beat is not None and live.last_beat is not known:
            self._end_beat(self._ready, live.last_beat)
            self.beaten.emit()

    def _end_beat(self, ready: _Ready, beat: Beats) -> None:
        """Tell the numbers of a whole beat."""
        from physics.whatif import beat_numbers, ends_of

        full, empty = (ready.live.displacement_at(beat, n) for n in ends_of(beat))
        ready.colors.diastole = full
        ready.colors.end_beat()
        self.numbers = beat_numbers(ready.live, beat) | ready.strains(full, empty)

    def _keep(self, gone: Trace) -> None:
        """Put what has gone by to the beat that goes on; where one has ended, begin the next."""
        ends = np.flatnonzero(np.diff(gone.times_s) < 0) + 1
        for n, begin in enumerate([0, *ends.tolist()]):
            part = gone.cut(begin, int(ends[n]) if n < len(ends) else None)
            if n > 0:
                self.before, self.trace = self.trace or self.before, None
            self.trace = part if self.trace is None else self.trace.and_then(part)


def measured_share(beating: Beating) -> float | None:
    """Return the share of the measured cycle at the moment that is up; None where nothing was measured."""
    own, heart = beating.own, beating.heart
    if own is None or heart is None or beating.moment is None:
        return None
    if heart.measured_ml is None:
        return None
    return float((beating.moment.time_s / beating.beat_s - images_begin(heart, own)) % 1.0)


def images_begin(heart: Heart, own: Trace) -> float:
    """Return at which share of a heart's own beat the measured cycle begins.

    As it was fitted; in hearts kept without it, so that the fullest lies on the fullest.
    """
    beat_s = float(own.times_s[-1])
    if "images_begin_s" in heart.timing:
        return heart.timing["images_begin_s"] / beat_s
    assert heart.measured_ml is not None
    assert heart.measured_phases is not None
    full = float(own.times_s[int(np.argmax(own.volumes_ml))]) / beat_s
    return full - float(heart.measured_phases[int(np.argmax(heart.measured_ml))])


def wall_of(beating: Beating) -> Surface | None:
    """Return the boundary of the wall at the moment that is up; None where none is to be seen, or trusted."""
    from viewers.skin import MeshSkin, skin_of

    ready, moment = beating._ready, beating.moment
    if ready is None or moment is None or beating._scene is None or beating.beyond or not beating.here:
        return None
    mesh = ready.heart.mesh
    skin = skin_of(mesh)
    assert isinstance(skin, MeshSkin)
    points = mesh.points + ready.live.displacement_mm(moment)
    return Surface(points, skin.shell.triangles, frame_of_reference=mesh.frame_of_reference)


def of_segments(beating: Beating, name: str) -> dict[int, float]:
    """Return the mean of one of ``bullseye.SHADES`` over each segment; nothing where it is not known."""
    from physics.heart.segments import means_of_segments

    ready = beating._ready
    if ready is None:
        return {}
    living, electric = ready.heart.mesh.living, ready.electric
    values = {
        "scar": None if living is None else 100.0 * (1.0 - living),
        "thickness": None if electric is None else electric.thickness_mm,
        "activation": None if electric is None else electric.normal.element_ms,
    }.get(name)
    return {} if values is None else means_of_segments(ready.heart.mesh, values)


def _made_ready(heart: Heart) -> _Ready:
    """Let a heart beat three times as it is, for what it is compared with (in the reading thread)."""
    from physics.cardiac.pump import live_heart
    from physics.circulation.regulation import Reflex
    from physics.heart_steps import BeatParams
    from physics.whatif import Strains, beat_numbers, ends_of
    from physics.whatif.electric import electric_of
    from viewers.skin import skin_of

    live = live_heart(heart)
    beat_s = live.circulation.beat_s
    live.go(3 * beat_s)
    own = live.last_beat
    assert own is not None
    skin_of(heart.mesh)
    full, empty = (live.displacement_at(own, n) for n in ends_of(own))
    strains = Strains(heart.mesh, full)
    numbers = beat_numbers(live, own) | strains(full, empty)
    electric = electric_of(heart)
    shown = None if electric is None else electric.electrocardiogram(BeatParams())
    activated = None if electric is None else electric.normal.element_ms
    colors = WallColors(heart, live, own, full, empty, activated)
    return _Ready(heart, live, own, numbers, strains, colors, electric, shown, Reflex(own))
