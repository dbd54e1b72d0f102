"""Compiled kernels of hyperelasticity on ten-node tetrahedra with a pressure at their corners.

Energy Π = ∫ W(C̄) + p (J − 1) − p² / 2κ dV, stationary in positions x and pressure p (Taylor–Hood, P2–P1;
Simo, Taylor and Pister 1985, Comput Methods Appl Mech Eng 51:177, with the isochoric split of Holzapfel 2000,
Nonlinear Solid Mechanics, ch. 6). Gradients are taken along fibre, sheet and normal of the reference, so
that the laws are written in their own frame. Units: mm, N, MPa.

An element has 34 unknowns: x, y, z of ten nodes, then four pressures.
"""

import numpy as np
from numba import njit, prange

from physics.cardiac.laws import isochoric

NODES, CORNERS = 10, 4
UNKNOWNS = 3 * NODES + CORNERS
ENTRIES = UNKNOWNS * (UNKNOWNS + 1) // 2
"""Of the upper triangle of an element's matrix, row by row."""
_FIRST, _SECOND = np.array([0, 1, 2, 0, 0, 1]), np.array([0, 1, 2, 1, 2, 2])
_PLACE = np.array([[0, 3, 4], [3, 1, 5], [4, 5, 2]])
"""Indices of the six components of a symmetric tensor, and back."""


@njit(cache=True)
def _deformation(points, nodes, gradients, f, c, inverse):  # type: ignore[no-untyped-def]
    """Fill F (3, 3), C and C⁻¹ (6,) at a point of an element; return J."""
    # Nine sums in registers: each node's place is read once.
    f00 = f01 = f02 = f10 = f11 = f12 = f20 = f21 = f22 = 0.0
    for a in range(NODES):
        node = nodes[a]
        x, y, z = points[node, 0], points[node, 1], points[node, 2]
        g0, g1, g2 = gradients[a, 0], gradients[a, 1], gradients[a, 2]
        f00, f01, f02 = f00 + x * g0, f01 + x * g1, f02 + x * g2
        f10, f11, f12 = f10 + y * g0, f11 + y * g1, f12 + y * g2
        f20, f21, f22 = f20 + z * g0, f21 + z * g1, f22 + z * g2
    f[0, 0], f[0, 1], f[0, 2] = f00, f01, f02
    f[1, 0], f[1, 1], f[1, 2] = f10, f11, f12
    f[2, 0], f[2, 1], f[2, 2] = f20, f21, f22
    jacobian = (
        f[0, 0] * (f[1, 1] * f[2, 2] - f[1, 2] * f[2, 1])
        - f[0, 1] * (f[1, 0] * f[2, 2] - f[1, 2] * f[2, 0])
        + f[0, 2] * (f[1, 0] * f[2, 1] - f[1, 1] * f[2, 0])
    )
    c[0] = f[0, 0] ** 2 + f[1, 0] ** 2 + f[2, 0] ** 2
    c[1] = f[0, 1] ** 2 + f[1, 1] ** 2 + f[2, 1] ** 2
    c[2] = f[0, 2] ** 2 + f[1, 2] ** 2 + f[2, 2] ** 2
    c[3] = f[0, 0] * f[0, 1] + f[1, 0] * f[1, 1] + f[2, 0] * f[2, 1]
    c[4] = f[0, 0] * f[0, 2] + f[1, 0] * f[1, 2] + f[2, 0] * f[2, 2]
    c[5] = f[0, 1] * f[0, 2] + f[1, 1] * f[1, 2] + f[2, 1] * f[2, 2]
    square = jacobian * jacobian
    inverse[0] = (c[1] * c[2] - c[5] * c[5]) / square
    inverse[1] = (c[0] * c[2] - c[4] * c[4]) / square
    inverse[2] = (c[0] * c[1] - c[3] * c[3]) / square
    inverse[3] = (c[4] * c[5] - c[3] * c[2]) / square
    inverse[4] = (c[3] * c[5] - c[4] * c[1]) / square
    inverse[5] = (c[3] * c[4] - c[5] * c[0]) / square
    return jacobian


@njit(cache=True)
def _pull(active, square, pull):  # type: ignore[no-untyped-def]
    """Fill ``pull`` (4,): tension along the fibre and across it at C_ff = ``square``, MPa, and both by E_ff.

    ``active`` (3,): tension along and across at λ = 1, and β of its rise with the fibre's stretch λ, as in
    Land et al. 2017, J Mol Cell Cardiol 106:68: 1 + β (λ + min(λ, 0.87) − 1.87), never below 0, λ up to 1.2.
    """
    stretch = np.sqrt(square)
    reached = min(stretch, 1.2)
    rise = 1.0 + active[2] * (reached + min(reached, 0.87) - 1.87) if active[2] > 0.0 else 1.0
    slope = active[2] * (2.0 if stretch < 0.87 else 1.0) / stretch
    if rise <= 0.0 or stretch > 1.2:
        rise, slope = max(rise, 0.0), 0.0
    for n in range(2):
        pull[n], pull[2 + n] = active[n] * rise, active[n] * slope


@njit(cache=True)
def _stress(code, numbers, c, inverse, jacobian, pressure, pull, unimodular, s, d):  # type: ignore[no-untyped-def]
    """Fill the second Piola–Kirchhoff stress ``s`` (6,), leave ``d`` as the law's; return J^(−2/3) S̄ : C.

    ``pull``: see ``_pull``.
    """
    scale = jacobian ** (-2.0 / 3.0)
    for n in range(6):
        unimodular[n] = scale * c[n]
    isochoric(code, unimodular, numbers, s, d)
    trace = 0.0
    for n in range(6):
        s[n] *= scale
        trace += s[n] * c[n] * (1.0 if n < 3 else 2.0)
    for n in range(6):
        s[n] += (pressure * jacobian - trace / 3.0) * inverse[n]
    s[0] += pull[0]
    s[1] += pull[1]
    s[2] += pull[1]
    return trace


@njit(cache=True)
def _tangent(c, inverse, jacobian, pressure, pull, trace, s, d):  # type: ignore[no-untyped-def]
    """Turn the law's ``d`` into dS/dE of the whole stress ``s``."""
    scale = jacobian ** (-4.0 / 3.0)
    iso = np.empty(6)
    v = np.zeros(6)
    whole = 0.0
    for n in range(6):
        iso[n] = s[n] - pressure * jacobian * inverse[n]
    iso[0] -= pull[0]
    iso[1] -= pull[1]
    iso[2] -= pull[1]
    for n in range(6):
        for m in range(6):
            d[n, m] *= scale
            v[n] += d[n, m] * c[m] * (1.0 if m < 3 else 2.0)
    for n in range(6):
        whole += v[n] * c[n] * (1.0 if n < 3 else 2.0)
    volume = pressure * jacobian
    for n in range(6):
        for m in range(n, 6):
            i, j, k, h = _FIRST[n], _SECOND[n], _FIRST[m], _SECOND[m]
            product = 0.5 * (
                inverse[_PLACE[i, k]] * inverse[_PLACE[j, h]] + inverse[_PLACE[i, h]] * inverse[_PLACE[j, k]]
            )
            outer = inverse[n] * inverse[m]
            d[n, m] += (
                -(inverse[n] * v[m] + v[n] * inverse[m]) / 3.0
                + whole * outer / 9.0
                + 2.0 / 3.0 * trace * (product - outer / 3.0)
                - 2.0 / 3.0 * (inverse[n] * iso[m] + iso[n] * inverse[m])
                + volume * (outer - 2.0 * product)
            )
            d[m, n] = d[n, m]
    d[0, 0] += pull[2]
    d[1, 0] += pull[3]
    d[2, 0] += pull[3]


@njit(cache=True)
def _first_piola(f, s, p):  # type: ignore[no-untyped-def]
    """Fill P = F S (3, 3)."""
    for i in range(3):
        p[i, 0] = f[i, 0] * s[0] + f[i, 1] * s[3] + f[i, 2] * s[4]
        p[i, 1] = f[i, 0] * s[3] + f[i, 1] * s[1] + f[i, 2] * s[5]
        p[i, 2] = f[i, 0] * s[4] + f[i, 1] * s[5] + f[i, 2] * s[2]


@njit(cache=True, parallel=True)
def forces(  # type: ignore[no-untyped-def]
    points, pressures, tets, gradients, volumes, corners, code, numbers, active, compliance, residuals
):
    """Fill each element's residual (m, 34); return the smallest J.

    Parameters
    ----------
    points : (n, 3) mm, deformed
    pressures : (corner nodes,) MPa
    gradients : (m, q, 10, 3) 1/mm along fibre, sheet, normal
    volumes : (m, q) mm³
    corners : (q, 4) the pressure's shape functions
    numbers : (m, laws.COUNT)
    active : (m, 3)
    compliance : float
        1/κ, 1/MPa.
    """
    least = np.empty(tets.shape[0])
    for e in prange(tets.shape[0]):
        f, p = np.empty((3, 3)), np.empty((3, 3))
        c, inverse, s, unimodular = np.empty(6), np.empty(6), np.empty(6), np.empty(6)
        d = np.empty((6, 6))
        residual = residuals[e]
        residual[:] = 0.0
        least[e] = np.inf
        pull = np.empty(4)
        for q in range(volumes.shape[1]):
            g, weight = gradients[e, q], volumes[e, q]
            jacobian = _deformation(points, tets[e], g, f, c, inverse)
            least[e] = min(least[e], jacobian)
            if jacobian <= 0.0:
                break
            pressure = 0.0
            for m in range(CORNERS):
                pressure += corners[q, m] * pressures[tets[e, m]]
            _pull(active[e], c[0], pull)
            _stress(code, numbers[e], c, inverse, jacobian, pressure, pull, unimodular, s, d)
            _first_piola(f, s, p)
            p00, p01, p02 = weight * p[0, 0], weight * p[0, 1], weight * p[0, 2]
            p10, p11, p12 = weight * p[1, 0], weight * p[1, 1], weight * p[1, 2]
            p20, p21, p22 = weight * p[2, 0], weight * p[2, 1], weight * p[2, 2]
            for a in range(NODES):
                g0, g1, g2 = g[a, 0], g[a, 1], g[a, 2]
                residual[3 * a] += p00 * g0 + p01 * g1 + p02 * g2
                residual[3 * a + 1] += p10 * g0 + p11 * g1 + p12 * g2
                residual[3 * a + 2] += p20 * g0 + p21 * g1 + p22 * g2
            for m in range(CORNERS):
                residual[3 * NODES + m] += weight * corners[q, m] * (jacobian - 1.0 - compliance * pressure)
    return least.min()


@njit(cache=True)
def _strained(f, inverse, s, g, scale, corners, b, spread, sg):  # type: ignore[no-untyped-def]
    """Fill how strains (6, 30) and volume (30, corners) go with the nodes at one place, and S times ``g``.

    ``scale``: of the volume's, weight and Jacobian.
    """
    for a in range(NODES):
        g0, g1, g2 = g[a, 0], g[a, 1], g[a, 2]
        sg[a, 0] = s[0] * g0 + s[3] * g1 + s[4] * g2
        sg[a, 1] = s[3] * g0 + s[1] * g1 + s[5] * g2
        sg[a, 2] = s[4] * g0 + s[5] * g1 + s[2] * g2
        h0 = inverse[0] * g0 + inverse[3] * g1 + inverse[4] * g2
        h1 = inverse[3] * g0 + inverse[1] * g1 + inverse[5] * g2
        h2 = inverse[4] * g0 + inverse[5] * g1 + inverse[2] * g2
        for i in range(3):
            u = 3 * a + i
            b[0, u], b[1, u], b[2, u] = f[i, 0] * g0, f[i, 1] * g1, f[i, 2] * g2
            b[3, u] = f[i, 0] * g1 + f[i, 1] * g0
            b[4, u] = f[i, 0] * g2 + f[i, 2] * g0
            b[5, u] = f[i, 1] * g2 + f[i, 2] * g1
            away = scale * (f[i, 0] * h0 + f[i, 1] * h1 + f[i, 2] * h2)
            for m in range(CORNERS):
                spread[u, m] = away * corners[m]


@njit(cache=True, parallel=True)
def tangents(  # type: ignore[no-untyped-def]
    points, pressures, tets, gradients, volumes, corners, code, numbers, active, compliance, matrices
):
    """Fill the upper triangle of each element's symmetric matrix (m, ENTRIES); arguments as of ``forces``.

    Active tension's slope across the fibre makes it unsymmetric: half of it is put on either side.
    """
    for e in prange(tets.shape[0]):
        f = np.empty((3, 3))
        c, inverse, s, unimodular = np.empty(6), np.empty(6), np.empty(6), np.empty(6)
        d, b, db = np.empty((6, 6)), np.empty((6, 3 * NODES)), np.empty((6, 3 * NODES))
        spread, sg, pull = np.empty((3 * NODES, CORNERS)), np.empty((NODES, 3)), np.empty(4)
        matrix = matrices[e]
        matrix[:] = 0.0
        for q in range(volumes.shape[1]):
            g, weight = gradients[e, q], volumes[e, q]
            jacobian = _deformation(points, tets[e], g, f, c, inverse)
            pressure = 0.0
            for m in range(CORNERS):
                pressure += corners[q, m] * pressures[tets[e, m]]
            _pull(active[e], c[0], pull)
            trace = _stress(code, numbers[e], c, inverse, jacobian, pressure, pull, unimodular, s, d)
            _tangent(c, inverse, jacobian, pressure, pull, trace, s, d)
            for n in range(6):
                for m in range(n):
                    d[n, m] = 0.5 * (d[n, m] + d[m, n])
                    d[m, n] = d[n, m]
            _strained(f, inverse, s, g, weight * jacobian, corners[q], b, spread, sg)
            # Written so that the innermost loops go along rows, six products at once.
            for n in range(6):
                d0, d1, d2 = weight * d[n, 0], weight * d[n, 1], weight * d[n, 2]
                d3, d4, d5 = weight * d[n, 3], weight * d[n, 4], weight * d[n, 5]
                for u in range(3 * NODES):
                    db[n, u] = (
                        d0 * b[0, u]
                        + d1 * b[1, u]
                        + d2 * b[2, u]
                        + d3 * b[3, u]
                        + d4 * b[4, u]
                        + d5 * b[5, u]
                    )
            at = 0
            for u in range(3 * NODES):
                b0, b1, b2, b3, b4, b5 = b[0, u], b[1, u], b[2, u], b[3, u], b[4, u], b[5, u]
                row = matrix[at : at + 3 * NODES - u]
                for v in range(3 * NODES - u):
                    w = u + v
                    row[v] += (
                        b0 * db[0, w] + b1 * db[1, w] + b2 * db[2, w]
                        + b3 * db[3, w] + b4 * db[4, w] + b5 * db[5, w]
                    )  # fmt: skip
                at += 3 * NODES - u
                for m in range(CORNERS):
                    matrix[at] += spread[u, m]
                    at += 1
            for m in range(CORNERS):
                for k in range(m, CORNERS):
                    matrix[at] -= weight * compliance * corners[q, m] * corners[q, k]
                    at += 1
            for a in range(NODES):
                for k in range(a, NODES):
                    total = weight * (sg[a, 0] * g[k, 0] + sg[a, 1] * g[k, 1] + sg[a, 2] * g[k, 2])
                    for i in range(3):
                        u, v = 3 * a + i, 3 * k + i
                        # Row u begins after the rows above, each one shorter than the last.
                        matrix[u * UNKNOWNS - u * (u - 1) // 2 + v - u] += total


@njit(cache=True)
def gather(values, places, total):  # type: ignore[no-untyped-def]
    """Add each element's values (m, k) to ``total`` at ``places`` (m, k); negative places are left out."""
    for e in range(values.shape[0]):
        for n in range(values.shape[1]):
            if places[e, n] >= 0:
                total[places[e, n]] += values[e, n]
