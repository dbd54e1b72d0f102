"""Where a body of myocardium comes to rest under its loads: Newton's method with few factorizations.

A factorization costs twenty times what the forces cost. So one tangent serves as long as it leads on:
Broyden's update, kept as the steps taken (Kelley 1995, Iterative Methods for Linear and Nonlinear Equations,
ch. 7), makes up for its age, and it is made anew where the residual stops falling.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from physics.cardiac.body import Body, State
from physics.cardiac.linear import Factors
from twin.errors import UserError

_FAR, _NEAR = 0.5, 0.05
"""Parts of the loads. An unbalance beyond the first asks for a new tangent at once; below the second an old
one is good for long."""
_FALL_FAR, _FALL_NEAR = 0.35, 0.65
"""What one iteration has to leave of an unbalance at most, for its tangent to serve on."""
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

    def solve(self, state: State, loads: NDArray[np.float64], limit: int = 60) -> State:
        """Return the rest under pressures ``loads`` (MPa) on the body's faces, searched from ``state`` on.

        Raises
        ------
        NotConvergedError
        """
        taken: list[NDArray[np.float64]] = []
        needed = self._factors is None
        residual, norm = self._residual(state, loads)
        scale = self._scale(state, loads)
        for _ in range(limit):
            if norm <= self.tolerance * scale:
                return state
            here = needed or not self.thrifty or (norm > _FAR * scale and not taken)
            if here:
                self._renew(state, loads)
                needed, taken = False, []
            step = self._step(residual, taken)
            after = self.body.moved(state, step)
            residual_after, norm_after = self._residual(after, loads)
            if norm_after <= (_FALL_FAR if norm > _NEAR * scale else _FALL_NEAR) * norm:
                taken.append(step)
            elif not here:
                needed = True  # an old tangent, or updates that lead no farther
                continue
            else:
                if norm_after > _RISE * norm:
                    after, residual_after, norm_after = self._shortened(state, step, loads, norm)
                needed = True
            state, residual, norm = after, residual_after, norm_after
        raise NotConvergedError(
            f"The heart's wall found no balance in {limit} iterations.", "Raise the load in smaller steps."
        )

    def _shortened(
        self, state: State, step: NDArray[np.float64], loads: NDArray[np.float64], norm: float
    ) -> tuple[State, NDArray[np.float64], float]:
        """Return where a shorter step in the same direction ends, which does less harm."""
        for _ in range(3):
            step = 0.5 * step
            after = self.body.moved(state, step)
            residual, norm_after = self._residual(after, loads)
            if norm_after <= _RISE * norm:
                return after, residual, norm_after
        raise NotConvergedError(
            "The heart's wall would turn inside out in this step.", "Raise the load in smaller steps."
        )

    def _step(self, residual: NDArray[np.float64], taken: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        assert self._factors is not None
        step = -self._factors.solve(residual[None])[0]
        for before, after in pairwise(taken):
            step += after * (before @ step) / (before @ before)
        if taken:
            last = taken[-1]
            step /= max(1.0 - (last @ step) / (last @ last), 0.1)
        return step

    def _residual(self, state: State, loads: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """Return the unbalanced forces and their norm; infinite where an element is inverted."""
        self.count.residuals += 1
        with np.errstate(over="ignore", invalid="ignore"):
            residual, least = self.body.residual(state, loads)
            norm = float(np.linalg.norm(residual))
        return residual, norm if least > 0.0 and np.isfinite(norm) else np.inf

    def _renew(self, state: State, loads: NDArray[np.float64]) -> None:
        if self._factors is None:
            self._factors = Factors(self.body.pattern, single=self.thrifty)
        self._factors.renew(self.body.tangent(state, loads))
        self.count.factorizations += 1

    def _scale(self, state: State, loads: NDArray[np.float64]) -> float:
        """Return the size of the forces at play, N: of the pressures, and of tension in the elements."""
        pulled = np.abs(self.body.active[:, :2]).max(axis=1) * self.body.volumes.sum(axis=1) ** (2 / 3)
        size = float(np.linalg.norm(pulled))
        for face, load in zip(self.body.faces, loads, strict=True):
            size += float(np.linalg.norm(load * self.body.free(face.push(state.points)[1])))
        return max(size, 1e-9)

    def load(
        self, at: Callable[[float], NDArray[np.float64]], steps: int, state: State | None = None
    ) -> State:
        """Return the rest at the end of a path of loads, gone in equal steps, in smaller ones where need be.

        Parameters
        ----------
        at : callable
            Sets the body's tension and returns the pressures, at a part 0..1 of the way.
        """
        state = state or self.body.rest()
        done, width = 0.0, 1.0 / steps
        path: list[tuple[float, State]] = [(0.0, state)]
        while done < 1.0 - 1e-12:
            part = min(done + width, 1.0)
            try:
                found = self.solve(self._foreseen(path, part), at(part))
            except NotConvergedError:
                self.count.halvings += 1
                width /= 2
                if width < 1e-3 / steps:
                    raise
                continue
            path = [*path[-2:], (part, found)]
            done, state = part, found
            width = min(1.5 * width, 1.0 / steps)
        return state

    def _foreseen(self, path: list[tuple[float, State]], part: float) -> State:
        """Return where the last states on the way point to."""
        weights = []
        for n, (at, _state) in enumerate(path):
            others = [there for m, (there, _s) in enumerate(path) if m != n]
            weights.append(float(np.prod([(part - there) / (at - there) for there in others])))
        points = sum(w * s.points for w, (_p, s) in zip(weights, path, strict=True))
        pressures = sum(w * s.pressures for w, (_p, s) in zip(weights, path, strict=True))
        return State(np.asarray(points), np.asarray(pressures))
