"""Changing a measurement that is in a record: measured again from other points, in its place."""

from dataclasses import fields, replace
from typing import Any

from twin.errors import UserError
from twin.measuring.steps import ROLE, DrawParams
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
    if "points_mm" not in maker.params or not maker.inputs:
        raise UserError(
            f"“{entry.name}” was not drawn by hand.", "Measure it again from what it was made of."
        )
    image = maker.inputs["volume"]
    if all(e.id != image["id"] for e in record.entries()):
        raise UserError(f"“{image['name']}”, on which “{entry.name}” was drawn, was removed.", "Undo that.")
    known = {f.name for f in fields(DrawParams)}
    params = {key: value for key, value in maker.params.items() if key in known} | changes
    call = prepare(record, maker.step, {"volume": image["id"]}, params, into={ROLE: entry.id})
    named_by_its_words = maker.outputs[ROLE]["name"] == entry.name and not maker.names
    if named_by_its_words and maker.params.get("text") != params.get("text"):
        return call
    return replace(call, names={ROLE: entry.name})
