"""The directions of the muscle."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Fibers:
    """Unit vectors at right angles to one another, right-handed, of each element or point; shape (m, 3) each.

    Attributes
    ----------
    fiber : ndarray
        Along the fibers.
    sheet : ndarray
        Within the sheets, across the fibers.
    normal : ndarray
        From sheet to sheet: fiber × sheet.
    """

    fiber: NDArray[np.float64]
    sheet: NDArray[np.float64]
    normal: NDArray[np.float64]
