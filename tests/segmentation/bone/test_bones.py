"""Bone in phantoms: joints, borders, sides, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from segmentation.bone.steps import BoneParams, segment_bone
from tests.segmentation.bone.conftest import bones_of, segment
from tests.segmentation.bone.phantom import TERMS, Phantom, hips, mirrored
from twin.domain import Volume
from twin.errors import Cancelled, UserError
from twin.progress import Progress
from twin.steps import Made


def _dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def _agrees(made: Made, truth: np.ndarray, least: dict[str, float]) -> None:
    bones = bones_of(made)
    assert sorted(s.name for s in bones.structures) == sorted(TERMS.values())
    for label, name in TERMS.items():
        assert _dice(bones.mask(name), truth == label) > least[name.split(" ", 1)[1]]


def test_ball_and_socket_come_apart_with_names_and_sides(phantom: Phantom, phantom_bones: Made) -> None:
    # Dice 0.98 is half a voxel all around a femur, 0.95 on a socket's thin walls.
    _agrees(phantom_bones, phantom.truth, {"femur": 0.98, "hip bone": 0.95})


@pytest.mark.parametrize("spacing", [(2.0, 1.5, 1.5), (3.0, 1.5, 1.5)])
def test_coarse_voxels_leave_a_three_millimetre_joint_space_open(spacing: tuple[float, float, float]) -> None:
    coarse = hips(spacing)
    # A voxel of 1.5 mm around a femur of 25 mm radius is Dice 0.94 and less.
    _agrees(segment(coarse.volume), coarse.truth, {"femur": 0.94, "hip bone": 0.9})


@pytest.mark.parametrize(("gap_mm", "blur_mm"), [(2.0, 0.8), pytest.param(4.0, 0.5, marks=pytest.mark.slow)])
def test_joint_spaces_of_two_and_four_millimetres(gap_mm: float, blur_mm: float) -> None:
    made_of = hips((1.0, 0.9, 0.9), blur_mm, gap_mm, only="left")
    bones = bones_of(segment(made_of.volume))
    assert len(bones.structures) == 2
    femur = next(s for s in bones.structures if s.term == "femur")
    hip = next(s for s in bones.structures if s.term == "hip bone")
    assert _dice(bones.mask(femur.name), made_of.truth == 1) > 0.97
    assert _dice(bones.mask(hip.name), made_of.truth == 3) > 0.93
    # One side, no midline, no laterality in the file: the side stays open, and the note says why.
    assert {femur.side, hip.side} == {"unconfirmed"}
    assert femur.name == "femur 1 (side unconfirmed)"
    assert any("neither both sides nor the midline" in note for note in bones.notes)


def test_a_bone_cut_by_the_border_is_filled_and_says_so(phantom: Phantom, phantom_bones: Made) -> None:
    bones = bones_of(phantom_bones)
    femur = bones.structure("left femur")
    assert femur.touches_border
    # In the border's slice the shaft is a disc, not a ring: as large as the truth within half a voxel.
    disc, true_disc = bones.mask("left femur")[0], phantom.truth[0] == 1
    assert (ndimage.binary_fill_holes(disc) == disc).all()
    assert disc.sum() == pytest.approx(true_disc.sum(), rel=0.06)


def test_a_mirrored_patient_has_the_other_sides(phantom: Phantom, phantom_bones: Made) -> None:
    made = segment(mirrored(phantom.volume))
    before, after = bones_of(phantom_bones), bones_of(made)
    # The voxels are the same; only what they are called has changed.
    assert (before.mask("left femur") == after.mask("right femur")).all()
    assert (before.mask("right hip bone") == after.mask("left hip bone")).all()


def test_dicoms_laterality_names_a_single_side_unless_the_head_contradicts() -> None:
    one = hips((2.0, 1.5, 1.5), only="left")
    for laterality, expected in (("L", "left"), ("R", "unconfirmed")):
        identity = replace(one.volume.identity, laterality=laterality)
        bones = bones_of(segment(replace(one.volume, identity=identity)))
        assert {s.side for s in bones.structures if s.term == "femur"} == {expected}


def test_order_of_axes_and_oblique_scans_do_not_matter(phantom: Phantom, phantom_bones: Made) -> None:
    # The same patient with slices along x, the affine permuted with them and tilted by 20°.
    volume = phantom.volume
    swap = np.eye(4)[[1, 2, 0, 3]]  # (i, j, k) is now (j, k, i)
    tilt = np.eye(4)
    c, s = np.cos(np.radians(20)), np.sin(np.radians(20))
    tilt[:3, :3] = [[1, 0, 0], [0, c, -s], [0, s, c]]
    voxels = np.ascontiguousarray(np.transpose(volume.voxels, (2, 0, 1)))
    turned = replace(volume, voxels=voxels, affine=tilt @ volume.affine @ np.linalg.inv(swap))
    index = np.array([3.0, 5.0, 7.0, 1.0])
    # Voxel (i, j, k) = (3, 5, 7) lies where it lay before the tilt, wherever its indices now are.
    assert np.allclose(turned.affine @ (swap @ index), tilt @ volume.affine @ index)
    bones = bones_of(segment(turned))
    assert sorted(s.name for s in bones.structures) == sorted(TERMS.values())
    before = np.transpose(bones_of(phantom_bones).mask("left femur"), (2, 0, 1))
    assert _dice(bones.mask("left femur"), before) > 0.995


def test_twice_the_noise_is_no_hindrance() -> None:
    noisy = hips((1.5, 1.2, 1.2), noise_hu=40.0)
    _agrees(segment(noisy.volume), noisy.truth, {"femur": 0.96, "hip bone": 0.88})


def test_specks_and_a_table_are_left_out(phantom: Phantom, phantom_bones: Made) -> None:
    voxels = phantom.volume.voxels.copy()
    voxels[60:63, 60:63, 160:163] = 900  # 27 voxels, 0.03 mL: a calcification
    voxels[:, -2:, :] = 700  # a table along the back border, in air
    made = segment(replace(phantom.volume, voxels=voxels))
    assert {s.name for s in bones_of(made).structures} == set(TERMS.values())
    assert made.summary["specks_removed"] > phantom_bones.summary["specks_removed"]
    assert not bones_of(made).labels[:, -2:].any()


def test_the_summary_lists_every_structure(phantom: Phantom, phantom_bones: Made) -> None:
    bones = bones_of(phantom_bones)
    listed = {s["name"]: s for s in phantom_bones.summary["structures"]}
    assert set(listed) == {s.name for s in bones.structures}
    where = np.argwhere(bones.mask("left femur")).mean(axis=0)[::-1]
    center = bones.affine[:3, :3] @ where + bones.affine[:3, 3]
    assert np.allclose(listed["left femur"]["center_lps_mm"], center, atol=0.02)
    # Muscle of the phantom is 50 HU with noise of 18 HU.
    assert phantom_bones.summary["soft_tissue_hu"] == pytest.approx(50, abs=4)
    assert phantom_bones.summary["noise_hu"] == pytest.approx(18, abs=2)


def _small(value: float, modality: str = "CT", unit: str = "HU") -> Volume:
    voxels = np.full((30, 40, 40), -1000, np.int16)
    voxels[:, 5:35, 5:35] = value
    return Volume(voxels, np.diag([3.0, 3.0, 3.0, 1.0]), modality, unit)


def test_a_scan_without_bone_says_so() -> None:
    with pytest.raises(UserError, match="no bone"):
        segment(_small(40))


def test_a_volume_without_a_body_says_so() -> None:
    with pytest.raises(UserError, match="body"):
        segment(_small(-1000))


def test_mr_is_refused_and_an_unknown_modality_asked_for() -> None:
    with pytest.raises(UserError, match="MR"):
        segment(_small(40, "MR", ""))
    with pytest.raises(UserError, match="assume_hu"):
        segment(_small(40, "", ""))
    # With the user's word it is taken, and then has no bone.
    with pytest.raises(UserError, match="no bone"):
        segment(_small(40, "", ""), assume_hu=True)


def test_a_ct_in_another_unit_is_refused_by_its_unit() -> None:
    # DICOM's Rescale Type of a CT can be optical density or mg/mL as well.
    with pytest.raises(UserError, match="MGML"):
        segment(_small(40, "CT", "MGML"))
    with pytest.raises(UserError, match="no unit"):
        segment(_small(40, "CT", ""))


def test_a_scan_without_its_intercept_is_refused_and_taken_with_it() -> None:
    whole = hips((2.0, 1.5, 1.5), only="left").volume
    bare = replace(whole, voxels=whole.voxels + 1024)
    # The phantom is −1000 HU in air and 50 HU in muscle: 24 and 1074 without the intercept.
    with pytest.raises(UserError, match=r"air is at 2.*“Add to every value”"):
        segment(bare)
    made, expected = segment(bare, add_hu=-1024.0), segment(whole)
    assert (bones_of(made).labels == bones_of(expected).labels).all()
    assert any("“Add to every value”" in note for note in bones_of(made).notes)


def test_it_stops_when_asked(phantom: Phantom) -> None:
    asked = iter([False] * 6 + [True] * 1000)
    with pytest.raises(Cancelled):
        segment_bone(phantom.volume, BoneParams(), Progress(stop=lambda: next(asked)))


def test_even_bones_are_kept_where_there_is_nothing_else() -> None:
    """As even and wall-less as contrast agent; blood alone, without a bone in the scan, is not seen."""
    k, j, i = np.mgrid[:40, :60, :60]
    body = (j - 30) ** 2 + (i - 30) ** 2 < 28**2
    rods = ((j - 30) ** 2 + (i - 18) ** 2 < 8**2) | ((j - 30) ** 2 + (i - 42) ** 2 < 8**2)
    hu = np.where(rods, 700, np.where(body, 40, -1000)) + np.random.default_rng(0).normal(0, 8, k.shape)
    made = segment(Volume(hu.astype(np.int16), np.diag([1.5, 1.5, 1.5, 1.0]), "CT", "HU"))
    bones = bones_of(made)
    assert len(bones.structures) == 2
    # Half a voxel at the edge of a rod of 8 voxels' radius is Dice 0.94.
    assert _dice(bones.labels > 0, rods & (k >= 0)) > 0.94
    assert any("as even as blood" in note for note in bones.notes)
