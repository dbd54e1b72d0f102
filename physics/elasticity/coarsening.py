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
def product(start_a, columns_a, blocks_a, start_b, columns_b, blocks_b, width):  # type: ignore[no-untyped-def]
    """Return (start, columns, blocks) of A B, columns ascending; ``width`` is B's number of block columns."""
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
    blocks = np.zeros((start[rows], 3, 3))
    for part in prange(parts):
        seen = np.full(width, -1, np.int32)
        for row in range(rows * part // parts, rows * (part + 1) // parts):
            first, place = start[row], start[row]
            for slot in range(start_a[row], start_a[row + 1]):
                middle = columns_a[slot]
                for other in range(start_b[middle], start_b[middle + 1]):
                    column = columns_b[other]
                    if seen[column] < first:
                        seen[column] = first
                        columns[place] = column
                        place += 1
            columns[first:place].sort()
            for at in range(first, place):
                seen[columns[at]] = at
            for slot in range(start_a[row], start_a[row + 1]):
                middle = columns_a[slot]
                for other in range(start_b[middle], start_b[middle + 1]):
                    at = seen[columns_b[other]]
                    for i in range(3):
                        for j in range(3):
                            blocks[at, i, j] += (
                                blocks_a[slot, i, 0] * blocks_b[other, 0, j]
                                + blocks_a[slot, i, 1] * blocks_b[other, 1, j]
                                + blocks_a[slot, i, 2] * blocks_b[other, 2, j]
                            )
    return start, columns, blocks


@njit(cache=True)
def transpose(start, columns, blocks, width):  # type: ignore[no-untyped-def]
    """Return (start, columns, blocks) of the transpose; ``width`` is the number of block columns."""
    rows = start.size - 1
    turned = np.zeros(width + 1, np.int32)
    for slot in range(columns.size):
        turned[columns[slot] + 1] += 1
    for i in range(width):
        turned[i + 1] += turned[i]
    place = turned[:-1].copy()
    back = np.empty(columns.size, np.int32)
    values = np.empty_like(blocks)
    for row in range(rows):
        for slot in range(start[row], start[row + 1]):
            at = place[columns[slot]]
            place[columns[slot]] += 1
            back[at] = row
            for i in range(3):
                for j in range(3):
                    values[at, i, j] = blocks[slot, j, i]
    return turned, back, values


@njit(cache=True, parallel=True)
def invert_diagonal(start, columns, blocks, inverse):  # type: ignore[no-untyped-def]
    """Fill the inverses (rows, 3, 3) of the diagonal blocks; a motion that is missing (diagonal 0) gets 1."""
    for row in prange(start.size - 1):
        block = np.zeros((3, 3))
        for slot in range(start[row], start[row + 1]):
            if columns[slot] == row:
                for i in range(3):
                    if blocks[slot, i, i] <= 0.0:
                        blocks[slot, i, i] = 1.0
                block[:] = blocks[slot]
        inverse[row] = np.linalg.inv(block)


@njit(cache=True, parallel=True)
def smooth_prolongation(start, columns, blocks, inverse, factor, owner, tentative, fold):  # type: ignore[no-untyped-def]
    """Turn A T (in ``blocks``) into P = T − factor D⁻¹ A T, in place."""
    for row in prange(start.size - 1):
        scaled = np.empty((3, 3))
        for slot in range(start[row], start[row + 1]):
            for i in range(3):
                for j in range(3):
                    value = 0.0
                    for k in range(3):
                        value += inverse[row, i, k] * blocks[slot, k, j]
                    scaled[i, j] = -factor * value
            column = columns[slot]
            if column // 2 == owner[row // fold]:
                for i in range(3):
                    for j in range(3):
                        scaled[i, j] += tentative[row, i, 3 * (column % 2) + j]
            blocks[slot] = scaled
