"""Bones that touch across a joint space, told apart.

A joint space is a dark sheet between two cortices that the outside can reach. Letting the
outside in through such sheets parts a mask into cores; the cores grow back from bright to dark
and meet in the sheet. Whether two of them are two bones is then asked at their contact:
most of it must show a gap between two walls. A neck, a thin blade or a suture does not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.bone import joints, kernels
from segmentation.bone.mask import Crop
from segmentation.bone.recognize import has_brain
from segmentation.bone.tissue import Tissue
from twin.progress import Progress

_SHARES = (0.5, 0.7, 0.85)
"""How dark a gap must be, as a share of its walls, try after try."""

_EROSIONS = (0.0, 1.0)
"""How far the rest is eroded, in voxels, so that bridges break."""

_LEAST_ML = 2.0
"""A core that is smaller is no bone of its own."""


@dataclass(frozen=True)
class _Scan:
    hu: NDArray[np.float32]
    spacing: NDArray[np.float64]
    about: Tissue
    wall: float


def separated(mask: NDArray[np.bool_], crop: Crop, progress: Progress) -> NDArray[np.int32]:
    """Label the bones of a crop's ``mask``: connected parts, parted further where a joint space runs.

    Returns
    -------
    ndarray of int32, same shape
        1, 2, ... in no special order. Voxels in a joint space that belong to neither
        bone are 0.
    """
    labels, count = ndimage.label(mask)
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * float(np.prod(crop.spacing)) / 1000
    for n, inner in enumerate(ndimage.find_objects(labels), start=1):
        if sizes[n] < 2 * _LEAST_ML:
            continue
        margin = np.ceil(6.0 / crop.spacing).astype(int)
        box = tuple(
            slice(max(s.start - m, 0), min(s.stop + m, size))
            for s, m, size in zip(inner, margin, mask.shape, strict=True)
        )
        part = labels[box] == n
        hu = np.ascontiguousarray(crop.hu[box])
        scan = _Scan(hu, crop.spacing, crop.about, _wall_hu(hu, part, crop.spacing, crop.about))
        parts = _split(part, scan, progress)
        new = parts > 1
        labels[box][new] = parts[new] - 1 + count
        labels[box][part & (parts == 0)] = 0
        count += max(int(parts.max()) - 1, 0)
    return np.asarray(labels)


def _wall_hu(
    hu: NDArray[np.float32], part: NDArray[np.bool_], spacing: NDArray[np.float64], about: Tissue
) -> float:
    """Return the least HU that counts as cortex: well above soft tissue, by this bone's own surface.

    A shaft's cortex must not set it too high for a hip's: a wall of a millimeter stands 450 HU above soft
    tissue in voxels of two. Only a skull's own sutures, sinuses and canals run between walls as thin.
    """
    layer = part & (kernels.depth_mm(part, spacing) <= max(2.0, 1.5 * spacing.max()))
    wall = max(0.8 * (float(np.median(hu[layer])) - about.soft_hu), 100.0)
    return about.soft_hu + (wall if has_brain(part, hu, spacing) else min(wall, 450.0))


def _split(part: NDArray[np.bool_], scan: _Scan, progress: Progress) -> NDArray[np.int32]:
    parts = part.astype(np.int32)
    for share in _SHARES:
        gaps = _open_gaps(part, scan, share)
        for erosion in _EROSIONS:
            progress(0.0, "telling bones apart")
            tried = _attempt(part, parts, gaps, scan, erosion)
            if tried.max() > parts.max():
                parts = tried
    if parts.max() < 2:
        return parts
    return _without_gap(parts, scan)


def _attempt(
    part: NDArray[np.bool_], before: NDArray[np.int32], gaps: NDArray[np.bool_], scan: _Scan, erosion: float
) -> NDArray[np.int32]:
    """Part further by one level; what the level before has parted stays so."""
    rest = part & ~gaps
    if erosion > 0:
        rest &= kernels.depth_mm(rest, scan.spacing) > (erosion + 0.01) * scan.spacing.min()
    for axis in range(3):
        # Where the level before drew a border, no core crosses it.
        edge = np.diff(before, axis=axis) != 0
        low = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        rest[low] &= ~(edge & (before[low] > 0))
    cores, count = ndimage.label(rest)
    sizes = np.bincount(cores.ravel(), minlength=count + 1) * float(np.prod(scan.spacing)) / 1000
    big = sizes >= _LEAST_ML
    big[0] = False
    if big.sum() < 2:
        return before
    lookup = np.zeros(count + 1, np.int32)
    lookup[big] = np.arange(1, big.sum() + 1)
    parts = lookup[cores]
    joints.watershed(scan.hu, parts, part, 256, scan.about.soft_hu, max(scan.wall * 1.5, 400.0))
    return _merged(parts, scan)


def _open_gaps(part: NDArray[np.bool_], scan: _Scan, share: float) -> NDArray[np.bool_]:
    """Return the voxels of dark sheets between walls that the outside reaches."""
    return np.asarray(
        kernels.open_gaps(
            scan.hu, part, scan.spacing, 4.0, scan.about.soft_hu, max(3 * scan.about.noise_hu, 40.0), share
        )
    )


def _merged(parts: NDArray[np.int32], scan: _Scan) -> NDArray[np.int32]:
    """Merge neighbors whose contact shows no joint space, the least parted pair first."""
    count = int(parts.max())
    touching, gap = joints.contacts(
        scan.hu, parts, count, scan.spacing, scan.about.soft_hu, scan.wall,
        max(4.5, 1.6 * float(scan.spacing.max())), 0.75,
    )  # fmt: skip
    name = np.arange(count + 1, dtype=np.int32)
    while True:
        share = np.where(touching > 0, gap / np.maximum(touching, 1), 2.0)
        a, b = np.unravel_index(int(np.argmin(share)), share.shape)
        if share[a, b] >= 0.5:
            break
        for table in (touching, gap):
            table[a] += table[b]
            table[:, a] += table[:, b]
            table[b] = 0
            table[:, b] = 0
            table[a, a] = 0
        name[name == b] = a
    _, compact = np.unique(name, return_inverse=True)
    return compact.astype(np.int32)[parts]


def _without_gap(parts: NDArray[np.int32], scan: _Scan) -> NDArray[np.int32]:
    """Take the joint space's own voxels, under both walls' half-maximum, out of the bones beside it."""
    borders = np.zeros(parts.shape, bool)
    for axis in range(3):
        low = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        high = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        met = (parts[low] != parts[high]) & (parts[low] > 0) & (parts[high] > 0)
        borders[low] |= met
        borders[high] |= met
    near = (kernels.depth_mm(~borders, scan.spacing) <= 3.0) & (parts > 0)
    both = parts > 0
    return np.where(kernels.flood(both, _open_gaps(both, scan, 0.5) & near, False), parts, 0).astype(np.int32)
