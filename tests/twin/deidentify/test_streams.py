"""Text inside compressed pictures: none stays, and the pixels are the same."""

import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, generate_frames

from tests.twin.deidentify.marked import MARKER
from tests.twin.sources import made
from tests.twin.sources.test_syntaxes import JPEG_2000, JPEG_BASELINE, LOSSLESS, NEAR_LOSSLESS, repack, smooth
from twin.deidentify.files import deidentify_files

TEXT = MARKER.encode()
JPEGS = {s: n for s, n in LOSSLESS.items() if n.startswith("JPEG")} | dict(
    [JPEG_BASELINE, JPEG_2000, NEAR_LOSSLESS]
)


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def with_comments(picture: bytes) -> bytes:
    """A picture with text wherever there is room for some, as cameras and encoders put it there."""
    if picture.startswith(b"\xff\xd8"):
        jfif = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\2" + TEXT)  # a thumbnail of 1 × 2
        more = segment(0xFE, TEXT) + segment(0xE1, b"Exif\0\0" + TEXT) + b"\xff" + segment(0xED, TEXT)
        scan = picture.rindex(b"\xff\xda")
        end = picture.rindex(b"\xff\xd9")
        return picture[:2] + jfif + more + picture[2:scan] + more + picture[scan : end + 2] + TEXT
    comment = segment(0x64, b"\0\1" + TEXT)
    tile = picture.index(b"\xff\x90")
    (size,) = struct.unpack_from(">I", picture, tile + 6)
    head = picture[tile : tile + 6] + struct.pack(">I", size + len(comment)) + picture[tile + 10 : tile + 12]
    return picture[:tile] + comment + head + comment + picture[tile + 12 :] + TEXT


def boxed(picture: bytes) -> bytes:
    """A JPEG 2000 codestream in a file of its own, with a box of XML."""

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(content), kind) + content

    return box(b"jP  ", b"\r\n\x87\n") + box(b"xml ", TEXT) + box(b"jp2c", picture)


def write(path: Path, change, pieces: int = 1) -> None:  # type: ignore[no-untyped-def]
    ds = pydicom.dcmread(path)
    frames = [change(f) for f in generate_frames(ds.PixelData, number_of_frames=1)]
    frames = [f + b"\0" * (len(f) % 2) for f in frames]
    ds.PixelData = encapsulate(frames, fragments_per_frame=pieces, has_bot=pieces == 1)
    ds.save_as(path)


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("syntax", JPEGS)
def test_text_in_a_compressed_picture_goes_and_its_pixels_stay(
    tmp_path: Path, syntax: str, pieces: int
) -> None:
    stored = (smooth(1, 40, 52) * 255).astype(np.int16)
    eight = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0}
    (path,) = made.write_series(tmp_path / "in", stored)
    if syntax == JPEG_BASELINE[0]:
        ds = pydicom.dcmread(path)
        ds.PixelData = stored.astype(np.uint8).tobytes()
        for name, value in eight.items():
            setattr(ds, name, value)
        ds.save_as(path)
    repack(path, syntax, JPEGS[syntax])
    before = pydicom.dcmread(path).pixel_array
    write(path, with_comments, pieces)
    assert pieces > 1 or TEXT in path.read_bytes()
    written = deidentify_files(tmp_path / "in", tmp_path / "out")
    assert written.files == 1, written.left_out
    (new,) = (tmp_path / "out").rglob("*.dcm")
    left = b"".join(generate_frames(pydicom.dcmread(new).PixelData, number_of_frames=1))
    assert TEXT not in left
    assert TEXT not in new.read_bytes()
    np.testing.assert_array_equal(pydicom.dcmread(new).pixel_array, before)


def test_boxes_around_a_jpeg_2000(tmp_path: Path) -> None:
    (path,) = made.write_series(tmp_path / "in", (smooth(1, 40, 52) * 255).astype(np.int16))
    repack(path, JPEG_2000[0], JPEG_2000[1])
    write(path, lambda picture: boxed(with_comments(picture)))
    written = deidentify_files(tmp_path / "in", tmp_path / "out")
    assert written.files == 1, written.left_out
    (new,) = (tmp_path / "out").rglob("*.dcm")
    assert TEXT not in new.read_bytes()
    assert b"xml " in new.read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture[:2] + b"\0\0" + picture[2:],  # no marker where one should be
        lambda picture: picture[: picture.rindex(b"\xff\xda") + 40],  # it does not end
        lambda picture: TEXT + picture,
    ],
)
def test_what_cannot_be_looked_through_is_left_out_and_named(tmp_path: Path, change) -> None:  # type: ignore[no-untyped-def]
    one, other = made.write_series(tmp_path / "in", (smooth(2, 40, 52) * 255).astype(np.int16))
    for path in (one, other):
        repack(path, "1.2.840.10008.1.2.4.70", LOSSLESS["1.2.840.10008.1.2.4.70"])
    write(one, change)
    written = deidentify_files(tmp_path / "in", tmp_path / "out")
    assert written.files == 1
    assert str(one) in written.left_out[0]
