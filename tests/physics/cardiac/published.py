"""The circulation's own contraction, half cosines up and down, as a tension: what is published goes by it."""

from collections.abc import Callable
from dataclasses import astuple

import numpy as np

from physics.circulation import REGAZZONI_2020, Circulation
from physics.circulation.loop import elastance


def tension_of(circulation: Circulation, peak_kpa: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return a tension that rises as the left ventricle's elastance does."""
    chamber = np.array(astuple(circulation.chambers["LV"]))
    chamber[:2] = peak_kpa, 0.0
    return np.vectorize(lambda time: elastance(time, circulation.beat_s, chamber), otypes=[float])


share = tension_of(REGAZZONI_2020, 1.0)
