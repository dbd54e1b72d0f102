"""Scar in a ventricle's wall: from labels in an image to the share of each element that is dead."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from physics.cardiac.body import quadrature
from physics.cardiac.fields import shape_values
from physics.elasticity.kernels import element_gradients, shape_gradients
from twin.domain import LabelMap, Motion, Number, TetMesh
from twin.errors import UserError

Array = NDArray[np.float64]

SCAR, LIVING = "scar", "living muscle"
"""Structures as ``segmentation.scar`` calls them; a part of any other name is taken as scar too."""
DENSITY_G_ML = 1.05
"""Of heart muscle (Vinnakota and Bassingthwaighte 2004, Am J Physiol 286:H1742: 1.053)."""

OF_MESHED = (
    f"Of the meshed wall, at {DENSITY_G_ML:g} g/mL: an element is scar by its share of what the labels show "
    "of it. The labels' own mass is that of their voxels, whose steps do not end where the wall does: both "
    "differ by some percent."
)
"""Why the scar's mass differs from that which the step tells that finds it."""

_ROWS = 10
"""Of places along an element's edge at which labels are looked up: 220 in each."""
_SLAB, _ALIKE, _LEAST_MM, _MOST_MM = 0.2, 0.2, 1.0, 8.0
"""A slice's section of the mesh: half its thickness as a share of the slices' distance, by how much of its
area the labels' may differ, and how far a slice is moved at least and at most."""
_SHOWN = 0.3
"""Of an element the labels must show at least so much, or what they do not show counts as living."""
_TOLD_MM, _TOLD_SHARE = 1.5, 0.1
_NEAREST = 8
_LEAST = 0.01
"""Share of a segment from which scar is told."""


@dataclass(frozen=True, eq=False)
class Dead:
    """What labels say of a mesh.

    Attributes
    ----------
    share : ndarray, shape (m,)
        Dead muscle of each element.
    beyond : float
        Share of the scar's volume that lies in no element.
    moved_mm : ndarray, shape (k,)
        How far each slice of the labels lay beside the wall; put right.
    """

    share: Array
    beyond: float
    moved_mm: Array


def with_scar(
    mesh: TetMesh, labels: LabelMap, stiffness: float, motion: Motion, phases: tuple[int, int]
) -> TetMesh:
    """Return a wall whose scar does not pull, and is stiffer at rest.

    An element that is in part scar pulls and resists by its shares of both.

    Parameters
    ----------
    stiffness : float
        Of scar, as a share of living muscle's.
    motion : Motion
        What the mesh was made of.
    phases : (int, int)
        That of the mesh, and the one at which the labels were seen.

    Raises
    ------
    UserError
        Labels of another space, of several structures none of which is "scar", or beside the wall.
    """
    dead = dead_in(mesh, labels, motion, phases)
    if not dead.share.any():
        return replace(mesh, notes=(*mesh.notes, "The labels hold no scar: all of the wall is living."))
    told = replace(mesh, living=1.0 - dead.share)
    numbers = scar_numbers(told)
    notes = [
        f"Scar: {numbers[0].value:.1f} g, {numbers[1].value:.0f} % of the wall. It does not pull, and is "
        f"{stiffness:g} times as stiff as living muscle at rest (assumed: no image shows it).",
        f"The scar's labels come to {_labeled_g(labels):.1f} g by their voxels, whose steps do not end where "
        "the wall does; an element counts by its share of what they show of it.",
    ]
    off = [f"{k + 1} by {d:.1f} mm" for k, d in enumerate(dead.moved_mm) if d >= _TOLD_MM]
    if off:
        notes.append(f"Slices of the scar's labels that lay beside the wall, put right: {', '.join(off)}.")
    if dead.beyond >= _TOLD_SHARE:
        notes.append(f"{100 * dead.beyond:.0f} % of the scar's labels lie beside the wall, and are left out.")
    return replace(
        told, stiffness=1.0 + (stiffness - 1.0) * dead.share, notes=(*mesh.notes, *notes)
    )  # fmt: skip


def _labeled_g(labels: LabelMap) -> float:
    return (
        DENSITY_G_ML * float(_chosen(labels).sum()) * abs(float(np.linalg.det(labels.affine[:3, :3]))) / 1000
    )


def dead_in(mesh: TetMesh, labels: LabelMap, motion: Motion, phases: tuple[int, int]) -> Dead:
    """Return the share of each element that labels call scar.

    Where the labels hold living muscle too, each slice is first put where its ring lies in the mesh, and what
    counts of an element is what lies in the ring.
    """
    frames = labels.frame_of_reference, mesh.frame_of_reference
    if all(frames) and frames[0] != frames[1]:
        raise UserError(
            "The scar's labels and the ventricle lie in different frames of reference.",
            "Take labels of the same study.",
        )
    scar = _chosen(labels)
    places, volumes = _places(mesh)
    seen = _carried(motion, phases, places.reshape(-1, 3))
    at = (seen - labels.affine[:3, 3]) @ np.linalg.inv(labels.affine[:3, :3]).T
    ring = scar | labels.mask(LIVING) if LIVING in [s.name for s in labels.structures] else None
    moved = _moved(labels, ring, at, np.repeat(volumes / places.shape[1], places.shape[1]))
    slices = np.clip(np.rint(at[:, 2]).astype(int), 0, len(scar) - 1)
    at[:, :2] += moved[slices]
    index = np.rint(at).astype(int)[:, ::-1]
    inside = ((index >= 0) & (index < scar.shape)).all(axis=1)
    looked = np.stack([scar, scar if ring is None else ring])
    found = np.zeros((2, len(at)), bool)
    found[:, inside] = looked[:, *index[inside].T]
    share, shown = found.reshape(2, *places.shape[:2]).mean(axis=2)
    if ring is not None:  # an element's edge may lie a voxel beside the ring: that is no living muscle
        share = np.divide(share, shown, out=share.copy(), where=shown >= _SHOWN)
    whole = float(scar.sum()) * abs(float(np.linalg.det(labels.affine[:3, :3])))
    if whole and not share.any():
        raise UserError(
            "None of the scar's labels lies in the ventricle's wall.",
            "Check that the labels are of this study, and of the wall.",
        )
    beyond = max(1.0 - float(share @ volumes) / whole, 0.0) if whole else 0.0
    return Dead(share, beyond, np.linalg.norm(moved * labels.spacing_mm[:2], axis=1))


def scar_numbers(mesh: TetMesh) -> tuple[Number, ...]:
    """Return the scar's mass, its share of the wall and of the segments that have any; none without scar."""
    if mesh.living is None:
        return ()
    _, volumes = _places(mesh)
    dead = (1.0 - mesh.living) * volumes
    remark = OF_MESHED
    found = [
        Number("scar", DENSITY_G_ML * float(dead.sum()) / 1000.0, "g", remark=remark),
        Number("scar, share of the wall", 100.0 * float(dead.sum() / volumes.sum()), "%"),
    ]
    for number, name in enumerate(mesh.region_names):
        here = mesh.regions == number
        share = float(dead[here].sum() / volumes[here].sum()) if here.any() else 0.0
        if share >= _LEAST and len(mesh.region_names) > 1:
            found.append(Number(f"scar, {name}", 100.0 * share, "%"))
    return tuple(found)


def _chosen(labels: LabelMap) -> NDArray[np.bool_]:
    names = [s.name for s in labels.structures]
    if len(names) == 1 or SCAR in names:
        return labels.mask(SCAR if SCAR in names else names[0])
    listed = ", ".join(names) or "none"
    raise UserError(
        f"Which of the labels' structures is scar is not told; there are: {listed}.",
        "Name one: LABELMAP/STRUCTURE.",
    )


def _places(mesh: TetMesh) -> tuple[Array, Array]:
    """Return places spread over each element (m, q, 3), mm, and the elements' volumes (m,), mm³."""
    steps = np.indices((_ROWS,) * 4).reshape(4, -1).T
    corners = (steps[steps.sum(axis=1) == _ROWS - 1] + 0.25) / _ROWS
    nodes = mesh.points[mesh.tets]
    weights = shape_values(corners) if nodes.shape[1] == 10 else corners
    inside, shares = quadrature()
    count, columns = mesh.tets.shape
    gradients, volumes = np.empty((count, len(shares), columns, 3)), np.empty((count, len(shares)))
    element_gradients(mesh.points, mesh.tets, shape_gradients(columns, inside), 1.0 / 6.0, gradients, volumes)
    return np.einsum("qa,eai->eqi", weights, nodes), volumes @ shares


def _carried(motion: Motion, phases: tuple[int, int], places: Array) -> Array:
    """Return where places (n, 3) of the wall lie at another phase: as its surfaces about them move."""
    if phases[0] == phases[1]:
        return places
    here, there = (
        np.concatenate([s.points[phase].astype(np.float64) for s in motion.surfaces]) for phase in phases
    )
    away, nearest = cKDTree(here).query(places, _NEAREST)
    weights = 1.0 / (away + 1e-3) ** 2
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(places + np.einsum("nk,nkc->nc", weights, (there - here)[nearest]))


def _moved(labels: LabelMap, ring: NDArray[np.bool_] | None, at: Array, volumes: Array) -> Array:
    """Return by how many pixels along i and j each slice's ring lies beside the mesh's, (k, 2)."""
    found, spacing = np.zeros((labels.labels.shape[-3], 2)), labels.spacing_mm
    if ring is None:
        return found
    whole = np.flatnonzero(ring.any(axis=(1, 2)))[1:-1]  # base and apex are cut, not shown all round
    for k in whole:
        here = np.abs(at[:, 2] - k) < _SLAB
        if not here.any():
            continue
        mesh_mm2 = volumes[here].sum() / (2.0 * _SLAB * spacing[2])
        if abs(ring[k].sum() * spacing[0] * spacing[1] / mesh_mm2 - 1.0) > _ALIKE:
            continue
        off = np.argwhere(ring[k]).mean(axis=0)[::-1] - np.average(
            at[here, :2], axis=0, weights=volumes[here]
        )
        if _LEAST_MM <= np.linalg.norm(off * spacing[:2]) <= _MOST_MM:
            found[k] = off
    return found
