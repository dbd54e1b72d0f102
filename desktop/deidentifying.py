"""De-identification as jobs: a whole record, a DICOM folder, one thing on its way out. No widgets, no Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twin.progress import Progress

if TYPE_CHECKING:
    from twin.deidentify.files import Written
    from twin.domain import Entity
    from twin.record import Record


@dataclass(frozen=True)
class Done:
    """What de-identifying did, and what a person should look at before he hands it on.

    Attributes
    ----------
    burned_in : tuple of str
        Images into whose pixels text may be burned, each with the reason. Pixels are not changed for it.
    faces : int
        How many images had their face removed.
    no_face : tuple of str
        Images in which a face was looked for and none was found.
    """

    burned_in: tuple[str, ...] = ()
    faces: int = 0
    no_face: tuple[str, ...] = ()

    def words(self) -> list[str]:
        """Return what is to be looked at, as sentences."""
        told = [f"Text may be burned into {what}. Look at it." for what in self.burned_in]
        return told + [f"No face was found in {what}. Look at it." for what in self.no_face]


def whole_record(source: Path, target: Path, faces: bool, progress: Progress) -> Done:
    """Write a new, de-identified record of another one (runs in a job)."""
    from twin.deidentify.record import deidentify_record
    from twin.record import Record

    with Record.open(source, write=False) as record:
        change, look = _faceless(record, progress.between(0.0, 0.3)) if faces else (None, Done)
        warned = deidentify_record(record, target, progress.between(0.3, 1.0), faceless=change)
        seen = look()
    return Done(warned, seen.faces, seen.no_face)


def _faceless(record: Record, progress: Progress) -> tuple[Callable[[Entity], Entity], Callable[[], Done]]:
    from segmentation.face.remove import Faceless
    from twin.deidentify.entities import Cleaner
    from twin.deidentify.secret import Secret
    from twin.domain import Identity, Volume

    change = Faceless()
    cleaner = Cleaner(Secret.load().subject(record.patient() or Identity()))
    missed = []
    listed = [e for e in record.entries() if e.kind == "volume"]
    for n, entry in enumerate(listed):
        progress(n / len(listed), "looking for faces")
        volume = record.load(entry.id)
        if isinstance(volume, Volume) and not change.look(volume):
            missed.append(cleaner.name(entry.name, "volume"))
    return change, lambda: Done((), change.removed, tuple(missed))


def dicom_files(source: Path, target: Path, progress: Progress) -> Written:
    """Write DICOM files anew, de-identified (runs in a job)."""
    from twin.deidentify.files import deidentify_files

    return deidentify_files(source, target, progress)


def one_thing(
    record: Path, key: str, path: Path, faces: bool, as_named: bool, progress: Progress
) -> tuple[Path, Done]:
    """Write an entity of a record, or a part of one, to a file, de-identified (runs in a job)."""
    from twin.deidentify.entities import Cleaner
    from twin.deidentify.secret import Secret
    from twin.domain import Identity, Volume
    from twin.exports import export_from
    from twin.record import Record

    with Record.open(record, write=False) as opened:
        cleaner = Cleaner(Secret.load().subject(opened.patient() or Identity()))
        change, look = _faceless(opened, progress.between(0.0, 0.3)) if faces else (None, Done)
        warned: list[str] = []

        def clean(entity: Entity) -> Entity:
            if isinstance(entity, Volume) and entity.burned_in:
                warned.append(f"{path.name}: {entity.burned_in}")
            return cleaner.entity(change(entity) if change else entity)

        written = export_from(opened, key, path, progress.between(0.3, 1.0), change=clean, as_named=as_named)
        seen = look()
        image = any(e.kind == "volume" and key in (e.id, e.name) for e in opened.entries())
        missed = (path.name,) if faces and image and not seen.faces else ()
    return written, Done(tuple(warned), seen.faces, missed)
