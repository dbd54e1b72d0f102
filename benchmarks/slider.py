"""The body-weight slider: new stresses on 100,000 tetrahedra to the painted picture, without a solve."""

from benchmarks.view_cases import bending, big_mesh, shown, times_ms

NAME = "slider"
GOAL_MS = 16.0


def measure() -> list[float]:
    """Return ms a step of the slider."""
    from viewers.scene_view import SceneView

    mesh = big_mesh()
    stress, _ = bending(mesh)
    view = shown(SceneView)
    view.show_field(
        "rod",
        mesh,
        stress,
        where="element",
        title="von Mises stress",
        unit="MPa",
        limits=(0.0, 60.0),
        marked=52.0,
    )
    view.repaint()

    def step(n: int) -> None:
        view.update_field("rod", stress * (0.5 + 0.02 * (n % 50)))
        view.repaint()

    return times_ms(step)
