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
scanners have them. A preset is applied when it is asked for, or by a hanging protocol, which says so."""


PET_WINDOWS = tuple(WindowPreset(f"SUV 0 to {top}", top / 2, float(top), "SUV") for top in (5, 7, 10, 15))
"""Customary spans of standardized uptake values; 0 to 7 is what FDG whole-body PET is commonly read in."""


@dataclass(frozen=True)
class WindowShare:
    """A window by the image's own values: from the ``low`` to the ``high`` percentile."""

    name: str
    low: float
    high: float


SHARES = (
    WindowShare("Balanced", 1.0, 99.5),
    WindowShare("Whole range", 0.0, 100.0),
    WindowShare("Strong contrast", 10.0, 98.0),
    WindowShare("Bright parts", 60.0, 99.9),
)
"""For images whose numbers have no fixed meaning: MR, PET without SUV, ultrasound."""

IMAGE_MAPS = ("gray", "ember", "viridis", "cividis")
"""Maps (``resources.colors``) that images are shown in; lightness rises all along each: more is brighter for
any eye."""

Preset = WindowPreset | WindowShare
PRESETS: tuple[Preset, ...] = (*CT_WINDOWS, *PET_WINDOWS, *SHARES)


def windows_for(modality: str, unit: str = "HU") -> tuple[Preset, ...]:
    """Return the presets that fit a modality and the unit of its values."""
    if modality == "CT" and unit == "HU":
        return CT_WINDOWS
    if modality in ("PT", "PET") and unit.startswith("SUV"):
        return PET_WINDOWS
    return SHARES
