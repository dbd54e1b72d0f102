"""Surface nets: one point in each cell of eight voxels that the boundary passes through.

After Gibson, "Constrained elastic surface nets" (1998). On a well-composed mask the net is a closed
2-manifold whose points each may move within their own cell without changing what is inside.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LATERAL = 0
"""Sheet of quads that are anatomy; sheets 1..6 lie on the image's border (low i, high i, low j, ...)."""


@dataclass(frozen=True, eq=False)
class Net:
    """A quad surface in index space.

    Attributes
    ----------
    centers : ndarray, shape (n, 3)
        (i, j, k) of each point's cell center.
    points : ndarray, shape (n, 3)
        (i, j, k) where the points start: the mean of their cell's boundary crossings.
    quads : ndarray of int32, shape (m, 4)
        Outward in a right-handed (i, j, k).
    sheets : ndarray of int8, shape (m,)
        ``LATERAL``, or 1 + the face of the image that cuts the structure off there.
    """

    centers: NDArray[np.float64]
    points: NDArray[np.float64]
    quads: NDArray[np.int32]
    sheets: NDArray[np.int8]


def surface_net(mask: NDArray[np.bool_], cut_sides: NDArray[np.bool_]) -> Net:
    """Return the boundary of a well-composed mask as a net of quads.

    Parameters
    ----------
    mask : ndarray of bool, shape (k, j, i)
        Its outermost layer is background.
    cut_sides : ndarray of bool, shape (6,)
        Low i, high i, low j, high j, low k, high k: where the outermost layer stands for what lies
        beyond the image, so that boundary to it is a cut.
    """
    cells = tuple(n - 1 for n in mask.shape)
    number = np.full(cells, -1, np.int32)
    inside = np.zeros(cells, np.uint8)
    for dk, dj, di in np.ndindex(2, 2, 2):
        inside += mask[dk : dk + cells[0], dj : dj + cells[1], di : di + cells[2]]
    mixed = (inside > 0) & (inside < 8)
    where = np.argwhere(mixed)
    number[mixed] = np.arange(len(where), dtype=np.int32)

    quads, sheets = [], []
    sums, counts = np.zeros((len(where), 3)), np.zeros(len(where))
    for axis in range(3):  # 0, 1, 2 are i, j, k; array axes run the other way
        along = 2 - axis
        first = np.take(mask, range(mask.shape[along] - 1), axis=along)
        second = np.take(mask, range(1, mask.shape[along]), axis=along)
        low = np.argwhere(first != second)[:, ::-1]  # (i, j, k) of the lower voxel of the pair
        leaves = first[low[:, 2], low[:, 1], low[:, 0]]
        b, c = (axis + 1) % 3, (axis + 2) % 3
        around = []
        for db, dc in ((-1, -1), (0, -1), (0, 0), (-1, 0)):
            cell = low.copy()
            cell[:, b] += db
            cell[:, c] += dc
            around.append(number[cell[:, 2], cell[:, 1], cell[:, 0]])
        quad = np.stack(around, axis=1)
        crossing = low.astype(float)
        crossing[:, axis] += 0.5
        for n in range(4):
            np.add.at(sums, quad[:, n], crossing)
            np.add.at(counts, quad[:, n], 1.0)
        quads.append(np.where(leaves[:, None], quad, quad[:, ::-1]))
        sheet = np.zeros(len(low), np.int8)
        if cut_sides[2 * axis]:
            sheet[low[:, axis] == 0] = 1 + 2 * axis
        if cut_sides[2 * axis + 1]:
            sheet[low[:, axis] == mask.shape[along] - 2] = 2 + 2 * axis
        sheets.append(sheet)
    centers = np.asarray(where[:, ::-1] + 0.5, np.float64)
    points = (sums / counts[:, None]).astype(np.float64)
    net = Net(centers, points, np.concatenate(quads), np.concatenate(sheets))
    for side in np.flatnonzero(cut_sides):  # the outer faces of the image's last voxels
        on_cut = np.unique(net.quads[net.sheets == 1 + side])
        points[on_cut, side // 2] = centers[on_cut, side // 2]
    return net
