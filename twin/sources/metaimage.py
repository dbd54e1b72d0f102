"""MetaImage in (``.mha``, ``.mhd``): volumes, and labelmaps where that is said. Its space is ITK's, LPS."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.domain import LabelMap, Volume
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources import grid as grids
from twin.sources.labels import labelmap_of, read_sidecar
from twin.sources.payload import read_bytes, read_payload
from twin.sources.series import Choices, Series, file_by_file

MOST_HEADER_BYTES = 1 << 16

_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4",
    "MET_UINT": "u4", "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip
_MODALITIES = {"MET_MOD_CT": "CT", "MET_MOD_MR": "MR", "MET_MOD_US": "US", "MET_MOD_NM": "NM"}
_MM = {"": 1.0, "mm": 1.0, "cm": 10.0, "m": 1e3, "um": 1e-3}


@dataclass(frozen=True)
class _Header:
    path: Path
    fields: dict[str, str]
    sizes: tuple[int, ...]
    dtype: np.dtype
    channels: int
    packing: str
    start: int
    files: tuple[Path, ...] = field(default=())

    @property
    def need(self) -> int:
        return int(np.prod(self.sizes, dtype=object)) * self.channels * self.dtype.itemsize


def _look(path: Path) -> Series:
    header = _read_header(path)
    affine = _affine(header, "LPS")
    silent = "" if _is_placed(header) else _silence(header)
    said = read_sidecar(path)
    return Series(
        uid=str(path),
        format="metaimage",
        files=tuple(dict.fromkeys((path, *header.files))),
        kind="labelmap" if "structures" in said else "volume",
        modality=str(said.get("modality") or _MODALITIES.get(header.fields.get("Modality", ""), "")),
        description=path.stem,
        size=header.sizes,
        spacing_mm=tuple(float(s) for s in np.linalg.norm(affine[:3, :3], axis=0)),
        is_volume=not silent,
        why_not=silent,
        asks=("space",) if silent else (),
    )


scan = file_by_file(_look)


def read(series: Series, choices: Choices, progress: Progress) -> Volume | LabelMap:
    """Read a MetaImage as a volume or, where it is said to be one, a labelmap.

    Raises
    ------
    SourceError
        Broken or truncated file, axes not said, a sheared grid, NaN or infinite voxels.
    """
    path = series.files[0]
    progress(0.0, f"reading {path.name}")
    header = _read_header(path)
    if not _is_placed(header) and not choices.space:
        raise SourceError(
            f"{path}: {_silence(header)}.",
            "Say the axes in which its spacing and offset are: space LPS or RAS.",
        )
    affine = _affine(header, choices.space)
    shape = (*header.sizes[::-1], header.channels)
    stored = _numbers(header, progress.between(0.0, 0.8)).reshape(shape)
    notes: tuple[str, ...] = ()
    color = header.channels > 1
    stored = grids.packed(stored) if color else stored[..., 0]
    stored = grids.native(stored)
    progress(0.8, f"checking {path.name}")
    grids.check_finite(path, stored)
    affine = grids.right_handed(stored, affine)
    slope, intercept = _scale(header)
    kind = series.kind if choices.kind == "auto" else choices.kind
    if kind == "labelmap":
        values = stored if (slope, intercept) == (1.0, 0.0) else stored * slope + intercept
        return labelmap_of(path, values, affine, read_sidecar(path), notes)
    if stored.ndim == 4 and len(stored) == 1:
        stored = stored[0]
    if stored.ndim == 4:
        notes = (*notes, "MetaImage does not say when the images of a sequence were made.")
    modality = choices.modality or series.modality
    kind_said = choices.kind == "volume"
    silent = grids.silent_notes("MetaImage", stored, slope, intercept, modality, kind_said)
    volume = Volume(
        voxels=stored,
        affine=affine,
        modality=modality,
        color=color,
        slope=slope,
        intercept=intercept,
        notes=notes if color else (*notes, *silent),
    )
    return grids.in_hounsfield(volume)


def _read_header(path: Path) -> _Header:
    text = read_bytes(path, MOST_HEADER_BYTES)
    fields, start = _fields(path, text)
    sizes = _sizes(path, fields)
    code = _TYPES.get(fields.get("ElementType", ""), "")
    channels = _whole(path, fields, "ElementNumberOfChannels", "1")
    if not code or channels not in (1, 3, 4) or (channels > 1 and code != "u1"):
        what = fields.get("ElementType", "nothing")[:40] + (f" × {channels}" if channels > 1 else "")
        raise SourceError(f"{path} holds {what} in each voxel, not one number.")
    if fields.get("BinaryData", "True").lower() == "false":
        raise SourceError(f"{path} holds its image as text.", "Write it again as binary data.")
    big = fields.get("BinaryDataByteOrderMSB", fields.get("ElementByteOrderMSB", "False")).lower() == "true"
    packed = fields.get("CompressedData", "False").lower() == "true"
    files = _files(path, text[start:], fields)
    header = _Header(
        path, fields, sizes, np.dtype((">" if big else "<") + code), channels,
        "zlib" if packed else "raw", start if files == (path,) else 0, files,
    )  # fmt: skip
    if len(files) > 1 and sizes[-1] % len(files):
        raise SourceError(f"{path} has {sizes[-1]} slices: {len(files)} files cannot share them.")
    grids.check_size(path, header.need, sum(f.stat().st_size for f in files), header.packing)
    return header


def _fields(path: Path, text: bytes) -> tuple[dict[str, str], int]:
    """Return the fields up to ElementDataFile, which comes last, and where the image begins."""
    fields: dict[str, str] = {}
    at = 0
    while (end := text.find(b"\n", at)) >= 0:
        key, equals, value = text[at:end].decode("utf-8", "replace").partition("=")
        at = end + 1
        if not equals:
            break
        fields[key.strip()] = value.strip()
        if key.strip() == "ElementDataFile":
            return fields, at
    named = re.search(rb"(?m)^ElementDataFile\s*=\s*([^\r\n]+)\Z", text)
    if named and "NDims" in fields:
        return fields | {"ElementDataFile": named[1].decode("utf-8", "replace").strip()}, len(text)
    if "NDims" not in fields:
        raise SourceError(f"{path} is called {path.suffix} but is no MetaImage.")
    raise SourceError(f"{path} is a truncated or broken MetaImage: it names no image (ElementDataFile).")


def _whole(path: Path, fields: dict[str, str], name: str, default: str) -> int:
    text = fields.get(name, default)
    if not re.fullmatch(r"-?\d{1,12}", text):
        raise SourceError(f"{path} has a broken MetaImage header: {name} is “{text[:40]}”.")
    return int(text)


def _numbers_of(path: Path, fields: dict[str, str], names: tuple[str, ...], count: int) -> list[float] | None:
    name = next((n for n in names if n in fields), "")
    if not name:
        return None
    try:
        found = [float(word) for word in fields[name].split()]
    except ValueError:
        found = []
    if len(found) != count or not np.isfinite(found).all():
        raise SourceError(f"{path} has a broken MetaImage header: {name} is “{fields[name][:60]}”.")
    return found


def _sizes(path: Path, fields: dict[str, str]) -> tuple[int, ...]:
    dimension = _whole(path, fields, "NDims", "")
    if dimension not in (3, 4):
        raise SourceError(f"{path} has {dimension} axes, not three (or four with time).")
    sizes = tuple(int(n) for n in _numbers_of(path, fields, ("DimSize",), dimension) or ())
    if not sizes or min(sizes) < 1:
        raise SourceError(
            f"{path} has a broken MetaImage header: DimSize “{fields.get('DimSize', '')[:40]}”."
        )
    return sizes


def _files(path: Path, after: bytes, fields: dict[str, str]) -> tuple[Path, ...]:
    named = fields["ElementDataFile"]
    words = named.split()
    if named.upper() == "LOCAL":
        return (path,)
    if words and words[0].upper() == "LIST":
        names = [line.strip() for line in after.decode("utf-8", "replace").splitlines() if line.strip()]
    elif len(words) in (3, 4) and re.search(r"%0?\d*d", words[0]) and all(w.isdigit() for w in words[1:]):
        first, last, step = (int(w) for w in (*words[1:], "1")[:3])
        if step < 1 or last - first > 100_000:
            raise SourceError(f"{path} has a broken MetaImage header: its files {named[:60]}.")
        pattern = words[0]
        names = [
            re.sub(r"%(0?\d*)d", lambda m, n=n: f"{n:{m[1]}d}", pattern, count=1)  # type: ignore[misc]
            for n in range(first, last + 1, step)
        ]
    else:
        names = [named]
    files = tuple(path.parent / name for name in names)
    missing = next((f for f in files if not f.is_file()), None)
    if missing is not None or not files:
        raise SourceError(
            f"{path} is a header only, and its image {missing or named} is not there.",
            "Put both into one folder.",
        )
    return files


def _is_placed(header: _Header) -> bool:
    return any(n in header.fields for n in ("TransformMatrix", "Rotation", "Orientation"))


def _silence(header: _Header) -> str:
    return "MetaImage without a TransformMatrix does not say how it lies in the patient; say space"


def _affine(header: _Header, space: str) -> NDArray[np.float64]:
    """Return the affine in LPS mm; rows of MetaImage's matrix are the directions of its axes."""
    path, fields, d = header.path, header.fields, len(header.sizes)
    matrix = _numbers_of(path, fields, ("TransformMatrix", "Rotation", "Orientation"), d * d)
    offset = _numbers_of(path, fields, ("Offset", "Position", "Origin"), d)
    spacing = _numbers_of(path, fields, ("ElementSpacing", "ElementSize"), d)
    if spacing is None or min(spacing) <= 0:
        raise SourceError(f"{path} does not say how big its voxels are (ElementSpacing).")
    unit = fields.get("DistanceUnits", "").lower()
    if unit not in _MM:
        raise SourceError(f"{path} measures in “{unit[:40]}”, not known here.")
    rows = np.eye(d) if matrix is None else np.array(matrix).reshape(d, d)
    affine = np.eye(4)
    affine[:3, :3] = (rows[:3, :3] * np.array(spacing)[:3, None]).T
    affine[:3, 3] = (offset or [0.0] * d)[:3]
    affine[:3] *= _MM[unit]
    if matrix is None and space == "RAS":
        affine = grids.RAS_TO_LPS @ affine
    grids.check_axes(path, affine[:3, :3])
    return affine


def _scale(header: _Header) -> tuple[float, float]:
    path, fields = header.path, header.fields
    slope = _numbers_of(path, fields, ("ElementToIntensityFunctionSlope",), 1) or [1.0]
    offset = _numbers_of(path, fields, ("ElementToIntensityFunctionOffset",), 1) or [0.0]
    if slope[0] == 0:
        raise SourceError(f"{path} has a broken MetaImage header: its scale is 0.")
    return slope[0], offset[0]


def _numbers(header: _Header, progress: Progress) -> NDArray:
    skip = _whole(header.path, header.fields, "HeaderSize", "0")
    need = header.need // len(header.files)
    made = []
    for n, file in enumerate(header.files):
        start = header.start if file == header.path else max(skip, 0)
        if skip == -1 and file != header.path:
            start = max(file.stat().st_size - need, 0)
        part = progress.between(n / len(header.files), (n + 1) / len(header.files))
        made.append(read_payload(file, start, need, header.packing, part))
    whole = made[0] if len(made) == 1 else np.concatenate(made)
    return whole.view(header.dtype)
