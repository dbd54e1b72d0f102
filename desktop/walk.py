"""The walk from a scan to stresses, as data: what the demo runs and the window leads along."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Stage:
    """One step of a walk; ``inputs`` may hold ``{structure}``."""

    step: str
    inputs: dict[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)


HIP = (
    Stage("segmentation.bone"),
    Stage("mesh.surface", {"labels": "bones/{structure}"}),
    Stage("mesh.tetrahedra", {}, {"edge_mm": 3.0}),
    Stage("physics.femur_landmarks"),
    Stage("physics.femur_model"),
    Stage("physics.solve"),
)
"""From a hip CT to stresses in one femur; inputs that only one entity can be are bound by themselves."""
