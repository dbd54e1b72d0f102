"""Comparison: another image beside the shown one, in one plane, moving along with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from desktop import theme
from desktop.overlay import aside_of, caption_of
from desktop.seconds import why_apart
from desktop.session import identity_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from desktop.desk import Desk
    from desktop.links import Links
    from twin.domain import Volume
    from twin.record import Entry
    from viewers.orientation import Plane
    from viewers.slice_view import SliceView


class Comparing(QObject):
    """The image beside; no content of the record.

    In the same space (Frame of Reference) both views show the same place. Else the other one keeps the
    distance that it had when the views were linked, and says so: free them (L), bring it to the place that
    answers, link them again.

    Signals
    -------
    changed
        It begins or ends, or shows another plane.
    hovered : Hover or None
    """

    changed = Signal()
    hovered = Signal(object)

    def __init__(self, desk: Desk, links: Links, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._links = desk, links
        self.key = ""
        self.plane: Plane = "axial"
        self.view: SliceView | None = None
        self._beside = ""
        self._apart = ""
        self._offset: NDArray[np.float64] = np.zeros(3)
        self._linked = True
        links.moved.connect(self._follow)
        links.planes_moved.connect(self._follow_planes)
        links.zoomed.connect(self._follow_zoom)
        links.changed.connect(self._on_links)
        self._events = (desk.session.opened, desk.session.changed, desk.session.shown, desk.session.arrived)
        for event in self._events:
            event.connect(self._sync)
        desk.restyled.connect(self.restyle)

    def detach(self) -> None:
        """Listen no more."""
        for event in self._events:
            event.disconnect(self._sync)

    def choose(self, key: str, plane: Plane | None = None) -> None:
        """Show an image beside the shown one; an empty key ends it."""
        shown = self._desk.session.volume
        self._first().decor.set_brief("")
        self.key, self.plane = key, plane or self.plane
        self._beside = shown.key if shown is not None else ""
        if self.view is not None:
            self.view.hide()
            self.view.deleteLater()
            self.view = None
        if key:
            self.view = self._make()
        self._sync()
        self.changed.emit()
        QTimer.singleShot(0, self, self._share_scale)  # once both views have their place

    def next_plane(self) -> None:
        """Compare in the next of the three planes."""
        from viewers.planes import PLANES

        self.choose(self.key, PLANES[(PLANES.index(self.plane) + 1) % 3])

    def restyle(self) -> None:
        """Take the colors of the theme."""
        if self.view is not None:
            self.view.decor.take_theme(theme.viewer_look())

    @property
    def words(self) -> tuple[str, ...]:
        """What the view says of where it looks; the second line is a warning."""
        if not self._apart:
            return ("same space",)
        from viewers.orientation import lps_text

        if not self._linked:
            return ("own space", "free: link again where both agree (L)")
        return ("own space", f"linked by an offset: {lps_text(self._offset)}")

    def _make(self) -> SliceView:
        from viewers.slice_view import SliceView

        view = SliceView(self.plane)
        view.decor.take_theme(theme.viewer_look())
        view.hovered.connect(self.hovered)
        view.crosshair_moved.connect(self._lead)
        view.window_changed.connect(self._lead_window)
        view.zoomed.connect(self._lead_zoom)
        view.cross.linked = False
        return view

    def _first(self) -> SliceView:
        return self._links.view(self.plane)

    def _sync(self, *_: object) -> None:
        """Show the image as soon as it is read; end where one of the two is gone."""
        session = self._desk.session
        if not self.key or self.view is None:
            return
        shown, entry = session.volume, session.entry(self.key)
        if shown is None or shown.key != self._beside or entry is None:
            self.choose("")
            return
        volume, first = session.get(self.key), session.entry(shown.id)
        if volume is None or first is None or self.view.picture.volume is volume:
            return
        self.view.set_volume(volume)
        self.view.decor.set_caption(caption_of(entry), aside_of(entry))
        self.view.decor.set_brief(_brief(entry))
        self._first().decor.set_brief(_brief(first))
        self._apart = why_apart(first, entry)
        its = self._first().picture.volume
        if self._apart and its is not None:  # for a beginning, middle answers to middle
            self.view.set_crosshair(self._first().crosshair + _middle(volume) - _middle(its))
        if first.tree.get("modality") == entry.tree.get("modality"):
            self.view.set_window(*self._first().window_level)
        self._align()
        self._follow_planes(self._first().planes)
        self._share_scale()
        self._desk.refreshed.emit()

    def _align(self) -> None:
        """Take the distance that both have now; none in the same space."""
        if self.view is None:
            return
        first = self._first().crosshair
        self._offset = self.view.crosshair - first if self._apart else np.zeros(3)
        self._follow(first)
        self.view.decor.set_over(self.words)

    def _on_links(self) -> None:
        if self._links.linked != self._linked:
            self._linked = self._links.linked
            if self._linked:
                self._align()
        if self.view is not None:
            self.view.picture.slab = self._first().picture.slab
            self.view.decor.set_over(self.words)

    def _follow(self, lps: Any) -> None:
        """Go where the first image goes, and take its window where the values mean the same."""
        if self.view is None or not self._linked:
            return
        self.view.set_crosshair(np.asarray(lps) + self._offset)
        mine, its = self.view.picture.volume, self._first().picture.volume
        if mine is not None and its is not None and mine.modality == its.modality:
            self.view.set_window(*self._first().window_level)

    def _follow_planes(self, planes: Any) -> None:
        if self.view is not None and self._linked and not self._apart:
            self.view.set_planes(planes)

    def _share_scale(self) -> None:
        if self.view is not None and self._first().sheet is not None:
            self._follow_zoom(self._first().pixels_per_mm)

    def _follow_zoom(self, pixels_per_mm: float) -> None:
        if self.view is not None and self._linked and self.view.sheet is not None:
            self.view.sheet.scale_to(pixels_per_mm, self.view.crosshair)
            self.view.update()

    def _lead(self, lps: Any) -> None:
        if self._linked:
            self._links.go(np.asarray(lps) - self._offset)

    def _lead_window(self, center: float, width: float) -> None:
        mine, its = self.view.picture.volume if self.view else None, self._first().picture.volume
        if self._linked and mine is not None and its is not None and mine.modality == its.modality:
            self._links.window(center, width)

    def _lead_zoom(self, pixels_per_mm: float) -> None:
        first = self._first()
        if self._linked and first.sheet is not None:
            first.sheet.scale_to(pixels_per_mm, first.crosshair)
            first.update()


def _brief(entry: Entry) -> str:
    """Return what tells one study from another: modality and date."""
    date = identity_of(entry).study_date or "date not stated"
    return f"{entry.tree.get('modality', '')}  {date}".strip()


def _middle(volume: Volume) -> NDArray[np.float64]:
    """Return the middle of a volume, LPS mm."""
    last = np.array(volume.shape[::-1]) - 1
    return np.asarray((volume.affine @ [*(last / 2), 1.0])[:3])
