"""The step that makes a ventricle's wall of tetrahedra."""

from dataclasses import dataclass

from twin.domain import Motion
from twin.params import param
from twin.progress import Progress
from twin.steps import Made, step


@dataclass(frozen=True)
class VentricleParams:
    """Of which phase, how fine, and how the fibers run."""

    edge_mm: float = param(
        9.0,
        unit="mm",
        low=1.0,
        high=15.0,
        help="Wanted length of the elements' edges; 9 mm in one layer make some 1,300 of ten nodes.",
        title="Edge length",
    )
    layers: int = param(
        1,
        low=1,
        high=8,
        help="Elements through the wall. Fibers turn within an element too: one layer has all their angles.",
        title="Layers",
    )
    fiber_endo_deg: float = param(
        60.0,
        unit="°",
        low=-90.0,
        high=90.0,
        help="Angle of the fibers against the circumference on the inside (Bayer et al. 2012).",
        title="Fibers inside",
    )
    fiber_epi_deg: float = param(
        -60.0,
        unit="°",
        low=-90.0,
        high=90.0,
        help="Angle of the fibers against the circumference on the outside (Bayer et al. 2012).",
        title="Fibers outside",
    )
    phase: int | None = param(
        None,
        low=0,
        high=1000,
        help="Phase of the cycle, counted from 0; empty: end-diastole.",
        advanced=True,
        title="Phase",
        patient_specific=True,
    )


@step("mesh.ventricle", version=1, title="Mesh the ventricle", makes=("mesh",))
def make_ventricle(motion: Motion, params: VentricleParams, progress: Progress) -> Made:
    """Fill a ventricle's wall with tetrahedra at one phase, with its fibers and its 17 segments."""
    from physics.heart.of_motion import ventricle_of

    return ventricle_of(motion, params, progress)
