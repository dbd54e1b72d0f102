"""Compiled loops over voxels: half-maximum rays, floods, distances and watersheds.

Arrays are C-ordered ``[k, j, i]``; ``spacing`` is in mm in the same order.
"""

# mypy: disable-error-code="no-untyped-def"

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, inline="always")
def sample(image, k, j, i):
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
        value = sign * sample(image, k + n * dk, j + n * dj, i + n * di)
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
    mask : ndarray of bool, same shape
        Where to look.
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
                if not mask[k, j, i]:
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
def surrounded(mask, spacing, reach_mm):
    """Count for each voxel outside ``mask`` in how many of 26 directions it is met within reach.

    Parameters
    ----------
    mask : ndarray of bool, shape (k, j, i)
    spacing : ndarray of float64, shape (3,)
    reach_mm : float

    Returns
    -------
    ndarray of uint8, same shape; 0 within the mask
    """
    nk, nj, ni = mask.shape
    met = np.zeros(mask.shape, np.uint8)
    for k in range(nk):
        for j in range(nj):
            for i in range(ni):
                if mask[k, j, i]:
                    continue
                for m in range(27):
                    dk, dj, di = m // 9 - 1, (m // 3) % 3 - 1, m % 3 - 1
                    length = np.sqrt((dk * spacing[0]) ** 2 + (dj * spacing[1]) ** 2 + (di * spacing[2]) ** 2)
                    if length == 0:
                        continue
                    for n in range(1, int(reach_mm / length) + 1):
                        kk, jj, ii = k + n * dk, j + n * dj, i + n * di
                        if kk < 0 or jj < 0 or ii < 0 or kk >= nk or jj >= nj or ii >= ni:
                            break
                        if mask[kk, jj, ii]:
                            met[k, j, i] += 1
                            break
    return met


@njit(cache=True, inline="always")
def neighbor(n, d, nk, nj, ni):
    """Flat index of the d-th of 6 neighbours, −1 beyond the grid."""
    i, j, k = n % ni, (n // ni) % nj, n // (ni * nj)
    if d == 0:
        return n - ni * nj if k > 0 else -1
    if d == 1:
        return n + ni * nj if k < nk - 1 else -1
    if d == 2:
        return n - ni if j > 0 else -1
    if d == 3:
        return n + ni if j < nj - 1 else -1
    if d == 4:
        return n - 1 if i > 0 else -1
    return n + 1 if i < ni - 1 else -1


@njit(cache=True)
def grown(stack):
    """Return a stack of twice the room with the same content."""
    bigger = np.empty(2 * stack.size, stack.dtype)
    bigger[: stack.size] = stack
    return bigger


@njit(cache=True)
def _touches_outside(mask, k, j, i, planar):
    nk, nj, ni = mask.shape
    return (
        (i > 0 and not mask[k, j, i - 1])
        or (i < ni - 1 and not mask[k, j, i + 1])
        or (j > 0 and not mask[k, j - 1, i])
        or (j < nj - 1 and not mask[k, j + 1, i])
        or (not planar and k > 0 and not mask[k - 1, j, i])
        or (not planar and k < nk - 1 and not mask[k + 1, j, i])
    )


@njit(cache=True)
def flood(mask, removable, planar):
    """Return what is left of ``mask`` when the outside runs into its removable voxels (6 neighbours).

    Parameters
    ----------
    mask, removable : ndarray of bool, shape (k, j, i)
    planar : bool
        Stay within each slice k (4 neighbours).

    Returns
    -------
    ndarray of bool, same shape
    """
    nk, nj, ni = mask.shape
    left = mask.copy()
    stack = np.empty(4096, np.int64)
    for k0 in range(nk):
        for j0 in range(nj):
            for i0 in range(ni):
                if not (removable[k0, j0, i0] and left[k0, j0, i0]):
                    continue
                if not _touches_outside(mask, k0, j0, i0, planar):
                    continue
                left[k0, j0, i0] = False
                stack[0] = (k0 * nj + j0) * ni + i0
                size = 1
                while size > 0:
                    size -= 1
                    row, i = stack[size] // ni, stack[size] % ni
                    k, j = row // nj, row % nj
                    # Row by row: the whole run is taken, and of each run beside it one voxel is put aside.
                    low = i
                    while low > 0 and left[k, j, low - 1] and removable[k, j, low - 1]:
                        low -= 1
                        left[k, j, low] = False
                    high = i
                    while high < ni - 1 and left[k, j, high + 1] and removable[k, j, high + 1]:
                        high += 1
                        left[k, j, high] = False
                    for d in range(2 if planar else 4):
                        kk = k if d < 2 else k + 2 * d - 5
                        jj = j + 2 * d - 1 if d < 2 else j
                        if kk < 0 or jj < 0 or kk >= nk or jj >= nj:
                            continue
                        before = False
                        for x in range(low, high + 1):
                            here = left[kk, jj, x] and removable[kk, jj, x]
                            if here and not before:
                                left[kk, jj, x] = False
                                stack[size] = (kk * nj + jj) * ni + x
                                size += 1
                                if size == stack.size:
                                    stack = grown(stack)
                            before = here
    return left


@njit(cache=True)
def open_gaps(image, mask, spacing, reach_mm, soft, tolerance, share):
    """Return the voxels of dark sheets between two walls (a joint space) that the outside reaches.

    A voxel is such where along one of 13 directions both sides rise so far that it is under
    ``share`` of the way from ``soft`` tissue to the lower of the two peaks. Only voxels that the
    outside comes by are looked at, so that marrow costs nothing.

    Parameters
    ----------
    image : ndarray of float32, shape (k, j, i)
    mask : ndarray of bool, same shape
    spacing : ndarray of float64, shape (3,)
    reach_mm, soft, tolerance, share : float

    Returns
    -------
    ndarray of bool, same shape
    """
    nk, nj, ni = mask.shape
    gaps = np.zeros(mask.shape, np.bool_)
    inside, out = mask.reshape(-1), gaps.reshape(-1)
    seen = np.zeros(inside.size, np.bool_)
    step = 0.5 * min(spacing[0], spacing[1], spacing[2])
    steps = max(int(np.ceil(reach_mm / step)), 3)
    stack = np.empty(4096, np.int64)
    size = 0
    for start in range(inside.size):
        if inside[start]:
            continue
        edge = False
        for d in range(6):
            q = neighbor(start, d, nk, nj, ni)
            edge = edge or (q >= 0 and inside[q])
        if not edge:
            continue
        stack[0] = start
        size = 1
        while size > 0:
            size -= 1
            n = stack[size]
            for d in range(6):
                q = neighbor(n, d, nk, nj, ni)
                if q < 0 or seen[q] or not inside[q]:
                    continue
                seen[q] = True
                k, j, i = q // (ni * nj), (q // ni) % nj, q % ni
                if _between(image, k, j, i, spacing, step, steps, soft, tolerance, share):
                    out[q] = True
                    stack[size] = q
                    size += 1
                    if size == stack.size:
                        stack = grown(stack)
    return gaps


@njit(cache=True)
def counts(labels, count, image, least):
    """Return, for each label, how many voxels it has and in how many ``image`` exceeds ``least``."""
    every, above = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    flat, values = labels.reshape(-1), image.reshape(-1)
    for n in range(flat.size):
        every[flat[n]] += 1
        if values[n] > least:
            above[flat[n]] += 1
    return every, above


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
def _distance_along(dist, weight, place, bound):
    """Go on with the squared distance along axis 1 of ``dist``, in place, for all lines along axis 0 and 2.

    Sixteen lines at a time are copied out, so that what lies side by side in memory is read so.
    """
    na, n, nb = dist.shape
    f, out = np.empty((16, n), np.float64), np.empty(n, np.float64)
    for a in range(na):
        for start in range(0, nb, 16):
            lines = min(16, nb - start)
            any_of = np.zeros(16, np.bool_)
            for q in range(n):
                for x in range(lines):
                    f[x, q] = dist[a, q, start + x]
                    any_of[x] |= f[x, q] > 0
            for x in range(lines):
                if any_of[x]:
                    _envelope(f[x], n, weight, place, bound, out)
                    f[x] = out
            for q in range(n):
                for x in range(lines):
                    dist[a, q, start + x] = f[x, q]


@njit(cache=True)
def _squared_distance(mask, spacing):
    nk, nj, ni = mask.shape
    dist = np.empty(mask.shape, np.float32)
    n = max(nk, nj, ni)
    place, bound = np.empty(n + 1, np.int64), np.empty(n + 2, np.float64)
    for k in range(nk):
        for j in range(nj):
            # Along i the nearest zero is found by going there and back.
            for way in range(2):
                run = 1e6
                for x in range(ni):
                    i = x if way == 0 else ni - 1 - x
                    run = run + 1 if mask[k, j, i] else 0.0
                    square = min((run * spacing[2]) ** 2, 1e12)
                    dist[k, j, i] = square if way == 0 else min(square, dist[k, j, i])
    _distance_along(dist, spacing[1] ** 2, place, bound)
    _distance_along(dist.reshape(1, nk, nj * ni), spacing[0] ** 2, place, bound)
    return dist


def depth_mm(mask: NDArray, spacing: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the distance in mm of each voxel of ``mask`` to the nearest voxel outside it.

    The grid's border is no wall. Where nothing lies outside, the distance is 1e6. scipy's
    transform needs six times the memory.
    """
    squared: NDArray[np.float32] = _squared_distance(mask.view(np.uint8), np.asarray(spacing, np.float64))
    return np.sqrt(squared, out=squared)


def holes(walls: NDArray[np.bool_], axis: int | None = None) -> NDArray[np.bool_]:
    """Return what ``walls`` shut in: in 3-D, or within each slice across ``axis``."""
    planar = axis is not None
    turned = np.moveaxis(walls, axis, 0) if axis is not None else walls
    margin = [(0 if planar else 1,) * 2, (1, 1), (1, 1)]
    closed = np.pad(turned, margin)
    room = np.pad(np.ones(turned.shape, bool), margin)
    inner = flood(room, ~closed, planar) & ~closed
    inner = inner[slice(None) if planar else slice(1, -1), 1:-1, 1:-1]
    return np.ascontiguousarray(np.moveaxis(inner, 0, axis) if axis is not None else inner)
