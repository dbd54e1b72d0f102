"""Compiles the numerical kernels into numba's cache, so that nobody waits at the first use.

Run once at set-up: ``python -m desktop.warm``. One process walks the whole way on a small reference patient,
through a record, so that the kernels meet the very kinds of arrays that they will meet later, and then draws.
Another one compiles beside it what the walk comes to last, and the heart: two cores share the work.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from desktop.catalogue import load
from desktop.walk import HIP, Stage
from physics import circulation
from physics.cardiac.warm import warm_up as warm_up_heart
from physics.elasticity.warm import warm_up
from twin import steps
from twin.domain import Entity, LabelMap, Structure
from twin.errors import UserError
from twin.jobs import Job
from twin.progress import Progress
from twin.record import Call, Record
from twin.record.objects import freeze
from twin.reference.heart import make_heart_patient
from twin.reference.hip import make_hip_patient
from twin.run import prepare, run
from twin.steps import Made
from viewers import layer_kernels, oblique_kernels, ray_kernels, slice_kernels

SPACING_MM = (2.0, 2.0, 2.0)
Z_MM = (-160.0, 124.0)
EDGE_MM = 7.0


def walk() -> None:
    """Run every step of the hip's walk once; ``UserError`` where one fails."""
    load()
    patient = make_hip_patient(SPACING_MM, Z_MM)
    with tempfile.TemporaryDirectory() as folder, Record.create(Path(folder) / "warm.twin") as record:
        record.commit(Call("import.images", 1, None), Made({"volume": patient.volume}), 0.0, 0.0)
        for stage in (*HIP.stages, Stage("mesh.tetrahedra", {}, {"mesher": "netgen"})):
            inputs = {name: ref.format(structure=HIP.structure) for name, ref in stage.inputs.items()}
            params = stage.params | ({"edge_mm": EDGE_MM} if stage.step == "mesh.tetrahedra" else {})
            run(record, prepare(record, stage.step, inputs, params))


def aside(progress: Progress) -> None:
    """Compile the kernels of solving and meshing, on a box and a ball, and the heart's."""
    load()
    warm_up()
    k, j, i = np.ogrid[:24, :24, :24]
    ball = (k - 12) ** 2 + (j - 12) ** 2 + (i - 12) ** 2 < 90
    entity: Entity = LabelMap(ball.astype(np.uint8), np.eye(4), (Structure("ball", 1),))
    for name in ("mesh.surface", "mesh.tetrahedra"):
        step = steps.find(name)
        freeze(entity)
        made = step.function(entity, params=step.params(), progress=progress)
        (entity,) = made.outputs.values()
    warm_up_heart()
    circulation.run(circulation.REGAZZONI_2020, 1)
    make_heart_patient(phases=2, slices=2, pixel_mm=2.8)


def draw() -> None:
    """Compile the kernels of drawing."""
    slice_kernels.warm()
    layer_kernels.warm()
    oblique_kernels.warm()
    ray_kernels.warm()


def main() -> int:
    """Warm up; 1 where a step failed, and the first use then waits for its compiler."""
    from desktop.warm import aside  # by its own name: this module may run as __main__

    job = Job(aside, title="kernels")
    job.start()
    try:
        walk()
        draw()
        job.wait()
    except UserError as error:
        print(f"vitruvian: kernels could not all be compiled ahead: {error}", file=sys.stderr)
        return 1
    finally:
        job.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
