"""A body of myocardium: its elements, what holds and loads it, its residual and tangent."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from physics.cardiac import kernels
from physics.cardiac.face import Face
from physics.cardiac.fields import shape_values
from physics.cardiac.laws import Law
from physics.cardiac.linear import Pattern
from physics.cardiac.support import Support
from physics.elasticity.kernels import element_gradients, shape_gradients
from twin.domain import TetMesh
from twin.errors import GeometryError

PRESSURE_UNIT = 1e-2
"""MPa: the equations' unit of pressure, which makes their entries alike in size."""


def quadrature() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return barycentric points (14, 4) and weights, exact for the fifth degree, all positive.

    Walkington 2000, "Quadrature on simplices of arbitrary dimension".
    """
    points, weights = [], []
    for a, weight in (
        (0.31088591926330060980, 0.11268792571801585080),
        (0.09273525031089122640, 0.07349304311636194954),
    ):
        for k in range(4):
            points.append(np.where(np.arange(4) == k, 1 - 3 * a, a))
            weights.append(weight)
    a = 0.04550370412564964949
    for first in range(4):
        for second in range(first):
            points.append(np.where(np.isin(np.arange(4), (first, second)), 0.5 - a, a))
            weights.append(0.04254602077708146644)
    return np.array(points), np.array(weights)


@dataclass(frozen=True, eq=False)
class State:
    """Where a body is, and what presses on it.

    Attributes
    ----------
    points : ndarray, shape (n, 3)
        Nodes, mm.
    pressures : ndarray, shape (corner nodes,)
        Hydrostatic, in the wall, MPa.
    loads : ndarray, shape (faces,)
        Pressures on the body's faces, MPa.
    """

    points: NDArray[np.float64]
    pressures: NDArray[np.float64]
    loads: NDArray[np.float64]


class Body:
    """Ten-node tetrahedra of a hyperelastic, nearly incompressible material with active tension.

    Parameters
    ----------
    mesh : TetMesh
        Ten-node.
    axes : ndarray, shape (m, 3, 3) or (m, q, 3, 3), or callable
        Rows fibre, sheet, normal of the reference, unit vectors: of each element, at each of its points of
        integration (``quadrature``), or a function that returns them (k, 3, 3) for places (k, 3) in mm.
    law : Law
    fixed : ndarray of bool, shape (n, 3)
        Components that do not move.
    faces : sequence of Face
        On which pressures act, in the order in which these are given.
    supports : sequence of Support
        Surfaces that springs hold.
    stiffness : ndarray, shape (m,), optional
        Factor on the law's stresses in each element; the mesh's own where not given.
    bulk_mpa : float
        κ; infinite for an incompressible body.

    Attributes
    ----------
    volumes_mm3 : ndarray, shape (m,)
        Of the elements, in the reference.
    active : ndarray, shape (m, 3)
        Tension along the fibre and across it as second Piola–Kirchhoff stresses at its length in the
        reference, MPa; and how they rise with its stretch (β of ``kernels._pull``; 0 for not at all).
    passing : tuple of ndarray (n, 3) and float, or None
        Where the nodes were (mm) and how much earlier (s): what dashpots pull by, by the implicit rule of
        Euler. None: all is at rest.

    Raises
    ------
    GeometryError
        For an inverted element.
    """

    def __init__(
        self,
        mesh: TetMesh,
        axes: NDArray[np.float64] | Callable[[NDArray[np.float64]], NDArray[np.float64]],
        law: Law,
        fixed: NDArray[np.bool_],
        faces: Sequence[Face] = (),
        *,
        supports: Sequence[Support] = (),
        stiffness: NDArray[np.float64] | None = None,
        bulk_mpa: float = np.inf,
    ) -> None:
        if mesh.tets.shape[1] != kernels.NODES:
            raise GeometryError("The heart's wall needs ten-node tetrahedra.", "Add mid-edge nodes first.")
        self.mesh, self.law, self.faces, self.supports = mesh, law, tuple(faces), tuple(supports)
        count = len(mesh.tets)
        self._shape(axes)
        own = mesh.stiffness if stiffness is None else stiffness
        factor = np.ones(count) if own is None else own
        self.numbers = np.repeat(law.row()[None], count, axis=0)
        self.numbers[:, list(law.stress_scales)] *= factor[:, None]
        self.active = np.zeros((count, 3))
        self.passing: tuple[NDArray[np.float64], float] | None = None
        self.compliance = 0.0 if np.isinf(bulk_mpa) else 1.0 / bulk_mpa
        self.corner_count = int(mesh.tets[:, : kernels.CORNERS].max()) + 1
        self.fixed = fixed
        self._number(fixed)

    def reshaped(self, points: NDArray[np.float64], axes: NDArray[np.float64]) -> "Body":
        """Return this body with another reference: points (n, 3), mm, and axes (m, 3, 3) of its elements.

        Axes may be given at the points of integration, (m, q, 3, 3). Elements, springs, material and the
        numbering of unknowns are shared.

        Raises
        ------
        GeometryError
            For an inverted element.
        """
        made = copy(self)
        made.mesh = replace(self.mesh, points=points)
        made.active, made.numbers, made.passing = self.active.copy(), self.numbers.copy(), None
        made._shape(axes)
        return made

    def _shape(
        self, axes: NDArray[np.float64] | Callable[[NDArray[np.float64]], NDArray[np.float64]]
    ) -> None:
        """Take gradients and volumes of the reference."""
        mesh = self.mesh
        self.corners, weights = quadrature()
        shapes = shape_gradients(kernels.NODES, self.corners)
        count = len(mesh.tets)
        self._gradients = np.empty((count, len(weights), kernels.NODES, 3))
        weighted = np.empty((count, len(weights)))
        element_gradients(mesh.points, mesh.tets, shapes, 1.0, self._gradients, weighted)
        weighted *= weights / 6.0  # of the Jacobian, six times the volume
        self._weighted, self.volumes_mm3 = weighted, weighted.sum(axis=1)
        if not (weighted > 0).all():
            bad = int((weighted <= 0).any(axis=1).sum())
            raise GeometryError(
                f"{bad} of {count} elements of the heart's wall are inverted.",
                "Mesh it anew, with a finer edge.",
            )
        if callable(axes):
            places = np.einsum("qa,eai->eqi", shape_values(self.corners), mesh.points[mesh.tets])
            turn = axes(places.reshape(-1, 3)).reshape(count, -1, 3, 3)
        else:
            turn = axes if axes.ndim == 4 else axes[:, None]
        self._gradients = np.einsum("eqai,eqji->eqaj", self._gradients, turn)

    @property
    def quadrature(self) -> tuple[int, int]:
        """Elements, and points of integration in each."""
        return len(self.mesh.tets), len(self.corners)

    def in_space(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return gradients (m, q, 10, 3) along x, y, z of the reference, 1/mm, and volumes (m, q), mm³."""
        count = len(self.mesh.tets)
        gradients, weighted = np.empty((count, len(self.corners), kernels.NODES, 3)), self._weighted.copy()
        shapes = shape_gradients(kernels.NODES, self.corners)
        element_gradients(self.mesh.points, self.mesh.tets, shapes, 1.0, gradients, weighted)
        return gradients, self._weighted

    def outer(self, loads: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what springs and loads (faces,), MPa, lack to balance in the reference, (n, 3), N."""
        points = self.mesh.points
        total = np.zeros_like(points)
        for support, blocks in zip(self.supports, self._springs, strict=True):
            away = (points - support.ease)[support.faces].reshape(-1, 18)
            forces = np.einsum("kuv,kv->ku", blocks, away).reshape(-1, 6, 3)
            np.add.at(total, support.faces, forces)
        for face, load in zip(self.faces, loads, strict=True):
            total -= load * face.push(points)[1]
        return total

    def _number(self, fixed: NDArray[np.bool_]) -> None:
        """Number the free unknowns: components of nodes, then pressures."""
        nodes, tets = len(self.mesh.points), self.mesh.tets.astype(np.int64)
        free = ~fixed.ravel()
        self._free = np.flatnonzero(free)
        number = np.full(3 * nodes, -1)
        number[self._free] = np.arange(len(self._free))
        self.count = len(self._free) + self.corner_count
        component = number.reshape(-1, 3)
        self._places = np.hstack(
            [component[tets].reshape(len(tets), -1), len(self._free) + tets[:, : kernels.CORNERS]]
        )
        self._face_places = [component[face.faces.astype(np.int64)].reshape(-1, 18) for face in self.faces]
        self._support_places = [component[s.faces.astype(np.int64)].reshape(-1, 18) for s in self.supports]
        self._springs = [support.blocks() for support in self.supports]
        self._rings = [n for n, face in enumerate(self.faces) if face.closed and not fixed[face.border].all()]
        lids = [component[self.faces[n].border].reshape(1, -1) for n in self._rings]
        groups = [self._places, *self._face_places, *self._support_places, *lids]
        self.pattern = Pattern(groups, self.count)
        scale = np.ones(self.count)
        scale[len(self._free) :] = PRESSURE_UNIT
        rows = np.repeat(np.arange(self.count), np.diff(self.pattern.start))
        self._scale = scale
        self._entry_scale = scale[rows] * scale[self.pattern.columns]
        self._matrices = np.empty((len(tets), kernels.ENTRIES))
        self._residuals = np.empty((len(tets), kernels.UNKNOWNS))

    def rest(self) -> State:
        """Return the reference, without pressure."""
        return State(self.mesh.points.copy(), np.zeros(self.corner_count), np.zeros(len(self.faces)))

    def moved(self, state: State, step: NDArray[np.float64]) -> State:
        """Return the state after a step of the free unknowns (count,), and of loads where it is longer."""
        points = state.points.copy()
        points.reshape(-1)[self._free] += step[: len(self._free)]
        pressures = state.pressures + PRESSURE_UNIT * step[len(self._free) : self.count]
        pressed = len(step) > self.count
        return State(
            points, pressures, state.loads + PRESSURE_UNIT * step[self.count :] if pressed else state.loads
        )

    def free(self, nodal: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return nodal vectors (n, 3) as a vector of the free unknowns (count,)."""
        whole = np.zeros(self.count)
        whole[: len(self._free)] = nodal.reshape(-1)[self._free]
        return whole

    def internal(self, state: State) -> tuple[NDArray[np.float64], float]:
        """Return what elements' and springs' forces and volumes lack to balance (count,), and the least J.

        Where J is not positive the vector means nothing.
        """
        least = kernels.forces(
            state.points, state.pressures, self.mesh.tets, self._gradients, self._weighted, self.corners,
            self.law.code, self.numbers, self.active, self.compliance, self._residuals,
        )  # fmt: skip
        whole = np.zeros(self.count)
        kernels.gather(self._residuals, self._places, whole)
        for support, places, blocks in zip(self.supports, self._support_places, self._springs, strict=True):
            away = (state.points - support.ease)[support.faces].reshape(-1, 18)
            if self.passing is not None:
                moved = (state.points - self.passing[0])[support.faces].reshape(-1, 18)
                away += self._drag(support) * moved
            kernels.gather(np.einsum("kuv,kv->ku", blocks, away), places, whole)
        whole *= self._scale
        return whole, float(least)

    def _drag(self, support: Support) -> float:
        """Return a dashpot's pull for what has moved, over its spring's for as much."""
        return 0.0 if self.passing is None else support.damping_s / self.passing[1]

    def residual(self, state: State) -> tuple[NDArray[np.float64], float]:
        """Return the unbalanced forces (count,) under the loads; and the least J."""
        whole, least = self.internal(state)
        for face, load in zip(self.faces, state.loads, strict=True):
            if load:
                whole -= load * self.free(face.push(state.points)[1])
        return whole, least

    def volumes(self, state: State) -> NDArray[np.float64]:
        """Return what each face encloses, mm³."""
        return np.array([face.volume(state.points) for face in self.faces])

    def pushes(self, state: State) -> NDArray[np.float64]:
        """Return the forces of one ``PRESSURE_UNIT`` on each face, shape (faces, count)."""
        return np.array([PRESSURE_UNIT * self.free(face.push(state.points)[1]) for face in self.faces])

    def tangent(self, state: State) -> NDArray[np.float64]:
        """Return the residual's derivative as the numbers of ``pattern``."""
        kernels.tangents(
            state.points, state.pressures, self.mesh.tets, self._gradients, self._weighted, self.corners,
            self.law.code, self.numbers, self.active, self.compliance, self._matrices,
        )  # fmt: skip
        first, second = np.triu_indices(18)
        parts = [self._matrices]
        for face, load in zip(self.faces, state.loads, strict=True):
            parts.append(-load * face.stiffness(state.points)[:, first, second])
        for support, blocks in zip(self.supports, self._springs, strict=True):
            parts.append((1.0 + self._drag(support)) * blocks[:, first, second])
        for n in self._rings:
            lid = -state.loads[n] * self.faces[n].lid_stiffness(state.points)
            parts.append(lid[np.triu_indices(len(lid))][None])
        return self.pattern.assemble(parts) * self._entry_scale
