"""A record told anew, in a file of its own, each thing and each word of it through somebody's hands.

What the new record holds is what the old one holds now: what was removed, undone or painted over is not in
it. Its log has the steps that led there, so that every number can still say what it was made from; its
undo begins where it begins.
"""

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from twin.domain import Entity
from twin.errors import RecordError
from twin.progress import Progress
from twin.record import care, door, effects, history, objects
from twin.record.entries import Entry, LogEntry
from twin.record.objects import Shelf
from twin.record.record import Record


class Teller(Protocol):
    """What a thing, a name, a value or a time becomes on its way into the new record."""

    def entity(self, entity: Entity) -> Entity:
        """Return what is stored in an entity's place."""

    def name(self, name: str, otherwise: str = ...) -> str:
        """Return a name; different ones stay different."""

    def plain(self, value: Any, key: str = ...) -> Any:
        """Return parameters or a summary."""

    def time(self, text: str) -> str:
        """Return a time of the log."""


def retell(
    record: Record, target: Path, teller: Teller, note: dict[str, Any], progress: Progress | None = None
) -> None:
    """Write a new record of what another holds now; it appears whole or not at all.

    Parameters
    ----------
    note : dict
        What the new log's last entry says of how it came to be.

    Raises
    ------
    RecordError
        Where there is something already, or nothing can be written.
    """
    progress = progress or Progress()
    if target.exists():
        raise RecordError(f"{target} exists already.", "Choose another name.")
    record.flush()
    part = target.with_name(f".{target.name}.part")
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{part}{ending}").unlink(missing_ok=True)
    try:
        door.create(part)
        _Retelling(record, part, teller).write(note, progress)
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except door.faults() as error:
        raise door.trouble(target, error) from error
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            Path(f"{part}{ending}").unlink(missing_ok=True)


class _Retelling:
    def __init__(self, record: Record, part: Path, teller: Teller) -> None:
        self._record, self._part, self._teller = record, part, teller
        self._now: dict[str, Entry] = {e.id: e for e in record.entries()}
        self._digests: dict[str, str] = {}
        """By id, the content hash in the new record."""

    def write(self, note: dict[str, Any], progress: Progress) -> None:
        with (
            contextlib.closing(door.connect(self._part, write=True)) as db,
            contextlib.closing(Shelf(self._part, door.connect(self._part, write=False))) as shelf,
        ):
            for n, entry in enumerate(self._now.values()):
                progress(n / len(self._now), f"writing {entry.id}")
                entity = self._teller.entity(self._record.load(entry.id))
                self._digests[entry.id], packed = shelf.pack(entity)
                with door.transaction(db):
                    objects.write(db, packed)
            with door.transaction(db):
                last, pointer = care.last_hash(db), 0
                for told in self._log(note):
                    sealed, body = history.seal(told, last)
                    row = (sealed.number, body, sealed.previous_hash, sealed.hash)
                    db.execute("INSERT INTO log VALUES (?, ?, ?, ?)", row)
                    last, pointer = sealed.hash, sealed.number if sealed.kind == "step" else pointer
                set_about = "INSERT OR REPLACE INTO about VALUES (?, ?)"
                db.executemany(set_about, [("pointer", str(pointer)), ("last_hash", last)])
            shelf.close()
            door.settle(db)

    def _log(self, note: dict[str, Any]) -> Iterator[LogEntry]:
        numbers: dict[int, int] = {0: 0}
        count = 0
        for old in self._record.history.chain():
            outputs = {role: self._output(o) for role, o in old.outputs.items() if o["id"] in self._now}
            changes = {id: self._change(c) for id, c in old.attributes.items() if id in self._now}
            if not outputs and not changes:
                continue
            yield LogEntry(
                count + 1, self._teller.time(old.time), "", "step", old.step, old.version,
                params=self._teller.plain(old.params),
                inputs={name: self._input(i, numbers) for name, i in old.inputs.items()},
                outputs=outputs,
                attributes=changes,
                names={role: self._teller.name(name) for role, name in old.names.items()},
                summary=self._teller.plain(old.summary),
                seconds=old.seconds, peak_mb=old.peak_mb, software=old.software,
                parent=count,
            )  # fmt: skip
            count += 1
            numbers[old.number] = count
        yield dataclasses.replace(
            self._record._new_entry(history.RETOLD, params=effects.plain(note)),
            number=count + 1,
            parent=count,
        )

    def _output(self, output: dict[str, Any]) -> dict[str, Any]:
        # Whatever it was at that step, it is what it is now: the old content is not here.
        name = self._teller.name(output["name"], output["kind"])
        return output | {"name": name, "digest": self._digests[output["id"]]}

    def _change(self, change: dict[str, Any]) -> dict[str, Any]:
        return change | ({"name": self._teller.name(change["name"])} if "name" in change else {})

    def _input(self, used: dict[str, Any], numbers: dict[int, int]) -> dict[str, Any]:
        told = used | {
            "name": self._teller.name(used["name"]),
            "part": self._teller.name(used["part"]),
            "made_by": numbers.get(used["made_by"], 0),
        }
        if self._same(used):
            return told | {"digest": self._digests[used["id"]]}
        # It has moved on since, or is gone: what was made from it stays stale.
        return told | {"digest": hashlib.blake2b(os.urandom(16), digest_size=32).hexdigest(), "part": ""}

    def _same(self, used: dict[str, Any]) -> bool:
        now = self._now.get(used["id"])
        if now is None or now.digest == used["digest"] or not used["part"]:
            return now is not None and now.digest == used["digest"]
        then, there = (self._record.shelf.about(d).parts for d in (used["digest"], now.digest))
        return used["part"] in there and then.get(used["part"]) == there[used["part"]]
