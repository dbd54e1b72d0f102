"""Turning a CT of 512×512×300 that is looked through: one step of the mouse to the painted picture."""

from benchmarks.view_cases import drag_times_ms, shown

NAME = "volume-rendering"
GOAL_MS = 100.0


def measure() -> list[float]:
    """Return ms a step of 3°."""
    from benchmarks.view_cases import big_body
    from resources.renderings import renderings_for
    from viewers.pyramid import pyramid_of
    from viewers.scene_view import SceneView
    from viewers.transfer import Transfer

    view = shown(SceneView)
    volume = big_body()
    soft_tissue = next(one for one in renderings_for("CT", "HU") if one.id == "ct_soft_tissue")
    view.show_volume("image", volume, Transfer.of(soft_tissue, volume, pyramid_of(volume)))
    view.repaint()
    return drag_times_ms(view)
