"""A beating heart of 256×256×12 in 25 phases: one phase on, painted in all three slice views."""

from functools import partial

import numpy as np

from benchmarks.view_cases import shown, times_ms
from twin.domain import Volume

NAME = "cine"
GOAL_MS = 40.0
"""25 frames a second."""


def measure() -> list[float]:
    """Return ms a phase, all three views together."""
    from viewers.slice_view import SliceView

    voxels = np.random.default_rng(1).integers(0, 2000, (25, 12, 256, 256), dtype=np.uint16)
    volume = Volume(voxels, np.diag([1.4, 1.4, 8.0, 1.0]), "MR", window=(1000.0, 2000.0))
    views = [shown(partial(SliceView, plane), (560, 420)) for plane in ("axial", "coronal", "sagittal")]
    for view in views:
        view.set_volume(volume)

    def step(n: int) -> None:
        for view in views:
            view.set_time(n % 25)
            view.repaint()

    return times_ms(step)
