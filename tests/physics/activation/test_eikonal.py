"""Arrival times of fronts on tetrahedra."""

import numpy as np
import pytest

from physics.activation import Conduction, activation_times
from physics.verify import meshes
from physics.verify.activation import bent_error_percent, far_corner_ms


def along(count: int, angle: float = 0.0) -> np.ndarray:
    return np.tile([np.cos(angle), np.sin(angle), 0.0], (count, 1))


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2])
def test_in_a_homogeneous_medium_every_time_is_the_straight_ones(angle: float) -> None:
    mesh = meshes.box((8, 6, 5), (8.0, 6.0, 5.0), quadratic=False, jitter=0.3)
    source = 100
    sheets = np.tile([-np.sin(angle), np.cos(angle), 0.0], (len(mesh.tets), 1))
    conduction = Conduction(along(len(mesh.tets), angle), 0.65, 0.3, sheets, 0.2)
    times = activation_times(mesh.points, mesh.tets, conduction, np.array([source]), 5.0)
    x, y, z = (mesh.points - mesh.points[source]).T
    fiber, sheet = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    straight = np.sqrt((fiber / 0.65) ** 2 + (sheet / 0.3) ** 2 + (z / 0.2) ** 2)
    np.testing.assert_allclose(times, 5.0 + straight, rtol=1e-9, atol=1e-9)


def test_the_far_corner_is_reached_in_time_at_1_mm() -> None:
    assert far_corner_ms(1.0) == pytest.approx(41.899350, rel=0.01)  # electrophysiology.md


def test_the_error_halves_with_the_edge_where_rays_bend() -> None:
    coarse, fine = bent_error_percent(2.0), bent_error_percent(1.0)
    assert 0.35 < fine / coarse < 0.65


def test_a_front_goes_round_a_corner() -> None:
    """An L of 10 mm arms: behind the inner edge the way is bent there, and no shorter."""
    mesh = meshes.box((20, 20, 2), (20.0, 20.0, 2.0), quadratic=False)
    middle = mesh.points[mesh.tets].mean(axis=1)
    tets = mesh.tets[(middle[:, 0] < 10) | (middle[:, 1] < 10)]
    source = int(np.linalg.norm(mesh.points - (20, 0, 0), axis=1).argmin())
    times = activation_times(mesh.points, tets, Conduction(along(len(tets)), 0.5, 0.5), np.array([source]))
    far = int(np.linalg.norm(mesh.points - (0, 20, 0), axis=1).argmin())
    # Twice √(10² + 10²) mm at 0.5 mm/ms.
    assert times[far] == pytest.approx(2 * np.sqrt(200) / 0.5, rel=0.01)
    outside = int(np.linalg.norm(mesh.points - (20, 20, 0), axis=1).argmin())
    assert np.isinf(times[outside])  # no tetrahedron holds it


def test_of_two_sources_the_earlier_front_wins() -> None:
    mesh = meshes.box((20, 2, 2), (20.0, 2.0, 2.0), quadratic=False)
    ends = np.flatnonzero((mesh.points[:, 1] == 0) & (mesh.points[:, 2] == 0) & (mesh.points[:, 0] % 20 == 0))
    ends = ends[np.argsort(mesh.points[ends, 0])]
    conduction = Conduction(along(len(mesh.tets)), 0.5, 0.5)
    times = activation_times(mesh.points, mesh.tets, conduction, ends, np.array([0.0, 10.0]))
    edge = (mesh.points[:, 1] == 0) & (mesh.points[:, 2] == 0)
    x = mesh.points[edge, 0]
    np.testing.assert_allclose(times[edge], np.minimum(x / 0.5, 10.0 + (20 - x) / 0.5), rtol=1e-9)


def test_a_fast_layer_carries_the_front_ahead() -> None:
    """Under 2 mm at 0.4 m/s lies a layer at 2 m/s: far away the front comes by way of it (head wave)."""
    mesh = meshes.box((60, 4, 8), (30.0, 2.0, 4.0), quadratic=False)
    middle = mesh.points[mesh.tets].mean(axis=1)
    speed = np.where(middle[:, 2] > 2.0, 0.4, 2.0)
    top = np.abs(mesh.points - [0.0, 0.0, 4.0])
    source = int(top.sum(axis=1).argmin())
    times = activation_times(
        mesh.points, mesh.tets, Conduction(along(len(mesh.tets)), speed, speed), np.array([source])
    )
    far = int(np.abs(mesh.points - [30.0, 0.0, 4.0]).sum(axis=1).argmin())
    # x/c₂ + 2 h cos θ / c₁ with sin θ = c₁/c₂
    expected = 30.0 / 2.0 + 2 * 2.0 * np.sqrt(1 - 0.2**2) / 0.4
    assert expected < 30.0 / 0.4
    assert times[far] == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"along_m_per_s": 0.0}, "above zero"),
        ({"fibers": np.ones((48, 3))}, "unit vectors"),
        ({"sheets": along(48)}, "right angles"),
        ({"fibers": along(7)}, "7 fibers for 48 tetrahedra"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict, words: str) -> None:
    mesh = meshes.box((2, 2, 2), (2.0, 2.0, 2.0), quadratic=False)
    given = {"fibers": along(len(mesh.tets)), "along_m_per_s": 0.6, "across_m_per_s": 0.3} | change
    with pytest.raises(ValueError, match=words):
        activation_times(mesh.points, mesh.tets, Conduction(**given), np.array([0]))
    good = Conduction(along(len(mesh.tets)), 0.6, 0.3)
    with pytest.raises(ValueError, match="at one at least"):
        activation_times(mesh.points, mesh.tets, good, np.array([], dtype=np.int64))


def test_a_front_goes_on_into_faster_and_slower_tissue() -> None:
    """Half a block at 0.6, half at 0.3 m/s, either first: 10 / 0.6 + 10 / 0.3 = 50 ms from end to end."""
    mesh = meshes.box((20, 7, 3), (20.0, 7.0, 3.0), quadratic=False)
    points, tets = mesh.points, mesh.tets
    fibers = np.tile([1.0, 0.0, 0.0], (len(tets), 1))
    middle = points[tets].mean(axis=1)[:, 0]
    begin = np.flatnonzero(points[:, 0] == 0.0)
    for near, far in ((0.6, 0.3), (0.3, 0.6)):
        speed = np.where(middle < 10.0, near, far)
        times = activation_times(points, tets, Conduction(fibers, speed, speed), begin)
        np.testing.assert_allclose(times[points[:, 0] == 20.0], 50.0, rtol=0.02)


def test_very_different_speeds_come_to_an_end() -> None:
    """A fast layer under slow tissue, from one corner: nothing arrives faster than in it alone."""
    mesh = meshes.box((20, 7, 3), (20.0, 7.0, 3.0), quadratic=False)
    points, tets = mesh.points, mesh.tets
    fibers = np.tile([1.0, 0.0, 0.0], (len(tets), 1))
    fast = points[tets].mean(axis=1)[:, 2] < 1.0
    conduction = Conduction(fibers, np.where(fast, 4.0, 0.6), np.where(fast, 4.0, 0.3))
    times = activation_times(points, tets, conduction, np.array([0]))
    away = np.linalg.norm(points - points[0], axis=1)
    assert (times >= away / 4.0 - 1e-9).all()
    below = points[:, 2] == 0.0
    np.testing.assert_allclose(times[below], away[below] / 4.0, atol=0.3)
    assert times.max() < np.hypot(20.0, 7.0) / 4.0 + 3.0 / 0.3
