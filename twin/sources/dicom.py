"""DICOM in: files to series, a series to a volume or to planes."""

import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.domain import Volume
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources import dicom_cine, dicom_pet
from twin.sources.dicom_grid import fill
from twin.sources.dicom_headers import Header, read_header
from twin.sources.dicom_images import images_of
from twin.sources.dicom_pixels import Reader
from twin.sources.dicom_series import Detail, joined, notes, pad_value, series_of, times_of
from twin.sources.series import Choices, Found, Series


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
        series = [s for key in ordered for s in series_of(_tagged(key, groups), groups[key], key[1])]
        series = dicom_cine.join(series, joined)
    return Found(tuple(series), tuple(message for _path, message in broken), tuple(broken))


def _tagged(key: tuple[str, bool], groups: Mapping[tuple[str, bool], object]) -> str:
    """Return a series' UID, with a word more for a localizer that is kept in one series with a scan."""
    uid, localizer = key
    return f"{uid}/localizer" if localizer and (uid, False) in groups else uid


def read(series: Series, choices: Choices, progress: Progress) -> Volume | tuple[Volume, ...]:
    """Decode a series into a volume, or a series of planes into one volume of one slice for each.

    Raises
    ------
    SourceError
        It is no volume, a slice is missing, or a file cannot be decoded.
    """
    where = series.files[0] if len(series.files) == 1 else series.files[0].parent
    if series.detail is None:
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
    if series.kind != "planes":
        filled = (f"Filled by interpolation: {series.why_not}.",) if series.gaps else ()
        return _volume(series.detail, filled + series.notes, progress)
    planes: tuple[Detail, ...] = series.detail
    made = []
    for n, detail in enumerate(planes):
        said = dict.fromkeys(series.notes[:1] + notes(detail))
        made.append(_volume(detail, tuple(said), progress.between(n / len(planes), (n + 1) / len(planes))))
    return tuple(made)


def _volume(detail: Detail, said: tuple[str, ...], progress: Progress) -> Volume:
    header, stacked, flat = detail.header, detail.stack, detail.flat
    color = detail.frames[0].pixels.color
    voxels, slope, intercept = _voxels(detail, progress)
    unit, window = header.unit, header.window
    if header.modality == "PT" and not color:
        factor, unit, _note = dicom_pet.uptake(detail.frames, unit)
        slope, intercept = slope * factor, intercept * factor
        window = (window[0] * factor, window[1] * factor) if window else None
    as_they_are = stacked.even  # what was resampled is no image of the scanner any more
    images = images_of(detail.frames, stacked.frames, stacked.affine) if as_they_are else ("", ())
    image_class, image_uids = images
    times, slice_times, cycle = (flat.times_ms, None, None) if flat else _times(detail)
    return Volume(
        voxels=voxels,
        affine=stacked.affine,
        modality=header.modality,
        unit="" if color else unit,
        slope=slope,
        intercept=intercept,
        window=None if color else window,
        times_ms=times,
        slice_times_ms=slice_times,
        cycle_ms=cycle,
        filled=stacked.filled,
        color=color,
        inverted=detail.frames[0].pixels.photometric == "MONOCHROME1",
        lengths=flat.lengths if flat else "patient",
        placement=flat.placement if flat else "patient",
        patient_position=header.patient_position,
        kvp=header.kvp,
        kernel=header.kernel,
        contrast_agent=header.contrast_agent,
        protocol=header.protocol,
        inversion_ms=_inversion_ms(detail),
        image_class=image_class,
        image_uids=image_uids,
        burned_in=header.burned_in,
        frame_of_reference="" if flat else header.frame_of_reference,
        identity=header.identity,
        notes=said,
    )


_Times = NDArray[np.float64] | None


def _times(detail: Detail) -> tuple[_Times, _Times, _Times]:
    """Return the time of each phase, of its slices where they differ, and of each slice the cycle."""
    several, even = len(detail.stack.frames) > 1, detail.stack.even
    times = times_of(detail) if several else None
    if several and times is None:
        return None, None, None
    cycle = np.array([f.cycle_ms for f in detail.frames])[detail.stack.frames].mean(axis=0)
    of_each = cycle if even and np.isfinite(cycle).all() else None
    if times is None:
        return None, None, of_each
    return times.mean(axis=1), times if even and np.ptp(times, axis=1).any() else None, of_each


def _inversion_ms(detail: Detail) -> float | None:
    """Return the inversion time, which is set anew as contrast washes out: the median over the images."""
    known = [f.inversion_ms for f in detail.frames if f.inversion_ms > 0]
    return float(np.median(known)) if known else None


def _voxels(detail: Detail, progress: Progress) -> tuple[NDArray, float, float]:
    """Read all frames into one grid: stored integers where one slope serves all, else float32 values."""
    frames, stacked = detail.frames, detail.stack
    t = len(stacked.frames)
    scales = {(f.slope, f.intercept) for f in frames}
    color = frames[0].pixels.color
    if color:
        scales = {(1.0, 0.0)}
    reader = Reader()
    dtype = np.dtype(np.float32) if len(scales) > 1 else reader.dtype(frames)
    slope, intercept = scales.pop() if len(scales) == 1 else (1.0, 0.0)
    try:
        voxels = np.empty((t, *stacked.shape), dtype)
    except (MemoryError, ValueError) as e:
        size = "×".join(map(str, (t, *stacked.shape)))
        raise SourceError(f"{frames[0].path} and its series claim {size} voxels: too many for memory.") from e
    pad = (pad_value(detail) - intercept) / slope
    if dtype.kind in "iu":
        limits = np.iinfo(dtype.name)
        pad = float(np.clip(np.rint(pad), limits.min, limits.max))
    done = 0

    def plane_of(frame: int) -> NDArray:
        nonlocal done
        progress(done / stacked.frames.size, "reading images")
        done += 1
        stored = reader.read(frames[frame])
        if dtype.kind == "f" and not color:
            return (stored * np.float64(frames[frame].slope) + frames[frame].intercept).astype(dtype)
        return stored

    for moment in range(t):
        fill(voxels[moment], stacked, moment, plane_of, pad)
    return (voxels[0] if t == 1 else voxels), slope, intercept
