"""Compiles the numerical kernels into numba's cache, so that nobody waits at the first use.

Run once at set-up: ``python -m desktop.warm``. It walks the whole way on a small reference patient,
through a record, so that the kernels meet the very kinds of arrays that they will meet later.
"""

import sys
import tempfile
from pathlib import Path

from desktop.catalogue import load
from desktop.walk import HIP, Stage
from physics.verify import verify
from twin.errors import UserError
from twin.jobs import Job
from twin.record import Call, Record
from twin.reference.hip import make_hip_patient
from twin.run import prepare, run
from twin.steps import Made
from viewers import slice_kernels

SPACING_MM = (2.0, 2.0, 2.0)
Z_MM = (-160.0, 124.0)
EDGE_MM = 7.0


def warm() -> None:
    """Run every step of the hip's walk once; ``UserError`` where one fails."""
    load()
    patient = make_hip_patient(SPACING_MM, Z_MM)
    with tempfile.TemporaryDirectory() as folder, Record.create(Path(folder) / "warm.twin") as record:
        record.commit(Call("import.images", 1, None), Made({"volume": patient.volume}), 0.0, 0.0)
        for stage in (*HIP, Stage("mesh.tetrahedra", {}, {"mesher": "netgen"})):
            inputs = {name: ref.format(structure="left femur") for name, ref in stage.inputs.items()}
            params = stage.params | ({"edge_mm": EDGE_MM} if stage.step == "mesh.tetrahedra" else {})
            run(record, prepare(record, stage.step, inputs, params))


def main() -> int:
    """Warm up; 1 where a step failed, and the first use then waits for its compiler."""
    # The solver's kernels are compiled beside the others, on a core of their own.
    solver = Job(verify, ("patch", "cantilever"), title="solver kernels")
    solver.start()
    try:
        warm()
        slice_kernels.warm()
        solver.wait()
    except UserError as error:
        print(f"vitruvian: kernels could not all be compiled ahead: {error}", file=sys.stderr)
        return 1
    finally:
        solver.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
