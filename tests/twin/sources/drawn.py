"""Structure sets made for tests, drawn on the series that ``made`` writes."""

from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

SQUARE = [(0.5, 0.5), (4.5, 0.5), (4.5, 4.5), (0.5, 4.5)]


def structure_set(path: Path, rois: dict[str, list[Any]], **tags: Any) -> Path:
    """Write a structure set on the grid of ``made``: ROI to contours, each (k, points (i, j), kind)."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = RTStructureSetStorage
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    ds.Modality, ds.StructureSetLabel, ds.SeriesNumber = "RTSTRUCT", "Plan", 12
    ds.PatientName, ds.PatientID = "Doe^Jane", "17"
    reference, study, series = Dataset(), Dataset(), Dataset()
    reference.FrameOfReferenceUID, series.SeriesInstanceUID = "1.2.3.9", "1.2.3.4"
    study.RTReferencedSeriesSequence, reference.RTReferencedStudySequence = [series], [study]
    ds.ReferencedFrameOfReferenceSequence = [reference]
    ds.StructureSetROISequence, ds.ROIContourSequence = [], []
    for number, (name, contours) in enumerate(rois.items(), 5):
        roi, drawn = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName, roi.ReferencedFrameOfReferenceUID = number, name, "1.2.3.9"
        drawn.ReferencedROINumber, drawn.ROIDisplayColor = number, [255, 128, 0]
        drawn.ContourSequence = []
        for k, points, *kind in contours:
            contour = Dataset()
            contour.ContourGeometricType = kind[0] if kind else "CLOSED_PLANAR"
            # as made places its grid: spacing 0.75 × 0.5 × 2 mm from (-10, 20, 30)
            places = [(-10 + 0.75 * i, 20 + 0.5 * j, 30 + 2 * k) for i, j in points]
            contour.ContourData = [f"{x:.6g}" for place in places for x in place]
            contour.NumberOfContourPoints = len(points)
            drawn.ContourSequence.append(contour)
        ds.StructureSetROISequence.append(roi)
        ds.ROIContourSequence.append(drawn)
    for name, value in tags.items():
        setattr(ds, name, value)
    ds.save_as(path, enforce_file_format=True)
    return path
