"""Fibers of a ventricle's mesh as rods: where they were laid, about its cavity, in place of the wall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from twin.domain import Surface, TetMesh

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.session import Item
    from viewers.scene_view import SceneView

MOST = 2500
"""Rods; more hide one another."""
_LONG, _THICK = 0.9, 0.07
"""A rod's length and radius, by the room that each has."""
LAYERS = ("#e5735c", "#e9c65b", "#5fb0d8")
"""Colors of the inner, the middle and the outer third of the wall."""
CAVITY = "#8d97a3"


def rods_of(mesh: TetMesh) -> tuple[list[NDArray[np.float64]], float]:
    """Return the ends (2, 3) of each rod, LPS mm, and their radius, mm.

    They lie at the points of integration where the mesh has fibers there, else in the elements' middles;
    of many every second, third, … one.
    """
    corners = mesh.points[mesh.tets[:, :4]]
    if mesh.axes_inside is not None:
        from physics.cardiac.body import quadrature

        middles = np.einsum("qc,eci->eqi", quadrature()[0], corners).reshape(-1, 3)
        ways = np.asarray(mesh.axes_inside[..., 0, :], np.float64).reshape(-1, 3)
    else:
        assert mesh.axes is not None
        middles, ways = corners.mean(axis=1), np.asarray(mesh.axes[:, 0], np.float64)
    chosen = slice(None, None, -(-len(middles) // MOST))
    middles, ways = middles[chosen], ways[chosen]
    edges = corners[:, 1:] - corners[:, :1]
    room = float((np.abs(np.linalg.det(edges)).sum() / 6.0 / len(middles)) ** (1 / 3))
    half = 0.5 * _LONG * room * ways / np.linalg.norm(ways, axis=1, keepdims=True)
    return list(np.stack([middles - half, middles + half], axis=1)), _THICK * room


def layer_of(mesh: TetMesh, places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return in which third of the wall places (n, 3) lie: 0 the inner, 2 the outer; 1 without cavities."""
    inner, outer = (_nodes(mesh, name) for name in ("endo", "epi"))
    if not len(inner) or not len(outer):
        return np.ones(len(places), np.int64)
    within, without = (cKDTree(mesh.points[nodes]).query(places)[0] for nodes in (inner, outer))
    return np.minimum(3.0 * within / (within + without), 2.0).astype(np.int64)


def draw(scene: SceneView, key: str, mesh: TetMesh) -> None:
    """Show the fibers about the cavities, each third of the wall in its color."""
    cavities = [patch.triangles for patch in mesh.patches if patch.name.startswith("endo")]
    if cavities:
        triangles = np.concatenate(cavities)[:, ::-1].astype(np.int32)
        scene.show_surface(key, Surface(mesh.points, triangles), CAVITY)
    rods, radius = rods_of(mesh)
    layers = layer_of(mesh, np.array(rods).mean(axis=1))
    for n, color in enumerate(LAYERS):
        chosen = [rod for rod, layer in zip(rods, layers, strict=True) if layer == n]
        if chosen:
            scene.show_lines(f"{key}#fibers {n}", chosen, color, radius_mm=radius)


def _nodes(mesh: TetMesh, name: str) -> NDArray[np.int64]:
    found = [patch.triangles.ravel() for patch in mesh.patches if patch.name.startswith(name)]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)


def shown(desk: Desk) -> list[Item]:
    """Return the visible meshes that have fibers."""
    session = desk.session
    entries = ((item, session.entry(item.id)) for item in session.of_kind("mesh"))
    return [
        item for item, entry in entries
        if entry is not None and entry.tree.get("axes") is not None and session.is_visible(item.key)
    ]  # fmt: skip


def why_not(desk: Desk) -> str:
    """Return why no fibers can be shown; empty where they can."""
    if desk.stage is None or not desk.session.of_kind("mesh"):
        return "Mesh a ventricle first (Anatomy): fibers are laid with it."
    return "" if shown(desk) else "Show a mesh that has fibers first: its eye in the tree is closed."
