"""A slab of 20 mm through 512×512×300, maximum: one step to the painted picture, straight and turned."""

from functools import partial
from itertools import chain

from benchmarks.view_cases import big_volume, shown, times_ms

NAME = "slab"
GOAL_MS = 40.0


def measure() -> list[float]:
    """Return ms a step, over the three planes, along the grid and turned."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from viewers.planes import Slab
    from viewers.slice_view import SliceView

    volume = big_volume()
    taken = []
    for plane in ("axial", "coronal", "sagittal"):
        view = shown(partial(SliceView, plane), (560, 420))
        view.set_volume(volume)
        view.picture.slab = Slab(20.0, "max")

        def step(n: int, view: SliceView = view) -> None:
            QTest.keyClick(view, Qt.Key.Key_Up if n % 40 < 20 else Qt.Key.Key_Down)
            view.repaint()

        taken.append(times_ms(step, 20))
        view.set_planes(view.planes.turned("axial", 0.3).turned("coronal", 0.4).turned("sagittal", 0.2))
        taken.append(times_ms(step, 20))
    return list(chain.from_iterable(taken))
