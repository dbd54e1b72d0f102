"""The steps of a heart: mesh, fit and beat; beside what does the work, which loads solvers at every start."""

from dataclasses import dataclass
from typing import Any

from twin.domain import Heart, LabelMap, Motion, Result, TetMesh
from twin.params import param
from twin.progress import Progress
from twin.steps import Made, step

STEEP_DEG = 75.0
"""Of the fibers of a wall that is fitted to images; others have Bayer's 60° (docs/decisions/0014)."""


def _angle(degrees: float, side: str) -> Any:
    return param(
        degrees,
        unit="°",
        low=-90.0,
        high=90.0,
        help=f"Angle of the fibers against the circumference on the {side} (Bayer et al. 2012).",
        title=f"Fibers {side}",
    )


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
    fiber_endo_deg: float = _angle(STEEP_DEG, "inside")
    fiber_epi_deg: float = _angle(-STEEP_DEG, "outside")
    phase: int | None = param(
        None,
        low=0,
        high=1000,
        help="Phase of the cycle, counted from 0; empty: end-diastole.",
        advanced=True,
        title="Phase",
        patient_specific=True,
    )
    scar_stiffness_percent: float = param(
        300.0,
        unit="%",
        low=50.0,
        high=3000.0,
        help="Of scar at rest, of living muscle's: assumed, no image shows it. Without scar of no effect.",
        advanced=True,
        title="Stiffness of scar",
    )
    scar_phase: int | None = param(
        None,
        low=0,
        high=1000,
        help="Phase of the cine, counted from 0, at which the scar was seen; empty: that of the mesh.",
        advanced=True,
        title="Phase of the scar",
        patient_specific=True,
    )


def holds_scar(tree: dict[str, Any]) -> bool:
    """Tell whether a labelmap holds a structure that is called scar."""
    return any("scar" in (part["name"].lower(), part.get("term", "")) for part in tree["structures"])


@step("mesh.ventricle", version=2, title="Mesh the ventricle", makes=("mesh",), fits={"scar": holds_scar})
def make_ventricle(
    motion: Motion, scar: LabelMap | None, params: VentricleParams, progress: Progress
) -> Made:
    """Fill a ventricle's wall with tetrahedra at one phase, with fibers, 17 segments, scar where given."""
    from physics.heart.of_motion import ventricle_of

    return ventricle_of(motion, params, progress, scar)


@dataclass(frozen=True)
class FiberParams:
    """How the fibers run."""

    fiber_endo_deg: float = _angle(60.0, "inside")
    fiber_epi_deg: float = _angle(-60.0, "outside")


def _of_four_nodes(tree: dict[str, Any]) -> bool:
    names = {patch["name"] for patch in tree["patches"]}
    return {"endo_lv", "epi", "base"} <= names and not tree.get("axes_inside")


@step("mesh.fibers", version=1, title="Lay fibers", makes=("mesh",), fits={"mesh": _of_four_nodes})
def lay_fibers(mesh: TetMesh, given: TetMesh | None, params: FiberParams, progress: Progress) -> Made:
    """Lay fibers in one ventricle or both, by rule or as another mesh has them; ten nodes an element."""
    from physics.heart.of_mesh import with_fibers

    return with_fibers(mesh, given, params, progress)


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
        help="The left ventricle's end-diastolic pressure, of a catheter or echo; empty: the wedge pressure, "
        "or else 10, is assumed, and said so.",
        title="End-diastolic pressure",
        patient_specific=True,
    )
    rate_per_min: float | None = param(
        None,
        unit="1/min",
        low=30.0,
        high=150.0,
        help="Heart rate; empty: that of the images, also of a CT that says it. Where it does not, 70 is "
        "assumed, and said so.",
        title="Heart rate",
        patient_specific=True,
    )
    ejection_percent: float | None = param(
        None,
        unit="%",
        low=5.0,
        high=90.0,
        help="Of echo or ventriculography: needed where the images show one moment only (CT); cine images "
        "show it themselves.",
        title="Ejection fraction",
        patient_specific=True,
    )
    peak_mmhg: float | None = param(
        None,
        unit="mmHg",
        low=50.0,
        high=300.0,
        help="The left ventricle's largest pressure, of a catheter; empty: not known.",
        title="Peak pressure",
        patient_specific=True,
    )
    wedge_mmhg: float | None = param(
        None,
        unit="mmHg",
        low=1.0,
        high=40.0,
        help="Mean pulmonary capillary wedge pressure, of a catheter: the left atrium's. The end-diastolic "
        "pressure is taken as this one where it is not given.",
        title="Wedge pressure",
        patient_specific=True,
    )
    members: int = param(
        100, low=20, high=1000, advanced=True, help="Members of the ensemble that gives the intervals."
    )


def has_fibers(tree: dict[str, Any]) -> bool:
    """Tell whether a kept mesh has fibers and can beat."""
    return bool(tree.get("axes_inside"))


@step(
    "physics.heart",
    version=5,
    title="Fit the heart",
    makes=("heart", "result"),
    fits={"mesh": has_fibers},
)
def fit_heart(mesh: TetMesh, motion: Motion, params: FitParams, progress: Progress) -> Made:
    """Fit stiffness, tension and circulation to images and cuff, with intervals; two full beats confirm."""
    from physics.personal.fitting import fit

    return fit(mesh, motion, params, progress)


MEDICINES = (
    "metoprolol", "enalapril", "amlodipine", "hydrochlorothiazide", "digoxin", "dobutamine",
    "glyceryl trinitrate",
)  # fmt: skip
"""Those of ``resources.medicines``; written out, so that no table is read at each start."""

PUMPS = ("HeartMate 3", "axial, after Simaan")
"""Those of ``resources.heart_pumps``."""

OWN_RHYTHM = "own"
RHYTHMS = (OWN_RHYTHM, "left bundle branch block", "resynchronized")
"""The patient's own, and those of ``physics.activation.rhythm`` that change it."""


@dataclass(frozen=True)
class BeatParams:
    """What the heart lives in and what is done to it; the defaults leave it as the patient's own."""

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
        None,
        unit="1/min",
        low=30.0,
        high=180.0,
        help="Heart rate, before what a medicine does to it; empty: the patient's.",
        title="Heart rate",
    )
    reflex: bool = param(
        False,
        help="Let the baroreflex answer what is asked for, as it does within minutes (Ursino 1998): it holds "
        "the patient's own mean pressure.",
        title="Baroreflex",
    )
    aortic_area_cm2: float | None = param(
        None,
        unit="cm²",
        low=0.3,
        high=6.0,
        help="Orifice area of the open aortic valve as the model has it: effective, by Gorlin's constant at "
        "each moment. Doppler's effective orifice area, as of a prosthesis, is 0.88 of it; the area by "
        "Gorlin's formula, from means, is smaller too. Empty: the patient's.",
        title="Aortic valve area",
    )
    aortic_leak_cm2: float | None = param(
        None,
        unit="cm²",
        low=0.0,
        high=1.5,
        help="Effective regurgitant orifice area of the closed aortic valve; 0: it closes.",
        title="Aortic leak",
    )
    mitral_area_cm2: float | None = param(
        None,
        unit="cm²",
        low=0.5,
        high=8.0,
        help="Orifice area of the open mitral valve as the model has it: effective, by Gorlin's constant at "
        "each moment. Doppler's effective orifice area, as of a prosthesis, is 0.75 of it; the area by "
        "Gorlin's formula, from means, is smaller too. Empty: the patient's.",
        title="Mitral valve area",
    )
    mitral_leak_cm2: float | None = param(
        None,
        unit="cm²",
        low=0.0,
        high=1.5,
        help="Effective regurgitant orifice area of the closed mitral valve; 0: it closes.",
        title="Mitral leak",
    )
    ventricular_defect_cm2: float | None = param(
        None,
        unit="cm²",
        low=0.0,
        high=3.0,
        help="Effective area of a hole between the ventricles; 0: it is closed.",
        title="Ventricular septal defect",
    )
    atrial_defect_cm2: float | None = param(
        None,
        unit="cm²",
        low=0.0,
        high=5.0,
        help="Effective area of a hole between the atria; 0: it is closed.",
        title="Atrial septal defect",
    )
    arterial_duct_cm2: float | None = param(
        None,
        unit="cm²",
        low=0.0,
        high=1.0,
        help="Effective area of a duct between aorta and pulmonary artery that stayed open; 0: it is closed.",
        title="Arterial duct",
    )
    medicine: str | None = param(None, choices=MEDICINES, help="A medicine; empty: none.", title="Medicine")
    mg_per_day: float | None = param(
        None,
        unit="mg",
        low=0.01,
        high=1000.0,
        help="What is taken of it in a day, for good; empty: the standard dose.",
        title="Dose a day",
    )
    mg_per_h: float | None = param(
        None, unit="mg/h", low=0.01, high=300.0, help="What is infused of it in an hour.", title="Infusion"
    )
    population: str | None = param(
        None,
        help="Whose response to the medicine is taken; empty: the first of its table.",
        advanced=True,
        title="Response as in",
    )
    pump_rpm: float | None = param(
        None,
        unit="rpm",
        low=0.0,
        high=15000.0,
        help="Speed of a pump from the left ventricle to the aorta; 0 or empty: none.",
        title="Pump speed",
    )
    pump: str = param(PUMPS[0], choices=PUMPS, help="Whose curve the pump follows.", title="Pump")
    infarct_segments: tuple[int, ...] = param(
        (),
        low=1,
        high=17,
        help="AHA segments (1–17) that an infarct has taken, or a patch has replaced: 13,14,17.",
        title="Infarct",
    )
    infarct_percent: float = param(
        100.0,
        unit="%",
        low=0.0,
        high=100.0,
        help="Share of the tension that these segments have lost.",
        title="Tension lost there",
    )
    infarct_stiffness_percent: float = param(
        100.0,
        unit="%",
        low=30.0,
        high=2000.0,
        help="Their stiffness at rest, of the wall's: 100 in a fresh infarct, a scar or a patch has more.",
        title="Stiffness there",
    )
    rhythm: str = param(
        OWN_RHYTHM,
        choices=RHYTHMS,
        help="How the wall is activated; the fitted beat stands for the patient's own, normal conduction.",
        title="Rhythm",
    )
    lead_angle_deg: float = param(
        180.0,
        unit="°",
        low=-180.0,
        high=180.0,
        help="Where the lead of resynchronization lies about the long axis, from the septum's middle by way "
        "of the anterior wall.",
        advanced=True,
        title="Lead, around",
    )
    lead_height: float = param(
        0.5,
        low=0.0,
        high=1.0,
        help="Where the lead lies along the axis: 0 at the apex, 1 at the base.",
        advanced=True,
        title="Lead, up",
    )
    beats: int = param(
        2,
        low=1,
        high=10,
        advanced=True,
        help="Full beats; the last one is kept. With an infarct or another rhythm at least three.",
    )


def _fitted_beat(tree: dict[str, Any]) -> bool:
    """Tell whether a result is a fit's beat: beside its numbers stands what it was fitted to."""
    return any(n["name"].startswith("ejection fraction, ") for n in tree.get("numbers", ()))


@step("physics.beat", version=4, title="Beat in full", makes=("result",), fits={"own": _fitted_beat})
def beat_heart(heart: Heart, own: tuple[Result, ...] | None, params: BeatParams, progress: Progress) -> Made:
    """Let a fitted heart beat in full under other conditions or after an operation, beside its own beat."""
    progress(0.01, "loading the solver")
    from physics.whatif.full import beat_in_full

    return beat_in_full(heart, own or (), params, progress)
