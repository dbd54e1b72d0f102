"""Both ventricles of a phantom whose surfaces are known."""

from dataclasses import replace

import numpy as np
import pytest

from segmentation.heart.find import find_left
from segmentation.heart.ventricle import Ventricles, segment_cine
from segmentation.heart.views import CineViews
from segmentation.heart.wall import OpenSurface
from tests.segmentation.heart.conftest import MOVED_MM
from tests.segmentation.heart.phantom import ACROSS, AXIS, BACK, CENTER, PHASES, shape
from twin.errors import UserError

TRUTH = [shape(t / PHASES) for t in range(PHASES)]


def test_the_ventricle_is_found_without_a_click(phantom_views: CineViews) -> None:
    """Slices 15 mm apart: the first 38 mm above the center, over the base (24 mm), the last at −52 mm."""
    found = find_left(phantom_views)
    assert found.seen.tolist() == [False] + [True] * 6
    for view, center, radius in zip(
        phantom_views.short[1:], found.centers[1:], found.radii_mm[1:], strict=True
    ):
        off = view.lps(center) - CENTER
        out = np.hypot(off @ ACROSS - (MOVED_MM if view.slice == 3 else 0), off @ BACK)
        assert out < 7  # places are tried 4 mm apart, on a 2.2 mm grid
        a, b = TRUTH[0].inner
        # a start only: a ring round a middle that may lie 6 mm off
        assert radius == pytest.approx(b * np.sqrt(1 - (off @ AXIS / a) ** 2), abs=7)


def test_a_click_says_which(phantom_views: CineViews) -> None:
    assert find_left(phantom_views, CENTER).by_hand
    with pytest.raises(UserError, match="No left ventricle"):
        find_left(phantom_views, CENTER + 60 * ACROSS)


def test_volumes_over_the_cycle(phantom_found: Ventricles) -> None:
    """True volumes by the formula of a cut spheroid; a pixel (2.2 mm) round this cavity would be 25 mL."""
    measures = phantom_found.measures
    assert measures.edv_ml == pytest.approx(TRUTH[0].cavity_ml, rel=0.08)
    assert measures.end_diastole == 0
    truth = np.array([s.cavity_ml for s in TRUTH])
    assert abs(measures.end_systole - int(truth.argmin())) <= 1
    assert measures.ejection_fraction == pytest.approx(1 - truth.min() / truth.max(), abs=0.09)
    assert measures.mass_g == pytest.approx(1.05 * TRUTH[0].muscle_ml, rel=0.08)
    turns = np.diff(np.sign(np.diff([*measures.cavity_ml, measures.cavity_ml[0]])))
    assert (turns > 0).sum() == 1  # one minimum


def test_the_muscle_keeps_its_volume(phantom_found: Ventricles) -> None:
    muscle = np.array(phantom_found.measures.muscle_ml)
    assert np.ptp(muscle) < 0.08 * muscle.mean()


def test_the_base_follows_the_ring(phantom_found: Ventricles) -> None:
    base = phantom_found.wall.base
    for t, now in enumerate(TRUTH):
        assert abs(base.above_mm(CENTER + now.base * AXIS, t)) < 1.5
        assert base.normals[t] @ AXIS > np.cos(np.deg2rad(5))
    assert phantom_found.measures.base_residual_mm < 1


def test_contours_lie_on_the_surfaces_that_were_drawn(phantom_found: Ventricles) -> None:
    """End-diastole, all views but the moved slice: distance from the true spheroid along its gradient."""
    for edge, axes in (("left endocardium", TRUTH[0].inner), ("left epicardium", TRUTH[0].outer)):
        points = np.concatenate(
            [c.points for c in phantom_found.contours if c.edge == edge and c.phase == 0 and c.slice != 3]
        )
        off = points - CENTER
        up = off @ AXIS
        out = np.hypot(off @ ACROSS, off @ BACK)
        value = np.hypot(up / axes[0], out / axes[1])
        slope = np.hypot(up / axes[0] ** 2, out / axes[1] ** 2) / value
        assert np.abs((value - 1) / slope).mean() < 0.8


def test_breathing_is_put_right_and_told(phantom_found: Ventricles) -> None:
    """The fourth slice moved by 3 mm along its rows; half of it at least is taken back, others stay."""
    for view in phantom_found.views.short[1:]:
        shift = phantom_found.shifts_mm[view.name]
        if view.slice == 3:
            assert -MOVED_MM - 0.5 < shift @ ACROSS < -1.2
        else:
            assert np.linalg.norm(shift) < 1
    assert any("slice 4 by" in note for note in phantom_found.notes)


def test_surfaces_are_closed_but_for_the_base(phantom_found: Ventricles) -> None:
    wall = phantom_found.wall
    for t in (0, phantom_found.measures.end_systole):
        inner, outer = wall.endocardium(t), wall.epicardium(t)
        assert len(inner.points) == len(outer.points)
        for surface in (inner, outer):
            assert _open_edges(surface.triangles) == len(surface.ring)
            assert _open_edges(surface.closed()[1]) == 0
            np.testing.assert_allclose(wall.base.above_mm(surface.points[surface.ring], t), 0, atol=0.01)
        assert outer.volume_ml() > inner.volume_ml() > 0
        assert phantom_found.measures.cavity_ml[t] == pytest.approx(inner.volume_ml())


def _open_edges(triangles: np.ndarray) -> int:
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    return int((np.unique(edges, axis=0, return_counts=True)[1] == 1).sum())


def test_a_surface_of_known_volume() -> None:
    """A square pyramid without its base: 10 × 10 × 30 mm³ / 3 = 1 mL, apex down."""
    points = np.array([[0, 0, 0], [5, 5, 30], [-5, 5, 30], [-5, -5, 30], [5, -5, 30]], float)
    triangles = np.array([[0, 2, 1], [0, 3, 2], [0, 4, 3], [0, 1, 4]], np.int32)
    assert OpenSurface(points, triangles, np.array([1, 2, 3, 4], np.int32)).volume_ml() == pytest.approx(1)


def test_the_right_ventricle(phantom_found: Ventricles) -> None:
    """Its pool at end-diastole in the slice 7 mm below the center, as drawn: a circle less the left one."""
    found = [c for c in phantom_found.contours if c.edge == "right cavity" and c.phase == 0]
    assert {c.slice for c in found} >= {2, 3, 4, 5}
    contour = next(c for c in found if c.slice == 4)
    off = contour.points - CENTER
    x, y, z = off @ ACROSS, off @ BACK, float((off @ AXIS).mean())
    area = 0.5 * abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1)))
    grid = np.arange(-80, 80, 0.5)
    gx, gy = np.meshgrid(grid, grid)
    left = (z / TRUTH[0].outer[0]) ** 2 + (gx**2 + gy**2) / TRUTH[0].outer[1] ** 2 < 1
    right = ((gx + 36) / 30) ** 2 + (gy / 30) ** 2 + ((z - 5) / 55) ** 2 < 1
    assert area == pytest.approx(float((right & ~left).sum()) * 0.25, rel=0.15)


def test_without_a_long_axis_or_bright_blood_it_says_so(phantom_views: CineViews) -> None:
    with pytest.raises(UserError, match="No long-axis view"):
        segment_cine(replace(phantom_views, long=phantom_views.long[2:]))
    still = tuple(replace(v, images=v.images[:1].repeat(PHASES, axis=0)) for v in phantom_views.short)
    with pytest.raises(UserError, match="No left ventricle"):
        segment_cine(replace(phantom_views, short=still))
