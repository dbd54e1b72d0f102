"""A picture that somebody marked, so that others find it at once."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin.domain.placed import Placed
from twin.domain.view_state import ViewState


@dataclass(frozen=True, eq=False)
class KeyImage(Placed):
    """One slice view's picture of a volume.

    Attributes
    ----------
    plane : "axial", "coronal" or "sagittal"
        The view that showed it.
    place : ndarray, shape (3,)
        The crosshair, LPS mm: the picture goes through it.
    normal : ndarray, shape (3,)
        Unit normal of the picture's plane, LPS.
    text : str
        What the user noted.
    time : int or None
        The moment shown, counted from 0, where the volume has several.
    state : ViewState or None
        How all views showed the volume; None where only the place is known.
    modality, image_class : str
        DICOM modality and SOP Class UID of the volume's images.
    image_uids : tuple of str
        SOP Instance UIDs of the images that it shows; of a picture made from many, the one at the crosshair.
        Empty where they are not known.
    reformatted : bool
        True where the picture was made from many images across their planes: none of them looks like it.
    """

    plane: Literal["axial", "coronal", "sagittal"]
    place: NDArray[np.float64]
    normal: NDArray[np.float64]
    text: str = ""
    time: int | None = None
    state: ViewState | None = None
    modality: str = ""
    image_class: str = ""
    image_uids: tuple[str, ...] = ()
    reformatted: bool = False
