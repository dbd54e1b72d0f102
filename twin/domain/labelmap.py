"""Which voxel belongs to which structure."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from resources.colors import structure_color
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
    """``#RRGGBB`` as the file it came from has it, or as it was chosen; empty: that of the table."""

    @property
    def shown_color(self) -> str:
        """The color it is drawn and exported in, ``#RRGGBB``: its own, of its anatomy, or by its label."""
        return self.color or structure_color(self.term or self.name, self.label - 1)


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

    def middle(self, name: str) -> NDArray[np.float64] | None:
        """Return the center (LPS mm, shape (3,)) of a voxel of the structure, close to its center of mass.

        The center of mass itself where it lies inside; a curved structure's may lie in another one. None
        where no voxel is of the structure.
        """
        mask = self.mask(name)
        counts = [mask.sum(axis=tuple({0, 1, 2} - {axis})) for axis in range(3)]
        if not counts[0].any():
            return None
        mass = np.array([np.average(np.arange(len(c)), weights=c) for c in counts])
        at = np.rint(mass).astype(int)
        reach = 1
        while not mask[tuple(at)]:
            low = np.maximum(np.rint(mass).astype(int) - reach, 0)
            box = mask[tuple(slice(a, a + 2 * reach + 1) for a in low)]
            there = np.argwhere(box) + low
            if len(there):
                away_mm = np.linalg.norm((there - mass) * self.spacing_mm[::-1], axis=1)
                at = there[np.argmin(away_mm)]
            reach *= 2
        return np.asarray(self.affine[:3, :3] @ at[::-1] + self.affine[:3, 3])

    def part(self, name: str) -> Self:
        """Return this labelmap with nothing but one structure in it, on the same grid."""
        structure = self.structure(name)
        labels = np.where(self.mask(name), self.labels.dtype.type(structure.label), 0)
        return replace(
            self,
            labels=labels.astype(self.labels.dtype, copy=False),
            structures=(replace(structure, layer=0),),
        )
