"""Whatever is opened or dropped: records are opened, images looked through, chosen from and imported."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desktop import settings, way
from desktop.browser import concealing, held
from desktop.desk import Desk
from desktop.people import name_of
from desktop.queue import Plan
from twin.errors import UserError
from twin.progress import Progress

if TYPE_CHECKING:
    from twin.domain import Identity
    from twin.record import Record
    from twin.sources.series import Found, Series

IMPORT = "import.images"
CONTOURS = "import.contours"
MEASUREMENTS = "import.measurements"


class Incoming(QObject):
    """Brings things in.

    Signals
    -------
    chosen_from : SeriesChooser
        Several series lie there: this widget lets the user choose.
    """

    chosen_from = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.came_from: dict[Path, str] = {}
        """Of folders that were fetched: from which server."""

    def open(self, paths: Sequence[str | Path], *, deidentify: bool = False) -> None:
        """Open a record, or look through files and folders for images, to come in de-identified if asked.

        A report's measurements come into the open record, on the image that they were drawn on.
        """
        from twin.sources.dicom_sr import reports_only

        found = list(dict.fromkeys(Path(p).expanduser() for p in paths))
        missing = [p for p in found if not p.exists()]
        if missing:
            raise UserError(f"There is no {missing[0]}.", "It may have been moved or renamed.")
        records = [p for p in found if p.suffix == ".twin"]
        if records:
            self._desk.open_record(records[0])
            return
        name = found[0].name if len(found) == 1 else f"{len(found)} files and folders"
        if reports_only(found):
            self._take_reports(found, name, deidentify)
        else:
            self._desk.start(
                f"Open {name}", self.look_through(found, name, {"deidentify": True} if deidentify else {})
            )

    def _take_reports(self, paths: Sequence[Path], name: str, deidentify: bool) -> None:
        from twin.sources.drawn_on import image_of_reports, not_alone

        if deidentify:
            raise not_alone("Measurements")
        record = self._desk.session.record
        image = image_of_reports(paths, () if record is None else record.entries())
        given = {"paths": tuple(str(p) for p in paths)}
        self._desk.start(f"Import {name}", self._import(given, name, MEASUREMENTS, {"volume": image}))

    def reference(self) -> None:
        """Make the reference patient, as DICOM, and import it as any other."""
        self._desk.start("Make the reference patient", self._make_reference(), key=way.REFERENCE)

    def look_through(self, paths: Sequence[Path], name: str, more: dict[str, Any] | None = None) -> Plan:
        """Look through files and folders; import the one thing that is there, or let the user choose.

        ``more`` are further parameters of the import.
        """
        from twin.jobs import Job

        more = more or {}
        found: Found = yield Job(look, tuple(paths), title=f"Looking through {name}")
        plain = [
            s
            for s in found.series
            if any(s.drawn_on) or (s.is_volume and (s.format == "dicom" or s.modality or s.kind != "volume"))
        ]
        if len(found.series) == 1 and len(plain) == 1:
            self.take(paths, plain[0], more)
            return
        if not found.series:
            faults = " ".join(found.problems[:3]) or f"There is nothing in {name} that can be read."
            raise UserError(faults, "Choose a folder of DICOM files, a NIfTI file or a .twin.")
        from desktop.chooser import SeriesChooser

        self.chosen_from.emit(
            SeriesChooser(found, lambda series, params: self.take(paths, series, params | more))
        )

    def take(
        self, paths: Sequence[Path], series: Series, params: dict[str, Any], *, again: bool = False
    ) -> None:
        """Import one series: into the open record where it is of the same patient, else into a new one.

        What that record holds already comes in once more only where it is wanted ``again``.
        """
        from twin import patient

        record = self._desk.session.record
        owner = record.patient() if record is not None else None
        hidden = bool(params.get("deidentify"))
        identity = _pseudonym(series.identity) if hidden else series.identity
        stranger = owner is not None and patient.contradict(owner, identity)
        alone = record is not None and _nobodys(record, owner, series, identity)
        given = {"paths": tuple(str(p) for p in paths), "series": series.uid}
        if record is not None and record.writable and not (stranger or alone or again):
            here = held.already(record, given, "" if any(series.drawn_on) else identity.series_uid)
            if here:
                anew = functools.partial(self.take, paths, series, params, again=True)
                told = UserError(f"{series.label} is already here: “{here}”.", "Nothing was brought in.")
                self._desk.offered.emit(told, "Bring in again", functools.partial(self._desk.guard, anew))
                return
        if any(series.drawn_on):
            from twin.sources.drawn_on import image_for, not_alone

            if hidden:
                raise not_alone("Contours")
            image = image_for(series, () if record is None or stranger else record.entries())
            plan = self._import(given, series.label, CONTOURS, {"image": image})
            self._desk.start(f"Import {series.label}", plan)
            return
        if record is None or stranger or alone or not record.writable:
            path = free_path(record_name(identity, series.files[0], series.modality))
            self._desk.new_record(path)
            why = "Nothing says that these images are of the patient before: a record of their own. " * alone
            self._desk.said.emit(
                f"The record is {path}.", f"{why}Every finished step is stored there by itself."
            )
        self._desk.start(f"Import {series.label}", self._import(given | params, series.label))

    def _import(
        self, params: dict[str, Any], label: str, step: str = IMPORT, inputs: dict[str, str] | None = None
    ) -> Plan:
        desk = self._desk
        desk.load_steps()
        entry = yield desk.job(step, inputs or {}, params, title=f"Importing {label}")
        if desk.session.record is not None:
            concealing.if_locked(desk.session.record)
        made = [o["id"] for o in entry.outputs.values()]
        if made:
            shown = desk.session.volume
            desk.session.select(shown.key if shown is not None and shown.id in made else made[0])
        key, what = ("left_out", "measurements") if step == MEASUREMENTS else ("problems", "files")
        notes = entry.summary.get(key) or []
        if notes:
            desk.said.emit(f"Some {what} were left out: {notes[0]}", f"{len(notes)} in all.")

    def _make_reference(self) -> Plan:
        from twin.jobs import Job

        folder = settings.default_path().parent / "reference-hip"
        yield Job(make_reference, folder, title="Making the reference patient")
        found: Found = yield Job(look, (folder,), title="Looking through its images")
        path = free_path("Reference hip")
        self._desk.new_record(path)
        self._desk.said.emit(f"The record is {path}.", "Every finished step is stored there by itself.")
        params = {"paths": (str(folder),), "series": found.volumes[0].uid}
        yield from self._import(params, "the reference CT")


def _nobodys(record: Record, owner: Identity | None, series: Series, identity: Identity) -> bool:
    """Tell whether nothing says that DICOM images are of the record's patient: no name, no common study.

    Files of other formats name nobody: who opens them beside images vouches for them.
    """
    from twin import patient

    if series.format != "dicom" or (owner is not None and identity.named):
        return False
    studies = {patient.read(e.tree).study_uid for e in record.entries() if e.kind == "volume"}
    return bool(studies) and not (identity.study_uid and identity.study_uid in studies)


def _pseudonym(identity: Identity) -> Identity:
    """Return whose images they will be once they are de-identified."""
    from twin.deidentify import Secret
    from twin.deidentify.entities import Cleaner

    return Cleaner(Secret.load().subject(identity)).identity(identity)


def look(paths: tuple[Path, ...], progress: Progress) -> Found:
    """Look through files and folders for what can be imported (runs in a job)."""
    from twin.sources import scan

    return scan(list(paths), progress)


def make_reference(folder: Path, progress: Progress) -> None:
    """Make the reference patient's DICOM files in ``folder`` (runs in a job)."""
    from twin.reference import hip

    hip.write_hip_dicom(folder, progress)


def record_name(identity: Identity, first: Path, modality: str = "") -> str:
    """Return what a new record is called: patient and study date; modality and date; or the file's name."""
    name = name_of(identity) or identity.patient_id or (modality if identity.study_date else "")
    if not name:
        name = first.name.removesuffix(".gz").removesuffix(".nii") if first.is_file() else first.stem
    words = f"{name} {identity.study_date}".strip()
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", words)


def free_path(name: str) -> Path:
    """Return a path for a new record that is not taken yet."""
    folder = settings.twins_folder()
    path, number = folder / f"{name}.twin", 2
    while path.exists():
        path, number = folder / f"{name} {number}.twin", number + 1
    return path
