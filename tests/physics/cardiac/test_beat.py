"""A ventricle beating in the circulation."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from physics.cardiac import Body, Ventricle, beat, chart_of, face_of, tension_of
from physics.cardiac.chart import repeating
from physics.cardiac.laws import guccione
from physics.circulation import ADULT, REGAZZONI_2020, Shortening, measures_of, run
from physics.heart import Ellipsoid
from tests.physics.cardiac.published import share
from tests.physics.cardiac.test_chart import CHART
from twin.errors import GeometryError


@dataclass(frozen=True)
class Elastic:
    """p = (a T + b) (V − V0), which a ventricle in 3-D takes the place of."""

    volumes_ml: np.ndarray
    tension_kpa: float
    shortening: Shortening | None = None

    @property
    def elastances(self) -> np.ndarray:
        chamber = REGAZZONI_2020.chambers["LV"]
        return np.full((1, 1), chamber.active_mmhg_per_ml * self.tension_kpa + chamber.passive_mmhg_per_ml)

    @property
    def pressures_mmhg(self) -> np.ndarray:
        return self.elastances[0] * (self.volumes_ml - REGAZZONI_2020.chambers["LV"].unstressed_ml)

    @property
    def gains(self) -> np.ndarray:
        chamber = REGAZZONI_2020.chambers["LV"]
        return chamber.active_mmhg_per_ml * (self.volumes_ml - chamber.unstressed_ml)

    def step(self, _before: object, _time_s: float, volumes_ml: np.ndarray, tension_kpa: float) -> "Elastic":
        return Elastic(volumes_ml, tension_kpa, self.shortening)


def small_ventricle() -> Ventricle:
    """Return half an ellipsoid of a man's size, of few elements."""
    shape = Ellipsoid(21.0, 51.0, 30.0, 60.0, 15.0)
    mesh = shape.mesh(18.0, layers=1, order=2)
    fixed = np.repeat(mesh.points[:, 2:] > shape.base_mm - 1e-6, 3, axis=1)

    def axes(places: np.ndarray) -> np.ndarray:
        fibers = shape.fibers(places, 60.0, -60.0)
        return np.stack([fibers.fiber, fibers.sheet, fibers.normal], axis=1)

    law = guccione(0.45, 18.48, 3.58, 1.627)
    return Ventricle(Body(mesh, axes, law, fixed, [face_of(mesh, "endo_lv")]))


@pytest.mark.parametrize("shortening", [None, Shortening(130.0)])
def test_an_elastance_through_the_same_door_brings_the_circulation_back(
    shortening: Shortening | None,
) -> None:
    """In steps ten times as long as the circulation's own: a beat, within 0.1 %."""
    state = REGAZZONI_2020.start.array()
    place = Elastic(state[1:2], float(share(np.zeros(1))[0]), shortening)
    found = beat(place, REGAZZONI_2020, share, place, state, step_s=5e-3)
    cavities = {"LV": replace(CHART.cavity(share), shortening=shortening)} if shortening else None
    exact, ours = measures_of(run(REGAZZONI_2020, 1, step_s=5e-4, cavities=cavities)), found.measures()
    for time, held in found.places[1:]:
        n = int(np.abs(found.beats.times_s - time).argmin())
        assert held.tension_kpa == found.beats.drives[n]
    for name in (
        "lv_end_diastolic_volume_ml", "lv_end_systolic_volume_ml", "lv_ejection_fraction_percent",
        "lv_peak_pressure_mmhg", "systolic_pressure_mmhg", "mean_arterial_pressure_mmhg",
        "pulmonary_artery_mean_pressure_mmhg", "la_mean_pressure_mmhg", "rv_end_diastolic_volume_ml",
    ):  # fmt: skip
        assert ours[name] == pytest.approx(exact[name], rel=1e-3), name


def test_a_ventricle_in_3d_beats_and_keeps_its_blood() -> None:
    """One beat of some 300 tetrahedra: isovolumic phases, pressures and ejection of a man's heart."""
    pump, tension = small_ventricle(), tension_of(ADULT, 70.0)
    state = ADULT.start.array()
    place = pump.at(state[1], 0.0, pump.rest())
    found = beat(pump, ADULT, tension, place, state, step_s=1e-2)
    volumes = ADULT.volume_ml(found.beats.states)
    assert np.ptp(volumes) < 1e-9 * volumes[0]
    for time, held in found.places:
        # Of the wall itself, to the search's tolerance.
        volume = found.beats.states[np.abs(found.beats.times_s - time).argmin(), 1]
        assert pump.body.volumes(held.state)[0] / 1000.0 == pytest.approx(volume, abs=1e-4)
    numbers = found.measures()
    assert 40 < numbers["lv_ejection_fraction_percent"] < 75
    assert 90 < numbers["lv_peak_pressure_mmhg"] < 150
    assert numbers["isovolumic_contraction_s"] > 0.02


@pytest.mark.slow
def test_reduced_and_full_slow_down_alike() -> None:
    """The chart's own beat, and the ventricle's from where it has settled: within 1 mL and 2 mmHg.

    Steps of 20 ms, and a chart of 24 places: on finer ones they agree better (0.1 mL, ``benchmarks``).
    """
    whole = small_ventricle().body
    pump = Ventricle(whole, shortening=Shortening(float(whole.volumes_mm3.sum()) / 1000.0))
    chart = chart_of(pump, np.linspace(45.0, 150.0, 6), np.linspace(0.0, 100.0, 4))
    tension = tension_of(ADULT, 90.0)
    circulation, reduced = repeating(chart.cavity(tension), ADULT)
    state = circulation.start.array()
    full = beat(pump, circulation, tension, pump.at(state[1], 0.0, pump.rest()), state, step_s=2e-2).beats
    volumes = np.interp(full.times_s, reduced.times_s, reduced.states[:, 1])
    assert np.abs(full.states[:, 1] - volumes).max() < 1.0
    assert full.pressures_mmhg[:, 1].max() == pytest.approx(reduced.pressures_mmhg[:, 1].max(), abs=2.0)
    at_once, _ = repeating(replace(chart, shortening=None).cavity(tension), ADULT)
    quick = run(at_once, 1, cavities={"LV": replace(chart, shortening=None).cavity(tension)})
    assert full.flows_ml_per_s[:, 1].max() < 0.75 * quick.flows_ml_per_s[:, 1].max()
    ours, theirs = ((b.pressures_mmhg[:, 1] - b.states[:, 4]).max() for b in (full, quick))
    assert ours < 0.6 * theirs


def test_more_volume_or_tension_is_more_pressure_and_the_slopes_tell_by_how_much() -> None:
    pump = small_ventricle()
    here = pump.at(90.0, 30.0, pump.rest())
    for volume, tension, slope in ((91.0, 30.0, here.elastances[0, 0]), (90.0, 31.0, here.gains[0])):
        there = pump.at(volume, tension, here)
        back = pump.at(volume - 2.0, tension, here) if volume > 90.0 else pump.at(volume, tension - 2.0, here)
        # In the middle, so that curves do not matter.
        assert 0.5 * (there.pressure_mmhg - back.pressure_mmhg) == pytest.approx(slope, rel=0.05)


def test_a_scar_pulls_less() -> None:
    pump = small_ventricle()
    count = len(pump.body.mesh.tets)
    scarred = Ventricle(pump.body, np.where(np.arange(count) < count // 4, 0.0, 1.0))
    whole, part = (p.at(90.0, 30.0, p.rest()).pressure_mmhg for p in (small_ventricle(), scarred))
    assert part < 0.9 * whole


def test_a_body_without_a_cavity_is_no_ventricle() -> None:
    shape = Ellipsoid(21.0, 51.0, 30.0, 60.0, 15.0)
    mesh = shape.mesh(18.0, layers=1, order=2)
    axes = np.tile(np.eye(3), (len(mesh.tets), 1, 1))
    fixed = np.repeat(mesh.points[:, 2:] > 15.0 - 1e-6, 3, axis=1)
    body = Body(mesh, axes, guccione(0.45, 18.48, 3.58, 1.627), fixed)
    with pytest.raises(GeometryError, match="one cavity"):
        Ventricle(body)
