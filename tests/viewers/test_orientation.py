"""Planes, letters and the way between voxels and patient space."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.viewers.phantoms import ORDERS, SIGNS, marked_volume
from viewers.orientation import SliceFrame, letters, lps_text

# Radiological convention: left edge, right edge, top, bottom.
EDGES = {"axial": "RLAP", "coronal": "RLSI", "sagittal": "APSI"}


@pytest.mark.parametrize("plane", EDGES)
@pytest.mark.parametrize("order", ORDERS)
def test_letters_and_marker_are_right_however_the_grid_lies(plane, order):
    marker = np.array([14.0, -9.0, 21.0])  # left, anterior, superior
    for signs in SIGNS:
        volume = marked_volume(marker, order, signs, spacing=(2.0, 3.0, 4.0))
        frame = SliceFrame.of(plane, volume.affine, volume.shape)
        edges = frame.edge_letters
        assert "".join(edges[side] for side in ("left", "right", "top", "bottom")) == EDGES[plane]
        column, row, index = np.rint(frame.place(marker)).astype(int)
        assert frame.slice_of(volume.voxels, index)[row, column] == 1000
        # In every plane the marker, left anterior superior of the middle, lies on the side its letters say.
        middle = np.array(frame.counts) / 2
        assert (column > middle[0]) == (plane != "sagittal")
        assert row < middle[1]


@given(
    st.lists(st.floats(-1, 1), min_size=9, max_size=9),
    st.lists(st.floats(0, 20), min_size=3, max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_place_and_lps_are_inverse_for_any_grid(entries, place):
    turn, _ = np.linalg.qr(np.array(entries).reshape(3, 3) + 2 * np.eye(3))
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([0.7, 1.3, 5.0])
    affine[:3, 3] = [10, -200, 930]
    for plane in EDGES:
        frame = SliceFrame.of(plane, affine, (21, 22, 23))
        assert np.allclose(frame.place(frame.lps(*place)), place, atol=1e-9)


def test_oblique_grid_says_both_letters():
    turn = np.radians(30)
    # 30° from left toward anterior: the minor part is sin 30° = 0.5 of the length.
    assert letters(np.array([np.cos(turn), -np.sin(turn), 0])) == "LA"
    assert letters(np.array([0.999, -0.02, 0.0])) == "L"
    assert letters(np.zeros(3)) == ""


@pytest.mark.parametrize(
    ("degrees", "title"),
    [(0, "axial"), (4, "axial"), (12, "oblique, 12° from axial"), (40, "oblique, 40° from axial")],
)
def test_a_plane_is_called_by_what_it_is(degrees, title):
    # Turned about the patient's x axis: rows run from anterior to posterior, and ever more downward.
    turn = np.radians(degrees)
    affine = np.eye(4)
    affine[:3, 1] = [0, np.cos(turn), -np.sin(turn)]
    affine[:3, 2] = [0, np.sin(turn), np.cos(turn)]
    assert SliceFrame.of("axial", affine, (1, 40, 50)).title == title
    # Turned within its own plane it is as axial as before.
    spun = np.eye(4)
    spun[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    assert SliceFrame.of("axial", spun, (1, 40, 50)).title == "axial"


def test_sheared_grid_keeps_lengths_true():
    # Gantry tilt of 20°: slices step 5 mm up and tan 20° × 5 mm back.
    affine = np.diag([1.0, 1.0, 5.0, 1.0])
    affine[1, 2] = 5.0 * np.tan(np.radians(20))
    frame = SliceFrame.of("sagittal", affine, (30, 40, 50))
    flat = frame.flat_mm
    a, b = np.array([3.0, 2.0]), np.array([17.0, 25.0])
    on_screen = np.linalg.norm(flat @ (b - a))
    in_patient = np.linalg.norm(frame.lps(*b, 7) - frame.lps(*a, 7))
    assert on_screen == pytest.approx(in_patient, rel=1e-12)


def test_slice_step_of_a_tilted_stack_is_perpendicular():
    affine = np.diag([1.0, 1.0, 5.0, 1.0])
    affine[1, 2] = 5.0
    # 45° tilt: the step is 7.07 mm long, the planes lie 5 mm apart.
    assert SliceFrame.of("axial", affine, (3, 4, 5)).step_mm == pytest.approx(5.0)


def test_place_in_words():
    assert lps_text(np.array([128.42, -31.0, -902.5])) == "L 128.4  A 31.0  I 902.5 mm"
