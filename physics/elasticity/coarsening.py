"""Compiled kernels that make the levels of smoothed aggregation multigrid.

All matrices are compressed rows of 3×3 blocks. On the finest level a node is one block row; on
coarser ones it is two, since an aggregate keeps six motions: ``fold`` is that number.
"""

import numpy as np
from numba import njit, prange


@njit(cache=True, parallel=True)
def strength(start, columns, blocks, fold):  # type: ignore[no-untyped-def]
    """Return (start, columns, size): the graph of nodes without itself, and each connection's size.

    Size is ‖A_ij‖² / (‖A_ii‖ ‖A_jj‖) in the Frobenius norm (Vaněk, Mandel and Brezina 1996).
    """
    nodes = (start.size - 1) // fold
    graph = np.zeros(nodes + 1, np.int32)
    for i in range(nodes):
        graph[i + 1] = graph[i] + (start[fold * i + 1] - start[fold * i]) // fold - 1
    neighbors = np.empty(graph[nodes], np.int32)
    size = np.empty(graph[nodes])
    own = np.zeros(nodes)
    for i in prange(nodes):
        place = graph[i]
        width = start[fold * i + 1] - start[fold * i]
        for slot in range(0, width, fold):
            square = 0.0
            for a in range(fold):
                for b in range(fold):
                    at = start[fold * i + a] + slot + b
                    for r in range(3):
                        for c in range(3):
                            square += blocks[at, r, c] ** 2
            node = columns[start[fold * i] + slot] // fold
            if node == i:
                own[i] = np.sqrt(square)
            else:
                neighbors[place] = node
                size[place] = square
                place += 1
    for i in prange(nodes):
        for slot in range(graph[i], graph[i + 1]):
            size[slot] /= own[i] * own[neighbors[slot]]
    return graph, neighbors, size


@njit(cache=True)
def aggregate(graph, neighbors, size, least):  # type: ignore[no-untyped-def]
    """Return (owner, count): the aggregate of every node (Vaněk, Mandel and Brezina 1996, algorithm 5.1).

    Connections of a size up to ``least`` are weak. A node without strong ones joins the
    aggregate of its strongest neighbor, however weak.
    """
    nodes = graph.size - 1
    owner = np.full(nodes, -1, np.int32)
    count = 0
    for i in range(nodes):
        if owner[i] >= 0:
            continue
        free, any_strong = True, False
        for slot in range(graph[i], graph[i + 1]):
            if size[slot] > least:
                any_strong = True
                if owner[neighbors[slot]] >= 0:
                    free = False
                    break
        if free and any_strong:
            owner[i] = count
            for slot in range(graph[i], graph[i + 1]):
                if size[slot] > least:
                    owner[neighbors[slot]] = count
            count += 1
    rooted = owner.copy()
    for i in range(nodes):
        if owner[i] < 0:
            best = 0.0
            for slot in range(graph[i], graph[i + 1]):
                if rooted[neighbors[slot]] >= 0 and size[slot] > best:
                    best, owner[i] = size[slot], rooted[neighbors[slot]]
    for i in range(nodes):
        if owner[i] < 0:
            owner[i] = count
            for slot in range(graph[i], graph[i + 1]):
                if owner[neighbors[slot]] < 0:
                    owner[neighbors[slot]] = count
            count += 1
    return owner, count


@njit(cache=True)
def tentative(owner, count, motions, fold):  # type: ignore[no-untyped-def]
    """Return (blocks, coarse): rigid motions made orthonormal within each aggregate.

    ``motions`` (rows, 3, 6) are the rigid motions on this level; ``blocks`` (rows, 3, 6) span
    the same within each aggregate, and ``coarse`` (2 count, 3, 6) are the motions in that basis.
    A motion that an aggregate cannot have (three of a single node's six) becomes zero.
    """
    rows = motions.shape[0]
    start = np.zeros(count + 1, np.int32)
    for node in range(owner.size):
        start[owner[node] + 1] += fold
    for a in range(count):
        start[a + 1] += start[a]
    place = start[:-1].copy()
    member = np.empty(rows, np.int32)
    for node in range(owner.size):
        for a in range(fold):
            member[place[owner[node]]] = fold * node + a
            place[owner[node]] += 1
    blocks = motions.copy()
    coarse = np.zeros((2 * count, 3, 6))
    for a in range(count):
        rows_of = member[start[a] : start[a + 1]]
        for c in range(6):
            before = 0.0
            for row in rows_of:
                for i in range(3):
                    before += blocks[row, i, c] ** 2
            for _again in range(2):
                for b in range(c):
                    dot = 0.0
                    for row in rows_of:
                        for i in range(3):
                            dot += blocks[row, i, b] * blocks[row, i, c]
                    coarse[2 * a + b // 3, b % 3, c] += dot
                    for row in rows_of:
                        for i in range(3):
                            blocks[row, i, c] -= dot * blocks[row, i, b]
            after = 0.0
            for row in rows_of:
                for i in range(3):
                    after += blocks[row, i, c] ** 2
            size = np.sqrt(after) if after > 1e-10 * before else 0.0
            coarse[2 * a + c // 3, c % 3, c] = size
            for row in rows_of:
                for i in range(3):
                    blocks[row, i, c] = blocks[row, i, c] / size if size > 0.0 else 0.0
    return blocks, coarse


@njit(cache=True, parallel=True)
def diagonal(start, columns, blocks, found):  # type: ignore[no-untyped-def]
    """Fill the diagonal blocks (rows, 3, 3); a motion that is missing (diagonal 0) gets 1, here and there."""
    for row in prange(start.size - 1):
        for slot in range(start[row], start[row + 1]):
            if columns[slot] != row:
                continue
            for i in range(3):
                if blocks[slot, i, i] <= 0.0:
                    blocks[slot, i, i] = 1.0
            found[row] = blocks[slot]


@njit(cache=True, parallel=True)
def inverted(blocks, inverse):  # type: ignore[no-untyped-def]
    """Fill the inverses of 3×3 blocks (rows, 3, 3)."""
    for row in prange(blocks.shape[0]):
        block = blocks[row]
        for i in range(3):
            k, n = (i + 1) % 3, (i + 2) % 3
            for j in range(3):
                s, t = (j + 1) % 3, (j + 2) % 3
                inverse[row, j, i] = block[k, s] * block[n, t] - block[k, t] * block[n, s]
        determinant = 0.0
        for j in range(3):
            determinant += block[0, j] * inverse[row, j, 0]
        for i in range(3):
            for j in range(3):
                inverse[row, i, j] /= determinant


@njit(cache=True, parallel=True, fastmath={"contract"})
def widen(start_a, columns_a, blocks_a, start_b, columns_b, blocks_b, width):  # type: ignore[no-untyped-def]
    """Return (start, columns, blocks) of A B, where B's blocks are 3×6; ``width`` is B's block columns."""
    rows = start_a.size - 1
    counts = np.zeros(rows + 1, np.int32)
    parts = 16
    for part in prange(parts):
        seen = np.full(width, -1, np.int32)
        for row in range(rows * part // parts, rows * (part + 1) // parts):
            count = 0
            for slot in range(start_a[row], start_a[row + 1]):
                middle = columns_a[slot]
                for other in range(start_b[middle], start_b[middle + 1]):
                    if seen[columns_b[other]] != row:
                        seen[columns_b[other]] = row
                        count += 1
            counts[row + 1] = count
    start = np.cumsum(counts).astype(np.int32)
    columns = np.empty(start[rows], np.int32)
    blocks = np.empty((start[rows], 3, 6))
    for part in prange(parts):
        seen = np.full(width, -1, np.int32)
        for row in range(rows * part // parts, rows * (part + 1) // parts):
            first, place = start[row], start[row]
            blocks[first : start[row + 1]] = 0.0
            for slot in range(start_a[row], start_a[row + 1]):
                middle = columns_a[slot]
                a00, a01, a02 = blocks_a[slot, 0, 0], blocks_a[slot, 0, 1], blocks_a[slot, 0, 2]
                a10, a11, a12 = blocks_a[slot, 1, 0], blocks_a[slot, 1, 1], blocks_a[slot, 1, 2]
                a20, a21, a22 = blocks_a[slot, 2, 0], blocks_a[slot, 2, 1], blocks_a[slot, 2, 2]
                for other in range(start_b[middle], start_b[middle + 1]):
                    at = seen[columns_b[other]]
                    if at < first:
                        at = place
                        seen[columns_b[other]] = at
                        columns[at] = columns_b[other]
                        place += 1
                    for j in range(6):
                        b0, b1, b2 = blocks_b[other, 0, j], blocks_b[other, 1, j], blocks_b[other, 2, j]
                        blocks[at, 0, j] += a00 * b0 + a01 * b1 + a02 * b2
                        blocks[at, 1, j] += a10 * b0 + a11 * b1 + a12 * b2
                        blocks[at, 2, j] += a20 * b0 + a21 * b1 + a22 * b2
    return start, columns, blocks


@njit(cache=True, parallel=True)
def smooth_prolongation(start, columns, blocks, inverse, factor, owner, tentative, fold):  # type: ignore[no-untyped-def]
    """Turn A T (in ``blocks``) into P = T − factor D⁻¹ A T, in place."""
    for row in prange(start.size - 1):
        for slot in range(start[row], start[row + 1]):
            own = columns[slot] == owner[row // fold]
            for j in range(6):
                b0, b1, b2 = blocks[slot, 0, j], blocks[slot, 1, j], blocks[slot, 2, j]
                for i in range(3):
                    value = inverse[row, i, 0] * b0 + inverse[row, i, 1] * b1 + inverse[row, i, 2] * b2
                    blocks[slot, i, j] = (tentative[row, i, j] if own else 0.0) - factor * value


@njit(cache=True)
def turned(start, columns, width):  # type: ignore[no-untyped-def]
    """Return (start, row, slot) of the transpose's pattern: where each column's blocks are."""
    back = np.zeros(width + 1, np.int32)
    for slot in range(columns.size):
        back[columns[slot] + 1] += 1
    for i in range(width):
        back[i + 1] += back[i]
    place = back[:-1].copy()
    rows = np.empty(columns.size, np.int32)
    slots = np.empty(columns.size, np.int32)
    for row in range(start.size - 1):
        for slot in range(start[row], start[row + 1]):
            at = place[columns[slot]]
            place[columns[slot]] += 1
            rows[at] = row
            slots[at] = slot
    return back, rows, slots


@njit(cache=True, parallel=True, fastmath={"contract"})
def galerkin(back, rows, slots, blocks_p, start_q, columns_q, blocks_q):  # type: ignore[no-untyped-def]
    """Return (start, columns, blocks) of Pᵀ Q in 3×3 blocks, columns ascending, where Q = A P.

    ``back, rows, slots`` is P's transposed pattern. The product is symmetric: its upper part is
    summed, the lower copied.
    """
    nodes = back.size - 1
    counts = np.zeros(nodes + 1, np.int32)
    parts = 16
    for part in prange(parts):
        seen = np.full(nodes, -1, np.int32)
        for node in range(nodes * part // parts, nodes * (part + 1) // parts):
            count = 0
            for n in range(back[node], back[node + 1]):
                for other in range(start_q[rows[n]], start_q[rows[n] + 1]):
                    if seen[columns_q[other]] != node:
                        seen[columns_q[other]] = node
                        count += 1
            counts[node + 1] = count
    start = np.cumsum(counts).astype(np.int32)
    columns = np.empty(start[nodes], np.int32)
    blocks = np.zeros((start[nodes], 6, 6))
    for part in prange(parts):
        seen = np.full(nodes, -1, np.int32)
        for node in range(nodes * part // parts, nodes * (part + 1) // parts):
            first, place = start[node], start[node]
            for n in range(back[node], back[node + 1]):
                for other in range(start_q[rows[n]], start_q[rows[n] + 1]):
                    if seen[columns_q[other]] < first:
                        seen[columns_q[other]] = first
                        columns[place] = columns_q[other]
                        place += 1
            columns[first:place].sort()
            for at in range(first, place):
                seen[columns[at]] = at
            for n in range(back[node], back[node + 1]):
                p = blocks_p[slots[n]]
                for other in range(start_q[rows[n]], start_q[rows[n] + 1]):
                    if columns_q[other] < node:
                        continue
                    at = seen[columns_q[other]]
                    for i in range(6):
                        p0, p1, p2 = p[0, i], p[1, i], p[2, i]
                        for j in range(6):
                            blocks[at, i, j] += (
                                p0 * blocks_q[other, 0, j]
                                + p1 * blocks_q[other, 1, j]
                                + p2 * blocks_q[other, 2, j]
                            )
    split_start = np.empty(2 * nodes + 1, np.int32)
    split_columns = np.empty(4 * columns.size, np.int32)
    split_blocks = np.empty((4 * columns.size, 3, 3))
    split_start[2 * nodes] = 4 * columns.size
    for node in prange(nodes):
        wide = 2 * (start[node + 1] - start[node])
        for half in range(2):
            split_start[2 * node + half] = 4 * start[node] + half * wide
        for at in range(start[node], start[node + 1]):
            other, mirrored = columns[at], at
            if other < node:
                mirrored = start[other] + np.searchsorted(columns[start[other] : start[other + 1]], node)
            for a in range(2):
                for b in range(2):
                    to = 4 * start[node] + a * wide + 2 * (at - start[node]) + b
                    split_columns[to] = 2 * other + b
                    for i in range(3):
                        for j in range(3):
                            if other < node:
                                split_blocks[to, i, j] = blocks[mirrored, 3 * b + j, 3 * a + i]
                            else:
                                split_blocks[to, i, j] = blocks[at, 3 * a + i, 3 * b + j]
    return split_start, split_columns, split_blocks
