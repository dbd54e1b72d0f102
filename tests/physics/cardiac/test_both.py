"""Both ventricles in one wall, beating in the circulation."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from physics.cardiac import Coupled, Held, Ventricle, beat, tension_of
from physics.cardiac.along import AlongBeat, change_of
from physics.cardiac.body import Body
from physics.cardiac.face import face_of
from physics.circulation import ADULT, REGAZZONI_2020, Circulation, Shortening, measures_of, run
from physics.circulation.patients import Difference
from physics.heart import cavity_ml
from physics.heart.cavity import rims
from physics.heart.of_mesh import with_fibers
from physics.heart_steps import FiberParams
from physics.personal.imaged import Imaged
from physics.personal.passive import law_of
from segmentation.tetrahedra.coarsen import coarsen
from tests.physics.heart.shapes import two_ventricles
from twin.domain import Patch, TetMesh
from twin.errors import GeometryError
from twin.progress import Progress

PLACES = [1, 3]
"""Of the ventricles' volumes in the circulation's state."""


@cache
def heart(tets: int = 400) -> TetMesh:
    """Return two made ventricles with fibers, of few elements: 66 and 79 mL as they lie."""
    made = with_fibers(coarsen(two_ventricles(), tets), None, FiberParams(), Progress()).outputs[
        "ventricle mesh"
    ]
    assert isinstance(made, TetMesh)
    return made


@cache
def pump() -> tuple[Ventricle, Held]:
    """Return it as what can beat, and where it rests filled."""
    mesh = heart()
    assert mesh.axes_inside is not None
    made = Ventricle(Imaged(mesh, mesh.axes_inside).body(law_of(5.0, 1.0)), across=0.05, lengthening=1.3)
    return made, made.filled(np.array([8.0, 4.0]))


def test_a_lid_lies_over_each_valve() -> None:
    """A cavity with a second hole: volume against fans from each rim's middle, slopes by differences."""
    mesh = heart()
    whole = mesh.patch("endo_rv").triangles
    (rim,) = rims(whole)
    beside = np.unique(whole[np.isin(whole, rim).any(axis=1)])
    inner = np.setdiff1d(whole, beside)[0]  # a node none of whose neighbors lies on the rim
    open_twice = whole[(whole != inner).all(axis=1)]
    mesh = replace(mesh, patches=(Patch("endo_rv", open_twice),))
    face = face_of(mesh, "endo_rv")
    assert len(face.lids) == 2
    assert face.volume(mesh.points) / 1000.0 == pytest.approx(cavity_ml(mesh, "endo_rv"), rel=1e-9)
    random = np.random.default_rng(0)
    moved, step = (
        mesh.points + random.normal(size=mesh.points.shape),
        1e-4 * random.normal(size=mesh.points.shape),
    )
    (more, force_more), (less, force_less) = face.push(moved + step), face.push(moved - step)
    assert more - less == pytest.approx(2.0 * (face.push(moved)[1] * step).sum(), rel=1e-5)
    found = np.zeros_like(moved)
    for nodes, block in zip(face.faces, face.stiffness(moved), strict=True):
        found[nodes] += (block @ step[nodes].ravel()).reshape(-1, 3)
    found[face.border] += (face.lid_stiffness(moved) @ step[face.border].ravel()).reshape(-1, 3)
    np.testing.assert_allclose(force_more - force_less, 2.0 * found, atol=1e-8)


def test_the_elastances_of_both_are_a_symmetric_matrix_and_tell_by_how_much_pressures_rise() -> None:
    """By ±1 mL in either ventricle and ±1 kPa, at 20 kPa."""
    ventricle, filled = pump()
    here = ventricle.at(filled.volumes_ml, 20.0, filled)
    assert here.elastances[0, 1] == pytest.approx(here.elastances[1, 0], rel=1e-3)
    assert 0.0 < here.elastances[0, 1] < min(here.elastances[0, 0], here.elastances[1, 1])  # one septum
    for cavity in range(2):
        more, less = (
            ventricle.at(here.volumes_ml + sign * np.eye(2)[cavity], 20.0, here).pressures_mmhg
            for sign in (1.0, -1.0)
        )
        np.testing.assert_allclose(0.5 * (more - less), here.elastances[:, cavity], rtol=0.05, atol=0.01)
    more, less = (ventricle.at(here.volumes_ml, 20.0 + sign, here).pressures_mmhg for sign in (1.0, -1.0))
    np.testing.assert_allclose(0.5 * (more - less), here.gains, rtol=0.05)
    # The tangent at hand is another place's; of this very one they are told more exactly.
    more, less = (
        ventricle.at(here.volumes_ml + np.array([part, 0.0]), 20.0, here).pressures_mmhg
        for part in (0.5, -0.5)
    )
    np.testing.assert_allclose(more - less, ventricle.elastances_at(here)[:, 0], rtol=0.005, atol=1e-3)


def test_the_elastances_of_a_place_sought_in_time_are_without_dashpots() -> None:
    """As its neighbors at rest have them; with the dashpots of that step, 11 and 22 % more."""
    ventricle, filled = pump()
    here = ventricle.at(filled.volumes_ml, 20.0, filled)
    volumes = here.volumes_ml - 2.0
    moved = ventricle.step([(0.0, here)], 0.01, volumes, 22.0)
    told = ventricle.elastances_at(moved)
    at_rest = ventricle.elastances_at(ventricle.at(volumes, 22.0, here))
    np.testing.assert_allclose(told, at_rest, rtol=0.005)  # their pressures differ by 1 %: the dashpots' pull
    ventricle.body.passing = here.state.points, 0.01
    try:
        pulled = ventricle.elastances_at(moved)
    finally:
        ventricle.body.passing = None
    assert (np.diag(pulled) > 1.1 * np.diag(told)).all()


class Elastic:
    """Regazzoni's two ventricles as one pump: what ones in 3-D take the place of.

    ``coupling`` is the share of the smaller elastance by which each presses on the other.
    """

    def __init__(
        self,
        volumes_ml: np.ndarray,
        tension_kpa: float,
        coupling: float = 0.0,
        shortening: Shortening | None = None,
    ) -> None:
        self.volumes_ml, self.tension_kpa, self.coupling = volumes_ml, tension_kpa, coupling
        self.shortening = shortening
        chambers = [REGAZZONI_2020.chambers[name] for name in ("LV", "RV")]
        active, passive, slack = (
            np.array([getattr(c, name) for c in chambers])
            for name in ("active_mmhg_per_ml", "passive_mmhg_per_ml", "unstressed_ml")
        )
        across = coupling * passive[1] * np.array([[0.0, 1.0], [1.0, 0.0]])
        self.elastances = np.diag(active * tension_kpa + passive) + across
        self.pressures_mmhg = self.elastances @ (volumes_ml - slack)
        self.gains = active * (volumes_ml - slack)

    def step(self, _before: object, _time: float, volumes_ml: np.ndarray, tension_kpa: float) -> "Elastic":
        return Elastic(volumes_ml, tension_kpa, self.coupling, self.shortening)


def share(time_s: np.ndarray) -> np.ndarray:
    """Return by how much Regazzoni's ventricles contract: 0.1 s on, up for 0.25 s, down for 0.4 s."""
    since, after = (time_s - 0.1) % 0.8, (time_s - 0.35) % 0.8
    rising, falling = 0.5 - 0.5 * np.cos(np.pi * since / 0.25), 0.5 + 0.5 * np.cos(np.pi * after / 0.4)
    return np.where(since < 0.25, rising, np.where(after < 0.4, falling, 0.0))


def test_two_elastances_through_the_same_door_bring_the_circulation_back() -> None:
    """In steps ten times as long as the circulation's own: a beat, within 0.1 %."""
    state = REGAZZONI_2020.start.array()
    place = Elastic(state[PLACES], float(share(np.zeros(1))[0]))
    found = beat(place, REGAZZONI_2020, share, place, state, step_s=5e-3)
    exact, ours = measures_of(run(REGAZZONI_2020, 1, step_s=5e-4)), found.measures()
    for name in exact.keys() - {"isovolumic_contraction_s"}:
        assert ours[name] == pytest.approx(exact[name], rel=1e-3), name


def test_speed_takes_one_share_from_both_ventricles() -> None:
    """At every place the tension is the course's times Hill's share of what both hold and lose."""
    muscle, state = Shortening(200.0), REGAZZONI_2020.start.array()
    place = Elastic(state[PLACES], float(share(np.zeros(1))[0]), 0.5, muscle)
    made = beat(place, REGAZZONI_2020, share, place, state, step_s=5e-3)
    beats = made.beats
    change = beats.flows_ml_per_s[:, [0, 2]] - beats.flows_ml_per_s[:, [1, 3]]
    volumes = beats.states[:, PLACES].sum(axis=1)
    left = [muscle.share(v, c) for v, c in zip(volumes, change.sum(axis=1), strict=True)]
    # Parts end where the next line begins: there the flows are the next one's, the drives nearly.
    np.testing.assert_allclose(beats.drives, share(beats.times_s) * left, atol=2e-3)
    assert min(left) < 0.8
    for time, held in made.places[1:]:
        assert held.tension_kpa == beats.drives[np.abs(beats.times_s - time).argmin()]


def test_settling_along_a_beat_is_settling() -> None:
    """Of pressures that are lines in volumes it tells all: two ventricles that press on each other."""
    state = REGAZZONI_2020.start.array()
    place = Elastic(state[PLACES], float(share(np.zeros(1))[0]), 0.5)
    first = beat(place, REGAZZONI_2020, share, place, state, step_s=5e-3)
    assert np.abs(first.beats.states[-1] - first.beats.states[0])[PLACES].max() > 1.0
    there = AlongBeat.of(first, share).settled(REGAZZONI_2020).array()
    place = Elastic(there[PLACES], place.tension_kpa, 0.5)
    second = beat(place, REGAZZONI_2020, share, place, there, step_s=5e-3)
    place, there = second.places[-1][1], second.beats.states[-1]
    third = beat(place, REGAZZONI_2020, share, place, there, step_s=5e-3)
    volume, pressure = change_of(second, third)
    assert volume < 0.05
    assert pressure < 0.05


def beaten(lungs: float, step_s: float = 2e-2) -> tuple[Circulation, Coupled]:
    """Return a beat of the made ventricles at 100 a minute; ``lungs`` is their share of resistance."""
    ventricle, filled = pump()
    circulation = Difference(lungs=lungs, heart_rate_per_min=100.0).of(ADULT)
    state = circulation.start.array()
    state[PLACES] = filled.volumes_ml
    return circulation, beat(
        ventricle, circulation, tension_of(circulation, 80.0), filled, state, step_s=step_s
    )


def test_both_ventricles_beat_and_keep_their_blood() -> None:
    """A beat of 400 tetrahedra, its walls holding what the circulation counts."""
    circulation, made = beaten(1.0)
    blood = circulation.volume_ml(made.beats.states)
    assert np.ptp(blood) < 1e-9 * blood[0]
    body = pump()[0].body
    for time, held in made.places:
        row = np.abs(made.beats.times_s - time).argmin()
        walls = body.volumes(held.state) / 1000.0  # to the search's tolerance
        np.testing.assert_allclose(walls, made.beats.states[row, PLACES], atol=1e-4)
        np.testing.assert_allclose(held.pressures_mmhg, made.beats.pressures_mmhg[row, PLACES], atol=0.2)
    found = made.measures()
    assert found["lv_peak_pressure_mmhg"] > 2.0 * found["rv_peak_pressure_mmhg"] > 30.0
    assert found["lv_stroke_volume_ml"] > 20.0
    assert found["rv_stroke_volume_ml"] > 20.0


@pytest.mark.slow
def test_what_the_lungs_hold_back_the_left_side_lacks() -> None:
    """Six times the lungs' resistance, settled: less from the right, less into the left."""
    found = []
    for lungs in (1.0, 6.0):
        circulation, made = beaten(lungs)
        along = AlongBeat.of(made, tension_of(circulation, 80.0))
        settled = replace(circulation, start=along.settled(circulation))
        found.append(measures_of(run(settled, 1, cavities=along)))
    before, after = found
    assert after["rv_stroke_volume_ml"] < 0.95 * before["rv_stroke_volume_ml"]
    assert after["rv_peak_pressure_mmhg"] > before["rv_peak_pressure_mmhg"] + 5.0
    assert after["lv_end_diastolic_volume_ml"] < before["lv_end_diastolic_volume_ml"] - 5.0
    assert after["lv_stroke_volume_ml"] == pytest.approx(after["rv_stroke_volume_ml"], abs=0.1)  # in series


def test_three_cavities_are_no_ventricles() -> None:
    mesh = heart()
    assert mesh.axes_inside is not None
    faces = [face_of(mesh, name) for name in ("endo_lv", "endo_rv", "endo_rv")]
    body = Body(mesh, mesh.axes_inside, law_of(5.0, 1.0), np.zeros(mesh.points.shape, bool), faces)
    with pytest.raises(GeometryError, match="one cavity"):
        Ventricle(body)
