"""Compiled kernels on symmetric tensors in the order xx, yy, zz, xy, yz, zx."""

import math

from numba import njit, prange


@njit(cache=True, parallel=True)
def strain(tets, gradients, displacement, result):  # type: ignore[no-untyped-def]
    """Fill strains (load, m, 6) from gradients (m, 1, a, 3) and displacements (load, n, 3)."""
    for e in prange(tets.shape[0]):
        for load in range(displacement.shape[0]):
            xx, yy, zz, xy, yz, zx = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            for a in range(tets.shape[1]):
                gx, gy, gz = gradients[e, 0, a, 0], gradients[e, 0, a, 1], gradients[e, 0, a, 2]
                node = tets[e, a]
                ux = displacement[load, node, 0]
                uy = displacement[load, node, 1]
                uz = displacement[load, node, 2]
                xx += gx * ux
                yy += gy * uy
                zz += gz * uz
                xy += gy * ux + gx * uy
                yz += gz * uy + gy * uz
                zx += gx * uz + gz * ux
            result[load, e, 0], result[load, e, 1], result[load, e, 2] = xx, yy, zz
            result[load, e, 3], result[load, e, 4], result[load, e, 5] = xy / 2, yz / 2, zx / 2


@njit(cache=True, parallel=True)
def stress(young, poisson, strains, result):  # type: ignore[no-untyped-def]
    """Fill stresses (load, m, 6)."""
    for e in prange(strains.shape[1]):
        twice_shear = young[e] / (1 + poisson[e])
        lame = twice_shear * poisson[e] / (1 - 2 * poisson[e])
        for load in range(strains.shape[0]):
            pressure = lame * (strains[load, e, 0] + strains[load, e, 1] + strains[load, e, 2])
            for i in range(3):
                result[load, e, i] = pressure + twice_shear * strains[load, e, i]
                result[load, e, 3 + i] = twice_shear * strains[load, e, 3 + i]


@njit(cache=True, parallel=True)
def von_mises(stresses, result):  # type: ignore[no-untyped-def]
    """Fill equivalent stresses (n,) of stresses (n, 6)."""
    for n in prange(stresses.shape[0]):
        xx, yy, zz = stresses[n, 0], stresses[n, 1], stresses[n, 2]
        xy, yz, zx = stresses[n, 3], stresses[n, 4], stresses[n, 5]
        normal = (xx - yy) ** 2 + (yy - zz) ** 2 + (zz - xx) ** 2
        result[n] = math.sqrt(0.5 * normal + 3 * (xy * xy + yz * yz + zx * zx))


@njit(cache=True, parallel=True)
def principal(tensors, result):  # type: ignore[no-untyped-def]
    """Fill principal values (n, 3), descending, of tensors (n, 6)."""
    for n in prange(tensors.shape[0]):
        xy, yz, zx = tensors[n, 3], tensors[n, 4], tensors[n, 5]
        mean = (tensors[n, 0] + tensors[n, 1] + tensors[n, 2]) / 3
        xx, yy, zz = tensors[n, 0] - mean, tensors[n, 1] - mean, tensors[n, 2] - mean
        largest = max(abs(xx), abs(yy), abs(zz), abs(xy), abs(yz), abs(zx))
        if largest == 0:
            result[n, 0], result[n, 1], result[n, 2] = mean, mean, mean
            continue
        # Scaled, so that products of very small numbers do not vanish.
        xx, yy, zz, xy, yz, zx = (
            xx / largest, yy / largest, zz / largest, xy / largest, yz / largest, zx / largest,
        )  # fmt: skip
        size = math.sqrt((xx * xx + yy * yy + zz * zz) / 6 + (xy * xy + yz * yz + zx * zx) / 3)
        determinant = xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * zx) + zx * (xy * yz - yy * zx)
        angle = math.acos(min(max(determinant / (2 * size**3), -1.0), 1.0)) / 3
        size *= largest
        high = mean + 2 * size * math.cos(angle)
        low = mean + 2 * size * math.cos(angle + 2 * math.pi / 3)
        middle = min(max(3 * mean - high - low, low), high)
        result[n, 0], result[n, 1], result[n, 2] = high, middle, low
