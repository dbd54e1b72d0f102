"""A tetrahedral mesh made coarser: edges collapse, the shortest first, and patches stay what they are.

Where a wall is as thin as the elements are to be, neither a lattice nor a mesher from the surface will do: a
collapse keeps what is joined joined.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segmentation.tetrahedra.collapse import collapse
from segmentation.tetrahedra.quality import EDGES
from twin.domain import Patch, TetMesh
from twin.errors import GeometryError
from twin.progress import Progress

_FACES = np.array([[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]])
_GROWTH = 1.25
_FLOORS = (0.4, 0.3, 0.2)
"""Mean ratios below which no element is made; the next where the one before leaves too many elements."""
_COSINE = 0.8
_SLOW = 0.03
"""Share of the elements that a pass must take, else edges may be longer in the next."""
_REACH = 1.7
"""Longest edge, times the length up to which edges collapse."""
_MOST_PATCHES = 30


def coarsen(mesh: TetMesh, most_tets: int, progress: Progress | None = None) -> TetMesh:
    """Return a mesh of at most so many elements where that can be, a few more where it cannot.

    Nodes that stay keep their places; creases within a patch are rounded. Nodes between patches stay between
    them; between three they stay. A boundary outside all patches counts as one more.

    Parameters
    ----------
    mesh : TetMesh
        Of four-node elements.
    most_tets : int
        Wanted.

    Raises
    ------
    GeometryError
        For ten-node elements or too many patches.
    """
    progress = progress or Progress()
    if mesh.tets.shape[1] != 4 or len(mesh.patches) > _MOST_PATCHES:
        raise GeometryError(
            f"Elements of {mesh.tets.shape[1]} nodes and {len(mesh.patches)} patches cannot get coarser.",
            f"Give one of four-node elements with at most {_MOST_PATCHES} patches.",
        )
    points = np.ascontiguousarray(mesh.points, np.float64)
    tets, regions = mesh.tets.astype(np.int64), mesh.regions
    face_patch = _face_patches(mesh)
    mask, fixed = _kinds(tets, face_patch, len(points))
    begin = len(tets)
    for floor in _FLOORS:
        length = _mean_edge(points, tets)
        while len(tets) > most_tets:
            done = np.log(begin / len(tets)) / max(np.log(begin / most_tets), 1e-9)
            progress(min(0.95, float(done)), f"{len(tets):,} elements")
            ends = _short(points, tets, length)
            start, around = _stars(tets, len(points))
            alive = collapse(
                points, tets, face_patch, start, around, mask, fixed, ends, _REACH * length, floor, _COSINE,
                len(tets) - most_tets,
            )  # fmt: skip
            tets, face_patch, regions = tets[alive], face_patch[alive], regions[alive]
            if (~alive).sum() < _SLOW * len(alive):
                length *= _GROWTH
                if length > 2.0 * _wanted_edge(points, tets, most_tets):
                    break
        if len(tets) <= most_tets:
            break
    used, numbered = np.unique(tets, return_inverse=True)
    made = numbered.reshape(-1, 4).astype(np.int32)
    faces = made[:, _FACES]
    patches = tuple(Patch(p.name, faces[face_patch == k]) for k, p in enumerate(mesh.patches))
    note = f"Coarsened from {begin:,} to {len(tets):,} elements."
    if mesh.axes is not None:
        note += " Directions of the muscle are not carried along: lay them anew."
    return replace(
        mesh, points=points[used], tets=made, regions=regions, patches=patches, axes=None, axes_inside=None,
        notes=(*mesh.notes, note),
    )  # fmt: skip


def _mean_edge(points: NDArray[np.float64], tets: NDArray[np.int64]) -> float:
    pairs = tets[:, EDGES].reshape(-1, 2)
    return float(np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1).mean())


def _wanted_edge(points: NDArray[np.float64], tets: NDArray[np.int64], most_tets: int) -> float:
    return _mean_edge(points, tets) * (len(tets) / most_tets) ** (1 / 3)


def _face_patches(mesh: TetMesh) -> NDArray[np.int64]:
    """Return the patch of the face opposite each corner, -1 inside; shape (m, 4)."""
    count = len(mesh.points)

    def keys(faces: NDArray) -> NDArray[np.int64]:
        ordered = np.sort(faces.astype(np.int64), axis=1)
        return (ordered[:, 0] * count + ordered[:, 1]) * count + ordered[:, 2]

    faces = keys(mesh.tets[:, _FACES].reshape(-1, 3))
    _, place, uses = np.unique(faces, return_inverse=True, return_counts=True)
    found = np.where(uses[place] == 1, len(mesh.patches), -1)
    for k, patch in enumerate(mesh.patches):
        found[np.isin(faces, keys(patch.triangles)) & (uses[place] == 1)] = k
    return found.reshape(-1, 4)


def _kinds(
    tets: NDArray[np.int64], face_patch: NDArray[np.int64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return each node's patches as bits, and which nodes must stay: between three, or where sheets touch."""
    mask = np.zeros(count, np.int64)
    at, corner = np.nonzero(face_patch >= 0)
    faces = tets[at[:, None], _FACES[corner]]
    np.bitwise_or.at(mask, faces, (1 << face_patch[at, corner])[:, None])
    fixed = np.array([int(m).bit_count() > 2 for m in mask])
    sides = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edges, uses = np.unique(sides, axis=0, return_counts=True)
    fixed[edges[uses > 2]] = True
    return mask, fixed


def _short(points: NDArray[np.float64], tets: NDArray[np.int64], length: float) -> NDArray[np.int64]:
    """Return edges shorter than a length, both ways round, the shortest first."""
    pairs = np.sort(tets[:, EDGES].reshape(-1, 2), axis=1)
    key = np.sort(pairs[:, 0] * len(points) + pairs[:, 1])
    key = key[np.diff(key, prepend=-1) > 0]
    pairs = np.stack(np.divmod(key, len(points)), axis=1)
    lengths = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    pairs = pairs[lengths < length]
    pairs = pairs[np.argsort(lengths[lengths < length], kind="stable")]
    return np.ascontiguousarray(np.stack([pairs, pairs[:, ::-1]], axis=1).reshape(-1, 2))


def _stars(tets: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each node's elements begin (n + 1), and the elements at each node."""
    start = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(tets.ravel(), minlength=count), out=start[1:])
    return start, np.argsort(tets.ravel(), kind="stable") // 4
