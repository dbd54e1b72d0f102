"""DICOM data sets: nothing that names the patient is left, and what is of use stays."""

from datetime import date
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from resources import confidentiality
from tests.twin.deidentify.marked import MARKER, fill
from tests.twin.sources import made
from twin.deidentify import Secret
from twin.deidentify.dataset import deidentified

PIXELS = np.arange(42, dtype=np.int16).reshape(6, 7)


def source(**tags: object) -> Dataset:
    return made.slice_dataset(PIXELS, (0.0, 0.0, 0.0), StudyDate="20260105", **tags)


@pytest.mark.parametrize("implicit", [False, True])
def test_a_marker_in_every_element_leaves_no_trace(tmp_path: Path, secret: Secret, implicit: bool) -> None:
    ds = source()
    assert fill(ds) > 2500
    if implicit:
        ds.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
    ds.file_meta.SourceApplicationEntityTitle = MARKER
    ds.file_meta.ImplementationVersionName = MARKER
    ds.file_meta.PrivateInformationCreatorUID, ds.file_meta.PrivateInformation = "1.2.3", MARKER.encode()
    ds.preamble = MARKER.encode().ljust(128, b"\0")
    with pydicom.config.disable_value_validation():
        ds.save_as(tmp_path / "in.dcm", enforce_file_format=True)
    assert (tmp_path / "in.dcm").read_bytes().count(MARKER.encode()) > 2500
    new = deidentified(pydicom.dcmread(tmp_path / "in.dcm"), secret)
    new.save_as(tmp_path / "out.dcm", enforce_file_format=True)
    written = (tmp_path / "out.dcm").read_bytes()
    assert MARKER.encode() not in written
    assert b"Doe" not in written
    again = pydicom.dcmread(tmp_path / "out.dcm")
    assert np.array_equal(again.pixel_array, PIXELS)
    assert list(again.ImagePositionPatient) == [0, 0, 0]
    assert not [e for e in again.iterall() if e.tag.is_private]


def test_what_is_of_use_stays(secret: Secret) -> None:
    ds = source(
        SeriesDescription="CT Head w/o contrast, Dr. Miller", ConvolutionKernel="H31s", KVP="120",
        BodyPartExamined="HEAD", PatientPosition="HFS", ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
        AcquisitionTime="101112.5", Manufacturer="SIEMENS", PatientSex="F", PatientAge="062Y",
    )  # fmt: skip
    new = deidentified(ds, secret)
    assert new.SeriesDescription == "CT Head without contrast"
    assert (new.ConvolutionKernel, new.KVP, new.Manufacturer) == ("H31s", "120", "SIEMENS")
    assert list(new.ImageType) == ["ORIGINAL", "PRIMARY", "AXIAL"]
    assert (new.BodyPartExamined, new.PatientPosition, new.AcquisitionTime) == ("HEAD", "HFS", "101112.5")
    assert not new.PatientSex  # Z
    assert "PatientAge" not in new  # X
    assert new.PatientIdentityRemoved == "YES"
    assert [c.CodeValue for c in new.DeidentificationMethodCodeSequence] == ["113100", "113105", "113107"]
    assert ds.PatientName == "Doe^Jane"  # the old one is as it was


def test_two_studies_keep_their_interval_and_each_patient_has_a_shift_of_his_own(secret: Secret) -> None:
    def moved(day: str, patient: str) -> date:
        new = deidentified(_of(day, patient), secret)
        return date(int(new.StudyDate[:4]), int(new.StudyDate[4:6]), int(new.StudyDate[6:]))

    first, second = moved("20251130", "17"), moved("20260302", "17")
    assert (second - first).days == 92  # November 30th to March 2nd: 31 + 31 + 28 + 2
    assert (date(2025, 11, 30) - first).days >= 366
    assert moved("20251130", "18") != first


def _of(day: str, patient: str) -> Dataset:
    ds = source()
    ds.StudyDate, ds.PatientID = day, patient
    return ds


def test_dates_with_times_and_nested_dates_move_alike(secret: Secret) -> None:
    item = Dataset()
    item.ScheduledProcedureStepStartDate = "20260104"
    ds = source(AcquisitionDateTime="20260106101500.25+0100", PerformedProtocolCodeSequence=[item])
    new = deidentified(ds, secret)

    def day(text: str) -> date:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))

    study = day(new.StudyDate)
    assert (day(new.AcquisitionDateTime) - study).days == 1
    assert new.AcquisitionDateTime.endswith("101500.25")
    assert (day(new.PerformedProtocolCodeSequence[0].ScheduledProcedureStepStartDate) - study).days == -1


def test_uids_stay_consistent_and_dicom_s_own_stay(secret: Secret) -> None:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4.5"
    one = deidentified(source(ReferencedImageSequence=[item], SOPInstanceUID="1.2.3.4.5"), secret)
    assert one.ReferencedImageSequence[0].ReferencedSOPInstanceUID == one.SOPInstanceUID != "1.2.3.4.5"
    assert one.ReferencedImageSequence[0].ReferencedSOPClassUID == item.ReferencedSOPClassUID
    assert one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID
    assert deidentified(source(), secret).SeriesInstanceUID == one.SeriesInstanceUID
    other = deidentified(source(), Secret(bytes(32)))
    assert other.SeriesInstanceUID != one.SeriesInstanceUID
    assert other.PatientID != one.PatientID


def test_codes_of_public_schemes_stay_and_others_go(secret: Secret) -> None:
    def code(value: str, scheme: str, meaning: str) -> Dataset:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
        return item

    ds = source(
        AnatomicRegionSequence=[code("71341001", "SCT", "Femur")],
        ProcedureCodeSequence=[code("DOE-17", "99LOCAL", "CT of Mrs. Doe")],
    )
    new = deidentified(ds, secret)
    assert new.AnatomicRegionSequence[0].CodeValue == "71341001"
    assert new.AnatomicRegionSequence[0].CodeMeaning == "Femur"
    assert len(new.ProcedureCodeSequence[0]) == 0


def test_a_patient_s_name_goes_from_descriptions_though_it_is_a_word_of_medicine(secret: Secret) -> None:
    new = deidentified(source(PatientName="Head^Long", SeriesDescription="Head long axis"), secret)
    assert new.SeriesDescription == "axis"


def test_the_table_of_the_standard_is_followed(secret: Secret) -> None:
    """Samples of Table E.1-1, as the standard prints them."""
    removed = confidentiality.tags(confidentiality.REMOVE)
    assert {0x00100021, 0x00101010, 0x00104000, 0x00321032, 0x00380010, 0x00400275, 0x04000561} <= removed
    assert {0x00080050, 0x00080090, 0x00100030, 0x00100040} <= confidentiality.tags(confidentiality.EMPTY)
    assert {0x00100010, 0x00100020, 0x00700084} <= confidentiality.tags(confidentiality.DUMMY)
    tables = (confidentiality.REMOVE, confidentiality.EMPTY, confidentiality.DUMMY, confidentiality.CLEAN)
    listed = [tag for table in tables for tag in confidentiality.tags(table)]
    assert len(listed) == len(set(listed))
