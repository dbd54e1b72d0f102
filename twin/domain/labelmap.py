"""Which voxel belongs to which structure."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from twin.domain.identity import Side
from twin.domain.placed import Placed


@dataclass(frozen=True)
class Structure:
    """One structure of a labelmap: ``label`` is its number in layer ``layer``.

    ``name`` carries the side where there are two ("left femur"), or
    "femur 1 (side unconfirmed)" where the scan does not settle it. ``term`` is the bare
    term ("femur", "hip bone", "sacrum", "vertebra", "spine", "skull", "bone").
    """

    name: str
    label: int
    term: str = ""
    side: Side = "none"
    layer: int = 0
    touches_border: bool = False
    """True where the image's border cuts it off."""
    color: str = ""
    """``#RRGGBB`` as the file it came from has it; empty: that of the table."""


@dataclass(frozen=True, eq=False)
class LabelMap(Placed):
    """Structures on a voxel grid.

    Attributes
    ----------
    labels : ndarray of uint8 or uint16, shape (k, j, i) or (layer, k, j, i)
        0 is background. Structures in one layer do not overlap.
    affine : ndarray, shape (4, 4)
        (i, j, k) of voxel centers to LPS mm, as in ``Volume``.
    """

    labels: NDArray
    affine: NDArray[np.float64]
    structures: tuple[Structure, ...]

    @property
    def spacing_mm(self) -> NDArray[np.float64]:
        """Distance of neighboring centers along i, j, k; shape (3,)."""
        return np.linalg.norm(self.affine[:3, :3], axis=0)

    def structure(self, name: str) -> Structure:
        """Return the structure of that name.

        Raises
        ------
        KeyError
            With the names there are.
        """
        for structure in self.structures:
            if structure.name == name:
                return structure
        names = ", ".join(s.name for s in self.structures) or "none"
        raise KeyError(f"no structure “{name}” here; there are: {names}")

    def mask(self, name: str) -> NDArray[np.bool_]:
        """Return where the structure lies; shape (k, j, i)."""
        structure = self.structure(name)
        layer = self.labels if self.labels.ndim == 3 else self.labels[structure.layer]
        return layer == structure.label

    def part(self, name: str) -> Self:
        """Return this labelmap with nothing but one structure in it, on the same grid."""
        structure = self.structure(name)
        labels = np.where(self.mask(name), self.labels.dtype.type(structure.label), 0)
        return replace(
            self,
            labels=labels.astype(self.labels.dtype, copy=False),
            structures=(replace(structure, layer=0),),
        )
