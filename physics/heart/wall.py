"""A ventricle's wall as tetrahedra: triangles in rings from apex to base, in layers through the wall."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from physics import prisms
from physics.elasticity.kernels import quadrature, shape_gradients
from physics.heart.rings import disc
from twin.domain import Patch, TetMesh
from twin.errors import GeometryError
from twin.sources.tetrahedra import boundary

_MOST_TETS = 2e6
_SAMPLES = 65
_FEWEST_LAYERS = 2
_LEAST_JACOBIAN = 0.1
"""Share of an element's mean below which a curved one is made straight."""


class Wall(Protocol):
    """Where a wall lies, by three coordinates.

    ``level`` goes from 0 (the apex, one place whatever the angle) to 1 (the base), ``angle`` (radians)
    counter-clockwise about the axis from apex to base, ``depth`` from 0 (endocardium) to 1 (epicardium).
    """

    def place(
        self, level: NDArray[np.float64], angle: NDArray[np.float64], depth: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return points (n, 3), LPS mm, of coordinates (n,)."""
        ...


def mesh_of(wall: Wall, edge_mm: float, *, layers: int | None = None, order: int = 1) -> TetMesh:
    """Return a wall as tetrahedra with the patches ``endo_lv``, ``epi`` and ``base``.

    Nodes of the patches lie on the wall's faces, with ``order`` 2 the mid-edge nodes too, but for edges that
    would turn an element inside out; the apex is a node like any other, with six neighbors within its layer.

    Parameters
    ----------
    wall : Wall
        Where the wall lies.
    edge_mm : float
        Wanted length of the edges in the middle of the wall.
    layers : int, optional
        Of elements through the wall; as the edges ask, and at least two, where it is not given.
    order : int
        1: four nodes an element; 2: ten.

    Raises
    ------
    GeometryError
        Where the wall is inside out somewhere, or the edges would be too short for any computer.
    """
    if not edge_mm > 0.0:
        raise GeometryError(f"Edges of {edge_mm:g} mm are asked for.", "Ask for edges above 0 mm.")
    levels, counts, through = _divisions(wall, edge_mm)
    layers = layers or max(_FEWEST_LAYERS, round(through))
    if 6 * layers * sum(counts) > _MOST_TETS:
        raise GeometryError(
            f"Edges of {edge_mm:g} mm would make {6 * layers * sum(counts) / 1e6:.0f} million elements.",
            "Ask for longer edges.",
        )
    flat = disc(counts)
    n = len(flat.ring)
    level = np.tile(levels[flat.ring], layers + 1)
    angle = np.tile(flat.angle, layers + 1)
    depth = np.repeat(np.arange(layers + 1) / layers, n)
    points = wall.place(level, angle, depth)
    tets = prisms.turned(points, prisms.tetrahedra(flat.triangles, n, layers, points))
    _check(points, tets, flat.triangles, n)
    faces = boundary(tets)
    on = depth[faces], level[faces]
    patches = {
        "endo_lv": (on[0] == 0.0).all(axis=1),
        "epi": (on[0] == 1.0).all(axis=1),
        "base": (on[1] == 1.0).all(axis=1),
    }
    if order == 2:
        ends, tets = prisms.middles(tets, len(points))
        turn = (np.diff(angle[ends], axis=1)[:, 0] + np.pi) % (2 * np.pi) - np.pi
        turn[level[ends[:, 0]] == 0.0] = 0.0  # the apex is at every angle
        first = np.where(level[ends[:, 0]] == 0.0, angle[ends[:, 1]], angle[ends[:, 0]])
        middle = wall.place(level[ends].mean(axis=1), first + 0.5 * turn, depth[ends].mean(axis=1))
        points = _straightened(np.concatenate([points, middle]), tets, ends)
    return TetMesh(
        points=points,
        tets=tets.astype(np.int32),
        regions=np.zeros(len(tets), np.int32),
        region_names=("left ventricle",),
        patches=tuple(Patch(name, faces[chosen].astype(np.int32)) for name, chosen in patches.items()),
        structure="left ventricle",
        term="left ventricle",
    )


def _divisions(wall: Wall, edge_mm: float) -> tuple[NDArray[np.float64], list[int], float]:
    """Return the rings' levels, how many nodes each has, and how many edges the wall is thick."""
    level = np.repeat(np.linspace(0.0, 1.0, _SAMPLES), _SAMPLES)
    angle = np.tile(np.linspace(0.0, 2 * np.pi, _SAMPLES), _SAMPLES)
    inner, middle, outer = (
        wall.place(level, angle, np.full(level.shape, depth)).reshape(_SAMPLES, _SAMPLES, 3)
        for depth in (0.0, 0.5, 1.0)
    )
    thick = float(np.linalg.norm(outer - inner, axis=2).mean())
    along = np.linalg.norm(np.diff(middle, axis=0), axis=2).mean(axis=1)
    way = np.concatenate([[0.0], np.cumsum(along)])
    rings = max(3, round(way[-1] / edge_mm))
    levels = np.interp(np.linspace(0.0, way[-1], rings + 1), way, np.linspace(0.0, 1.0, _SAMPLES))
    levels[0], levels[-1] = 0.0, 1.0
    around = np.linalg.norm(np.diff(middle, axis=1), axis=2).sum(axis=1)
    wanted = np.interp(levels, np.linspace(0.0, 1.0, _SAMPLES), around) / edge_mm
    counts = [1]
    for k in range(1, rings + 1):
        counts.append(int(np.clip(round(wanted[k]), max(6, counts[-1] - 6), max(6, counts[-1] + 6))))
    return levels, counts, thick / edge_mm


def _check(
    points: NDArray[np.float64], tets: NDArray[np.int64], triangles: NDArray[np.int64], n: int
) -> None:
    """Raise where layers cross: the way through the wall must leave each triangle on one side."""
    low, high = points[:n], points[-n:]
    corner = low[triangles]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    through = (high - low)[triangles].mean(axis=1)
    side = np.einsum("ij,ij->i", normal, through)
    volumes = np.linalg.det(points[tets[:, 1:]] - points[tets[:, :1]]) / 6.0
    wrong = min(np.count_nonzero(side <= 0), np.count_nonzero(side >= 0)) + np.count_nonzero(volumes <= 0)
    if wrong:
        raise GeometryError(
            f"The wall is inside out or without thickness at {wrong} places.",
            "Check that the epicardium lies outside the endocardium everywhere.",
        )


def _straightened(
    points: NDArray[np.float64], tets: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return nodes with those in the middle of edges put straight where an element would be no element."""
    straight = np.concatenate([points[: -len(ends)], points[ends].mean(axis=1)])
    slopes = shape_gradients(10, np.vstack([quadrature(10), np.eye(4)]))
    slopes = slopes[:, :, 1:] - slopes[:, :, :1]
    points = points.copy()
    while True:
        jacobians = np.linalg.det(np.einsum("eai,qaj->eqij", points[tets], slopes))
        bad = jacobians.min(axis=1) < _LEAST_JACOBIAN * jacobians.mean(axis=1)
        wrong = tets[bad]
        if np.array_equal(points[wrong], straight[wrong]):
            return points
        points[wrong] = straight[wrong]
