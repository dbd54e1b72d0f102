"""The step that makes tetrahedra."""

from dataclasses import dataclass

from twin.domain import Surface, TetMesh
from twin.params import param
from twin.progress import Progress
from twin.steps import Made, step


@dataclass(frozen=True)
class TetrahedraParams:
    """How a surface is filled with tetrahedra."""

    edge_mm: float = param(
        2.0,
        unit="mm",
        low=0.1,
        high=50.0,
        help="Wanted length of the elements' edges.",
        title="Edge length",
    )
    surface_edge_mm: float | None = param(
        None,
        unit="mm",
        low=0.1,
        high=50.0,
        help="Wanted edge length at the surface, where it should be finer than inside.",
        title="At the surface",
    )
    order: int = param(
        1,
        low=1,
        high=2,
        help="1: four nodes an element; 2: ten, with nodes in the middle of straight edges.",
        title="Element order",
    )
    mesher: str = param(
        "auto",
        choices=("auto", "netgen", "lattice"),
        advanced=True,
        help="The lattice always succeeds; netgen can make the surface finer than the inside and keeps sharp "
        "edges; auto takes netgen where a finer surface is wanted.",
    )
    repair_mm: float = param(
        0.5,
        unit="mm",
        low=0.0,
        high=20.0,
        advanced=True,
        help="How far a faulty surface may be moved to repair it; 0 repairs nothing that moves a point.",
    )
    optimize_rounds: int = param(
        4,
        low=0,
        high=10,
        advanced=True,
        help="Most rounds in which netgen betters the elements' shape; it stops when they are good.",
    )


@step("mesh.tetrahedra", version=1, title="Tetrahedra", makes=("mesh",))
def make_tetrahedra(surface: Surface, params: TetrahedraParams, progress: Progress) -> Made:
    """Fill a closed surface with tetrahedra of a wanted edge length."""
    from segmentation.tetrahedra.fill import fill

    return fill(surface, params, progress)


@dataclass(frozen=True)
class CoarsenParams:
    """How coarse a mesh is to be."""

    tets: int = param(
        3000,
        low=50,
        high=5_000_000,
        help="Wanted number of elements; where that would spoil their shape, some more stay.",
        title="Elements",
    )


@step("mesh.coarsen", version=1, title="Make a mesh coarser", makes=("mesh",))
def coarsen_mesh(mesh: TetMesh, params: CoarsenParams, progress: Progress) -> Made:
    """Make a mesh coarser by collapsing its shortest edges; its patches and regions stay what they are."""
    from segmentation.tetrahedra.coarsen import coarsen

    made = coarsen(mesh, params.tets, progress)
    return Made({"coarse mesh": made}, {"elements": len(made.tets), "nodes": len(made.points)})
