"""How an image is shown: what a record keeps of it, so that it comes back as it was left."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Point = tuple[float, float, float]
"""LPS mm."""
Projection = Literal["max", "min", "mean"]

_ZOOMS = (0.01, 1000.0)


@dataclass(frozen=True)
class SliceState:
    """How one slice view shows an image.

    Attributes
    ----------
    place_mm : (x, y, z)
        The crosshair, LPS; the slice shown is the one through it.
    window : (center, width)
        In the image's unit.
    colors : str
        Name of the map of colors (``resources.presets.IMAGE_MAPS``).
    smooth : bool
        Whether it is interpolated between voxels.
    slab_mm : float
        What is gathered about the plane; 0 for the plane alone.
    zoom : float
        1 fits the whole slice into the view, whatever that one's size.
    middle_mm : (across, down) or None
        What lies in the middle of the view, mm on the slice from its first voxel as the view lays it out: so
        the same picture comes back to the last bit. None for the middle of the slice.
    """

    place_mm: Point
    window: tuple[float, float]
    inverted: bool = False
    colors: str = "gray"
    smooth: bool = True
    slab_mm: float = 0.0
    projection: Projection = "max"
    zoom: float = 1.0
    middle_mm: tuple[float, float] | None = None

    @property
    def sane(self) -> bool:
        """Whether a view can show it: a file may say anything."""
        numbers = (*self.place_mm, *self.window, self.slab_mm, self.zoom, *(self.middle_mm or ()))
        zoomed = _finite(numbers) and _ZOOMS[0] <= self.zoom <= _ZOOMS[1]
        return zoomed and self.slab_mm >= 0 and self.projection in get_args(Projection)


@dataclass(frozen=True)
class LaidOver:
    """A second image over the first: its id, how much of it is seen (0 to 1), colors, window in its unit.

    ``vouched``: the files do not say that both lie in one space; the user said so.
    """

    image: str
    blend: float
    colors: str
    window: tuple[float, float] | None = None
    vouched: bool = False


@dataclass(frozen=True)
class ViewState:
    """How all views show one image.

    Attributes
    ----------
    views : dict of str to SliceState
        By plane: ``axial``, ``coronal``, ``sagittal``.
    unit : str
        Unit of the windows: they mean nothing for an image of another.
    turned : dict of str to 9 floats, or None
        By plane, unit vectors in LPS across, down and through the screen, as the columns of a matrix written
        row by row; None while all planes lie along the grid.
    linked : bool
        Whether the views share place, window and slab.
    time : int
        The moment shown, counted from 0.
    labels : float
        How much of the image the structures cover, 0 to 1.
    over : LaidOver or None
    layout : str
        Name of the arrangement that the user chose; empty where he chose none.
    only : str
        The view that fills the stage; empty where none does.
    """

    views: dict[str, SliceState]
    unit: str = ""
    turned: dict[str, tuple[float, ...]] | None = None
    linked: bool = True
    time: int = 0
    labels: float = 0.35
    over: LaidOver | None = None
    layout: str = ""
    only: str = ""

    @property
    def sane(self) -> bool:
        """Whether views can show it: a file may say anything."""
        shares = (self.labels, *(() if self.over is None else (self.over.blend,)))
        window = self.over.window if self.over is not None else None
        return (
            all(view.sane for view in self.views.values())
            and _finite((*shares, *(window or ()), self.time))
            and all(0 <= share <= 1 for share in shares)
            and all(len(one) == 9 and _finite(one) for one in (self.turned or {}).values())
        )


def _finite(values: Iterable[object]) -> bool:
    return all(isinstance(value, int | float) and math.isfinite(value) for value in values)
