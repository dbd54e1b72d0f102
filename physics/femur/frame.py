"""The femur's frame: +x medial, +y anterior, +z proximal."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain import Landmark

CONDYLES = "posterior condyles"
PATIENT = "patient axes (assumed)"


@dataclass(frozen=True, eq=False)
class Frame:
    """Unit axes as rows in LPS, where their rotation about the shaft came from, and if it is assumed."""

    axes: NDArray[np.float64]
    source: str
    assumed: bool


def patient_frame(shaft: NDArray[np.float64], side: str) -> NDArray[np.float64]:
    """Return the frame along a shaft that is turned about it as the patient is.

    Medial is towards the patient's midline: +x in LPS (left) for a right femur, −x for a left
    one. Anterior is −y in LPS. The rows are a right-handed frame on the left and a
    left-handed one on the right, so that a mirrored femur has mirrored axes.

    Parameters
    ----------
    shaft : ndarray, shape (3,)
        Unit vector towards proximal, LPS.
    side : ``left`` or ``right``
    """
    medial = np.array([1.0 if side == "right" else -1.0, 0.0, 0.0])
    x = medial - (medial @ shaft) * shaft
    x /= np.linalg.norm(x)
    y = np.cross(shaft, x) * (1.0 if side == "left" else -1.0)
    return np.stack([x, y, shaft])


def turned(axes: NDArray[np.float64], angle_deg: float) -> NDArray[np.float64]:
    """Turn a frame about its z axis, x towards y: medial towards anterior on either side."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    x, y, z = axes
    return np.stack([c * x + s * y, c * y - s * x, z])


def find_frame(
    patient: NDArray[np.float64],
    points: dict[str, Landmark],
    rotation_deg: float | None,
    anteversion_deg: float | None,
) -> Frame:
    """Choose the rotation about the shaft: by hand, from the condyles, stated, or the patient's.

    Parameters
    ----------
    patient : ndarray, shape (3, 3)
        Frame of ``patient_frame``.
    points : dict
        With ``head center`` and ``neck center``, and both condyles where there are any.
    rotation_deg : float or None
        By hand, from the patient's axes.
    anteversion_deg : float or None
        Angle of the neck in front of the medial axis that is to be assumed.
    """
    if rotation_deg is not None:
        return Frame(turned(patient, rotation_deg), "by hand", False)
    if "medial condyle" in points and "lateral condyle" in points:
        line = patient @ (points["medial condyle"].point - points["lateral condyle"].point)
        angle = float(np.degrees(np.arctan2(line[1], line[0])))
        by_hand = "by hand" in (points["medial condyle"].source, points["lateral condyle"].source)
        return Frame(turned(patient, angle), CONDYLES + (" (by hand)" if by_hand else ""), False)
    if anteversion_deg is not None:
        neck = patient @ (points["head center"].point - points["neck center"].point)
        angle = float(np.degrees(np.arctan2(neck[1], neck[0]))) - anteversion_deg
        return Frame(turned(patient, angle), f"stated anteversion {anteversion_deg:g}° (assumed)", True)
    return Frame(patient, PATIENT, True)
