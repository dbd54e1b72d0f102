"""Laws of the myocardium: stress and tangent are the energy's derivatives."""

import numpy as np
import pytest

from physics.cardiac.laws import Law, guccione, holzapfel_ogden, isochoric, neo_hookean, usyk

LAWS = (guccione(2.0, 8.0, 2.0, 4.0), usyk(), holzapfel_ogden(), neo_hookean(5.0))
PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))


def called(law: Law, c: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    s, d = np.empty(6), np.empty((6, 6))
    return isochoric(law.code, c, law.row(), s, d), s, d


def strained() -> np.ndarray:
    """Return C as six numbers, fibre and sheet stretched."""
    f = np.eye(3) + np.array([[0.15, 0.05, -0.02], [0.03, 0.08, 0.04], [0.01, -0.06, -0.1]])
    return np.array([(f.T @ f)[pair] for pair in PAIRS])


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_stress_is_the_energys_derivative(law: Law) -> None:
    c, step = strained(), 1e-6
    _, s, _ = called(law, c)
    for n in range(6):
        away = step * np.eye(6)[n]
        # Of a shear both C_ij and C_ji move, so that the energy's slope is S_ij rather than half of it.
        slope = (called(law, c + away)[0] - called(law, c - away)[0]) / (2 * step)
        assert s[n] == pytest.approx(2 * slope if n < 3 else slope, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_the_tangent_is_the_stress_derivative(law: Law) -> None:
    c, step = strained(), 1e-6
    _, _, d = called(law, c)
    for n in range(6):
        away = step * np.eye(6)[n]
        slope = (called(law, c + away)[1] - called(law, c - away)[1]) / (2 * step)
        # E is half of C − 1, and its shears count twice.
        np.testing.assert_allclose(d[:, n], 2 * slope if n < 3 else slope, rtol=1e-5, atol=1e-10)


def test_a_law_at_rest_has_no_stress_beyond_pressure() -> None:
    for law in LAWS:
        _, s, _ = called(law, np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]))
        np.testing.assert_allclose(s, [s[0]] * 3 + [0.0] * 3, atol=1e-15)


def test_fibers_of_holzapfel_and_ogden_do_not_resist_shortening() -> None:
    short = np.array([0.9, 1.0, 1.0, 0.0, 0.0, 0.0])
    law = holzapfel_ogden(a_s_kpa=0.0, a_fs_kpa=0.0)
    _, s, _ = called(law, short)
    assert s[0] == s[1] == s[2] > 0


def test_guccione_in_simple_stretch() -> None:
    """S_ff = C b_f E e^(b_f E²) by hand, with E = 0.1: 2 · 8 · 0.1 · e^0.08 kPa."""
    _, s, _ = called(guccione(2.0, 8.0, 2.0, 4.0), np.array([1.2, 1.0, 1.0, 0.0, 0.0, 0.0]))
    assert s[0] == pytest.approx(1.6e-3 * np.exp(0.08), rel=1e-12)
