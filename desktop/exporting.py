"""Sending one thing out of the record: which formats the dialog offers, and the job that writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.queue import Plan
from twin.progress import Progress

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.session import Item


def kind_of(item: Item) -> str:
    """Return the kind of what a row of the tree stands for: a mesh's patch is a surface."""
    from twin.record import parts

    return parts.kind(item.kind) if item.part else item.kind


def why_not(desk: Desk) -> str:
    """Return why the selected thing cannot be exported; empty where it can."""
    from twin.exports import formats_of

    item = desk.session.item(desk.session.selection)
    if item is None:
        return "Choose something in the tree first."
    if not formats_of(kind_of(item)):
        return f"There is no format for {item.kind} yet."
    if item.stale:
        return "It is stale: make it again first."
    return ""


def every(desk: Desk, ref: str) -> Item | None:
    """Return what stands for all measurements of the record, or all key images; None where there is none."""
    from twin.exports import EVERY

    found = desk.session.of_kind(EVERY[ref])
    return replace(found[0], key=ref, name=ref) if found else None


def formats(desk: Desk, item: Item) -> dict[str, str]:
    """Return by suffix the title of each format that a thing can go out in, the usual one first."""
    from desktop.films import moves
    from twin.exports import formats_of

    entry = None if item.part else desk.session.entry(item.id)
    return formats_of(kind_of(item), moves=entry is not None and moves(entry.kind, entry.tree))


def filters(desk: Desk, item: Item) -> str:
    """Return the file dialog's list of formats."""
    return ";;".join(f"{title} (*{suffix})" for suffix, title in formats(desk, item).items())


def with_suffix(desk: Desk, item: Item, name: str, chosen: str) -> Path:
    """Return the path that the dialog's answer means: the chosen format's suffix where none was typed."""
    known = formats(desk, item)
    if name.lower().endswith(tuple(known)):
        return Path(name)
    suffix = next((s for s, title in known.items() if chosen == f"{title} (*{s})"), next(iter(known)))
    return Path(name + suffix)


def plan(desk: Desk, item: Item, path: Path) -> Plan:
    """Write the thing in a job, and note in the log that it left."""
    from twin.jobs import Job

    record = desk.session.record
    if record is None:
        return
    record.flush()
    written = yield Job(write_out, Path(record.path), item.key, path, title=f"Writing {path.name}")
    desk.said.emit(f"“{item.name}” is at {written}.", "Its side is in the name." if written != path else "")
    if desk.session.record is record and record.writable:
        record.note("exported", {"entity": item.key, "path": str(written), "stale": ""})


def plan_deidentified(desk: Desk, item: Item, path: Path, faces: bool) -> Plan:
    """Write the thing in a job, without what names its patient, and note in the log that it left."""
    from desktop.deidentifying import one_thing
    from desktop.films import draw_film, is_film
    from twin.jobs import Job

    record = desk.session.record
    if record is None:
        return
    record.flush()
    title, told = f"Writing {path.name}", ""
    if is_film(path):
        written = yield Job(draw_film, Path(record.path), item.key, path, False, title=title)
    else:
        written, done = yield Job(one_thing, Path(record.path), item.key, path, faces, False, title=title)
        told = " ".join(done.words())
    desk.said.emit(f"“{item.name}” is at {written}, de-identified.", told)
    if desk.session.record is record and record.writable:
        details = {"entity": item.key, "path": str(written), "stale": "", "deidentified": True}
        record.note("exported", details)


def write_out(record: Path, key: str, path: Path, progress: Progress) -> Path:
    """Write an entity of a record, or a part of one, to a file (runs in a job)."""
    from desktop.films import draw_film, is_film
    from twin.exports import export_from
    from twin.record import Record

    if is_film(path):
        return draw_film(record, key, path, True, progress)
    with Record.open(record, write=False) as opened:
        return export_from(opened, key, path, progress)
