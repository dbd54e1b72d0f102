"""Tetrahedra of a bone at 2 mm edges: CPU seconds a 100,000 elements, ours beside netgen."""

import os
from typing import Any

from benchmarks.mesh_cases import bone_labels

NAME = "tetrahedra"
GOAL = 20.0
"""CPU seconds a 100,000 tetrahedra, remeshing in it."""


def rows() -> list[dict[str, Any]]:
    """Mesh one bone by our lattice and by netgen, each counted with the processes that it starts."""
    from segmentation.surface.steps import SurfaceParams, make_surface
    from segmentation.tetrahedra.steps import TetrahedraParams, make_tetrahedra
    from twin.progress import Progress

    surface: Any = make_surface(bone_labels(), SurfaceParams(), Progress()).outputs["surface"]
    for mesher in ("lattice", "netgen"):  # loads what is compiled
        make_tetrahedra(surface, TetrahedraParams(edge_mm=8.0, mesher=mesher), Progress())

    def cost(mesher: str) -> float:
        began = _cpu()
        made = make_tetrahedra(surface, TetrahedraParams(edge_mm=2.0, mesher=mesher), Progress())
        return (_cpu() - began) / made.summary["tets"] * 1e5

    ours, peer = cost("lattice"), cost("netgen")
    return [
        {
            "name": NAME, "ours": ours, "peer": peer, "peer_name": "netgen", "unit": "CPU s/100k",
            "ratio": ours / peer, "goal": GOAL, "within": ours <= GOAL,
        }
    ]  # fmt: skip


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
