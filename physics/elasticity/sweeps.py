"""Compiled kernels of one multigrid cycle, on rows cut into fixed groups.

Within a group a sweep is block Gauss–Seidel, between groups Jacobi: the groups do not depend on the
number of threads, so a cycle gives the same numbers on every machine. Vectors have shape
(rows, 3, k) with k = 1 or ``LANES``: so the inner loop is one vector instruction or none.
"""

import numpy as np
from numba import njit, prange

LANES = 8
"""Right-hand sides that go together: eight single-precision numbers fill a vector register."""


@njit(cache=True, parallel=True, fastmath={"contract"})
def forward(start, columns, blocks, inverse, bounds, right, x):  # type: ignore[no-untyped-def]
    """Sweep down from x = 0: within each group (D + L) x = right."""
    lanes = right.shape[2]
    for group in prange(bounds.size - 1):
        low, high = bounds[group], bounds[group + 1]
        if lanes == 1:
            for row in range(low, high):
                s0, s1, s2 = right[row, 0, 0], right[row, 1, 0], right[row, 2, 0]
                for slot in range(start[row], start[row + 1]):
                    c = columns[slot]
                    if c < low:
                        continue
                    if c >= row:
                        break
                    x0, x1, x2 = x[c, 0, 0], x[c, 1, 0], x[c, 2, 0]
                    s0 -= blocks[slot, 0, 0] * x0 + blocks[slot, 0, 1] * x1 + blocks[slot, 0, 2] * x2
                    s1 -= blocks[slot, 1, 0] * x0 + blocks[slot, 1, 1] * x1 + blocks[slot, 1, 2] * x2
                    s2 -= blocks[slot, 2, 0] * x0 + blocks[slot, 2, 1] * x1 + blocks[slot, 2, 2] * x2
                for i in range(3):
                    x[row, i, 0] = inverse[row, i, 0] * s0 + inverse[row, i, 1] * s1 + inverse[row, i, 2] * s2
            continue
        sums = np.empty((3, LANES), right.dtype)
        for row in range(low, high):
            sums[:] = right[row]
            for slot in range(start[row], start[row + 1]):
                c = columns[slot]
                if c < low:
                    continue
                if c >= row:
                    break
                for i in range(3):
                    for lane in range(LANES):
                        sums[i, lane] -= (
                            blocks[slot, i, 0] * x[c, 0, lane]
                            + blocks[slot, i, 1] * x[c, 1, lane]
                            + blocks[slot, i, 2] * x[c, 2, lane]
                        )
            for i in range(3):
                for lane in range(LANES):
                    x[row, i, lane] = (
                        inverse[row, i, 0] * sums[0, lane]
                        + inverse[row, i, 1] * sums[1, lane]
                        + inverse[row, i, 2] * sums[2, lane]
                    )


@njit(cache=True, parallel=True)
def strengthen(start, columns, blocks, bounds, diagonal, extra):  # type: ignore[no-untyped-def]
    """Add to diagonal blocks (rows, 3, 3), and to ``extra`` (rows, 3), what couples a row to other groups.

    The sum of its absolute values: then Gauss–Seidel within groups converges whatever the groups are
    (ℓ1 smoothers; Baker, Falgout, Kolev and Yang 2011, section 6).
    """
    for group in prange(bounds.size - 1):
        for row in range(bounds[group], bounds[group + 1]):
            for i in range(3):
                extra[row, i] = 0.0
                for slot in range(start[row], start[row + 1]):
                    if not bounds[group] <= columns[slot] < bounds[group + 1]:
                        for j in range(3):
                            extra[row, i] += abs(blocks[slot, i, j])
                diagonal[row, i, i] += extra[row, i]


@njit(cache=True, parallel=True, fastmath={"contract"})
def remainder(start, columns, blocks, extra, bounds, x, left):  # type: ignore[no-untyped-def]
    """Set left = right − A x for the x that ``forward`` made: only what it did not yet see counts."""
    lanes = x.shape[2]
    for group in prange(bounds.size - 1):
        low, high = bounds[group], bounds[group + 1]
        if lanes == 1:
            for row in range(low, high):
                s0 = extra[row, 0] * x[row, 0, 0]
                s1 = extra[row, 1] * x[row, 1, 0]
                s2 = extra[row, 2] * x[row, 2, 0]
                for slot in range(start[row], start[row + 1]):
                    c = columns[slot]
                    if low <= c <= row:
                        continue
                    x0, x1, x2 = x[c, 0, 0], x[c, 1, 0], x[c, 2, 0]
                    s0 -= blocks[slot, 0, 0] * x0 + blocks[slot, 0, 1] * x1 + blocks[slot, 0, 2] * x2
                    s1 -= blocks[slot, 1, 0] * x0 + blocks[slot, 1, 1] * x1 + blocks[slot, 1, 2] * x2
                    s2 -= blocks[slot, 2, 0] * x0 + blocks[slot, 2, 1] * x1 + blocks[slot, 2, 2] * x2
                left[row, 0, 0], left[row, 1, 0], left[row, 2, 0] = s0, s1, s2
            continue
        sums = np.empty((3, LANES), x.dtype)
        for row in range(low, high):
            for i in range(3):
                for lane in range(LANES):
                    sums[i, lane] = extra[row, i] * x[row, i, lane]
            for slot in range(start[row], start[row + 1]):
                c = columns[slot]
                if low <= c <= row:
                    continue
                for i in range(3):
                    for lane in range(LANES):
                        sums[i, lane] -= (
                            blocks[slot, i, 0] * x[c, 0, lane]
                            + blocks[slot, i, 1] * x[c, 1, lane]
                            + blocks[slot, i, 2] * x[c, 2, lane]
                        )
            left[row] = sums


@njit(cache=True, parallel=True, fastmath={"contract"})
def backward(start, columns, blocks, inverse, bounds, right, before, x):  # type: ignore[no-untyped-def]
    """Sweep up, in place: x starts as ``before``, which other groups read.

    Slots are read from high to low as rows are: memory that is read one way is fetched ahead.
    """
    one = right.shape[2] == 1
    for group in prange(bounds.size - 1):
        low, high = bounds[group], bounds[group + 1]
        sums = np.empty((3, LANES), right.dtype)
        for row in range(high - 1, low - 1, -1):
            first, last = start[row], start[row + 1]
            inner_first, inner_last = first, last
            while columns[inner_first] < low:
                inner_first += 1
            while columns[inner_last - 1] >= high:
                inner_last -= 1
            if one:
                s0, s1, s2 = right[row, 0, 0], right[row, 1, 0], right[row, 2, 0]
            else:
                sums[:] = right[row]
            for part in range(3):
                if part == 0:
                    source, begin, end = before, inner_last, last
                elif part == 1:
                    source, begin, end = x, inner_first, inner_last
                else:
                    source, begin, end = before, first, inner_first
                if one:
                    for slot in range(end - 1, begin - 1, -1):
                        c = columns[slot]
                        x0, x1, x2 = source[c, 0, 0], source[c, 1, 0], source[c, 2, 0]
                        s0 -= blocks[slot, 0, 0] * x0 + blocks[slot, 0, 1] * x1 + blocks[slot, 0, 2] * x2
                        s1 -= blocks[slot, 1, 0] * x0 + blocks[slot, 1, 1] * x1 + blocks[slot, 1, 2] * x2
                        s2 -= blocks[slot, 2, 0] * x0 + blocks[slot, 2, 1] * x1 + blocks[slot, 2, 2] * x2
                    continue
                for slot in range(end - 1, begin - 1, -1):
                    c = columns[slot]
                    for i in range(3):
                        for lane in range(LANES):
                            sums[i, lane] -= (
                                blocks[slot, i, 0] * source[c, 0, lane]
                                + blocks[slot, i, 1] * source[c, 1, lane]
                                + blocks[slot, i, 2] * source[c, 2, lane]
                            )
            for i in range(3):
                d0, d1, d2 = inverse[row, i, 0], inverse[row, i, 1], inverse[row, i, 2]
                if one:
                    x[row, i, 0] += d0 * s0 + d1 * s1 + d2 * s2
                    continue
                for lane in range(LANES):
                    x[row, i, lane] += d0 * sums[0, lane] + d1 * sums[1, lane] + d2 * sums[2, lane]


@njit(cache=True, parallel=True, fastmath={"contract"})
def prolong(start, columns, blocks, below, x):  # type: ignore[no-untyped-def]
    """Set x += P below; P's blocks are 3×6, ``below`` has shape (nodes, 6, k)."""
    one = x.shape[2] == 1
    for row in prange(start.size - 1):
        for slot in range(start[row], start[row + 1]):
            c = columns[slot]
            for i in range(3):
                if one:
                    total = x[row, i, 0]
                    for j in range(6):
                        total += blocks[slot, i, j] * below[c, j, 0]
                    x[row, i, 0] = total
                    continue
                for lane in range(LANES):
                    total = x[row, i, lane]
                    for j in range(6):
                        total += blocks[slot, i, j] * below[c, j, lane]
                    x[row, i, lane] = total


@njit(cache=True, parallel=True, fastmath={"contract"})
def restrict(back, rows, blocks, left, below):  # type: ignore[no-untyped-def]
    """Set below = Pᵀ left; ``back, rows`` is P's transposed pattern, ``blocks`` are P's in that order."""
    one = left.shape[2] == 1
    for node in prange(back.size - 1):
        below[node] = 0
        for n in range(back[node], back[node + 1]):
            row = rows[n]
            if one:
                r0, r1, r2 = left[row, 0, 0], left[row, 1, 0], left[row, 2, 0]
                for j in range(6):
                    below[node, j, 0] += blocks[n, 0, j] * r0 + blocks[n, 1, j] * r1 + blocks[n, 2, j] * r2
                continue
            for j in range(6):
                p0, p1, p2 = blocks[n, 0, j], blocks[n, 1, j], blocks[n, 2, j]
                for lane in range(LANES):
                    below[node, j, lane] += (
                        p0 * left[row, 0, lane] + p1 * left[row, 1, lane] + p2 * left[row, 2, lane]
                    )
