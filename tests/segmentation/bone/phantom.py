"""A ball-and-socket hip on both sides, and a block between: known bones for the tests."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from twin.domain import Identity, Volume

TERMS = {1: "left femur", 2: "right femur", 3: "left hip bone", 4: "right hip bone"}


@dataclass(frozen=True, eq=False)
class Phantom:
    volume: Volume
    truth: NDArray[np.uint8]
    """1 left femur, 2 right femur, 3 left hip, 4 right hip; sampled at voxel centres."""


def _capsule(p: NDArray, a: tuple, b: tuple, radius: float) -> NDArray:
    start, along = np.array(a, np.float32), np.array(b, np.float32) - np.array(a, np.float32)
    t = np.clip(((p - start) @ along) / (along @ along), 0, 1)
    return np.linalg.norm(p - start - t[..., None] * along, axis=-1) - radius


def _blend(a: NDArray, b: NDArray, width: float) -> NDArray:
    h = np.clip(0.5 + 0.5 * (b - a) / width, 0, 1)
    return b * (1 - h) + a * h - width * h * (1 - h)


def hips(
    spacing: tuple[float, float, float] = (1.2, 1.0, 1.0),
    blur_mm: float = 0.6,
    gap_mm: float = 3.0,
    noise_hu: float = 18.0,
    only: str = "",
) -> Phantom:
    """Two femurs (head radius 23 mm, shaft cut by the lower border) in two sockets.

    Signed distances in mm; cortex 1.2 to 4 mm at 1100 to 1450 HU, spongy bone 180 HU, shaft's
    canal −60 HU, muscle 50 HU, fat −95 HU. ``only`` ("left") scans that side alone.
    """
    s = np.array(spacing)
    shape = (np.array([150, 110, 330]) / s).astype(int)
    origin = np.array([-165.0, -55.0, -90.0])
    k, j, i = np.meshgrid(*[np.arange(n, dtype=np.float32) for n in shape], indexing="ij")
    p = np.stack([i * s[2] + origin[0], j * s[1] + origin[1], k * s[0] + origin[2]], -1).astype(np.float32)
    left = p[..., 0] > 0
    m = p.copy()
    m[..., 0] = np.abs(m[..., 0])
    head = np.array([90.0, 0.0, 0.0], np.float32)
    far = np.linalg.norm(m - head, axis=-1)
    femur = _blend(far - 23, _capsule(m, (90, 0, 0), (128, 8, -42), 13), 6)
    femur = _blend(femur, _capsule(m, (130, 8, -35), (125, 5, -140), 14), 6)
    up = np.array([-0.6, -0.1, 0.8], np.float32) / np.linalg.norm([0.6, 0.1, 0.8])
    hip = np.linalg.norm(m - (head + up * 8), axis=-1) - (30 + gap_mm)
    hip = _blend(hip, _capsule(m, (75, 0, 20), (60, 25, 80), 10), 10)
    hip = np.maximum(np.maximum(hip, 23 + gap_mm - far), -((m - head) @ up + 2))
    hu = np.full(shape, 50, np.float32)
    radius = (p[..., 0] / 158) ** 2 + (p[..., 1] / 52) ** 2
    hu[radius > 0.88] = -95
    hu[radius > 1] = -1000
    random = np.random.default_rng(0)
    texture = ndimage.gaussian_filter(random.normal(size=tuple(shape)), 1.2)
    texture = (60 / texture.std() * texture).astype(np.float32)
    truth = np.zeros(shape, np.uint8)
    shaft = np.clip((-40 - p[..., 2]) / 40, 0, 1)
    for distance, label, cortex in ((femur, 1, 1.4 + 2.6 * shaft), (hip, 3, 1.2)):
        bone = distance < 0
        truth[bone] = np.where(left, label, label + 1)[bone]
        core = np.where(shaft > 0.8, -60, 180 + texture) if label == 1 else 180 + texture
        hu = np.where(bone, np.where(distance < -cortex, core, 1100 + 350 * shaft), hu)
    hu = ndimage.gaussian_filter(hu, blur_mm / s) + noise_hu * random.normal(size=tuple(shape))
    affine = np.diag([s[2], s[1], s[0], 1.0])
    affine[:3, 3] = origin
    if only == "left":
        start = shape[2] // 2 + int(10 / s[2])
        hu, truth = hu[:, :, start:], np.ascontiguousarray(truth[:, :, start:])
        affine[0, 3] += start * s[2]
    volume = Volume(
        np.round(hu).astype(np.int16), affine, "CT", "HU", identity=Identity(patient_id="phantom")
    )
    return Phantom(volume, truth)


def mirrored(volume: Volume) -> Volume:
    """The same voxels, the patient mirrored: left becomes right."""
    from dataclasses import replace

    return replace(volume, affine=np.diag([-1.0, 1.0, 1.0, 1.0]) @ volume.affine)
