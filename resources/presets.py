"""Window/level presets: center and width, in the unit of the modality they are for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WindowPreset:
    """A named window; ``unit`` is HU for CT. ``center`` is the level."""

    name: str
    center: float
    width: float
    unit: str = "HU"


CT_WINDOWS = (
    WindowPreset("Bone", 400.0, 1800.0),
    WindowPreset("Soft tissue", 50.0, 400.0),
    WindowPreset("Lung", -600.0, 1500.0),
    WindowPreset("Brain", 40.0, 80.0),
    WindowPreset("Mediastinum", 50.0, 350.0),
    WindowPreset("Angiography", 300.0, 600.0),
    WindowPreset("Liver", 60.0, 160.0),
    WindowPreset("Metal", 1500.0, 6000.0),
)
"""Customary CT windows (Hofer, CT Teaching Manual; Radiopaedia, "Windowing (CT)"), widths as most
scanners have them. A preset is applied only when it is asked for."""


def windows_for(modality: str) -> tuple[WindowPreset, ...]:
    """Return the presets that fit a modality: CT has them; MR and PET have no fixed scale."""
    return CT_WINDOWS if modality == "CT" else ()
