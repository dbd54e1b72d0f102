"""A second image beside or over the one that is shown: which it may be, and in whose space it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.session import Item
    from twin.record import Entry


def others(desk: Desk) -> list[Item]:
    """Return the images other than the one that is shown."""
    shown = desk.session.volume
    return [i for i in desk.session.of_kind("volume") if shown is None or i.key != shown.key]


def chosen(desk: Desk) -> Item | None:
    """Return the only other image; None where there are several, or none."""
    listed = others(desk)
    return listed[0] if len(listed) == 1 else None


def why_none(desk: Desk) -> str:
    """Return why there is no second image to be had; empty where there is one."""
    listed = others(desk)
    if not listed:
        return "There is no second image here: import it into the same record."
    return "" if chosen(desk) else "There are several: choose one under Second image, in the Images panel."


def why_apart(one: Entry, other: Entry) -> str:
    """Return why two images are not known to lie in one space; empty where they do.

    Two things are in one space only when both name the same Frame of Reference. (A record is of one patient.)
    """
    frames = [str(entry.tree.get("frame_of_reference") or "") for entry in (one, other)]
    if not all(frames):
        silent = " and ".join(f"“{e.name}”" for e, f in zip((one, other), frames, strict=True) if not f)
        return f"{silent} {'do' if not any(frames) else 'does'} not say in which space the places lie."
    if frames[0] != frames[1]:
        return f"“{one.name}” and “{other.name}” lie in different spaces (frames of reference)."
    return ""
