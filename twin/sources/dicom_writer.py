"""Volumes as standard CT and MR series, one file a slice and moment."""

from pathlib import Path
from typing import Any

import numpy as np

from twin.domain import Volume
from twin.errors import UserError
from twin.progress import Progress
from twin.sources.dicom_headers import REFERENCE_PATIENT

SOFTWARE = "Vitruvian"

IMAGE_CLASSES = {"CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4"}
"""SOP Class UIDs of CT Image Storage and MR Image Storage (PS3.4 B.5)."""


def write_series(volume: Volume, folder: Path, progress: Progress | None = None) -> None:
    """Write a CT or MR volume as DICOM into an empty or new folder.

    Files are called ``slice-0001.dcm`` and so on in order of place; of a cine,
    ``slice-0001-phase-01.dcm``, each with its trigger time and its slice's cycle. UIDs that the volume
    does not have are made from what it is, so that the same volume gives the same files.
    ``Identity.reference_patient`` stands in Image Comments, in words.

    Raises
    ------
    UserError
        The volume is no CT or MR of 16-bit integers, its moments have no times, its grid is not
        right-angled, or the folder holds DICOM already.
    """
    from pydicom.uid import ExplicitVRLittleEndian

    progress = progress or Progress()
    _check(volume, folder)
    folder.mkdir(parents=True, exist_ok=True)
    common = _common(volume)
    spacing = volume.spacing_mm
    row, column = volume.affine[:3, 0] / spacing[0], volume.affine[:3, 1] / spacing[1]
    common.PixelSpacing = [_decimal(spacing[1]), _decimal(spacing[0])]
    common.ImageOrientationPatient = [_decimal(c) for c in (*row, *column)]
    common.SliceThickness = common.SpacingBetweenSlices = _decimal(spacing[2])
    common.file_meta.MediaStorageSOPClassUID = common.SOPClassUID
    common.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    moments = volume.voxels.reshape(-1, *volume.shape)
    for k in range(volume.shape[0]):
        position = volume.affine[:3, 3] + k * volume.affine[:3, 2]
        common.ImagePositionPatient = [_decimal(x) for x in position]
        common.SliceLocation = _decimal(float(position @ np.cross(row, column)))
        for t, planes in enumerate(moments):
            number = k * len(moments) + t
            progress(number / (len(moments) * volume.shape[0]), "writing DICOM")
            common.SOPInstanceUID = common.file_meta.MediaStorageSOPInstanceUID = _uid(
                volume, f"image {number}"
            )
            common.InstanceNumber = number + 1
            name = f"slice-{k + 1:04d}"
            if volume.cycle_ms is not None:
                common.NominalInterval = round(volume.cycle_ms[k])
                common.HeartRate = round(60000 / volume.cycle_ms[k])
            if volume.voxels.ndim == 4:
                _set_moment(common, volume, t, k)
                name += f"-phase-{t + 1:02d}"
            plane = np.ascontiguousarray(planes[k], planes.dtype.newbyteorder("<"))
            common.PixelData = plane.tobytes()
            common.save_as(folder / f"{name}.dcm", enforce_file_format=True)


def _check(volume: Volume, folder: Path) -> None:
    if (
        volume.modality not in IMAGE_CLASSES
        or volume.color
        or volume.voxels.dtype.name not in ("int16", "uint16")
    ):
        raise UserError("Only CT and MR of 16-bit integers are written as DICOM.")
    if volume.voxels.ndim == 4 and (volume.modality != "MR" or volume.times_ms is None):
        raise UserError("Of images in time only a cine MR with its times is written as DICOM.")
    axes = volume.affine[:3, :3] / volume.spacing_mm
    if np.abs(axes.T @ axes - np.eye(3)).max() > 1e-4 or np.linalg.det(axes) < 0:
        raise UserError("A grid that is not right-angled and right-handed cannot be written as DICOM.")
    if folder.exists() and any(folder.glob("*.dcm")):
        raise UserError(f"{folder} holds DICOM already.", "Choose an empty folder.")


def _set_moment(ds: Any, volume: Volume, t: int, k: int) -> None:
    """When in the heart's cycle an image is: cardiac synchronization (PS3.3 C.7.6.18.1)."""
    times = volume.times_ms if volume.slice_times_ms is None else volume.slice_times_ms[:, k]
    assert times is not None
    ds.ScanOptions = "CG"
    ds.TriggerTime = _decimal(times[t])
    ds.CardiacNumberOfImages = ds.NumberOfTemporalPositions = len(times)
    ds.TemporalPositionIdentifier = t + 1


def _common(volume: Volume) -> Any:
    """Everything that all slices share: mandatory attributes of CT and MR images (PS3.3 A.3, A.4)."""
    from pydicom.dataset import Dataset, FileMetaDataset

    who = volume.identity
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.ImplementationVersionName = SOFTWARE.upper()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = IMAGE_CLASSES[volume.modality]
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
    ds.Modality, ds.PatientPosition = volume.modality, volume.patient_position or "HFS"
    if who.body_part:
        ds.BodyPartExamined = who.body_part
    if who.laterality:
        ds.Laterality = who.laterality
    ds.FrameOfReferenceUID = volume.frame_of_reference or _uid(volume, "frame")
    ds.PositionReferenceIndicator = ""
    ds.Manufacturer = ds.ManufacturerModelName = SOFTWARE
    ds.ImageType = ["DERIVED", "SECONDARY", "AXIAL" if volume.modality == "CT" else "OTHER"]
    if who.reference_patient:
        ds.ImageComments = f"{REFERENCE_PATIENT}: made by software, no human being"
    ds.AcquisitionNumber = 1
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = volume.shape[1:]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.PixelRepresentation = int(volume.voxels.dtype.kind == "i")
    if volume.modality == "CT":
        _set_ct(ds, volume)
    else:
        _set_mr(ds, volume)
    if volume.window is not None:
        ds.WindowCenter, ds.WindowWidth = (_decimal(w) for w in volume.window)
    if volume.contrast_agent:
        ds.ContrastBolusAgent = volume.contrast_agent
    if volume.protocol:
        ds.ProtocolName = volume.protocol
    return ds


def _set_ct(ds: Any, volume: Volume) -> None:
    ds.RescaleSlope, ds.RescaleIntercept = _decimal(volume.slope), _decimal(volume.intercept)
    ds.RescaleType = "HU"
    ds.KVP = "" if volume.kvp is None else _decimal(volume.kvp)
    if volume.kernel:
        ds.ConvolutionKernel = volume.kernel


def _set_mr(ds: Any, volume: Volume) -> None:
    """Mandatory attributes; of how the images were taken a volume knows an inversion at most (else RM)."""
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "RM", "NONE", ""
    if volume.inversion_ms is not None:
        ds.ScanningSequence, ds.InversionTime = ["GR", "IR"], _decimal(volume.inversion_ms)
    ds.MRAcquisitionType = "2D"
    ds.RepetitionTime = ds.EchoTime = ds.EchoTrainLength = ""
    if (volume.slope, volume.intercept) != (1.0, 0.0):
        ds.RescaleSlope, ds.RescaleIntercept = _decimal(volume.slope), _decimal(volume.intercept)
        ds.RescaleType = volume.unit or "US"


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
