"""Pressure on surfaces of six-node triangles that move, and the volume of a cavity that they close.

A patch's triangles are ordered as ``TetMesh`` orders faces: outward of the tissue, corners first, then the
nodes on 01, 12 and 20.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Dunavant 1985, Int J Numer Methods Eng 21:1129: six points, exact for the fourth degree.
_A, _WA = 0.445948490915965, 0.223381589678011
_B, _WB = 0.091576213509771, 0.109951743655322


def _rule() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = [(1 - 2 * a, a, a)[-k:] + (1 - 2 * a, a, a)[:-k] for a in (_A, _B) for k in range(3)]
    return np.array(points), np.repeat([_WA, _WB], 3) / 2


def _shapes() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return weights (q,), and shape functions (q, 6) with their derivatives by two coordinates."""
    bary, weights = _rule()
    n, du, dv = np.empty((6, 6)), np.empty((6, 6)), np.empty((6, 6))
    by = np.array([[-1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]])  # of barycentric coordinates by the two
    for k in range(3):
        m = (k + 1) % 3
        n[:, k] = bary[:, k] * (2 * bary[:, k] - 1)
        n[:, 3 + k] = 4 * bary[:, k] * bary[:, m]
        for slope, d in zip((du, dv), by, strict=True):
            slope[:, k] = (4 * bary[:, k] - 1) * d[k]
            slope[:, 3 + k] = 4 * (bary[:, k] * d[m] + bary[:, m] * d[k])
    return weights, n, du, dv


WEIGHTS, SHAPES, BY_U, BY_V = _shapes()


@njit(cache=True)
def _cross(a, b):  # type: ignore[no-untyped-def]
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


@njit(cache=True)
def _mixed(points, nodes, shares):  # type: ignore[no-untyped-def]
    """Return the sum of a triangle's nodes, each times its share."""
    mixed = np.zeros(3)
    for a in range(6):
        for i in range(3):
            mixed[i] += shares[a] * points[nodes[a], i]
    return mixed


@njit(cache=True)
def push(points, faces, weights, shapes, by_u, by_v, force):  # type: ignore[no-untyped-def]
    """Add to ``force`` (n, 3) what a pressure of 1 MPa on ``faces`` (k, 6) exerts on their nodes, N."""
    for e in range(faces.shape[0]):
        for q in range(weights.size):
            normal = _cross(_mixed(points, faces[e], by_u[q]), _mixed(points, faces[e], by_v[q]))
            for a in range(6):
                for i in range(3):
                    force[faces[e, a], i] -= weights[q] * shapes[q, a] * normal[i]


@njit(cache=True)
def enclosed(points, faces, middle, weights, shapes, by_u, by_v, slope):  # type: ignore[no-untyped-def]
    """Return the volume between ``faces`` and ``middle`` (3,), mm³; add its derivative to ``slope`` (n, 3).

    V = −⅓ ∫ (x − middle) · n dA, n outward of the tissue; the derivative by ``middle`` is returned too.
    """
    volume = 0.0
    by_middle = np.zeros(3)
    for e in range(faces.shape[0]):
        for q in range(weights.size):
            y = _mixed(points, faces[e], shapes[q]) - middle
            u, v = _mixed(points, faces[e], by_u[q]), _mixed(points, faces[e], by_v[q])
            normal, beside_u, beside_v = _cross(u, v), _cross(v, y), _cross(y, u)
            third = weights[q] / 3.0
            volume -= third * (y[0] * normal[0] + y[1] * normal[1] + y[2] * normal[2])
            for i in range(3):
                by_middle[i] += third * normal[i]
                for a in range(6):
                    slope[faces[e, a], i] -= third * (
                        shapes[q, a] * normal[i] + by_u[q, a] * beside_u[i] + by_v[q, a] * beside_v[i]
                    )
    return volume, by_middle


@njit(cache=True)
def stiffness(points, faces, middle, closed, weights, shapes, by_u, by_v, matrices):  # type: ignore[no-untyped-def]
    """Fill ∂²V/∂x² of each face (k, 18, 18), which a pressure times −1 adds to the tangent.

    Of a surface that is not ``closed`` by fixed or lidded borders: the symmetric part of a follower load's.
    """
    for e in range(faces.shape[0]):
        matrices[e] = 0.0
        for q in range(weights.size):
            y = _mixed(points, faces[e], shapes[q]) - middle
            u, v = _mixed(points, faces[e], by_u[q]), _mixed(points, faces[e], by_v[q])
            factor = weights[q] / (3.0 if closed else 2.0)
            for a in range(6):
                for b in range(6):
                    s = np.zeros(3)
                    along_v = by_u[q, a] * shapes[q, b] - shapes[q, a] * by_u[q, b]
                    along_u = shapes[q, a] * by_v[q, b] - by_v[q, a] * shapes[q, b]
                    turn = by_v[q, a] * by_u[q, b] - by_u[q, a] * by_v[q, b]
                    for i in range(3):
                        s[i] = along_v * v[i] + along_u * u[i]
                        if closed:
                            s[i] += turn * y[i]
                        s[i] *= -factor
                    block = matrices[e, 3 * a : 3 * a + 3, 3 * b : 3 * b + 3]
                    block[0, 1] -= s[2]
                    block[1, 0] += s[2]
                    block[0, 2] += s[1]
                    block[2, 0] -= s[1]
                    block[1, 2] -= s[0]
                    block[2, 1] += s[0]
