"""Step ``physics.femur_landmarks``: head, neck, shaft, trochanters, condyles and the femur's frame."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics.femur import anatomy
from physics.femur.frame import Frame, find_frame, patient_frame
from physics.femur.head import fit_head
from twin.domain import Landmark, Landmarks, Surface
from twin.errors import GeometryError, UserError
from twin.params import param
from twin.progress import Progress
from twin.steps import Made, step

BY_HAND = "by hand"


def _point(what: str) -> Any:
    """Declare a point that can be set by hand."""
    help = f"{what}, LPS, where the found one is not right."
    return param(None, help=help, unit="mm", advanced=True, patient_specific=True)


@dataclass(frozen=True)
class FemurLandmarksParams:
    """Landmarks set by hand; what is not given is found on the surface."""

    head_center_mm: tuple[float, float, float] | None = _point("Center of the femoral head")
    head_radius_mm: float | None = param(
        None,
        help="Radius of the femoral head.",
        unit="mm",
        low=10,
        high=45,
        advanced=True,
        patient_specific=True,
    )
    neck_center_mm: tuple[float, float, float] | None = _point("Center of the neck at its narrowest")
    shaft_proximal_mm: tuple[float, float, float] | None = _point("Proximal point on the shaft's axis")
    shaft_distal_mm: tuple[float, float, float] | None = _point("Distal point on the shaft's axis")
    greater_trochanter_mm: tuple[float, float, float] | None = _point("Tip of the greater trochanter")
    lesser_trochanter_mm: tuple[float, float, float] | None = _point("Tip of the lesser trochanter")
    medial_condyle_mm: tuple[float, float, float] | None = _point(
        "Most posterior point of the medial condyle"
    )
    lateral_condyle_mm: tuple[float, float, float] | None = _point(
        "Most posterior point of the lateral condyle"
    )
    rotation_deg: float | None = param(
        None,
        help="Turns the frame about the shaft from the patient's axes, medial towards anterior.",
        unit="deg",
        low=-90,
        high=90,
        advanced=True,
        patient_specific=True,
    )
    anteversion_deg: float | None = param(
        None,
        help="Anteversion the neck is assumed to have where the scan holds no condyles.",
        unit="deg",
        low=-40,
        high=80,
        advanced=True,
    )


@step("physics.femur_landmarks", version=1, title="Find the femur's landmarks", makes=("landmarks",))
def femur_landmarks(surface: Surface, params: FemurLandmarksParams, progress: Progress) -> Made:
    """Find the head's center, neck, shaft, trochanters and condyles, and the femur's frame.

    The frame is +x medial, +y anterior, +z proximal along the shaft; its rotation about the
    shaft is that of the posterior condyles where the scan has them, else the patient's.

    Raises
    ------
    UserError
        Where the side is not settled, contradicts the anatomy, or the structure is no femur.
    GeometryError
        Where a part is not found.
    """
    _check(surface)
    shape = anatomy.Shape.of(surface)
    given = _given(params, shape.points)
    progress(0.05, "finding the shaft")
    shaft = _shaft(shape, given)
    progress(0.4, "finding the head")
    head = _head(shape, shaft, params, given)
    axes = patient_frame(shaft.direction, surface.side)
    _check_side(surface, head.point, shaft, axes)
    progress(0.5, "finding the neck")
    found = given.get("neck center") or _neck(shape, head, shaft)
    line = f"line through {shaft.levels} cross-section centers, rms {shaft.rms:.1f} mm"
    points = {
        "head center": head,
        "neck center": found,
        "shaft proximal": given.get("shaft proximal") or Landmark(shaft.proximal, line),
        "shaft distal": given.get("shaft distal") or Landmark(shaft.distal, line),
    }
    progress(0.8, "finding trochanters and condyles")
    more, notes = _trochanters_and_condyles(shape, head.point, shaft, axes, given)
    points |= more
    frame = find_frame(axes, points, params.rotation_deg, params.anteversion_deg)
    landmarks = Landmarks(
        points=points,
        axes=frame.axes,
        rotation_source=frame.source,
        assumed=frame.assumed,
        structure=surface.structure,
        term=surface.term,
        side=surface.side,
        frame_of_reference=surface.frame_of_reference,
        identity=surface.identity,
        notes=notes,
    )
    progress(1.0, "done")
    name = f"{surface.structure or 'femur'} landmarks"
    return Made({"landmarks": landmarks}, _summary(landmarks, shaft, frame), {"landmarks": name})


def _check(surface: Surface) -> None:
    name = surface.structure or "This surface"
    if surface.term not in ("femur", "bone", "") and "femur" not in surface.structure:
        raise UserError(f"“{name}” is a {surface.term}, not a femur.", "Choose the surface of a femur.")
    if surface.side not in ("left", "right"):
        raise UserError(
            f"The scan does not settle whether “{name}” is of the left or the right side.",
            "Say which it is and make the surface again: loads are never mirrored by guess.",
        )


def _check_side(
    surface: Surface, head: NDArray[np.float64], shaft: anatomy.Shaft, axes: NDArray[np.float64]
) -> None:
    offset = float((head - shaft.distal) @ axes[0])
    if offset < 10:
        raise UserError(
            f"“{surface.structure or 'The femur'}” is said to be a {surface.side} one, but its head does not "
            f"lie medial of its shaft (offset {offset:.0f} mm).",
            "Check the side, and that left and right are not exchanged in the scan.",
        )


def _given(params: FemurLandmarksParams, points: NDArray[np.float64]) -> dict[str, Landmark]:
    """Return the landmarks set by hand; refuse one that is not near the bone."""
    low, high = points.min(axis=0) - 100, points.max(axis=0) + 100
    given = {}
    for key in FemurLandmarksParams.__dataclass_fields__:
        value = getattr(params, key)
        if not key.endswith("_mm") or key == "head_radius_mm" or value is None:
            continue
        if len(value) != 3 or not all(isinstance(v, (int, float)) and np.isfinite(v) for v in value):
            raise UserError(f"{key} = {value} is no point.", "Give three numbers in mm: x, y, z (LPS).")
        point = np.array(value, np.float64)
        if (point < low).any() or (point > high).any():
            raise UserError(
                f"{key} = {value} lies more than 100 mm away from the bone.",
                "Points are in patient space (LPS, mm), as the window's cursor shows them.",
            )
        given[key.removesuffix("_mm").replace("_", " ")] = Landmark(point, BY_HAND)
    return given


def _shaft(shape: anatomy.Shape, given: dict[str, Landmark]) -> anatomy.Shaft:
    top, bottom = given.get("shaft proximal"), given.get("shaft distal")
    if top and bottom:
        return anatomy.shaft_between(shape, top.point, bottom.point)
    found = anatomy.find_shaft(shape)
    if not (top or bottom):
        return found
    turned = anatomy.shaft_between(
        shape, top.point if top else found.proximal, bottom.point if bottom else found.distal
    )
    return replace(turned, rms=found.rms, levels=found.levels)


def _head(
    shape: anatomy.Shape, shaft: anatomy.Shaft, params: FemurLandmarksParams, given: dict[str, Landmark]
) -> Landmark:
    height = shape.points @ shaft.direction
    near = height > height.max() - 90
    if "head center" in given:
        center = given["head center"].point
        if params.head_radius_mm:
            return Landmark(center, BY_HAND, params.head_radius_mm)
        distance = np.linalg.norm(shape.points[near] - center, axis=1)
        return Landmark(center, BY_HAND, float(np.percentile(distance, 2)))
    sphere = fit_head(shape.points[near], shape.normals[near], shape.areas[near])
    source = f"sphere fit to {sphere.count} points, rms {sphere.rms:.1f} mm"
    return Landmark(sphere.center, source, params.head_radius_mm or sphere.radius)


def _neck(shape: anatomy.Shape, head: Landmark, shaft: anatomy.Shaft) -> Landmark:
    assert head.radius_mm is not None
    neck = anatomy.find_neck(shape, head.point, head.radius_mm, shaft)
    width = 2 * np.sqrt(neck.area / np.pi)
    return Landmark(neck.center, f"narrowest section of the neck, {width:.0f} mm across")


def _trochanters_and_condyles(
    shape: anatomy.Shape,
    head: NDArray[np.float64],
    shaft: anatomy.Shaft,
    axes: NDArray[np.float64],
    given: dict[str, Landmark],
) -> tuple[dict[str, Landmark], tuple[str, ...]]:
    points = {}
    notes: tuple[str, ...] = ()
    points["greater trochanter"] = given.get("greater trochanter") or Landmark(
        anatomy.find_greater_trochanter(shape, head, shaft, axes), "most proximal point lateral of the shaft"
    )
    lesser = given.get("lesser trochanter")
    if lesser is None:
        try:
            tip, height = anatomy.find_lesser_trochanter(shape, head, shaft, axes)
            lesser = Landmark(tip, f"tip of the posteromedial bump, {height:.1f} mm high")
        except GeometryError as error:
            notes = (str(error),)
    if lesser is not None:
        points["lesser trochanter"] = lesser
    found = anatomy.find_condyles(shape, shaft, axes)
    for n, name in enumerate(("medial condyle", "lateral condyle")):
        if name in given:
            points[name] = given[name]
        elif found is not None:
            points[name] = Landmark(found[n], "most posterior point of the condyle")
    return points, notes


def _summary(
    landmarks: Landmarks, shaft: anatomy.Shaft, frame: Frame
) -> dict[str, float | str | bool | list]:
    points, axes = landmarks.points, landmarks.axes
    head, neck = points["head center"], points["neck center"]
    direction = head.point - neck.point
    direction /= np.linalg.norm(direction)
    local = axes @ direction
    arm = axes @ (head.point - points["shaft distal"].point)
    return {
        "head_center_lps_mm": [round(float(v), 2) for v in head.point],
        "head_radius_mm": round(float(head.radius_mm or 0.0), 2),
        "neck_shaft_angle_deg": round(float(180 - np.degrees(np.arccos(np.clip(local[2], -1, 1)))), 1),
        "anteversion_deg": round(float(np.degrees(np.arctan2(local[1], local[0]))), 1),
        "femoral_offset_mm": round(float(np.hypot(arm[0], arm[1])), 1),
        "shaft_diameter_mm": round(shaft.diameter, 1),
        "rotation_source": frame.source,
        "rotation_assumed": frame.assumed,
    }
