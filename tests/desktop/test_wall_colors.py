"""Colors of a beating wall: the stress that its muscle makes, its work over a beat, its activation."""

from dataclasses import replace

import numpy as np
import pytest

from desktop.wall_colors import COLORS, WallColors
from physics.cardiac.kernels import _pull
from physics.cardiac.pump import live_heart
from physics.cardiac.stretch import active_stress_kpa
from tests.desktop.beating import HeartParams, heart
from twin.domain import Heart
from twin.progress import Progress


@pytest.fixture(scope="module")
def made() -> tuple[Heart, WallColors]:
    """A block of 40 mm whose fibers run along x."""
    own = heart(HeartParams(), Progress()).outputs["heart"]
    assert isinstance(own, Heart)
    live = live_heart(own)
    live.go(3 * live.circulation.beat_s)
    still = np.zeros_like(own.mesh.points, np.float32)
    assert live.last_beat is not None
    return own, WallColors(own, live, live.last_beat, still, still)


def longer(own: Heart, share: float) -> np.ndarray:
    """Displacement that makes the block longer by a share of itself."""
    return (own.mesh.points * [share, 0.0, 0.0]).astype(np.float32)


@pytest.mark.parametrize("stretch", [0.7, 0.86, 0.95, 1.1, 1.3])
def test_the_active_stress_is_what_the_wall_is_solved_with(stretch: float) -> None:
    """Second Piola–Kirchhoff's in the solver's kernel, Cauchy's here: λ² times as large."""
    pull = np.empty(4)
    _pull(np.array([80.0, 0.0, 2.3]), stretch**2, pull)
    assert active_stress_kpa(np.array([stretch]), 80.0, 2.3)[0] == pytest.approx(pull[0] * stretch**2)


def test_work_is_stress_by_shortening_of_the_beat_that_has_ended(made: tuple[Heart, WallColors]) -> None:
    own, colors = made
    colors.go(longer(own, 0.1), 60.0, 0.1)
    colors.go(longer(own, -0.1), 60.0, 0.3)
    colors.go(longer(own, 0.1), 0.0, 0.05)  # the next beat: it lengthens without tension
    first = colors.values("work", longer(own, 0.1), 0.0).copy()
    colors.end_beat()
    assert first.std() < 1e-3 * first.mean()  # of its own beat: the block shortens as one, and does work
    before, after = (active_stress_kpa(np.array([s]), 60.0, own.lengthening)[0] for s in (1.1, 0.9))
    expected = 0.5 * (before + after) * np.log(1.1 / 0.9)
    np.testing.assert_allclose(colors.values("work", longer(own, 0.1), 0.0), expected, rtol=1e-4)


def test_every_coloring_has_values_and_ends(made: tuple[Heart, WallColors]) -> None:
    own, colors = made
    for name, coloring in COLORS.items():
        values = colors.values(name, longer(own, 0.1), 50.0)
        assert len(values) == len(own.mesh.points if coloring.where == "node" else own.mesh.tets)
        low, high = colors.limits(name)
        assert low < high
    assert colors.activation_ms is None  # a block has no septum
    assert np.isnan(colors.values("activation", longer(own, 0.0), 0.0)).all()


def test_scar_is_shown_and_neither_pulls_nor_works(made: tuple[Heart, WallColors]) -> None:
    own, whole = made
    living = np.linspace(0.0, 1.0, len(own.mesh.tets))
    scarred = replace(own, mesh=replace(own.mesh, living=living))
    live = live_heart(scarred)
    live.go(3 * live.circulation.beat_s)
    assert live.last_beat is not None
    still = np.zeros_like(own.mesh.points, np.float32)
    colors = WallColors(scarred, live, live.last_beat, still, still)
    np.testing.assert_allclose(colors.values("scar", still, 0.0), 100.0 * (1.0 - living))
    assert np.isnan(whole.values("scar", still, 0.0)).all()
    pulled = (c.values("active", longer(own, 0.05), 40.0) for c in (colors, whole))
    mine, all_ = pulled
    np.testing.assert_allclose(mine, living * all_)
    assert colors.values("work", still, 0.0)[0] == 0.0
