"""A heart of four chambers as tetrahedra in one VTU file, its names in a JSON file beside it.

The layout of ``ansys-health-heart``: ``NAME.vtu`` with ``_volume-id`` (part of each tetrahedron),
``_surface-id`` (of each triangle), ``fiber`` and ``sheet``; ``NAME.partinfo.json`` with the numbers of parts
and surfaces. A cavity's own surface holds its endocardium too. Directions that are the same everywhere are
placeholders, and left out.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.domain import TetMesh
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources.payload import read_bytes
from twin.sources.series import Choices
from twin.sources.tetrahedra import boundary, mesh_of
from twin.sources.triangles import placed
from twin.sources.vtk_files import array_of, cells_of, open_file, points_of, said_of, types_of

_PARTS = ("Left ventricle", "Right ventricle", "Septum")
_FACES = {
    "endo_lv": ("Left ventricle endocardium", "Left ventricle cavity"),
    "endo_rv": ("Right ventricle endocardium", "Right ventricle septum", "Right ventricle cavity"),
    "epi": ("Left ventricle epicardium", "Right ventricle epicardium"),
}
"""Our patches by their surfaces; what remains of the boundary, at valves and vessels, is ``base``."""
_MOST_BYTES = 10_000_000


@dataclass(frozen=True, eq=False)
class Ventricles:
    """Both ventricles of a heart's mesh, and the directions of their muscle.

    Attributes
    ----------
    mesh : TetMesh
        Regions by part; patches ``endo_lv``, ``endo_rv``, ``epi`` and ``base``.
    fiber, sheet : ndarray, shape (m, 3), or None
        Unit vectors of its elements, where the file has them; its notes say where it has only placeholders.
    """

    mesh: TetMesh
    fiber: NDArray[np.float64] | None
    sheet: NDArray[np.float64] | None


def names_beside(path: Path) -> Path:
    """Return where the file that names a heart's parts lies beside it, if it is a heart's."""
    return path.with_name(f"{path.stem}.partinfo.json")


def read(path: Path, choices: Choices, progress: Progress) -> TetMesh:
    """Read both ventricles as a mesh with the directions of its muscle, where the file has them.

    Raises
    ------
    SourceError
        As ``read_ventricles``; directions of the sheets that are those of the fibers.
    """
    found = read_ventricles(path, units=choices.units, space=choices.space, progress=progress)
    if found.fiber is None or found.sheet is None:
        return found.mesh
    across = found.sheet - (found.sheet * found.fiber).sum(axis=1, keepdims=True) * found.fiber
    size = np.linalg.norm(across, axis=1, keepdims=True)
    if not (size > 1e-3).all():
        raise SourceError(f"{path} is broken: its sheets lie along its fibers.")
    across /= size
    axes = np.stack([found.fiber, across, np.cross(found.fiber, across)], axis=1)
    return replace(found.mesh, axes=axes)


def read_ventricles(
    path: Path, *, units: str = "", space: str = "", progress: Progress | None = None
) -> Ventricles:
    """Read both ventricles from the mesh of a whole heart.

    Raises
    ------
    SourceError
        Unit or axes not said by anybody, names missing, or a file that is broken.
    """
    progress = progress or Progress()
    progress(0.0, f"reading {path.name}")
    numbers, surfaces = _names(path)
    data = open_file(path)
    said = placed(path, "A heart's VTU", said_of(path, data), Choices(units=units, space=space))
    corners, counts = cells_of(data.GetCells())
    types, first = types_of(data), np.cumsum(counts) - counts
    cells = data.GetCellData()
    part, surface = array_of(cells, "_volume-id"), array_of(cells, "_surface-id")
    if part is None or surface is None:
        raise SourceError(f"{path} does not say which part a cell is of (no _volume-id or _surface-id).")
    chosen = np.flatnonzero((types == 10) & np.isin(part, list(numbers)))
    if not len(chosen):
        raise SourceError(f"{path} holds no tetrahedra of {', '.join(_PARTS)}.")
    progress(0.6, "naming the faces")
    tets = corners[first[chosen, None] + np.arange(4)]
    flat = np.flatnonzero(types == 5)
    patches = _patches(
        boundary(_turned(points_of(path, data), tets)),
        corners[first[flat, None] + np.arange(3)],
        surface[flat],
        surfaces,
    )
    for name in (*_FACES, "base"):
        if not len(patches[name]):
            raise SourceError(f"{path} has no faces of the ventricles that would be “{name}”.")
    regions = np.array([list(numbers).index(n) for n in part[chosen]])
    mesh = mesh_of(path, points_of(path, data), tets, said, regions, tuple(numbers.values()), patches)
    turn = np.array([-1.0, -1.0, 1.0] if said.space == "RAS" else [1.0, 1.0, 1.0])
    fiber, sheet = (_directions(path, cells, name, chosen) for name in ("fiber", "sheet"))
    notes = (*mesh.notes, "Of the whole heart the ventricles were taken; atria and vessels were left out.")
    if fiber is not None and np.ptp(fiber, axis=0).max() < 1e-6:
        notes = (*notes, "Its fibers all have one direction: placeholders, left out.")
        fiber = sheet = None
    mesh = replace(mesh, structure="ventricles", term="ventricles", notes=notes)
    progress(1.0, f"{len(tets):,} elements")
    return Ventricles(mesh, None if fiber is None else fiber * turn, None if sheet is None else sheet * turn)


def _names(path: Path) -> tuple[dict[int, str], dict[int, str]]:
    """Return the ventricles' parts by number, and our patches by the numbers of their surfaces."""
    beside = names_beside(path)
    if not beside.is_file():
        raise SourceError(
            f"{path} has no {beside.name} beside it: nothing names its parts.", "Copy that file there too."
        )
    try:
        parts = json.loads(read_bytes(beside, _MOST_BYTES))
        numbers = {int(parts[name]["part-id"]): name for name in _PARTS}
        theirs: dict[str, int] = {}
        for name in _PARTS:
            theirs |= _numbered(parts[name].get("surfaces", {})) | _numbered(parts[name].get("cavity", {}))
    except (ValueError, TypeError, AttributeError) as error:
        raise SourceError(f"{beside} is no list of a heart's parts ({error}).") from None
    except KeyError as error:
        raise SourceError(
            f"{beside} does not name {error}.", "Both ventricles and the septum are needed."
        ) from None
    return numbers, {theirs[n]: ours for ours, names in _FACES.items() for n in names if n in theirs}


def _numbered(names: Mapping[str, Any]) -> dict[str, int]:
    return {str(name): int(number) for name, number in names.items()}


def _turned(points: NDArray[np.float64], tets: NDArray[np.int64]) -> NDArray[np.int64]:
    corners = points[tets]
    inverted = np.linalg.det(corners[:, 1:] - corners[:, :1]) < 0
    return np.where(inverted[:, None], tets[:, [0, 2, 1, 3]], tets)


def _patches(
    outer: NDArray[np.int64], triangles: NDArray[np.int64], surface: NDArray, names: dict[int, str]
) -> dict[str, NDArray]:
    """Return the boundary's faces by patch: by the named triangle that a face is, else ``base``."""
    count = int(max(outer.max(), triangles.max(initial=0))) + 1

    def keys(faces: NDArray[np.int64]) -> NDArray[np.int64]:
        ordered = np.sort(faces, axis=1)
        return (ordered[:, 0] * count + ordered[:, 1]) * count + ordered[:, 2]

    ours = keys(outer)
    found = np.full(len(outer), "base", dtype="<U8")
    theirs = keys(triangles)
    for name in _FACES:
        numbers = [n for n, patch in names.items() if patch == name]
        found[np.isin(ours, theirs[np.isin(surface, numbers)]) & (found == "base")] = name
    return {name: outer[found == name] for name in (*_FACES, "base")}


def _directions(path: Path, cells: Any, name: str, chosen: NDArray[np.int64]) -> NDArray[np.float64] | None:
    values = array_of(cells, name)
    if values is None:
        return None
    made = values[chosen].astype(np.float64)
    size = np.linalg.norm(made, axis=1, keepdims=True) if made.ndim == 2 else np.zeros(1)
    if made.shape[1:] != (3,) or not (size > 1e-3).all():
        raise SourceError(f"{path} is broken: its “{name}” are no directions everywhere in the ventricles.")
    return made / size
