"""A ventricle whose wall pulls from the septum on, as in left bundle branch block."""

import numpy as np
import pytest

from physics.cardiac import Coupled, beat, tension_of
from physics.cardiac.staggered import Staggered
from physics.circulation import ADULT
from physics.heart.deformation import gradient, gradients_at_middles
from tests.physics.cardiac.test_beat import small_ventricle
from twin.domain import TetMesh

LATE_S = 0.09
"""From the first to the last place: what left bundle branch block adds to a normal QRS (some 80 ms)."""


def middles(mesh: TetMesh) -> np.ndarray:
    return np.asarray(mesh.points[mesh.tets[:, :4]].mean(axis=1))


def beaten(late_s: float) -> tuple[Coupled, TetMesh]:
    """One beat of the small ventricle, its far side (+x) ``late_s`` behind the septum (−x)."""
    body = small_ventricle().body
    x = middles(body.mesh)[:, 0]
    delays = late_s * (x - x.min()) / np.ptp(x)
    pump = Staggered(body, tension_of(ADULT, 70.0), delays, ADULT.beat_s)
    state = ADULT.start.array()
    place = pump.at(state[1], float(pump.mean_tension(np.zeros(1))[0]), pump.rest())
    return beat(pump, ADULT, pump.mean_tension, place, state, step_s=1e-2), body.mesh


def around(mesh: TetMesh, points: np.ndarray, full: np.ndarray) -> np.ndarray:
    """Strain of each element around the long axis (z) against end-diastole."""
    slopes, _ = gradients_at_middles(full, mesh.tets)
    place = full[mesh.tets[:, :4]].mean(axis=1)
    direction = np.cross([0.0, 0.0, 1.0], place)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    return (
        np.linalg.norm(np.einsum("eij,ej->ei", gradient(points, mesh.tets, slopes), direction), axis=1) - 1.0
    )


@pytest.mark.slow
def test_late_walls_lower_the_rise_of_pressure_and_the_septum_flashes() -> None:
    """Left bundle branch block: lower dP/dt, and an early septal shortening that stretches the lateral wall.

    Directions as in Prinzen and Vernooy et al. 2007, Eur Heart J 28:2148; a quarter less dP/dt and more is
    seen there, in hearts whose block is complete.
    """
    together, _ = beaten(0.0)
    late, mesh = beaten(LATE_S)
    one, other = (b.measures()["lv_dp_dt_max_mmhg_per_s"] for b in (together, late))
    assert 0.4 * one < other < 0.9 * one
    times = np.array([time for time, _ in late.places])
    points = [place.state.points for _, place in late.places]
    begin = ADULT.chambers["LV"].onset_s
    full, early = (int(np.argmin(np.abs(times - time))) for time in (begin, begin + 0.08))
    strain = around(mesh, points[early], points[full])
    x = middles(mesh)[:, 0]
    septal, lateral = strain[x < -12].mean(), strain[x > 12].mean()
    assert septal < -0.01
    assert lateral > 0.01


def test_less_tension_leaves_those_that_do_not_pull_yet_at_rest() -> None:
    """Speed takes the same share of all; and what nobody pulls yet is added to all."""
    body = small_ventricle().body
    delays = np.where(np.arange(len(body.mesh.tets)) % 2, 0.05, 0.0)
    onset = ADULT.chambers["LV"].onset_s
    pump = Staggered(body, tension_of(ADULT, 70.0), delays, ADULT.beat_s)
    rest = pump.rest()
    time = onset + 0.04
    mean = float(pump.mean_tension(np.array([time]))[0])
    pump.step([(0.0, rest)], time, rest.volume_ml, 0.5 * mean)
    first, late = (pump.pulling(0.5 * mean)[delays == delay, 0] for delay in (0.0, 0.05))
    assert late == pytest.approx(0.0, abs=1e-12)
    assert first == pytest.approx(5e-4 * float(tension_of(ADULT, 70.0)(np.array([time]))[0]))
    pump.step([(0.0, rest)], 0.0, rest.volume_ml, 0.0)
    assert pump.pulling(1.0)[:, 0] == pytest.approx(1e-3)


def test_without_delays_it_is_the_ventricle_itself() -> None:
    plain = small_ventricle()
    body = small_ventricle().body
    tension = tension_of(ADULT, 70.0)
    pump = Staggered(body, tension, np.zeros(len(body.mesh.tets)), ADULT.beat_s)
    times = np.array([0.0, 0.2, 0.3])
    np.testing.assert_allclose(pump.mean_tension(times), tension(times))
    volume = plain.rest().volume_ml
    one = plain.at(volume, float(tension(times)[1]), plain.rest())
    other = pump.step([(0.19, pump.rest())], 0.2, volume, float(pump.mean_tension(times)[1]))
    assert other.pressure_mmhg == pytest.approx(one.pressure_mmhg, rel=1e-3)
