"""The directions of the muscle."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.domain import TetMesh


@dataclass(frozen=True, eq=False)
class Fibers:
    """Unit vectors at right angles to one another, right-handed, of each element or point; shape (m, 3) each.

    Attributes
    ----------
    fiber : ndarray
        Along the fibers.
    sheet : ndarray
        Within the sheets, across the fibers.
    normal : ndarray
        From sheet to sheet: fiber × sheet.
    """

    fiber: NDArray[np.float64]
    sheet: NDArray[np.float64]
    normal: NDArray[np.float64]

    @property
    def axes(self) -> NDArray[np.float64]:
        """The three as rows, (..., 3, 3), as ``TetMesh.axes`` has them."""
        return np.stack([self.fiber, self.sheet, self.normal], axis=-2)

    @classmethod
    def given(cls, fiber: NDArray[np.float64], sheet: NDArray[np.float64]) -> "Fibers":
        """Take directions (m, 3) as a file has them; sheets are set at right angles to the fibers."""
        fiber = fiber / np.linalg.norm(fiber, axis=1, keepdims=True)
        across = sheet - (sheet * fiber).sum(axis=1, keepdims=True) * fiber
        lost = np.linalg.norm(across, axis=1) < 1e-3
        spare = np.eye(3)[np.abs(fiber).argmin(axis=1)]
        spare = spare - (spare * fiber).sum(axis=1, keepdims=True) * fiber
        across = np.where(lost[:, None], spare, across)
        across /= np.linalg.norm(across, axis=1, keepdims=True)
        return cls(fiber, across, np.cross(fiber, across))


def carried(fibers: Fibers, source: TetMesh, goal: TetMesh) -> Fibers:
    """Return the directions of one mesh's elements on another mesh of the same body.

    Each element takes the mean, by volume and without regard to heads, of the elements whose middles are
    nearest to its own; where there is none, that of the nearest.
    """
    from scipy.spatial import cKDTree

    ours, theirs = (m.points[m.tets[:, :4]].mean(axis=1) for m in (goal, source))
    corners = source.points[source.tets[:, :4]]
    volumes = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1]))
    near = cKDTree(ours).query(theirs)[1]
    empty = np.flatnonzero(np.bincount(near, minlength=len(ours)) == 0)
    alone = cKDTree(theirs).query(ours[empty])[1]
    rows = np.concatenate([near, empty])
    taken = np.concatenate([np.arange(len(theirs)), alone])
    means = []
    for vectors in (fibers.fiber[taken], fibers.sheet[taken]):
        dyads = (vectors[:, :, None] * vectors[:, None, :] * volumes[taken, None, None]).reshape(-1, 9)
        total = np.stack([np.bincount(rows, dyads[:, k], len(ours)) for k in range(9)], axis=1)
        means.append(np.linalg.eigh(total.reshape(-1, 3, 3))[1][:, :, 2])
    return Fibers.given(*means)
