"""Changing a measurement that is in a record: measured again from other points, in its place."""

import re
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from twin.domain import Measurement
from twin.errors import UserError
from twin.measuring.steps import ROLE, STEPS, WORDED, name_of
from twin.record import Call, LogEntry, Record
from twin.run import prepare


def maker_of(record: Record, ref: str) -> LogEntry:
    """Return the step that drew a measurement as it is now."""
    return record.history.entry(record.find(ref).made_by)


def changed(record: Record, ref: str, **changes: Any) -> Call:
    """Return the call that draws a measurement anew with some of its parameters changed.

    It is measured on the image as that is now, and takes the place of what was there: undo brings that back.
    The name stays, unless it is the one that its words gave it and these change.

    Parameters
    ----------
    **changes
        Fields of ``DrawParams``.

    Raises
    ------
    UserError
        Where it was not drawn by hand, or the image it was drawn on is gone.
    """
    entry, maker = record.find(ref), maker_of(record, ref)
    made = record.load(entry.id)
    if not isinstance(made, Measurement) or made.kind not in STEPS:
        raise UserError(
            f"“{entry.name}” was not drawn by hand.", "Measure it again from what it was made of."
        )
    image = maker.inputs["volume"]
    if all(e.id != image["id"] for e in record.entries()):
        raise UserError(f"“{image['name']}”, on which “{entry.name}” was drawn, was removed.", "Undo that.")
    normal = None if made.kind == "ellipsoid" else made.normal
    params = {
        "points_mm": _numbers(made.points), "normal": _numbers(normal), "text": made.text,
        "time": made.time, "label_mm": _numbers(made.label),
    } | changes  # fmt: skip
    call = prepare(record, STEPS[made.kind], {"volume": image["id"]}, params, into={ROLE: entry.id})
    # Numbered where another one is called so.
    by_its_words = re.fullmatch(
        rf"{re.escape(name_of(made.kind, made.text))}( \d+)?", entry.name, re.IGNORECASE
    )
    if made.kind in WORDED and by_its_words and made.text != params["text"]:
        return call
    return replace(call, names={ROLE: entry.name})


def _numbers(array: NDArray | None) -> tuple[float, ...] | None:
    return None if array is None else tuple(float(x) for x in array.ravel())
