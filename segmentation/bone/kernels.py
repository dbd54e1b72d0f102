"""Compiled loops over voxels: half-maximum rays, floods, distances and watersheds.

Arrays are C-ordered ``[k, j, i]``; ``spacing`` is in mm in the same order.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

OUTSIDE, KEPT, REMOVABLE = 0, 1, 2


@njit(cache=True, inline="always")
def _sample(image, k, j, i):
    """Trilinear sample, clamped to the grid."""
    nk, nj, ni = image.shape
    k = min(max(k, 0.0), nk - 1.0)
    j = min(max(j, 0.0), nj - 1.0)
    i = min(max(i, 0.0), ni - 1.0)
    k0, j0, i0 = int(k), int(j), int(i)
    k1, j1, i1 = min(k0 + 1, nk - 1), min(j0 + 1, nj - 1), min(i0 + 1, ni - 1)
    fk, fj, fi = k - k0, j - j0, i - i0
    low = (1 - fj) * ((1 - fi) * image[k0, j0, i0] + fi * image[k0, j0, i1]) + fj * (
        (1 - fi) * image[k0, j1, i0] + fi * image[k0, j1, i1]
    )
    high = (1 - fj) * ((1 - fi) * image[k1, j0, i0] + fi * image[k1, j0, i1]) + fj * (
        (1 - fi) * image[k1, j1, i0] + fi * image[k1, j1, i1]
    )
    return (1 - fk) * low + fk * high


@njit(cache=True)
def _extreme(image, k, j, i, dk, dj, di, steps, tolerance, sign):
    """Follow a ray to the first maximum (``sign`` 1) or minimum (−1) that ``tolerance`` confirms."""
    best = sign * image[k, j, i]
    for n in range(1, steps + 1):
        value = sign * _sample(image, k + n * dk, j + n * dj, i + n * di)
        if value > best:
            best = value
        elif value < best - tolerance:
            break
    return sign * best


@njit(cache=True)
def below_half(image, mask, spacing, reach_mm, floor, tolerance):
    """Tell which voxels of ``mask`` lie outside the bone's half-maximum edge.

    From each voxel a ray runs up the gradient to the cortex's peak and down it to what lies
    outside; the voxel is outside where its value is under half the way between them.

    Parameters
    ----------
    image : ndarray of float32, shape (k, j, i)
        HU.
    mask : ndarray of uint8, same shape
        Where to look (non-zero).
    spacing : ndarray of float64, shape (3,)
    reach_mm : float
        How far a ray runs.
    floor : float
        The lowest HU taken as what lies outside.
    tolerance : float
        A fall by this much ends the climb (noise does not).

    Returns
    -------
    ndarray of bool, same shape
    """
    nk, nj, ni = image.shape
    out = np.zeros(image.shape, np.bool_)
    step = 0.5 * min(spacing[0], spacing[1], spacing[2])
    steps = max(int(np.ceil(reach_mm / step)), 3)
    for k in range(nk):
        for j in range(nj):
            for i in range(ni):
                if mask[k, j, i] == 0:
                    continue
                value = image[k, j, i]
                k0, k1 = max(k - 1, 0), min(k + 1, nk - 1)
                j0, j1 = max(j - 1, 0), min(j + 1, nj - 1)
                i0, i1 = max(i - 1, 0), min(i + 1, ni - 1)
                gk = (image[k1, j, i] - image[k0, j, i]) / (max(k1 - k0, 1) * spacing[0])
                gj = (image[k, j1, i] - image[k, j0, i]) / (max(j1 - j0, 1) * spacing[1])
                gi = (image[k, j, i1] - image[k, j, i0]) / (max(i1 - i0, 1) * spacing[2])
                size = np.sqrt(gk * gk + gj * gj + gi * gi)
                if size > 0:
                    dk = step * gk / size / spacing[0]
                    dj = step * gj / size / spacing[1]
                    di = step * gi / size / spacing[2]
                    peak = _extreme(image, k, j, i, dk, dj, di, steps, tolerance, 1.0)
                    base = _extreme(image, k, j, i, -dk, -dj, -di, steps, tolerance, -1.0)
                    base = max(base, floor)
                    out[k, j, i] = value < 0.5 * (base + peak)
    return out


@njit(cache=True)
def between_walls(image, mask, spacing, reach_mm, soft, tolerance, share):
    """Tell which voxels of ``mask`` are a valley between two walls, as in a joint space.

    Along one of 13 directions both sides rise so far that the voxel is under ``share`` of
    the way from ``soft`` tissue to the lower of the two peaks.

    Parameters
    ----------
    image : ndarray of float32, shape (k, j, i)
    mask : ndarray of uint8, same shape
    spacing : ndarray of float64, shape (3,)
    reach_mm, soft, tolerance, share : float

    Returns
    -------
    ndarray of bool, same shape
    """
    nk, nj, ni = image.shape
    out = np.zeros(image.shape, np.bool_)
    step = 0.5 * min(spacing[0], spacing[1], spacing[2])
    steps = max(int(np.ceil(reach_mm / step)), 3)
    for k in range(nk):
        for j in range(nj):
            for i in range(ni):
                if mask[k, j, i]:
                    out[k, j, i] = _between(image, k, j, i, spacing, step, steps, soft, tolerance, share)
    return out


@njit(cache=True)
def _between(image, k, j, i, spacing, step, steps, soft, tolerance, share):
    value = image[k, j, i]
    for n in range(13):
        # The half of the 26 neighbours that comes after the voxel itself.
        m = n + 14
        ck, cj, ci = m // 9 - 1, (m // 3) % 3 - 1, m % 3 - 1
        length = np.sqrt((ck * spacing[0]) ** 2 + (cj * spacing[1]) ** 2 + (ci * spacing[2]) ** 2)
        dk, dj, di = step * ck / length, step * cj / length, step * ci / length
        one = _extreme(image, k, j, i, dk, dj, di, steps, tolerance, 1.0)
        if value >= soft + share * (one - soft):
            continue
        other = _extreme(image, k, j, i, -dk, -dj, -di, steps, tolerance, 1.0)
        if value < soft + share * (other - soft):
            return True
    return False


@njit(cache=True)
def ridges(image, mask, lowest, rise):
    """Tell which voxels are a thin bright wall: ``rise`` above both sides along one of 13 directions.

    A cortex thinner than a voxel is dimmer than any threshold for bone, and a wall all the same.

    Parameters
    ----------
    image : ndarray of float32, shape (k, j, i)
    mask : ndarray of bool, same shape
        Where to look.
    lowest, rise : float
        The least value of a wall, and the least height above its sides (two voxels away).

    Returns
    -------
    ndarray of bool, same shape
    """
    nk, nj, ni = image.shape
    out = np.zeros(image.shape, np.bool_)
    for k in range(2, nk - 2):
        for j in range(2, nj - 2):
            for i in range(2, ni - 2):
                value = image[k, j, i]
                if not mask[k, j, i] or value < lowest:
                    continue
                for m in range(14, 27):
                    dk, dj, di = m // 9 - 1, (m // 3) % 3 - 1, m % 3 - 1
                    one = min(image[k + dk, j + dj, i + di], image[k + 2 * dk, j + 2 * dj, i + 2 * di])
                    two = min(image[k - dk, j - dj, i - di], image[k - 2 * dk, j - 2 * dj, i - 2 * di])
                    if value > max(one, two) + rise:
                        out[k, j, i] = True
                        break
    return out


@njit(cache=True)
def flood(state, start_at_border):
    """Let the outside run into removable voxels, in place (6 neighbours).

    Parameters
    ----------
    state : ndarray of uint8, shape (k, j, i)
        OUTSIDE (0), KEPT (1), REMOVABLE (2): on return, each REMOVABLE that the outside
        reaches is OUTSIDE.
    start_at_border : bool
        False: every OUTSIDE voxel is a source; True: those at the grid's border alone, and then
        OUTSIDE voxels not reached become KEPT (holes are filled).
    """
    nk, nj, ni = state.shape
    flat = state.reshape(-1)
    stack = np.empty(1024, np.int64)
    size = 0
    seen = np.zeros(flat.size if start_at_border else 1, np.bool_)
    for n in range(flat.size):
        if flat[n] != OUTSIDE:
            continue
        i = n % ni
        j = (n // ni) % nj
        k = n // (ni * nj)
        if start_at_border:
            wanted = k == 0 or j == 0 or i == 0 or k == nk - 1 or j == nj - 1 or i == ni - 1
            if not wanted or seen[n]:
                continue
            seen[n] = True
        else:
            wanted = (
                (k > 0 and flat[n - ni * nj] == REMOVABLE)
                or (k < nk - 1 and flat[n + ni * nj] == REMOVABLE)
                or (j > 0 and flat[n - ni] == REMOVABLE)
                or (j < nj - 1 and flat[n + ni] == REMOVABLE)
                or (i > 0 and flat[n - 1] == REMOVABLE)
                or (i < ni - 1 and flat[n + 1] == REMOVABLE)
            )
            if not wanted:
                continue
        stack[size] = n
        size += 1
        while size > 0:
            size -= 1
            m = stack[size]
            i = m % ni
            j = (m // ni) % nj
            k = m // (ni * nj)
            for d in range(6):
                if d == 0:
                    if k == 0:
                        continue
                    q = m - ni * nj
                elif d == 1:
                    if k == nk - 1:
                        continue
                    q = m + ni * nj
                elif d == 2:
                    if j == 0:
                        continue
                    q = m - ni
                elif d == 3:
                    if j == nj - 1:
                        continue
                    q = m + ni
                elif d == 4:
                    if i == 0:
                        continue
                    q = m - 1
                else:
                    if i == ni - 1:
                        continue
                    q = m + 1
                take = flat[q] == REMOVABLE
                if start_at_border:
                    take = take or (flat[q] == OUTSIDE and not seen[q])
                if take:
                    flat[q] = OUTSIDE
                    if start_at_border:
                        seen[q] = True
                    if size == stack.size:
                        bigger = np.empty(2 * stack.size, np.int64)
                        bigger[:size] = stack
                        stack = bigger
                    stack[size] = q
                    size += 1
    if start_at_border:
        for n in range(flat.size):
            if flat[n] == OUTSIDE and not seen[n]:
                flat[n] = KEPT


@njit(cache=True)
def _envelope(f, n, weight, place, bound, out):
    """One line of the squared distance (Felzenszwalb and Huttenlocher 2012)."""
    top = 0
    place[0] = 0
    bound[0] = -1e20
    bound[1] = 1e20
    for q in range(1, n):
        s = ((f[q] + weight * q * q) - (f[place[top]] + weight * place[top] * place[top])) / (
            2 * weight * (q - place[top])
        )
        while s <= bound[top]:
            top -= 1
            s = ((f[q] + weight * q * q) - (f[place[top]] + weight * place[top] * place[top])) / (
                2 * weight * (q - place[top])
            )
        top += 1
        place[top] = q
        bound[top] = s
        bound[top + 1] = 1e20
    top = 0
    for q in range(n):
        while bound[top + 1] < q:
            top += 1
        d = q - place[top]
        out[q] = weight * d * d + f[place[top]]


@njit(cache=True)
def _squared_distance(mask, spacing):
    nk, nj, ni = mask.shape
    far = 1e12
    dist = np.empty(mask.shape, np.float32)
    n = max(nk, nj, ni)
    f, out = np.empty(n, np.float64), np.empty(n, np.float64)
    place, bound = np.empty(n + 1, np.int64), np.empty(n + 2, np.float64)
    for k in range(nk):
        for j in range(nj):
            for i in range(ni):
                f[i] = far if mask[k, j, i] else 0.0
            _envelope(f, ni, spacing[2] ** 2, place, bound, out)
            for i in range(ni):
                dist[k, j, i] = out[i]
    for k in range(nk):
        for i in range(ni):
            for j in range(nj):
                f[j] = dist[k, j, i]
            _envelope(f, nj, spacing[1] ** 2, place, bound, out)
            for j in range(nj):
                dist[k, j, i] = out[j]
    for j in range(nj):
        for i in range(ni):
            for k in range(nk):
                f[k] = dist[k, j, i]
            _envelope(f, nk, spacing[0] ** 2, place, bound, out)
            for k in range(nk):
                dist[k, j, i] = out[k]
    return dist


def depth_mm(mask: NDArray, spacing: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the distance in mm of each voxel of ``mask`` to the nearest voxel outside it.

    The grid's border is no wall. Where nothing lies outside, the distance is 1e6. scipy's
    transform needs six times the memory.
    """
    squared: NDArray[np.float32] = _squared_distance(mask.view(np.uint8), np.asarray(spacing, np.float64))
    return np.sqrt(squared, out=squared)
