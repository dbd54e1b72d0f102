"""What was found in a cine study, as a record keeps it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segmentation.heart.ventricle import Contour, Measures, Ventricles, segment_cine
from segmentation.heart.views import cine_views
from segmentation.heart.wall import OpenSurface
from twin.domain import Motion, MovingSurface, Number, Outline, Volume
from twin.errors import UserError
from twin.progress import Progress
from twin.steps import Made

if TYPE_CHECKING:
    from segmentation.heart.steps import CineParams

Place = tuple[float, float, float]


def find_ventricles(cines: Sequence[Volume], params: "CineParams", progress: Progress) -> Made:
    """Find both ventricles; see ``segment_cine``."""
    surface = body_surface_m2(params.height_cm, params.weight_kg)
    views = cine_views(cines)
    found = segment_cine(views, _lps(params.left_mm), _lps(params.right_mm), progress)
    motion = motion_of(found)
    measures = found.measures
    if surface is not None:
        motion = replace(motion, numbers=(*motion.numbers, *_indexed(measures, surface)))
    return Made(
        {"left ventricle": motion},
        {
            "end_diastolic_volume_ml": measures.edv_ml,
            "end_systolic_volume_ml": measures.esv_ml,
            "ejection_fraction_percent": 100 * measures.ejection_fraction,
            "muscle_mass_g": measures.mass_g,
            "heart_rate_per_min": 60 / motion.cycle_s,
            "edges_off_surface_mm": max(measures.residual_mm.values()),
            "right_ventricle_found": any(o.name == "right cavity" for o in motion.outlines),
        },
    )


def body_surface_m2(height_cm: float | None, weight_kg: float | None) -> float | None:
    """Return the body's surface, √(cm · kg / 3600) (Mosteller 1987, N Engl J Med 317:1098); else None.

    Raises
    ------
    UserError
        Only one of the two is given.
    """
    if height_cm is None and weight_kg is None:
        return None
    if height_cm is None or weight_kg is None:
        raise UserError(
            "Only one of height and weight is given: the body's surface needs both.",
            "Give both, or none of them.",
        )
    return float(np.sqrt(height_cm * weight_kg / 3600.0))


def _indexed(measures: Measures, surface_m2: float) -> tuple[Number, ...]:
    """Return volumes and mass by the body's surface."""
    remark = f"By a body surface of {surface_m2:.2f} m² (Mosteller)."
    stroke = measures.edv_ml - measures.esv_ml
    return (
        Number("end-diastolic volume index", measures.edv_ml / surface_m2, "mL/m²", remark=remark),
        Number("end-systolic volume index", measures.esv_ml / surface_m2, "mL/m²", remark=remark),
        Number("stroke volume index", stroke / surface_m2, "mL/m²", remark=remark),
        Number("muscle mass index", measures.mass_g / surface_m2, "g/m²", remark=remark),
    )


def _lps(place: Place | None) -> NDArray[np.float64] | None:
    return None if place is None else np.array(place, np.float64)


def motion_of(found: Ventricles) -> Motion:
    """Return the walls of all phases, the outlines and the numbers."""
    views, wall, measures = found.views, found.wall, found.measures
    count = len(views.phases)
    return Motion(
        surfaces=(
            _moving("endocardium", [wall.endocardium(t) for t in range(count)]),
            _moving("epicardium", [wall.epicardium(t) for t in range(count)]),
        ),
        phases=np.asarray(views.phases, np.float64),
        cycle_s=views.cycle_ms / 1000,
        cavity_ml=np.array(measures.cavity_ml),
        wall_ml=np.array(measures.muscle_ml),
        fullest=measures.end_diastole,
        emptiest=measures.end_systole,
        numbers=_numbers(measures, 60_000 / views.cycle_ms),
        outlines=tuple(_outline(contour) for contour in found.contours),
        frame_of_reference=views.frame_of_reference,
        identity=views.identity,
        notes=found.notes,
        structure="left ventricle",
        term="left ventricle",
    )


def _moving(name: str, surfaces: list[OpenSurface]) -> MovingSurface:
    points = np.stack([s.points for s in surfaces]).astype(np.float32)
    return MovingSurface(name, points, surfaces[0].triangles)


def _outline(contour: Contour) -> Outline:
    points = contour.points.astype(np.float32)
    return Outline(contour.edge, contour.view, contour.phase, points, contour.closed)


CHECKED = (
    "Checked on one patient, from whose given contours our endocardium lies 1.39 mm away in the mean, with "
    "an end-diastolic volume of 173.0 mL for 161.5 (+7 %); one patient makes no interval."
)
"""How far volumes can be trusted: ``benchmarks/heart_cine.py``; run it anew when they change."""
UNCHECKED = "Not checked against another measurement: how far it is off is not known."


def _numbers(measures: Measures, rate_per_min: float) -> tuple[Number, ...]:
    off = f"The views' edges lie {np.mean(list(measures.residual_mm.values())):.1f} mm off it in the mean."
    return (
        Number(
            "end-diastolic volume",
            measures.edv_ml,
            "mL",
            remark=f"Of the surface of all views. {off} {CHECKED}",
        ),
        Number(
            "end-systolic volume", measures.esv_ml, "mL", remark=f"The smallest of the cycle. {UNCHECKED}"
        ),
        Number("stroke volume", measures.edv_ml - measures.esv_ml, "mL", remark=UNCHECKED),
        Number("ejection fraction", 100 * measures.ejection_fraction, "%", remark=UNCHECKED),
        Number(
            "muscle mass",
            measures.mass_g,
            "g",
            remark=f"Compact muscle below the base, at end-diastole. {UNCHECKED}",
        ),
        Number("heart rate", rate_per_min, "1/min", remark="Of the short-axis series."),
    )
