"""The steps of a heart: its ventricle's mesh, its fit, and its beat.

Beside the packages that do the work, since these load solvers, and steps are declared at every start.
"""

from dataclasses import dataclass
from typing import Any

from twin.domain import Heart, Motion, TetMesh
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


@dataclass(frozen=True)
class FitParams:
    """What is known of the patient beside the images."""

    systolic_mmhg: float | None = param(
        None,
        unit="mmHg",
        low=50.0,
        high=260.0,
        help="Systolic cuff pressure; empty: 120 is assumed, and said so.",
        title="Systolic pressure",
        patient_specific=True,
    )
    diastolic_mmhg: float | None = param(
        None,
        unit="mmHg",
        low=20.0,
        high=160.0,
        help="Diastolic cuff pressure; empty: 78 is assumed, and said so.",
        title="Diastolic pressure",
        patient_specific=True,
    )
    end_diastolic_mmhg: float | None = param(
        None,
        unit="mmHg",
        low=1.0,
        high=40.0,
        help="The left ventricle's end-diastolic pressure, of a catheter or echo; empty: 10 is assumed, and "
        "said so.",
        title="End-diastolic pressure",
        patient_specific=True,
    )
    rate_per_min: float | None = param(
        None,
        unit="1/min",
        low=30.0,
        high=150.0,
        help="Heart rate; empty: that of the images.",
        title="Heart rate",
        patient_specific=True,
    )
    members: int = param(
        100, low=20, high=1000, advanced=True, help="Members of the ensemble that gives the intervals."
    )


def _at_end_diastole(tree: dict[str, Any]) -> bool:
    return bool(tree.get("axes_inside"))


@step(
    "physics.heart",
    version=1,
    title="Fit the heart",
    makes=("heart", "result"),
    fits={"mesh": _at_end_diastole},
)
def fit_heart(mesh: TetMesh, motion: Motion, params: FitParams, progress: Progress) -> Made:
    """Fit stiffness, tension and circulation to images and cuff, with intervals; two full beats confirm."""
    from physics.personal.fitting import fit

    return fit(mesh, motion, params, progress)


@dataclass(frozen=True)
class BeatParams:
    """What the heart lives in; the defaults leave it as the patient's own."""

    preload_ml: float = param(
        0.0,
        unit="mL",
        low=-1000.0,
        high=1500.0,
        help="Blood more (below zero: less) than the patient has, in the veins.",
        title="Preload",
    )
    resistance_percent: float = param(
        100.0, unit="%", low=30.0, high=300.0, help="Resistance of the systemic arteries.", title="Afterload"
    )
    contractility_percent: float = param(
        100.0, unit="%", low=20.0, high=250.0, help="Largest tension of the muscle.", title="Contractility"
    )
    stiffness_percent: float = param(
        100.0, unit="%", low=30.0, high=400.0, help="Stiffness of the wall at rest.", title="Stiffness"
    )
    rate_per_min: float | None = param(
        None, unit="1/min", low=30.0, high=180.0, help="Heart rate; empty: the patient's.", title="Heart rate"
    )
    beats: int = param(2, low=1, high=10, advanced=True, help="Full beats; the last one is kept.")


@step("physics.beat", version=1, title="Beat in full", makes=("result",))
def beat_heart(heart: Heart, params: BeatParams, progress: Progress) -> Made:
    """Let a fitted heart beat in full, coupled to its circulation, under other conditions."""
    from physics.personal.fitting import beat_in_full

    return beat_in_full(heart, params, progress)
