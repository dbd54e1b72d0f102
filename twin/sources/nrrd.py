"""NRRD in, attached and detached: volumes, and segmentations as 3D Slicer writes them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.domain import LabelMap, Volume
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources import grid as grids
from twin.sources.labels import labelmap_of, read_said, read_sidecar, times_of
from twin.sources.nrrd_header import NrrdHeader, numbers, quoted, read_header
from twin.sources.payload import read_payload
from twin.sources.segments import has_segments, segment_map
from twin.sources.series import Choices, Series, file_by_file

_SPACES = {
    "left-posterior-superior": (1, 1, 1), "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1), "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1), "las": (1, -1, 1),
}  # fmt: skip
"""Signs that take a space of NRRD's to LPS."""

_MM = {"mm": 1.0, "millimeter": 1.0, "millimeters": 1.0, "cm": 10.0, "m": 1e3, "um": 1e-3, "micron": 1e-3}
_MS = {"s": 1e3, "sec": 1e3, "ms": 1.0, "msec": 1.0, "us": 1e-3}
_COLORS = {"rgb-color": 3, "rgba-color": 4}
_TIMES = ("time", "list", "domain", "space", "none", "???", "")
"""Kinds of a fourth axis that can be time, or the layers of a segmentation."""


@dataclass(frozen=True)
class _Place:
    """``axes`` are the file's axes (fastest first) along i, j, k; ``other`` is the fourth or -1."""

    affine: NDArray[np.float64]
    axes: tuple[int, ...]
    other: int
    other_kind: str
    step_ms: float
    notes: tuple[str, ...]


def _look(path: Path) -> Series:
    header = read_header(path)
    _check_size(header)
    place = _place(header)
    said = _said(header)
    size = tuple(header.sizes[a] for a in place.axes)
    if place.other >= 0 and place.other_kind not in _COLORS and header.sizes[place.other] > 1:
        size += (header.sizes[place.other],)
    labels = has_segments(header.said) or "structures" in said
    return Series(
        uid=str(path),
        format="nrrd",
        files=(path, *header.files),
        kind="labelmap" if labels else "volume",
        modality=_modality(header, said),
        description=re.sub(r"(\.seg)?\.\w+$", "", path.name),
        size=size,
        spacing_mm=tuple(float(s) for s in np.linalg.norm(place.affine[:3, :3], axis=0)),
    )


scan = file_by_file(_look)


def read(series: Series, choices: Choices, progress: Progress) -> Volume | LabelMap:
    """Read a NRRD file as a volume or, where it says so or is said to be one, a labelmap.

    Raises
    ------
    SourceError
        Broken or truncated file, no place in the patient, a sheared grid, NaN or infinite voxels.
    """
    path = series.files[0]
    progress(0.0, f"reading {path.name}")
    header = read_header(path)
    _check_size(header)
    place = _place(header)
    said = _said(header)
    order = (*([place.other] if place.other >= 0 else []), *place.axes[::-1])
    stored = _numbers(header, progress.between(0.0, 0.8)).reshape(header.sizes[::-1])
    stored = stored.transpose([stored.ndim - 1 - axis for axis in order])
    color = place.other_kind in _COLORS
    if color:
        stored = grids.packed(np.moveaxis(stored, 0, -1))
    stored = grids.native(stored)
    progress(0.8, f"checking {path.name}")
    grids.check_finite(path, stored)
    affine = grids.right_handed(stored, place.affine)
    kind = series.kind if choices.kind == "auto" else choices.kind
    if kind == "labelmap":
        if has_segments(header.said):
            return segment_map(path, stored, affine, header.said, said, place.notes)
        return labelmap_of(path, stored, affine, said, place.notes)
    times: NDArray[np.float64] | None = None
    if stored.ndim == 4 and len(stored) > 1:
        times = times_of(said, len(stored))
        if times is None and place.step_ms > 0:
            times = np.arange(len(stored), dtype=np.float64) * place.step_ms
    elif stored.ndim == 4:
        stored = stored[0]
    modality = choices.modality or series.modality
    kind_said = "volume" in (choices.kind, said.get("kind"))
    silent = grids.silent_notes("NRRD", stored, 1.0, 0.0, modality, kind_said)
    volume = Volume(
        voxels=stored,
        affine=affine,
        modality=modality,
        unit=str(said.get("unit", "")),
        color=color,
        times_ms=times,
        frame_of_reference=str(said.get("frame_of_reference", "")),
        notes=place.notes if color else (*place.notes, *silent),
    )
    return grids.in_hounsfield(volume)


def _said(header: NrrdHeader) -> dict[str, Any]:
    return read_said('{"vitruvian": ' + header.said.get("vitruvian", "0") + "}") or read_sidecar(header.path)


def _modality(header: NrrdHeader, said: dict[str, Any]) -> str:
    return str(said.get("modality") or header.said.get("modality") or header.said.get("DICOM.Modality") or "")


def _check_size(header: NrrdHeader) -> None:
    need = int(np.prod(header.sizes, dtype=object)) * header.dtype.itemsize
    held = sum(f.stat().st_size for f in header.files or (header.path,))
    # A number as text takes two bytes at least.
    claimed = need // header.dtype.itemsize * 2 - 1 if header.packing == "text" else need
    grids.check_size(header.path, claimed, held, header.packing)


def _numbers(header: NrrdHeader, progress: Progress) -> NDArray:
    """Return the numbers in one row, as the files hold them."""
    count = int(np.prod(header.sizes))
    files = header.files or (header.path,)
    if count % len(files):
        raise SourceError(f"{header.path} has {count:,} voxels: {len(files)} files cannot share them.")
    made = []
    for n, file in enumerate(files):
        part = progress.between(n / len(files), (n + 1) / len(files))
        made.append(_of_file(header, file, count // len(files), part))
    return made[0] if len(made) == 1 else np.concatenate(made)


def _of_file(header: NrrdHeader, file: Path, count: int, progress: Progress) -> NDArray:
    start = max(header.start, 0) if file == header.path else 0
    for _ in range(_whole(header, "line skip")):
        start = _after_line(file, start)
    skip = _whole(header, "byte skip", least=-1)
    if header.packing == "text":
        with file.open("rb") as opened:
            opened.seek(start)
            try:
                words = opened.read().replace(b",", b" ").split()[:count]
                one = float if header.dtype.kind == "f" else int
                made = np.array([one(word) for word in words], header.dtype)
            except (ValueError, OverflowError) as e:
                raise SourceError(f"{file} is truncated or broken: {e}.") from e
        if len(made) < count:
            raise SourceError(f"{file} is truncated or broken: {len(made):,} of {count:,} numbers are there.")
        return made
    need = count * header.dtype.itemsize
    if skip == -1:
        if header.packing != "raw":
            raise SourceError(f"{header.path} has a broken NRRD header: byte skip -1 of packed data.")
        start, skip = max(file.stat().st_size - need, 0), 0
    return read_payload(file, start, need, header.packing, progress, skip=skip).view(header.dtype)


def _whole(header: NrrdHeader, name: str, least: int = 0) -> int:
    text = header.fields.get(name, "0")
    if not re.fullmatch(r"-?\d{1,12}", text) or int(text) < least:
        raise SourceError(f"{header.path} has a broken NRRD header: its {name} is “{text[:40]}”.")
    return int(text)


def _after_line(file: Path, start: int) -> int:
    with file.open("rb") as opened:
        opened.seek(start)
        return start + len(opened.readline())


def _place(header: NrrdHeader) -> _Place:
    """Return where the voxels lie, in LPS mm."""
    path, fields, dimension = header.path, header.fields, len(header.sizes)
    space = fields.get("space", "").lower()
    timed = space.endswith("-time") or space in ("lpst", "rast", "last")
    signs = _SPACES.get(space.removesuffix("-time") if "-" in space else space[:3])
    vectors = re.findall(r"\(([^)]*)\)|\bnone\b", fields.get("space directions", ""))
    if signs is None or "space directions" not in fields or "space origin" not in fields:
        named = f"its space is “{space[:40]}”" if signs is None and space else "space fields are missing"
        raise SourceError(
            f"{path} does not say how it lies in the patient ({named}): left and right cannot be known.",
            "Write it again with “space: left-posterior-superior”, space directions and space origin.",
        )
    if len(vectors) != dimension:
        raise SourceError(f"{path} has a broken NRRD header: its space directions.")
    origin = numbers(header, "space origin", 4 if timed else 3)
    directions = [_vector(path, v, 4 if timed else 3) if v else None for v in vectors]
    if timed:
        directions = [None if d is None or not d[:3].any() else d for d in directions]
    axes = tuple(n for n, d in enumerate(directions) if d is not None)
    if len(axes) != 3:
        raise SourceError(f"{path} has {len(axes)} axes in space, not three.")
    other = next((n for n in range(dimension) if n not in axes), -1)
    unit, notes = _unit(path, fields)
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack([directions[a][:3] for a in axes])  # type: ignore[index]
    affine[:3, 3] = (origin or [])[:3]
    if not np.isfinite(affine).all():
        raise SourceError(f"{path} has a broken NRRD header: its place holds what is no number.")
    affine[:3] *= np.array(signs)[:, None] * unit
    grids.check_axes(path, affine[:3, :3])
    kind, step = _other(header, other, vectors, timed)
    return _Place(affine, axes, other, kind, step, notes)


def _vector(path: Path, text: str, count: int) -> NDArray[np.float64]:
    try:
        found = np.array([float(word) for word in text.split(",")])
    except ValueError:
        found = np.zeros(0)
    if len(found) != count:
        raise SourceError(f"{path} has a broken NRRD header: its space direction “({text[:60]})”.")
    return found


def _unit(path: Path, fields: dict[str, str]) -> tuple[float, tuple[str, ...]]:
    units = {u.lower() for u in quoted(fields.get("space units", ""))[:3]} - {""}
    if not units:
        return 1.0, (
            "The file does not name its unit of length; millimeters are taken, as is NRRD's custom.",
        )
    unit = units.pop()
    if units or unit not in _MM:
        raise SourceError(f"{path} measures space in “{fields['space units'][:40]}”, not known here.")
    return _MM[unit], ()


def _other(header: NrrdHeader, other: int, vectors: list[str], timed: bool) -> tuple[str, float]:
    """Return the kind of the fourth axis and its step in ms (0 where it has none)."""
    if other < 0:
        return "", 0.0
    path, fields = header.path, header.fields
    kinds = fields.get("kinds", "").lower().split()
    kind = kinds[other] if len(kinds) == len(header.sizes) else ""
    if kind in _COLORS:
        if header.dtype != np.uint8 or header.sizes[other] != _COLORS[kind]:
            raise SourceError(f"{path} holds colors in a way that is not read.")
        return kind, 0.0
    if kind not in _TIMES:
        raise SourceError(f"{path} holds a {kind} in each voxel, not one value.")
    units = quoted(fields.get("units", ""))
    step, unit = 0.0, units[other] if len(units) == len(header.sizes) else ""
    if timed and vectors[other]:
        step = float(_vector(path, vectors[other], 4)[3])
        unit = unit or (quoted(fields.get("space units", "")) + [""] * 4)[3]
    elif "spacings" in fields:
        step = (numbers(header, "spacings", len(header.sizes)) or [0.0] * 4)[other]
    known = np.isfinite(step) and step > 0 and unit.lower() in _MS
    return kind, float(step) * _MS[unit.lower()] if known else 0.0
