"""Reading, checking and compacting a record's file."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from twin.errors import RecordError
from twin.record import audit, blocks, door, history
from twin.record.blocks import Block
from twin.record.entries import LogEntry
from twin.record.forgetting import Redacted
from twin.record.history import History
from twin.record.objects import arrays_in, object_digest
from twin.record.views import PREFIX


def read_history(path: Path, db: sqlite3.Connection) -> History:
    """Read the log, and see that the pointer is where the log leads.

    Raises
    ------
    RecordError
        Where they contradict each other.
    """
    about = dict(db.execute("SELECT key, value FROM about"))
    try:
        rows = db.execute("SELECT body, previous_hash, hash FROM log ORDER BY number")
        entries = tuple(history.unseal(*row) for row in rows)
        found = History(about["record"], entries)
        if [e.number for e in entries] != list(range(1, len(entries) + 1)):
            raise ValueError("an entry is missing")
        if str(found.pointer) != about["pointer"]:
            raise ValueError("the state is not where the log leads")
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise RecordError(f"{path} is damaged: its log cannot be followed ({error}).") from None
    return found


def last_hash(db: sqlite3.Connection) -> str:
    """Return the hash of the newest entry in the file."""
    about = dict(db.execute("SELECT key, value FROM about"))
    return str(about.get("last_hash", about["record"]))


def check(path: Path) -> list[str]:
    """Return what is wrong with a record's file, in words; nothing where it is whole.

    The database's own check; the log's hash chain; every block, array and object against its hash;
    all that state, undo and redo can reach is there.
    """
    with contextlib.closing(door.connect(path, write=False)) as db:
        try:
            faults = [f"database: {row[0]}" for row in db.execute("PRAGMA cipher_integrity_check")]
            faults += [
                f"database: {row[0]}" for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"
            ]
            faults += audit.check(db)
            faults += _check_content(db)
            reachable = read_history(path, db).reachable()
            there = {row[0] for row in db.execute("SELECT digest FROM objects")}
            faults += [f"object {digest[:12]}: missing" for digest in sorted(reachable - there)]
        except door.faults() as error:
            return [f"database: {error}"]
        except RecordError as error:
            return [*faults, error.message]
    return faults


def verify(path: Path, head: str = "") -> list[str]:
    """Return what is wrong with a record, also where only what is known outside it tells.

    A file that was put back from a copy is whole, and its log lacks what was done since.

    Parameters
    ----------
    head : str
        The hash of an entry, or the beginning of one, noted elsewhere: the log must hold it.
    """
    faults = check(path)
    with contextlib.closing(door.connect(path, write=False)) as db:
        try:
            faults += audit.check_outside(path, db, head)
        except door.faults() as error:
            faults += [f"database: {error}"]
    return faults


def _check_content(db: sqlite3.Connection) -> Iterator[str]:
    good = set()
    for address, *row in db.execute("SELECT * FROM blocks"):
        try:
            raw = np.empty(row[0], np.uint8)
            blocks.unpack(Block(*row), raw)
        except (blocks.DamagedBlock, ValueError, TypeError, MemoryError):  # of a size that is none
            yield f"block {address.hex()[:12]}: cannot be unpacked"
            continue
        if blocks.digest(raw) != address:
            yield f"block {address.hex()[:12]}: is not what it was"
            continue
        good.add(address)
    arrays = {}
    for digest, joined in db.execute("SELECT * FROM arrays"):
        arrays[digest] = blocks.split(joined)
        if not good.issuperset(arrays[digest]):
            yield f"array {digest[:12]}: lacks a block"
    for digest, kind, text in db.execute("SELECT digest, kind, tree FROM objects"):
        try:
            tree = json.loads(text)
        except ValueError:
            yield f"object {digest[:12]}: cannot be read"
            continue
        if object_digest(kind, tree) != digest:
            yield f"object {digest[:12]}: was altered"
            continue
        for array in arrays_in(tree):
            addresses = arrays.get(array["digest"])
            if addresses is None:
                yield f"object {digest[:12]}: lacks the array “{array['$array']}”"
                continue
            shape, dtype = tuple(array["shape"]), np.dtype(array["dtype"])
            if blocks.array_digest(shape, dtype, addresses) != array["digest"]:
                yield f"array {array['digest'][:12]}: was altered"


def compact(path: Path, db: sqlite3.Connection, reachable: set[str]) -> int:
    """Drop objects that are not reachable with all that only they use; returns the bytes freed.

    Raises
    ------
    RecordError
        Where the disk lacks the room to do so; the file is as it was.
    """
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = path.stat().st_size
        with door.transaction(db):
            _drop(db, reachable)
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return before - path.stat().st_size
    except door.faults() as error:
        raise door.trouble(path, error) from error


def _drop(db: sqlite3.Connection, reachable: set[str]) -> None:
    arrays, addresses = set(), set()
    for digest, text in db.execute("SELECT digest, tree FROM objects").fetchall():
        if digest in reachable:
            arrays |= {a["digest"] for a in arrays_in(json.loads(text))}
        else:
            db.execute("DELETE FROM objects WHERE digest = ?", (digest,))
    for digest, joined in db.execute("SELECT * FROM arrays").fetchall():
        if digest in arrays:
            addresses.update(blocks.split(joined))
        else:
            db.execute("DELETE FROM arrays WHERE digest = ?", (digest,))
    for (address,) in db.execute("SELECT digest FROM blocks").fetchall():
        if address not in addresses:
            db.execute("DELETE FROM blocks WHERE digest = ?", (address,))


def forget(
    path: Path, db: sqlite3.Connection, rows: list[Redacted], entry: LogEntry, body: str, pointer: int
) -> History:
    """Write a log without what it said of an entity, and drop the entity's bytes: all of it, or nothing.

    What is deleted is overwritten in the file; nothing of it stays in free pages or beside the file.

    Raises
    ------
    RecordError
        Where it cannot be written; the file is as it was.
    """
    try:
        db.execute("PRAGMA secure_delete = ON")
        with door.transaction(db):
            db.executemany("UPDATE log SET body = ? WHERE number = ?", [(r.body, r.number) for r in rows])
            row = (entry.number, body, entry.previous_hash, entry.hash)
            db.execute("INSERT INTO log VALUES (?, ?, ?, ?)", row)
            set_about = "INSERT OR REPLACE INTO about VALUES (?, ?)"
            db.executemany(set_about, [("pointer", str(pointer)), ("last_hash", entry.hash)])
            db.execute("DELETE FROM about WHERE key = ?", (PREFIX + entry.params["id"],))
            new = read_history(path, db)
            _drop(db, new.reachable())
    except door.faults() as error:
        raise door.trouble(path, error) from error
    try:
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except door.faults() as error:
        raise RecordError(
            f"{path.name} has forgotten it, but the room could not be tidied: {door.trouble(path, error)}",
            "Free some space, and compact the record.",
        ) from error
    return new


def copy(path: Path, target: Path) -> None:
    """Write a copy of a record's file, whole also while the record is open; nobody holds the copy.

    Raises
    ------
    RecordError
        Where the copy cannot be written; what lay there before is then as it was.
    """
    if Path(f"{target}-wal").exists():
        raise RecordError(f"{target} is open, or was not closed well.", "Choose another name for the copy.")
    part = target.with_name(f".{target.name}.part")
    try:
        with contextlib.closing(door.connect(path, write=False)) as old:
            part.unlink(missing_ok=True)
            door.duplicate(path, old, part)
        part.replace(target)
    except door.faults() as error:
        raise door.trouble(target, error) from error
    finally:
        part.unlink(missing_ok=True)
