"""PET: from becquerel per milliliter to the standardized uptake value (SUV)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from twin.sources.dicom_frames import Frame, first_item, moment, number, seconds

_TAGS = (
    "Units", "CorrectedImage", "DecayCorrection", "PatientWeight", "SUVType",
    "RadiopharmaceuticalInformationSequence", "SeriesDate", "SeriesTime", "StudyDate",
)  # fmt: skip

SUV = "SUVbw"
_TYPES = {
    "BW": SUV,
    "LBM": "SUVlbm",
    "LBMJAMES128": "SUVlbm",
    "LBMJANMA": "SUVlbm",
    "BSA": "SUVbsa",
    "IBW": "SUVibw",
}


def uptake(frames: Sequence[Frame], unit: str) -> tuple[float, str, str]:
    """Return what values are multiplied by, their unit then, and a note that says how or why not.

    The formula is that of body weight, SUV = activity × weight / dose at the time to which the images are
    decay-corrected (QIBA FDG-PET/CT profile, "SUV vendor-neutral pseudo-code", happy path).
    """
    import pydicom

    ds = pydicom.dcmread(frames[0].path, stop_before_pixels=True, force=True, specific_tags=list(_TAGS))
    units = str(ds.get("Units") or "")
    if units == "GML":
        kind = _TYPES.get(str(ds.get("SUVType") or "BW"), "SUV")
        return 1.0, kind, f"The scanner's own {kind}."
    if units != "BQML":
        return 1.0, unit, f"No SUV: the values are in {unit or 'no stated unit'}, not Bq/mL."
    drug = first_item(ds, "RadiopharmaceuticalInformationSequence") or {}
    weight = number(ds.get("PatientWeight"))
    dose = number(drug.get("RadionuclideTotalDose"))
    half_life = number(drug.get("RadionuclideHalfLife"))
    corrected = [str(c) for c in _many(ds.get("CorrectedImage"))]
    decay = str(ds.get("DecayCorrection") or "")
    wrong = [
        "the patient's weight" if not 0 < weight < 500 else "",
        "the injected dose" if not dose > 0 else "",
        "the half-life" if not half_life > 0 and decay != "ADMIN" else "",
        "a decay correction to the start or the injection"
        if decay not in ("START", "ADMIN") or "DECY" not in corrected
        else "",
        "an attenuation correction" if "ATTN" not in corrected else "",
    ]
    wrong = [w for w in wrong if w]
    if wrong:
        return 1.0, unit, f"No SUV, the values stay in Bq/mL: the file lacks {', '.join(wrong)}."
    waited = 0.0
    if decay == "START":
        waited = _waited(ds, drug, frames)
        if not 0 <= waited <= 10 * half_life:
            return 1.0, unit, (
                "No SUV, the values stay in Bq/mL: the file does not say when dose and scan began."
            )  # fmt: skip
    left = dose * 2.0 ** (-waited / half_life) if waited else dose
    return weight * 1000.0 / left, SUV, (
        f"SUV by body weight (SUVbw): {dose / 1e6:.4g} MBq, {left / 1e6:.4g} MBq {waited / 60:.1f} min later "
        f"at the time to which the images are decay-corrected; {weight:g} kg."
    )  # fmt: skip


def _many(value: Any) -> list[Any]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _waited(ds: Any, drug: Any, frames: Sequence[Frame]) -> float:
    """Return seconds from injection to the start of the scan; NaN where the file does not say.

    The start is the series' time, or the first image's where that is earlier (a series made later).
    """
    starts = [seconds(ds.get("SeriesDate"), ds.get("SeriesTime")), *(f.acquired_s for f in frames)]
    if not np.isfinite(starts).any():
        return float("nan")
    start = float(np.nanmin(starts))
    given = moment(drug.get("RadiopharmaceuticalStartDateTime"))
    if np.isnan(given):
        given = seconds(ds.get("SeriesDate") or ds.get("StudyDate"), drug.get("RadiopharmaceuticalStartTime"))
    return start - given
