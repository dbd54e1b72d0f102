"""Slice views, handled by mouse and keys and judged by what can be seen."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from tests.viewers.gestures import drag, move, wheel
from tests.viewers.phantoms import ORDERS, marked_volume, sphere
from twin.domain import Identity, LabelMap, Structure, Volume
from viewers.marks import Outline, PointMark
from viewers.slice_view import SliceView

CONVENTION = {"axial": (0, 1), "coronal": (0, 2), "sagittal": (1, 2)}


@pytest.fixture
def view_of(qtbot):
    def make(plane, volume, size=(420, 360)):
        view = SliceView(plane)
        qtbot.addWidget(view)
        view.resize(*size)
        view.show()
        view.set_volume(volume)
        return view

    return make


def pixels(view):
    image = view.image().convertToFormat(view.image().format().Format_RGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., 2::-1].astype(int)


def brightest(view):
    """Middle (x, y) of the gray white spot."""
    picture = pixels(view)
    white = (picture.min(axis=-1) > 225) & (np.ptp(picture, axis=-1) < 8)
    # Letters and texts are white too, but thin: a spot is white all around.
    solid = white.copy()
    for dy in (-4, 0, 4):
        for dx in (-4, 0, 4):
            solid &= np.roll(white, (dy, dx), (0, 1))
    y, x = np.nonzero(solid)
    assert len(x), "no bright spot to be seen"
    return x.mean(), y.mean()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, -1), (-1, -1, 1)])
def test_marker_on_the_patients_left_is_seen_on_the_right(view_of, order, signs):
    marker = np.array([17.0, -13.0, 11.0])
    view = view_of("axial", marked_volume(marker, order, signs))
    view.set_crosshair(marker)
    x, y = brightest(view)
    assert x > view.width() / 2 + 20  # left of the patient: right on the screen
    assert y < view.height() / 2 - 20  # anterior: above
    expected = view.position_of(marker)
    assert x == pytest.approx(expected.x(), abs=4)
    assert y == pytest.approx(expected.y(), abs=4)


@pytest.mark.parametrize(("plane", "right", "up"), [("coronal", 17, 11), ("sagittal", -13, 11)])
def test_coronal_and_sagittal_show_superior_above(view_of, plane, right, up):
    # Sagittal views have anterior on the left.
    marker = np.array([17.0, -13.0, 11.0])
    view = view_of(plane, marked_volume(marker, (2, 0, 1), (-1, 1, -1)))
    view.set_crosshair(marker)
    x, y = brightest(view)
    assert np.sign(x - view.width() / 2) == np.sign(right)
    assert (y < view.height() / 2) == (up > 0)


def test_anisotropic_voxels_are_drawn_true_to_scale(view_of):
    marker = (0.0, 0.0, 0.0)
    view = view_of("coronal", marked_volume(marker, spacing=(0.5, 1.0, 3.0)))
    view.set_crosshair(marker)
    a = view.position_of(np.array([-20.0, 0, 0]))
    b = view.position_of(np.array([20.0, 0, 0]))
    c = view.position_of(np.array([0.0, 0, 20.0]))
    d = view.position_of(np.array([0.0, 0, -20.0]))
    assert b.x() - a.x() == pytest.approx(d.y() - c.y(), rel=1e-9)
    assert view.pixels_per_mm == pytest.approx((b.x() - a.x()) / 40)


@pytest.mark.parametrize("plane", CONVENTION)
def test_hover_tells_the_voxels_value_at_its_place(qtbot, view_of, plane):
    rng = np.random.default_rng(3)
    affine = np.array([[0, -2.0, 0, 30], [1.5, 0, 0, -20], [0, 0, -3.0, 44], [0, 0, 0, 1]])
    stored = rng.integers(-500, 500, (20, 30, 40)).astype(np.int16)
    view = view_of(plane, Volume(stored, affine, "CT", "HU", slope=2.0, intercept=-100.0))
    told = []
    view.hovered.connect(told.append)
    for x, y in ((180, 150), (230, 190), (210, 120)):
        move(view, QPoint(x, y))
        hover = told[-1]
        i, j, k = np.rint(np.linalg.inv(affine) @ [*hover.lps, 1])[:3].astype(int)
        assert hover.value == 2.0 * stored[k, j, i] - 100.0
        assert hover.unit == "HU"
        at = view.position_of(hover.lps)
        assert (at.x(), at.y()) == pytest.approx((x, y), abs=1e-6)
    move(view, QPoint(1, 1))
    assert told[-1] is None


def test_hover_names_the_structure(view_of):
    volume = marked_volume((10.0, 0, 0))
    labels = LabelMap((volume.voxels > 500).astype(np.uint8), volume.affine, (Structure("left ball", 1),))
    view = view_of("axial", volume)
    view.set_crosshair((10.0, 0, 0))
    view.set_labels(labels, {"left ball": "#00FF00"}, 0.5, set())
    told = []
    view.hovered.connect(told.append)
    move(view, view.position_of(np.array([10.0, 0, 0])))
    assert told[-1].structure == "left ball"
    at = view.position_of(np.array([10.0, 0, 0])).toPoint()
    red, green, _ = pixels(view)[at.y() + 5, at.x() + 14]
    assert green > red + 50
    view.set_labels(labels, {"left ball": "#00FF00"}, 0.5, {"left ball"})
    move(view, view.position_of(np.array([10.0, 0, 0])))
    assert told[-1].structure == ""


def test_left_drag_sets_the_window(qtbot, view_of):
    view = view_of("axial", marked_volume((0, 0, 0)))
    told = []
    view.window_changed.connect(lambda center, width: told.append((center, width)))
    drag(qtbot, view, QPoint(100, 100), QPoint(200, 100))
    center, width = told[-1]
    assert width == pytest.approx(1000 * 1.006**100)  # right: wider, 0.6 % a pixel
    assert center == pytest.approx(500)
    drag(qtbot, view, QPoint(100, 100), QPoint(100, 160))
    assert told[-1][0] == pytest.approx(500 + 60 * width / 300)  # down: higher level
    assert view.window_level[:2] == told[-1]


def test_window_changes_what_is_seen(view_of):
    view = view_of("axial", marked_volume((0, 0, 0)))
    corner = view.position_of(np.array([-20.0, -20, 0])).toPoint()
    assert pixels(view)[corner.y(), corner.x()].max() < 3
    view.set_window(0.0, 100.0)
    assert pixels(view)[corner.y(), corner.x()].tolist() == pytest.approx([128] * 3, abs=2)
    view.set_window(500.0, 1000.0, inverted=True)
    assert pixels(view)[corner.y(), corner.x()].min() > 252


def test_click_sets_the_crosshair_and_links_the_views(qtbot, view_of):
    volume = marked_volume((0, 0, 0))
    axial, coronal = view_of("axial", volume), view_of("coronal", volume)
    axial.crosshair_moved.connect(coronal.set_crosshair)
    coronal.crosshair_moved.connect(axial.set_crosshair)
    target = np.array([12.0, -18.0, 0.0])
    qtbot.mouseClick(axial, Qt.MouseButton.LeftButton, pos=axial.position_of(target).toPoint())
    # A whole pixel is 60 mm / (0.96 × 360 px) = 0.17 mm.
    assert coronal.crosshair[:2] == pytest.approx(target[:2], abs=0.2)
    assert coronal.slice_index == pytest.approx(29.5 - 18, abs=0.6)
    before = axial.slice_index
    wheel(coronal, 3)
    assert axial.crosshair[1] == pytest.approx(coronal.crosshair[1])
    qtbot.mouseClick(
        coronal, Qt.MouseButton.LeftButton, pos=coronal.position_of(np.array([0.0, 0, 20.0])).toPoint()
    )
    assert axial.slice_index > before + 15


def test_shift_moves_the_crosshair_and_a_grabbed_line_follows(qtbot, view_of):
    view = view_of("axial", marked_volume((0, 0, 0)))
    target = np.array([9.0, 6.0, 0.0])
    move(view, view.position_of(target), keys=Qt.KeyboardModifier.ShiftModifier)
    assert view.crosshair[:2] == pytest.approx(target[:2], abs=1e-6)
    width = view.window_level[1]
    end = np.array([-9.0, 12.0, 0.0])
    drag(qtbot, view, view.position_of(target), view.position_of(end))
    assert view.crosshair[:2] == pytest.approx(end[:2], abs=0.3)
    assert view.window_level[1] == width


def test_keys_scroll_by_one_by_ten_and_to_the_ends(qtbot, view_of):
    view = view_of("axial", marked_volume((0, 0, 0)))
    start = view.slice_index
    for key, expected in (
        (Qt.Key.Key_Up, start + 1),
        (Qt.Key.Key_Down, start),
        (Qt.Key.Key_PageUp, start + 10),
        (Qt.Key.Key_PageDown, start),
        (Qt.Key.Key_End, 59),
        (Qt.Key.Key_Up, 59),
        (Qt.Key.Key_Home, 0),
    ):
        qtbot.keyClick(view, key)
        assert view.slice_index == expected
    # The first axial slice is the lowest one.
    assert view.crosshair[2] == pytest.approx(-29.5)


def test_a_resting_mouse_is_told_the_value_of_the_new_slice(qtbot, view_of):
    voxels = np.arange(20, dtype=np.int16)[:, None, None] * np.ones((1, 30, 30), np.int16)
    view = view_of("axial", Volume(voxels, np.eye(4), "CT", "HU"))
    told = []
    view.hovered.connect(told.append)
    move(view, QPoint(210, 180))
    before = told[-1].value
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert told[-1].value == before + 1


def test_wheel_upward_goes_toward_the_head(view_of):
    view = view_of("axial", marked_volume((0, 0, 0), signs=(1, 1, -1)))
    before = view.crosshair[2]
    wheel(view, 2)
    assert view.crosshair[2] == pytest.approx(before + 2)


def test_zoom_keeps_what_lies_under_the_cursor(view_of):
    view = view_of("axial", marked_volume((0, 0, 0)))
    at = QPointF(130, 240)
    place, scale = view.lps_at(at), view.pixels_per_mm
    wheel(view, 4, at, Qt.KeyboardModifier.ControlModifier)
    assert view.pixels_per_mm == pytest.approx(scale * 1.15**4)
    assert np.allclose(view.lps_at(at), place)


def test_pan_zoom_drag_and_reset(qtbot, view_of):
    view = view_of("axial", marked_volume((0, 0, 0)))
    place, scale = view.lps_at(QPointF(100, 100)), view.pixels_per_mm
    drag(qtbot, view, QPoint(100, 100), QPoint(160, 130), Qt.MouseButton.MiddleButton)
    assert np.allclose(view.lps_at(QPointF(160, 130)), place)
    qtbot.keyPress(view, Qt.Key.Key_Space)
    drag(qtbot, view, QPoint(160, 130), QPoint(100, 100))
    qtbot.keyRelease(view, Qt.Key.Key_Space)
    assert np.allclose(view.lps_at(QPointF(100, 100)), place)
    drag(qtbot, view, QPoint(200, 200), QPoint(200, 150), Qt.MouseButton.RightButton)
    assert view.pixels_per_mm == pytest.approx(scale * 1.01**50)
    qtbot.keyClick(view, Qt.Key.Key_R)
    assert view.pixels_per_mm == pytest.approx(scale)


def test_double_click_asks_to_be_maximized(qtbot, view_of):
    view = view_of("axial", marked_volume((0, 0, 0)))
    with qtbot.waitSignal(view.maximize_asked, timeout=1000):
        qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(50, 60))


def test_time_shows_another_moment(view_of):
    moments = np.zeros((3, 10, 20, 20), np.int16)
    moments[2] = 1000
    view = view_of("axial", Volume(moments, np.eye(4), "MR", window=(500.0, 1000.0)))
    at = QPoint(view.width() // 2 + 60, view.height() // 2 + 50)
    assert pixels(view)[at.y(), at.x()].max() < 3
    view.set_time(2)
    assert pixels(view)[at.y(), at.x()].min() > 250
    view.set_time(99)  # clipped to the last
    assert pixels(view)[at.y(), at.x()].min() > 250


def test_surface_outline_lies_where_the_surface_is(view_of):
    view = view_of("axial", marked_volume((0, 0, 0)))
    view.set_crosshair((0, 0, 12.0))
    view.decor.set_marks(
        [Outline(sphere(20.0), "#FF00FF")], [PointMark(np.array([0, 0, 12.0]), "pole", "#00FFFF")]
    )
    picture = pixels(view)
    magenta = (picture[..., 0] > 180) & (picture[..., 2] > 180) & (picture[..., 1] < 90)
    y, x = np.nonzero(magenta)
    places = np.array([view.lps_at(QPointF(a + 0.5, b + 0.5)) for a, b in zip(x, y, strict=True)])
    # At the shown slice's height z a ball of 20 mm has radius √(400 − z²).
    z = places[0, 2]
    radius = np.hypot(places[:, 0], places[:, 1])
    assert len(x) > 200
    assert np.abs(radius - np.sqrt(400 - z**2)).max() < 0.5
    assert ((picture[..., 1] > 180) & (picture[..., 0] < 90)).sum() > 20  # the point's cyan


def test_reference_patient_is_written_over_the_image(view_of):
    volume = marked_volume((0, 0, 0))
    plain = pixels(view_of("axial", volume))
    made = Volume(
        volume.voxels,
        volume.affine,
        "CT",
        "HU",
        window=volume.window,
        identity=Identity(reference_patient=True),
    )
    banner = pixels(view_of("axial", made))
    amber = np.array([0xE3, 0xB3, 0x41])
    assert (np.abs(banner - amber).max(axis=-1) < 6).sum() > 800
    assert (np.abs(plain - amber).max(axis=-1) < 6).sum() < 500


def test_stamp_hatches_the_view(view_of):
    view = view_of("axial", marked_volume((0, 0, 0)))
    before = pixels(view)
    view.decor.set_stamp("PREVIEW")
    assert (np.abs(pixels(view) - before).sum(axis=-1) > 20).mean() > 0.05
    view.decor.set_stamp("")
    assert (pixels(view) == before).all()


def test_empty_view_says_so_and_takes_every_gesture(qtbot, view_of):
    view = view_of("axial", None)
    drag(qtbot, view, QPoint(10, 10), QPoint(60, 60))
    wheel(view, 1)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Plus, Qt.Key.Key_R, Qt.Key.Key_I, Qt.Key.Key_N):
        qtbot.keyClick(view, key)
    assert view.lps_at(QPointF(5, 5)) is None
    assert (pixels(view) > 100).any()  # "No images yet"
    view.set_volume(marked_volume((0, 0, 0)))
    view.set_volume(None)
    assert view.pixels_per_mm == 0.0


def test_another_volume_on_the_same_grid_keeps_place_and_zoom(view_of):
    view = view_of("axial", marked_volume((0, 0, 0)))
    view.set_crosshair((5.0, 6.0, 7.0))
    wheel(view, 4, keys=Qt.KeyboardModifier.ControlModifier)
    scale = view.pixels_per_mm
    view.set_volume(marked_volume((10.0, 0, 0)))
    assert view.crosshair.tolist() == [5.0, 6.0, 7.0]
    assert view.pixels_per_mm == scale
    view.set_volume(marked_volume((0, 0, 0), spacing=(2.0, 2.0, 2.0)))
    assert view.crosshair != pytest.approx([5.0, 6.0, 7.0])


def test_keys_and_drags_that_users_of_slicer_bring(qtbot, view_of):
    view = view_of("axial", marked_volume((0, 0, 0)))
    start = view.slice_index
    qtbot.keyClick(view, Qt.Key.Key_F)
    assert view.slice_index == start + 1
    qtbot.keyClick(view, Qt.Key.Key_B)
    qtbot.keyClick(view, Qt.Key.Key_B)
    assert view.slice_index == start - 1
    at = QPoint(100, 100)
    place = view.lps_at(QPointF(at))
    drag(qtbot, view, at, QPoint(160, 130), keys=Qt.KeyboardModifier.ShiftModifier)
    assert np.allclose(view.lps_at(QPointF(160, 130)), place)
