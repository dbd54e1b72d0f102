"""A ventricle reduced to what its chart holds: pressure and shape at any volume and tension, at once.

As long as nothing in the wall is viscous and all its fibers pull alike, both depend on volume and tension
alone. The shapes that were computed are made up of a few modes (a singular value decomposition), and the
modes' amounts are interpolated by bicubic splines. A wall that is ``s`` times as stiff, in bulk too, comes
to rest at ``s`` times the pressure where one of stiffness 1 does under ``1/s`` of the tension, in the same
shape: stiffness needs no chart of its own.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import NdBSpline, make_interp_spline

from physics.cardiac.chart import Chart, extended
from physics.cardiac.tension import Tension
from physics.circulation import Shortening, Table

LEFT_OUT_MM = 0.02
"""Largest mean distance, over all places of the chart, of a shape from what its modes make up."""

MOST_MODES = 30


@dataclass(frozen=True, eq=False)
class Reduced:
    """Pressure and shape over volume and tension.

    Attributes
    ----------
    volumes_ml : ndarray, shape (v,)
    tensions_kpa : ndarray, shape (s,)
    pressures_mmhg : ndarray, shape (v, s)
        NaN where the wall found no rest.
    modes : ndarray, shape (k, nodes, 3), float32
        Displacements from the unloaded shape, mm.
    amounts : ndarray, shape (v, s, k)
    strayed_mm : ndarray, shape (v, s)
        Mean distance of the modes' shape from the computed one; NaN where there is none.
    shortening : Shortening, optional
        As the chart's.
    """

    volumes_ml: NDArray[np.float64]
    tensions_kpa: NDArray[np.float64]
    pressures_mmhg: NDArray[np.float64]
    modes: NDArray[np.float32]
    amounts: NDArray[np.float64]
    strayed_mm: NDArray[np.float64]
    shortening: Shortening | None = None

    @cached_property
    def _spline(self) -> NdBSpline:
        """The modes' amounts over volume and tension."""
        return _bicubic(self.volumes_ml, self.tensions_kpa, extended(self.volumes_ml, self.amounts))

    def cavity(self, tension_kpa: Tension, stiffness: float = 1.0) -> Table:
        """Return it as a chamber of the circulation; see ``Chart.cavity``."""
        return self._chart.cavity(tension_kpa, stiffness)

    def displacement_mm(
        self, volume_ml: float, tension_kpa: float, stiffness: float = 1.0
    ) -> NDArray[np.float32]:
        """Return where the nodes have moved from the unloaded shape, (nodes, 3)."""
        amounts = self._spline((volume_ml, tension_kpa / stiffness)).astype(np.float32)
        return np.tensordot(amounts, self.modes, axes=1)

    def reaches(
        self, volume_ml: NDArray[np.float64], tension_kpa: NDArray[np.float64], stiffness: float = 1.0
    ) -> bool:
        """Tell whether all places (k,) lie among those that were computed; see ``Chart.reaches``."""
        return self._chart.reaches(volume_ml, tension_kpa / stiffness)

    @cached_property
    def _chart(self) -> Chart:
        still = np.zeros((0, 0, 0, 3), np.float32)
        return Chart(self.volumes_ml, self.tensions_kpa, self.pressures_mmhg, still, self.shortening)


def reduced_of(chart: Chart) -> Reduced:
    """Return the fewest modes that keep all shapes of a chart within ``LEFT_OUT_MM``."""
    there = np.isfinite(chart.pressures_mmhg)
    shapes = chart.displacements_mm[there].reshape(int(there.sum()), -1)
    left, sizes, right = _decomposed(shapes)
    count = len(shapes)
    for k in range(1, min(MOST_MODES, len(sizes)) + 1):
        off = _off_mm(shapes, (left[:, :k] * sizes[:k]) @ right[:k])
        if off.max() <= LEFT_OUT_MM:
            count = k
            break
    count = min(count, MOST_MODES, len(sizes))
    amounts = np.full((*there.shape, count), np.nan)
    amounts[there] = left[:, :count] * sizes[:count]
    strayed = np.full(there.shape, np.nan)
    strayed[there] = _off_mm(shapes, (left[:, :count] * sizes[:count]) @ right[:count])
    modes = right[:count].reshape(count, -1, 3).astype(np.float32)
    return Reduced(
        chart.volumes_ml, chart.tensions_kpa, chart.pressures_mmhg, modes, amounts, strayed, chart.shortening
    )


def _decomposed(
    shapes: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the singular value decomposition of shapes (few, many), by their small square."""
    wide = shapes.astype(np.float64)
    values, left = np.linalg.eigh(wide @ wide.T)
    order = np.argsort(values)[::-1]
    kept = order[values[order] > 1e-12 * max(values.max(), 1e-300)]
    sizes = np.sqrt(values[kept])
    return left[:, kept], sizes, (left[:, kept] / sizes).T @ wide


def _off_mm(shapes: NDArray, made: NDArray) -> NDArray[np.float64]:
    off = (shapes - made).reshape(len(shapes), -1, 3)
    return np.asarray(np.linalg.norm(off, axis=2).mean(axis=1))


def _bicubic(x: NDArray[np.float64], y: NDArray[np.float64], values: NDArray[np.float64]) -> NdBSpline:
    """Return the spline through values (len(x), len(y), k), cubic where there are four of each."""
    degrees = min(3, len(x) - 1), min(3, len(y) - 1)
    along = make_interp_spline(x, values, k=degrees[0], axis=0)
    across = make_interp_spline(y, np.moveaxis(along.c, 1, 0), k=degrees[1], axis=0)
    return NdBSpline((along.t, across.t), np.ascontiguousarray(np.moveaxis(across.c, 0, 1)), degrees)
