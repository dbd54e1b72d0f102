"""The right ventricle's cavity in the short axis: the bright pool that leans on the septum."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.heart.search import RAYS, Rays
from segmentation.heart.shell import Shell, in_space
from twin.exports.outlines import outlines

DEEP_MM = 8.0
"""A pool beside the septum is at least so deep; fat beside the free wall is thinner."""

FAR_MM = 95.0
"""How far from the left ventricle's middle it may reach."""

NECK_MM = 2.0
"""What joins it by no more than twice this is another pool, or fat."""

TRABECULA_MM = 4.0
"""Dark within it up to about twice this width is trabeculae or the moderator band."""

SMALLEST_MM2 = 80.0
"""Smaller pools at the apex are not traced."""

FAT = 1.5
"""What is so much brighter than blood is fat."""


def toward_right(
    rays: dict[int, Rays], epi: Shell, click: NDArray[np.float64] | None
) -> NDArray[np.float64] | None:
    """Return the unit direction from the left ventricle's middle to the right one, LPS; None: not found.

    Parameters
    ----------
    rays : dict
        Of short-axis views, blood at 1 and muscle at 0.
    click : ndarray, shape (3,), or None
        A point in its cavity.
    """
    frame = epi.frame
    if click is not None:
        off = click - frame.center
        off = off - (off @ frame.axis) * frame.axis
        return off / np.linalg.norm(off)
    total = np.zeros(3)
    for ray in rays.values():
        depth = _depth_mm(ray, ray.section_mm(epi)[0])
        plane = ray.view.affine[:3, :2] / ray.view.spacing_mm
        total += (plane @ (ray.directions * np.where(depth >= DEEP_MM, depth, 0.0)[:, None]).T).sum(axis=1)
    size = float(np.linalg.norm(total))
    return total / size if size > 10 * DEEP_MM else None


def _depth_mm(ray: Rays, outer_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Length of the bright run that begins just outside the epicardium on each ray at the R wave."""
    if np.isnan(outer_mm).any():
        return np.zeros(len(outer_mm))
    far = np.arange(0.0, 40.0, 1.0)
    at = ray.pixels(outer_mm[None] + 1.0 + far[:, None])
    values = ndimage.map_coordinates(ray.view.images[0], [at[..., 1], at[..., 0]], order=1, mode="constant")
    blood = (values > 0.5) & (values < FAT)
    started = np.maximum.accumulate(blood, axis=0)
    begins = started[:4].any(axis=0)
    run = np.minimum.accumulate(np.where(started, blood, True), axis=0) & started
    return np.where(begins, run.sum(axis=0), 0.0)


def right_cavity(ray: Rays, epi: Shell, direction: NDArray[np.float64]) -> list[NDArray[np.float64] | None]:
    """Trace the right cavity in one short-axis view at every phase.

    Blood outside the left ventricle's epicardium that leans on it, on the right side; trabeculae within
    are closed over. None where there is no such pool.

    Parameters
    ----------
    ray : Rays
        Of a short-axis view, blood at 1 and muscle at 0.
    direction : ndarray, shape (3,)
        From ``toward_right``.

    Returns
    -------
    list of ndarray, shape (n, 2), or None
        (i, j) pixels, one a phase.
    """
    view, frame = ray.view, epi.frame
    j, i = np.mgrid[: view.images.shape[1], : view.images.shape[2]]
    lps = view.lps(np.stack([i, j], axis=-1).astype(float))
    off = lps - view.lps(ray.center)
    distance = np.linalg.norm(off, axis=-1)
    allowed = (distance < FAR_MM) & (off @ direction > -0.2 * distance)
    lam, m, a = frame.coordinates(lps[allowed])
    outer = in_space(m, a) @ epi.at_phases
    away = (lam[:, None] - outer) * frame.stretch_mm((lam[:, None] + outer) / 2, m[:, None])
    found: list[NDArray[np.float64] | None] = []
    for t, image in enumerate(view.images):
        outside = np.full(image.shape, -1.0)
        outside[allowed] = away[:, t]
        found.append(_edge(image, outside, view.spacing_mm))
    return found


def _edge(
    image: NDArray[np.float32], outside_mm: NDArray[np.float64], spacing: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """The pool's outline in one image, or None; ``outside_mm``: distance from the left ventricle there."""
    pixel = float(np.sqrt(spacing.prod()))
    blood = (outside_mm > 0) & (image > 0.5) & (image < FAT)
    thin = max(1, round(NECK_MM / pixel))
    core, count = ndimage.label(ndimage.binary_erosion(blood, iterations=thin))
    if not count:
        return None
    near = np.bincount(core[(outside_mm > 0) & (outside_mm < DEEP_MM + NECK_MM)], minlength=count + 1)
    near[0] = 0
    if not near.any():
        return None
    pool = ndimage.binary_dilation(core == near.argmax(), iterations=thin + 1, mask=blood)
    wide = max(1, round(TRABECULA_MM / pixel))
    padded = np.pad(pool, wide + 1)
    closed = ndimage.binary_fill_holes(ndimage.binary_closing(padded, iterations=wide))
    pool = closed[wide + 1 : -wide - 1, wide + 1 : -wide - 1] & (outside_mm > 0)
    if pool.sum() * spacing.prod() < SMALLEST_MM2:
        return None
    longest = max(outlines(pool), key=len)
    return _even(longest)


def _even(outline: NDArray[np.float64]) -> NDArray[np.float64]:
    """RAYS points evenly along a closed outline, its pixels' corners smoothed away."""
    steps = np.linalg.norm(np.diff(outline, axis=0, append=outline[:1]), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    fine = np.linspace(0, along[-1], 8 * RAYS, endpoint=False)
    ring = np.vstack([outline, outline[:1]])
    points = np.stack([np.interp(fine, along, ring[:, axis]) for axis in (0, 1)], axis=1)
    return ndimage.gaussian_filter1d(points, 8, axis=0, mode="wrap")[::8]
