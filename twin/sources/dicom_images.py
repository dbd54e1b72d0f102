"""Which image each slice of a volume is."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.sources.dicom_frames import Frame
from twin.sources.stack import TOLERANCE_MM


def images_of(
    frames: Sequence[Frame], order: NDArray[np.int64], affine: NDArray[np.float64]
) -> tuple[str, tuple[str, ...]]:
    """Return the SOP class of a volume's images, and the SOP Instance UID of each slice.

    Both are empty where a slice is no image as it is: one moment of several, a slice that was filled
    in, a frame of a file of many, or a grid that the images were resampled to.

    Parameters
    ----------
    order : ndarray of int, shape (t, k)
        Which frame lies there; -1 where there is none.
    affine : ndarray, shape (4, 4)
        Of the volume.
    """
    if order.shape[0] != 1 or (order < 0).any():
        return "", ()
    images = [frames[n] for n in order[0]]
    uids = tuple(f.sop_uid for f in images)
    classes = {f.sop_class for f in images}
    if "" in uids or len(set(uids)) < len(uids) or len(classes) != 1 or "" in classes:
        return "", ()
    places = affine[:3, 3] + np.arange(len(images))[:, None] * affine[:3, 2]
    positions = np.array([f.position or (np.nan,) * 3 for f in images])
    there = np.linalg.norm(positions - places, axis=1).max() <= 2 * TOLERANCE_MM  # NaN is not
    return (classes.pop(), uids) if there else ("", ())
