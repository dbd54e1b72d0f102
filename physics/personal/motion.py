"""How far a simulated wall is from the segmented one at the same part of the cycle."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from physics.cardiac import Coupled
from physics.heart.axis import long_axis
from twin.domain import Surface, TetMesh

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Apart:
    """Mean distances of two surfaces, mm: from the simulated to the segmented one, and back."""

    fraction: float
    there_mm: float
    back_mm: float

    @property
    def mean_mm(self) -> float:
        """Mean of both ways."""
        return 0.5 * (self.there_mm + self.back_mm)


def wall_motion(
    mesh: TetMesh,
    beat: Coupled,
    begin_s: float,
    patch: str,
    segmented: Sequence[tuple[float, Surface]],
) -> list[Apart]:
    """Compare a patch (``endo_lv`` or ``epi``) with surfaces at fractions of the cycle since the R wave.

    Parameters
    ----------
    mesh : TetMesh
        The beating one.
    begin_s : float
        When in the beat the R wave is.
    segmented : sequence of (fraction, Surface)
    """
    triangles = mesh.patch(patch).triangles
    found = []
    for fraction, surface in segmented:
        points = points_at(beat, (begin_s + fraction * beat.beats.times_s[-1]) % beat.beats.times_s[-1])
        there, back = surface_distances(points, triangles, surface.points, surface.triangles)
        found.append(Apart(fraction, there, back))
    return found


def shortening_percent(before: Array, after: Array, triangles: NDArray[np.int32]) -> float:
    """Return by how much an open endocardium's long axis is shorter with its nodes (n, 3) elsewhere, %."""
    return 100.0 * (1.0 - long_axis(after, triangles).length_mm / long_axis(before, triangles).length_mm)


def points_at(beat: Coupled, time_s: float) -> Array:
    """Return the wall's nodes (n, 3) at a time of the beat, in a line between its two nearest places."""
    times = np.array([time for time, _place in beat.places])
    after = int(np.clip(np.searchsorted(times, time_s), 1, len(times) - 1))
    part = (time_s - times[after - 1]) / (times[after] - times[after - 1])
    one, two = beat.places[after - 1][1].state.points, beat.places[after][1].state.points
    return np.asarray((1.0 - part) * one + part * two)


def surface_distances(
    points: Array, triangles: NDArray[np.int32], others: Array, other_triangles: NDArray[np.int32]
) -> tuple[float, float]:
    """Return mean distances (mm) of two surfaces, from the first to the second and back, by area."""
    first, second = points[triangles], others[other_triangles]
    return _mean_distance(first, second), _mean_distance(second, first)


def _mean_distance(first: Array, second: Array) -> float:
    areas = np.linalg.norm(np.cross(first[:, 1] - first[:, 0], first[:, 2] - first[:, 0]), axis=1)
    # Three points in each triangle, exact for what is of the second degree (Strang and Fix 1973).
    inner = np.full((3, 3), 1.0 / 6.0) + 0.5 * np.eye(3)
    places = np.einsum("qa,tai->tqi", inner, first)
    away = _nearest(places.reshape(-1, 3), np.ascontiguousarray(second)).reshape(-1, 3)
    return float(np.average(away.mean(axis=1), weights=areas))


@njit(cache=True)
def _nearest(points: Array, corners: Array) -> Array:
    """Return the distance of each point (p, 3) from the nearest of triangles (t, 3, 3); every one is asked.

    After Ericson 2005, Real-Time Collision Detection, 5.1.5.
    """
    found = np.empty(len(points))
    for n in range(len(points)):
        best = np.inf
        for t in range(len(corners)):
            a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
            d1 = d2 = d3 = d4 = d5 = d6 = 0.0
            for i in range(3):
                ab, ac = b[i] - a[i], c[i] - a[i]
                d1 += ab * (points[n, i] - a[i])
                d2 += ac * (points[n, i] - a[i])
                d3 += ab * (points[n, i] - b[i])
                d4 += ac * (points[n, i] - b[i])
                d5 += ab * (points[n, i] - c[i])
                d6 += ac * (points[n, i] - c[i])
            va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
            v = w = 0.0
            if d1 <= 0.0 and d2 <= 0.0:
                pass
            elif d3 >= 0.0 and d4 <= d3:
                v = 1.0
            elif d6 >= 0.0 and d5 <= d6:
                w = 1.0
            elif vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
                v = d1 / (d1 - d3)
            elif vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
                w = d2 / (d2 - d6)
            elif va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
                w = (d4 - d3) / ((d4 - d3) + (d5 - d6))
                v = 1.0 - w
            else:
                v, w = vb / (va + vb + vc), vc / (va + vb + vc)
            squared = 0.0
            for i in range(3):
                squared += (points[n, i] - a[i] - v * (b[i] - a[i]) - w * (c[i] - a[i])) ** 2
            best = min(best, squared)
        found[n] = np.sqrt(best)
    return found
