"""What of a slice view is kept, so that the same picture comes back: window, place, slab, zoom and pan."""

from collections.abc import Mapping

import numpy as np

from resources.presets import IMAGE_MAPS
from twin.domain import SliceState
from viewers.planes import PLANES, Planes, Slab
from viewers.slice_view import SliceView

_SQUARE = 1e-3
"""How far the directions of a plane may be from square: a file may say anything."""


def state_of(view: SliceView) -> SliceState | None:
    """Return how a view shows its image; None while it is empty."""
    if view.sheet is None:
        return None
    center, width, inverted = view.window_level
    picture, sheet = view.picture, view.sheet
    x, y, z = view.crosshair.tolist()
    middle = None if sheet.middle is None else (float(sheet.middle[0]), float(sheet.middle[1]))
    return SliceState(
        (x, y, z), (center, width), inverted, picture.colors, picture.smooth,
        picture.slab.thickness_mm, picture.slab.projection, float(sheet.zoom), middle,
    )  # fmt: skip


def restore(view: SliceView, state: SliceState, *, window: bool = True) -> None:
    """Show an image as it was shown; its planes must be turned already. Emits nothing.

    Parameters
    ----------
    window : bool
        Set the window, too: it means nothing for an image of another unit.
    """
    if view.sheet is None:
        return
    view.set_crosshair(state.place_mm)
    if window:
        view.set_window(*state.window, state.inverted)
    picture, sheet = view.picture, view.sheet
    colors = state.colors if state.colors in IMAGE_MAPS else "gray"
    if (picture.colors, picture.smooth) != (colors, state.smooth):
        picture.colors, picture.smooth = colors, state.smooth
    slab = Slab(state.slab_mm, state.projection)
    if picture.slab != slab:
        picture.slab = slab
    sheet.zoom = state.zoom
    sheet.middle = None if state.middle_mm is None else np.array(state.middle_mm)
    view.update()


def turned_of(view: SliceView) -> dict[str, tuple[float, ...]] | None:
    """Return how the planes lie that a view knows of, as ``ViewState.turned``; None while it is empty."""
    if view.planes is None:
        return None
    return {plane: tuple(float(x) for x in d.ravel()) for plane, d in view.planes.directions.items()}


def planes_of(turned: Mapping[str, tuple[float, ...]] | None) -> Planes | None:
    """Return the planes that were kept; None for those along the grid."""
    if turned is None or set(turned) != set(PLANES):
        return None
    directions = {plane: np.reshape(turned[plane], (3, 3)) for plane in PLANES}
    square = all(np.abs(d.T @ d - np.eye(3)).max() < _SQUARE for d in directions.values())
    return Planes(directions) if square else None
