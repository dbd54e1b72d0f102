"""An image in patient space."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain.placed import Placed


@dataclass(frozen=True, eq=False)
class Volume(Placed):
    """Voxels with their place, value unit and owner.

    Attributes
    ----------
    voxels : ndarray, shape (k, j, i) or (t, k, j, i)
        Stored numbers, C order; ``value = slope * stored + intercept`` in ``unit``.
    affine : ndarray, shape (4, 4), float64
        Takes (i, j, k, 1) of a voxel *centre* to LPS millimetres.
    modality : str
        DICOM modality: ``CT``, ``MR``, ...
    unit : str
        Unit of the values: ``HU`` for CT, empty where arbitrary (MR).
    window : (center, width) in ``unit`` or None
        The file's own first window.
    kvp : float or None
        Tube voltage, as the density calibration wants to know it.
    kernel : str
        Reconstruction kernel.
    contrast_agent : str
        Name of the contrast agent; empty where none is named.
    image_class : str
        SOP Class UID of the DICOM images it was read from; empty where there are none.
    image_uids : tuple of str
        SOP Instance UID of each slice, where a slice is one image as it is; else empty. What is drawn
        on the volume refers to them.
    """

    voxels: NDArray
    affine: NDArray[np.float64]
    modality: str
    unit: str = ""
    slope: float = 1.0
    intercept: float = 0.0
    window: tuple[float, float] | None = None
    times_ms: NDArray[np.float64] | None = None
    kvp: float | None = None
    kernel: str = ""
    contrast_agent: str = ""
    image_class: str = ""
    image_uids: tuple[str, ...] = ()

    @property
    def spacing_mm(self) -> NDArray[np.float64]:
        """Distance of neighbouring centres along i, j, k; shape (3,)."""
        return np.linalg.norm(self.affine[:3, :3], axis=0)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Spatial size (k, j, i)."""
        k, j, i = self.voxels.shape[-3:]
        return k, j, i
