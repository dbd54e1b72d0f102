"""A clean surface around what a faulty one encloses: voxels by majority of rays, then a surface net.

Rays along each grid axis count how often they enter and leave (winding number, so overlaps and
self-intersections are union); a hole misleads the rays through it, the other two axes outvote them.
"""

from dataclasses import replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from segmentation.surface.topology import edges
from twin.domain import LabelMap, Structure, Surface
from twin.progress import Progress

_MOST_VOXELS = 60_000_000
# Off the lattice of round coordinates, so that rays do not run along edges.
_SHIFT = np.array([0.00137, 0.00241, 0.00353])


def wrap(surface: Surface, spacing_mm: float) -> Surface | None:
    """Return a closed manifold surface of what ``surface`` encloses; None where that is nothing.

    Its ``cut`` is None: the old cut's rim is not kept sharp.
    """
    from segmentation.surface.extract import extract
    from segmentation.surface.steps import SurfaceParams

    mask, affine = enclosed(surface.points, surface.triangles, spacing_mm)
    if not mask.any():
        return None
    labels = LabelMap(
        labels=mask.astype(np.uint8), affine=affine, structures=(Structure(surface.structure or "body", 1),)
    )
    made = extract(labels, SurfaceParams(smooth_voxels=12.0), Progress()).outputs["surface"]
    assert isinstance(made, Surface)
    return replace(surface, points=made.points, triangles=made.triangles, cut=None)


def enclosed(
    points: NDArray, triangles: NDArray, spacing_mm: float
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which voxels the surface encloses, and their affine.

    Returns
    -------
    mask : ndarray of bool, shape (k, j, i)
        With two empty voxels around.
    affine : ndarray, shape (4, 4)
    """
    corners = points[triangles]
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    spacing = max(spacing_mm, float(np.prod(high - low + spacing_mm) / _MOST_VOXELS) ** (1 / 3))
    origin = low - (2.0 + _SHIFT) * spacing
    size = np.ceil((high - origin) / spacing).astype(np.int64) + 3
    grid = np.ascontiguousarray((points - origin) / spacing)
    oriented = not edges(triangles).balance.any()
    votes = np.zeros(tuple(size), np.int8)
    for axis in range(3):
        turned = np.ascontiguousarray(np.moveaxis(votes, axis, 2))
        order = [a for a in range(3) if a != axis] + [axis]
        _vote(np.ascontiguousarray(grid[:, order]), triangles.astype(np.int64), turned, oriented)
        votes = np.ascontiguousarray(np.moveaxis(turned, 2, axis))
    affine = np.diag([spacing, spacing, spacing, 1.0])
    affine[:3, 3] = origin
    return np.ascontiguousarray((votes >= 2).transpose(2, 1, 0)), affine


@njit(cache=True)
def _vote(x: NDArray, triangles: NDArray, votes: NDArray, oriented: bool) -> None:
    """Add one to each voxel that rays along the last axis find inside."""
    depth = votes.shape[2]
    change = np.zeros(votes.shape, np.int8)
    for t in range(len(triangles)):
        a, b, c = x[triangles[t, 0]], x[triangles[t, 1]], x[triangles[t, 2]]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if area == 0.0:
            continue
        for u in range(int(np.ceil(min(a[0], b[0], c[0]))), int(np.floor(max(a[0], b[0], c[0]))) + 1):
            for v in range(int(np.ceil(min(a[1], b[1], c[1]))), int(np.floor(max(a[1], b[1], c[1]))) + 1):
                wa = ((b[0] - u) * (c[1] - v) - (b[1] - v) * (c[0] - u)) / area
                wb = ((c[0] - u) * (a[1] - v) - (c[1] - v) * (a[0] - u)) / area
                wc = 1.0 - wa - wb
                if wa < 0.0 or wb < 0.0 or wc < 0.0:
                    continue
                w = int(np.ceil(wa * a[2] + wb * b[2] + wc * c[2]))
                if 0 <= w < depth:
                    # Upward normal at the ray: it leaves here.
                    change[u, v, w] += -1 if area > 0.0 else 1
    for u in range(votes.shape[0]):
        for v in range(votes.shape[1]):
            _fill_ray(change[u, v], votes[u, v], oriented)


@njit(cache=True)
def _fill_ray(change: NDArray, votes: NDArray, oriented: bool) -> None:
    total, inside = 0, 0
    for w in range(len(change)):
        total += change[w]
    if total % 2 != 0 or (oriented and total != 0):
        return  # the ray went through a hole: the other axes decide
    for w in range(len(change)):
        inside += change[w]
        within = inside > 0 if oriented else inside % 2 != 0
        if within:
            votes[w] += 1
