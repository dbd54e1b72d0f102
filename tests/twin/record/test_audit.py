"""The log as an audit trail: who did what, and that nothing of it was altered, moved or taken out."""

import contextlib
import getpass
import json
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.twin.record.conftest import Do
from twin.record import Record, audit, care, history, lock, witness


@pytest.fixture(autouse=True)
def own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))


def change(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        for statement in statements:
            db.execute(statement)


def forge(path: Path, alter: Callable[[list[audit.Row]], list[audit.Row]]) -> None:
    """Rewrite the whole log so that the file agrees with itself again: every hash is made anew."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        about = dict(db.execute("SELECT key, value FROM about"))
        kept = alter(audit.rows(db))
        db.execute("DELETE FROM log")
        last, pointer = about["record"], 0
        for number, row in enumerate(kept, 1):
            body = json.loads(row.body) | {"number": number}
            entry, text = history.seal(history.unseal(json.dumps(body), last, ""), last)
            db.execute("INSERT INTO log VALUES (?, ?, ?, ?)", (number, text, last, entry.hash))
            last, pointer = entry.hash, number
        db.execute("UPDATE about SET value = ? WHERE key = 'last_hash'", (last,))
        db.execute("UPDATE about SET value = ? WHERE key = 'pointer'", (str(pointer),))


def test_every_entry_says_who_when_and_with_which_version(record: Record, do: Do) -> None:
    do(record, "example.scan")
    record.undo()
    record.note("exported", {"entity": "v1", "path": "somewhere"})
    record.note("opened", {"in": "window"})
    for entry in record.log():
        assert entry.user == lock.user_name() != ""
        when = datetime.fromisoformat(entry.time)
        assert when.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - when) < timedelta(minutes=5)
        assert entry.software["vitruvian"]
    assert [e.kind for e in record.log()] == ["step", "undo", "exported", "opened"]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="accounts as on Unix")
def test_the_user_is_the_system_s_not_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "somebody else")
    lock.user_name.cache_clear()
    assert getpass.getuser() == "somebody else"
    assert lock.user_name() != "somebody else"


def test_that_it_was_opened_is_written_behind(record: Record) -> None:
    record.note("opened", {"in": "window"})
    record.close()
    with Record.open(record.path, write=False) as again:
        assert [e.kind for e in again.log()] == ["opened"]


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (
            ("UPDATE log SET body = replace(body, '500', '1') WHERE number = 2",),
            "log entry 2: was altered",
        ),
        (("DELETE FROM log WHERE number = 3",), "log entry 3: is missing"),
        (("DELETE FROM log WHERE number = 1",), "log entry 1: is missing"),
        (("DELETE FROM log WHERE number = 5",), "does not end where it should: entry 5 is missing"),
        (
            (
                "UPDATE log SET number = 99 WHERE number = 3",
                "UPDATE log SET number = 3 WHERE number = 4",
                "UPDATE log SET number = 4 WHERE number = 99",
            ),
            "log entry 3: is not in its place (it was number 4)",
        ),
    ],
)
def test_altered_missing_and_moved_entries_are_named(
    walked: Record, statements: tuple[str, ...], fault: str
) -> None:
    walked.close()
    assert care.verify(walked.path) == []
    change(walked.path, *statements)
    faults = care.verify(walked.path)
    assert any(fault in f for f in faults), faults


def test_a_log_cut_off_so_that_the_file_agrees_with_itself(walked: Record, tmp_path: Path) -> None:
    walked.close()
    head = walked.log()[-1].hash
    forge(walked.path, lambda rows: rows[:-2])
    faults = care.verify(walked.path)
    assert len(faults) == 1
    assert "log entry 5: is missing" in faults[0]
    assert "entries 4 to 5 are cut off" in faults[0]
    # Opened and closed again it is still found: what is known of it is not overwritten.
    Record.open(walked.path).close()
    assert any("log entry 5: is missing" in f for f in care.verify(walked.path))
    # Another machine cannot know, but a hash noted elsewhere tells it.
    copy = tmp_path / "copy.twin"
    copy.write_bytes(walked.path.read_bytes())
    assert care.verify(copy) == []
    assert any(head[:16] in f for f in care.verify(copy, head[:16]))


def test_a_log_written_anew_as_a_whole(walked: Record) -> None:
    walked.close()
    forge(walked.path, lambda rows: [row._replace(body=row.body.replace("500.0", "400.0")) for row in rows])
    assert any("log entry 5: is another one" in f for f in care.verify(walked.path))


def test_the_note_holds_nothing_of_the_record(walked: Record, tmp_path: Path) -> None:
    walked.close()
    (note,) = (tmp_path / "config" / "seen").iterdir()
    assert set(json.loads(note.read_text())) == {"number", "hash"}
    assert walked.path.stem != note.stem
    assert witness.recall(walked.path, walked.history.record) == witness.Seen(5, walked.log()[-1].hash)


def test_a_memory_that_cannot_be_written_stops_nobody(
    walked: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "file"))
    walked.close()
    assert care.verify(walked.path) == []
