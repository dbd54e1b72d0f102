"""Hyperelastic laws of the myocardium, one a file, and the compiled function that picks among them.

A law is an energy W of the isochoric right Cauchy–Green tensor C̄ = J^(−2/3) C, written in the frame of
fibre, sheet and normal. Six numbers stand for a symmetric tensor: ff, ss, nn, fs, fn, sn.
"""

from numba import njit

from physics.cardiac.laws.exponential import exponential
from physics.cardiac.laws.guccione import guccione
from physics.cardiac.laws.holzapfel_ogden import fiber_sheet, holzapfel_ogden
from physics.cardiac.laws.law import EXPONENTIAL, HOLZAPFEL_OGDEN, Law
from physics.cardiac.laws.neo_hookean import isotropic, neo_hookean
from physics.cardiac.laws.usyk import usyk

__all__ = ["Law", "guccione", "holzapfel_ogden", "isochoric", "neo_hookean", "usyk"]


@njit(cache=True)
def isochoric(code, c, numbers, s, d):  # type: ignore[no-untyped-def]
    """Fill ``s`` (6,) = 2 ∂W/∂C̄ and ``d`` (6, 6) = 4 ∂²W/∂C̄² at ``c`` (6,), MPa; return W.

    ``d`` takes strains whose shears are doubled, as is usual.
    """
    if code == EXPONENTIAL:
        return exponential(c, numbers, s, d)
    if code == HOLZAPFEL_OGDEN:
        return fiber_sheet(c, numbers, s, d)
    return isotropic(c, numbers, s, d)
