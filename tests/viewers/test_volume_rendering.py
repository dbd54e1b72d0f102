"""Images looked through in the 3-D view, judged by their pixels against phantoms whose answer is known."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication
from scipy.ndimage import distance_transform_cdt

from resources.renderings import RENDERINGS, renderings_for
from tests.viewers.phantoms import marked_volume, sphere
from twin.domain import Volume
from viewers import ray_kernels
from viewers.paint import Look
from viewers.pyramid import pyramid_of, why_not
from viewers.scene_view import SceneView
from viewers.transfer import Transfer
from viewers.views import Box, Clip

RED = Transfer(np.array([400.0, 600.0]), np.array([0.0, 20.0]), np.array([[1.0, 0, 0]] * 2), False, ("red",))
"""What is above 500 HU, as the phantoms' balls are, is a red body: a tenth of a mm hides what is behind."""
BLUE = "#2030FF"
GROUND = np.array([0x15, 0x18, 0x1C])  # the scene's own ground, viewers.scene


@pytest.fixture
def view(qtbot):
    view = SceneView()
    qtbot.addWidget(view)
    view.resize(400, 320)
    view.show()
    return view


def array(image):
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., 2::-1].astype(int)


def full(view):
    return array(view.image())


def reds(picture):
    return (picture[..., 0] > picture[..., 1] + 25) & (picture[..., 1] < 25) & (picture[..., 2] < 25)


def at(view, picture, lps):
    x, y, _ = view.camera.project(np.asarray(lps, float))[0]
    return picture[
        round(view.height() / 2 - y * view.height() - 0.5), round(view.width() / 2 + x * view.height() - 0.5)
    ]


def tilted(volume, degrees):
    """Turn a volume's grid about the patient's left-right axis: an oblique series."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.eye(4)
    turn[1:3, 1:3] = [[c, -s], [s, c]]
    return replace(volume, affine=turn @ volume.affine), turn[:3, :3]


@pytest.mark.parametrize(
    ("order", "signs", "spacing"),
    [
        ((0, 1, 2), (1, 1, 1), (1.0, 1.0, 1.0)),
        ((2, 0, 1), (-1, 1, -1), (0.8, 1.2, 2.0)),
        ((1, 2, 0), (1, -1, 1), (1.0, 0.7, 1.5)),
    ],
)
@pytest.mark.parametrize("letter", ["A", "L", "S"])
def test_ball_is_where_it_is_in_the_patient(view, order, signs, spacing, letter):
    marker = np.array([12.0, -8.0, 15.0])
    volume, turn = tilted(marked_volume(marker, order, signs, spacing), 25.0)
    view.show_volume("image", volume, RED)
    view.view_from(letter)
    seen = reds(full(view))
    row, column = np.nonzero(seen)
    x, y, depth = view.camera.project(turn @ marker)[0]
    middle = np.array([column.mean() + 0.5, row.mean() + 0.5])
    expected = [view.width() / 2 + x * view.height(), view.height() / 2 - y * view.height()]
    px_per_mm = view.height() / view.camera.height_mm * view.camera.distance / depth
    assert np.allclose(middle, expected, atol=0.3 * max(spacing) * px_per_mm)
    # Half a voxel more or less of its radius of 5 mm; voxels are in or out.
    assert np.sqrt(seen.sum() / np.pi) / px_per_mm == pytest.approx(5.0, abs=0.5 * max(spacing))


def test_surface_before_the_ball_hides_it_and_one_behind_does_not(view):
    view.show_volume("image", marked_volume((0, 0, 0)), RED)
    view.show_surface("front", sphere(7.0, (0, -18, 0)), BLUE)  # anterior of the ball
    view.view_from("A")
    picture = full(view)
    assert at(view, picture, (0, 0, 0))[2] > 100  # the sphere's blue
    assert not reds(picture).any()  # 7 mm hide 5 mm
    view.view_from("P")
    picture = full(view)
    assert reds(picture)[view.height() // 2, view.width() // 2]


def test_surface_within_an_image_meets_it_at_its_depth(view):
    # A sphere of 6.5 mm beside the ball's middle leaves a cap of the ball of 5 mm on the other side.
    view.show_volume("image", marked_volume((0, 0, 0), spacing=(0.5, 0.5, 0.5), size_mm=30.0), RED)
    view.show_surface("beside", sphere(6.5, (6.0, 0, 0)), BLUE)
    view.view_from("A")
    picture = full(view)
    assert at(view, picture, (-3.0, 0, 0))[0] > 100
    assert at(view, picture, (3.0, 0, 0))[2] > 100
    # From the front the two meet where both are as far away: 25 − x² = 6.5² − (x − 6)², x = 1.56 mm.
    assert at(view, picture, (0.8, -5.0, 0))[0] > 100
    assert at(view, picture, (2.3, -5.0, 0))[2] > 100


@pytest.mark.parametrize("density", [0.01, 0.03])
def test_fog_lets_through_what_lambert_and_beer_say(view, density):
    voxels = np.full((40, 40, 40), 100, np.int16)
    volume = Volume(voxels, np.diag([1.0, 1.0, 1.5, 1.0]), "CT", "HU")
    fog = Transfer(np.array([0.0, 200.0]), np.full(2, density), np.ones((2, 3)), False, ("fog",))
    view.show_volume("image", volume, fog)
    view.view_from("A")
    through = np.exp(-density * 40.0)  # 40 voxels of 1 mm from front to back
    even = 0.8 * 255  # what has no slope is lit evenly (viewers.ray_kernels)
    middle = full(view)[view.height() // 2 - 20 : view.height() // 2 + 20, view.width() // 2]
    assert np.allclose(middle, even * (1 - through) + GROUND * through, atol=2.5)


def test_maximum_is_the_brightest_along_the_line_of_sight(view):
    voxels = np.zeros((30, 30, 30), np.int16)
    voxels[:, 20, 10] = 600  # a bright line behind …
    voxels[:, 5, 10] = 300  # … one half as bright
    volume = Volume(voxels, np.eye(4), "CT", "HU")
    gray = Transfer(np.array([0.0, 1200.0]), np.ones(2), np.array([[0.0] * 3, [1.0] * 3]), True, ("maximum",))
    view.show_volume("image", volume, gray)
    view.view_from("A")
    picture = full(view)
    # A step of half a voxel passes the line's crest by a quarter of a voxel at most: 450 to 600 of 1200.
    assert 0.375 * 255 - 1 <= at(view, picture, (10, 20, 14.5)).max() <= 0.5 * 255 + 1
    assert at(view, picture, (22, 15, 14.5)).max() == 0  # black where there is nothing, not the ground
    # The same values, stored the other way round: each block's brightest is its smallest number.
    other = replace(volume, voxels=(1000 - voxels).astype(np.int16), slope=-1.0, intercept=1000.0)
    view.show_volume("image", other, gray)
    assert np.abs(full(view) - picture).max() <= 1
    # What is no number counts for nothing: the line behind it is seen as before.
    holes = replace(volume, voxels=voxels.astype(np.float32))
    holes.voxels[:, 22:26, 10] = np.nan  # behind the brightest
    holes.voxels[:, 0:3, 10] = np.nan  # before all
    view.show_volume("image", holes, gray)
    assert at(view, full(view), (10, 20, 14.5)).max() == pytest.approx(
        at(view, picture, (10, 20, 14.5)).max(), abs=1
    )


def test_clip_plane_and_box_cut_the_image_and_come_off_again(view):
    volume = marked_volume((0, 0, 0))
    view.show_volume("image", volume, RED)
    view.view_from("A")
    whole = reds(full(view)).sum()
    view.set_clip(Clip(np.zeros(3), np.array([1.0, 0, 0])))  # what is left of the middle stays
    rows, columns = np.nonzero(reds(full(view)))
    assert columns.min() >= view.width() // 2 - 1
    assert len(rows) == pytest.approx(whole / 2, rel=0.06)
    view.set_clip(None)
    low, high = np.array([-30.0, -30, 0]), np.array([0.0, 30, 30])  # the upper right quarter
    view.show_volume("image", volume, RED, box=Box(low, high))
    rows, columns = np.nonzero(reds(full(view)))
    assert len(rows) == pytest.approx(whole / 4, rel=0.1)
    assert columns.max() <= view.width() // 2
    assert rows.max() <= view.height() // 2
    view.show_volume("image", volume, RED)
    assert reds(full(view)).sum() == whole


def test_moment_of_a_beating_image(view):
    one, other = marked_volume((-15, 0, 0)), marked_volume((15, 0, 0))
    volume = replace(one, voxels=np.stack([one.voxels, other.voxels]), times_ms=np.array([0.0, 40.0]))
    for time, x in ((0, -15.0), (1, 15.0)):
        view.show_volume("image", volume, RED, time=time)
        view.view_from("A")
        picture = full(view)
        assert reds(at(view, picture, (x, 0, 0))[None, None]).all()
        assert not reds(at(view, picture, (-x, 0, 0))[None, None]).any()


def test_stored_numbers_are_taken_to_values(view):
    volume = marked_volume((0, 0, 0))
    stored = replace(
        volume, voxels=(volume.voxels // 2 + 512).astype(np.uint16), slope=2.0, intercept=-1024.0
    )
    view.show_volume("image", volume, RED)
    view.view_from("A")
    plain = full(view)
    view.show_volume("image", stored, RED)
    assert np.abs(full(view) - plain).max() <= 1


def test_what_is_no_number_is_not_seen(view):
    volume = marked_volume((0, 0, 0), dtype=np.float32)
    volume.voxels[:, :, :20] = np.nan
    view.show_volume("image", volume, RED)
    view.view_from("A")
    assert reds(full(view)).any()


def test_leaping_over_empty_blocks_changes_no_pixel(view):
    volume = marked_volume((12.0, -8.0, 15.0), (2, 0, 1), (-1, 1, -1), (0.8, 1.2, 2.0))
    view.show_volume("image", volume, RED)
    view.view_from("A")
    view.camera.orbit(31, 17)
    leapt = full(view)
    drawn = view._scene.things["image"]
    for skip in drawn._skips.values():
        assert (skip > 1).any()  # there was something to leap over
        skip[:] = 0
    view._stale()
    assert np.abs(full(view) - leapt).max() <= 1


def test_distances_to_what_is_seen_are_a_kings_moves():
    skip = np.full((9, 11, 13), 255, np.uint8)
    places = np.random.default_rng(3).integers(0, (9, 11, 13), (4, 3))
    skip[tuple(places.T)] = 0
    expected = distance_transform_cdt(skip > 0, "chessboard")  # scipy's own
    ray_kernels.leaps(skip)
    assert (skip == expected).all()


def test_coarse_copy_is_an_eighth_and_goes_with_its_image():
    volume = marked_volume((0, 0, 0))
    pyramid = pyramid_of(volume)
    assert pyramid_of(volume) is pyramid
    assert pyramid.coarse.grid.nbytes == volume.voxels.nbytes // 8
    assert pyramid.fine.grid is None
    # The center of the first coarse voxel lies amid the eight that it is the mean of.
    assert np.allclose(pyramid.coarse.affine @ [0, 0, 0, 1], volume.affine @ [0.5, 0.5, 0.5, 1])
    held, copy = weakref.ref(volume.voxels), weakref.ref(pyramid.coarse.grid)
    del volume, pyramid
    gc.collect()
    assert held() is None
    assert copy() is None


def test_percentile_presets_follow_the_image_and_say_so():
    voxels = np.random.default_rng(2).gamma(2.0, 90.0, (20, 30, 40)).astype(np.uint16)
    volume = Volume(voxels, np.eye(4), "MR")
    preset = renderings_for("MR", "")[0]
    transfer = Transfer.of(preset, volume, pyramid_of(volume))
    wanted = np.interp([v for v, _, _ in preset.knots], range(101), np.percentile(voxels, range(101)))
    assert np.allclose(transfer.values, wanted, rtol=1e-4)
    assert transfer.words[1] == "by percentiles 70 to 99.5 of this image"
    less = Transfer.of(preset, volume, pyramid_of(volume), shift=0.5)
    assert less.values[0] > transfer.values[0]
    assert "shifted" in less.words[0]


def test_shift_moves_a_preset_in_its_unit():
    volume = marked_volume((0, 0, 0))
    bone = renderings_for("CT", "HU")[0]
    assert Transfer.of(bone, volume, pyramid_of(volume), 0.5).values[0] == 140.0 + 0.5 * bone.reach
    assert Transfer.of(bone, volume, pyramid_of(volume)).words == ("CT bone, from 140 HU",)


@pytest.mark.parametrize("preset", RENDERINGS, ids=lambda one: one.id)
def test_presets_are_in_order(preset):
    values = [value for value, _, _ in preset.knots]
    assert values == sorted(set(values))
    assert preset.maximum or preset.knots[0][1] == 0.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"voxels": np.zeros((1, 9, 9), np.int16)}, "single slice"),
        ({"color": True}, "colors"),
        ({"placement": "picture"}, "no place"),
    ],
)
def test_image_that_cannot_be_looked_through_says_why(change, words):
    assert words in why_not(replace(marked_volume((0, 0, 0)), **change))


def test_drag_is_answered_coarsely_and_the_whole_follows(qtbot, view):
    view.show_volume("image", marked_volume((0, 0, 0)), RED)
    view.view_from("A")
    middle = QPointF(view.rect().center())
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=middle.toPoint())
    for step in (10, 20, 30):
        event = QMouseEvent(
            QEvent.Type.MouseMove, middle + QPointF(step, 0), view.mapToGlobal(middle),
            Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(view, event)
        quick = array(view.grab().toImage())
    assert reds(quick).any()
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=(middle + QPointF(30, 0)).toPoint())
    camera = replace(view.camera)
    # No call of image() before: it would draw anew.
    other = SceneView()
    qtbot.addWidget(other)
    other.resize(view.size())
    other.camera = camera
    other._touched = True
    other.show_volume("image", marked_volume((0, 0, 0)), RED)
    whole = array(other.image())
    assert np.abs(quick - whole).max() > 20
    box = np.s_[60:-60, 60:-60]  # beside the letters: only the other view has no focus
    qtbot.waitUntil(lambda: np.abs(array(view.grab().toImage())[box] - whole[box]).max() <= 2, timeout=20_000)


def test_maximum_is_read_on_black_in_a_light_theme_and_letters_stand_out(view):
    light = Look(ground="#EEF2F5", text="#101418")
    view.set_theme(light)
    view.show_volume("image", marked_volume((0, 0, 0)), replace(RED, maximum=True))
    picture = full(view)
    assert picture[view.height() // 2, 5].tolist() == [0, 0, 0]
    top = picture[:24, view.width() // 2 - 12 : view.width() // 2 + 12]
    assert top.max() > 200  # the letter S, light on black
    view.remove("image")
    view.show_volume("image", marked_volume((0, 0, 0)), RED)
    assert full(view)[view.height() // 2, 60].tolist() == [0xEE, 0xF2, 0xF5]


def test_hidden_and_removed_images_are_gone(view):
    volume = marked_volume((0, 0, 0))
    view.show_volume("image", volume, RED)
    view.view_from("A")
    view.set_visible("image", False)
    assert not reds(full(view)).any()
    view.set_visible("image", True)
    assert reds(full(view)).any()
    view.remove("image")
    assert view.keys() == []
