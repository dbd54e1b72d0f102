"""From an imaged ventricle and a few numbers to the patient's own beating one, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from physics.cardiac import Chart, Coupled, Twitch, Ventricle, chart_of
from physics.cardiac.chart import repeating
from physics.cardiac.ventricle import MM3_PER_ML
from physics.circulation import Beats, Circulation, Shortening, measures_of
from physics.personal.beliefs import R_WAVE_S, adult_at, beliefs, circulation_of, twitch_of
from physics.personal.ensemble import Datum, Ensemble, Estimate, assimilated, values
from physics.personal.full import full_beats as in_full
from physics.personal.imaged import Imaged
from physics.personal.measured import MEASURES, Measured
from physics.personal.passive import Passive, passive
from twin.errors import UserError
from twin.progress import Progress

Array = NDArray[np.float64]

ACROSS, LENGTHENING = 0.05, 1.3
"""Tension across the fibres, and its rise with stretch: β = 2.3 (Land 2017) is of force over the first area;
as second Piola–Kirchhoff stress, once more over the stretch, 1.3 is left. The share across was chosen on the
one patient at hand."""
_BEATS = 60
_VOLUMES = 14
_LOWEST, _HIGHEST = 0.85, 1.2
"""Of the end-systolic and the end-diastolic volume: as far as the chart goes."""
_TENSIONS_KPA = np.array([0.0, 15.0, 30.0, 45.0, 60.0, 80.0, 100.0, 125.0, 150.0, 180.0, 220.0, 260.0, 300.0])


@dataclass(frozen=True)
class Interval:
    """A number of the full beat, and 95 % of the ensemble about it; NaN for what the chart does not tell."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Personal:
    """A patient's own ventricle in its circulation.

    Attributes
    ----------
    measured : Measured
    passive : Passive
        Unloaded shape and stiffness at the middle end-diastolic pressure, by Klotz.
    stiffness_interval_kpa : tuple of float
        The stiffness fitted at end-diastolic pressures one error lower and one higher.
    ventricle : Ventricle
        As stiff as the most probable member has it.
    chart : Chart
        Of the wall as fitted to Klotz; ``stiffness`` scales it.
    ensemble : Ensemble
    estimates : tuple of Estimate
    best : dict of str to float
        The most probable member, which was confirmed.
    circulation : Circulation
        Begins where its beats repeat.
    tension : Twitch
    beats : tuple of Coupled
        Full ones, one after the other.
    measures : dict of str to Interval
        Of the last full beat by name with unit.
    r_wave_s : float
        When in the beat the R wave is.
    """

    measured: Measured
    passive: Passive
    stiffness_interval_kpa: tuple[float, float]
    ventricle: Ventricle
    chart: Chart
    ensemble: Ensemble
    estimates: tuple[Estimate, ...]
    best: dict[str, float]
    circulation: Circulation
    tension: Twitch
    beats: tuple[Coupled, ...]
    measures: dict[str, Interval]
    r_wave_s: float


def personalize(
    imaged: Imaged,
    measured: Measured,
    *,
    members: int = 100,
    full_beats: int = 2,
    seed: int = 0,
    progress: Progress | None = None,
) -> Personal:
    """Fit a ventricle and its circulation to images and a few numbers.

    Stiffness and unloaded shape come first, by Klotz; then tension, its course, the vessels, the blood and
    the atrium by an ensemble on the ventricle's chart; full beats confirm the most probable member.

    Raises
    ------
    UserError
        Data that no heart has, or that do not belong together; it names which.
    """
    progress = progress or Progress()
    rest, interval = _at_rest(imaged, measured, progress.between(0.0, 0.3))
    ventricle = _ventricle(imaged, rest)
    start = ventricle.resting(rest.unloaded.loaded)
    reach = _LOWEST * measured.least_ml, _HIGHEST * imaged.volume_ml
    chart = chart_of(
        ventricle, np.linspace(*reach, _VOLUMES), _TENSIONS_KPA, progress.between(0.3, 0.6), start=start
    )
    base = adult_at(measured.heart_rate_per_min)
    spread = float(np.clip(0.5 * np.log(interval[1] / interval[0]), 0.05, 0.6))
    data = measured.data()
    model = _Model(base, chart, measured.phases, data)
    ensemble = assimilated(
        beliefs(base, spread), data, model.predicted, members=members, seed=seed,
        progress=progress.between(0.6, 0.8),
    )  # fmt: skip
    best = values(ensemble.parameters, ensemble.best())
    circulation, _beats = model.settled(best)
    tension = twitch_of(base, best)
    stiff = _ventricle(imaged, rest, best["stiffness"])
    begin = stiff.resting(rest.unloaded.loaded)
    beats = in_full(stiff, begin, circulation, tension, full_beats, progress.between(0.8, 1.0))
    return Personal(
        measured, rest, interval, stiff, chart, ensemble, ensemble.estimates(), best, circulation, tension,
        beats, _intervals(beats[-1].measures(), model, ensemble), R_WAVE_S,
    )  # fmt: skip


def _at_rest(imaged: Imaged, measured: Measured, progress: Progress) -> tuple[Passive, tuple[float, float]]:
    """Return the wall fitted to Klotz, and its stiffness at one error less and more of the pressure."""
    middle = passive(imaged, measured.edp, progress=progress.between(0.0, 0.6))
    ends = []
    for number, sign in enumerate((-1.0, 1.0)):
        pressure = float(np.clip(measured.edp + sign * measured.edp_error, 1.0, 40.0))
        part = progress.between(0.6 + 0.2 * number, 0.8 + 0.2 * number)
        ends.append(passive(imaged, pressure, bend=middle.bend, near=middle, progress=part).stiffness_kpa)
    return middle, (min(ends), max(ends))


def _ventricle(imaged: Imaged, rest: Passive, factor: float = 1.0) -> Ventricle:
    """Return the ventricle, its wall and springs ``factor`` times as stiff."""
    scaled = replace(imaged, springs=imaged.springs.scaled(factor))
    law = replace(rest, stiffness_kpa=factor * rest.stiffness_kpa).law
    body = scaled.body(law).reshaped(rest.unloaded.body.mesh.points, rest.unloaded.axes)
    shortening = Shortening(float(body.volumes_mm3.sum()) / MM3_PER_ML)
    return Ventricle(body, across=ACROSS, lengthening=LENGTHENING, shortening=shortening)


class _Model:
    """What parameters make of the data, on the chart."""

    def __init__(self, base: Circulation, chart: Chart, phases: Array, data: Sequence[Datum]) -> None:
        self._base, self._phases, self._data = base, phases, data
        self._table = chart.cavity(lambda times: times)

    def settled(self, members: dict[str, float]) -> tuple[Circulation, Beats]:
        """Return the circulation where its beats repeat, and one of them."""
        table = replace(self._table, drive=twitch_of(self._base, members)).scaled(members["stiffness"])
        return repeating(table, circulation_of(self._base, members), _BEATS)

    def predicted(self, members: dict[str, float]) -> Array | None:
        """Return volumes and pressures in the order of ``Measured.data``; None where no beats repeat."""
        if members["rise"] + members["fall"] > members["length"] or members["length"] > self._base.beat_s:
            return None
        try:
            _circulation, beats = self.settled(members)
            return predicted_of(beats, self._phases, self._data)
        except (UserError, ValueError, FloatingPointError):
            return None

    def measures(self, members: dict[str, float]) -> dict[str, float] | None:
        """Return the numbers of a beat; None where none repeat."""
        try:
            return measures_of(self.settled(members)[1])
        except (UserError, ValueError):
            return None


def predicted_of(beats: Beats, phases: Array, data: Sequence[Datum]) -> Array:
    """Return what a beat makes of the data, in their order: as ``Measured.data`` has them."""
    times = (R_WAVE_S + phases * beats.times_s[-1]) % beats.times_s[-1]
    numbers = measures_of(beats)
    volumes = np.interp(times, beats.times_s, beats.states[:, 1])
    return np.concatenate([volumes, [numbers[MEASURES[d.name]] for d in data[len(phases) :]]])


def _intervals(numbers: dict[str, float], model: _Model, ensemble: Ensemble) -> dict[str, Interval]:
    """Return the full beat's numbers with the ensemble's spread about them."""
    members = [model.measures(values(ensemble.parameters, units)) for units in ensemble.members]
    found = {}
    for name, value in numbers.items():
        known = np.array([m[name] for m in members if m is not None and name in m])
        low, high = (np.nan, np.nan) if not len(known) else np.percentile(known, (2.5, 97.5))
        found[name] = Interval(value, float(low), float(high))
    return found
