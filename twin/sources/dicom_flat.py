"""Pictures without a place in the patient: radiographs, ultrasound, screen captures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from twin.sources.dicom_frames import Frame
from twin.sources.stack import Stack

SECTIONAL = ("CT", "MR", "PT", "NM")
"""Modalities whose images must say where they lie."""

PLANAR = (("STATIC",), ("DYNAMIC",), ("WHOLE BODY",))
"""Scintigrams that are projections."""

CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
"""Secondary capture, and what its storage classes begin with."""

_TAGS = (
    "PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelSpacingCalibrationType",
    "PatientOrientation", "SequenceOfUltrasoundRegions", "FrameTime", "FrameTimeVector", "CineRate",
    "RecommendedDisplayFrameRate",
)  # fmt: skip
_LETTERS = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "H": (0, 0, 1), "F": (0, 0, -1)}


@dataclass(frozen=True, eq=False)
class Flat:
    """What is known of a picture besides its pixels; see ``Volume`` for the words."""

    stack: Stack
    lengths: Literal["patient", "detector", "unknown"]
    placement: Literal["directions", "picture"]
    times_ms: NDArray[np.float64] | None
    notes: tuple[str, ...]


def is_flat(frame: Frame, modality: str) -> bool:
    """Tell whether an image is of a kind that has no place in the patient, and gives none."""
    if frame.position is not None and frame.orientation is not None:
        return False
    planar = modality == "NM" and frame.image_type[2:3] in PLANAR
    return modality not in SECTIONAL or is_capture(frame) or planar


def is_capture(frame: Frame) -> bool:
    """Tell a picture taken of a screen or a page."""
    return frame.sop_class == CAPTURE or frame.sop_class.startswith(CAPTURE + ".")


def look(frames: Sequence[Frame]) -> Flat:
    """Return what a file says of its picture, or of its pictures in time."""
    import pydicom

    ds = pydicom.dcmread(frames[0].path, stop_before_pixels=True, force=True, specific_tags=list(_TAGS))
    spacing, lengths, said = _lengths(ds)
    axes, placement, sides = _axes(ds)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = axes[0] * spacing[0], axes[1] * spacing[1]
    affine[:3, 2] = np.cross(*axes)
    columns, rows = frames[0].size
    t = len(frames)
    order = np.arange(t)[:, None]
    stacked = Stack(order, np.zeros(1), np.zeros((1, 2)), affine, (1, rows, columns))
    return Flat(stacked, lengths, placement, _times(ds, t), tuple(n for n in (said, sides) if n))


def _pair(ds: Any, name: str) -> tuple[float, float] | None:
    """Return a spacing along (i, j), mm; None where there is none."""
    value = ds.get(name)
    if value is None or isinstance(value, str) or not hasattr(value, "__len__") or len(value) != 2:
        return None
    rows, columns = (float(v) for v in value)
    return (columns, rows) if rows > 0 and columns > 0 else None


def _lengths(ds: Any) -> tuple[tuple[float, float], Literal["patient", "detector", "unknown"], str]:
    """Return the spacing along (i, j), what it is a length of, and that in words (PS3.3 10.7.1.3)."""
    region = _region(ds)
    if region is not None:
        x0, y0, x1, y1, across, down = region
        return (across, down), "patient", (
            f"Lengths hold only in the scanner's calibrated region: columns {x0} to {x1}, rows {y0} to {y1}."
        )  # fmt: skip
    plain, imager = _pair(ds, "PixelSpacing"), _pair(ds, "ImagerPixelSpacing")
    kind = str(ds.get("PixelSpacingCalibrationType") or "")
    if plain and (kind in ("FIDUCIAL", "GEOMETRY") or (imager and not np.allclose(plain, imager, rtol=1e-3))):
        how = {"FIDUCIAL": "by an object of known size", "GEOMETRY": "by the geometry of the projection"}
        return plain, "patient", f"Lengths were calibrated {how.get(kind, 'by the device')}."
    detector = imager or plain
    if detector:
        return detector, "detector", (
            "Not calibrated: pixels are measured on the detector, where the patient is shown larger by an "
            "unknown factor. Lengths are not offered."
        )  # fmt: skip
    return (1.0, 1.0), "unknown", "Not calibrated: the file does not say how big its pixels are."


def _region(ds: Any) -> tuple[int, int, int, int, float, float] | None:
    """Return the first two-dimensional ultrasound region in centimeters: its corners and mm a pixel."""
    for item in ds.get("SequenceOfUltrasoundRegions") or ():
        flat = item.get("RegionSpatialFormat") == 1
        if flat and item.get("PhysicalUnitsXDirection") == 3 == item.get("PhysicalUnitsYDirection"):
            across, down = (abs(float(item.get(f"PhysicalDelta{a}") or 0)) * 10 for a in "XY")
            if across > 0 and down > 0:
                corners = [
                    int(item.get(f"RegionLocation{c}") or 0) for c in ("MinX0", "MinY0", "MaxX1", "MaxY1")
                ]
                return corners[0], corners[1], corners[2], corners[3], across, down
    return None


def _axes(ds: Any) -> tuple[NDArray[np.float64], Literal["directions", "picture"], str]:
    """Return the directions of a row and a column, whether they are the patient's, and that in words."""
    words = ds.get("PatientOrientation")
    if words is not None and not isinstance(words, str) and len(words) == 2:
        axes = [_LETTERS.get(str(w)[:1]) for w in words]
        if axes[0] and axes[1] and not np.dot(axes[0], axes[1]):
            return np.array(axes, dtype=float), "directions", ""
    return np.eye(3)[:2], "picture", (
        "The file does not say where in the patient its picture lies or which of its edges is which side."
    )  # fmt: skip


def _times(ds: Any, count: int) -> NDArray[np.float64] | None:
    if count == 1:
        return None
    steps = ds.get("FrameTimeVector")
    if steps is not None and hasattr(steps, "__len__") and len(steps) == count:
        return np.cumsum([0.0, *(float(s) for s in steps[1:])])
    step = float(ds.get("FrameTime") or 0)
    rate = float(ds.get("CineRate") or ds.get("RecommendedDisplayFrameRate") or 0)
    step = step or (1000.0 / rate if rate > 0 else 0.0)
    return np.arange(count, dtype=np.float64) * step if step > 0 else None
