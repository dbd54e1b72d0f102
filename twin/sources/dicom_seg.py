"""DICOM Segmentation objects in: binary, fractional and label maps, on the grid that their frames span."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resources.anatomy_codes import side_of_code, term_of_code
from resources.cielab import from_cielab
from twin.domain import LabelMap, Structure
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources import grid as grids
from twin.sources.dicom_headers import identity_of
from twin.sources.dicom_objects import faults_named, open_object, told
from twin.sources.labels import Layers, distinct
from twin.sources.series import Choices, Series, file_by_file
from twin.sources.stack import TOLERANCE_MM

MOST_SLICES = 20_000


@dataclass(frozen=True, eq=False)
class _Grid:
    """``slices`` tells for each frame in which slice of the grid it lies, ``segments`` whose it is (or 0)."""

    affine: NDArray[np.float64]
    shape: tuple[int, int, int]
    slices: NDArray[np.int64]
    segments: tuple[int, ...]


def _series(path: Path) -> Series:
    ds = open_object(path, pixels=False)
    grid = _grid(path, ds)
    number = ds.get("SeriesNumber")
    return Series(
        uid=str(ds.get("SOPInstanceUID") or path),
        format="dicom_seg",
        files=(path,),
        kind="labelmap",
        number=int(number) if str(number or "").isdigit() else None,
        description=str(ds.get("SeriesDescription") or ds.get("ContentLabel") or "").strip(),
        modality="SEG",
        identity=identity_of(ds),
        size=grid.shape[::-1],
        spacing_mm=tuple(float(s) for s in np.linalg.norm(grid.affine[:3, :3], axis=0)),
    )


def _look(path: Path) -> Series:
    with faults_named(path):
        return _series(path)


scan = file_by_file(_look)


def read(series: Series, _choices: Choices, progress: Progress) -> LabelMap:
    """Read a segmentation; segments that overlap lie in further layers, fractions count from one half.

    Raises
    ------
    SourceError
        Broken or truncated, frames on no even grid, or in a form that is not read.
    """
    path = series.files[0]
    progress(0.0, f"reading {path.name}")
    with faults_named(path):
        return _labelmap(path, open_object(path, pixels=True), progress)


def _labelmap(path: Path, ds: Any, progress: Progress) -> LabelMap:
    grid = _grid(path, ds)
    grids.check_size(path, int(np.prod(grid.shape)), int(np.prod(grid.shape)))
    segments = list(ds.get("SegmentSequence") or [])
    if ds.get("SegmentationType") == "LABELMAP":
        segments = [s for s in segments if _number(s)]  # 0 is what belongs to none
    masks = _masks(path, ds, grid, progress.between(0.0, 0.8))
    layers = Layers(path, grid.shape, max(map(_number, segments), default=1))
    structures = []
    names = distinct(str(s.get("SegmentLabel") or f"segment {_number(s)}").strip() for s in segments)
    for name, segment in zip(names, segments, strict=True):
        number = _number(segment)
        if not 0 < number < 65536:
            raise SourceError(f"{path} is broken: it has a segment of number {number}.")
        planes = _unpacked(masks.pop(number, []), grid.shape[1:])
        structures.append(_structure(ds, segment, name, number, layers.add(planes, number) if planes else 0))
    if masks:
        raise SourceError(f"{path} is broken: its frames are of segments that it does not describe.")
    notes: tuple[str, ...] = ()
    if ds.get("SegmentationType") == "FRACTIONAL":
        notes = (
            f"The segments are fractions ({str(ds.get('SegmentationFractionalType', '')).lower()}): "
            "a voxel counts from one half on.",
        )
    return LabelMap(
        labels=layers.labels(),
        affine=grid.affine,
        structures=tuple(structures),
        frame_of_reference=str(ds.get("FrameOfReferenceUID") or ""),
        identity=identity_of(ds),
        notes=notes,
    )


def _number(segment: Any) -> int:
    return int(segment.get("SegmentNumber") or 0)


def _structure(ds: Any, segment: Any, name: str, number: int, layer: int) -> Structure:
    term, side, cut = told(ds, str(segment.get("SegmentDescription") or ""))
    kinds = segment.get("SegmentedPropertyTypeCodeSequence") or []
    regions = segment.get("AnatomicRegionSequence") or []
    for item in (*kinds, *regions):
        for name_of in ("SegmentedPropertyTypeModifierCodeSequence", "AnatomicRegionModifierSequence"):
            for modifier in item.get(name_of) or []:
                side = side_of_code(*_code(modifier)) or side  # type: ignore[assignment]
    lab = segment.get("RecommendedDisplayCIELabValue")
    known = [t for t in (term_of_code(*_code(k)) for k in kinds) if t]
    return Structure(
        name=name, label=number, term=term or (known[0] if known else ""), side=side, layer=layer,
        touches_border=cut, color=from_cielab(*(int(c) for c in lab)) if lab and len(lab) == 3 else "",
    )  # fmt: skip


def _code(item: Any) -> tuple[str, str]:
    return str(item.get("CodingSchemeDesignator") or ""), str(item.get("CodeValue") or "")


def _groups(path: Path, ds: Any) -> tuple[Any, list[Any]]:
    shared = ds.get("SharedFunctionalGroupsSequence") or [{}]
    frames = list(ds.get("PerFrameFunctionalGroupsSequence") or [])
    if not frames or len(frames) != int(ds.get("NumberOfFrames") or 0):
        raise SourceError(
            f"{path} is broken: it says {ds.get('NumberOfFrames')} frames, describes {len(frames)}."
        )
    return shared[0], frames


def _value(group: Any, shared: Any, sequence: str, name: str) -> Any:
    for g in (group, shared):
        items = g.get(sequence)
        if items and items[0].get(name) is not None:
            return items[0].get(name)
    return None


def _grid(path: Path, ds: Any) -> _Grid:
    """Return the grid that the frames lie on: their own positions, and the step between them."""
    shared, frames = _groups(path, ds)
    rows, columns = int(ds.get("Rows") or 0), int(ds.get("Columns") or 0)
    found = [_plane(g, shared) for g in frames]
    whose = "SegmentIdentificationSequence", "ReferencedSegmentNumber"
    segments = tuple(int(_value(g, shared, *whose) or 0) for g in frames)
    if any(plane is None for plane in found) or min(rows, columns) < 1:
        raise SourceError(
            f"{path} does not say where in the patient its frames lie.",
            "Only segmentations of images in patient space can be read.",
        )
    planes = np.array(found, np.float64)  # position 3, orientation 6, spacing 2, thickness, step
    if not np.isfinite(planes).all() or np.ptp(planes[:, 3:11], axis=0).max() > 1e-4:
        raise SourceError(f"{path} has frames of several orientations or voxel sizes.")
    row, column = planes[0, 3:6], planes[0, 6:9]
    normal = np.cross(row, column)
    along = planes[:, :3] @ normal
    places = np.sort(along)[np.flatnonzero(np.diff(np.sort(along), prepend=-np.inf) > 0.01)]
    given = float(planes[0, 12])
    step = given if given > 0 else float(np.diff(places).min()) if len(places) > 1 else float(planes[0, 11])
    if step <= 0:
        raise SourceError(f"{path} does not say how thick its slices are.")
    slices = np.rint((along - places[0]) / step).astype(np.int64)
    origin = planes[np.argmin(along), :3]
    off = np.linalg.norm(planes[:, :3] - origin - np.outer(slices * step, normal), axis=1).max()
    if off > TOLERANCE_MM or slices.max() >= MOST_SLICES:
        raise SourceError(f"{path} has frames that lie on no even grid: up to {off:.3g} mm off it.")
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = row * planes[0, 10], column * planes[0, 9]
    affine[:3, 2], affine[:3, 3] = normal * step, origin
    grids.check_axes(path, affine[:3, :3])
    return _Grid(affine, (int(slices.max()) + 1, rows, columns), slices, segments)


def _plane(group: Any, shared: Any) -> list[float] | None:
    position = _value(group, shared, "PlanePositionSequence", "ImagePositionPatient")
    orientation = _value(group, shared, "PlaneOrientationSequence", "ImageOrientationPatient")
    spacing = _value(group, shared, "PixelMeasuresSequence", "PixelSpacing")
    if position is None or orientation is None or spacing is None:
        return None
    if (len(position), len(orientation), len(spacing)) != (3, 6, 2):
        return None
    more = [
        _value(group, shared, "PixelMeasuresSequence", n) for n in ("SliceThickness", "SpacingBetweenSlices")
    ]
    return [float(x) for x in (*position, *orientation, *spacing, *(m or 0.0 for m in more))]


def _frames(path: Path, ds: Any, shape: tuple[int, int]) -> Iterator[NDArray]:
    """Yield each frame's numbers, shape (rows, columns)."""
    count, size = int(ds.NumberOfFrames), shape[0] * shape[1]
    bits = int(ds.get("BitsAllocated") or 0)
    if bits not in (1, 8, 16) or int(ds.get("SamplesPerPixel") or 1) != 1:
        raise SourceError(f"{path} is a broken DICOM segmentation: it has {bits} bits a voxel.")
    data = ds.get("PixelData")
    if data is None:
        raise SourceError(f"{path} is a truncated DICOM file: its frames are missing.")
    if bits == 1 and not ds.file_meta.TransferSyntaxUID.is_encapsulated:
        if len(data) * 8 < count * size:
            raise SourceError(
                f"{path} is a truncated DICOM file: {len(data):,} of {count * size // 8:,} bytes."
            )
        packed = np.frombuffer(data, np.uint8)
        for n in range(count):
            first, last = n * size, (n + 1) * size
            part = np.unpackbits(packed[first // 8 : (last + 7) // 8], bitorder="little")
            yield part[first % 8 : first % 8 + size].reshape(shape)
        return
    from pydicom.pixels import iter_pixels

    for n, frame in enumerate(iter_pixels(ds)):
        if frame.shape != shape or n >= count:
            raise ValueError(f"frame {n + 1} is of another size")
        yield frame


def _masks(path: Path, ds: Any, grid: _Grid, progress: Progress) -> dict[int, list[tuple[int, NDArray]]]:
    """Return by segment number the slices it lies in, each with its mask, packed to bits."""
    kind = str(ds.get("SegmentationType") or "BINARY")
    most = int(ds.get("MaximumFractionalValue") or 255)
    found: dict[int, list[tuple[int, NDArray]]] = defaultdict(list)
    for n, frame in enumerate(_frames(path, ds, grid.shape[1:])):
        progress(n / len(grid.slices), "reading frames")
        k = int(grid.slices[n])
        if kind == "LABELMAP":
            for number in np.unique(frame[frame != 0]).tolist():
                found[number].append((k, np.packbits(frame == number)))
            continue
        if not grid.segments[n] or kind not in ("BINARY", "FRACTIONAL"):
            raise SourceError(f"{path} is broken: its frame {n + 1} does not say of which segment it is.")
        mask = frame >= (most + 1) // 2 if kind == "FRACTIONAL" and most > 1 else frame != 0
        if mask.any():
            found[grid.segments[n]].append((k, np.packbits(mask)))
    return found


def _unpacked(planes: list[tuple[int, NDArray]], shape: tuple[int, int]) -> dict[int, NDArray[np.bool_]]:
    made: dict[int, NDArray[np.bool_]] = {}
    for k, bits in planes:
        mask = np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(bool)
        made[k] = made[k] | mask if k in made else mask
    return made
