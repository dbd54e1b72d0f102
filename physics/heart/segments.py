"""The 17 segments of the left ventricle, and its local axes.

Segments after Cerqueira et al. 2002 (American Heart Association), Circulation 105:539: thirds of the cavity
from base to apex, of six, six and four segments about the axis, and what lies beyond the cavity. The septum's
middle parts the anteroseptal from the inferoseptal segments.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.heart.coordinates import Coordinates
from physics.heart.rule import frames
from twin.domain import TetMesh
from twin.errors import GeometryError

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


@dataclass(frozen=True, eq=False)
class LocalAxes:
    """Unit vectors at each element, right-handed in this order; shape (m, 3).

    Attributes
    ----------
    circumferential : ndarray
        About the way from apex to base, counter-clockwise.
    longitudinal : ndarray
        From apex to base, along the wall.
    radial : ndarray
        Out of the cavity.
    """

    circumferential: Array
    longitudinal: Array
    radial: Array


def local_axes(at: Coordinates) -> LocalAxes:
    """Return each element's local axes; on the right ventricle's free wall, of that ventricle."""
    outward = np.where(at.right[:, None], at.to_epi, -at.to_lv)
    made = frames(at.to_base, outward)
    return LocalAxes(made[:, :, 0], made[:, :, 1], made[:, :, 2])


def segments(mesh: TetMesh, at: Coordinates, septum: Array | None = None) -> NDArray[np.int32]:
    """Return the segment (1 to 17) of each element; 0 on the right ventricle's free wall.

    Parameters
    ----------
    mesh : TetMesh
        The ventricle.
    at : Coordinates
        Of it.
    septum : ndarray, shape (3,), optional
        A place on the septum's side of the axis, LPS mm: the right ventricle's middle. Taken from ``endo_rv``
        where there is one.

    Raises
    ------
    GeometryError
        Where nothing says on which side the septum is.
    """
    if septum is None:
        there = [p.triangles for p in mesh.patches if p.name == "endo_rv"]
        if not there:
            raise GeometryError(
                "Nothing says where the septum of this left ventricle is.",
                "Give a place on its side of the axis: the middle of the right ventricle.",
            )
        septum = mesh.points[np.unique(there[0])].mean(axis=0)
    up = at.axis.up
    middle = mesh.points[mesh.tets[:, :4]].mean(axis=1)
    height = at.axis.height(middle)
    first = septum - at.axis.center
    first = first - (first @ up) * up
    if np.linalg.norm(first) < 1.0:
        raise GeometryError(
            "The place that should tell the septum's side lies on the long axis.",
            "Give the middle of the right ventricle.",
        )
    second = np.cross(up, first)
    away = middle - at.axis.center
    angle = np.degrees(np.arctan2(away @ second, away @ first)) % 360.0
    six = _SIX[(angle // 60.0).astype(int) % 6]
    four = _FOUR[((angle + 45.0) // 90.0).astype(int) % 4]
    found = np.select([height >= 2 / 3, height >= 1 / 3, height >= 0.0], [six, six + 6, four], 17)
    return np.where(at.right, 0, found).astype(np.int32)
