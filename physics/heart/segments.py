"""The 17 segments of a ventricle's mesh (``twin.aha``), and its local axes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.heart.coordinates import Coordinates
from physics.heart.rule import frames
from twin.aha import NAMES, segment_numbers
from twin.domain import TetMesh
from twin.errors import GeometryError

__all__ = ["NAMES", "LocalAxes", "local_axes", "means_of_segments", "segments"]

Array = NDArray[np.float64]


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
    middle = mesh.points[mesh.tets[:, :4]].mean(axis=1)
    found = segment_numbers(middle, at.axis.center, at.axis.apex, septum)
    if found is None:
        raise GeometryError(
            "The place that should tell the septum's side lies on the long axis.",
            "Give the middle of the right ventricle.",
        )
    return np.where(at.right, 0, found).astype(np.int32)


def means_of_segments(mesh: TetMesh, values: Array) -> dict[int, float]:
    """Return the mean by volume over each segment (1 to 17) that a mesh tells.

    Parameters
    ----------
    values : ndarray, shape (m,)
        Of the elements.
    """
    corners = mesh.points[mesh.tets[:, :4]]
    sizes = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1]))
    found = {}
    for number, name in enumerate(NAMES, 1):
        if name in mesh.region_names:
            here = mesh.regions == mesh.region_names.index(name)
            if here.any():
                found[number] = float(values[here] @ sizes[here] / sizes[here].sum())
    return found
