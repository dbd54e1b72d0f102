"""Both ventricles of the real heart in ../shared/data beat until their beats repeat themselves."""

import os
from pathlib import Path
from time import perf_counter
from typing import Any

NAME = "heart-mesh"
TETS = 3000
"""Elements wanted; ``VITRUVIAN_TETS`` gives another number."""
GOAL_S = 1800.0


def rows() -> list[dict[str, Any]]:
    """Import, make coarser, lay fibers, beat as it is; unload it, and load it again.

    Prints each ventricle's numbers. Two beats: 0.5 mL and mmHg. There again: a millionth of a millimeter.
    """
    from physics.heart.of_mesh import with_fibers
    from physics.heart_steps import FiberParams
    from physics.mesh_beat_steps import IMAGED, MeshBeatParams
    from physics.personal.mesh_wall import wall_of
    from physics.personal.of_mesh import SAME_ML, SAME_MMHG, beat_mesh
    from segmentation.tetrahedra.coarsen import coarsen
    from twin.domain import TetMesh
    from twin.progress import Progress
    from twin.sources.heart_vtu import read_ventricles

    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    data = Path(os.environ.get("VITRUVIAN_DATA", default)) / "heart-mesh"
    found = read_ventricles(data / "rodero_01_fullheart_2.0mm.vtu", units="mm", space="LPS")
    coarse = coarsen(found.mesh, int(os.environ.get("VITRUVIAN_TETS", TETS)))
    mesh = with_fibers(coarse, None, FiberParams(), Progress()).outputs["ventricle mesh"]
    assert isinstance(mesh, TetMesh)
    began = perf_counter()
    summary = beat_mesh(mesh, MeshBeatParams(), Progress()).summary
    seconds = perf_counter() - began
    found = wall_of(mesh, MeshBeatParams(shape=IMAGED), Progress()).found
    assert found is not None
    missed = found.missed_again_mm(mesh.points)
    print("unloaded, mL: " + ", ".join(f"{volume:.1f}" for volume in found.volumes_ml))
    for name, value in summary.items():
        print(f"{name}: {value:.4g}" if isinstance(value, float) else f"{name}: {value}")
    return [
        _row(f" ({len(mesh.tets)} tets, {summary['beats']} beats)", seconds, "s", GOAL_S),
        _row("-unloading", missed, "mm", 1e-6),
        _row("-volume", summary["beats_differ_ml"], "mL", SAME_ML),
        _row("-shift", summary["blood_shifts_ml"], "mL", SAME_ML),
        _row("-pressure", summary["beats_differ_mmhg"], "mmHg", SAME_MMHG),
    ]


def _row(what: str, ours: float, unit: str, goal: float) -> dict[str, Any]:
    return {
        "name": f"{NAME}{what}", "ours": ours, "peer": None, "peer_name": None, "unit": unit, "ratio": None,
        "goal": goal, "within": ours <= goal,
    }  # fmt: skip
