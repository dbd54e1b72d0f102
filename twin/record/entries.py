"""What a record says of itself: entries of its state, entries of its log, calls of steps."""

from dataclasses import dataclass, field
from typing import Any

from twin import codec
from twin.steps import Ref


@dataclass(frozen=True)
class Change:
    """What happened to which entities: ``kind`` is added, edited, removed, undone or redone."""

    kind: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One entity of the present state.

    Attributes
    ----------
    digest : str
        Hash of its content.
    made_by : int
        Number of the log entry that made this content.
    stale : str
        Why it no longer belongs to its inputs, in words; empty where it does.
    color : str
        ``#rrggbb``, or empty where none was chosen.
    tree : dict
        The codec's tree with each array as ``{"$array": key, "shape": ..., "dtype": ..., "digest": ...}``:
        names, sides, numbers and identity without loading an array.
    size_bytes : int
        Size of its arrays in memory.
    """

    id: str
    kind: str
    name: str
    digest: str
    made_by: int
    stale: str
    color: str
    tree: dict[str, Any]
    size_bytes: int

    @property
    def numbers(self) -> list[dict[str, Any]]:
        """What a result, heart, motion or measurement tells (``twin.domain.Number``); None is not finite."""
        return codec.plain(self.tree.get("numbers") or [])

    @property
    def parts(self) -> tuple[str, ...]:
        """Names that may follow ``/``: structures of a labelmap, patches of a mesh."""
        items = self.tree.get({"labelmap": "structures", "mesh": "patches"}.get(self.kind, ""), [])
        return tuple(item["name"] for item in items)


@dataclass(frozen=True)
class Call:
    """A step about to run: everything that it depends on.

    Attributes
    ----------
    names : dict of str to str
        Display name by role of the output; the role ``""`` stands for the first output.
    into : dict of str to str
        By role, the id of the entity whose content that output replaces.
    """

    step: str
    version: int
    params: Any
    inputs: dict[str, Ref] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    into: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LogEntry:
    """One line of the append-only log.

    Attributes
    ----------
    time : str
        ISO 8601, UTC.
    kind : str
        ``step``, ``undo``, ``redo``, or what was noted (``opened``, ``exported``, ...).
    inputs : dict of str to dict
        ``{"id", "name", "digest", "part", "made_by"}`` by name of the input.
    outputs : dict of str to dict
        ``{"id", "name", "kind", "digest"}`` by role.
    attributes : dict of str to dict
        By entity id, what changed besides content: ``name``, ``color``, ``removed``.
    names : dict of str to str
        Display names that the caller chose, by role.
    parent : int
        The state pointer before this entry (0: the empty record).
    hash, previous_hash : str
        blake2b over ``previous_hash`` and this entry's body; the first entry's
        ``previous_hash`` is the record's own identifier.
    """

    number: int
    time: str
    user: str
    kind: str
    step: str = ""
    version: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    peak_mb: float = 0.0
    software: dict[str, str] = field(default_factory=dict)
    parent: int = 0
    hash: str = ""
    previous_hash: str = ""
