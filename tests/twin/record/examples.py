"""Small steps and entities for the record's tests."""

from dataclasses import dataclass, replace

import numpy as np

from twin.domain import Identity, LabelMap, Structure, Surface, TetMesh, Volume
from twin.domain.tetmesh import Patch
from twin.params import NoParams, param
from twin.progress import Progress
from twin.steps import Made, step


@dataclass(frozen=True)
class ScanParams:
    """What to pretend was read from a file."""

    seed: int = param(0, help="Content.")
    patient_id: str = param("P1", help="Patient ID.")
    patient_name: str = param("", help="Patient name.")
    birth_date: str = param("", help="Birth date.")
    modality: str = param("CT", help="Modality.")
    slices: int = param(6, help="Number of slices.")
    offset_mm: float = param(0.0, help="Where it lies.", unit="mm")


def scan(p: ScanParams) -> Volume:
    """Return a volume of two bright boxes whose place depends on the seed."""
    voxels = np.random.default_rng(p.seed).integers(-1000, 0, (p.slices, 24, 32)).astype(np.int16)
    voxels[2:4, 4:10, 4:10] = 900
    voxels[2:4, 4:10, 20:26] = 1000
    affine = np.eye(4)
    affine[:3, 3] = p.offset_mm
    identity = Identity(patient_id=p.patient_id, patient_name=p.patient_name, birth_date=p.birth_date)
    return Volume(
        voxels=voxels,
        affine=affine,
        modality=p.modality,
        unit="HU" if p.modality else "",
        identity=identity,
        frame_of_reference="1.2.3",
    )


@step("example.scan", version=1, title="Import scan")
def import_scan(params: ScanParams, progress: Progress) -> Made:
    """Stand for an import: it has no input."""
    return Made({"volume": scan(params)}, names={"volume": f"{params.modality} scan"})


@dataclass(frozen=True)
class BoneParams:
    """Parameters of the segmentation."""

    threshold_hu: float = param(500.0, help="Lowest value of bone.", unit="HU", low=-1024, high=3000)
    confirmed: bool = param(True, help="Whether the scan settles the sides.")


@step("example.bones", version=1, title="Segment bones")
def bones(volume: Volume, params: BoneParams, progress: Progress) -> Made:
    """Call the left half of the bright voxels one femur, the right half the other."""
    bright = volume.voxels >= params.threshold_hu
    half = bright.shape[2] // 2
    labels = np.zeros(bright.shape, np.uint8)
    labels[..., :half][bright[..., :half]] = 1
    labels[..., half:][bright[..., half:]] = 2
    if params.confirmed:
        structures = (
            Structure("right femur", 1, "femur", "right"),
            Structure("left femur", 2, "femur", "left"),
        )
    else:
        structures = tuple(
            Structure(f"femur {n} (side unconfirmed)", n, "femur", "unconfirmed") for n in (1, 2)
        )
    made = LabelMap(labels=labels, affine=volume.affine, structures=structures)
    return Made({"bones": made}, {"voxels": int(bright.sum())})


@dataclass(frozen=True)
class PaintParams:
    """One stroke."""

    label: int = param(help="Label to paint.")
    index: int = param(0, help="Flat index of the voxel.")


@step("example.paint", version=1, title="Paint", edits="labelmap", quick=True)
def paint(labelmap: LabelMap, params: PaintParams, progress: Progress) -> Made:
    """Give one voxel a label."""
    labels = labelmap.labels.copy()
    labels.reshape(-1)[params.index] = params.label
    return Made({"labelmap": replace(labelmap, labels=labels)})


@step("example.surface", version=1, title="Make surface")
def surface(labelmap: LabelMap, params: NoParams, progress: Progress) -> Made:
    """Make one triangle whose size is the number of voxels."""
    size = float(np.count_nonzero(labelmap.labels))
    points = np.array([[0.0, 0, 0], [size, 0, 0], [0, size, 0]])
    name = labelmap.structures[0].name if len(labelmap.structures) == 1 else "everything"
    side = labelmap.structures[0].side
    made = Surface(points=points, triangles=np.array([[0, 1, 2]], np.int32), structure=name, side=side)
    return Made({"surface": made}, names={"surface": f"{name} surface"})


@step("example.mesh", version=1, title="Make mesh")
def mesh(surface: Surface, params: NoParams, progress: Progress) -> Made:
    """Make one tetrahedron of the triangle."""
    points = np.vstack([surface.points, [[0.0, 0, 1]]])
    made = TetMesh(
        points=points,
        tets=np.array([[0, 1, 2, 3]], np.int32),
        regions=np.zeros(1, np.int32),
        patches=(
            Patch("outer", np.array([[0, 2, 1]], np.int32)),
            Patch("cut", np.array([[0, 1, 3]], np.int32)),
        ),
        structure=surface.structure,
    )
    return Made({"mesh": made}, {"volume_ml": float("nan")}, names={"mesh": f"{surface.structure} mesh"})


@step("example.register", version=1, title="Compare")
def compare(fixed: Volume, moving: Volume, params: NoParams, progress: Progress) -> Made:
    """Take two volumes and leave frame and identity of the output to the rule."""
    voxels = (fixed.voxels - moving.voxels).astype(np.int16)
    return Made({"difference": Volume(voxels=voxels, affine=fixed.affine, modality="OT")})


@dataclass(frozen=True)
class WeighParams:
    """One parameter that holds for one patient only, and one that holds for all."""

    weight_kg: float = param(75.0, help="The patient's weight.", unit="kg", patient_specific=True)
    gravity: float = param(9.81, help="Where he stands.", unit="m/s²")


@step("example.weigh", version=1, title="Weigh")
def weigh(volume: Volume, params: WeighParams, progress: Progress) -> Made:
    """Make a volume of one voxel that holds the patient's weight in newtons."""
    voxels = np.full((1, 1, 1), params.weight_kg * params.gravity)
    return Made({"weight": Volume(voxels=voxels, affine=volume.affine, modality="OT", unit="N")})
