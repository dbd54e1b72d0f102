"""Compiled: ask the memory for what a loop will read soon, so that it is there when its turn comes.

A plane of any direction reads its voxels from all over a volume, and a core that waits for one of them can
look only a few pixels ahead. Asked for early, they arrive while the pixels before are worked on.
"""

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

_READ, _KEEP, _DATA = 0, 3, 1
"""Arguments of LLVM's ``llvm.prefetch``: for reading, into all caches, of data."""


@intrinsic
def _prefetch(_typing: Any, flat: Any, place: Any) -> Any:
    """Ask for ``flat[place]``; nothing is read, and nothing else happens."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        at = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [at.type, number, number, number])
        ask = builder.module.declare_intrinsic("llvm.prefetch", [at.type], kind)
        builder.call(ask, [at, *(ir.Constant(number, value) for value in (_READ, _KEEP, _DATA))])
        return context.get_dummy_value()

    return types.void(flat, place), build


@njit(cache=True, nogil=True)
def ask(flat, places, by):  # type: ignore[no-untyped-def]
    """Ask for the voxels ``by`` beyond some places (int32) of a flat grid."""
    last = np.int64(flat.size - 1)
    for x in range(places.size):
        _prefetch(flat, min(max(np.int64(places[x]) + by, np.int64(0)), last))


@njit(cache=True, nogil=True)
def way(to_grid, sizes, rows):  # type: ignore[no-untyped-def]
    """Return how far apart in a flat grid the voxels under a pixel and ``rows`` below it lie, about.

    Of a linear picture's eight voxels the farther ones are new; so where a way rises it ends a voxel on.
    """
    found, stride = np.int64(0), np.int64(1)
    for axis in range(3):
        step = to_grid[axis, 1]
        found += stride * np.int64(np.rint(rows * step) + (1.0 if step > 0.5 else 0.0))
        stride *= sizes[axis]
    return found
