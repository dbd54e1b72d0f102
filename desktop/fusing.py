"""Fusion: which image is laid over the shown one, how strongly and in which colors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop.seconds import why_apart
from resources.presets import IMAGE_MAPS
from twin.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from desktop.desk import Desk
    from twin.domain import LaidOver
    from viewers.fusion import Laid
    from viewers.slice_view import SliceView

STEP = 0.1


class Fusing(QObject):
    """The second image over the slices; no content of the record.

    Signals
    -------
    changed
        Another image is laid over, or none; or it is looked at otherwise.
    """

    changed = Signal()

    def __init__(self, desk: Desk, views: Mapping[str, SliceView], parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._views = desk, views
        self.key = ""
        self.blend = self._kept = 0.5
        self.colors = "ember"
        self._under = ""
        self._vouched = False
        self._laid: Laid | None = None
        self._window: tuple[float, float] | None = None
        self._events = (desk.session.opened, desk.session.changed, desk.session.shown, desk.session.arrived)
        for event in self._events:
            event.connect(self._sync)

    def detach(self) -> None:
        """Listen no more."""
        for event in self._events:
            event.disconnect(self._sync)

    def choose(self, key: str, vouched: bool = False) -> None:
        """Lay an image over the shown one; an empty key takes it off.

        Where the files do not say that both lie in one space, it is refused; who knows better may say so
        (``vouched``), and the views then say that nobody checked.
        """
        session = self._desk.session
        shown, item = session.volume, session.item(key)
        if not key or shown is None or item is None:
            self._lay("")
            return
        under, over = session.entry(shown.id), session.entry(item.id)
        assert under is not None
        assert over is not None
        if over.tree.get("color") or len(over.tree["voxels"]["shape"]) == 4:
            raise UserError(
                f"“{over.name}” cannot be laid over another image: it is in color or has time.",
                "Lay it beside (Compare).",
            )
        apart = why_apart(under, over)
        if apart and not vouched:
            error = UserError(
                apart,
                "Look at both side by side (Compare). Images that another program registered can be imported "
                "again and laid over; so can these, if you know that they lie in one space.",
            )
            self._desk.offered.emit(
                error, "They are in one space: lay it over", lambda: self.choose(key, True)
            )
            return
        self._vouched = bool(apart)
        self._lay(key, shown.key)

    @property
    def state(self) -> LaidOver | None:
        """What lies over the image, and how; None while nothing does."""
        from twin.domain import LaidOver

        if not self.key:
            return None
        window = self._laid.window[:2] if self._laid is not None else self._window
        return LaidOver(self.key, self.blend, self.colors, window, self._vouched)

    def restore(self, state: LaidOver | None) -> None:
        """Lay over what lay over before, where that is still here and still in the same space."""
        session = self._desk.session
        shown, item = session.volume, session.item(state.image) if state is not None else None
        if state is None or shown is None or item is None or item.kind != "volume" or item.key == shown.key:
            if self.key:
                self._lay("")
            return
        under, over = session.entry(shown.id), session.entry(item.id)
        if under is None or over is None or (why_apart(under, over) and not state.vouched):
            return
        self.blend, self._vouched = state.blend, state.vouched
        self.colors = state.colors if state.colors in IMAGE_MAPS else self.colors
        self._lay(item.key, shown.key, state.window)

    def set_blend(self, blend: float) -> None:
        """Set how much of the second image is seen, 0 to 1."""
        self.blend = min(max(blend, 0.0), 1.0)
        self._show()

    def toggle(self) -> None:
        """Show the image below alone, or both again."""
        self._kept = self.blend or self._kept
        self.set_blend(0.0 if self.blend else self._kept)

    def stronger(self, by: int) -> None:
        """Show more of the second image, or less."""
        self.set_blend(round(self.blend + by * STEP, 2))

    def set_colors(self, name: str) -> None:
        """Show the second image in another map."""
        self.colors = name
        self._show()

    def set_window(self, center: float, width: float) -> None:
        """Set the second image's window, in its unit."""
        if self._laid is not None:
            self._laid = replace(self._laid, window=(center, width, False))
            self._show()

    @property
    def words(self) -> tuple[str, ...]:
        """What the views say of it."""
        if self._laid is None:
            return ()
        vouch = ("space not confirmed by the files",) if self._vouched else ()
        return (f"+ {self._laid.name} {100 * self.blend:.0f} %", *vouch)

    @property
    def laid(self) -> Laid | None:
        """What lies over the views now; None while there is none, or it is still being read."""
        return self._laid

    def _lay(self, key: str, under: str = "", window: tuple[float, float] | None = None) -> None:
        self.key, self._under, self._laid, self._window = key, under, None, window
        if not key:
            self._show()
        self._sync()

    def _sync(self, *_: object) -> None:
        """Take the image off when it or the one below is gone; show it as soon as it is read."""
        session = self._desk.session
        if not self.key:
            return
        shown = session.volume
        if shown is None or shown.key != self._under or session.item(self.key) is None:
            self._lay("")
            return
        if self._laid is None:
            volume = session.get(self.key)
            entry = session.entry(self.key)
            if volume is None or entry is None:
                return
            from resources.presets import PET_WINDOWS
            from viewers.fusion import Laid
            from viewers.sampling import first_window

            center, width, _inverted = first_window(volume)
            if volume.unit.startswith("SUV"):
                center, width = PET_WINDOWS[1].center, PET_WINDOWS[1].width
            center, width = self._window or (center, width)
            self._laid = Laid(volume, entry.name, (center, width, False))
            self._show()

    def _show(self) -> None:
        if self._laid is not None:
            self._laid = replace(self._laid, blend=self.blend, colors=self.colors)
        for view in self._views.values():
            view.picture.lay(self._laid)
            view.decor.set_over(self.words)
        self.changed.emit()
