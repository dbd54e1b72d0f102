"""From HU to one filled mask of all bone, its boundary at the local half-maximum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.bone import kernels
from segmentation.bone.tissue import Tissue, ball
from twin.errors import UserError
from twin.progress import Progress


@dataclass(frozen=True)
class BoneMask:
    """All bone of a scan, and how it was found.

    ``mask`` is filled; ``specks`` counts what was too small or not in the body.
    """

    mask: NDArray[np.bool_]
    threshold_hu: float
    seed_hu: float
    specks: int


def filled(
    mask: NDArray[np.bool_],
    hu: NDArray[np.float32],
    spacing: NDArray[np.float64],
    about: Tissue,
    seal_mm: float,
) -> NDArray[np.bool_]:
    """Return ``mask`` with marrow and canal, without cranial cavity, spinal canal and air cells.

    Holes of the mask *closed by* ``seal_mm`` are filled, so that a nutrient foramen or a gap in
    a thin cortex does not empty a bone; what the closing itself added stays out unless it lies
    between such a hole and its wall.
    """
    pad = int(np.ceil(seal_mm / spacing.min())) + 1
    closed = mask
    if seal_mm > 0:
        closed = _closed(np.pad(mask, pad), spacing, seal_mm)[(slice(pad, -pad),) * 3] | mask
    walls = _capped(closed, hu, spacing)
    holes = ndimage.binary_fill_holes(walls) & ~closed
    holes = _marrow(holes, hu, spacing, about) | _tubes(closed | holes, hu, spacing, about)
    if not holes.any():
        return mask
    rim = ndimage.binary_dilation(holes, iterations=pad, mask=(closed & ~mask) | holes)
    return mask | rim


def _closed(mask: NDArray[np.bool_], spacing: NDArray[np.float64], radius: float) -> NDArray[np.bool_]:
    near = kernels.depth_mm(~mask, spacing) <= radius
    closed: NDArray[np.bool_] = kernels.depth_mm(near, spacing) > radius
    return closed


def _like_soft_tissue(hu: float, about: Tissue) -> bool:
    return -20.0 <= hu <= about.soft_hu + 40.0


def _capped(
    mask: NDArray[np.bool_], hu: NDArray[np.float32], spacing: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return ``mask`` with rings on the image's faces filled, so that a shaft that the border cuts is closed.

    A wide ring is the skull's or the pelvis' own and stays open. A vertebra's ring is closed at
    the face alone: the outside reaches its canal past the pedicles.
    """
    capped = mask.copy()
    for axis in range(3):
        size = np.delete(spacing, axis)
        for end in (0, -1):
            face = tuple(end if a == axis else slice(None) for a in range(3))
            holes = ndimage.binary_fill_holes(mask[face]) & ~mask[face] & (hu[face] > -250)
            labels, _ = ndimage.label(holes)
            for n, box in enumerate(ndimage.find_objects(labels), start=1):
                ring = labels[box] == n
                if ndimage.distance_transform_edt(np.pad(ring, 1), sampling=size).max() < 30:
                    capped[face][box] |= ring
    return capped


def _marrow(
    holes: NDArray[np.bool_], hu: NDArray[np.float32], spacing: NDArray[np.float64], about: Tissue
) -> NDArray[np.bool_]:
    """Return the holes that belong to bone: no air cells, no brain and no filled sinus.

    The latter two are wide and of soft tissue's HU, and marrow is not so even as they are.
    """
    labels, count = ndimage.label(holes)
    keep = np.ones(count + 1, bool)
    keep[0] = False
    for n, box in enumerate(ndimage.find_objects(labels), start=1):
        region = labels[box] == n
        values = hu[box][region]
        mean = float(values.mean())
        if mean < -250:
            keep[n] = False
        elif values.size * np.prod(spacing) > 1000 and _like_soft_tissue(mean, about):
            widest = kernels.depth_mm(region, spacing).max()
            even = values.std() < max(2 * about.noise_hu, 20)
            keep[n] = not (widest > 30 or (even and widest > 6))
    return np.asarray(keep[labels])


def _tubes(
    mask: NDArray[np.bool_], hu: NDArray[np.float32], spacing: NDArray[np.float64], about: Tissue
) -> NDArray[np.bool_]:
    """Return canals that are open at an end inside the image (a sawn or cropped shaft).

    A ring in the slices along one axis counts when it holds fat or spongy bone, is
    narrower than 50 mm, and four fifths of what bounds it is bone.
    """
    found = np.zeros_like(mask)
    for axis in range(3):
        rings = np.zeros_like(mask)
        for n in range(mask.shape[axis]):
            cut = tuple(n if a == axis else slice(None) for a in range(3))
            if mask[cut].any():
                rings[cut] = ndimage.binary_fill_holes(mask[cut]) & ~mask[cut]
        rings &= hu > -250
        labels, _ = ndimage.label(rings)
        for n, box in enumerate(ndimage.find_objects(labels), start=1):
            region = labels[box] == n
            if region.sum() * np.prod(spacing) < 200:
                continue
            if _like_soft_tissue(float(hu[box][region].mean()), about):
                continue
            wide = tuple(slice(max(s.start - 1, 0), s.stop + 1) for s in box)
            region = labels[wide] == n
            shell = ndimage.binary_dilation(region) & ~region
            if mask[wide][shell].mean() > 0.8 and kernels.depth_mm(region, spacing).max() < 25:
                found[wide] |= region
    return found


def bone_mask(
    hu: NDArray[np.float32],
    inside: NDArray[np.bool_],
    spacing: NDArray[np.float64],
    about: Tissue,
    threshold: float | None,
    speck_ml: float,
    progress: Progress,
) -> BoneMask:
    """Find all bone.

    A low threshold finds whatever may be bone; what holds a voxel that is bone for
    sure is kept and filled; then the outside is let in as far as the half-maximum edge
    between the cortex's own peak and what lies beyond it.
    """
    low = about.soft_hu + max(80.0, 4 * about.noise_hu) if threshold is None else threshold
    sure = max(low + 80, 220.0) if threshold is None else threshold
    progress(0.0, "finding bone")
    candidate = (hu > low) & inside
    labels, count = ndimage.label(candidate)
    if count == 0:
        raise _no_bone(low)
    progress(0.2, "finding bone")
    voxel = float(np.prod(spacing))
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * voxel
    certain = np.bincount(labels[(hu > sure) & inside], minlength=count + 1) * voxel
    keep = (sizes >= 1000 * speck_ml) & (certain >= 0.1 * np.minimum(sizes, 2000))
    keep[0] = False
    if not keep.any():
        raise _no_bone(sure)
    candidate = keep[labels]
    del labels
    progress(0.35, "filling marrow")
    near = kernels.depth_mm(~candidate, spacing) <= max(2.0, 2.01 * spacing.max())
    dim = about.soft_hu + max(30.0, 2 * about.noise_hu)
    walls = kernels.ridges(hu, near & ~candidate, dim, max(30.0, 3 * about.noise_hu))
    full = candidate | walls
    for least_mm, voxels in ((0.0, 0.0), (1.0, 1.01), (2.0, 1.5)):
        full = filled(full, hu, spacing, about, max(least_mm, voxels * spacing.max()))
    # Dim walls count only where they shut marrow in.
    inner = full & ~candidate & ~walls
    full = candidate | inner | (walls & ndimage.binary_dilation(inner, np.ones((3, 3, 3), bool)))
    progress(0.6, "placing the boundary")
    full = sharpened(full, hu, spacing, about)
    return BoneMask(full, low, sure, int(count - keep.sum()))


def sharpened(
    mask: NDArray[np.bool_], hu: NDArray[np.float32], spacing: NDArray[np.float64], about: Tissue
) -> NDArray[np.bool_]:
    """Return ``mask`` without the layer that lies outside the cortex's own half-maximum.

    The blur of scanner and voxel spreads bone by less than the layer's depth.
    """
    depth = max(1.5, 1.05 * spacing.max())
    layer = mask & (kernels.depth_mm(mask, spacing) <= depth)
    tolerance = max(3 * about.noise_hu, 40.0)
    reach = max(3.0, 1.5 * spacing.max())
    under = kernels.below_half(hu, layer.view(np.uint8), spacing, reach, -120.0, tolerance)
    state = mask.astype(np.uint8)
    state[under] = kernels.REMOVABLE
    kernels.flood(state, False)
    return state != kernels.OUTSIDE


def _no_bone(hu: float) -> UserError:
    return UserError(
        f"There is no bone in this volume: nothing of bone's size is brighter than {hu:.0f} HU.",
        "Check that it is a CT in Hounsfield units and that the scan covers bone; "
        "for very soft bone give a lower threshold.",
    )
