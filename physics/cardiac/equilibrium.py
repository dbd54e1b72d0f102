"""Where a body of myocardium comes to rest under its loads: Newton's method with few factorizations.

A factorization costs twenty times what the forces cost. So one tangent serves as long as it leads on:
Broyden's update, kept as the steps taken (Kelley 1995, Iterative Methods for Linear and Nonlinear Equations,
ch. 7), makes up for its age, and it is made anew where the residual stops falling.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from physics.cardiac.body import PRESSURE_UNIT, Body, State
from physics.cardiac.linear import Factors
from twin.errors import UserError

_FAR = 20.0
"""Part of the loads: an unbalance beyond it asks for a new tangent at once."""
_WORTH = 10.0
"""Iterations that cost what a new tangent does: one serves on as long as it promises to arrive in fewer."""
_RISE = 2.0
"""To what a new tangent's step may raise the unbalance: a soft wall goes through stiffer states."""


class NotConvergedError(UserError):
    """No rest was found from where the search began."""


@dataclass
class Count:
    """What a search has cost."""

    factorizations: int = 0
    residuals: int = 0
    halvings: int = 0


class Equilibrium:
    """Finds a body's rest, and remembers its last factors for the next search.

    Parameters
    ----------
    body : Body
    thrifty : bool
        Whether a tangent serves for several iterations; else it is Newton's method proper.
    tolerance : float
        Of the residual, against the largest one of the search's loads.
    """

    def __init__(self, body: Body, *, thrifty: bool = True, tolerance: float = 1e-6) -> None:
        self.body, self.thrifty, self.tolerance = body, thrifty, tolerance
        self.count = Count()
        self._factors: Factors | None = None
        self._pushes = self._answers = self._give = np.zeros((0, 0))

    def solve(
        self,
        state: State,
        loads: NDArray[np.float64] | None = None,
        volumes: NDArray[np.float64] | None = None,
        limit: int = 60,
    ) -> State:
        """Return the rest that is found from ``state`` on.

        Parameters
        ----------
        loads : ndarray, shape (faces,), optional
            Pressures on the body's faces, MPa; those of ``state`` where not given.
        volumes : ndarray, shape (faces,), optional
            What the faces enclose, mm³: the pressures are found with it.
        limit : int
            Iterations.

        Raises
        ------
        NotConvergedError
        """
        if loads is not None:
            state = replace(state, loads=np.asarray(loads, np.float64))
        taken: list[NDArray[np.float64]] = []
        needed = self._factors is None
        residual, norm = self._residual(state, volumes)
        scale = self._scale(state)
        goal = self.tolerance * scale
        for _ in range(limit):
            if norm <= goal:
                return state
            here = needed or not self.thrifty or (norm > _FAR * scale and not taken)
            if here:
                self.renew(state)
                needed, taken = False, []
            step = self._step(residual, taken)
            after = self.body.moved(state, step)
            residual_after, norm_after = self._residual(after, volumes)
            if norm_after <= goal or _left(norm, norm_after, goal) < _WORTH:
                taken.append(step)
            elif not here:
                needed = True  # an old tangent, or updates that lead no farther
                continue
            else:
                if norm_after > _RISE * norm:
                    after, residual_after, norm_after = self._shortened(state, step, volumes, norm)
                needed = True
            state, residual, norm = after, residual_after, norm_after
        raise NotConvergedError(
            f"The heart's wall found no balance in {limit} iterations.", "Raise the load in smaller steps."
        )

    def _shortened(
        self,
        state: State,
        step: NDArray[np.float64],
        volumes: NDArray[np.float64] | None,
        norm: float,
    ) -> tuple[State, NDArray[np.float64], float]:
        """Return where a shorter step in the same direction ends, which does less harm."""
        for _ in range(3):
            step = 0.5 * step
            after = self.body.moved(state, step)
            residual, norm_after = self._residual(after, volumes)
            if norm_after <= _RISE * norm:
                return after, residual, norm_after
        raise NotConvergedError(
            "The heart's wall would turn inside out in this step.", "Raise the load in smaller steps."
        )

    def _step(self, residual: NDArray[np.float64], taken: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        step = self._inverse(-residual)
        for before, after in pairwise(taken):
            step += after * (before @ step) / (before @ before)
        if taken:
            last = taken[-1]
            step = step / max(1.0 - float(last @ step) / float(last @ last), 0.1)
        return step

    def _inverse(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the last tangent's answer to forces (count,), or with volumes held (count + faces,)."""
        assert self._factors is not None
        moved = self._factors.solve(right[None, : self.body.count])[0]
        if len(right) == self.body.count:
            return moved
        # K x - G p = r and -G' x = v, with the pressures' answers K⁻¹ G known.
        pressures = np.linalg.solve(self._give, -right[self.body.count :] - self._pushes @ moved)
        return np.concatenate([moved + pressures @ self._answers, pressures])

    def _residual(
        self, state: State, volumes: NDArray[np.float64] | None
    ) -> tuple[NDArray[np.float64], float]:
        """Return what is not balanced and its norm; infinite where an element is inverted."""
        self.count.residuals += 1
        with np.errstate(over="ignore", invalid="ignore"):
            residual, least = self.body.residual(state)
            if volumes is not None:
                lacking = PRESSURE_UNIT * (volumes - self.body.volumes(state))
                residual = np.concatenate([residual, lacking])
            norm = float(np.linalg.norm(residual))
        return residual, norm if least > 0.0 and np.isfinite(norm) else np.inf

    def renew(self, state: State) -> None:
        """Take the tangent of a state."""
        if self._factors is None:
            self._factors = Factors(self.body.pattern, single=self.thrifty)
        self._factors.renew(self.body.tangent(state))
        self.count.factorizations += 1
        if self.body.faces and all(face.closed for face in self.body.faces):
            self._pushes = self.body.pushes(state)
            self._answers = self._factors.solve(self._pushes)
            self._give = self._pushes @ self._answers.T

    def ready(self, state: State) -> None:
        """Take the tangent of a state that is known to rest, where there is none yet."""
        if self._factors is None:
            self.renew(state)

    def compliance(self) -> NDArray[np.float64]:
        """Return how the volumes answer the pressures, mm³/MPa (faces, faces), by the last tangent."""
        return np.asarray(self._give / PRESSURE_UNIT**2)

    def lead(self, forces: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how much the pressures rise (MPa) as the wall's ``forces`` (count,) do, volumes held."""
        none = np.zeros(len(self.body.faces))
        step = self._inverse(np.concatenate([-forces, none]))
        return np.asarray(PRESSURE_UNIT * step[self.body.count :])

    def _scale(self, state: State) -> float:
        """Return the size of the forces at play, N: of pressures, of tension in the elements, of the law."""
        area = self.body.volumes_mm3 ** (2 / 3)
        pulled = np.abs(self.body.active[:, :2]).max(axis=1) + 1e-3 * self.body.numbers[:, 0]
        size = float(np.linalg.norm(pulled * area))
        for face, load in zip(self.body.faces, state.loads, strict=True):
            if load:
                size += float(np.linalg.norm(load * self.body.free(face.push(state.points)[1])))
        return size

    def follow(
        self,
        at: Callable[[float], NDArray[np.float64]],
        steps: int,
        state: State | None = None,
        *,
        volumes: bool = False,
        narrowest: float = 1e-3,
    ) -> State:
        """Return the rest at the end of a path, gone in equal steps, in smaller ones where need be.

        Parameters
        ----------
        at : callable
            Sets the body's tension and returns the pressures on the faces (MPa), or what they enclose (mm³)
            with ``volumes``, at a part 0..1 of the way.
        narrowest : float
            Share of the wanted steps below which they are no longer cut.

        Raises
        ------
        NotConvergedError
            Steps so narrow lead nowhere.
        """
        state = state or self.body.rest()
        done, width = 0.0, 1.0 / steps
        path: list[tuple[float, State]] = [(0.0, state)]
        while done < 1.0 - 1e-12:
            part = min(done + width, 1.0)
            wanted = at(part)
            try:
                found = self.solve(
                    self.foreseen(path, part), None if volumes else wanted, wanted if volumes else None
                )
            except NotConvergedError:
                self.count.halvings += 1
                width /= 2
                if width < narrowest / steps:
                    raise
                continue
            path = [*path[-2:], (part, found)]
            done, state = part, found
            width = min(1.5 * width, 1.0 / steps)
        return state

    def foreseen(self, path: list[tuple[float, State]], part: float) -> State:
        """Return where the last states on the way, each with its part of it, point to."""
        weights = []
        for n, (at, _state) in enumerate(path):
            others = [there for m, (there, _s) in enumerate(path) if m != n]
            weights.append(float(np.prod([(part - there) / (at - there) for there in others])))
        states = [state for _at, state in path]

        def mixed(arrays: list[NDArray[np.float64]]) -> NDArray[np.float64]:
            return np.asarray(sum(w * a for w, a in zip(weights, arrays, strict=True)))

        return State(
            mixed([s.points for s in states]),
            mixed([s.pressures for s in states]),
            mixed([s.loads for s in states]),
        )


def _left(before: float, after: float, goal: float) -> float:
    """Return how many iterations are left to an unbalance, falling as it fell in the last one."""
    return float(np.log(after / goal) / np.log(before / after)) if after < before else np.inf
