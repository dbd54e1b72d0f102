"""The neo-Hookean law: isotropic."""

from numba import njit

from physics.cardiac.laws.law import NEO_HOOKEAN, Law


def neo_hookean(shear_kpa: float) -> Law:
    """Return W = μ/2 (Ī1 − 3)."""
    source = "Rivlin 1948, Phil Trans R Soc A 240:459"
    return Law("neo-Hookean", NEO_HOOKEAN, (1e-3 * shear_kpa,), source, (0,))


@njit(cache=True)
def isotropic(c, numbers, s, d):  # type: ignore[no-untyped-def]
    """See ``neo_hookean`` and ``laws.isochoric``."""
    s[:] = 0.0
    d[:] = 0.0
    s[:3] = numbers[0]
    return 0.5 * numbers[0] * (c[0] + c[1] + c[2] - 3.0)
