"""How the image at hand is shown: kept in the record as it is left, and brought back when it comes again.

No content: it is no step, makes nothing stale, and a record open for reading only keeps it while it is open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from twin.domain import ViewState

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.stage import Stage
    from twin.record import Entry

KEPT_AFTER_MS = 2000
"""A program that is killed loses no more of it than this."""


class Presenting:
    """Knows what the views show, and how: ``left`` before another image comes, ``came`` once it is there."""

    def __init__(self, desk: Desk, stage: Stage) -> None:
        self._desk, self._stage = desk, stage
        self._id = ""
        self._next: tuple[str, Callable[[], None]] | None = None
        desk.session.closing.connect(self.left)
        self._timer = QTimer(stage, interval=KEPT_AFTER_MS)
        self._timer.timeout.connect(self.keep)
        self._timer.start()

    def detach(self) -> None:
        """Keep what is shown, and look no more."""
        self.left()
        self._timer.stop()
        self._desk.session.closing.disconnect(self.left)

    # -- kept ------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Keep how the image at hand is shown now; while it plays, the moment that it played from."""
        record = self._desk.session.record
        state = self.state() if self._id and record is not None else None
        if state is None or record is None:
            return
        if self._stage.cine.playing:
            before = record.views.of(self._id)
            state = replace(state, time=before.time if before is not None else 0)
        record.views.keep(self._id, state)
        images = [item.id for item in self._desk.session.of_kind("volume")]
        record.views.keep_last((self._id, *images))

    def left(self) -> None:
        """Another image is about to be shown, or none."""
        self.keep()
        self._id = ""

    def came(self, entry: Entry | None) -> None:
        """Show the image that the views have now as it was left.

        One that nobody has looked at yet stays as the views show it first.
        """
        record = self._desk.session.record
        self._id = entry.id if entry is not None else ""
        if entry is None or record is None:
            return
        state, asked = record.views.of(entry.id), self._next
        self._next = None
        if state is not None:
            self.restore(state)
        if asked is not None and asked[0] == entry.id:
            asked[1]()

    # -- what is shown ---------------------------------------------------------------------------

    def state(self) -> ViewState | None:
        """Return how the views show their image; None while there is none."""
        from viewers.restoring import state_of, turned_of

        stage = self._stage
        views = {name: state_of(view) for name, view in stage.slices.items()}
        first = next(iter(stage.slices.values()))
        volume = first.picture.volume
        if volume is None:
            return None
        return ViewState(
            {name: state for name, state in views.items() if state is not None},
            volume.unit,
            turned_of(first) if stage.links.turned else None,
            stage.links.linked,
            stage.cine.index if stage.cine.image_moments is not None else 0,
            stage.overlay.opacity,
            stage.fusing.state,
            *stage.layout_state,
        )

    def when_shown(self, id: str, then: Callable[[], None]) -> None:
        """Show an image of the record, and do something as soon as it is there: it may have to be read."""
        if id == self._id:
            then()
        else:
            self._next = (id, then)
            self._desk.session.show(id)

    def restore(self, state: ViewState) -> None:
        """Show the image at hand in this state."""
        stage = self._stage
        stage.restore_layout(state.layout, state.only)
        if stage.cine.image_moments is not None:
            stage.cine.show(min(max(state.time, 0), len(stage.cine.image_moments) - 1))
        stage.links.restore(state)
        stage.fusing.restore(state.over)
        stage.overlay.set_opacity(state.labels)
