"""What is forgotten is gone: from the file's bytes, from the log, from undo; and the log still holds."""

import contextlib
import dataclasses
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.twin.deidentify.test_record import bytes_of
from tests.twin.record.conftest import Do
from tests.twin.record.examples import ScanParams, scan
from twin.errors import RecordError, UserError
from twin.record import Call, Record, care
from twin.steps import Made

WORD = "QZUNFORGETTABLEZQ"


@pytest.fixture(autouse=True)
def own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))


@pytest.fixture
def told(record: Record, do: Do) -> Record:
    """Two scans, of which the second is named wherever a log can name it; bones made from it."""
    do(record, "example.scan", seed=1)
    volume = dataclasses.replace(scan(ScanParams(seed=2)), notes=(WORD,))
    call = Call("import.images", 2, {"paths": [f"/data/{WORD}"]})
    record.commit(call, Made({"volume": volume}, {"series": [WORD]}, {"volume": WORD}), 1.0, 1.0)
    do(record, "record.rename", {"entity": "v2"}, name=f"{WORD} again")
    do(record, "example.bones", {"volume": "v2"})
    do(record, "record.color", {"entity": "v2"}, color="#123456")
    record.note("exported", {"entity": "v2", "path": f"/home/{WORD}.nii"})
    return record


def test_nothing_of_it_is_left(told: Record, do: Do, tmp_path: Path) -> None:
    voxels = told.load("v2").voxels[0].tobytes()  # type: ignore[union-attr]
    told.flush()
    assert voxels in bytes_of(told.path)
    entry = told.forget("v2")
    assert (entry.kind, entry.params["id"], entry.params["kind"]) == ("forgotten", "v2", "volume")
    for path in tmp_path.glob("a.twin*"):  # while it is open: the log beside it, too
        assert WORD.encode() not in path.read_bytes()
        assert b"/home/" not in path.read_bytes()
    assert voxels not in bytes_of(told.path)
    assert told.check() == []
    assert [e.id for e in told.entries()] == ["v1", "l1"]
    assert "was removed" in told.find("l1").stale
    told.close()
    assert care.verify(told.path) == []
    found = bytes_of(told.path)
    assert WORD.encode() not in found
    assert voxels not in found
    with Record.open(told.path) as again:
        assert again.log()[-1].kind == "forgotten"
        # Its number is not given again.
        assert do(again, "example.scan", seed=3).outputs["volume"]["id"] == "v3"


def test_undo_and_redo_cannot_bring_it_back(told: Record, do: Do) -> None:
    told.forget("v2")
    while told.undo() is not None:
        assert "v2" not in [e.id for e in told.entries()]
        assert told.check() == []
    assert told.entries() == ()
    while told.redo() is not None:
        assert "v2" not in [e.id for e in told.entries()]
    assert [e.id for e in told.entries()] == ["v1", "l1"]


def test_what_was_deleted_before_can_be_forgotten_after_undo(told: Record, do: Do) -> None:
    do(told, "record.delete", {"entity": "v2"})
    with pytest.raises(UserError, match="There is no “v2”"):
        told.forget("v2")
    told.undo()
    told.forget("v2")
    told.close()
    assert WORD.encode() not in bytes_of(told.path)
    assert care.verify(told.path) == []


def test_equal_content_of_another_entity_stays(record: Record, do: Do) -> None:
    do(record, "example.scan", seed=1)
    do(record, "example.scan", seed=1)
    record.forget("v1")
    assert record.load("v2") is not None
    assert record.check() == []


def test_two_are_forgotten_and_the_log_still_verifies(told: Record) -> None:
    told.forget("v2")
    told.forget("l1")
    told.close()
    assert care.verify(told.path) == []
    with Record.open(told.path, write=False) as record:
        assert [e.kind for e in record.log()[-2:]] == ["forgotten", "forgotten"]


@pytest.mark.parametrize(
    ("number", "old", "new"),
    [
        (2, "import.images", "import.imagez"),
        (1, "seconds", "minutes"),
        (7, "v2", "v1"),
        (7, '"entries":', '"entrées":'),
        (7, '"params":', '"paramz":'),
        (7, '"2":[', '"x":['),
    ],
)
def test_what_was_changed_besides_is_found(told: Record, number: int, old: str, new: str) -> None:
    told.forget("v2")
    told.close()
    with contextlib.closing(sqlite3.connect(told.path)) as db, db:
        assert (
            db.execute(
                "UPDATE log SET body = replace(body, ?, ?) WHERE number = ?", (old, new, number)
            ).rowcount
            == 1
        )
    assert any(f"entry {number}: was altered" in f for f in care.verify(told.path))


def test_reading_only(told: Record) -> None:
    told.close()
    with Record.open(told.path, write=False) as record, pytest.raises(RecordError, match="reading only"):
        record.forget("v2")


FORGETTER = """
import sys
from pathlib import Path
from twin.record import Record
record = Record.open(Path(sys.argv[1]))
print("open", flush=True)
record.forget("v2")
print("forgotten", flush=True)
sys.stdin.read()
"""


def test_killed_right_after_it_stays_forgotten(told: Record) -> None:
    told.close()
    root = Path(__file__).resolve().parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", FORGETTER, str(told.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root, env=os.environ,
    )  # fmt: skip
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["open\n", "forgotten\n"]
    process.kill()
    process.wait()
    Record.open(told.path).close()
    assert WORD.encode() not in bytes_of(told.path)
    assert care.check(told.path) == []
