"""What is written as DICOM is read as the same volume, by us and by SimpleITK."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twin.domain import Identity, Volume
from twin.errors import UserError
from twin.sources import read, scan
from twin.sources.dicom_writer import write_series

WHO = Identity(
    patient_name="MODEL^HÜP", patient_id="V-1", birth_date="1970-01-02", age="055Y", sex="F", study_uid="2.5",
    study_date="2026-01-05", study_description="study", series_uid="2.25.2", series_number=3,
    series_description="series", body_part="PELVIS", reference_patient=True,
)  # fmt: skip


def volume(turn_deg: float = 0.0) -> Volume:
    c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    affine = np.eye(4)
    affine[:3, :3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) * (0.9, 0.8, 1.5)
    affine[:3, 3] = (-170.123456, 12.5, -900.7)
    voxels = np.random.default_rng(0).integers(-1024, 3000, (6, 9, 7)).astype(np.int16)
    return Volume(
        voxels, affine, "CT", unit="HU", window=(400.0, 2000.0), kvp=120.0, kernel="B60", identity=WHO,
        frame_of_reference="2.25.7",
    )  # fmt: skip


@pytest.mark.parametrize("turn", [0.0, 17.0])
def test_comes_back_the_same(tmp_path: Path, turn: float) -> None:
    before = volume(turn)
    write_series(before, tmp_path / "ct")
    (series,) = scan([tmp_path]).series
    after = read(series)
    assert isinstance(after, Volume)
    np.testing.assert_array_equal(after.voxels, before.voxels)
    assert after.voxels.dtype == before.voxels.dtype
    np.testing.assert_allclose(after.affine, before.affine, atol=1e-9 * 900)
    for name in ("identity", "frame_of_reference", "modality", "unit", "window", "kvp", "kernel", "slope"):
        assert getattr(after, name) == getattr(before, name)


def test_simpleitk_reads_the_same(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    before = volume(17.0)
    write_series(before, tmp_path)
    image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(tmp_path)))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), before.voxels)
    for index in ((0, 0, 0), (6, 8, 5)):
        place = before.affine @ (*index, 1)
        np.testing.assert_allclose(image.TransformIndexToPhysicalPoint(index), place[:3], atol=1e-6)


def test_does_not_mix_into_a_folder_with_other_images(tmp_path: Path) -> None:
    write_series(volume(), tmp_path)
    with pytest.raises(UserError, match="holds DICOM already"):
        write_series(volume(), tmp_path)
    with pytest.raises(UserError, match="Only CT and MR"):
        write_series(replace(volume(), modality="PT"), tmp_path / "pet")


def cine(turn_deg: float = 17.0) -> Volume:
    """Three slices at four moments, each slice with a cycle of its own."""
    cycle = np.array([800.0, 812.0, 790.0])
    times = np.arange(4)[:, None] / 4 * cycle
    voxels = np.random.default_rng(1).integers(0, 900, (4, 3, 9, 7)).astype(np.uint16)
    return replace(
        volume(turn_deg), voxels=voxels, modality="MR", unit="", kvp=None, kernel="", patient_position="FFS",
        times_ms=times.mean(axis=1), slice_times_ms=times, cycle_ms=cycle,
    )  # fmt: skip


def test_a_cine_comes_back_the_same(tmp_path: Path) -> None:
    before = cine()
    write_series(before, tmp_path)
    assert len(list(tmp_path.glob("slice-000?-phase-0?.dcm"))) == 12
    (series,) = scan([tmp_path]).series
    after = read(series)
    assert isinstance(after, Volume)
    np.testing.assert_array_equal(after.voxels, before.voxels)
    np.testing.assert_allclose(after.affine, before.affine, atol=1e-6)
    for name in ("times_ms", "slice_times_ms", "cycle_ms"):
        np.testing.assert_allclose(getattr(after, name), getattr(before, name), atol=1e-9)
    for name in ("identity", "frame_of_reference", "modality", "unit", "window", "patient_position"):
        assert getattr(after, name) == getattr(before, name)


def test_a_scaled_mr_keeps_its_values(tmp_path: Path) -> None:
    before = replace(cine(), voxels=cine().voxels[0], slope=0.25, intercept=-3.0, times_ms=None,
                     slice_times_ms=None, cycle_ms=None)  # fmt: skip
    write_series(before, tmp_path)
    (series,) = scan([tmp_path]).series
    after = read(series)
    assert isinstance(after, Volume)
    assert (after.slope, after.intercept, after.unit) == (0.25, -3.0, "")
    np.testing.assert_array_equal(after.voxels, before.voxels)


def test_a_cine_without_times_or_of_ct_is_refused(tmp_path: Path) -> None:
    for wrong in (replace(cine(), times_ms=None), replace(cine(), modality="CT")):
        with pytest.raises(UserError, match="only a cine MR with its times"):
            write_series(wrong, tmp_path)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (Debian dicom3tools) is not installed")
def test_the_standard_finds_no_fault_in_a_cine(tmp_path: Path) -> None:
    write_series(cine(), tmp_path)
    said = subprocess.run(
        ["dciodvfy", str(tmp_path / "slice-0002-phase-03.dcm")], capture_output=True, text=True, check=False
    )
    assert "MRImage" in said.stderr
    assert "Error" not in said.stderr
