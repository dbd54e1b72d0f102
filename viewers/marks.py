"""What is drawn over slices besides the image: outlines of surfaces, and points."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.domain import Surface
from viewers.orientation import SliceFrame


@dataclass(frozen=True, eq=False)
class Outline:
    """A surface whose cut with the slice is drawn; ``color`` is ``#RRGGBB``."""

    surface: Surface
    color: str


@dataclass(frozen=True, eq=False)
class PointMark:
    """A named point in LPS mm, shape (3,), drawn on the slices that it lies in or near.

    With ``radius_mm`` the cut of that sphere is drawn as well.
    """

    lps: NDArray[np.float64]
    name: str
    color: str
    radius_mm: float = 0.0


@dataclass(eq=False)
class OutlineCut:
    """One outline's cuts with the slices of one frame, quick to ask for again and again."""

    outline: Outline
    frame: SliceFrame
    _places: NDArray[np.float64] = field(init=False)
    _low: NDArray[np.float32] = field(init=False)
    _high: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        self._places = self.frame.place(self.outline.surface.points)
        depth = self._places[:, 2].astype(np.float32)[self.outline.surface.triangles]
        self._low, self._high = depth.min(axis=1), depth.max(axis=1)

    def segments(self, index: float) -> NDArray[np.float64]:
        """Return the cut with slice ``index`` as segments of (column, row), shape (n, 2, 2)."""
        # Half-open, so that a vertex lying on the slice belongs to one side only.
        crossed = np.flatnonzero((self._low <= index) & (self._high > index))
        corners = self._places[self.outline.surface.triangles[crossed]]
        above = corners[:, :, 2] > index
        # The corner that is alone on its side comes first; the cut runs through its two edges.
        alone = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), (~above).argmax(axis=1))
        rows = np.arange(len(corners))
        tip = corners[rows, alone]
        ends = []
        for turn in (1, 2):
            base = corners[rows, (alone + turn) % 3]
            share = (index - tip[:, 2]) / (base[:, 2] - tip[:, 2])
            ends.append(tip[:, :2] + share[:, None] * (base[:, :2] - tip[:, :2]))
        return np.stack(ends, axis=1)
