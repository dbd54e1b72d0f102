"""The log as an audit trail: what of it was altered, put elsewhere, or is missing, entry by entry."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from twin.record import forgetting, history, witness


class Row(NamedTuple):
    """A row of the log as it lies in the file."""

    number: int
    body: str
    previous_hash: str
    hash: str


def rows(db: sqlite3.Connection) -> list[Row]:
    """Return the log's rows in order of their numbers."""
    return [Row(*row) for row in db.execute("SELECT number, body, previous_hash, hash FROM log ORDER BY 1")]


def check(db: sqlite3.Connection) -> Iterator[str]:
    """Yield what is wrong with a record's log in itself, each fault naming the entry.

    The chain of hashes; the numbers, in the rows and in what is hashed; the mark of the last entry.
    """
    about = dict(db.execute("SELECT key, value FROM about"))
    found = rows(db)
    record = about.get("record", "")
    yield from _chain(found, record)
    last = found[-1].hash if found else record
    if about.get("last_hash", record) != last:
        number = found[-1].number + 1 if found else 1
        yield f"log: does not end where it should: entry {number} is missing, or its mark was altered"


def check_outside(path: Path, db: sqlite3.Connection, head: str = "") -> Iterator[str]:
    """Yield where the log contradicts what is known of it outside the file: a note of this machine, a hash.

    Parameters
    ----------
    head : str
        The hash of an entry, or the beginning of one, noted elsewhere: the log must hold it.
    """
    (record,) = db.execute("SELECT value FROM about WHERE key = 'record'").fetchone()
    found = rows(db)
    yield from _against_memory(found, witness.recall(path, record))
    if head and not any(row.hash.startswith(head.lower()) for row in found):
        yield f"log: holds no entry of the hash {head}; what was there then is missing or was altered"


def _chain(found: list[Row], record: str) -> Iterator[str]:
    expected, number = record, 0
    forgotten = forgetting.allowed(body for row in found if (body := _body(row.body)) is not None)
    by_hash = {row.hash: row.number for row in found}
    for row in found:
        number += 1
        while number < row.number:
            yield f"log entry {number}: is missing"
            number += 1
        now = history.chain_hash(row.previous_hash, row.body)
        if now != row.hash and forgotten.get(row.number) != (row.hash, now):
            yield f"log entry {row.number}: was altered"
        inside = (_body(row.body) or {}).get("number", row.number)
        if inside != row.number:
            yield f"log entry {row.number}: is not in its place (it was number {inside})"
        if row.previous_hash != expected:
            after = by_hash.get(row.previous_hash)
            told = f"; it was made after entry {after}" if after is not None else ""
            yield f"log entry {row.number}: does not follow from the one before{told}"
        expected = row.hash


def _body(text: str) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _against_memory(found: list[Row], seen: witness.Seen | None) -> Iterator[str]:
    if seen is None or seen.number == 0:
        return
    there = {row.number: row.hash for row in found}
    if seen.number not in there:
        first = max(there, default=0) + 1
        which = f"entry {first} is" if first == seen.number else f"entries {first} to {seen.number} are"
        yield (
            f"log entry {seen.number}: is missing. When this file was last closed on this machine it was "
            f"there: {which} cut off, or the file is an older copy"
        )
    elif there[seen.number] != seen.hash:
        yield f"log entry {seen.number}: is another one than when this file was last closed on this machine"
