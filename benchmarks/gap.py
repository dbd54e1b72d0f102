"""The longest gap of the window's event loop while the mesher and the solver run as jobs."""

import time
from dataclasses import dataclass

import numpy as np

from twin.domain import Attachment, LabelMap, Material, Model, Structure, Support, TetMesh, UnitLoad
from twin.params import NoParams
from twin.progress import Progress
from twin.steps import Made, step

NAME = "gap"
GOAL_MS = 50.0
TICK_MS = 5


@step("benchmark.bone", version=1, title="Make a bone's labels", quick=True)
def bone(params: NoParams, progress: Progress) -> Made:
    """Label a slightly bent rod, 160 mm long and 36 mm thick, at 1 mm."""
    k, j, i = np.ogrid[:170, :60, :60]
    inside = (j - 30 - 6 * np.sin(k / 60)) ** 2 + (i - 30) ** 2 < 18**2
    inside = inside & (k > 5) & (k < 165)
    labels = LabelMap(inside.astype(np.uint8), np.eye(4), (Structure("left femur", 1, "femur", "left"),))
    return Made({"labels": labels})


@step("benchmark.model", version=1, title="Load a bone", quick=True)
def model(mesh: TetMesh, params: NoParams, progress: Progress) -> Made:
    """Hold a mesh's lower end and load its upper one."""
    z = mesh.points[:, 2]
    top = np.flatnonzero(z > z.max() - 4).astype(np.int32)
    low = np.flatnonzero(z < z.min() + 4).astype(np.int32)
    one = np.ones(len(mesh.tets))
    made = Model(
        mesh,
        Material(15000 * one, 0.3 * one, 0.0073 * one, 0.0104 * one),
        (Support("lower end", low),),
        (Attachment("hip", top, np.full(len(top), 1 / len(top)), mesh.points[top].mean(axis=0)),),
        tuple(UnitLoad(f"hip {a}", 0, axis) for a, axis in zip("xyz", np.eye(3), strict=True)),
        {"walking": {"hip x": -0.5, "hip y": -0.3, "hip z": -2.3}},
        735.75,
        structure="left femur",
        term="femur",
        side="left",
    )
    return Made({"model": made})


@dataclass
class Clock:
    """Notes the longest time between two turns of the event loop."""

    longest: float = 0.0
    _last: float = 0.0

    def tick(self) -> None:
        """Count from the turn before."""
        now = time.perf_counter()
        if self._last:
            self.longest = max(self.longest, now - self._last)
        self._last = now


def measure() -> list[float]:
    """Return the longest gap in ms, over surface, tetrahedra and solve, commits and drawing included."""
    from PySide6.QtCore import QTimer

    from benchmarks.window_cases import wait_for_quiet, window_on_a_new_record
    from desktop import way

    gaps = {}
    with window_on_a_new_record() as window:
        desk = window.desk
        desk.load_steps()
        desk.edit("benchmark.bone", {}, {})
        wait_for_quiet(window)
        timer = QTimer(interval=TICK_MS)

        def watch(title: str, act: object) -> None:
            clock = Clock()
            timer.timeout.connect(clock.tick)
            timer.start()
            act(desk)  # type: ignore[operator]
            wait_for_quiet(window)
            timer.stop()
            timer.timeout.disconnect(clock.tick)
            gaps[title] = 1e3 * clock.longest

        watch("surface and tetrahedra", way.mesh)
        desk.edit("benchmark.model", {"mesh": desk.session.of_kind("mesh")[0].id}, {})
        wait_for_quiet(window)
        watch("solve", way.solve)
        tets = desk.session.entry(desk.session.of_kind("mesh")[0].id).tree["tets"]["shape"][0]
    print(f"gap: {', '.join(f'{title} {ms:.0f} ms' for title, ms in gaps.items())}; {tets} tetrahedra")
    return [max(gaps.values())]
