"""Compressed pictures inside DICOM files: comments and whatever else in them is no picture are blanked.

Writers put into a JPEG what cameras do: comments, EXIF, thumbnails, color profiles; into a JPEG 2000
comments, XML and UUID boxes. They are written over where they stand, so that no byte of the picture moves:
tables of offsets stay right, and the pixels are the same to the last bit. Formats: ISO/IEC 10918-1 (JPEG),
14495-1 (JPEG-LS), 15444-1 (JPEG 2000).
"""

import re
import struct
from collections.abc import Callable, Iterator
from typing import Any

from twin.errors import SourceError

_JPEG = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70, 80, 81))
_JPEG_2000 = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (90, 91, 92, 93, 201, 202, 203))
_ITEM = b"\xfe\xff\x00\xe0"

_MARKER = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")
"""What ends the coded part of a JPEG: no stuffing of JPEG (00) or JPEG-LS (below 80), and no restart."""

_NO_LENGTH = (0x01, *range(0xD0, 0xD8))
_APPLICATION = range(0xE0, 0xF0)
_COMMENT = 0xFE
_KEPT = {0xE0: (b"JFIF\0", 14), 0xEE: (b"Adobe", 12), 0xE8: (b"mrfx", 5)}
"""Application segments that say which colors the numbers are: how they begin, and their bytes that stay."""

_HEADER_2000 = (
    *range(0x50, 0x54), *range(0x55, 0x5A), *range(0x5C, 0x62), 0x63, *range(0x70, 0x7A),
)  # fmt: skip
"""Segments of a JPEG 2000 that its picture is decoded by; a comment (64) is none."""

_BOXES = (b"jP  ", b"ftyp", b"jp2h", b"jp2c")


class _Strange(ValueError):
    """A picture is not built as its standard says."""


def clean(ds: Any, syntax: str) -> None:
    """Blank in a data set's compressed pixels, in place, what is no picture.

    Raises
    ------
    SourceError
        A picture is not built as it should be, so that nobody knows what else is in it.
    """
    value = ds.get("PixelData")
    if syntax not in _JPEG | _JPEG_2000 or not value or value[:4] != _ITEM:  # an icon may lie there plainly
        return
    blank = _blank_jpeg if syntax in _JPEG else _blank_2000
    try:
        ds.PixelData = _blanked(value, int(ds.get("NumberOfFrames") or 1), blank)
    except (ValueError, IndexError, struct.error) as error:
        raise SourceError(
            f"its compressed picture is not built as it should be, and may hold comments ({error})"
        ) from error


def is_looked_through(syntax: str) -> bool:
    """Tell whether what is compressed so is nothing but picture after ``clean``; of videos nobody knows."""
    compressed = syntax.startswith("1.2.840.10008.1.2.4.")
    return not compressed or syntax in _JPEG or syntax in _JPEG_2000


def _blanked(value: bytes, frames: int, blank: Callable[[bytearray], None]) -> bytes:
    """Return encapsulated pixel data with each picture blanked; a picture may lie in several fragments."""
    from pydicom.encaps import generate_fragmented_frames, parse_fragments

    whole = bytearray(value)
    (table,) = struct.unpack_from("<I", whole, 4)
    begin = 8 + table
    _count, places = parse_fragments(bytes(whole[begin:]))
    places_left = iter(places)
    for parts in generate_fragmented_frames(value, number_of_frames=frames):
        picture = bytearray(b"".join(parts))
        blank(picture)
        at = 0
        for part in parts:
            place = begin + next(places_left) + 8
            whole[place : place + len(part)] = picture[at : at + len(part)]
            at += len(part)
    if next(places_left, None) is not None:
        raise _Strange("there are more pieces than pictures")
    return bytes(whole)


def _wipe(picture: bytearray, begin: int, end: int, filler: bytes = b"\0") -> None:
    picture[begin:end] = filler * (min(end, len(picture)) - begin)


def _length(picture: bytearray, at: int) -> int:
    """Return the length of a segment whose marker stands at ``at``: from after the marker to its end."""
    (length,) = struct.unpack_from(">H", picture, at + 2)
    if length < 2 or at + 2 + length > len(picture):
        raise _Strange(f"a segment at byte {at} ends nowhere")
    return int(length)


def _blank_jpeg(picture: bytearray) -> None:
    if picture[:2] != b"\xff\xd8":
        raise _Strange("it does not begin like a JPEG")
    at = 2
    while True:
        if picture[at] != 0xFF:
            raise _Strange(f"no marker at byte {at}")
        marker = picture[at + 1]
        if marker == 0xD9:
            _wipe(picture, at + 2, len(picture))
            return
        if marker == 0xFF:  # a filler
            at += 1
            continue
        if marker in _NO_LENGTH:
            at += 2
            continue
        end = at + 2 + _length(picture, at)
        if marker == _COMMENT or marker in _APPLICATION:
            begins, kept = _KEPT.get(marker, (b"", 0))
            stays = at + 4 + (kept if begins and picture[at + 4 : end].startswith(begins) else 0)
            _wipe(picture, min(stays, end), end)
            if marker == 0xE0 and stays > at + 4:
                _wipe(picture, at + 16, min(at + 18, end))  # of a thumbnail that is gone
        at = end
        if marker == 0xDA:
            found = _MARKER.search(picture, at)
            if found is None:
                raise _Strange("it does not end")
            at = found.start()


def _blank_2000(picture: bytearray) -> None:
    if picture[:2] == b"\xff\x4f":
        _blank_codestream(picture, 0, len(picture))
        return
    for kind, begin, end in _boxes(picture):
        if kind == b"jp2c":
            _blank_codestream(picture, begin, end)
        elif kind not in _BOXES:
            _wipe(picture, begin, end)


def _boxes(picture: bytearray) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, begin and end of the contents of each box of a JP2 file."""
    at = 0
    if picture[4:8] != b"jP  ":
        raise _Strange("it does not begin like a JPEG 2000")
    while at + 8 <= len(picture):
        length, kind = struct.unpack_from(">I4s", picture, at)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", picture, at + 8)
            head = 16
        end = at + length if length else len(picture)
        if end < at + head or end > len(picture):
            raise _Strange(f"a box at byte {at} ends nowhere")
        yield kind, at + head, end
        at = end
    _wipe(picture, at, len(picture))


def _blank_codestream(picture: bytearray, at: int, last: int) -> None:
    at = _blank_header(picture, at + 2, 0x90)
    while picture[at : at + 2] == b"\xff\x90":
        (size,) = struct.unpack_from(">I", picture, at + 6)
        end = at + size if size else picture.rfind(b"\xff\xd9", at, last)
        if not at + 12 <= end <= last:
            raise _Strange(f"a tile at byte {at} ends nowhere")
        _blank_header(picture, at + 12, 0x93)
        at = end
    if picture[at : at + 2] != b"\xff\xd9":
        raise _Strange("it does not end")
    _wipe(picture, at + 2, last)


def _blank_header(picture: bytearray, at: int, until: int) -> int:
    """Blank the comments of a header; returns where the marker ``until`` stands."""
    while True:
        if picture[at] != 0xFF:
            raise _Strange(f"no marker at byte {at}")
        marker = picture[at + 1]
        if marker == until:
            return at
        if 0x30 <= marker <= 0x3F:  # without a length
            at += 2
            continue
        end = at + 2 + _length(picture, at)
        if marker == 0x64:
            _wipe(picture, min(at + 6, end), end, b" ")  # the two bytes before say that it is text, or not
        elif marker not in _HEADER_2000:
            _wipe(picture, at + 4, end)
        at = end
