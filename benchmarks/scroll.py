"""Scrolling slices of 512×512×300 with labels over them: one wheel step to the painted picture."""

from functools import partial
from itertools import chain

from benchmarks.view_cases import big_labels, big_volume, shown, times_ms

NAME = "scroll"
GOAL_MS = 3.0


def measure() -> list[float]:
    """Return ms a step, over the three planes."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from viewers.slice_view import SliceView

    volume = big_volume()
    labels = big_labels(volume)
    taken = []
    for plane in ("axial", "coronal", "sagittal"):
        view = shown(partial(SliceView, plane), (560, 420))
        view.set_volume(volume)
        view.set_labels(labels, {"one": "#E8D7AC", "two": "#D2B48C"}, 0.35, set())

        def step(n: int, view: SliceView = view) -> None:
            QTest.keyClick(view, Qt.Key.Key_Up if n % 40 < 20 else Qt.Key.Key_Down)
            view.repaint()

        taken.append(times_ms(step))
    return list(chain.from_iterable(taken))
