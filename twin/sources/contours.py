"""Closed contours to voxels: a centre inside an odd number of them is inside."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def fill(contours: Sequence[NDArray[np.float64]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the voxels of a slice whose centres lie inside, by the even-odd rule.

    So a contour within a contour is a hole, and the two passes of a keyhole's channel cancel out.
    A centre on a contour's edge is inside on that edge's low side (half-open), so that two
    structures that share an edge do not share voxels.

    Parameters
    ----------
    contours : sequence of ndarray, shape (n, 2)
        Points (i, j) in voxels; the last is joined to the first.
    shape : (rows, columns)
    """
    rows, columns = shape
    starts = np.concatenate([np.asarray(c, np.float64) for c in contours])
    ends = np.concatenate([np.roll(np.asarray(c, np.float64), -1, axis=0) for c in contours])
    # The lower end first, so that a channel is crossed at the same place on its way in and out.
    down = starts[:, 1] > ends[:, 1]
    starts[down], ends[down] = ends[down], starts[down]
    # Rows whose centres' line an edge crosses: low <= row < high.
    low = np.clip(np.ceil(starts[:, 1]), 0, rows).astype(np.int64)
    high = np.clip(np.ceil(ends[:, 1]), 0, rows).astype(np.int64)
    counts = np.maximum(high - low, 0)
    edge = np.repeat(np.arange(len(starts)), counts)
    row = low[edge] + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    a, b = starts[edge], ends[edge]
    crossing = a[:, 0] + (row - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1])
    first = np.clip(np.ceil(crossing), 0, columns).astype(np.int64)
    toggles = np.zeros((rows, columns + 1), np.int32)
    np.add.at(toggles, (row, first), 1)
    return (np.cumsum(toggles[:, :columns], axis=1) & 1).astype(bool)
