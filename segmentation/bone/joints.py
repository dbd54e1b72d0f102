"""Compiled loops over joints: growing cores until they meet, and what lies between two that touch.

Arrays are C-ordered ``[k, j, i]``; ``spacing`` is in mm in the same order.
"""

# mypy: disable-error-code="no-untyped-def"

import numpy as np
from numba import njit

from segmentation.bone.kernels import neighbor, sample


@njit(cache=True)
def watershed(image, labels, mask, bins, low, high):
    """Grow labels over ``mask`` from bright to dark, in place, so that they meet in the valleys.

    Parameters
    ----------
    image : ndarray of float32, shape (k, j, i)
    labels : ndarray of int32, same shape
        Markers; on return every voxel of ``mask`` that a marker reaches (6 neighbours).
    mask : ndarray of bool, same shape
    bins : int
        Number of grey levels from ``low`` to ``high`` that are told apart.
    low, high : float
    """
    nk, nj, ni = image.shape
    flat, values, inside = labels.reshape(-1), image.reshape(-1), mask.reshape(-1)
    # One first-in-first-out list a level, linked through ``after``.
    first, last = np.full(bins, -1, np.int64), np.full(bins, -1, np.int64)
    after = np.full(flat.size, -1, np.int64)
    scale = bins / (high - low)
    for n in range(flat.size):
        if flat[n] > 0 and inside[n]:
            if first[0] < 0:
                first[0] = n
            else:
                after[last[0]] = n
            last[0] = n
    level = 0
    while level < bins:
        n = first[level]
        if n < 0:
            level += 1
            continue
        first[level] = after[n]
        for d in range(6):
            q = neighbor(n, d, nk, nj, ni)
            if q < 0 or not inside[q] or flat[q] > 0:
                continue
            flat[q] = flat[n]
            at = bins - 1 - int(min(max((values[q] - low) * scale, 0.0), bins - 1.0))
            at = max(at, level)
            if first[at] < 0:
                first[at] = q
            else:
                after[last[at]] = q
            last[at] = q
            after[q] = -1


@njit(cache=True)
def _contact_normal(labels, k, j, i, a, b, spacing, reach):
    """From the middle of ``a`` nearby to that of ``b``, a unit vector; zero where one is absent."""
    nk, nj, ni = labels.shape
    total = np.zeros((2, 3))
    counts = np.zeros(2)
    for kk in range(max(k - reach[0], 0), min(k + reach[0] + 1, nk)):
        for jj in range(max(j - reach[1], 0), min(j + reach[1] + 1, nj)):
            for ii in range(max(i - reach[2], 0), min(i + reach[2] + 1, ni)):
                side = labels[kk, jj, ii]
                if side == a or side == b:  # noqa: PLR1714, SIM109
                    which = 0 if side == a else 1
                    counts[which] += 1
                    total[which, 0] += kk
                    total[which, 1] += jj
                    total[which, 2] += ii
    normal = np.zeros(3)
    if counts[0] > 0 and counts[1] > 0:
        normal = (total[1] / counts[1] - total[0] / counts[0]) * spacing
        normal /= max(np.sqrt((normal**2).sum()), 1e-9)
    return normal


@njit(cache=True)
def _wall_height(image, k, j, i, direction, spacing, soft, wall, reach_mm, share):
    """Tell whether a dark gap lies between two walls along a line through a voxel."""
    step = 0.5 * spacing.min()
    steps = int(np.ceil(reach_mm / step))
    d = direction * step / spacing
    lowest, at = 1e9, 0
    for n in range(-steps // 3, steps // 3 + 1):
        value = sample(image, k + n * d[0], j + n * d[1], i + n * d[2])
        if value < lowest:
            lowest, at = value, n
    peaks = np.full(2, -1e9)
    for n in range(1, steps + 1):
        for s in range(2):
            m = at + (n if s == 0 else -n)
            peaks[s] = max(peaks[s], sample(image, k + m * d[0], j + m * d[1], i + m * d[2]))
    peak = peaks.min()
    return peak >= wall and lowest < soft + share * (peak - soft)


@njit(cache=True)
def contacts(image, labels, count, spacing, soft, wall, reach_mm, share):
    """Measure where labels touch: how many voxels, and in how many a joint space lies between.

    Parameters
    ----------
    image : ndarray of float32, shape (k, j, i)
    labels : ndarray of int32, same shape
    count : int
        Largest label.
    spacing : ndarray of float64, shape (3,)
    soft, wall : float
        HU of soft tissue, and the least HU of a cortex on either side.
    reach_mm, share : float
        How far to look, and how dark the gap must be between ``soft`` and the lower wall.

    Returns
    -------
    touching, gap : ndarray of int64, shape (count + 1, count + 1)
        Symmetric.
    """
    nk, nj, ni = labels.shape
    touching = np.zeros((count + 1, count + 1), np.int64)
    gap = np.zeros((count + 1, count + 1), np.int64)
    reach = np.empty(3, np.int64)
    for n in range(3):
        reach[n] = max(2, round(4.0 / spacing[n]))
    for k in range(nk):
        for j in range(nj):
            for i in range(ni):
                a = labels[k, j, i]
                if a == 0:
                    continue
                for d in range(3):
                    kk, jj, ii = k + (d == 0), j + (d == 1), i + (d == 2)
                    if kk == nk or jj == nj or ii == ni:
                        continue
                    b = labels[kk, jj, ii]
                    if b == 0 or b == a:  # noqa: PLR1714
                        continue
                    touching[a, b] += 1
                    touching[b, a] += 1
                    normal = _contact_normal(labels, k, j, i, a, b, spacing, reach)
                    if _wall_height(image, k, j, i, normal, spacing, soft, wall, reach_mm, share):
                        gap[a, b] += 1
                        gap[b, a] += 1
    return touching, gap
