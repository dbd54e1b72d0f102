"""How muscle pulls less the faster it shortens: Hill's relation, the wall taken as one fiber."""

from dataclasses import astuple, dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Shortening:
    """What the speed of shortening takes from a chamber's tension.

    With e the rate at which its fibers shorten and x = e / fastest, the tension is the course's times

    - (1 − x) / (1 + bend x) as they shorten (Hill), 0 from the fastest on;
    - 1 + (most − 1) y / (1 + y) as they lengthen, y = −x (1 + bend) / (most − 1):
      as steep at rest, and bounded.

    The mean rate follows from the cavity's volume alone: e = −(dV/dt) / (3 V + wall) (Arts et al. 1991,
    Biophys J 59:93). Hill's numbers as in Bovendeerd et al. 2006 (Ann Biomed Eng 34:1833): 10 µm/s, here at
    sarcomeres of 2 µm, and a bend of 1. A lengthening muscle's most is 1.4 times its tension at rest
    (Thelen 2003, J Biomech Eng 125:70, of skeletal muscle; in trabeculae that were stretched at a tenth of
    the fastest, Tomalka et al. 2019, Proc R Soc B 286:20190719, saw none): it matters to relaxation only.

    Attributes
    ----------
    wall_ml : float
        Volume of the muscle around the cavity.
    fastest_per_s : float
        Rate of shortening at which no tension is left, in lengths a second.
    bend : float
    most : float
        Above 1.
    """

    wall_ml: float
    fastest_per_s: float = 5.0
    bend: float = 1.0
    most: float = 1.4

    def numbers(self) -> Array:
        """Return the fields (4,) in their order, for compiled code."""
        return np.array(astuple(self))

    def share(self, volume_ml: float, change_ml_per_s: float) -> float:
        """Return the share of the tension that is left at a volume and its rate of change."""
        return float(share_left(volume_ml, change_ml_per_s, self.numbers()))


def numbers_of(shortening: Shortening | None) -> Array:
    """Return its numbers for compiled code; none (0,) where there is none."""
    return np.empty(0) if shortening is None else shortening.numbers()


@njit(cache=True)
def share_left(volume: float, change: float, numbers: Array) -> float:
    """Return the share of the tension that is left; numbers (4,) as in ``Shortening``."""
    wall, fastest, bend, most = numbers
    x = -change / (3.0 * volume + wall) / fastest
    if x >= 1.0:
        return 0.0
    if x >= 0.0:
        return float((1.0 - x) / (1.0 + bend * x))
    y = -x * (1.0 + bend) / (most - 1.0)
    return float(1.0 + (most - 1.0) * y / (1.0 + y))
