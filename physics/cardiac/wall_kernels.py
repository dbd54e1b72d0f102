"""Compiled: stretch and stress along the fibers at the middle of each element."""

import numpy as np
from numba import njit, prange

from physics.cardiac.kernels import CORNERS, _deformation, _pull, _stress


@njit(cache=True, parallel=True)
def along_fibers(  # type: ignore[no-untyped-def]
    points, pressures, tets, gradients, code, numbers, active, stretch, stress
):
    """Fill the fibers' stretch (m,), and the Cauchy stress along them (m,) in MPa, at elements' middles.

    Parameters as for ``kernels.forces``, but gradients (m, 10, 3) are at the middles. With C and S in the
    frame of the fibers, e their direction in the reference: σ_ff = (C e · S C e) / (J e · C e).
    """
    for e in prange(tets.shape[0]):
        f, d = np.empty((3, 3)), np.empty((6, 6))
        c, inverse, s, unimodular, pull = np.empty(6), np.empty(6), np.empty(6), np.empty(6), np.empty(4)
        jacobian = _deformation(points, tets[e], gradients[e], f, c, inverse)
        pressure = 0.0
        for m in range(CORNERS):
            pressure += pressures[tets[e, m]] / CORNERS
        _pull(active[e], c[0], pull)
        _stress(code, numbers[e], c, inverse, jacobian, pressure, pull, unimodular, s, d)
        x, y, z = c[0], c[3], c[4]
        total = s[0] * x * x + s[1] * y * y + s[2] * z * z
        total += 2.0 * (s[3] * x * y + s[4] * x * z + s[5] * y * z)
        stretch[e] = np.sqrt(c[0])
        stress[e] = total / (jacobian * c[0])
