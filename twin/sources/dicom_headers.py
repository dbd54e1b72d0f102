"""What a DICOM file says of itself before its pixels: read fast, once, tolerant of odd writers."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin.domain import Identity
from twin.errors import SourceError
from twin.sources.dicom_elements import ELEMENTS, Elements, read_elements

NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
"""Transfer syntaxes whose pixels lie in the file as they are: implicit, explicit, big-endian."""

REFERENCE_PATIENT = "Vitruvian reference patient"
"""Text in Image Comments of images that the project made itself."""


MOST_FRAMES = 200_000
"""A file that claims more frames is broken."""


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


@dataclass(frozen=True, slots=True)
class Frame:
    """One image: a file, or one frame of a multi-frame file. Place in LPS mm."""

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
    trigger_ms: float
    temporal: float
    echo_ms: float
    image_type: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of its series, and its frames."""

    uid: str
    number: int | None
    description: str
    modality: str
    identity: Identity
    frame_of_reference: str
    unit: str
    window: tuple[float, float] | None
    kvp: float | None
    kernel: str
    contrast_agent: str
    tilt_deg: float
    frames: tuple[Frame, ...] = field(repr=False)


def looks_like_dicom(head: bytes) -> bool:
    """Tell a DICOM file by its first 132 bytes: with the preamble, or bare from group 0008 (old writers)."""
    if head[128:132] == b"DICM":
        return True
    group, element = struct.unpack("<HH", head[:4]) if len(head) >= 8 else (0, 0)
    return group in (2, 8) and element <= 0x20 and b"\x00" in head[:8]


def read_header(path: Path) -> Header | None:
    """Read one file's header.

    Returns
    -------
    Header or None
        None for DICOM that holds no image (a DICOMDIR, a report, a plan).

    Raises
    ------
    SourceError
        The file is broken; the message names it and the fault.
    """
    try:
        elements = read_elements(path) or _read_any(path)
    except OSError as e:
        raise SourceError(f"{path} cannot be read: {e.strerror or e}.") from e
    except Exception as e:
        raise SourceError(f"{path} is a broken or truncated DICOM file: {_short(e)}.") from e
    syntax, offset = elements.syntax, elements.offset
    try:
        if elements.get("Rows") is None:
            kind = str(elements.get("SOPClassUID") or "")
            if kind == _DICOMDIR or (kind and not f"{kind}.".startswith(_IMAGES)):
                return None
            raise SourceError(f"{path} is a broken or truncated DICOM file: it ends within its header.")
        header = _header(path, elements, syntax, -1 if elements.length == 0xFFFFFFFF else offset)
    except SourceError:
        raise
    except Exception as e:  # pydicom converts values when they are asked for, and fails in many ways
        raise SourceError(f"{path} has a broken DICOM header: {_short(e)}.") from e
    if offset < 0 and syntax in NATIVE:
        raise SourceError(f"{path} is a truncated DICOM file: its image data are missing.")
    p = header.frames[0].pixels
    need = p.rows * p.columns * p.samples * p.frames * p.bits // 8
    if p.offset >= 0 and elements.size - p.offset < need:
        raise SourceError(
            f"{path} is a truncated DICOM file: {elements.size - p.offset:,} of {need:,} bytes of its image "
            "are there."
        )
    return header


def _read_any(path: Path) -> Elements:
    """Read any header by pydicom."""
    import pydicom
    from pydicom import config

    config.settings.reading_validation_mode = config.IGNORE
    tags = [name for name, _vr in ELEMENTS.values()]
    tags += ["SpecificCharacterSet", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"]
    with path.open("rb") as file:
        bare = file.read(132)[128:] != b"DICM"
        file.seek(0)
        ds = pydicom.dcmread(file, stop_before_pixels=True, force=bare, specific_tags=tags)
        syntax = str(ds.file_meta.get("TransferSyntaxUID", "")) or _syntax_of(ds)
        offset, length = _pixels_at(file, syntax)
        values = {name: ds.get(name) for name in tags if ds.get(name) is not None}
        if str(ds.file_meta.get("MediaStorageSOPClassUID", "")) == _DICOMDIR:
            values["SOPClassUID"] = _DICOMDIR
        return Elements(values, syntax, offset, length, path.stat().st_size)


_DICOMDIR = "1.2.840.10008.1.3.10"
_IMAGES = tuple(
    f"1.2.840.10008.5.1.4.1.1.{n}."
    for n in ("1", "2", "3", "4", "6", "7", "12", "13", "20", "77", "128", "130")
)
"""Storage classes of images, and what those that stand below them begin with."""


def _short(e: Exception) -> str:
    text = str(e).strip().rstrip(".").split("\n")[0]
    return text or type(e).__name__


def _syntax_of(ds: Any) -> str:
    """Transfer syntax of a file without a meta header, as pydicom found it by looking."""
    implicit, little = ds.original_encoding
    return NATIVE[0] if implicit else NATIVE[1] if little else NATIVE[2]


def _pixels_at(file: Any, syntax: str) -> tuple[int, int]:
    """Return where the pixel bytes start and how many there are; -1 where no pixel data follow."""
    at = file.tell()
    order = ">" if syntax == NATIVE[2] else "<"
    head = file.read(12)
    if len(head) < 8 or struct.unpack(order + "HH", head[:4]) != (0x7FE0, 0x0010):
        return -1, 0
    if syntax == NATIVE[0]:
        return at + 8, struct.unpack("<I", head[4:8])[0]
    if len(head) < 12:
        return -1, 0
    return at + 12, struct.unpack(order + "I", head[8:12])[0]


def _header(path: Path, ds: Elements, syntax: str, offset: int) -> Header:
    frames = int(ds.get("NumberOfFrames") or 1)
    bits = int(ds.get("BitsAllocated", 16))
    stored = int(ds.get("BitsStored", bits))
    pixels = Pixels(
        syntax=syntax, rows=int(ds.get("Rows")), columns=int(ds.get("Columns")), frames=frames,
        samples=int(ds.get("SamplesPerPixel") or 1), bits=bits, bits_stored=stored,
        high_bit=int(ds.get("HighBit", stored - 1)), signed=bool(ds.get("PixelRepresentation", 0)),
        photometric=str(ds.get("PhotometricInterpretation", "")), offset=offset if syntax in NATIVE else -1,
    )  # fmt: skip
    if min(pixels.rows, pixels.columns, frames) < 1 or frames > MOST_FRAMES:
        raise ValueError(f"its image is {pixels.columns}×{pixels.rows}×{frames}")
    if not 1 <= stored <= pixels.high_bit + 1 <= bits:
        raise ValueError(f"it keeps {stored} bits up to bit {pixels.high_bit} of {bits}")
    modality = str(ds.get("Modality") or "")
    number = ds.get("SeriesNumber")
    kernel = ds.get("ConvolutionKernel") or ""
    return Header(
        uid=str(ds.get("SeriesInstanceUID") or ""),
        number=int(number) if number is not None and str(number) else None,
        description=str(ds.get("SeriesDescription") or "").strip(),
        modality=modality,
        identity=identity_of(ds),
        frame_of_reference=str(ds.get("FrameOfReferenceUID") or ""),
        unit=_unit(modality, str(ds.get("RescaleType") or ""), str(ds.get("Units") or "")),
        window=_window(ds),
        kvp=_number(ds.get("KVP")),
        kernel=kernel if isinstance(kernel, str) else "\\".join(map(str, kernel)),
        contrast_agent=str(ds.get("ContrastBolusAgent") or "").strip(),
        tilt_deg=_number(ds.get("GantryDetectorTilt")) or 0.0,
        frames=tuple(_frames(path, ds, pixels)),
    )


def identity_of(ds: Any) -> Identity:
    """Return whose image this is; ``ds`` is a pydicom dataset, or has its ``get``."""
    side = str(ds.get("ImageLaterality") or ds.get("Laterality") or "").upper()
    number = ds.get("SeriesNumber")
    sex = str(ds.get("PatientSex") or "").upper()
    return Identity(
        patient_name=str(ds.get("PatientName") or "").strip(),
        patient_id=str(ds.get("PatientID") or "").strip(),
        birth_date=_date(ds.get("PatientBirthDate")),
        age=str(ds.get("PatientAge") or "").strip(),
        sex=sex if sex in ("M", "F", "O") else "",
        study_uid=str(ds.get("StudyInstanceUID") or ""),
        study_date=_date(ds.get("StudyDate")),
        study_description=str(ds.get("StudyDescription") or "").strip(),
        series_uid=str(ds.get("SeriesInstanceUID") or ""),
        series_number=int(number) if number is not None and str(number) else None,
        series_description=str(ds.get("SeriesDescription") or "").strip(),
        body_part=str(ds.get("BodyPartExamined") or "").strip(),
        laterality=side if side in ("L", "R", "B") else "",  # type: ignore[arg-type]
        reference_patient=REFERENCE_PATIENT in str(ds.get("ImageComments") or ""),
    )


def _date(value: Any) -> str:
    digits = str(value or "").strip().replace(".", "").replace("-", "")
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}" if len(digits) == 8 and digits.isdigit() else ""


def _unit(modality: str, rescale_type: str, units: str) -> str:
    if modality == "CT":
        return "HU" if rescale_type in ("", "HU", "US") else rescale_type
    if units:
        return {"BQML": "Bq/mL", "CNTS": "counts", "GML": "g/mL"}.get(units, units)
    return "" if rescale_type == "US" else rescale_type


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _window(ds: Elements) -> tuple[float, float] | None:
    def first(name: str) -> float | None:
        value = ds.get(name)
        many = value is not None and not isinstance(value, str) and hasattr(value, "__getitem__")
        return _number(value[0] if many and len(value) else value)

    center, width = first("WindowCenter"), first("WindowWidth")
    return (center, width) if center is not None and width else None


def _frames(path: Path, ds: Elements, pixels: Pixels) -> Iterator[Frame]:
    shared = _first(ds, "SharedFunctionalGroupsSequence")
    per_frame = ds.get("PerFrameFunctionalGroupsSequence") or []
    if per_frame and len(per_frame) != pixels.frames:
        raise ValueError(f"it says {pixels.frames} frames but describes {len(per_frame)}")
    for index in range(pixels.frames):
        groups = [g for g in (per_frame[index] if per_frame else None, shared) if g is not None]
        yield _frame(path, ds, pixels, index, groups)


def _first(ds: Any, name: str) -> Any:
    sequence = ds.get(name)
    return sequence[0] if sequence else None


def _frame(path: Path, ds: Elements, pixels: Pixels, index: int, groups: list[Any]) -> Frame:
    def get(group: str, name: str) -> Any:
        """Value from the frame's own groups, the shared ones, or the file, in that order."""
        for g in groups:
            item = _first(g, group)
            if item is not None and item.get(name) is not None:
                return item.get(name)
        return ds.get(name)

    def vector(group: str, name: str, length: int) -> tuple[float, ...] | None:
        value = get(group, name)
        if value is None or isinstance(value, str) or len(value) != length:
            return None
        return tuple(float(v) for v in value)

    def number(group: str, name: str) -> float:
        value = _number(get(group, name))
        return float("nan") if value is None else value

    gap = vector("PixelMeasuresSequence", "PixelSpacing", 2)
    slope = number("PixelValueTransformationSequence", "RescaleSlope")
    intercept = number("PixelValueTransformationSequence", "RescaleIntercept")
    trigger = number("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime")
    echo = number("MREchoSequence", "EffectiveEchoTime")
    temporal = number("FrameContentSequence", "TemporalPositionIndex")
    if groups:
        instance = index + 1
    else:
        trigger, echo = number("", "TriggerTime"), number("", "EchoTime")
        temporal = number("", "TemporalPositionIdentifier")
        instance = int(_number(ds.get("InstanceNumber")) or 0)
    thickness = number("PixelMeasuresSequence", "SliceThickness")
    kinds = ds.get("ImageType") or ()
    if slope == 0:
        raise ValueError("its rescale slope is 0")
    return Frame(
        path=path, index=index, sop_uid=str(ds.get("SOPInstanceUID", "")),
        sop_class=str(ds.get("SOPClassUID", "")), instance=instance, pixels=pixels,
        position=vector("PlanePositionSequence", "ImagePositionPatient", 3),
        orientation=vector("PlaneOrientationSequence", "ImageOrientationPatient", 6),
        spacing=(gap[1], gap[0]) if gap and min(gap) > 0 else None,
        thickness=thickness if thickness > 0 else 0.0,
        slope=1.0 if math.isnan(slope) else slope,
        intercept=0.0 if math.isnan(intercept) else intercept,
        trigger_ms=trigger, temporal=temporal, echo_ms=echo,
        image_type=tuple(str(t).upper() for t in ([kinds] if isinstance(kinds, str) else kinds)),
    )  # fmt: skip
