"""An organ that moves: its surfaces over one cycle, as images show them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain.placed import OfStructure
from twin.domain.result import Number


@dataclass(frozen=True, eq=False)
class MovingSurface:
    """A surface whose points move; it may be open at one edge.

    Attributes
    ----------
    name : str
        "endocardium", "epicardium".
    points : ndarray, shape (t, n, 3), float32
        LPS mm.
    triangles : ndarray, shape (m, 3), int32
        Normals point away from what it encloses.
    """

    name: str
    points: NDArray[np.float32]
    triangles: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Outline:
    """One edge as it was found in one picture.

    Attributes
    ----------
    name : str
        "left endocardium", "left epicardium", "right cavity".
    view : str
        The series it was found in.
    phase : int
    points : ndarray, shape (n, 3), float32
        LPS mm, in the plane as the scanner placed it.
    closed : bool
    by_hand : bool
        Somebody has pulled it to where it lies.
    """

    name: str
    view: str
    phase: int
    points: NDArray[np.float32]
    closed: bool
    by_hand: bool = False


@dataclass(frozen=True, eq=False)
class Motion(OfStructure):
    """Surfaces of a beating organ over its cycle.

    Attributes
    ----------
    phases : ndarray, shape (t,)
        Fractions of the cycle, from 0 on, ascending; one where the images show one moment only.
    cycle_s : float
        Length of the cycle; 0 where it is not known: the images show one moment, and do not say it.
    cavity_ml, wall_ml : ndarray, shape (t,)
        Volume of the cavity and of the muscle around it.
    fullest, emptiest : int
        Phases of end-diastole and end-systole.
    numbers : tuple of Number
        What was measured, with what must be said beside it.
    """

    surfaces: tuple[MovingSurface, ...]
    phases: NDArray[np.float64]
    cycle_s: float
    cavity_ml: NDArray[np.float64]
    wall_ml: NDArray[np.float64]
    fullest: int
    emptiest: int
    numbers: tuple[Number, ...] = ()
    outlines: tuple[Outline, ...] = ()

    @property
    def still(self) -> bool:
        """Whether the images show one moment only."""
        return len(self.phases) == 1

    def surface(self, name: str) -> MovingSurface:
        """Return the surface of that name; ``KeyError`` names those there are."""
        for surface in self.surfaces:
            if surface.name == name:
                return surface
        raise KeyError(f"no surface “{name}” here; there are: {', '.join(s.name for s in self.surfaces)}")
