"""Plans for the queue: fetch from a server and import, send to one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from desktop import places
from desktop.queue import Plan
from twin.progress import Progress

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.incoming import Incoming
    from twin.sources.catalog import SeriesRow, StudyRow
    from twin.sources.pacs import Link


def fetch(
    incoming: Incoming, link: Link, series: Sequence[SeriesRow], studies: Sequence[StudyRow],
    came_from: dict[Path, str],
) -> Plan:  # fmt: skip
    """Fetch series, and all series of studies; what is whole goes the way of any other folder.

    ``came_from`` is told which server each folder came from.
    """
    from twin.jobs import Job

    name = link.server.name
    quarantine = places.quarantine_folder()
    job = Job(fetch_wanted, link, tuple(series), tuple(studies), quarantine, title=f"Fetching from {name}")
    folders: list[Path] = yield job
    came_from |= dict.fromkeys(folders, name)
    yield from incoming.look_through(folders, f"what came from {name}")


def fetch_wanted(
    link: Link, series: tuple[SeriesRow, ...], studies: tuple[StudyRow, ...], quarantine: Path,
    progress: Progress,
) -> list[Path]:  # fmt: skip
    """Fetch series and whole studies (runs in a job)."""
    from twin.sources import pacs

    pacs.sweep(quarantine)
    rows = [*series]
    for study in studies:
        rows += pacs.find_series(link, study, progress)
    return pacs.fetch_all(link, rows, quarantine, progress)


def send(desk: Desk, link: Link, paths: Sequence[Path]) -> Plan:
    """Send DICOM files as they are, and say what came of it."""
    from twin.exports.pacs import send as send_files
    from twin.jobs import Job

    sent: Any = yield Job(send_files, link, list(paths), title=f"Sending to {link.server.name}")
    there = f"{sent.there_already} were there already." if sent.there_already else ""
    images = "1 image is" if sent.images == 1 else f"{sent.images} images are"
    desk.said.emit(f"{images} sent to “{link.server.name}”.", there)


def why_not_send(desk: Desk) -> str:
    """Return why the selected thing cannot go to a server; empty where it can."""
    item = desk.session.item(desk.session.selection)
    if item is None or item.kind != "labelmap":
        return "Choose a segmentation in the tree first."
    if item.stale:
        return "It is stale: make it again first."
    return ""


def send_selected(desk: Desk, link: Link) -> Plan:
    """Send the selected segmentation as DICOM, and note in the log that it left."""
    from twin.exports.pacs import send_from
    from twin.jobs import Job

    record, item = desk.session.record, desk.session.item(desk.session.selection)
    if record is None or item is None:
        return
    name = link.server.name
    record.flush()
    yield Job(send_from, Path(record.path), [item.key], "seg", link, title=f"Sending {item.name} to {name}")
    desk.said.emit(f"“{item.name}” is sent to “{name}”, as a DICOM segmentation.", "")
    if desk.session.record is record and record.writable:
        record.note("sent", {"entity": item.key, "server": name, "stale": ""})


def taken_in(desk: Desk, paths: Sequence[Path], came_from: dict[Path, str]) -> None:
    """Clear away what was fetched and is in the record now; its log says where it came from."""
    from twin.sources import pacs

    quarantine = places.quarantine_folder()
    mine = [path for path in paths if path.parent == quarantine]
    if not mine:
        return
    record = desk.session.record
    if record is not None and record.writable:
        servers = ", ".join(dict.fromkeys(came_from.pop(path, "") for path in mine)).strip(", ")
        record.note("fetched", {"server": servers, "series": len(mine)})

    def clear() -> None:
        for path in mine:
            pacs.clear(path)

    # Writing over thousands of files takes a while: beside the window; the program ends when it is done.
    Thread(target=clear, name="clearing").start()
