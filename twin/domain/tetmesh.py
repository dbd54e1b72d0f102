"""A tetrahedral mesh with named patches."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain.placed import OfStructure


@dataclass(frozen=True, eq=False)
class Patch:
    """A named part of a mesh's boundary: indices of corner nodes, shape (m, 3), outward."""

    name: str
    triangles: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class TetMesh(OfStructure):
    """Tetrahedra in patient space.

    Attributes
    ----------
    points : ndarray, shape (n, 3), float64
        LPS millimeters. Corner nodes first, then mid-edge nodes where ``tets`` has ten columns.
    tets : ndarray, shape (m, 4) or (m, 10), int32
        Positive orientation: (b−a)×(c−a)·(d−a) > 0. Mid-edge nodes in VTK's order:
        01, 12, 02, 03, 13, 23.
    regions : ndarray of int32, shape (m,)
        Material region of each element, an index into ``region_names``.
    patches : tuple of Patch
        ``outer`` (all of the boundary that is anatomy) and ``cut`` (where the scan ended), at least
        where they exist.
    axes : ndarray, shape (m, 3, 3), or None
        Of fibrous tissue: rows along the fibers, within the sheets, across the sheets; unit vectors, LPS.
    axes_inside : ndarray, shape (m, q, 3, 3), or None
        The same at q places within each element, those that a solver integrates at.
    living : ndarray, shape (m,), or None
        Of muscle: the share of each element that pulls; the rest is scar. None: all of it.
    stiffness : ndarray, shape (m,), or None
        Factor on the material's stiffness in each element. None: 1.
    """

    points: NDArray[np.float64]
    tets: NDArray[np.int32]
    regions: NDArray[np.int32]
    region_names: tuple[str, ...] = ("bone",)
    patches: tuple[Patch, ...] = ()
    axes: NDArray[np.float64] | None = None
    axes_inside: NDArray[np.float64] | None = None
    living: NDArray[np.float64] | None = None
    stiffness: NDArray[np.float64] | None = None

    def patch(self, name: str) -> Patch:
        """Return the patch of that name; ``KeyError`` names those there are."""
        for patch in self.patches:
            if patch.name == name:
                return patch
        names = ", ".join(p.name for p in self.patches) or "none"
        raise KeyError(f"no patch “{name}” here; there are: {names}")
