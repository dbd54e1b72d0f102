"""Siemens mosaics: many slices laid into one picture.

The layout and the scanner's own header (CSA, version "SV10") are as Siemens' syngo writes them and as
nibabel's documentation ("Siemens mosaic format", "Siemens format DICOM with CSA header") describes.
"""

import math
import struct
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.sources.dicom_frames import Frame

_MOST_TAGS = 1000


def tiles(frame: Frame, count: int, step_mm: float) -> tuple[Frame, ...]:
    """Return the slices of a mosaic as frames of their own; the frame itself where its header is silent.

    The file's position is that of the whole picture as if it were one slice about the same center, so
    that the first tile's own position is half of what the picture is larger along both axes further on.

    Parameters
    ----------
    count : int
        Slices in it.
    step_mm : float
        From slice to slice, along the normal that the scanner's header names.
    """
    normal = slice_normal(frame)
    if (
        normal is None or count < 1 or not step_mm > 0
        or frame.position is None or frame.orientation is None or frame.spacing is None
    ):  # fmt: skip
        return (frame,)
    across = math.ceil(math.sqrt(count))
    rows, columns = frame.pixels.rows // across, frame.pixels.columns // across
    row, column = np.array(frame.orientation[:3]), np.array(frame.orientation[3:])
    if abs(abs(np.cross(row, column) @ normal) - 1) > 1e-3:
        return (frame,)
    first = (
        np.array(frame.position)
        + row * frame.spacing[0] * (frame.pixels.columns - columns) / 2
        + column * frame.spacing[1] * (frame.pixels.rows - rows) / 2
    )
    return tuple(
        replace(
            frame, index=n, position=tuple(float(x) for x in first + n * step_mm * normal),
            tile=(n // across * rows, n % across * columns, rows, columns),
        )
        for n in range(count)
    )  # fmt: skip


def slice_normal(frame: Frame) -> NDArray[np.float64] | None:
    """Return the direction from slice to slice that the scanner's header names; None where it names none."""
    import pydicom

    ds = pydicom.dcmread(frame.path, stop_before_pixels=True, specific_tags=[(0x0029, 0x1010)], force=True)
    header = ds.get((0x0029, 0x1010))
    words = csa_values(header.value, "SliceNormalVector") if header is not None else []
    if len(words) < 3:
        return None
    normal = np.array([float(w) for w in words[:3]])
    length = float(np.linalg.norm(normal))
    return normal / length if abs(length - 1) < 1e-3 else None


def csa_values(header: bytes, name: str) -> list[str]:
    """Return the values of a tag of a CSA header of version "SV10"; an empty list where it has none."""
    if not isinstance(header, bytes) or header[:4] != b"SV10":
        return []
    count = struct.unpack_from("<I", header, 8)[0]
    at = 16
    for _ in range(min(count, _MOST_TAGS)):
        title, _many, _vr, _type, items, _mark = struct.unpack_from("<64si4s3i", header, at)
        at += 84
        values = []
        for _ in range(min(max(items, 0), _MOST_TAGS)):
            length = struct.unpack_from("<4i", header, at)[1]
            at += 16
            if length < 0:
                return []
            values.append(header[at : at + length].split(b"\0")[0].decode("ascii", "replace").strip())
            at += (length + 3) // 4 * 4
        if title.split(b"\0")[0].decode("ascii", "replace") == name:
            return [v for v in values if v]
    return []
