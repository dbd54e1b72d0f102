"""The cheapest line through a strip of costs: one place a ray, closed round a cavity or open along a wall."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


def cheapest(
    cost: NDArray[np.float64], stiffness: float, *, closed: bool, reach: int = 3
) -> NDArray[np.float64]:
    """Find the line of least cost plus ``stiffness`` times the squared steps between neighboring rays.

    Dynamic programming (Bellman 1957); a closed line is found by going round twice and keeping the middle
    part, whose two ends have then met. The result lies between samples: at the vertex of a parabola through
    the costs beside the chosen one.

    Parameters
    ----------
    cost : ndarray, shape (rays, samples)
    stiffness : float
        Cost of a step of one sample to the next ray.
    closed : bool
        Whether the last ray neighbors the first.
    reach : int
        The longest step from ray to ray, in samples.

    Returns
    -------
    ndarray, shape (rays,)
        Place along each ray, in samples.
    """
    rays, samples = cost.shape
    rows = np.concatenate([cost, cost]) if closed else cost
    chosen = _best_path(np.ascontiguousarray(rows, dtype=np.float64), float(stiffness), reach)
    if closed:
        half = rays // 2
        chosen = np.roll(chosen[half : half + rays], half)
    at = np.clip(chosen, 1, samples - 2)
    ray = np.arange(rays)
    below, here, above = cost[ray, at - 1], cost[ray, at], cost[ray, at + 1]
    bend = below - 2 * here + above
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(bend > 0, 0.5 * (below - above) / bend, 0.0)
    return np.where(chosen == at, at + np.clip(off, -0.5, 0.5), chosen)


@njit(cache=True)
def _best_path(cost: NDArray[np.float64], stiffness: float, reach: int) -> NDArray[np.int64]:
    rays, samples = cost.shape
    total = cost[0].copy()
    back = np.zeros((rays, samples), np.int16)
    fresh = np.empty(samples)
    for a in range(1, rays):
        for s in range(samples):
            best, which = np.inf, s
            for p in range(max(0, s - reach), min(samples, s + reach + 1)):
                value = total[p] + stiffness * (s - p) * (s - p)
                if value < best:
                    best, which = value, p
            fresh[s] = best + cost[a, s]
            back[a, s] = which
        total[:] = fresh
    path = np.empty(rays, np.int64)
    path[rays - 1] = np.argmin(total)
    for a in range(rays - 1, 0, -1):
        path[a - 1] = back[a, path[a]]
    return path
