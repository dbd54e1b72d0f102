"""Orbiting a scene of 320,000 triangles: one step of the mouse to the painted picture."""

from benchmarks.view_cases import drag_times_ms, shown

NAME = "orbit"
GOAL_MS = 33.0


def measure() -> list[float]:
    """Return ms a step of 3°."""
    from tests.viewers.phantoms import sphere
    from viewers.scene_view import SceneView

    view = shown(SceneView)
    for key, place in (("left", (60, 0, 0)), ("right", (-60, 0, 0))):
        view.show_surface(key, sphere(50.0, place, rings=200), "#E8D7AC")
    view.repaint()
    return drag_times_ms(view)
