"""Forgetting: an entity leaves with its bytes and with what the log says of it, and never comes back.

The log is a chain, so that nothing can be taken out of it unseen. What was said of the entity is taken out
of the entries' bodies; their hashes stay, and a new entry, itself part of the chain, names each entry that
was changed with the hash that its body has now. So whoever checks the log sees that it was told to forget,
and that nothing else was altered.
"""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from twin.record.history import FORGOTTEN, chain_hash
from twin.record.objects import canonical

WORD = "forgotten"


class Redacted(NamedTuple):
    """A row of the log with its new body."""

    number: int
    body: str
    hash: str
    now: str
    """The hash that the new body would have in its place."""


def names_of(bodies: Iterable[dict[str, Any]], id: str) -> set[str]:
    """Return all names that an entity ever had."""
    names: set[str] = set()
    for body in bodies:
        used = [*body["outputs"].values(), *body["inputs"].values()]
        names |= {u["name"] for u in used if u["id"] == id}
        if "name" in body["attributes"].get(id, {}):
            names.add(body["attributes"][id]["name"])
    return names


def redact(rows: Iterable[tuple[int, str, str, str]], id: str) -> list[Redacted]:
    """Return the rows of a log that speak of an entity, without what they say of it.

    Parameters
    ----------
    rows : iterable of (number, body, previous hash, hash)
    """
    listed = [(row, json.loads(row[1])) for row in rows]
    told = names_of((body for _row, body in listed), id) | {id}
    found = []
    for (number, text, previous, hash), body in listed:
        new = canonical(_without(body, id, told))
        if new != text:
            found.append(Redacted(number, new, hash, chain_hash(previous, new)))
    return found


def params_of(id: str, kind: str, redacted: list[Redacted]) -> dict[str, Any]:
    """Return what the log keeps of the forgetting itself."""
    return {"id": id, "kind": kind, "entries": {str(r.number): [r.hash, r.now] for r in redacted}}


def allowed(bodies: Iterable[dict[str, Any]]) -> dict[int, tuple[str, str]]:
    """Return by number which entries were changed by forgetting: their hash, and that of the body now."""
    found: dict[int, tuple[str, str]] = {}
    for body in bodies:
        if body.get("kind") != FORGOTTEN:
            continue
        try:
            found |= {int(n): (pair[0], pair[1]) for n, pair in body["params"]["entries"].items()}
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            continue  # it was altered itself, and allows nothing: its own hash tells
    return found


def _without(body: dict[str, Any], id: str, told: set[str]) -> dict[str, Any]:
    if body["kind"] == FORGOTTEN:  # of this one's, or another's: it says nothing but hashes
        return body
    made = {role: o for role, o in body["outputs"].items() if o["id"] != id}
    changes = {i: c for i, c in body["attributes"].items() if i != id}
    new = body | {"outputs": made, "attributes": changes}
    gone = {role for role in body["outputs"] if role not in made}
    touched = bool(gone) or changes != body["attributes"]
    new["inputs"] = {
        name: used | {"name": WORD, "digest": "", "part": ""} if used["id"] == id else used
        for name, used in body["inputs"].items()
    }
    new["names"] = {role: name for role, name in body["names"].items() if role and role not in gone}
    if not touched:
        new["names"] = body["names"]
        if body["kind"] != "step" and _speaks(body["params"], told):
            new["params"] = {WORD: True}
        return new
    new["summary"] = {}
    if not made or not body["inputs"]:  # parameters of an import say where it came from
        new["params"] = {}
    return new


def _speaks(value: Any, told: set[str]) -> bool:
    if isinstance(value, dict):
        return any(_speaks(v, told) for v in value.values())
    if isinstance(value, list):
        return any(_speaks(v, told) for v in value)
    return isinstance(value, str) and (value in told or any(value.startswith(f"{name}/") for name in told))
