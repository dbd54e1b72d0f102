"""An image in patient space."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin.domain.placed import Placed


@dataclass(frozen=True, eq=False)
class Volume(Placed):
    """Voxels with their place, value unit and owner.

    Attributes
    ----------
    voxels : ndarray, shape (k, j, i) or (t, k, j, i)
        Stored numbers, C order; ``value = slope * stored + intercept`` in ``unit``. One slice (k = 1)
        is a plane: it is drawn where it lies.
    affine : ndarray, shape (4, 4), float64
        Takes (i, j, k, 1) of a voxel *center* to LPS millimeters.
    modality : str
        DICOM modality: ``CT``, ``MR``, ...
    unit : str
        Unit of the values: ``HU`` for CT, empty where arbitrary (MR).
    window : (center, width) in ``unit`` or None
        The file's own first window.
    times_ms : ndarray, shape (t,), or None
        When each of several moments is; of a beating heart the mean over its slices.
    slice_times_ms : ndarray, shape (t, k), or None
        The same for every slice, where they differ.
    cycle_ms : ndarray, shape (k,), or None
        Length of the heart's cycle while each slice was taken, also of a gated image of one moment;
        ``slice_times_ms / cycle_ms`` is the phase.
    filled : tuple of int
        Slices (k) that no image shows: made up between their neighbors where the user accepted a gap.
    color : bool
        True where each voxel is a color, packed as 0xRRGGBB in uint32, and no number.
    inverted : bool
        True where the file asks for low values to be shown bright (most radiographs).
    lengths : str
        What a length in the image means: one in the ``patient``; one on the ``detector`` of a projection,
        which shows the patient larger by an unknown factor; or ``unknown``. Lengths are offered for
        ``patient`` only.
    placement : str
        What the affine means: places in the ``patient``; right ``directions`` but no place (a
        radiograph); or only the ``picture`` itself, whose edges are no sides of the patient.
    patient_position : str
        How the patient lay, DICOM's term (``HFS``: head first, supine); the affine says it already.
    kvp : float or None
        Tube voltage, as the density calibration wants to know it.
    kernel : str
        Reconstruction kernel.
    contrast_agent : str
        Name of the contrast agent; empty where none is named.
    protocol : str
        What the scanner's operator called the scan's protocol.
    inversion_ms : float or None
        Time from the inversion to the image, of an MR that inverts; the median over its slices.
    image_class : str
        SOP Class UID of the DICOM images it was read from; empty where there are none.
    image_uids : tuple of str
        SOP Instance UID of each slice, where a slice is one image as it is; else empty. What is drawn
        on the volume refers to them.
    burned_in : str
        Why text that names the patient may be in the pixels, in words; empty where nothing speaks for it.
    """

    voxels: NDArray
    affine: NDArray[np.float64]
    modality: str
    unit: str = ""
    slope: float = 1.0
    intercept: float = 0.0
    window: tuple[float, float] | None = None
    times_ms: NDArray[np.float64] | None = None
    slice_times_ms: NDArray[np.float64] | None = None
    cycle_ms: NDArray[np.float64] | None = None
    filled: tuple[int, ...] = ()
    color: bool = False
    inverted: bool = False
    lengths: Literal["patient", "detector", "unknown"] = "patient"
    placement: Literal["patient", "directions", "picture"] = "patient"
    patient_position: str = ""
    kvp: float | None = None
    kernel: str = ""
    contrast_agent: str = ""
    protocol: str = ""
    inversion_ms: float | None = None
    image_class: str = ""
    image_uids: tuple[str, ...] = ()
    burned_in: str = ""

    @property
    def spacing_mm(self) -> NDArray[np.float64]:
        """Distance of neighboring centers along i, j, k; shape (3,)."""
        return np.linalg.norm(self.affine[:3, :3], axis=0)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Spatial size (k, j, i)."""
        k, j, i = self.voxels.shape[-3:]
        return k, j, i
