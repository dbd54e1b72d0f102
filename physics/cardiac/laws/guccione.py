"""Guccione's law: transversely isotropic about the fibre."""

from physics.cardiac.laws.law import EXPONENTIAL, Law


def guccione(stiffness_kpa: float, b_f: float, b_t: float, b_fs: float) -> Law:
    """Return W = C/2 (e^Q − 1), Q = b_f E_ff² + b_t (E_ss² + E_nn² + 2 E_sn²) + 2 b_fs (E_fs² + E_fn²).

    Guccione, McCulloch and Waldman 1991, J Biomech Eng 113:42.
    """
    numbers = (1e-3 * stiffness_kpa, b_f, b_t, b_t, b_fs, b_fs, b_t)
    return Law("Guccione", EXPONENTIAL, numbers, "Guccione 1991, J Biomech Eng 113:42", (0,))
