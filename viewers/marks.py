"""What is drawn over slices besides the image: outlines of surfaces, contours, and points."""

from dataclasses import dataclass
from functools import cached_property

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


@dataclass(frozen=True, eq=False)
class Contour:
    """A line through points (n, 3) in LPS mm, drawn dotted on the slice that it lies in."""

    points: NDArray[np.float64]
    color: str
    closed: bool = True

    def within(self, frame: SliceFrame, depth: float) -> NDArray[np.float64]:
        """Return it as (column, row), shape (n, 2), where it lies in the slice at ``depth``, else empty."""
        places = frame.place(np.asarray(self.points, np.float64))
        if np.abs(places[:, 2] - depth).max(initial=0.0) > 0.5:
            return np.empty((0, 2))
        return places[[*range(len(places)), *([0] if self.closed else [])], :2]


@dataclass(eq=False)
class OutlineCut:
    """One outline's cuts with the slices of one frame, quick to ask for again and again."""

    outline: Outline
    frame: SliceFrame

    @cached_property
    def _places(self) -> NDArray[np.float64]:
        """Where the surface's points lie among the slices; worked out when the first slice is asked for."""
        return self.frame.place(self.outline.surface.points)

    @cached_property
    def _reach(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The first and last slice that each triangle meets."""
        depth = self._places[:, 2].astype(np.float32)[self.outline.surface.triangles]
        return depth.min(axis=1), depth.max(axis=1)

    def segments(self, index: float) -> NDArray[np.float64]:
        """Return the cut with slice ``index`` as segments of (column, row), shape (n, 2, 2)."""
        # Half-open, so that a vertex lying on the slice belongs to one side only.
        low, high = self._reach
        crossed = np.flatnonzero((low <= index) & (high > index))
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
