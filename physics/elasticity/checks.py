"""What makes a linear elastic model unsolvable, found before solving and said in words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from physics.elasticity import kernels
from twin.domain import Material, Support, TetMesh
from twin.errors import GeometryError, UserError

_FREE = 1e-10
"""Smallest share of the largest eigenvalue that counts as held (a lever arm of 1e-5 of a support)."""


def place(point: NDArray[np.float64]) -> str:
    """Return a point in words for a message."""
    x, y, z = (float(c) for c in point)
    return f"({x:.1f}, {y:.1f}, {z:.1f}) mm LPS"


def check_mesh(mesh: TetMesh) -> None:
    """Raise ``GeometryError`` where the mesh is empty or its numbers are no mesh."""
    if len(mesh.tets) == 0:
        raise GeometryError("The mesh has no elements.", "Make a tetrahedral mesh first.")
    if mesh.tets.shape[1] not in (4, 10):
        raise GeometryError(f"Elements have {mesh.tets.shape[1]} nodes.", "Tetrahedra have 4 or 10.")
    if mesh.tets.min() < 0 or mesh.tets.max() >= len(mesh.points):
        raise GeometryError(
            f"An element names a node that does not exist (there are {len(mesh.points)}).",
            "Make the mesh again.",
        )
    bad = np.flatnonzero(~np.isfinite(mesh.points).all(axis=1))
    if len(bad):
        raise GeometryError(f"{len(bad)} mesh nodes have no place (not a number).", "Make the mesh again.")


def check_volumes(mesh: TetMesh, volumes: NDArray[np.float64]) -> None:
    """Raise ``GeometryError`` where an element is inverted or flat; ``volumes`` has shape (m, q)."""
    bad = np.flatnonzero(~(volumes > 0.0).all(axis=1))
    if len(bad):
        worst = bad[np.argmin(volumes[bad].min(axis=1))]
        raise GeometryError(
            f"{len(bad)} of {len(mesh.tets)} elements are inverted or flat, the worst at "
            f"{place(mesh.points[mesh.tets[worst, :4]].mean(axis=0))}.",
            "Make the mesh again, with a smaller edge length or another mesher.",
        )


def check_material(mesh: TetMesh, material: Material) -> None:
    """Raise ``UserError`` where a modulus or Poisson's ratio is missing or impossible."""
    for name, values, good, want in (
        ("Young's modulus", material.young_mpa, material.young_mpa > 0.0, "a positive number of MPa"),
        (
            "Poisson's ratio",
            material.poisson,
            (material.poisson > -1.0) & (material.poisson < 0.5),
            "between −1 and 0.5",
        ),
    ):
        if values.shape != (len(mesh.tets),):
            raise UserError(f"{name} is given for {values.size} elements; the mesh has {len(mesh.tets)}.")
        bad = np.flatnonzero(~(good & np.isfinite(values)))
        if len(bad):
            raise UserError(
                f"{name} of {len(bad)} elements is not {want}: {values[bad[0]]:g} at "
                f"{place(mesh.points[mesh.tets[bad[0], :4]].mean(axis=0))}.",
                "Check the density calibration and the modulus law.",
            )


def held_unknowns(mesh: TetMesh, supports: Sequence[Support]) -> NDArray[np.bool_]:
    """Return which displacement components are held; shape (n, 3)."""
    held = np.zeros((len(mesh.points), 3), bool)
    for support in supports:
        if len(support.nodes) and (support.nodes.min() < 0 or support.nodes.max() >= len(mesh.points)):
            raise UserError(f"The support “{support.name}” names nodes that the mesh does not have.")
        held[support.nodes] |= np.array(support.held)
    return held


def check_held(mesh: TetMesh, supports: Sequence[Support], held: NDArray[np.bool_]) -> None:
    """Raise ``GeometryError`` where the body, or a part of it, can still move without straining.

    Elements joined through whole faces form a part, and a part is rigid apart from its six
    motions. It is held by its supports and by nodes that it shares with a held part: parts that
    hang on one node or one edge can turn, which the node graph alone would not show.
    """
    used = np.unique(mesh.tets)  # a support of nodes without an element holds nothing
    if not held[used].any():
        raise GeometryError("Nothing holds the model: it has no supports.", "Fix a part of its surface.")
    root = kernels.face_parts(mesh.tets, len(mesh.points))
    if root.max() == 0:
        motion = _free_motion(mesh.points, held, used)
        if motion:
            names = ", ".join(f"“{s.name}”" for s in supports)
            raise GeometryError(
                f"The body can still {motion} under its supports ({names}).", "Hold more of it."
            )
        return
    order = np.argsort(root, kind="stable")
    roots, first = np.unique(root[order], return_index=True)
    parts = [np.unique(mesh.tets[group]) for group in np.split(order, first[1:])]
    fixed = held.copy()
    waiting = list(range(len(parts)))
    while waiting:
        anchored = [p for p in waiting if not _free_motion(mesh.points, fixed, parts[p])]
        if not anchored:
            break
        for p in anchored:
            fixed[parts[p]] = True
        waiting = [p for p in waiting if p not in set(anchored)]
    if waiting:
        p = waiting[0]
        motion = _free_motion(mesh.points, fixed, parts[p])
        raise GeometryError(
            f"{len(waiting)} of {len(parts)} separate parts of the mesh are not held; the first, "
            f"{int(np.sum(root == roots[p]))} elements around {place(mesh.points[parts[p]].mean(axis=0))}, "
            f"can {motion}.",
            "Keep the largest part only, join the parts through faces, or support each.",
        )


def _free_motion(points: NDArray[np.float64], held: NDArray[np.bool_], nodes: NDArray[np.int32]) -> str:
    """Return in words a rigid motion of some nodes that the held components allow; empty without one."""
    node, component = np.nonzero(held[nodes])
    if len(node) == 0:
        return "move freely"
    place_of = points[nodes[node]]
    center = place_of.mean(axis=0)
    arms = place_of - center
    size = max(float(np.abs(arms).max()), 1e-300)
    unit = np.eye(3)[component]
    motions = np.hstack([unit, np.cross(arms / size, unit)])
    values, vectors = np.linalg.eigh(motions.T @ motions)
    if values[0] > _FREE * values[-1]:
        return ""
    slide, turn = vectors[:3, 0], vectors[3:, 0]
    if np.linalg.norm(turn) > 1e-3:
        axis = turn / np.linalg.norm(turn)
        return f"turn about ({axis[0]:.2f}, {axis[1]:.2f}, {axis[2]:.2f}) near {place(center)}"
    axis = slide / np.linalg.norm(slide)
    return f"slide along ({axis[0]:.2f}, {axis[1]:.2f}, {axis[2]:.2f})"
