"""A beating heart of 3,180 ten-node elements: one frame to the painted window, with curves and numbers."""

import time
from dataclasses import replace

import numpy as np

from benchmarks.window_cases import wait_for_quiet, window_on_a_new_record
from twin.domain import Heart, TetMesh
from twin.progress import Progress
from twin.steps import Made, step

NAME = "live-heart"
GOAL_MS = 40.0
"""25 frames a second."""
FRAMES = 100


def wall() -> TetMesh:
    """Return an ellipsoidal ventricle, its fibers along an axis of space: they cost the same."""
    from physics.heart import coordinates
    from physics.heart.ellipsoid import Ellipsoid
    from physics.heart.segments import NAMES, segments

    mesh = Ellipsoid(20.0, 60.0, 30.0, 68.0, 15.0).mesh(6.4, layers=2, order=2)
    regions = segments(mesh, coordinates(mesh), np.array([-50.0, 0.0, 0.0])) - 1
    axes = np.tile(np.eye(3), (len(mesh.tets), 1, 1))
    return replace(mesh, axes=axes, regions=regions.astype(np.int32), region_names=NAMES)


@step("benchmark.heart", version=1, title="Make a heart", quick=True)
def heart(progress: Progress) -> Made:
    """Make a heart whose pressures are those of an adult's elastance, with as many modes as a real one."""
    from physics.cardiac import Chart, reduced_of, settled, tension_of
    from physics.circulation import ADULT
    from physics.circulation.flat import numbers_of

    mesh = wall()
    chamber = ADULT.chambers["LV"]
    volumes, tensions = np.linspace(20.0, 240.0, 12), np.linspace(0.0, 1.0, 5)
    stiff = chamber.active_mmhg_per_ml * tensions + chamber.passive_mmhg_per_ml
    pressures = (volumes[:, None] - chamber.unstressed_ml) * stiff
    shapes = np.random.default_rng(7).normal(size=(17, *mesh.points.shape))
    shares = np.random.default_rng(8).normal(size=(len(volumes), len(tensions), 17)) * 0.2
    moved = np.tensordot(shares, shapes, axes=1).astype(np.float32)
    grown = mesh.points * (np.cbrt(volumes / 120.0) - 1)[:, None, None, None]
    chart = Chart(volumes, tensions, pressures, (moved + grown).astype(np.float32))
    reduced, circulation = reduced_of(chart), settled(chart, ADULT, tension_of(ADULT, 1.0))
    return Made(
        {
            "heart": Heart(
                mesh, "elastance", {}, 1.0, numbers_of(circulation), reduced.volumes_ml, reduced.tensions_kpa,
                reduced.pressures_mmhg, reduced.modes, reduced.amounts, reduced.strayed_mm,
            )
        }
    )  # fmt: skip


def measure() -> list[float]:
    """Return ms a frame of 40 ms: the beat, the wall, the painted scene, plots and numbers."""
    from PySide6.QtWidgets import QApplication

    from twin.run import prepare, run

    took = []
    with window_on_a_new_record() as window:
        window.resize(1280, 800)
        desk = window.desk
        assert desk.session.record is not None
        desk.session.go_to("simulate")
        run(desk.session.record, prepare(desk.session.record, "benchmark.heart", {}, {}), Progress())
        wait_for_quiet(window)
        while desk.stage is None or desk.stage.scene is None or desk.beating.heart is None:
            QApplication.processEvents()
        desk.beating.stop()
        scene = desk.stage.scene
        for n in range(-10, FRAMES):
            began = time.perf_counter()
            desk.beating.step(0.04)
            scene.repaint()
            QApplication.processEvents()  # paints the plots
            if n >= 0:
                took.append(1000 * (time.perf_counter() - began))
    return took
