"""Compiled: any plane or slab of voxels straight to the pixels of the screen.

Pixel (y, x) of a picture looks at place ``to_grid @ (x, y, 1)`` of the grid, (i, j, k) in voxels, whole
numbers at their centers. A slab takes ``count`` samples there, each ``through`` (i, j, k) from the one
before, the middle one on the plane itself, the outer two ``reach`` times that from it, and shows the largest,
the smallest or the mean of those that lie on the grid. Between voxels it is linear in all three directions;
up to half a voxel beyond the outer centers their value holds, as in ``slice_kernels``.
"""

import numpy as np
from numba import njit

from viewers import ahead

THIN, MAXIMUM, MINIMUM, MEAN = 0, 1, 2, 3

_FAST = {"contract", "nsz", "arcp", "reassoc"}
_TILE_ROWS, _TILE_COLUMNS = 16, 128
_ROWS_AHEAD = 2.0
"""How far above their use voxels are asked for; measured (``benchmarks oblique``): 4 and 6 are slower."""

_SAFE = 1e-3
"""What a place must keep from the outer centers, voxels, to be read without a look at the grid's borders."""


_ON_LAYER = 1e-4
"""How far from a layer of voxels a place, in voxels, is taken to lie in it: nothing is mixed into it then."""


@njit(cache=True, nogil=True)
def _cut(start, step, low, high, begin, end):  # type: ignore[no-untyped-def]
    """Return the part of the pixels [begin, end) whose place ``start + x step`` lies in [low, high)."""
    if step == 0.0:
        return (begin, end) if low <= start < high else (begin, begin)
    one, other = (low - start) / step, (high - start) / step
    first = max(float(begin), min(max(np.ceil(min(one, other)), -1.0), float(end)))
    last = min(float(end), max(min(np.ceil(max(one, other)), float(end)), float(begin)))
    return int(first), max(int(first), int(last))


@njit(cache=True, nogil=True)
def _place(at, count):  # type: ignore[no-untyped-def]
    """Return the voxel at or before a place, the one after it, and that one's share."""
    at = min(max(at, 0.0), count - 1.0)
    low = int(at)
    return low, min(low + 1, count - 1), np.float32(at - low)


@njit(cache=True, nogil=True)
def value_at(grid, i, j, k, smooth):  # type: ignore[no-untyped-def]
    """Return the stored number at a place of the grid; NaN beside it."""
    depth, height, width = grid.shape
    inside = -0.5 <= i < width - 0.5 and -0.5 <= j < height - 0.5 and -0.5 <= k < depth - 0.5
    if not inside:
        return np.float32(np.nan)
    if not smooth:
        return np.float32(grid[int(k + 0.5), int(j + 0.5), int(i + 0.5)])
    i0, i1, u = _place(i, width)
    j0, j1, v = _place(j, height)
    k0, k1, w = _place(k, depth)
    a = np.float32(grid[k0, j0, i0]) * (1 - u) + np.float32(grid[k0, j0, i1]) * u
    b = np.float32(grid[k0, j1, i0]) * (1 - u) + np.float32(grid[k0, j1, i1]) * u
    c = np.float32(grid[k1, j0, i0]) * (1 - u) + np.float32(grid[k1, j0, i1]) * u
    d = np.float32(grid[k1, j1, i0]) * (1 - u) + np.float32(grid[k1, j1, i1]) * u
    return np.float32((a * (1 - v) + b * v) * (1 - w) + (c * (1 - v) + d * v) * w)


@njit(cache=True, nogil=True)
def _edge(grid, start, step, smooth, how, begin, end, found, number):  # type: ignore[no-untyped-def]
    """Take one sample each for pixels [begin, end) of a row, near the border of the grid or beside it."""
    for x in range(begin, end):
        i, j, k = start[0] + x * step[0], start[1] + x * step[1], start[2] + x * step[2]
        value = value_at(grid, i, j, k, smooth)
        if np.isfinite(value):
            if how == MAXIMUM:
                found[x] = max(found[x], value)
            elif how == MINIMUM:
                found[x] = min(found[x], value)
            else:
                found[x] += value
            number[x] += 1


@njit(cache=True, nogil=True, fastmath=_FAST)
def _addresses(sizes, start, step, count, first, us, vs, ws):  # type: ignore[no-untyped-def]
    """Fill for ``count`` pixels where the first of their eight voxels lies, and the shares of the others."""
    i0, j0, k0 = np.float32(start[0]), np.float32(start[1]), np.float32(start[2])
    di, dj, dk = np.float32(step[0]), np.float32(step[1]), np.float32(step[2])
    line, plane = np.int32(sizes[0]), np.int32(sizes[0] * sizes[1])
    for x in range(count):
        far = np.float32(np.int32(x))
        i, j, k = i0 + far * di, j0 + far * dj, k0 + far * dk
        a, b, c = np.int32(i), np.int32(j), np.int32(k)
        us[x] = i - np.float32(a)
        vs[x] = j - np.float32(b)
        ws[x] = k - np.float32(c)
        first[x] = c * plane + b * line + a


@njit(cache=True, nogil=True)
def _corners(flat, sizes, count, first, a, b, c, d, e, f, g, h):  # type: ignore[no-untyped-def]
    """Fill the eight voxels around each pixel: unsigned places, so that no sign is looked at."""
    one, line = np.uint64(1), np.uint64(sizes[0])
    plane = np.uint64(sizes[0] * sizes[1])
    for x in range(count):
        p = np.uint64(np.uint32(first[x]))
        a[x], b[x] = flat[p], flat[p + one]
        c[x], d[x] = flat[p + line], flat[p + line + one]
        p += plane
        e[x], f[x] = flat[p], flat[p + one]
        g[x], h[x] = flat[p + line], flat[p + line + one]


@njit(cache=True, nogil=True, fastmath=_FAST)
def _between(count, us, vs, ws, a, b, c, d, e, f, g, h, values):  # type: ignore[no-untyped-def]
    """Fill the values between eight voxels each."""
    for x in range(count):
        u, v, w = us[x], vs[x], ws[x]
        ab, cd, ef, gh = np.float32(a[x]), np.float32(c[x]), np.float32(e[x]), np.float32(g[x])
        ab += (np.float32(b[x]) - ab) * u
        cd += (np.float32(d[x]) - cd) * u
        ef += (np.float32(f[x]) - ef) * u
        gh += (np.float32(h[x]) - gh) * u
        ab += (cd - ab) * v
        ef += (gh - ef) * v
        values[x] = ab + (ef - ab) * w


@njit(cache=True, nogil=True, fastmath=_FAST)
def _between_four(flat, one, other, count, first, us, vs, a, b, c, d, values):  # type: ignore[no-untyped-def]
    """Fill the values between four voxels each, of places that lie in one layer of the grid."""
    one, other = np.uint64(one), np.uint64(other)
    for x in range(count):
        p = np.uint64(np.uint32(first[x]))
        a[x], b[x] = flat[p], flat[p + one]
        c[x], d[x] = flat[p + other], flat[p + one + other]
    for x in range(count):
        ab, cd = np.float32(a[x]), np.float32(c[x])
        ab += (np.float32(b[x]) - ab) * us[x]
        cd += (np.float32(d[x]) - cd) * us[x]
        values[x] = ab + (cd - ab) * vs[x]


@njit(cache=True, nogil=True)
def _layer(to_grid, shape):  # type: ignore[no-untyped-def]
    """Return the axis of the grid along which a picture (height, width) does not go; -1 if none."""
    for axis in range(3):
        if abs(to_grid[axis, 0]) * shape[1] + abs(to_grid[axis, 1]) * shape[0] < _ON_LAYER:
            return axis
    return -1


@njit(cache=True, nogil=True)
def _line(flat, sizes, here, step, layer, by, count, first, part, corners, values):  # type: ignore[no-untyped-def]
    """Fill the values of a line of ``count`` pixels from ``here`` on, all of them well on the grid."""
    shares = (part[0], part[1], part[2])
    on = np.rint(here[layer])
    if layer < 0 or abs(here[layer] - on) > _ON_LAYER:
        _addresses(sizes, here, step, count, first, *shares)
        ahead.ask(flat, first[:count], by)
        _corners(flat, sizes, count, first, *corners)
        _between(count, *shares, *corners, values)
        return
    here = (on if layer == 0 else here[0], on if layer == 1 else here[1], on if layer == 2 else here[2])
    _addresses(sizes, here, step, count, first, *shares)
    strides = (1, sizes[0], sizes[0] * sizes[1])
    one, other = (layer + 1) % 3, (layer + 2) % 3
    _between_four(
        flat, strides[one], strides[other], count, first, part[one], part[other], *corners[:4], values
    )


@njit(cache=True, nogil=True, fastmath={"nsz"})
def _take(how, values, found, number):  # type: ignore[no-untyped-def]
    """Take one sample of each pixel into what the slab has shown there so far."""
    if how == MAXIMUM:
        for x in range(found.size):
            found[x] = values[x] if values[x] > found[x] else found[x]
    elif how == MINIMUM:
        for x in range(found.size):
            found[x] = values[x] if values[x] < found[x] else found[x]
    else:
        for x in range(found.size):
            found[x] += values[x]
    for x in range(number.size):
        number[x] += 1


@njit(cache=True, nogil=True)
def _away(n, count, reach):  # type: ignore[no-untyped-def]
    """Return how far from the plane sample ``n`` lies, in steps ``through`` the slab."""
    return min(max(n - (count - 1) / 2, -reach), reach)


@njit(cache=True, nogil=True)
def _spans(to_grid, through, count, reach, sizes, smooth, y, width, spans):  # type: ignore[no-untyped-def]
    """Fill for each sample (n) of a row the pixels [from, to) on the grid, and those well on it."""
    for n in range(count):
        away = _away(n, count, reach)
        spans[n, 0], spans[n, 1], spans[n, 2], spans[n, 3] = 0, width, 0, width if smooth else 0
        for axis in range(3):
            start = to_grid[axis, 1] * y + to_grid[axis, 2] + away * through[axis]
            step, last = to_grid[axis, 0], sizes[axis] - 1.0
            spans[n, 0], spans[n, 1] = _cut(start, step, -0.51, last + 0.51, spans[n, 0], spans[n, 1])
            spans[n, 2], spans[n, 3] = _cut(start, step, _SAFE, last - _SAFE, spans[n, 2], spans[n, 3])


@njit(cache=True, nogil=True)
def slab(  # type: ignore[no-untyped-def]
    grid, to_grid, through, count, reach, how, smooth, table, scale, shift, ground, picture
):
    """Fill ``picture`` with ``table[round(scale stored + shift)]`` of a plane or slab of a grid (k, j, i).

    It is filled tile by tile, each sample of a slab for a whole tile: what neighbors read lies near. The
    loops inside do one thing each and count from 0, so that the compiler makes vectors of them.
    """
    height, width = picture.shape
    depth, rows, columns = grid.shape
    sizes, flat = (columns, rows, depth), grid.reshape(-1)
    found, number = np.zeros((_TILE_ROWS, width), np.float32), np.zeros((_TILE_ROWS, width), np.int32)
    values, first = np.empty(_TILE_COLUMNS, np.float32), np.empty(_TILE_COLUMNS, np.int32)
    part, voxel = np.empty((3, _TILE_COLUMNS), np.float32), np.empty((8, _TILE_COLUMNS), grid.dtype)
    corners = (voxel[0], voxel[1], voxel[2], voxel[3], voxel[4], voxel[5], voxel[6], voxel[7])
    spans = np.empty((_TILE_ROWS, count, 4), np.int64)
    step = (to_grid[0, 0], to_grid[1, 0], to_grid[2, 0])
    by = ahead.way(to_grid, sizes, _ROWS_AHEAD)
    layer = _layer(to_grid, picture.shape)
    none = -np.inf if how == MAXIMUM else (np.inf if how == MINIMUM else 0.0)
    for tile in range(0, height, _TILE_ROWS):
        found[:], number[:] = none, 0
        high = min(_TILE_ROWS, height - tile)
        for t in range(high):
            _spans(to_grid, through, count, reach, sizes, smooth, tile + t, width, spans[t])
        for left in range(0, width, _TILE_COLUMNS):
            right = min(left + _TILE_COLUMNS, width)
            for n in range(count):
                away = _away(n, count, reach)
                for t in range(high):
                    begin, end = max(spans[t, n, 0], left), min(spans[t, n, 1], right)
                    low, top = max(spans[t, n, 2], begin), min(spans[t, n, 3], end)
                    y = tile + t
                    start = (
                        to_grid[0, 1] * y + to_grid[0, 2] + away * through[0],
                        to_grid[1, 1] * y + to_grid[1, 2] + away * through[1],
                        to_grid[2, 1] * y + to_grid[2, 2] + away * through[2],
                    )
                    if low >= top:
                        _edge(grid, start, step, smooth, how, begin, end, found[t], number[t])
                        continue
                    _edge(grid, start, step, smooth, how, begin, low, found[t], number[t])
                    _edge(grid, start, step, smooth, how, top, end, found[t], number[t])
                    here = (start[0] + low * step[0], start[1] + low * step[1], start[2] + low * step[2])
                    _line(flat, sizes, here, step, layer, by, top - low, first, part, corners, values)
                    _take(how, values, found[t, low:top], number[t, low:top])
        for t in range(high):
            _paint(found[t], number[t], how, table, scale, shift, ground, picture[tile + t])


@njit(cache=True, nogil=True)
def _paint(found, number, how, table, scale, shift, ground, line):  # type: ignore[no-untyped-def]
    """Fill a line of the picture with the colors of what was found."""
    top = np.float32(table.size - 1)
    for x in range(line.size):
        line[x] = ground
        if number[x]:
            value = found[x] / np.float32(number[x]) if how == MEAN else found[x]
            value = value * scale + shift
            if np.isfinite(value):
                place = min(max(value + np.float32(0.5), np.float32(0.0)), top)
                line[x] = table[np.uint64(np.int32(place))]


@njit(cache=True, nogil=True, fastmath=_FAST)
def _nearest_places(sizes, start, step, first):  # type: ignore[no-untyped-def]
    """Fill where the nearest voxel of each pixel of a line lies; all of them are on the grid."""
    half, zero = np.float32(0.5), np.int32(0)
    i0, j0, k0 = np.float32(start[0]) + half, np.float32(start[1]) + half, np.float32(start[2]) + half
    di, dj, dk = np.float32(step[0]), np.float32(step[1]), np.float32(step[2])
    width, plane = np.int32(sizes[0]), np.int32(sizes[0] * sizes[1])
    top_i, top_j, top_k = np.int32(sizes[0] - 1), np.int32(sizes[1] - 1), np.int32(sizes[2] - 1)
    for x in range(first.size):
        far = np.float32(np.int32(x))
        i, j, k = np.int32(i0 + far * di), np.int32(j0 + far * dj), np.int32(k0 + far * dk)
        i, j, k = max(min(i, top_i), zero), max(min(j, top_j), zero), max(min(k, top_k), zero)
        first[x] = k * plane + j * width + i


@njit(cache=True, nogil=True)
def _nearest_line(flat, first, line):  # type: ignore[no-untyped-def]
    """Fill a line of pixels with the voxels at those places."""
    for x in range(line.size):
        line[x] = flat[np.uint64(np.uint32(first[x]))]


@njit(cache=True, nogil=True)
def nearest(grid, to_grid, seen):  # type: ignore[no-untyped-def]
    """Fill ``seen`` (height, width) with the nearest voxels of a grid (k, j, i), 0 beside it.

    Returns the rows [from, to) that lie on the grid in part. Of labels, and of volumes in color.
    """
    height, width = seen.shape
    depth, rows, columns = grid.shape
    sizes, flat = (columns, rows, depth), grid.reshape(-1)
    step = (to_grid[0, 0], to_grid[1, 0], to_grid[2, 0])
    first = np.empty(width, np.int32)
    begin_row, end_row = height, 0
    for y in range(height):
        begin, end = 0, width
        seen[y] = 0
        for axis in range(3):
            start = to_grid[axis, 1] * y + to_grid[axis, 2]
            begin, end = _cut(start, step[axis], -0.5, sizes[axis] - 0.5, begin, end)
        if begin < end:
            here = (
                to_grid[0, 1] * y + to_grid[0, 2] + begin * step[0],
                to_grid[1, 1] * y + to_grid[1, 2] + begin * step[1],
                to_grid[2, 1] * y + to_grid[2, 2] + begin * step[2],
            )
            _nearest_places(sizes, here, step, first[begin:end])
            _nearest_line(flat, first[begin:end], seen[y, begin:end])
            begin_row, end_row = min(begin_row, y), y + 1
    return begin_row, end_row


@njit(cache=True, nogil=True)
def blend(over, picture):  # type: ignore[no-untyped-def]
    """Lay colors 0xAARRGGBB over an opaque picture of the same shape, in place."""
    low, high = np.uint32(0xFF00FF), np.uint32(0x00FF00)
    eight = np.uint32(8)
    for y in range(picture.shape[0]):
        line, under = over[y], picture[y]
        for x in range(under.size):
            alpha = np.uint32((line[x] >> np.uint32(24)) + (line[x] >> np.uint32(31)))  # 0..256
            rest = np.uint32(np.uint32(256) - alpha)
            red_blue = np.uint32((under[x] & low) * rest + (line[x] & low) * alpha)
            green = np.uint32((under[x] & high) * rest + (line[x] & high) * alpha)
            under[x] = np.uint32(
                ((red_blue >> eight) & low) | ((green >> eight) & high) | np.uint32(0xFF000000)
            )


def warm() -> None:
    """Compile the kernels, or load them from the cache, by use on a single voxel."""
    from viewers.slice_kernels import LABELS, VOXELS, read_only

    picture, table = np.zeros((1, 1), np.uint32), read_only(np.zeros(256, np.uint32))
    zero, still = np.float32(0.0), (0.0, 0.0, 0.0)
    for kind in (*VOXELS, "int32", "float64"):
        one = read_only(np.zeros((1, 1, 1), kind))
        slab(one, read_only(np.eye(3)), still, 1, 0.0, THIN, True, table, zero, zero, np.uint32(0), picture)
        value_at(one, 0.0, 0.0, 0.0, True)
    blend(picture.copy(), picture)
    for kind in (*LABELS, "uint32"):
        nearest(read_only(np.zeros((1, 1, 1), kind)), read_only(np.eye(3)), np.zeros((1, 1), kind))
