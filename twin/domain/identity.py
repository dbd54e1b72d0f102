"""Who was imaged, when, and on which side."""

from dataclasses import dataclass
from typing import Literal

Side = Literal["left", "right", "midline", "unconfirmed", "none"]
"""``unconfirmed``: paired, but the scan does not settle which; ``none``: the notion does not apply."""

Laterality = Literal["", "L", "R", "B"]


@dataclass(frozen=True)
class Identity:
    """Whose image this is, as its file says it; empty where the file is silent.

    Dates are ISO 8601 (``2026-01-05``); ``sex`` is ``M``, ``F``, ``O`` or empty.
    """

    patient_name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    age: str = ""
    sex: str = ""
    study_uid: str = ""
    study_date: str = ""
    study_description: str = ""
    series_uid: str = ""
    series_number: int | None = None
    series_description: str = ""
    body_part: str = ""
    laterality: Laterality = ""
    reference_patient: bool = False
    """True for a patient that the project made itself; shown as REFERENCE PATIENT."""
    deidentified: bool = False
    """True where name and ID are a pseudonym, and dates and UIDs are not the patient's own."""

    @property
    def named(self) -> bool:
        """True where it says whose the image is."""
        return bool(self.patient_id or self.patient_name or self.birth_date)
