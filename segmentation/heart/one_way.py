"""The volume curve falls once and rises once: valves let blood pass one way."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segmentation.heart.wall import Wall, volumes_ml

EVEN = 0.03
"""Share of an even fall and rise in a curve that had to be changed: it does not quite stand still."""

STEP = 0.01
"""Change of ``lam`` by which the volume's slope is measured."""


def one_way(wall: Wall) -> tuple[Wall, float]:
    """Hold the cavity to one ejection and one filling a cycle.

    With the mitral valve closed the ventricle cannot fill, with the aortic valve closed it cannot empty; a
    leaking valve does not change that. The nearest such curve (least squares, isotonic regression both
    ways from the smallest volume) is reached by moving the endocardium of each phase evenly.

    Returns
    -------
    Wall, float
        The wall, and the largest change of volume, mL.
    """
    measured = wall.cavity_ml
    wanted = nearest_one_way(measured)
    if wanted is measured:
        return wall, 0.0
    added = np.zeros(len(measured))
    endo = wall.endo
    for _ in range(3):
        now = volumes_ml(endo, wall.base)
        slope = (volumes_ml(replace(endo, added=added + STEP), wall.base) - now) / STEP
        added = added + (wanted - now) / slope
        endo = replace(wall.endo, added=added)
    return replace(wall, endo=endo), float(np.abs(wanted - measured).max())


def nearest_one_way(volumes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nearest curve of one fall and one rise, or the same one; (t,), the cycle closed."""
    count = len(volumes)
    top, bottom = int(volumes.argmax()), int(volumes.argmin())
    turned = np.roll(volumes, -top)
    low = (bottom - top) % count
    fall = -_rising(-turned[: low + 1])
    rise = _rising(np.append(turned[low:], turned[0]))[:-1]
    held = np.concatenate([fall[:-1], rise])
    if np.array_equal(held, turned):
        return volumes
    even = np.interp(np.arange(count), [0, low, count], [turned[0], turned[low], turned[0]])
    return np.roll((1 - EVEN) * held + EVEN * even, top)


def _rising(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Isotonic regression by pooling neighbors that fall (Ayer et al. 1955)."""
    pools: list[tuple[float, int]] = []
    for value in values:
        pools.append((float(value), 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (mean, size), (before, many) = pools.pop(), pools.pop()
            pools.append(((mean * size + before * many) / (size + many), size + many))
    return np.repeat([p[0] for p in pools], [p[1] for p in pools])
