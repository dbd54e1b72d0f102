"""STL in: binary and ASCII. STL says neither its unit nor its axes, so its owner must, unless we wrote it."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.domain import Surface
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources.series import Choices, Found, Series

HEADER = re.compile(rb"Vitruvian space=(LPS|RAS) unit=(mm|cm|m) side=(\w+) structure=([^\0]*)")
"""What our own STL files say in their 80-byte header."""

MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("points", "<f4", (3, 3)), ("attribute", "<u2")])


def scan(files: Sequence[Path], progress: Progress) -> Found:
    """List STL files; a broken one is named when it is read."""
    series, problems = [], []
    for n, path in enumerate(files):
        progress(n / len(files), f"looking into {path.name}")
        try:
            with path.open("rb") as file:
                silent = HEADER.match(file.read(80)) is None
        except OSError as e:
            problems.append(f"{path} cannot be read: {e.strerror or e}.")
            continue
        why_not = "STL does not say its unit or its axes; say units and space" if silent else ""
        series.append(
            Series(
                uid=str(path),
                format="stl",
                files=(path,),
                kind="surface",
                description=path.stem,
                is_volume=not silent,
                why_not=why_not,
            )
        )
    return Found(tuple(series), tuple(problems))


def read(series: Series, choices: Choices, progress: Progress) -> Surface:
    """Read a surface; points of triangles that lie at one place become one point.

    Raises
    ------
    SourceError
        Unit or axes not said, or the file is broken.
    """
    path = series.files[0]
    progress(0.0, f"reading {path.name}")
    try:
        data = path.read_bytes()
    except OSError as e:
        raise SourceError(f"{path} cannot be read: {e.strerror or e}.") from e
    said = HEADER.match(data[:80])
    space, unit, side = choices.space, choices.units, "none"
    name = path.stem
    if said:
        space, unit, side = (said[n].decode() for n in (1, 2, 3))
        name = said[4].decode("utf-8", "ignore").strip() or name
    missing = [word for word, value in (("unit", unit), ("axes", space)) if not value]
    if missing:
        raise SourceError(
            f"{path} is STL, which does not say its {' or its '.join(missing)}.",
            "Say them: units mm, cm or m, and space LPS (DICOM's axes) or RAS.",
        )
    corners = _corners(path, data)
    if not len(corners):
        raise SourceError(f"{path} holds no triangle.")
    if not np.isfinite(corners).all():
        raise SourceError(f"{path} holds points that are no numbers (NaN or infinite).")
    points, index = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
    triangles = index.reshape(-1, 3).astype(np.int32)
    whole = (triangles != np.roll(triangles, 1, axis=1)).all(axis=1)
    placed = points.astype(np.float64) * MM[unit]
    if space == "RAS":
        placed *= (-1.0, -1.0, 1.0)
    return Surface(
        points=placed,
        triangles=triangles[whole],
        structure=name,
        side=side if side in ("left", "right", "midline", "unconfirmed") else "none",  # type: ignore[arg-type]
        notes=(f"Read as {space}, {unit}.",),
    )


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
