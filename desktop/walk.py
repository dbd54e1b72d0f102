"""Ways from a scan to what is wanted of it, as data: what commands run and the window leads along."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Stage:
    """One step of a walk; ``inputs`` may hold ``{structure}``."""

    step: str
    inputs: dict[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Walk:
    """A way from images to what they are wanted for.

    Attributes
    ----------
    title : str
    stages : tuple of Stage
        Inputs that only one entity can be are bound by themselves.
    structure : str
        What it goes on with where nothing else is said.
    """

    title: str
    stages: tuple[Stage, ...]
    structure: str


HIP = Walk(
    "from a hip CT to stresses in one femur",
    (
        Stage("segmentation.bone"),
        Stage("mesh.surface", {"labels": "bones/{structure}"}),
        Stage("mesh.tetrahedra", {}, {"edge_mm": 3.0}),
        Stage("physics.femur_landmarks"),
        Stage("physics.femur_model"),
        Stage("physics.solve"),
    ),
    "left femur",
)

HEART = Walk(
    "from a cine MR study to the patient's own beating left ventricle",
    (Stage("segmentation.heart"), Stage("mesh.ventricle"), Stage("physics.heart")),
    "left ventricle",
)

INFARCT = Walk(
    "from cine MR with late enhancement to the patient's own beating left ventricle, scar in it",
    (
        Stage("segmentation.heart"),
        Stage("segmentation.scar"),
        Stage("mesh.ventricle"),
        Stage("physics.heart"),
    ),
    "left ventricle",
)

WALKS = {"heart": HEART, "hip": HIP, "infarct": INFARCT}
"""By the name that commands know them by."""
