"""The step that finds the ventricles in a cine study."""

from dataclasses import dataclass
from typing import Any

from twin.domain import Volume
from twin.params import param
from twin.progress import Progress
from twin.steps import Made, step


@dataclass(frozen=True)
class CineParams:
    """Where to look; both ventricles are found by themselves as a rule."""

    left_mm: tuple[float, float, float] | None = param(
        None,
        help="A place in the left ventricle's cavity (x,y,z in patient space, LPS), where it is not found.",
        unit="mm",
        title="In the left ventricle",
        patient_specific=True,
    )
    right_mm: tuple[float, float, float] | None = param(
        None,
        help="A place in the right ventricle's cavity (x,y,z in patient space, LPS), where it is not found.",
        unit="mm",
        title="In the right ventricle",
        patient_specific=True,
    )


def _moving(tree: dict[str, Any]) -> bool:
    return len(tree["voxels"]["shape"]) == 4 and tree["modality"] == "MR"


@step(
    "segmentation.heart",
    version=1,
    title="Segment the heart",
    makes=("motion",),
    fits={"cines": _moving},
)
def segment_heart(cines: tuple[Volume, ...], params: CineParams, progress: Progress) -> Made:
    """Find the left ventricle's walls and the right one's cavity in every phase of a cine MR study."""
    from segmentation.heart.motion import find_ventricles

    return find_ventricles(cines, params.left_mm, params.right_mm, progress)
