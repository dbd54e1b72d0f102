"""The reference patient after an infarct: the cine MR of a heart that ejects less, and its late enhancement.

The wall moves alike everywhere, also where it is scar: what the scar's place does to the motion is not in it.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from twin.domain import Volume
from twin.progress import Progress
from twin.reference.heart import make_heart_patient, true_numbers, write_study
from twin.reference.late import Scar, make_late_series
from twin.reference.left_ventricle import MUSCLE_G_ML

STUDY_UID = "2.25.26457513110645905905016157536392604257"
SERIES_UID = "2.25.31622776601683793319988935444327185337"
FRAME_OF_REFERENCE = "2.25.33166247903553998491149327366706866839"
EDV_ML, ESV_ML = 175.0, 98.0
"""An ejection fraction of 44 %."""


def write_patient(folder: Path, progress: Progress) -> dict[str, float]:
    """Write the patient's DICOM files: the cine's series, then the late series.

    Returns
    -------
    dict of str to float
        What the patient was made with, by the names (with their units) that steps answer with.
    """
    patient = make_heart_patient(edv_ml=EDV_ML, esv_ml=ESV_ML, progress=progress.between(0.0, 0.7))
    progress(0.7, "taking late enhancement images")
    scar = Scar()
    late, _ = make_late_series(patient, scar)
    write_study(folder, _of_one([*patient.series, late]), progress.between(0.8, 1.0))
    return true_numbers(patient) | {"scar_g": MUSCLE_G_ML * scar.ml(patient.left(0))}


def _of_one(series: Sequence[Volume]) -> list[Volume]:
    """Return series of the reference heart as this patient's."""
    return [
        replace(
            volume, frame_of_reference=FRAME_OF_REFERENCE,
            identity=replace(
                volume.identity, patient_name="MODEL^INFARCT", patient_id="REFERENCE-INFARCT",
                study_uid=STUDY_UID, series_uid=f"{SERIES_UID}.{volume.identity.series_number}",
            ),
        )
        for volume in series
    ]  # fmt: skip
