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
    cone = np.empty((len(corners), 4))
    for r in range(len(origins)):
        moved = 1.0
        if r > 0:
            moved = sum([abs(origins[r, x] - origins[r - 1, x]) for x in range(3)])
        if moved > 0.0:
            _seen_from(origins[r], corners, cone)
        dx, dy, dz = directions[r, 0], directions[r, 1], directions[r, 2]
        for t in range(len(corners)):
            if dx * cone[t, 0] + dy * cone[t, 1] + dz * cone[t, 2] < cone[t, 3]:
                continue
            ox, oy, oz = corners[t, 0, 0], corners[t, 0, 1], corners[t, 0, 2]
            ax, ay, az = corners[t, 1, 0] - ox, corners[t, 1, 1] - oy, corners[t, 1, 2] - oz
            bx, by, bz = corners[t, 2, 0] - ox, corners[t, 2, 1] - oy, corners[t, 2, 2] - oz
            px, py, pz = dy * bz - dz * by, dz * bx - dx * bz, dx * by - dy * bx
            size = ax * px + ay * py + az * pz
            if size == 0.0:
                continue
            sx, sy, sz = origins[r, 0] - ox, origins[r, 1] - oy, origins[r, 2] - oz
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


@njit(cache=True)
def _seen_from(origin: NDArray[np.float64], corners: NDArray[np.float64], cone: NDArray[np.float64]) -> None:
    """Fill each row with the direction in which a triangle is seen, and the cosine of how wide it is."""
    for t in range(len(corners)):
        far = radius = 0.0
        for x in range(3):
            middle = (corners[t, 0, x] + corners[t, 1, x] + corners[t, 2, x]) / 3.0
            cone[t, x] = middle - origin[x]
            far += cone[t, x] ** 2
        for k in range(3):
            squared = 0.0
            for x in range(3):
                squared += (corners[t, k, x] - origin[x] - cone[t, x]) ** 2
            radius = max(radius, squared)
        if far <= radius:
            cone[t, 3] = -1e300
            continue
        for x in range(3):
            cone[t, x] /= np.sqrt(far)
        cone[t, 3] = np.sqrt(1.0 - radius / far) - 1e-9
