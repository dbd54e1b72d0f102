import json
from pathlib import Path

import numpy as np
import pytest

from tests.twin.record.conftest import Do
from tests.twin.record.examples import ScanParams, scan
from twin import run
from twin.domain import Identity, LabelMap, Surface, Volume
from twin.errors import RecordError, UserError
from twin.patient import contradict
from twin.record import Call, Change, Record
from twin.steps import Made


def test_what_was_committed_is_there_after_reopening(walked: Record) -> None:
    before = walked.entries()
    walked.close()
    assert [p.name for p in walked.path.parent.iterdir()] == ["a.twin"]
    with Record.open(walked.path, write=False) as again:
        assert again.entries() == before
        assert [e.id for e in before] == ["v1", "l1", "s1", "s2", "m1"]
        volume = again.load("v1")
        assert isinstance(volume, Volume)
        assert np.array_equal(volume.voxels, scan(ScanParams()).voxels)
        assert volume.identity.patient_id == "P1"
        assert again.log() == walked.log()


def test_an_entry_tells_names_and_numbers_without_arrays(walked: Record) -> None:
    bones = walked.find("bones")
    assert bones.tree["labels"]["shape"] == [6, 24, 32]
    assert bones.tree["labels"]["dtype"] == "|u1"
    assert bones.parts == ("right femur", "left femur")
    assert bones.size_bytes == 6 * 24 * 32 + 16 * 8  # one byte a voxel, and the affine
    assert walked.find("m1").parts == ("outer", "cut")
    assert walked.shelf.array(bones.tree["affine"]).tolist() == np.eye(4).tolist()


def test_names_are_unique_and_ids_never_used_again(record: Record, do: Do) -> None:
    for seed in range(3):
        do(record, "example.scan", seed=seed)
    assert [e.name for e in record.entries()] == ["CT scan", "CT scan 2", "CT scan 3"]
    record.undo()
    do(record, "record.delete", {"entity": "CT scan 2"})
    do(record, "example.scan", seed=9)
    assert [(e.id, e.name) for e in record.entries()] == [("v1", "CT scan"), ("v4", "CT scan 2")]


def test_ids_are_not_used_again_after_reopening(record: Record, do: Do) -> None:
    do(record, "example.scan")
    record.undo()
    record.close()
    with Record.open(record.path) as again:
        do(again, "example.scan")
        assert [e.id for e in again.entries()] == ["v2"]


def test_references(walked: Record) -> None:
    part = walked.load("bones/left femur")
    assert isinstance(part, LabelMap)
    assert [s.name for s in part.structures] == ["left femur"]
    assert np.unique(part.labels).tolist() == [0, 2]
    assert walked.load("l1/left femur") is part
    patch = walked.load("m1/outer")
    assert isinstance(patch, Surface)
    assert patch.triangles.tolist() == [[0, 2, 1]]
    assert len(patch.points) == 3
    with pytest.raises(UserError, match="v1 “CT scan”, l1 “bones”"):
        walked.find("femur")
    with pytest.raises(UserError, match="right femur, left femur"):
        walked.load("bones/tibia")
    with pytest.raises(UserError, match=r"There is no “hip” in a\.twin"):
        walked.load("hip/left femur")


def test_a_name_may_hold_a_slash(walked: Record, do: Do) -> None:
    do(walked, "record.rename", {"entity": "bones"}, name="T1/T2")
    assert isinstance(walked.load("T1/T2"), LabelMap)
    part = walked.load("T1/T2/left femur")
    assert isinstance(part, LabelMap)
    assert len(part.structures) == 1


def test_loaded_arrays_are_shared_and_cannot_be_written_to(walked: Record) -> None:
    volume = walked.load("v1")
    assert walked.load("CT scan") is volume
    assert isinstance(volume, Volume)
    with pytest.raises(ValueError, match="read-only"):
        volume.voxels[0, 0, 0] = 1


def test_the_log_tells_what_was_made_of_what(walked: Record) -> None:
    entry = walked.log()[2]
    assert (entry.number, entry.kind, entry.step, entry.version) == (3, "step", "example.surface", 1)
    used = entry.inputs["labelmap"]
    assert (used["id"], used["name"], used["part"]) == ("l1", "bones", "left femur")
    assert used["digest"] == walked.find("l1").digest
    assert entry.outputs["surface"] == {
        "id": "s1",
        "name": "left femur surface",
        "kind": "surface",
        "digest": walked.find("s1").digest,
    }
    assert {"python", "numpy", "vitruvian"} <= set(entry.software)
    assert walked.log()[1].params == {"threshold_hu": 500.0, "confirmed": True}
    assert walked.log()[1].summary == {"voxels": 144}  # two boxes of 2 × 6 × 6
    json.dumps(walked.log()[4].summary, allow_nan=False)


def test_events(record: Record, do: Do) -> None:
    seen: list[Change] = []
    record.changed.connect(seen.append)
    do(record, "example.scan")
    do(record, "example.bones")
    do(record, "example.paint", label=2)
    do(record, "record.delete", {"entity": "bones"})
    record.undo()
    record.redo()
    assert seen == [
        Change("added", ("v1",)),
        Change("added", ("l1",)),
        Change("edited", ("l1",)),
        Change("removed", ("l1",)),
        Change("undone", ("l1",)),
        Change("redone", ("l1",)),
    ]


def test_undo_to_nothing_and_redo_gives_identical_hashes(walked: Record) -> None:
    before = walked.entries()
    assert walked.title("undo") == "Make mesh"
    while walked.undo():
        pass
    assert walked.entries() == ()
    assert (walked.title("undo"), walked.title("redo")) == ("", "Import scan")
    while walked.redo():
        pass
    assert walked.entries() == before
    assert walked.title("redo") == ""
    assert [e.kind for e in walked.log()] == ["step"] * 5 + ["undo"] * 5 + ["redo"] * 5
    assert walked.check() == []


def test_a_new_step_lets_go_of_the_redo_tail_but_not_of_the_log(walked: Record, do: Do) -> None:
    walked.undo()
    do(walked, "record.color", {"entity": "l1"}, color="#E8DCC4")
    assert walked.redo() is None
    assert walked.find("l1").color == "#e8dcc4"
    assert walked.log()[4].step == "example.mesh"


def test_notes_are_logged_and_change_nothing(walked: Record) -> None:
    before = walked.entries()
    note = walked.note("exported", {"entity": "m1", "path": Path("out.inp")})
    assert (note.kind, note.params) == ("exported", {"entity": "m1", "path": "out.inp"})
    assert walked.entries() == before
    assert walked.title("undo") == "Make mesh"


def test_another_patient_is_refused_naming_both(record: Record, do: Do) -> None:
    do(record, "example.scan", patient_name="HIP^Anna")
    before = record.path.read_bytes(), record.log()
    with pytest.raises(RecordError, match=r"HIP\^Anna, ID P1.*DOE\^John, ID P2"):
        do(record, "example.scan", patient_id="P2", patient_name="DOE^John")
    assert (record.path.read_bytes(), record.log()) == before
    # Without an ID the name and the birth date decide; who says nothing contradicts nobody.
    do(record, "example.scan", patient_id="", patient_name="")
    with pytest.raises(RecordError):
        do(record, "example.scan", patient_id="", patient_name="DOE^John")
    patient = record.patient()
    assert patient is not None
    assert patient.patient_id == "P1"


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (("P1", "DOE^JOHN", "1960-01-05"), ("P1", "Doe^John^^", "1960-05-01"), False),
        (("P1", "DOE^JANE", "1960-01-05"), ("P1", "ROE^JANE", "1960-01-05"), False),
        (("P1", "DOE^JANE", "1960-01-05"), ("P1", "ROE^RICHARD", "1931-02-03"), True),
        (("P1", "DOE^JANE", ""), ("P2", "DOE^JANE", ""), True),
        (("", "DOE^JOHN", ""), ("P1", "Doe John", "1960-01-05"), False),
        (("", "DOE^JOHN", ""), ("P1", "DOE^JANE", ""), True),
    ],
)
def test_when_two_identities_are_two_patients(
    one: tuple[str, str, str], other: tuple[str, str, str], apart: bool
) -> None:
    def who(id: str, name: str, born: str) -> Identity:
        return Identity(patient_id=id, patient_name=name, birth_date=born)

    assert contradict(who(*one), who(*other)) is contradict(who(*other), who(*one)) is apart


def test_what_later_images_say_of_the_patient_counts_too(record: Record, do: Do) -> None:
    do(record, "example.scan", patient_id="", patient_name="DOE^John")
    do(record, "example.scan", patient_id="P1", patient_name="DOE^John")
    with pytest.raises(RecordError, match=r"ID P1.*ID P2"):
        do(record, "example.scan", patient_id="P2", patient_name="DOE^John")
    patient = record.patient()
    assert patient is not None
    assert (patient.patient_id, patient.patient_name) == ("P1", "DOE^John")


def test_the_patient_goes_with_an_undone_import_not_with_a_deleted_one(record: Record, do: Do) -> None:
    do(record, "example.scan", patient_id="P1")
    do(record, "record.delete", {"entity": "v1"})
    with pytest.raises(RecordError):
        do(record, "example.scan", patient_id="P2")  # undo would bring P1 back beside it
    record.undo()
    record.undo()
    assert record.patient() is None
    do(record, "example.scan", patient_id="P2")


def test_a_result_does_not_overwrite_what_was_painted_meanwhile(walked: Record, do: Do) -> None:
    call = run.prepare(walked, "example.paint", params={"label": 1})
    made = run.execute(call, walked.load_ref, run.Progress())
    do(walked, "example.paint", label=2, index=5)
    with pytest.raises(RecordError, match="“bones” was changed while"):
        walked.commit(call, made, 0.0, 0.0)


def test_an_entity_keeps_its_kind(walked: Record) -> None:
    made = Made({"surface": walked.load("s1")})
    with pytest.raises(RecordError, match="“bones” is a labelmap"):
        walked.commit(Call("example.surface", 1, None, into={"surface": "l1"}), made, 0.0, 0.0)


def test_reading_only(walked: Record, do: Do) -> None:
    walked.flush()
    with Record.open(walked.path, write=False) as other:
        assert not other.writable
        assert other.entries() == walked.entries()
        for change in (other.undo, other.compact, lambda: do(other, "example.scan")):
            with pytest.raises(RecordError, match="reading only"):
                change()
    walked.close()
    with pytest.raises(RecordError, match="closed"):
        do(walked, "example.scan")


def test_compact_drops_what_nothing_reaches(walked: Record, do: Do) -> None:
    # 200 slices of 24 × 32 voxels of noise with 1000 values: log2(1000) bits each are 191 kB at the least
    # (two boxes of 72 voxels aside).
    do(walked, "example.scan", seed=7, slices=200)
    lost = walked.find("v2").digest
    walked.undo()
    assert walked.compact() < 100_000  # redo can reach it still
    walked.redo()
    walked.undo()
    do(walked, "record.rename", {"entity": "v1"}, name="CT")
    assert walked.compact() > 190_000
    assert walked.check() == []
    assert isinstance(walked.load("v1"), Volume)
    with pytest.raises(RecordError, match="no longer holds"):
        walked.load_object(lost)
    while walked.undo():
        pass
    while walked.redo():
        pass
    assert [isinstance(walked.load(e.id), object) for e in walked.entries()] == [True] * 5
    # The same content can come again.
    do(walked, "example.scan", seed=7, slices=200)
    assert walked.find("v3").digest == lost
    assert walked.check() == []
