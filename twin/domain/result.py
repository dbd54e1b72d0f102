"""What a simulation found: fields on a mesh, numbers with their intervals."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin.domain.placed import OfStructure
from twin.domain.tetmesh import TetMesh


@dataclass(frozen=True, eq=False)
class Field:
    """Values on a mesh.

    Attributes
    ----------
    values : ndarray, shape (frame_or_load, n, components) or (frame_or_load, n)
        First axis: one entry a unit load (linear results) or a time frame. n counts nodes
        or elements as ``where`` says. Tensors: xx, yy, zz, xy, yz, zx.
    """

    name: str
    unit: str
    where: Literal["node", "element"]
    values: NDArray


@dataclass(frozen=True, eq=False)
class Curve:
    """A number over time: ``values`` and their ``times_s``, both of shape (n,)."""

    name: str
    unit: str
    times_s: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class Number:
    """A named number with its interval and everything that must be said beside it.

    ``low`` and ``high`` bound it by the causes listed in ``causes`` ("density calibration
    ±20 %": (low, high), ...); ``at`` is its place in LPS mm where it has one.
    """

    name: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    causes: dict[str, tuple[float, float]] | None = None
    at: tuple[float, float, float] | None = None
    remark: str = ""


@dataclass(frozen=True, eq=False)
class Result(OfStructure):
    """Fields and numbers of one simulation.

    Attributes
    ----------
    loads : tuple of str
        Names of the unit loads (linear) or empty (time frames).
    cases : dict
        As in ``Model.cases``; a linear field for a case is the factor-weighted sum over the
        first axis, times body weight in newtons.
    """

    mesh: TetMesh
    fields: tuple[Field, ...]
    numbers: tuple[Number, ...]
    loads: tuple[str, ...] = ()
    cases: dict[str, dict[str, float]] | None = None
    body_weight_n: float = 0.0
    times_s: NDArray[np.float64] | None = None
    exclude: NDArray[np.bool_] | None = None
    yield_strain_tension: NDArray[np.float64] | None = None
    yield_strain_compression: NDArray[np.float64] | None = None
    solver: str = ""
    limits: tuple[str, ...] = ()
    """What the model leaves out; shown beside its numbers."""
    curves: tuple[Curve, ...] = ()

    def field(self, name: str) -> Field:
        """Return the field of that name; ``KeyError`` names those there are."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"no field “{name}” here; there are: {', '.join(f.name for f in self.fields)}")

    def curve(self, name: str) -> Curve:
        """Return the curve of that name; ``KeyError`` names those there are."""
        for curve in self.curves:
            if curve.name == name:
                return curve
        raise KeyError(f"no curve “{name}” here; there are: {', '.join(c.name for c in self.curves)}")
