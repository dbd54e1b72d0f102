"""Something measured or marked by hand on an image, with its numbers."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from twin.domain.placed import OfStructure
from twin.domain.result import Number

MeasurementKind = Literal[
    "distance", "angle", "Cobb angle", "ellipse", "polygon", "ellipsoid", "volume", "point", "arrow", "text"
]
MEASUREMENT_KINDS: tuple[MeasurementKind, ...] = get_args(MeasurementKind)


@dataclass(frozen=True, eq=False)
class Measurement(OfStructure):
    """A measurement or an annotation.

    Attributes
    ----------
    kind : str
    points : ndarray, shape (n, 3)
        LPS mm. ``distance``: both ends. ``angle``: an end, the vertex, the other end. ``Cobb angle``: both
        ends of one line, then of the other. ``ellipse``: both ends of one axis, then of the other.
        ``polygon``: its corners, closed by the last edge. ``ellipsoid``: both ends of each of three axes.
        ``volume``: the middle of the structure. ``arrow``: its tip, then its tail. ``point``, ``text``: one.
    normal : ndarray, shape (3,), or None
        Unit normal of the plane it was drawn on, LPS; None where it was drawn on none.
    numbers : tuple of Number
        What was measured. None for arrow and text.
    text : str
        What the user wrote to it.
    time : int or None
        The moment it was measured at, counted from 0, where the image has several.
    label : ndarray, shape (3,), or None
        Where its words were moved to, LPS mm.
    modality : str
        DICOM modality of the image.
    image_class : str
        SOP Class UID of the images it was measured on.
    image_uids : tuple of str
        SOP Instance UIDs of the images that it lies on; empty where they are not known.
    pixels : ndarray, shape (n, 2), or None
        The points as (column, row) of the one image that they all lie on, DICOM's way: the middle of its
        first pixel is (0.5, 0.5).
    """

    kind: MeasurementKind
    points: NDArray[np.float64]
    normal: NDArray[np.float64] | None = None
    numbers: tuple[Number, ...] = ()
    text: str = ""
    time: int | None = None
    label: NDArray[np.float64] | None = None
    modality: str = ""
    image_class: str = ""
    image_uids: tuple[str, ...] = ()
    pixels: NDArray[np.float64] | None = None

    def number(self, name: str) -> Number | None:
        """Return the number of that name, where there is one."""
        return next((n for n in self.numbers if n.name == name), None)
