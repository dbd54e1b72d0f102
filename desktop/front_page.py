"""The first page of a report: whose record, what was imaged, the numbers to read first, their limits."""

from __future__ import annotations

from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any

from desktop import printing, words
from desktop.chain import fitted_beat
from desktop.key_numbers import (
    has_interval,
    heading,
    key_entries,
    key_numbers,
    load_text,
    newest_alike,
    of_heart,
    of_study,
    rests_on,
)
from physics.conditions import AS_FITTED
from twin.record import Entry, Record

PICTURES = 3
"""So many of a report's pictures stand on its first page, in one row, unless it says what might be."""
BESIDE = 2
"""So many more of what is asked about, which the own beat's table has not."""
ASKED = 4
"""So many numbers of a beat under other conditions stand there: volumes and ejection fraction."""


def front_page(
    record: Record, pictures: Sequence[Path], text: printing.Text
) -> tuple[list[Any], Sequence[Path]]:
    """Return what stands between the patient's name and the contents, and the pictures that are left."""
    entries = key_entries(record)
    story = _imaged(record, text)
    for n, entry in enumerate(entries):
        story += _numbers(record, entry, text, titled=n == 0)
    asked = _asked(record, text)
    story += asked
    if not entries:
        story.append(text("Nothing is measured or simulated yet.", "quiet"))
    if pictures and not asked:  # both would push the limits off the page
        story.append(printing.pictures(pictures[:PICTURES], PICTURES, 92.0))
        pictures = pictures[PICTURES:]
    limits = limits_in_short(entries)
    if not all(has_interval(number) for entry in entries for number in key_numbers(entry)):
        limits.insert(0, "interval “none”: how far the number may be off is not known")
    if limits:
        story.append(text("What these numbers do not tell", "front"))
        story.append(text(" · ".join(limits) + ".", "limits"))
    return story, pictures


def _asked(record: Record, text: printing.Text) -> list[Any]:
    """Say what might be: under which conditions, and the first numbers beside that very heart's own."""
    story: list[Any] = []
    for entry, told in newest_alike(record, ("result",)):
        if entry.stale or told == AS_FITTED or not of_heart(record, entry):
            continue
        fitted = fitted_beat(record, entry)
        own = {n["name"]: n for n in fitted.numbers} if fitted is not None else {}
        numbers = [
            f"{n['name']} {words.number(n['value'], n['unit'])} "
            f"(own {words.number(own[n['name']]['value'], n['unit'])})"
            for n in entry.numbers[:ASKED]
            if n["name"] in own
        ]
        numbers += [
            f"{n['name']} {words.number(n['value'], n['unit'])}"
            for n in asked_about(told, entry.numbers, own)
        ]
        story.append(
            text(f"– {told}{of_study(record, entry)}: {'; '.join(numbers) or 'see there'}", "limits")
        )
    return [text("What might be", "front"), *story] if story else []


def asked_about(told: str, numbers: Sequence[Any], own: Container[str]) -> list[Any]:
    """Return the first numbers of what is asked: of “aortic area 0.8 cm²” the aortic gradients."""
    about = set(told.split())
    return [n for n in numbers if n["name"] not in own and about & set(n["name"].split())][:BESIDE]


def limits_in_short(entries: Sequence[Entry]) -> list[str]:
    """Return each limit once, what was assumed in one line and first: it stands in the numbers above."""
    said = list(dict.fromkeys(str(limit) for e in entries for limit in e.tree.get("limits") or ()))
    assumed = [limit.removeprefix("assumed: ") for limit in said if limit.startswith("assumed: ")]
    others = [limit for limit in said if not limit.startswith("assumed: ")]
    return [*(["assumed: " + "; ".join(assumed)] if assumed else []), *others]


def _imaged(record: Record, text: printing.Text) -> list[Any]:
    """Say what images the record holds: by modality, in the order in which they came."""
    names: dict[str, list[str]] = {}
    for entry in record.entries():
        if entry.kind == "volume":
            names.setdefault(entry.tree["modality"] or "modality not stated", []).append(entry.name)
    told = [f"{modality}: {', '.join(found)}" for modality, found in names.items()]
    return [text("Imaged: " + "; ".join(told) + ".", "quiet")] if told else []


def _numbers(record: Record, entry: Entry, text: printing.Text, titled: bool) -> list[Any]:
    load = load_text(entry)
    story = [text(heading(record, entry), "front"), *([text(load, "quiet lead")] if load else [])]
    rows = []
    for number in key_numbers(entry):
        unit = "" if number["unit"] == "1" else number["unit"]
        span = f"{words.interval(number['low'], number['high'])} {unit}" if has_interval(number) else "none"
        rests = rests_on(entry, number)
        value = words.number(number["value"], unit)
        name = words.sentence(number["name"].removesuffix(f", {rests}"))
        rows.append([name, value, span, _rests(number, rests)])
    titles = ["Number", "Value", "Interval", "Rests on"] if titled else []
    story.append(printing.table(rows, [0.27, 0.13, 0.18, 0.42], titles, close=True))
    return story


def _rests(number: dict[str, Any], rests: str) -> str:
    """Return what a number rests on, with what makes it a check or a warning."""
    warning = words.yield_warning(number["name"].rpartition(": ")[2], number["value"], number["high"])
    check = number["remark"].partition(";")[0].rstrip(".") if number["name"].endswith(", predicted") else ""
    return "; ".join(s for s in (rests, warning, check[:1].lower() + check[1:]) if s)
