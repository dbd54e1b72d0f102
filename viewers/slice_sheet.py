"""Zoom and pan of one slice: between (column, row) and pixels of the widget."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QTransform

from viewers.orientation import SliceFrame


@dataclass(frozen=True, eq=False)
class SlicePixels:
    """Which place of a slice lies under each pixel of a picture.

    Pixel (y, x) shows column ``across[0] + x across[1] + y across[2]`` and row ``down[0] + y down[1]``.

    Attributes
    ----------
    frame : SliceFrame
    depth : float
        The slice shown; a whole number where the frame lies on the grid.
    across, down : tuple of float
    size : tuple of int
        Height and width of the picture, in pixels.
    ratio : float
        Pixels to a logical pixel of the widget.
    """

    frame: SliceFrame
    depth: float
    across: tuple[float, float, float]
    down: tuple[float, float]
    size: tuple[int, int]
    ratio: float

    @property
    def index(self) -> int:
        """The slice shown, or the nearest to it."""
        return round(self.depth)

    @property
    def to_lps(self) -> NDArray[np.float64]:
        """Takes (x, y, 1) of a pixel to LPS mm; shape (4, 3), its last row (0, 0, 1)."""
        place = np.array(
            [
                [self.across[1], self.across[2], self.across[0]],
                [0.0, self.down[1], self.down[0]],
                [0.0, 0.0, self.depth],
                [0.0, 0.0, 1.0],
            ]
        )
        return np.asarray(self.frame.to_lps @ place, np.float64)


_MARGIN = 0.96
_LIMITS = (0.2, 60.0)


@dataclass
class SliceSheet:
    """How a slice lies in a widget of ``width`` × ``height`` (logical pixels).

    ``zoom`` 1 fits the whole slice; ``middle`` is the (x, y) in mm, measured on the slice from its
    first voxel, that lies at the widget's center; None for the slice's own center.
    """

    frame: SliceFrame
    width: float = 1.0
    height: float = 1.0
    zoom: float = 1.0
    middle: NDArray[np.float64] | None = None

    @cached_property
    def _extent(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The center of the slice and the size of its bounding box, mm on the screen."""
        columns, rows, _ = self.frame.counts
        flat = self.frame.flat_mm
        center = flat @ np.array([(columns - 1) / 2, (rows - 1) / 2])
        return center, np.abs(flat) @ np.array([columns, rows], float)

    @property
    def pixels_per_mm(self) -> float:
        """Scale of the picture, logical pixels per mm; the same across and down."""
        size = self._extent[1]
        return self.zoom * _MARGIN * min(self.width / size[0], self.height / size[1])

    def transform(self) -> QTransform:
        """Return the way from (column, row), voxel centers at whole numbers, to widget pixels."""
        center, _ = self._extent
        middle = center if self.middle is None else self.middle
        scale = self.pixels_per_mm
        flat = self.frame.flat_mm * scale
        x = self.width / 2 - scale * middle[0]
        y = self.height / 2 - scale * middle[1]
        return QTransform(flat[0, 0], flat[1, 0], flat[0, 1], flat[1, 1], x, y)

    def pixels(self, depth: float, ratio: float) -> SlicePixels:
        """Return what lies under the pixels of the whole widget, ``ratio`` to a logical one."""
        at = self.transform()
        row_step = 1.0 / (ratio * at.m22())
        row = (0.5 / ratio - at.dy()) / at.m22()
        lean = at.m21() / at.m11()  # of a sheared grid: its columns shift with the row
        column = (0.5 / ratio - at.dx()) / at.m11() - lean * row
        across = (column, 1.0 / (ratio * at.m11()), -lean * row_step)
        size = round(self.height * ratio), round(self.width * ratio)
        return SlicePixels(self.frame, depth, across, (row, row_step), size, ratio)

    def to_screen(self, column: float, row: float) -> QPointF:
        """Return the widget position of a place on the slice."""
        return self.transform().map(QPointF(column, row))

    def to_slice(self, at: QPointF) -> tuple[float, float]:
        """Return (column, row) at a widget position."""
        back, _ = self.transform().inverted()
        place = back.map(at)
        return place.x(), place.y()

    def onto(self, frame: SliceFrame, lps: NDArray[np.float64]) -> "SliceSheet":
        """Return the sheet of another frame, of the same scale; ``lps`` stays where it is on the screen."""
        at, scale = self.to_screen(*self.frame.place(lps)[:2]), self.pixels_per_mm
        other = SliceSheet(frame, self.width, self.height)
        other.zoom = scale / other.pixels_per_mm
        offset = np.array([at.x() - self.width / 2, at.y() - self.height / 2])
        other.middle = frame.flat_mm @ frame.place(lps)[:2] - offset / scale
        return other

    def scale_to(self, pixels_per_mm: float, lps: NDArray[np.float64]) -> None:
        """Take another scale about a place in LPS mm, which stays where it is on the screen."""
        self.zoom_by(pixels_per_mm / self.pixels_per_mm, self.to_screen(*self.frame.place(lps)[:2]))

    def pan(self, by: QPointF) -> None:
        """Shift the picture by widget pixels."""
        center, _ = self._extent
        middle = center if self.middle is None else self.middle
        self.middle = middle - np.array([by.x(), by.y()]) / self.pixels_per_mm

    def zoom_by(self, factor: float, about: QPointF) -> None:
        """Zoom so that what lies at ``about`` stays there."""
        old = self.pixels_per_mm
        center, _ = self._extent
        middle = center if self.middle is None else self.middle
        offset = np.array([about.x() - self.width / 2, about.y() - self.height / 2])
        self.zoom = min(max(self.zoom * factor, _LIMITS[0]), _LIMITS[1])
        self.middle = middle + offset / old - offset / self.pixels_per_mm

    def reset(self) -> None:
        """Fit the whole slice again."""
        self.zoom, self.middle = 1.0, None
