"""Where rays first meet triangles."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

_SLACK = 1e-9
"""Share of a triangle by which a ray may pass outside it, so that none slips between two."""


def first_hits(
    origins: NDArray[np.float64],
    directions: NDArray[np.float64],
    points: NDArray[np.float64],
    triangles: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Return how far along each ray (r, 3) the first triangle lies; infinite where there is none.

    In mm for unit directions. After Möller and Trumbore 1997, J Graph Tools 2:21; every triangle is asked.
    """
    return _first_hits(
        np.ascontiguousarray(origins, np.float64),
        np.ascontiguousarray(directions, np.float64),
        np.ascontiguousarray(points[triangles], np.float64),
    )


@njit(cache=True)
def _first_hits(
    origins: NDArray[np.float64], directions: NDArray[np.float64], corners: NDArray[np.float64]
) -> NDArray[np.float64]:
    found = np.full(len(origins), np.inf)
    edges = corners[:, 1:] - corners[:, :1]
    for r in range(len(origins)):
        dx, dy, dz = directions[r]
        for t in range(len(corners)):
            ax, ay, az = edges[t, 0]
            bx, by, bz = edges[t, 1]
            px, py, pz = dy * bz - dz * by, dz * bx - dx * bz, dx * by - dy * bx
            size = ax * px + ay * py + az * pz
            if size == 0.0:
                continue
            sx = origins[r, 0] - corners[t, 0, 0]
            sy = origins[r, 1] - corners[t, 0, 1]
            sz = origins[r, 2] - corners[t, 0, 2]
            u = (sx * px + sy * py + sz * pz) / size
            if u < -_SLACK or u > 1.0 + _SLACK:
                continue
            qx, qy, qz = sy * az - sz * ay, sz * ax - sx * az, sx * ay - sy * ax
            v = (dx * qx + dy * qy + dz * qz) / size
            if v < -_SLACK or u + v > 1.0 + _SLACK:
                continue
            far = (bx * qx + by * qy + bz * qz) / size
            if 0.0 < far < found[r]:
                found[r] = far
    return found
