"""The published circulation's own contraction, as a tension that rises to 1."""

from dataclasses import astuple

import numpy as np

from physics.circulation import REGAZZONI_2020
from physics.circulation.loop import elastance

CHAMBER = np.array(astuple(REGAZZONI_2020.chambers["LV"]))
CHAMBER[:2] = 1.0, 0.0


def share(times_s: np.ndarray) -> np.ndarray:
    """Return how far the ventricle's elastance has risen at times (k,)."""
    return np.array([elastance(time, REGAZZONI_2020.beat_s, CHAMBER) for time in times_s])
