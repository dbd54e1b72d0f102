"""Diffusion between cells, and fronts that it carries; the benchmark stands in ``verify monodomain``."""

import numpy as np
import pytest

from physics.activation import monodomain
from physics.activation.monodomain import LONGEST_MS, Stimulus, Tissue
from physics.verify import meshes
from physics.verify.activation import ACROSS, ALONG, STIMULUS_MV_PER_MS, cable_speed, extrapolated


def test_a_cuboid_evens_out_as_cosines_do() -> None:
    """cos(πx/a) cos(2πy/b) decays at D_x (π/a)² + D_y (2π/b)², and no current leaves."""
    rates = []
    for edge in (0.2, 0.1):
        tissue = monodomain.cuboid((4.0, 3.0, 1.2), edge, (ALONG, ACROSS, ACROSS))
        x, y, _ = tissue.points.T
        mode = np.cos(np.pi * x / 4.0) * np.cos(2 * np.pi * y / 3.0)
        exact = -(ALONG * (np.pi / 4.0) ** 2 + ACROSS * (2 * np.pi / 3.0) ** 2)
        rates.append(abs((tissue.diffusion @ mode)[0] - exact) / abs(exact))
    assert rates[0] < 1e-3
    assert rates[0] / rates[1] == pytest.approx(16.0, rel=0.1)  # fourth order
    assert np.abs(tissue.diffusion @ np.ones(len(x))).max() < 1e-9


def test_tetrahedra_lose_nothing_and_even_out_at_second_order() -> None:
    errors = []
    for count in (8, 16):
        mesh = meshes.box((count, count, 2), (4.0, 4.0, 4.0 * 2 / count), quadratic=False)
        turned = np.array([[np.cos(0.5), -np.sin(0.5), 0], [np.sin(0.5), np.cos(0.5), 0], [0, 0, 1]])
        tensor = turned @ np.diag([0.09, 0.03, 0.03]) @ turned.T
        tissue = monodomain.tetrahedra(mesh.points, mesh.tets, np.tile(tensor, (len(mesh.tets), 1, 1)))
        x = mesh.points
        assert np.abs(tissue.diffusion @ np.ones(len(x))).max() < 1e-9
        # ∇·(D ∇ sin(kx + ly)) = -(k, l)·D (k, l) sin, away from the walls, its mean over a mode's square.
        wave = np.array([1.2, 0.9, 0.0])
        mode = np.sin(x @ wave)
        inside = ((x > 0.6) & (x < 3.4))[:, :2].all(axis=1) & (np.abs(mode) > 0.3)
        inside &= x[:, 2] == x[:, 2].max() / 2
        rate = (tissue.diffusion @ mode)[inside] / mode[inside]
        errors.append(abs(rate.mean() / -(wave @ tensor @ wave) - 1.0))
    assert errors[1] < 0.02
    assert errors[1] < errors[0] / 2.5


@pytest.mark.slow
def test_a_front_along_fibers_travels_as_in_a_heart() -> None:
    """0.6–0.7 m/s along fibers (electrophysiology.md); across, the root of the diffusivities' ratio less."""
    coarse, fine = cable_speed(0.1, 0.02), cable_speed(0.2 / 3, 0.04 / 3)
    assert 0.6 < extrapolated(coarse, fine, 1.5) < 0.7
    assert coarse < fine  # it comes nearer from below
    scaled = np.sqrt(ACROSS / ALONG)
    assert cable_speed(0.1 * scaled, 0.02, ACROSS) == pytest.approx(scaled * coarse, rel=1e-9)


def bar(tissue: Tissue, **given: float) -> np.ndarray:
    stimulus = Stimulus(np.where(tissue.points[:, 0] <= 1.5, STIMULUS_MV_PER_MS, 0.0), 2.0)
    return monodomain.activation_times(tissue, stimulus, until_ms=20.0, **given)


@pytest.mark.slow
def test_a_cell_computed_once_for_several_steps_is_active_in_time() -> None:
    tissue = monodomain.cuboid((6.0, 0.0, 0.0), 0.1, (ALONG, ALONG, ALONG))
    every, held = bar(tissue, longest_ms=0.0), bar(tissue, longest_ms=LONGEST_MS)
    assert np.isfinite(every).all()
    assert np.abs(held - every).max() < 0.002 * every.max()
    assert np.abs(held - every).max() > 0.0  # it was held


@pytest.mark.slow
def test_tetrahedra_carry_the_front_that_a_cable_does() -> None:
    mesh = meshes.box((50, 1, 1), (5.0, 0.1, 0.1), quadratic=False)
    tensor = np.tile(np.diag([ALONG, ACROSS, ACROSS]), (len(mesh.tets), 1, 1))
    times = bar(monodomain.tetrahedra(mesh.points, mesh.tets, tensor))
    cable = bar(monodomain.cuboid((5.0, 0.0, 0.0), 0.1, (ALONG, ALONG, ALONG)))
    far = times[mesh.points[:, 0] == 5.0]
    assert np.ptp(far) < 0.05
    # Of second order against fourth, at 0.1 mm.
    assert far.mean() == pytest.approx(cable[-1], rel=0.05)


def test_the_corner_of_a_cuboid_is_stimulated_by_its_share() -> None:
    for edge in (0.25, 0.2):
        tissue = monodomain.cuboid((3.0, 2.0, 2.0), edge, (ALONG, ACROSS, ACROSS))
        share = monodomain.in_corner(tissue, edge, 1.5)
        volume = np.full(len(tissue.points), edge**3)
        for axis, side in enumerate((3.0, 2.0, 2.0)):
            wall = np.isclose(tissue.points[:, axis], 0.0) | np.isclose(tissue.points[:, axis], side)
            volume[wall] /= 2.0
        assert share @ volume == pytest.approx(1.5**3)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="a third of each"):
        monodomain.cuboid((3.0, 0.2, 0.2), 0.1, (ALONG, ACROSS, ACROSS))
    tissue = monodomain.cuboid((3.0, 0.0, 0.0), 0.5, (ALONG, ACROSS, ACROSS))
    with pytest.raises(ValueError, match="stimulate one"):
        monodomain.activation_times(tissue, Stimulus(np.zeros(7), 2.0), until_ms=1.0)
    flat = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]])
    with pytest.raises(ValueError, match="no volume"):
        monodomain.tetrahedra(flat, np.array([[0, 1, 2, 3]], np.int32), np.eye(3)[None])
