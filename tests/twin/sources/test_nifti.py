"""The NIfTI reader: places, scales, labels."""

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.domain import LabelMap, Volume
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources import read, scan
from twin.sources.steps import ImportParams, import_images


def load(path: Path, **more: str) -> Volume:
    (series,) = scan([path]).series
    volume = read(series, **more)  # type: ignore[arg-type]
    assert isinstance(volume, Volume)
    return volume


signs = st.sampled_from([-1.0, 1.0])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.permutations(range(3)),
    st.tuples(signs, signs, signs),
    st.tuples(*[st.floats(0.3, 5)] * 3),
    st.tuples(*[st.floats(-300, 300)] * 3),
    st.sampled_from([np.int16, np.uint8, np.int32, np.float32]),
)
def test_every_orientation_keeps_every_voxel_in_its_place(
    tmp_path: Path, axes: list[int], flips: tuple[float, ...], spacing: tuple[float, ...],
    origin: tuple[float, ...], dtype: type,
) -> None:  # fmt: skip
    """All 48 ways to store a grid: RAS world of the file is LPS world of the volume."""
    affine = np.eye(4)
    affine[:3, :3] = (np.diag(flips) @ np.eye(3)[axes]) * spacing
    affine[:3, 3] = origin
    data = np.arange(3 * 4 * 5).reshape(3, 4, 5).astype(dtype)
    path = tmp_path / "grid.nii"
    nib.save(nib.Nifti1Image(data, affine), path)
    volume = load(path)
    assert volume.voxels.dtype == dtype
    assert volume.voxels.flags.c_contiguous
    assert np.linalg.det(volume.affine) > 0
    i, j, k = np.meshgrid(*(np.arange(n) for n in volume.shape[::-1]), indexing="ij")
    lps = np.stack([i, j, k, np.ones_like(i)], axis=-1) @ volume.affine.T
    ras = lps * (-1, -1, 1, 1)
    index = np.rint(ras @ np.linalg.inv(affine).T).astype(int)
    np.testing.assert_allclose(index @ affine.T, ras, atol=1e-3)  # affines are float32 in the file
    np.testing.assert_array_equal(volume.voxels[k, j, i], data[index[..., 0], index[..., 1], index[..., 2]])


def test_scale_is_kept_beside_the_stored_integers(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.eye(4))
    image.header.set_slope_inter(0.5, -7)
    path = tmp_path / "scaled.nii.gz"
    nib.save(image, path)
    raw = nib.load(path)
    volume = load(path)
    np.testing.assert_array_equal(
        volume.voxels.T[:, :, ::1] * volume.slope + volume.intercept, raw.get_fdata()
    )
    assert (volume.slope, volume.intercept) == (0.5, -7.0)


def test_time_comes_first_and_in_milliseconds(tmp_path: Path) -> None:
    data = np.arange(2 * 3 * 4 * 5, dtype=np.int16).reshape(2, 3, 4, 5)
    image = nib.Nifti1Image(data, np.eye(4))
    image.header.set_xyzt_units("mm", "sec")
    image.header["pixdim"][4] = 0.05
    image.header["toffset"] = 0.01
    path = tmp_path / "cine.nii.gz"
    nib.save(image, path)
    volume = load(path)
    assert volume.voxels.shape == (5, 4, 3, 2)
    np.testing.assert_array_equal(volume.voxels, data.T)
    np.testing.assert_allclose(volume.times_ms, [10, 60, 110, 160, 210], rtol=1e-6)
    image.header.set_xyzt_units("mm", "msec")
    nib.save(image, path)
    np.testing.assert_allclose(load(path).times_ms, [0.01, 0.06, 0.11, 0.16, 0.21], rtol=1e-6)


@pytest.mark.parametrize("version", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_both_versions_and_colors(tmp_path: Path, version: type, suffix: str) -> None:
    data = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    path = tmp_path / f"plain{suffix}"
    nib.save(version(data, np.eye(4)), path)
    np.testing.assert_array_equal(load(path).voxels[:, ::1], data.T)
    colors = np.zeros((3, 4, 5), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    colors["R"], colors["B"][0, 0, 0] = 200, 255
    path = tmp_path / f"colors{suffix}"
    nib.save(version(colors, np.eye(4)), path)
    volume = load(path)
    assert volume.color
    assert volume.voxels[0, 0, 0] == 0xC800FF  # red 200 is C8
    assert set(volume.voxels.ravel()) == {0xC800FF, 0xC80000}
    assert not any("Hounsfield" in note for note in volume.notes)


def test_structures_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bones.nii.gz"
    nib.save(nib.Nifti1Image(np.ones((3, 4, 5), np.uint8), np.eye(4)), path)
    for row in ({"name": 3, "label": 1}, {"name": "a"}, {"name": "a", "label": 1, "side": "up"}, "a"):
        (tmp_path / "bones.json").write_text(json.dumps({"structures": [row]}))
        with pytest.raises(SourceError, match="structure"):
            read(scan([path]).series[0])


def test_meters_and_microns_become_millimeters(tmp_path: Path) -> None:
    for unit, scale in (("meter", 1e-3), ("micron", 1e3), ("mm", 1.0)):
        image = nib.Nifti1Image(np.ones((3, 4, 5), np.int16), np.diag([2 * scale, 2 * scale, 3 * scale, 1]))
        image.header.set_xyzt_units(unit)
        path = tmp_path / f"{unit}.nii"
        nib.save(image, path)
        np.testing.assert_allclose(load(path).spacing_mm, (2, 2, 3), rtol=1e-6)


def test_modality_is_what_the_user_says_and_is_only_suggested_otherwise(shared_data: Path) -> None:
    path = shared_data / "ct-heart/ct_cropped.nii.gz"
    silent = load(path)
    assert (silent.modality, silent.unit) == ("", "")
    assert any("look like Hounsfield units" in note for note in silent.notes)
    said = load(path, modality="CT")
    assert (said.modality, said.unit) == ("CT", "HU")
    assert not any("Hounsfield" in note for note in said.notes)


def test_labels_are_labels_only_when_that_is_said(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "ct-torso/labels.nii.gz"
    assert isinstance(load(path), Volume)
    labels = import_images(ImportParams((str(path),), kind="labelmap"), Progress()).outputs["labelmap"]
    assert isinstance(labels, LabelMap)
    assert labels.labels.dtype == np.uint8
    assert len(labels.structures) == 61  # README: 61 structures
    assert labels.mask("label 25").sum() == (np.asarray(nib.load(path).dataobj) == 25).sum()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float32])
def test_values_that_look_like_labels_are_told_with_what_to_do(tmp_path: Path, dtype: type) -> None:
    path = tmp_path / "labels.nii.gz"
    values = np.zeros((3, 4, 5), dtype)
    values[1], values[2, 1] = 117, 25
    nib.save(nib.Nifti1Image(values, np.eye(4)), path)
    for modality in ("", "CT"):  # said of all files of an import, also of the labels among them
        (note,) = [n for n in load(path, modality=modality).notes if "labels" in n]
        assert note == (
            "The values (0 and 2 whole numbers up to 117) look like labels; NIfTI does not say. "
            "If they are: “Take as labels”, the step volume.take_as_labels."
        )
    assert not any("labels" in n for n in load(path, kind="volume").notes)
    made = import_images(ImportParams((str(path),)), Progress())
    assert note in made.summary["series"][0]["notes"]


@pytest.mark.parametrize(
    "values",
    [
        np.arange(256, dtype=np.uint8),  # gray: more values than lists of structures have
        np.array([-1, 0, 1], np.int16),
        np.array([0, 1, 1.5], np.float32),
        np.array([0, 1, 70000], np.int32),
        np.array([40, 41], np.uint8),  # no background
        np.zeros(3, np.uint8),
    ],
)
def test_images_are_not_taken_for_labels(tmp_path: Path, values: np.ndarray) -> None:
    path = tmp_path / "image.nii"
    nib.save(nib.Nifti1Image(values.reshape(-1, 1, 1), np.eye(4)), path)
    assert not any("labels" in n for n in load(path).notes)


def test_labels_of_a_real_scan_are_told(shared_data: Path) -> None:
    notes = load(shared_data / "ct-torso/labels.nii.gz").notes
    assert any("0 and 61 whole numbers up to 117" in n for n in notes)  # README: 61 structures
    assert not any("labels" in n for n in load(shared_data / "ct-torso/ct.nii.gz").notes)


def test_names_beside_the_file_make_it_a_labelmap(tmp_path: Path) -> None:
    data = np.zeros((3, 4, 5), np.uint8)
    data[1, 1, 1], data[2, 2, 2] = 3, 4
    nib.save(nib.Nifti1Image(data, np.eye(4)), tmp_path / "bones.nii.gz")
    names = {"structures": [{"name": "left femur", "label": 3, "term": "femur", "side": "left"}]}
    (tmp_path / "bones.json").write_text(json.dumps(names))
    (series,) = scan([tmp_path / "bones.nii.gz"]).series
    assert series.kind == "labelmap"
    labels = read(series)
    assert isinstance(labels, LabelMap)
    assert [(s.name, s.label, s.side) for s in labels.structures] == [
        ("left femur", 3, "left"), ("label 4", 4, "none"),
    ]  # fmt: skip


def test_a_bids_file_beside_it_says_the_modality(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(np.ones((3, 4, 5), np.int16), np.eye(4)), tmp_path / "t1.nii.gz")
    (tmp_path / "t1.json").write_text(json.dumps({"Modality": "MR", "EchoTime": 0.003}))
    assert load(tmp_path / "t1.nii.gz").modality == "MR"


@pytest.mark.parametrize("name", ["ct-head-256/cranium_ct.nii.gz", "ct-torso/ct.nii.gz"])
def test_real_files_agree_with_nibabel_in_world_space(shared_data: Path, name: str) -> None:
    path = shared_data / name
    volume, image = load(path, modality="CT"), nib.load(path)
    data = np.asarray(image.dataobj)
    rng = np.random.default_rng(3)
    index = rng.integers(0, volume.shape[::-1], (500, 3))
    lps = index @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    back = np.linalg.inv(image.affine)
    theirs = (lps * (-1, -1, 1)) @ back[:3, :3].T + back[:3, 3]
    np.testing.assert_allclose(theirs, np.rint(theirs), atol=1e-3)
    values = volume.voxels[tuple(index.T[::-1])]
    np.testing.assert_array_equal(values, data[tuple(np.rint(theirs).astype(int).T)])


def test_header_and_voxels_in_two_files(tmp_path: Path) -> None:
    data = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    affine = np.diag([-2.0, -3.0, 4.0, 1.0])
    nib.save(nib.Nifti1Pair(data, affine), tmp_path / "old.img")
    nib.save(nib.Nifti1Image(data, affine), tmp_path / "new.nii")
    pair, one = load(tmp_path / "old.hdr"), load(tmp_path / "new.nii")
    np.testing.assert_array_equal(pair.voxels, one.voxels)
    np.testing.assert_array_equal(pair.affine, one.affine)
    assert [s.description for s in scan([tmp_path]).series] == ["new", "old"]
    (tmp_path / "old.img").unlink()
    assert scan([tmp_path / "old.hdr"]).problems == (
        f"{tmp_path / 'old.img'} is missing: {tmp_path / 'old.hdr'} is its header, and holds no voxels.",
    )


def test_analyze_is_refused_for_its_sides(tmp_path: Path) -> None:
    nib.save(nib.AnalyzeImage(np.zeros((3, 4, 5), np.int16), np.eye(4)), tmp_path / "old.img")
    (problem,) = scan([tmp_path / "old.hdr"]).problems
    assert "does not tell left from right" in problem
