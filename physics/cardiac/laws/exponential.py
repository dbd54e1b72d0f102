"""Compiled: the exponential of a quadratic form in strain, which Guccione and Usyk share."""

import numpy as np
from numba import njit


@njit(cache=True)
def exponential(c, numbers, s, d):  # type: ignore[no-untyped-def]
    """W = ½ A (e^Q − 1), Q = Σ b_ij E_ij² over all nine pairs, E = ½ (C̄ − 1).

    ``numbers``: A (MPa), then b_ff, b_ss, b_nn, b_fs, b_fn, b_sn. See ``laws.isochoric``.
    """
    q = 0.0
    for n in range(6):
        strain = 0.5 * (c[n] - 1.0) if n < 3 else 0.5 * c[n]
        s[n] = numbers[1 + n] * strain  # till Q is known, without the factor
        q += (1.0 if n < 3 else 2.0) * s[n] * strain
    factor = numbers[0] * np.exp(q)
    for n in range(6):
        twice = 2.0 * factor * s[n]
        for m in range(6):
            d[n, m] = twice * s[m]
        d[n, n] += factor * numbers[1 + n] * (1.0 if n < 3 else 0.5)
    for n in range(6):
        s[n] *= factor
    return 0.5 * (factor - numbers[0])
