"""Surface in, tetrahedra out: repair, even triangles, mesher, patches, report."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segmentation.surface.boxtree import BoxTree
from segmentation.surface.remesh import Remesher
from segmentation.surface.topology import area_mm2, normals, pieces, volume_mm3
from segmentation.tetrahedra import netgen_mesher
from segmentation.tetrahedra.quality import EDGES, volumes_mm3
from segmentation.tetrahedra.repair import Repaired, repair
from segmentation.tetrahedra.report import boundary, report
from twin.domain import Patch, Surface, TetMesh
from twin.errors import GeometryError
from twin.progress import Progress
from twin.steps import Made

if TYPE_CHECKING:
    from segmentation.tetrahedra.steps import TetrahedraParams

Tets = tuple[NDArray[np.float64], NDArray[np.int32]]

_MOST_TETS = 8e6
_SURFACE_SHARE = 0.9  # of the edge, so that the mean over all edges comes out near it
_FINER = (1.0, 0.75, 0.55)  # shares of the edge, tried in turn where the surface crosses itself
_CUT_COSINE = 0.9
_MOST_LOST_PERCENT = 1.0  # of the volume: what a mesh may differ from its surface


def fill(surface: Surface, params: "TetrahedraParams", progress: Progress) -> Made:
    """Return the mesh of a surface and its report.

    Raises
    ------
    GeometryError
        Where the surface bounds nothing that could be filled, or the mesher asked for fails.
    """
    progress(0.0, "Looking at the surface")
    made = _by(params.mesher, surface, params, progress.between(0.0, 0.9))
    tets, mesher, repairs, notes = made.tets, made.mesher, made.repairs, made.notes
    progress(0.92, "Measuring the mesh")
    mesh = _assembled(tets, surface, params.order, notes)
    summary = report(mesh, surface) | {
        "pieces": int(pieces(boundary(mesh.tets[:, :4])).max()) + 1,
        "mesher": mesher,
        "repairs": list(repairs),
    }
    progress(1.0, "Mesh made")
    return Made({"mesh": mesh}, summary, {"mesh": f"{surface.structure or 'body'} mesh"})


@dataclass(frozen=True, eq=False)
class _Filled:
    tets: Tets
    mesher: str
    repairs: tuple[str, ...]
    notes: tuple[str, ...]
    lost_percent: float = 0.0
    """Volume that the mesh lacks against the surface it was made from."""


def _by(mesher: str, surface: Surface, params: "TetrahedraParams", progress: Progress) -> _Filled:
    """Fill by the mesher asked for; ``auto`` is docs/decisions/0001-lattice-first.md."""
    if mesher == "lattice":
        return _by_lattice(surface, params, progress)
    if mesher == "netgen":
        try:
            return _by_netgen(surface, params, progress)
        except netgen_mesher.MesherError as error:
            raise GeometryError(
                f"“{surface.structure or 'the surface'}” could not be filled by netgen: {error}.",
                "Choose another edge length, or the mesher “auto” or “lattice”.",
            ) from None
    if params.surface_edge_mm:
        reason = "netgen makes a surface finer than the inside"
    else:
        filled = _by_lattice(surface, params, progress.between(0.0, 0.4))
        if abs(filled.lost_percent) <= _MOST_LOST_PERCENT:
            return filled
        reason = f"the lattice of {params.edge_mm:g} mm would lose {filled.lost_percent:.1f} % of the volume"
    try:
        filled = _by_netgen(surface, params, progress.between(0.4, 1.0))
        return replace(filled, notes=(*filled.notes, f"Netgen was taken: {reason}."))
    except (netgen_mesher.MesherError, GeometryError) as error:
        filled = _by_lattice(surface, params, progress.between(0.9, 1.0))
        words = f"The lattice mesher was taken, with even edges throughout, since {str(error).rstrip('.')}."
        return replace(filled, notes=(*filled.notes, words))


def _affordable(surface: Surface, params: "TetrahedraParams") -> None:
    edge = params.edge_mm
    expected = volume_mm3(surface.points, surface.triangles) / (0.13 * edge**3)
    fine = params.surface_edge_mm or edge
    expected += 12.0 * area_mm2(surface.points, surface.triangles) / fine**2
    if expected > _MOST_TETS:
        raise GeometryError(
            f"“{surface.structure or 'The surface'}” at edges of {min(edge, fine):g} mm would be some "
            f"{expected / 1e6:.0f} million tetrahedra.",
            f"Choose longer edges (at most {_MOST_TETS / 1e6:.0f} million are made).",
        )


def _by_netgen(surface: Surface, params: "TetrahedraParams", progress: Progress) -> _Filled:
    """Even triangles, then netgen; finer triangles where the first cross or netgen fails."""
    sound = repair(surface, params.repair_mm, params.edge_mm)
    _affordable(sound.surface, params)
    repaired = sound.surface
    wanted = min(params.surface_edge_mm or params.edge_mm, params.edge_mm) * _SURFACE_SHARE
    remesher = Remesher(repaired.points, repaired.triangles, repaired.cut if sound.features else None)
    reason = ""
    for n, share in enumerate(_FINER):
        part = progress.between(n / len(_FINER), 1.0)
        points, triangles, _ = remesher.remesh(wanted * share, part.between(0.0, 0.15))
        crossing = BoxTree(points, triangles).self_intersections()
        if len(crossing):
            spot = ", ".join(f"{c:.1f}" for c in points[triangles[crossing[0, 0]]].mean(axis=0))
            reason = f"its triangles cross {len(crossing)} times at this edge length, first at ({spot})"
            continue
        expected = volume_mm3(points, triangles) / (0.1 * params.edge_mm**3) + 6.0 * len(triangles)
        try:
            made = netgen_mesher.mesh(
                points,
                triangles,
                params.edge_mm,
                params.optimize_rounds,
                netgen_mesher.limit_s(expected),
                part.between(0.15, 1.0),
            )
        except netgen_mesher.MesherError as error:
            reason = str(error)
            continue
        if (volumes_mm3(*made) > 0.0).all():
            return _Filled(made, "netgen", sound.repairs, _repaired(sound))
        reason = "netgen left inverted elements"
    raise netgen_mesher.MesherError(reason)


def _by_lattice(surface: Surface, params: "TetrahedraParams", progress: Progress) -> _Filled:
    from segmentation.tetrahedra import lattice

    sound = repair(surface, params.repair_mm, params.edge_mm, simple=False)
    _affordable(sound.surface, params)
    made = lattice.mesh(sound.surface, params.edge_mm, progress)
    notes = _repaired(sound)
    if made.dropped:
        notes += (f"{made.dropped} loose parts ({made.dropped_mm3 / 1000:.2g} mL) were left out.",)
    whole = volume_mm3(sound.surface.points, sound.surface.triangles)
    lost = 100.0 * (1.0 - float(volumes_mm3(made.points, made.tets).sum()) / whole)
    return _Filled((made.points, made.tets), "lattice", sound.repairs, notes, lost)


def _repaired(sound: Repaired) -> tuple[str, ...]:
    return tuple(f"Repaired: {words}." for words in sound.repairs)


def _assembled(made: Tets, surface: Surface, order: int, notes: tuple[str, ...]) -> TetMesh:
    points, tets = made
    used, numbered = np.unique(tets, return_inverse=True)  # no node without an element
    points, tets = points[used], numbered.reshape(-1, 4).astype(np.int32)
    patches = _patches(points, boundary(tets), surface)
    if order == 2:
        points, tets = with_middles(points, tets)
    return TetMesh(
        points=points,
        tets=tets,
        regions=np.zeros(len(tets), np.int32),
        region_names=(surface.term or surface.structure or "body",),
        patches=patches,
        structure=surface.structure,
        term=surface.term,
        side=surface.side,
        frame_of_reference=surface.frame_of_reference,
        identity=surface.identity,
        notes=surface.notes + notes,
    )


def _patches(points: NDArray, outer: NDArray[np.int32], surface: Surface) -> tuple[Patch, ...]:
    """Return the boundary as ``outer`` and, where the surface has one, ``cut``: by the closest triangle."""
    if surface.cut is None or not surface.cut.any():
        return (Patch("outer", outer),)
    nearest = BoxTree(surface.points, surface.triangles).closest(points[outer].mean(axis=1))[1]
    theirs, ours = normals(surface.points, surface.triangles)[nearest], normals(points, outer)
    cosine = np.einsum("ij,ij->i", theirs, ours)
    cosine /= np.maximum(np.linalg.norm(theirs, axis=1) * np.linalg.norm(ours, axis=1), 1e-300)
    cut = surface.cut[nearest] & (cosine > _CUT_COSINE)
    return Patch("outer", outer[~cut]), Patch("cut", outer[cut])


def with_middles(points: NDArray[np.float64], tets: NDArray[np.int32]) -> Tets:
    """Return straight-sided ten-node elements: mid-edge nodes after the corners, in VTK's order."""
    ends = np.sort(tets[:, EDGES].reshape(-1, 2), axis=1).astype(np.int64)
    count = len(points)
    unique, numbered = np.unique(ends[:, 0] * count + ends[:, 1], return_inverse=True)
    middles = 0.5 * (points[unique // count] + points[unique % count])
    columns = count + numbered.reshape(-1, 6)
    return np.concatenate([points, middles]), np.concatenate([tets, columns], axis=1).astype(np.int32)
