"""The steps that find ventricles, in a cine MR study or a contrast CT, and put right what was found."""

from dataclasses import dataclass
from typing import Any

from segmentation.heart.late_series import says_late
from twin.domain import Measurement, Motion, Volume
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
    height_cm: float | None = param(
        None,
        low=40.0,
        high=230.0,
        help="With the weight: volumes and mass are told by body surface too; empty: they are not.",
        unit="cm",
        title="Height",
        patient_specific=True,
    )
    weight_kg: float | None = param(
        None,
        low=2.0,
        high=300.0,
        help="With the height: volumes and mass are told by body surface too; empty: they are not.",
        unit="kg",
        title="Weight",
        patient_specific=True,
    )


def _moving(tree: dict[str, Any]) -> bool:
    return len(tree["voxels"]["shape"]) == 4 and tree["modality"] == "MR"


@step(
    "segmentation.heart",
    version=2,
    title="Segment the heart",
    makes=("motion",),
    fits={"cines": _moving},
)
def segment_heart(cines: tuple[Volume, ...], params: CineParams, progress: Progress) -> Made:
    """Find the left ventricle's walls and the right one's cavity in every phase of a cine MR study."""
    from segmentation.heart.motion import find_ventricles

    return find_ventricles(cines, params, progress)


@dataclass(frozen=True)
class ContrastParams:
    """What a contrast CT does not say by itself."""

    thickness_mm: float = param(
        9.0,
        low=3.0,
        high=25.0,
        help="The wall is grown to it everywhere; at end-diastole 6 to 10 mm are normal in men, 6 to 9 mm in "
        "women (Lang et al. 2015).",
        unit="mm",
        title="Wall thickness",
        patient_specific=True,
    )
    threshold_hu: float | None = param(
        None,
        low=-200.0,
        high=2000.0,
        help="What is brighter is blood; empty: told by the values about the line.",
        unit="HU",
        title="Threshold",
        patient_specific=True,
    )


def _still_ct(tree: dict[str, Any]) -> bool:
    return len(tree["voxels"]["shape"]) == 3 and tree["modality"] == "CT" and tree["unit"] == "HU"


def _line(tree: dict[str, Any]) -> bool:
    return bool(tree["kind"] == "distance")


@step(
    "segmentation.ventricle_ct",
    version=2,
    title="Segment the ventricle in a contrast CT",
    makes=("motion",),
    fits={"volume": _still_ct, "axis": _line},
)
def segment_ventricle(volume: Volume, axis: Measurement, params: ContrastParams, progress: Progress) -> Made:
    """Find the left ventricle's blood along a distance from mitral valve to apex; grow its wall about it."""
    from segmentation.heart.still import find_still

    return find_still(volume, axis, params.thickness_mm, params.threshold_hu, progress)


METHODS = ("standard deviations", "half maximum")


@dataclass(frozen=True)
class ScarParams:
    """What is scar in a late enhancement series."""

    method: str = param(
        METHODS[0],
        choices=METHODS,
        help="Brighter than healthy muscle by so many of its standard deviations, or than halfway to the "
        "brightest (full width at half maximum; Amado et al. 2004, Flett et al. 2011).",
        title="Threshold by",
    )
    deviations: float = param(
        5.0,
        low=1.0,
        high=15.0,
        help="Standard deviations over healthy muscle; without effect at half maximum.",
        title="Deviations",
    )
    core: bool = param(
        True,
        help="A dark core that scar encloses, where no contrast came, counts as scar.",
        title="Dark core is scar",
    )
    phase: int | None = param(
        None,
        low=0,
        high=1000,
        help="Phase of the cine, counted from 0, at which the late series was taken; empty: end-diastole.",
        advanced=True,
        title="Phase",
        patient_specific=True,
    )
    align: bool = param(
        True,
        help="Put each slice right in its plane where another breath-hold moved it.",
        advanced=True,
        title="Put slices right",
    )
    rim_mm: float = param(
        1.5,
        unit="mm",
        low=0.0,
        high=5.0,
        help="Blood and fat blur so far into the wall: its rims are told by the muscle next to them. At most "
        "a quarter of the wall.",
        advanced=True,
        title="Blurred rim",
    )
    least_ml: float = param(
        0.2,
        unit="mL",
        low=0.0,
        high=5.0,
        help="Smaller islands are left out.",
        advanced=True,
        title="Islands",
    )


def _late(tree: dict[str, Any]) -> bool:
    shape = tree["voxels"]["shape"]
    return len(shape) == 3 and shape[0] > 1 and tree["modality"] == "MR" and bool(says_late(tree))


@step(
    "segmentation.scar",
    version=2,
    title="Find scar",
    makes=("labelmap",),
    fits={"late": _late},
)
def segment_scar(late: Volume, motion: Motion, params: ScarParams, progress: Progress) -> Made:
    """Find scar in a late enhancement series: what of the left ventricle's wall is bright there."""
    from segmentation.heart.scar import find_scar

    return find_scar(late, motion, params, progress)


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
