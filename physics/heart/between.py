"""The wall between an endocardium and an epicardium, below a base plane."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from physics.heart.fan import BasePlane, Fan, fan_in
from physics.heart.rays import first_hits
from physics.heart.wall import mesh_of
from twin.domain import Surface, TetMesh
from twin.errors import GeometryError

Grid = NDArray[np.float64]

_LEVELS, _ANGLES = 49, 72
_MOST_OPEN = 0.3
"""Share of rays that may find no wall: valves."""
_MOST_CROSSED = 0.01
_THICKEST = 2.5
"""Times the median thickness: what is thicker is the far side of something else."""


@dataclass(frozen=True, eq=False)
class Between:
    """A wall by rays from within the cavity; a ``Wall`` for ``mesh_of``.

    Attributes
    ----------
    fan : Fan
        The rays.
    inner_mm, thick_mm : ndarray, shape (levels, angles)
        How far along its ray the endocardium lies, and the wall's thickness along it; rows from apex to base.
    notes : tuple of str
        What was closed or thickened to make a wall.
    """

    fan: Fan
    inner_mm: Grid
    thick_mm: Grid
    notes: tuple[str, ...] = ()

    def place(self, level: Grid, angle: Grid, depth: Grid) -> Grid:
        """Return points (n, 3), LPS mm."""
        origins, directions = self.fan.rays(level, angle)
        far = _at(self.inner_mm, level, angle) + depth * _at(self.thick_mm, level, angle)
        return origins + far[:, None] * directions


def ventricle_between(
    endo: Surface,
    epi: Surface,
    base: BasePlane,
    edge_mm: float,
    *,
    rv: Surface | None = None,
    layers: int | None = None,
    order: int = 1,
) -> TetMesh:
    """Return the left ventricle's wall as tetrahedra, patches ``endo_lv``, ``epi`` and ``base``.

    See ``wall_between`` and ``wall.mesh_of``.
    """
    wall = wall_between(endo, epi, base, rv=rv)
    return replace(
        mesh_of(wall, edge_mm, layers=layers, order=order),
        frame_of_reference=endo.frame_of_reference,
        identity=endo.identity,
        notes=(*endo.notes, *wall.notes),
    )


def wall_between(
    endo: Surface,
    epi: Surface,
    base: BasePlane,
    *,
    rv: Surface | None = None,
    smooth: float = 0.15,
    least_mm: float = 2.0,
) -> Between:
    """Return the left ventricle's wall between two surfaces, open or closed.

    Parameters
    ----------
    endo, epi : Surface
        Of the left ventricle; the epicardium may be that of both ventricles where ``rv`` is given.
    base : BasePlane
        What lies above it is left out. Where the endocardium or the epicardium is open below (an outflow
        tract), the wall goes on over the hole as its surroundings do.
    rv : Surface, optional
        The right ventricle's endocardium: the septum ends there.
    smooth : float
        Standard deviation over which the thickness is averaged, as a share of the cavity's radius: rounds the
        ledge where the right ventricle begins.
    least_mm : float
        What is thinner is made so thick, and said.

    Raises
    ------
    GeometryError
        Where the endocardium lies outside the epicardium, too much is open, or the plane cuts off no
        ventricle.
    """
    fan = fan_in(endo, base, None if rv is None else rv.points.mean(axis=0))
    level = np.repeat(np.linspace(0.0, 1.0, _LEVELS), _ANGLES)
    angle = np.tile(2 * np.pi * np.arange(_ANGLES) / _ANGLES, _LEVELS)
    origins, directions = fan.rays(level, angle)
    inner = first_hits(origins, directions, endo.points, endo.triangles)
    outer = first_hits(origins, directions, epi.points, epi.triangles)
    _check_closed("endocardium", inner)
    if rv is not None:
        outer = np.minimum(outer, first_hits(origins, directions, rv.points, rv.triangles))
    _check_closed("epicardium", outer)
    both = np.isfinite(inner) & np.isfinite(outer)
    crossed = both & (outer <= inner)
    if crossed.sum() > _MOST_CROSSED * both.sum():
        first = (origins + inner[:, None] * directions)[np.flatnonzero(crossed)[0]]
        raise GeometryError(
            f"The endocardium lies outside the epicardium in {100 * crossed.sum() / both.sum():.0f} % of all "
            f"directions, for one at ({first[0]:.0f}, {first[1]:.0f}, {first[2]:.0f}) mm.",
            "Check which surface is which, and correct their contours there.",
        )
    thick = np.where(both, np.maximum(outer - np.where(both, inner, 0.0), 0.0), np.nan)
    thick[thick > _THICKEST * np.nanmedian(thick)] = np.nan
    where = origins - fan.center + _typical(inner)[:, None] * directions
    thick = _smoothed(_filled(thick, where), where, smooth * fan.radius_mm)
    notes = []
    for words, rays in (
        ("The endocardium was continued over holes below the base plane", ~np.isfinite(inner)),
        ("The epicardium was continued over holes below the base plane", ~both),
        (f"The wall was thickened to {least_mm:g} mm", thick < least_mm),
    ):
        if rays.any():
            notes.append(f"{words} ({100 * rays.mean():.1g} % of the rays).")
    inner = _filled(np.where(np.isfinite(inner), inner, np.nan), where)
    shape = _LEVELS, _ANGLES
    return Between(fan, inner.reshape(shape), np.maximum(thick, least_mm).reshape(shape), tuple(notes))


def _check_closed(name: str, far: Grid) -> None:
    missing = float(np.mean(~np.isfinite(far)))
    if missing > _MOST_OPEN:
        raise GeometryError(
            f"The {name} is open: {100 * missing:.0f} % of the rays from within the cavity, below the base "
            "plane, do not meet it.",
            "Move the base plane towards the apex, or close the surface.",
        )


def _typical(inner: Grid) -> Grid:
    """Return the median distance of each level, for every ray."""
    rows = np.where(np.isfinite(inner), inner, np.nan).reshape(_LEVELS, _ANGLES)
    middle = np.array([np.nanmedian(row) if np.isfinite(row).any() else np.nan for row in rows])
    known = np.isfinite(middle)
    return np.repeat(np.interp(np.arange(_LEVELS), np.flatnonzero(known), middle[known]), _ANGLES)


def _filled(values: Grid, where: Grid) -> Grid:
    """Return values with those that are unknown as smooth as can be between the others (Laplace)."""
    from scipy.sparse import coo_array, diags_array
    from scipy.sparse.linalg import spsolve

    unknown = ~np.isfinite(values)
    if not unknown.any():
        return values
    number = np.arange(len(values)).reshape(_LEVELS, _ANGLES)
    pairs = np.concatenate(
        [
            np.stack([number[:-1].ravel(), number[1:].ravel()], 1),
            np.stack([number.ravel(), np.roll(number, -1, axis=1).ravel()], 1),
        ]
    )
    near = 1.0 / np.maximum(np.sum((where[pairs[:, 0]] - where[pairs[:, 1]]) ** 2, axis=1), 1e-2)
    weights = coo_array((near, (pairs[:, 0], pairs[:, 1])), shape=(len(values),) * 2).tocsr()
    weights = weights + weights.T
    matrix = (diags_array(weights.sum(axis=1)) - weights).tocsr()
    made = values.copy()
    right = -matrix[unknown][:, ~unknown] @ values[~unknown]
    made[unknown] = spsolve(matrix[unknown][:, unknown].tocsc(), right)
    return made


def _smoothed(values: Grid, where: Grid, width_mm: float) -> Grid:
    """Return averages of values, weighted by a Gaussian of the distance."""
    if width_mm <= 0.0:
        return values
    from scipy.spatial import cKDTree

    tree = cKDTree(where)
    near = tree.sparse_distance_matrix(tree, 3.0 * width_mm, output_type="ndarray")
    weights = np.exp(-0.5 * (near["v"] / width_mm) ** 2)
    total = np.bincount(near["i"], weights * values[near["j"]], len(values))
    return total / np.bincount(near["i"], weights, len(values))


def _at(values: Grid, level: Grid, angle: Grid) -> Grid:
    """Return grid values at levels and angles: cubic between levels and around."""
    from scipy.interpolate import RectBivariateSpline

    wrapped = np.hstack([values[:, -4:], values, values[:, :5]])
    angles = 2 * np.pi * np.arange(-4, _ANGLES + 5) / _ANGLES
    spline = RectBivariateSpline(np.linspace(0.0, 1.0, _LEVELS), angles, wrapped)
    found: Grid = spline.ev(level, np.mod(angle, 2 * np.pi))
    return found
