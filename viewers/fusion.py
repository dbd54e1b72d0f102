"""A second volume laid over a slice: PET over CT, through patient space, in colors of its own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain import Volume
from viewers.oblique import Cut
from viewers.orientation import SliceFrame
from viewers.paint import ColorBar
from viewers.planes import Slab
from viewers.sampling import GrayTable
from viewers.slice_sheet import SlicePixels

_FULL = 0.25
"""Share of the window from which on the blend is whole: what takes nothing up hides no anatomy."""


@dataclass(frozen=True, eq=False)
class Laid:
    """How the second volume is looked at.

    Attributes
    ----------
    volume : Volume
        In the same patient space as the first; one moment.
    name : str
    window : (center, width, inverted)
        In its own unit.
    colors : str
        A map of ``resources.presets.IMAGE_MAPS``.
    blend : float
        0 shows the first volume alone, 1 the second wherever it is.
    """

    volume: Volume
    name: str
    window: tuple[float, float, bool]
    colors: str = "ember"
    blend: float = 0.5

    @property
    def bar(self) -> ColorBar:
        """What its colors mean."""
        center, width, inverted = self.window
        return ColorBar(self.colors, (center - width / 2, center + width / 2), self.volume.unit, inverted)


class Fusion:
    """Paints a second volume over a picture; resampled by the kernel, whatever grid it lies on."""

    def __init__(self, laid: Laid) -> None:
        self.laid = laid
        table, self._scale, self._shift = GrayTable(laid.volume, *laid.window, laid.colors).by_value
        place = np.linspace(0.0, 1.0, len(table))
        if laid.window[2]:
            place = place[::-1]
        alpha = np.rint(255 * laid.blend * np.minimum(place / _FULL, 1.0)).astype(np.uint32)
        self._table = (table & np.uint32(0x00FFFFFF)) | alpha << np.uint32(24)
        self._table.flags.writeable = False
        self._cut: tuple[SliceFrame, Slab, Cut] | None = None
        self._over = np.empty((0, 0), np.uint32)

    def paint(self, pixels: SlicePixels, slab: Slab, smooth: bool, picture: NDArray[np.uint32]) -> None:
        """Blend the second volume into a picture, in place."""
        from viewers import oblique_kernels

        if self._over.shape != pixels.size:
            self._over = np.empty(pixels.size, np.uint32)
        colors = self._table, self._scale, self._shift
        cut = self._along(pixels.frame, slab)
        cut.paint(self.laid.volume.voxels, pixels, smooth, colors, self._over, ground=0)
        oblique_kernels.blend(self._over, picture)

    def value(self, frame: SliceFrame, slab: Slab, smooth: bool, lps: NDArray[np.float64]) -> float | None:
        """Return its value at a place in LPS mm; None beside it."""
        volume = self.laid.volume
        stored = self._along(frame, slab).value(volume.voxels, lps, smooth)
        return stored * volume.slope + volume.intercept if np.isfinite(stored) else None

    def _along(self, frame: SliceFrame, slab: Slab) -> Cut:
        if self._cut is None or self._cut[0] is not frame or self._cut[1] != slab:
            self._cut = (frame, slab, Cut.of(frame, slab, self.laid.volume.affine))
        return self._cut[2]
