"""Steps that make small entities for the window's tests: quick to run, true in kind."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from twin.domain import (
    Attachment,
    Field,
    Identity,
    LabelMap,
    Landmark,
    Landmarks,
    Material,
    Model,
    Number,
    Result,
    Structure,
    Support,
    Surface,
    TetMesh,
    UnitLoad,
    Volume,
)
from twin.errors import UserError
from twin.params import param
from twin.progress import Progress
from twin.sources.grid import LOOKS_LIKE_LABELS
from twin.steps import Made, step

WHO = Identity(
    patient_name="HIP^Model", patient_id="HIP003", birth_date="1964-02-01", sex="F", study_uid="1.2.3",
    study_date="2026-01-05", series_description="CT hip",
)  # fmt: skip
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])


@dataclass(frozen=True)
class VolumeParams:
    patient: str = param("HIP003", help="Patient ID.")
    study: str = param("1.2.3", help="Study UID.")
    side: str = param("left", help="Side.")


@step("test.volume", version=1, title="Make a volume", quick=True)
def volume(params: VolumeParams, progress: Progress) -> Made:
    """Make a CT of a bright ball in the dark."""
    k, j, i = np.mgrid[:24, :24, :24]
    ball = (k - 12) ** 2 + (j - 12) ** 2 + (i - 12) ** 2 < 64
    voxels = np.where(ball, 900, -50).astype(np.int16)
    who = replace(WHO, patient_id=params.patient, study_uid=params.study)
    return Made(
        {
            "volume": Volume(
                voxels, AFFINE, "CT", "HU", window=(40.0, 400.0), identity=who, frame_of_reference="1.9"
            )
        },
        {"voxels": voxels.size},
        {"volume": "CT hip"},
    )


@dataclass(frozen=True)
class ReadParams:
    folder: str = param("", help="Where one series of DICOM lies.")


@step("test.read", version=1, title="Read", quick=True)
def read_series(params: ReadParams, progress: Progress) -> Made:
    """Read a series as an import does, but at once and in this process."""
    from twin.sources import read, scan

    (series,) = scan([Path(params.folder)]).series
    return Made({"volume": read(series)}, {}, {"volume": series.identity.series_description})


@step("test.nobody", version=1, title="Make a volume of nobody", quick=True)
def nobody(params: VolumeParams, progress: Progress) -> Made:
    """Make the same ball as a NIfTI file holds it: no patient, no modality, no unit."""
    ball = volume(params, progress).outputs["volume"]
    assert isinstance(ball, Volume)
    silent = replace(ball, modality="", unit="", window=None, identity=Identity())
    return Made({"volume": silent}, {}, {"volume": "unknown scan"})


@step("test.unscaled", version=1, title="Make a volume without intercept", quick=True)
def unscaled(params: VolumeParams, progress: Progress) -> Made:
    """Make a ball of soft tissue (1074) in air (24): a CT of nobody without its intercept of −1024."""
    made = nobody(params, progress).outputs["volume"]
    assert isinstance(made, Volume)
    stored = np.where(made.voxels > 0, 1074, 24) + np.arange(24, dtype=np.int16)
    return Made({"volume": replace(made, voxels=stored.astype(np.int16))}, {}, {"volume": "head"})


@step("test.mask", version=1, title="Make a mask", quick=True)
def mask(params: VolumeParams, progress: Progress) -> Made:
    """Make an image of 0 and 1, as a mask that nobody said is one."""
    made = nobody(params, progress).outputs["volume"]
    assert isinstance(made, Volume)
    return Made({"volume": replace(made, voxels=(made.voxels > 0).astype(np.uint8))}, {}, {"volume": "mask"})


@step("test.study", version=1, title="Make a study", quick=True)
def study(params: VolumeParams, progress: Progress) -> Made:
    """Make what one MR study brings at once: a stack of six slices, two long axes, and an unnamed mask."""
    shapes = {"stack": (5, 6, 24, 24), "four chambers": (5, 1, 24, 24), "outflow": (5, 1, 24, 24)}
    ramp = np.arange(24, dtype=np.uint16)
    images = {
        name: Volume(
            np.broadcast_to(ramp, shape).copy(), AFFINE, "MR", times_ms=160.0 * np.arange(5), identity=WHO
        )
        for name, shape in shapes.items()
    }
    seen = np.zeros((9, 24, 24), np.uint8)
    seen[4, 10:12, 10:12] = 1
    images["mask"] = Volume(seen, AFFINE, "", notes=(f"The values (0 and 1) {LOOKS_LIKE_LABELS}.",))
    return Made(dict(images), {}, {name: name for name in images})


@dataclass(frozen=True)
class PetParams:
    patient: str = param("HIP003", help="Patient ID.")
    frame: str = param("1.9", help="Frame of Reference.")
    study: str = param("1.2.3", help="Study UID.")


@step("test.pet", version=1, title="Make a PET", quick=True)
def pet(params: PetParams, progress: Progress) -> Made:
    """Make a PET of 9 everywhere, half as fine as the CT."""
    who = replace(WHO, patient_id=params.patient, study_uid=params.study)
    uptake = Volume(
        np.full((12, 12, 12), 9.0, np.float32), np.diag([4.0, 4.0, 4.0, 1.0]), "PT", "SUVbw",
        identity=who, frame_of_reference=params.frame,
    )  # fmt: skip
    return Made({"volume": uptake}, {}, {"volume": "PET hip"})


@dataclass(frozen=True)
class CineParams:
    left_mm: float = param(0.0, help="How far to the left it lies.")


@step("test.cine", version=1, title="Make a cine", quick=True)
def cine(params: CineParams, progress: Progress) -> Made:
    """Make an MR of five phases, each of one gray throughout: 100, 200, ... 500."""
    voxels = np.full((5, 16, 24, 24), 100, np.uint16) * np.arange(1, 6, dtype=np.uint16)[:, None, None, None]
    affine = AFFINE.copy()
    affine[0, 3] = params.left_mm
    heart = Volume(
        voxels, affine, "MR", window=(300.0, 600.0), times_ms=160.0 * np.arange(5),
        cycle_ms=np.full(16, 800.0), identity=WHO, frame_of_reference="1.9",
    )  # fmt: skip
    return Made({"volume": heart}, {}, {"volume": "heart"})


@dataclass(frozen=True)
class LabelParams:
    side: str = param("left", help="Side of the femur.")
    seconds: float = param(0.0, help="How long it takes.")


@step("test.labels", version=1, title="Find the ball")
def labels(volume: Volume, params: LabelParams, progress: Progress) -> Made:
    """Label the ball as a femur."""
    end = time.monotonic() + params.seconds
    while time.monotonic() < end:
        progress(0.5, "looking")
        time.sleep(0.01)
    found = (volume.voxels > 400).astype(np.uint8)
    name = "femur 1 (side unconfirmed)" if params.side == "unconfirmed" else f"{params.side} femur"
    made = LabelMap(
        found, volume.affine, (Structure(name, 1, "femur", params.side),), identity=volume.identity,
        frame_of_reference=volume.frame_of_reference,
    )  # fmt: skip
    return Made({"bones": made}, {"structures": [{"name": name, "volume_ml": float(found.sum()) * 0.008}]})


@step("test.two_bones", version=1, title="Find two halves", quick=True)
def two_bones(volume: Volume, params: VolumeParams, progress: Progress) -> Made:
    """Label the ball's halves as two femurs."""
    found = (volume.voxels > 400).astype(np.uint8)
    found[:, :, 12:] *= 2
    structures = (Structure("right femur", 1, "femur", "right"), Structure("left femur", 2, "femur", "left"))
    made = LabelMap(
        found, volume.affine, structures, identity=volume.identity,
        frame_of_reference=volume.frame_of_reference,
    )  # fmt: skip
    return Made({"bones": made}, {"structures": [{"name": s.name, "volume_ml": 8.0} for s in structures]})


@step("test.edit", version=1, title="Edit the labels", edits="labels", quick=True)
def edit(labels: LabelMap, params: VolumeParams, progress: Progress) -> Made:
    """Take one voxel off."""
    found = labels.labels.copy()
    found[tuple(np.argwhere(found)[0])] = 0
    return Made({"labels": replace(labels, labels=found)})


@step("test.mesh", version=1, title="Make a mesh", quick=True)
def mesh(labels: LabelMap, params: VolumeParams, progress: Progress) -> Made:
    """Make a tetrahedron of the structure."""
    name = labels.structures[0].name
    return Made(
        {"mesh": replace(tetrahedron(), structure=name, side=params.side)}, {}, {"mesh": f"{name} mesh"}
    )


@step("test.fail", version=1, title="Fail")
def fail(volume: Volume, params: VolumeParams, progress: Progress) -> Made:
    """Fail in words."""
    raise UserError("The ball is flat.", "Blow it up.")


def tetrahedron() -> TetMesh:
    points = np.array([[0, 0, 0], [40, 0, 0], [0, 40, 0], [0, 0, 60.0]])
    return TetMesh(
        points, np.array([[0, 1, 2, 3]], np.int32), np.zeros(1, np.int32), structure="left femur",
            term="femur",
        side="left", identity=WHO, frame_of_reference="1.9",
    )  # fmt: skip


@step("test.surface", version=1, title="Make a surface", quick=True)
def surface(labels: LabelMap, params: VolumeParams, progress: Progress) -> Made:
    """Make a tetrahedron's surface."""
    mesh = tetrahedron()
    triangles = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]], np.int32)
    of = labels.structures[0]
    made = Surface(mesh.points, triangles, structure=of.name, term="femur", side=of.side, identity=WHO)
    return Made({"surface": made}, {}, {"surface": f"{of.name} surface"})


@step("test.model", version=1, title="Make a model", quick=True)
def model(surface: Surface, params: VolumeParams, progress: Progress) -> Made:
    """Make one tetrahedron with a load on its top."""
    mesh = tetrahedron()
    one = np.ones(1)
    made = Model(
        mesh, Material(one * 15000, one * 0.3, one * 0.0073, one * 0.0104), (Support("distal", np.array([0,
            1, 2])),),
        (Attachment("hip", np.array([3]), one, mesh.points[3]),),
        tuple(UnitLoad(f"hip {a}", 0, np.eye(3)[n]) for n, a in enumerate("xyz")),
        {"walking": {"hip x": -0.5, "hip y": -0.3, "hip z": -2.3}}, 735.0, structure="left femur",
            term="femur",
        side="left", identity=WHO,
        notes=("body weight 75 kg assumed",) if params.patient == "assumed" else (),
    )  # fmt: skip
    return Made({"model": made}, {}, {"model": "left femur model"})


@step("test.landmarks", version=1, title="Find landmarks", quick=True)
def landmarks(surface: Surface, params: VolumeParams, progress: Progress) -> Made:
    """Name one corner."""
    point = Landmark(surface.points[3], "by hand")
    made = Landmarks(
        {"head center": point}, np.eye(3), "by hand", False, structure="left femur", term="femur",
        side="left", identity=WHO,
    )  # fmt: skip
    return Made({"landmarks": made}, {}, {"landmarks": "left femur landmarks"})


@dataclass(frozen=True)
class ResultParams:
    body_weight_n: float = param(735.5, help="Weight that is solved with.", unit="N")
    left_out: bool = param(False, help="Its one element counts for no number.")
    determined: bool = param(True, help="Its number is one; else it and an end of its interval are not.")


@step("test.result", version=1, title="Make a result", quick=True)
def result(model: Model, params: ResultParams, progress: Progress) -> Made:
    """Make a result whose stress for walking is known by hand."""
    stress = np.zeros((3, 1, 6))
    stress[
        2, 0, 2
    ] = -0.01  # hip z: 1 N gives szz = -0.01 MPa; walking at 75 kg: 0.01 * 2.3 * 735.5 = 16.9 MPa
    value, high = (16.9, 20.3) if params.determined else (np.nan, np.inf)
    made = Result(
        model.mesh, (Field("stress", "MPa", "element", stress), Field("displacement", "mm", "node",
            np.zeros((3, 4, 3)))),
        (Number("von Mises stress", value, "MPa", 13.5, high, {"density calibration ±20 %": (13.5, high)}),),
        loads=("hip x", "hip y", "hip z"), cases=model.cases, body_weight_n=params.body_weight_n,
        structure="left femur", term="femur", side="left", identity=WHO,
        limits=("level walking only, no fall, no fatigue",), notes=model.notes,
        exclude=np.ones(1, bool) if params.left_out else None,
    )  # fmt: skip
    return Made({"result": made}, {"stress_mpa": value}, {"result": "left femur stresses"})


@step("test.organs", version=1, title="Find organs", quick=True)
def organs(volume: Volume, params: VolumeParams, progress: Progress) -> Made:
    """Label two boxes that nobody named, a bent one around the middle, and a femur (without a side, none)."""
    found = np.zeros(volume.voxels.shape, np.uint8)
    found[4:20, 4:20, 4:6] = found[4:20, 4:6, 4:20] = found[4:20, 18:20, 4:20] = 3  # open to the left
    found[10:14, 9:12, 9:15], found[10:14, 12:15, 9:15] = 1, 2
    found[0:3, 0:3, 0:3] = 4
    structures = (
        Structure("label 1", 1), Structure("label 2", 2), Structure("label 3", 3),
        Structure("left femur", 4, "femur", "left"),
    )  # fmt: skip
    if params.side == "none":
        found[0:3, 0:3, 0:3], structures = 0, structures[:3]
    made = LabelMap(
        found, volume.affine, structures, identity=volume.identity,
        frame_of_reference=volume.frame_of_reference,
    )  # fmt: skip
    return Made({"organs": made})
