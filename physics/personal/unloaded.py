"""The stress-free shape of a ventricle, or of both, that was imaged under pressure.

Inverse elastostatics (Govindjee and Mihalic 1996): balance is written in the imaged shape, which is known,
and Newton's method finds the reference. Sellier's fixed point (2011), which needs no equations of its own,
was tried first: an exponential law is so soft near its unloaded shape that it crawls from some 0.5 mm on.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from physics.cardiac import Body, Equilibrium, NotConvergedError, State
from physics.cardiac.body import PRESSURE_UNIT
from physics.cardiac.kernels import CORNERS, NODES, UNKNOWNS
from physics.cardiac.ventricle import MMHG_PER_MPA
from physics.elasticity.pardiso import FactorizationError
from physics.personal.general import General
from physics.personal.kernels import inverse_forces
from twin.errors import GeometryError, UserError
from twin.progress import Progress

Array = NDArray[np.float64]

TOLERANCE = 1e-8
"""Of the unbalance, against the cavity's push."""
_EXACT = 1e-10
"""Of the unbalance of a way there again: a millionth of a millimeter is then told."""
_STEPS = 5
_NARROWEST = 1e-3
_LIMIT = 15
_GROWN = 3.0
"""To what a step may raise the unbalance."""


@dataclass(frozen=True, eq=False)
class Unloaded:
    """A body in its stress-free shape.

    Attributes
    ----------
    body : Body
        Its reference is the unloaded shape.
    axes : ndarray, shape (m, q, 3, 3)
        Rows fibre, sheet, normal at the points of integration: the imaged ones, carried back as material
        lines.
    loaded : State
        Under the pressure it was imaged at, solved from the unloaded shape on.
    missed_mm : float
        Largest distance of a node of ``loaded`` from where it was imaged.
    iterations : int
        Of Newton's method, those of steps that were taken back counted.
    """

    body: Body
    axes: Array
    loaded: State
    missed_mm: float
    iterations: int

    @property
    def volume_ml(self) -> float:
        """Of the left cavity of the unloaded shape."""
        return float(self.volumes_ml[0])

    @property
    def volumes_ml(self) -> Array:
        """Of the cavities (c,) of the unloaded shape."""
        return self.body.volumes(self.body.rest()) / 1000.0

    def missed_again_mm(self, imaged: Array, steps: int = 6) -> float:
        """Return how far from where it was imaged (n, 3) a node ends, loaded from the unloaded shape on.

        Springs, which are at ease where it was imaged, come first, then the pressures in steps: the way
        knows nothing of the image.

        Raises
        ------
        NotConvergedError
        """
        search, loads = Equilibrium(self.body, tolerance=_EXACT), self.loaded.loads
        rest = search.follow(lambda _part: 1e-9 * loads, 1)
        again = search.follow(lambda part: part * loads, steps, rest)
        return float(np.linalg.norm(again.points - imaged, axis=1).max())


def unloaded(
    imaged: Body,
    axes: Array,
    pressure_mmhg: float | Array,
    *,
    start: tuple[Array, Array] | None = None,
    progress: Progress | None = None,
) -> Unloaded:
    """Return the shape that becomes the imaged one under the pressures in its cavities.

    The base stays where it was imaged as nearly as a rigid motion of the whole lets it.

    Parameters
    ----------
    imaged : Body
        Its reference is the imaged shape. Springs are at ease there, or push as they do there.
    axes : ndarray, shape (m, q, 3, 3) or (m, 3, 3)
        Of the imaged shape: fibre, sheet, normal, at the points of integration or of each element.
    pressure_mmhg : float or ndarray, shape (c,)
        In each cavity, the left one first.
    start : tuple of ndarray, optional
        Points (n, 3) and hydrostatic pressures of nearly this shape, of this very mesh: a better begin.

    Raises
    ------
    UserError
        A pressure is none that a ventricle at rest has, or no such shape is found: the wall is too soft.
    """
    each = np.atleast_1d(np.asarray(pressure_mmhg, np.float64))
    for pressure in each:
        if not 0.0 < pressure <= 60.0:
            raise UserError(
                f"An end-diastolic pressure of {pressure:g} mmHg is none.", "Give one between 1 and 60 mmHg."
            )
    loads = each / MMHG_PER_MPA
    seek = Inverse(imaged, axes, loads)
    try:
        points, pressures = seek.follow(loads[0], progress) if start is None else seek.solve(*start, loads[0])
        points = seek.laid(points)
        frames = seek.frames(points)
        body = imaged.reshaped(points, frames)
        there = State(imaged.mesh.points.copy(), pressures, loads)
        loaded = Equilibrium(body, thrifty=False, tolerance=1e-7).solve(there)
    except (NotConvergedError, FactorizationError, GeometryError) as error:
        raise UserError(
            f"No unloaded shape was found that {_told(each)} mmHg turn into the imaged one "
            f"(it holds {imaged.faces[0].volume(imaged.mesh.points) / 1000.0:.0f} mL).",
            "Give a lower end-diastolic pressure, a stiffer wall, or a mesh with better elements.",
        ) from error
    missed = float(np.linalg.norm(loaded.points - imaged.mesh.points, axis=1).max())
    return Unloaded(body, frames, loaded, missed, seek.iterations)


class Inverse:
    """The equations of the reference, in the imaged shape.

    Parameters
    ----------
    imaged : Body
    axes : ndarray, shape (m, q, 3, 3) or (m, 3, 3)
    pressures : ndarray, shape (c,)
        In the cavities, in proportion: a load is the left one's, and the others rise with it.
    """

    def __init__(self, imaged: Body, axes: Array, pressures: Array) -> None:
        if len(pressures) != len(imaged.faces):
            raise ValueError(f"{len(imaged.faces)} cavities have {len(imaged.faces)} pressures")
        self._imaged, self._shares = imaged, pressures / pressures[0]
        whole = axes if axes.ndim == 4 else np.broadcast_to(axes[:, None], (*imaged.quadrature, 3, 3))
        self._axes = np.ascontiguousarray(whole, np.float64)
        self.iterations = 0
        count, corners = len(imaged.mesh.points), imaged.corner_count
        held = imaged.fixed.copy()
        self._loose = held.sum() < 6
        if self._loose:
            held.reshape(-1)[_pins(imaged.mesh.points, imaged.faces[0].ring)] = True
        free = np.concatenate([~held.ravel(), np.ones(corners, bool)])
        self._free = np.flatnonzero(free)
        number = np.full(len(free), -1)
        number[self._free] = np.arange(len(self._free))
        tets = imaged.mesh.tets.astype(np.int64)
        component = number[: 3 * count].reshape(-1, 3)
        places = np.hstack([component[tets].reshape(len(tets), -1), number[3 * count + tets[:, :CORNERS]]])
        self._all = np.hstack(
            [(3 * tets[:, :, None] + np.arange(3)).reshape(len(tets), -1), 3 * count + tets[:, :CORNERS]]
        )
        self._scale = np.where(np.arange(len(free)) < 3 * count, 1.0, PRESSURE_UNIT)
        self._equations = General(places, len(self._free))
        self._gradients, self._volumes = imaged.in_space()
        self._residuals = np.empty((len(tets), UNKNOWNS))
        self._matrices = np.empty((len(tets), UNKNOWNS, UNKNOWNS))

    def laid(self, points: Array) -> Array:
        """Return a reference (n, 3) moved as a whole to where its base lies nearest to the imaged one."""
        if not self._loose:
            return points
        ring = self._imaged.faces[0].ring
        here, there = points[ring], self._imaged.mesh.points[ring]
        turn = Rotation.align_vectors(there - there.mean(axis=0), here - here.mean(axis=0))[0]
        return turn.apply(points - here.mean(axis=0)) + there.mean(axis=0)

    def frames(self, points: Array) -> Array:
        """Return axes (m, q, 3, 3) of a reference (n, 3) at its points of integration."""
        f = np.einsum("eai,eqaj->eqij", points[self._imaged.mesh.tets], self._gradients)
        lines = np.einsum("eqij,eqrj->eqri", f, self._axes[..., :2, :])
        fiber = lines[..., 0, :] / np.linalg.norm(lines[..., 0, :], axis=-1, keepdims=True)
        across = lines[..., 1, :] - (lines[..., 1, :] * fiber).sum(axis=-1, keepdims=True) * fiber
        sheet = across / np.linalg.norm(across, axis=-1, keepdims=True)
        return np.stack([fiber, sheet, np.cross(fiber, sheet)], axis=-2)

    def follow(self, load: float, progress: Progress | None) -> tuple[Array, Array]:
        """Return points and pressures under a load that is raised in steps."""
        place = (0.0, self._imaged.mesh.points, np.zeros(self._imaged.corner_count))
        for place in self.walk(load / _STEPS, load):
            if progress is not None:
                progress(place[0] / load, "unloaded shape")
        return place[1:]

    def walk(self, step: float, most: float) -> Iterator[tuple[float, Array, Array]]:
        """Yield loads up to ``most``, MPa, with points and pressures; steps grow, and shrink as need be.

        Raises
        ------
        NotConvergedError
        """
        path = [(0.0, self._imaged.mesh.points.copy(), np.zeros(self._imaged.corner_count))]
        widest, narrowest = step, _NARROWEST * step
        while path[-1][0] < most * (1.0 - 1e-12):
            load = min(path[-1][0] + step, most)
            try:
                path.append((load, *self.solve(*foreseen(path[-2:], load), load)))
            except (NotConvergedError, FactorizationError):
                step /= 2
                if step < narrowest:
                    raise
                continue
            step = min(1.5 * step, max(widest, 0.3 * load))
            yield path[-1]

    def solve(self, points: Array, pressures: Array, load: float) -> tuple[Array, Array]:
        """Return points and pressures under a load, from a guess.

        Raises
        ------
        NotConvergedError
        """
        outer = np.zeros(len(self._scale))
        outer[: 3 * len(points)] = self._imaged.outer(load * self._shares).ravel()
        size = float(np.linalg.norm(load * self._imaged.faces[0].push(self._imaged.mesh.points)[1]))
        residual, norm = self._unbalance(points, pressures, outer)
        for _ in range(_LIMIT):
            if norm <= TOLERANCE * size:
                return points, pressures
            self.iterations += 1
            scale = np.concatenate([np.ones(3 * NODES), np.full(CORNERS, PRESSURE_UNIT)])
            step = np.zeros(len(self._scale))
            step[self._free] = self._equations.solve(
                self._matrices * scale[:, None] * scale, -residual[self._free]
            )
            step *= self._scale
            if self._loose:
                # The pinned nodes turn with their surroundings, and swing the far end by many millimeters.
                step[: 3 * len(points)] = _still(points, step[: 3 * len(points)].reshape(-1, 3)).ravel()
            for _halving in range(5):
                moved = points + step[: 3 * len(points)].reshape(-1, 3)
                pressed = pressures + step[3 * len(points) :]
                residual, after = self._unbalance(moved, pressed, outer)
                if after <= _GROWN * norm:
                    break
                step *= 0.5
            else:
                break
            points, pressures, norm = moved, pressed, after
        raise NotConvergedError("The unloaded shape was not found.", "Raise the pressure in smaller steps.")

    def _unbalance(self, points: Array, pressures: Array, outer: Array) -> tuple[Array, float]:
        body = self._imaged
        least = inverse_forces(
            points, pressures, body.mesh.tets, self._gradients, self._volumes, body.corners, body.law.code,
            body.numbers, body.compliance, self._axes, self._residuals, self._matrices,
        )  # fmt: skip
        with np.errstate(over="ignore", invalid="ignore"):  # an inverted element's numbers mean nothing
            summed = np.bincount(self._all.ravel(), self._residuals.ravel(), len(self._scale))
            whole = summed * self._scale + outer
            norm = float(np.linalg.norm(whole[self._free]))
        return whole, norm if least > 0.0 and np.isfinite(norm) else np.inf


def _told(pressures_mmhg: Array) -> str:
    return " and ".join(f"{pressure:g}" for pressure in pressures_mmhg)


def foreseen(path: list[tuple[float, Array, Array]], load: float) -> tuple[Array, Array]:
    """Return where one or two places on a way, each with its load, point to."""
    if len(path) == 1:
        return path[0][1:]
    (a, *one), (b, *two) = path
    points, pressures = (y + (load - b) / (b - a) * (y - x) for x, y in zip(one, two, strict=True))
    return points, pressures


def _still(points: Array, step: Array) -> Array:
    """Return displacements (n, 3) of points (n, 3) without the rigid motion that is in them."""
    away = points - points.mean(axis=0)
    moved = step - step.mean(axis=0)
    inertia = np.trace(away.T @ away) * np.eye(3) - away.T @ away
    turn = np.linalg.solve(inertia, np.cross(away, moved).sum(axis=0))
    return moved - np.cross(turn, away)


def _pins(points: Array, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return six components (of 3n) of some nodes that hold a body firmly against rigid motion."""
    away = points[nodes] - points[nodes].mean(axis=0)
    turns = np.cross(np.eye(3)[:, None], away[None]) / np.linalg.norm(away, axis=1).max()
    moves = np.broadcast_to(np.eye(3)[:, None], turns.shape)
    rigid = np.concatenate([moves, turns]).reshape(6, -1)
    best = scipy.linalg.qr(rigid, pivoting=True, mode="r")[1][:6]
    return np.asarray(3 * nodes[best // 3] + best % 3)
