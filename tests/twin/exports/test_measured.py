"""Measurements on their way out: CSV, and DICOM SR as other programs read it."""

import csv
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pydicom
import pytest

from tests.twin.measuring import phantoms
from twin import codec
from twin.deidentify.entities import Cleaner
from twin.deidentify.secret import Secret
from twin.domain import Identity, LabelMap, Measurement, Structure, Volume
from twin.errors import UserError
from twin.exports import export
from twin.exports.measured import COLUMNS, Measured, Row
from twin.measuring import measure
from twin.measuring.steps import ReportParams, import_measurements
from twin.measuring.structure import of_structure
from twin.progress import Progress
from twin.sources.drawn_on import image_of_reports

WHO = Identity(
    patient_name="Müller^Eva", patient_id="P7", birth_date="1960-05-06", sex="F", study_uid="1.2.840.99.1",
    study_date="2026-01-05", series_uid="1.2.840.99.1.2",
)  # fmt: skip


def ct(**more) -> Volume:
    """The phantom with a patient, turned so that no axis is the patient's."""
    return phantoms.volume(
        (0.5, 0.5, 2.0), degrees=(0, 0, 10), origin=(-20, 5, 100), **{"identity": WHO} | more
    )


def at(*places) -> np.ndarray:
    return phantoms.lps(ct(), *places)


def every_kind(of: Volume) -> list[Row]:
    """One of each kind, all on slice 4, but an ellipsoid."""
    star = np.concatenate([((1, 0, 0), (-1, 0, 0)), ((0, 1, 0), (0, -1, 0)), ((0, 0, 0.4), (0, 0, -0.4))]) * 8
    drawn = {
        "distance": at((10, 10, 4), (30, 10, 4)),
        "angle": at((30, 10, 4), (10, 10, 4), (10, 30, 4)),
        "Cobb angle": at((10, 10, 4), (30, 10, 4), (10, 40, 4), (30, 44, 4)),
        "ellipse": at((40, 30, 4), (20, 30, 4), (30, 36, 4), (30, 24, 4)),
        "polygon": at((9.5, 9.5, 4), (19.5, 9.5, 4), (19.5, 19.5, 4), (9.5, 19.5, 4)),
        "ellipsoid": at(*(star + np.array([30, 30, 8]))),
        "point": at((12, 13, 4)),
        "arrow": at((12, 13, 4), (20, 20, 4)),
        "text": at((12, 13, 4)),
    }
    words = {"arrow": "fracture", "text": "old", "point": "lesion 1"}
    rows = [
        Row(measure(kind, of, p, text=words.get(kind, "")), f"{kind} 1", "CT") for kind, p in drawn.items()
    ]
    labels = np.zeros(of.shape, np.uint8)
    labels[2:6, 5:15, 5:15] = 1
    femur = Structure("left femur", 1, "femur", "left")
    bones = LabelMap(labels, of.affine, (femur,), frame_of_reference="1.2.3", identity=of.identity)
    return [*rows, Row(of_structure(bones, of), "left femur volume", "bones")]


def validated(path: Path) -> None:
    if shutil.which("dciodvfy") is not None:
        said = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False).stderr
        assert "Error" not in said, said
        assert "Comprehensive3DSR" in said  # what it took it for


def test_de_identified_measurements_keep_their_numbers_and_no_word_of_the_patient(tmp_path, monkeypatch):
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))
    cleaner = Cleaner(Secret.load().subject(WHO))
    for row in every_kind(ct()):
        before = replace(row.measurement, text="fracture of Eva Müller, Charlottenburg")
        after = cleaner.entity(before)
        assert isinstance(after, Measurement)
        assert after.kind == before.kind
        assert [(n.name, n.value, n.unit, n.remark) for n in after.numbers] == [
            (n.name, n.value, n.unit, n.remark) for n in before.numbers
        ]
        assert not {"Eva", "Müller", "Charlottenburg"} & set(after.text.split())
        assert not set(after.image_uids) & set(before.image_uids)
        np.testing.assert_array_equal(after.points, before.points)
        validated(export(after, tmp_path / f"{before.kind}.sr.dcm"))


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_has_a_row_a_number_with_unit_limits_and_place(tmp_path):
    rows = table(export(Measured.of(every_kind(ct())), tmp_path / "all.csv"))
    assert tuple(rows[0]) == COLUMNS
    by = {(r["measurement"], r["number"]): r for r in rows}
    length = by["distance 1", "length"]
    assert (float(length["value"]), length["unit"]) == (pytest.approx(10.0), "mm")
    assert (float(length["low"]), float(length["high"])) == pytest.approx((9.5, 10.5))
    assert length["limits"] == "half a voxel at each end"
    assert length["image_uids"] == "1.2.99.4"
    ends = [[float(x) for x in p.split()] for p in length["points_lps_mm"].split("; ")]
    np.testing.assert_allclose(ends, at((10, 10, 4), (30, 10, 4)))
    assert float(by["polygon 1", "mean"]["value"]) == pytest.approx(2 * 14.5 + 400 - 50)
    assert by["text 1", ""]["text"] == "old"
    assert by["left femur volume", "volume"]["side"] == "left"
    said = (tmp_path / "all.csv").read_text(encoding="utf-8")
    assert "Müller" not in said
    assert "P7" not in said


def test_one_measurement_alone_goes_out_too(tmp_path):
    (row,) = table(export(every_kind(ct())[0].measurement, tmp_path / "one.csv"))
    assert float(row["value"]) == pytest.approx(10)
    assert export(every_kind(ct())[-1].measurement, tmp_path / "v.csv").name == "v-left.csv"


def groups_of(path: Path) -> dict[str, object]:
    """What highdicom finds in it, by tracking identifier."""
    from highdicom.sr import srread

    report = srread(path).content
    found = [
        *report.get_planar_roi_measurement_groups(),
        *report.get_volumetric_roi_measurement_groups(),
        *report.get_image_measurement_groups(),
    ]
    return {g.tracking_identifier: g for g in found}


def numbers(group) -> dict[tuple[str, str], tuple[float, str]]:
    return {
        (m.name.meaning, m.derivation.meaning if m.derivation else ""): (m.value, m.unit.value)
        for m in group.get_measurements()
    }


def test_highdicom_finds_every_measurement_in_our_report(tmp_path):
    path = export(Measured.of(every_kind(ct())), tmp_path / "all.sr.dcm")
    validated(path)
    ds = pydicom.dcmread(path)
    assert ds.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.34"  # Comprehensive 3D SR
    assert ds.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert (str(ds.PatientName), ds.PatientID, ds.StudyInstanceUID) == ("Müller^Eva", "P7", WHO.study_uid)
    assert ds.SeriesInstanceUID != WHO.series_uid
    found = groups_of(path)
    assert set(found) == {row.name for row in every_kind(ct())}
    assert numbers(found["distance 1"]) == {("Length", ""): (pytest.approx(10), "mm")}
    assert numbers(found["angle 1"]) == {("Angle", ""): (pytest.approx(90), "deg")}
    # atan(4 / 20) on square pixels
    assert numbers(found["Cobb angle 1"]) == {("Cobb angle", ""): (pytest.approx(11.3099, abs=1e-3), "deg")}
    outline = numbers(found["polygon 1"])
    assert outline["Area", ""] == (pytest.approx(25), "mm2")
    assert outline["Attenuation Coefficient", "Mean"] == (pytest.approx(379), "[hnsf'U]")
    assert outline["Attenuation Coefficient", "Standard Deviation"][0] == pytest.approx(
        np.sqrt(10 * 330 / 99)
    )
    assert numbers(found["ellipse 1"])["Long axis", ""] == (pytest.approx(10), "mm")
    assert numbers(found["ellipsoid 1"])["Volume", ""][1] == "ml"
    femur = found["left femur volume"]
    assert numbers(femur)["Volume", ""] == (pytest.approx(0.2), "ml")
    assert femur.finding_sites[0].value.value == "71341001"  # SCT: femur
    assert femur.finding_sites[0].laterality.meaning == "Left"


def test_what_lies_on_one_image_is_given_in_its_pixels_and_names_it(tmp_path):
    path = export(Measured.of(every_kind(ct())), tmp_path / "all.sr.dcm")
    found = groups_of(path)
    region = found["polygon 1"].roi
    assert region.graphic_type.value == "POLYLINE"
    # Pixel (9.5, 9.5) counted from the middle of the first one is 10 from the image's corner (PS3.3 C.18.6).
    np.testing.assert_allclose(region.value, [(10, 10), (20, 10), (20, 20), (10, 20), (10, 10)], atol=1e-4)
    source = region.ContentSequence[0].ReferencedSOPSequence[0]
    assert source.ReferencedSOPInstanceUID == "1.2.99.4"
    assert source.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    ds = pydicom.dcmread(path)
    (study,) = ds.CurrentRequestedProcedureEvidenceSequence
    assert study.StudyInstanceUID == WHO.study_uid
    (series,) = study.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == WHO.series_uid
    named = {i.ReferencedSOPInstanceUID for i in series.ReferencedSOPSequence}
    assert named == {f"1.2.99.{k}" for k in range(2, 12)}  # the femur's 2 … 5, the ellipsoid's 5 … 11 (± 3.2)
    said = str(ds)
    assert all(words in said for words in ("fracture", "old", "lesion 1"))


def test_what_lies_on_no_image_is_given_in_the_patients_space(tmp_path):
    silent = ct(image_uids=(), image_class="")
    path = export(Measured.of(every_kind(silent)), tmp_path / "all.sr.dcm")
    validated(path)
    region = groups_of(path)["polygon 1"].roi
    assert (region.graphic_type.value, region.frame_of_reference_uid) == ("POLYGON", "1.2.3")
    np.testing.assert_allclose(region.value[:2], at((9.5, 9.5, 4), (19.5, 9.5, 4)), atol=1e-4)
    assert "CurrentRequestedProcedureEvidenceSequence" not in pydicom.dcmread(path)


def test_an_ellipse_whose_axes_are_not_square_in_pixels_is_given_in_space(tmp_path):
    flat = phantoms.volume((0.5, 1.0, 2.0), identity=WHO)
    slanted = phantoms.ellipse((15, 30, 8), (4, 4, 0), (3, -3, 0))
    path = export(measure("ellipse", flat, slanted), tmp_path / "e.sr.dcm")
    validated(path)
    (group,) = groups_of(path).values()
    assert group.roi.value.shape == (4, 3)
    straight = phantoms.ellipse((15, 30, 8), (4, 0, 0), (0, 3, 0))
    (group,) = groups_of(export(measure("ellipse", flat, straight), tmp_path / "f.sr.dcm")).values()
    assert group.roi.value.shape == (4, 2)


def test_nobodys_image_and_pixels_that_are_no_mm_make_a_valid_report_too(tmp_path):
    plate = ct(identity=Identity(), lengths="unknown", modality="DX", unit="", frame_of_reference="")
    rows = [r for r in every_kind(ct()) if r.measurement.kind not in ("ellipsoid", "volume")]
    drawn = [
        Row(measure(r.measurement.kind, plate, r.measurement.points, text=r.measurement.text), r.name)
        for r in rows
    ]
    path = export(Measured.of(drawn), tmp_path / "plate.sr.dcm")
    validated(path)
    found = groups_of(path)
    assert numbers(found["distance 1"]) == {("Length", ""): (pytest.approx(20), "{pixels}")}
    assert numbers(found["polygon 1"])["X-Ray Attenuation", "Mean"][1] == "1"


def test_two_studies_are_not_mixed_in_one_report(tmp_path):
    other = ct(identity=replace(WHO, study_uid="1.2.840.99.2"))
    rows = [every_kind(ct())[0], every_kind(other)[0]]
    with pytest.raises(UserError, match="2 studies"):
        export(Measured.of(rows), tmp_path / "all.sr.dcm")
    assert len(table(export(Measured.of(rows), tmp_path / "all.csv"))) == 2


def test_the_same_measurements_have_the_same_uid(tmp_path):
    one, two = (
        pydicom.dcmread(export(Measured.of(every_kind(ct())), tmp_path / f"{n}.sr.dcm")) for n in "ab"
    )
    assert one.SOPInstanceUID == two.SOPInstanceUID
    moved: list[Measurement] = [replace(r.measurement, text="other") for r in every_kind(ct())[:1]]
    three = pydicom.dcmread(export(Measured.of([Row(moved[0], "x")]), tmp_path / "c.sr.dcm"))
    assert three.SOPInstanceUID != one.SOPInstanceUID


def test_our_report_comes_back_as_what_it_was(tmp_path):
    rows = every_kind(ct())
    path = export(Measured.of(rows), tmp_path / "all.sr.dcm")
    made = import_measurements(ct(), ReportParams((str(path),)), Progress())
    back = {made.names[role]: m for role, m in made.outputs.items()}
    for row in rows:
        before = row.measurement
        if before.kind == "volume":
            continue
        after = back[row.name]
        assert isinstance(after, Measurement)
        assert after.kind == ("point" if before.kind in ("arrow", "text") else before.kind)
        np.testing.assert_allclose(after.points, before.points[: len(after.points)], atol=1e-4)
        assert after.text == before.text
        assert after.notes == before.notes
    assert made.summary["left_out"] == ["“left femur volume”: nothing was drawn."]


def test_a_report_of_another_image_is_refused_and_another_value_is_told(tmp_path):
    (first, *_rest) = every_kind(ct())
    path = export(first.measurement, tmp_path / "one.sr.dcm")
    other = ct(image_uids=tuple(f"1.2.98.{n}" for n in range(20)))
    with pytest.raises(UserError, match="not a slice of this one"):
        import_measurements(other, ReportParams((str(path),)), Progress())
    with pytest.raises(UserError, match="another study"):
        import_measurements(
            ct(identity=replace(WHO, study_uid="1.9")), ReportParams((str(path),)), Progress()
        )
    nowhere = ct(frame_of_reference="", identity=Identity())
    flat = measure("polygon", nowhere, at((9, 9, 4.5), (19, 9, 4.5), (19, 19, 4.5)))
    free = export(flat, tmp_path / "free.sr.dcm")
    with pytest.raises(UserError, match="another space"):
        import_measurements(
            replace(nowhere, affine=np.diag([0.5, 0.5, 2, 1])), ReportParams((str(free),)), Progress()
        )
    coarse = ct(affine=ct().affine @ np.diag([2.0, 2, 1, 1]))
    (made,) = import_measurements(coarse, ReportParams((str(path),)), Progress()).outputs.values()
    assert made.notes == ("The report says 10 mm.",)


def test_of_several_moments_the_first_is_taken_and_said(tmp_path):
    ellipse = every_kind(ct())[3].measurement
    path = export(ellipse, tmp_path / "one.sr.dcm")
    moving = ct(voxels=np.stack([ct().voxels] * 3), times_ms=np.array([0.0, 10, 20]))
    (made,) = import_measurements(moving, ReportParams((str(path),)), Progress()).outputs.values()
    assert made.time == 0
    assert "The report names no moment: it is measured at the first." in made.notes


def test_of_images_in_one_space_the_one_that_was_drawn_on_is_found(tmp_path):
    drawn = ct(image_uids=tuple(f"1.2.97.{n}" for n in range(ct().shape[0])))
    other = ct(image_uids=tuple(f"1.2.98.{n}" for n in range(ct().shape[0])))
    entries = [
        SimpleNamespace(id=f"v{n}", name="CT", kind="volume", tree=codec.encode(v).tree)
        for n, v in enumerate((other, drawn), 1)
    ]
    rows = every_kind(drawn)
    for path in (
        export(rows[0].measurement, tmp_path / "one.sr.dcm"),  # on a slice
        export(rows[5].measurement, tmp_path / "ball.sr.dcm"),  # in space
    ):
        assert image_of_reports([path], entries) == "v2"
        with pytest.raises(UserError, match="several images here: v2"):
            image_of_reports([path], [entries[1], SimpleNamespace(**vars(entries[1]) | {"id": "v3"})])
