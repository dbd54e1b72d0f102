"""Surface in, tetrahedra out: repair, even triangles, mesher, patches, report."""

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


def fill(surface: Surface, params: "TetrahedraParams", progress: Progress) -> Made:
    """Return the mesh of a surface and its report.

    Raises
    ------
    GeometryError
        Where the surface bounds nothing that could be filled, or the mesher asked for fails.
    """
    progress(0.0, "Looking at the surface")
    sound = repair(surface, params.repair_mm, params.edge_mm)
    _affordable(sound.surface, params)
    notes = [f"Repaired: {words}." for words in sound.repairs]
    mesher = params.mesher
    tets: Tets | None = None
    if mesher != "lattice":
        try:
            tets = _by_netgen(sound, params, progress.between(0.05, 0.9))
            mesher = "netgen"
        except netgen_mesher.MesherError as error:
            if params.mesher == "netgen":
                raise GeometryError(
                    f"“{surface.structure or 'the surface'}” could not be filled by netgen: {error}.",
                    "Choose another edge length, or the mesher “auto” or “lattice”.",
                ) from None
            notes.append(f"The lattice mesher was taken, since {error}.")
            mesher = "lattice"
    if tets is None:
        tets = _by_lattice(sound.surface, params, progress.between(0.05, 0.9))
    progress(0.92, "Measuring the mesh")
    mesh = _assembled(tets, surface, params.order, tuple(notes))
    summary = report(mesh, surface) | {
        "pieces": int(pieces(boundary(mesh.tets[:, :4])).max()) + 1,
        "mesher": mesher,
        "repairs": list(sound.repairs),
    }
    progress(1.0, "Mesh made")
    return Made({"mesh": mesh}, summary, {"mesh": f"{surface.structure or 'body'} mesh"})


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


def _by_netgen(sound: Repaired, params: "TetrahedraParams", progress: Progress) -> Tets:
    """Even triangles, then netgen; finer triangles where the first cross or netgen fails."""
    surface = sound.surface
    wanted = min(params.surface_edge_mm or params.edge_mm, params.edge_mm) * _SURFACE_SHARE
    remesher = Remesher(surface.points, surface.triangles, surface.cut if sound.features else None)
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
            return made
        reason = "netgen left inverted elements"
    raise netgen_mesher.MesherError(reason)


def _by_lattice(surface: Surface, params: "TetrahedraParams", progress: Progress) -> Tets:
    from segmentation.tetrahedra import lattice

    points, tets, _ = lattice.mesh(surface, params.edge_mm, progress)
    return points, tets


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
        region_names=(surface.term or "bone",),
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
