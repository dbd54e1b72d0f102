"""The right ventricle's cavity in the short axis: the bright pool that leans on the septum."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.heart.edges import endocardium_cost
from segmentation.heart.search import RAYS, STEP_MM, Rays
from segmentation.heart.shell import Shell, in_space
from segmentation.heart.trace import cheapest

DEEP_MM = 8.0
"""A pool beside the septum is at least so deep; fat beside the free wall is thinner."""

FAR_MM = 70.0
"""How far from the left ventricle's middle it may reach."""

THIN_MM = 2.0
"""How much of its wall must follow its edge."""

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

    The largest pool outside the left ventricle's epicardium, on the right side, gives the middle; a closed
    line of least cost round it gives the edge, trabeculae within. None where there is no pool.

    Parameters
    ----------
    ray : Rays
        Of a short-axis view, blood at 1 and muscle at 0.
    direction : ndarray, shape (3,)
        From ``toward_right``.

    Returns
    -------
    list of ndarray, shape (rays, 2), or None
        (i, j) pixels, one a phase.
    """
    view, frame = ray.view, epi.frame
    j, i = np.mgrid[: view.images.shape[1], : view.images.shape[2]]
    grid = np.stack([i, j], axis=-1).astype(float)
    off = view.lps(grid) - view.lps(ray.center)
    side = off @ direction
    distance = np.linalg.norm(off, axis=-1)
    allowed = (distance < FAR_MM) & (side > 0.3 * distance)
    lam, m, a = frame.coordinates(view.lps(grid[allowed]))
    outside = lam[:, None] - in_space(m, a) @ epi.at_phases
    found: list[NDArray[np.float64] | None] = []
    for t, image in enumerate(view.images):
        beyond = np.zeros(image.shape, bool)
        beyond[allowed] = outside[:, t] > 0
        found.append(_edge(ray, image, beyond))
    return found


def _edge(ray: Rays, image: NDArray[np.float32], beyond: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """The pool's edge in one image, or None; ``beyond``: outside the left ventricle, on the right side."""
    spacing = ray.view.spacing_mm
    blood = beyond & (image > 0.5) & (image < FAT)
    core = ndimage.binary_erosion(blood, iterations=max(1, round(2.0 / float(spacing.mean()))))
    labels, count = ndimage.label(core)
    if not count:
        return None
    sizes = np.bincount(labels.ravel())[1:]
    if float(sizes.max()) * float(spacing.prod()) < SMALLEST_MM2 / 2:
        return None
    pool = labels == sizes.argmax() + 1
    inside = ndimage.distance_transform_edt(pool, spacing[::-1])
    weight = inside**2
    total = weight.sum()
    middle = np.array([(weight.sum(axis=0) @ np.arange(image.shape[1])) / total,
                       (weight.sum(axis=1) @ np.arange(image.shape[0])) / total])  # fmt: skip
    angle = np.arange(RAYS) * 2 * np.pi / RAYS
    directions = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    out = np.arange(0.0, FAR_MM, STEP_MM)
    at = middle + directions[:, None] * out[:, None] / spacing
    where = [at[..., 1], at[..., 0]]
    values = ndimage.map_coordinates(np.minimum(image, 1.2), where, order=1, mode="nearest").astype(float)
    mine = ndimage.map_coordinates(beyond.astype(np.float32), where, order=1, mode="nearest")
    values = np.where(mine > 0.5, values, 0.0)
    cost = endocardium_cost(values, STEP_MM, after_mm=THIN_MM)
    chosen = cheapest(cost, 0.3, closed=True)
    area = 0.5 * np.sin(angle[1]) * float((chosen * np.roll(chosen, 1)).sum()) * STEP_MM**2
    if area < SMALLEST_MM2:
        return None
    return middle + (chosen * STEP_MM)[:, None] * directions / spacing
