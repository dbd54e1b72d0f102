"""A ventricle's pressure over volume and tension, measured once: the stand-in for settling and fitting."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline

from physics.cardiac.equilibrium import NotConvergedError
from physics.cardiac.tension import Tension
from physics.cardiac.ventricle import Held, Ventricle
from physics.circulation import Beats, Circulation, Shortening, Table, run
from physics.circulation.loop import STEP_S
from twin.errors import UserError
from twin.progress import Progress


@dataclass(frozen=True, eq=False)
class Chart:
    """Pressures at rest, which depend on volume and tension alone: dashpots do not pull there.

    Attributes
    ----------
    volumes_ml : ndarray, shape (n,)
    tensions_kpa : ndarray, shape (m,)
    pressures_mmhg : ndarray, shape (n, m)
        NaN where the wall found no rest.
    displacements_mm : ndarray, shape (n, m, nodes, 3), float32
        Of the body's nodes from its unloaded shape; NaN where the wall found no rest.
    shortening : Shortening, optional
        What speed takes from the tension before it acts: the ventricle's.
    """

    volumes_ml: NDArray[np.float64]
    tensions_kpa: NDArray[np.float64]
    pressures_mmhg: NDArray[np.float64]
    displacements_mm: NDArray[np.float32]
    shortening: Shortening | None = None

    def spline(self) -> RectBivariateSpline:
        """Return pressure over volume and tension; where no rest was found, the nearest slope goes on."""
        filled = extended(self.volumes_ml, self.pressures_mmhg[..., None])[..., 0]
        return RectBivariateSpline(self.volumes_ml, self.tensions_kpa, filled)

    def reaches(self, volume_ml: NDArray[np.float64], tension_kpa: NDArray[np.float64]) -> bool:
        """Tell whether all places (k,), tensions as they act, lie among those where rest was found."""
        n = np.searchsorted(self.volumes_ml, volume_ml, "right") - 1
        m = np.searchsorted(self.tensions_kpa, tension_kpa, "right") - 1
        rows, columns = len(self.volumes_ml) - 1, len(self.tensions_kpa) - 1
        inside = (
            (n >= 0) & (m >= 0) & (volume_ml <= self.volumes_ml[-1]) & (tension_kpa <= self.tensions_kpa[-1])
        )
        n, m = np.clip(n, 0, rows - 1), np.clip(m, 0, columns - 1)
        around = [self.pressures_mmhg[n + a, m + b] for a in (0, 1) for b in (0, 1)]
        return bool((inside & np.isfinite(around).all(axis=0)).all())

    def cavity(self, tension_kpa: Tension, stiffness: float = 1.0) -> Table:
        """Return it as a chamber of the circulation, pulling as ``tension_kpa`` of times (k,) in s says.

        ``stiffness``: see ``Table.scaled``.
        """
        table = Table.of(self.spline(), self.volumes_ml, self.tensions_kpa, tension_kpa)
        return replace(table, shortening=self.shortening).scaled(stiffness)


def extended(volumes_ml: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values (v, s, k) without gaps: where there are none, the nearest slope over volume goes on."""
    filled = values.copy()
    for column in range(values.shape[1]):
        known = np.flatnonzero(np.isfinite(values[:, column]).all(axis=1))
        first, last = known[:2], known[-2:]
        for (a, b), gap in ((first, np.arange(known[0])), (last, np.arange(known[-1] + 1, len(values)))):
            slope = (values[b, column] - values[a, column]) / (volumes_ml[b] - volumes_ml[a])
            filled[gap, column] = values[a, column] + (volumes_ml[gap] - volumes_ml[a])[:, None] * slope
    return filled


def chart_of(
    ventricle: Ventricle,
    volumes_ml: NDArray[np.float64],
    tensions_kpa: NDArray[np.float64],
    progress: Progress | None = None,
    *,
    start: Held | None = None,
) -> Chart:
    """Measure a ventricle at volumes (ascending) and tensions (ascending from 0).

    Each tension is begun at the volume nearest to that of ``start`` (of the ventricle at ease where it is not
    given) and followed from there to both sides, as far as the wall finds rest.

    Raises
    ------
    UserError
        It finds rest hardly anywhere.
    """
    shape = (len(volumes_ml), len(tensions_kpa))
    empty = np.full((*shape, len(ventricle.body.mesh.points), 3), np.nan, np.float32)
    chart = Chart(volumes_ml, tensions_kpa, np.full(shape, np.nan), empty, ventricle.shortening)
    here = start or ventricle.rest()
    middle = int(np.abs(volumes_ml - here.volume_ml).argmin())
    for m, tension in enumerate(tensions_kpa):
        try:
            here = ventricle.at(float(volumes_ml[middle]), float(tension), here)
        except NotConvergedError:
            return _cut(chart, m)
        _note(chart, ventricle, middle, m, here)
        for way in (range(middle + 1, len(volumes_ml)), range(middle - 1, -1, -1)):
            _follow(chart, ventricle, here, way, m)
        if progress is not None:
            progress((m + 1) / len(tensions_kpa), f"ventricle at {tension:.0f} kPa")
    return _cut(chart, len(tensions_kpa))


def _cut(chart: Chart, columns: int) -> Chart:
    """Return the columns that were reached; raise where they are too few to tell anything."""
    known = np.isfinite(chart.pressures_mmhg[:, :columns]).sum(axis=0)
    if columns < _COLUMNS or known.min() < 2:
        raise UserError(
            f"The ventricle finds no rest between {chart.volumes_ml[0]:.0f} and "
            f"{chart.volumes_ml[-1]:.0f} mL at up to {chart.tensions_kpa[-1]:.0f} kPa.",
            "Take a narrower range of volumes, or less tension.",
        )
    return replace(
        chart,
        tensions_kpa=chart.tensions_kpa[:columns],
        pressures_mmhg=chart.pressures_mmhg[:, :columns],
        displacements_mm=chart.displacements_mm[:, :columns],
    )


_COLUMNS = 4
"""As few as a cubic in tension needs."""
_NARROWEST = 0.2
"""Share of the way between two places of a chart below which it is given up: no beat goes where the wall
buckles, and to follow it there takes longer than all the rest."""


def _follow(chart: Chart, ventricle: Ventricle, here: Held, way: range, m: int) -> None:
    """Fill one side of a column, as far as it goes."""
    for n in way:
        try:
            here = ventricle.at(float(chart.volumes_ml[n]), here.tension_kpa, here, narrowest=_NARROWEST)
        except NotConvergedError:
            return
        _note(chart, ventricle, n, m, here)


def _note(chart: Chart, ventricle: Ventricle, n: int, m: int, here: Held) -> None:
    chart.pressures_mmhg[n, m] = here.pressure_mmhg
    chart.displacements_mm[n, m] = here.state.points - ventricle.body.mesh.points


SETTLED_ML = 0.01


def settled(
    chart: Chart, circulation: Circulation, tension_kpa: Tension, most: int = 100, stiffness: float = 1.0
) -> Circulation:
    """Return the circulation beginning where beats with this ventricle repeat themselves.

    Raises
    ------
    UserError
        After ``most`` beats they still do not, or they leave the chart.
    """
    circulation, beats = repeating(chart.cavity(tension_kpa, stiffness), circulation, most)
    tensions = beats.drives / stiffness
    if not chart.reaches(beats.states[:, 1], tensions):
        low, high = beats.states[:, 1].min(), beats.states[:, 1].max()
        raise UserError(
            f"The beat goes from {low:.0f} to {high:.0f} mL at up to {tensions.max():.0f} kPa, beyond where "
            "the ventricle was measured.",
            "Measure it over a wider range of volumes and tensions.",
        )
    return circulation


def repeating(
    cavity: Table, circulation: Circulation, most: int = 100, step_s: float = STEP_S
) -> tuple[Circulation, Beats]:
    """Return the circulation beginning where beats repeat themselves, and the last one.

    Raises
    ------
    UserError
        After ``most`` beats they still do not.
    """
    for _ in range(most):
        beats = run(circulation, 1, cavities={"LV": cavity}, step_s=step_s)
        change = float(np.abs(beats.states[-1, :4] - beats.states[0, :4]).max())
        circulation = replace(circulation, start=beats.end())
        if change < SETTLED_ML:
            return circulation, beats
        if not np.isfinite(change):
            break
    raise UserError(
        f"After {most} beats the volumes still change by {change:.2f} mL a beat.",
        "Look at resistances and tension: they may ask for a circulation that cannot be.",
    )
