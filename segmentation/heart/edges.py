"""What a line across the wall costs: endocardium and epicardium as a human reader draws them.

Convention: papillary muscles and trabeculae belong to the cavity. The endocardium is the outermost place
where blood gives way to a wall that stays dark; what is dark within it costs little.
"""

import numpy as np
from numpy.typing import NDArray

NEAREST_MM = 1.5
"""The epicardium's own blur, which is no blood in the wall."""

AFTER_MM = 4.0
"""How much must be no muscle beyond the epicardium; or dark beyond an endocardium by itself."""

DARK_INSIDE = 0.2
"""What a millimeter of dark inside the cavity costs, against 1 for a bright one in the wall."""


def endocardium_cost(
    values: NDArray[np.float64],
    step_mm: float,
    *,
    until: NDArray[np.float64] | None = None,
    dark_inside: float = DARK_INSIDE,
    after_mm: float = AFTER_MM,
) -> NDArray[np.float64]:
    """Cost of each place along outward profiles as the endocardium, in mm.

    Parameters
    ----------
    values : ndarray, shape (rays, samples)
        Blood 1, muscle 0, air −1.
    step_mm : float
        Distance of samples.
    until : ndarray, shape (rays,), or None
        Sample at which the epicardium lies: all the wall up to there is to be dark. None: not known, the
        first ``after_mm`` are.
    dark_inside : float
        Cost of a dark millimeter within.
    """
    bright = blood(values)
    count = round(after_mm / step_mm)
    if until is not None:
        bright = np.where(np.arange(values.shape[-1]) < until[:, None] - NEAREST_MM / step_mm, bright, 0.0)
        count = values.shape[-1]
    inside = _before(1 - blood(values))
    return step_mm * (dark_inside * inside + _after(bright, count))


def epicardium_cost(values: NDArray[np.float64], step_mm: float) -> NDArray[np.float64]:
    """Cost of each place along outward profiles as the epicardium, in mm.

    Beyond it lies what is no muscle: blood or fat, which are brighter, or lung, which is darker.
    Profiles start in the wall or in the cavity; what is bright at their start is cavity.

    Parameters
    ----------
    values : ndarray, shape (rays, samples)
        Blood 1, muscle 0, air −1.
    """
    cavity = np.minimum.accumulate(values > 0.3, axis=-1)
    other = np.where(cavity, 0.0, 1 - muscle(values))
    count = round(AFTER_MM / step_mm)
    return step_mm * (_before(other) + 0.5 * _after(1 - other, count) + cavity * count)


def blood(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each value looks like blood rather than muscle, 0 to 1."""
    return step(values, 0.35, 0.65)


def muscle(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each value looks like muscle, 0 to 1: neither blood or fat nor lung."""
    return 1 - np.maximum(step(values, 0.1, 0.35), step(-values, 0.35, 0.65))


def step(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return 0 up to ``low``, 1 from ``high`` on, smooth between."""
    part = np.clip((values - low) / (high - low), 0, 1)
    return part * part * (3 - 2 * part)


def _before(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of the values at the samples within each place."""
    return np.cumsum(values, axis=-1) - values / 2


def _after(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Sum of the ``count`` values beyond each place; at the profile's end the last value goes on."""
    ends = np.repeat(values[..., -1:], count, axis=-1)
    total = np.cumsum(np.concatenate([values, ends], axis=-1), axis=-1)
    return total[..., count:] - total[..., :-count] + values / 2
