"""Volumes as standard CT series, one file a slice."""

from pathlib import Path
from typing import Any

import numpy as np

from twin.domain import Volume
from twin.errors import UserError
from twin.progress import Progress
from twin.sources.dicom_headers import REFERENCE_PATIENT

SOFTWARE = "Vitruvian"


def write_series(volume: Volume, folder: Path, progress: Progress | None = None) -> None:
    """Write a CT volume as DICOM into an empty or new folder.

    Files are called ``slice-0001.dcm`` and so on in order of place. UIDs that the volume does
    not have are made from what it is, so that the same volume gives the same files.
    ``Identity.reference_patient`` stands in Image Comments, in words.

    Raises
    ------
    UserError
        The volume is no CT of 16-bit integers, its grid is not right-angled, or the folder
        holds DICOM already.
    """
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    progress = progress or Progress()
    _check(volume, folder)
    folder.mkdir(parents=True, exist_ok=True)
    common = _common(volume)
    spacing = volume.spacing_mm
    row, column = volume.affine[:3, 0] / spacing[0], volume.affine[:3, 1] / spacing[1]
    common.PixelSpacing = [_decimal(spacing[1]), _decimal(spacing[0])]
    common.ImageOrientationPatient = [_decimal(c) for c in (*row, *column)]
    common.SliceThickness = common.SpacingBetweenSlices = _decimal(spacing[2])
    for k, plane in enumerate(volume.voxels):
        progress(k / len(volume.voxels), "writing DICOM")
        position = volume.affine[:3, 3] + k * volume.affine[:3, 2]
        common.SOPInstanceUID = common.file_meta.MediaStorageSOPInstanceUID = _uid(volume, f"image {k}")
        common.file_meta.MediaStorageSOPClassUID = CTImageStorage
        common.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        common.InstanceNumber = k + 1
        common.ImagePositionPatient = [_decimal(x) for x in position]
        common.SliceLocation = _decimal(position[2])
        common.PixelData = np.ascontiguousarray(plane, plane.dtype.newbyteorder("<")).tobytes()
        common.save_as(folder / f"slice-{k + 1:04d}.dcm", enforce_file_format=True)


def _check(volume: Volume, folder: Path) -> None:
    if (
        volume.modality != "CT"
        or volume.voxels.ndim != 3
        or volume.voxels.dtype.name not in ("int16", "uint16")
    ):
        raise UserError("Only a CT of 16-bit integers is written as DICOM.")
    axes = volume.affine[:3, :3] / volume.spacing_mm
    if np.abs(axes.T @ axes - np.eye(3)).max() > 1e-4 or np.linalg.det(axes) < 0:
        raise UserError("A grid that is not right-angled and right-handed cannot be written as DICOM.")
    if folder.exists() and any(folder.glob("*.dcm")):
        raise UserError(f"{folder} holds DICOM already.", "Choose an empty folder.")


def _common(volume: Volume) -> Any:
    """Everything that all slices share: the CT image IOD's mandatory attributes (PS3.3 A.3)."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage

    who = volume.identity
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.ImplementationVersionName = SOFTWARE.upper()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = CTImageStorage
    ds.PatientName, ds.PatientID = who.patient_name, who.patient_id
    ds.PatientBirthDate, ds.PatientSex = who.birth_date.replace("-", ""), who.sex
    if who.age:
        ds.PatientAge = who.age
    ds.StudyInstanceUID = who.study_uid or _uid(volume, "study")
    ds.StudyDate, ds.StudyTime, ds.StudyID = who.study_date.replace("-", ""), "", "1"
    ds.ReferringPhysicianName = ds.AccessionNumber = ""
    ds.StudyDescription = who.study_description
    ds.SeriesInstanceUID = who.series_uid or _uid(volume, "series")
    ds.SeriesNumber = who.series_number if who.series_number is not None else 1
    ds.SeriesDescription = who.series_description
    ds.Modality, ds.PatientPosition = "CT", "HFS"
    if who.body_part:
        ds.BodyPartExamined = who.body_part
    if who.laterality:
        ds.Laterality = who.laterality
    ds.FrameOfReferenceUID = volume.frame_of_reference or _uid(volume, "frame")
    ds.PositionReferenceIndicator = ""
    ds.Manufacturer = ds.ManufacturerModelName = SOFTWARE
    ds.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    if who.reference_patient:
        ds.ImageComments = f"{REFERENCE_PATIENT}: made by software, no human being"
    ds.AcquisitionNumber = 1
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = volume.voxels.shape[1:]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.PixelRepresentation = int(volume.voxels.dtype.kind == "i")
    ds.RescaleSlope, ds.RescaleIntercept = _decimal(volume.slope), _decimal(volume.intercept)
    ds.RescaleType = "HU"
    if volume.window is not None:
        ds.WindowCenter, ds.WindowWidth = (_decimal(w) for w in volume.window)
    ds.KVP = "" if volume.kvp is None else _decimal(volume.kvp)
    if volume.kernel:
        ds.ConvolutionKernel = volume.kernel
    if volume.contrast_agent:
        ds.ContrastBolusAgent = volume.contrast_agent
    return ds


def _uid(volume: Volume, what: str) -> str:
    from pydicom.uid import generate_uid

    who = volume.identity
    seeds = [SOFTWARE, who.patient_name, who.patient_id, who.study_uid, who.series_uid, what]
    return str(generate_uid(entropy_srcs=[*seeds, str(volume.voxels.shape), volume.affine.tobytes().hex()]))


def _decimal(value: float) -> str:
    """Write a number as DICOM's decimal string: at most 16 characters, as exact as they allow."""
    for digits in range(16, 0, -1):
        text = f"{float(value):.{digits}g}"
        if len(text) <= 16:
            return text
    raise ValueError(f"{value} does not fit a decimal string")
