"""Stored numbers of DICOM images, plain or compressed."""

import struct
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import SourceError
from twin.sources.dicom_apart import DECODER
from twin.sources.dicom_frames import NATIVE, Frame, Pixels

RLE = "1.2.840.10008.1.2.5"
JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")


class Reader:
    """Reads frames; keeps the last compressed multi-frame file, or mosaic, at hand between its frames."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._dataset: Any = None
        self._mosaic: tuple[Path, NDArray] | None = None

    def dtype(self, frames: Sequence[Frame]) -> np.dtype:
        """Return the one integer type that holds the stored numbers of all frames; colors are packed."""
        if frames[0].pixels.color:
            return np.dtype(np.uint32)
        return np.result_type(*{_dtype(f.pixels).newbyteorder("=") for f in frames})

    def read(self, frame: Frame) -> NDArray:
        """Return the stored numbers of a frame, or its colors as 0xRRGGBB; shape (row, column).

        Raises
        ------
        SourceError
            Names the file that cannot be decoded and why.
        """
        if frame.tile is not None:
            return self._tile(frame)
        try:
            if frame.pixels.color:
                return _packed(self._decoded(frame), frame.pixels)
            stored = self._plain(frame) if frame.pixels.offset >= 0 else self._decoded(frame)
        except SourceError:
            raise
        except Exception as e:
            text = " ".join(str(e).split())[:300].rstrip(".") or type(e).__name__
            raise SourceError(f"{frame.path} cannot be decoded: {text}.") from e
        return _used_bits(stored, frame.pixels)

    def _tile(self, frame: Frame) -> NDArray:
        assert frame.tile is not None
        if self._mosaic is None or self._mosaic[0] != frame.path:
            self._mosaic = frame.path, self.read(replace(frame, tile=None, index=0))
        row, column, rows, columns = frame.tile
        return self._mosaic[1][row : row + rows, column : column + columns]

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
        from pydicom.pixels import apply_color_lut, convert_color_space, pixel_array

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
        stream = self._stream(frame)
        if frame.pixels.syntax in JPEG_2000 and stream is not None:
            from openjpeg.utils import decode  # gdcm's JPEG 2000 ends the process on a broken stream

            return decode(stream).astype(_dtype(frame.pixels))
        if frame.pixels.photometric == "PALETTE COLOR":
            indices = pixel_array(self._dataset, index=frame.index, raw=True)
            return apply_color_lut(indices, self._dataset)
        color = frame.pixels.color
        if stream is None or frame.pixels.syntax == RLE:
            picture = pixel_array(self._dataset, index=frame.index, raw=not color)
        else:
            picture = DECODER.decode(
                frame.path, frame.pixels.syntax, frame.index, color, frame.pixels.frame_bytes
            )
        if frame.pixels.photometric == "RGB" and stream is not None and is_luminance(stream):
            return convert_color_space(picture, "YBR_FULL", "RGB")
        return picture

    def _stream(self, frame: Frame) -> bytes | None:
        """Return the compressed bytes of a frame; None where the file is not compressed picture by picture.

        A picture whose own size is not the header's is refused: decoders would take any memory for it.
        """
        from pydicom.encaps import get_frame

        p = frame.pixels
        if not (p.syntax.startswith("1.2.840.10008.1.2.4.") or p.syntax == RLE):
            return None
        stream = get_frame(self._dataset.PixelData, frame.index, number_of_frames=p.frames)
        form = picture_form(stream)
        if form is not None and form != (p.columns, p.rows, p.samples):
            ours = f"{p.columns}×{p.rows}" + f"×{p.samples}" * (p.samples > 1)
            theirs = f"{form[0]}×{form[1]}" + f"×{form[2]}" * (form[2] > 1)
            raise SourceError(
                f"{frame.path} contradicts itself: its header says {ours}, its picture {theirs}."
            )
        return stream


def is_luminance(stream: bytes) -> bool:
    """Tell a JPEG picture of luminance and two colors, whatever its header says: its colors are coarser.

    Some writers name such a picture RGB, of which all parts are equally fine.
    """
    at = _frame_header(stream)
    if at < 0 or at + 10 > len(stream) or stream[at + 9] != 3:
        return False
    return len({stream[at + 11 + 3 * n] for n in range(3) if at + 11 + 3 * n < len(stream)}) > 1


def picture_form(stream: bytes) -> tuple[int, int, int] | None:
    """Return columns, rows and samples as a JPEG, JPEG-LS or JPEG 2000 stream says them; None for others."""
    if stream[:4] == b"\xff\x4f\xff\x51":  # JPEG 2000, ISO 15444-1 A.5.1: size and offset of the grid
        right, bottom, left, top = struct.unpack_from(">4I", stream, 8)
        return right - left, bottom - top, struct.unpack_from(">H", stream, 40)[0]
    at = _frame_header(stream)
    if at < 0:
        return None
    rows, columns, samples = struct.unpack_from(">2HB", stream, at + 5)
    return columns, rows, samples


def _frame_header(stream: bytes) -> int:
    """Return where the frame header of a JPEG or JPEG-LS stream begins; -1 where it has none."""
    at = 2 if stream[:2] == b"\xff\xd8" else len(stream)
    while at + 9 < len(stream) and stream[at] == 0xFF:
        marker = stream[at + 1]
        # frame headers: C0 to CF but tables C4, C8, CC (ISO 10918-1 B.2.2), and JPEG-LS's F7
        if (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)) or marker == 0xF7:
            return at
        at += 1 if marker == 0xFF else 2 + struct.unpack_from(">H", stream, at + 2)[0]
    return -1


def _packed(color: NDArray, p: Pixels) -> NDArray[np.uint32]:
    """Return colors, shape (row, column, 3 or 4), as 0xRRGGBB."""
    if color.shape[:2] != (p.rows, p.columns) or color.ndim != 3:
        raise ValueError(f"its picture has the shape {color.shape}")
    top = 8 * color.dtype.itemsize
    used = top if p.photometric == "PALETTE COLOR" else p.bits_stored  # palettes fill their 8 or 16 bits
    red, green, blue = ((color[..., n] >> max(used - 8, 0) & 255).astype(np.uint32) for n in range(3))
    return np.asarray(red << 16 | green << 8 | blue, np.uint32)


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
