"""A DICOM data set, de-identified: what the profile's table says, and of all else only what is known."""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from resources import confidentiality
from twin.deidentify import streams, words
from twin.deidentify.secret import STANDARD_UID, Secret, Subject
from twin.domain import Identity
from twin.errors import SourceError

_REMOVE = confidentiality.tags(confidentiality.REMOVE)
_EMPTY = confidentiality.tags(confidentiality.EMPTY)
_DUMMY = confidentiality.tags(confidentiality.DUMMY)
_CLEAN = confidentiality.tags(confidentiality.CLEAN)

_TEXT = frozenset({"LO", "SH", "ST", "LT", "UT", "UC"})
_GONE = frozenset({"PN", "UR", "AE", "UN"})
_NUMBERS = frozenset({"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "AT"})
_PALETTES = frozenset({0x00281201, 0x00281202, 0x00281203, 0x00281221, 0x00281222, 0x00281223})
_BYTES = _PALETTES | {
    0x00283006, 0x00660016, 0x00660040, 0x00660041, 0x00660042, 0x7FE00001, 0x7FE00002, 0x7FE00008,
    0x7FE00009, 0x7FE00010,
}  # fmt: skip
"""Elements of bytes that hold pixels, tables and points; no others stay. Palettes do where they are used."""

_SCHEMES = {
    "SCT": r"\d{6,18}", "SRT": r"[A-Z]-[0-9A-F]{4,6}", "SNM3": r"[A-Z]-[0-9A-F]{4,6}",
    "99SDM": r"[A-Z]-[0-9A-F]{4,6}",
    "DCM": r"\d{6}", "UCUM": r"[A-Za-z0-9./\[\]{}%^*-]{1,12}", "FMA": r"\d{3,7}", "LN": r"\d{1,5}-\d",
    "RADLEX": r"RID\d{1,6}",
}  # fmt: skip
"""Public coding schemes and what their codes look like: such a code names no patient."""

_CODE_VALUE, _SCHEME, _MEANING = 0x00080100, 0x00080102, 0x00080104
_AGE = re.compile(r"\d{3}[DWMY]")
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d{1,12}")
_KERNEL = re.compile(r"[A-Za-z]{1,2}\d{1,2}[a-z]{0,2}|\d")
_KERNEL_TAG = 0x00181210
_CHARACTER_SET = 0x00080005
_MODALITY = 0x00080060
UNKNOWN = "unknown"
_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_CLASSES = {"CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4"}
"""Storage classes of images whose files name none: old writers."""


def deidentified(ds: Any, secret: Secret, *, faces: bool = False) -> Any:
    """Return a new data set with file meta information and preamble of its own; the old one stays as it is.

    Parameters
    ----------
    ds : pydicom Dataset
        As read from a file, pixels included.
    faces : bool
        Say that faces were removed, too.

    Raises
    ------
    SourceError
        Nobody knows what is in a compressed picture besides pixels.
    """
    import warnings

    from pydicom import config
    from pydicom.dataset import FileMetaDataset

    subject = secret.subject(identity_of(ds))
    with warnings.catch_warnings(), config.disable_value_validation():
        warnings.simplefilter("ignore")  # of values that are not valid: they do not stay
        new = _Walk(subject, _syntax(ds)).dataset(ds)
    _complete(new, subject, ds)
    _say(new, faces)
    new.file_meta = FileMetaDataset()
    new.file_meta.MediaStorageSOPClassUID = new.get("SOPClassUID", "")
    new.file_meta.MediaStorageSOPInstanceUID = new.get("SOPInstanceUID", "")
    new.file_meta.TransferSyntaxUID = _syntax(ds)
    new.preamble = bytes(128)
    return new


def identity_of(ds: Any) -> Identity:
    """Return what decides whose a data set is."""

    def text(name: str) -> str:
        try:
            return str(ds.get(name, "") or "").strip()
        except Exception:  # a value that cannot be read names nobody
            return ""

    born = text("PatientBirthDate")
    born = f"{born[:4]}-{born[4:6]}-{born[6:8]}" if len(born) == 8 else born
    return Identity(patient_name=text("PatientName"), patient_id=text("PatientID"), birth_date=born)


def _syntax(ds: Any) -> str:
    from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

    given = str(getattr(ds, "file_meta", {}).get("TransferSyntaxUID", "") or "")
    if given.startswith(STANDARD_UID):
        return given
    return str(ImplicitVRLittleEndian if ds.original_encoding[0] else ExplicitVRLittleEndian)


def _complete(new: Any, subject: Subject, old: Any) -> None:
    """Give what every object must have (PS3.3 C.7.1.1, C.7.2.1, C.12.1), in whole or empty."""
    meta = getattr(old, "file_meta", {})
    if not new.get("SOPClassUID"):
        given = str(meta.get("MediaStorageSOPClassUID", "") or "")
        by_modality = _CLASSES.get(str(new.get("Modality", "")), _CAPTURE)
        new.SOPClassUID = given if given.startswith(STANDARD_UID) else by_modality
    if not new.get("SOPInstanceUID"):
        given = str(meta.get("MediaStorageSOPInstanceUID", "") or "")
        pixels = hashlib.sha256(old.get("PixelData", b"") or b"").hexdigest()
        new.SOPInstanceUID = subject.secret.uid(given or f"{subject.pseudonym} {pixels}")
    new.SpecificCharacterSet = "ISO_IR 192"
    new.PatientName = new.PatientID = subject.pseudonym
    for name in (
        "PatientBirthDate", "PatientSex", "StudyID", "AccessionNumber", "ReferringPhysicianName", "StudyDate",
        "StudyTime",
    ):  # fmt: skip
        if name not in new:
            setattr(new, name, "")


def _say(new: Any, faces: bool) -> None:
    """Say what was done (PS3.15 E.1.1, PS3.3 C.7.1.1)."""
    mark(new, faces)
    new.LongitudinalTemporalInformationModified = "MODIFIED"


def mark(new: Any, faces: bool = False) -> None:
    """Say in a data set that its patient's identity was removed, and how."""
    from pydicom.dataset import Dataset

    new.PatientIdentityRemoved = "YES"
    methods = (*confidentiality.METHODS, *((confidentiality.FACES,) if faces else ()))
    items = []
    for value, meaning in methods:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
        items.append(item)
    new.DeidentificationMethodCodeSequence = items
    new.LongitudinalTemporalInformationModified = "MODIFIED"


class _Walk:
    """One data set's way through the rules, nested ones included."""

    def __init__(self, subject: Subject, syntax: str) -> None:
        self._subject, self._secret, self._syntax = subject, subject.secret, syntax
        self._never = subject.words
        self._by_vr: dict[str, Callable[[str], str]] = {
            "DA": self._date, "DT": self._datetime, "TM": _time, "AS": _fitting(_AGE),
            "DS": _fitting(_DECIMAL), "IS": _fitting(_INTEGER), "CS": self._code, "UI": self._secret.uid,
        }  # fmt: skip

    def dataset(self, ds: Any) -> Any:
        """Return a new data set; elements that cannot be read are left out."""
        from pydicom.dataset import Dataset

        new = Dataset()
        coded = self._coded(ds)
        for tag in list(ds.keys()):
            number = int(tag)
            if tag.is_private or _in_removed_group(tag.group) or tag.group < 8 or number == _CHARACTER_SET:
                continue
            if number in _PALETTES and ds.get("PhotometricInterpretation") != "PALETTE COLOR":
                continue
            if coded is not None and number in (_CODE_VALUE, _SCHEME, _MEANING):
                continue
            try:
                element = ds[tag]
                self._element(new, number, element)
            except SourceError:
                raise
            except Exception:  # pydicom converts values when they are asked for: what is broken does not stay
                continue
        for tag, value in (coded or {}).items():
            new.add_new(tag, "LO" if tag == _MEANING else "SH", value)
        streams.clean(new, self._syntax)
        return new

    def _element(self, new: Any, tag: int, element: Any) -> None:
        vr = str(element.VR)
        if tag in _REMOVE:
            return
        if tag in _EMPTY:
            new.add_new(tag, vr, [] if vr == "SQ" else None)
        elif tag in _DUMMY:
            self._dummy(new, tag, vr)
        elif vr == "SQ":
            new.add_new(tag, vr, [self.dataset(item) for item in element.value])
        elif vr in _NUMBERS or tag in _BYTES:
            new.add_new(tag, vr, element.value)
        else:
            self._text(new, tag, vr, element.value)

    def _dummy(self, new: Any, tag: int, vr: str) -> None:
        if vr == "PN":
            new.add_new(tag, vr, self._subject.pseudonym)
        elif vr in _TEXT or vr == "AE":
            new.add_new(tag, vr, UNKNOWN)

    def _text(self, new: Any, tag: int, vr: str, value: Any) -> None:
        """Keep of an element's values what may stay; the element goes where nothing does."""
        if vr in _GONE or value is None:
            if value is None or value == "":
                new.add_new(tag, vr, None)
            return
        several = not isinstance(value, (str, bytes)) and hasattr(value, "__iter__")
        values = [str(v) for v in value] if several else [str(value)]
        if tag == _KERNEL_TAG:
            kept = [v if _KERNEL.fullmatch(v) else "" for v in values]
        elif vr in _TEXT:
            kept = [words.outside(v, self._never) for v in values]
        elif vr in self._by_vr:
            kept = [self._by_vr[vr](v) if v else "" for v in values]
        else:
            return
        if (
            vr in ("DS", "IS")
            and values != [""]
            and not all(k or not v for k, v in zip(kept, values, strict=True))
        ):
            return  # numbers in a row mean something together only
        if any(kept):
            new.add_new(tag, vr, kept if several else kept[0])
        elif not any(values):
            new.add_new(tag, vr, None)
        elif tag in _CLEAN and vr in _TEXT:
            new.add_new(tag, vr, UNKNOWN)
        elif tag == _MODALITY:
            new.add_new(tag, vr, "OT")

    def _coded(self, ds: Any) -> dict[int, str] | None:
        """Return what stays of a code: all where it is one of a public scheme; None where it is no code."""
        if _CODE_VALUE not in ds or _SCHEME not in ds:
            return None
        try:
            value, scheme, meaning = (
                str(ds[t].value if t in ds else "") for t in (_CODE_VALUE, _SCHEME, _MEANING)
            )
        except Exception:
            return {}
        if scheme not in _SCHEMES or not re.fullmatch(_SCHEMES[scheme], value):
            return {}
        if value.casefold() in self._never:
            return {}
        known = words.own(meaning, self._never)
        meaning = meaning if known == meaning else words.outside(meaning, self._never) or UNKNOWN
        return {_CODE_VALUE: value, _SCHEME: scheme, _MEANING: meaning}

    def _code(self, value: str) -> str:
        return words.code(value, self._never)

    def _date(self, value: str) -> str:
        digits = value.replace(".", "") if re.fullmatch(r"\d{4}\.\d\d\.\d\d", value) else value
        try:
            return f"{self._subject.date(datetime.strptime(digits, '%Y%m%d').date()):%Y%m%d}"
        except ValueError:
            return ""

    def _datetime(self, value: str) -> str:
        match = re.fullmatch(r"(\d{8})(\d{2,6}(\.\d{1,6})?)?([+-]\d{4})?", value)
        return self._date(match[1]) + (match[2] or "") if match and self._date(match[1]) else ""


def _time(value: str) -> str:
    return value if re.fullmatch(r"\d{2}(:?\d{2}(:?\d{2}(\.\d{1,6})?)?)?", value) else ""


def _fitting(pattern: re.Pattern[str]) -> Callable[[str], str]:
    return lambda value: value.strip() if pattern.fullmatch(value.strip()) else ""


def _in_removed_group(group: int) -> bool:
    return any(low <= group <= high for low, high in confidentiality.REMOVED_GROUPS)
