"""A film to take away: pictures as an animated GIF."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from twin.errors import UserError
from twin.progress import Progress

SHORTEST_MS = 20
"""Viewers of GIF take shorter times for a tenth of a second."""


def pixels_of(image: QImage) -> NDArray[np.uint8]:
    """Return a picture as an array, shape (height, width, 3), red green blue."""
    picture = image.convertToFormat(QImage.Format.Format_RGB32)
    bits = np.array(picture.constBits()).reshape(picture.height(), picture.bytesPerLine() // 4, 4)
    return np.ascontiguousarray(bits[:, : picture.width(), 2::-1])


_PLAIN = str.maketrans({"·": "-", "–": "-", "−": "-", "×": "x", "…": "..."})
"""A GIF's comment is in ASCII (GIF89a, 24)."""


def save_film(
    frames: NDArray[np.uint8], lengths_ms: Sequence[float], comment: str, path: Path, progress: Progress
) -> Path:
    """Write frames (n, height, width, 3), each with its length, as a GIF that begins again at its end.

    Lengths are rounded to GIF's hundredths of a second, what is cut off going on to the next one, so that the
    whole keeps its time. All frames share one table of colors, lest grays flicker.

    Raises
    ------
    UserError
        Where the file cannot be written.
    """
    from PIL import Image

    some = frames[:: max(1, len(frames) // 8)].reshape(-1, frames.shape[2], 3)
    table = Image.fromarray(some).quantize(255, method=Image.Quantize.MEDIANCUT)
    pictures = []
    for n, frame in enumerate(frames):
        progress(n / len(frames), f"frame {n + 1} of {len(frames)}")
        pictures.append(Image.fromarray(frame).quantize(palette=table, dither=Image.Dither.NONE))
    ends = np.maximum.accumulate(np.rint(np.cumsum(lengths_ms) / 10)).astype(int)
    lengths = [max(10 * int(step), SHORTEST_MS) for step in np.diff(ends, prepend=0)]
    try:
        pictures[0].save(
            path, format="GIF", save_all=True, append_images=pictures[1:], duration=lengths, loop=0,
            comment=comment.translate(_PLAIN).encode("ascii", "replace"), optimize=False, disposal=1,
        )  # fmt: skip
    except OSError as error:
        raise UserError(
            f"The film could not be written to {path} ({error.strerror or error}).",
            "Is the folder there, may you write to it, and is there room on the disk?",
        ) from error
    return path
