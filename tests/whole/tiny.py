"""A tiny patient: one left femur, coarse and plain, on which the whole chain takes seconds."""

import numpy as np
from numpy.typing import NDArray

from twin.domain import Identity, Volume

SPACING_MM = 3.0


def _rod(p: NDArray, start: tuple, end: tuple, radius: float) -> NDArray:
    a, along = np.array(start), np.subtract(end, start)
    t = np.clip(((p - a) @ along) / (along @ along), 0, 1)
    return np.linalg.norm(p - a - t[..., None] * along, axis=-1) - radius


def _joined(a: NDArray, b: NDArray, width: float) -> NDArray:
    h = np.clip(0.5 + 0.5 * (b - a) / width, 0, 1)
    return b * (1 - h) + a * h - width * h * (1 - h)


def tiny_patient(scale: float = 1.0, name: str = "TINY") -> Volume:
    """A proximal femur cut off in its shaft: 5 mm of cortex at 1300 HU, 300 HU inside, muscle, air."""
    from scipy import ndimage

    shape = (48, 40, 44)
    affine = np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0])
    affine[:3, 3] = (48.0, -58.0, -101.0)
    k, j, i = np.indices(shape)
    p = np.stack([i, j, k], -1) * SPACING_MM + affine[:3, 3]
    head = np.linalg.norm(p - (90, 0, 0), axis=-1) - 23
    femur = _joined(head, _rod(p, (90, 0, 0), (128, 8, -42), 13), 6)
    femur = _joined(femur, _rod(p, (130, 8, -35), (125, 5, -200), 15), 6)
    hu = np.where(np.hypot((p[..., 0] - 113) / 60, p[..., 1] / 54) < 1, 50.0, -1000.0)
    hu = np.where(femur < 0, np.where(femur < -5, 300.0, 1300.0), hu)
    noise = 10 * np.random.default_rng(0).normal(size=shape)
    voxels = np.round(ndimage.gaussian_filter(hu, 0.3) + noise).astype(np.int16)
    affine[:3] *= scale
    return Volume(voxels, affine, "CT", "HU", identity=Identity(patient_id=name, patient_name=f"Test^{name}"))
