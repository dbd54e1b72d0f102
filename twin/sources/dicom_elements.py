"""The few header elements a look into a DICOM file needs, read without a DICOM library.

A folder holds thousands of files, and a general reader spends milliseconds on each. This one
reads plain little-endian headers, gives up on anything unusual by returning None, and leaves
that, and every error message, to pydicom.
"""

import mmap
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IMPLICIT = "1.2.840.10008.1.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
NOT_LITTLE = ("1.2.840.10008.1.2.2", DEFLATED)
"""Big-endian, and deflated as a whole."""

MOST_INFLATED = 1_000_000_000

ELEMENTS = {
    0x00080008: ("ImageType", "CS"), 0x00080016: ("SOPClassUID", "UI"), 0x00080018: ("SOPInstanceUID", "UI"),
    0x00080020: ("StudyDate", "DA"), 0x00080022: ("AcquisitionDate", "DA"),
    0x0008002A: ("AcquisitionDateTime", "DT"), 0x00080032: ("AcquisitionTime", "TM"),
    0x00080060: ("Modality", "CS"), 0x00081030: ("StudyDescription", "LO"),
    0x0008103E: ("SeriesDescription", "LO"), 0x00089208: ("ComplexImageComponent", "CS"),
    0x00100010: ("PatientName", "PN"), 0x00100020: ("PatientID", "LO"),
    0x00100030: ("PatientBirthDate", "DA"), 0x00100040: ("PatientSex", "CS"),
    0x00101010: ("PatientAge", "AS"),
    0x00180010: ("ContrastBolusAgent", "LO"), 0x00180015: ("BodyPartExamined", "CS"),
    0x00180050: ("SliceThickness", "DS"), 0x00180060: ("KVP", "DS"), 0x00180081: ("EchoTime", "DS"),
    0x00180082: ("InversionTime", "DS"), 0x00180088: ("SpacingBetweenSlices", "DS"),
    0x00181030: ("ProtocolName", "LO"), 0x00181060: ("TriggerTime", "DS"),
    0x00181062: ("NominalInterval", "IS"), 0x00181088: ("HeartRate", "DS"),
    0x00181120: ("GantryDetectorTilt", "DS"),
    0x00181210: ("ConvolutionKernel", "SH"), 0x00185100: ("PatientPosition", "CS"),
    0x00189087: ("DiffusionBValue", "FD"),
    0x00190010: ("SiemensHeader", "LO"), 0x0019100A: ("SiemensTiles", "US"), 0x0019100C: ("SiemensB", "IS"),
    0x0020000D: ("StudyInstanceUID", "UI"),
    0x0020000E: ("SeriesInstanceUID", "UI"), 0x00200011: ("SeriesNumber", "IS"),
    0x00200012: ("AcquisitionNumber", "IS"),
    0x00200013: ("InstanceNumber", "IS"), 0x00200032: ("ImagePositionPatient", "DS"),
    0x00200037: ("ImageOrientationPatient", "DS"), 0x00200052: ("FrameOfReferenceUID", "UI"),
    0x00200060: ("Laterality", "CS"), 0x00200062: ("ImageLaterality", "CS"),
    0x00200100: ("TemporalPositionIdentifier", "IS"), 0x00204000: ("ImageComments", "LT"),
    0x00280002: ("SamplesPerPixel", "US"), 0x00280004: ("PhotometricInterpretation", "CS"),
    0x00280008: ("NumberOfFrames", "IS"), 0x00280010: ("Rows", "US"), 0x00280011: ("Columns", "US"),
    0x00280030: ("PixelSpacing", "DS"), 0x00280100: ("BitsAllocated", "US"), 0x00280101: ("BitsStored", "US"),
    0x00280102: ("HighBit", "US"), 0x00280103: ("PixelRepresentation", "US"),
    0x00280301: ("BurnedInAnnotation", "CS"),
    0x00281050: ("WindowCenter", "DS"), 0x00281051: ("WindowWidth", "DS"),
    0x00281052: ("RescaleIntercept", "DS"), 0x00281053: ("RescaleSlope", "DS"),
    0x00281054: ("RescaleType", "LO"),
    0x00430010: ("GEHeader", "LO"), 0x00431039: ("GEB", "LO"),
    0x00541001: ("Units", "CS"),
    0x30040002: ("DoseUnits", "CS"), 0x3004000C: ("GridFrameOffsetVector", "DS"),
    0x3004000E: ("DoseGridScaling", "DS"),
}  # fmt: skip
"""What is read, and its kind; Siemens' and GE's own elements count only under their makers' headers."""

_CHARACTER_SET = 0x00080005
_FUNCTIONAL_GROUPS = (0x52009229, 0x52009230)
_PIXEL_DATA = 0x7FE00010
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
_SHORT = frozenset(
    (b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL",
     b"SS", b"ST", b"TM", b"UI", b"UL", b"US", b"")
)  # fmt: skip
"""Kinds of values with a length of four bytes, and of two; none in implicit encoding."""
_EXPLICIT, _PLAIN = struct.Struct("<HH2sH"), struct.Struct("<HH0sI")
_LENGTH = struct.Struct("<I")
_ALPHABETS = {"": "ascii", "ISO_IR 6": "ascii", "ISO_IR 100": "latin-1", "ISO_IR 192": "utf-8"}
_UNDEFINED = 0xFFFFFFFF


class _Unusual(Exception):
    """Something here that this reader leaves to pydicom."""


@dataclass(frozen=True)
class Elements:
    """Values by keyword; where the pixel bytes start, and their length as the file says it."""

    values: dict[str, Any]
    syntax: str
    offset: int
    length: int
    size: int

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, or ``default`` where the file has none."""
        return self.values.get(name, default)


def read_elements(
    path: Path, wanted: Mapping[int, tuple[str, str]] = ELEMENTS, last: int = _PIXEL_DATA
) -> Elements | None:
    """Read one file's elements up to its pixels, or up to ``last``; None where it is not plain enough."""
    with path.open("rb") as file:
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _read(data, wanted, last)
        except (_Unusual, ValueError, struct.error, UnicodeDecodeError):
            return None


def check_inflated(path: Path) -> None:
    """Raise ``ValueError`` for a deflated file that would fill the memory once it is inflated."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            syntax, at = _meta(data) if data[128:132] == b"DICM" else ("", 0)
        except (_Unusual, struct.error, UnicodeDecodeError):
            return
        if syntax != DEFLATED:
            return
        stream, total, waiting = zlib.decompressobj(-zlib.MAX_WBITS), 0, data[at:]
        while waiting and not stream.eof:
            total += len(stream.decompress(waiting, 1 << 24))
            waiting = stream.unconsumed_tail
            if total > MOST_INFLATED:
                raise ValueError(f"it inflates to more than {MOST_INFLATED / 1e9:g} GB")


def _read(data: mmap.mmap, wanted: Mapping[int, tuple[str, str]], last: int) -> Elements:
    if data[128:132] != b"DICM":
        raise _Unusual
    syntax, at = _meta(data)
    if syntax in NOT_LITTLE or not syntax:
        raise _Unusual
    explicit = syntax != IMPLICIT
    raw: dict[int, bytes] = {}
    head = _EXPLICIT.unpack_from if explicit else _PLAIN.unpack_from
    while True:  # spelled out: this loop is what a look into a folder waits for
        group, number, vr, length = head(data, at)
        tag = group << 16 | number
        at += 8
        if vr in _LONG:
            (length,) = _LENGTH.unpack_from(data, at)
            at += 4
        elif vr not in _SHORT:
            raise _Unusual
        if tag == _PIXEL_DATA or _PIXEL_DATA > tag > last:
            break
        if tag in _FUNCTIONAL_GROUPS or tag > _PIXEL_DATA:
            raise _Unusual
        if length == _UNDEFINED:
            if explicit and vr != b"SQ":
                raise _Unusual
            at = _after_sequence(data, at, explicit)
            continue
        if tag in wanted or tag == _CHARACTER_SET:
            raw[tag] = data[at : at + length]
        at += length
    alphabet = _ALPHABETS.get(raw.pop(_CHARACTER_SET, b"").decode("ascii").strip(" \0"))
    if alphabet is None:
        raise _Unusual
    values = {}
    for t, content in raw.items():
        name, kind = wanted[t]
        value = parse(content, kind, alphabet)
        if value is not None:
            values[name] = value
    return Elements(values, syntax, at, length, len(data))


def _meta(data: mmap.mmap) -> tuple[str, int]:
    """Return the transfer syntax and where the data set begins."""
    tag, _vr, length, at = _element(data, 132, explicit=True)
    if tag != 0x00020000 or length != 4:
        raise _Unusual
    end = at + 4 + int(struct.unpack_from("<I", data, at)[0])
    at += 4
    syntax = ""
    while at < end:
        tag, _vr, length, at = _element(data, at, explicit=True)
        if tag == 0x00020010:
            syntax = data[at : at + length].decode("ascii").strip(" \0")
        at += length
    return syntax, at


def _element(data: mmap.mmap, at: int, explicit: bool) -> tuple[int, bytes, int, int]:
    """Return tag, VR, length and where the value begins."""
    group, number = struct.unpack_from("<HH", data, at)
    tag = group << 16 | number
    if not explicit or group == 0xFFFE:
        return tag, b"", struct.unpack_from("<I", data, at + 4)[0], at + 8
    vr = data[at + 4 : at + 6]
    if not (vr.isalpha() and vr.isupper()):
        raise _Unusual
    if vr in _LONG:
        return tag, vr, struct.unpack_from("<I", data, at + 8)[0], at + 12
    return tag, vr, struct.unpack_from("<H", data, at + 6)[0], at + 8


def _after_sequence(data: mmap.mmap, at: int, explicit: bool, depth: int = 0) -> int:
    """Return where a sequence of undefined length ends."""
    if depth > 20:
        raise _Unusual
    while True:
        tag, _vr, length, at = _element(data, at, explicit)
        if tag == _SEQUENCE_END:
            return at
        if tag != _ITEM:
            raise _Unusual
        if length != _UNDEFINED:
            at += length
            continue
        while True:
            tag, vr, length, at = _element(data, at, explicit)
            if tag == _ITEM_END:
                break
            if length != _UNDEFINED:
                at += length
            elif explicit and vr != b"SQ":
                raise _Unusual
            else:
                at = _after_sequence(data, at, explicit, depth + 1)


def parse(raw: bytes, kind: str, alphabet: str = "ascii") -> Any:
    """Return the value of an element's bytes, little-endian; None where it is empty."""
    if kind in ("US", "FD"):
        if len(raw) != (2 if kind == "US" else 8):
            raise _Unusual
        return struct.unpack("<H" if kind == "US" else "<d", raw)[0]
    text = raw.decode(alphabet).strip(" \0")
    if not text:
        return None
    if kind in ("LT", "PN", "LO"):
        return text
    parts = [p.strip(" \0") for p in text.split("\\")]
    if kind == "DS":
        numbers = [float(p) for p in parts if p]
        return numbers[0] if len(numbers) == 1 else numbers or None
    if kind == "IS":
        return int(parts[0])
    return parts if len(parts) > 1 else parts[0]
