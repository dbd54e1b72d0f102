"""Windows, lookup tables and label overlay."""

from dataclasses import replace

import numpy as np
import pytest

from resources.presets import CT_WINDOWS, windows_for
from twin.domain import LabelMap, Structure, Volume
from viewers.orientation import SliceFrame
from viewers.sampling import GrayTable, LabelPaint, first_window


def volume_of(voxels, **more):
    return Volume(np.asarray(voxels), np.eye(4), "CT", "HU", **more)


def grays(packed):
    assert np.all(packed >> 24 == 255)
    assert np.all((packed & 255) == (packed >> 16 & 255))
    return packed & 255


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_window_maps_its_ends_to_black_and_white(dtype):
    stored = np.array([[[900, 1000, 1250, 1500, 1600]]], dtype)
    volume = volume_of(stored, slope=2.0, intercept=-2000.0)  # values −200, 0, 500, 1000, 1200
    # center 500, width 1000: 0 is black, 1000 white, 500 half of 255.
    gray = grays(GrayTable(volume, 500, 1000).colors(volume.voxels[0]))[0]
    assert gray[[0, 1]].tolist() == [0, 0]
    assert gray[[3, 4]].tolist() == [255, 255]
    assert abs(int(gray[2]) - 127.5) <= 1
    turned = grays(GrayTable(volume, 500, 1000, inverted=True).colors(volume.voxels[0]))[0]
    assert (turned + gray == 255).all()


def test_negative_stored_numbers_keep_their_order():
    stored = np.arange(-1000, 1000, 10, dtype=np.int16).reshape(1, 10, 20)
    gray = grays(GrayTable(volume_of(stored), 0, 2000).colors(stored[0])).ravel().astype(int)
    assert (np.diff(gray) >= 0).all()
    assert gray[0] == 0
    assert gray[-1] > 250


def test_nan_is_black_not_a_crash():
    stored = np.array([[[np.nan, 1.0]]], np.float32)
    assert grays(GrayTable(volume_of(stored), 0.5, 1.0).colors(stored[0])).tolist() == [[0, 255]]


def test_first_window_is_the_files_own():
    volume = volume_of(np.zeros((2, 2, 2), np.int16), window=(300.0, 1500.0))
    assert first_window(volume) == (300.0, 1500.0, False)


def test_first_window_of_mr_is_percentiles_and_pet_is_inverted():
    ramp = np.linspace(0, 1000, 27_000).reshape(30, 30, 30)
    center, width, inverted = first_window(replace(volume_of(ramp), modality="MR"))
    # 1st and 99.5th percentile of an even ramp 0..1000: 10 and 995.
    assert center - width / 2 == pytest.approx(10, abs=1)
    assert center + width / 2 == pytest.approx(995, abs=1)
    assert not inverted
    assert first_window(replace(volume_of(ramp), modality="PT"))[2]


def test_presets_are_for_ct_only():
    assert {"Bone", "Soft tissue", "Lung", "Brain"} <= {preset.name for preset in CT_WINDOWS}
    assert windows_for("CT") == CT_WINDOWS
    assert windows_for("MR") == ()


def label_case(affine=None):
    volume = volume_of(np.full((6, 20, 20), 500, np.int16))
    grid = np.zeros((6, 20, 20), np.uint8)
    grid[:, 5:15, 5:15] = 3
    labels = LabelMap(grid, np.eye(4) if affine is None else affine, (Structure("bone", 3),))
    return volume, labels


def test_labels_blend_and_have_a_denser_rim():
    volume, labels = label_case()
    frame = SliceFrame.of("axial", volume.affine, volume.shape)
    paint = LabelPaint.of(labels, volume, {"bone": "#FF0000"}, 0.5, set())
    picture = GrayTable(volume, 500, 1000).colors(frame.slice_of(volume.voxels, 2))
    paint.lay_over(picture, frame, 2)
    red, green = picture >> 16 & 255, picture >> 8 & 255
    # Gray 128 under red at half: (128 + 255) / 2 and 128 / 2; the rim at 0.85: 128 × 0.15 = 19.
    assert red[10, 10] == pytest.approx(191, abs=2)
    assert green[10, 10] == pytest.approx(64, abs=2)
    assert green[5, 10] == pytest.approx(19, abs=2)
    assert red[2, 2] == green[2, 2]


def test_hidden_structures_are_neither_painted_nor_named():
    volume, labels = label_case()
    frame = SliceFrame.of("axial", volume.affine, volume.shape)
    seen = LabelPaint.of(labels, volume, {}, 0.5, set())
    hidden = LabelPaint.of(labels, volume, {}, 0.5, {"bone"})
    assert seen.name_at(frame, 10, 10, 2) == "bone"
    assert hidden.name_at(frame, 10, 10, 2) == ""
    picture = GrayTable(volume, 500, 1000).colors(frame.slice_of(volume.voxels, 2))
    before = picture.copy()
    hidden.lay_over(picture, frame, 2)
    assert (picture == before).all()


def test_labels_on_another_grid_lie_at_their_place():
    # The label grid is shifted 4 voxels along i: its columns 5..14 lie at 9..18 of the volume.
    affine = np.eye(4)
    affine[0, 3] = 4.0
    volume, labels = label_case(affine)
    frame = SliceFrame.of("axial", volume.affine, volume.shape)
    paint = LabelPaint.of(labels, volume, {}, 0.5, set())
    assert not paint.same_grid
    columns = [c for c in range(20) if paint.name_at(frame, c, 10, 3)]
    assert columns == list(range(9, 19))
