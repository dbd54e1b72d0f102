"""DICOM files to a server of images, by C-STORE or STOW; what is there already is not sent again."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import ServerError, UserError
from twin.exports import export_from
from twin.progress import Progress
from twin.sources.catalog import PatientRow, SeriesRow, StudyRow
from twin.sources.dicom_headers import looks_like_dicom
from twin.sources.dicom_sr import REPORTS
from twin.sources.pacs import find_images
from twin.sources.pacs.dimse import Dimse
from twin.sources.pacs.fetching import peer_of
from twin.sources.pacs.server import Link
from twin.sources.pacs.web import Web
from twin.wiping import passing_folder

_IMPLICIT = "1.2.840.10008.1.2"
_MOST_CONTEXTS = 128
_BATCH_BYTES = 16_000_000


@dataclass(frozen=True)
class Outgoing:
    """A DICOM file that is to be sent; ``plain`` where its file header names the same image as the rest."""

    path: Path
    uid: str
    kind: str
    syntax: str
    study_uid: str
    series_uid: str
    size: int
    plain: bool


@dataclass(frozen=True)
class Sent:
    """What came of sending: how many images went, were there already, were not DICOM."""

    images: int
    series: int
    there_already: int
    passed_over: int


def outgoing(
    paths: Sequence[Path], progress: Progress, *, nameless: bool = False
) -> tuple[list[Outgoing], int]:
    """Return the DICOM files in files and folders, and how many others there were in folders.

    Raises
    ------
    UserError
        A file that was named is no DICOM, or does not say what it is; two files are the same image;
        one is a segmentation, contours or a report of nobody, and ``nameless`` does not allow that.
    """
    found: dict[str, Outgoing] = {}
    others: list[Path] = []
    for path, named in _files(paths):
        progress(0.0, f"looking into {path.parent.name}")
        one = _look(path, nameless)
        if one is None:
            if named:
                raise UserError(f"{path} {_NO_OBJECT}.", "Only DICOM can be sent: export it so first.")
            others.append(path)
        elif one.uid in found and found[one.uid].size != one.size:
            raise UserError(
                f"{path} and {found[one.uid].path} say that they are the same image ({one.uid}), but differ.",
                "Send one of them.",
            )
        else:
            found.setdefault(one.uid, one)
    if not found:
        where = ", ".join(map(str, paths))
        why = f" {others[0].name}, for one, {_NO_OBJECT}." if others else ""
        raise UserError(f"There is nothing in {where} that can be sent.{why}")
    return list(found.values()), len(others)


_NO_OBJECT = "is no DICOM file, or does not say which image and series it is (blank UIDs)"


def send(
    link: Link, paths: Sequence[Path], progress: Progress | None = None, *, nameless: bool = False
) -> Sent:
    """Send the DICOM files in files and folders, as they are.

    Raises
    ------
    ServerError
        Names the server, the fault, how many images were sent, and what to try. Sending again goes on
        where this ended, as far as the server lets us look.
    Cancelled
        What was sent stays there.
    """
    progress = progress or Progress()
    files, others = outgoing(paths, progress.between(0.0, 0.05), nameless=nameless)
    there = _there_already(link, files, progress)
    left = [f for f in files if f.uid not in there]
    report = _Report(len(files), len(files) - len(left), progress.between(0.05, 1.0))
    peer = peer_of(link)
    try:
        if isinstance(peer, Web):
            _stow(peer, left, report)
        else:
            _store(peer, left, report)
    except ServerError as e:
        raise ServerError(
            f"{e.message} {report.done} of {report.total} images are at “{link.server.name}”.", e.hint
        ) from e
    return Sent(len(left), len({f.series_uid for f in files}), len(files) - len(left), others)


def send_from(
    record: Path, refs: Sequence[str], kind: str, link: Link, progress: Progress | None = None, *,
    nameless: bool = False,
) -> Sent:  # fmt: skip
    """Send segmentations of a record as DICOM; the record itself is left as it is.

    Parameters
    ----------
    refs : sequence of str
        Entities, or parts of them.
    kind : str
        ``seg`` or ``rtstruct``.

    Raises
    ------
    UserError
        One cannot be written so, or cannot be sent; see ``send``.
    """
    from twin.record import Record

    progress = progress or Progress()
    with Record.open(record, write=False) as opened, passing_folder() as place:
        paths = [
            export_from(opened, ref, place / f"{n}.{kind}.dcm", progress.between(0.0, 0.3))
            for n, ref in enumerate(refs)
        ]
        return send(link, paths, progress.between(0.3, 1.0), nameless=nameless)


class _Report:
    """How many images have gone."""

    def __init__(self, total: int, done: int, progress: Progress) -> None:
        self.total, self.done = total, done
        self._progress = progress

    def __call__(self, more: int) -> None:
        self.done += more
        self._progress(self.done / self.total, f"{self.done} of {self.total} images")


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    for path in paths:
        if path.is_dir():
            for folder, folders, names in os.walk(path):
                folders.sort()
                yield from ((Path(folder, n), False) for n in sorted(names) if not n.startswith("."))
        elif path.exists():
            yield path, True
        else:
            raise UserError(f"There is no {path}.")


def _look(path: Path, nameless: bool) -> Outgoing | None:
    """Return what a file is; None where it is no DICOM object of a series (a DICOMDIR is none)."""
    import pydicom

    tags = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
    try:
        with path.open("rb") as file:
            head = file.read(352)
        if not looks_like_dicom(head):
            return None
        ds = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=[*tags, *_WHOSE], force=True)
    except OSError as e:
        raise UserError(f"{path} cannot be read: {e.strerror or e}.") from e
    except Exception as e:  # pydicom fails in many ways
        raise UserError(f"{path} is a broken DICOM file: {e}.", "Leave it out.") from e
    words = [str(ds.get(tag) or "") for tag in tags]
    syntax = str(ds.file_meta.get("TransferSyntaxUID", "")) if hasattr(ds, "file_meta") else ""
    if not all(words):
        return None
    if head[128:132] != b"DICM":
        raise UserError(
            f"{path} has no DICOM file header, so that its encoding would have to be guessed.",
            "Leave it out.",
        )
    if not nameless and _of_nobody(ds):
        raise UserError(
            f"“{ds.get('SeriesDescription') or path.name}” does not say whose it is: it holds no name, no ID "
            "and no images that it was made on, so that the server would file it under nobody.",
            "Make it on images that were imported from DICOM, which say whose they are; or send it as it is: "
            "vitruvian pacs send --nameless.",
        )
    meta = ds.file_meta
    plain = [str(meta.get(f"MediaStorage{tag}", "")) for tag in tags[:2]] == words[:2]
    size = path.stat().st_size
    return Outgoing(path, words[1], words[0], syntax or _IMPLICIT, words[2], words[3], size, plain)


_MADE_ON = ("ReferencedSeriesSequence", "CurrentRequestedProcedureEvidenceSequence")
_WHOSE = ("PatientName", "PatientID", "SeriesDescription", "ReferencedFrameOfReferenceSequence", *_MADE_ON)
_MADE = (*REPORTS, "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.481.3")
"""Classes of reports, segmentations and structure sets."""


def _of_nobody(ds: Any) -> bool:
    """Tell whether something was made of images, and says neither of which nor of whom."""
    if str(ds.SOPClassUID) not in _MADE or ds.get("PatientName") or ds.get("PatientID"):
        return False
    frames = ds.get("ReferencedFrameOfReferenceSequence") or ()
    return not any(ds.get(tag) for tag in _MADE_ON) and not any(
        frame.get("RTReferencedStudySequence") for frame in frames
    )


def _there_already(link: Link, files: Sequence[Outgoing], progress: Progress) -> set[str]:
    """Return which images the server lists; none where it does not let us look."""
    there: set[str] = set()
    for study, series in dict.fromkeys((f.study_uid, f.series_uid) for f in files):
        progress(0.05, "asking what is there already")
        row = SeriesRow(StudyRow(PatientRow(), study), series)
        with contextlib.suppress(ServerError):
            there |= set(find_images(link, row))
            continue
        return there  # where one cannot look once, one need not wait for a no at every series
    return there


def _store(peer: Dimse, files: Sequence[Outgoing], report: _Report) -> None:
    """Send by C-STORE, each file byte for byte."""
    from pynetdicom import _config

    _config.STORE_SEND_CHUNKED_DATASET = True  # from the disk, undecoded
    by_kind: dict[tuple[str, str], list[Outgoing]] = defaultdict(list)
    for file in files:
        by_kind[file.kind, file.syntax].append(file)
    kinds = list(by_kind)
    for start in range(0, len(kinds), _MOST_CONTEXTS):
        group = kinds[start : start + _MOST_CONTEXTS]
        with peer.association([(kind, (syntax,)) for kind, syntax in group]) as association:
            accepted = {
                (str(c.abstract_syntax), str(c.transfer_syntax[0])) for c in association.accepted_contexts
            }
            refused = [by_kind[key] for key in group if key not in accepted]
            if refused:
                raise _not_taken(peer, [f for files in refused for f in files])
            for key in group:
                for file in by_kind[key]:
                    _store_one(peer, association, file)
                    report(1)


def _store_one(peer: Dimse, association: Any, file: Outgoing) -> None:
    import pydicom

    since = time.monotonic()
    try:
        status = association.send_c_store(file.path if file.plain else pydicom.dcmread(file.path))
    except (RuntimeError, OSError) as e:  # the connection is gone, or the file
        if not file.path.is_file():
            raise UserError(f"{file.path} is not there any more.") from e
        raise peer.broken(f"taking {file.path.name}", {}, since) from e
    # 0xB000 and its like: taken, with some words changed.
    if status.get("Status") is None or (status.Status != 0 and status.Status & 0xF000 != 0xB000):
        raise peer.broken(f"taking {file.path.name}", status, since)


def _not_taken(peer: Dimse, files: Sequence[Outgoing]) -> ServerError:
    from pydicom.uid import UID

    (kind, syntax), count = Counter((f.kind, f.syntax) for f in files).most_common(1)[0]
    return ServerError(
        f"“{peer.server.name}” takes no {UID(kind).name} as {UID(syntax).name} ({count} of the images).",
        "Nothing was sent. Ask its administrator to allow it, or send by DICOMweb.",
    )


def _stow(peer: Web, files: Sequence[Outgoing], report: _Report) -> None:
    """Send by STOW, in portions."""
    import pydicom

    batch: list[Outgoing] = []
    for n, file in enumerate(files):
        batch.append(file)
        if n + 1 < len(files) and sum(f.size for f in batch) < _BATCH_BYTES:
            continue
        failed = peer.store([pydicom.dcmread(f.path) for f in batch])
        report(len(batch) - len(failed))
        if failed:
            raise ServerError(
                f"“{peer.server.name}” did not take {len(failed)} of {len(batch)} images: {failed[0]}.",
                "Its log says why.",
            )
        batch = []
