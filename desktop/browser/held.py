"""Which series are in a record already, so that nobody brings one in twice without knowing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import UserError

if TYPE_CHECKING:
    from desktop.desk import Desk
    from twin.record import Record


def brought_in(record: Record) -> dict[str, str]:
    """Return by series UID what imports of images made; what was removed or undone is not there."""
    entries = {entry.id: entry for entry in record.entries()}
    found: dict[str, str] = {}
    for step in record.history.chain():
        made = step.outputs.values() if step.step == "import.images" else ()
        for entry in (entries[output["id"]] for output in made if output["id"] in entries):
            found.setdefault(entry.tree.get("identity", {}).get("series_uid", ""), entry.name)
    found.pop("", None)
    return found


def already(record: Record, given: Mapping[str, Any], series_uid: str) -> str:
    """Return the name of what a record holds of a series; empty where it holds nothing of it.

    Parameters
    ----------
    given : mapping
        Parameters of the import: a file without UIDs is known by them.
    """
    if series_uid:
        return brought_in(record).get(series_uid, "")
    names = {entry.id: entry.name for entry in record.entries()}
    same = (
        output["id"]
        for step in record.history.chain()
        if step.step.startswith("import.")
        and all(_plain(step.params.get(name)) == _plain(value) for name, value in given.items())
        for output in step.outputs.values()
    )
    return next((names[id] for id in same if id in names), "")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def known(desk: Desk) -> dict[str, str]:
    """Return by series UID, in words, which record holds it: the open one, or one of those opened lately.

    What is in a locked record is not told.
    """
    from twin.record import Record, door

    found: dict[str, str] = {}
    opened = desk.session.record
    here = Path(opened.path).resolve() if opened is not None else None
    if opened is not None:
        found = {uid: f"in this record: {name}" for uid, name in brought_in(opened).items()}
    for path in desk.settings.recent_files():
        try:
            if path.resolve() == here or door.locked(path):
                continue
            with Record.open(path, write=False) as record:
                for uid in brought_in(record):
                    found.setdefault(uid, f"in {path.name}")
        except (UserError, OSError):  # it is damaged, or gone: then it is told when it is opened
            continue
    return found
