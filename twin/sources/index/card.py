"""What the index notes of a DICOM file: whose it is and which series it belongs to."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path

from twin.sources import catalog
from twin.sources.catalog import SeriesRow
from twin.sources.dicom_elements import Elements, check_inflated, read_elements
from twin.sources.dicom_headers import looks_like_dicom

_WANTED = {
    0x00080016: ("SOPClassUID", "UI"), 0x00080018: ("SOPInstanceUID", "UI"), 0x00080020: ("StudyDate", "DA"),
    0x00080050: ("AccessionNumber", "SH"), 0x00080060: ("Modality", "CS"),
    0x00081030: ("StudyDescription", "LO"), 0x0008103E: ("SeriesDescription", "LO"),
    0x00100010: ("PatientName", "PN"), 0x00100020: ("PatientID", "LO"),
    0x00100030: ("PatientBirthDate", "DA"), 0x00100040: ("PatientSex", "CS"),
    0x00180015: ("BodyPartExamined", "CS"), 0x0020000D: ("StudyInstanceUID", "UI"),
    0x0020000E: ("SeriesInstanceUID", "UI"), 0x00200011: ("SeriesNumber", "IS"),
    0x00200013: ("InstanceNumber", "IS"), 0x00280008: ("NumberOfFrames", "IS"), 0x00280010: ("Rows", "US"),
}  # fmt: skip
_LAST = 0x00280010


@dataclass(frozen=True)
class Card:
    """A file's entry in the index; ``frames`` is 0 where it holds no image.

    Some writers blank the UIDs. Then the file's folder stands in for that of the study, and with the number
    of the series for that of the series, as when it is imported (``dicom.scan``).
    """

    path: Path
    elements: Elements
    instance: int
    frames: int

    @property
    def uid(self) -> str:
        """UID of the image."""
        return str(self.elements.get("SOPInstanceUID") or "")

    @property
    def key(self) -> tuple[str, ...]:
        """What tells its series from others; names too, since UIDs are not always given rightly."""
        names = ("SeriesInstanceUID", "StudyInstanceUID", "PatientID", "PatientName")
        return (self._stand_in, *(str(self.elements.get(name)) for name in names))

    @property
    def _stand_in(self) -> str:
        if self.elements.get("SeriesInstanceUID"):
            return ""
        return f"{self.path.parent}#{self.elements.get('SeriesNumber') or 0}"

    def series(self) -> SeriesRow:
        """Return the row of its series."""
        study = catalog.study_of(self.elements)
        if self._stand_in and not study.uid:
            study = replace(study, uid=str(self.path.parent))
        row = catalog.series_of(self.elements, study)
        return replace(row, uid=self._stand_in) if self._stand_in else row


def read_card(path: Path) -> Card | None:
    """Read what a file says of itself; None for what is no DICOM object of a series, and for broken files.

    An image is of a series also where it does not say of which.

    Raises
    ------
    OSError
        It cannot be read.
    """
    elements = read_elements(path, _WANTED, _LAST)
    if elements is None:
        elements = _by_pydicom(path)
    if elements is None or not (elements.get("SeriesInstanceUID") or elements.get("Rows")):
        return None
    try:
        frames = int(elements.get("NumberOfFrames") or 1)
        instance = int(elements.get("InstanceNumber") or 0)
    except (TypeError, ValueError):
        return None
    return Card(path, elements, instance, frames if elements.get("Rows") is not None else 0)


def _by_pydicom(path: Path) -> Elements | None:
    """Read what the quick reader leaves: other alphabets, other encodings."""
    with path.open("rb") as file:
        if not looks_like_dicom(file.read(352)):
            return None
    import pydicom
    from pydicom import config

    config.settings.reading_validation_mode = config.IGNORE
    try:
        check_inflated(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ds = pydicom.dcmread(
                path, stop_before_pixels=True, force=True, specific_tags=[*_WANTED, "SpecificCharacterSet"]
            )
            values = {name: ds[tag].value for tag, (name, _kind) in _WANTED.items() if tag in ds}
    except OSError:
        raise
    except Exception:  # a broken file: pydicom fails in many ways
        return None
    return Elements(values, "", -1, 0, 0)
