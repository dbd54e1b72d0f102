"""The record of one patient."""

import contextlib
import sqlite3
import threading
import weakref
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from psygnal import Signal

from twin import patient
from twin.domain import Entity, Identity
from twin.errors import RecordError, UserError
from twin.record import (
    audit,
    care,
    door,
    effects,
    forgetting,
    history,
    lock,
    parts,
    reference,
    witness,
)
from twin.record.entries import Call, Change, Entry, LogEntry
from twin.record.history import History, Item, State, Way
from twin.record.objects import Packed, Shelf, freeze
from twin.record.views import Views
from twin.record.writer import Batch, Writer
from twin.steps import Made, Ref

_BEHIND_LIMIT_BYTES = 64 << 20


class Record:
    """A patient's twin in one ``.twin`` file.

    Made by ``create`` or ``open``; close it, or use it as a context manager. Its methods may be
    called from several threads.

    Attributes
    ----------
    changed : psygnal signal of Change
        After the state has changed, in the thread that changed it.
    failed : psygnal signal of RecordError
        When what was to be written behind could not be, in the writer's thread. Nothing is lost as
        long as the record stays open: it is tried again at the next change, ``flush`` or ``close``.
    history : History
        The log with its pointer: which steps lead to the present state.
    shelf : Shelf
        Where stored objects are looked up by content hash.
    views : Views
        How each image was left.
    """

    changed = Signal(Change)
    failed = Signal(RecordError)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new, empty record and open it for writing; ``RecordError`` where it cannot be."""
        door.create(Path(path))
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, *, write: bool = True) -> Self:
        """Open a record: its log and state; arrays are read when needed.

        Parameters
        ----------
        write : bool
            Become its owner. For reading only, the lock is not touched and what is seen is the
            record at this moment.

        Raises
        ------
        RecordError
            Where it is no record, is damaged, newer than this program, or held by another process.
        """
        return cls(Path(path), write=write)

    def __init__(self, path: Path, *, write: bool) -> None:
        self.path = path
        self.writable = write
        self._gate = threading.RLock()
        self._loaded: weakref.WeakValueDictionary[str, Entity] = weakref.WeakValueDictionary()
        self._compactions = 0
        self._open = True
        self._db: sqlite3.Connection | None = None
        self._writer: Writer | None = None
        self._holder: lock.Holder | None = None
        reader = door.connect(path, write=False)
        self.shelf = Shelf(path, reader)
        try:
            self.views = Views(reader)
            self.history = self._take(reader) if write else self._look(reader)
            self._state = self.history.state()
            self._entries = self._describe()
        except BaseException as error:
            self._let_go()
            if isinstance(error, door.faults()):
                raise door.trouble(path, error) from error
            raise
        if self._db is not None:
            self._writer = self.views.writer = Writer(path, self._db, self.shelf, self.failed.emit)

    def _look(self, reader: sqlite3.Connection) -> History:
        version = door.version(reader)
        if version < door.FORMAT:
            raise RecordError(
                f"{self.path} is of the older format {version}.",
                "Open it for writing once: it is brought up to date, and a backup stays beside it.",
            )
        return care.read_history(self.path, reader)

    def _take(self, reader: sqlite3.Connection) -> History:
        # Looked at before anything is written: what cannot be read is left as it is.
        seen = self._look(reader) if door.version(reader) == door.FORMAT else None
        self._db = door.connect(self.path, write=True)
        self._holder = lock.take(self.path, self._db)
        door.migrate(self.path, self._db)
        now = care.last_hash(self._db)
        return seen if seen is not None and seen.last_hash == now else care.read_history(self.path, self._db)

    def _let_go(self) -> None:
        self.shelf.close()
        if self._db is None:
            return
        # All is in the file already. Where there is no room to tidy up, the next one who opens does.
        with contextlib.suppress(*door.faults()):
            if self._holder is not None:
                lock.release(self.path, self._db, self._holder)
            door.settle(self._db)
        self._db.close()
        if self._holder is not None and self._writer is not None:
            witness.remember(self.path, self.history)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what is in it

    def entries(self) -> tuple[Entry, ...]:
        """Return the entities of the present state, in the order made."""
        return self._entries

    def find(self, ref: str) -> Entry:
        """Return the entity of that id or name.

        Raises
        ------
        UserError
            Where there is none; it lists those there are.
        """
        return reference.find(self._entries, ref, self.path.name)

    def owner(self, ref: str) -> Entry:
        """Return the entity that ``ID``, ``NAME`` or ``NAME/PART`` means, or is a part of.

        Raises
        ------
        UserError
            As ``load``.
        """
        return self.find(reference.refer(self._entries, ref, self.path.name).id)

    def load(self, ref: str) -> Entity:
        """Return the entity, or part of one, that ``ID``, ``NAME`` or ``NAME/PART`` means now.

        A part of a labelmap is a labelmap with that structure alone; a patch of a mesh is a surface.
        """
        return self.load_ref(reference.refer(self._entries, ref, self.path.name))

    def load_ref(self, ref: Ref) -> Entity:
        """Return the entity, or part of one, as it was when the reference was made."""
        whole = self.load_object(ref.digest)
        if not ref.part:
            return whole
        key = f"{ref.digest}/{ref.part}"
        known = self._loaded.get(key)
        if known is None:
            try:
                known = parts.take(whole, ref.part)
            except KeyError as error:
                raise UserError(f"“{ref.name}”: {error.args[0]}.") from None
            self._loaded[key] = known
        return known

    def load_object(self, digest: str) -> Entity:
        """Return an entity by its content hash; the same object while somebody holds it."""
        known = self._loaded.get(digest)
        if known is None:
            known = self.shelf.load(digest)
            self._loaded[digest] = known
        return known

    def patient(self) -> Identity | None:
        """Return whose record it is, as the first entity that says so names him; others fill in the rest."""
        first: dict[str, str] = {}  # an edit says nothing new of the patient
        for entry in self.history.chain():
            for output in entry.outputs.values():
                first.setdefault(output["id"], output["digest"])
        known = None
        for digest in first.values():
            identity = patient.read(self.shelf.about(digest).tree)
            if identity.named:
                known = patient.joined(known, identity)
        return known

    def log(self) -> tuple[LogEntry, ...]:
        """Return all that was ever done, oldest first."""
        return self.history.log

    def _describe(self) -> tuple[Entry, ...]:
        about = self.shelf.about
        why = history.staleness(self.history, self._state, about)
        return tuple(self._entry(item, why[item.id]) for item in self._state.values())

    def _entry(self, item: Item, stale: str) -> Entry:
        about = self.shelf.about(item.digest)
        return Entry(
            item.id,
            item.kind,
            item.name,
            item.digest,
            item.made_by,
            stale,
            item.color,
            about.tree,
            about.size,
        )

    # --- what changes it

    def commit(self, call: Call, made: Made, seconds: float, peak_mb: float) -> LogEntry:
        """Take a step's result into the record, as one transaction.

        On return it is durable; the result of a quick step is so within a second.

        Raises
        ------
        RecordError
            Where the result is another patient's, what it replaces has moved on, or the file
            cannot be written. The record is then as it was.
        """
        self._writing()
        while True:
            compactions = self._compactions
            packed, digests = Packed(), {}
            for role, entity in made.outputs.items():
                digests[role], rows = self.shelf.pack(entity, self._replaced(call, role))
                packed.add(rows)
            with self._gate:
                # What was there already when it was packed may have been dropped since.
                if compactions != self._compactions:
                    continue
                before = self._state
                cost = {"seconds": float(seconds), "peak_mb": float(peak_mb)}
                entry = self._commit(call, made, digests, packed, cost)
            self._announce(before, entry)
            return entry

    def _replaced(self, call: Call, role: str) -> tuple[str, Entity] | None:
        """Return what an output replaces, with its content hash, if somebody still holds it."""
        item = self._state.get(call.into.get(role, ""))
        entity = self._loaded.get(item.digest) if item is not None else None
        return (item.digest, entity) if item is not None and entity is not None else None

    def _commit(
        self, call: Call, made: Made, digests: dict[str, str], packed: Packed, cost: dict[str, float]
    ) -> LogEntry:
        effects.check_current(self._state, call)
        effects.check_patient(self.patient(), made, self.path.name)
        outputs = effects.outputs(self.history, self._state, call, made, digests)
        entry = self._new_entry(
            "step",
            step=call.step,
            version=call.version,
            params=effects.plain(call.params if made.logged is None else made.logged),
            inputs={name: self._used(ref) for name, ref in call.inputs.items()},
            outputs=outputs,
            attributes=effects.attributes(self._state, made, outputs),
            names=dict(call.names),
            summary=effects.plain(made.summary),
            software=effects.software(),
            **cost,
        )
        quick = effects.quick(call.step) and packed.size <= _BEHIND_LIMIT_BYTES
        entry = self._append(entry, packed, behind=quick)
        if quick:
            for role, entity in made.outputs.items():
                freeze(entity)
                self._loaded[digests[role]] = entity
        return entry

    def _used(self, ref: Ref) -> dict[str, Any]:
        item = self._state.get(ref.id)
        same = item is not None and item.digest == ref.digest
        made_by = item.made_by if item is not None and same else self._maker(ref)
        return {
            "id": ref.id, "name": ref.name, "digest": ref.digest, "part": ref.part, "made_by": made_by,
        }  # fmt: skip

    def _maker(self, ref: Ref) -> int:
        for entry in reversed(self.history.log):
            for output in entry.outputs.values():
                if (output["id"], output["digest"]) == (ref.id, ref.digest):
                    return entry.number
        raise RecordError(f"“{ref}” ({ref.id}) was never in {self.path.name}.")

    def undo(self) -> LogEntry | None:
        """Go back by one step; None where there is nothing to undo."""
        return self._travel("undo")

    def redo(self) -> LogEntry | None:
        """Go forward again by one step; None where there is nothing to redo."""
        return self._travel("redo")

    def _travel(self, kind: Way) -> LogEntry | None:
        self._writing()
        with self._gate:
            step = self.history.next(kind)
            if step is None:
                return None
            to = step.parent if kind == "undo" else step.number
            details = {"number": step.number, "to": to}
            entry = self._append(
                self._new_entry(kind, step=step.step, version=step.version, params=details),
                Packed(),
                behind=True,
            )
        self.changed.emit(Change("undone" if kind == "undo" else "redone", history.changed_ids(step)))
        return entry

    def title(self, way: Way) -> str:
        """Return the title of the step that ``undo`` takes back or ``redo`` brings back; empty for none."""
        step = self.history.next(way)
        return effects.title(step.step) if step else ""

    def note(self, kind: str, details: dict[str, Any]) -> LogEntry:
        """Log what was done with the record without changing it (``opened``, ``exported``, ``sent``).

        On return it is in the file; that it was opened, within a second, so that nobody waits for it.
        """
        if kind in ("step", "undo", "redo"):
            raise ValueError(f"“{kind}” is not noted but done")
        self._writing()
        with self._gate:
            entry = self._new_entry(kind, params=effects.plain(details))
            return self._append(entry, Packed(), behind=kind == "opened")

    def forget(self, ref: str) -> LogEntry:
        """Remove an entity for good: its bytes, its versions, and what the log says of it.

        Undo cannot bring it back. What was made from it stays, and is out of date. What no state can come
        to any more goes with it, as when the record is compacted.

        Raises
        ------
        UserError
            Where there is no such entity, or the file cannot be written.
        """
        item = self.find(ref)
        with self._gate:
            writer = self._writing()
            writer.flush()
            db = writer.db
            redacted = forgetting.redact(audit.rows(db), item.id)
            details = forgetting.params_of(item.id, item.kind, redacted)
            entry = self._new_entry(history.FORGOTTEN, params=details)
            entry, body = history.seal(entry, self.history.last_hash)
            self.history = care.forget(self.path, db, redacted, entry, body, self.history.pointer)
            self._compactions += 1
            self.shelf.forget()
            self.views.forget(item.id)
            self._state = self.history.state()
            self._entries = self._describe()
        self.changed.emit(Change("removed", (item.id,)))
        return entry

    def _new_entry(self, kind: str, **values: Any) -> LogEntry:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        number = len(self.history.log) + 1
        values.setdefault("software", effects.program())
        return LogEntry(number, now, lock.user_name(), kind, parent=self.history.pointer, **values)

    def _append(self, entry: LogEntry, packed: Packed, *, behind: bool) -> LogEntry:
        writer = self._writing()
        if writer.failed is not None:
            writer.flush()
        entry, body = history.seal(entry, self.history.last_hash)
        self.history.append(entry)
        try:
            batch = Batch(entry, body, self.history.pointer, packed)
            writer.write_soon(batch) if behind else writer.write_now(batch)
        except BaseException:
            self.history.drop_last()
            raise
        if entry.kind == "step":
            self._state = history.after(self._state, entry)
        elif entry.kind in ("undo", "redo"):
            self._state = self.history.state()
        self._entries = self._describe()
        return entry

    def _announce(self, before: State, entry: LogEntry) -> None:
        ids, now = history.changed_ids(entry), self._state
        groups: dict[str, Iterable[str]] = {
            "added": [id for id in ids if id not in before and id in now],
            "edited": [id for id in ids if id in before and id in now],
            "removed": [id for id in ids if id not in now],
        }
        for kind, members in groups.items():
            if members:
                self.changed.emit(Change(kind, tuple(members)))

    def _writing(self) -> Writer:
        if not self._open:
            raise RecordError(f"{self.path} is closed.")
        if self._writer is None:
            raise RecordError(f"{self.path} is open for reading only.", "Open it for writing.")
        return self._writer

    # --- the file

    def flush(self) -> None:
        """Return when all that was done is in the file; ``RecordError`` where it cannot be."""
        if self._open and self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Write what waits, give the record free, leave one file.

        Raises
        ------
        RecordError
            Where what waits cannot be written: the record stays open, so that it can be tried again.
        """
        with self._gate:
            if not self._open:
                return
            if self._writer is not None:
                self._writer.close()
            self._open = False
            self._let_go()

    def check(self) -> list[str]:
        """Return what is wrong with the file, in words: the database, the log's chain, every block."""
        self.flush()
        return care.check(self.path)

    def compact(self) -> int:
        """Drop what neither the state nor undo nor redo can reach; returns the bytes freed."""
        with self._gate:
            writer = self._writing()
            writer.flush()
            self._compactions += 1
            self.shelf.forget()
            return care.compact(self.path, writer.db, self.history.reachable())
