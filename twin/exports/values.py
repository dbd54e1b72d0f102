"""A volume's values as formats hold them: in their unit, or as three bytes a color."""

import numpy as np
from numpy.typing import NDArray

from twin.domain import Volume

_WHOLE = ("uint8", "int8", "int16", "uint16", "int32", "uint32", "int64")


def real_values(volume: Volume) -> NDArray:
    """Return ``slope * stored + intercept``: integers where all are whole, else floats that lose nothing."""
    stored, slope, intercept = volume.voxels, volume.slope, volume.intercept
    if (slope, intercept) == (1.0, 0.0):
        return stored
    if stored.dtype.kind in "iu" and slope == round(slope) and intercept == round(intercept):
        ends = sorted(int(s) * int(slope) + int(intercept) for s in (stored.min(), stored.max()))
        kind = next((k for k in _WHOLE if np.iinfo(k).min <= ends[0] and ends[1] <= np.iinfo(k).max), "")
        if kind:
            # Integers wrap around, so what fits in the end is right whatever overflowed on the way.
            factor, shift = (np.array(int(x), np.int64).astype(kind) for x in (slope, intercept))
            return stored.astype(kind) * factor + shift
    values = stored * np.float64(slope) + intercept
    single = values.astype(np.float32)
    return single if (single == values).all() else values


def unpacked(voxels: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Return packed colors as red, green, blue along a last axis."""
    return np.stack([(voxels >> shift & 255).astype(np.uint8) for shift in (16, 8, 0)], axis=-1)
