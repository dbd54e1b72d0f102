"""What every DICOM object that is made here begins with: whose it is, of which study, made by what."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from twin.deidentify.dataset import mark
from twin.domain import LabelMap, Volume
from twin.domain.placed import Placed
from twin.errors import UserError
from twin.sources.dicom_objects import SOFTWARE


def begin(
    labelmap: LabelMap, image: Volume | None, sop_class: str, modality: str, description: str
) -> tuple[Any, tuple[tuple[str, str], ...]]:
    """Return a dataset with the modules of patient, study, series, equipment and SOP (PS3.3 C.7, C.12).

    It belongs to the study of the images that the labelmap was made from, in a series of its own.
    UIDs that are not known are made from the content, so that the same labelmap gives the same ones.

    Parameters
    ----------
    image : Volume or None
        What the labelmap lies on: its DICOM images are referred to where it has the same grid.

    Returns
    -------
    dataset : pydicom.Dataset
    images : tuple of (class, uid)
        Of the image that each slice lies on, for ``reference``; empty where not known.

    Raises
    ------
    UserError
        There is no structure.
    """
    if not labelmap.structures:
        raise UserError("A labelmap without a structure cannot be written as DICOM.")
    content = hashlib.sha256(labelmap.labels.tobytes() + repr(labelmap.structures).encode())
    content.update(labelmap.affine.tobytes())
    ds = header(labelmap, content.hexdigest(), sop_class, modality, description)
    ds.FrameOfReferenceUID = frame_uid(labelmap)
    ds.PositionReferenceIndicator = ""
    return ds, _images_of(labelmap, image)


def header(made: Placed, content: str, sop_class: str, modality: str, description: str) -> Any:
    """Return the dataset of ``begin``, but for the frame of reference; ``content`` is a hash of it all."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    who, now = made.identity, datetime.now()
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.ImplementationVersionName = SOFTWARE.upper()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = sop_class
    instance = uid(modality, "instance", content)
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = instance
    ds.PatientName, ds.PatientID = who.patient_name, who.patient_id
    ds.PatientBirthDate, ds.PatientSex = who.birth_date.replace("-", ""), who.sex
    ds.StudyInstanceUID = who.study_uid or uid("study", who.patient_id, content)
    ds.StudyDate, ds.StudyTime, ds.StudyID = who.study_date.replace("-", ""), "", "1"
    ds.ReferringPhysicianName = ds.AccessionNumber = ""
    if who.study_description:
        ds.StudyDescription = who.study_description
    ds.Modality = modality
    ds.SeriesInstanceUID = uid(modality, "series", content)
    ds.SeriesNumber, ds.SeriesDescription = 300, description
    ds.InstanceNumber = 1
    ds.Manufacturer = ds.ManufacturerModelName = SOFTWARE
    ds.DeviceSerialNumber, ds.SoftwareVersions = "none", _version()
    if who.deidentified:  # when it was written would tell how far the study's date was moved
        mark(ds)
        when = who.study_date.replace("-", "")
        ds.InstanceCreationDate, ds.InstanceCreationTime = when, "000000" if when else ""
    else:
        ds.InstanceCreationDate, ds.InstanceCreationTime = f"{now:%Y%m%d}", f"{now:%H%M%S}"
    return ds


def frame_uid(made: Placed) -> str:
    """Return the Frame of Reference UID; one made from the space's name where that is no UID."""
    name = made.frame_of_reference
    if re.fullmatch(r"[0-9]+(\.[0-9]+)+", name) and len(name) <= 64:
        return name
    affine = made.affine.tobytes().hex() if isinstance(made, LabelMap) and not name else ""
    return uid("frame", name, affine)


def uid(*seeds: str) -> str:
    """Return a UID that the seeds determine."""
    from pydicom.uid import generate_uid

    return str(generate_uid(entropy_srcs=[SOFTWARE, *seeds]))


def _images_of(labelmap: LabelMap, image: Volume | None) -> tuple[tuple[str, str], ...]:
    """Return class and UID of the image that each slice of a labelmap lies on; empty where not known."""
    if image is None or len(image.image_uids) != labelmap.labels.shape[-3]:
        return ()
    same = image.frame_of_reference == labelmap.frame_of_reference != ""
    same = same and image.shape == labelmap.labels.shape[-3:] and bool(image.identity.series_uid)
    if not same or np.abs(image.affine - labelmap.affine).max() > 1e-3:
        return ()
    return tuple((image.image_class, uid) for uid in image.image_uids)


def reference(image: tuple[str, str]) -> Any:
    """Return the item that refers to an image by class and UID."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image
    return item


def evidence(study_uid: str, shown: Iterable[tuple[str, str, Sequence[str]]]) -> list[Any]:
    """Return the items of what a document refers to, by study and series (PS3.3 C.17.2).

    Parameters
    ----------
    shown : iterable of (series UID, class, instance UIDs)
    """
    from pydicom.dataset import Dataset

    series: dict[str, dict[str, str]] = {}
    for series_uid, sop_class, uids in shown:
        series.setdefault(series_uid, {}).update(dict.fromkeys(uids, sop_class))
    study = Dataset()
    study.StudyInstanceUID, study.ReferencedSeriesSequence = study_uid, []
    for series_uid, images in series.items():
        if images:
            item = Dataset()
            item.SeriesInstanceUID = series_uid
            item.ReferencedSOPSequence = [reference((sop_class, one)) for one, sop_class in images.items()]
            study.ReferencedSeriesSequence.append(item)
    return [study] if study.ReferencedSeriesSequence else []


def observer() -> Any:
    """Return who made a document: this program."""
    from highdicom.sr import DeviceObserverIdentifyingAttributes, ObserverContext
    from pydicom.sr.codedict import codes

    device = DeviceObserverIdentifyingAttributes(
        uid=uid("device"), name=SOFTWARE, manufacturer_name=SOFTWARE, model_name=SOFTWARE
    )
    return ObserverContext(observer_type=codes.DCM.Device, observer_identifying_attributes=device)


def code(value: tuple[str, str], scheme: str = "SCT") -> Any:
    """Return the item of a code sequence, of SNOMED CT or another scheme."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodeMeaning = value
    item.CodingSchemeDesignator = scheme
    return item


def text(value: str, length: int = 64) -> str:
    """Return text as an element of limited length holds it: no backslashes, no controls."""
    return re.sub(r"[\\\x00-\x1f]", " ", value).strip()[:length]


def decimal(value: float) -> str:
    """Return a number as a decimal string: at most 16 characters, as exact as they allow."""
    for digits in range(16, 0, -1):
        written = f"{float(value):.{digits}g}"
        if len(written) <= 16:
            return written
    raise ValueError(f"{value} does not fit a decimal string")


def _version() -> str:
    import importlib.metadata

    try:
        return importlib.metadata.version("vitruvian")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
