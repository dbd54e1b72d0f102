"""Writers of outside formats: one call, the format chosen by the file's suffix.

Every file says its space and unit where its format can, and carries the side in its name.
A file appears whole or not at all: it is written beside its place under another name, then renamed.
"""

import contextlib
import importlib
import os
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twin.domain import (
    KINDS,
    Entity,
    Heart,
    KeyImage,
    LabelMap,
    Measurement,
    Model,
    Motion,
    Result,
    Structure,
    Surface,
    TetMesh,
    Volume,
    kind_of,
)
from twin.errors import UserError
from twin.exports import marked
from twin.exports.marked import KeyImages
from twin.exports.measured import ALL, Measured, Row, measured_of
from twin.exports.sides import path_with_side
from twin.progress import Progress

if TYPE_CHECKING:
    from twin.record import Record

WRITERS: dict[type, dict[str, str]] = {
    Volume: {".nii.gz": "nifti", ".nii": "nifti", ".nrrd": "nrrd"},
    LabelMap: {
        ".nii.gz": "nifti", ".nii": "nifti", ".seg.nrrd": "nrrd", ".nrrd": "nrrd",
        ".rtstruct.dcm": "rtstruct", ".seg.dcm": "dicom_seg", ".dcm": "dicom_seg",
    },
    Surface: {
        ".stl": "stl", ".ply": "ply", ".obj": "obj", ".3mf": "three_mf", ".glb": "gltf", ".gltf": "gltf",
        ".vtp": "vtk_files",
    },
    TetMesh: {".vtu": "vtk_files"},
    Model: {".inp": "calculix", ".vtu": "vtk_files"},
    Result: {".vtu": "vtk_files", ".curves.csv": "curves", ".csv": "numbers"},
    Motion: {".curves.csv": "curves", ".csv": "numbers"},
    Heart: {".csv": "numbers"},
    Measurement: {".csv": "measured", ".sr.dcm": "dicom_sr", ".dcm": "dicom_sr"},
    KeyImage: {".ko.dcm": "key_objects", ".dcm": "key_objects"},
}  # fmt: skip
"""Which module here writes what: ``write(entity, path, progress)``, for CalculiX without progress."""


TITLES = {
    ".nii.gz": "NIfTI, compressed", ".nii": "NIfTI", ".nrrd": "NRRD", ".seg.nrrd": "3D Slicer segmentation",
    ".seg.dcm": "DICOM segmentation", ".dcm": "DICOM", ".sr.dcm": "DICOM report",
    ".ko.dcm": "DICOM key objects",
    ".rtstruct.dcm": "DICOM RT structure set",
    ".stl": "STL", ".ply": "PLY", ".obj": "Wavefront OBJ", ".3mf": "3MF for printing", ".glb": "glTF, binary",
    ".gltf": "glTF", ".vtp": "VTK surface", ".vtu": "VTK mesh", ".inp": "CalculiX", ".csv": "Numbers",
    ".curves.csv": "Curves over time", ".gif": "Film",
}  # fmt: skip
"""What each suffix is, for lists that people read."""


FILM = ".gif"
"""Of what moves a film can be drawn too: by the program that shows it, not by a writer here."""


def formats_of(kind: str, *, moves: bool = False) -> dict[str, str]:
    """Return by suffix the title of each format that a kind of entity can go out in, the usual first.

    ``moves``: a film is one of them.
    """
    suffixes = (*WRITERS.get(KINDS[kind], {}), *([FILM] if moves else ()))
    return {suffix: TITLES[suffix] for suffix in suffixes}


EVERY = {ALL: "measurement", marked.ALL: "key image"}
"""What stands for all of a kind where one entity would be named."""


def export(
    entity: Entity | Measured | KeyImages,
    path: Path,
    progress: Progress | None = None,
    *,
    image: Volume | None = None,
    as_named: bool = False,
) -> Path:
    """Write an entity to a file; the suffix says the format.

    Parameters
    ----------
    image : Volume or None
        What a labelmap lies on: DICOM objects refer to its images.
    as_named : bool
        Write ``path`` and nothing else, for scripts that go on with it; its name may then lack the side,
        which is for the caller to tell, but not say the other one.

    Returns
    -------
    Path
        The file written: ``path``, with the side put into its name where it was not there.

    Raises
    ------
    UserError
        No such format for this kind of thing; its side is unconfirmed; the name says the
        other side; the folder cannot be written to.
    """
    progress = progress or Progress()
    if isinstance(entity, Measurement):
        entity = Measured.of([Row(entity, entity.kind)])
    if isinstance(entity, KeyImage):
        entity = KeyImages.of([("Key image", entity)])
    kind = _kind(entity)
    writers = WRITERS.get(KINDS[kind], {})
    name = path.name.lower()
    suffix = next((s for s in writers if name.endswith(s) and len(name) > len(s)), None)
    if suffix is None:
        known = ", ".join(formats_of(kind, moves=_moves(entity))) or "nothing yet"
        raise UserError(f"A {kind} cannot be written as “{path.name}”.", f"It can be written as: {known}.")
    if isinstance(entity, Volume) and entity.placement != "patient":
        raise UserError(
            "This image has no place in the patient (a radiograph, a capture), and volume formats say one.",
            "Send the DICOM image itself.",
        )
    with_side = path_with_side(entity, path, suffix)
    target = path if as_named else with_side
    if not target.parent.is_dir():
        raise UserError(f"{target} cannot be written: there is no folder {target.parent}.")
    part = target.with_name(f".{uuid.uuid4().hex}.part{suffix}")
    progress(0.0, f"writing {target.name}")
    try:
        module = importlib.import_module(f"twin.exports.{writers[suffix]}")
        if writers[suffix] == "calculix":
            module.write(entity, part)
        elif writers[suffix] in ("dicom_seg", "rtstruct"):
            module.write(entity, part, progress, image)
        else:
            module.write(entity, part, progress)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as e:
        raise UserError(
            f"{target} cannot be written: {e.strerror or e}.", "Choose a folder that can be written to."
        ) from e
    finally:
        with contextlib.suppress(OSError):  # a read-only disk refuses that too, and has nothing to remove
            part.unlink(missing_ok=True)
    progress(1.0, f"wrote {target.name}")
    return target


def _moves(entity: Entity | Measured | KeyImages) -> bool:
    """Tell whether something moves by itself."""
    if isinstance(entity, Motion):
        return len(entity.phases) > 1
    return isinstance(entity, Result) and entity.times_s is not None


def _kind(entity: Entity | Measured | KeyImages) -> str:
    if isinstance(entity, Measured | KeyImages):
        return "measurement" if isinstance(entity, Measured) else "key image"
    return kind_of(entity)


def gathered(
    record: "Record", ref: str, change: Callable[[Entity], Entity] | None = None
) -> Measured | KeyImages | None:
    """Return what goes into one file of its kind with others: measurements, key images; None for the rest."""
    return measured_of(record, ref, change) or marked.keys_of(record, ref, change)


def export_from(
    record: "Record",
    ref: str,
    path: Path,
    progress: Progress | None = None,
    *,
    as_named: bool = False,
    change: Callable[[Entity], Entity] | None = None,
) -> Path:
    """Write an entity of a record, or a part of one, in the color it has there; see ``export``.

    ``measurements`` and ``key images`` stand for all of them.

    Parameters
    ----------
    change : callable, optional
        What is done to everything that leaves: de-identification.
    """
    several = gathered(record, ref, change)
    if several is not None:
        return export(several, path, progress, as_named=as_named)
    entity = record.load(ref)
    if isinstance(entity, Surface):
        entity = replace(entity, color=_color_of(record, ref, entity))
    image = None
    if isinstance(entity, LabelMap) and path.name.lower().endswith(".dcm"):
        image = _image_under(record, entity)
    if change is not None:
        entity = change(entity)
        changed = change(image) if image is not None else None
        image = changed if isinstance(changed, Volume) else None
    return export(entity, path, progress, image=image, as_named=as_named)


def _color_of(record: "Record", ref: str, surface: Surface) -> str:
    """Return the color that was chosen for a surface, else that of the structure it is of, as it is now."""
    chosen = record.owner(ref).color
    if chosen:
        return chosen.upper()
    named = (s for e in reversed(record.entries()) if e.kind == "labelmap" for s in e.tree["structures"])
    same = next((Structure(**s) for s in named if s["name"] == surface.structure), None)
    return same.shown_color if same else surface.color


def _image_under(record: "Record", labelmap: LabelMap) -> Volume | None:
    """Return the volume of the record whose DICOM images a labelmap lies on."""
    for entry in record.entries():
        tree = entry.tree
        if (
            entry.kind == "volume"
            and len(tree.get("image_uids", ())) == labelmap.labels.shape[-3]
            and tree["frame_of_reference"] == labelmap.frame_of_reference
        ):
            volume = record.load(entry.id)
            if isinstance(volume, Volume) and np.abs(volume.affine - labelmap.affine).max() < 1e-3:
                return volume
    return None


def stale_of(record: "Record", ref: str) -> str:
    """Return why what is named is stale, named with it; empty where it is not. See ``export_from``."""
    entries = record.entries()
    every = EVERY.get(ref) if all(ref not in (e.id, e.name) for e in entries) else None
    chosen = [e for e in entries if e.kind == every] if every else [record.owner(ref)]
    return "; ".join(f"{e.name} is stale: {e.stale}" for e in chosen if e.stale)


__all__ = ["FILM", "export", "export_from", "formats_of", "gathered", "stale_of"]
