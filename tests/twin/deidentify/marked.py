"""DICOM data with a marker in everything that can hold text: public, private, nested."""

import pydicom
from pydicom.datadict import DicomDictionary
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

MARKER = "ZQMARKERQZ"
"""Ten capitals: a code string may hold them, too."""

_KEPT = frozenset({
    "SpecificCharacterSet", "TransferSyntaxUID", "PixelData", "SOPClassUID", "Rows", "Columns",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames", "PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient", "RescaleSlope",
    "RescaleIntercept", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID",
    "SliceThickness", "Modality", "StudyDate", "SeriesNumber", "InstanceNumber",
})  # fmt: skip
"""What the file needs in order to be read as an image at all, or what a test sets itself."""

_TEXT = ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT")
_BYTES = ("OB", "OW", "UN")


def fill(ds: Dataset, vrs: tuple[str, ...] = (*_TEXT, *_BYTES, "SQ")) -> int:
    """Put the marker into every public and private element that is not there yet; returns into how many."""
    count = 0
    with pydicom.config.disable_value_validation():
        for tag, (listed, _vm, _name, _retired, keyword) in DicomDictionary.items():
            group = tag >> 16
            if not keyword or keyword in _KEPT or group < 8 or tag in ds or tag & 0xFFFF == 0:
                continue
            vr, value = listed.split(" ")[0], MARKER.encode()
            if vr not in vrs:
                continue
            if vr in _TEXT or vr in _BYTES:  # as it lies in a file: numbers in text are not looked at
                ds[tag] = RawDataElement(Tag(tag), vr, len(value), value, 0, False, True)
            elif vr == "SQ":
                item = Dataset()
                if count % 20 == 0:
                    fill_nested(item)
                elif count % 5 == 0:
                    _few(item)
                else:
                    item.CodeMeaning = item.PatientName = MARKER
                ds.add_new(tag, vr, [item])
            else:
                continue
            count += 1
        _private(ds)
    return count


def fill_nested(item: Dataset) -> None:
    _few(item)
    deeper = Dataset()
    _few(deeper)
    item.add_new(0x00081140, "SQ", [deeper])
    item.add_new(0x0040A730, "SQ", [deeper])


def _few(item: Dataset) -> None:
    for keyword in (
        "PatientName", "CodeMeaning", "CodeValue", "CodingSchemeDesignator", "TextValue", "SeriesDescription",
        "PersonName", "ReferencedSOPInstanceUID", "LongCodeValue", "Manufacturer", "PixelPresentation",
        "AcquisitionDate", "StationName", "TrackingID",
    ):  # fmt: skip
        setattr(item, keyword, MARKER)
    _private(item)


def _private(ds: Dataset) -> None:
    block = ds.private_block(0x0031, f"{MARKER} HEADER", create=True)
    block.add_new(1, "LO", MARKER)
    block.add_new(2, "UN", MARKER.encode())
    block.add_new(3, "OB", MARKER.encode())
    inner = Dataset()
    inner.PatientName = MARKER
    block.add_new(4, "SQ", [inner])
