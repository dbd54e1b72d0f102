"""What every file of voxels must pass: a size that fits, a right-angled right-handed grid, numbers only."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin import hounsfield
from twin.domain import Volume
from twin.errors import SourceError
from twin.sources.payload import AGAIN
from twin.sources.stack import MAX_TILT_DEG

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])

_LIMITS = {"raw": 1, "text": 1, "gzip": 1040, "zlib": 1040, "bzip2": 1_000_000}
"""How many times smaller a packing makes data at most. Deflate: 1032 times; bzip2 has no stated limit, and
makes zeros some 700,000 times smaller."""

BIGGEST_VOXEL_MM = 1e5

MOST_LABELS = 200
"""An image of at most so many different values, all whole and none negative, may be one of labels: the finest
lists of structures in use have 117 to 130, and 8 bits of gray fill more."""

SHARE_OF_MEMORY = 0.7
"""An image that needs more than this part of the free memory is refused before it is read."""


def check_size(path: Path, need: int, size: int, packing: str = "raw") -> None:
    """Refuse an image whose header claims more bytes than its file can hold, or than fit into memory.

    Parameters
    ----------
    need, size : int
        Bytes that the header claims, and bytes of the file that holds them.
    packing : str
        ``raw``, ``text``, ``gzip``, ``zlib`` or ``bzip2``.

    Raises
    ------
    SourceError
    """
    import psutil

    if need > size * _LIMITS[packing]:
        raise SourceError(
            f"{path} is truncated or its header is broken: it claims {need:,} bytes of image "
            f"in a file of {size:,}.",
            AGAIN,
        )
    free = psutil.virtual_memory().available
    if need > free * SHARE_OF_MEMORY:
        raise SourceError(
            f"{path} claims an image of {need / 1e9:,.1f} GB; {free / 1e9:,.1f} GB of memory are free.",
            "Close other programs, or crop the image first.",
        )


def check_axes(path: Path, axes: NDArray[np.float64]) -> None:
    """Refuse axes that do not span a grid, or not a right-angled one.

    Parameters
    ----------
    axes : ndarray, shape (3, 3)
        Steps along i, j, k as columns, mm.

    Raises
    ------
    SourceError
    """
    if not np.isfinite(axes).all() or np.abs(axes).max() > BIGGEST_VOXEL_MM:
        raise SourceError(f"{path} has a broken header: its affine is not one of a grid.")
    steps = np.linalg.norm(axes, axis=0)
    if steps.min() < 1e-6 or abs(np.linalg.det(axes / steps)) < 1e-6:
        raise SourceError(f"{path} has a broken header: its affine is not one of a grid.")
    unit = axes / steps
    off = np.abs(unit.T @ unit - np.eye(3)).max()
    if off > np.sin(np.radians(MAX_TILT_DEG)):
        tilt = np.degrees(np.arcsin(min(off, 1.0)))
        raise SourceError(f"{path} has a sheared grid: its axes are {tilt:.1f}° off a right angle.")


def check_finite(path: Path, stored: NDArray) -> None:
    """Refuse voxels that are no numbers."""
    if stored.dtype.kind != "f":
        return
    bad = sum(int(part.size - np.isfinite(part).sum()) for part in stored)
    if bad:
        raise SourceError(
            f"{path} holds {bad:,} voxels that are no numbers (NaN or infinite).",
            "Write it again with a value, such as that of air, in their place.",
        )


def native(stored: NDArray) -> NDArray:
    """Return the array in C order and native byte order, writable; itself where it is so already."""
    stored = np.ascontiguousarray(stored, dtype=stored.dtype.newbyteorder("="))
    return stored if stored.flags.writeable else stored.copy()


def right_handed(stored: NDArray, affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn a left-handed grid over along k, in place; returns its affine.

    Parameters
    ----------
    stored : ndarray, shape (k, j, i) or (t, k, j, i)
    affine : ndarray, shape (4, 4)
    """
    if np.linalg.det(affine[:3, :3]) > 0:
        return affine
    for volume in stored if stored.ndim == 4 else (stored,):
        n = len(volume)
        for k in range(n // 2):
            volume[[k, n - 1 - k]] = volume[[n - 1 - k, k]]
    affine = affine.copy()
    affine[:3, 3] += affine[:3, 2] * (stored.shape[-3] - 1)
    affine[:3, 2] *= -1
    return affine


def packed(colors: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return red, green, blue (last axis; opacity is passed over) as volumes in color have them."""
    red, green, blue = (colors[..., n].astype(np.uint32) for n in range(3))
    return np.asarray(red << 16 | green << 8 | blue, np.uint32)


LOOKS_LIKE_LABELS = "look like labels"
"""Stands in the note on an image that nobody said is a labelmap."""

ASKS_FOR_CT = "If this is a CT"
"""How the note begins that asks for it; by these words it is known and taken off again."""
_SAY_CT = f"{ASKS_FOR_CT}, say so: “Treat as CT”, or import it with --set modality=CT."
ASKS_FOR_HU = (
    "If they are Hounsfield units (air at −1000, water at 0), say so: “Treat as CT”, or the step "
    "volume.confirm_modality."
)


def labels_in(stored: NDArray) -> int:
    """Return how many labels an image seems to hold; 0 where it does not look like one of labels.

    It does where it has few values (``MOST_LABELS``), all whole and 0 among them.
    """
    there = np.zeros(65536, bool)
    for plane in stored:
        if plane.min() < 0 or plane.max() > 65535:
            return 0
        whole = plane.astype(np.uint16)
        if plane.dtype.kind == "f" and (plane != whole).any():
            return 0
        there[whole] = True
        if there.sum() > MOST_LABELS + 1:
            return 0
    return int(there[1:].sum()) if there[0] else 0


def silent_notes(
    title: str, stored: NDArray, slope: float, intercept: float, modality: str, kind_said: bool
) -> tuple[str, ...]:
    """Return what values look like where nothing says what they are: labels, or Hounsfield units.

    Parameters
    ----------
    title : str
        Of the format.
    kind_said : bool
        The file, or who imports it, says that it is no labelmap.
    """
    labels = 0 if kind_said or (slope, intercept) != (1.0, 0.0) else labels_in(stored)
    if labels:
        numbers = f"0 and {labels} whole numbers up to" if labels > 1 else "0 and"
        return (
            f"The values ({numbers} {stored.max():.0f}) {LOOKS_LIKE_LABELS}; {title} does not say. "
            "If they are: “Take as labels”, the step volume.take_as_labels.",
        )
    low, high = sorted((stored.min() * slope + intercept, stored.max() * slope + intercept))
    if modality or low > -900 or high < 300:
        return ()
    return (
        f"The values ({low:.0f} to {high:.0f}) look like Hounsfield units; {title} does not say. " + _SAY_CT,
    )


def in_hounsfield(volume: Volume) -> Volume:
    """Return a CT whose file names no unit in Hounsfield units, where its values look like them.

    Where they do not, it stays without a unit, and a note says why: whoever needs Hounsfield units then asks.
    """
    if volume.modality != "CT" or volume.unit or volume.color:
        return volume
    try:
        hounsfield.check(volume)
    except hounsfield.NotHounsfield as fault:
        note = f"The file leaves the unit of its values open. {fault.message} {ASKS_FOR_HU}"
        return replace(volume, notes=(*volume.notes, note))
    return replace(volume, unit="HU")
