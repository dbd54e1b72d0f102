"""Tetrahedra that cannot fail: isosurface stuffing (Labelle and Shewchuk 2007, ACM TOG 26:57).

A body-centered cubic lattice is laid through the body; lattice points that lie near the surface
are moved onto it, and the tetrahedra that it cuts are filled by stencils. Dihedral angles lie
between 10.7° and 164.8° whatever the surface looks like. What is thinner than the lattice is
lost, and sharp edges are rounded: the mesh report says by how much.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from segmentation.tetrahedra.lattice_distance import signed_distance
from segmentation.tetrahedra.lattice_stencils import stuff
from twin.domain import Surface
from twin.errors import GeometryError
from twin.progress import Progress

ALPHA_LONG, ALPHA_SHORT = 0.24999, 0.41189
"""Shares of an edge within which a cut draws the lattice point onto itself (their table 1)."""

_MAX_NODES = 120_000_000
_FINE = 2
"""Grid cells per half lattice edge."""

_FACES = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
"""Outward faces of a positively oriented tetrahedron."""


@dataclass(frozen=True, eq=False)
class Filled:
    """What filling a surface gave.

    Attributes
    ----------
    points : ndarray, shape (n, 3), LPS mm
    tets : ndarray of int32, shape (m, 4), positively oriented
    dropped : int
        Parts of the body left out: smaller than a hundredth of the largest, and loose.
    dropped_mm3 : float
        Their volume.
    """

    points: NDArray[np.float64]
    tets: NDArray[np.int32]
    dropped: int
    dropped_mm3: float


def mesh(surface: Surface, edge_mm: float, progress: Progress) -> Filled:
    """Fill a surface with tetrahedra of about one edge length.

    Parameters
    ----------
    surface : Surface
        Closed, normals outward; small faults (open edges, self-intersections) are bridged.
    edge_mm : float
        Wanted mean edge length.

    Raises
    ------
    GeometryError
        Where nothing of the body is as thick as the lattice.
    """
    progress(0.0, "measuring the distance to the surface")
    # The lattice's edges are a (8 of 14 at a point are √3/2 a): mean edge 0.93 a.
    half = edge_mm / 0.93 / 2
    low, high = surface.points.min(0), surface.points.max(0)
    fine = _FINE
    while True:
        spacing = half / fine
        cells = np.ceil((high - low) / (2 * half)).astype(int) + 4
        nx, ny, nz = (int(n) * 2 * fine + 1 for n in cells)
        shape = (nx, ny, nz)
        if np.prod(shape) <= _MAX_NODES or fine == 1:
            break
        fine = 1
    if np.prod(shape) > 8 * _MAX_NODES:
        raise GeometryError(
            f"Edges of {edge_mm:g} mm are too fine for a body of {_size(high - low)} mm.",
            "Ask for longer edges.",
        )
    # Off the grid by a share of the spacing: faces in a scan's own planes then never lie in the lattice's.
    origin = (
        (low + high) / 2 - (np.array(shape) - 1) * spacing / 2 + spacing * np.array([0.137, 0.231, 0.319])
    )
    distance = signed_distance(
        np.ascontiguousarray(surface.points, np.float64),
        surface.triangles,
        origin,
        spacing,
        shape,
        2.3 * half,
    )
    progress(0.5, "laying the lattice")
    coordinates, tets = _lattice(distance, fine)
    if not len(tets):
        raise GeometryError(
            f"No part of {surface.structure or 'the surface'} is as thick as edges of {edge_mm:g} mm.",
            "Ask for shorter edges.",
        )
    progress(0.6, "moving the lattice onto the surface")
    places = coordinates * float(fine)
    signs = np.sign(distance[tuple((coordinates * fine).T)]).astype(np.int8)
    edges, keys = _cut_edges(signs, tets)
    cuts = np.empty((len(edges), 3))
    _find_cuts(distance, places, edges, cuts)
    alive = _warp(places, signs, edges, cuts, coordinates[:, 0] & 1)
    progress(0.75, "filling the cut tetrahedra")
    numbers = np.where(alive, len(places) + np.cumsum(alive) - 1, -1)
    everything = np.vstack([places, cuts[alive]])
    filled = stuff(tets, signs, coordinates, everything, keys, numbers)
    progress(0.9, "checking")
    return _without_crumbs(everything * spacing + origin, filled)


def _size(extent: NDArray[np.float64]) -> str:
    return " × ".join(f"{e:.0f}" for e in extent)


def _lattice(distance: NDArray[np.float32], fine: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return lattice points, in half edges (all even or all odd), and the tetrahedra that hold some body."""
    cells = (np.array(distance.shape) - 1) // (2 * fine)
    corner = distance[:: 2 * fine, :: 2 * fine, :: 2 * fine] > 0
    center = distance[fine :: 2 * fine, fine :: 2 * fine, fine :: 2 * fine] > 0
    corner_number = np.arange(corner.size, dtype=np.int32).reshape(corner.shape)
    center_number = corner.size + np.arange(center.size, dtype=np.int32).reshape(center.shape)
    inside = np.concatenate([corner.ravel(), center.ravel()])
    found = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        first, second = [slice(None)] * 3, [slice(None)] * 3
        first[axis], second[axis] = slice(0, -1), slice(1, None)
        centers = center_number[tuple(first)], center_number[tuple(second)]
        ring = []
        for du, dv in ((0, 0), (1, 0), (1, 1), (0, 1)):  # the four corners of the face between the two cells
            at = [slice(None)] * 3
            at[axis] = slice(1, cells[axis])
            at[u], at[v] = slice(du, cells[u] + du), slice(dv, cells[v] + dv)
            ring.append(corner_number[tuple(at)])
        for q in range(4):
            tet = np.stack([c.ravel() for c in (*centers, ring[q], ring[(q + 1) % 4])], 1)
            found.append(tet[inside[tet].any(1)])
    tets = np.vstack(found)
    used, compact = np.unique(tets, return_inverse=True)
    is_center = used >= corner.size
    coordinates = np.empty((len(used), 3), np.int32)
    coordinates[~is_center] = 2 * np.stack(np.unravel_index(used[~is_center], corner.shape), 1)
    coordinates[is_center] = 1 + 2 * np.stack(
        np.unravel_index(used[is_center] - corner.size, center.shape), 1
    )
    return coordinates, compact.reshape(tets.shape).astype(np.int32)


def _cut_edges(
    signs: NDArray[np.int8], tets: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the edges (inside, outside) that the surface cuts, in the order of their keys."""
    mixed = tets[(signs[tets] > 0).any(1) & (signs[tets] < 0).any(1)].astype(np.int64)
    pairs = np.vstack([mixed[:, [a, b]] for a in range(4) for b in range(4) if a != b])
    pairs = pairs[(signs[pairs[:, 0]] > 0) & (signs[pairs[:, 1]] < 0)]
    keys = np.unique(pairs[:, 0] * len(signs) + pairs[:, 1])
    return np.stack(np.divmod(keys, len(signs)), 1), keys


@numba.njit(cache=True, nogil=True)
def _trilinear(distance, x, y, z):  # type: ignore[no-untyped-def]
    i, j, k = int(x), int(y), int(z)
    i, j, k = min(i, distance.shape[0] - 2), min(j, distance.shape[1] - 2), min(k, distance.shape[2] - 2)
    u, v, w = x - i, y - j, z - k
    value = 0.0
    for a in range(2):
        for b in range(2):
            for c in range(2):
                weight = (u if a else 1 - u) * (v if b else 1 - v) * (w if c else 1 - w)
                value += weight * distance[i + a, j + b, k + c]
    return value


@numba.njit(cache=True, nogil=True)
def _find_cuts(distance, places, edges, cuts):  # type: ignore[no-untyped-def]
    """Find by bisection where each edge, from inside to outside, meets the surface."""
    for e in range(edges.shape[0]):
        p, q = places[edges[e, 0]], places[edges[e, 1]]
        low, high = 0.0, 1.0
        for _ in range(24):
            t = 0.5 * (low + high)
            x, y, z = p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1]), p[2] + t * (q[2] - p[2])
            if _trilinear(distance, x, y, z) > 0:
                low = t
            else:
                high = t
        t = 0.5 * (low + high)
        for d in range(3):
            cuts[e, d] = p[d] + t * (q[d] - p[d])


@numba.njit(cache=True, nogil=True)
def _warp(places, signs, edges, cuts, kind):  # type: ignore[no-untyped-def]
    """Move each lattice point with a cut too near onto the nearest such; returns the cuts that remain."""
    n = places.shape[0]
    start = np.zeros(n + 1, np.int64)
    for e in range(edges.shape[0]):
        start[edges[e, 0] + 1] += 1
        start[edges[e, 1] + 1] += 1
    start = np.cumsum(start)
    fill, incident = start[:-1].copy(), np.empty(2 * edges.shape[0], np.int64)
    for e in range(edges.shape[0]):
        for v in edges[e]:
            incident[fill[v]] = e
            fill[v] += 1
    alive = np.ones(edges.shape[0], np.bool_)
    original = places.copy()
    for v in range(n):
        nearest, best = -1, 1.0
        for s in range(start[v], start[v + 1]):
            e = incident[s]
            if not alive[e]:
                continue
            other = edges[e, 0] + edges[e, 1] - v
            far = np.sqrt(((original[other] - original[v]) ** 2).sum())
            near = np.sqrt(((cuts[e] - original[v]) ** 2).sum())
            share = near / far / (ALPHA_LONG if kind[v] == kind[other] else ALPHA_SHORT)
            if share < best:
                nearest, best = e, share
        if nearest >= 0:
            places[v] = cuts[nearest]
            signs[v] = 0
            for s in range(start[v], start[v + 1]):
                alive[incident[s]] = False
    return alive


def _without_crumbs(points: NDArray[np.float64], tets: NDArray[np.int32]) -> Filled:
    """Leave out parts that hang on by no face and are small."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    faces = np.sort(tets[:, _FACES].reshape(-1, 3), 1)
    order = np.lexsort(faces.T)
    same = (faces[order[1:]] == faces[order[:-1]]).all(1)
    pairs = order[:-1][same] // 4, order[1:][same] // 4
    graph = coo_array((np.ones(len(pairs[0]), bool), pairs), shape=(len(tets), len(tets)))
    _, part = connected_components(graph, directed=False)
    volumes = np.linalg.det(points[tets[:, 1:]] - points[tets[:, :1]]) / 6
    sizes = np.bincount(part, volumes)
    crumbs = sizes < sizes.max() / 100
    tets = tets[~crumbs[part]]
    used, compact = np.unique(tets, return_inverse=True)
    compacted = compact.reshape(tets.shape).astype(np.int32)
    return Filled(points[used], compacted, int(crumbs.sum()), float(sizes[crumbs].sum()))
