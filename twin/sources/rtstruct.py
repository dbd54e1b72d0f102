"""DICOM RT Structure Sets in: contours become a labelmap on the grid of the images they were drawn on."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.domain import LabelMap, Structure, Volume
from twin.errors import SourceError
from twin.progress import Progress
from twin.sources.contours import fill
from twin.sources.dicom_headers import identity_of
from twin.sources.dicom_objects import faults_named, open_object, told
from twin.sources.labels import Layers, distinct
from twin.sources.series import Choices, Series, file_by_file

OFF_SLICE = 0.25
"""A contour that lies further from a slice than this part of a step was not drawn on these slices."""


def _series(path: Path) -> Series:
    ds = open_object(path, pixels=False)
    drawn_on = _drawn_on(ds)
    number = ds.get("SeriesNumber")
    named = f"series {drawn_on[0]}" if drawn_on[0] else f"frame of reference {drawn_on[1] or 'unknown'}"
    return Series(
        uid=str(ds.get("SOPInstanceUID") or path),
        format="rtstruct",
        files=(path,),
        kind="labelmap",
        number=int(number) if str(number or "").isdigit() else None,
        description=str(ds.get("StructureSetName") or ds.get("StructureSetLabel") or "").strip(),
        modality="RTSTRUCT",
        identity=identity_of(ds),
        is_volume=False,
        why_not=f"its contours need the images that they were drawn on ({named})",
        drawn_on=drawn_on,
    )


def _look(path: Path) -> Series:
    with faults_named(path):
        return _series(path)


scan = file_by_file(_look)


def fits(series: Series, series_uid: str, frame_of_reference: str) -> bool:
    """Tell whether contours were drawn on an image, as far as both say: its series, else its space."""
    uid, frame = series.drawn_on
    if uid and series_uid:
        return uid == series_uid
    return bool(frame) and frame == frame_of_reference


def read(series: Series, choices: Choices, progress: Progress) -> LabelMap:
    """Read a structure set onto the grid of ``choices.image``.

    Raises
    ------
    SourceError
        Broken, no image given, or an image that the contours were not drawn on.
    """
    path, image = series.files[0], choices.image
    if image is None:
        raise SourceError(f"{path} cannot be read: {series.why_not}.", _HINT)
    frame = series.drawn_on[1]
    if frame and image.frame_of_reference and frame != image.frame_of_reference:
        raise SourceError(
            f"{path} was drawn in another space (frame of reference {frame}) than the image's "
            f"({image.frame_of_reference}).",
            _HINT,
        )
    progress(0.0, f"reading {path.name}")
    with faults_named(path):
        return _labelmap(path, open_object(path, pixels=False), image, frame, progress)


def _labelmap(path: Path, ds: Any, image: Volume, frame: str, progress: Progress) -> LabelMap:
    rois = list(ds.get("StructureSetROISequence") or [])
    drawn = {int(c.ReferencedROINumber): c for c in ds.get("ROIContourSequence") or []}
    numbers = [int(r.ROINumber) for r in rois]
    names = distinct(str(r.get("ROIName") or f"ROI {n}").strip() for r, n in zip(rois, numbers, strict=True))
    layers = Layers(path, image.shape, len(rois))
    structures: list[Structure] = []
    notes: list[str] = []
    for n, (roi, name) in enumerate(zip(rois, names, strict=True)):
        progress(n / len(rois), name)
        planes = _planes(path, name, drawn.get(numbers[n]), image, notes)
        if not planes:
            notes.append(f"“{name}” has no closed contour and was left out.")
            continue
        layer = layers.add(planes, len(structures) + 1)
        structures.append(_structure(ds, roi, name, len(structures) + 1, layer, drawn[numbers[n]]))
    if not structures:
        raise SourceError(f"{path} holds no closed contour within the image.")
    return LabelMap(
        labels=layers.labels(),
        affine=image.affine,
        structures=tuple(structures),
        frame_of_reference=image.frame_of_reference or frame,
        identity=identity_of(ds),
        notes=tuple(notes),
    )


_HINT = "Import those images first, then this file by itself, or both at once."


def _drawn_on(ds: Any) -> tuple[str, str]:
    frame = uid = ""
    for reference in ds.get("ReferencedFrameOfReferenceSequence") or []:
        frame = frame or str(reference.get("FrameOfReferenceUID") or "")
        for study in reference.get("RTReferencedStudySequence") or []:
            for series in study.get("RTReferencedSeriesSequence") or []:
                uid = uid or str(series.get("SeriesInstanceUID") or "")
    for roi in ds.get("StructureSetROISequence") or []:
        frame = frame or str(roi.get("ReferencedFrameOfReferenceUID") or "")
    return uid, frame


def _structure(ds: Any, roi: Any, name: str, label: int, layer: int, drawn: Any) -> Structure:
    term, side, cut = told(ds, str(roi.get("ROIDescription") or ""))
    color = drawn.get("ROIDisplayColor")
    return Structure(
        name=name, label=label, term=term, side=side, layer=layer, touches_border=cut,
        color="#" + "".join(f"{int(c) & 255:02X}" for c in color) if color and len(color) == 3 else "",
    )  # fmt: skip


def _points(contour: Any) -> NDArray[np.float64]:
    """Return a contour's points, shape (n, 3), LPS mm; from the bytes, since pydicom takes long over each."""
    item = contour.get_item("ContourData")
    raw = getattr(item, "value", None)
    numbers = raw.split(b"\\") if isinstance(raw, bytes) else raw or ()
    return np.array([float(x) for x in numbers], np.float64).reshape(-1, 3)


def _planes(
    path: Path, name: str, drawn: Any, image: Volume, notes: list[str]
) -> dict[int, NDArray[np.bool_]]:
    """Return the slices in which an ROI lies; what could not be taken goes into the notes."""
    to_grid = np.linalg.inv(image.affine)
    by_slice: dict[int, list[NDArray[np.float64]]] = defaultdict(list)
    other = outside = 0
    for contour in (drawn.get("ContourSequence") if drawn is not None else None) or []:
        if str(contour.get("ContourGeometricType", "")) not in ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR"):
            other += 1
            continue
        points = _points(contour)
        if len(points) < 3 or not np.isfinite(points).all():
            other += 1
            continue
        index = points @ to_grid[:3, :3].T + to_grid[:3, 3]
        k = round(float(index[:, 2].mean()))
        if np.abs(index[:, 2] - k).max() > OFF_SLICE and image.shape[0] > 1:
            raise SourceError(
                f"{path} holds contours of “{name}” that do not lie in the slices of the image.",
                "They were drawn on other slices: import the images that they were drawn on.",
            )
        if not 0 <= k < image.shape[0]:
            outside += 1
            continue
        by_slice[k].append(index[:, :2])
    if other:
        notes.append(f"“{name}”: {other} points or open lines, which bound no area, were left out.")
    if outside:
        notes.append(f"“{name}”: {outside} contours lie outside the image and were left out.")
    found = sorted(by_slice)
    if found and len(found) < found[-1] - found[0] + 1:
        empty = found[-1] - found[0] + 1 - len(found)
        notes.append(f"“{name}”: {empty} slices between its ends have no contour and stay empty.")
    return {k: fill(contours, image.shape[1:]) for k, contours in by_slice.items()}
