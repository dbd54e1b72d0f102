"""The 3-D camera."""

import numpy as np
import pytest

from viewers.orientation import letters
from viewers.turntable import Turntable

# Looking from, then what the screen has on its right and on its top.
SEEN = {"A": "LS", "P": "RS", "L": "PS", "R": "AS", "S": "RA", "I": "LA"}


@pytest.mark.parametrize("letter", SEEN)
def test_views_from_the_six_sides(letter):
    camera = Turntable()
    camera.look_from(letter)
    right, up, toward = camera.axes
    assert letters(toward) == letter
    assert letters(right) + letters(up) == SEEN[letter]


def test_superior_stays_upright_and_the_tilt_stops_above():
    camera = Turntable()
    for _ in range(30):
        camera.orbit(17.0, 11.0)
        right, up, toward = camera.axes
        assert right[2] == pytest.approx(0, abs=1e-12)  # the horizon is level
        assert np.allclose(np.cross(right, up), toward)
    assert camera.tilt == 90.0


def test_everything_fits_from_anywhere():
    low, high = np.array([-30.0, -200, 900]), np.array([50.0, -100, 1400])
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * (high - low) + low
    for turn, tilt, aspect in ((0, 0, 1.5), (50, 30, 0.6), (200, -80, 2.0)):
        camera = Turntable(turn, tilt)
        camera.fit(low, high, aspect)
        seen = camera.project(corners)
        assert np.abs(seen[:, 0]).max() <= 0.5 * aspect
        assert np.abs(seen[:, 1]).max() <= 0.5
        assert max(np.abs(seen[:, 0]).max() / aspect, np.abs(seen[:, 1]).max()) > 0.35


def test_ray_and_projection_are_inverse():
    camera = Turntable(33, 21, np.array([10.0, 20, 30]), 250.0)
    origin, way = camera.ray(0.21, -0.33)
    for depth in (300.0, 900.0, 1500.0):
        x, y, _ = camera.project(origin + depth * way)[0]
        assert (x, y) == pytest.approx((0.21, -0.33))


def test_zoom_keeps_what_lies_under_the_cursor():
    camera = Turntable(10, 20, np.zeros(3), 200.0)
    right, up, _ = camera.axes
    place = (right * 0.3 + up * -0.2) * 200.0  # in the plane through the center
    camera.zoom(2.5, (0.3, -0.2))
    assert camera.project(place)[0, :2] == pytest.approx((0.3, -0.2))


def test_pan_moves_the_scene_with_the_hand():
    camera = Turntable(center=np.zeros(3), height_mm=100.0)
    camera.pan(50, 20, 500)
    # 100 mm over 500 pixels: 50 pixels right, 20 down.
    assert camera.project(np.zeros(3))[0, :2] == pytest.approx((0.1, -0.04))
