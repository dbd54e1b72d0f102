"""The steps that find the ventricles in a cine study, and that put right what was found."""

from dataclasses import dataclass
from typing import Any

from twin.domain import Motion, Volume
from twin.params import param
from twin.progress import Progress
from twin.steps import Made, step

REACH_MM = 10.0
"""How far along a contour a pull reaches, where nothing else is said."""


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


@dataclass(frozen=True)
class PullParams:
    """Which contour is pulled, from where to where."""

    edge: str = param(help="Name of the contour: left endocardium, left epicardium or right cavity.")
    view: str = param(help="The view it was found in, as its name is shown.")
    phase: int = param(help="Phase of the cycle, counted from 0.", low=0, high=1000)
    from_mm: tuple[float, float, float] = param(
        help="Where it is taken hold of (x,y,z in patient space, LPS).", unit="mm", patient_specific=True
    )
    to_mm: tuple[float, float, float] = param(
        help="Where that place of it is to lie (x,y,z in patient space, LPS).",
        unit="mm",
        patient_specific=True,
    )
    reach_mm: float = param(
        REACH_MM,
        help="Way along the contour on which the pull falls to 0.61 of itself.",
        unit="mm",
        low=1.0,
        high=60.0,
        title="Reach",
    )


@step("motion.pull_contour", version=1, title="Pull contour", edits="motion", quick=True)
def pull_contour(motion: Motion, params: PullParams, progress: Progress) -> Made:
    """Pull a contour by hand: the surface of that phase goes with it, neighboring phases follow softly."""
    import numpy as np

    from segmentation.heart.by_hand import Pull, pulled

    places = np.array([params.from_mm, params.to_mm], np.float64)
    pull = Pull(params.edge, params.view, params.phase, places[0], places[1], params.reach_mm)
    after = pulled(motion, pull)
    return Made(
        {"motion": after},
        {
            "cavity_ml": float(after.cavity_ml[params.phase]),
            "changed_by_ml": float((after.cavity_ml - motion.cavity_ml)[params.phase]),
        },
    )
