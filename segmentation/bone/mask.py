"""From HU to filled masks of bone, their boundary at the local half-maximum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.bone import kernels, lumens
from segmentation.bone.pools import pools
from segmentation.bone.tissue import Tissue, blocks_of, pooled, spread
from twin.errors import UserError
from twin.progress import Progress

COARSE_MM = 2.0
"""From this voxel size on a thin cortex has gaps that no closing shuts and a joint space is no wider than
a voxel: what bone surrounds on nearly all sides is then taken for its inside."""


@dataclass(frozen=True)
class Threshold:
    """What may be bone (``low_hu``) and what is bone for sure (``sure_hu``)."""

    low_hu: float
    sure_hu: float


@dataclass(frozen=True)
class Crop:
    """A box of the scan with one group of bone in it, far from all others.

    ``candidate`` is all that may be bone there; ``borders`` tells for each axis whether the box's
    low and high face are the image's own.
    """

    box: tuple[slice, slice, slice]
    candidate: NDArray[np.bool_]
    pool: NDArray[np.bool_]
    hu: NDArray[np.float32]
    spacing: NDArray[np.float64]
    about: Tissue
    borders: tuple[tuple[bool, bool], ...]


def threshold(about: Tissue, wished: float | None) -> Threshold:
    """Return the thresholds for a scan's soft tissue and noise, or around the wished one."""
    low = about.soft_hu + max(80.0, 4 * about.noise_hu) if wished is None else wished
    return Threshold(low, max(low + 80, 220.0) if wished is None else wished)


@dataclass(frozen=True, eq=False)
class Found:
    """Groups of candidates, how many specks were left out, and whether what looks like a pool was kept."""

    crops: tuple[Crop, ...]
    specks: int
    pools_kept: bool


def find(
    hu: NDArray[np.float32],
    body: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    spacing: NDArray[np.float64],
    about: Tissue,
    limits: Threshold,
    speck_ml: float,
    progress: Progress,
) -> Found:
    """Return the groups of candidates.

    A candidate that holds a fair share of voxels that are bone for sure is kept, if it lies in the
    body (with a margin and strictly, as ``tissue.body`` gives it). Pools of contrast agent are left
    out, unless nothing else is there: then what looks like one is more likely an even bone.

    Raises
    ------
    UserError
        Where there is none.
    """
    progress(0.0, "finding bone")
    wide, strict = body
    bright = (hu > limits.low_hu) & wide
    pool = pools(hu, bright, spacing, about, limits.low_hu)
    progress(0.5, "finding bone")
    labels, count, keep = _kept(hu, bright & ~pool, strict, pool, spacing, limits, speck_ml)
    pools_kept = not keep.any() and bool(pool.any())
    if pools_kept:
        pool = np.zeros_like(pool)
        labels, count, keep = _kept(hu, bright, strict, pool, spacing, limits, speck_ml)
    del bright
    if not keep.any():
        raise no_bone(limits.sure_hu)
    candidate = keep[labels]
    del labels
    progress(0.8, "finding bone")
    factors = blocks_of(spacing, 4.0)
    groups, _ = ndimage.label(
        ndimage.binary_dilation(pooled(candidate, factors) > 0, np.ones((3, 3, 3), bool)), np.ones((3, 3, 3))
    )
    found = []
    for n, coarse in enumerate(ndimage.find_objects(groups), start=1):
        k, j, i = (
            slice(s.start * f, min(s.stop * f, size))
            for s, f, size in zip(coarse, factors, hu.shape, strict=True)
        )
        box = (k, j, i)
        own = spread(groups[coarse] == n, factors, tuple(s.stop - s.start for s in box))
        borders = tuple((s.start == 0, s.stop == size) for s, size in zip(box, hu.shape, strict=True))
        found.append(
            Crop(box, candidate[box] & own, pool[box], np.ascontiguousarray(hu[box]), spacing, about, borders)
        )
    return Found(tuple(found), int(count - keep.sum()), pools_kept)


def _kept(
    hu: NDArray[np.float32],
    candidate: NDArray[np.bool_],
    strict: NDArray[np.bool_],
    pool: NDArray[np.bool_],
    spacing: NDArray[np.float64],
    limits: Threshold,
    speck_ml: float,
) -> tuple[NDArray[np.int32], int, NDArray[np.bool_]]:
    """Return the candidate's pieces, how many there are, and by label which of them may be bone."""
    labels, count = ndimage.label(candidate)
    voxel = float(np.prod(spacing))
    every, sure = (n * voxel for n in kernels.counts(labels, count, hu, limits.sure_hu))
    within = kernels.counts(labels, count, strict, 0)[1] * voxel
    keep = (within >= 0.5 * every) & (every >= 1000 * speck_ml) & (sure >= 0.1 * np.minimum(every, 2000))
    # A vessel leaves a pool and runs through more of it, or through lung. Bones of the real scans have
    # 0.13 of their faces there at most, vessels 0.24 at least.
    faces, to_pool, to_air = lumens.surroundings(labels, count, hu, pool, -400.0)
    keep &= (to_pool == 0) | (to_pool + to_air < 0.2 * faces)
    keep[0] = False
    return labels, count, keep


def solid(crop: Crop, progress: Progress) -> NDArray[np.bool_]:
    """Return the bone of a crop, filled, its boundary at the local half-maximum."""
    progress(0.0, "filling marrow")
    candidate, hu, spacing, about = crop.candidate, crop.hu, crop.spacing, crop.about
    near = (kernels.depth_mm(~candidate, spacing) <= max(2.0, 2.01 * spacing.max())) & ~crop.pool
    dim = about.soft_hu + max(30.0, 2 * about.noise_hu)
    walls = kernels.ridges(hu, near & ~candidate, dim, max(30.0, 3 * about.noise_hu))
    full = candidate | walls
    for n, (least_mm, voxels) in enumerate(((0.0, 0.0), (1.0, 1.01), (2.0, 1.5))):
        progress(0.1 + 0.25 * n, "filling marrow")
        full = filled(full, crop, max(least_mm, voxels * spacing.max()), tubes=n == 2)
    progress(0.85, "placing the boundary")
    # Dim walls count only where they shut marrow in.
    inner = full & ~candidate & ~walls
    full = candidate | inner | (walls & ndimage.binary_dilation(inner, np.ones((3, 3, 3), bool)))
    full = sharpened(full & ~crop.pool, crop)
    if spacing.max() >= COARSE_MM:
        full |= (kernels.surrounded(full, spacing, 20.0) >= 20) & (hu > -150) & ~crop.pool
    return filled(full, crop, 0.0, tubes=False)


def filled(mask: NDArray[np.bool_], crop: Crop, seal_mm: float, tubes: bool) -> NDArray[np.bool_]:
    """Return ``mask`` with marrow and canal, without cranial cavity, spinal canal and air cells.

    Holes of the mask *closed by* ``seal_mm`` are filled, so that a nutrient foramen or a gap in
    a thin cortex does not empty a bone; what the closing itself added stays out unless it lies
    between such a hole and its wall. ``tubes``: canals open at an end are filled as well.
    """
    hu, spacing, about = crop.hu, crop.spacing, crop.about
    pad = int(np.ceil(seal_mm / spacing.min())) + 1
    closed = mask
    if seal_mm > 0:
        closed = _closed(np.pad(mask, pad), spacing, seal_mm)[(slice(pad, -pad),) * 3] | mask
    walls = _capped(closed, crop)
    holes = kernels.holes(walls) & ~closed
    holes = _marrow(holes, hu, spacing, about)
    if tubes:
        holes |= _tubes(closed | holes, hu, spacing, about)
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


def _capped(mask: NDArray[np.bool_], crop: Crop) -> NDArray[np.bool_]:
    """Return ``mask`` with rings on the image's faces filled, so that a shaft that the border cuts is closed.

    A wide ring is the skull's or the pelvis' own and stays open. A vertebra's ring is closed at
    the face alone: the outside reaches its canal past the pedicles.
    """
    capped = mask.copy()
    for axis in range(3):
        size = np.delete(crop.spacing, axis)
        for end, is_border in zip((0, -1), crop.borders[axis], strict=True):
            if not is_border:
                continue
            face = tuple(end if a == axis else slice(None) for a in range(3))
            holes = ndimage.binary_fill_holes(mask[face]) & ~mask[face] & (crop.hu[face] > -250)
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

    A ring in the slices along one axis counts when four fifths of what bounds it is bone, and it
    is narrower than 50 mm, or than 6 mm where its content could be that of a spinal canal.
    """
    found = np.zeros_like(mask)
    for axis in range(3):
        rings = kernels.holes(mask, axis) & (hu > -250)
        labels, _ = ndimage.label(rings)
        for n, box in enumerate(ndimage.find_objects(labels), start=1):
            region = labels[box] == n
            if region.sum() * np.prod(spacing) < 200:
                continue
            wide = tuple(slice(max(s.start - 1, 0), s.stop + 1) for s in box)
            region = labels[wide] == n
            shell = ndimage.binary_dilation(region) & ~region
            if mask[wide][shell].sum() <= 0.8 * shell.sum():
                continue
            widest = 3.0 if _like_soft_tissue(float(hu[wide][region].mean()), about) else 25.0
            if kernels.depth_mm(region, spacing).max() < widest:
                found[wide] |= region
    return found


def sharpened(mask: NDArray[np.bool_], crop: Crop) -> NDArray[np.bool_]:
    """Return ``mask`` without the layer that lies outside the cortex's own half-maximum.

    The blur of scanner and voxel spreads bone by less than the layer's depth.
    """
    spacing, noise = crop.spacing, crop.about.noise_hu
    depth = max(1.5, 1.05 * spacing.max())
    layer = mask & (kernels.depth_mm(mask, spacing) <= depth)
    reach = max(3.0, 1.5 * spacing.max())
    under = kernels.below_half(crop.hu, layer, spacing, reach, -120.0, max(3 * noise, 40.0))
    return np.asarray(kernels.flood(mask, under, False))


def no_bone(hu: float | None) -> UserError:
    """Return the error for a volume in which nothing is bone."""
    brighter = "" if hu is None else f" is brighter than {hu:.0f} HU"
    return UserError(
        f"There is no bone in this volume: nothing of bone's size{brighter}.",
        "Check that it is a CT in Hounsfield units and that the scan covers bone; "
        "for very soft bone give a lower threshold.",
    )
