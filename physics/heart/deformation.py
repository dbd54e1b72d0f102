"""How a ventricle's wall deforms over a beat: strains by direction and segment, twist.

Strains are engineering strains against end-diastole, as echocardiography and tagging give them: the change of
a length by that length. Each is a mean over elements by their volume, of the whole wall's thickness.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from physics.elasticity.kernels import element_gradients, shape_gradients
from physics.heart.coordinates import Coordinates, coordinates
from physics.heart.segments import local_axes
from twin.domain import TetMesh

Array = NDArray[np.float64]

BASAL, APICAL = 0.75, 0.25
"""Heights between which twist is told: of the middle of the basal and of the apical third, nearly."""
_BAND = 0.1
_MIDDLE = np.full((1, 4), 0.25)


@dataclass(frozen=True, eq=False)
class Deformation:
    """Strains and twist against end-diastole.

    Attributes
    ----------
    longitudinal, circumferential, radial : ndarray, shape (t,)
        Mean strains of the left ventricle's wall, the septum with it.
    by_segment : dict of str to ndarray, shape (t,)
        Mean circumferential strain by region of the mesh.
    twist_deg : ndarray, shape (t,)
        How far the apex has turned against the base, counter-clockwise seen from the apex.
    """

    longitudinal: Array
    circumferential: Array
    radial: Array
    by_segment: dict[str, Array]
    twist_deg: Array


def gradients_at_middles(points: Array, tets: NDArray[np.int32]) -> tuple[Array, Array]:
    """Return gradients (m, a, 3), 1/mm, and Jacobians (m,), mm³, of elements at their middles."""
    shapes = shape_gradients(tets.shape[1], _MIDDLE)
    found, sizes = np.empty((len(tets), 1, tets.shape[1], 3)), np.empty((len(tets), 1))
    element_gradients(points, tets, shapes, 1.0 / 6.0, found, sizes)
    return found[:, 0], sizes[:, 0]


def gradient(points: Array, tets: NDArray[np.int32], slopes: Array) -> Array:
    """Return the deformation gradients (m, 3, 3) at elements' middles for nodes moved to ``points``."""
    return np.einsum("eai,eaj->eij", points[tets], slopes)


def deformation_of(mesh: TetMesh, frames: Sequence[Array], full: int) -> Deformation:
    """Return how a ventricle deforms.

    Parameters
    ----------
    mesh : TetMesh
        Without load; patches as ``coordinates`` wants them.
    frames : sequence of ndarray, shape (n, 3)
        Where its nodes are, mm.
    full : int
        Which of them is end-diastole.
    """
    slopes, _ = gradients_at_middles(frames[full], mesh.tets)
    _, sizes = gradients_at_middles(mesh.points, mesh.tets)
    filled = replace(mesh, points=frames[full])
    corners = filled.points[mesh.tets[:, :4]]
    # Of bent elements the corners alone may be inside out: then directions come along from the unloaded wall.
    bent = bool((np.linalg.det(corners[:, 1:] - corners[:, :1]) <= 0.0).any())
    at = coordinates(mesh if bent else filled)
    axes = local_axes(at)
    directions = np.stack([axes.longitudinal, axes.circumferential, axes.radial])
    if bent:
        rest, _ = gradients_at_middles(mesh.points, mesh.tets)
        directions = np.einsum("eij,dej->dei", gradient(frames[full], mesh.tets, rest), directions)
        directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    strains = np.empty((len(frames), 3, len(mesh.tets)))
    for n, points in enumerate(frames):
        stretched = np.einsum("eij,dej->dei", gradient(points, mesh.tets, slopes), directions)
        strains[n] = np.linalg.norm(stretched, axis=2) - 1.0
    left = np.where(at.right, 0.0, sizes)
    means = strains @ left / left.sum()
    around = {}
    for number, name in enumerate(mesh.region_names):
        here = mesh.regions == number
        if here.any():
            around[name] = strains[:, 1, here] @ sizes[here] / sizes[here].sum()
    return Deformation(
        means[:, 0],
        means[:, 1],
        means[:, 2],
        around,
        twist_of(at, frames, full, np.unique(mesh.tets[~at.right, :4])),
    )


def twist_of(at: Coordinates, frames: Sequence[Array], full: int, left: NDArray[np.integer]) -> Array:
    """Return the angles (t,), degrees, by which the apex has turned against the base since end-diastole.

    ``left``: corners of the left ventricle's wall; the right one's turn otherwise.
    """
    up = at.axis.up
    height = at.axis.height(frames[full][left])
    basal, apical = (np.flatnonzero(np.abs(height - level) < _BAND) for level in (BASAL, APICAL))
    apart = (BASAL - APICAL) / (height[basal].mean() - height[apical].mean())  # nodes do not lie evenly
    first = np.cross(up, np.eye(3)[np.abs(up).argmin()])
    first /= np.linalg.norm(first)
    across = np.stack([first, np.cross(up, first)])
    turned = np.empty(len(frames))
    for n, points in enumerate(frames):
        angles = [
            _turn(frames[full][left[rows]] @ across.T, points[left[rows]] @ across.T)
            for rows in (apical, basal)
        ]
        # Counter-clockwise about ``up`` is clockwise seen from the apex.
        turned[n] = apart * (angles[1] - angles[0])
    return np.degrees(turned)


def _turn(before: Array, after: Array) -> float:
    """Return the rotation, radians, that takes places (n, 2) nearest to others (least squares)."""
    a, b = before - before.mean(axis=0), after - after.mean(axis=0)
    return float(np.arctan2((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum(), (a * b).sum()))
