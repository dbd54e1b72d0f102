"""Films to take away: of slices or their phases, of what moves in 3-D, or a turn about what stands there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from desktop import theme
from desktop.chain import own_beat
from desktop.moving import frame_at
from desktop.snapshots import NAMED, UNNAMED, note_left, of_scene, scene_figure, slice_figure
from twin.progress import Progress

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from desktop.desk import Desk
    from desktop.queue import Plan
    from twin.domain import Result
    from viewers.plot import Plot
    from viewers.slice_view import SliceView

LONGEST = 150
"""Frames of a film; of more slices every second or third is taken."""

STEP_MS = 80.0
"""How long each slice of a film through a volume without time, and each step of a turn, is seen."""

TURN_STEPS = 60
"""Frames of a turn about what stands in 3-D."""

_PLOT_PX = 360
"""Width of a plot beside a scene."""


class Shots(Protocol):
    """What a film is made of: for each frame what to show first, and how long it is seen."""

    show: list[Callable[[], None]]
    lengths_ms: list[float]

    def figure(self) -> QImage:
        """Return the frame that is up."""

    @property
    def whole(self) -> bool:
        """Whether what is filmed is still there."""

    def back(self) -> None:
        """Put back what was shown."""


class SliceShots:
    """The moments of an image with time, each as long as it is seen; else its slices, first to last."""

    def __init__(self, desk: Desk, view: SliceView, names: bool) -> None:
        stage = desk.stage
        assert stage is not None
        assert view.sheet is not None
        self._desk, self._view, self._names = desk, view, names
        self._volume = view.picture.volume
        moments, self._place, self._moment = stage.cine.image_moments, view.crosshair, stage.cine.index
        if moments is not None:
            self.lengths_ms = moments.lengths_ms
            self.show: list[Callable[[], None]] = [partial(view.set_time, n) for n in range(len(moments))]
            return
        frame = view.sheet.frame
        column, row, _ = frame.place(self._place)
        slices = range(0, frame.counts[2], -(-frame.counts[2] // LONGEST))
        places = [frame.lps(column, row, n) for n in slices]
        self.show = [partial(view.set_crosshair, lps) for lps in places]
        self.lengths_ms = [STEP_MS] * len(places)

    def figure(self) -> QImage:
        """Return the slice that is up."""
        return slice_figure(self._desk, self._view, self._names, 1.0)

    @property
    def whole(self) -> bool:
        """Whether the same image is shown."""
        return self._view.picture.volume is self._volume

    def back(self) -> None:
        """Put back moment and place."""
        self._view.set_time(self._moment)
        self._view.set_crosshair(self._place)


class SceneShots:
    """A cycle of what moves in 3-D, its loop beside it where it has one; else a turn about what stands."""

    def __init__(self, desk: Desk, names: bool) -> None:
        stage = desk.stage
        assert stage is not None
        assert stage.scene is not None
        self._desk, self._names, self._keys = desk, names, stage.scene.keys()
        self._camera, cine = stage.scene.camera, stage.cine
        self._moment, self._turn = cine.index, self._camera.turn
        item = desk.results.item
        timed = desk.results.timed and item is not None and desk.session.is_visible(item.key)
        result = desk.session.get(item.id) if timed and item is not None else None
        fitted = own_beat(desk.session, item.id) if item is not None else None
        own = desk.session.get(fitted.id) if fitted is not None else None
        self._plot = Loop(result, stage.scene.height(), own) if result is not None else None
        if cine.moments is not None:
            self.lengths_ms = cine.moments.lengths_ms
            self.show: list[Callable[[], None]] = [partial(cine.show, n) for n in range(len(cine.moments))]
            return
        self.lengths_ms = [STEP_MS] * TURN_STEPS
        step = 360.0 / TURN_STEPS
        self.show = [partial(self._stand, self._turn + n * step) for n in range(TURN_STEPS)]

    def figure(self) -> QImage:
        """Return the scene as it stands, with its plot."""
        stage = self._desk.stage
        assert stage is not None
        plot = self._plot.at(stage.cine.share) if self._plot is not None else None
        return scene_figure(self._desk, self._names, 1.0, plot)

    @property
    def whole(self) -> bool:
        """Whether the same things are shown."""
        stage = self._desk.stage
        return stage is not None and stage.scene is not None and stage.scene.keys() == self._keys

    def back(self) -> None:
        """Put back moment and camera."""
        stage = self._desk.stage
        if stage is not None and self.whole:
            stage.cine.show(self._moment)
            self._stand(self._turn)

    def _stand(self, turn: float) -> None:
        self._camera.orbit(turn - self._camera.turn, 0.0)
        stage = self._desk.stage
        if stage is not None and stage.scene is not None:
            stage.scene.update()


class Loop:
    """The first plot of a result in time (its loops, where it has some), with the moment that is up on it."""

    def __init__(self, result: Result, height: int, own: Result | None = None) -> None:
        from desktop.timed_card import plots_of

        self._result = result
        self._found = next(iter(plots_of(result, own)), None)
        if self._found is not None:
            plot = self._found[0]
            plot.setMinimumSize(1, 1)
            plot.resize(_PLOT_PX, min(height, _PLOT_PX))
            plot.set_look(theme.viewer_look())

    def at(self, share: float) -> Plot | None:
        """Return it at a share of the time; None where the result has no curves."""
        from desktop.timed_card import mark

        if self._found is None:
            return None
        mark(*self._found, self._result, frame_at(self._result, share))
        return self._found[0]


class Film(QObject):
    """Takes a frame each time the window has nothing else to do.

    ``done`` is given the frames (n, height, width, 3) and their lengths in ms.
    """

    def __init__(
        self, desk: Desk, shots: Shots, done: Callable[[NDArray[np.uint8], list[float]], None]
    ) -> None:
        super().__init__(desk)
        assert desk.stage is not None
        desk.stage.cine.stop()
        self._desk, self._shots, self._done = desk, shots, done
        self._frames: list[NDArray[np.uint8]] = []
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._shoot)
        self._timer.start()

    def _shoot(self) -> None:
        """Take the next frame; after the last, put everything back."""
        from viewers.film import pixels_of

        shots = self._shots
        if not shots.whole:
            self._timer.stop()
            self._desk.said.emit(
                "The film was not taken.", "Something else came up while it was being taken."
            )
            self.deleteLater()
            return
        if len(self._frames) < len(shots.show):
            shots.show[len(self._frames)]()
            self._frames.append(pixels_of(shots.figure()))
            return
        self._timer.stop()
        shots.back()
        self._done(np.stack(self._frames), shots.lengths_ms)
        self.deleteLater()


def film(desk: Desk, path: Path, *, names: bool) -> None:
    """Take a film of the focused view and write it as GIF, in a job."""
    stage = desk.stage
    assert stage is not None

    def taken(frames: NDArray[np.uint8], lengths_ms: list[float]) -> None:
        desk.start(f"Film {path.name}", _writing(desk, frames, lengths_ms, path, names))

    shots = SceneShots(desk, names) if of_scene(desk) else SliceShots(desk, stage.links.focused, names)
    Film(desk, shots, taken)


def _writing(desk: Desk, frames: NDArray[np.uint8], lengths_ms: list[float], path: Path, names: bool) -> Plan:
    from twin.jobs import Job

    comment = " · ".join(NAMED if names else UNNAMED)
    yield Job(write_film, frames, lengths_ms, comment, path, title=f"Writing {path.name}")
    note_left(desk, path, names)
    desk.said.emit(f"The film is at {path}.", comment)


def write_film(
    frames: NDArray[np.uint8], lengths_ms: list[float], comment: str, path: Path, progress: Progress
) -> Path:
    """Write a film (runs in a job)."""
    from viewers.film import save_film

    return save_film(frames, lengths_ms, comment, path, progress)
