"""One DICOM image: where it lies, when it was taken, what its numbers mean."""

import datetime
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from twin.sources.dicom_elements import Elements

NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
"""Transfer syntaxes whose pixels lie in the file as they are: implicit, explicit, big-endian."""

MS_PER_MIN = 60_000.0
RATES_PER_MIN = 20.0, 300.0
"""Between which a heart rate is believed: some writers fill in 0 or 1."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """How the stored numbers lie in a file; ``offset`` is -1 where they are not plain bytes."""

    syntax: str
    rows: int
    columns: int
    frames: int
    samples: int
    bits: int
    bits_stored: int
    high_bit: int
    signed: bool
    photometric: str
    offset: int

    @property
    def color(self) -> bool:
        """True where a pixel is a color, not a number."""
        return self.samples > 1 or self.photometric == "PALETTE COLOR"

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame, decoded where it is packed."""
        # Two pixels share their colors in 4:2:2, and bytes that lie in the file as they are keep it so.
        shared = 2 / 3 if self.photometric.endswith("_422") and self.syntax in NATIVE else 1
        return int(self.rows * self.columns * self.samples * self.bits // 8 * shared)


@dataclass(frozen=True, slots=True)
class Frame:
    """One image: a file, one frame of a multi-frame file, or one tile of a mosaic. Place in LPS mm.

    Numbers that a file does not hold are NaN.
    """

    path: Path
    index: int
    sop_uid: str
    sop_class: str
    instance: int
    pixels: Pixels
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, float] | None
    """Along i and j, mm."""
    thickness: float
    slope: float
    intercept: float
    rescale_type: str
    """What slope and intercept make: HU, US for unspecified, or another unit; empty where it is not said."""
    trigger_ms: float
    cycle_ms: float
    """Length of the heart's cycle: the nominal RR interval, else by the heart rate."""
    temporal: float
    acquisition: float
    acquired_s: float
    """When it was acquired: seconds since midnight before a day that all frames of a series share."""
    echo_ms: float
    inversion_ms: float
    b_value: float
    image_type: tuple[str, ...]
    """In capitals; the complex component (MAGNITUDE, PHASE, ...) at its end where the file names it."""
    tile: tuple[int, int, int, int] | None = None
    """Row, column, rows and columns of a mosaic's tile."""

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        if self.tile is not None:
            return self.tile[3], self.tile[2]
        return self.pixels.columns, self.pixels.rows


def number(value: Any) -> float:
    """Return a number; NaN where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def first_item(ds: Any, name: str) -> Any:
    """Return the first item of a sequence; None where there is none."""
    sequence = ds.get(name)
    return sequence[0] if sequence else None


def seconds(date: Any, time: Any) -> float:
    """Return seconds of a DICOM date (YYYYMMDD) and time (HHMMSS.F); NaN where either is not whole."""
    day, clock = str(date or "").strip(), str(time or "").strip().replace(":", "")
    whole, _, part = clock.partition(".")
    if len(day) != 8 or len(whole) not in (2, 4, 6) or not (day + whole + (part or "0")).isdigit():
        return math.nan
    try:
        days = datetime.date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal()
    except ValueError:
        return math.nan
    hours, minutes, rest = (int(whole[n : n + 2] or 0) for n in (0, 2, 4))
    return days * 86400.0 + hours * 3600 + minutes * 60 + rest + float(f"0.{part or 0}")


def moment(text: Any) -> float:
    """Return seconds of a DICOM date-time (YYYYMMDDHHMMSS.F, time zone left aside); NaN where it is none."""
    words = str(text or "").strip().partition("+")[0]
    return seconds(words[:8], words[8:].partition("-")[0])


def frames(path: Path, ds: Elements, pixels: Pixels) -> Iterator[Frame]:
    """Yield the frames of a file, each with what its functional groups say of it."""
    shared = first_item(ds, "SharedFunctionalGroupsSequence")
    per_frame = ds.get("PerFrameFunctionalGroupsSequence") or []
    if per_frame and len(per_frame) != pixels.frames:
        raise ValueError(f"it says {pixels.frames} frames but describes {len(per_frame)}")
    if not per_frame and shared is None:
        first = _frame(path, pixels, 0, _Says(ds, []))
        if ds.get("GridFrameOffsetVector") is not None:
            yield from _dose(first, list(ds.get("GridFrameOffsetVector")))
        else:
            yield from (replace(first, index=index) for index in range(pixels.frames))
        return
    for index in range(pixels.frames):
        groups = [g for g in (per_frame[index] if per_frame else None, shared) if g is not None]
        yield _frame(path, pixels, index, _Says(ds, groups))


def _dose(first: Frame, offsets: list[Any]) -> Iterator[Frame]:
    """Yield the planes of a dose grid: offsets along the normal, or heights where the first is not 0.

    PS3.3 C.8.8.3.2; heights are allowed for axial grids only.
    """
    if first.position is None or first.orientation is None or len(offsets) != first.pixels.frames:
        raise ValueError(f"it says {first.pixels.frames} frames but gives the places of {len(offsets)}")
    x, y, z = first.position
    a, b, c, d, e, f = first.orientation
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    along = [float(o) for o in offsets]
    if along[0] != 0 and abs(normal[2]) < 0.9999:
        raise ValueError("its planes have heights although they are not axial")
    for index, o in enumerate(along):
        place = (x, y, o) if along[0] != 0 else (x + o * normal[0], y + o * normal[1], z + o * normal[2])
        yield replace(first, index=index, position=place)


class _Says:
    """What a frame's own groups, the shared ones, or the file say, in that order."""

    def __init__(self, ds: Elements, groups: list[Any]) -> None:
        self.ds, self.groups = ds, groups

    def get(self, group: str, name: str, plain: str = "") -> Any:
        """Return a value; ``plain`` is its name outside functional groups where that is another."""
        for g in self.groups:
            item = first_item(g, group)
            if item is not None and item.get(name) is not None:
                return item.get(name)
        return self.ds.get(plain or name)

    def number(self, group: str, name: str, plain: str = "") -> float:
        return number(self.get(group, name, plain))

    def vector(self, group: str, name: str, length: int) -> tuple[float, ...] | None:
        value = self.get(group, name)
        if value is None or isinstance(value, str) or not hasattr(value, "__len__") or len(value) != length:
            return None
        return tuple(float(v) for v in value)


def _frame(path: Path, pixels: Pixels, index: int, says: _Says) -> Frame:
    ds = says.ds
    gap = says.vector("PixelMeasuresSequence", "PixelSpacing", 2)
    slope = says.number("PixelValueTransformationSequence", "RescaleSlope")
    if math.isnan(slope):
        slope = number(ds.get("DoseGridScaling"))
    intercept = says.number("PixelValueTransformationSequence", "RescaleIntercept")
    thickness = says.number("PixelMeasuresSequence", "SliceThickness")
    content, heart = "FrameContentSequence", "CardiacSynchronizationSequence"
    acquired = moment(says.get(content, "FrameAcquisitionDateTime", "AcquisitionDateTime"))
    if math.isnan(acquired):
        acquired = seconds(ds.get("AcquisitionDate") or ds.get("StudyDate"), ds.get("AcquisitionTime"))
    if slope == 0:
        raise ValueError("its rescale slope is 0")
    return Frame(
        path=path, index=index, sop_uid=str(ds.get("SOPInstanceUID", "")),
        sop_class=str(ds.get("SOPClassUID", "")),
        instance=index + 1 if says.groups else int(number(ds.get("InstanceNumber") or 0)),
        pixels=pixels,
        position=says.vector("PlanePositionSequence", "ImagePositionPatient", 3),
        orientation=says.vector("PlaneOrientationSequence", "ImageOrientationPatient", 6),
        spacing=(gap[1], gap[0]) if gap and min(gap) > 0 else None,
        thickness=thickness if thickness > 0 else 0.0,
        slope=1.0 if math.isnan(slope) else slope,
        intercept=0.0 if math.isnan(intercept) else intercept,
        rescale_type=str(says.get("PixelValueTransformationSequence", "RescaleType") or "").strip(),
        trigger_ms=says.number(heart, "NominalCardiacTriggerDelayTime", "TriggerTime"),
        cycle_ms=_cycle_ms(says),
        temporal=says.number(content, "TemporalPositionIndex", "TemporalPositionIdentifier"),
        acquisition=says.number(content, "FrameAcquisitionNumber", "AcquisitionNumber"),
        acquired_s=acquired,
        echo_ms=says.number("MREchoSequence", "EffectiveEchoTime", "EchoTime"),
        inversion_ms=_first(says.get("MRModifierSequence", "InversionTimes", "InversionTime")),
        b_value=_b_value(says),
        image_type=_image_type(says),
    )  # fmt: skip


def _cycle_ms(says: _Says) -> float:
    """Return the RR interval; by the heart rate where there is none; NaN where neither can be one.

    A rate is a whole number: off by half a beat a minute, it puts the end of the cycle off by 0.7 % at 72/min
    and by 1.3 % at 40, a third of a phase of 25 at most. All of a series' phases are off alike, so that their
    order is their trigger times'. Slices of 25 phases are joined within 2 % (``dicom_cine``); two whose
    rates are off opposite ways, below 50/min, may stay planes on their own, but none takes another's phase.
    """
    interval = says.number("CardiacSynchronizationSequence", "RRIntervalTimeNominal", "NominalInterval")
    if interval > 0:
        return interval
    rate = number(says.ds.get("HeartRate"))
    return MS_PER_MIN / rate if RATES_PER_MIN[0] <= rate <= RATES_PER_MIN[1] else math.nan


def _first(value: Any) -> float:
    """Return a number, or the first of several; NaN where there is none."""
    many = value is not None and not isinstance(value, str) and hasattr(value, "__getitem__")
    return number(value[0] if many and len(value) else value)


def _image_type(says: _Says) -> tuple[str, ...]:
    for group in ("MRImageFrameTypeSequence", "CTImageFrameTypeSequence", "PETFrameTypeSequence"):
        kinds = says.get(group, "FrameType", "ImageType") or ()
        if kinds is not says.ds.get("ImageType"):
            break
    part = says.get("MRImageFrameTypeSequence", "ComplexImageComponent")
    words = [kinds] if isinstance(kinds, str) else list(kinds)
    return tuple(str(w).upper() for w in (*words, *([part] if part else [])))


def _b_value(says: _Says) -> float:
    """Return the diffusion weighting, s/mm²: the standard's element, else Siemens' or GE's own."""
    standard = says.number("MRDiffusionSequence", "DiffusionBValue")
    if not math.isnan(standard):
        return standard
    ds = says.ds
    if ds.get("SiemensHeader") == "SIEMENS MR HEADER":
        return number(ds.get("SiemensB"))
    if ds.get("GEHeader") == "GEMS_PARM_01":
        value = ds.get("GEB")
        first = str(value).split("\\")[0] if isinstance(value, str) else (list(value or ()) or [None])[0]
        return number(first) % 1e6  # GE adds 10⁹ to mark a value as stored in another place
    return math.nan
