"""The step that makes a surface."""

from dataclasses import dataclass

from twin.domain import LabelMap
from twin.params import param
from twin.progress import Progress
from twin.steps import Made, step


@dataclass(frozen=True)
class SurfaceParams:
    """How a surface is made from a structure's voxels."""

    smooth_voxels: float = param(
        30.0,
        unit="voxels",
        low=0.0,
        high=200.0,
        help="Stairs and waves shorter than this are taken out, as far as each voxel stays on its own side; "
        "0 leaves the voxel net as it is.",
        title="Smoothing",
    )
    keep: str = param(
        "all",
        choices=("all", "largest"),
        help="Keep all separate pieces of the structure, or only the largest.",
        title="Pieces kept",
    )


@step("mesh.surface", version=1, title="Surface", makes=("surface",))
def make_surface(labels: LabelMap, params: SurfaceParams, progress: Progress) -> Made:
    """Make a smooth, closed surface of one structure of a labelmap."""
    from segmentation.surface.extract import extract

    return extract(labels, params, progress)
