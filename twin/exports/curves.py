"""Curves of a result over time as CSV: a pressure–volume loop's table among them."""

import csv
from pathlib import Path

import numpy as np

from twin.domain import Curve, Motion, Result
from twin.errors import UserError
from twin.progress import Progress


def write(entity: Result | Motion, path: Path, _progress: Progress) -> None:
    """Write one row a moment, one column a curve with its unit in the name.

    Moments are those of the curve that has the most; others are interpolated to them linearly.

    Raises
    ------
    UserError
        It has no curves.
    """
    curves = curves_of(entity)
    if not curves:
        raise UserError("This result has no curves over time.", "Its numbers can be written as .csv.")
    times = max((curve.times_s for curve in curves), key=len)
    columns = [np.interp(times, curve.times_s, curve.values) for curve in curves]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([_time_of(entity), *(f"{curve.name} ({curve.unit})" for curve in curves)])
        for row in zip(times, *columns, strict=True):
            rows.writerow([f"{value:.9g}" for value in row])


def _time_of(entity: Result | Motion) -> str:
    """Return the name of the column of times, which says what happens at zero where that is known."""
    if isinstance(entity, Motion):
        return "time (s; 0: first image of the cycle)"
    return "time (s; 0: the atria begin to contract)" if "circulation" in entity.solver else "time (s)"


def curves_of(entity: Result | Motion) -> tuple[Curve, ...]:
    """Return what there is over time: of a moving organ, its volumes."""
    if isinstance(entity, Result):
        return entity.curves
    times = entity.phases * entity.cycle_s
    return (
        Curve("cavity volume", "mL", times, entity.cavity_ml),
        Curve("wall volume", "mL", times, entity.wall_ml),
    )
