"""A chamber that was measured: its pressure as bicubic patches over volume and what drives it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from physics.circulation.shortening import Shortening, numbers_of

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """A cavity whose pressure is tabled, asked by compiled code; see ``loop.Cavity``.

    Beyond the edges the slope there goes on.

    Attributes
    ----------
    volumes_ml : ndarray, shape (n,)
        Ascending.
    drives : ndarray, shape (m,)
        Ascending: tension, or whatever the pressure depends on beside the volume.
    patches : ndarray, shape (n - 1, m - 1, 4, 4)
        Coefficients of u^i w^j in each cell, u and w from 0 to 1 within it; mmHg.
    drive : callable
        The drive at times (k,) in s.
    shortening : Shortening, optional
        What the speed of shortening takes from the drive.
    """

    volumes_ml: Array
    drives: Array
    patches: Array
    drive: Callable[[Array], Array]
    shortening: Shortening | None = None

    @classmethod
    def of(cls, spline: Any, volumes_ml: Array, drives: Array, drive: Callable[[Array], Array]) -> "Table":
        """Return a bicubic spline (SciPy's, its knots among these volumes and drives) as a table."""
        corners = np.empty((2, 2, len(volumes_ml), len(drives)))
        for a in (0, 1):
            for b in (0, 1):
                corners[a, b] = spline(volumes_ml, drives, dx=a, dy=b)
        wide, high = np.diff(volumes_ml)[:, None], np.diff(drives)[None, :]
        values = np.empty((len(volumes_ml) - 1, len(drives) - 1, 4, 4))
        for a in (0, 1):
            for b in (0, 1):
                for i in (0, 1):
                    for j in (0, 1):
                        there = corners[a, b, i : len(volumes_ml) - 1 + i, j : len(drives) - 1 + j]
                        values[..., i + 2 * a, j + 2 * b] = there * wide**a * high**b
        # Rows: the coefficients 1, u, u², u³ from f(0), f(1), f'(0), f'(1) (Hermite).
        hermite = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [-3, 3, -2, -1], [2, -2, 1, 1]], float)
        patches = np.einsum("ik,nmkl,jl->nmij", hermite, values, hermite)
        return cls(volumes_ml, drives, np.ascontiguousarray(patches), drive)

    def __call__(self, volume_ml: float, time_s: float) -> float:
        """Return the pressure of a volume that stays, mmHg."""
        drive = float(np.asarray(self.drive(np.array([time_s])))[0])
        return float(tabled(volume_ml, drive, self.volumes_ml, self.drives, self.patches))

    def numbers(self, times_s: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Return what compiled code asks: the drive at times, the table, and the shortening's numbers."""
        drives = np.asarray(self.drive(times_s), np.float64)
        return drives, self.volumes_ml, self.drives, self.patches, numbers_of(self.shortening)

    def scaled(self, factor: float) -> "Table":
        """Return the table of a wall all of whose passive stresses are ``factor`` times as large.

        At the same drive: p(V, T; s) = s p(V, T/s; 1), exact where everything passive (springs and
        compressibility too) scales.
        """
        return replace(self, drives=factor * self.drives, patches=factor * self.patches)


@njit(cache=True)
def tabled(volume: float, drive: float, volumes: Array, drives: Array, patches: Array) -> float:
    """Return the pressure of a ``Table`` at a volume and a drive."""
    v = min(max(volume, volumes[0]), volumes[-1])
    t = min(max(drive, drives[0]), drives[-1])
    n = min(np.searchsorted(volumes, v, "right") - 1, len(volumes) - 2)
    m = min(np.searchsorted(drives, t, "right") - 1, len(drives) - 2)
    wide, high = volumes[n + 1] - volumes[n], drives[m + 1] - drives[m]
    u, w = (v - volumes[n]) / wide, (t - drives[m]) / high
    value = by_volume = by_drive = 0.0
    for i in range(3, -1, -1):
        row = slope = 0.0
        for j in range(3, -1, -1):
            slope = slope * w + row
            row = row * w + patches[n, m, i, j]
        by_volume = by_volume * u + value
        value = value * u + row
        by_drive = by_drive * u + slope
    return float(value + by_volume / wide * (volume - v) + by_drive / high * (drive - t))
