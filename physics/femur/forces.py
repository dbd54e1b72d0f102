"""Hip contact and muscle forces on a femur: attachments, unit loads and cases."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.femur.attach import MUSCLE_RADIUS_MM, head_contact, muscle_area, surface_point
from resources.bone_laws import FROM_MEMORY
from resources.loads import LoadCase, hip_load_cases
from twin.domain import Attachment, Landmarks, TetMesh, UnitLoad

AXES = ("x", "y", "z")

Forces = dict[str, NDArray[np.float64]]
"""Force by what exerts it, in newtons per newton of body weight, femur frame."""

_FASCIA = "fascia lata"
_TOGETHER = dict.fromkeys(("TFL proximal", "TFL distal", "TFL", "ITT proximal", "ITT distal"), _FASCIA)
"""Tensor fasciae latae and iliotibial tract pull on one area: one attachment bears their sum."""

_PLACES = {
    "abductors": "superolateral facets of the greater trochanter",
    _FASCIA: "lateral face of the greater trochanter; TFL and iliotibial tract summed",
    "vastus lateralis": "lateral shaft below the greater trochanter",
    "vastus medialis": "medial shaft below the lesser trochanter",
}
"""Heller 2005 lets all that pulls on the greater trochanter act there; the places on the patient's
bone are found from its landmarks."""


@dataclass(frozen=True, eq=False)
class Loading:
    """Attachments, unit loads, cases and what was left out; as in ``Model``."""

    attachments: tuple[Attachment, ...]
    loads: tuple[UnitLoad, ...]
    cases: dict[str, dict[str, float]]
    omitted: tuple[str, ...]


def turn_about(x_deg: float, y_deg: float, z_deg: float) -> NDArray[np.float64]:
    """Return the matrix that turns a vector about the femur's x, then y, then z axis.

    Angles count by the right-hand rule in the frame's own coordinates (medial, anterior,
    proximal), so that a mirrored femur is turned in a mirrored way.
    """
    a, b, c = np.radians([x_deg, y_deg, z_deg])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)


def case_forces(case: LoadCase, hip_turn: NDArray[np.float64] | None = None) -> Forces:
    """Return a case's forces in newtons per newton of body weight, the hip's turned by a matrix."""
    forces: Forces = {}
    for name, force in case.forces.items():
        where = _TOGETHER.get(name, name)
        forces[where] = forces.get(where, np.zeros(3)) + np.array(force) / 100
    if hip_turn is not None:
        forces["hip"] = hip_turn @ forces["hip"]
    return forces


def load_femur(
    mesh: TetMesh,
    landmarks: Landmarks,
    hip_turn: NDArray[np.float64],
    lowest_mm: float,
    shaft_diameter_mm: float,
) -> Loading:
    """Put the load cases of ``resources`` on a femur.

    Parameters
    ----------
    hip_turn : ndarray, shape (3, 3)
        Turns the hip force, in the femur's frame; the contact patch goes with it.
    lowest_mm : float
        Height along the shaft's axis (from the head's center, negative) below which bone is
        held or not in the scan: nothing attaches there.
    shaft_diameter_mm : float
    """
    head = landmarks.points["head center"]
    assert head.radius_mm is not None
    table = hip_load_cases()
    walking = case_forces(table["walking"], hip_turn)["hip"]
    towards = -(walking / np.linalg.norm(walking)) @ landmarks.axes
    attachments: dict[str, Attachment] = {"hip": head_contact(mesh, head.point, head.radius_mm, towards)}
    omitted: dict[str, str] = {}
    places = _places(mesh, landmarks, shaft_diameter_mm)
    for name, at in places.items():
        found = None
        height = float((at - head.point) @ landmarks.axes[2]) if at is not None else -np.inf
        if height - MUSCLE_RADIUS_MM > lowest_mm and at is not None:
            found = muscle_area(mesh, name, at, _PLACES[name])
        if found is None:
            omitted[name] = f"{name}: left out, its attachment ({_PLACES[name]}) lies outside the scan"
        else:
            attachments[name] = found
    loads = tuple(
        UnitLoad(f"{name} {axis}", n, landmarks.axes[k])
        for n, name in enumerate(attachments)
        for k, axis in enumerate(AXES)
    )
    cases = {}
    for case in table.values():
        forces = case_forces(case, hip_turn)
        cases[case.name] = {
            f"{name} {axis}": float(force[k])
            for name, force in forces.items()
            if name in attachments
            for k, axis in enumerate(AXES)
        }
    return Loading(tuple(attachments.values()), loads, cases, tuple(omitted.values()))


def _places(mesh: TetMesh, landmarks: Landmarks, diameter: float) -> dict[str, NDArray[np.float64] | None]:
    """Return the middle of each attachment area, LPS mm; None where the bone ends before.

    Abductors: half-way between the trochanter's tip and its lateral face. Lateral face: where
    a ray from the shaft's axis leaves the bone laterally, 20 mm below the tip. Vastus lateralis:
    the same at the lesser trochanter's level; vastus medialis: medially, a shaft's diameter
    below it. Without a lesser trochanter its level is taken 60 mm below the head's center.
    """
    x, _, z = landmarks.axes
    points = landmarks.points
    base, head = points["shaft distal"].point, points["head center"].point
    tip = points["greater trochanter"].point

    def axis_at(height: float) -> NDArray[np.float64]:
        return base + (height - float(base @ z)) * z

    lesser = points.get("lesser trochanter")
    lesser_height = float(lesser.point @ z) if lesser is not None else float(head @ z) - 60
    # The trochanter lies behind the shaft's axis: its own middle is half-way to the tip.
    below = axis_at(float(tip @ z) - 20)
    sideways = (tip - below) - ((tip - below) @ z) * z
    middle = below + 0.5 * (sideways - (sideways @ x) * x)
    lateral = surface_point(mesh, middle, -x)
    upper = None
    if lateral is not None:
        between = (tip + lateral) / 2
        out = between - (middle + 5 * z)
        upper = surface_point(mesh, middle + 5 * z, out / np.linalg.norm(out))
    return {
        "abductors": upper,
        _FASCIA: lateral,
        "vastus lateralis": surface_point(mesh, axis_at(lesser_height), -x),
        "vastus medialis": surface_point(mesh, axis_at(lesser_height - diameter), x),
    }


def memory_note() -> tuple[str, ...]:
    """Return the note on load tables that were not checked against their source."""
    names = [case.title.lower() for case in hip_load_cases().values() if not case.confirmed]
    source = next(iter(hip_load_cases().values())).source
    return (f"load components of {' and '.join(names)} ({source}) are {FROM_MEMORY}",) if names else ()
