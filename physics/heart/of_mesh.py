"""A ventricle's mesh as it comes, made ready for mechanics: fibers, segments, ten nodes an element."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from physics import prisms
from physics.cardiac.body import quadrature
from physics.heart.cavity import cavity_ml
from physics.heart.coordinates import Coordinates, coordinates
from physics.heart.fibers import Fibers, carried
from physics.heart.rule import Angles, fibers_of
from physics.heart.segments import NAMES, segments
from twin.domain import TetMesh
from twin.errors import GeometryError
from twin.progress import Progress
from twin.steps import Made

if TYPE_CHECKING:
    from physics.heart_steps import FiberParams

Array = NDArray[np.float64]

_APART_MM = 15.0
"""A coarser mesh of a heart ends where it ended, nearly: edges are some 10 mm."""
RIGHT = "right ventricle"
"""What its free wall is called, beside the left one's segments."""


def with_fibers(mesh: TetMesh, given: TetMesh | None, params: "FiberParams", progress: Progress) -> Made:
    """Return a mesh of one ventricle or both with fibers: those of ``given``, or by rule (``fibers_of``).

    Sides of elements stay straight. Where there is a right ventricle, regions become the 17 segments and the
    right one's free wall.

    Raises
    ------
    GeometryError
        No ventricle, or no elements of four nodes; ``given`` has no fibers, or lies elsewhere.
    """
    if mesh.tets.shape[1] != 4:
        raise GeometryError(
            "Fibers are laid in elements of four nodes; these have ten.", "Give the mesh they were made from."
        )
    progress(0.0, "finding inside, outside and base")
    at = coordinates(mesh)
    progress(0.5, "laying fibers")
    axes, inside, note = _by_rule(mesh, at, params) if given is None else _as_given(mesh, given)
    ends, tets = prisms.middles(mesh.tets.astype(np.int64), len(mesh.points))
    points = np.concatenate([mesh.points, mesh.points[ends].mean(axis=1)])
    right = at.right.any()
    made = replace(
        mesh, points=points, tets=tets.astype(np.int32), axes=axes, axes_inside=inside,
        notes=(*mesh.notes, note),
    )  # fmt: skip
    if right:
        regions = (segments(mesh, at) - 1) % (len(NAMES) + 1)
        made = replace(made, regions=regions.astype(np.int32), region_names=(*NAMES, RIGHT))
    cavities = {f"{p.name}_ml": cavity_ml(mesh, p.name) for p in mesh.patches if p.name.startswith("endo")}
    corners = mesh.points[mesh.tets]
    wall = float(np.linalg.det(corners[:, 1:] - corners[:, :1]).sum()) / 6000.0
    progress(1.0, "done")
    return Made(
        {"ventricle mesh": made},
        {
            "elements": len(tets),
            "nodes": len(points),
            **cavities,
            "wall_ml": wall,
            "wall_thickness_median_mm": float(np.median(at.thickness_mm)),
        },
    )


def _by_rule(mesh: TetMesh, at: Coordinates, params: "FiberParams") -> tuple[Array, Array, str]:
    """Return axes of elements (m, 3, 3), at their points of integration (m, q, 3, 3), and a note."""
    angles = Angles(params.fiber_endo_deg, params.fiber_epi_deg)
    axes, inside = (fibers_of(mesh, angles, at, places).axes for places in (None, quadrature()[0]))
    between = f"{params.fiber_endo_deg:g}° inside to {params.fiber_epi_deg:g}° outside".replace("-", "−")
    note = f"Fibers by rule (Bayer et al. 2012), {between}: no image shows them."
    return axes, inside, note


def _as_given(mesh: TetMesh, given: TetMesh) -> tuple[Array, Array, str]:
    """Return the same, carried from another mesh of the same heart; one direction an element."""
    if given.axes is None:
        raise GeometryError(
            "The mesh whose fibers were to be taken has none.", "Leave it out: they are then laid by rule."
        )
    apart = np.abs(_bounds(mesh) - _bounds(given)).max()
    if apart > _APART_MM:
        raise GeometryError(
            f"The two meshes are not of one heart: they end {apart:.0f} mm apart.",
            "Give the mesh that this one was made from.",
        )
    axes = carried(Fibers(*given.axes.transpose(1, 0, 2)), given, mesh).axes
    inside = np.repeat(axes[:, None], len(quadrature()[0]), axis=1)
    return axes, inside, f"Fibers as “{given.structure}” of {len(given.tets):,} elements has them."


def _bounds(mesh: TetMesh) -> Array:
    return np.stack([mesh.points.min(axis=0), mesh.points.max(axis=0)])
