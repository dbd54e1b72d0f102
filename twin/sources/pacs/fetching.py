"""Searching and fetching, whatever the server speaks; a series is fetched whole or not handed on.

Images gather in a folder of their own (the quarantine) until all are there that the server lists;
what has come stays there when a transfer breaks off, and is not fetched again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from twin import process
from twin.errors import ServerError, SourceError, UserError
from twin.progress import Progress
from twin.sources import catalog
from twin.sources.catalog import PatientRow, Query, SeriesRow, StudyRow
from twin.sources.dicom_headers import read_header
from twin.sources.pacs import dimse_fetch
from twin.sources.pacs.dimse import Dimse
from twin.sources.pacs.server import Link
from twin.sources.pacs.web import Web
from twin.wiping import wipe_folder

MOST = 2000
"""Answers to one search; beyond, it wants narrowing."""

KEPT_DAYS = 14
"""After so many days, what was fetched and never taken in goes."""


def peer_of(link: Link) -> Dimse | Web:
    """Return the other end, in the protocol that it speaks."""
    return Web(link) if link.server.is_web else Dimse(link)


def echo(link: Link, progress: Progress | None = None) -> str:
    """Ask a server whether it is there and knows us; returns what it calls itself.

    Raises
    ------
    ServerError
        Names the server, the fault, and what to try.
    """
    return peer_of(link).echo()


def find_patients(link: Link, query: Query, progress: Progress | None = None) -> list[PatientRow]:
    """Return the patients that match, by name."""
    progress = progress or Progress()
    peer = peer_of(link)
    if isinstance(peer, Web):  # DICOMweb has no such level
        rows = list(dict.fromkeys(s.patient for s in find_studies(link, query, progress)))
    else:
        empty = dict.fromkeys(("PatientBirthDate", "PatientSex"), "")
        wanted = {"PatientID": query.patient_id, "PatientName": _name(query)} | empty
        rows = [catalog.patient_of(ds) for ds in peer.find("PATIENT", wanted, progress, MOST)]
    return sorted(rows, key=lambda p: (p.name.casefold(), p.patient_id))


def find_studies(link: Link, query: Query, progress: Progress | None = None) -> list[StudyRow]:
    """Return the studies that match, the latest first."""
    empty = dict.fromkeys(
        ("PatientBirthDate", "PatientSex", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"), ""
    )
    wanted = {
        "PatientID": query.patient_id,
        "PatientName": _name(query),
        "StudyDate": dicom_dates(query.study_date),
        "ModalitiesInStudy": query.modality,
        "AccessionNumber": query.accession,
        "StudyDescription": f"*{query.description}*" if query.description else "",
        "StudyInstanceUID": query.study_uid,
    } | empty
    found = peer_of(link).find("STUDY", wanted, progress or Progress(), MOST)
    rows = [catalog.study_of(ds) for ds in found]
    # Not every server heeds every word.
    rows = [
        r
        for r in rows
        if r.uid and (not query.modality or not r.modalities or query.modality in r.modalities)
    ]
    return sorted(rows, key=lambda s: (s.date, s.uid), reverse=True)


def find_series(link: Link, study: StudyRow, progress: Progress | None = None) -> list[SeriesRow]:
    """Return the series of a study, by number."""
    words = ("SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "Modality", "BodyPartExamined")
    wanted = {"StudyInstanceUID": study.uid} | dict.fromkeys((*words, "NumberOfSeriesRelatedInstances"), "")
    found = peer_of(link).find("SERIES", wanted, progress or Progress(), MOST)
    rows = [row for row in (catalog.series_of(ds, study) for ds in found) if row.uid]
    return sorted(rows, key=lambda s: (s.number is None, s.number or 0, s.uid))


def find_one_series(link: Link, query: Query, progress: Progress | None = None) -> list[SeriesRow]:
    """Return the series that a query names: one by its UID, or all of the studies that match.

    Raises
    ------
    ServerError
        There is none.
    """
    rows = [
        series
        for study in find_studies(link, query, progress)
        for series in find_series(link, study, progress)
        if query.series_uid in ("", series.uid)
    ]
    if not rows:
        named = query.series_uid or query.study_uid or query.patient_id or query.patient_name
        raise ServerError(
            f"“{link.server.name}” has no series that matches {named}.", "Search with: vitruvian pacs find."
        )
    return rows


def find_images(link: Link, series: SeriesRow, progress: Progress | None = None) -> dict[str, str]:
    """Return the SOP class of each image of a series by its UID; empty where the server does not tell it."""
    wanted = {
        "StudyInstanceUID": series.study.uid, "SeriesInstanceUID": series.uid,
        "SOPInstanceUID": "", "SOPClassUID": "",
    }  # fmt: skip
    found = peer_of(link).find("IMAGE", wanted, progress or Progress(), 100_000)
    return {
        str(ds.SOPInstanceUID): str(ds.get("SOPClassUID") or "") for ds in found if ds.get("SOPInstanceUID")
    }


def fetch(link: Link, series: SeriesRow, quarantine: Path, progress: Progress | None = None) -> Path:
    """Fetch a series, and hand it on only when it is whole.

    Parameters
    ----------
    quarantine : Path
        Folder below which series gather; each in a folder of its own.

    Returns
    -------
    Path
        The folder of the series. It is for the caller to remove once it is taken in.

    Raises
    ------
    ServerError
        Names the server, the fault, how many images have come, and what to try. They stay, and are not
        fetched again.
    Cancelled
        What has come stays.
    """
    progress = progress or Progress()
    progress(0.0, "asking which images there are")
    images = find_images(link, series)
    told = series.images
    if not images:
        raise ServerError(
            f"“{link.server.name}” lists no images in {series.label}.", "It may have moved them."
        )
    folder = folder_of(quarantine, series)
    with _own(folder):
        here = _whole_files(folder, images)
        missing = {uid: kind for uid, kind in images.items() if uid not in here}
        counter = _Counter(folder, len(images), len(here), progress)
        if missing:
            _fetch_missing(link, series, missing, not here, counter)
        left = [uid for uid in images if not file_of(folder, uid).is_file()]
        if left:
            raise ServerError(
                f"“{link.server.name}” sent only {len(images) - len(left)} of {len(images)} images "
                f"of {series.label}.",
                "What has come is kept: fetch it again to get the rest. Its log says why they did not come.",
            )
    if told is not None and told > len(images):
        raise ServerError(
            f"“{link.server.name}” lists {len(images)} images of {series.label} but counts {told}.",
            "More may be arriving there just now: fetch it again in a minute.",
        )
    return folder


def fetch_all(
    link: Link, rows: Sequence[SeriesRow], quarantine: Path, progress: Progress | None = None
) -> list[Path]:
    """Fetch several series one after the other; see ``fetch``. Returns their folders.

    Raises
    ------
    ServerError
        At the first that does not come whole; those before it are kept, and not fetched again.
    """
    progress = progress or Progress()
    sizes = [row.images or 1 for row in rows]
    folders: list[Path] = []
    for n, row in enumerate(rows):
        part = progress.between(sum(sizes[:n]) / sum(sizes), sum(sizes[: n + 1]) / sum(sizes))
        try:
            folders.append(fetch(link, row, quarantine, part))
        except ServerError as e:
            if not folders:
                raise
            raise ServerError(
                f"{e.message} {len(folders)} of {len(rows)} series are whole, and kept.", e.hint
            ) from e
    return folders


def _fetch_missing(
    link: Link, series: SeriesRow, missing: dict[str, str], whole: bool, counter: _Counter
) -> None:
    peer = peer_of(link)
    try:
        if isinstance(peer, Web):
            peer.fetch(series, missing, whole, counter.keep, counter.progress)
        elif link.server.retrieve == "move":
            dimse_fetch.move(peer, series, missing, whole, counter.keep, counter.progress)
        else:
            dimse_fetch.get(peer, series, missing, whole, counter.keep, counter.progress)
    except ServerError as e:
        if not counter.here:
            raise
        raise ServerError(
            f"{e.message} {counter.here} of {counter.total} images of {series.label} are here.",
            f"They are kept, and not fetched again. {e.hint}".strip(),
        ) from e


class _Counter:
    """Writes what comes into the folder of a series and says how far it is."""

    def __init__(self, folder: Path, total: int, here: int, report: Progress) -> None:
        self.total, self.here = total, here
        self._folder, self._report = folder, report

    def keep(self, uid: str, file: bytes) -> None:
        """Keep an image under its UID; it appears whole or not at all."""
        beside = self._folder / f".{uuid.uuid4().hex}.part"
        beside.write_bytes(file)
        os.replace(beside, file_of(self._folder, uid))
        self.here += 1
        self.progress(0.0)

    @property
    def progress(self) -> Progress:
        """A report that says how many images are here, whatever the fraction it is given."""

        def report(_fraction: float, _text: str) -> None:
            self._report(self.here / self.total, f"{self.here} of {self.total} images")

        return Progress(report)


def folder_of(quarantine: Path, series: SeriesRow) -> Path:
    """Return where a series gathers; the name tells nobody which it is, and no UID can lead elsewhere."""
    return quarantine / hashlib.sha256(f"{series.study.uid}/{series.uid}".encode()).hexdigest()[:32]


def file_of(folder: Path, uid: str) -> Path:
    """Return where an image is kept; what a server calls a UID may not lead elsewhere."""
    plain = uid.isascii() and uid.replace(".", "").isdigit() and len(uid) <= 64
    return folder / f"{uid if plain else hashlib.sha256(uid.encode()).hexdigest()}.dcm"


def _whole_files(folder: Path, images: dict[str, str]) -> set[str]:
    """Return which images are there already; what is broken (a power cut) goes and is fetched again."""
    here = set()
    for part in folder.glob(".*.part"):
        part.unlink(missing_ok=True)
    for uid in images:
        path = file_of(folder, uid)
        if not path.is_file():
            continue
        try:
            read_header(path)
        except SourceError:
            path.unlink()
        else:
            here.add(uid)
    return here


@contextlib.contextmanager
def _own(folder: Path) -> Iterator[None]:
    """Hold a series' folder; only one process fetches it at a time."""
    note = folder / ".owner"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        holder = _holder(note)
        if holder is not None:
            raise UserError(
                f"This series is being fetched already, by process {holder}.", "Wait for it, or stop it."
            )
        note.write_text(f"{os.getpid()} {process.started(os.getpid())}")
    except OSError as e:
        raise UserError(f"{folder} cannot be written to: {e.strerror or e}.", "Is the disk full?") from e
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def _holder(note: Path) -> int | None:
    """Return the number of another running process that holds a folder."""
    try:
        number, started = note.read_text().split()
        running = process.started(int(number))
    except (OSError, ValueError):
        return None
    return int(number) if int(number) != os.getpid() and str(running) == started else None


def clear(folder: Path) -> None:
    """Remove a series that is taken in; its files are written over, since the record may be locked."""
    wipe_folder(folder)


def sweep(quarantine: Path) -> list[Path]:
    """Remove what was fetched long ago and never taken in; returns what went."""
    gone = []
    for folder in quarantine.iterdir() if quarantine.is_dir() else ():
        with contextlib.suppress(OSError):
            if (
                time.time() - folder.stat().st_mtime > KEPT_DAYS * 86_400
                and _holder(folder / ".owner") is None
            ):
                clear(folder)
                gone.append(folder)
    return gone


def dicom_dates(words: str) -> str:
    """Return a date or a range of dates as DICOM writes it.

    Raises
    ------
    UserError
        It is neither.
    """
    ends = [end.strip().replace("-", "") for end in words.split("..")]
    if len(ends) > 2 or any(end and not (len(end) == 8 and end.isdigit()) for end in ends):
        raise UserError(
            f"“{words}” is no date and no range of dates.",
            "Write 2026-01-31, 2026-01-01..2026-01-31 or 2026-01-01..",
        )
    return "-".join(ends) if any(ends) else ""


def _name(query: Query) -> str:
    name: Any = query.patient_name.strip()
    return name if not name or "*" in name or "?" in name else f"{name}*"
