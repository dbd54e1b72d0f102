"""Measurements as a DICOM Structured Report: TID 1500 in a Comprehensive 3D SR (PS3.16, PS3.3 A.35.13)."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from resources.anatomy_codes import SIDE_CODES, codes_of
from resources.measurement_codes import (
    COMMENT,
    CONCEPTS,
    DERIVATIONS,
    FINDINGS,
    IMAGING,
    Code,
    unit_code,
    value_code,
)
from twin.codec import encode
from twin.domain import Measurement, Number
from twin.errors import UserError
from twin.exports.dicom_parts import evidence, frame_uid, header, observer, text, uid
from twin.exports.measured import Measured, Row
from twin.progress import Progress

_REGIONS = ("ellipse", "polygon", "point", "arrow", "text")
"""Kinds that are a region of an image (TID 1410); the others are measurements with coordinates (TID 1501)."""


def write(measured: Measured, path: Path, _progress: Progress) -> None:
    """Write one document: a measurement group each, on the images it was measured on.

    What lies on one image as that is (and keeps its form in pixels) is given in the image's pixels; else in
    the patient's space. Values that are stale are refused before.

    Raises
    ------
    UserError
        Measurements of several studies, or one that has no place that DICOM can say.
    """
    from highdicom.sr import MeasurementReport, ObservationContext

    studies = {row.measurement.identity.study_uid for row in measured.rows}
    if len(studies) > 1:
        raise UserError(
            f"These measurements are of {len(studies)} studies, and a report is of one.",
            "Export them one by one, or as CSV.",
        )
    report = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observer()),
        procedure_reported=_concept(IMAGING),
        imaging_measurements=[_group(row) for row in measured.rows],
    )
    from pydicom.uid import Comprehensive3DSRStorage

    ds = header(measured, _hash(measured), Comprehensive3DSRStorage, "SR", "Measurements")
    ds.ContentDate, ds.ContentTime = ds.InstanceCreationDate, ds.InstanceCreationTime
    ds.CompletionFlag, ds.VerificationFlag, ds.PreliminaryFlag = "PARTIAL", "UNVERIFIED", "PRELIMINARY"
    ds.ReferencedPerformedProcedureStepSequence = ds.PerformedProcedureCodeSequence = []
    drawn = [row.measurement for row in measured.rows]
    shown = evidence(
        measured.identity.study_uid, ((m.identity.series_uid, m.image_class, _images(m)) for m in drawn)
    )
    if shown:
        ds.CurrentRequestedProcedureEvidenceSequence = shown
    for element in report[0]:
        ds[element.tag] = element
    ds.save_as(path, enforce_file_format=True)


def _hash(measured: Measured) -> str:
    content = hashlib.sha256()
    for row in measured.rows:
        encoded = encode(row.measurement)
        content.update(f"{row.name} {encoded.tree}".encode())
        content.update(b"".join(array.tobytes() for array in encoded.arrays.values()))
    return content.hexdigest()


def _group(row: Row) -> Any:
    from highdicom import sr

    made, numbers = row.measurement, row.measurement.numbers
    given: dict[str, Any] = {
        "tracking_identifier": sr.TrackingIdentifier(
            uid=uid("measurement", made.identity.series_uid, row.name), identifier=text(row.name)
        ),
        "finding_sites": _sites(made),
    }
    if made.kind in FINDINGS:
        given["finding_type"] = _concept(FINDINGS[made.kind])
    if made.kind in _REGIONS:
        given["measurements"] = [_number(made, n) for n in numbers] or None
        group = sr.PlanarROIMeasurementsAndQualitativeEvaluations(referenced_region=_region(made), **given)
    elif made.kind == "ellipsoid":
        given["measurements"] = [_number(made, n) for n in numbers]
        surface = sr.VolumeSurface("ELLIPSOID", made.points, frame_uid(made), **_sources(made))
        group = sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
            referenced_volume_surface=surface, **given
        )
    else:
        places = None if made.kind == "volume" else [_coordinates(made)]
        given["measurements"] = [_number(made, n, places if m == 0 else None) for m, n in enumerate(numbers)]
        sources = [sr.SourceImageForMeasurementGroup(made.image_class, u) for u in _images(made)]
        group = sr.MeasurementsAndQualitativeEvaluations(source_images=sources or None, **given)
    said = "; ".join(w for w in (made.text, *made.notes) if w)
    if said:
        item = sr.TextContentItem(
            _concept(COMMENT), text(said, 1024), relationship_type=sr.RelationshipTypeValues.CONTAINS
        )
        group[0].ContentSequence.append(item)
    return group


def _number(made: Measurement, number: Number, places: Sequence[Any] | None = None) -> Any:
    from highdicom.sr import Measurement as Item

    derivation = DERIVATIONS.get(number.name)
    concept = CONCEPTS.get(number.name) or value_code(made.modality, number.unit)
    return Item(
        name=_concept(concept),
        value=float(f"{number.value:.10g}"),
        unit=_concept(unit_code(number.unit)),
        derivation=_concept(derivation) if derivation else None,
        referenced_coordinates=places,
    )


def _sites(made: Measurement) -> list[Any] | None:
    from highdicom.sr import FindingSite

    if not made.structure:
        return None
    _category, (value, meaning) = codes_of(made.term)
    side = SIDE_CODES.get(made.side)
    laterality = _concept((side[0], "SCT", side[1])) if side else None
    return [FindingSite(_concept((value, "SCT", meaning)), laterality=laterality)]


# -- where it lies ---------------------------------------------------------------------------------


def _in_pixels(made: Measurement) -> bool:
    """Tell whether it can be given in the pixels of one image: an ellipse must be one there, too."""
    if made.pixels is None or len(_images(made)) != 1:
        return False
    if made.kind != "ellipse":
        return True
    first, second = made.pixels[0] - made.pixels[1], made.pixels[2] - made.pixels[3]
    return abs(float(first @ second)) <= 1e-3 * float(np.linalg.norm(first) * np.linalg.norm(second))


def _graphic(made: Measurement) -> tuple[str, np.ndarray]:
    """Return the graphic type and its points: (n, 2) in pixels, or (n, 3) in the patient."""
    flat = _in_pixels(made)
    points = made.pixels if flat else made.points
    assert points is not None
    if made.kind in ("point", "arrow", "text"):
        return "POINT", points[:1]
    if made.kind == "ellipse":
        return "ELLIPSE", points
    if made.kind == "polygon":
        return ("POLYLINE" if flat else "POLYGON"), np.concatenate([points, points[:1]])
    return "POLYLINE", points


def _region(made: Measurement) -> Any:
    from highdicom.sr import ImageRegion, ImageRegion3D, SourceImageForRegion

    kind, points = _graphic(made)
    if _in_pixels(made):
        return ImageRegion(kind, points, SourceImageForRegion(made.image_class, made.image_uids[0]))
    return ImageRegion3D(kind, points, frame_uid(made))


def _coordinates(made: Measurement) -> Any:
    from highdicom.sr import CoordinatesForMeasurement, CoordinatesForMeasurement3D, SourceImageForRegion

    kind, points = _graphic(made)
    if _in_pixels(made):
        source = SourceImageForRegion(made.image_class, made.image_uids[0])
        return CoordinatesForMeasurement(kind, points, source)
    return CoordinatesForMeasurement3D(kind, points, frame_uid(made))


def _sources(made: Measurement) -> dict[str, Any]:
    from highdicom.sr import SourceImageForSegmentation, SourceSeriesForSegmentation

    images = [SourceImageForSegmentation(made.image_class, u) for u in _images(made)]
    if images:
        return {"source_images": images}
    series = made.identity.series_uid or uid("series", frame_uid(made))
    return {"source_series": SourceSeriesForSegmentation(series)}


def _images(made: Measurement) -> tuple[str, ...]:
    """Return the images that can be referred to: those whose study and series are known."""
    who = made.identity
    return made.image_uids if who.study_uid and who.series_uid else ()


def _concept(code: Code) -> Any:
    from highdicom.sr import CodedConcept

    value, scheme, meaning = code
    return CodedConcept(value, scheme, meaning)
