"""The surface of one structure, beside VTK's surface nets at their default smoothing."""

import statistics
import time
from typing import Any

import numpy as np

from benchmarks.mesh_cases import bone_labels

NAME = "surface"
GOAL = 5.0
"""CPU seconds for a bone at 1 mm. VTK's are far quicker, and leave seams and stairs (measured.md)."""
REPEATS = 3


def rows() -> list[dict[str, Any]]:
    """Time both on the same labels."""
    from segmentation.surface.steps import SurfaceParams, make_surface
    from twin.progress import Progress

    labels = bone_labels()
    make_surface(labels, SurfaceParams(), Progress())  # loads what is compiled
    ours, theirs = [], []
    for _ in range(REPEATS):
        began = time.process_time()
        make_surface(labels, SurfaceParams(), Progress())
        ours.append(time.process_time() - began)
        began = time.process_time()
        _vtk(labels.labels, labels.spacing_mm)
        theirs.append(time.process_time() - began)
    own, peer = statistics.median(ours), statistics.median(theirs)
    return [
        {
            "name": NAME, "ours": own, "peer": peer, "peer_name": "vtkSurfaceNets3D", "unit": "CPU s",
            "ratio": own / peer, "goal": GOAL, "within": own <= GOAL,
        }
    ]  # fmt: skip


def _vtk(labels: np.ndarray, spacing: np.ndarray) -> None:
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkSurfaceNets3D

    image = vtkImageData()
    image.SetDimensions(*labels.shape[::-1])
    image.SetSpacing(*(float(s) for s in spacing))
    image.GetPointData().SetScalars(numpy_to_vtk(labels.ravel()))
    nets = vtkSurfaceNets3D()
    nets.SetInputData(image)
    nets.SetValue(0, 1)
    nets.Update()
