"""Compiled kernels of inverse elastostatics: the deformed shape is known, the stress-free one is sought.

Govindjee and Mihalic 1996, Comput Methods Appl Mech Eng 136:47. Stresses are Cauchy's as a function of
f = ∂X/∂x; integrals are over the deformed shape, at the same points as those of ``physics.cardiac``, so that
the shape found is in balance there to the last digit. Units: mm, N, MPa.
"""

import numpy as np
from numba import njit, prange

from physics.cardiac.kernels import CORNERS, NODES, UNKNOWNS
from physics.cardiac.laws import isochoric

_APART = 1e-5
"""Central difference in a component of f: as exact as rounding lets it be."""


@njit(cache=True)
def _frame(f, axes, frame):  # type: ignore[no-untyped-def]
    """Fill ``frame`` (3, 3) with rows fibre, sheet, normal of the reference: ``axes`` of the deformed shape
    carried back as material lines, at right angles."""
    for i in range(3):
        frame[0, i] = f[i, 0] * axes[0, 0] + f[i, 1] * axes[0, 1] + f[i, 2] * axes[0, 2]
        frame[1, i] = f[i, 0] * axes[1, 0] + f[i, 1] * axes[1, 1] + f[i, 2] * axes[1, 2]
    size = np.sqrt(frame[0, 0] ** 2 + frame[0, 1] ** 2 + frame[0, 2] ** 2)
    for i in range(3):
        frame[0, i] /= size
    along = frame[0, 0] * frame[1, 0] + frame[0, 1] * frame[1, 1] + frame[0, 2] * frame[1, 2]
    for i in range(3):
        frame[1, i] -= along * frame[0, i]
    size = np.sqrt(frame[1, 0] ** 2 + frame[1, 1] ** 2 + frame[1, 2] ** 2)
    for i in range(3):
        frame[1, i] /= size
    frame[2, 0] = frame[0, 1] * frame[1, 2] - frame[0, 2] * frame[1, 1]
    frame[2, 1] = frame[0, 2] * frame[1, 0] - frame[0, 0] * frame[1, 2]
    frame[2, 2] = frame[0, 0] * frame[1, 1] - frame[0, 1] * frame[1, 0]


@njit(cache=True)
def _cofactors(f, out):  # type: ignore[no-untyped-def]
    """Fill ∂ det f / ∂f (3, 3); return det f."""
    for i in range(3):
        for j in range(3):
            a, b, c, d = (i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3
            out[i, j] = f[a, c] * f[b, d] - f[a, d] * f[b, c]
    return f[0, 0] * out[0, 0] + f[0, 1] * out[0, 1] + f[0, 2] * out[0, 2]


@njit(cache=True)
def _cauchy(f, axes, code, numbers, work, c, s, d, sigma):  # type: ignore[no-untyped-def]
    """Fill Cauchy's stress (3, 3) of the law alone, without hydrostatic pressure; ``work`` is (4, 3, 3)."""
    cofactors, back, frame, local = work[0], work[1], work[2], work[3]
    det = _cofactors(f, cofactors)
    for i in range(3):
        for j in range(3):
            back[i, j] = cofactors[j, i] / det
    _frame(f, axes, frame)
    for i in range(3):
        for a in range(3):
            local[i, a] = back[i, 0] * frame[a, 0] + back[i, 1] * frame[a, 1] + back[i, 2] * frame[a, 2]
    scale = det ** (2.0 / 3.0)  # J^(-2/3)
    for n in range(6):
        a, b = (n, n) if n < 3 else ((0, n - 2) if n < 5 else (1, 2))
        c[n] = scale * (local[0, a] * local[0, b] + local[1, a] * local[1, b] + local[2, a] * local[2, b])
    isochoric(code, c, numbers, s, d)
    trace = 0.0
    for n in range(6):
        trace += s[n] * c[n] * (1.0 if n < 3 else 2.0)
    for i in range(3):
        for j in range(3):
            total = 0.0
            for n in range(6):
                a, b = (n, n) if n < 3 else ((0, n - 2) if n < 5 else (1, 2))
                pair = local[i, a] * local[j, b]
                if a != b:
                    pair += local[i, b] * local[j, a]
                total += s[n] * pair
            sigma[i, j] = det * scale * total
        sigma[i, i] -= det * trace / 3.0


@njit(cache=True)
def _slopes(f, axes, code, numbers, work, c, s, d, sigma, away, slopes):  # type: ignore[no-untyped-def]
    """Fill ∂σ/∂f (3, 3, 3, 3) by central differences."""
    for j in range(3):
        for m in range(3):
            kept = f[j, m]
            f[j, m] = kept + _APART
            _cauchy(f, axes, code, numbers, work, c, s, d, sigma)
            f[j, m] = kept - _APART
            _cauchy(f, axes, code, numbers, work, c, s, d, away)
            f[j, m] = kept
            for i in range(3):
                for k in range(3):
                    slopes[i, k, j, m] = (sigma[i, k] - away[i, k]) / (2.0 * _APART)


@njit(cache=True)
def _unbalanced(g, weight, sigma, corners, lack, residual):  # type: ignore[no-untyped-def]
    """Add one place's share to an element's residual (34,): forces, and what its volume lacks."""
    for a in range(NODES):
        for i in range(3):
            for k in range(3):
                residual[3 * a + i] += weight * sigma[i, k] * g[a, k]
    for m in range(CORNERS):
        residual[3 * NODES + m] += weight * corners[m] * lack


@njit(cache=True)
def _derivative(  # type: ignore[no-untyped-def]
    g, weight, slopes, cofactors, corners, stretched, lost, by_node, matrix
):
    """Add one place's share to an element's derivative (34, 34).

    ``stretched``: 1 + p/κ; ``lost``: det f / κ; ``by_node`` (3, 3, 3) is for work.
    """
    for b in range(NODES):
        for i in range(3):
            for k in range(3):
                for j in range(3):
                    total = 0.0
                    for m in range(3):
                        total += slopes[i, k, j, m] * g[b, m]
                    by_node[i, k, j] = weight * total
        for a in range(NODES):
            for i in range(3):
                for j in range(3):
                    total = 0.0
                    for k in range(3):
                        total += g[a, k] * by_node[i, k, j]
                    matrix[3 * a + i, 3 * b + j] += total
        for j in range(3):
            away_j = cofactors[j, 0] * g[b, 0] + cofactors[j, 1] * g[b, 1] + cofactors[j, 2] * g[b, 2]
            for m in range(CORNERS):
                matrix[3 * NODES + m, 3 * b + j] -= weight * corners[m] * stretched * away_j
    for m in range(CORNERS):
        for a in range(NODES):
            for i in range(3):
                matrix[3 * a + i, 3 * NODES + m] += weight * g[a, i] * corners[m]
        for k in range(CORNERS):
            matrix[3 * NODES + m, 3 * NODES + k] -= weight * lost * corners[m] * corners[k]


@njit(cache=True, parallel=True)
def inverse_forces(  # type: ignore[no-untyped-def]
    reference, pressures, tets, gradients, volumes, corners, code, numbers, compliance, axes, residuals,
    matrices,
):  # fmt: skip
    """Fill each element's residual (m, 34) and its derivative (m, 34, 34) by the unknowns.

    Returns the least det f.

    Parameters
    ----------
    reference : (n, 3) mm, sought
    pressures : (corner nodes,) MPa
    gradients : (m, q, 10, 3) 1/mm along x, y, z of the deformed shape
    volumes : (m, q) mm³, deformed
    corners : (q, 4)
    numbers : (m, laws.COUNT)
    compliance : float
        1/κ, 1/MPa.
    axes : (m, q, 3, 3)
        Of the deformed shape.
    """
    least = np.empty(tets.shape[0])
    for e in prange(tets.shape[0]):
        f, sigma, away, cofactors = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3))
        work, slopes = np.empty((4, 3, 3)), np.empty((3, 3, 3, 3))
        c, s, d = np.empty(6), np.empty(6), np.empty((6, 6))
        by_node = np.empty((3, 3, 3))
        residual, matrix = residuals[e], matrices[e]
        residual[:] = 0.0
        matrix[:] = 0.0
        least[e] = np.inf
        for q in range(volumes.shape[1]):
            g, weight = gradients[e, q], volumes[e, q]
            for i in range(3):
                for j in range(3):
                    total = 0.0
                    for a in range(NODES):
                        total += reference[tets[e, a], i] * g[a, j]
                    f[i, j] = total
            det = _cofactors(f, cofactors)
            least[e] = min(least[e], det)
            if det <= 0.0:
                break
            pressure = 0.0
            for m in range(CORNERS):
                pressure += corners[q, m] * pressures[tets[e, m]]
            _slopes(f, axes[e, q], code, numbers[e], work, c, s, d, sigma, away, slopes)
            _cauchy(f, axes[e, q], code, numbers[e], work, c, s, d, sigma)
            for i in range(3):
                sigma[i, i] += pressure
            _unbalanced(g, weight, sigma, corners[q], 1.0 - det - compliance * pressure * det, residual)
            _derivative(
                g, weight, slopes, cofactors, corners[q], 1.0 + compliance * pressure, compliance * det,
                by_node, matrix,
            )  # fmt: skip
    return least.min()


assert UNKNOWNS == 3 * NODES + CORNERS
