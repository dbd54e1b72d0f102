"""Compiled kernels of linear elasticity on tetrahedra: gradients, pattern, assembly, products.

Matrices are stored by node: compressed rows of 3×3 blocks, columns ascending, both triangles.
``start`` (r + 1) and ``columns`` (b) are the pattern, ``blocks`` (b, 3, 3) the numbers.
"""

import os

# Read once, when the thread libraries load. numba's and MKL's threads are two sets on the same cores:
# one that spins while it waits stops the other (a further load case 0.3 s instead of 1.4 on a busy machine).
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

# Four-point rule, exact for quadratics (Hammer and Stroud 1956): a straight ten-node element's stiffness.
_NEAR, _FAR = 0.1381966011250105, 0.5854101966249685
EDGES = np.array([[0, 1], [1, 2], [0, 2], [0, 3], [1, 3], [2, 3]])
"""Corners beside each mid-edge node, in the order of ``TetMesh``; the first three are a triangle's."""


def shape_gradients(columns: int, barycentric: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return derivatives of the shape functions by the barycentric coordinates, shape (q, columns, 4)."""
    gradients = np.zeros((len(barycentric), columns, 4))
    if columns == 4:
        gradients[:] = np.eye(4)
        return gradients
    corner = np.arange(4)
    gradients[:, corner, corner] = 4 * barycentric - 1
    for edge, (a, b) in enumerate(EDGES):
        gradients[:, 4 + edge, a] = 4 * barycentric[:, b]
        gradients[:, 4 + edge, b] = 4 * barycentric[:, a]
    return gradients


def quadrature(columns: int) -> NDArray[np.float64]:
    """Return the barycentric points of the stiffness rule, shape (q, 4); their weights are equal.

    That of ten columns integrates what is quadratic over the element.
    """
    if columns == 4:
        return np.full((1, 4), 0.25)
    return np.full((4, 4), _NEAR) + (_FAR - _NEAR) * np.eye(4)


@njit(cache=True, parallel=True)
def element_gradients(points, tets, shapes, weight, gradients, volumes):  # type: ignore[no-untyped-def]
    """Fill gradients (m, q, a, 3) in 1/mm of the shape functions and volumes (m, q) in mm³.

    ``shapes`` (q, a, 4) are barycentric derivatives; the element may be curved. A volume is the
    Jacobian times ``weight``; it is not positive where the element is inverted.
    """
    for e in prange(tets.shape[0]):
        jacobian = np.empty((3, 3))
        inverse = np.empty((3, 3))
        for q in range(shapes.shape[0]):
            for i in range(3):
                for j in range(3):
                    jacobian[i, j] = 0.0
            for a in range(tets.shape[1]):
                node = tets[e, a]
                for j in range(3):
                    slope = shapes[q, a, j + 1] - shapes[q, a, 0]
                    for i in range(3):
                        jacobian[i, j] += points[node, i] * slope
            for i in range(3):
                k, n = (i + 1) % 3, (i + 2) % 3
                for j in range(3):
                    s, t = (j + 1) % 3, (j + 2) % 3
                    inverse[j, i] = jacobian[k, s] * jacobian[n, t] - jacobian[k, t] * jacobian[n, s]
            determinant = (
                jacobian[0, 0] * inverse[0, 0]
                + jacobian[0, 1] * inverse[1, 0]
                + jacobian[0, 2] * inverse[2, 0]
            )
            volumes[e, q] = determinant * weight
            scale = 1.0 / determinant if determinant != 0.0 else 0.0
            for a in range(tets.shape[1]):
                for i in range(3):
                    value = 0.0
                    for j in range(3):
                        value += (shapes[q, a, j + 1] - shapes[q, a, 0]) * inverse[j, i]
                    gradients[e, q, a, i] = value * scale


@njit(cache=True)
def incidence(tets, rows):  # type: ignore[no-untyped-def]
    """Return (start, element): the elements at each row; entries of ``tets`` below 0 have no row."""
    start = np.zeros(rows + 1, np.int32)
    for e in range(tets.shape[0]):
        for a in range(tets.shape[1]):
            if tets[e, a] >= 0:
                start[tets[e, a] + 1] += 1
    for i in range(rows):
        start[i + 1] += start[i]
    element = np.empty(start[rows], np.int32)
    place = start[:-1].copy()
    for e in range(tets.shape[0]):
        for a in range(tets.shape[1]):
            if tets[e, a] >= 0:
                element[place[tets[e, a]]] = e
                place[tets[e, a]] += 1
    return start, element


@njit(cache=True, inline="always")
def _neighbors(row, tets, at, element, found):  # type: ignore[no-untyped-def]
    """Collect the ascending neighbors of a row (itself among them) into ``found``; return how many."""
    count = 0
    for n in range(at[row], at[row + 1]):
        for a in range(tets.shape[1]):
            node = tets[element[n], a]
            if node < 0:
                continue
            low, high = 0, count
            while low < high:
                middle = (low + high) // 2
                if found[middle] < node:
                    low = middle + 1
                else:
                    high = middle
            if low < count and found[low] == node:
                continue
            for k in range(count, low, -1):
                found[k] = found[k - 1]
            found[low] = node
            count += 1
    return count


@njit(cache=True, parallel=True)
def pattern(tets, at, element):  # type: ignore[no-untyped-def]
    """Return (start, columns) of the node graph of the rows."""
    rows = at.size - 1
    most = 0
    for i in range(rows):
        most = max(most, at[i + 1] - at[i])
    most *= tets.shape[1]
    counts = np.zeros(rows + 1, np.int32)
    for row in prange(rows):
        found = np.empty(most, np.int32)
        counts[row + 1] = _neighbors(row, tets, at, element, found)
    start = np.cumsum(counts).astype(np.int32)
    columns = np.empty(start[rows], np.int32)
    for row in prange(rows):
        found = np.empty(most, np.int32)
        count = _neighbors(row, tets, at, element, found)
        columns[start[row] : start[row] + count] = found[:count]
    return start, columns


@njit(cache=True, parallel=True)
def assemble(tets, at, element, gradients, volumes, lame, shear, start, columns, blocks):  # type: ignore[no-untyped-def]
    """Fill the stiffness blocks, row by row: each row gathers from its elements, so rows are independent.

    K_ab = ∫ λ ∇a ⊗ ∇b + μ ∇b ⊗ ∇a + μ (∇a·∇b) I  (isotropic small-strain elasticity).
    """
    for row in prange(start.size - 1):
        first, last = start[row], start[row + 1]
        for slot in range(first, last):
            for i in range(3):
                for j in range(3):
                    blocks[slot, i, j] = 0.0
        for n in range(at[row], at[row + 1]):
            e = element[n]
            a = 0
            while tets[e, a] != row:
                a += 1
            for b in range(tets.shape[1]):
                column = tets[e, b]
                if column < 0:
                    continue
                low, high = first, last
                while low < high:
                    middle = (low + high) // 2
                    if columns[middle] < column:
                        low = middle + 1
                    else:
                        high = middle
                for q in range(volumes.shape[1]):
                    spread = lame[e] * volumes[e, q]
                    twist = shear[e] * volumes[e, q]
                    a0, a1, a2 = gradients[e, q, a, 0], gradients[e, q, a, 1], gradients[e, q, a, 2]
                    b0, b1, b2 = gradients[e, q, b, 0], gradients[e, q, b, 1], gradients[e, q, b, 2]
                    dot = twist * (a0 * b0 + a1 * b1 + a2 * b2)
                    blocks[low, 0, 0] += (spread + twist) * a0 * b0 + dot
                    blocks[low, 0, 1] += spread * a0 * b1 + twist * a1 * b0
                    blocks[low, 0, 2] += spread * a0 * b2 + twist * a2 * b0
                    blocks[low, 1, 0] += spread * a1 * b0 + twist * a0 * b1
                    blocks[low, 1, 1] += (spread + twist) * a1 * b1 + dot
                    blocks[low, 1, 2] += spread * a1 * b2 + twist * a2 * b1
                    blocks[low, 2, 0] += spread * a2 * b0 + twist * a0 * b2
                    blocks[low, 2, 1] += spread * a2 * b1 + twist * a1 * b2
                    blocks[low, 2, 2] += (spread + twist) * a2 * b2 + dot


@njit(cache=True, parallel=True)
def hold(start, columns, blocks, held):  # type: ignore[no-untyped-def]
    """Take held unknowns (rows, 3) of partly held nodes out: row and column 0, diagonal kept."""
    for row in prange(start.size - 1):
        for slot in range(start[row], start[row + 1]):
            column = columns[slot]
            for i in range(3):
                for j in range(3):
                    if (held[row, i] or held[column, j]) and not (row == column and i == j):
                        blocks[slot, i, j] = 0.0


@njit(cache=True, parallel=True, fastmath={"contract"})
def multiply(start, columns, blocks, x, y):  # type: ignore[no-untyped-def]
    """Set y = A x; x and y have shape (rows, 3, k): k vectors at once read the matrix once."""
    lanes = x.shape[2]
    if lanes == 1:
        for row in prange(start.size - 1):
            s0, s1, s2 = x.dtype.type(0), x.dtype.type(0), x.dtype.type(0)
            for slot in range(start[row], start[row + 1]):
                column = columns[slot]
                x0, x1, x2 = x[column, 0, 0], x[column, 1, 0], x[column, 2, 0]
                s0 += blocks[slot, 0, 0] * x0 + blocks[slot, 0, 1] * x1 + blocks[slot, 0, 2] * x2
                s1 += blocks[slot, 1, 0] * x0 + blocks[slot, 1, 1] * x1 + blocks[slot, 1, 2] * x2
                s2 += blocks[slot, 2, 0] * x0 + blocks[slot, 2, 1] * x1 + blocks[slot, 2, 2] * x2
            y[row, 0, 0], y[row, 1, 0], y[row, 2, 0] = s0, s1, s2
        return
    for row in prange(start.size - 1):
        for i in range(3):
            for lane in range(lanes):
                y[row, i, lane] = 0.0
        for slot in range(start[row], start[row + 1]):
            column = columns[slot]
            for i in range(3):
                b0, b1, b2 = blocks[slot, i, 0], blocks[slot, i, 1], blocks[slot, i, 2]
                for lane in range(lanes):
                    y[row, i, lane] += (
                        b0 * x[column, 0, lane] + b1 * x[column, 1, lane] + b2 * x[column, 2, lane]
                    )


@njit(cache=True, parallel=True)
def dots(a, b):  # type: ignore[no-untyped-def]
    """Return the k dot products of a and b (rows, 3, k); the sum's order does not depend on the threads."""
    rows, lanes = a.shape[0], a.shape[2]
    parts = np.zeros((64, lanes))
    for part in prange(64):
        for row in range(rows * part // 64, rows * (part + 1) // 64):
            for i in range(3):
                for lane in range(lanes):
                    parts[part, lane] += a[row, i, lane] * b[row, i, lane]
    total = np.zeros(lanes)
    for part in range(64):
        for lane in range(lanes):
            total[lane] += parts[part, lane]
    return total


@njit(cache=True, parallel=True)
def advance(x, r, p, q, alpha):  # type: ignore[no-untyped-def]
    """Set x += alpha p and r -= alpha q, lane by lane; return the squares of r."""
    rows, lanes = x.shape[0], x.shape[2]
    parts = np.zeros((64, lanes))
    for part in prange(64):
        for row in range(rows * part // 64, rows * (part + 1) // 64):
            for i in range(3):
                for lane in range(lanes):
                    x[row, i, lane] += alpha[lane] * p[row, i, lane]
                    r[row, i, lane] -= alpha[lane] * q[row, i, lane]
                    parts[part, lane] += r[row, i, lane] * r[row, i, lane]
    total = np.zeros(lanes)
    for part in range(64):
        for lane in range(lanes):
            total[lane] += parts[part, lane]
    return total


@njit(cache=True, parallel=True)
def turn(p, z, beta):  # type: ignore[no-untyped-def]
    """Set p = z + beta p, lane by lane."""
    for row in prange(p.shape[0]):
        for i in range(3):
            for lane in range(p.shape[2]):
                p[row, i, lane] = z[row, i, lane] + beta[lane] * p[row, i, lane]


@njit(cache=True, inline="always")
def _root(parent, item):  # type: ignore[no-untyped-def]
    while parent[item] != item:
        parent[item] = parent[parent[item]]
        item = parent[item]
    return item


@njit(cache=True)
def face_parts(tets, points):  # type: ignore[no-untyped-def]
    """Return for each element the root element of its part: elements joined through whole faces."""
    elements = tets.shape[0]
    lowest = np.zeros(points + 1, np.int32)
    for e in range(elements):
        for skip in range(4):
            low = points
            for a in range(4):
                if a != skip:
                    low = min(low, tets[e, a])
            lowest[low + 1] += 1
    for i in range(points):
        lowest[i + 1] += lowest[i]
    filled = lowest[:-1].copy()
    keys = np.empty(4 * elements, np.int64)
    owners = np.empty(4 * elements, np.int32)
    parent = np.arange(elements).astype(np.int32)
    for e in range(elements):
        for skip in range(4):
            low, high, total = points, 0, 0
            for a in range(4):
                if a != skip:
                    low, high = min(low, tets[e, a]), max(high, tets[e, a])
                    total += tets[e, a]
            key = np.int64(high) * points + (total - low - high)
            for slot in range(lowest[low], filled[low]):
                if keys[slot] == key:
                    one, other = _root(parent, owners[slot]), _root(parent, e)
                    if one != other:
                        parent[max(one, other)] = min(one, other)
                    break
            else:
                keys[filled[low]] = key
                owners[filled[low]] = e
                filled[low] += 1
    for e in range(elements):
        parent[e] = _root(parent, e)
    return parent
