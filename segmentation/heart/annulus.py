"""The base of the left ventricle: where its muscle ends in the long-axis views, as one moving plane."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.heart.edges import step
from segmentation.heart.shell import Shell, in_space
from segmentation.heart.trace import cheapest
from segmentation.heart.views import CineView
from segmentation.heart.wall import Base

LOWEST_MM, HIGHEST_MM = -25.0, 65.0
"""Heights above the frame's center between which the wall's end is sought."""

ATRIUM_MM = 8.0
"""How much without muscle must follow the wall's end: more than a leaflet or a vessel in the groove."""

NEAR_BASE = 0.03
"""Cost of a square millimeter between a wall's end and the plane of the round before."""

HARMONICS = 4
"""Harmonics of the cycle in the plane's course."""

AGREE_MM = 3.0
"""A side whose end lies so far off the plane counts half: below the aortic valve the muscle ends early."""


@dataclass(frozen=True, eq=False)
class WallEnds:
    """Where the muscle ends on one side of one long-axis view.

    Attributes
    ----------
    view : str
    hinges : ndarray, shape (t, 3)
        On the endocardium, LPS mm.
    """

    view: str
    hinges: NDArray[np.float64]


def wall_ends(view: CineView, endo: Shell, epi: Shell, base: Base | None = None) -> list[WallEnds]:
    """Find the ends of both walls in a long-axis view at every phase.

    Along the wall toward the base the picture is read across its middle part: muscle up to the ring, then
    atrium, valve or fat. The end of least cost over the whole cycle is taken (dynamic programming in time).

    Parameters
    ----------
    view : CineView
        Blood at 1, muscle at 0.
    base : Base or None
        The plane of the round before; ends that keep to it are preferred.
    """
    frame = endo.frame
    across = np.cross(view.normal, frame.axis)
    across /= np.linalg.norm(across)
    up = np.cross(across, view.normal)
    up *= np.sign(up @ frame.axis)
    foot = frame.center - view.normal * float(view.away_mm(frame.center))
    heights, out = np.arange(LOWEST_MM, HIGHEST_MM), np.arange(2.0, 60.0)
    found = []
    for toward in (across, -across):
        grid = foot + heights[:, None, None] * up + out[:, None] * toward
        lam, m, a = frame.coordinates(grid)
        basis = in_space(m.ravel(), a.ravel())
        inner, outer = (_radius(basis, lam, out, shell) for shell in (endo, epi))
        part = np.linspace(0.2, 0.8, 7)
        across_mm = inner[..., None] + (outer - inner)[..., None] * part
        at = view.pixels(foot + heights[:, None, None] * up + across_mm[..., None] * toward)
        values = np.stack(
            [
                ndimage.map_coordinates(image, [p[..., 1], p[..., 0]], order=1, mode="nearest")
                for image, p in zip(view.images, at, strict=True)
            ]
        )
        share = _walled(values)
        cost = _cost(share)
        if base is not None:
            middle = foot + heights[:, None] * up + np.median(inner, axis=1)[:, None, None] * toward
            cost = cost + NEAR_BASE * np.stack([base.above_mm(p, t) ** 2 for t, p in enumerate(middle)])
        ends = cheapest(cost, 0.1, closed=True, reach=4)
        which = np.clip(np.rint(ends).astype(int), 0, len(heights) - 1)
        radius = inner[np.arange(len(which)), which]
        height = heights[0] + ends
        found.append(WallEnds(view.name, foot + height[:, None] * up + radius[:, None] * toward))
    return found


def _radius(
    basis: NDArray[np.float64],
    lam: NDArray[np.float64],
    out: NDArray[np.float64],
    shell: Shell,
) -> NDArray[np.float64]:
    """How far from the axis a shell lies at each height, (t, heights), mm."""
    level = (basis @ shell.at_phases).T.reshape(-1, *lam.shape)
    beyond = lam >= level
    beyond[..., -1] = True
    return out[beyond.argmax(axis=-1)]


def _walled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whether a wall is there, 0 to 1, from what is seen across it; shape (..., n) to (...)."""
    clear = np.maximum(step(values, 0.3, 0.6), step(-values, 0.4, 0.65))
    return step(1 - clear.mean(axis=-1), 0.3, 0.7)


def _cost(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Missing muscle below each height, and muscle above it; shape (t, heights)."""
    below = np.cumsum(1 - share, axis=1) - (1 - share)
    count = round(ATRIUM_MM)
    total = np.cumsum(np.pad(share, ((0, 0), (0, count)), mode="edge"), axis=1)
    above = total[:, count - 1 :] - np.pad(total, ((0, 0), (1, 0)))[:, :-count]
    return below + above[:, : share.shape[1]]


def fitted_base(ends: list[WallEnds], frame_center: NDArray[np.float64], axes: NDArray[np.float64]) -> Base:
    """Fit one plane a phase, smooth over the cycle, to the ends of all walls.

    Sides that keep off the plane lose weight as a whole.
    """
    own = np.stack([(e.hinges - frame_center) @ axes.T for e in ends])
    sides, phases = own.shape[:2]
    turn = 2 * np.pi * np.arange(phases)[:, None] / phases * np.arange(1, HARMONICS + 1)
    time = np.concatenate([np.ones((phases, 1)), np.cos(turn), np.sin(turn)], axis=1)
    place = np.concatenate([np.ones((sides, phases, 1)), own[..., :2] / 20.0], axis=2)
    rows = (place[..., None] * time[:, None]).reshape(sides * phases, -1)
    order = np.concatenate([[0], np.arange(1, HARMONICS + 1), np.arange(1, HARMONICS + 1)])
    tilt = np.array([0.0, 1.0, 1.0])  # a plane turns less than it moves
    ridge = (0.02 * order**2 + tilt[:, None] * (0.05 + order**2)).ravel()
    weight = np.ones(sides)
    for _ in range(6):
        w = np.repeat(weight, phases)[:, None]
        matrix = rows.T @ (w * rows) + np.diag(ridge)
        solution = np.linalg.solve(matrix, rows.T @ (w[:, 0] * own[..., 2].ravel()))
        off = (own[..., 2].ravel() - rows @ solution).reshape(sides, phases)
        weight = 1 / (1 + (np.abs(off).mean(axis=1) / AGREE_MM) ** 2)
    height, slope_x, slope_y = solution.reshape(3, -1) @ time.T
    normals = np.stack([-slope_x / 20, -slope_y / 20, np.ones(phases)], axis=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Base(frame_center + height[:, None] * axes[2], normals @ axes)


def off_base_mm(ends: list[WallEnds], base: Base) -> NDArray[np.float64]:
    """Return how far each side's end lies above the plane, mm; shape (sides, t)."""
    return np.stack([np.einsum("ti,ti->t", e.hinges - base.points, base.normals) for e in ends])
