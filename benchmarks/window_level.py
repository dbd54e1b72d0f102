"""Dragging window and level: one step of the mouse to the painted picture, 512×512."""

from functools import partial

from benchmarks.view_cases import big_volume, shown, times_ms

NAME = "window-level"
GOAL_MS = 5.0


def measure() -> list[float]:
    """Return ms a step."""
    from viewers.slice_view import SliceView

    view = shown(partial(SliceView, "axial"), (560, 420))
    view.set_volume(big_volume())

    def step(n: int) -> None:
        view.set_window(300.0 + n, 1500.0 - 4 * n)
        view.repaint()

    return times_ms(step)
