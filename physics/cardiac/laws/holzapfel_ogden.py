"""Holzapfel and Ogden's law: orthotropic, or transversely isotropic without its sheet terms."""

import numpy as np
from numba import njit

from physics.cardiac.laws.law import HOLZAPFEL_OGDEN, Law


def holzapfel_ogden(
    a_kpa: float = 0.059,
    b: float = 8.023,
    a_f_kpa: float = 18.472,
    b_f: float = 16.026,
    a_s_kpa: float = 2.481,
    b_s: float = 11.120,
    a_fs_kpa: float = 0.216,
    b_fs: float = 11.436,
) -> Law:
    """Return W = a/2b e^(b(I1−3)) + Σ a_i/2b_i (e^(b_i(I4i−1)²) − 1) + a_fs/2b_fs (e^(b_fs I8²) − 1).

    Fibres and sheets count only where they are stretched. ``a_s_kpa = a_fs_kpa = 0`` makes it transversely
    isotropic. Holzapfel and Ogden 2009, Phil Trans R Soc A 367:3445; the numbers are their table 1's fit to
    the shear tests of Dokos 2002.
    """
    numbers = (1e-3 * a_kpa, b, 1e-3 * a_f_kpa, b_f, 1e-3 * a_s_kpa, b_s, 1e-3 * a_fs_kpa, b_fs)
    source = "Holzapfel and Ogden 2009, Phil Trans R Soc A 367:3445"
    return Law("Holzapfel–Ogden", HOLZAPFEL_OGDEN, numbers, source, (0, 2, 4, 6))


@njit(cache=True)
def fiber_sheet(c, numbers, s, d):  # type: ignore[no-untyped-def]
    """See ``holzapfel_ogden`` and ``laws.isochoric``."""
    a, b, a_f, b_f, a_s, b_s, a_fs, b_fs = numbers
    s[:] = 0.0
    d[:] = 0.0
    factor = a * np.exp(b * (c[0] + c[1] + c[2] - 3.0))
    s[:3] = factor
    d[:3, :3] = 2.0 * b * factor
    energy = 0.5 * (factor - a) / b
    for n, stress, power in ((0, a_f, b_f), (1, a_s, b_s)):
        stretch = c[n] - 1.0
        if stretch > 0.0 and stress > 0.0:
            factor = stress * np.exp(power * stretch * stretch)
            s[n] += 2.0 * factor * stretch
            d[n, n] += 4.0 * factor * (1.0 + 2.0 * power * stretch * stretch)
            energy += 0.5 * (factor - stress) / power
    if a_fs > 0.0:
        factor = a_fs * np.exp(b_fs * c[3] * c[3])
        s[3] = factor * c[3]
        d[3, 3] = factor * (1.0 + 2.0 * b_fs * c[3] * c[3])
        energy += 0.5 * (factor - a_fs) / b_fs
    return energy
