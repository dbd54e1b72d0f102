"""Pictures and films of the views: what they are not, and whether names are in them, is burnt in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from desktop import theme
from desktop.overlay import caption_of
from desktop.session import identity_of
from twin.progress import Progress

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from desktop.desk import Desk
    from desktop.queue import Plan
    from viewers.slice_view import SliceView

LONGEST = 150
"""Frames of a film; of more slices every second or third is taken."""

STEP_MS = 80.0
"""How long each slice of a film through a volume without time is seen."""

NAMED = ("NOT FOR DIAGNOSIS · NOT DE-IDENTIFIED",)
UNNAMED = ("NOT FOR DIAGNOSIS · NAMES LEFT OUT", "What the image itself shows was not checked.")
"""Burnt-in text or a face stays: nobody has looked."""


def picture_of(desk: Desk, *, names: bool) -> QImage:
    """Return the view that has the focus as a picture to take away.

    Without ``names``, no name, number, date or description of patient and study is written into it.
    """
    from viewers.figure import figure_of

    stage = desk.stage
    assert stage is not None
    if stage.focused != "3-D" or stage.scene is None or stage.scenery is None:
        return _figure(desk, stage.links.focused, names, 2.0)
    try:
        if not names:
            stage.scene.set_caption(())
        return figure_of(stage.scene, notice=NAMED if names else UNNAMED, look=theme.viewer_look())
    finally:
        stage.scenery.sync()


def _figure(desk: Desk, view: SliceView, names: bool, scale: float) -> QImage:
    from viewers.figure import figure_of

    item = desk.session.volume
    entry = desk.session.entry(item.id) if item is not None else None
    decor = view.decor
    kept = decor.caption, decor.aside, decor.over
    try:
        if not names:
            decor.caption, decor.aside = (), ()
            decor.over = tuple("+ a second image" if n == 0 else line for n, line in enumerate(decor.over))
        return figure_of(
            view, caption_of(entry) if entry is not None and names else (),
            reference_patient=entry is not None and identity_of(entry).reference_patient,
            notice=NAMED if names else UNNAMED, scale=scale, look=theme.viewer_look(),
        )  # fmt: skip
    finally:
        decor.caption, decor.aside, decor.over = kept


class Film(QObject):
    """Takes a frame of the focused slice view each time the window has nothing else to do.

    Of an image with time its moments, each as long as it is seen; else its slices, first to last.
    ``done`` is given the frames (n, height, width, 3) and their lengths in ms.
    """

    def __init__(
        self, desk: Desk, names: bool, done: Callable[[NDArray[np.uint8], list[float]], None]
    ) -> None:
        super().__init__(desk)
        stage = desk.stage
        assert stage is not None
        view = stage.links.focused
        assert view.sheet is not None
        self._desk, self._names, self._done, self._view = desk, names, done, view
        self._frames: list[NDArray[np.uint8]] = []
        self._volume = view.picture.volume
        stage.cine.stop()
        moments, self._back, self._moment = stage.cine.image_moments, view.crosshair, stage.cine.index
        if moments is not None:
            ends = [*moments.begins_ms[1:], moments.length_ms]
            self._lengths = [float(e - b) for b, e in zip(moments.begins_ms, ends, strict=True)]
            self._shots: list[Callable[[], None]] = [
                lambda n=n: view.set_time(n) for n in range(len(moments))  # type: ignore[misc]
            ]  # fmt: skip
        else:
            frame = view.sheet.frame
            column, row, _ = frame.place(self._back)
            places = [
                frame.lps(column, row, n) for n in range(0, frame.counts[2], -(-frame.counts[2] // LONGEST))
            ]
            self._shots = [lambda lps=lps: view.set_crosshair(lps) for lps in places]  # type: ignore[misc]
            self._lengths = [STEP_MS] * len(places)
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._shoot)
        self._timer.start()

    def _shoot(self) -> None:
        """Take the next frame; after the last, put everything back."""
        from viewers.film import pixels_of

        if self._view.picture.volume is not self._volume:
            self._timer.stop()
            self._desk.said.emit("The film was not taken.", "Another image came up while it was being taken.")
            self.deleteLater()
            return
        if len(self._frames) < len(self._shots):
            self._shots[len(self._frames)]()
            self._frames.append(pixels_of(_figure(self._desk, self._view, self._names, 1.0)))
            return
        self._timer.stop()
        self._view.set_time(self._moment)
        self._view.set_crosshair(self._back)
        self._done(np.stack(self._frames), self._lengths)
        self.deleteLater()


def save_picture(desk: Desk, path: Path, *, names: bool) -> None:
    """Write the focused view as PNG, and note in the log that it left."""
    from viewers.figure import save_figure

    save_figure(picture_of(desk, names=names), path)
    _note(desk, path, names)
    desk.said.emit(f"The picture is at {path}.", " · ".join(NAMED if names else UNNAMED))


def film(desk: Desk, path: Path, *, names: bool) -> None:
    """Take a film of the focused slice view and write it as GIF, in a job."""

    def taken(frames: NDArray[np.uint8], lengths_ms: list[float]) -> None:
        desk.start(f"Film {path.name}", _writing(desk, frames, lengths_ms, path, names))

    Film(desk, names, taken)


def _writing(desk: Desk, frames: NDArray[np.uint8], lengths_ms: list[float], path: Path, names: bool) -> Plan:
    from twin.jobs import Job

    comment = " · ".join(NAMED if names else UNNAMED)
    yield Job(write_film, frames, lengths_ms, comment, path, title=f"Writing {path.name}")
    _note(desk, path, names)
    desk.said.emit(f"The film is at {path}.", comment)


def write_film(
    frames: NDArray[np.uint8], lengths_ms: list[float], comment: str, path: Path, progress: Progress
) -> Path:
    """Write a film (runs in a job)."""
    from viewers.film import save_film

    return save_film(frames, lengths_ms, comment, path, progress)


def _note(desk: Desk, path: Path, names: bool) -> None:
    record, item = desk.session.record, desk.session.volume
    if record is not None and record.writable and item is not None:
        record.note("exported", {"entity": item.key, "path": str(path), "stale": "", "names": names})
