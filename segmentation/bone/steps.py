"""The step that finds the bones in a CT."""

from dataclasses import dataclass

from twin.domain import Volume
from twin.params import param
from twin.progress import Progress
from twin.steps import Made, step


@dataclass(frozen=True)
class BoneParams:
    """What can be set; all of it has a default that fits an ordinary CT."""

    threshold_hu: float | None = param(
        None,
        help="Lowest HU of what may be bone; empty: found from the scan's own soft tissue and noise. "
        "The boundary itself lies at the local half-maximum.",
        unit="HU",
        low=-200.0,
        high=2000.0,
    )
    smallest_ml: float = param(
        0.3,
        help="What is smaller is noise or a calcification and is left out.",
        unit="mL",
        low=0.0,
        high=1000.0,
        title="Smallest bone",
    )
    separate: bool = param(
        True, help="Tell bones apart that touch across a joint space.", title="Separate at joints"
    )
    assume_hu: bool = param(
        False,
        help="Take the values for Hounsfield units although the volume does not say that they are.",
        advanced=True,
        title="Values are Hounsfield units",
    )
    add_hu: float = param(
        0.0,
        help="Added to every value: what a file without its rescale intercept lacks, mostly −1024.",
        unit="HU",
        low=-10000.0,
        high=10000.0,
        advanced=True,
        title="Add to every value",
    )


@step("segmentation.bone", version=1, title="Segment bone", makes=("labelmap",))
def segment_bone(volume: Volume, params: BoneParams, progress: Progress) -> Made:
    """Find every bone in a CT: filled, without noise, each as its own structure with its name and side."""
    from segmentation.bone.bones import find_bones

    return find_bones(volume, params, progress)
