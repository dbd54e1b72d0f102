"""Strain, stress, von Mises and principal values against hand calculations and LAPACK."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from physics.elasticity import principal, strain, stress, von_mises
from physics.verify import meshes
from physics.verify.elasticity import uniform


@pytest.mark.parametrize("quadratic", [False, True])
def test_linear_displacement_gives_its_symmetric_gradient(quadratic: bool) -> None:
    mesh = meshes.box((3, 3, 3), (4.0, 5.0, 6.0), quadratic=quadratic, jitter=0.2)
    slope = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]) * 1e-3
    found = strain(mesh, np.stack([mesh.points @ slope.T, 2 * mesh.points @ slope.T]))
    # xx, yy, zz; then (2 + 4)/2, (6 + 8)/2, (3 + 7)/2
    expected = np.array([1.0, 5.0, 9.0, 3.0, 7.0, 5.0]) * 1e-3
    np.testing.assert_allclose(found[0], np.broadcast_to(expected, found[0].shape), atol=1e-14)
    np.testing.assert_allclose(found[1], 2 * found[0], atol=1e-14)


def test_quadratic_displacement_gives_its_gradient_at_the_centroid() -> None:
    """u_x = x² has ε_xx = 2 x, which ten-node elements represent."""
    mesh = meshes.box((2, 2, 2), (2.0, 2.0, 2.0), quadratic=True)
    displacement = np.zeros_like(mesh.points)
    displacement[:, 0] = mesh.points[:, 0] ** 2
    centers = mesh.points[mesh.tets[:, :4]].mean(axis=1)
    np.testing.assert_allclose(strain(mesh, displacement[None])[0, :, 0], 2 * centers[:, 0], atol=1e-13)


def test_uniaxial_stress_by_hand() -> None:
    """ε = (1, −ν, −ν, 0, 0, 0) σ/E gives σ_xx = σ and nothing else; shear σ_xy = 2 μ ε_xy = E/(1+ν) ε_xy."""
    mesh = meshes.box((1, 1, 1), (1.0, 1.0, 1.0), quadratic=False)
    eps = np.zeros((1, len(mesh.tets), 6))
    eps[..., :4] = [0.01, -0.003, -0.003, 0.002]
    found = stress(mesh, uniform(mesh, 1300.0, 0.3), eps)
    np.testing.assert_allclose(found[0], np.tile([13.0, 0, 0, 2.0, 0, 0], (len(mesh.tets), 1)), atol=1e-12)


def test_von_mises_by_hand() -> None:
    """Uniaxial 5 gives 5; pure shear 1 gives √3; hydrostatic gives 0."""
    tensors = np.array([[5.0, 0, 0, 0, 0, 0], [0, 0, 0, 1.0, 0, 0], [2.0, 2.0, 2.0, 0, 0, 0]])
    np.testing.assert_allclose(von_mises(tensors), [5.0, np.sqrt(3.0), 0.0], atol=1e-14)
    assert von_mises(tensors.reshape(3, 1, 6)).shape == (3, 1)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=6, max_size=6))
def test_principal_values_are_the_eigenvalues(values: list[float]) -> None:
    xx, yy, zz, xy, yz, zx = values
    expected = np.linalg.eigvalsh([[xx, xy, zx], [xy, yy, yz], [zx, yz, zz]])[::-1]
    found = principal(np.array([values]))[0]
    assert np.all(np.diff(found) <= 0.0)
    # Closed form: 1e-8 of the tensor's size where two values meet (docstring).
    np.testing.assert_allclose(found, expected, atol=2e-8 * max(np.abs(values).max(), 1e-6))
