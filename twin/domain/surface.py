"""A closed triangle surface."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain.placed import OfStructure


@dataclass(frozen=True, eq=False)
class Surface(OfStructure):
    """Triangles in patient space, normals outward (counter-clockwise seen from outside).

    Attributes
    ----------
    points : ndarray, shape (n, 3), float64
        LPS millimeters.
    triangles : ndarray, shape (m, 3), int32
    cut : ndarray of bool, shape (m,), or None
        Triangles that lie where the image's border cut the structure off: a scan's end,
        not anatomy.
    color : str
        ``#RRGGBB`` as the file it came from has it; empty: that of the table.
    """

    points: NDArray[np.float64]
    triangles: NDArray[np.int32]
    cut: NDArray[np.bool_] | None = None
    color: str = ""
