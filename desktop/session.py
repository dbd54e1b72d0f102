"""The one record that is open, what is selected and what is shown. No widgets here.

Widgets subscribe to its events; they never change the record themselves.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from twin.domain import Identity
from twin.errors import UserError

if TYPE_CHECKING:
    from twin.record import Change, Entry, LogEntry, Record

GROUPS = {
    "volume": "Images",
    "labelmap": "Structures",
    "surface": "Surfaces",
    "motion": "Motion",
    "mesh": "Meshes",
    "landmarks": "Models",
    "model": "Models",
    "heart": "Models",
    "result": "Results",
    "measurement": "Measurements",
    "key image": "Key images",
}
"""Kind of entity to its group in the tree, in the order in which work makes them."""

SHAPES = frozenset({"surface", "motion", "mesh", "model", "heart", "result"})
"""Kinds of which one at a time stands for a structure in 3-D; landmarks lie upon them."""

_ALONE = frozenset({"model", "heart", "result"})
"""Shapes that are looked at without any others."""

CONFIRM_SIDE = "labelmap.confirm_side"
_SAID = {CONFIRM_SIDE, "labelmap.rename_structure", "labelmap.color_structure"}
"""Steps that change what a labelmap's structures are called and nothing of where they lie."""

WORKSPACES = ("images", "anatomy", "simulate", "report")
_KEPT = 12


@dataclass(frozen=True)
class Item:
    """One row of the tree: an entity, or one structure of a labelmap.

    ``key`` is ``id`` or ``id/structure``; ``stale`` says why it is, or is empty.
    """

    key: str
    id: str
    part: str
    kind: str
    name: str
    color: str
    stale: str
    structure: str
    term: str
    side: str
    label: int = 0
    """Its number in the labelmap, by which structures without a color of their own are colored; 0: none."""

    @property
    def group(self) -> str:
        """Its group in the tree."""
        return GROUPS[self.kind]


class Session:
    """The open record, the selection and the visibility, with events for each."""

    opened = Signal()
    """Another record is open, or none."""
    closing = Signal()
    """The record is about to be closed."""
    changed = Signal(tuple)
    """The record's content changed; ids of what did."""
    selected = Signal(str)
    """Key of the selected item, or empty."""
    shown = Signal()
    """The set of what is visible changed."""
    moved = Signal(str)
    """Name of the workspace."""
    wanted = Signal(str)
    """Digest of content that a view asks for and that is not in memory yet."""
    arrived = Signal()
    """Something that was wanted can now be had."""

    def __init__(self) -> None:
        self.record: Record | None = None
        self.selection = ""
        self.workspace = "images"
        self._hidden: set[str] = set()
        self._known: dict[str, Item] = {}
        self._loaded: OrderedDict[str, Any] = OrderedDict()
        self._items: tuple[Item, ...] | None = None

    def open(self, record: Record) -> None:
        """Show another record; the one before must be closed."""
        self.record, self.selection = record, ""
        self._hidden, self._known, self._items = set(), {}, None
        self._loaded.clear()
        record.changed.connect(self._on_change, thread="main")
        self._arrange()
        self._show_last()
        self.opened.emit()

    def close(self) -> None:
        """Close the record, where one is open."""
        if self.record is None:
            return
        self.closing.emit()
        record, self.record = self.record, None
        record.changed.disconnect(self._on_change)
        self._items, self.selection = None, ""
        self._hidden, self._known = set(), {}
        self._loaded.clear()
        record.close()
        self.opened.emit()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entities, in the order in which they were made."""
        return self.record.entries() if self.record else ()

    @property
    def items(self) -> tuple[Item, ...]:
        """All rows of the tree; a labelmap's structures follow it."""
        if self._items is None:
            self._items = _as_their_structures(self.entries)
        return self._items

    def entry(self, key: str) -> Entry | None:
        """Return the entity an item belongs to, or None where it is gone."""
        id = key.partition("/")[0]
        return next((e for e in self.entries if e.id == id), None)

    def item(self, key: str) -> Item | None:
        """Return the item of that key, or None."""
        return next((i for i in self.items if i.key == key), None)

    def of_kind(self, kind: str) -> tuple[Item, ...]:
        """Return all items of one kind, oldest first (labelmaps without their structures)."""
        return tuple(i for i in self.items if i.kind == kind and not i.part)

    def structures(self) -> tuple[Item, ...]:
        """Return the structures of all labelmaps."""
        return tuple(i for i in self.items if i.part)

    def load(self, id: str) -> Any:
        """Return an entity's domain object; those lately used are kept."""
        entry = self.entry(id)
        if entry is None or self.record is None:
            raise UserError("That is no longer in the record.", "Undo brings it back.")
        if entry.digest not in self._loaded:
            self.keep(entry.digest, self.record.load(entry.id))
        self._loaded.move_to_end(entry.digest)
        return self._loaded[entry.digest]

    def get(self, id: str) -> Any | None:
        """Return an entity where it is in memory; else have it read, and return None for now."""
        entry = self.entry(id)
        if entry is None:
            return None
        if entry.digest not in self._loaded:
            self.wanted.emit(entry.digest)
            return None
        self._loaded.move_to_end(entry.digest)
        return self._loaded[entry.digest]

    def keep(self, digest: str, entity: Any) -> None:
        """Take in an entity that came from elsewhere: the reading thread, or the job that made it."""
        self._loaded[digest] = entity
        while len(self._loaded) > _KEPT:
            self._loaded.popitem(last=False)

    def summary(self, id: str) -> dict[str, Any]:
        """Return the named numbers of the step that made an entity's content."""
        made = self.maker(id)
        return made.summary if made else {}

    def maker(self, id: str) -> LogEntry | None:
        """Return the log's entry of the step that made an entity's content."""
        entry = self.entry(id)
        if entry is None or self.record is None:
            return None
        return self.record.history.entry(entry.made_by)

    def _is_in_time(self, item: Item) -> bool:
        entry = self.entry(item.id) if item.kind == "result" else None
        return entry is not None and entry.tree.get("times_s") is not None

    def select(self, key: str) -> None:
        """Select an item; an empty key selects nothing."""
        if key != self.selection:
            self.selection = key
            self.selected.emit(key)

    def is_visible(self, key: str) -> bool:
        """Tell whether an item is shown; a structure is hidden with its labelmap."""
        return key not in self._hidden and key.partition("/")[0] not in self._hidden

    def show(self, key: str, visible: bool = True) -> None:
        """Show or hide an item; of images, one is shown at a time."""
        item = self.item(key)
        if item is None:
            return
        if visible:
            self._hidden -= {key, item.id}
            if item.kind == "volume":
                self._hidden |= {i.key for i in self.of_kind("volume")} - {key}
        else:
            self._hidden.add(key)
        self.shown.emit()

    def show_only(self, key: str) -> None:
        """Show this shape and hide the other shapes of the same structure."""
        item = self.item(key)
        if item is not None:
            self._hide_others(item)
            self.show(key)

    def go_to(self, workspace: str) -> None:
        """Change to another workspace."""
        if workspace != self.workspace:
            self.workspace = workspace
            self.moved.emit(workspace)

    @property
    def volume(self) -> Item | None:
        """The image that the slice views show."""
        shown = [i for i in self.of_kind("volume") if self.is_visible(i.key)]
        return shown[-1] if shown else None

    def identities(self) -> list[Identity]:
        """Return whose images are here, each patient's study once."""
        found: dict[tuple[str, ...], Identity] = {}
        for entry in self.entries:
            identity = identity_of(entry)
            who = (identity.patient_name, identity.patient_id, identity.study_uid or identity.study_date)
            if any(who):
                found.setdefault(who, identity)
        return list(found.values())

    def _on_change(self, change: Change) -> None:
        self._items = None
        self._follow_names()
        self._arrange()
        if self.selection and self.item(self.selection) is None:
            self.select("")
        self.changed.emit(tuple(change.ids))

    def _follow_names(self) -> None:
        """Structures that have another name now stay selected and hidden as they were."""
        here = {item.key: item for item in self.items}
        gone = [old for key, old in self._known.items() if old.part and key not in here]
        for old in gone:
            same = [i for i in here.values() if i.part and (i.id, i.label) == (old.id, old.label)]
            new = [i.key for i in same if i.key not in self._known]
            if len(new) != 1:
                continue
            self._known[new[0]] = here[new[0]]
            if old.key in self._hidden:
                self._hidden.add(new[0])
            if old.key == self.selection:
                self.selection = new[0]

    def _arrange(self) -> None:
        """Show what is new in the place of what it was made from; bring back what a removal uncovers."""
        here = {item.key: item for item in self.items}
        for key in [k for k in self._known if k not in here]:
            self._uncover(self._known.pop(key))
        came: list[Item] = []
        beats = any(item.kind == "heart" for item in self._known.values())
        for item in self.items:
            if item.key in self._known:
                continue
            self._known[item.key] = item
            self._hidden.discard(item.key)
            if item.kind == "volume":
                came.append(item)
            elif beats and self._is_in_time(item):
                self._hidden.add(item.key)  # a full beat takes minutes: the live one is at work meanwhile
            elif not item.part:
                self._hide_others(item)
        if came:
            main = main_image([self.entry(i.id) for i in came])
            self._hidden |= {i.key for i in self.of_kind("volume")} - {main}

    def _show_last(self) -> None:
        """Show the image that was shown when the record was left, unless others have come since."""
        here = [item.key for item in self.of_kind("volume")]
        last, *known = self.record.views.last or ("",) if self.record is not None else ("",)
        if last in here and set(here) <= set(known):
            self._hidden |= set(here) - {last}
            self._hidden.discard(last)

    def _hide_others(self, item: Item) -> None:
        """Hide the other shapes of a structure; a load, a heart or a result is looked at alone."""
        alone = item.kind in _ALONE
        replaced = SHAPES | {"landmarks"} if alone else SHAPES
        if item.kind in SHAPES:
            self._hidden |= {
                i.key for i in self.items
                if i.key != item.key and i.kind in replaced and (alone or i.structure == item.structure)
            }  # fmt: skip

    def _uncover(self, gone: Item) -> None:
        images = self.of_kind("volume")
        if gone.kind == "volume" and images and self.volume is None:
            self._hidden.discard(images[-1].key)
        if gone.kind not in SHAPES or gone.key in self._hidden:
            return
        left = [i for i in self.items if i.kind in SHAPES and i.structure == gone.structure]
        if left:
            self._hidden.discard(left[-1].key)
        if gone.kind in _ALONE and left and left[-1].kind in ("surface", "mesh"):
            self._hidden -= {
                i.key for i in self.items if i.kind == "surface" and i.structure != gone.structure
            }


def main_image(came: Iterable[Entry | None]) -> str:
    """Return which of several images that came together is looked at first; their id.

    It is the one with the most slices and moments of its study and modality, the last of equals; no mask
    where there is an image. Of several studies and modalities the last one's.
    """
    entries = [e for e in came if e is not None]
    images = [e for e in entries if not _like_labels(e)] or entries
    last = images[-1]
    alike = [e for e in images if _study_and_modality(e) == _study_and_modality(last)]
    return max(reversed(alike), key=_count_of_slices).id


def _like_labels(entry: Entry) -> bool:
    from twin.sources.grid import LOOKS_LIKE_LABELS

    return any(LOOKS_LIKE_LABELS in note for note in entry.tree.get("notes") or ())


def _study_and_modality(entry: Entry) -> tuple[str, str]:
    identity = identity_of(entry)
    return identity.study_uid or identity.study_date, str(entry.tree.get("modality") or "")


def _count_of_slices(entry: Entry) -> int:
    """Return how many slices an image has, at all its moments."""
    return math.prod(entry.tree["voxels"]["shape"][:-2])


def sizes_of(session: Session, id: str) -> list[dict[str, Any]]:
    """Return what the segmentation says of a labelmap's structures (volume, center) under their names now.

    A side that was confirmed, another name or color leave them where they are.
    """
    made, log = session.maker(id), {e.number: e for e in session.record.log()} if session.record else {}
    while made is not None and made.step in _SAID:
        made = log.get(next(iter(made.inputs.values()))["made_by"])
    listed = list(made.summary.get("structures") or ()) if made else []
    names = [i.part for i in session.structures() if i.id == id]
    return [one | {"name": name} for one, name in zip(listed, names, strict=False)]


def identity_of(entry: Entry) -> Identity:
    """Return whose an entity is, without reading its arrays."""
    return Identity(**entry.tree.get("identity", {}))


def _rows(entry: Entry) -> list[Item]:
    tree = entry.tree
    rows = [
        Item(
            entry.id, entry.id, "", entry.kind, entry.name, entry.color or tree.get("color", ""),
            entry.stale or "",
            tree.get("structure", ""), tree.get("term", ""), tree.get("side", "none"),
        )
    ]  # fmt: skip
    for part in tree.get("structures", ()):
        rows.append(
            Item(
                f"{entry.id}/{part['name']}", entry.id, part["name"], entry.kind, part["name"],
                part.get("color", ""), entry.stale or "", part["name"], part.get("term", ""),
                part.get("side", "none"), part["label"],
            )
        )  # fmt: skip
    return rows


def _as_their_structures(entries: Iterable[Entry]) -> tuple[Item, ...]:
    """Return all rows; shapes for which no color was chosen have that of their structure, as it is now."""
    chosen = {entry.id: entry.color for entry in entries}
    rows = [row for entry in entries for row in _rows(entry)]
    of = {row.part: row for row in rows if row.part}
    return tuple(
        replace(
            row,
            color=chosen[row.id] or of[row.structure].color or row.color,
            label=of[row.structure].label,
        )
        if row.kind in ("surface", "mesh") and row.structure in of
        else row
        for row in rows
    )
