"""Compile and cache the kernels of the heart's mechanics, so that the first real use does not wait."""

from typing import Any

import numpy as np


def warm_up() -> None:
    """Inflate a ventricle of a few elements a little, unload it, and let its chart beat once."""
    from physics.activation import Conduction, activation_times
    from physics.cardiac import Equilibrium, chart_of, tension_of, wall_kernels
    from physics.cardiac.beat import SUBSTEP_S, _Line
    from physics.circulation import ADULT, run
    from physics.circulation.loop import advance
    from physics.heart.deformation import gradients_at_middles
    from physics.personal.motion import surface_distances
    from physics.personal.unloaded import unloaded
    from physics.verify.cardiac import grown_ventricle, ventricle

    body = ventricle(8.0, 1, (10.0, 1.0, 1.0, 1.0))
    Equilibrium(body).follow(lambda part: np.array([1e-4 * part]), 1)
    pump = grown_ventricle(18.0, 1)
    mesh, tets = pump.body.mesh, pump.body.mesh.tets
    rest: Any = pump.rest()
    chart = chart_of(pump, np.linspace(66.0, 70.0, 4), np.linspace(0.0, 1.0, 4))
    run(ADULT, 1, cavities={"LV": chart.cavity(tension_of(ADULT, 1.0))})
    line = _Line(rest, 0.0, tension_of(ADULT, 1.0), pump.shortening)
    advance(ADULT, ADULT.start.array(), 0.0, SUBSTEP_S, 1, line)
    axes = np.broadcast_to(np.eye(3), (*pump.body.quadrature, 3, 3)).copy()
    unloaded(pump.body, axes, 0.1)
    slopes, sizes = gradients_at_middles(mesh.points, tets)
    wall_kernels.along_fibers(
        rest.state.points, rest.state.pressures, tets, slopes, pump.body.law.code, pump.body.numbers,
        pump.pulling(1.0), sizes.copy(), sizes.copy(),
    )  # fmt: skip
    inner = mesh.patch("endo_lv").triangles
    surface_distances(mesh.points, inner, mesh.points, inner)
    fibers = np.tile([1.0, 0.0, 0.0], (len(tets), 1))
    activation_times(mesh.points, tets[:, :4], Conduction(fibers, 0.6, 0.3), np.zeros(1, np.int64))
