"""Compiled loops over what is bright and no bone: rays that look for a wall, and a flood that never climbs.

Arrays are C-ordered ``[k, j, i]``; ``spacing`` is in mm in the same order.
"""

# mypy: disable-error-code="no-untyped-def"

import numpy as np
from numba import njit

from segmentation.bone.kernels import grown, neighbor, sample


@njit(cache=True)
def _ray(image, start, direction, steps, half, wall):
    """Return 1 where a ray meets a value above ``wall``, else −1 where it meets one under ``half``."""
    ended = 0
    for n in range(1, steps + 1):
        at = start + n * direction
        for axis in range(3):
            if at[axis] < 0 or at[axis] > image.shape[axis] - 1:
                return ended
        value = sample(image, at[0], at[1], at[2])
        if value > wall:
            return 1
        if value < half:
            ended = -1
    return ended


@njit(cache=True)
def walls(image, cores, count, mean, factors, spacing, soft, noise, reach_mm):
    """Count for each core how many rays from its edge find a wall, and how many only an end.

    A wall is a quarter brighter (measured from soft tissue, and by ``noise`` at least) than the
    core's block; an end is where the image falls under half the block.

    Parameters
    ----------
    image : ndarray of float32, shape (k, j, i)
    cores : ndarray of int32, shape of the blocks
    count : int
        Largest label.
    mean : ndarray of float32, shape of the blocks
    factors : ndarray of float64, shape (3,)
        Voxels of ``image`` in a block.
    spacing : ndarray of float64, shape (3,)
    soft, noise, reach_mm : float

    Returns
    -------
    walled, opened : ndarray of int64, shape (count + 1,)
    """
    walled, opened = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    nk, nj, ni = cores.shape
    flat, means = cores.reshape(-1), mean.reshape(-1)
    step = 0.5 * spacing.min()
    steps = int(np.ceil(reach_mm / step))
    for n in range(flat.size):
        core = flat[n]
        if core == 0:
            continue
        edge = False
        for d in range(6):
            q = neighbor(n, d, nk, nj, ni)
            edge = edge or q < 0 or flat[q] != core
        if not edge:
            continue
        half = 0.5 * (soft + means[n])
        wall = means[n] + max(0.25 * (means[n] - soft), noise)
        start = (np.array([n // (ni * nj), (n // ni) % nj, n % ni]) + 0.5) * factors - 0.5
        for m in range(27):
            to = np.array([m // 9 - 1.0, (m // 3) % 3 - 1.0, m % 3 - 1.0])
            length = np.sqrt((to**2).sum())
            if length > 0:
                found = _ray(image, start, step * to / length / spacing, steps, half, wall)
                walled[core] += found > 0
                opened[core] += found < 0
    return walled, opened


@njit(cache=True)
def downhill(image, seeds, mask, tolerance):
    """Return ``seeds`` and what is reached from them within ``mask`` (6 neighbours) without climbing.

    A voxel is passed on to where it is no more than ``tolerance`` above the lowest voxel on the way.

    Parameters
    ----------
    image : ndarray of float32, shape (k, j, i)
    seeds, mask : ndarray of bool, same shape
    tolerance : float

    Returns
    -------
    ndarray of bool, same shape
    """
    nk, nj, ni = image.shape
    reached = seeds.copy()
    values, out = image.reshape(-1), reached.reshape(-1)
    start, inside = seeds.reshape(-1), mask.reshape(-1)
    stack, lowest = np.empty(4096, np.int64), np.empty(4096, np.float32)
    size = 0
    for seed in range(out.size):
        if not start[seed]:
            continue
        stack[0], lowest[0] = seed, values[seed]
        size = 1
        while size > 0:
            size -= 1
            n, low = stack[size], lowest[size]
            for d in range(6):
                q = neighbor(n, d, nk, nj, ni)
                if q < 0 or out[q] or not inside[q] or values[q] > low + tolerance:
                    continue
                out[q] = True
                stack[size], lowest[size] = q, min(low, values[q])
                size += 1
                if size == stack.size:
                    stack, lowest = grown(stack), grown(lowest)
    return reached


@njit(cache=True)
def surroundings(labels, count, image, pools, air):
    """Count for each label the faces of its voxels to other voxels, and how many of them to pools and to air.

    Parameters
    ----------
    labels : ndarray of int32, shape (k, j, i)
    count : int
        Largest label.
    image : ndarray of float32, same shape
    pools : ndarray of bool, same shape
    air : float
        What is darker is air.

    Returns
    -------
    every, to_pool, to_air : ndarray of int64, shape (count + 1,)
    """
    every = np.zeros(count + 1, np.int64)
    to_pool, to_air = np.zeros_like(every), np.zeros_like(every)
    nk, nj, ni = labels.shape
    flat, values, pool = labels.reshape(-1), image.reshape(-1), pools.reshape(-1)
    for n in range(flat.size):
        label = flat[n]
        if label == 0:
            continue
        for d in range(6):
            q = neighbor(n, d, nk, nj, ni)
            if q >= 0 and flat[q] == 0:
                every[label] += 1
                to_pool[label] += pool[q]
                to_air[label] += values[q] < air
    return every, to_pool, to_air
