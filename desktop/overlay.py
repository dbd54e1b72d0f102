"""Keeps the three slice views in step with the session: image, labels and outlines over it, whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psygnal import Signal

from desktop.beating import wall_of
from desktop.cardiac_views import seen_view, told_view
from desktop.colors import color_of
from desktop.desk import Desk
from desktop.moving import marks_at
from desktop.people import age_of, name_of
from desktop.session import identity_of
from resources.colors import SIMULATED_COLOR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desktop.cine import Cine
    from desktop.presenting import Presenting
    from twin.domain import Motion, Volume
    from twin.record import Entry
    from viewers.slice_view import SliceView


class SliceOverlay:
    """What the slices show. Subscribes to the session; changes no record."""

    leaving = Signal(str)
    """Id of the image that another one, or another content of it, is about to replace."""
    came = Signal(str)
    """Id of the image that all views show now: as it was left, else with the first window of the file."""

    def __init__(self, desk: Desk, views: dict[str, SliceView], cine: Cine, presenting: Presenting) -> None:
        self._desk, self._views, self._cine, self._presenting = desk, views, cine, presenting
        self._shown: tuple[str, ...] = ()
        self._up = ""
        self._labels: tuple[object, ...] = ()
        self._outlines: tuple[object, ...] = ()
        self.opacity = self._kept = 0.35
        session = desk.session
        session.opened.connect(self.sync)
        session.changed.connect(self._on_change)
        session.shown.connect(self.sync)
        session.arrived.connect(self.sync)

    def detach(self) -> None:
        """Listen no more."""
        session = self._desk.session
        session.opened.disconnect(self.sync)
        session.changed.disconnect(self._on_change)
        session.shown.disconnect(self.sync)
        session.arrived.disconnect(self.sync)

    def set_opacity(self, opacity: float) -> None:
        """Set how much of the image the labels cover, 0..1."""
        self.opacity = opacity
        self.sync()

    def toggle(self) -> None:
        """Take the labels off, or lay them over again."""
        self._kept, opacity = self.opacity, 0.0 if self.opacity else self._kept
        self.set_opacity(opacity)

    def sync(self) -> None:
        """Show what the session says now; does nothing where it is shown already."""
        session = self._desk.session
        item = session.volume
        entry = session.entry(item.id) if item else None
        wanted = (entry.digest, entry.stale) if entry else ()
        if wanted != self._shown:
            self._leave()
            self._presenting.left()
            volume = session.get(entry.id) if entry else None
            if entry is not None and volume is None:
                self._say_reading(entry)
                return
            self._shown = wanted
            self._labels = ()
            for view in self._views.values():
                view.set_volume(volume)
                view.decor.set_caption(*((caption_of(entry), aside_of(entry)) if entry else ((),)))
                view.decor.set_stamp(f"stale: {entry.stale}" if entry and entry.stale else "")
            self._cine.set_volume(volume)
            self._presenting.came(entry)
            if entry is not None:
                self._up = entry.id
                self.came.emit(entry.id)
        self._sync_name(entry)
        self._sync_labels()
        self._sync_outlines()

    @property
    def up(self) -> str:
        """Id of the image that the views show; empty while the next one is being read."""
        return self._up

    def _leave(self) -> None:
        id, self._up = self._up, ""
        if id:
            self.leaving.emit(id)

    def _on_change(self, _ids: tuple[str, ...]) -> None:
        self.sync()

    def _say_reading(self, entry: Entry) -> None:
        for view in self._views.values():
            view.decor.set_caption((f"Reading {entry.name} …",))

    def _sync_name(self, entry: Entry | None) -> None:
        """Name the image's planes as clinicians do, where its series or a ventricle measured there tells."""
        name = told_view(identity_of(entry).series_description) if entry is not None else ""
        volume = self._desk.session.get(entry.id) if entry is not None else None
        if volume is not None and not name:
            named = (seen_view(volume.affine, motion) for motion in self._motions_in(volume))
            name = next(filter(None, named), "")
        for view in self._views.values():
            view.decor.set_view_name(name)

    def _motions_in(self, volume: Volume) -> Iterator[Motion]:
        """Yield what was measured of ventricles where an image lies, as far as it has been read."""
        session = self._desk.session
        for item in session.of_kind("motion"):
            entry = session.entry(item.id)
            frame = entry.tree.get("frame_of_reference") if entry is not None else ""
            motion = session.get(item.id) if frame and frame == volume.frame_of_reference else None
            if motion is not None:
                yield motion

    def _sync_labels(self) -> None:
        session = self._desk.session
        maps = [i for i in session.of_kind("labelmap") if session.is_visible(i.key)]
        chosen = maps[-1] if maps else None
        entry = session.entry(chosen.id) if chosen else None
        parts = [i for i in session.structures() if chosen is not None and i.id == chosen.id]
        hidden = {i.part for i in parts if not session.is_visible(i.key)}
        colors = {i.part: color_of(i) for i in parts}
        wanted = (entry.digest, tuple(colors.items()), frozenset(hidden), self.opacity) if entry else ()
        if wanted == self._labels:
            return
        labels = session.get(entry.id) if entry else None
        if entry is not None and labels is None:
            return
        self._labels = wanted
        for view in self._views.values():
            view.set_labels(labels, colors, self.opacity, hidden)

    def moment_moved(self) -> None:
        """Follow the moment: what moves cuts the slices elsewhere."""
        self._sync_outlines()

    def _motions(self) -> list[Motion]:
        """Return the motions that are shown, as far as they have been read."""
        session = self._desk.session
        here = [i for i in session.of_kind("motion") if session.is_visible(i.key)]
        return [motion for motion in map(session.get, (i.id for i in here)) if motion is not None]

    def _sync_outlines(self) -> None:
        """Draw where the visible surfaces cut the slices, but for those whose labels are seen already."""
        session = self._desk.session
        maps = [i for i in session.of_kind("labelmap") if session.is_visible(i.key)]
        labeled = {
            i.structure
            for i in session.structures()
            if maps and i.id == maps[-1].id and session.is_visible(i.key)
        }
        here = [i for i in session.of_kind("surface") if session.is_visible(i.key)]
        drawn = [(i, session.get(i.id)) for i in here if i.structure not in labeled]
        outlines = [(surface, color_of(i)) for i, surface in drawn if surface is not None]
        motions, share = self._motions(), self._cine.share
        wall = wall_of(self._desk.beating)
        at: tuple[object, ...] = (share, wall, *map(id, motions)) if motions or wall is not None else ()
        wanted = (self._shown, at, *((id(surface), color) for surface, color in outlines))
        if wanted == self._outlines:
            return
        from viewers.marks import Outline

        self._outlines = wanted
        cuts, found = [Outline(surface, color) for surface, color in outlines], []
        for motion in motions:
            more, edges = marks_at(motion, share)
            cuts += more
            found += edges
        if wall is not None:
            cuts.append(Outline(wall, SIMULATED_COLOR))
        for view in self._views.values():
            view.decor.set_marks(cuts, contours=found)


def aside_of(entry: Entry) -> list[str]:
    """Return the lines that say what the series is."""
    identity, tree = identity_of(entry), entry.tree
    series = f"series {identity.series_number}" if identity.series_number is not None else ""
    how = [f"{tree['kvp']:g} kV" if tree.get("kvp") else "", str(tree.get("kernel") or "")]
    agent = f"contrast: {tree['contrast_agent']}" if tree.get("contrast_agent") else ""
    lines = (identity.study_description, series, "  ".join(h for h in how if h), agent)
    return [line for line in lines if line]


def caption_of(entry: Entry) -> list[str]:
    """Return the lines that say whose data a view shows."""
    identity = identity_of(entry)
    named = dict.fromkeys((name_of(identity), identity.patient_id))  # once, where both are the same
    who = "  ".join(w for w in (*named, age_of(identity), identity.sex) if w)
    what = "  ".join(w for w in (entry.tree.get("modality", ""), identity.study_date) if w)
    return [line for line in (who, what, entry.name) if line]
