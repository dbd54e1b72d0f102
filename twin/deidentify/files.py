"""DICOM files, de-identified into a new folder: images as they are, headers as they may be told."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.deidentify import streams
from twin.deidentify.dataset import deidentified
from twin.deidentify.secret import Secret
from twin.errors import SourceError, UserError
from twin.progress import Progress
from twin.sources.burned_in import burned_in
from twin.sources.dicom_headers import looks_like_dicom, read_header

_VIDEO = "what is compressed so was not looked through: it may hold text besides the picture"
_DIRECTORY = "1.2.840.10008.1.3.10"


@dataclass(frozen=True)
class Written:
    """What was written, and what was not.

    Attributes
    ----------
    files : int
        How many files lie in the new folder.
    patients : tuple of str
        Their pseudonyms.
    left_out : tuple of str
        Files that are no DICOM, or broken, or a list of others (DICOMDIR), each with the reason.
    burned_in : tuple of str
        New files to look at by eye, each with the reason: text may be burned into their pixels, or lie
        in their video.
    """

    files: int
    patients: tuple[str, ...]
    left_out: tuple[str, ...]
    burned_in: tuple[str, ...]


def deidentify_files(source: Path, target: Path, progress: Progress | None = None) -> Written:
    """Write each DICOM file of a folder anew: ``pseudonym/study/series/number.dcm``, all names made up.

    Raises
    ------
    UserError
        There is nothing to read, or the new folder is not empty or cannot be written to.
    """
    import pydicom

    progress, secret = progress or Progress(), Secret.load()
    files = list(_files(source))
    if not files:
        raise UserError(f"There is no file in {source}.")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"{target} exists and is not empty.", "Choose a new folder.")
    left, warned, patients, count = [], [], set(), 0
    for n, path in enumerate(files):
        progress(n / len(files), f"reading {n + 1} of {len(files)}")
        why = _why_not(path)
        if why:
            left.append(f"{path}: {why}")
            continue
        try:
            read_header(path)  # finds what pydicom does not mind: images that are cut off
            ds = pydicom.dcmread(path, force=True)
            new = deidentified(ds, secret)
            reason = _burned_in(ds)
        except SourceError as error:
            left.append(error.message if str(path) in error.message else f"{path}: {error.message}")
            continue
        except Exception as error:  # pydicom fails in many ways
            left.append(
                f"{path}: it is broken ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
            )
            continue
        place = target / new.PatientID / _folder(new, "Study") / _folder(new, "Series") / f"{n + 1:06d}.dcm"
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            new.save_as(place, enforce_file_format=True)
        except OSError as error:
            raise UserError(f"{place} cannot be written: {error.strerror}.") from error
        count += 1
        patients.add(str(new.PatientID))
        if not streams.is_looked_through(new.file_meta.TransferSyntaxUID):
            reason = "; ".join([*([reason] if reason else []), _VIDEO])
        if reason:
            warned.append(f"{place}: {reason}")
    if not count:
        raise UserError(f"There is no DICOM file in {source} that can be read.", " ".join(left[:3]))
    return Written(count, tuple(sorted(patients)), tuple(left), tuple(warned))


def _folder(ds: Any, level: str) -> str:
    return f"{level.lower()}-{str(ds.get(f'{level}InstanceUID', '') or '0')[-10:]}"


def _files(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
        return
    for folder, folders, names in os.walk(source):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(names))


def _why_not(path: Path) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(132)
    except OSError as error:
        return str(error.strerror)
    return "" if looks_like_dicom(head) else "it is no DICOM file"


def _burned_in(ds: Any) -> str:
    kind = str(ds.get("SOPClassUID", "") or "")
    if kind == _DIRECTORY or "DirectoryRecordSequence" in ds:
        raise ValueError("it is a list of other files")
    image_type = tuple(str(word) for word in (ds.get("ImageType") or ()))
    return burned_in(str(ds.get("BurnedInAnnotation") or ""), str(ds.get("Modality") or ""), kind, image_type)
