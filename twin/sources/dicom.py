"""DICOM in: files to series, a series to a volume."""

import math
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.domain import Volume
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources.dicom_headers import Frame, Header, read_header
from twin.sources.dicom_images import images_of
from twin.sources.dicom_pixels import Reader
from twin.sources.series import Choices, Found, Series
from twin.sources.stack import NotAVolumeError, Stack, stack


@dataclass(frozen=True)
class Detail:
    """What reading a DICOM series needs: its first header, its frames, and how they stack."""

    header: Header
    frames: tuple[Frame, ...]
    stack: Stack | None


def scan(files: Sequence[Path], progress: Progress) -> Found:
    """Read headers and sort the images into series; nothing is decoded."""
    groups: dict[tuple[str, bool], list[Header]] = defaultdict(list)
    broken = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd but readable headers
        for n, path in enumerate(files):
            progress(n / max(len(files), 1), f"looking into {path.name}")
            try:
                header = read_header(path)
            except SourceError as e:
                broken.append((path, e.message))
                continue
            if header is not None:
                # Some writers blank the series UID: then a folder's files of one number are a series.
                uid = header.uid or f"{path.parent}#{header.number or 0}"
                groups[uid, "LOCALIZER" in header.frames[0].image_type].append(header)
    ordered = sorted(groups, key=lambda g: (groups[g][0].number is None, groups[g][0].number or 0, g))
    series = [s for uid, localizer in ordered for s in _split(uid, groups[uid, localizer])]
    return Found(tuple(series), tuple(message for _path, message in broken), tuple(broken))


def _split(uid: str, headers: list[Header]) -> list[Series]:
    """Make a series of files that share a UID; echoes that lie at one place become series of their own."""
    seen: dict[tuple[str, int], Frame] = {}
    for header in headers:
        for f in header.frames:
            seen.setdefault((f.sop_uid or str(f.path), f.index), f)
    frames = list(seen.values())
    echoes = sorted({f.echo_ms for f in frames if np.isfinite(f.echo_ms)})
    if len(echoes) > 1 and len({str((f.position, f.trigger_ms, f.temporal)) for f in frames}) < len(frames):
        return [
            _series(f"{uid}/echo{echo:g}", headers[0], [f for f in frames if f.echo_ms == echo], echo)
            for echo in echoes
        ]
    return [_series(uid, headers[0], frames)]


def _series(uid: str, header: Header, frames: list[Frame], echo_ms: float | None = None) -> Series:
    size: tuple[int, ...] = ()
    spacing: tuple[float, ...] = ()
    why_not, gaps, stacked = "", 0, None
    try:
        stacked = _stack(frames)
        t, k = stacked.frames.shape
        pixels = frames[0].pixels
        size = (pixels.columns, pixels.rows, k) + ((t,) if t > 1 else ())
        spacing = tuple(float(s) for s in np.linalg.norm(stacked.affine[:3, :3], axis=0))
        gaps = len(stacked.gaps_mm)
        if gaps:
            where = ", ".join(f"{z:.4g}" for z in stacked.gaps_mm[:5]) + (" …" if gaps > 5 else "")
            why_not = (
                f"{gaps} {'slice is' if gaps == 1 else 'slices are'} missing, "
                f"{where} mm from the first slice (steps of {spacing[2]:.4g} mm)"
            )
    except NotAVolumeError as e:
        why_not = str(e)
    return Series(
        uid=uid,
        format="dicom",
        files=tuple(dict.fromkeys(f.path for f in frames)),
        number=header.number,
        description=header.description + (f" echo {echo_ms:g} ms" if echo_ms is not None else ""),
        modality=header.modality,
        identity=header.identity,
        count=len(frames),
        size=size,
        spacing_mm=spacing,
        is_volume=not why_not,
        why_not=why_not,
        gaps=gaps,
        detail=Detail(header, tuple(frames), stacked),
    )


def _stack(frames: list[Frame]) -> Stack:
    first = frames[0]
    kinds = {(f.pixels.columns, f.pixels.rows) for f in frames}
    if any(f.pixels.samples != 1 for f in frames):
        raise NotAVolumeError("it holds color pictures, not a volume of one value a voxel")
    if "LOCALIZER" in first.image_type:
        raise NotAVolumeError(f"it is a localizer: {len(frames)} planning images, not a volume")
    if "MOSAIC" in first.image_type:
        raise NotAVolumeError("it is a mosaic: many slices laid into one picture")
    if first.pixels.bits not in (8, 16, 32):
        raise NotAVolumeError(f"its images have {first.pixels.bits} bits a pixel, not 8, 16 or 32")
    if any(not _finite(f.position) or not _finite(f.orientation) for f in frames):
        raise NotAVolumeError("its images do not say where in the patient they lie")
    if any(not _finite(f.spacing) for f in frames):
        raise NotAVolumeError("its images do not say how big their pixels are")
    if len(kinds) > 1:
        raise NotAVolumeError("its images have different sizes: " + ", ".join(f"{c}×{r}" for c, r in kinds))
    spacing = np.array([f.spacing for f in frames], dtype=float)
    numbers = [np.array([f.trigger_ms for f in frames]), np.array([f.temporal for f in frames])]
    times = next((t for t in numbers if np.isfinite(t).all() and np.ptp(t) > 0), np.full(len(frames), np.nan))
    extent = max(first.pixels.rows * spacing[0, 1], first.pixels.columns * spacing[0, 0])
    return stack(
        np.array([f.position for f in frames], dtype=float),
        np.array([f.orientation for f in frames], dtype=float),
        spacing,
        thickness_mm=first.thickness,
        times=times,
        extent_mm=extent,
    )


def _finite(numbers: tuple[float, ...] | None) -> bool:
    return numbers is not None and all(math.isfinite(n) for n in numbers)


def read(series: Series, choices: Choices, progress: Progress) -> Volume:
    """Decode a series into a volume.

    Raises
    ------
    SourceError
        It is no volume, a slice is missing, or a file cannot be decoded.
    """
    detail: Detail = series.detail
    stacked = detail.stack
    where = _folder(series)
    if stacked is None:
        raise SourceError(
            f"{series.label} in {where} cannot be read as a volume: {series.why_not}.",
            "Choose another series; nothing was loaded bent.",
        )
    if series.gaps and not choices.accept_gaps:
        raise SourceError(
            f"{series.label} in {where} is incomplete: {series.why_not}.",
            "Fetch the missing images, or accept the gap (--accept-gaps), which fills it by interpolation.",
        )
    if choices.modality and choices.modality != series.modality:
        raise SourceError(f"{series.label} in {where} is {series.modality}, not {choices.modality}.")
    voxels, slope, intercept = _voxels(detail.frames, stacked, progress)
    notes = list(stacked.notes)
    if series.gaps:
        _fill(voxels, stacked.frames)
        notes.append(f"Filled by interpolation: {series.why_not}.")
    photometric = detail.frames[0].pixels.photometric
    if photometric == "MONOCHROME1":
        notes.append("The file asks for low values to be shown bright (MONOCHROME1).")
    header = detail.header
    image_class, image_uids = images_of(detail.frames, stacked.frames, stacked.affine)
    return Volume(
        voxels=voxels,
        affine=stacked.affine,
        modality=header.modality,
        unit=header.unit,
        slope=slope,
        intercept=intercept,
        window=header.window,
        times_ms=_times(detail.frames, stacked),
        kvp=header.kvp,
        kernel=header.kernel,
        contrast_agent=header.contrast_agent,
        image_class=image_class,
        image_uids=image_uids,
        frame_of_reference=header.frame_of_reference,
        identity=header.identity,
        notes=tuple(notes),
    )


def _folder(series: Series) -> Path:
    return series.files[0] if len(series.files) == 1 else series.files[0].parent


def _times(frames: tuple[Frame, ...], stacked: Stack) -> NDArray[np.float64] | None:
    """Mean trigger time of each phase over the slices; None where there is one phase or no times."""
    if stacked.frames.shape[0] == 1:
        return None
    trigger = np.array([f.trigger_ms for f in frames])
    there = stacked.frames >= 0
    times = np.where(there, trigger[stacked.frames], np.nan)
    return np.nanmean(times, axis=1) if np.isfinite(times[there]).all() else None


def _voxels(frames: tuple[Frame, ...], stacked: Stack, progress: Progress) -> tuple[NDArray, float, float]:
    """Read all frames into one array: stored integers where one slope serves all, else float32 values."""
    t, k = stacked.frames.shape
    pixels = frames[0].pixels
    scales = {(f.slope, f.intercept) for f in frames}
    reader = Reader()
    dtype = np.dtype(np.float32) if len(scales) > 1 else reader.dtype(frames)
    try:
        voxels = np.zeros((t, k, pixels.rows, pixels.columns), dtype)
    except (MemoryError, ValueError) as e:
        size = f"{t}×{k}×{pixels.rows}×{pixels.columns}"
        raise SourceError(f"{frames[0].path} and its series claim {size} voxels: too many for memory.") from e
    places = [(a, b) for a in range(t) for b in range(k) if stacked.frames[a, b] >= 0]
    for n, (a, b) in enumerate(places):
        progress(n / len(places), "reading images")
        frame = frames[stacked.frames[a, b]]
        stored = reader.read(frame)
        if len(scales) > 1:
            voxels[a, b] = stored * np.float64(frame.slope) + frame.intercept
        else:
            voxels[a, b] = stored
    slope, intercept = scales.pop() if len(scales) == 1 else (1.0, 0.0)
    return (voxels[0] if t == 1 else voxels), slope, intercept


def _fill(voxels: NDArray, frames: NDArray[np.int64]) -> None:
    """Fill missing slices from the nearest ones on either side, in place."""
    for t, phase in enumerate(frames):
        volume = voxels if voxels.ndim == 3 else voxels[t]
        there = np.flatnonzero(phase >= 0)
        for k in np.flatnonzero(phase < 0):
            low, high = there[there < k].max(), there[there > k].min()
            part = (k - low) / (high - low)
            between = volume[low] * (1 - part) + volume[high] * part
            volume[k] = np.rint(between) if volume.dtype.kind in "iu" else between
