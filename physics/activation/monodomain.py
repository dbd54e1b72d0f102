"""The monodomain equation ∂V/∂t = ∇·(D ∇V) − I/C, each node a cell of ten Tusscher and Panfilov 2006.

The offline reference of the eikonal equation: what a front does near a stimulus, a wall or another front is
computed here and assumed there. Second order in time (Strang's splitting into diffusion and cells); in space
fourth order on a cuboid whose fibers run along an axis, second order on tetrahedra (linear, lumped mass).
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numba import njit
from numpy.typing import NDArray

from physics.activation.ten_tusscher import LEVELS, RESTING, RESTING_MV, advance, tables

TOLERANCE_MV = 0.2
"""A cell whose potential changes by less in several steps is computed once for all of them."""

LONGEST_MS = 0.16
"""Longest time that a cell is computed for at once (activation 0.1 % later, in a third of the time)."""


@dataclass(frozen=True, eq=False)
class Tissue:
    """Cells and how their potentials even out.

    Attributes
    ----------
    points : ndarray, shape (n, 3)
        Where they are, mm.
    diffusion : sparse matrix, shape (n, n)
        Of potentials, mV, it makes their rates of change, mV/ms; no current leaves through the surface.
    """

    points: NDArray[np.float64]
    diffusion: sp.csr_matrix


@dataclass(frozen=True, eq=False)
class Stimulus:
    """Current into cells from outside, mV/ms (n,) (per capacitance), from the start on until ``end_ms``."""

    mv_per_ms: NDArray[np.float64]
    end_ms: float


def cuboid(
    sides_mm: tuple[float, float, float], edge_mm: float, diffusivity_mm2_per_ms: tuple[float, float, float]
) -> Tissue:
    """Return a cuboid from the origin on, as a grid.

    Parameters
    ----------
    edge_mm : float
        Wanted distance of its nodes; each side is divided evenly by about that.
    diffusivity_mm2_per_ms : tuple of float
        Along x, y and z. A side of no length makes a sheet or a cable.

    Raises
    ------
    ValueError
        A side shorter than three edges, but not 0: the scheme needs that many.
    """
    counts = [round(side / edge_mm) for side in sides_mm]
    if any(0 < count < 3 or (count == 0 and side > 0) for count, side in zip(counts, sides_mm, strict=True)):
        raise ValueError(f"sides of {sides_mm} mm need an edge of at most a third of each, not {edge_mm} mm")
    axes = [np.linspace(0.0, side, count + 1) for side, count in zip(sides_mm, counts, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    total = sp.csr_matrix((len(points), len(points)))
    for axis, (side, count, rate) in enumerate(zip(sides_mm, counts, diffusivity_mm2_per_ms, strict=True)):
        if count:
            parts = [sp.identity(c + 1, format="csr") for c in counts]
            parts[axis] = _second_derivative(count + 1, side / count) * rate
            total = total + sp.kron(sp.kron(parts[0], parts[1]), parts[2], format="csr")
    return Tissue(points, total)


def in_corner(tissue: Tissue, edge_mm: float, side_mm: float) -> NDArray[np.float64]:
    """Return which share (n,) of each cell of a cuboid lies in the cube of a side at the origin.

    A cell reaches half an edge to each side of its node, at the surface to one side.
    """
    low, high = np.maximum(tissue.points - edge_mm / 2, 0.0), tissue.points + edge_mm / 2
    high = np.minimum(high, tissue.points.max(axis=0))
    share = np.clip((side_mm - low) / np.maximum(high - low, 1e-300), 0.0, 1.0)
    made: NDArray[np.float64] = share.prod(axis=1)
    return made


def _second_derivative(count: int, edge_mm: float) -> sp.csr_matrix:
    """Return it in one dimension to fourth order; beyond its ends a line goes on as its mirror image."""
    rows, columns, values = [], [], []
    at = np.arange(count)
    for offset, weight in ((-2, -1 / 12), (-1, 4 / 3), (0, -5 / 2), (1, 4 / 3), (2, -1 / 12)):
        other = np.abs(at + offset)
        rows.append(at)
        columns.append(np.where(other >= count, 2 * (count - 1) - other, other))
        values.append(np.full(count, weight / edge_mm**2))
    triple = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    return sp.csr_matrix(triple, shape=(count, count))


def tetrahedra(
    points: NDArray[np.float64], tets: NDArray[np.int32], diffusivity_mm2_per_ms: NDArray[np.float64]
) -> Tissue:
    """Return a mesh of tetrahedra (m, 4), their diffusivity tensors (m, 3, 3) given.

    Raises
    ------
    ValueError
        A tetrahedron of no volume.
    """
    sides = points[tets[:, 1:]] - points[tets[:, :1]]
    volume = np.abs(np.linalg.det(sides)) / 6.0
    if not (volume > 0).all():
        raise ValueError("a tetrahedron has no volume")
    gradients = np.empty((len(tets), 4, 3))
    gradients[:, 1:] = np.linalg.inv(sides).transpose(0, 2, 1)
    gradients[:, 0] = -gradients[:, 1:].sum(axis=1)
    flows = -np.einsum("m,mai,mij,mbj->mab", volume, gradients, diffusivity_mm2_per_ms, gradients)
    rows, columns = np.repeat(tets, 4, axis=1).ravel(), np.tile(tets, (1, 4)).ravel()
    mass = np.bincount(tets.ravel(), np.repeat(volume / 4.0, 4), minlength=len(points))
    made = sp.csr_matrix((flows.ravel() / mass[rows], (rows, columns)), shape=(len(points),) * 2)
    return Tissue(np.asarray(points, np.float64), made)


def activation_times(
    tissue: Tissue,
    stimulus: Stimulus,
    *,
    until_ms: float,
    step_ms: float = 0.02,
    longest_ms: float = LONGEST_MS,
) -> NDArray[np.float64]:
    """Return when each cell's potential first reaches 0 mV.

    Parameters
    ----------
    until_ms : float
        When to give up; it ends earlier where all cells are active.
    step_ms : float
        Step of the splitting; diffusion takes as many smaller ones as it needs to be stable.
    longest_ms : float
        A cell whose potential changed by less than ``TOLERANCE_MV`` in a time is computed once for as long,
        at most for this long; 0 computes every cell at every step.

    Returns
    -------
    ndarray, shape (n,)
        Times in ms; infinite where it did not.

    Raises
    ------
    ValueError
        A stimulus into no cell, or of another number of cells.
    """
    count = len(tissue.points)
    if stimulus.mv_per_ms.shape != (count,) or not stimulus.mv_per_ms.any():
        raise ValueError("a stimulus must say how much goes into each cell, and stimulate one")
    v, times = np.full(count, RESTING_MV), np.full(count, np.inf)
    states, rate = np.tile(RESTING, (count, 1)), np.zeros(count)
    seen, held, wait = v - 1.0, np.ones(count, np.int32), np.zeros(count, np.int32)
    level, before = int(np.clip(np.log2(max(longest_ms / step_ms, 1.0)) + 1e-9, 0, LEVELS - 1)), v
    known, none = tables(step_ms), np.zeros(count)
    # Gershgorin: no rate lies beyond the largest sum of a row's magnitudes; Heun's method bears 2 per part.
    small = int(np.ceil(step_ms * abs(tissue.diffusion).sum(axis=1).max() / 1.98))
    for n in range(int(np.ceil(until_ms / step_ms))):
        given = stimulus.mv_per_ms if (n + 0.5) * step_ms < stimulus.end_ms else none
        _cells(v, states, given, step_ms, level, *known, rate, seen, held, wait)
        evened = _evened(v, tissue.diffusion, step_ms, small)
        # Half of the evening ends this step, half begins the next one: between them lies this step's end.
        now = 0.5 * (v + evened)
        crossed = np.flatnonzero((now >= 0.0) & (times == np.inf))
        times[crossed] = (n + before[crossed] / (before[crossed] - now[crossed])) * step_ms
        if np.isfinite(times).all():
            break
        v, before = evened, now
    return times


def _evened(v: NDArray[np.float64], diffusion: sp.csr_matrix, step: float, parts: int) -> NDArray[np.float64]:
    """Return potentials after diffusion for a step, by Heun's method in a number of parts."""
    for _ in range(parts):
        first = diffusion @ v
        v = v + step / parts * (first + 0.5 * step / parts * (diffusion @ first))
    return v


@njit(cache=True, error_model="numpy")
def _cells(
    v: NDArray[np.float64], states: NDArray[np.float64], given: NDArray[np.float64], step: float,
    highest: int, target: NDArray[np.float64], stays: NDArray[np.float64], parts: NDArray[np.float64],
    rate: NDArray[np.float64], seen: NDArray[np.float64], held: NDArray[np.int32], wait: NDArray[np.int32],
) -> None:  # fmt: skip
    """Let the cells' own currents act for a step.

    A cell that waits goes on at the rate that it was computed to have; one that does not is computed for as
    many steps, a power of two, as its change of potential over the ``held`` steps before allows.
    """
    work = np.empty((3, 18))
    for i in range(len(v)):
        if wait[i] == 0:
            level = 0
            change = abs(v[i] - seen[i]) / held[i]
            while given[i] == 0.0 and level < highest and change * 2 ** (level + 1) <= TOLERANCE_MV:
                level += 1
            many = 2**level
            seen[i], held[i], wait[i] = v[i], many, many
            after = advance(v[i], states[i], step, level, given[i], target, stays, parts, work)
            rate[i] = (after - v[i]) / (many * step)
        v[i] += rate[i] * step
        wait[i] -= 1
