"""Where a ventricle's wall lies in a stack of slices that was taken after the cine it was found in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.heart.breathing import SCATTER_MM
from segmentation.tetrahedra.wrap import enclosed
from twin.domain import Motion, MovingSurface, Volume
from twin.errors import UserError

Array = NDArray[np.float64]

GRID_MM, _AROUND_MM = 1.2, 13.0
"""Of the grid that holds distances from a surface, and how far about the surface it goes."""
_DEEP_MM, _WITHIN_MM = 1.5, 1.0
"""So far within cavity and wall is looked whether a slice lies where the wall is."""
_MOST_MM = 8.0
"""Farther no slice is moved."""
_LEAST_MM2 = 60.0
"""Of cavity that a slice must show to be put right."""
_FAR_MM = 99.0
_HELD, _GAIN = 0.02, 0.02
"""What a shift of ``SCATTER_MM`` costs, and what a shift must gain, as shares of the contrast of blood and
muscle."""


@dataclass(frozen=True, eq=False)
class LateWall:
    """Voxels of a stack against a ventricle's wall.

    Attributes
    ----------
    inner_mm, outer_mm : ndarray, shape (k, j, i)
        Signed distances from endocardium and epicardium, each closed by a lid over the base; negative inside.
    points : ndarray, shape (k, j, i, 3)
        Where the voxels lie in the wall's own space, the slices put right; LPS mm.
    moved_mm : ndarray, shape (k, 3)
        By how much each slice shows the wall beside where the cine had it.
    """

    inner_mm: Array
    outer_mm: Array
    points: Array
    moved_mm: Array

    @property
    def wall(self) -> NDArray[np.bool_]:
        """Which voxels' centers lie in the muscle."""
        return (self.inner_mm >= 0.0) & (self.outer_mm < 0.0)

    @property
    def thickness_mm(self) -> Array:
        """Of the wall where a voxel of it lies."""
        return self.inner_mm - self.outer_mm


def late_wall(late: Volume, motion: Motion, phase: int, *, align: bool) -> LateWall:
    """Lay a motion's wall at one phase into a stack.

    Parameters
    ----------
    align : bool
        Put each slice right in its plane: where its cavity is brightest against its wall. Scar counts as
        blood there, so that it draws no slice to itself.

    Raises
    ------
    UserError
        Nothing of the wall lies in the stack.
    """
    k, j, i = np.indices(late.shape)
    points = np.stack([i, j, k], axis=-1) @ late.affine[:3, :3].T + late.affine[:3, 3]
    near = _beside(points, motion.surface("epicardium").points[phase])
    if not near.any():
        raise UserError(
            "Nothing of the ventricle's wall lies in the late series.",
            "Take the short-axis stack of the same study.",
        )
    endo, epi = (_Distance.of(motion.surface(name), phase) for name in ("endocardium", "epicardium"))
    moved = np.zeros((late.shape[0], 3))
    if align:
        moved = _moved(late, points, near, endo, epi)
    points = points - moved[:, None, None]
    inner, outer = _fields(points, near, endo, epi)
    return LateWall(inner, outer, points, moved)


def _fields(
    points: Array, near: NDArray[np.bool_], endo: "_Distance", epi: "_Distance"
) -> tuple[Array, Array]:
    inner, outer = np.full(near.shape, _FAR_MM), np.full(near.shape, _FAR_MM)
    inner[near], outer[near] = endo(points[near]), epi(points[near])
    return inner, outer


def _beside(points: Array, surface: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which voxels (k, j, i) lie in the box about a surface, as far as slices are moved."""
    low, high = surface.min(axis=0) - _MOST_MM - 2.0, surface.max(axis=0) + _MOST_MM + 2.0
    return np.asarray(((points >= low) & (points <= high)).all(axis=-1))


def _moved(
    late: Volume, points: Array, near: NDArray[np.bool_], endo: "_Distance", epi: "_Distance"
) -> Array:
    """Return by how much each slice is off in its plane, LPS mm; (k, 3)."""
    values = late.slope * late.voxels.astype(np.float64) + late.intercept
    inner, outer = _fields(points, near, endo, epi)
    cavity, wall = inner < -_DEEP_MM, (inner > _WITHIN_MM) & (outer < -_WITHIN_MM)
    found = np.zeros((len(values), 3))
    if not cavity.any() or not wall.any():
        return found
    bright, dark = float(np.median(values[inner < -_DEEP_MM])), float(np.percentile(values[wall], 20))
    if bright <= dark:
        return found
    share = np.clip((values - dark) / (bright - dark), 0.0, 1.0)
    axes = late.affine[:3, :2] / late.spacing_mm[:2]
    pixel_mm2 = float(np.prod(late.spacing_mm[:2]))
    for k in range(len(values)):
        if cavity[k].sum() * pixel_mm2 < _LEAST_MM2 or not wall[k].any():
            continue
        here = outer[k] < _MOST_MM + 2.0
        where, seen = points[k][here], share[k][here]

        def score(shift: Array, where: Array = where, seen: Array = seen) -> float:
            there = where - axes @ shift
            inside, beside = endo(there), epi(there)
            blood, muscle = inside < -_DEEP_MM, (inside > _WITHIN_MM) & (beside < -_WITHIN_MM)
            if not blood.any() or not muscle.any():
                return -np.inf
            held = _HELD * float(shift @ shift) / SCATTER_MM**2
            return float(seen[blood].mean() - seen[muscle].mean()) - held

        best = np.zeros(2)
        for step, reach in ((2.0, _MOST_MM), (1.0, 1.0), (0.5, 0.5)):
            steps = np.arange(-reach, reach + 1e-9, step)
            tried = [best + np.array([a, b]) for a in steps for b in steps]
            best = tried[int(np.argmax([score(shift) for shift in tried]))]
        if score(best) > score(np.zeros(2)) + _GAIN:
            found[k] = axes @ best
    return found


@dataclass(frozen=True, eq=False)
class _Distance:
    """Signed distance from a closed surface on a grid along LPS, mm; beyond the grid that at its border."""

    values: NDArray[np.float32]
    origin: Array
    step_mm: float

    @classmethod
    def of(cls, surface: MovingSurface, phase: int) -> "_Distance":
        mask, affine = enclosed(*closed(surface.points[phase].astype(np.float64), surface.triangles), GRID_MM)
        around = int(_AROUND_MM / affine[0, 0])
        mask = np.pad(mask, around)
        outside, inside = (ndimage.distance_transform_edt(m, affine[0, 0]) for m in (~mask, mask))
        # A voxel's center lies half a voxel from the border between it and the next.
        half = 0.5 * affine[0, 0]
        signed = np.where(mask, half - inside, outside - half).astype(np.float32)
        return cls(signed, affine[:3, 3] - around * affine[0, 0], float(affine[0, 0]))

    def __call__(self, points: Array) -> Array:
        """Return the distances of points (..., 3), LPS mm."""
        places = np.moveaxis((points - self.origin) / self.step_mm, -1, 0)[::-1]
        return np.asarray(ndimage.map_coordinates(self.values, places, order=1, mode="nearest"), np.float64)


@dataclass(frozen=True, eq=False)
class LongAxis:
    """A ventricle's long axis at a phase, LPS mm.

    Attributes
    ----------
    center, apex : ndarray, shape (3,)
        The middle of the mitral ring and the cavity's farthest place from it.
    normal : ndarray, shape (3,)
        Of the ring's plane, a unit vector away from the apex.
    """

    center: Array
    apex: Array
    normal: Array


def axis_of(motion: Motion, phase: int) -> LongAxis:
    """Return a motion's long axis at a phase, by its endocardium, which is open at the base."""
    surface = motion.surface("endocardium")
    points = surface.points[phase].astype(np.float64)
    ring = points[np.unique(_rim(surface.triangles))]
    if not len(ring):
        raise UserError(
            "The endocardium is closed: where the ventricle's base lies is not known.",
            "Segment the heart anew.",
        )
    center = ring.mean(axis=0)
    apex = points[np.linalg.norm(points - center, axis=1).argmax()]
    normal = np.linalg.svd(ring - center, full_matrices=False)[2][2]
    return LongAxis(center, apex, normal * np.sign(normal @ (center - apex)))


def _rim(triangles: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the sides (r, 2) that but one triangle has, as it goes round."""
    sides = triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    _, place, uses = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True, return_counts=True)
    return sides[uses[place.ravel()] == 1]


def closed(points: Array, triangles: NDArray[np.int32]) -> tuple[Array, NDArray[np.int32]]:
    """Return a surface with its open edge closed by a lid about the edge's middle."""
    rim = _rim(triangles)
    if not len(rim):
        return points, triangles
    lid = np.column_stack([rim[:, 1], rim[:, 0], np.full(len(rim), len(points))])
    return np.vstack([points, points[rim[:, 0]].mean(axis=0)]), np.vstack([triangles, lid]).astype(np.int32)
