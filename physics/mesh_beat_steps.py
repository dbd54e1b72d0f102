"""The step that lets a ready mesh beat; beside what does the work, as ``heart_steps`` is."""

from dataclasses import dataclass

from physics.heart_steps import has_fibers
from twin.domain import TetMesh
from twin.params import param
from twin.progress import Progress
from twin.steps import Made, step

IMAGED, UNLOADED = "as imaged", "unloaded"


@dataclass(frozen=True)
class MeshBeatParams:
    """Muscle and circulation of a heart that nothing but its filling is fitted to."""

    shape: str = param(
        UNLOADED,
        choices=(UNLOADED, IMAGED),
        help="What the mesh is taken for: a heart without load, or one filled at end-diastole, as images "
        "show it, which is unloaded first: nearer to the truth, but a coarse wall may find no way through "
        "relaxation.",
        title="The mesh is",
    )
    left_mmhg: float = param(
        10.0,
        unit="mmHg",
        low=1.0,
        high=40.0,
        help="Pressure in the left ventricle where it was imaged; 10 is assumed.",
        title="Left pressure",
        patient_specific=True,
    )
    right_mmhg: float = param(
        3.0,
        unit="mmHg",
        low=0.5,
        high=30.0,
        help="Pressure in the right ventricle where it was imaged, above the pericardium's; 3 is assumed.",
        title="Right pressure",
        patient_specific=True,
    )
    stiffness_kpa: float | None = param(
        None,
        unit="kPa",
        low=0.1,
        high=100.0,
        help="Of the muscle along its fibers at rest: a_f of Holzapfel and Ogden. Empty: such that the left "
        "ventricle's unloaded volume is Klotz's; of an unloaded mesh, 5 is assumed.",
        title="Stiffness",
    )
    right_stiffer: float = param(
        20.0,
        low=1.0,
        high=100.0,
        advanced=True,
        help="How many times as stiff the right ventricle's free wall is, of a mesh as imaged: a thin wall "
        "folds as it is unloaded.",
        title="Right wall stiffer",
    )
    tension_kpa: float = param(
        100.0, unit="kPa", low=5.0, high=500.0, help="Largest tension of the muscle.", title="Contractility"
    )
    size_percent: float | None = param(
        None,
        unit="%",
        low=5.0,
        high=200.0,
        help="Of the body, against a healthy adult's: flows, blood, vessels, valves and atria go with it, at "
        "the same pressures. Empty: as the left ventricle's volume at end-diastole, 125 at most (a larger "
        "one is taken as dilated).",
        title="Body size",
        patient_specific=True,
    )
    preload_ml: float = param(
        0.0,
        unit="mL",
        low=-1000.0,
        high=1500.0,
        help="Blood more (below zero: less) in the veins than fills the left ventricle as imaged; with an "
        "unloaded mesh, than a healthy body of that size has.",
        title="Preload",
    )
    resistance_percent: float = param(
        100.0, unit="%", low=30.0, high=300.0, help="Resistance of the systemic arteries.", title="Afterload"
    )
    lungs_percent: float = param(
        100.0, unit="%", low=30.0, high=1000.0, help="Resistance of the pulmonary arteries.", title="Lungs"
    )
    rate_per_min: float = param(
        70.0, unit="1/min", low=30.0, high=150.0, title="Heart rate", help="Heart rate."
    )
    beats: int = param(
        10, low=2, high=50, advanced=True, help="Full beats at most, until two in a row are the same."
    )


@step(
    "physics.beat_mesh",
    version=3,
    title="Beat a mesh",
    makes=("result",),
    fits={"mesh": has_fibers},
)
def beat_mesh(mesh: TetMesh, params: MeshBeatParams, progress: Progress) -> Made:
    """Let a mesh of one ventricle or both beat in a healthy circulation until its beats repeat themselves."""
    from physics.personal.of_mesh import beat_mesh as beaten

    return beaten(mesh, params, progress)
