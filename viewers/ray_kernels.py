"""Compiled: rays through voxels to the pixels of a picture that already holds the scene's surfaces.

Voxels lie in a flat array, i fastest; a place (i, j, k) holds a voxel center where it is whole.
Blocks are of ``BLOCK``³ voxels; ``skip`` (blocks) holds 0 where something may be seen, else how many blocks
around one may be leapt over. A sample looks at the eight voxels around it, so a block's span of values takes
in the first voxels of the next. Arrays that are only read are passed as read-only, so that one compiled
kernel serves what lies in a record and what was just made.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from viewers.slice_kernels import VOXELS, read_only

BLOCK = 8
_FAST = {"contract", "nsz", "arcp", "reassoc"}
_OPAQUE = np.float32(0.97)
"""A ray ends where no more than this is still to come."""
_FAINT = np.float32(0.006)
"""What adds less than about one of 256 grays takes even light."""
_SOLID = np.float32(0.25)
"""What adds more than this is a surface, and its slopes are worth six samples; of fog the cell's own do."""
_EVEN = np.float32(0.8)
_INSIDE = np.float32(0.2)
"""By so much each step from where a ray begins goes from even light to that of slopes."""


@njit(cache=True, nogil=True)
def halve(grid, factors, half):  # type: ignore[no-untyped-def]
    """Fill ``half`` with means over (k, j, i) ``factors`` of 1 or 2 voxels; an odd last one is left out."""
    fk, fj, fi = factors
    share = np.float32(1.0) / np.float32(fk * fj * fi)
    for k in range(half.shape[0]):
        for j in range(half.shape[1]):
            for i in range(half.shape[2]):
                total = np.float32(0.0)
                for dk in range(fk):
                    for dj in range(fj):
                        for di in range(fi):
                            total += np.float32(grid[k * fk + dk, j * fj + dj, i * fi + di])
                half[k, j, i] = total * share


@njit(cache=True, nogil=True)
def spans(grid, low, high):  # type: ignore[no-untyped-def]
    """Fill ``low`` and ``high`` (blocks) with the least and the greatest value that samples there can have.

    What is no number counts for nothing.
    """
    depth, height, width = grid.shape
    for bk in range(low.shape[0]):
        for bj in range(low.shape[1]):
            for bi in range(low.shape[2]):
                least, most = np.inf, -np.inf
                for k in range(bk * BLOCK, min(bk * BLOCK + BLOCK + 1, depth)):
                    for j in range(bj * BLOCK, min(bj * BLOCK + BLOCK + 1, height)):
                        for i in range(bi * BLOCK, min(bi * BLOCK + BLOCK + 1, width)):
                            value = np.float64(grid[k, j, i])
                            least = value if value < least else least
                            most = value if value > most else most
                low[bk, bj, bi], high[bk, bj, bi] = least, most


@njit(cache=True, nogil=True)
def leaps(skip):  # type: ignore[no-untyped-def]
    """Turn blocks marked 255 into their distance, in blocks, from the nearest marked 0 (as a king moves)."""
    depth, height, width = skip.shape
    for way in (1, -1):
        for a in range(depth):
            for b in range(height):
                for c in range(width):
                    k, j, i = (a, b, c) if way == 1 else (depth - 1 - a, height - 1 - b, width - 1 - c)
                    best = int(skip[k, j, i])
                    # The thirteen neighbors that this way has been through.
                    for n in range(13):
                        nk, nj, ni = k + way * (n // 9 - 1), j + way * (n // 3 % 3 - 1), i + way * (n % 3 - 1)
                        if 0 <= nk < depth and 0 <= nj < height and 0 <= ni < width:
                            best = min(best, int(skip[nk, nj, ni]) + 1)
                    skip[k, j, i] = best


@njit(cache=True, nogil=True)
def _cut(start, way, low, high, begin, end):  # type: ignore[no-untyped-def]
    """Return the part of a ray's [begin, end] within a slab low ≤ start + t way ≤ high."""
    if abs(way) < 1e-12:
        return (begin, end) if low <= start <= high else (1.0, 0.0)
    one, other = (low - start) / way, (high - start) / way
    return max(begin, min(one, other)), min(end, max(one, other))


@njit(cache=True, nogil=True, fastmath=_FAST)
def _cell(voxels, counts, x, y, z):  # type: ignore[no-untyped-def]
    """Return the value between the eight voxels around a place, and its slopes, per voxel."""
    nx, ny, nz = counts
    i = min(max(int(x), 0), nx - 2)
    j = min(max(int(y), 0), ny - 2)
    k = min(max(int(z), 0), nz - 2)
    one, zero = np.float32(1.0), np.float32(0.0)
    u = min(max(np.float32(x - i), zero), one)
    v = min(max(np.float32(y - j), zero), one)
    w = min(max(np.float32(z - k), zero), one)
    at = np.uint64((k * ny + j) * nx + i)
    row, slab, step = np.uint64(nx), np.uint64(nx * ny), np.uint64(1)
    a, b = np.float32(voxels[at]), np.float32(voxels[at + row])
    c, d = np.float32(voxels[at + slab]), np.float32(voxels[at + slab + row])
    along_a = np.float32(voxels[at + step]) - a
    along_b = np.float32(voxels[at + row + step]) - b
    along_c = np.float32(voxels[at + slab + step]) - c
    along_d = np.float32(voxels[at + slab + row + step]) - d
    a, b, c, d = a + u * along_a, b + u * along_b, c + u * along_c, d + u * along_d
    upper, lower = a + v * (b - a), c + v * (d - c)
    along = along_a + v * (along_b - along_a)
    along += w * (along_c + v * (along_d - along_c) - along)
    return upper + w * (lower - upper), (along, b - a + w * (d - c - b + a), lower - upper)


@njit(cache=True, nogil=True, fastmath=_FAST)
def _value(voxels, counts, x, y, z):  # type: ignore[no-untyped-def]
    """Return the value at a place."""
    return _cell(voxels, counts, x, y, z)[0]


@njit(cache=True, nogil=True, fastmath=_FAST)
def _slopes(voxels, counts, place):  # type: ignore[no-untyped-def]
    """Return the slopes along i, j and k over two voxels: smoother than those within eight."""
    x, y, z = place
    half = np.float32(0.5)
    return (
        (_value(voxels, counts, x + 1, y, z) - _value(voxels, counts, x - 1, y, z)) * half,
        (_value(voxels, counts, x, y + 1, z) - _value(voxels, counts, x, y - 1, z)) * half,
        (_value(voxels, counts, x, y, z + 1) - _value(voxels, counts, x, y, z - 1)) * half,
    )


@njit(cache=True, nogil=True, fastmath=_FAST)
def _light(slopes, turn, still):  # type: ignore[no-untyped-def]
    """Return the light on a sample, as the scene's bodies have it (viewers.drawn).

    ``turn`` takes slopes along the grid to right, up and toward the eye; where they are hardly more than
    ``still`` there is no surface to be lit, and the light is even.
    """
    gx, gy, gz = slopes
    x = turn[0, 0] * gx + turn[0, 1] * gy + turn[0, 2] * gz
    y = turn[1, 0] * gx + turn[1, 1] * gy + turn[1, 2] * gz
    z = turn[2, 0] * gx + turn[2, 1] * gy + turn[2, 2] * gz
    length = np.sqrt(x * x + y * y + z * z)
    sure = length / (length + still)
    # A sheet is lit on the side that is seen.
    over = (np.float32(1.0) if z > 0 else np.float32(-1.0)) / max(length, np.float32(1e-20))
    x, y, z = x * over, y * over, z * over
    key = max(np.float32(0), np.float32(-0.408) * x + np.float32(0.510) * y + np.float32(0.757) * z)
    fill = max(np.float32(0), np.float32(0.770) * x + np.float32(0.096) * y + np.float32(0.631) * z)
    sky = np.float32(0.5) + np.float32(0.5) * y
    lit = np.float32(0.15) + np.float32(0.15) * sky + np.float32(0.69) * key + np.float32(0.18) * fill
    return _EVEN + sure * (lit - _EVEN)


@njit(cache=True, nogil=True, fastmath=_FAST)
def _span(eye, ray, start, way, counts, box, plane, far):  # type: ignore[no-untyped-def]
    """Return the part [begin, end] of a ray, mm from the eye, that lies on voxels and is not cut away."""
    begin, end = 0.0, far
    for axis in range(3):
        begin, end = _cut(start[axis], way[axis], -0.5, counts[axis] - 0.5, begin, end)
        begin, end = _cut(eye[axis], ray[axis], box[0, axis], box[1, axis], begin, end)
    along = plane[0] * ray[0] + plane[1] * ray[1] + plane[2] * ray[2]
    height = plane[0] * eye[0] + plane[1] * eye[1] + plane[2] * eye[2] - plane[3]
    return _cut(height, along, 0.0, np.inf, begin, end)


@njit(cache=True, nogil=True, fastmath=_FAST)
def _leap(start, way, t, place, counts, skip):  # type: ignore[no-untyped-def]
    """Return how far, mm, the ray runs from ``t`` through blocks where nothing is seen; 0 where it may be."""
    bi = min(max(int(place[0]), 0), counts[0] - 2) // BLOCK
    bj = min(max(int(place[1]), 0), counts[1] - 2) // BLOCK
    bk = min(max(int(place[2]), 0), counts[2] - 2) // BLOCK
    free = int(skip[bk, bj, bi])
    if free == 0:
        return 0.0
    block = (bi, bj, bk)
    reach = np.inf
    for axis in range(3):
        if way[axis] > 1e-12:
            reach = min(reach, ((block[axis] + free) * BLOCK - place[axis]) / way[axis])
        elif way[axis] < -1e-12:
            reach = min(reach, ((block[axis] - free + 1) * BLOCK - place[axis]) / way[axis])
    return max(reach, 1e-6)


@njit(cache=True, nogil=True, fastmath=_FAST)
def _grain(x, y):  # type: ignore[no-untyped-def]
    """Return a share of a step, another for each pixel: rings of equal depth turn into fine grain."""
    mixed = np.uint32(x) * np.uint32(0x9E3779B1) ^ np.uint32(y) * np.uint32(0x85EBCA77)
    mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    return np.float64((mixed >> np.uint32(12)) & np.uint32(0xFF)) / 256.0


@njit(cache=True, nogil=True, fastmath=_FAST)
def _composite(  # type: ignore[no-untyped-def]
    voxels, counts, skip, start, way, begin, end, step, grain, table, scale, shift, turn, still, seen
):
    """Fill ``seen`` with red, green, blue (times opacity) and opacity along a ray."""
    red = green = blue = gone = np.float32(0.0)
    zero, last = np.float32(0.0), np.float32(table.shape[0] - 1)
    place = np.empty(3)
    n, total = 0, int((end - begin) / step - grain) + 1
    while n < total:
        t = begin + (n + grain) * step
        for axis in range(3):
            place[axis] = start[axis] + t * way[axis]
        free = _leap(start, way, t, place, counts, skip)
        if free > 0.0:
            n += int(free / step) + 1
            continue
        n += 1
        value, slopes = _cell(voxels, counts, place[0], place[1], place[2])
        if np.isnan(value):
            continue
        entry = value * scale + shift
        at = int(min(max(entry, zero), last))
        alpha = table[at, 3]
        if alpha <= 0:
            continue
        share = alpha * (np.float32(1.0) - gone)
        light = share * _EVEN
        if share > _FAINT:
            if share > _SOLID:
                slopes = _slopes(voxels, counts, place)
            # Where a cut opens a body slopes are noise: its face is lit evenly, what lies behind as ever.
            inside = min(np.float32(n) * _INSIDE, np.float32(1.0))
            light = share * (_EVEN + inside * (_light(slopes, turn, still) - _EVEN))
        red += table[at, 0] * light
        green += table[at, 1] * light
        blue += table[at, 2] * light
        gone += share
        if gone > _OPAQUE:
            break
    seen[0], seen[1], seen[2], seen[3] = red, green, blue, gone


@njit(cache=True, nogil=True, fastmath=_FAST)
def _maximum(voxels, counts, tops, start, way, begin, end, step, grain, scale, shift):  # type: ignore[no-untyped-def]
    """Return the greatest ``scale stored + shift`` along a ray, between 0 and 1."""
    most, one = np.float32(0.0), np.float32(1.0)
    place = np.empty(3)
    n, total = 0, int((end - begin) / step - grain) + 1
    while n < total and most < one:
        t = begin + (n + grain) * step
        n += 1
        for axis in range(3):
            place[axis] = start[axis] + t * way[axis]
        bi = min(max(int(place[0]), 0), counts[0] - 2) // BLOCK
        bj = min(max(int(place[1]), 0), counts[1] - 2) // BLOCK
        bk = min(max(int(place[2]), 0), counts[2] - 2) // BLOCK
        if tops[bk, bj, bi] * scale + shift <= most:  # nothing brighter in this block
            reach, block = np.inf, (bi, bj, bk)
            for axis in range(3):
                if way[axis] > 1e-12:
                    reach = min(reach, ((block[axis] + 1) * BLOCK - place[axis]) / way[axis])
                elif way[axis] < -1e-12:
                    reach = min(reach, (block[axis] * BLOCK - place[axis]) / way[axis])
            n += int(max(reach, 0.0) / step)
            continue
        value = _value(voxels, counts, place[0], place[1], place[2]) * scale + shift
        most = max(most, value)
    return min(most, one)


@njit(cache=True, nogil=True, fastmath=_FAST)
def cast(  # type: ignore[no-untyped-def]
    voxels, counts, to_grid, skip, tops, lens, box, plane, depth, step, table, scale, shift,
    turn, still, maximum, first, last, apart, picture,
):  # fmt: skip
    """Lay a volume over every ``apart``-th row, ``first`` to ``last``, of a picture (height, width, 4).

    ``lens`` (4, 3) is the eye, the view's center, and a picture height to the right and up there, LPS mm;
    ``to_grid`` (3, 4) takes LPS mm to the grid. ``depth`` (height, width) is how far before the eye plane the
    nearest surface lies, mm, infinite where there is none. ``tops`` (blocks) holds the stored number of each
    that comes to the greatest value. ``box`` (2, 3) and ``plane`` (normal, offset) keep
    what is between and above, LPS mm. ``table`` holds red, green, blue (0 to 255) and opacity of a step.
    """
    height, width = depth.shape
    eye, ray, start, way = lens[0], np.empty(3), np.empty(3), np.empty(3)
    ahead = lens[1] - eye
    distance = np.sqrt(ahead[0] ** 2 + ahead[1] ** 2 + ahead[2] ** 2)
    seen = np.empty(4, np.float32)
    for axis in range(3):
        start[axis] = to_grid[axis, 3]
        for n in range(3):
            start[axis] += to_grid[axis, n] * eye[n]
    for y in range(first, last, apart):
        up = (0.5 * height - 0.5 - y) / height
        for x in range(width):
            right = (x + 0.5 - 0.5 * width) / height
            length = 0.0
            for axis in range(3):
                ray[axis] = ahead[axis] + right * lens[2, axis] + up * lens[3, axis]
                length += ray[axis] ** 2
            length = np.sqrt(length)
            for axis in range(3):
                ray[axis] /= length
            for axis in range(3):
                way[axis] = to_grid[axis, 0] * ray[0] + to_grid[axis, 1] * ray[1] + to_grid[axis, 2] * ray[2]
            # The depth counts along the line of sight, a ray's length along itself.
            far = min(depth[y, x] * (length / distance), 1e9)
            begin, end = _span(eye, ray, start, way, counts, box, plane, far)
            if begin >= end:
                continue
            grain = _grain(x, y)
            if maximum:
                gray = _maximum(voxels, counts, tops, start, way, begin, end, step, grain, scale, shift)
                keep = np.float32(1.0) - gray if far < 1e9 else np.float32(0.0)
                seen[0] = seen[1] = seen[2] = np.float32(255.0) * gray
            else:
                _composite(
                    voxels, counts, skip, start, way, begin, end, step, grain, table, scale, shift,
                    turn, still, seen,
                )  # fmt: skip
                keep = np.float32(1.0) - seen[3]
            for channel in range(3):
                mixed = seen[channel] + keep * np.float32(picture[y, x, channel])
                picture[y, x, channel] = np.uint8(min(mixed + np.float32(0.5), np.float32(255.0)))


def blocks_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many blocks a grid has along each axis."""
    return tuple(max(1, -(-(count - 1) // BLOCK)) for count in shape)


def no_cut() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a box and a plane that cut nothing off."""
    return np.array([[-np.inf] * 3, [np.inf] * 3]), np.array([0.0, 0.0, 0.0, -1.0])


def warm(kinds: Sequence[str] = VOXELS) -> None:
    """Compile the kernels, or load them from the cache, by use on a few voxels of these kinds."""
    for kind in kinds:
        grid = read_only(np.zeros((2, 2, 2), kind))
        low, high = np.zeros((1, 1, 1), np.float32), np.zeros((1, 1, 1), np.float32)
        halve(grid, (1, 1, 1), np.zeros((2, 2, 2), kind))
        spans(grid, low, high)
        skip = np.full((1, 1, 1), 255, np.uint8)
        leaps(skip)
        cast(
            grid.reshape(-1), (2, 2, 2), np.eye(3, 4), skip, high, np.eye(4, 3), *no_cut(),
            np.ones((1, 1), np.float32), 1.0, np.zeros((2, 4), np.float32), np.float32(1), np.float32(0),
            np.eye(3, dtype=np.float32), np.float32(1), False, 0, 1, 1, np.zeros((1, 1, 4), np.uint8),
        )  # fmt: skip
