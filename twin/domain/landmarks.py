"""Named points and axes on one structure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain.placed import OfStructure


@dataclass(frozen=True, eq=False)
class Landmark:
    """A point in LPS mm, shape (3,), and where it came from.

    ``source`` is words for the user: "sphere fit to 812 points, rms 0.3 mm", "by hand",
    "assumed". ``radius_mm`` where the landmark is a sphere.
    """

    point: NDArray[np.float64]
    source: str
    radius_mm: float | None = None


@dataclass(frozen=True, eq=False)
class Landmarks(OfStructure):
    """Landmarks of one bone and the frame they span.

    Attributes
    ----------
    points : dict of str to Landmark
        For a femur: ``head center``, ``neck center``, ``shaft proximal``, ``shaft distal``,
        ``greater trochanter``, ``lesser trochanter`` and, where the scan has them,
        ``medial condyle``, ``lateral condyle``.
    axes : ndarray, shape (3, 3)
        Rows are the bone's unit axes in LPS. Femur: +x medial, +y anterior, +z proximal.
    rotation_source : str
        Where the frame's rotation about the shaft came from: "posterior condyles",
        "patient axes (assumed)", "by hand".
    assumed : bool
        True where that rotation is an assumption; results are then swept over ±15°.
    """

    points: dict[str, Landmark]
    axes: NDArray[np.float64]
    rotation_source: str
    assumed: bool
