"""Usyk's law: orthotropic."""

from physics.cardiac.laws.law import EXPONENTIAL, Law


def usyk(
    stiffness_kpa: float = 0.88,
    b_ff: float = 8.0,
    b_ss: float = 6.0,
    b_nn: float = 3.0,
    b_fs: float = 12.0,
    b_fn: float = 3.0,
    b_sn: float = 3.0,
) -> Law:
    """Return W = C/2 (e^Q − 1), Q = Σ b_ij E_ij² over all nine pairs of fibre, sheet and normal.

    Usyk, LeGrice and McCulloch 2002, Comput Vis Sci 4:249, for the form; the shear terms are counted for both
    orders of their indices.
    """
    numbers = (1e-3 * stiffness_kpa, b_ff, b_ss, b_nn, b_fs, b_fn, b_sn)
    return Law("Usyk", EXPONENTIAL, numbers, "Usyk 2002, Comput Vis Sci 4:249", (0,))
