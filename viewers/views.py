"""What a 3-D view is given and gives back: clip planes, picks, turned arrows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewers.orientation import DIRECTIONS


@dataclass(frozen=True, eq=False)
class Clip:
    """A cutting plane: what lies on the side of ``normal`` stays.

    Attributes
    ----------
    origin : ndarray, shape (3,)
        A point of the plane, LPS mm.
    normal : ndarray, shape (3,)
        Unit vector, LPS.
    """

    origin: NDArray[np.float64]
    normal: NDArray[np.float64]

    @classmethod
    def facing(cls, letter: str, offset_mm: float) -> "Clip":
        """Cut away what lies further than ``offset_mm`` toward a patient direction.

        ``facing("A", 20)`` takes off what is more than 20 mm anterior of the origin of
        patient space (LPS y < −20).
        """
        outward = np.array(DIRECTIONS[letter])
        return cls(outward * offset_mm, -outward)


@dataclass(frozen=True, eq=False)
class Pick:
    """What lies under the cursor in 3-D.

    Attributes
    ----------
    key : str
        Of the thing shown.
    lps : ndarray, shape (3,)
        LPS mm; on a deformed mesh the place in the body at rest.
    cell : int
        Triangle of a surface, element of a mesh, number of a point or an arrow.
    value : float or None
        Of the field shown there.
    """

    key: str
    lps: NDArray[np.float64]
    cell: int
    value: float | None
