"""Fibers and sheets by rule (Bayer et al. 2012, Ann Biomed Eng 40:2243).

Apart from the paper in two things, so that angles are linear through the wall: shares of the faces are
measured along lengths (``Coordinates``), and the frames of the endocardia turn with them too, where in the
paper they keep the endocardium's angle until they are blended with the epicardium's: midway between 60° and
-60° it comes to 30°, not 0°. The direction through the wall is kept exactly, the one from apex to base set at
right angles to it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from physics.heart.coordinates import Coordinates, coordinates
from physics.heart.fibers import Fibers
from twin.domain import TetMesh
from twin.errors import UserError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Angles:
    """Degrees at the endocardium and the epicardium.

    ``endo`` and ``epi`` are the fibers' against the circumference, counter-clockwise seen from outside;
    ``sheet_endo`` and ``sheet_epi`` the sheets' against the way through the wall (Bayer's -65° and 25°).
    """

    endo: float = 60.0
    epi: float = -60.0
    sheet_endo: float = -65.0
    sheet_epi: float = 25.0

    def __post_init__(self) -> None:
        for name in ("endo", "epi", "sheet_endo", "sheet_epi"):
            if not -180.0 <= getattr(self, name) <= 180.0:
                raise UserError(
                    f"The angle “{name}” is {getattr(self, name):g}°.", "Give one between -180° and 180°."
                )


def fibers_of(
    mesh: TetMesh,
    angles: Angles | None = None,
    at: Coordinates | None = None,
    inside: Array | None = None,
) -> Fibers:
    """Return the directions of the muscle at a ventricle's elements; shape (m, 3) each.

    Parameters
    ----------
    mesh : TetMesh
        The ventricle; of ten-node elements the corners are taken.
    angles : Angles, optional
    at : Coordinates, optional
        Of the mesh, where they are known.
    inside : ndarray, shape (q, 4), optional
        Barycentric places within each element, at which directions are wanted instead of one an element: a
        wall of one or two layers has all its angles only so. Shapes are (m, q, 3) then.

    Raises
    ------
    GeometryError
        Where the mesh is no ventricle.
    """
    angles = angles or Angles()
    at = at or coordinates(mesh)
    places = np.full((1, 4), 0.25) if inside is None else inside
    lv, rv, epi = ((x[mesh.tets[:, :4]] @ places.T).ravel() for x in (at.lv, at.rv, at.epi))
    to_lv, to_rv, to_epi, to_base = (
        np.repeat(x, len(places), axis=0) for x in (at.to_lv, at.to_rv, at.to_epi, at.to_base)
    )

    def turned(inward: Array, lv: Array, epi_sign: float, rv_sign: float) -> Array:
        inner = lv + rv_sign * rv
        alpha = angles.endo * inner + epi_sign * angles.epi * epi
        beta = angles.sheet_endo * inner + epi_sign * angles.sheet_epi * epi
        return _turned(frames(to_base, inward), np.radians(alpha), np.radians(beta))

    made = turned(to_epi, lv, 1.0, 1.0)
    if at.to_rv.any():
        left, right = turned(-to_lv, lv, 1.0, -1.0), turned(to_rv, lv, -1.0, -1.0)
        within = _blended(left, right, rv / np.maximum(lv + rv, 1e-300))
        made = _blended(within, made, epi)
    if inside is not None:
        made = made.reshape(len(mesh.tets), len(places), 3, 3)
    fiber, sheet = made[..., 0], made[..., 2]
    return Fibers(fiber, sheet, np.cross(fiber, sheet))


def frames(to_base: Array, through: Array) -> Array:
    """Return columns circumferential, longitudinal and through the wall, right-handed; shape (m, 3, 3)."""
    size = np.linalg.norm(through, axis=1, keepdims=True)
    # Nowhere to go (a face that is far off): any way will do, since that face has no share here.
    some = np.where(size > 0.0, through, np.eye(3)[np.abs(to_base).argmin(axis=1)])
    radial = some / np.where(size > 0.0, size, 1.0)
    around = np.cross(to_base, radial)
    size = np.linalg.norm(around, axis=1, keepdims=True)
    # Where the two ways are one (at an apex), any direction across will do.
    spare = np.cross(np.eye(3)[np.abs(radial).argmin(axis=1)], radial)
    lost = size < 1e-9 * np.linalg.norm(to_base, axis=1, keepdims=True)
    around = np.where(lost, spare, around)
    around /= np.maximum(np.linalg.norm(around, axis=1, keepdims=True), 1e-300)
    return np.stack([around, np.cross(radial, around), radial], axis=2)


def _turned(frame: Array, alpha: Array, beta: Array) -> Array:
    """Turn frames about the way through the wall by α, then about the fiber by β (Bayer's "orient")."""
    zero, one = np.zeros_like(alpha), np.ones_like(alpha)
    first = np.stack(
        [np.cos(alpha), -np.sin(alpha), zero, np.sin(alpha), np.cos(alpha), zero, zero, zero, one]
    )
    second = np.stack([one, zero, zero, zero, np.cos(beta), np.sin(beta), zero, -np.sin(beta), np.cos(beta)])
    return frame @ first.T.reshape(-1, 3, 3) @ second.T.reshape(-1, 3, 3)


def _blended(first: Array, second: Array, share: Array) -> Array:
    """Return frames between two, by the shortest turn of axes without heads (Bayer's "bislerp")."""
    from scipy.spatial.transform import Rotation

    start, goal = Rotation.from_matrix(first), Rotation.from_matrix(second)
    flips = Rotation.from_quat([[0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])
    ways = [(start * flip).inv() * goal for flip in flips]
    nearest = np.argmin([way.magnitude() for way in ways], axis=0)
    turns = np.stack([way.as_rotvec() for way in ways])[nearest, np.arange(len(nearest))]
    starts = np.stack([(start * flip).as_matrix() for flip in flips])[nearest, np.arange(len(nearest))]
    made: Array = starts @ Rotation.from_rotvec(np.clip(share, 0.0, 1.0)[:, None] * turns).as_matrix()
    return made
