"""What is done to a wall: an infarct, a patch, another rhythm; and the tension that a chart likens it to."""

from dataclasses import replace

import numpy as np
import pytest

from physics.cardiac import Coupled, Held, State, beat
from physics.cardiac.pump import reduced_heart
from physics.circulation import ADULT
from physics.heart.deformation import deformation_of
from physics.heart_steps import BeatParams
from physics.whatif import Strains
from physics.whatif.full import beat_in_full, likened
from physics.whatif.wall import delays_s, infarcted, wall_of
from tests.physics.whatif.made import elastic_heart, wall, walled_heart
from twin.domain import Heart, TetMesh
from twin.errors import UserError
from twin.progress import Progress

APEX = (13, 14, 15, 16, 17)


@pytest.fixture(scope="module")
def mesh() -> TetMesh:
    return wall()


def test_an_infarct_is_of_the_segments_that_are_named(mesh: TetMesh) -> None:
    here = infarcted(mesh, APEX)
    height = mesh.points[mesh.tets[:, :4]].mean(axis=1)[:, 2]
    assert height[here].max() < height[~here].mean()
    with pytest.raises(UserError, match=r"segment 17 \(apex\) is not told"):
        infarcted(replace(mesh, region_names=mesh.region_names[:16]), (17,))


def test_live_strains_are_those_of_the_result(mesh: TetMesh) -> None:
    """A wall that grows by a tenth, then shrinks along its axis by a fifth and turns at its apex."""
    full = 0.1 * mesh.points
    height = (mesh.points[:, 2] - mesh.points[:, 2].min()) / np.ptp(mesh.points[:, 2])
    turn = np.radians(12.0) * (1.0 - height)
    x, y, z = (mesh.points + full).T
    now = np.stack(
        [np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y, 0.8 * z], axis=1
    )
    told = deformation_of(mesh, [mesh.points + full, now], 0)
    found = Strains(mesh, full.astype(np.float32))(
        full.astype(np.float32), (now - mesh.points).astype(np.float32)
    )
    assert found["longitudinal_strain_percent"] == pytest.approx(100 * told.longitudinal[1], abs=1e-3)
    assert found["circumferential_strain_percent"] == pytest.approx(100 * told.circumferential[1], abs=1e-3)
    assert found["twist_deg"] == pytest.approx(told.twist_deg[1], abs=1e-3)
    assert found["longitudinal_strain_percent"] < -8


def test_block_delays_the_lateral_wall_and_a_lead_there_takes_it_back(mesh: TetMesh) -> None:
    """Left bundle branch block: the lateral wall follows the septum by some 50 ms and more."""
    x = mesh.points[mesh.tets[:, :4]].mean(axis=1)[:, 0]
    septal, lateral = x < -15, x > 15
    blocked = delays_s(mesh, BeatParams(rhythm="left bundle branch block"))
    paced = delays_s(mesh, BeatParams(rhythm="resynchronized"))
    ahead = delays_s(mesh, BeatParams(rhythm="resynchronized", lead_angle_deg=90.0))
    apart = [float(d[lateral].mean() - d[septal].mean()) for d in (blocked, paced, ahead)]
    assert apart[0] > 0.04
    assert apart[1] < apart[2] < apart[0]  # a lead in front reaches the lateral wall later


def test_an_infarct_presses_less_and_a_patch_gives_less_way() -> None:
    heart = walled_heart()
    own, dead, patch = (
        wall_of(heart, asked, np.cos, ADULT.beat_s)
        for asked in (
            BeatParams(),
            BeatParams(infarct_segments=APEX),
            BeatParams(infarct_segments=APEX, infarct_stiffness_percent=500.0),
        )
    )
    volume = 1.25 * own.rest.volume_ml
    at_ease = [w.ventricle.at(volume, 0.0, w.rest).pressure_mmhg for w in (own, dead, patch)]
    assert at_ease[1] == pytest.approx(at_ease[0], rel=1e-3)
    assert at_ease[2] > 1.1 * at_ease[0]
    pulling = [w.ventricle.at(volume, 20.0, w.rest).pressure_mmhg for w in (own, dead)]
    assert pulling[1] < 0.9 * pulling[0]
    share = float(dead.course(np.zeros(1))[0])
    body = dead.ventricle.body
    lost = body.volumes_mm3[infarcted(heart.mesh, APEX)].sum() / body.volumes_mm3.sum()
    assert share == pytest.approx(1.0 - lost)


class Weaker:
    """The adult's elastance with but 0.6 of its contraction: what an infarct might come to."""

    shortening = None

    def __init__(self) -> None:
        self.chamber = ADULT.chambers["LV"]

    def at(self, volume: float, tension: float) -> Held:
        stiff = self.chamber.passive_mmhg_per_ml + 0.6 * self.chamber.active_mmhg_per_ml * tension
        away = volume - self.chamber.unstressed_ml
        gain = 0.6 * self.chamber.active_mmhg_per_ml * away
        none = State(np.zeros((0, 3)), np.zeros(0), np.zeros(1))
        volumes, pressures, gains = (np.array([one]) for one in (volume, stiff * away, gain))
        return Held(none, volumes, tension, pressures, np.array([[stiff]]), gains)

    def step(self, before: object, time_s: float, volumes_ml: np.ndarray, tension_kpa: float) -> Held:
        return self.at(float(volumes_ml[0]), tension_kpa)


def test_a_chart_likens_another_ventricle_by_the_tension_that_gives_its_pressures() -> None:
    """A ventricle with 0.6 of the contraction is the charted one under 0.6 of the tension."""
    pump, state = Weaker(), ADULT.start.array()

    def tension(times: np.ndarray) -> np.ndarray:
        return np.sin(np.pi * np.clip((np.asarray(times) - 0.15) / 0.4, 0.0, 1.0)) ** 2

    found = beat(pump, ADULT, tension, pump.at(state[1], 0.0), state)
    assert isinstance(found, Coupled)
    course = likened(reduced_heart(elastic_heart()), found, 1.0)
    times = np.array([time for time, _ in found.places])
    np.testing.assert_allclose(course(times), 0.6 * tension(times), atol=0.01)


def charted(heart: Heart) -> Heart:
    """Return it with its wall's own chart, as coarse as a cubic needs."""
    from physics.cardiac import chart_of, reduced_of
    from physics.personal.kept import ventricle_of

    ventricle, rest = ventricle_of(heart)
    chart = chart_of(ventricle, np.linspace(40.0, 170.0, 9), np.linspace(0.0, 100.0, 6), start=rest)
    reduced = reduced_of(chart)
    return replace(
        heart, volumes_ml=reduced.volumes_ml, tensions_kpa=reduced.tensions_kpa,
        pressures_mmhg=reduced.pressures_mmhg, modes=reduced.modes, amounts=reduced.amounts,
        strayed_mm=reduced.strayed_mm,
    )  # fmt: skip


@pytest.mark.slow
def test_full_beats_of_a_blocked_and_of_an_infarcted_heart_beside_its_own() -> None:
    """Block: a lower dP/dt (a quarter and more, Prinzen 2007); infarct: less ejected, more left."""
    heart = charted(walled_heart())
    own = beat_in_full(heart, (), BeatParams(), Progress())
    (line,) = (line for line in own.summary["own_and_now"] if line.startswith("ejection fraction: "))
    assert line.endswith("points")
    assert abs(float(line.split(", ")[-1].split()[0].replace("−", "-"))) < 1.5  # of its own reduced beat
    blocked = beat_in_full(heart, (), BeatParams(rhythm="left bundle branch block"), Progress())
    dead = beat_in_full(heart, (), BeatParams(infarct_segments=APEX), Progress())
    assert blocked.summary["lv_dp_dt_max_mmhg_per_s"] < 0.9 * own.summary["lv_dp_dt_max_mmhg_per_s"]
    assert dead.summary["lv_ejection_fraction_percent"] < own.summary["lv_ejection_fraction_percent"] - 3
    assert dead.summary["lv_end_systolic_volume_ml"] > own.summary["lv_end_systolic_volume_ml"] + 3
    assert blocked.summary["qrs_ms"] > 1.5 * own.summary["qrs_ms"]
    assert {"lead V1", "lead V6"} < {curve.name for curve in blocked.outputs["beat"].curves}
    for made in (blocked, dead):
        assert made.summary["beats_differ_ml"] < 0.5
        assert made.summary["full_beats"] >= 3
