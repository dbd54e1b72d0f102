"""A closed-ended, smooth, beating surface: one formula for all phases, fitted to points of all views."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segmentation.heart.prolate import ProlateFrame

DEGREE = 7
"""Highest degree of the spherical harmonics along the wall."""

ORDER = 4
"""Highest harmonic round the axis: what a dozen views can tell apart."""

STRETCH = 10.0
"""Share of membrane energy in the penalty: where nothing was seen the shell follows a spheroid."""

HARMONICS = 9
"""Highest harmonic of the heart's cycle: fewer ring after fast filling."""


@dataclass(frozen=True, eq=False)
class Shell:
    """One surface of the wall over the cycle: ``lam(m, a, t)`` in a prolate frame.

    ``lam`` is a sum of spherical harmonics in (m, a), smooth at the apex too, times harmonics of the cycle.

    Attributes
    ----------
    frame : ProlateFrame
    weights : ndarray, shape (space, time)
    phases : ndarray, shape (t,)
        Fractions of the cycle of the images.
    added : ndarray, shape (t,), or None
        What is added to ``lam`` everywhere at each phase.
    """

    frame: ProlateFrame
    weights: NDArray[np.float64]
    phases: NDArray[np.float64]
    added: NDArray[np.float64] | None = None

    @cached_property
    def at_phases(self) -> NDArray[np.float64]:
        """Weights of the space functions at each phase, shape (space, t)."""
        found = self.weights @ in_time(self.phases).T
        if self.added is not None:
            found[0] += self.added  # the first space function is 1
        return found

    def lam(self, m: NDArray[np.float64], a: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the surface's ``lam`` at places (n,) for all phases; shape (t, n)."""
        return (in_space(m, a) @ self.at_phases).T


def in_space(m: NDArray[np.float64], a: NDArray[np.float64]) -> NDArray[np.float64]:
    """Real spherical harmonics of degree ≤ DEGREE and order ≤ ORDER; shapes (n,) to (n, space)."""
    columns = []
    legendre = _legendre(np.cos(m), np.sin(m))
    for degree, order in _terms():
        value = legendre[degree, order]
        if order == 0:
            columns.append(value)
        else:
            columns.append(value * np.cos(order * a))
            columns.append(value * np.sin(order * a))
    return np.stack(columns, axis=1)


def _terms() -> list[tuple[int, int]]:
    return [(degree, order) for degree in range(DEGREE + 1) for order in range(min(degree, ORDER) + 1)]


def _legendre(x: NDArray[np.float64], y: NDArray[np.float64]) -> dict[tuple[int, int], NDArray[np.float64]]:
    """Associated Legendre functions, each normalized to mean square 1 over the sphere, by recurrence."""
    found: dict[tuple[int, int], NDArray[np.float64]] = {}
    diagonal = np.ones_like(x)
    for order in range(ORDER + 1):
        if order:
            diagonal = diagonal * y * np.sqrt((2 * order + 1) / (2 * order))
        found[order, order] = diagonal
        for n in range(order + 1, DEGREE + 1):
            first = np.sqrt((4 * n * n - 1) / (n * n - order * order))
            second = np.sqrt(((n - 1) ** 2 - order**2) / (4 * (n - 1) ** 2 - 1)) if n > order + 1 else 0.0
            before = found[n - 2, order] if n > order + 1 else 0.0
            found[n, order] = first * (x * found[n - 1, order] - second * before)
    return found


def in_time(phases: NDArray[np.float64]) -> NDArray[np.float64]:
    """Harmonics of the cycle up to HARMONICS; shape (n,) to (n, 2 HARMONICS + 1)."""
    turn = 2 * np.pi * phases[:, None] * np.arange(1, HARMONICS + 1)
    return np.concatenate([np.ones((len(phases), 1)), np.cos(turn), np.sin(turn)], axis=1)


@dataclass(frozen=True, eq=False)
class Points:
    """Where views saw a surface.

    Attributes
    ----------
    lps : ndarray, shape (n, 3)
    phase : ndarray of int, shape (n,)
    weight : ndarray, shape (n,)
    view : ndarray of int, shape (n,)
    """

    lps: NDArray[np.float64]
    phase: NDArray[np.int64]
    weight: NDArray[np.float64]
    view: NDArray[np.int64]


def joined(parts: list[Points]) -> Points:
    """Put points together."""
    return Points(
        np.concatenate([p.lps for p in parts]),
        np.concatenate([p.phase for p in parts]),
        np.concatenate([p.weight for p in parts]),
        np.concatenate([p.view for p in parts]),
    )


def fitted(
    frame: ProlateFrame,
    points: Points,
    phases: NDArray[np.float64],
    *,
    smooth: float = 1.0,
    calm: float = 1.0,
    robust_mm: float = 2.0,
    rounds: int = 2,
) -> Shell:
    """Fit a shell to points by penalized least squares of their distances in mm.

    The penalty is the thin-plate energy of ``lam`` on the sphere (degree·(degree+1) squared) with a share of
    membrane energy, and that of its course in time (harmonic to the fourth power). Points far from the
    surface lose weight (Cauchy, ``robust_mm``).

    Parameters
    ----------
    smooth : float
        Factor of the penalty; 1 suits points of 1 mm scatter, some thousand of them.
    calm : float
        Factor of its part in time: the epicardium moves little.
    robust_mm : float
        Distance at which a point counts half.
    rounds : int
        Times that weights are set anew.
    """
    lam, m, a = frame.coordinates(points.lps)
    space, time = in_space(m, a), in_time(phases)
    scale = frame.stretch_mm(lam, m) ** 2
    degree = np.concatenate([[n] * (2 if k else 1) for n, k in _terms()])
    curve = degree * (degree + 1.0)
    bend = curve**2 + STRETCH * curve
    beat = calm * np.concatenate([[0], np.arange(1, HARMONICS + 1), np.arange(1, HARMONICS + 1)]) ** 4.0
    size = len(points.weight) / len(phases)
    unit = 0.002 * smooth * size * frame.focus_mm**2 * len(phases)
    penalty = unit * 1e-3 * (1e-6 + bend[:, None] * (1 + 0.1 * beat) + beat)
    weights = np.zeros((space.shape[1], time.shape[1]))
    trust = points.weight.copy()
    for _ in range(rounds):
        blocks, right = np.zeros((len(phases), *space.shape[1:], *space.shape[1:])), np.zeros(weights.shape)
        for t in range(len(phases)):
            mine = points.phase == t
            weighted = space[mine] * (trust[mine] * scale[mine])[:, None]
            blocks[t] = weighted.T @ space[mine]
            right += np.outer(weighted.T @ lam[mine], time[t])
        weights = _solved(blocks, time, penalty, right, weights)
        off = np.einsum("ns,ns->n", space, (weights @ time.T).T[points.phase]) - lam
        trust = points.weight / (1 + scale * off**2 / robust_mm**2)
    return Shell(frame, weights, phases)


def _solved(
    blocks: NDArray[np.float64],
    time: NDArray[np.float64],
    penalty: NDArray[np.float64],
    right: NDArray[np.float64],
    start: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Solve the normal equations by conjugate gradients.

    Were all phases seen alike, the harmonics of the cycle would part: that system leads the way.
    """
    size = (time**2).sum(axis=0)
    mean = blocks.mean(axis=0)
    small = 1e-9 * float(np.trace(mean)) / len(mean)
    led = np.linalg.inv(
        mean * size[:, None, None]
        + np.stack([np.diag(column + small * c) for column, c in zip(penalty.T, size, strict=True)])
    )

    def times(w: NDArray[np.float64]) -> NDArray[np.float64]:
        return _each(blocks, w @ time.T) @ time + penalty * w

    found = start.copy()
    rest = right - times(found)
    lead = _each(led, rest)
    way, size_now = lead, float((rest * lead).sum())
    first = max(float((right * _each(led, right)).sum()), 1e-300)
    for _ in range(200):
        if size_now <= 1e-9 * first:
            break
        ahead = times(way)
        step = size_now / float((way * ahead).sum())
        found = found + step * way
        rest = rest - step * ahead
        lead = _each(led, rest)
        size_before, size_now = size_now, float((rest * lead).sum())
        way = lead + size_now / size_before * way
    return found


def _each(matrices: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each matrix (n, a, b) times its own column (b, n); shape (a, n)."""
    return (matrices @ columns.T[:, :, None])[..., 0].T


def off_mm(shell: Shell, points: Points) -> NDArray[np.float64]:
    """Return how far points lie outside the shell, mm (negative: within); shape (n,)."""
    lam, m, a = shell.frame.coordinates(points.lps)
    own = np.einsum("ns,ns->n", in_space(m, a), shell.at_phases.T[points.phase])
    return (lam - own) * shell.frame.stretch_mm((lam + own) / 2, m)
