"""Making a mask well composed, so that its boundary is a manifold.

Where voxels touch only along an edge or at a corner, no surface net can be a manifold. Such
places are resolved in the mask itself, by turning the voxel whose neighborhood is least sure of it
(after Latecki, "3D well-composed pictures", 1997, for the definition).
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

_ROUNDS_OF_EITHER = 20


def well_composed(mask: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], int]:
    """Return the mask without voxels that touch only along an edge or at a corner.

    Parameters
    ----------
    mask : ndarray of bool, shape (k, j, i)
        With a rim of background: at least one voxel, two where voxels may be added.

    Returns
    -------
    mask : ndarray of bool, shape (k, j, i)
    turned : int
        Number of voxels that changed.
    """
    work = mask.astype(np.uint8)
    belief = gaussian_filter(work.astype(np.float32), 1.0)
    rounds = 0
    while True:
        # Taking away and adding could chase each other; adding alone ends, as it only grows.
        if _resolve(work, belief, rounds >= _ROUNDS_OF_EITHER) == 0:
            break
        rounds += 1
    return work.astype(bool), int(np.count_nonzero(work != mask))


@njit(cache=True)
def _resolve(mask: NDArray, belief: NDArray, only_add: bool) -> int:
    """Resolve each critical 2×2 face and 2×2×2 block once; returns how many there were."""
    found = 0
    nk, nj, ni = mask.shape
    k4, j4, i4 = np.empty(8, np.int64), np.empty(8, np.int64), np.empty(8, np.int64)
    for k in range(nk - 1):
        for j in range(nj - 1):
            for i in range(ni - 1):
                total = 0
                for c in range(8):
                    total += mask[k + (c >> 2), j + ((c >> 1) & 1), i + (c & 1)]
                if total in (0, 8):
                    continue
                for axis in range(3):
                    for n in range(4):
                        p, q = n >> 1, n & 1
                        k4[n] = k + (0 if axis == 0 else p)
                        j4[n] = j + (0 if axis == 1 else (p if axis == 0 else q))
                        i4[n] = i + (0 if axis == 2 else q)
                    a, b = mask[k4[0], j4[0], i4[0]], mask[k4[1], j4[1], i4[1]]
                    c_, d = mask[k4[2], j4[2], i4[2]], mask[k4[3], j4[3], i4[3]]
                    if a == d and b == c_ and a != b:
                        found += 1
                        _turn(mask, belief, k4, j4, i4, 4, only_add)
                for c in range(8):
                    k4[c], j4[c], i4[c] = k + (c >> 2), j + ((c >> 1) & 1), i + (c & 1)
                for c in range(4):
                    one = mask[k4[c], j4[c], i4[c]]
                    other = mask[k4[7 - c], j4[7 - c], i4[7 - c]]
                    if one != other:
                        continue
                    rest = 0
                    for n in range(8):
                        rest += mask[k4[n], j4[n], i4[n]] == one
                    if rest == 2:
                        found += 1
                        _turn(mask, belief, k4, j4, i4, 8, only_add)
                        break
    return found


@njit(cache=True)
def _turn(
    mask: NDArray, belief: NDArray, k: NDArray, j: NDArray, i: NDArray, count: int, only_add: bool
) -> None:
    best, doubt = -1, np.inf
    for n in range(count):
        inside = mask[k[n], j[n], i[n]] == 1
        if only_add and inside:
            continue
        size = mask.shape
        rim = (
            k[n] == 0
            or j[n] == 0
            or i[n] == 0
            or k[n] == size[0] - 1
            or j[n] == size[1] - 1
            or i[n] == size[2] - 1
        )
        if rim:
            continue
        value = belief[k[n], j[n], i[n]]
        d = value if inside else 1.0 - value
        if d < doubt:
            best, doubt = n, d
    if best >= 0:
        mask[k[best], j[best], i[best]] ^= 1
