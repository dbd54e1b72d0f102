"""Whose images lie in a folder: what names nobody is taken for one person's only where something says so."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from tests.twin.sources import made
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources.steps import ImportParams, import_images
from twin.steps import Made

HERE, ELSEWHERE = np.eye(4), np.diag([2.0, 2.0, 3.0, 1.0])
NOISE = np.random.default_rng(0).integers(-1000, 2000, (8, 9, 10)).astype(np.int16)


def nifti(path: Path, values: np.ndarray, affine: np.ndarray = HERE) -> Path:
    nib.save(nib.Nifti1Image(values, affine), path)
    return path


def bring_in(*paths: Path, **params: str) -> Made:
    return import_images(ImportParams(tuple(map(str, paths)), **params), Progress())  # type: ignore[arg-type]


@pytest.fixture
def two(tmp_path: Path) -> Path:
    nifti(tmp_path / "one.nii.gz", NOISE)
    nifti(tmp_path / "other.nii.gz", NOISE, ELSEWHERE)
    return tmp_path


def test_images_of_nobody_on_two_grids_are_refused_with_the_list(two: Path) -> None:
    with pytest.raises(SourceError, match="nothing says that they are of one person") as error:
        bring_in(two)
    assert f"{two}/one.nii.gz; {two}/other.nii.gz." in str(error.value)
    assert "--series all" in error.value.hint


def test_who_names_them_vouches_for_them(two: Path) -> None:
    assert len(bring_in(two / "one.nii.gz", two / "other.nii.gz").outputs) == 2
    assert len(bring_in(two, series="all").outputs) == 2
    assert len(bring_in(two, series=f"{two}/other.nii.gz").outputs) == 1


def test_an_image_with_its_labels_is_one_person_s(tmp_path: Path) -> None:
    nifti(tmp_path / "ct.nii.gz", NOISE)
    nifti(tmp_path / "labels.nii.gz", (NOISE > 300).astype(np.uint8))
    nifti(tmp_path / "finer.nii.gz", (NOISE > 300).astype(np.uint8), np.diag([0.5, 0.5, 0.5, 1]))
    turned = np.eye(4)[[1, 0, 2, 3]]  # the same places, stored with i and j exchanged
    nifti(tmp_path / "turned.nii.gz", NOISE.transpose(1, 0, 2), turned)
    assert len(bring_in(tmp_path).outputs) == 4


def test_what_names_nobody_is_not_the_named_patient_s(tmp_path: Path) -> None:
    made.write_series(tmp_path / "ct")
    assert len(bring_in(tmp_path).outputs) == 1
    nifti(tmp_path / "stray.nii.gz", NOISE)
    with pytest.raises(SourceError, match=r"stray\.nii\.gz; .*series 4 \(CT\) in"):
        bring_in(tmp_path)


def test_series_of_one_study_belong_together_without_a_name(tmp_path: Path) -> None:
    nobody = {"PatientName": "", "PatientID": ""}
    made.write_series(tmp_path / "a", **nobody)
    again = {"SeriesInstanceUID": "1.2.3.5", "FrameOfReferenceUID": "1.2.3.10", "PixelSpacing": [3, 3]}
    made.write_series(tmp_path / "b", **nobody, **again)
    assert len(bring_in(tmp_path).outputs) == 2
    made.write_series(tmp_path / "c", **nobody, **again | {
        "StudyInstanceUID": "9.8", "SeriesInstanceUID": "9.8.1", "FrameOfReferenceUID": "9.8.2",
        "PixelSpacing": [2, 2],
    })  # fmt: skip
    with pytest.raises(SourceError, match="of one person"):
        bring_in(tmp_path)


def test_an_image_of_nobody_does_not_hide_that_there_are_two_patients(tmp_path: Path) -> None:
    nifti(tmp_path / "0.nii.gz", NOISE)
    made.write_series(tmp_path / "a")
    made.write_series(tmp_path / "b", PatientName="Roe^Richard", PatientID="23", SeriesInstanceUID="9.9")
    with pytest.raises(SourceError, match="of 2 patients: Doe"):
        bring_in(tmp_path)


def test_a_folder_and_a_record_tell_patients_apart_alike(tmp_path: Path) -> None:
    """A name that changed under one ID is one patient; what a later series adds counts for the next."""
    made.write_series(tmp_path / "a", PatientName="Doe^Jane", PatientID="")
    made.write_series(tmp_path / "b", PatientName="DOE^JANE^^", PatientID="7", SeriesInstanceUID="9.9")
    made.write_series(tmp_path / "c", PatientName="Roe^Jane", PatientID="7", SeriesInstanceUID="9.91")
    assert len(bring_in(tmp_path).outputs) == 3
    made.write_series(tmp_path / "d", PatientName="Doe^Jane", PatientID="8", SeriesInstanceUID="9.92")
    with pytest.raises(SourceError, match=r"of 2 patients: .*ID 7.*ID 8"):
        bring_in(tmp_path)


def test_real_folders(shared_data: Path) -> None:
    """A CT with masks of its heart, one of them on the grid it was cut from; two people's scans."""
    assert len(bring_in(shared_data / "ct-heart").outputs) == 3
    with pytest.raises(SourceError, match="of one person"):
        bring_in(shared_data / "ct-torso")
