"""The log and the state: what was done, and where in it the record stands.

The state is never stored: it is what the steps on the way from the empty record to the
pointer add up to. So undo and redo only move the pointer.
"""

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from twin.errors import RecordError
from twin.record.entries import Entry, LogEntry
from twin.record.objects import About, canonical

RETOLD = "de-identified"
"""Kind of the entry with which a record begins whose steps were told anew from another: undo ends there."""

FORGOTTEN = "forgotten"
"""Kind of the entry that says that an entity was forgotten."""

_HASHES = ("hash", "previous_hash")


@dataclass(frozen=True)
class Item:
    """One entity as the steps so far leave it."""

    id: str
    kind: str
    name: str
    digest: str
    made_by: int
    color: str = ""


State = dict[str, Item]
Way = Literal["undo", "redo"]
"""Which way the pointer goes."""


def seal(entry: LogEntry, previous_hash: str) -> tuple[LogEntry, str]:
    """Chain an entry to the one before; returns it with its hashes, and its body as it is stored."""
    body = {f.name: getattr(entry, f.name) for f in dataclasses.fields(entry) if f.name not in _HASHES}
    text = canonical(body)
    # Read back, so that an entry is the same object before and after it was stored.
    return unseal(text, previous_hash, chain_hash(previous_hash, text)), text


def unseal(body: str, previous_hash: str, hash: str) -> LogEntry:
    """Read a stored entry; fields of a later version are left out."""
    known = {f.name for f in dataclasses.fields(LogEntry)}
    values = {key: value for key, value in json.loads(body).items() if key in known}
    # Stored in the order of the alphabet: “volume 10” before “volume 2”.
    values["outputs"] = dict(sorted(values.get("outputs", {}).items(), key=lambda item: natural(item[0])))
    return LogEntry(**values | {"previous_hash": previous_hash, "hash": hash})


def natural(text: str) -> list[tuple[int, str]]:
    """Return a key that sorts text as people do: “volume 2” before “volume 10”."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", text)]


def chain_hash(previous_hash: str, body: str) -> str:
    """Return the hash that binds a body to all that came before it."""
    return hashlib.blake2b(f"{previous_hash}\n{body}".encode(), digest_size=32).hexdigest()


class History:
    """The log, the pointer into it, and the redo tail."""

    def __init__(self, record: str, entries: tuple[LogEntry, ...] = ()) -> None:
        self.record = record
        self.log: tuple[LogEntry, ...] = ()
        self.pointer = 0
        self.redo: tuple[int, ...] = ()
        self.base = 0
        """Undo goes back no further than to this entry."""
        self.highest: dict[str, int] = {}
        """Highest number given so far to an id, by prefix: ids are never used again."""
        self._foreign: dict[tuple[str, int], tuple[dict[str, Any], ...]] = {}
        for entry in entries:
            self._move(entry)
        self.log = entries

    @property
    def last_hash(self) -> str:
        """Hash of the newest entry."""
        return self.log[-1].hash if self.log else self.record

    def append(self, entry: LogEntry) -> None:
        """Take a sealed entry in."""
        self.log = (*self.log, entry)
        self._move(entry)

    def drop_last(self) -> None:
        """Forget the newest entry, which could not be written."""
        self.__init__(self.record, self.log[:-1])  # type: ignore[misc]

    def _move(self, entry: LogEntry) -> None:
        if entry.kind == "step":
            self.pointer, self.redo = entry.number, ()
            for output in entry.outputs.values():
                self._given(output["id"])
        elif entry.kind == "undo":
            self.redo = (*self.redo, self.pointer)
            self.pointer = entry.params["to"]
        elif entry.kind == "redo":
            self.redo, self.pointer = self.redo[:-1], entry.params["to"]
        elif entry.kind == RETOLD:
            self.base = self.pointer
        elif entry.kind == FORGOTTEN:
            self._given(entry.params["id"])

    def _given(self, id: str) -> None:
        prefix, number = id[0], int(id[1:])
        self.highest[prefix] = max(number, self.highest.get(prefix, 0))

    def entry(self, number: int) -> LogEntry:
        """Return the log entry of that number (1, 2, ...)."""
        return self.log[number - 1]

    def next(self, way: Way) -> LogEntry | None:
        """Return the step that is taken back or brought back next; None where there is none."""
        back = self.pointer if self.pointer != self.base else 0
        number = back if way == "undo" else (self.redo[-1] if self.redo else 0)
        return self.entry(number) if number else None

    def chain(self, pointer: int | None = None) -> list[LogEntry]:
        """Return the steps that lead from the empty record to the pointer, first one first."""
        steps = []
        at = self.pointer if pointer is None else pointer
        while at:
            steps.append(self.entry(at))
            at = steps[-1].parent
        return steps[::-1]

    def state(self) -> State:
        """Return the entities of the present state, in the order made."""
        state: State = {}
        for entry in self.chain():
            state = after(state, entry)
        return state

    def foreign_inputs(self, id: str, made_by: int) -> tuple[dict[str, Any], ...]:
        """Return the other entities that an entity's content was made from, all its edits included."""
        known = self._foreign.get((id, made_by))
        if known is not None:
            return known
        # Walked back to what is known already, since a painted labelmap has thousands of edits.
        entries = [self.entry(made_by)]
        found: tuple[dict[str, Any], ...] = ()
        while before := [i["made_by"] for i in entries[-1].inputs.values() if i["id"] == id]:
            if (id, before[0]) in self._foreign:
                found = self._foreign[id, before[0]]
                break
            entries.append(self.entry(before[0]))
        for entry in reversed(entries):
            # What the same step replaced counts as it left it.
            left = {output["id"]: {"digest": output["digest"]} for output in entry.outputs.values()}
            more = tuple(i | left.get(i["id"], {}) for i in entry.inputs.values() if i["id"] != id)
            found += tuple(i for i in more if i not in found)
            self._foreign[id, entry.number] = found
        return found

    def reachable(self) -> set[str]:
        """Return the content hashes that the state, undo or redo can come to."""
        far = self.redo[0] if self.redo else self.pointer
        return {output["digest"] for entry in self.chain(far) for output in entry.outputs.values()}


def after(state: State, entry: LogEntry) -> State:
    """Return the state that a step makes of another."""
    new = dict(state)
    for output in entry.outputs.values():
        old = new.get(output["id"])
        item = Item(output["id"], output["kind"], output["name"], output["digest"], entry.number)
        new[item.id] = replace(item, color=old.color) if old else item
    for id, change in entry.attributes.items():
        if change.get("removed"):
            new.pop(id, None)
        elif id in new:
            new[id] = replace(new[id], **change)
    return new


def changed_ids(entry: LogEntry) -> tuple[str, ...]:
    """Return the ids of the entities that a step made or changed."""
    ids = [output["id"] for output in entry.outputs.values()]
    return tuple(dict.fromkeys([*ids, *entry.attributes]))


def makers(history: History, item: Item | Entry) -> list[LogEntry]:
    """Return the steps that made an entity's content: the first made it, the rest edited it."""
    found = [history.entry(item.made_by)]
    while own := [i["made_by"] for i in found[-1].inputs.values() if i["id"] == item.id]:
        found.append(history.entry(own[0]))
    return found[::-1]


def staleness(history: History, state: State, about: Callable[[str], About]) -> dict[str, str]:
    """Return, for each entity, why it no longer belongs to its inputs; empty where it does."""
    why: dict[str, str] = {}

    def judge(id: str) -> str:
        if id not in why:
            why[id] = ""  # an entity cannot be stale because of itself
            inputs = history.foreign_inputs(id, state[id].made_by)
            why[id] = next(filter(None, map(reason, inputs)), "")
        return why[id]

    def then(used: dict[str, Any]) -> dict[str, str]:
        try:
            return about(used["digest"]).parts
        except RecordError:  # undone while a step ran on it, and let go by ``compact`` since
            return {}

    def reason(used: dict[str, Any]) -> str:
        name = f"“{used['name']}/{used['part']}”" if used["part"] else f"“{used['name']}”"
        now = state.get(used["id"])
        if now is None:
            return f"{name} was removed"
        if now.digest != used["digest"]:
            there = about(now.digest).parts
            if used["part"] and used["part"] not in there:
                return f"{name} is no longer there"
            if not used["part"] or then(used).get(used["part"]) != there[used["part"]]:
                return f"{name} has changed since"
        return f"{name} is itself out of date" if judge(now.id) else ""

    for id in state:
        judge(id)
    return why
