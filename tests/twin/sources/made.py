"""DICOM files made for tests: whole, minimal, and with whatever is wrong with them."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid


def voxels(shape: tuple[int, int, int] = (5, 6, 7)) -> NDArray[np.int16]:
    return np.arange(np.prod(shape), dtype=np.int16).reshape(shape) - 40


def slice_dataset(stored: NDArray, position: tuple[float, float, float], **tags: Any) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    ds.Modality = "CT"
    ds.PatientName, ds.PatientID = "Doe^Jane", "17"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = "1.2.3", "1.2.3.4", "1.2.3.9"
    ds.SeriesNumber = 4
    ds.Rows, ds.Columns = stored.shape
    ds.PixelSpacing = [0.5, 0.75]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.ImagePositionPatient = list(position)
    ds.SliceThickness = 2
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
    ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
    ds.PixelData = stored.astype("<i2").tobytes()
    for name, value in tags.items():
        setattr(ds, name, value)
    return ds


def write_series(folder: Path, stored: NDArray | None = None, step: float = 2.0, **tags: Any) -> list[Path]:
    """Write a series of axial slices, ``step`` mm apart, under names that are in no order."""
    stored = voxels() if stored is None else stored
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for k, plane in enumerate(stored):
        ds = slice_dataset(plane, (-10.0, 20.0, 30.0 + step * k), InstanceNumber=k + 1, **tags)
        path = folder / f"{(k * 37) % 101:03d}.dcm"
        ds.save_as(path, enforce_file_format=True)
        files.append(path)
    return files
