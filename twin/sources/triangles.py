"""What every reader of surfaces and meshes needs: what its file says of space and unit, and what it asks."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.domain import Side, Surface
from twin.errors import SourceError
from twin.sources.labels import SIDES
from twin.sources.series import Choices, Series

MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0}

_WORDS = re.compile(
    r"\b(space|units?|side|structure|term|color|frame_of_reference)(?:\s*=\s*|\s+)(.*)", re.IGNORECASE
)


@dataclass(frozen=True)
class Said:
    """What a file says of itself; empty where it is silent."""

    space: str = ""
    unit: str = ""
    structure: str = ""
    term: str = ""
    side: Side = "none"
    color: str = ""
    frame_of_reference: str = ""

    @property
    def asks(self) -> tuple[str, ...]:
        """Names of the choices that the file leaves open."""
        return tuple(n for n, v in (("units", self.unit), ("space", self.space)) if not v)


def said_in(lines: Iterable[str]) -> Said:
    """Return what comments say: one thing a line, as we write them, or ``SPACE=LPS`` as 3D Slicer does.

    Whose structure it is and of which side is only believed in files of our own.
    """
    found: dict[str, Any] = {}
    listed = list(lines)
    ours = any("Vitruvian" in line for line in listed)
    for line in listed:
        match = _WORDS.search(line)
        if match is None:
            continue
        name, value = match[1].lower(), match[2].strip()
        first = value.split()[0] if value else ""
        if name == "space" and first.upper() in ("LPS", "RAS"):
            found["space"] = first.upper()
        elif name in ("unit", "units") and first.lower() in MM:
            found["unit"] = first.lower()
        elif not ours:
            continue
        elif name == "side" and first in SIDES:
            found["side"] = first
        elif name == "color" and re.fullmatch(r"#[0-9A-Fa-f]{6}", first):
            found["color"] = first.upper()
        elif name in ("structure", "term", "frame_of_reference"):
            found[name] = value
    return Said(**found)


def series_of(
    path: Path, format: str, title: str, said: Said, *, kind: str = "surface", name: str = "", uid: str = ""
) -> Series:
    """Return the series of a surface or mesh file; it cannot be read before what it leaves open is said."""
    return Series(
        uid=uid or str(path),
        format=format,
        files=(path,),
        kind=kind,
        description=name or said.structure or path.stem,
        is_volume=not said.asks,
        why_not=f"{_silence(title, said)}; say {' and '.join(said.asks)}" if said.asks else "",
        asks=said.asks,
    )


def _silence(title: str, said: Said) -> str:
    words = {"units": "unit", "space": "axes"}
    return f"{title} does not say its {' or its '.join(words[name] for name in said.asks)}"


def placed(path: Path, title: str, said: Said, choices: Choices) -> Said:
    """Return what the file says, and for the rest what its owner says.

    Raises
    ------
    SourceError
        Unit or axes are said by neither.
    """
    known = replace(said, space=said.space or choices.space, unit=said.unit or choices.units)
    if known.asks:
        asked = {"units": "units mm, cm or m", "space": "space LPS (DICOM's axes) or RAS"}
        what = _silence(title, known).replace(f"{title} does", f"{title}, which does")
        raise SourceError(f"{path} is {what}.", f"Say {' and '.join(asked[name] for name in known.asks)}.")
    return known


def in_lps_mm(path: Path, points: NDArray, said: Said) -> NDArray[np.float64]:
    """Return points in LPS mm; ``SourceError`` where one is no number."""
    if not np.isfinite(points).all():
        raise SourceError(f"{path} holds points that are no numbers (NaN or infinite).")
    made = points.astype(np.float64) * MM[said.unit]
    if said.space == "RAS":
        made *= (-1.0, -1.0, 1.0)
    return made


def note_of(said: Said) -> str:
    """Return the note that tells how the file was read."""
    return f"Read as {said.space}, {said.unit}."


def surface_of(
    path: Path,
    points: NDArray,
    triangles: NDArray,
    said: Said,
    *,
    name: str,
    cut: NDArray[np.bool_] | None = None,
    notes: tuple[str, ...] = (),
) -> Surface:
    """Return a surface in LPS mm of points and triangles in the file's space and unit.

    Triangles that name one point twice are left out; so are points that no triangle uses.

    Raises
    ------
    SourceError
        No triangle, a point that is no number, or a triangle of points that are not there.
    """
    if not len(triangles):
        raise SourceError(f"{path} holds no triangle.")
    low, high = int(triangles.min()), int(triangles.max())
    if low < 0 or high >= len(points):
        raise SourceError(f"{path} is broken: of its {len(points):,} points, triangles use point {high:,}.")
    whole = (triangles != np.roll(triangles, 1, axis=1)).all(axis=1)
    if not whole.any():
        raise SourceError(f"{path} holds no triangle but flat ones.")
    used, renumbered = np.unique(triangles[whole], return_inverse=True)
    return Surface(
        points=in_lps_mm(path, points[used], said),
        triangles=renumbered.reshape(-1, 3).astype(np.int32),
        cut=None if cut is None else cut[whole],
        color=said.color,
        structure=said.structure or name,
        term=said.term,
        side=said.side,
        frame_of_reference=said.frame_of_reference,
        notes=(note_of(said), *notes),
    )


def fans(corners: NDArray, counts: NDArray) -> tuple[NDArray, NDArray]:
    """Cut polygons into triangles around their first corner.

    Parameters
    ----------
    corners : ndarray of int, shape (sum of counts,)
        Points of one polygon after the other.
    counts : ndarray of int, shape (n,)
        Corners of each; those of fewer than three are left out.

    Returns
    -------
    triangles : ndarray, shape (m, 3)
    polygon : ndarray of int, shape (m,)
        Which polygon each is of.
    """
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    pieces = np.maximum(counts - 2, 0)
    polygon = np.repeat(np.arange(len(counts)), pieces)
    within = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    first = starts[polygon]
    triangles = np.stack([corners[first], corners[first + within + 1], corners[first + within + 2]], axis=1)
    return triangles, polygon
