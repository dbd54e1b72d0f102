"""The images of one series UID, as the series that a scanner meant: volumes, planes, pictures."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.sources import dicom_flat, dicom_pet
from twin.sources.dicom_flat import Flat
from twin.sources.dicom_frames import Frame
from twin.sources.dicom_headers import UNSPECIFIED, Header
from twin.sources.dicom_split import Part, split
from twin.sources.grid import ASKS_FOR_HU
from twin.sources.series import Series
from twin.sources.stack import NotAVolumeError, Stack, stack


@dataclass(frozen=True, eq=False)
class Detail:
    """One volume to be read: its first header, its frames, how they stack; pictures have no place."""

    header: Header
    frames: tuple[Frame, ...]
    stack: Stack
    flat: Flat | None = None

    @property
    def space(self) -> str:
        """The Frame of Reference UID; without one the series' own, since it shares its space with none."""
        return self.header.frame_of_reference or self.header.uid


def series_of(uid: str, headers: Sequence[Header], localizer: bool) -> list[Series]:
    """Make series of the files that share a UID."""
    seen: dict[tuple[str, int], Frame] = {}
    header_of = {}
    for header in headers:
        for f in header.frames:
            seen.setdefault((f.sop_uid or str(f.path), f.index), f)
            header_of[f.path] = header
    modality = headers[0].modality
    flat = [f for f in seen.values() if dicom_flat.is_flat(f, modality)]
    placed = [f for f in seen.values() if not dicom_flat.is_flat(f, modality)]
    made = []
    if flat:
        made.append(_pictures(f"{uid}/pictures" if placed else uid, header_of[flat[0].path], flat))
    if localizer and placed:
        made.append(_planes(uid, headers[0], placed, "it is a localizer"))
    elif placed:
        for part in split(placed):
            made.append(_part(uid + part.tag, header_of[part.frames[0].path], part))
    return made


def joined(group: Sequence[Series], frames: list[Frame]) -> Series | None:
    """Make one series of several that are slices of one thing; None where they make no even volume."""
    first = group[0].detail
    try:
        stacked = _stack(frames)
    except NotAVolumeError:
        return None
    if not first.header.frame_of_reference or not stacked.even:
        return None
    said = ", ".join(str(s.number) if s.number is not None else s.uid for s in group)
    shortest, longest = (f"{end(f.cycle_ms for f in frames):.0f}" for end in (min, max))
    note = (
        f"Joined from {len(group)} series of one slice ({said}) by their phase of the heart's cycle, "
        f"which lasted {shortest if shortest == longest else f'{shortest} to {longest}'} ms."
    )
    # None of the series' numbers is that of the whole; the note has them all.
    whole = replace(first.header, identity=replace(first.header.identity, series_number=None))
    made = _volume(group[0].uid, whole, frames)
    return replace(
        made, description=f"{made.description} ({len(group)} slices)".strip(),
        notes=(note, *made.notes), joined=tuple(group),
    )  # fmt: skip


def _part(uid: str, header: Header, part: Part) -> Series:
    header = replace(header, description=" ".join((header.description, *part.words)).strip())
    if part.planes:
        made = _planes(uid, header, part.frames, "mixed orientations, each of its images lies in its own")
    else:
        made = _volume(uid, header, part.frames)
    return replace(made, notes=(part.note, *made.notes)) if part.note else made


def _series(uid: str, header: Header, frames: Sequence[Frame], **more: Any) -> Series:
    return Series(
        uid=uid, format="dicom", files=tuple(dict.fromkeys(f.path for f in frames)), number=header.number,
        description=header.description, modality=header.modality, identity=header.identity,
        count=len(frames), **more,
    )  # fmt: skip


def _volume(uid: str, header: Header, frames: Sequence[Frame]) -> Series:
    """Make a series that is one volume, or that says why it is none."""
    try:
        detail = Detail(header, tuple(frames), _stack(frames))
    except NotAVolumeError as e:
        return _series(uid, header, frames, is_volume=False, why_not=str(e))
    return _one(uid, detail)


def _one(uid: str, detail: Detail, **more: Any) -> Series:
    stacked = detail.stack
    t = len(stacked.frames)
    return _series(
        uid, detail.header, detail.frames, detail=detail, is_volume=not stacked.gaps, why_not=stacked.missing,
        gaps=stacked.gaps, notes=notes(detail), size=stacked.shape[::-1] + ((t,) if t > 1 else ()),
        spacing_mm=tuple(float(s) for s in np.linalg.norm(stacked.affine[:3, :3], axis=0)), **more,
    )  # fmt: skip


def _several(uid: str, header: Header, details: Sequence[Detail], **more: Any) -> Series:
    said = tuple(dict.fromkeys(n for d in details for n in notes(d)))
    frames = [f for d in details for f in d.frames]
    return _series(uid, header, frames, kind="planes", detail=tuple(details),
                   **more | {"notes": more.get("notes", ()) + said})  # fmt: skip


def _planes(uid: str, header: Header, frames: Sequence[Frame], why: str) -> Series:
    """Make a series of planes: volumes of one slice, each in its own place, in time where it is."""
    groups: dict[tuple[object, ...], list[Frame]] = defaultdict(list)
    for f in frames:
        groups[f.position, f.orientation, f.size, f.spacing].append(f)
    try:
        details = [Detail(header, tuple(g), _stack(g)) for g in groups.values()]
    except NotAVolumeError as e:
        return _series(uid, header, frames, is_volume=False, why_not=str(e))
    many = f"{len(details)} placed {'plane' if len(details) == 1 else 'planes'}"
    note = f"Read as {many}, not as a volume: {why}."
    return _several(uid, header, details, notes=(note,), aside="LOCALIZER" in frames[0].image_type)


def _pictures(uid: str, header: Header, frames: Sequence[Frame]) -> Series:
    """Make a series of pictures without a place, one for each file."""
    by_file: dict[object, list[Frame]] = defaultdict(list)
    for f in frames:
        by_file[f.path].append(f)
    aside = all(dicom_flat.is_capture(f) for f in frames)
    try:
        details = []
        for group in by_file.values():
            _check_pixels(group[0])
            flat = dicom_flat.look(group)
            details.append(Detail(header, tuple(group), flat.stack, flat))
    except NotAVolumeError as e:
        return _series(uid, header, frames, is_volume=False, why_not=str(e))
    if len(details) == 1:
        return _one(uid, details[0], aside=aside)
    return _several(uid, header, details, aside=aside)


def notes(detail: Detail) -> tuple[str, ...]:
    """Return what reading does to the data and what a user should know of it."""
    first, stacked = detail.frames[0], detail.stack
    said = list(stacked.notes)
    if stacked.shift.any():
        value = pad_value(detail)
        said.append(f"Where no slice reaches stands {value:g} {detail.header.unit}.".replace(" .", "."))
    step_mm = float(np.linalg.norm(stacked.affine[:3, 2]))
    if stacked.shape[0] > 1 and step_mm > 1.5 * first.thickness > 0:
        said.append(
            f"Slices {first.thickness:g} mm thick lie {step_mm:.4g} mm apart: between them nothing was seen."
        )
    if detail.flat is not None:
        said += detail.flat.notes
    elif len(stacked.frames) > 1 and times_of(detail) is None:
        said.append(
            f"{len(stacked.frames)} images lie at the same place, in the order of their numbers: the files "
            f"hold no times.{' It is one plane, not a volume.' if stacked.shape[0] == 1 else ''}"
        )
    if detail.header.modality == "CT" and first.rescale_type == UNSPECIFIED:
        said.append(f"The file leaves the unit of its values open (Rescale Type US). {ASKS_FOR_HU}")
    if detail.header.modality == "PT":
        said.append(dicom_pet.uptake(detail.frames, detail.header.unit)[2])
    if first.pixels.photometric == "MONOCHROME1":
        said.append("The file asks for low values to be shown bright (MONOCHROME1).")
    return tuple(said)


def times_of(detail: Detail) -> NDArray[np.float64] | None:
    """Return the time of each slice of each moment, ms, shape (t, n).

    Trigger times where there are, else acquisition times from the first on; None where neither grows
    from moment to moment.
    """
    frames, order = detail.frames, detail.stack.frames
    trigger = np.array([f.trigger_ms for f in frames])[order]
    acquired = 1000.0 * np.array([f.acquired_s for f in frames])[order]
    for times in (trigger, acquired - np.min(acquired)):
        if np.isfinite(times).all() and (np.diff(times, axis=0) > 0).all():
            return times
    return None


def pad_value(detail: Detail) -> float:
    """Return the value where a resampled grid reaches beyond the slices: air in CT, else 0."""
    return -1024.0 if detail.header.modality == "CT" else 0.0


def _check_pixels(f: Frame) -> None:
    if f.pixels.bits not in (8, 16, 32):
        raise NotAVolumeError(f"its images have {f.pixels.bits} bits a pixel, not 8, 16 or 32")
    if f.pixels.samples not in (1, 3):
        raise NotAVolumeError(f"its pixels have {f.pixels.samples} samples, not 1 or 3")


def _stack(frames: Sequence[Frame]) -> Stack:
    first = frames[0]
    for f in frames:
        _check_pixels(f)
    if "MOSAIC" in first.image_type and first.tile is None:
        raise NotAVolumeError(
            "it is a mosaic, many slices in one picture, whose header does not say where its slices lie"
        )
    if any(not _finite(f.position) or not _finite(f.orientation) for f in frames):
        raise NotAVolumeError("its images do not say where in the patient they lie")
    if any(not _finite(f.spacing) for f in frames):
        raise NotAVolumeError("its images do not say how big their pixels are")
    in_order = (
        [f.trigger_ms for f in frames], [f.temporal for f in frames], [f.acquired_s for f in frames],
        [f.acquisition for f in frames],
    )  # fmt: skip
    return stack(
        np.array([f.position for f in frames], dtype=float),
        np.array([f.orientation for f in frames], dtype=float),
        np.array([f.spacing for f in frames], dtype=float),
        size=first.size,
        thickness_mm=first.thickness,
        times=np.array(in_order),
        numbers=np.array([float(f.instance) for f in frames]),
    )


def _finite(numbers: tuple[float, ...] | None) -> bool:
    return numbers is not None and all(math.isfinite(n) for n in numbers)
