"""A circulation as named numbers, and back: how a record keeps it."""

from collections.abc import Iterator
from dataclasses import astuple, fields
from typing import Any

from physics.circulation.parameters import (
    CHAMBERS,
    PLACES,
    VALVES,
    Bed,
    Chamber,
    Circulation,
    Passage,
    State,
    Valve,
)

_RATE, _PASSAGES = "heart_rate_per_min", "passages"
_PARTS: tuple[tuple[str, type], ...] = (
    *((f"chambers.{name}", Chamber) for name in CHAMBERS),
    *((f"valves.{name}", Valve) for name in VALVES),
    ("systemic", Bed),
    ("pulmonary", Bed),
    ("start", State),
)


def numbers_of(circulation: Circulation) -> dict[str, float]:
    """Return all of a circulation's numbers by dotted name; ``limits`` are no numbers and stay behind."""
    found = {_RATE: circulation.heart_rate_per_min}
    for part, kind in _PARTS:
        one = _part(circulation, part)
        found |= {
            f"{part}.{f.name}": float(value) for f, value in zip(fields(kind), astuple(one), strict=True)
        }
    for passage in circulation.passages:
        found |= dict(zip(_passage_keys(passage.name), passage.numbers(), strict=True))
    return found


def circulation_of(numbers: dict[str, float], limits: tuple[str, ...] = ()) -> Circulation:
    """Return the circulation that ``numbers_of`` took apart.

    Raises
    ------
    KeyError
        A number is missing.
    """
    made: dict[str, Any] = {
        part: kind(**{f.name: numbers[f"{part}.{f.name}"] for f in fields(kind)}) for part, kind in _PARTS
    }
    return Circulation(
        chambers={name: made[f"chambers.{name}"] for name in CHAMBERS},
        systemic=made["systemic"],
        pulmonary=made["pulmonary"],
        start=made["start"],
        heart_rate_per_min=numbers[_RATE],
        valves={name: made[f"valves.{name}"] for name in VALVES},
        limits=limits,
        passages=tuple(_passages(numbers)),
    )


def _passage_keys(name: str) -> list[str]:
    """Return the dotted names of ``Passage.numbers``; its ends are places in ``PLACES``."""
    return [f"{_PASSAGES}.{name}.{what}" for what in ("begins", "ends", "resistance", "loss", "rise_mmhg")]


def _passages(numbers: dict[str, float]) -> Iterator[Passage]:
    names = dict.fromkeys(key.split(".")[1] for key in numbers if key.startswith(f"{_PASSAGES}."))
    for name in names:
        begins, ends, resistance, loss, rise = (numbers[key] for key in _passage_keys(name))
        yield Passage(name, PLACES[int(begins)], PLACES[int(ends)], resistance, loss, rise)


def _part(circulation: Circulation, name: str) -> Any:
    group, _, key = name.partition(".")
    part = getattr(circulation, group)
    return part[key] if key else part
