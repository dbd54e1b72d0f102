"""Stored numbers of DICOM images, plain or compressed."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import SourceError
from twin.sources.dicom_headers import NATIVE, Frame, Pixels


class Reader:
    """Reads frames; keeps the last compressed multi-frame file open between its frames."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._dataset: Any = None

    def dtype(self, frames: Sequence[Frame]) -> np.dtype:
        """Return the one integer type that holds the stored numbers of all frames."""
        return np.result_type(*{_dtype(f.pixels).newbyteorder("=") for f in frames})

    def read(self, frame: Frame) -> NDArray:
        """Return the stored numbers of a frame, shape (row, column).

        Raises
        ------
        SourceError
            Names the file that cannot be decoded and why.
        """
        try:
            stored = self._plain(frame) if frame.pixels.offset >= 0 else self._decoded(frame)
        except SourceError:
            raise
        except Exception as e:
            text = str(e).strip().split("\n")[0].rstrip(".") or type(e).__name__
            raise SourceError(f"{frame.path} cannot be decoded: {text}.") from e
        return _used_bits(stored, frame.pixels)

    def _plain(self, frame: Frame) -> NDArray:
        p = frame.pixels
        dtype = _dtype(p)
        count = p.rows * p.columns
        with frame.path.open("rb") as file:
            file.seek(p.offset + frame.index * count * dtype.itemsize)
            stored = np.fromfile(file, dtype, count)
        if stored.size < count:
            raise SourceError(f"{frame.path} is a truncated DICOM file: its image ends early.")
        return stored.reshape(p.rows, p.columns)

    def _decoded(self, frame: Frame) -> NDArray:
        import pydicom
        from pydicom.pixels import pixel_array

        if self._path != frame.path:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                self._dataset = pydicom.dcmread(frame.path, force=True)
            # Some decoders fill up a picture that ends early and say nothing.
            if any("End of file reached" in str(w.message) for w in said):
                raise SourceError(f"{frame.path} is a truncated DICOM file: its image ends early.")
            if "TransferSyntaxUID" not in self._dataset.file_meta:
                self._dataset.file_meta.TransferSyntaxUID = frame.pixels.syntax
            self._path = frame.path
        return pixel_array(self._dataset, index=frame.index, raw=True)


def _dtype(p: Pixels) -> np.dtype:
    if p.bits not in (8, 16, 32):
        raise SourceError(f"images of {p.bits} bits a pixel are not read")
    order = ">" if p.syntax == NATIVE[2] else "<"
    return np.dtype(f"{order}{'i' if p.signed else 'u'}{p.bits // 8}")


def _used_bits(stored: NDArray, p: Pixels) -> NDArray:
    """Drop bits that do not belong to the number (old overlays) and extend the sign of those that do."""
    unused = p.bits - p.bits_stored
    if unused <= 0 or stored.dtype.itemsize * 8 != p.bits:
        return stored
    stored = stored.astype(stored.dtype.newbyteorder("="), copy=not stored.flags.writeable)
    stored <<= p.bits - 1 - p.high_bit
    stored >>= unused
    return stored
