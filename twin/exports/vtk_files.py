"""Surfaces as VTP; meshes, models and results as VTU. Field data say space, unit, side and structure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.domain import Field, Model, Result, Surface, TetMesh
from twin.exports.said import words_of
from twin.progress import Progress


def write(entity: Surface | TetMesh | Model | Result, path: Path, progress: Progress) -> None:
    """Write points in double precision, every array under its name with its unit."""
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter, vtkXMLUnstructuredGridWriter

    if isinstance(entity, Surface):
        writer, grid = vtkXMLPolyDataWriter(), _polydata(entity)
        _say(grid, entity, {})
    else:
        mesh = entity if isinstance(entity, TetMesh) else entity.mesh
        writer, grid = vtkXMLUnstructuredGridWriter(), _unstructured(mesh)
        limits = "; ".join(entity.limits) if isinstance(entity, Result) else ""
        _say(grid, entity, {"regions": ", ".join(mesh.region_names)} | ({"limits": limits} if limits else {}))
        if isinstance(entity, Model):
            _add(grid.GetCellData(), "Young's modulus [MPa]", entity.material.young_mpa)
            _add(grid.GetCellData(), "Poisson's ratio", entity.material.poisson)
            if entity.material.density_g_cm3 is not None:
                _add(grid.GetCellData(), "apparent density [g/cm3]", entity.material.density_g_cm3)
        elif isinstance(entity, Result):
            for name, where, values in fields_of(entity):
                progress(0.3, name)
                _add(grid.GetPointData() if where == "node" else grid.GetCellData(), name, values)
    writer.SetInputData(grid)
    writer.SetFileName(str(path))
    writer.SetDataModeToAppended()
    writer.EncodeAppendedDataOff()
    if not writer.Write():
        raise OSError(None, "the file could not be written")


def fields_of(result: Result) -> Iterator[tuple[str, str, NDArray]]:
    """Yield name with unit, ``node`` or ``element``, and values of every field for every case or time.

    A linear field is summed over its unit loads with the case's factors times body weight;
    from a stress its von Mises stress is made: sqrt(3/2 s:s), s the deviator.
    """
    for field in result.fields:
        unit = field.unit
        if result.loads and result.cases and len(field.values) == len(result.loads):
            frames = [(case, _combined(result, field, factors)) for case, factors in result.cases.items()]
            unit = unit.removesuffix("/N")  # of a unit load; a case is its forces' sum
        elif result.times_s is not None and len(field.values) == len(result.times_s):
            frames = [(f"{t:.6g} s", v) for t, v in zip(result.times_s, field.values, strict=True)]
        elif result.cases and len(field.values) == len(result.cases):
            frames = list(zip(result.cases, field.values, strict=True))
        else:
            frames = [(str(n) if len(field.values) > 1 else "", v) for n, v in enumerate(field.values)]
        unit = f" [{unit}]" if unit else ""
        for label, values in frames:
            of = f", {label}" if label else ""
            yield f"{field.name}{of}{unit}", field.where, values
            if field.name == "stress" and values.ndim == 2 and values.shape[1] == 6:
                yield f"von Mises stress{of}{unit}", field.where, _von_mises(values)


def _combined(result: Result, field: Field, factors: dict[str, float]) -> NDArray:
    weights = np.array([factors.get(load, 0.0) for load in result.loads]) * result.body_weight_n
    return np.tensordot(weights, field.values, axes=1)


def _von_mises(stress: NDArray) -> NDArray:
    xx, yy, zz, xy, yz, zx = stress.T
    normal = (xx - yy) ** 2 + (yy - zz) ** 2 + (zz - xx) ** 2
    return np.sqrt(normal / 2 + 3 * (xy**2 + yz**2 + zx**2))


def _polydata(surface: Surface) -> Any:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    data = vtkPolyData()
    data.SetPoints(_points(surface.points))
    data.SetPolys(_cells(surface.triangles))
    if surface.cut is not None:
        _add(data.GetCellData(), "cut", surface.cut.astype(np.uint8))
    return data


def _unstructured(mesh: TetMesh) -> Any:
    from vtkmodules.vtkCommonDataModel import VTK_QUADRATIC_TETRA, VTK_TETRA, vtkUnstructuredGrid

    grid = vtkUnstructuredGrid()
    grid.SetPoints(_points(mesh.points))
    grid.SetCells(VTK_TETRA if mesh.tets.shape[1] == 4 else VTK_QUADRATIC_TETRA, _cells(mesh.tets))
    _add(grid.GetCellData(), "region", mesh.regions)
    for patch in mesh.patches:
        on = np.zeros(len(mesh.points), np.uint8)
        on[patch.triangles] = 1
        _add(grid.GetPointData(), f"patch {patch.name}", on)
        # Which triangles are in it cannot be told from their points: they stand in the field data.
        _add(grid.GetFieldData(), f"patch {patch.name}", patch.triangles)
    return grid


def _points(points: NDArray[np.float64]) -> Any:
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints

    made = vtkPoints()
    made.SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float64), deep=True))
    return made


def _cells(cells: NDArray) -> Any:
    from vtkmodules.util.numpy_support import numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonDataModel import vtkCellArray

    made = vtkCellArray()
    offsets = np.arange(len(cells) + 1, dtype=np.int64) * cells.shape[1]
    made.SetData(
        numpy_to_vtkIdTypeArray(offsets, deep=True),
        numpy_to_vtkIdTypeArray(np.ascontiguousarray(cells, np.int64).ravel(), deep=True),
    )
    return made


def _add(attributes: Any, name: str, values: NDArray) -> None:
    from vtkmodules.util.numpy_support import numpy_to_vtk

    array = numpy_to_vtk(np.ascontiguousarray(values), deep=True)
    array.SetName(name)
    attributes.AddArray(array)


def _say(grid: Any, entity: Any, more: dict[str, str]) -> None:
    from vtkmodules.vtkCommonCore import vtkStringArray

    said = {"software": "Vitruvian"} | words_of(entity) | more
    for name, text in said.items():
        array = vtkStringArray()
        array.SetName(name)
        array.InsertNextValue(text)
        grid.GetFieldData().AddArray(array)
