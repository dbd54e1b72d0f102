"""What to read first of a record: whose numbers, which of them, and what each rests on."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from desktop import words
from physics.conditions import beat_conditions
from resources.loads import GRAVITY
from twin.record import Entry, Record

_ENDS = ("imaged", "given", "assumed", "predicted")
"""How the name of a number ends that says itself what it rests on."""

_ORDER = ("motion", "result", "heart")

_ENOUGH = 8
"""Of a simulation that tells so many numbers or more, those are read first that have an interval."""


def key_entries(record: Record) -> list[Entry]:
    """Return what bears the numbers to read first, what was measured before what was computed.

    Of what was made more than once alike the newest; nothing that is out of date; of a heart's beats the
    patient's own, as its fit made it, not what might be.
    """
    fresh = [entry for entry, _ in newest_alike(record, _ORDER) if not entry.stale]
    own = [entry for entry in fresh if not of_heart(record, entry)] or fresh
    return sorted((e for e in own if key_numbers(e)), key=lambda entry: _ORDER.index(entry.kind))


def of_heart(record: Record, entry: Entry) -> bool:
    """Tell whether an entity is a beat that a fitted heart was asked for, and not that of its fit."""
    return "heart" in record.history.entry(entry.made_by).inputs


def newest_alike(record: Record, kinds: Container[str]) -> list[tuple[Entry, str]]:
    """Return the newest of what is alike: of one study, kind, structure, side and conditions of a beat.

    A fit's own beat and one that a heart was asked for are not alike: only the fit's is held against images.

    Returns
    -------
    list of (Entry, str)
        Each with the conditions, which are empty for what is no beat; a fresh one goes before a stale one.
    """
    newest: dict[tuple[object, ...], tuple[Entry, str]] = {}
    for entry in record.entries():
        if entry.kind in kinds:
            tree, told = entry.tree, beat_conditions(record.history.entry(entry.made_by), entry.tree)
            place = (tree.get("structure", ""), tree.get("side", ""), _study(entry).get("study_uid", ""))
            key = (entry.kind, *place, told, of_heart(record, entry))
            if key not in newest or not entry.stale or newest[key][0].stale:
                newest[key] = entry, told
    return list(newest.values())


def of_study(record: Record, entry: Entry) -> str:
    """Return of which study an entity is, by its date: “ of 2026-01-05”; empty where there is one alone."""
    studies = {_study(e).get("study_uid", "") for e in record.entries()} - {""}
    when = _study(entry).get("study_date") or "a study without a date"
    return f" of {when}" if len(studies) > 1 else ""


def _study(entry: Entry) -> Mapping[str, Any]:
    return entry.tree.get("identity") or {}


def key_numbers(entry: Entry) -> list[dict[str, Any]]:
    """Return an entity's numbers to read first: of many those with an interval, and what checks them.

    Of a heart what was found of its wall beside the fit, the whole and not each segment: a scar's mass.
    """
    numbers = entry.numbers
    if entry.kind == "heart":
        whole = [n for n in numbers if not n["remark"].startswith("Fitted") and ", " not in n["name"]]
        return [n for n in whole if n["remark"]]
    if entry.kind == "motion" or len(numbers) < _ENOUGH:
        return numbers
    kept = [n for n in numbers if has_interval(n) or _end_of(n) == "predicted"]
    return kept or numbers[:_ENOUGH]


def has_interval(number: Mapping[str, Any]) -> bool:
    """Tell whether both ends of a number's interval are known."""
    return number["low"] is not None and number["high"] is not None


def rests_on(entry: Entry, number: Mapping[str, Any]) -> str:
    """Return what a number rests on, in a word: imaged, given, assumed, fitted, predicted or computed.

    One of a beat that has a counterpart among what the heart was fitted to is no prediction: “fitted to
    imaged 173 mL” says to what, and whether that was measured. What follows from such numbers, as a stroke
    volume does, is computed; predicted is what images were held against and never fitted to.
    """
    if _end_of(number):
        return _end_of(number)
    if entry.kind == "motion":
        return "imaged"
    if entry.kind == "heart" and not number["remark"].startswith("Fitted"):
        return re.split(r"(?<=[^0-9])[.;:] ", number["remark"])[0].rstrip(".")
    if number["remark"].startswith("Fitted"):
        return "fitted"
    for other in entry.numbers:
        if _end_of(other) in ("imaged", "given", "assumed") and _subject(other) == number["name"]:
            return f"fitted to {_end_of(other)} {words.number(other['value'], other['unit'])}"
    return "computed"


def heading(record: Record, entry: Entry) -> str:
    """Return what stands over an entity's numbers: its name, how it was got, under which conditions."""
    told = beat_conditions(record.history.entry(entry.made_by), entry.tree)
    structure = entry.tree.get("structure", "")
    name = words.sentence(entry.name)
    name += f" of the {structure}" if structure and structure not in entry.name else ""
    name += of_study(record, entry)
    if entry.kind != "result":
        return f"{name}, {'as imaged' if entry.kind == 'motion' else 'its wall'}"
    return f"{name}, simulated{f' ({told})' if told else ''}"


def load_text(entry: Entry) -> str:
    """Return the load that a bone's numbers are of; empty for others."""
    newtons = entry.tree.get("body_weight_n", 0.0)
    weight = words.weight_text(newtons / GRAVITY, words.is_weight_assumed(entry.tree))
    return f"At a body weight of {weight}, by activity." if newtons else ""


def key_lines(record: Record) -> Iterator[str]:
    """Yield the numbers to read first as lines: value with unit, interval, what it rests on."""
    for entry in key_entries(record):
        load = load_text(entry)
        yield heading(record, entry) + (f". {load}" if load else "")
        for number in key_numbers(entry):
            said = f"{words.sentence(number['name'])}: {words.with_interval(number)}"
            yield f"  {said}, {rests_on(entry, number)}"


def _end_of(number: Mapping[str, Any]) -> str:
    end = str(number["name"]).rpartition(", ")[2]
    return end if end in _ENDS else ""


def _subject(number: Mapping[str, Any]) -> str:
    """Return what a datum is of; the cuff's pressure is the arteries'."""
    return str(number["name"]).rpartition(", ")[0].replace(" cuff ", " arterial ")
