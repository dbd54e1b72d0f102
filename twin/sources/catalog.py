"""Patients, studies and series as lists show them, wherever they lie: in folders here or on a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twin.domain import Identity


@dataclass(frozen=True)
class PatientRow:
    """A patient; empty where nothing is said. The date is ISO 8601, the name as DICOM writes it."""

    patient_id: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""

    @property
    def identity(self) -> Identity:
        """What decides whether another one is the same patient."""
        return Identity(patient_name=self.name, patient_id=self.patient_id, birth_date=self.birth_date)


@dataclass(frozen=True)
class StudyRow:
    """A study of a patient; counts are None where the server does not tell them."""

    patient: PatientRow
    uid: str
    date: str = ""
    description: str = ""
    modalities: tuple[str, ...] = ()
    accession: str = ""
    series: int | None = None
    images: int | None = None


@dataclass(frozen=True)
class SeriesRow:
    """A series of a study."""

    study: StudyRow
    uid: str
    number: int | None = None
    description: str = ""
    modality: str = ""
    body_part: str = ""
    images: int | None = None

    @property
    def label(self) -> str:
        """The series in a few words, for lists and messages."""
        words = [f"series {self.number}" if self.number is not None else "", self.description]
        named = " ".join(w for w in words if w) or f"series {self.uid}"
        return f"{named} ({self.modality})" if self.modality else named


@dataclass(frozen=True)
class Query:
    """What is looked for; empty words match everything.

    Attributes
    ----------
    patient_name : str
        ``*`` and ``?`` stand for any letters and any letter; without one of them, the start of the name.
    study_date : str
        ISO 8601, or a range ``2026-01-01..2026-11-26`` of which either end may be left out.
    """

    patient_id: str = ""
    patient_name: str = ""
    study_date: str = ""
    modality: str = ""
    accession: str = ""
    description: str = ""
    study_uid: str = ""
    series_uid: str = ""


def patient_of(ds: Any) -> PatientRow:
    """Return the patient of a pydicom dataset, or of anything with its ``get``."""
    sex = _text(ds.get("PatientSex")).upper()
    return PatientRow(
        patient_id=_text(ds.get("PatientID")),
        name=_text(ds.get("PatientName")),
        birth_date=iso_date(ds.get("PatientBirthDate")),
        sex=sex if sex in ("M", "F", "O") else "",
    )


def study_of(ds: Any) -> StudyRow:
    """Return the study of a dataset."""
    several = ds.get("ModalitiesInStudy") or ()
    modalities = [several] if isinstance(several, str) else list(several)
    return StudyRow(
        patient=patient_of(ds),
        uid=_text(ds.get("StudyInstanceUID")),
        date=iso_date(ds.get("StudyDate")),
        description=_text(ds.get("StudyDescription")),
        modalities=tuple(sorted({_text(m) for m in modalities} - {""})),
        accession=_text(ds.get("AccessionNumber")),
        series=_whole(ds.get("NumberOfStudyRelatedSeries")),
        images=_whole(ds.get("NumberOfStudyRelatedInstances")),
    )


def series_of(ds: Any, study: StudyRow) -> SeriesRow:
    """Return the series of a dataset."""
    return SeriesRow(
        study=study,
        uid=_text(ds.get("SeriesInstanceUID")),
        number=_whole(ds.get("SeriesNumber")),
        description=_text(ds.get("SeriesDescription")),
        modality=_text(ds.get("Modality")),
        body_part=_text(ds.get("BodyPartExamined")),
        images=_whole(ds.get("NumberOfSeriesRelatedInstances")),
    )


def iso_date(value: Any) -> str:
    """Return a DICOM date as ISO 8601; empty where it is none."""
    digits = _text(value).replace(".", "").replace("-", "")
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}" if len(digits) == 8 and digits.isdigit() else ""


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip(" \0")


def _whole(value: Any) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
