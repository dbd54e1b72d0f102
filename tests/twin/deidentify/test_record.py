"""A whole record de-identified: no trace in the new file's bytes, not even within its blocks."""

import ast
import dataclasses
import re
import sqlite3
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import zstandard

from resources.anatomy_codes import TERM_CODES
from resources.colors import STRUCTURE_COLORS
from tests.twin.deidentify.marked import MARKER
from tests.twin.record.conftest import run_step
from tests.twin.record.examples import ScanParams, scan
from tests.twin.sources import made as dicom
from tests.whole.chain import ROOT
from twin import codec, run
from twin.deidentify import Secret
from twin.deidentify.entities import Cleaner
from twin.deidentify.record import deidentify_record
from twin.deidentify.secret import path_of_secret
from twin.deidentify.words import vocabulary
from twin.domain import Identity, LabelMap, Structure, Volume
from twin.errors import RecordError
from twin.exports import export
from twin.record import Call, Record
from twin.sources.steps import ImportParams
from twin.steps import Made

WHO = Identity(
    patient_name=f"{MARKER}^Jane", patient_id=f"{MARKER}17", birth_date="1964-03-02", age="062Y", sex="F",
    study_uid="1.2.3", study_date="2026-01-05", study_description=f"CT hip {MARKER}", series_uid="1.2.3.4",
    series_number=4, series_description=f"hip {MARKER}", body_part=MARKER,
)  # fmt: skip
BURNED = "its file says that text is burned into it"
SEARCHED = (MARKER, "Jane", "1964-03-02", "2026-01-05", "/home/", "1.2.3.9", "1.2.3.4")


def bytes_of(path: Path) -> bytes:
    """Everything in a record's file: its own bytes, those of its blocks unpacked, and in their order."""
    parts = [path.read_bytes()]
    with sqlite3.connect(path) as db:
        for item, data in db.execute("SELECT item, data FROM blocks"):
            plain = zstandard.ZstdDecompressor().decompressobj().decompress(data)
            parts += [plain, np.frombuffer(plain, np.uint8).reshape(item, -1).T.tobytes()]
    db.close()
    return b"\n".join(parts)


def assert_no_trace(path: Path, *more: str) -> None:
    found = bytes_of(path)
    for text in (*SEARCHED, *more):
        for encoding in ("utf-8", "utf-16-le"):
            assert text.encode(encoding) not in found, text


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Scan, bones, surface and mesh of somebody who is named wherever something can be."""
    record = Record.create(tmp_path / "a.twin")
    volume = dataclasses.replace(
        scan(ScanParams()), identity=WHO, frame_of_reference="1.2.3.9",
        notes=(f"Read from /home/{MARKER}/x.",), kernel=MARKER, contrast_agent=MARKER, burned_in=BURNED,
    )  # fmt: skip
    call = Call("import.images", 2, ImportParams(paths=(f"/home/{MARKER}/ct",), series="1.2.3.4"))
    summary = {"series": [{"name": f"hip {MARKER}"}], "problems": [f"/home/{MARKER} is broken"]}
    record.commit(call, Made({"volume": volume}, summary, {"volume": f"CT {MARKER}"}), 1.0, 1.0)
    run_step(record, "example.bones")
    run_step(record, "example.surface", {"labelmap": "l1/left femur"})
    run_step(record, "example.mesh")
    run_step(record, "record.rename", {"entity": "s1"}, name=f"{MARKER} femur")
    record.note("exported", {"entity": "v1", "path": f"/home/{MARKER}/x.nii"})
    return record


def test_nothing_of_the_patient_is_in_the_new_record(record: Record, tmp_path: Path) -> None:
    assert record.path.with_name("a.twin-wal").exists()
    record.flush()
    target = tmp_path / "b.twin"
    warned = deidentify_record(record, target)
    assert warned == (f"CT: {BURNED}",)
    assert_no_trace(target)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith((".b", "b."))] == ["b.twin"]
    with Record.open(target) as new:
        assert new.check() == []
        assert [(e.id, e.kind, e.stale) for e in new.entries()] == [
            (e.id, e.kind, e.stale) for e in record.entries()
        ]
        assert [e.step for e in new.log()[:-1]] == [e.step for e in record.history.chain()]
        assert new.log()[-1].kind == "de-identified"
        volume, old = new.load("v1"), record.load("v1")
        assert isinstance(volume, Volume)
        assert np.array_equal(volume.voxels, old.voxels)  # type: ignore[union-attr]
        assert volume.identity.deidentified
        assert volume.identity.patient_id == volume.identity.patient_name
        assert new.find("s1").name == "femur"
        # Undo ends where the record begins; what comes after can be undone.
        assert new.title("undo") == ""
        assert new.undo() is None
        run_step(new, "record.rename", {"entity": "s1"}, name="other")
        assert new.undo() is not None
        assert new.find("s1").name == "femur"


def test_what_was_removed_or_painted_over_is_not_in_it(record: Record, tmp_path: Path) -> None:
    run_step(record, "example.scan", seed=7, patient_id=WHO.patient_id)
    gone = record.load("v2")
    run_step(record, "record.delete", {"entity": "v2"})
    run_step(record, "example.paint", {"labelmap": "l1"}, label=1, index=3)
    assert [e.id for e in record.entries() if e.stale] == []  # the left femur was not touched
    target = tmp_path / "b.twin"
    deidentify_record(record, target)
    with Record.open(target, write=False) as new:
        assert new.check() == []
        assert [e.id for e in new.entries()] == [e.id for e in record.entries()]
        assert new.find("s1").stale == record.find("s1").stale
        with sqlite3.connect(target) as db:
            assert db.execute("SELECT count(*) FROM objects").fetchone()[0] == len(new.entries())
        db.close()
    assert isinstance(gone, Volume)
    assert gone.voxels[0].tobytes() not in bytes_of(target)


def test_what_is_stale_stays_stale(record: Record, tmp_path: Path) -> None:
    run_step(record, "example.paint", {"labelmap": "l1"}, label=2, index=3)
    before = {e.id: bool(e.stale) for e in record.entries()}
    assert any(before.values())
    deidentify_record(record, tmp_path / "b.twin")
    with Record.open(tmp_path / "b.twin", write=False) as new:
        assert {e.id: bool(e.stale) for e in new.entries()} == before


def test_two_records_of_one_patient_keep_the_interval(tmp_path: Path) -> None:
    dates = []
    for n, day in enumerate(("2025-11-30", "2026-03-02")):
        with Record.create(tmp_path / f"{n}.twin") as record:
            volume = dataclasses.replace(
                scan(ScanParams()), identity=dataclasses.replace(WHO, study_date=day)
            )
            record.commit(Call("import.images", 2, None), Made({"volume": volume}), 0.0, 0.0)
            deidentify_record(record, tmp_path / f"new{n}.twin")
        with Record.open(tmp_path / f"new{n}.twin", write=False) as new:
            identity = new.load("v1").identity
            dates.append(date.fromisoformat(identity.study_date))
    assert (dates[1] - dates[0]).days == 92  # 31 + 31 + 28 + 2


def test_an_existing_file_is_not_written_over(record: Record, tmp_path: Path) -> None:
    (tmp_path / "b.twin").write_text("mine")
    with pytest.raises(RecordError, match="exists already"):
        deidentify_record(record, tmp_path / "b.twin")
    assert (tmp_path / "b.twin").read_text() == "mine"


def test_import_keeps_nothing_either(tmp_path: Path) -> None:
    folder = tmp_path / MARKER
    for path in dicom.write_series(folder, StudyDate="20260105"):
        import pydicom

        ds = pydicom.dcmread(path)
        ds.PatientName, ds.PatientID, ds.SeriesDescription = f"{MARKER}^Jane", f"{MARKER}17", f"hip {MARKER}"
        ds.save_as(path)
    with Record.create(tmp_path / "c.twin") as record:
        given = {"paths": (str(folder),), "deidentify": True}
        entry = run.run(record, run.prepare(record, "import.images", {}, given))
        assert entry.summary["deidentified"] is True
        assert record.find("v1").name == "hip"
    assert_no_trace(tmp_path / "c.twin", "20260105")


def test_segmentations_refer_to_the_new_uids(tmp_path: Path, secret: Secret) -> None:
    import pydicom

    cleaner = Cleaner(secret.subject(WHO))
    shape = (3, 4, 5)
    uids = tuple(f"1.2.3.4.{n}" for n in range(3))
    image = Volume(
        np.zeros(shape, np.int16), np.eye(4), "CT", frame_of_reference="1.2.3.9", identity=WHO,
        image_uids=uids, image_class="1.2.840.10008.5.1.4.1.1.2",
    )  # fmt: skip
    labels = LabelMap(
        np.ones(shape, np.uint8), np.eye(4), (Structure(f"{MARKER} femur", 1, "femur"),),
        frame_of_reference="1.2.3.9", identity=WHO,
    )  # fmt: skip
    fill_free = [cleaner.entity(labels), cleaner.entity(image)]
    for suffix in (".seg.dcm", ".rtstruct.dcm"):
        path = export(fill_free[0], tmp_path / f"x{suffix}", image=fill_free[1])  # type: ignore[arg-type]
        assert not [text for text in SEARCHED if text.encode() in path.read_bytes()]
        ds = pydicom.dcmread(path)
        said = {e.value for e in ds.iterall() if e.keyword == "ReferencedSOPInstanceUID"}
        assert {secret.uid(uid) for uid in uids} <= said
        assert ds.PatientIdentityRemoved == "YES"
        assert ds.StudyInstanceUID == secret.uid("1.2.3")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("left femur model", "left femur model"),
        ("left pedicle fracture, final mesh", "left pedicle fracture, final mesh"),
        ("Model", "labelmap"),  # nothing stands beside it: it may be his name
        ("hip model", "labelmap 2"),  # both of his words
        ("CT of Model, hip", "CT of"),
        ("femur HIP003", "femur"),  # his number
        ("femur 1964", "femur 2"),
    ],
)
def test_a_thing_keeps_its_words_also_where_one_is_in_the_patient_s_name(
    secret: Secret, name: str, kept: str
) -> None:
    """The reference patient is called Model; so may others be called Head, Long or Stem."""
    who = Identity(patient_name="HIP^Model", patient_id="HIP003", birth_date="1964-02-01")
    cleaner = Cleaner(secret.subject(who))
    before = ("Model", "femur HIP003")  # one cleaner tells those apart that would become one
    assert [cleaner.name(n, "labelmap") for n in before] == ["labelmap", "femur"]
    assert cleaner.name(name, "labelmap") == kept


def test_what_steps_call_their_outputs_stays() -> None:
    """Every word of a name that a step gives, and of the structures in the tables, is a word that stays."""
    given = {word for terms in (TERM_CODES, STRUCTURE_COLORS) for term in terms for word in term.split()}
    for package in ("twin", "segmentation", "physics"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and getattr(node.func, "id", "") == "Made"
                    and len(node.args) > 2
                ):
                    texts = (n.value for n in ast.walk(node.args[2]) if isinstance(n, ast.Constant))
                    given |= {w for text in texts for w in re.findall(r"[^\W\d_]+", str(text))}
    assert {"model", "stresses", "surface", "mesh"} <= given
    assert {w for w in given if w.casefold() not in vocabulary("medical")} == set()


@pytest.mark.parametrize("kind", ["volume", "labelmap", "surface", "mesh"])
def test_a_marker_in_every_text_of_every_kind(record: Record, secret: Secret, kind: str) -> None:
    """Whatever text a domain object has, also one that comes later: the marker does not stay."""
    entity = record.load(next(e.id for e in record.entries() if e.kind == kind))
    encoded = codec.encode(entity)

    def mark(tree: object) -> object:
        if isinstance(tree, dict):
            return tree if "$array" in tree else {k: mark(v) for k, v in tree.items()}
        if isinstance(tree, list):
            return [mark(v) for v in tree]
        return MARKER if isinstance(tree, str) else tree

    marked = codec.decode(dataclasses.replace(encoded, tree=mark(encoded.tree)))  # type: ignore[arg-type]
    cleaned = Cleaner(secret.subject(WHO)).entity(marked)
    assert MARKER not in repr(codec.encode(cleaned).tree)


def test_the_secret_is_made_once_and_then_only_read(tmp_path: Path) -> None:
    first = Secret.load()
    folder = tmp_path / "config"
    before = folder.stat().st_mtime_ns
    assert Secret.load() == first
    assert folder.stat().st_mtime_ns == before  # nothing is written beside it: the folder may be read-only


def test_of_two_that_make_the_secret_at_once_both_get_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other program's comes into its place after ours has looked whether there is one."""
    theirs = Secret.load()
    path, exists = path_of_secret(), Path.exists
    monkeypatch.setattr(Path, "exists", lambda self: self != path and exists(self))
    assert Secret.load() == theirs
    assert path.read_bytes() == theirs.key
    assert [p.name for p in path.parent.glob("deidentification.*")] == [path.name]
