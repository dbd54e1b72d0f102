"""The 17 segments of the left ventricle, by height along its axis and angle about it.

After Cerqueira et al. 2002 (American Heart Association), Circulation 105:539: thirds of the cavity from base
to apex, of six, six and four segments about the axis, and what lies beyond the cavity. The septum's middle
parts the anteroseptal from the inferoseptal segments.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NAMES = (
    "basal anterior", "basal anteroseptal", "basal inferoseptal", "basal inferior", "basal inferolateral",
    "basal anterolateral", "mid anterior", "mid anteroseptal", "mid inferoseptal", "mid inferior",
    "mid inferolateral", "mid anterolateral", "apical anterior", "apical septal", "apical inferior",
    "apical lateral", "apex",
)  # fmt: skip
"""Of the segments 1 to 17."""

_SIX = np.array([2, 1, 6, 5, 4, 3])
"""Segments in steps of 60° from the septum's middle, by way of the anterior wall."""
_FOUR = np.array([14, 13, 16, 15])
"""In steps of 90° about the septum's middle."""
_BESIDE_MM = 1.0


def segment_numbers(points: Array, center: Array, apex: Array, septum: Array) -> NDArray[np.int32] | None:
    """Return the segment (1 to 17) that each point lies in; None where the septum's side is not told.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
        LPS mm.
    center, apex : ndarray, shape (3,)
        Ends of the long axis: the mitral ring's middle and the cavity's apex, LPS mm.
    septum : ndarray, shape (3,)
        A place on the septum's side of the axis, LPS mm: the right ventricle's middle.
    """
    length = float(np.linalg.norm(center - apex))
    up = (center - apex) / length
    first = septum - center
    first = first - (first @ up) * up
    if np.linalg.norm(first) < _BESIDE_MM:
        return None
    second = np.cross(up, first)
    away = points - center
    angle = np.degrees(np.arctan2(away @ second, away @ first)) % 360.0
    height = (points - apex) @ up / length
    six = _SIX[(angle // 60.0).astype(int) % 6]
    four = _FOUR[((angle + 45.0) // 90.0).astype(int) % 4]
    found = np.select([height >= 2 / 3, height >= 1 / 3, height >= 0.0], [six, six + 6, four], 17)
    return found.astype(np.int32)
