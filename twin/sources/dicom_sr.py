"""Measurement reports (DICOM SR, TID 1500): what was drawn, on which image, and what was measured."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.domain import MeasurementKind, Volume
from twin.errors import SourceError
from twin.sources.dicom_objects import faults_named, of_class, open_object

REPORTS = tuple(f"1.2.840.10008.5.1.4.1.1.88.{n}" for n in (22, 33, 34))
"""Storage classes: Enhanced, Comprehensive, Comprehensive 3D SR."""

_recognizes = of_class(REPORTS)


def is_report(path: Path) -> bool:
    """Tell whether a file is a structured report, by its first bytes."""
    try:
        with path.open("rb") as file:
            return _recognizes(file.read(352))
    except OSError:
        return False


_GROUP, _COMMENT, _TRACKING = "125007", "121106", "112039"
_LENGTH, _ANGLE, _COBB = ("410668003", "G-D7FE"), ("1483009",), ("285285000",)


@dataclass(frozen=True, eq=False)
class Drawn:
    """One measurement of a report.

    Attributes
    ----------
    points : ndarray, shape (n, 3)
        LPS mm, as ``Measurement.points`` orders them.
    value : float or None
        The first number the report gives of it, in ``unit`` (UCUM).
    """

    kind: MeasurementKind
    name: str
    points: NDArray[np.float64]
    text: str
    value: float | None
    unit: str


def reports_only(paths: Sequence[Path]) -> bool:
    """Tell whether nothing but reports was given: they need an image of the record."""
    return bool(paths) and all(path.is_file() and is_report(path) for path in paths)


@dataclass(frozen=True)
class About:
    """What a report says that it is about: a study, and in it images and spaces."""

    study: str
    images: frozenset[str]
    frames: frozenset[str]

    def fit(self, study: str, images: Collection[str], frame: str) -> int:
        """Tell how an image fits: 2, it was drawn on one of its slices; 1, in its space; 0, neither."""
        if study and study != self.study:
            return 0
        return 2 if not self.images.isdisjoint(images) else int(frame != "" and frame in self.frames)


def read_about(path: Path) -> About:
    """Return what a report is about.

    Raises
    ------
    SourceError
        It cannot be read.
    """
    ds = open_object(path, pixels=False)
    with faults_named(path):
        items = list(_items(ds))
        evidence = (
            series
            for study in ds.get("CurrentRequestedProcedureEvidenceSequence", ())
            for series in study.get("ReferencedSeriesSequence", ())
        )
        images = {
            str(reference.ReferencedSOPInstanceUID)
            for item in (*items, *evidence)
            for reference in item.get("ReferencedSOPSequence", ())
        }
        frames = {str(i.get("ReferencedFrameOfReferenceUID", "")) for i in items} - {""}
        return About(str(ds.get("StudyInstanceUID", "")), frozenset(images), frozenset(frames))


def read_report(path: Path, volume: Volume) -> tuple[list[Drawn], list[str]]:
    """Return what of a report was drawn on a volume, and why the rest was left out.

    Raises
    ------
    SourceError
        It is no report of measurements, or is of another study.
    """
    ds = open_object(path, pixels=False)
    with faults_named(path):
        groups = [item for item in _items(ds) if _code(item) == _GROUP and "ContentSequence" in item]
        if not groups:
            raise SourceError(f"{path.name} holds no measurements (no report after TID 1500).")
        study = str(ds.get("StudyInstanceUID", ""))
        if volume.identity.study_uid and study != volume.identity.study_uid:
            raise SourceError(
                f"{path.name} reports on another study than the image.", "Name the image it was made on."
            )
        found, left = [], []
        for number, group in enumerate(groups, 1):
            name = next((str(i.TextValue) for i in group.ContentSequence if _code(i) == _TRACKING), "")
            name = name or f"measurement {number}"
            drawn = _group(group, name, volume)
            if isinstance(drawn, Drawn):
                found.append(drawn)
            else:
                left.append(f"“{name}”: {drawn}.")
    return found, left


def _group(group: Any, name: str, volume: Volume) -> Drawn | str:
    items = list(_items(group))
    graphic = next((i for i in items if str(i.get("ValueType", "")) in ("SCOORD", "SCOORD3D")), None)
    if graphic is None:
        return "nothing was drawn"
    numbers = [i for i in items if i.get("ValueType") == "NUM" and "MeasuredValueSequence" in i]
    codes = {_code(i) for i in numbers}
    points = _points(graphic, volume)
    if isinstance(points, str):
        return points
    shape = str(graphic.GraphicType)
    kind = _kind(shape, points, codes)
    if kind is None:
        return f"a {shape.lower()} of {len(points)} points is none of the kinds measured here"
    if kind == "polygon" and np.allclose(points[0], points[-1]):
        points = points[:-1]
    comment = next((str(i.TextValue) for i in items if _code(i) == _COMMENT), "")
    value, unit = None, ""
    if numbers and numbers[0].MeasuredValueSequence:
        measured = numbers[0].MeasuredValueSequence[0]
        value = float(measured.NumericValue)
        unit = str(measured.MeasurementUnitsCodeSequence[0].CodeValue)
    return Drawn(kind, name, points, comment, value, unit)


def _kind(shape: str, points: NDArray[np.float64], codes: set[str]) -> MeasurementKind | None:
    if shape in ("POINT", "ELLIPSE", "ELLIPSOID"):
        kinds: dict[str, MeasurementKind] = {"POINT": "point", "ELLIPSE": "ellipse", "ELLIPSOID": "ellipsoid"}
        return kinds[shape]
    if len(points) == 2 and codes & set(_LENGTH):
        return "distance"
    if len(points) == 3 and codes & set(_ANGLE):
        return "angle"
    if len(points) == 4 and codes & set(_COBB):
        return "Cobb angle"
    closed = len(points) > 3 and (shape == "POLYGON" or np.allclose(points[0], points[-1]))
    return "polygon" if closed else None


def _points(graphic: Any, volume: Volume) -> NDArray[np.float64] | str:
    """Return the points of a graphic in LPS mm, or why they have no place here."""
    data = np.array(graphic.GraphicData, np.float64)
    if graphic.ValueType == "SCOORD3D":
        frame = str(graphic.get("ReferencedFrameOfReferenceUID", ""))
        if not frame or frame != volume.frame_of_reference:
            return "it lies in another space than the image"
        return data.reshape(-1, 3)
    images = [
        i.ReferencedSOPSequence[0] for i in graphic.get("ContentSequence", ()) if "ReferencedSOPSequence" in i
    ]
    uids = [str(i.ReferencedSOPInstanceUID) for i in images]
    if len(uids) != 1 or uids[0] not in volume.image_uids:
        return "it was drawn on an image that is not a slice of this one"
    at = np.column_stack(
        [data.reshape(-1, 2) - 0.5, np.full(len(data) // 2, volume.image_uids.index(uids[0]))]
    )
    return np.asarray(at @ volume.affine[:3, :3].T + volume.affine[:3, 3])


def _items(item: Any) -> Iterator[Any]:
    for child in item.get("ContentSequence", ()):
        yield child
        yield from _items(child)


def _code(item: Any) -> str:
    names = item.get("ConceptNameCodeSequence")
    return str(names[0].get("CodeValue", "")) if names else ""
