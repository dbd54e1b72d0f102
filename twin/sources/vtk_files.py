"""Surfaces and tetrahedra in VTK's files: VTP, VTU, and legacy VTK of either kind."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.domain import Surface, TetMesh
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources.payload import read_bytes
from twin.sources.series import Choices, Series, file_by_file
from twin.sources.tetrahedra import mesh_of
from twin.sources.triangles import Said, fans, placed, said_in, series_of, surface_of

_TETS = {10: 4, 24: 10}
"""VTK's numbers of cells that are tetrahedra, linear and quadratic, and their points."""

_FACES = {5, 6, 7, 8, 9}
"""Triangle, strip, polygon, pixel, quad."""

_TITLES = {".vtp": "VTP", ".vtu": "VTU", ".vtk": "VTK"}


def _look(path: Path) -> Series:
    data = open_file(path)
    kind = "mesh" if _is_mesh(path, data) else "surface"
    return series_of(path, "vtk_files", _TITLES[path.suffix.lower()], said_of(path, data), kind=kind)


scan = file_by_file(_look)


def read(series: Series, choices: Choices, progress: Progress) -> Surface | TetMesh:
    """Read a surface, or a mesh where the file holds tetrahedra; of a whole heart whose parts are named, see
    ``heart_vtu``, both ventricles.

    Raises
    ------
    SourceError
        Unit or axes not said, the file is broken, or holds neither triangles nor tetrahedra.
    """
    from twin.sources import heart_vtu

    path = series.files[0]
    if heart_vtu.names_beside(path).is_file():
        return heart_vtu.read(path, choices, progress)
    progress(0.0, f"reading {path.name}")
    data = open_file(path)
    said = placed(path, _TITLES[path.suffix.lower()], said_of(path, data), choices)
    points = points_of(path, data)
    progress(0.5, f"checking {path.name}")
    if _is_mesh(path, data):
        return _mesh(path, data, points, said)
    corners, counts, notes = _faces(path, data)
    triangles, polygon = fans(corners, counts) if len(counts) else (np.zeros((0, 3), np.int64), counts)
    cut = array_of(data.GetCellData(), "cut")
    return surface_of(
        path, points, triangles, said, name=path.stem, notes=notes,
        cut=None if cut is None or len(cut) != len(counts) else cut[polygon].astype(bool),
    )  # fmt: skip


def open_file(path: Path) -> Any:
    """Return the data set in a file; everything VTK complains of is an error."""
    from vtkmodules.vtkIOLegacy import vtkGenericDataObjectReader
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader, vtkXMLUnstructuredGridReader

    head = read_bytes(path, 2048)
    legacy = path.suffix.lower() == ".vtk"
    if not (head.startswith(b"# vtk DataFile") if legacy else b"<VTKFile" in head):
        raise SourceError(f"{path} is called {path.suffix} but is no VTK file.")
    readers = {".vtp": vtkXMLPolyDataReader, ".vtu": vtkXMLUnstructuredGridReader}
    reader: Any = readers.get(path.suffix.lower(), vtkGenericDataObjectReader)()
    faults: list[str] = []
    _listen(reader, faults)
    reader.SetFileName(str(path))
    if hasattr(reader, "ReadAllScalarsOn"):
        for kind in ("Scalars", "Vectors", "Normals", "Tensors", "ColorScalars", "TCoords", "Fields"):
            getattr(reader, f"ReadAll{kind}On")()
    reader.Update()
    data = reader.GetOutputDataObject(0)
    if faults:
        raise SourceError(f"{path} is a truncated or broken VTK file: {_short(faults[0])}.")
    if reader.GetErrorCode():
        raise SourceError(f"{path} is a truncated or broken VTK file.")
    if data is None or not data.IsA("vtkPointSet"):
        what = "nothing" if data is None else data.GetClassName().removeprefix("vtk")
        raise SourceError(f"{path} holds {what}, not a surface or a mesh.")
    return data


def _listen(reader: Any, faults: list[str]) -> None:
    from vtkmodules.util.misc import calldata_type
    from vtkmodules.util.vtkConstants import VTK_STRING

    @calldata_type(VTK_STRING)
    def hear(_reader: Any, _event: str, text: str) -> None:
        faults.append(text)

    reader.AddObserver("ErrorEvent", hear)
    reader.AddObserver("WarningEvent", hear)


def _short(text: str) -> str:
    """Return what VTK said without where in its source it said so."""
    last = text.strip().split("\n")[-1]
    return re.sub(r"^.*?\(0x[0-9a-f]+\):\s*", "", last).strip().rstrip(".")[:200]


def said_of(path: Path, data: Any) -> Said:
    """Return what the field data say, and the title of a legacy file."""
    lines = []
    fields = data.GetFieldData()
    for n in range(fields.GetNumberOfArrays()):
        array = fields.GetAbstractArray(n)
        if array is not None and array.IsA("vtkStringArray") and array.GetNumberOfValues() == 1:
            lines.append(f"{array.GetName()} {array.GetValue(0)}")
    if path.suffix.lower() == ".vtk":
        with path.open("rb") as file:
            file.readline(256)
            lines.append(file.readline(256).decode("utf-8", "replace").strip())
    return said_in(lines)


def _text(data: Any, name: str) -> str:
    array = data.GetFieldData().GetAbstractArray(name)
    single = array is not None and array.IsA("vtkStringArray") and array.GetNumberOfValues() == 1
    return str(array.GetValue(0)) if single else ""


def array_of(attributes: Any, name: str) -> NDArray | None:
    """Return an array by its name, or None."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    array = attributes.GetArray(name)
    return None if array is None else vtk_to_numpy(array)


def points_of(path: Path, data: Any) -> NDArray[np.float64]:
    """Return the points in the file's own space and unit; ``SourceError`` where there are none."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    if data.GetPoints() is None or data.GetNumberOfPoints() == 0:
        raise SourceError(f"{path} holds no points.")
    return vtk_to_numpy(data.GetPoints().GetData()).astype(np.float64)


def cells_of(cells: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the points of all cells in one row, and how many each has."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    if cells is None or cells.GetNumberOfCells() == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    corners = vtk_to_numpy(cells.GetConnectivityArray()).astype(np.int64)
    return corners, np.diff(vtk_to_numpy(cells.GetOffsetsArray()).astype(np.int64))


def types_of(data: Any) -> NDArray[np.uint8]:
    """Return VTK's type of each cell; empty for polygons."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    array = data.GetCellTypes() if hasattr(data, "GetCellTypes") and data.IsA("vtkUnstructuredGrid") else None
    return np.zeros(0, np.uint8) if array is None else vtk_to_numpy(array)


def _is_mesh(path: Path, data: Any) -> bool:
    if data.IsA("vtkPolyData"):
        return False
    if not data.IsA("vtkUnstructuredGrid"):
        raise SourceError(f"{path} holds a {data.GetClassName()[3:]}, not a surface or a mesh.")
    types = set(types_of(data).tolist())
    solid = types - _FACES - {0, 1, 2, 3, 4}  # vertices and lines bound nothing
    if solid - _TETS.keys():
        raise SourceError(
            f"{path} holds elements that are no tetrahedra (VTK's types {sorted(solid - _TETS.keys())}).",
            "Split them into tetrahedra first.",
        )
    if len(solid) > 1:
        raise SourceError(f"{path} holds linear and quadratic tetrahedra together.")
    return bool(solid)


def _faces(path: Path, data: Any) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    if data.IsA("vtkPolyData"):
        corners, counts = cells_of(data.GetPolys())
        strips, lengths = cells_of(data.GetStrips())
        if not len(lengths):
            return corners, counts, ()
        triangles = _unstripped(strips, lengths)
        corners, counts = (
            np.concatenate([corners, triangles.ravel()]),
            np.concatenate([counts, np.full(len(triangles), 3)]),
        )
        return corners, counts, (f"{len(lengths):,} strips were cut into triangles.",)
    corners, counts = cells_of(data.GetCells())
    types = types_of(data)
    if set(types.tolist()) & {6, 8}:
        raise SourceError(f"{path} holds strips or pixels.", "Write it again as triangles.")
    flat = np.isin(types, list(_FACES))
    return corners[np.repeat(flat, counts)], counts[flat], ()


def _unstripped(corners: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cut strips into triangles: every other one is turned round, so that all keep one orientation."""
    made = []
    for end, length in zip(np.cumsum(lengths), lengths, strict=True):
        strip = corners[end - length : end]
        row = np.stack([strip[:-2], strip[1:-1], strip[2:]], axis=1)
        row[1::2] = row[1::2, [1, 0, 2]]
        made.append(row)
    return np.concatenate(made)


def _mesh(path: Path, data: Any, points: NDArray[np.float64], said: Said) -> TetMesh:
    corners, counts = cells_of(data.GetCells())
    types = types_of(data)
    solid = np.isin(types, list(_TETS))
    columns = _TETS[int(types[solid][0])]
    if (counts[solid] != columns).any():
        raise SourceError(f"{path} is broken: its tetrahedra have not {columns} points each.")
    tets = corners[np.repeat(solid, counts)].reshape(-1, columns)
    notes = []
    if not solid.all():
        notes.append(f"{int((~solid).sum()):,} cells that are no tetrahedra were left out.")
    regions, names = _regions(data, solid)
    fields = data.GetFieldData()
    patches = {}
    for n in range(fields.GetNumberOfArrays()):
        name = fields.GetArrayName(n) or ""
        triangles = array_of(fields, name)
        if name.startswith("patch ") and triangles is not None and triangles.ndim == 2:
            patches[name.removeprefix("patch ")] = triangles
    return mesh_of(path, points, tets, said, regions, names, patches, tuple(notes))


def _regions(data: Any, solid: NDArray[np.bool_]) -> tuple[NDArray | None, tuple[str, ...]]:
    """Return the material region of each element: ours, or the one array of whole numbers that there is."""
    own = array_of(data.GetCellData(), "region")
    named = _text(data, "regions")
    if own is not None and named:
        return own[solid], tuple(named.split(", "))
    cells = data.GetCellData()
    whole = [
        (cells.GetArrayName(n), array_of(cells, cells.GetArrayName(n) or ""))
        for n in range(cells.GetNumberOfArrays())
    ]
    found = [(n, a[solid]) for n, a in whole if a is not None and a.ndim == 1 and a.dtype.kind in "iu"]
    if len(found) != 1:
        return None, ()
    name, values = found[0]
    there, regions = np.unique(values, return_inverse=True)
    return regions, tuple(f"{name} {v}" for v in there)
