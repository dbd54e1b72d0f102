"""Compiled kernels of one multigrid cycle, on rows cut into fixed groups.

Within a group a sweep is block Gauss–Seidel, between groups Jacobi: the groups do not depend on the
number of threads, so a cycle gives the same numbers on every machine. Vectors have shape
(rows, 3, k); one vector has its own, faster path.
"""

import numpy as np
from numba import njit, prange


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
        sums = np.empty((3, lanes), right.dtype)
        for row in range(low, high):
            sums[:] = right[row]
            for slot in range(start[row], start[row + 1]):
                c = columns[slot]
                if c < low:
                    continue
                if c >= row:
                    break
                for i in range(3):
                    for lane in range(lanes):
                        sums[i, lane] -= (
                            blocks[slot, i, 0] * x[c, 0, lane]
                            + blocks[slot, i, 1] * x[c, 1, lane]
                            + blocks[slot, i, 2] * x[c, 2, lane]
                        )
            for i in range(3):
                for lane in range(lanes):
                    x[row, i, lane] = (
                        inverse[row, i, 0] * sums[0, lane]
                        + inverse[row, i, 1] * sums[1, lane]
                        + inverse[row, i, 2] * sums[2, lane]
                    )


@njit(cache=True, parallel=True, fastmath={"contract"})
def remainder(start, columns, blocks, bounds, x, left):  # type: ignore[no-untyped-def]
    """Set left = right − A x for the x that ``forward`` made: only what it did not yet see counts."""
    lanes = x.shape[2]
    for group in prange(bounds.size - 1):
        low, high = bounds[group], bounds[group + 1]
        if lanes == 1:
            zero = x.dtype.type(0)
            for row in range(low, high):
                s0, s1, s2 = zero, zero, zero
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
        sums = np.empty((3, lanes), x.dtype)
        for row in range(low, high):
            sums[:] = 0
            for slot in range(start[row], start[row + 1]):
                c = columns[slot]
                if low <= c <= row:
                    continue
                for i in range(3):
                    for lane in range(lanes):
                        sums[i, lane] -= (
                            blocks[slot, i, 0] * x[c, 0, lane]
                            + blocks[slot, i, 1] * x[c, 1, lane]
                            + blocks[slot, i, 2] * x[c, 2, lane]
                        )
            left[row] = sums


@njit(cache=True, parallel=True, fastmath={"contract"})
def backward(start, columns, blocks, inverse, bounds, right, before, x):  # type: ignore[no-untyped-def]
    """Sweep up, in place: x starts as ``before``, which other groups read."""
    lanes = right.shape[2]
    for group in prange(bounds.size - 1):
        low, high = bounds[group], bounds[group + 1]
        sums = np.empty((3, lanes), right.dtype)
        for row in range(high - 1, low - 1, -1):
            first, last = start[row], start[row + 1]
            inside = columns[first] >= low and columns[last - 1] < high
            if inside and lanes == 1:
                s0, s1, s2 = right[row, 0, 0], right[row, 1, 0], right[row, 2, 0]
                for slot in range(first, last):
                    c = columns[slot]
                    x0, x1, x2 = x[c, 0, 0], x[c, 1, 0], x[c, 2, 0]
                    s0 -= blocks[slot, 0, 0] * x0 + blocks[slot, 0, 1] * x1 + blocks[slot, 0, 2] * x2
                    s1 -= blocks[slot, 1, 0] * x0 + blocks[slot, 1, 1] * x1 + blocks[slot, 1, 2] * x2
                    s2 -= blocks[slot, 2, 0] * x0 + blocks[slot, 2, 1] * x1 + blocks[slot, 2, 2] * x2
                for i in range(3):
                    x[row, i, 0] += (
                        inverse[row, i, 0] * s0 + inverse[row, i, 1] * s1 + inverse[row, i, 2] * s2
                    )
                continue
            sums[:] = right[row]
            for slot in range(first, last):
                c = columns[slot]
                if inside or low <= c < high:
                    for i in range(3):
                        for lane in range(lanes):
                            sums[i, lane] -= (
                                blocks[slot, i, 0] * x[c, 0, lane]
                                + blocks[slot, i, 1] * x[c, 1, lane]
                                + blocks[slot, i, 2] * x[c, 2, lane]
                            )
                else:
                    for i in range(3):
                        for lane in range(lanes):
                            sums[i, lane] -= (
                                blocks[slot, i, 0] * before[c, 0, lane]
                                + blocks[slot, i, 1] * before[c, 1, lane]
                                + blocks[slot, i, 2] * before[c, 2, lane]
                            )
            for i in range(3):
                for lane in range(lanes):
                    x[row, i, lane] += (
                        inverse[row, i, 0] * sums[0, lane]
                        + inverse[row, i, 1] * sums[1, lane]
                        + inverse[row, i, 2] * sums[2, lane]
                    )


@njit(cache=True, parallel=True, fastmath={"contract"})
def add_product(start, columns, blocks, x, y):  # type: ignore[no-untyped-def]
    """Set y += A x."""
    lanes = x.shape[2]
    for row in prange(start.size - 1):
        for slot in range(start[row], start[row + 1]):
            c = columns[slot]
            for i in range(3):
                for lane in range(lanes):
                    y[row, i, lane] += (
                        blocks[slot, i, 0] * x[c, 0, lane]
                        + blocks[slot, i, 1] * x[c, 1, lane]
                        + blocks[slot, i, 2] * x[c, 2, lane]
                    )
