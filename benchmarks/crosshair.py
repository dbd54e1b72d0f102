"""Moving the crosshair in one view, three views following: one mouse step to three painted pictures."""

from functools import partial

from benchmarks.view_cases import big_volume, shown, times_ms

NAME = "crosshair"
GOAL_MS = 16.0


def measure() -> list[float]:
    """Return ms a step of the mouse."""
    from viewers.slice_view import SliceView

    volume = big_volume()
    views = [shown(partial(SliceView, plane), (560, 420)) for plane in ("axial", "coronal", "sagittal")]
    for view in views:
        view.set_volume(volume)

    def step(n: int) -> None:
        lps = volume.affine[:3, :3] @ [200 + 2 * n, 210 + n, 120 + n]
        for view in views:
            view.set_crosshair(lps)
        for view in views:
            view.repaint()

    return times_ms(step)
