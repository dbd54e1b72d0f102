"""The table of formats: which module reads a file, told by its first bytes and its suffix."""

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from twin.domain import LabelMap, Surface, TetMesh, Volume
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources.dicom_headers import looks_like_dicom
from twin.sources.dicom_objects import SEGMENTATION, STRUCTURE_SET, of_class
from twin.sources.series import Choices, Found, Series


@dataclass(frozen=True)
class Format:
    """A format: its module in ``twin.sources``, its suffixes, and how its first 352 bytes look."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    recognizes: Callable[[bytes], bool]


def _no_magic(_head: bytes) -> bool:
    return False


FORMATS = (
    Format("nifti", "NIfTI", (".nii", ".nii.gz", ".hdr"), _no_magic),
    Format("nrrd", "NRRD", (".nrrd", ".nhdr"), lambda head: head.startswith(b"NRRD000")),
    Format("metaimage", "MetaImage", (".mha", ".mhd"), _no_magic),
    Format("stl", "STL", (".stl",), _no_magic),
    Format("obj", "OBJ", (".obj",), _no_magic),
    Format("ply", "PLY", (".ply",), _no_magic),
    Format("vtk_files", "VTK", (".vtp", ".vtu", ".vtk"), _no_magic),
    Format("dicom_seg", "DICOM segmentation", (), of_class(SEGMENTATION)),
    Format("rtstruct", "DICOM structure set", (), of_class(STRUCTURE_SET)),
    Format("dicom", "DICOM", (".dcm", ".dicom", ".ima"), looks_like_dicom),
)


def format_of(path: Path) -> Format | None:
    """Return the format of a file by its suffix, then by its content; None where it is none of ours.

    A DICOM file is told by its content only: what it holds does not stand in its name.
    """
    name = path.name.lower()
    named = next((f for f in FORMATS if name.endswith(f.suffixes)), None)
    if named is not None and named.name != "dicom":
        return named
    with path.open("rb") as file:
        head = file.read(352)
    return next((f for f in FORMATS if f.recognizes(head)), named)


def files_in(path: Path) -> Iterator[Path]:
    """Yield the files in a folder and below it, but hidden ones; a file is yielded itself."""
    if not path.is_dir():
        yield path
    for folder, folders, names in os.walk(path):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def scan(paths: Sequence[Path], progress: Progress) -> Found:
    """Look into files and folders; see ``twin.sources.scan``."""
    by_format: dict[str, list[Path]] = {f.name: [] for f in FORMATS}
    problems: list[str] = []
    for path in paths:
        if not path.exists():
            raise SourceError(f"{path} does not exist.", "Nothing was brought in: look at how it is written.")
        named = path.is_file()
        files = list(files_in(path))
        if not files:
            problems.append(f"{path} is an empty folder.")
        for file in files:
            progress(0.0, f"looking into {file.parent.name}")
            _sort_in(file, named, by_format, problems)
    found = Found(problems=tuple(problems))
    done, total = 0, max(sum(map(len, by_format.values())), 1)
    for name, listed in by_format.items():
        files = list(dict.fromkeys(listed))
        if files:
            part = progress.between(done / total, (done + len(files)) / total)
            found += importlib.import_module(f"twin.sources.{name}").scan(files, part)
            done += len(files)
    return found


def _sort_in(file: Path, named: bool, by_format: dict[str, list[Path]], problems: list[str]) -> None:
    try:
        form = format_of(file)
        if form is not None and file.stat().st_size == 0:
            problems.append(f"{file} is empty (0 bytes).")
            return
        if form is not None and form.name == "dicom":  # by its suffix only, perhaps
            with file.open("rb") as opened:
                if not looks_like_dicom(opened.read(352)):
                    problems.append(f"{file} is called {file.suffix} but is no DICOM file.")
                    return
    except OSError as e:
        problems.append(f"{file} cannot be read: {e.strerror or e}.")
        return
    if form is not None:
        by_format[form.name].append(file)
    elif named:
        known = ", ".join(s for f in FORMATS for s in f.suffixes)
        problems.append(f"{file} is in no format that can be read here ({known}).")


def read(
    series: Series, choices: Choices, progress: Progress
) -> Volume | LabelMap | Surface | TetMesh | tuple[Volume, ...]:
    """Read one series; see ``twin.sources.read``."""
    missing = next((f for f in series.files if not f.is_file()), None)
    if missing is not None:
        raise SourceError(f"{missing} is not there any more.")
    module = importlib.import_module(f"twin.sources.{series.format}")
    return module.read(series, choices, progress)
