"""Windows, lookup tables and label overlay."""

from dataclasses import replace

import numpy as np
import pytest

from resources.presets import CT_WINDOWS, PET_WINDOWS, SHARES, windows_for
from twin.domain import LabelMap, Structure, Volume
from viewers.orientation import SliceFrame
from viewers.sampling import GrayTable, LabelPaint, Turned, first_window, share_window
from viewers.slice_sheet import SliceSheet


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


def test_presets_fit_what_the_numbers_mean():
    assert {"Bone", "Soft tissue", "Lung", "Brain"} <= {preset.name for preset in CT_WINDOWS}
    assert windows_for("CT", "HU") == CT_WINDOWS
    assert windows_for("PT", "SUVbw") == PET_WINDOWS
    assert windows_for("PT", "Bq/mL") == windows_for("MR", "") == SHARES


def test_a_window_by_share_spans_these_percentiles():
    ramp = np.arange(0, 1001, dtype=np.int16).reshape(7, 11, 13)
    volume = volume_of(ramp, slope=2.0, intercept=-10.0)
    # Values run from −10 to 1990; 10 % of the way is 190, 98 % is 1950.
    center, width = share_window(volume, 10.0, 98.0)
    assert (center - width / 2, center + width / 2) == pytest.approx((190, 1950))


def test_a_color_table_takes_the_place_of_gray_and_is_turned_by_inversion():
    stored = np.array([[[0, 500, 1000]]], np.int16)
    table = GrayTable(volume_of(stored), 500, 1000, colors="viridis")
    # Ends of viridis: #440154 and #FDE725.
    assert [hex(c) for c in table.colors(stored[0])[0, [0, 2]]] == ["0xff440154", "0xfffde725"]
    turned = GrayTable(volume_of(stored), 500, 1000, inverted=True, colors="viridis")
    assert [hex(c) for c in turned.colors(stored[0])[0, [0, 2]]] == ["0xfffde725", "0xff440154"]


def pixels_of(volume, plane="axial", index=2, size=20, ratio=1.0):
    """A pixel a voxel, but for the margin of 4 % that a view keeps around a slice."""
    frame = SliceFrame.of(plane, volume.affine, volume.shape)
    return SliceSheet(frame, size / 0.96, size / 0.96).pixels(index, ratio)


def painted(volume, pixels, smooth=True):
    picture = np.zeros(pixels.size, np.uint32)
    GrayTable(volume, 500, 1000).paint(volume.voxels, Turned(), pixels, smooth, picture)
    return picture


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, -1, 1), (1, -1, -1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_every_pixel_shows_the_voxel_that_lies_there(dtype, plane, signs, order):
    voxels = np.random.default_rng(5).integers(0, 200, (40, 50, 70)).astype(dtype)
    affine = np.eye(4)
    affine[:3, :3] = np.diag(signs)[:, order] * [0.7, 1.1, 1.6]
    volume = Volume(voxels, affine, "MR", slope=5.0)
    turned, table = Turned(), GrayTable(volume, 500, 1000)
    # 33 and 35 lie in neighboring blocks of 32 voxels of 16 bits: both must be turned.
    for index in (35, 33, 2):
        pixels = pixels_of(volume, plane, index, size=90)
        picture = np.zeros(pixels.size, np.uint32)
        table.paint(voxels, turned, pixels, False, picture)
        y, x = np.mgrid[: pixels.size[0], : pixels.size[1]]
        places = pixels.to_lps @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
        i, j, k = np.rint((np.linalg.inv(affine) @ places)[:3]).astype(int)
        inside = (i >= 0) & (i < 70) & (j >= 0) & (j < 50) & (k >= 0) & (k < 40)
        expected = np.full(x.size, 0xFF000000, np.uint32)
        expected[inside] = table.colors(voxels[k[inside], j[inside], i[inside]])
        assert inside.mean() > 0.3
        apart = np.abs((picture.ravel() & 255).astype(int) - (expected & 255).astype(int))
        # Wide numbers round to a neighboring gray; a pixel on a voxel's very edge may go either way.
        assert (apart <= (dtype in (np.int32, np.float64))).mean() > 0.999


def test_between_voxels_grays_are_linear():
    ramp = np.tile(np.arange(0, 1000, 50, dtype=np.int16), (3, 20, 1))
    volume = volume_of(ramp)
    pixels = pixels_of(volume, index=1, size=200)
    gray = (painted(volume, pixels) & 255).astype(int)
    x = np.arange(pixels.size[1])
    column = np.clip(pixels.across[0] + x * pixels.across[1], 0, 19)
    seen = (pixels.across[0] + x * pixels.across[1] >= -0.5) & (
        pixels.across[0] + x * pixels.across[1] < 19.5
    )
    # 50 HU a voxel, 0..1000 HU on 0..255.
    assert np.abs(gray[100, seen] - 50 * column[seen] * 0.255).max() <= 1
    assert not gray[100, ~seen].any()


def test_a_sheared_grid_is_drawn_true():
    affine = np.eye(4)
    affine[0, 1] = 0.3
    volume = Volume(np.random.default_rng(2).integers(0, 1000, (4, 30, 30)).astype(np.int16), affine, "MR")
    pixels = pixels_of(volume, index=1, size=60)
    picture = painted(volume, pixels, smooth=False)
    y, x = 31, 33
    i, j, k = np.rint((np.linalg.inv(affine) @ pixels.to_lps @ [x, y, 1])[:3]).astype(int)
    assert k == 1
    assert picture[y, x] == GrayTable(volume, 500, 1000).colors(volume.voxels[k, j, i])


def label_case(affine=None):
    volume = volume_of(np.full((6, 20, 20), 500, np.int16))
    grid = np.zeros((6, 20, 20), np.uint8)
    grid[:, 5:15, 5:15] = 3
    labels = LabelMap(grid, np.eye(4) if affine is None else affine, (Structure("bone", 3),))
    return volume, labels


def test_labels_blend_and_have_a_denser_rim():
    volume, labels = label_case()
    pixels = pixels_of(volume, size=200)  # ten pixels a voxel, the square from 50 to 150 and the margin of 4
    paint = LabelPaint.of(labels, volume, {"bone": "#FF0000"}, 0.5, set())
    picture = painted(volume, pixels)
    paint.lay_over(pixels, picture)
    red, green = picture >> 16 & 255, picture >> 8 & 255
    # Gray 128 under red at half: (128 + 255) / 2 and 128 / 2; the rim at 0.85: 128 × 0.15 = 19.
    assert red[104, 104] == pytest.approx(191, abs=2)
    assert green[104, 104] == pytest.approx(64, abs=2)
    assert [int(g) for g in green[104, 50:60]] == pytest.approx([128] * 4 + [19] * 2 + [64] * 4, abs=2)
    assert red[20, 20] == green[20, 20]


def test_hidden_structures_are_neither_painted_nor_named():
    volume, labels = label_case()
    seen = LabelPaint.of(labels, volume, {}, 0.5, set())
    hidden = LabelPaint.of(labels, volume, {}, 0.5, {"bone"})
    assert seen.name_at(np.array([10.0, 10, 2])) == "bone"
    assert hidden.name_at(np.array([10.0, 10, 2])) == ""
    picture = painted(volume, pixels_of(volume))
    before = picture.copy()
    hidden.lay_over(pixels_of(volume), picture)
    assert (picture == before).all()


def test_upper_layers_are_laid_over_lower_ones():
    volume, labels = label_case()
    grid = np.zeros((2, 6, 20, 20), np.uint16)
    grid[0] = labels.labels
    grid[1, :, 8:18, 8:18] = 300
    both = replace(labels, labels=grid, structures=(*labels.structures, Structure("cyst", 300, layer=1)))
    paint = LabelPaint.of(both, volume, {"bone": "#FF0000", "cyst": "#0000FF"}, 1.0, set())
    pixels = pixels_of(volume, size=200)
    picture = painted(volume, pixels)
    paint.lay_over(pixels, picture)
    assert [hex(picture[at, at]) for at in (70, 120, 170)] == ["0xffff0000", "0xff0000ff", "0xff0000ff"]
    assert paint.name_at(np.array([10.0, 10, 2])) == "cyst"
    assert paint.name_at(np.array([6.0, 6, 2])) == "bone"


def test_labels_on_another_grid_lie_at_their_place():
    # The label grid is shifted 4 voxels along i: its columns 5..14 lie at 9..18 of the volume.
    affine = np.eye(4)
    affine[0, 3] = 4.0
    volume, labels = label_case(affine)
    paint = LabelPaint.of(labels, volume, {}, 0.5, set())
    assert not paint.same_grid
    columns = [c for c in range(20) if paint.name_at(np.array([c, 10.0, 3]))]
    assert columns == list(range(9, 19))
    pixels = pixels_of(volume, index=3, size=200)
    before = painted(volume, pixels)
    picture = before.copy()
    paint.lay_over(pixels, picture)
    changed = np.flatnonzero(picture[104] != before[104])
    # Voxels 9..18 begin at pixel 90 and end before 190, behind the margin of 4.
    assert changed[[0, -1]].tolist() == [94, 193]
