"""How bright blood and muscle are in a view, so that views of unlike brightness can be read alike."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segmentation.heart.prolate import ProlateFrame
from segmentation.heart.shell import Shell, in_space
from segmentation.heart.views import CineView
from twin.errors import UserError

LEAST_CONTRAST = 1.5
"""Blood is at least this many times as bright as muscle in a balanced steady-state cine (mostly 3 to 5)."""

UNEVEN = 0.3
"""How unevenly blood shines by its flow, in its logarithm."""

FALL_PX = 0.005
"""How much the coils' sensitivity ordinarily falls from one pixel to the next, in its logarithm."""

DEEP_MM = 3.0
"""Within the endocardium by so much there is mostly blood."""

FAR_MM = 60.0
"""No left ventricle reaches so far from its axis."""


def leveled(view: CineView, blood: NDArray[np.bool_], muscle: NDArray[np.bool_]) -> CineView:
    """Return the view with blood at 1, muscle at 0 and air at −1, linear between.

    Brightness falls off across a view with the distance from the coils: the logarithm of the blood's is
    taken to be linear in the plane, and muscle to be one fraction of it.

    Parameters
    ----------
    view : CineView
    blood, muscle : ndarray of bool, shape (t, j, i)
        Where mostly blood, mostly muscle is expected; each may hold something else up to a third.

    Raises
    ------
    UserError
        Where blood is hardly brighter than muscle.
    """
    values, where = view.images[blood], np.argwhere(blood)[:, 1:]
    if len(values) < 20 or muscle.sum() < 20:
        raise UserError(f"{view.name} does not cut the left ventricle.", "Leave it out.")
    middle = where.mean(axis=0)
    spread = np.maximum(where.std(axis=0), 1.0)
    across = np.column_stack([np.ones(len(where)), (where - middle) / spread])
    keep = values > 0.6 * np.quantile(values, 0.7)
    rows = across[keep]
    even = np.diag([0.0, *(UNEVEN / (FALL_PX * spread)) ** 2])  # few pixels tell no slope
    logs = np.log(np.maximum(values[keep], 1.0))
    slope = np.linalg.solve(rows.T @ rows + even, rows.T @ logs)
    j, i = np.mgrid[: view.images.shape[1], : view.images.shape[2]]
    away = np.stack([(j - middle[0]) / spread[0], (i - middle[1]) / spread[1]])
    away = np.clip(away, -3, 3)
    bright = np.exp(slope[0] + slope[1] * away[0] + slope[2] * away[1]).astype(np.float32)
    part = float(np.median((view.images / bright)[muscle]))
    if part * LEAST_CONTRAST > 1:
        raise UserError(
            f"Blood is hardly brighter than muscle in {view.name} ({1 / part:.1f} times).",
            "A cine with bright blood (balanced steady-state free precession) is needed.",
        )
    dark = part * bright
    over = view.images - dark
    return replace(view, images=np.where(over > 0, over / (bright - dark), over / dark))


def ring_masks(
    view: CineView, center: NDArray[np.float64], radius_mm: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Blood and muscle of a round section before contours are known, at the R wave.

    Parameters
    ----------
    center : ndarray, shape (2,)
        (i, j) pixels.
    """
    j, i = np.mgrid[: view.images.shape[1], : view.images.shape[2]]
    di, dj = view.spacing_mm
    out = np.hypot((i - center[0]) * di, (j - center[1]) * dj)
    blood = np.zeros(view.images.shape, bool)
    muscle = blood.copy()
    blood[0] = out < 0.7 * radius_mm
    ring = (out > radius_mm + 1) & (out < radius_mm + 6)
    muscle[0] = ring & (view.images[0] <= np.quantile(view.images[0][ring], 0.4))
    return blood, muscle


def wall_masks(
    view: CineView, endo: Shell, epi: Shell, highest_mm: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Blood and muscle of a view where both shells are known already, in the phases with most blood.

    Parameters
    ----------
    highest_mm : float
        How far along the axis from the frame's center toward the base is looked at.
    """
    frame: ProlateFrame = endo.frame
    j, i = np.mgrid[: view.images.shape[1], : view.images.shape[2]]
    lps = view.lps(np.stack([i, j], axis=-1).astype(float))
    lam, m, a = frame.coordinates(lps)
    up = (lps - frame.center) @ frame.axis
    out = np.linalg.norm(lps - frame.center - up[..., None] * frame.axis, axis=-1)
    near = (out < FAR_MM) & (up < highest_mm + 3)
    basis = in_space(m[near], a[near])
    inner, outer = (basis @ endo.at_phases).T, (basis @ epi.at_phases).T
    part = (lam[near] - inner) / np.maximum(outer - inner, 0.02)
    blood = np.zeros(view.images.shape, bool)
    muscle = blood.copy()
    blood[:, near] = (inner - lam[near]) * frame.stretch_mm((lam[near] + inner) / 2, m[near]) > DEEP_MM
    muscle[:, near] = (part > 0.3) & (part < 0.8)
    size = inner.mean(axis=1)
    small = size < np.median(size)
    blood[small], muscle[small] = False, False
    return blood, muscle
