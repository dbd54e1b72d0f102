"""Compiled: samples of a slab as layers of their own, and the largest or smallest of several of them."""

import numpy as np
from numba import njit

from viewers import ahead
from viewers.oblique_kernels import (
    _ROWS_AHEAD,
    _TILE_COLUMNS,
    MAXIMUM,
    MINIMUM,
    THIN,
    _edge,
    _layer,
    _line,
    _paint,
    _spans,
    _take,
)


@njit(cache=True, nogil=True)
def layer(grid, to_grid, smooth, values):  # type: ignore[no-untyped-def]
    """Fill ``values`` (height, width) with the stored numbers of a plane of a grid (k, j, i), NaN beside it.

    Each is the very number that ``oblique_kernels.slab`` takes for one of its samples.
    """
    height, width = values.shape
    depth, rows, columns = grid.shape
    sizes, flat = (columns, rows, depth), grid.reshape(-1)
    first = np.empty(_TILE_COLUMNS, np.int32)
    part, voxel = np.empty((3, _TILE_COLUMNS), np.float32), np.empty((8, _TILE_COLUMNS), grid.dtype)
    corners = (voxel[0], voxel[1], voxel[2], voxel[3], voxel[4], voxel[5], voxel[6], voxel[7])
    spans, number = np.empty((1, 4), np.int64), np.zeros(width, np.int32)
    step, still = (to_grid[0, 0], to_grid[1, 0], to_grid[2, 0]), (0.0, 0.0, 0.0)
    by = ahead.way(to_grid, sizes, _ROWS_AHEAD)
    along = _layer(to_grid, values.shape)
    for y in range(height):
        _spans(to_grid, still, 1, 0.0, sizes, smooth, y, width, spans)
        line, number[:] = values[y], 0
        line[:] = 0.0
        start = (
            to_grid[0, 1] * y + to_grid[0, 2],
            to_grid[1, 1] * y + to_grid[1, 2],
            to_grid[2, 1] * y + to_grid[2, 2],
        )
        begin, end = spans[0, 0], spans[0, 1]
        low = min(max(spans[0, 2], begin), end)
        top = max(min(spans[0, 3], end), low)
        _edge(grid, start, step, smooth, THIN, begin, low, line, number)
        for left in range(low, top, _TILE_COLUMNS):
            right = min(left + _TILE_COLUMNS, top)
            here = (start[0] + left * step[0], start[1] + left * step[1], start[2] + left * step[2])
            _line(flat, sizes, here, step, along, by, right - left, first, part, corners, line[left:right])
            number[left:right] = 1
        _edge(grid, start, step, smooth, THIN, top, end, line, number)
        for x in range(width):
            if number[x] == 0:
                line[x] = np.nan


@njit(cache=True, nogil=True)
def together(layers, places, how, table, scale, shift, ground, picture):  # type: ignore[no-untyped-def]
    """Fill a picture with the colors of the largest or smallest number of ``layers[places]``."""
    height, width = picture.shape
    found, number = np.empty(width, np.float32), np.empty(width, np.int32)
    for y in range(height):
        found[:] = -np.inf if how == MAXIMUM else np.inf
        for n in range(places.size):
            _take(how, layers[places[n], y], found, number[:0])
        for x in range(width):
            number[x] = 1 if np.isfinite(found[x]) else 0
        _paint(found, number, how, table, scale, shift, ground, picture[y])


def warm() -> None:
    """Compile the kernels, or load them from the cache, by use on a single voxel."""
    from viewers.slice_kernels import VOXELS, read_only

    picture, table = np.zeros((1, 1), np.uint32), read_only(np.zeros(256, np.uint32))
    zero, layers = np.float32(0.0), np.zeros((1, 1, 1), np.float32)
    for kind in (*VOXELS, "int32", "float64"):
        layer(read_only(np.zeros((1, 1, 1), kind)), read_only(np.eye(3)), True, layers[0])
    together(layers, np.zeros(1, np.int64), MINIMUM, table, zero, zero, np.uint32(0), picture)
