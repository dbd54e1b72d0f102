"""Domain objects as rows: a tree, the arrays it names, their blocks."""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin import codec
from twin.domain import Entity
from twin.errors import RecordError
from twin.record import blocks, door, parts
from twin.record.blocks import Block


@dataclass(frozen=True)
class About:
    """All that is known of a stored object without its arrays; ``parts`` are content hashes by name."""

    kind: str
    tree: dict[str, Any]
    size: int
    parts: dict[str, str]


@dataclass(frozen=True)
class Packed:
    """Rows that are not in the record yet."""

    objects: dict[str, About] = field(default_factory=dict)
    arrays: dict[str, bytes] = field(default_factory=dict)
    blocks: dict[bytes, Block] = field(default_factory=dict)

    def add(self, other: "Packed") -> None:
        """Take another's rows in."""
        self.objects.update(other.objects)
        self.arrays.update(other.arrays)
        self.blocks.update(other.blocks)

    @property
    def size(self) -> int:
        """Bytes of the blocks as they will lie in the file."""
        return sum(len(block.data) for block in self.blocks.values())


def canonical(tree: Any) -> str:
    """Return JSON that is the same for the same content."""
    return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def object_digest(kind: str, tree: dict[str, Any]) -> str:
    """Return an object's content hash."""
    text = canonical({"kind": kind, "tree": tree})
    return hashlib.blake2b(text.encode(), digest_size=blocks.DIGEST_BYTES).hexdigest()


def freeze(entity: Entity) -> None:
    """Make an entity's arrays read-only: it is shared from now on."""
    for array in codec.encode(entity).arrays.values():
        array.flags.writeable = False


class Shelf:
    """Where a record's objects are looked up: those not written yet, then the file.

    It has a connection of its own, so that reading does not wait for writing.
    """

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path, self._db = path, db
        self._turn = threading.Lock()
        self._abouts: dict[str, About] = {}
        self.unwritten = Packed()

    def pack(self, entity: Entity, old: tuple[str, Entity] | None = None) -> tuple[str, Packed]:
        """Take an object apart into its content hash and the rows that are not here yet.

        Parameters
        ----------
        old : (str, entity), optional
            Content hash and content of what it is an edit of: what is equal there need not be hashed.
        """
        encoded = codec.encode(entity)
        before = self._addressed(*old) if old else {}
        packed, addresses = Packed(), {}
        described = {}
        for key, array in encoded.arrays.items():
            if array.dtype.hasobject:
                raise TypeError(f"{encoded.kind}: the array {key} holds Python objects")
            addresses[key] = blocks.digests(array, before.get(key))
            digest = blocks.array_digest(array.shape, array.dtype, addresses[key])
            described[key] = {"shape": list(array.shape), "dtype": array.dtype.str, "digest": digest}
            if digest in packed.arrays or self._has("arrays", digest):
                continue
            packed.arrays[digest] = b"".join(addresses[key])
            new = {
                a: n
                for n, a in enumerate(addresses[key])
                if a not in packed.blocks and not self._has("blocks", a)
            }
            packed.blocks.update(zip(new, blocks.pack(array, list(new.values())), strict=True))
        tree = _describe(encoded.tree, described)
        digest = object_digest(encoded.kind, tree)
        if not self._has("objects", digest):
            size = sum(array.nbytes for array in encoded.arrays.values())
            of_parts = parts.digests(entity, tree, addresses)
            packed.objects[digest] = About(encoded.kind, tree, size, of_parts)
        return digest, packed

    def _addressed(self, digest: str, entity: Entity) -> dict[str, blocks.Addressed]:
        arrays = codec.encode(entity).arrays
        described = {a["$array"]: a["digest"] for a in arrays_in(self.about(digest).tree)}
        return {
            key: blocks.Addressed(array, self._blocks_of(described[key])) for key, array in arrays.items()
        }

    def about(self, digest: str) -> About:
        """Return what is known of an object without its arrays; ``RecordError`` where it is gone."""
        known = self._abouts.get(digest) or self.unwritten.objects.get(digest)
        if known is not None:
            return known
        row = self._one("SELECT * FROM objects WHERE digest = ?", digest)
        if row is None:
            raise RecordError(
                f"{self._path.name} no longer holds that content ({digest[:12]}).",
                "It was let go when the record was compacted.",
            )
        try:
            about = About(row[1], json.loads(row[2]), row[3], json.loads(row[4]))
        except ValueError:
            raise RecordError(
                f"{self._path} is damaged: what it says of {digest[:12]} cannot be read.",
                "Look for a backup of it.",
            ) from None
        self._abouts[digest] = about
        return about

    def load(self, digest: str) -> Entity:
        """Put an object together; its arrays cannot be written to."""
        about = self.about(digest)
        arrays = {described["$array"]: self.array(described) for described in arrays_in(about.tree)}
        return codec.decode(codec.Encoded(about.kind, about.tree, arrays))

    def array(self, described: dict[str, Any]) -> NDArray:
        """Return one array of an object, as the object's tree describes it."""
        shape, dtype = tuple(described["shape"]), np.dtype(described["dtype"])
        try:
            addresses = self._blocks_of(described["digest"])
            array = blocks.assemble(shape, dtype, addresses, self._block)
        except (blocks.DamagedBlock, KeyError):
            raise RecordError(
                f"{self._path} is damaged: the array “{described['$array']}” cannot be read.",
                "Look for a backup of it.",
            ) from None
        array.flags.writeable = False
        return array

    def _blocks_of(self, digest: str) -> list[bytes]:
        joined = self.unwritten.arrays.get(digest)
        if joined is None:
            row = self._one("SELECT blocks FROM arrays WHERE digest = ?", digest)
            if row is None:
                raise KeyError(digest)
            joined = row[0]
        return blocks.split(joined)

    def _block(self, address: bytes) -> Block:
        waiting = self.unwritten.blocks.get(address)
        if waiting is not None:
            return waiting
        row = self._one("SELECT * FROM blocks WHERE digest = ?", address)
        if row is None:
            raise KeyError(address)
        return Block(*row[1:])

    def _has(self, table: str, digest: str | bytes) -> bool:
        waiting = digest in getattr(self.unwritten, table)
        return waiting or self._one(f"SELECT 1 FROM {table} WHERE digest = ?", digest) is not None

    def _one(self, statement: str, *values: Any) -> Any:
        try:
            with self._turn:
                return self._db.execute(statement, values).fetchone()
        except door.faults() as error:
            raise door.trouble(self._path, error) from error

    def forget(self) -> None:
        """Let go of what is remembered of objects (after some were dropped)."""
        self._abouts.clear()

    def close(self) -> None:
        """Close the connection."""
        with self._turn:
            self._db.close()


def _describe(tree: Any, described: dict[str, Any]) -> Any:
    if isinstance(tree, dict):
        if "$array" in tree:
            return tree | described[tree["$array"]]
        return {key: _describe(item, described) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_describe(item, described) for item in tree]
    return tree


def arrays_in(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield what a tree says of each array in it."""
    if isinstance(tree, dict):
        if "$array" in tree:
            yield tree
            return
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from arrays_in(item)


def write(db: sqlite3.Connection, packed: Packed) -> None:
    """Insert rows; to be called inside a transaction."""
    db.executemany(
        "INSERT OR IGNORE INTO blocks VALUES (?, ?, ?, ?)",
        ((address, *block) for address, block in packed.blocks.items()),
    )
    db.executemany("INSERT OR IGNORE INTO arrays VALUES (?, ?)", packed.arrays.items())
    db.executemany(
        "INSERT OR IGNORE INTO objects VALUES (?, ?, ?, ?, ?)",
        (
            (digest, about.kind, canonical(about.tree), about.size, canonical(about.parts))
            for digest, about in packed.objects.items()
        ),
    )
