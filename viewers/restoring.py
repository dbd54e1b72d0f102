"""What of a slice view is kept, so that the same picture comes back: window, place, slab, zoom and pan."""

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF

from resources.presets import IMAGE_MAPS
from twin.domain import SliceState
from viewers.planes import PLANES, Planes, Slab
from viewers.slice_view import SliceView


def state_of(view: SliceView) -> SliceState | None:
    """Return how a view shows its image; None while it is empty."""
    if view.sheet is None:
        return None
    center, width, inverted = view.window_level
    picture, sheet = view.picture, view.sheet
    middle = None
    if sheet.middle is not None:
        middle = _point(view.lps_at(QPointF(sheet.width / 2, sheet.height / 2)))
    return SliceState(
        _point(view.crosshair), (center, width), inverted, picture.colors, picture.smooth,
        picture.slab.thickness_mm, picture.slab.projection, sheet.zoom, middle,
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
    sheet.zoom, sheet.middle = state.zoom, None
    if state.middle_mm is not None:
        sheet.middle = sheet.frame.flat_mm @ sheet.frame.place(np.array(state.middle_mm))[:2]
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
    return Planes({plane: np.reshape(turned[plane], (3, 3)) for plane in PLANES})


def _point(lps: np.ndarray | None) -> tuple[float, float, float]:
    assert lps is not None
    x, y, z = (float(v) for v in lps)
    return x, y, z
