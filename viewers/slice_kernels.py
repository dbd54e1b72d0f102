"""Compiled: a plane of voxels, and labels over it, straight to the pixels of the screen.

A picture is (height, width) packed 0xFFRRGGBB. Pixel (y, x) looks at column ``across[0] + x across[1] +
y across[2]`` and row ``down[0] + y down[1]`` of the plane; whole numbers are voxel centers. The plane lies in
a flat array: voxel (column, row) at ``first + column strides[0] + row strides[1]``. All arrays that are only
read are passed as read-only, so that one compiled kernel serves what lies in a record and what was just made.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

VOXELS = ("uint8", "int16", "uint16", "float32")
"""Kinds that the kernels are compiled for."""

LABELS = ("uint8", "uint16")


@njit(cache=True, nogil=True)
def _fill(line, begin, end, value):  # type: ignore[no-untyped-def]
    """Set ``line[begin:end]``; a plain loop compiles in a tenth of the time that a slice takes."""
    for x in range(begin, end):
        line[x] = value


@njit(cache=True, nogil=True)
def _span(start, step, count, width):  # type: ignore[no-untyped-def]
    """Return the pixels [from, to) whose place ``start + x step`` lies on one of ``count`` voxels."""
    one, other = (-0.5 - start) / step, (count - 0.5 - start) / step
    low, high = min(one, other), max(one, other)
    return max(0, int(np.ceil(max(low, -1.0)))), min(width, int(np.ceil(min(high, float(width)))))


@njit(cache=True, nogil=True)
def _columns(start, step, count, smooth, backward, near, share):  # type: ignore[no-untyped-def]
    """Fill for each pixel of a row the voxel left of it, and the share of that voxel's right neighbor.

    ``backward`` counts the voxels from the other end, as they lie in memory. Returns the pixels [from, to)
    that lie on the plane.
    """
    begin, end = _span(start, step, count, near.size)
    for x in range(begin, end):
        place = min(max(start + x * step, 0.0), count - 1.0)
        if not smooth:
            place = np.floor(place + 0.5)
        if backward:
            place = count - 1.0 - place
        near[x] = np.uint64(place)
        share[x] = np.float32(place - np.floor(place))
    return begin, end


@njit(cache=True, nogil=True)
def _forward(first, strides, columns):  # type: ignore[no-untyped-def]
    """Return where the column first in memory lies, the step to the next, and whether it is the last."""
    if strides[0] < 0:
        return first + (columns - 1) * strides[0], -strides[0], True
    return first, strides[0], False


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
def _line(voxels, upper, lower, stride, v, scale, shift, line):  # type: ignore[no-untyped-def]
    """Fill ``line`` (columns + 1) with ``scale stored + shift`` between two lines of voxels.

    Neighbors in memory (``stride`` 1) are worked on several at a time.
    """
    columns = line.size - 1
    if stride == 1:
        above, below = voxels[upper : upper + columns], voxels[lower : lower + columns]
        for i in range(columns):
            a = np.float32(above[i])
            line[i] = (a + (np.float32(below[i]) - a) * v) * scale + shift
    else:
        for i in range(columns):
            a = np.float32(voxels[upper + i * stride])
            line[i] = (a + (np.float32(voxels[lower + i * stride]) - a) * v) * scale + shift
    line[columns] = line[columns - 1]


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
def grays(  # type: ignore[no-untyped-def]
    voxels, first, strides, counts, across, down, smooth, table, scale, shift, finite, ground, picture
):
    """Fill ``picture`` with ``table[round(scale stored + shift)]``, between voxels linearly where ``smooth``.

    What lies beyond the table gets its first or last entry. ``finite`` promises that no voxel is infinite or
    no number; such are painted as ``ground``. Rows are mixed before columns are, because voxels along a row
    are neighbors in memory. Places are unsigned, so that no index is looked at for its sign: these loops are
    what scrolling waits for.
    """
    height, width = picture.shape
    columns, rows = counts
    first, stride, backward = _forward(first, strides, columns)
    near, share = np.empty(width, np.uint64), np.empty(width, np.float32)
    line = np.empty(columns + 1, np.float32)
    last = np.float32(table.size - 1)
    zero, half, one = np.float32(0.0), np.float32(0.5), np.uint64(1)
    begin, end = _columns(across[0], across[1], columns, smooth, backward, near, share)
    done, done_v = -1, zero
    for y in range(height):
        row = down[0] + y * down[1]
        if not -0.5 <= row < rows - 0.5:
            _fill(picture[y], 0, width, ground)
            continue
        row = min(max(row, 0.0), rows - 1.0)
        upper = int(row) if smooth else int(row + 0.5)
        v = np.float32(row - upper) if smooth else zero
        lower = min(upper + 1, rows - 1) if v > zero else upper
        if across[2] != 0.0:
            start = across[0] + y * across[2]
            begin, end = _columns(start, across[1], columns, smooth, backward, near, share)
        elif upper == done and v == done_v:
            picture[y] = picture[y - 1]
            continue
        _fill(picture[y], 0, begin, ground)
        _fill(picture[y], end, width, ground)
        done, done_v = upper, v
        _line(voxels, first + upper * strides[1], first + lower * strides[1], stride, v, scale, shift, line)
        if finite:  # asked outside the loop, which is then half as long
            for x in range(begin, end):
                a = line[near[x]]
                value = a + (line[near[x] + one] - a) * share[x]
                picture[y, x] = table[np.uint64(np.int32(min(max(value, zero), last) + half))]
            continue
        for x in range(begin, end):
            a = line[near[x]]
            value = a + (line[near[x] + one] - a) * share[x] if share[x] > zero else a
            if np.isfinite(value):
                picture[y, x] = table[np.uint64(np.int32(min(max(value, zero), last) + half))]
            else:
                picture[y, x] = ground


@njit(cache=True, nogil=True)
def turn(grid, begin, turned):  # type: ignore[no-untyped-def]
    """Fill ``turned`` (k, n, j) with columns of a grid (k, j, i), from ``begin`` on: lines along j, not i."""
    for k in range(turned.shape[0]):
        for j in range(turned.shape[2]):
            for n in range(turned.shape[1]):
                turned[k, n, j] = grid[k, j, begin + n]


@njit(cache=True, nogil=True)
def _any(line):  # type: ignore[no-untyped-def]
    """Tell whether a line holds anything but 0; without a way out, so that it compiles to wide steps."""
    some = line[0]
    for i in range(1, line.size):
        some |= line[i]
    return some != 0


@njit(cache=True, nogil=True)
def nearest(labels, first, strides, counts, across, down, seen):  # type: ignore[no-untyped-def]
    """Fill ``seen`` (height, width) with labels; return the rows [from, to) that have any.

    A line of voxels without a label, as most are, is looked through once and left.
    """
    height, width = seen.shape
    columns, rows = counts
    first, stride, backward = _forward(first, strides, columns)
    near, share = np.empty(width, np.uint64), np.empty(width, np.float32)
    begin, end = _columns(across[0], across[1], columns, False, backward, near, share)
    begin_row, end_row, last = height, 0, -1
    for y in range(height):
        row = down[0] + y * down[1]
        if not -0.5 <= row < rows - 0.5:
            _fill(seen[y], 0, width, 0)
            continue
        place = int(min(max(row, 0.0), rows - 1.0) + 0.5)
        if place == last and across[2] == 0.0:
            seen[y] = seen[y - 1]
            end_row = y + 1 if end_row == y else end_row
            continue
        last = place
        start = first + place * strides[1]
        line = labels[start : start + (columns - 1) * stride + 1 : stride]
        if not _any(line):
            _fill(seen[y], 0, width, 0)
            continue
        if across[2] != 0.0:
            begin, end = _columns(across[0] + y * across[2], across[1], columns, False, backward, near, share)
        _fill(seen[y], 0, begin, 0)
        _fill(seen[y], end, width, 0)
        for x in range(begin, end):
            seen[y, x] = line[near[x]]
        begin_row, end_row = min(begin_row, y), y + 1
    return begin_row, end_row


@njit(cache=True, nogil=True)
def _blend(row, inside, fill, rim):  # type: ignore[no-untyped-def]
    """Mix ``fill`` where ``inside``, else ``rim`` (packed, with alpha), into a row of opaque pixels.

    No branches within, so that it compiles to wide steps.
    """
    low, high, eight = np.uint32(0xFF00FF), np.uint32(0x00FF00), np.uint32(8)
    fill_alpha = np.uint32((fill >> np.uint32(24)) + (fill >> np.uint32(31)))  # 0..256
    rim_alpha = np.uint32((rim >> np.uint32(24)) + (rim >> np.uint32(31)))
    fill_low, rim_low = np.uint32((fill & low) * fill_alpha), np.uint32((rim & low) * rim_alpha)
    fill_high = np.uint32(((fill & high) >> eight) * fill_alpha)
    rim_high = np.uint32(((rim & high) >> eight) * rim_alpha)
    fill_rest, rim_rest = np.uint32(np.uint32(256) - fill_alpha), np.uint32(np.uint32(256) - rim_alpha)
    for x in range(row.size):
        rest = fill_rest if inside[x] else rim_rest
        red_blue = (row[x] & low) * rest + (fill_low if inside[x] else rim_low)
        green = ((row[x] & high) >> eight) * rest + (fill_high if inside[x] else rim_high)
        row[x] = ((red_blue >> eight) & low) | (green & high) | np.uint32(0xFF000000)


@njit(cache=True, nogil=True)
def lay_over(seen, begin, end, reach, fills, rims, picture):  # type: ignore[no-untyped-def]
    """Blend colors of labels into ``picture``: a rim ``reach`` pixels wide along borders, fills within.

    Rows are gone through run by run of one label; the picture's own edge is no border.
    """
    height, width = seen.shape
    inside = np.empty(width, np.uint8)
    for y in range(begin, end):
        above, below = seen[max(y - reach, 0)], seen[min(y + reach, height - 1)]
        here = seen[y]
        stop = 0
        while stop < width:
            start, label = stop, here[stop]
            while stop < width and here[stop] == label:
                stop += 1
            if label == 0 or (fills[label] == 0 and rims[label] == 0):
                continue
            run = inside[start:stop]
            over, under = above[start:stop], below[start:stop]
            for x in range(run.size):
                run[x] = (over[x] == label) & (under[x] == label)
            if start > 0:
                _fill(run, 0, min(reach, run.size), 0)
            if stop < width:
                _fill(run, max(run.size - reach, 0), run.size, 0)
            _blend(picture[y, start:stop], run, fills[label], rims[label])


def read_only(array: NDArray) -> NDArray:
    """Return an unwritable view of an array, contiguous (copied only where it is not)."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def warm() -> None:
    """Compile the kernels, or load them from the cache, by use on a single voxel."""
    picture = np.zeros((1, 1), np.uint32)
    table = read_only(np.zeros(2, np.uint32))
    plane = (0, (1, 1), (1, 1), (0.0, 1.0, 0.0), (0.0, 1.0))
    zero = np.float32(0.0)
    for kind in VOXELS:
        one = read_only(np.zeros(1, kind))
        grays(one, *plane, True, table, zero, zero, kind != "float32", np.uint32(0), picture)
        turn(read_only(np.zeros((1, 1, 1), kind)), 0, np.zeros((1, 1, 1), kind))
    for kind in LABELS:
        seen = np.zeros((1, 1), kind)
        nearest(read_only(np.zeros(1, kind)), *plane, seen)
        lay_over(seen, 0, 1, 1, table, table, picture)
