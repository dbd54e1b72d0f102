"""Quick steps ``measure.*``: a measurement from points set by hand, or of a structure."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resources.measurement_codes import unit_code
from twin.domain import Entity, LabelMap, Measurement, MeasurementKind, Volume
from twin.errors import UserError
from twin.measuring.measure import measure
from twin.measuring.structure import of_structure
from twin.params import NoParams, param
from twin.progress import Progress
from twin.steps import Made, step

ROLE = "measurement"
"""What every step here calls its output: what replaces a measurement replaces that."""


@dataclass(frozen=True)
class DrawParams:
    """Where it was drawn."""

    points_mm: tuple[float, ...] = param(
        help="Points in patient space (LPS): x,y,z of the first, x,y,z of the second, and so on.",
        unit="mm",
        patient_specific=True,
    )
    normal: tuple[float, float, float] | None = param(
        None,
        help="Normal of the plane it was drawn on; empty for that of the points.",
        advanced=True,
        patient_specific=True,
    )
    text: str = param("", help="Words that stand beside it.", patient_specific=True)
    time: int | None = param(
        None,
        help="Moment it is of, counted from 0, where the image has several.",
        low=0,
        patient_specific=True,
    )
    label_mm: tuple[float, float, float] | None = param(
        None,
        help="Where its words stand, LPS, if not beside it.",
        unit="mm",
        advanced=True,
        patient_specific=True,
    )


_NAMES: dict[str, str] = {"polygon": "outline"}
WORDED: tuple[MeasurementKind, ...] = ("text", "arrow", "point")
"""Kinds that are called as their words say."""


def _draw(kind: MeasurementKind, volume: Volume, params: DrawParams) -> Made:
    if len(params.points_mm) % 3:
        raise UserError(
            f"{len(params.points_mm)} numbers are no points.", "Give three numbers a point: x,y,z (LPS, mm)."
        )
    made = measure(
        kind, volume, np.reshape(params.points_mm, (-1, 3)), normal=_vector(params.normal),
        text=params.text, time=params.time, label=_vector(params.label_mm),
    )  # fmt: skip
    return Made({ROLE: made}, summary_of(made), {ROLE: name_of(kind, made.text)})


def name_of(kind: MeasurementKind, text: str) -> str:
    """Return what a measurement is called before anybody gives it a name: its words as they were typed."""
    if kind in WORDED and text:
        return text[:60]
    name = _NAMES.get(kind, kind)
    return name[:1].upper() + name[1:]


@step("measure.distance", version=1, title="Measure distance", quick=True, makes=("measurement",))
def distance(volume: Volume, params: DrawParams, progress: Progress) -> Made:
    """Measure the distance of two points."""
    return _draw("distance", volume, params)


@step("measure.angle", version=1, title="Measure angle", quick=True, makes=("measurement",))
def angle(volume: Volume, params: DrawParams, progress: Progress) -> Made:
    """Measure the angle at the second of three points."""
    return _draw("angle", volume, params)


@step("measure.cobb", version=2, title="Measure Cobb angle", quick=True, makes=("measurement",))
def cobb(volume: Volume, params: DrawParams, progress: Progress) -> Made:
    """Measure the angle between two lines, as between the end plates of two vertebrae."""
    return _draw("Cobb angle", volume, params)


@step("measure.ellipse", version=1, title="Measure ellipse", quick=True, makes=("measurement",))
def ellipse(volume: Volume, params: DrawParams, progress: Progress) -> Made:
    """Measure an ellipse and the values inside: both ends of one axis, then both of the other."""
    return _draw("ellipse", volume, params)


@step("measure.polygon", version=1, title="Measure outline", quick=True, makes=("measurement",))
def polygon(volume: Volume, params: DrawParams, progress: Progress) -> Made:
    """Measure the area of a closed outline and the values inside."""
    return _draw("polygon", volume, params)


@step("measure.ellipsoid", version=1, title="Measure ellipsoid", quick=True, makes=("measurement",))
def ellipsoid(volume: Volume, params: DrawParams, progress: Progress) -> Made:
    """Measure the volume of an ellipsoid and the values inside: both ends of each of three axes."""
    return _draw("ellipsoid", volume, params)


@step("measure.point", version=1, title="Mark point", quick=True, makes=("measurement",))
def point(volume: Volume, params: DrawParams, progress: Progress) -> Made:
    """Mark a point, with the value there."""
    return _draw("point", volume, params)


@step("measure.arrow", version=1, title="Draw arrow", quick=True, makes=("measurement",))
def arrow(volume: Volume, params: DrawParams, progress: Progress) -> Made:
    """Draw an arrow: its tip, then its tail, where its words stand."""
    return _draw("arrow", volume, params)


@step("measure.text", version=1, title="Write text", quick=True, makes=("measurement",))
def text(volume: Volume, params: DrawParams, progress: Progress) -> Made:
    """Write words at a place."""
    if not params.text.strip():
        raise UserError("There are no words to write.", "Type at least one letter.")
    return _draw("text", volume, params)


STEPS: dict[MeasurementKind, str] = {
    "distance": "measure.distance", "angle": "measure.angle", "Cobb angle": "measure.cobb",
    "ellipse": "measure.ellipse", "polygon": "measure.polygon", "ellipsoid": "measure.ellipsoid",
    "point": "measure.point", "arrow": "measure.arrow", "text": "measure.text",
}  # fmt: skip
"""Which step draws what."""


@step("measure.structure", version=1, title="Measure structure", quick=True, makes=("measurement",))
def structure(labelmap: LabelMap, params: NoParams, progress: Progress, volume: Volume | None = None) -> Made:
    """Measure the volume of a structure of a labelmap, and the values inside where an image is given."""
    made = of_structure(labelmap, volume)
    return Made({ROLE: made}, summary_of(made), {ROLE: f"{made.structure} volume"})


@dataclass(frozen=True)
class ReportParams:
    """Which report to import."""

    paths: tuple[str, ...] = param(
        help="The file, a DICOM SR of measurements (TID 1500), or several.", patient_specific=True
    )


@step("import.measurements", version=1, title="Import measurements", makes=("measurement",))
def import_measurements(volume: Volume, params: ReportParams, progress: Progress) -> Made:
    """Bring a report's measurements into the record: drawn where they were, measured anew on the image."""
    from twin.sources.dicom_sr import read_report

    found, left = [], []
    for path in params.paths:
        drawn, why = read_report(Path(path), volume)
        found += drawn
        left += why
    outputs: dict[str, Entity] = {}
    names: dict[str, str] = {}
    for number, one in enumerate(found, 1):
        time = 0 if volume.voxels.ndim == 4 else None
        try:
            made = measure(one.kind, volume, one.points, text=one.text, time=time)
        except UserError as error:
            left.append(f"“{one.name}”: {error.message}")
            continue
        role = f"{ROLE} {number}"
        said = _other_value(made, one.value, one.unit)
        if time is not None and made.time is not None:
            said += ("The report names no moment: it is measured at the first.",)
        outputs[role] = replace(made, notes=(*made.notes, *said))
        names[role] = one.name
    if not outputs:
        raise UserError(f"Nothing of this report lies on this image: {' '.join(left[:3])}")
    return Made(outputs, {"measurements": len(outputs), "left_out": left}, names)


def _other_value(made: Measurement, value: float | None, unit: str) -> tuple[str, ...]:
    """Return a note where the report says another number than is measured here."""
    here = made.numbers[0] if made.numbers else None
    if value is None or here is None or unit != unit_code(here.unit)[0]:
        return ()
    if abs(here.value - value) <= max(0.01 * abs(value), 1e-3):
        return ()
    return (f"The report says {value:g} {here.unit}.",)


_UNITS = {"mm²": "mm2", "px²": "px2", "°": "deg", "mL": "ml"}


def summary_of(made: Measurement) -> dict[str, object]:
    """Return the numbers by name and unit (``length_mm``), bounds beside them, notes last."""
    said: dict[str, object] = {}
    for number in made.numbers:
        unit = _UNITS.get(number.unit, number.unit.lower())
        unit = "".join(c if c.isalnum() else "_" for c in unit)
        name = number.name.lower().replace(" ", "_")
        for word, value in (("", number.value), ("_low", number.low), ("_high", number.high)):
            if value is not None:
                said["_".join(w for w in (name + word, unit) if w)] = round(value, 6)
    return said | ({"notes": list(made.notes)} if made.notes else {})


def _vector(given: tuple[float, float, float] | None) -> NDArray[np.float64] | None:
    return None if given is None else np.array(given, np.float64)
