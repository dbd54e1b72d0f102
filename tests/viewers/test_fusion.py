"""A second volume over the first: at its place, in its colors, with its value."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from resources.colors import color_map
from tests.viewers.gestures import move
from tests.viewers.phantoms import marked_volume
from twin.domain import Volume
from viewers.fusion import Laid
from viewers.planes import Slab, rotation
from viewers.slice_view import SliceView


@pytest.fixture
def view(qtbot):
    made = SliceView("axial")
    qtbot.addWidget(made)
    made.resize(420, 360)
    made.show()
    gray = Volume(np.full((40, 60, 60), 500, np.int16), _about_zero((1, 1, 1), (60, 60, 40)), "CT", "HU",
                  window=(500.0, 1000.0))  # fmt: skip
    made.set_volume(gray)
    made.set_crosshair((0.0, 0.0, 0.0))
    return made


def _about_zero(spacing, size):
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(size) - 1) / 2)
    return affine


def color_at(view, lps):
    at = view.position_of(np.asarray(lps, float)).toPoint()
    return view.image().pixelColor(at).getRgb()[:3]


def test_it_is_blended_in_its_own_colors_as_far_as_it_reaches(view):
    hot = Volume(np.full((9, 9, 9), 10.0, np.float32), _about_zero((4, 4, 4), (9, 9, 9)), "PT", "SUVbw")
    view.picture.lay(Laid(hot, "PET", (5.0, 10.0, False), "ember", 0.5))
    # 500 HU is gray 128 in a window from 0 to 1000; the window's top is the map's last color, at one half.
    expected = (128 + color_map("ember")[-1].astype(int)) / 2
    assert color_at(view, (10, 10, 0)) == pytest.approx(tuple(expected), abs=1)
    assert color_at(view, (19, 10, 0)) == (128, 128, 128)  # beside: it reaches 4.5 × 4 = 18 mm
    view.picture.lay(Laid(hot, "PET", (5.0, 10.0, False), "ember", 0.0))
    assert color_at(view, (10, 10, 0)) == (128, 128, 128)
    view.picture.lay(None)
    assert color_at(view, (10, 10, 0)) == (128, 128, 128)


def test_what_takes_nothing_up_hides_no_anatomy(view):
    cold = Volume(np.zeros((9, 9, 9), np.float32), _about_zero((4, 4, 4), (9, 9, 9)), "PT", "SUVbw")
    view.picture.lay(Laid(cold, "PET", (5.0, 10.0, False), "ember", 1.0))
    assert color_at(view, (10, 10, 0)) == (128, 128, 128)


@pytest.mark.parametrize("turn", [False, True])
def test_a_marker_lies_where_it_lies_in_the_patient_whatever_the_grid(view, turn):
    marker = np.array([12.0, -7.0, 0.0])
    second = marked_volume(marker, order=(2, 0, 1), signs=(-1, 1, -1), spacing=(0.9, 1.4, 2.0))
    view.picture.lay(Laid(second, "MR", (500.0, 1000.0, False), "viridis", 1.0))
    if turn:
        view.set_planes(view.planes.turned("coronal", 0.5))
        marker = rotation(np.array([0.0, 1.0, 0.0]), 0.5) @ np.array([12.0, -7.0, 0.0])
        second = marked_volume(marker, spacing=(0.9, 1.4, 2.0))
        view.picture.lay(Laid(second, "MR", (500.0, 1000.0, False), "viridis", 1.0))
    picture = view.image()
    colors = (
        np.array(picture.constBits()).reshape(picture.height(), picture.width(), 4)[..., 2::-1].astype(int)
    )
    y, x = np.nonzero(np.abs(colors - color_map("viridis")[-1]).max(axis=-1) < 12)
    expected = view.position_of(marker)
    # To half a voxel of 2 mm.
    assert (x.mean(), y.mean()) == pytest.approx((expected.x(), expected.y()), abs=1.0 * view.pixels_per_mm)


def test_the_value_under_the_mouse_is_told_of_both(view):
    k, j, i = np.meshgrid(*(np.arange(n) for n in (12, 14, 16)), indexing="ij")
    affine = _about_zero((3.0, 2.5, 2.0), (16, 14, 12))
    places = np.stack([i, j, k], axis=-1) @ affine[:3, :3].T + affine[:3, 3]
    ramp = Volume((places @ [0.2, 0.1, 0.3]).astype(np.float32), affine, "PT", "SUVbw", slope=2.0)
    view.picture.lay(Laid(ramp, "PET", (0.0, 10.0, False)))
    told = []
    view.hovered.connect(told.append)
    for at in (QPoint(210, 180), QPoint(260, 150)):
        move(view, at)
        value, unit = told[-1].over
        assert told[-1].value == 500
        assert unit == "SUVbw"
        # Trilinear interpolation of a ramp is exact.
        assert value == pytest.approx(2.0 * (told[-1].lps @ [0.2, 0.1, 0.3]), abs=1e-4)
    move(view, view.position_of(np.array([28.0, 28.0, 0.0])))
    assert told[-1].value == 500
    assert told[-1].over is None


def test_a_slab_gathers_the_second_volume_too(view):
    second = marked_volume((0.0, 0.0, 9.0))
    view.picture.lay(Laid(second, "MR", (500.0, 1000.0, False), "viridis", 1.0))
    assert color_at(view, (2, 2, 0)) == (128, 128, 128)
    view.picture.slab = Slab(20.0, "max")
    assert color_at(view, (2, 2, 0)) == pytest.approx(tuple(color_map("viridis")[-1]), abs=2)


def test_the_bar_is_the_upper_volumes(view):
    hot = Volume(np.ones((4, 4, 4), np.float32), np.eye(4), "PT", "SUVbw")
    view.picture.lay(Laid(hot, "PET", (3.5, 7.0, False)))
    bar = view.picture.bar()
    assert (bar.colors, bar.ends, bar.unit) == ("ember", (0.0, 7.0), "SUVbw")
