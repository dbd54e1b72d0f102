"""Damaged files of voxels: never a crash, a hang or a flood of memory, always an error that names the file.

The quick run has 220 mutations of fixed seeds; ``VITRUVIAN_THOROUGH=1`` makes it 10 times as many.
"""

import gzip
import os
import resource
import signal
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from twin.domain import LabelMap, Structure, Volume
from twin.errors import SourceError
from twin.exports import export
from twin.sources import read, scan

ROUNDS = 10 if os.environ.get("VITRUVIAN_THOROUGH") else 1
MOST_SECONDS = 5
MOST_BYTES = 4 << 30
"""The issue's limits: no hang over 5 s, no memory over 4 GB."""

AFFINE = np.diag([1.0, 2, 3, 1])
IMAGE = Volume(np.zeros((7, 8, 9), np.int16), AFFINE, "CT")


def seeds(folder: Path) -> list[Path]:
    """Small files of every format and packing that holds voxels."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    stored = rng.integers(-1000, 1000, (7, 8, 9)).astype(np.int16)
    volume = Volume(stored, AFFINE, "CT", unit="HU")
    labels = np.zeros((2, 7, 8, 9), np.uint8)
    labels[0, 2:4], labels[1, 3:6] = 1, 2
    structures = (Structure("left femur", 1, side="left"), Structure("tumor", 2, layer=1))
    bones = LabelMap(labels, AFFINE, structures, frame_of_reference="1.2.3")
    made = [export(volume, folder / n) for n in ("a.nii", "b.nii.gz", "c.nrrd")]
    made += [export(bones, folder / n) for n in ("d.nii.gz", "e.seg.nrrd", "f.seg.dcm", "k.rtstruct.dcm")]
    nib.save(nib.Nifti2Image(stored.astype(np.float32), AFFINE), folder / "g.nii")
    head = (
        "NRRD0004\ntype: short\ndimension: 3\nspace: LPS\nsizes: 9 8 7\n"
        "space directions: (1,0,0) (0,2,0) (0,0,3)\n"
        "endian: little\nencoding: {}\nspace origin: (0,0,0)\n\n"
    )
    (folder / "h.nrrd").write_bytes(head.format("raw").encode() + stored.tobytes())
    text = " ".join(map(str, stored.ravel())).encode()
    (folder / "i.nrrd").write_bytes(head.format("ascii").encode() + text)
    meta = "ObjectType = Image\nNDims = 3\nDimSize = 9 8 7\nElementType = MET_SHORT\nElementSpacing = 1 2 3\n"
    meta += "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementDataFile = LOCAL\n"
    (folder / "j.mha").write_bytes(meta.encode() + stored.tobytes())
    return [*made, *(folder / n for n in ("g.nii", "h.nrrd", "i.nrrd", "j.mha"))]


def mutated(data: bytes, rng: np.random.Generator, packed: bool) -> bytes:
    """Damage a file in one of six ways; a packed one also within its packing."""
    if packed and rng.random() < 0.6:
        return gzip.compress(mutated(gzip.decompress(data), rng, False), 1)
    body = bytearray(data)
    # Most harm is done in the header.
    reach = min(len(body), 600) if rng.random() < 0.8 else len(body)
    at = int(rng.integers(reach))
    match int(rng.integers(6)):
        case 0:
            body[at] = int(rng.integers(256))
        case 1:
            for place in rng.integers(reach, size=8):
                body[place] = int(rng.integers(256))
        case 2:  # extreme numbers where numbers may stand
            extreme = rng.choice(np.array([-1, 0, 2**31 - 1, -(2**31), 2**15 - 1, 2**63 - 1], np.int64))
            width = int(rng.choice([2, 4, 8]))
            body[at : at + width] = int(extreme).to_bytes(8, "little", signed=True)[:width]
        case 3:
            body = body[: int(rng.integers(len(body)))]
        case 4:  # a digit becomes many, a word another: headers of text
            digits = [n for n in range(reach) if chr(body[n]).isdigit()] or [at]
            place = int(rng.choice(digits))
            body[place : place + 1] = rng.choice([b"99999999", b"-1", b"0", b"nan", b"1e30", b""])
        case _:
            body[at:at] = rng.bytes(int(rng.integers(1, 40)))
    return bytes(body)


@contextmanager
def limits() -> Iterator[None]:
    """Stop what takes too long or too much memory: the alarm's error is none that a reader may raise."""

    def alarm(_number: int, _frame: Any) -> None:
        raise AssertionError(f"it took more than {MOST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, alarm)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    here = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (here + MOST_BYTES, hard))
    signal.alarm(MOST_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits on memory are Linux's")
@pytest.mark.parametrize("n", range(11))
def test_damaged_files_are_read_or_named(tmp_path: Path, n: int) -> None:
    seed = seeds(tmp_path / "seeds")[n]
    whole = seed.read_bytes()
    refused = 0
    for round in range(20 * ROUNDS):
        rng = np.random.default_rng((n, round))
        path = tmp_path / seed.name
        path.write_bytes(mutated(whole, rng, seed.name.endswith(".gz")))
        with limits():
            refused += _tried(path)
    assert refused > 0  # so the damage was some


def _tried(path: Path) -> int:
    found = scan([path])
    # What a damaged class makes another kind of DICOM object is passed over, as those are.
    assert found.series or found.problems or path.suffix == ".dcm"
    for problem in found.problems:
        assert str(path) in problem
    for series in found.series:
        fault = ""
        try:
            read(series, space="LPS", image=IMAGE)
        except SourceError as e:
            fault = e.message
        if fault:
            assert str(path) in fault
            return 1
    return not found.series


def test_a_bomb_is_not_unpacked_further_than_its_header_says(tmp_path: Path) -> None:
    """10 MB of zeros behind a header of 1 KB of voxels: what is not asked for is not unpacked."""
    image = nib.Nifti1Image(np.zeros((8, 8, 8), np.int16), AFFINE)
    path = tmp_path / "bomb.nii.gz"
    path.write_bytes(gzip.compress(image.to_bytes() + bytes(200_000_000), 9))
    (series,) = scan([path]).series
    read(series)  # what is imported lazily is there now
    tracemalloc.start()
    read(series)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000
