"""Tetrahedra from a file to a mesh: checked, turned the right way, in LPS mm."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.domain import Patch, TetMesh
from twin.errors import SourceError
from twin.sources.triangles import Said, in_lps_mm, note_of

_TURNED = [0, 2, 1, 3, 6, 5, 4, 7, 9, 8]
"""A tetrahedron with its second and third corner changed places; mid-edge nodes 01, 12, 02, 03, 13, 23."""

MOST_REGIONS = 10_000


def mesh_of(
    path: Path,
    points: NDArray[np.float64],
    tets: NDArray[np.int64],
    said: Said,
    regions: NDArray | None,
    region_names: tuple[str, ...],
    patches: dict[str, NDArray],
    notes: tuple[str, ...] = (),
) -> TetMesh:
    """Return a mesh of the points and elements in a file.

    Elements that are inside out are turned; points that no element uses are left out; mid-edge
    nodes are put behind the corners. Where the file names no patch, ``outer`` is the whole boundary.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
        In the file's space and unit.
    tets : ndarray, shape (m, 4) or (m, 10)
    regions : ndarray of int, shape (m,), or None
    patches : dict of str to ndarray, shape (k, 3)

    Raises
    ------
    SourceError
        Points that are not there or no numbers, flat elements, regions without a name.
    """
    if not len(tets) or tets.min() < 0 or tets.max() >= len(points):
        raise SourceError(f"{path} is broken: its elements use points that are not there.")
    corners = np.unique(tets[:, :4])
    middles = np.setdiff1d(np.unique(tets[:, 4:]), corners)
    used = np.concatenate([corners, middles])
    new = np.full(len(points), -1, np.int64)
    new[used] = np.arange(len(used))
    placed = in_lps_mm(path, points[used], said)
    tets = new[tets]
    a, b, c, d = (placed[tets[:, n]] for n in range(4))
    six_volumes = np.einsum("ij,ij->i", np.cross(b - a, c - a), d - a)
    flat = int((six_volumes == 0).sum())
    if flat:
        raise SourceError(f"{path} holds {flat:,} flat elements.", "Repair the mesh before it is imported.")
    inverted = six_volumes < 0
    if inverted.any():
        tets[inverted] = tets[inverted][:, _TURNED[: tets.shape[1]]]
        notes = (*notes, f"{int(inverted.sum()):,} elements were inside out and have been turned.")
    if len(used) < len(points):
        notes = (*notes, f"{len(points) - len(used):,} points that no element uses were left out.")
    if regions is None:
        regions, region_names = np.zeros(len(tets), np.int64), (said.structure or path.stem,)
    if regions.min() < 0 or regions.max() >= len(region_names) or len(region_names) > MOST_REGIONS:
        raise SourceError(f"{path} is broken: its elements lie in regions that it does not name.")
    return TetMesh(
        points=placed,
        tets=tets.astype(np.int32),
        regions=regions.astype(np.int32),
        region_names=region_names,
        patches=_patches(path, tets, patches, new),
        structure=said.structure or path.stem,
        term=said.term,
        side=said.side,
        frame_of_reference=said.frame_of_reference,
        notes=(note_of(said), *notes),
    )


def _patches(
    path: Path, tets: NDArray[np.int64], said: dict[str, NDArray], new: NDArray[np.int64]
) -> tuple[Patch, ...]:
    made = []
    for name, triangles in said.items():
        if triangles.shape[1] != 3 or triangles.min() < 0 or triangles.max() >= len(new):
            raise SourceError(f"{path} is broken: its patch “{name}” is not of triangles of its points.")
        moved = new[triangles.astype(np.int64)]
        if moved.min() < 0:
            raise SourceError(f"{path} is broken: its patch “{name}” has points that no element uses.")
        made.append(Patch(name, moved.astype(np.int32)))
    return tuple(made) or (Patch("outer", boundary(tets).astype(np.int32)),)


def boundary(tets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the triangles that one element only has, seen counter-clockwise from outside; shape (m, 3)."""
    faces = tets[:, [[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]]].reshape(-1, 3)
    key = np.sort(faces, axis=1)
    order = np.lexsort(key.T)
    same = (key[order][1:] == key[order][:-1]).all(axis=1)
    alone = ~(np.append(same, False) | np.insert(same, 0, False))
    return faces[np.sort(order[alone])]
