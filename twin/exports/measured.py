"""Measurements on their way out: one of a record, or all of them in one file; and as CSV."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twin.domain import Entity, Measurement, Number, Side
from twin.domain.placed import Placed
from twin.exports.several import chosen
from twin.progress import Progress

if TYPE_CHECKING:
    from twin.record import Record

ALL = "measurements"
"""What stands for all measurements of a record where one would be named."""


@dataclass(frozen=True, eq=False)
class Row:
    """A measurement, what it is called, the image it was made on, and why it is stale."""

    measurement: Measurement
    name: str
    image: str = ""
    stale: str = ""


@dataclass(frozen=True, eq=False)
class Measured(Placed):
    """Measurements that go into one file."""

    rows: tuple[Row, ...]

    @property
    def side(self) -> Side:
        """The one side they are of, else ``none``."""
        sides = {row.measurement.side for row in self.rows}
        if "unconfirmed" in sides:
            return "unconfirmed"
        return sides.pop() if len(sides) == 1 else "none"

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Measured":
        """Put rows together; what they agree on is said of the whole."""
        first = rows[0].measurement
        frames = {row.measurement.frame_of_reference for row in rows}
        frame = frames.pop() if len(frames) == 1 else ""
        return cls(tuple(rows), frame_of_reference=frame, identity=first.identity)


def measured_of(
    record: "Record", ref: str, change: Callable[[Entity], Entity] | None = None
) -> Measured | None:
    """Return the measurement that is named, or all where ``measurements`` is; None for another kind.

    Parameters
    ----------
    change : callable, optional
        De-identification: what a user called things goes, too.

    Raises
    ------
    UserError
        All are asked for and there is none.
    """
    rows = []
    for n, entry in enumerate(chosen(record, ref, "measurement", ALL, "Draw one first."), 1):
        made = record.load(entry.id)
        if change is not None:
            made = change(made)
            assert isinstance(made, Measurement)
            rows.append(Row(made, f"{made.kind} {n}", "", "its image has changed" if entry.stale else ""))
            continue
        assert isinstance(made, Measurement)
        used = record.history.entry(entry.made_by).inputs
        image = used.get("volume") or used.get("labelmap") or {}
        rows.append(Row(made, entry.name, image.get("name", ""), entry.stale))
    return Measured.of(rows) if rows else None


COLUMNS = (
    "measurement", "kind", "structure", "side", "text", "number", "value", "unit", "low", "high", "limits",
    "remark", "notes", "moment", "image", "study_date", "image_uids", "points_lps_mm", "normal",
    "frame_of_reference", "stale",
)  # fmt: skip


def write(measured: Measured, path: Path, _progress: Progress) -> None:
    """Write one row a number, with its limits and what must be said beside it; one for what has none."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for row in measured.rows:
            for number in row.measurement.numbers or (None,):
                rows.writerow(_cells(row, number))


def _cells(row: Row, number: Number | None) -> list[str]:
    made = row.measurement
    cells = [row.name, made.kind, made.structure, made.side, made.text]
    if number is None:
        cells += [""] * 7
    else:
        bounds = ["" if b is None else f"{b:.9g}" for b in (number.low, number.high)]
        cells += [number.name, f"{number.value:.9g}", number.unit, *bounds, "; ".join(number.causes or {})]
        cells.append(number.remark)
    points = "; ".join(_place(p) for p in made.points)
    normal = "" if made.normal is None else _place(made.normal)
    moment = "" if made.time is None else str(made.time)
    return [
        *cells, " ".join(made.notes), moment, row.image, made.identity.study_date, " ".join(made.image_uids),
        points, normal, made.frame_of_reference, row.stale,
    ]  # fmt: skip


def _place(point: np.ndarray) -> str:
    return " ".join(f"{x:.9g}" for x in point)
