"""Moving the points of 100,000 tetrahedra, colored by stress: one new shape to the painted picture."""

from benchmarks.view_cases import bending, big_mesh, shown, times_ms

NAME = "deform"
GOAL_MS = 16.0


def measure() -> list[float]:
    """Return ms a shape."""
    from viewers.scene_view import SceneView

    mesh = big_mesh()
    stress, displacement = bending(mesh)
    view = shown(SceneView)
    view.show_field(
        "rod", mesh, stress, where="element", title="von Mises stress", unit="MPa", displacement=displacement
    )
    view.repaint()

    def step(n: int) -> None:
        view.update_field("rod", stress, displacement=displacement, deform_scale=n % 20)
        view.repaint()

    return times_ms(step)
