"""The small picture of a series: its middle image in the file's own window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.errors import SourceError
from twin.sources.dicom_frames import Frame
from twin.sources.dicom_headers import Header, read_header
from twin.sources.dicom_pixels import Reader

SIDE = 96
"""Pixels along the longer side."""


def draw(path: Path) -> NDArray[np.uint8] | None:
    """Return the small picture of a file's middle frame; None where it holds none, or a broken one.

    Returns
    -------
    ndarray of uint8, shape (row, column), or (row, column, 3) in color, or None
        The longer side has ``SIDE`` pixels, whatever its shape in mm.
    """
    try:
        header = read_header(path)
        if header is None:
            return None
        frame = header.frames[len(header.frames) // 2]
        stored = Reader().read(frame)
    except SourceError:
        return None
    small = stored[np.ix_(*_places(frame))]
    if frame.pixels.color:
        return np.stack([small >> shift & 255 for shift in (16, 8, 0)], -1).astype(np.uint8)
    return _gray(small, header, frame)


def _places(frame: Frame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which rows and which columns are shown, so that shapes stay as they are in mm."""
    columns, rows = frame.size
    width_mm, height_mm = frame.spacing or (1.0, 1.0)
    if not (width_mm > 0 and height_mm > 0):
        width_mm = height_mm = 1.0
    scale = SIDE / max(columns * width_mm, rows * height_mm)
    return _picks(rows, rows * height_mm * scale), _picks(columns, columns * width_mm * scale)


def _picks(count: int, shown: float) -> NDArray[np.intp]:
    """Return which of ``count`` lines are shown on so many pixels: the ones under their middles."""
    pixels = max(round(shown), 1)
    return ((np.arange(pixels) + 0.5) / pixels * count).astype(np.intp)


def _gray(small: NDArray, header: Header, frame: Frame) -> NDArray[np.uint8]:
    values = small.astype(np.float32)
    slope, intercept = (frame.slope, frame.intercept) if np.isfinite(frame.slope) else (1.0, 0.0)
    values = values * np.float32(slope) + np.float32(intercept)
    if header.window is not None and header.window[1] > 0:
        low, high = header.window[0] - header.window[1] / 2, header.window[0] + header.window[1] / 2
    else:
        low, high = (float(v) for v in np.percentile(values, (1.0, 99.0)))
    gray = np.clip((values - low) / max(high - low, 1e-6), 0.0, 1.0) * 255
    return np.asarray(255 - gray if frame.pixels.photometric == "MONOCHROME1" else gray, np.uint8)
