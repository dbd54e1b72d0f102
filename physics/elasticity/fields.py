"""Strains and stresses of displacements; tensors in the order xx, yy, zz, xy, yz, zx."""

import numpy as np
from numpy.typing import NDArray

from twin.domain import Material, TetMesh


def stiffness_gradients(mesh: TetMesh) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return shape gradients (m, q, a, 3) in 1/mm and volumes (m, q) in mm³ where stiffness is summed."""
    from physics.elasticity import kernels

    return _gradients(mesh, kernels.quadrature(mesh.tets.shape[1]))


def strain(
    mesh: TetMesh, displacement: NDArray[np.float64], *, at: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the small strain at each element's centroid (constant in a four-node element).

    Parameters
    ----------
    displacement : ndarray, shape (load, n, 3)
        mm.
    at : ndarray, shape (1, 4), optional
        Barycentric coordinates of another point than the centroid.

    Returns
    -------
    ndarray, shape (load, m, 6)
        Tensor components (not engineering shear), 1.
    """
    from physics.elasticity import tensors

    gradients, _ = _gradients(mesh, np.full((1, 4), 0.25) if at is None else at)
    result = np.empty((len(displacement), len(mesh.tets), 6))
    tensors.strain(mesh.tets, gradients, np.ascontiguousarray(displacement, np.float64), result)
    return result


def stress(mesh: TetMesh, material: Material, strain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Cauchy stress in MPa, shape (load, m, 6), of strains of that shape: σ = λ tr(ε) I + 2 μ ε."""
    from physics.elasticity import tensors

    if strain.shape[1:] != (len(mesh.tets), 6):
        raise ValueError(f"strains of shape {strain.shape} do not fit {len(mesh.tets)} elements")
    result = np.empty_like(strain)
    tensors.stress(material.young_mpa, material.poisson, strain, result)
    return result


def von_mises(stress: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return von Mises' equivalent stress, shape (...), of stresses (..., 6)."""
    from physics.elasticity import tensors

    result = np.empty(stress.shape[:-1], stress.dtype)
    tensors.von_mises(np.ascontiguousarray(stress).reshape(-1, 6), result.reshape(-1))
    return result


def principal(tensor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the principal values, shape (..., 3), descending, of symmetric tensors (..., 6).

    Closed form (Smith 1961); exact to about 1e-8 of the tensor's size where two values meet.
    """
    from physics.elasticity import tensors

    result = np.empty((*tensor.shape[:-1], 3), tensor.dtype)
    tensors.principal(np.ascontiguousarray(tensor).reshape(-1, 6), result.reshape(-1, 3))
    return result


def _gradients(
    mesh: TetMesh, barycentric: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from physics.elasticity import kernels

    columns = mesh.tets.shape[1]
    shapes = kernels.shape_gradients(columns, barycentric)
    gradients = np.empty((len(mesh.tets), len(barycentric), columns, 3))
    volumes = np.empty((len(mesh.tets), len(barycentric)))
    points = np.ascontiguousarray(mesh.points, np.float64)
    tets = np.ascontiguousarray(mesh.tets, np.int32)
    kernels.element_gradients(points, tets, shapes, 1.0 / (6.0 * len(barycentric)), gradients, volumes)
    return gradients, volumes
