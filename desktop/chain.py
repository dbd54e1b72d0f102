"""A number as it is shown, with where it comes from: scan, step, law, interval, largest source of doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from desktop import words
from desktop.people import line_of
from viewers.orientation import lps_text

if TYPE_CHECKING:
    from desktop.session import Session
    from twin.record import Entry, LogEntry, Record


@dataclass(frozen=True)
class Shown:
    """A number as it is shown."""

    name: str
    value: float | None
    unit: str
    low: float | None
    high: float | None
    remark: str

    @property
    def text(self) -> str:
        """Value with unit: “61 MPa”."""
        return words.number(self.value, self.unit)

    @property
    def range(self) -> str:
        """Interval: “52–71”; says so where there is none."""
        if self.low is None or self.high is None:
            return "no interval"
        return words.interval(self.low, self.high)


def conditions_of(session: Session, id: str) -> str:
    """Return under which conditions a heart's beat was solved; empty for all else."""
    from physics.conditions import beat_conditions

    entry = session.entry(id)
    return beat_conditions(session.maker(id), entry.tree) if entry is not None else ""


def own_beat(session: Session, id: str) -> Entry | None:
    """Return ``fitted_beat`` of an entity that is in the window."""
    entry, record = session.entry(id), session.record
    return fitted_beat(record, entry) if entry is not None and record is not None else None


def fitted_beat(record: Record, entry: Entry) -> Entry | None:
    """Return the beat that a heart's fit made, beside that heart or a beat of it; None beside all else."""
    fit = record.history.entry(entry.made_by)
    if "heart" in fit.inputs:
        fit = record.history.entry(fit.inputs["heart"]["made_by"])
    made = fit.outputs["beat"]["id"] if {"heart", "beat"} <= fit.outputs.keys() else ""
    found = next((e for e in record.entries() if e.id == made and e.made_by == fit.number), None)
    return None if found is None or found.id == entry.id else found


def ancestry(session: Session, id: str) -> list[LogEntry]:
    """Return the log's entries of the steps that led to an entity, oldest first."""
    record = session.record
    if record is None:
        return []
    log = {e.number: e for e in record.log()}
    found: dict[int, LogEntry] = {}
    maker = session.maker(id)
    wanted = [maker.number] if maker else []
    while wanted:
        entry = log.get(wanted.pop())
        if entry is not None and entry.number not in found:
            found[entry.number] = entry
            wanted += [used["made_by"] for used in entry.inputs.values()]
    return [found[n] for n in sorted(found)]


def chain_of(
    session: Session, id: str, number: Mapping[str, Any], scale: float, load: str = ""
) -> tuple[tuple[str, str], ...]:
    """Return what ⓘ says of a result's number, as (what, words).

    Parameters
    ----------
    number : mapping
        The number as the record holds it (``twin.domain.Number``).
    scale : float
        Body weight shown over body weight solved: numbers are proportional to it.
    load : str
        Load case and body weight in words; empty for a number of no load.
    """
    steps = ancestry(session, id)
    lines = [("Scan", _scan(session, steps)), *([("Load", load)] if load else [])]
    if number.get("at"):
        lines.append(("Where", lps_text(np.asarray(number["at"]))))
    if number.get("remark"):
        lines.append(("What it is", str(number["remark"])))
    lines += _law(steps)
    causes = _causes(number, scale)
    lines += [("Interval" if n == 0 else "", text) for n, (_width, text) in enumerate(causes)]
    if causes:
        largest = max(causes)[1]
        lines.append(("Largest doubt", largest.rpartition(":")[0]))
    lines.append(("Steps", " → ".join(_step(e) for e in steps)))
    return tuple(lines)


def _scan(session: Session, steps: Sequence[LogEntry]) -> str:
    names = [o["name"] for e in steps for o in e.outputs.values() if o["kind"] == "volume"]
    people = session.identities()
    return "; ".join([*names, *(line_of(p) for p in people[:1])])


def title_of(entry: LogEntry) -> str:
    """Return what a step of the log is called; its name where this program does not know it."""
    from twin import steps
    from twin.errors import UserError

    try:
        return steps.find(entry.step).title
    except UserError:
        return entry.step


def _step(entry: LogEntry) -> str:
    return f"{title_of(entry)} (version {entry.version})"


def _law(steps: Sequence[LogEntry]) -> list[tuple[str, str]]:
    lines = []
    for entry in steps:
        if entry.params.get("modulus_law"):
            lines.append(("Law", f"density to modulus: {entry.params['modulus_law']}"))
        if entry.summary.get("calibration"):
            lines.append(("Calibration", str(entry.summary["calibration"])))
    return lines


def _causes(number: Mapping[str, Any], scale: float) -> list[tuple[float, str]]:
    unit = "" if number["unit"] == "1" else number["unit"]
    found = []
    for cause, (low, high) in (number.get("causes") or {}).items():
        if low is None or high is None:
            continue
        span = words.interval(scale * low, scale * high)
        found.append((scale * (high - low), f"{cause}: {span} {unit}".strip()))
    return sorted(found, reverse=True)
