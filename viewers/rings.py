"""A surface drawn as rings, so that what lies in the same place is seen beside it.

Imports VTK: reached only through ``viewers.scene``, itself imported at the first drawing.
"""

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPlane
from vtkmodules.vtkFiltersCore import vtkCutter

from resources.colors import rgb
from twin.domain import Surface
from viewers.drawn import DrawnSurface

APART_MM = 8.0
"""From ring to ring."""
_WIDTH = 2.0
_BEFORE = (0.0, -4.0)
"""Lines are drawn so far before a surface on which they lie, in steps of depth: they do not flicker."""


class DrawnRings(DrawnSurface):
    """A surface's sections across its longest direction; they follow its points where these are moved."""

    def __init__(self, surface: Surface, color: str, opacity: float) -> None:
        super().__init__(surface, color, opacity)
        center, along, reach = _longest(surface.points)
        plane = vtkPlane()
        plane.SetOrigin(*center)
        plane.SetNormal(*along)
        cutter = vtkCutter()
        cutter.SetInputData(self._fine)
        cutter.SetCutFunction(plane)
        count = max(2, round(2 * reach / APART_MM))
        half = reach * (1 - 1 / count)
        cutter.GenerateValues(count, -half, half)
        self._mapper.SetInputConnection(cutter.GetOutputPort())
        self._mapper.SetResolveCoincidentTopologyToPolygonOffset()
        self._mapper.SetRelativeCoincidentTopologyLineOffsetParameters(*_BEFORE)
        self.actors[0].GetShaderProperty().ClearAllFragmentShaderReplacements()  # lines bear no light

    def paint(self, color: str, opacity: float) -> None:
        """Change color; lines are opaque."""
        line = self.actors[0].GetProperty()
        line.SetColor(*rgb(color))
        line.SetLineWidth(_WIDTH)
        line.LightingOff()

    def set_coarse(self, coarse: bool) -> None:
        """Do nothing: rings are light."""


def _longest(points: NDArray) -> tuple[NDArray, NDArray, float]:
    """Return the middle of points (n, 3), their longest direction, and how far they reach along it."""
    middle = points.mean(axis=0)
    along = np.linalg.svd(points - middle, full_matrices=False)[2][0]
    ends = (points - middle) @ along
    low, high = float(ends.min()), float(ends.max())
    return middle + along * (low + high) / 2, along, (high - low) / 2
