"""What a 3-D view is given and gives back: clip planes and boxes, picks, turned arrows."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from twin.domain import Volume
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
class Box:
    """What of an image is kept: the part between two corners, along the patient's axes.

    Attributes
    ----------
    low, high : ndarray, shape (3,)
        LPS mm.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def around(cls, volume: Volume) -> "Box":
        """Return the box around all of an image's voxels, to their edges."""
        ends = np.array(list(product(*((-0.5, count - 0.5) for count in volume.shape[::-1]))))
        corners = ends @ volume.affine[:3, :3].T + volume.affine[:3, 3]
        return cls(corners.min(axis=0), corners.max(axis=0))

    def part(self, shares: Sequence[tuple[float, float]]) -> "Box":
        """Return what lies between two shares, 0 to 1, along each of the patient's axes."""
        size, (low, high) = self.high - self.low, np.transpose(shares)
        return Box(self.low + low * size, self.low + high * size)


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
