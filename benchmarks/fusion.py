"""Scrolling a CT of 512×512×300 with a PET of 200×200×150 over it: one step to the painted picture."""

from functools import partial
from itertools import chain

import numpy as np

from benchmarks.view_cases import big_volume, shown, times_ms
from twin.domain import Volume

NAME = "fusion"
GOAL_MS = 6.0


def measure() -> list[float]:
    """Return ms a step, over the three planes."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from viewers.fusion import Laid
    from viewers.slice_view import SliceView

    volume = big_volume()
    uptake = np.random.default_rng(2).random((150, 200, 200), dtype=np.float32) * 10
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -20.0
    pet = Volume(uptake, affine, "PT", "SUVbw")
    taken = []
    for plane in ("axial", "coronal", "sagittal"):
        view = shown(partial(SliceView, plane), (560, 420))
        view.set_volume(volume)
        view.picture.lay(Laid(pet, "PET", (3.5, 7.0, False)))

        def step(n: int, view: SliceView = view) -> None:
            QTest.keyClick(view, Qt.Key.Key_Up if n % 40 < 20 else Qt.Key.Key_Down)
            view.repaint()

        taken.append(times_ms(step))
    return list(chain.from_iterable(taken))
