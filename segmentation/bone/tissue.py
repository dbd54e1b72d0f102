"""What a CT says about itself: its scale, its soft tissue, its noise, and where the patient lies."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from twin import hounsfield as hounsfield_units
from twin.domain import Volume
from twin.errors import UserError


@dataclass(frozen=True)
class Tissue:
    """Soft tissue's most frequent HU, the noise's standard deviation there, in HU."""

    soft_hu: float
    noise_hu: float


def hounsfield(volume: Volume, add_hu: float) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Return the voxels in HU with ``add_hu`` added, and what was assumed for that.

    Raises
    ------
    UserError
        For a volume with a time axis or without a finite value, and for one whose air and
        soft tissue lie where a file that leaves the rescale intercept out has them.
    """
    if volume.voxels.ndim != 3:
        raise UserError("This volume moves in time; bones are taken from a single one.", "Choose one phase.")
    hu = volume.voxels.astype(np.float32)
    if volume.slope != 1.0:
        hu *= np.float32(volume.slope)
    if volume.intercept + add_hu != 0.0:
        hu += np.float32(volume.intercept + add_hu)
    notes: tuple[str, ...] = ()
    if not np.isfinite(hu).all():
        bad = ~np.isfinite(hu)
        if bad.all():
            raise UserError("This volume holds no finite value.", "Import the scan again.")
        hu[bad] = -1000.0
        notes += (f"{np.count_nonzero(bad)} voxels without a value were taken as air.",)
    if add_hu:
        added = f"{add_hu:+.0f}".replace("-", "−")
        notes += (f"{added} HU were added to every value, as set by “Add to every value” (add_hu).",)
    _check_scale(hu[:: max(hu.shape[0] // 64, 1), ::2, ::2])
    return hu, notes


def _check_scale(some: NDArray[np.float32]) -> None:
    shift = hounsfield_units.shifted(some)
    if shift is not None:
        raise UserError(
            f"These values are not Hounsfield units: {shift.words}",
            "Set “Add to every value” (add_hu, under Advanced) to what is missing, −1024 on most scanners, "
            "or import files that give it.",
        )


def blocks_of(spacing: NDArray[np.float64], edge_mm: float) -> tuple[int, int, int]:
    """Return the block size (k, j, i) in voxels whose edges are nearest to ``edge_mm``."""
    k, j, i = (int(f) for f in np.maximum(np.round(edge_mm / spacing), 1))
    return k, j, i


def pooled(image: NDArray, factors: tuple[int, int, int]) -> NDArray[np.float32]:
    """Return block means, the border's last blocks being filled up with copies of the edge."""
    pad = [(0, -size % f) for size, f in zip(image.shape, factors, strict=True)]
    full = np.pad(image, pad, mode="edge") if any(p[1] for p in pad) else image
    k, j, i = (size // f for size, f in zip(full.shape, factors, strict=True))
    blocks = full.reshape(k, factors[0], j, factors[1], i, factors[2])
    return blocks.mean(axis=(1, 3, 5), dtype=np.float32)


def spread(coarse: NDArray, factors: tuple[int, int, int], shape: tuple[int, ...]) -> NDArray:
    """Undo ``pooled`` for a mask: each block's value to all of its voxels."""
    fine = coarse
    for axis, f in enumerate(factors):
        fine = np.repeat(fine, f, axis=axis)
    return np.ascontiguousarray(fine[: shape[0], : shape[1], : shape[2]])


def ball(radius_mm: float, spacing: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return a ball as a structuring element, one voxel at least along each axis."""
    reach = np.maximum(np.floor(radius_mm / spacing + 1e-6), 1).astype(int)
    k, j, i = np.ogrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1, -reach[2] : reach[2] + 1]
    near = (k * spacing[0]) ** 2 + (j * spacing[1]) ** 2 + (i * spacing[2]) ** 2 <= (radius_mm + 1e-6) ** 2
    cross = (np.abs(k) + np.abs(j) + np.abs(i)) <= 1
    return np.asarray(near | cross)


def body(
    hu: NDArray[np.float32], spacing: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where the patient lies, with a margin and strictly, without table, holder and cushions.

    They are thin, or lighter than tissue: an opening on a coarse grid parts them from the patient.
    What lies in the margin alone (a table that the back touches) is not the patient's.

    Raises
    ------
    UserError
        Where nothing in the image looks like a body.
    """
    factors = blocks_of(spacing, 4.0)
    coarse_spacing = spacing * factors
    coarse = pooled(hu, factors) > -300
    # An opening leaves a thin slab of a scan nothing; copies of its faces stand in for what was not scanned.
    margin = [3 if size < 8 else 0 for size in coarse.shape]
    dense = np.pad(coarse, [(m, m) for m in margin], mode="edge")
    opened = ndimage.binary_opening(dense, ball(5.0, coarse_spacing))
    inner = opened[tuple(slice(m, m + size) for m, size in zip(margin, coarse.shape, strict=True))]
    labels, count = ndimage.label(inner)
    if count == 0:
        raise UserError(
            "Nothing in this volume looks like a patient's body.",
            "Check that it is a CT in Hounsfield units.",
        )
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    kept = sizes >= 0.02 * sizes.max()
    grown = ndimage.binary_dilation(kept[labels], ball(5.0, coarse_spacing))
    return spread(grown, factors, hu.shape), spread(kept[labels], factors, hu.shape)


def quieted(hu: NDArray[np.float32], about: Tissue) -> tuple[NDArray[np.float32], Tissue]:
    """Return a noisy scan smoothed by half a voxel, and its noise then; a quiet one as it is.

    Smoothing leaves the half-maximum of a straight edge where it was, and blurs joint spaces: hence
    only from 20 HU of noise on. On uncorrelated noise this kernel leaves a factor of 0.45.
    """
    if about.noise_hu <= 20:
        return hu, about
    kernel = np.exp(-0.5 * (np.arange(-2, 3) / 0.5) ** 2)
    left = float(((kernel / kernel.sum()) ** 2).sum()) ** 1.5
    return ndimage.gaussian_filter(hu, 0.5, truncate=4.0), Tissue(about.soft_hu, about.noise_hu * left)


def tissue(hu: NDArray[np.float32], inside: NDArray[np.bool_]) -> Tissue:
    """Return the mode of soft tissue and the noise, from voxels of the body.

    The mode is sought from −20 to 120 HU (water to enhanced muscle); the noise is the median
    absolute difference of neighbors there, so that edges do not count.
    """
    step = max(1, round((hu.size / 4e6) ** (1 / 3)))
    some = hu[::step, ::step]
    soft = inside[::step, ::step] & (some > -20) & (some < 120)
    values = some[soft]
    if values.size < 100:
        return Tissue(45.0, 15.0)
    counts = ndimage.gaussian_filter1d(np.histogram(values, bins=140, range=(-20, 120))[0].astype(float), 4)
    both = soft[:, :, 1:] & soft[:, :, :-1]
    difference = np.abs(some[:, :, 1:] - some[:, :, :-1])[both]
    noise = float(np.median(difference)) / 0.6745 / np.sqrt(2) if difference.size else 15.0
    return Tissue(float(np.argmax(counts)) - 19.5, float(max(noise, 1.0)))
