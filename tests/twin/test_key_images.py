"""Key images as steps: which images they show, their notes, how they age; and out as DICOM."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.twin.measuring import phantoms
from twin import codec, edits, run
from twin.deidentify.record import deidentify_record
from twin.domain import Identity, KeyImage, SliceState, ViewState, Volume
from twin.errors import UserError
from twin.exports import export, export_from, stale_of
from twin.key_images import STEP, noted
from twin.progress import Progress
from twin.record import Call, Record
from twin.steps import Made

assert edits is not None  # imported to register its steps
CLASS = "1.2.840.10008.5.1.4.1.1.2"
UIDS = tuple(f"1.2.840.99.2.{n}" for n in range(16))
WHO = Identity(
    patient_name="Müller^Eva", patient_id="P7", birth_date="1960-05-06", sex="F", study_uid="1.2.840.99.1",
    study_date="2026-01-05", series_uid="1.2.840.99.1.2",
)  # fmt: skip


def ct(**more) -> Volume:
    """The phantom of 16 slices 2 mm apart, each an image of its own, turned by 10° about the long axis."""
    known = {"identity": WHO, "image_class": CLASS, "image_uids": UIDS}
    return phantoms.volume((0.5, 0.5, 2.0), degrees=(0, 0, 10), origin=(-20, 5, 100), **known | more)


def at(*voxel: float) -> tuple[float, float, float]:
    x, y, z = phantoms.lps(ct(), voxel)[0]
    return float(x), float(y), float(z)


def state(**more) -> str:
    slices = {"axial": SliceState(at(10, 10, 4), (40.0, 400.0), **more)}
    return codec.as_json(ViewState(slices, "HU"))


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A record with the phantom as v1."""
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))
    with Record.create(tmp_path / "a.twin") as record:
        put(record, ct())
        yield record


def put(record: Record, volume: Volume, into: str = "") -> None:
    call = Call("import.images", 2, {}, into={"volume": into} if into else {})
    record.commit(call, Made({"volume": volume}, {}, {"volume": "CT"}), 0.0, 0.0)


def mark(record: Record, **params) -> KeyImage:
    run.run(record, run.prepare(record, STEP, {"volume": "v1"}, params))
    made = record.load(record.entries()[-1].id)
    assert isinstance(made, KeyImage)
    return made


def test_a_picture_in_the_images_plane_shows_one_image(record: Record) -> None:
    made = mark(record, place_mm=at(10, 12, 4.3))
    assert (made.image_uids, made.image_class, made.reformatted) == ((UIDS[4],), CLASS, False)
    assert record.log()[-1].summary == {"images": 1, "reformatted": False}


@pytest.mark.parametrize(
    ("slab_mm", "first", "last"),
    [(0.0, 4, 4), (3.9, 4, 4), (4.0, 3, 5), (10.0, 2, 6), (40.0, 0, 14)],  # 4 ± half of it over 2 mm
)
def test_a_slab_shows_all_images_that_it_gathers(record, slab_mm: float, first: int, last: int) -> None:
    made = mark(record, place_mm=at(10, 10, 4), state=state(slab_mm=slab_mm))
    assert made.image_uids == UIDS[first : last + 1]


@pytest.mark.parametrize(("plane", "normal"), [("coronal", None), ("axial", (0.0, 0.5, 1.0))])
def test_a_reformation_names_the_image_at_the_crosshair_and_says_what_it_is(record, plane, normal) -> None:
    made = mark(record, place_mm=at(10, 10, 7), plane=plane, normal=normal, state=state(slab_mm=40.0))
    assert (made.image_uids, made.reformatted) == ((UIDS[7],), True)
    assert np.linalg.norm(made.normal) == pytest.approx(1)


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"place_mm": (500.0, 0.0, 0.0)}, "outside the image"),
        ({"place_mm": at(10, 10, 4), "normal": (0.0, 0.0, 0.0)}, "no direction"),
        ({"place_mm": at(10, 10, 4), "state": "{}"}, "cannot be read"),
    ],
)
def test_nonsense_is_refused(record: Record, params, word: str) -> None:
    with pytest.raises(UserError, match=word):
        mark(record, **params)


def test_of_an_image_with_time_the_moment_is_asked_for(record: Record) -> None:
    heart = ct(image_uids=())
    put(record, replace(heart, voxels=np.stack([heart.voxels] * 3)), into="v1")
    for time in ({}, {"time": 3}):
        with pytest.raises(UserError, match="3 moments"):
            mark(record, place_mm=at(10, 10, 4), **time)
    assert mark(record, place_mm=at(10, 10, 4), time=2).time == 2


def test_a_note_is_changed_in_its_place_and_undone_and_a_name_of_ones_own_stays(record: Record) -> None:
    before = mark(record, place_mm=at(10, 10, 4), state=state(slab_mm=4.0))
    assert record.entries()[-1].name == "Axial key image"
    run.run(record, noted(record, "i1", "  a small  lesion "))
    entry, after = record.entries()[-1], record.load("i1")
    assert (entry.id, entry.name) == ("i1", "a small lesion")
    assert isinstance(after, KeyImage)
    assert codec.encode(replace(after, text="")).tree == codec.encode(before).tree
    run.run(record, run.prepare(record, "record.rename", {"entity": "i1"}, {"name": "first"}))
    run.run(record, noted(record, "i1", "another"))
    assert (record.entries()[-1].name, record.load("i1").text) == ("first", "another")
    record.undo()
    assert record.load("i1").text == "a small lesion"


def test_it_ages_with_its_image_and_is_not_noted_on_then(record: Record) -> None:
    mark(record, place_mm=at(10, 10, 4))
    put(record, ct(kernel="B30f"), into="v1")
    assert record.entries()[-1].stale == "“CT” has changed since"
    assert stale_of(record, "key images") == "Axial key image is stale: “CT” has changed since"
    with pytest.raises(UserError, match="out of date"):
        noted(record, "i1", "x")
    run.run(record, run.remake(record, "i1"))
    assert record.entries()[-1].stale == ""
    run.run(record, run.prepare(record, "record.delete", {"entity": "v1"}, {}))
    assert record.entries()[-1].stale == "“CT” was removed"
    record.undo()
    assert record.entries()[-1].stale == ""


def test_it_is_not_marked_on_another_patient(record: Record, tmp_path: Path) -> None:
    mark(record, place_mm=at(10, 10, 4))
    with Record.create(tmp_path / "b.twin") as other:
        put(other, ct(identity=replace(WHO, patient_id="P8", patient_name="Other")))
        run.replay(record, other, {})
        assert [e.kind for e in other.entries()] == ["volume"]


def test_as_dicom_it_points_at_the_images_with_the_note(record: Record, tmp_path: Path) -> None:
    mark(record, place_mm=at(10, 10, 4), text="fracture of the neck")
    mark(record, place_mm=at(10, 10, 7), plane="sagittal")
    path = export_from(record, "key images", tmp_path / "x.dcm")
    ds = pydicom.dcmread(path)
    assert (ds.SOPClassUID.name, ds.Modality) == ("Key Object Selection Document Storage", "KO")
    assert (ds.PatientID, ds.StudyInstanceUID) == ("P7", "1.2.840.99.1")
    (title,) = ds.ConceptNameCodeSequence
    assert (title.CodeValue, title.CodingSchemeDesignator) == ("113000", "DCM")  # CID 7010: Of Interest
    images = [i.ReferencedSOPSequence[0] for i in ds.ContentSequence if i.ValueType == "IMAGE"]
    assert [(i.ReferencedSOPClassUID, i.ReferencedSOPInstanceUID) for i in images] == [
        (CLASS, UIDS[4]), (CLASS, UIDS[7]),
    ]  # fmt: skip
    (words,) = [
        i.TextValue for i in ds.ContentSequence
        if i.ValueType == "TEXT" and i.ConceptNameCodeSequence[0].CodeValue == "113012"
    ]  # fmt: skip
    place = ", ".join(f"{x:.1f}" for x in at(10, 10, 7))
    assert (
        words == f"fracture of the neck | Sagittal key image: sagittal reformation through {place} mm (LPS)"
    )
    (study,) = ds.CurrentRequestedProcedureEvidenceSequence
    (series,) = study.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == "1.2.840.99.1.2"
    assert [i.ReferencedSOPInstanceUID for i in series.ReferencedSOPSequence] == [UIDS[4], UIDS[7]]


def test_dciodvfy_finds_no_fault(record: Record, tmp_path: Path) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy (Debian dicom3tools) is not installed")
    mark(record, place_mm=at(10, 10, 4), text="fracture", state=state(slab_mm=10.0))
    mark(record, place_mm=at(10, 10, 7), plane="sagittal")
    for ref in ("fracture", "i2", "key images"):
        path = export_from(record, ref, tmp_path / f"{ref}.ko.dcm")
        said = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False).stderr
        assert "Error" not in said, said
        assert "KeyObjectSelectionDocument" in said


def test_highdicom_reads_it_back(record: Record, tmp_path: Path) -> None:
    from highdicom.ko import KeyObjectSelectionDocument

    mark(record, place_mm=at(10, 10, 4), text="fracture")
    path = export_from(record, "fracture", tmp_path / "x.ko.dcm")
    read = KeyObjectSelectionDocument.from_dataset(pydicom.dcmread(path))
    assert read.resolve_reference(UIDS[4]) == ("1.2.840.99.1", "1.2.840.99.1.2", UIDS[4])
    assert len(read.content.get_references()) == 1


def test_without_uids_there_is_no_dicom_of_it(record: Record, tmp_path: Path) -> None:
    put(record, ct(image_uids=(), image_class=""), into="v1")
    mark(record, place_mm=at(10, 10, 4))
    with pytest.raises(
        UserError, match=r"“Axial key image” cannot be written as DICOM: .* no UIDs of their own"
    ):
        export_from(record, "i1", tmp_path / "x.dcm")
    assert not (tmp_path / "x.dcm").exists()
    with pytest.raises(UserError, match=r"It can be written as: \.ko\.dcm, \.dcm"):
        export(record.load("i1"), tmp_path / "x.csv")


def test_of_two_studies_there_are_two_documents(record: Record, tmp_path: Path) -> None:
    put(record, ct(identity=replace(WHO, study_uid="1.2.840.99.7")))
    mark(record, place_mm=at(10, 10, 4))
    run.run(record, run.prepare(record, STEP, {"volume": "v2"}, {"place_mm": at(10, 10, 4)}))
    with pytest.raises(UserError, match="2 studies"):
        export_from(record, "key images", tmp_path / "x.dcm")
    assert export_from(record, "i2", tmp_path / "x.dcm").exists()


def test_deidentified_nothing_of_note_name_and_uids_is_left_and_it_can_be_made_again(
    record: Record, tmp_path: Path
) -> None:
    word = "QZWORDQZ"
    mark(record, place_mm=at(10, 10, 4), text=f"{word} femur", state=state(slab_mm=4.0, colors="viridis"))
    before = record.load("i1")
    assert isinstance(before, KeyImage)
    deidentify_record(record, tmp_path / "b.twin", Progress())
    content = (tmp_path / "b.twin").read_bytes()
    for told in (word, "Müller", *UIDS[3:6]):
        assert told.encode() not in content
    with Record.open(tmp_path / "b.twin") as clean:
        made = clean.load("i1")
        assert isinstance(made, KeyImage)
        assert made.identity.patient_id != "P7"  # two letters stand somewhere in any file's bytes
        assert (made.text, made.state) == ("femur", before.state)
        np.testing.assert_array_equal(made.place, before.place)
        run.run(clean, run.remake(clean, "i1"))
        again = clean.load("i1")
        assert isinstance(again, KeyImage)
        assert again.state == before.state
        assert made.image_uids == again.image_uids == clean.load("v1").image_uids[3:6]
