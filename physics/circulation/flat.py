"""A circulation as named numbers, and back: how a record keeps it."""

from dataclasses import astuple, fields
from typing import Any

from physics.circulation.parameters import CHAMBERS, VALVES, Bed, Chamber, Circulation, State, Valve

_RATE = "heart_rate_per_min"
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
    )


def _part(circulation: Circulation, name: str) -> Any:
    group, _, key = name.partition(".")
    part = getattr(circulation, group)
    return part[key] if key else part
