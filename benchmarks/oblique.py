"""Turning the planes of 512×512×300 by a handle: one mouse step to all three painted pictures."""

import math
from functools import partial

from benchmarks.view_cases import big_labels, big_volume, shown, times_ms

NAME = "oblique"
GOAL_MS = 25.0


def measure() -> list[float]:
    """Return ms a step; the two other views cut the volume and its labels obliquely."""
    from PySide6.QtCore import QPointF, Qt

    from tests.viewers.gestures import move
    from viewers.slice_view import SliceView

    volume = big_volume()
    labels = big_labels(volume)
    views = [shown(partial(SliceView, plane), (560, 420)) for plane in ("axial", "coronal", "sagittal")]
    for view in views:
        view.set_volume(volume)
        view.set_labels(labels, {"one": "#E8D7AC", "two": "#D2B48C"}, 0.35, set())
    first, *others = views
    # A first turn about another axis, so that no plane lies along the grid any more.
    planes = first.planes.turned("coronal", 0.3)
    for view in views:
        view.set_planes(planes)
        first.planes_turned.connect(view.set_planes)
    from PySide6.QtTest import QTest

    at = first.position_of(first.crosshair)
    _, handle = first.cross.handles(first.rect().toRectF(), at)[0]
    move(first, handle)
    QTest.mousePress(first, Qt.MouseButton.LeftButton, pos=handle.toPoint())
    reach, begin = (handle - at).manhattanLength(), math.atan2(handle.y() - at.y(), handle.x() - at.x())

    def step(n: int) -> None:
        angle = begin + 0.02 * n
        hand = at + QPointF(math.cos(angle), math.sin(angle)) * reach
        move(first, hand, Qt.MouseButton.LeftButton)
        for view in views:
            view.repaint()

    taken = times_ms(step)
    assert all(not view.sheet.frame.on_grid for view in others)
    return taken
