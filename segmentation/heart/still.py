"""What was found in a contrast CT, as a record keeps it: a motion of one moment."""

import numpy as np

from segmentation.heart.contrast import grow
from segmentation.heart.wall import OpenSurface
from twin.domain import Measurement, Motion, MovingSurface, Number, Volume
from twin.errors import UserError
from twin.progress import Progress
from twin.steps import Made


def find_still(
    volume: Volume, axis: Measurement, thickness_mm: float, threshold_hu: float | None, progress: Progress
) -> Made:
    """Find the left ventricle in one moment; see ``grow``."""
    if volume.unit != "HU":
        raise UserError(
            f"The values of this image are in “{volume.unit or 'no unit'}”, not in Hounsfield units: "
            "they tell no blood from muscle.",
            "Say that it is a CT (“Treat as CT”), or import it with --set modality=CT.",
        )
    if axis.frame_of_reference and axis.frame_of_reference != volume.frame_of_reference:
        raise UserError(
            "The line was drawn on an image that lies elsewhere (another frame of reference).",
            "Draw the distance from mitral valve to apex on this CT.",
        )
    found = grow(volume, axis, thickness_mm, threshold_hu, progress)
    cavity = found.endocardium.volume_ml()
    wall = found.epicardium.volume_ml() - cavity
    numbers = [_rate(volume)] if volume.cycle_ms is not None else []
    number = Number(
        "cavity volume", cavity, "mL",
        remark="Papillary muscles counted in; below the plane at the line's end, at the moment of the CT.",
    )  # fmt: skip
    motion = Motion(
        surfaces=(_still("endocardium", found.endocardium), _still("epicardium", found.epicardium)),
        phases=np.zeros(1),
        cycle_s=float(np.mean(volume.cycle_ms)) / 1000.0 if volume.cycle_ms is not None else 0.0,
        cavity_ml=np.array([cavity]),
        wall_ml=np.array([wall]),
        fullest=0,
        emptiest=0,
        numbers=(number, *numbers),
        frame_of_reference=volume.frame_of_reference,
        identity=volume.identity,
        notes=(
            f"The wall was grown to {thickness_mm:g} mm everywhere: it was not measured.",
            f"Blood is what is brighter than {found.threshold_hu:.0f} HU "
            f"({'given' if threshold_hu is not None else 'between the cavity and its surroundings'}).",
            *(
                ["The line was drawn from the apex: blood goes on beyond its other end."]
                if found.turned
                else []
            ),
        ),
        structure="left ventricle",
        term="left ventricle",
    )
    return Made(
        {"left ventricle": motion},
        {
            "cavity_ml": cavity,
            "wall_ml": wall,
            "threshold_hu": found.threshold_hu,
            "blood_hu": found.blood_hu,
            "muscle_hu": found.muscle_hu,
            **({"heart_rate_per_min": numbers[0].value} if numbers else {}),
        },
    )


def _rate(volume: Volume) -> Number:
    """Return the heart rate at which a gated CT was taken."""
    assert volume.cycle_ms is not None
    return Number(
        "heart rate", 60_000.0 / float(np.mean(volume.cycle_ms)), "1/min",
        remark="While the CT was taken, as its DICOM says (RR interval or heart rate).",
    )  # fmt: skip


def _still(name: str, surface: OpenSurface) -> MovingSurface:
    return MovingSurface(name, surface.points[None].astype(np.float32), surface.triangles)
