"""STL surfaces in. The format names neither unit nor axes: its owner must, unless we wrote it."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.domain import Surface
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources.payload import read_bytes
from twin.sources.series import Choices, Series, file_by_file
from twin.sources.triangles import Said, placed, said_in, series_of, surface_of

HEADER = re.compile(rb"Vitruvian space=(LPS|RAS) unit=(mm|cm|m) side=(\w+) structure=([^\0]*)")
"""What our own STL files say in their 80-byte header."""

_TRIANGLE = np.dtype([("normal", "<f4", 3), ("points", "<f4", (3, 3)), ("attribute", "<u2")])


def _look(path: Path) -> Series:
    return series_of(path, "stl", "STL", _said(read_bytes(path, 80)), name=path.stem)


scan = file_by_file(_look)


def _said(head: bytes) -> Said:
    """Return what the header, or an ASCII file's first line, says."""
    ours = HEADER.match(head)
    if ours is None:
        return said_in([head.split(b"\n")[0].decode("ascii", "ignore").strip("\0 ")])
    words = [part.decode("utf-8", "ignore").strip() for part in ours.groups()]
    names = ("space", "unit", "side", "structure")
    return said_in(["Vitruvian", *(f"{n} {w}" for n, w in zip(names, words, strict=True))])


def read(series: Series, choices: Choices, progress: Progress) -> Surface:
    """Read a surface; points of triangles that lie at one place become one point.

    Raises
    ------
    SourceError
        Unit or axes not said, or the file is broken.
    """
    path = series.files[0]
    progress(0.0, f"reading {path.name}")
    data = read_bytes(path)
    said = placed(path, "STL", _said(data[:80]), choices)
    corners = _corners(path, data)
    if not len(corners):
        raise SourceError(f"{path} holds no triangle.")
    points, index = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
    return surface_of(path, points, index.reshape(-1, 3), said, name=path.stem)


def _corners(path: Path, data: bytes) -> NDArray[np.float32]:
    """Return the corners of all triangles, shape (n, 3, 3)."""
    if len(data) >= 84:
        count = int.from_bytes(data[80:84], "little")
        if len(data) >= 84 + 50 * count and (count or not data.startswith(b"solid")):
            return np.frombuffer(data, _TRIANGLE, count, 84)["points"]
    if not data.lstrip().startswith(b"solid"):
        raise SourceError(f"{path} is a truncated or broken STL file.")
    words = re.findall(rb"vertex\s+(\S+)\s+(\S+)\s+(\S+)", data)
    facets = len(re.findall(rb"endfacet", data))
    if len(words) != 3 * facets or b"endsolid" not in data:
        raise SourceError(f"{path} is a truncated or broken STL file.")
    try:
        return np.array(words, dtype="S").astype(np.float32).reshape(-1, 3, 3)
    except ValueError as e:
        raise SourceError(f"{path} is a broken STL file: {e}.") from e
