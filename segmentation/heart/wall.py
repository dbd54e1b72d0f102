"""The left ventricle's wall over the cycle: two shells cut by a moving base, as triangles and volumes."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from segmentation.heart.prolate import ProlateFrame
from segmentation.heart.shell import Shell, in_space

AROUND = 64
"""Points of a ring of the surfaces."""

ROWS = 32
"""Rings from apex to base."""

DENSITY_G_ML = 1.05
"""Density of heart muscle (Vinnakota and Bassingthwaighte 2004, Am J Physiol 286:H1742: 1.053)."""


@dataclass(frozen=True, eq=False)
class OpenSurface:
    """A surface with one hole: its base.

    Attributes
    ----------
    points : ndarray, shape (n, 3)
        LPS mm: the apex, then rings from apex to base, each of the same count.
    triangles : ndarray, shape (m, 3), int32
        Normals point away from the cavity.
    ring : ndarray of int, shape (r,)
        Points of the open edge, in order; all lie in the base plane.
    """

    points: NDArray[np.float64]
    triangles: NDArray[np.int32]
    ring: NDArray[np.int32]

    def closed(self) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return points and triangles with a flat lid over the base."""
        middle = self.points[self.ring].mean(axis=0)
        following = np.roll(self.ring, -1)
        lid = np.stack([self.ring, following, np.full(len(self.ring), len(self.points))], axis=1)
        return np.vstack([self.points, middle]), np.vstack([self.triangles, lid]).astype(np.int32)

    def volume_ml(self) -> float:
        """Return the volume under the flat lid, mL."""
        points, triangles = self.closed()
        corners = (points - points.mean(axis=0))[triangles]
        return float(np.einsum("ni,ni->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6000)


@dataclass(frozen=True, eq=False)
class Base:
    """The plane through the mitral ring, at each phase.

    Attributes
    ----------
    points : ndarray, shape (t, 3)
        A point of the plane, LPS mm.
    normals : ndarray, shape (t, 3)
        Unit normals, away from the apex.
    """

    points: NDArray[np.float64]
    normals: NDArray[np.float64]

    def above_mm(self, lps: NDArray[np.float64], phase: int) -> NDArray[np.float64]:
        """Return the signed distance of points toward the atrium; shape (..., 3) to (...)."""
        return (lps - self.points[phase]) @ self.normals[phase]


@dataclass(frozen=True, eq=False)
class Wall:
    """Endocardium and epicardium of the left ventricle with its base."""

    endo: Shell
    epi: Shell
    base: Base

    @property
    def frame(self) -> ProlateFrame:
        """The frame of both shells."""
        return self.endo.frame

    def endocardium(self, phase: int) -> OpenSurface:
        """Return the inner surface at a phase."""
        return cut(self.endo, self.base, phase)

    def epicardium(self, phase: int) -> OpenSurface:
        """Return the outer surface at a phase; as many points as the inner one, in the same order."""
        return cut(self.epi, self.base, phase)

    @cached_property
    def cavity_ml(self) -> NDArray[np.float64]:
        """Cavity volume at each phase."""
        return volumes_ml(self.endo, self.base)

    @cached_property
    def muscle_ml(self) -> NDArray[np.float64]:
        """Volume of the compact muscle below the base plane at each phase."""
        return volumes_ml(self.epi, self.base) - self.cavity_ml


def volumes_ml(shell: Shell, base: Base) -> NDArray[np.float64]:
    """Return the volume within a shell below the base at each phase, mL."""
    ends = base_edge(shell, base, np.arange(AROUND) * 2 * np.pi / AROUND)
    return np.array([cut(shell, base, t, end).volume_ml() for t, end in enumerate(ends)])


def cut(
    shell: Shell, base: Base, phase: int, end: NDArray[np.float64] | None = None, rows: int = ROWS
) -> OpenSurface:
    """Cut a shell by the base plane: rings from the apex to the plane, the last one in it.

    Each meridian is divided evenly in ``m``, from the apex to where it meets the plane (``end``, found where
    it is not given).
    """
    around = AROUND
    angle = np.arange(around) * 2 * np.pi / around
    end = base_edge(shell, base, angle)[phase] if end is None else end
    part = np.arange(1, rows + 1) / rows
    m = (part[:, None] * end).ravel()
    a = np.tile(angle, rows)
    top = np.zeros(1)
    apex = shell.frame.lps(shell.lam(top, top)[phase], top, top)
    points = np.vstack([apex, shell.frame.lps(in_space(m, a) @ shell.at_phases[:, phase], m, a)])
    ring = (1 + (rows - 1) * around + np.arange(around)).astype(np.int32)
    return OpenSurface(points, _triangles(around, rows), ring)


@cache
def _triangles(around: int, rows: int) -> NDArray[np.int32]:
    """A fan round the apex, then two triangles for each cell between rings."""
    columns = np.arange(around)
    following = (columns + 1) % around
    fan = np.stack([np.zeros(around, int), 1 + following, 1 + columns], axis=1)
    below = 1 + np.arange(rows - 1)[:, None] * around
    first = np.stack([below + columns, below + following, below + around + columns], axis=-1)
    second = np.stack([below + following, below + around + following, below + around + columns], axis=-1)
    return np.vstack([fan, first.reshape(-1, 3), second.reshape(-1, 3)]).astype(np.int32)


def base_edge(shell: Shell, base: Base, angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ``m`` at which each meridian of a shell first meets the base plane; shape (t, n)."""
    grid = np.linspace(0.3, 2.7, 61)
    m, a = np.repeat(grid, len(angle)), np.tile(angle, len(grid))
    lps = shell.frame.lps(shell.lam(m, a), m, a)
    above = _above(lps, base).reshape(len(lps), len(grid), -1)
    over = above >= 0
    over[:, -1] = True
    first = np.maximum(over.argmax(axis=1), 1)
    low, high = grid[first - 1], grid[first]
    turned = np.broadcast_to(angle, low.shape)
    for _ in range(14):
        middle = (low + high) / 2
        basis = in_space(middle.ravel(), turned.ravel()).reshape(*low.shape, -1)
        lam = np.einsum("tns,st->tn", basis, shell.at_phases)
        beyond = _above(shell.frame.lps(lam, middle, turned), base) >= 0
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return (low + high) / 2


def _above(lps: NDArray[np.float64], base: Base) -> NDArray[np.float64]:
    return np.einsum("tni,ti->tn", lps - base.points[:, None], base.normals)
