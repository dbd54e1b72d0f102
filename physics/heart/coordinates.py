"""Where a place lies in the wall: between which faces, how far from the apex, how thick the wall is there.

The faces by Laplace–Dirichlet problems (Bayer et al. 2012, Ann Biomed Eng 40:2243); how far between them by
lengths along the gradient lines (Yezzi and Prince 2003, IEEE Trans Med Imaging 22:1332), since Laplace's own
solution is no linear measure in a thick, curved wall.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.elasticity.kernels import EDGES
from physics.heart.axis import LongAxis, long_axis
from physics.heart.checks import check_ventricle
from physics.heart.laplace import Elements
from twin.domain import TetMesh

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Coordinates of a ventricle's corner nodes (n,), and gradients at its elements (m, 3).

    Attributes
    ----------
    lv, rv, epi : ndarray, shape (n,)
        Shares of the three faces: 1 on a face, 0 on the others, 1 together; linear through the wall.
    apicobasal : ndarray, shape (n,)
        0 at the apex, 1 at the base, by Laplace.
    thickness_mm : ndarray, shape (n,)
        The wall's: of the left ventricle with the septum, of the right one elsewhere.
    right : ndarray of bool, shape (m,)
        Elements of the right ventricle's free wall.
    to_lv, to_rv, to_epi, to_base : ndarray, shape (m, 3)
        Gradients of the Laplace solutions, 1/mm; zero where there is no right ventricle.
    axis : LongAxis
        Of the left ventricle.
    """

    lv: Array
    rv: Array
    epi: Array
    apicobasal: Array
    thickness_mm: Array
    right: NDArray[np.bool_]
    to_lv: Array
    to_rv: Array
    to_epi: Array
    to_base: Array
    axis: LongAxis

    @property
    def transmural(self) -> Array:
        """0 on the left ventricle's endocardium, 1 on the epicardium and the septum's right side; (n,)."""
        return 1.0 - self.lv


def coordinates(mesh: TetMesh) -> Coordinates:
    """Return the coordinates of a ventricle's mesh.

    Parameters
    ----------
    mesh : TetMesh
        With patches ``endo_lv``, ``epi``, ``base``, and ``endo_rv`` where there is a right ventricle; of
        ten-node elements the corners are taken.

    Raises
    ------
    GeometryError
        Where a patch is missing or the mesh is inverted.
    """
    check_ventricle(mesh)
    elements = Elements.of(mesh)
    names = [p.name for p in mesh.patches]
    faces = {n: np.unique(mesh.patch(n).triangles).astype(np.int64) for n in names}
    axis = long_axis(mesh.points, mesh.patch("endo_lv").triangles)
    above = _between(elements, _apex(mesh, axis, elements), faces["base"])
    epi = np.setdiff1d(faces["epi"], faces["endo_lv"])
    if "endo_rv" not in faces:
        outward = _between(elements, faces["endo_lv"], epi)
        to_epi = elements.slopes(outward)
        inner, outer = _lengths(elements, to_epi, faces["endo_lv"], epi)
        depth = inner / (inner + outer)
        none = np.zeros_like(depth)
        return Coordinates(
            1.0 - depth, none, depth, above, inner + outer, np.zeros(len(to_epi), bool),
            -to_epi, np.zeros_like(to_epi), to_epi, elements.slopes(above), axis,
        )  # fmt: skip
    rv = np.setdiff1d(faces["endo_rv"], faces["endo_lv"])
    epi = np.setdiff1d(epi, rv)
    lv_share = _between(elements, np.concatenate([rv, epi]), faces["endo_lv"])
    rv_share = _between(elements, np.concatenate([faces["endo_lv"], epi]), rv)
    epi_share = 1.0 - lv_share - rv_share
    to_lv, to_rv, to_epi = (elements.slopes(x) for x in (lv_share, rv_share, epi_share))
    right = (np.linalg.norm(to_lv, axis=1) < np.linalg.norm(to_epi, axis=1)) & (
        lv_share[elements.tets].mean(axis=1) < rv_share[elements.tets].mean(axis=1)
    )
    left = _lengths(elements, -to_lv, faces["endo_lv"], np.concatenate([rv, epi]))
    free = _lengths(elements, -to_rv, rv, np.concatenate([faces["endo_lv"], epi]))
    at_right = elements.at_nodes(right.astype(float)) > 0.5 * elements.at_nodes(np.ones(len(right)))
    shares = _linear(at_right, left, free, lv_share, rv_share, epi_share)
    return Coordinates(
        *shares, above, np.where(at_right, sum(free), sum(left)), right,
        to_lv, to_rv, to_epi, elements.slopes(above), axis,
    )  # fmt: skip


def _between(elements: Elements, zero: NDArray[np.int64], one: NDArray[np.int64]) -> Array:
    zero = np.setdiff1d(zero, one)
    values = np.concatenate([np.zeros(len(zero)), np.ones(len(one))])
    return elements.solve(np.concatenate([zero, one]), values)


def _lengths(
    elements: Elements, along: Array, near: NDArray[np.int64], far: NDArray[np.int64]
) -> tuple[Array, Array]:
    """Return the lengths to two faces along a gradient, mm: least squares of N·∇L = ±1."""
    unit = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-300)
    inner = elements.solve(near, np.zeros(len(near)), unit, unit)
    outer = elements.solve(far, np.zeros(len(far)), unit, -unit)
    return np.maximum(inner, 0.0), np.maximum(outer, 0.0)


def _linear(
    at_right: NDArray[np.bool_],
    left: tuple[Array, Array],
    free: tuple[Array, Array],
    lv: Array,
    rv: Array,
    epi: Array,
) -> tuple[Array, Array, Array]:
    """Return the three faces' shares, linear through the wall that a node lies in.

    What does not belong to the wall's own endocardium is shared by the two others as Laplace's solution has
    it.
    """
    inner, outer = (np.where(at_right, b, a) for a, b in zip(left, free, strict=True))
    depth = inner / np.maximum(inner + outer, 1e-300)
    across = np.where(at_right, lv, rv)
    share = across / np.maximum(across + epi, 1e-300)
    own, other = 1.0 - depth, depth * np.clip(share, 0.0, 1.0)
    return np.where(at_right, other, own), np.where(at_right, own, other), depth - other


def _apex(mesh: TetMesh, axis: LongAxis, elements: Elements) -> NDArray[np.int64]:
    """Return the nodes about the axis, from the endocardium's apex outward."""
    points = mesh.points[: elements.count]
    edge = np.mean(
        [np.linalg.norm(points[elements.tets[:, a]] - points[elements.tets[:, b]]) for a, b in EDGES]
    )
    edge /= np.sqrt(len(elements.tets))
    away = points - axis.apex
    along = -away @ axis.up
    aside = np.linalg.norm(away + along[:, None] * axis.up, axis=1)
    used = np.bincount(elements.tets.ravel(), minlength=elements.count) > 0
    found: NDArray[np.int64] = np.flatnonzero(used & (along > -1e-6) & (aside < 0.7 * edge))
    return found
