"""What a DICOM file says of itself before its pixels: read fast, once, tolerant of odd writers."""

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin.domain import Identity
from twin.errors import SourceError
from twin.sources.burned_in import burned_in
from twin.sources.dicom_elements import ELEMENTS, Elements, check_inflated, parse, read_elements
from twin.sources.dicom_frames import NATIVE, Frame, Pixels, frames, number

REFERENCE_PATIENT = "Vitruvian reference patient"
"""Text in Image Comments of images that the project made itself."""


UNSPECIFIED = "US"
"""Rescale Type of values in no stated unit (PS3.3 C.11.1.1.2)."""

MOST_FRAMES = 50_000
"""A file that claims more frames is broken."""

MOST_FRAME_BYTES = 1_000_000_000
"""A packed picture that claims more is broken, and would fill the memory before that shows."""

MOST_PACKED = 2000
"""No compression in use packs images tighter than this."""


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
    protocol: str
    patient_position: str
    burned_in: str
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
    need = p.frame_bytes * p.frames
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
    tags: list[Any] = [*ELEMENTS, "SpecificCharacterSet", *_GROUPS]
    check_inflated(path)
    with path.open("rb") as file:
        bare = file.read(132)[128:] != b"DICM"
        file.seek(0)
        ds = pydicom.dcmread(file, stop_before_pixels=True, force=bare, specific_tags=tags)
        syntax = str(ds.file_meta.get("TransferSyntaxUID", "")) or _syntax_of(ds)
        offset, length = _pixels_at(file, syntax)
        values = _values(ds)
        if str(ds.file_meta.get("MediaStorageSOPClassUID", "")) == _DICOMDIR:
            values["SOPClassUID"] = _DICOMDIR
        return Elements(values, syntax, offset, length, path.stat().st_size)


_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")


def _values(ds: Any) -> dict[str, Any]:
    """Return pydicom's values by the names of ``ELEMENTS``; private ones may come as bytes."""
    values = {name: ds.get(name) for name in _GROUPS}
    for tag, (name, kind) in ELEMENTS.items():
        if tag in ds:
            value = ds[tag].value
            values[name] = parse(value, kind) if isinstance(value, bytes) else value
    return {name: value for name, value in values.items() if value is not None}


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
    count = int(ds.get("NumberOfFrames") or 1)
    bits = int(ds.get("BitsAllocated", 16))
    stored = int(ds.get("BitsStored", bits))
    pixels = Pixels(
        syntax=syntax, rows=int(ds.get("Rows")), columns=int(ds.get("Columns")), frames=count,
        samples=int(ds.get("SamplesPerPixel") or 1), bits=bits, bits_stored=stored,
        high_bit=int(ds.get("HighBit", stored - 1)), signed=bool(ds.get("PixelRepresentation", 0)),
        photometric=str(ds.get("PhotometricInterpretation", "")), offset=offset if syntax in NATIVE else -1,
    )  # fmt: skip
    if min(pixels.rows, pixels.columns, count) < 1 or count > MOST_FRAMES:
        raise ValueError(f"its image is {pixels.columns}×{pixels.rows}×{count}")
    if not 1 <= stored <= pixels.high_bit + 1 <= bits:
        raise ValueError(f"it keeps {stored} bits up to bit {pixels.high_bit} of {bits}")
    if syntax not in NATIVE and pixels.frame_bytes > MOST_FRAME_BYTES:
        raise ValueError(f"its image is {pixels.columns}×{pixels.rows}")
    claimed = pixels.frame_bytes * count
    if claimed > max(64e6, MOST_PACKED * ds.size):
        raise ValueError(f"it claims {claimed / 1e9:.1f} GB of images in {ds.size:,} bytes")
    modality = str(ds.get("Modality") or "")
    number = ds.get("SeriesNumber")
    kernel = ds.get("ConvolutionKernel") or ""
    images = _frames(path, ds, pixels)
    said = str(ds.get("BurnedInAnnotation") or "")
    return Header(
        uid=str(ds.get("SeriesInstanceUID") or ""),
        number=int(number) if number is not None and str(number) else None,
        description=str(ds.get("SeriesDescription") or "").strip(),
        modality=modality,
        identity=identity_of(ds),
        frame_of_reference=str(ds.get("FrameOfReferenceUID") or ""),
        unit="Gy"
        if ds.get("DoseUnits") == "GY"
        else _unit(modality, images[0].rescale_type, str(ds.get("Units") or "")),
        window=_window(ds),
        kvp=_number(ds.get("KVP")),
        kernel=kernel if isinstance(kernel, str) else "\\".join(map(str, kernel)),
        contrast_agent=str(ds.get("ContrastBolusAgent") or "").strip(),
        protocol=str(ds.get("ProtocolName") or "").strip(),
        patient_position=str(ds.get("PatientPosition") or "").strip().upper(),
        burned_in=burned_in(said, modality, images[0].sop_class, images[0].image_type),
        frames=images,
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
    """Return the unit of the values. A CT's are HU where none is said (PS3.3 C.8.2.1)."""
    if modality == "CT" and not rescale_type:
        return "HU"
    if units:
        return {"BQML": "Bq/mL", "CNTS": "counts", "GML": "g/mL"}.get(units, units)
    return "" if rescale_type == UNSPECIFIED else rescale_type


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


def _frames(path: Path, ds: Elements, pixels: Pixels) -> tuple[Frame, ...]:
    found = tuple(frames(path, ds, pixels))
    if "MOSAIC" not in found[0].image_type or len(found) > 1:
        return found
    from twin.sources import dicom_mosaic

    step = number(ds.get("SpacingBetweenSlices"))
    return dicom_mosaic.tiles(found[0], int(ds.get("SiemensTiles") or 0), step)
