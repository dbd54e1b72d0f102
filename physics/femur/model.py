"""Step ``physics.femur_model``: a femur's mesh with its material, supports and loads."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resources.loads import GRAVITY
from twin.domain import Landmarks, Material, Model, Support, TetMesh, Volume
from twin.errors import GeometryError, UserError
from twin.params import param
from twin.progress import Progress
from twin.steps import Made, step

CLEAR_OF_LOADS_MM = 5.0


@dataclass(frozen=True)
class FemurModelParams:
    """How the CT becomes moduli, how the femur is held, and what loads it."""

    body_weight_kg: float = param(
        75.0,
        help="The patient's weight; loads are measured in it.",
        unit="kg",
        low=5,
        high=350,
        patient_specific=True,
    )
    modulus_law: Literal[
        "Morgan femoral neck",
        "Morgan pooled",
        "Carter-Hayes",
        "Keller",
        "Keyak cortical",
        "Morgan greater trochanter",
    ] = param("Morgan femoral neck", help="Law from density to elastic modulus.")
    calibration: Literal["scanner default", "phantom", "internal"] = param(
        "scanner default",
        help="From HU to mineral density: a typical scanner's line (uncalibrated), a phantom's line, "
        "or the air, fat and muscle in this scan.",
    )
    phantom_slope: float | None = param(
        None,
        help="The slope of the phantom that was scanned with the patient.",
        unit="mg/cm³ per HU",
        low=0.3,
        high=2.0,
        advanced=True,
        patient_specific=True,
    )
    phantom_offset: float | None = param(
        None,
        help="That phantom's offset.",
        unit="mg/cm³",
        low=-200,
        high=200,
        advanced=True,
        patient_specific=True,
    )
    phantom_mineral: Literal["K2HPO4", "HA"] = param(
        "K2HPO4", help="Mineral of the phantom's rods.", advanced=True
    )
    strain_rate_per_s: float = param(
        0.01, help="Strain rate, for the Carter–Hayes law.", unit="1/s", low=1e-5, high=100, advanced=True
    )
    surface: Literal["maximum", "extend", "none"] = param(
        "maximum",
        help="What the bone's half-filled outermost voxels read as: the largest or the value a voxel below.",
        advanced=True,
    )
    fixed_length_mm: float | None = param(
        None,
        help="Length of the distal end that is held; else the scan's cut face, or 30 mm of a whole femur.",
        unit="mm",
        low=1,
        high=300,
        advanced=True,
    )
    turn_about_x_deg: float = param(
        0.0, help="Turns the hip force about the medial axis.", unit="deg", low=-60, high=60, advanced=True
    )
    turn_about_y_deg: float = param(
        0.0, help="Turns the hip force about the anterior axis.", unit="deg", low=-60, high=60, advanced=True
    )
    turn_about_z_deg: float = param(
        0.0, help="Turns the hip force about the shaft.", unit="deg", low=-60, high=60, advanced=True
    )


@step("physics.femur_model", version=1, title="Make the femur's model", makes=("model",))
def femur_model(
    mesh: TetMesh, volume: Volume, landmarks: Landmarks, params: FemurModelParams, progress: Progress
) -> Made:
    """Give a femur's mesh moduli from the CT, hold its distal end and load it as in walking and on stairs.

    Raises
    ------
    UserError
        Where mesh, CT and landmarks are not of one patient, space and side.
    GeometryError
        Where the femur has no head contact patch or nothing to hold it by.
    """
    from physics.bone_material.material import Mapping, bone_material
    from physics.femur.forces import load_femur, memory_note, turn_about

    _check(mesh, volume, landmarks)
    progress(0.05, "calibrating")
    mapping = Mapping(
        _calibration(params, volume), params.modulus_law, params.strain_rate_per_s, params.surface
    )
    progress(0.1, "moduli from the CT")
    material, notes = bone_material(mesh, volume, mapping)
    progress(0.7, "supports and loads")
    support, top = hold_distal_end(mesh, landmarks, params.fixed_length_mm)
    diameter = shaft_diameter(mesh, landmarks)
    turn = turn_about(params.turn_about_x_deg, params.turn_about_y_deg, params.turn_about_z_deg)
    head = landmarks.points["head center"].point
    loading = load_femur(mesh, landmarks, turn, top - float(head @ landmarks.axes[2]), diameter)
    loaded = np.unique(np.concatenate([a.nodes for a in loading.attachments]))
    model = Model(
        mesh=mesh,
        material=material,
        supports=(support,),
        attachments=loading.attachments,
        loads=loading.loads,
        cases=loading.cases,
        body_weight_n=params.body_weight_kg * GRAVITY,
        landmarks=landmarks,
        exclude=_excluded(mesh, landmarks, loaded, top + 2 * diameter),
        omitted=loading.omitted,
        mesh_size_mm=_mean_edge(mesh),
        structure=mesh.structure,
        term=mesh.term,
        side=mesh.side,
        frame_of_reference=mesh.frame_of_reference,
        identity=mesh.identity,
        notes=notes + _space_note(mesh) + memory_note() + _turn_note(params) + _weight_note(params),
    )
    progress(1.0, "done")
    return Made({"model": model}, _summary(model, support), {"model": f"{mesh.structure or 'femur'} model"})


def _check(mesh: TetMesh, volume: Volume, landmarks: Landmarks) -> None:
    """Refuse what is not of one patient, space and side."""
    name = mesh.structure or "this bone"
    for other, what in ((volume, "The CT"), (landmarks, "The landmarks")):
        if other.frame_of_reference != mesh.frame_of_reference:
            raise UserError(
                f"{what} and the mesh of {name} do not lie in one space "
                f"(frame of reference “{other.frame_of_reference or 'unknown'}” and "
                f"“{mesh.frame_of_reference or 'unknown'}”).",
                "Choose those made from the same scan, or register them.",
            )
        mine, theirs = mesh.identity.patient_id, other.identity.patient_id
        if mine != theirs:
            raise UserError(
                f"{what} is of patient “{theirs}”, the mesh of “{mine}”.", "Choose those of one patient."
            )
    if mesh.side not in ("left", "right"):
        raise UserError(
            f"The scan does not settle whether {name} is of the left or the right side.",
            "Say which it is: loads are never mirrored by guess.",
        )
    if landmarks.side != mesh.side or landmarks.structure != mesh.structure:
        raise UserError(
            f"The landmarks are of “{landmarks.structure}” ({landmarks.side}), the mesh is of “{name}” "
            f"({mesh.side}).",
            "Find the landmarks of this bone.",
        )


def _calibration(params: FemurModelParams, volume: Volume):  # type: ignore[no-untyped-def]
    from physics.bone_material import calibration

    if params.calibration == "internal":
        return calibration.from_tissues(volume)
    if params.calibration == "scanner default":
        return calibration.scanner_default()
    if params.phantom_slope is None or params.phantom_offset is None:
        raise UserError(
            "A calibration by phantom needs the phantom's line.",
            "Give phantom_slope (mg/cm³ per HU) and phantom_offset (mg/cm³).",
        )
    return calibration.from_phantom(params.phantom_slope, params.phantom_offset, params.phantom_mineral)


def hold_distal_end(mesh: TetMesh, landmarks: Landmarks, length_mm: float | None) -> tuple[Support, float]:
    """Hold the scan's cut face, or a length of the distal end.

    Returns
    -------
    support, top : Support, float
        ``top`` is the height (mm along the shaft's axis, LPS origin) up to which bone is held.

    Raises
    ------
    GeometryError
        Where there is nothing to hold, or it would reach the head.
    """
    height = mesh.points @ landmarks.axes[2]
    head = landmarks.points["head center"]
    above = float(head.point @ landmarks.axes[2]) - 2 * float(head.radius_mm or 25.0)
    cut = _cut_nodes(mesh, height, above)
    if length_mm is None and len(cut):
        nodes, name = cut, "distal end at the scan's cut"
    else:
        length = 30.0 if length_mm is None else length_mm
        lowest = float(height.min())
        nodes = np.flatnonzero(height <= lowest + length).astype(np.int32)
        name = f"distal {length:g} mm"
    if len(nodes) < 3:
        raise GeometryError("The femur has no distal end to be held by.", "Give fixed_length_mm.")
    top = float(height[nodes].max())
    if top > above:
        raise GeometryError(
            "The held part would reach the neck or the head of the femur.",
            "Give a shorter fixed_length_mm.",
        )
    return Support(name, nodes), top


def _cut_nodes(mesh: TetMesh, height: NDArray[np.float64], above: float) -> NDArray[np.int32]:
    """Return the nodes of the cut face at the distal end, mid-edge ones too; empty where there is none."""
    from physics.femur.attach import mid_edge_nodes

    faces = [p.triangles for p in mesh.patches if p.name == "cut"]
    if not faces or not len(faces[0]):
        return np.zeros(0, np.int32)
    distal = faces[0][height[faces[0]].max(axis=1) < above]
    nodes = [distal.ravel()]
    if mesh.tets.shape[1] == 10 and len(distal):
        nodes.append(mid_edge_nodes(mesh, distal).ravel())
    return np.unique(np.concatenate(nodes)).astype(np.int32)


def shaft_diameter(mesh: TetMesh, landmarks: Landmarks) -> float:
    """Return the shaft's mean diameter, mm, from the volume of mesh between the axis' two points."""
    from physics.results_average import element_centers, element_volumes

    top, bottom = (landmarks.points[f"shaft {end}"].point for end in ("proximal", "distal"))
    axis = top - bottom
    length = float(np.linalg.norm(axis))
    along = (element_centers(mesh) - bottom) @ (axis / length)
    between = (along > 0) & (along < length)
    volume = float(element_volumes(mesh)[between].sum())
    if volume <= 0:
        raise GeometryError(
            "No part of the mesh lies between the two points of the shaft's axis.", "Check the landmarks."
        )
    return float(2 * np.sqrt(volume / length / np.pi))


def _excluded(
    mesh: TetMesh, landmarks: Landmarks, loaded: NDArray[np.int32], height: float
) -> NDArray[np.bool_]:
    """Mark elements within two shaft diameters of what is held and 5 mm of what is loaded."""
    from scipy.spatial import cKDTree

    centers = mesh.points[mesh.tets[:, :4]].mean(axis=1)
    near_support = centers @ landmarks.axes[2] < height
    distance = cKDTree(mesh.points[loaded]).query(centers, distance_upper_bound=CLEAR_OF_LOADS_MM)[0]
    excluded = near_support | np.isfinite(distance)
    if excluded.all():
        raise GeometryError(
            "All of this femur lies within two shaft diameters of where it is held, or under a load.",
            "Use a scan that holds more of the shaft.",
        )
    return np.asarray(excluded)


def _mean_edge(mesh: TetMesh) -> float:
    from physics.elasticity.kernels import EDGES

    corners = mesh.points[mesh.tets[:, :4]]
    return float(np.mean([np.linalg.norm(corners[:, a] - corners[:, b], axis=1) for a, b in EDGES]))


def _space_note(mesh: TetMesh) -> tuple[str, ...]:
    said = "neither the mesh nor the CT names its frame of reference: they are taken to lie in one space"
    return () if mesh.frame_of_reference else (said,)


def _turn_note(params: FemurModelParams) -> tuple[str, ...]:
    turns = (params.turn_about_x_deg, params.turn_about_y_deg, params.turn_about_z_deg)
    return (f"hip force turned by hand by {turns[0]:g}°, {turns[1]:g}°, {turns[2]:g}°",) if any(turns) else ()


def _weight_note(params: FemurModelParams) -> tuple[str, ...]:
    default = FemurModelParams().body_weight_kg
    return (f"body weight {default:g} kg assumed",) if params.body_weight_kg == default else ()


def _summary(model: Model, support: Support) -> dict[str, float | str | list]:
    material: Material = model.material
    young = material.young_mpa
    hip = model.cases["walking"]
    axes = model.loads[0].direction, model.loads[1].direction, model.loads[2].direction
    force = sum(hip[f"hip {a}"] * d for a, d in zip("xyz", axes, strict=True)) * model.body_weight_n
    return {
        "elements": len(model.mesh.tets),
        "nodes": len(model.mesh.points),
        "mesh_size_mm": round(model.mesh_size_mm, 2),
        "young_median_mpa": round(float(np.median(young)), 1),
        "young_max_mpa": round(float(young.max()), 1),
        "clipped_low_percent": round(100 * material.clipped_low, 3),
        "clipped_high_percent": round(100 * material.clipped_high, 3),
        "body_weight_n": round(model.body_weight_n, 1),
        "walking_hip_force_lps_n": [round(float(v), 1) for v in np.asarray(force)],
        "held_nodes": len(support.nodes),
        "excluded_percent": round(100 * float(np.mean(model.exclude)), 1)
        if model.exclude is not None
        else 0.0,
        "loads": [a.name for a in model.attachments],
        "omitted": list(model.omitted),
        "calibration": material.source.split(";")[0],
        "notes": list(model.notes),
    }
