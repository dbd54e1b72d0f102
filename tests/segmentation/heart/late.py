"""The reference heart's true walls as a motion, and where its scar lies on a late series' grid."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from twin.domain import Motion, MovingSurface, Outline, Volume
from twin.reference.heart import CENTER, FRAME_OF_REFERENCE, HeartPatient, own_directions
from twin.reference.late import Scar, make_late_series

VIEW_MM = 130.0, 130.0
"""All of the left ventricle, and little of what is around."""


@cache
def patient() -> HeartPatient:
    """Return its truth without any cine: two phases, end-diastole and end-systole."""
    none = Volume(np.zeros((2, 1, 1, 1), np.uint16), np.eye(4), "MR")
    return HeartPatient(none, (), np.array([0.0, 0.36]), own_directions(), np.zeros((0, 3)), 8.0)


@cache
def motion() -> Motion:
    """Return its walls."""
    own = patient()
    surfaces = []
    for edge in ("endocardium", "epicardium"):
        phases = [own.surface(edge, t) for t in range(2)]
        surfaces.append(
            MovingSurface(edge, np.stack([p for p, _ in phases]).astype(np.float32), phases[0][1])
        )
    right = (CENTER + 40.0 * own.axes[0])[None].astype(np.float32)
    return Motion(
        tuple(surfaces), own.phases, 0.87, own.cavity_ml, np.full(2, own.muscle_ml), 0, 1,
        outlines=(Outline("right cavity", "short axis", 0, right, True),),
        frame_of_reference=FRAME_OF_REFERENCE, structure="left ventricle", term="left ventricle",
    )  # fmt: skip


@cache
def late(scar: Scar | None, breath_mm: float = 1.0) -> tuple[Volume, NDArray[np.float64]]:
    """Return a late series of it, and how its slices were moved."""
    return make_late_series(
        patient(), scar, slices=7, gap_mm=12.0, pixel_mm=1.8, breath_mm=breath_mm, view_mm=VIEW_MM
    )


def truth(scar: Scar, breath_mm: float = 1.0) -> NDArray[np.bool_]:
    """Return which voxels' centers lie in its scar."""
    volume, moved = late(scar, breath_mm)
    k, j, i = np.indices(volume.shape)
    points = np.stack([i, j, k], axis=-1) @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    own = ((points - moved[:, None, None] - CENTER) @ patient().axes.T).reshape(-1, 3)
    return scar.holds(patient().left(0), own)[0].reshape(volume.shape)
