"""Labelmaps as DICOM RT Structure Sets (PS3.3 A.19): closed contours on the slices of the grid."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resources.colors import rgb
from twin.domain import LabelMap, Structure, Volume
from twin.exports.dicom_parts import begin, reference, text
from twin.exports.outlines import keyholed, outlines
from twin.progress import Progress
from twin.sources.dicom_objects import described

_STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"
"""Detached Study Management: retired, and still what the standard wants a study referred to as."""


def write(labelmap: LabelMap, path: Path, progress: Progress, image: Volume | None = None) -> None:
    """Write one ROI a structure; holes are joined to what is around them as keyholes.

    ``image`` is what the labelmap lies on, see ``dicom_parts.begin``.

    Raises
    ------
    UserError
        There is no structure.
    """
    from pydicom.dataset import Dataset
    from pydicom.uid import ImplicitVRLittleEndian, RTStructureSetStorage

    ds, images = begin(labelmap, image, RTStructureSetStorage, "RTSTRUCT", "Structure set")
    # A contour may take more than the 64 kB that explicit elements of numbers in text can hold.
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    ds.OperatorsName = ""
    ds.StructureSetLabel, ds.StructureSetName = "ANATOMY", "Anatomy"
    ds.StructureSetDate, ds.StructureSetTime = ds.InstanceCreationDate, ds.InstanceCreationTime
    ds.ApprovalStatus = "UNAPPROVED"
    frame = Dataset()
    frame.FrameOfReferenceUID = ds.FrameOfReferenceUID
    if image is not None and images:
        frame.RTReferencedStudySequence = [_study(ds, image, images)]
    ds.ReferencedFrameOfReferenceSequence = [frame]
    ds.StructureSetROISequence, ds.ROIContourSequence, ds.RTROIObservationsSequence = [], [], []
    count = len(labelmap.structures)
    for number, s in enumerate(labelmap.structures, 1):
        part = progress.between((number - 1) / count, number / count)
        ds.StructureSetROISequence.append(_roi(number, s, ds.FrameOfReferenceUID))
        ds.ROIContourSequence.append(_contours(number, s, labelmap, images, part))
        seen = Dataset()
        seen.ObservationNumber = seen.ReferencedROINumber = number
        seen.RTROIInterpretedType = "ORGAN"
        seen.ROIInterpreter = ""
        ds.RTROIObservationsSequence.append(seen)
    ds.save_as(path, enforce_file_format=True)


def _study(ds: Any, image: Volume, images: tuple[tuple[str, str], ...]) -> Any:
    """Return the item that names the images by study and series."""
    from pydicom.dataset import Dataset

    study, series = reference((_STUDY_CLASS, ds.StudyInstanceUID)), Dataset()
    series.SeriesInstanceUID = image.identity.series_uid
    series.ContourImageSequence = [reference(i) for i in images]
    study.RTReferencedSeriesSequence = [series]
    return study


def _roi(number: int, s: Structure, frame: str) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ROINumber, item.ReferencedFrameOfReferenceUID = number, frame
    item.ROIName, item.ROIGenerationAlgorithm = text(s.name) or f"ROI {number}", "SEMIAUTOMATIC"
    words = "; ".join(w for w in (described(s), s.side if s.side in ("left", "right") else "") if w)
    if words:
        item.ROIDescription = words
    return item


def _contours(
    number: int, s: Structure, labelmap: LabelMap, images: tuple[tuple[str, str], ...], progress: Progress
) -> Any:
    from pydicom.dataset import Dataset

    layer = labelmap.labels if labelmap.labels.ndim == 3 else labelmap.labels[s.layer]
    item = Dataset()
    item.ReferencedROINumber = number
    color = rgb(s.shown_color)
    item.ROIDisplayColor = [round(255 * c) for c in color]
    item.ContourSequence = []
    for k, plane in enumerate(layer):
        progress(k / len(layer), "writing DICOM")
        mask = plane == s.label
        for outline in keyholed(outlines(mask)) if mask.any() else ():
            index = np.column_stack([outline, np.full(len(outline), float(k))])
            points = index @ labelmap.affine[:3, :3].T + labelmap.affine[:3, 3]
            contour = Dataset()
            if images:
                contour.ContourImageSequence = [reference(images[k])]
            contour.ContourGeometricType = "CLOSED_PLANAR"
            contour.NumberOfContourPoints = len(points)
            # As bytes, since pydicom would convert and check each number; implicit elements name no VR.
            contour.add_new("ContourData", "OB", _text(points))
            contour.ContourNumber = len(item.ContourSequence) + 1
            item.ContourSequence.append(contour)
    if not item.ContourSequence:
        del item.ContourSequence
    return item


def _text(points: NDArray[np.float64]) -> bytes:
    """Return coordinates as DICOM's decimal strings, to a tenth of a micrometer."""
    text = "\\".join(f"{x:.4f}" for x in points.ravel().tolist()).encode()
    return text + b" " * (len(text) % 2)
