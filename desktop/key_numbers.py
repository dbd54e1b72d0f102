"""What to read first of a record: whose numbers, which of them, and what each rests on."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from physics.conditions import AS_FITTED, beat_conditions
from twin.record import Entry, Record

_ENDS = ("imaged", "given", "assumed", "predicted")
"""How the name of a number ends that says itself what it rests on."""

_ENOUGH = 8
"""Of a simulation that tells so many numbers or more, those are read first that have an interval."""


def key_entries(record: Record) -> list[Entry]:
    """Return what bears the numbers to read first, what was measured before what was computed.

    Of what was made more than once alike the newest; nothing that is out of date; of a heart's beats the
    patient's own, not what might be. A heart's parameters come later.
    """
    found = newest_alike(record, ("motion", "result"))
    fresh = [(entry, told) for entry, told in found if not entry.stale]
    own = [entry for entry, told in fresh if told in ("", AS_FITTED)] or [entry for entry, _ in fresh]
    return sorted(own, key=lambda entry: entry.kind != "motion")


def newest_alike(record: Record, kinds: Container[str]) -> list[tuple[Entry, str]]:
    """Return the newest of what is alike: of one kind, structure, side and conditions of a beat.

    Returns
    -------
    list of (Entry, str)
        Each with the conditions, which are empty for what is no beat; a fresh one goes before a stale one.
    """
    newest: dict[tuple[str, ...], Entry] = {}
    for entry in record.entries():
        if entry.kind in kinds:
            told = beat_conditions(record.history.entry(entry.made_by), entry.tree)
            key = (entry.kind, entry.tree.get("structure", ""), entry.tree.get("side", ""), told)
            if key not in newest or not entry.stale or newest[key].stale:
                newest[key] = entry
    return [(entry, key[-1]) for key, entry in newest.items()]


def key_numbers(entry: Entry) -> list[dict[str, Any]]:
    """Return an entity's numbers to read first: of many those with an interval, and what checks them."""
    numbers = entry.numbers
    if entry.kind == "motion" or len(numbers) < _ENOUGH:
        return numbers
    kept = [n for n in numbers if has_interval(n) or _end_of(n) == "predicted"]
    return kept or numbers[:_ENOUGH]


def has_interval(number: Mapping[str, Any]) -> bool:
    """Tell whether both ends of a number's interval are known."""
    return number["low"] is not None and number["high"] is not None


def rests_on(entry: Entry, number: Mapping[str, Any]) -> str:
    """Return what a number rests on, in a word: imaged, given, assumed, fitted or predicted.

    One of a beat that has a counterpart among what the heart was fitted to is no prediction: “fitted to
    imaged 173 mL” says to what, and whether that was measured.
    """
    from desktop import words

    if _end_of(number):
        return _end_of(number)
    if entry.kind == "motion":
        return "imaged"
    if number["remark"].startswith("Fitted"):
        return "fitted"
    for other in entry.numbers:
        if _end_of(other) in ("imaged", "given", "assumed") and _subject(other) == number["name"]:
            return f"fitted to {_end_of(other)} {words.number(other['value'], other['unit'])}"
    return "predicted"


def _end_of(number: Mapping[str, Any]) -> str:
    end = str(number["name"]).rpartition(", ")[2]
    return end if end in _ENDS else ""


def _subject(number: Mapping[str, Any]) -> str:
    """Return what a datum is of; the cuff's pressure is the arteries'."""
    return str(number["name"]).rpartition(", ")[0].replace(" cuff ", " arterial ")
