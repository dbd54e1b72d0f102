"""Compiled: a plane of voxels, and labels over it, straight to the pixels of the screen.

A picture is (height, width) packed 0xFFRRGGBB. Pixel (y, x) looks at column ``across[0] + x across[1] +
y across[2]`` and row ``down[0] + y down[1]`` of the plane; whole numbers are voxel centers. The plane lies in
a flat array: voxel (column, row) at ``first + column strides[0] + row strides[1]``. All arrays that are only
read are passed as read-only, so that one compiled kernel serves what lies in a record and what was just made.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viewers.sampling import EXACT

VOXELS = (*EXACT, "float32")
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
def _columns(start, step, count, stride, smooth, near, far, share):  # type: ignore[no-untyped-def]
    """Fill for each pixel of a row where its two voxels lie in the array and the far one's share.

    Returns the pixels [from, to) that lie on the plane.
    """
    begin, end = _span(start, step, count, near.size)
    for x in range(begin, end):
        place = min(max(start + x * step, 0.0), count - 1.0)
        column = int(place) if smooth else int(place + 0.5)
        near[x] = np.uint64(column * stride)
        far[x] = np.uint64((column + (1 if column + 1 < count else 0)) * stride)
        share[x] = np.float32(place - column) if smooth else np.float32(0.0)
    return begin, end


@njit(cache=True, nogil=True)
def _line(voxels, line, near, far, share, begin, end, found):  # type: ignore[no-untyped-def]
    """Fill ``found`` with the stored numbers along a line of voxels, between them linearly."""
    for x in range(begin, end):
        a, b = np.float32(voxels[line + near[x]]), np.float32(voxels[line + far[x]])
        found[x] = a + (b - a) * share[x]


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
def grays(  # type: ignore[no-untyped-def]
    voxels, first, strides, counts, across, down, smooth, table, scale, shift, exact, ground, picture
):
    """Fill ``picture`` with ``table[round(scale stored + shift)]``, between voxels linearly where ``smooth``.

    ``exact`` promises that every stored number has its place in the table. A line of voxels is read once for
    all the rows of pixels that lie beside it. Places are unsigned, so that no index is looked at for its
    sign: these loops are what scrolling waits for.
    """
    height, width = picture.shape
    columns, rows = counts
    near, far, share = np.empty(width, np.uint64), np.empty(width, np.uint64), np.empty(width, np.float32)
    top, low = np.empty(width, np.float32), np.empty(width, np.float32)
    begin, end = _columns(across[0], across[1], columns, strides[0], smooth, near, far, share)
    top_row, low_row = -1, -1
    for y in range(height):
        row = down[0] + y * down[1]
        if not -0.5 <= row < rows - 0.5:
            _fill(picture[y], 0, width, ground)
            continue
        if across[2] != 0.0:
            start = across[0] + y * across[2]
            begin, end = _columns(start, across[1], columns, strides[0], smooth, near, far, share)
            top_row, low_row = -1, -1
        _fill(picture[y], 0, begin, ground)
        _fill(picture[y], end, width, ground)
        row = min(max(row, 0.0), rows - 1.0)
        upper = int(row) if smooth else int(row + 0.5)
        lower = min(upper + 1, rows - 1) if smooth else upper
        v = np.float32(row - upper) if smooth else np.float32(0.0)
        if upper == low_row:
            top, low = low, top
            top_row, low_row = low_row, top_row
        if upper != top_row:
            _line(voxels, np.uint64(first + upper * strides[1]), near, far, share, begin, end, top)
        if lower == upper:
            for x in range(begin, end):
                low[x] = top[x]
        elif lower != low_row:
            _line(voxels, np.uint64(first + lower * strides[1]), near, far, share, begin, end, low)
        top_row, low_row = upper, lower
        if exact:  # asked outside the loop, which is then half as long
            for x in range(begin, end):
                value = (top[x] + (low[x] - top[x]) * v) * scale + shift
                picture[y, x] = table[np.uint64(np.int32(value + np.float32(0.5)))]
            continue
        for x in range(begin, end):
            value = (top[x] + (low[x] - top[x]) * v) * scale + shift
            if np.isfinite(value):
                place = min(max(value + np.float32(0.5), np.float32(0.0)), np.float32(table.size - 1))
                picture[y, x] = table[np.uint64(place)]
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
def nearest(labels, first, strides, counts, across, down, seen):  # type: ignore[no-untyped-def]
    """Fill ``seen`` (height, width) with labels; return the rows [from, to) that have any."""
    height, width = seen.shape
    columns, rows = counts
    near, far, share = np.empty(width, np.uint64), np.empty(width, np.uint64), np.empty(width, np.float32)
    begin, end = _columns(across[0], across[1], columns, strides[0], False, near, far, share)
    begin_row, end_row, last = height, 0, -1
    for y in range(height):
        row = down[0] + y * down[1]
        if not -0.5 <= row < rows - 0.5:
            _fill(seen[y], 0, width, 0)
            continue
        if across[2] != 0.0:
            start = across[0] + y * across[2]
            begin, end = _columns(start, across[1], columns, strides[0], False, near, far, share)
        _fill(seen[y], 0, begin, 0)
        _fill(seen[y], end, width, 0)
        place = int(min(max(row, 0.0), rows - 1.0) + 0.5)
        if place == last and across[2] == 0.0:
            for x in range(width):
                seen[y, x] = seen[y - 1, x]
            end_row = y + 1 if end_row == y else end_row
            continue
        last = place
        line = np.uint64(first + place * strides[1])
        some = 0
        for x in range(begin, end):
            label = labels[line + near[x]]
            seen[y, x] = label
            some |= label
        if some:
            begin_row, end_row = min(begin_row, y), y + 1
    return begin_row, end_row


@njit(cache=True, nogil=True)
def nearest_anywhere(labels, to_grid, seen):  # type: ignore[no-untyped-def]
    """As ``nearest``, for labels (k, j, i) on a grid of their own.

    ``to_grid`` (3, 3) takes (x, y, 1) of a pixel to (i, j, k) of the labels.
    """
    height, width = seen.shape
    begin_row, end_row = height, 0
    for y in range(height):
        some = False
        for x in range(width):
            i = int(np.floor(to_grid[0, 0] * x + to_grid[0, 1] * y + to_grid[0, 2] + 0.5))
            j = int(np.floor(to_grid[1, 0] * x + to_grid[1, 1] * y + to_grid[1, 2] + 0.5))
            k = int(np.floor(to_grid[2, 0] * x + to_grid[2, 1] * y + to_grid[2, 2] + 0.5))
            seen[y, x] = 0
            if 0 <= i < labels.shape[2] and 0 <= j < labels.shape[1] and 0 <= k < labels.shape[0]:
                seen[y, x] = labels[k, j, i]
                some |= labels[k, j, i] != 0
        if some:
            begin_row, end_row = min(begin_row, y), y + 1
    return begin_row, end_row


@njit(cache=True, nogil=True)
def _mixed(under, over):  # type: ignore[no-untyped-def]
    """Return packed ``over`` (with alpha) laid on opaque packed ``under``."""
    alpha = (over >> np.uint32(24)) + (over >> np.uint32(31))  # 0..256
    rest = np.uint32(256) - alpha
    red_blue = (under & np.uint32(0xFF00FF)) * rest + (over & np.uint32(0xFF00FF)) * alpha
    green = (under & np.uint32(0x00FF00)) * rest + (over & np.uint32(0x00FF00)) * alpha
    red_blue = (red_blue >> np.uint32(8)) & np.uint32(0xFF00FF)
    return np.uint32(red_blue | ((green >> np.uint32(8)) & np.uint32(0x00FF00)) | np.uint32(0xFF000000))


@njit(cache=True, nogil=True)
def lay_over(seen, begin, end, reach, fills, rims, picture):  # type: ignore[no-untyped-def]
    """Blend colors of labels into ``picture``: a rim ``reach`` pixels wide along borders, fills within."""
    height, width = seen.shape
    for y in range(begin, end):
        above, below = max(y - reach, 0), min(y + reach, height - 1)
        for x in range(width):
            label = seen[y, x]
            if label == 0:
                continue
            left, right = max(x - reach, 0), min(x + reach, width - 1)
            inside = (
                seen[above, x] == label
                and seen[below, x] == label
                and seen[y, left] == label
                and seen[y, right] == label
            )
            over = fills[label] if inside else rims[label]
            if over != 0:
                picture[y, x] = _mixed(picture[y, x], over)


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
        grays(one, *plane, True, table, zero, zero, kind in EXACT, np.uint32(0), picture)
        turn(read_only(np.zeros((1, 1, 1), kind)), 0, np.zeros((1, 1, 1), kind))
    for kind in LABELS:
        seen = np.zeros((1, 1), kind)
        nearest(read_only(np.zeros(1, kind)), *plane, seen)
        nearest_anywhere(read_only(np.zeros((1, 1, 1), kind)), read_only(np.eye(3)), seen)
        lay_over(seen, 0, 1, 1, table, table, picture)
