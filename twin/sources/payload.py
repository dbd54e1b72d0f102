"""The bytes of a file: its head, all of it, or its image, raw or packed, as long as its header claims."""

import bz2
import gzip
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.errors import SourceError
from twin.progress import Progress

_CHUNK = 1 << 22

AGAIN = "Copy or fetch the file again; this copy of it cannot be mended."
"""What to try where a file is cut short or broken."""


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_bytes(path: Path, most: int = -1) -> bytes:
    """Return the first ``most`` bytes of a file, or all; ``SourceError`` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as e:
        raise SourceError(f"{path} cannot be read: {e.strerror or e}.") from e


def read_payload(
    path: Path, offset: int, need: int, packing: str, progress: Progress, *, skip: int = 0
) -> NDArray[np.uint8]:
    """Read exactly ``need`` bytes.

    Parameters
    ----------
    offset : int
        Where the data begin in the file.
    packing : str
        ``raw``, ``gzip``, ``zlib`` or ``bzip2``.
    skip : int
        Unpacked bytes that come before the image.

    Raises
    ------
    SourceError
        The file ends early or is damaged.
    """
    made = np.empty(need, np.uint8)
    there = 0
    try:
        with path.open("rb") as file:
            file.seek(offset)
            stream = _stream(file, packing)
            while skip and (passed := len(stream.read(min(skip, _CHUNK)))):
                skip -= passed
            while there < need and (part := stream.read(min(need - there, _CHUNK))):
                made[there : there + len(part)] = np.frombuffer(part, np.uint8)
                there += len(part)
                progress(there / need)
    except (OSError, EOFError, ValueError, OverflowError, zlib.error) as e:
        if isinstance(e, OSError) and e.errno is not None:
            raise SourceError(f"{path} cannot be read: {e.strerror or e}.") from e
        raise SourceError(f"{path} is truncated or broken: {str(e).rstrip('.')}.", AGAIN) from e
    if there < need:
        raise SourceError(
            f"{path} is truncated or broken: {there:,} of {need:,} bytes of its image are there.", AGAIN
        )
    return made


def _stream(file: BinaryIO, packing: str) -> _Stream:
    match packing:
        case "gzip":
            return gzip.GzipFile(fileobj=file, mode="rb")
        case "bzip2":
            return bz2.BZ2File(file, "rb")
        case "zlib":
            return _Zlib(file)
        case _:
            return file


class _Zlib:
    """A zlib stream as a file; the standard library has none."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._unpacker: Any = zlib.decompressobj()

    def read(self, size: int, /) -> bytes:
        while not self._unpacker.eof:
            packed = self._unpacker.unconsumed_tail or self._file.read(_CHUNK)
            part: bytes = self._unpacker.decompress(packed, size)
            if part:
                return part
            if not packed:
                raise EOFError("its packed data end early")
        return b""
