"""What is bright and no bone: blood with contrast agent, kidneys, filled bladder and bowel, cartilage.

They are thick, even inside, and end in soft tissue without a wall. Bone is either thin, or uneven,
or it has a cortex around it that is brighter than its inside.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.bone import kernels, lumens
from segmentation.bone.tissue import Tissue, blocks_of, pooled, spread

_BLOCK_MM = 2.5
"""Evenness is looked at in block means of this size, in which noise is small and trabeculae still show."""

_LEAST_ML = 1.0
"""A smaller even core is met in a condyle or a dense process as well."""

_REACH_MM = 12.0
"""How far a ray looks for a wall: past the fatty marrow between a core and its cortex."""

_RIM_MM = 9.0
"""How far the blurred edge of a pool reaches beyond its even core: two blocks and a scanner's blur."""


def pools(
    hu: NDArray[np.float32],
    candidate: NDArray[np.bool_],
    spacing: NDArray[np.float64],
    about: Tissue,
    low_hu: float,
) -> NDArray[np.bool_]:
    """Return the voxels of ``candidate`` and beside it that belong to something bright without a wall.

    Parameters
    ----------
    hu : ndarray of float32, shape (k, j, i)
    candidate : ndarray of bool, same shape
        What may be bone.
    spacing : ndarray of float64, shape (3,)
        In mm.
    about : Tissue
    low_hu : float
        The threshold that ``candidate`` was made with.
    """
    factors = blocks_of(spacing, _BLOCK_MM)
    mean = pooled(hu, factors)
    cores, count = ndimage.label(_even(mean, about, low_hu))
    walled, opened = lumens.walls(
        hu, cores, count, mean, np.array(factors, np.float64),
        spacing, about.soft_hu, 3 * about.noise_hu, _REACH_MM,
    )  # fmt: skip
    block = spacing * factors
    large = np.bincount(cores.ravel(), minlength=count + 1) * float(np.prod(block)) >= 1000 * _LEAST_ML
    # In real scans half of a bone core's rays and more end at a wall, of a chamber's a third and less.
    bare = large & (walled < 0.4 * (walled + opened))
    bare[0] = False
    core = bare[cores]
    near = spread(kernels.depth_mm(~core, block) <= _RIM_MM, factors, hu.shape)
    return np.asarray(
        lumens.downhill(hu, spread(core, factors, hu.shape), candidate & near, max(2 * about.noise_hu, 20.0))
    )


def _even(mean: NDArray[np.float32], about: Tissue, low_hu: float) -> NDArray[np.bool_]:
    """Return the blocks that are brighter than soft tissue, and hardly differ from the 26 around them.

    In vertebrae and hips of real scans neighbors differ by a third of what they are above soft
    tissue and more. Metal (above 2000 HU) is left to the bone that it is in.
    """
    middle = ndimage.uniform_filter(mean, 3)
    spread_hu = np.sqrt(np.maximum(ndimage.uniform_filter(mean * mean, 3) - middle * middle, 0))
    above = mean - about.soft_hu
    bright = (above > 0.5 * (low_hu - about.soft_hu)) & (mean < 2000)
    return np.asarray(bright & (spread_hu < 0.15 * above + about.noise_hu))
