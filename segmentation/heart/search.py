"""Along a shell's section through a view: where the picture says the wall's edge is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.heart.prolate import ProlateFrame
from segmentation.heart.shell import Shell, in_space
from segmentation.heart.trace import cheapest
from segmentation.heart.views import CineView

STEP_MM = 0.7
"""Distance of samples along a profile: half a pixel of an ordinary cine."""

RAYS = 64
"""Points of a contour."""

SHORT_REACH_MM = 60.0
LONG_REACH_MM = 110.0
"""How far from its middle a ventricle may reach in a view."""

MOST_MISSING = 0.3
"""Part of the rays that a section may lack and still be searched."""

OPENING = 0.70
"""Part of a half turn, either way from the apex, over which a long-axis view is searched."""


@dataclass(frozen=True, eq=False)
class Rays:
    """Directions in a view from a middle, on which each section is one distance.

    Attributes
    ----------
    view : CineView
    center : ndarray, shape (2,)
        (i, j) pixels.
    directions : ndarray, shape (rays, 2)
        In-plane unit vectors, mm along i and j.
    closed : bool
        All round (short axis) or open toward the base (long axis).
    samples : ndarray, shape (n,)
        Distances that are tried, mm.
    basis : ndarray, shape (rays * n, space)
        Space functions of the shells at all samples.
    lam : ndarray, shape (rays, n)
        The samples' own coordinate.
    """

    view: CineView
    center: NDArray[np.float64]
    directions: NDArray[np.float64]
    closed: bool
    samples: NDArray[np.float64]
    basis: NDArray[np.float64]
    lam: NDArray[np.float64]

    def pixels(self, distance_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (i, j) at distances along the rays; shape (..., rays) to (..., rays, 2)."""
        return self.center + distance_mm[..., None] * self.directions / self.view.spacing_mm

    def section_mm(self, shell: Shell) -> NDArray[np.float64]:
        """Return how far out the shell cuts each ray at each phase, (t, rays); NaN where it does not."""
        rays, count = self.lam.shape
        level = (self.basis @ shell.at_phases).T.reshape(-1, rays, count)
        within = self.lam < level
        leaves = within[..., :-1] & ~within[..., 1:]
        first = leaves.argmax(axis=-1)
        off = self.lam - level
        here = np.take_along_axis(off, first[..., None], -1)[..., 0]
        beyond = np.take_along_axis(off, first[..., None] + 1, -1)[..., 0]
        part = here / (here - beyond)
        step = self.samples[1] - self.samples[0]
        return np.where(leaves.any(axis=-1), self.samples[first] + part * step, np.nan)


def short_rays(view: CineView, frame: ProlateFrame) -> Rays:
    """Rays all round from where the long axis meets a short-axis slice."""
    along = float(frame.axis @ view.normal)
    foot = frame.center - frame.axis * float(view.away_mm(frame.center)) / along
    angle = np.arange(RAYS) * 2 * np.pi / RAYS
    return _rays(view, frame, view.pixels(foot), angle, True, SHORT_REACH_MM)


def long_rays(view: CineView, frame: ProlateFrame) -> Rays:
    """Rays from the frame's center, as it falls on a long-axis plane, fanned about the apex."""
    step = view.pixels(frame.center - frame.axis) - view.pixels(frame.center)
    toward = np.arctan2(*(step * view.spacing_mm)[::-1])
    angle = toward + np.linspace(-OPENING, OPENING, RAYS + 1) * np.pi
    return _rays(view, frame, view.pixels(frame.center), angle, False, LONG_REACH_MM)


def _rays(
    view: CineView, frame: ProlateFrame, center: NDArray[np.float64],
    angle: NDArray[np.float64], closed: bool, reach_mm: float,
) -> Rays:  # fmt: skip
    directions = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    samples = np.arange(0.5, reach_mm, 1.0)
    at = center + directions[:, None] * samples[:, None] / view.spacing_mm
    lam, m, a = frame.coordinates(view.lps(at))
    return Rays(view, center, directions, closed, samples, in_space(m.ravel(), a.ravel()), lam)


@dataclass(frozen=True, eq=False)
class Line:
    """An edge found in one view.

    Attributes
    ----------
    pixels : ndarray, shape (t, rays, 2)
        (i, j); NaN in phases in which the view does not cut the surface.
    normals : ndarray, shape (t, rays, 2)
        Outward in-plane unit vectors, mm along i and j.
    """

    pixels: NDArray[np.float64]
    normals: NDArray[np.float64]


Cost = Callable[[NDArray[np.float64], int, NDArray[np.float64]], NDArray[np.float64]]
"""Takes profiles (rays, samples), the phase and offsets in mm from the expected place to costs."""


def searched(
    rays: Rays,
    near_mm: NDArray[np.float64],
    cost: Cost,
    *,
    inward_mm: float,
    outward_mm: float,
    pull: float | NDArray[np.float64],
    stiffness: float = 0.3,
) -> Line:
    """Search across a section for the edge, phase by phase.

    Parameters
    ----------
    rays : Rays
        Of a view with blood at 1 and muscle at 0.
    near_mm : ndarray, shape (t, rays)
        Where it is expected.
    cost : callable
    inward_mm, outward_mm : float
        How far it may lie from there.
    pull : float or ndarray, shape (t,)
        Cost of a square millimeter of distance from there.
    stiffness : float
        Cost of a bend between neighboring rays.
    """
    view = rays.view
    start = rays.pixels(_filled(near_mm, rays.closed))
    normals = normals_of(start * view.spacing_mm, rays.closed)
    steps = np.arange(-round(inward_mm / STEP_MM), round(outward_mm / STEP_MM) + 1)
    offsets = np.asarray(steps * STEP_MM, np.float64)
    at = start[:, :, None] + normals[:, :, None] * offsets[:, None] / view.spacing_mm
    pulls = np.broadcast_to(np.asarray(pull, dtype=float), (len(near_mm),))
    found = np.full(start.shape, np.nan)
    for t in range(len(near_mm)):
        gone = np.isnan(near_mm[t])
        if gone.mean() > MOST_MISSING:
            continue
        where = [at[t, ..., 1], at[t, ..., 0]]
        values = ndimage.map_coordinates(view.images[t], where, order=1, mode="nearest")
        rows = cost(np.asarray(values, np.float64), t, offsets) + pulls[t] * offsets**2
        chosen = cheapest(rows, stiffness, closed=rays.closed)
        moved = (chosen * STEP_MM + offsets[0])[:, None] * normals[t] / view.spacing_mm
        found[t] = np.where(gone[:, None], np.nan, start[t] + moved)
    return Line(found, normals)


def _filled(near_mm: NDArray[np.float64], closed: bool) -> NDArray[np.float64]:
    """Bridge rays that the shell does not cut, so that the line can pass them."""
    filled = near_mm.copy()
    ray = np.arange(near_mm.shape[1])
    for row in filled:
        there = ~np.isnan(row)
        if there.any() and not there.all():
            period = len(ray) if closed else None
            row[~there] = np.interp(ray[~there], ray[there], row[there], period=period)
    return filled


def normals_of(curves_mm: NDArray[np.float64], closed: bool) -> NDArray[np.float64]:
    """Return outward unit normals of curves that run with rising angle; shape (t, rays, 2)."""
    if closed:
        along = np.roll(curves_mm, -2, axis=1) - np.roll(curves_mm, 2, axis=1)
    else:
        padded = np.pad(curves_mm, ((0, 0), (2, 2), (0, 0)), mode="edge")
        along = padded[:, 4:] - padded[:, :-4]
    normals = np.stack([along[..., 1], -along[..., 0]], axis=-1)
    return normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-9)
