"""Volumes whose values are known everywhere, so that what a region must say can be worked out by hand."""

from dataclasses import replace

import numpy as np

from twin.domain import Volume


def turn(degrees: tuple[float, float, float]) -> np.ndarray:
    """Rotation about x, then y, then z."""
    a, b, c = np.radians(degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def volume(
    spacing=(1.0, 1.0, 1.0), shape=(20, 64, 64), degrees=(0.0, 0.0, 0.0), origin=(0.0, 0.0, 0.0), **more
) -> Volume:
    """A CT whose value at (i, j, k) is 2 i + 100 k − 50 HU, stored as value + 1024."""
    affine = np.eye(4)
    affine[:3, :3] = turn(degrees) @ np.diag(spacing)
    affine[:3, 3] = origin
    k, _, i = np.indices(shape)
    stored = (2 * i + 100 * k - 50 + 1024).astype(np.int16)
    made = Volume(
        stored, affine, "CT", "HU", intercept=-1024.0, frame_of_reference="1.2.3",
        image_class="1.2.840.10008.5.1.4.1.1.2", image_uids=tuple(f"1.2.99.{n}" for n in range(shape[0])),
    )  # fmt: skip
    return replace(made, **more)


def lps(of: Volume, *places) -> np.ndarray:
    """Where voxel places (i, j, k) lie."""
    return np.array(places, float) @ of.affine[:3, :3].T + of.affine[:3, 3]


def ellipse(center, first, second) -> np.ndarray:
    """Ends of the axes of an ellipse."""
    center, first, second = (np.array(v, float) for v in (center, first, second))
    return np.array([center + first, center - first, center + second, center - second])
