"""What a step's result does to the state: ids, names, and what is refused."""

import dataclasses
import functools
import importlib.metadata
import math
import platform
from typing import Any

import numpy as np

from twin import patient, steps
from twin.domain import Identity, kind_of
from twin.errors import RecordError
from twin.record.entries import Call
from twin.record.history import History, State
from twin.steps import Made

PREFIXES = {
    "volume": "v",
    "labelmap": "l",
    "surface": "s",
    "mesh": "m",
    "landmarks": "k",
    "model": "p",
    "motion": "t",
    "heart": "h",
    "result": "r",
    "measurement": "a",
    "key image": "i",
}
"""First letter of an entity's id by kind."""


def check_current(state: State, call: Call) -> None:
    """Refuse a result that would replace what is gone or has moved on meanwhile.

    Raises
    ------
    RecordError
    """
    for id in call.into.values():
        if id not in state:
            raise RecordError(
                f"The entity {id} that this step replaces is no longer in the record.", "Undo its removal."
            )
        for used in call.inputs.values():
            if used.id == id and used.digest != state[id].digest:
                raise RecordError(
                    f"“{state[id].name}” was changed while this step ran on it.", "Run the step again."
                )


def check_patient(known: Identity | None, made: Made, file: str) -> None:
    """Refuse what belongs to another patient than the record, or several at once.

    Raises
    ------
    RecordError
        Naming both patients.
    """
    for role, entity in made.outputs.items():
        if not entity.identity.named:
            continue
        if known is not None and patient.contradict(known, entity.identity):
            raise RecordError(
                f"{file} is the record of {patient.words(known)}; "
                f"“{made.names.get(role, role)}” is of {patient.words(entity.identity)}.",
                "A record is of one patient: put it into a record of its own.",
            )
        known = patient.joined(known, entity.identity)


def outputs(
    history: History, state: State, call: Call, made: Made, digests: dict[str, str]
) -> dict[str, dict[str, Any]]:
    """Return the log's outputs: by role the id, a name that no other entity has, kind and content hash."""
    highest = dict(history.highest)
    taken = {item.name: item.id for item in state.values()}
    rows = {}
    for n, (role, entity) in enumerate(made.outputs.items()):
        kind = kind_of(entity)
        id = call.into.get(role, "")
        if id and state[id].kind != kind:
            raise RecordError(f"“{state[id].name}” is a {state[id].kind}; a {kind} cannot take its place.")
        if not id:
            prefix = PREFIXES.get(kind, "x")
            highest[prefix] = highest.get(prefix, 0) + 1
            id = f"{prefix}{highest[prefix]}"
        wish = call.names.get(role) or (call.names.get("") if n == 0 else "")
        keeps = state[id].name if id in call.into.values() and _edits(call) == role else ""
        name = unique(wish or made.names.get(role) or keeps or role, id, taken)
        rows[role] = {"id": id, "name": name, "kind": kind, "digest": digests[role]}
    return rows


def _edits(call: Call) -> str:
    edited = [name for name, used in call.inputs.items() if call.into.get(name) == used.id]
    return edited[0] if edited else ""


def unique(name: str, id: str, taken: dict[str, str]) -> str:
    """Return the name, numbered where another entity has it, and take it."""
    chosen, n = name, 1
    while taken.get(chosen, id) != id:
        n += 1
        chosen = f"{name} {n}"
    taken[chosen] = id
    return chosen


def attributes(state: State, made: Made, rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the log's attributes: by id, what changes besides content."""
    taken = {item.name: item.id for item in state.values()} | {r["name"]: r["id"] for r in rows.values()}
    changes: dict[str, dict[str, Any]] = {}
    for id, change in made.attributes.items():
        if id not in state:
            raise RecordError(f"The entity {id} is no longer in the record.")
        new: dict[str, Any] = {}
        if change.removed:
            new["removed"] = True
        if change.color is not None:
            new["color"] = change.color
        if change.name is not None:
            new["name"] = unique(change.name, id, taken)
        changes[id] = new
    return changes


def title(step: str) -> str:
    """Return a step's title; its name where its module was not imported."""
    known = [s.title for s in steps.catalogue() if s.name == step]
    return known[0] if known else step


def quick(step: str) -> bool:
    """Tell whether a step is declared quick."""
    return any(s.quick for s in steps.catalogue() if s.name == step)


@functools.cache
def software() -> dict[str, str]:
    """Return versions of the software that a result depends on."""
    found = {"python": platform.python_version(), "numpy": np.__version__}
    for name in ("vitruvian", "scipy", "numba", "vtk", "netgen-mesher"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@functools.cache
def program() -> dict[str, str]:
    """Return the version of this program, which every entry of the log bears."""
    try:
        return {"vitruvian": importlib.metadata.version("vitruvian")}
    except importlib.metadata.PackageNotFoundError:
        return {}


def plain(value: Any) -> Any:
    """Return a value as JSON knows it; what is not finite becomes None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)
