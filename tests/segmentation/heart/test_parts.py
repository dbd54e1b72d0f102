"""The pieces that the wall is traced with, each against what is known exactly."""

import itertools

import numpy as np
import pytest

from segmentation.heart.breathing import shift_mm, without_common
from segmentation.heart.edges import endocardium_cost, epicardium_cost
from segmentation.heart.one_way import nearest_one_way
from segmentation.heart.prolate import ProlateFrame
from segmentation.heart.search import Rays, long_rays, short_rays
from segmentation.heart.shell import Points, Shell, fitted, in_space, in_time, off_mm
from segmentation.heart.tissue import tissue_kept
from segmentation.heart.trace import cheapest
from segmentation.heart.views import CineView
from segmentation.heart.wall import Base, Wall

FRAME = ProlateFrame(np.array([5.0, -3.0, 8.0]), np.eye(3), 40.0)
PHASES = np.arange(10) / 10


def _shell(level: float, beat: float) -> Shell:
    """A shell of one ``lam`` everywhere, which beats."""
    weights = np.zeros((in_space(np.zeros(1), np.zeros(1)).shape[1], in_time(PHASES).shape[1]))
    weights[0, :2] = level, beat
    return Shell(FRAME, weights, PHASES)


def test_coordinates_go_both_ways() -> None:
    rng = np.random.default_rng(1)
    lps = rng.uniform(-70, 70, (200, 3))
    np.testing.assert_allclose(FRAME.lps(*FRAME.coordinates(lps)), lps, atol=1e-9)
    apex = FRAME.lps(np.array(0.5), np.array(0.0), np.array(0.0))
    np.testing.assert_allclose(apex, FRAME.center - [0, 0, 40 * np.cosh(0.5)])
    lam, m, a = FRAME.coordinates(lps)
    moved = np.linalg.norm(FRAME.lps(lam + 1e-6, m, a) - lps, axis=1) / 1e-6
    np.testing.assert_allclose(moved, FRAME.stretch_mm(lam, m), rtol=1e-4)


def test_space_functions_are_orthonormal_on_the_sphere() -> None:
    x, w = np.polynomial.legendre.leggauss(20)
    a = np.arange(24) * 2 * np.pi / 24
    m, turned = np.repeat(np.arccos(x), 24), np.tile(a, 20)
    basis = in_space(m, turned)
    mean = basis.T @ (np.repeat(w, 24)[:, None] / 48 * basis)
    scale = np.sqrt(np.diag(mean))  # those with an order have mean square 1/2
    np.testing.assert_allclose(mean / np.outer(scale, scale), np.eye(len(mean)), atol=1e-12)


def test_a_shell_is_found_again_from_its_points() -> None:
    """Points of two exact shells in every phase, 5 % of them far off: the fit keeps within 0.2 mm."""
    truth = _shell(0.6, 0.05)
    rng = np.random.default_rng(2)
    t = rng.integers(0, 10, 4000)
    m, a = np.arccos(rng.uniform(-0.5, 1, 4000)), rng.uniform(0, 2 * np.pi, 4000)
    lam = 0.6 + 0.05 * np.cos(2 * np.pi * PHASES[t])
    far = rng.random(4000) < 0.05
    points = Points(FRAME.lps(lam + 0.3 * far, m, a), t, np.ones(4000), t * 0)
    found = fitted(FRAME, points, PHASES)
    clean = Points(points.lps[~far], t[~far], points.weight[~far], points.view[~far])
    assert np.abs(off_mm(truth, clean)).max() < 1e-6
    assert np.abs(off_mm(found, clean)).mean() < 0.2


def test_volume_of_a_spheroid_cut_through_its_middle() -> None:
    """Half a prolate spheroid: 2/3 π a b², a = 40 cosh, b = 40 sinh; flat facets take 1 % off."""
    base = Base(np.repeat(FRAME.center[None], 10, axis=0), np.tile([0.0, 0, 1], (10, 1)))
    wall = Wall(_shell(0.5, 0.1), _shell(0.8, 0.0), base)
    lam = 0.5 + 0.1 * np.cos(2 * np.pi * PHASES)
    exact = 2 / 3 * np.pi * 40**3 * np.cosh(lam) * np.sinh(lam) ** 2 / 1000
    np.testing.assert_allclose(wall.cavity_ml, exact, rtol=0.01)


ROD_MM, ROD_OFF_MM, ROD_FOOT_MM = 5.0, 11.0, -28.0


def _with_papillary_muscles(endo: Shell) -> dict[int, Rays]:
    """Views of a cavity with two rods in it, which at all but the first phase lie flat along its wall.

    Each section then holds as much muscle beside its blood as the rods' two circles.
    """
    views = []
    for z in np.arange(-36.0, 0.0, 8.0):
        affine = np.eye(4)
        affine[:3, 3] = FRAME.center + np.array([-50.0, -50.0, z])
        views.append((affine, True))
    for across in ([1.0, 0, 0], [0, 1.0, 0], [0.7, 0.7, 0]):
        affine = np.eye(4)
        affine[:3, :3] = np.stack([across, [0, 0, 1.0], np.cross(across, [0, 0, 1.0])], axis=1)
        affine[:3, 3] = FRAME.center - 50 * np.array(across) - [0, 0, 70]
        views.append((affine, False))
    rays = {}
    for k, (affine, short) in enumerate(views):
        j, i = np.mgrid[:101, :101].astype(float)
        empty = CineView("view", np.zeros((1, 1, 1), np.float32), affine)
        x, y, z = np.moveaxis(empty.lps(np.stack([i, j], axis=-1)) - FRAME.center, -1, 0)
        rods = np.minimum(np.hypot(x - ROD_OFF_MM, y), np.hypot(x + ROD_OFF_MM, y)) < ROD_MM
        lam = np.array([endo.lam(np.ones(1), np.ones(1))[t, 0] for t in range(10)])
        long, wide = 40 * np.cosh(lam), 40 * np.sinh(lam)  # half axes of the spheroid of one lam
        images = []
        for t in range(10):
            squared = wide[t] ** 2 * (1 - (z / long[t]) ** 2)
            high = z > ROD_FOOT_MM
            flat = np.where(high, 2 * ROD_MM**2, 0.0) if t else 0.0
            blood = (x**2 + y**2 < squared - flat) & ~(rods & high & (t == 0))
            images.append(blood)
        view = CineView("view", np.stack(images).astype(np.float32), affine)
        rays[k] = short_rays(view, FRAME) if short else long_rays(view, FRAME)
    return rays


def test_in_systole_the_cavity_holds_the_muscle_that_it_held_in_diastole() -> None:
    """Within 4 %, 0.4 mm all round (half a pixel); the muscle, 2 π 5² mm² over 28 mm, is over 10 %."""
    base = Base(np.repeat(FRAME.center[None], 10, axis=0), np.tile([0.0, 0, 1], (10, 1)))
    endo, epi = _shell(0.54, 0.06), _shell(0.9, 0.0)
    rays = _with_papillary_muscles(endo)
    wrong = _shell(0.6, 0.0)  # in systole the endocardium is not known
    found = Wall(tissue_kept(rays, wrong, epi, base, [0]), epi, base).cavity_ml
    truth = Wall(endo, epi, base).cavity_ml
    assert 2 * np.pi * ROD_MM**2 * -ROD_FOOT_MM / 1000 > 0.1 * truth.min()
    np.testing.assert_allclose(found, truth, rtol=0.04)


@pytest.mark.parametrize("closed", [False, True])
def test_the_cheapest_line_is_the_cheapest(closed: bool) -> None:
    """Against every line that there is, four rays of four samples; ties are broken by the noise."""
    cost = np.random.default_rng(3).random((4, 4))
    best, which = np.inf, (0,)
    for line in itertools.product(range(4), repeat=4):
        steps = np.diff([*line, line[0]] if closed else line)
        total = sum(cost[r, s] for r, s in enumerate(line)) + 0.1 * float((steps**2).sum())
        if total < best:
            best, which = total, line
    assert np.abs(cheapest(cost, 0.1, closed=closed) - which).max() <= 0.5


def test_edges_leave_papillary_muscles_in_the_cavity() -> None:
    """Blood to 20 mm with 4 mm of muscle in it, wall to 30 mm, then lung: edges at 20 and at 30."""
    at = np.arange(0, 45, 0.5)
    values = np.where(at < 20, 1.0, np.where(at < 30, 0.0, -0.8))
    values[(at >= 13) & (at < 17)] = 0
    inner = endocardium_cost(values[None], 0.5, until=np.array([60.0]))[0]  # the epicardium, in samples
    assert at[inner.argmin()] == pytest.approx(20, abs=0.5)
    outer = epicardium_cost(np.where(at < 20, 1.0, values)[None], 0.5)[0]
    assert at[outer.argmin()] == pytest.approx(30, abs=0.5)


def test_a_shift_is_found_from_distances_along_normals() -> None:
    angle = np.linspace(0, 2 * np.pi, 4000, endpoint=False)
    normals = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    found = shift_mm(normals, normals @ [1.0, -0.5])
    np.testing.assert_allclose(found, [-1.0, 0.5], atol=0.1)  # drawn a little toward none


def test_what_moves_all_views_alike_is_no_shift() -> None:
    axes = np.stack([np.eye(3)[:, [0, 1]], np.eye(3)[:, [0, 2]], np.eye(3)[:, [1, 2]]])
    common = np.array([1.0, 2.0, 3.0])
    shifts = np.stack([a @ a.T @ common for a in axes])
    np.testing.assert_allclose(without_common(shifts, axes), 0, atol=1e-12)


def test_the_nearest_curve_of_one_fall_and_one_rise() -> None:
    """Diastasis that dips is leveled; a curve with one minimum keeps it, smoothed by its neighbors."""
    volumes = np.array([100, 80, 60, 50, 65, 82, 78, 80, 90, 98.0])
    found = nearest_one_way(volumes)
    steps = np.sign(np.diff([*found, found[0]]))
    assert ((steps > 0) & (np.roll(steps, 1) < 0)).sum() == 1
    assert found.argmin() == 3
    # 82, 78, 80 pool to 80; a share of 3 % of an even rise moves nothing by more than 3 % of the range
    np.testing.assert_allclose(found, [100, 80, 60, 50, 65, 80, 80, 80, 90, 98], atol=1.5)
    once = np.array([100, 80, 60, 50, 65, 82, 90.0])
    assert nearest_one_way(once) is once
