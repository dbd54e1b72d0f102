"""What is no record, or no longer one, or not yet one: each said in words, nothing changed."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.twin.record.conftest import Do
from twin.errors import RecordError
from twin.record import Record, care, door


@pytest.fixture
def closed(walked: Record) -> Path:
    walked.close()
    return walked.path


def refused(path: Path, words: str) -> None:
    """Opening is refused in those words, naming the file; and nothing is written."""
    before = sorted((p.name, p.read_bytes()) for p in path.parent.iterdir() if p.is_file())
    for write in (True, False):
        with pytest.raises(RecordError, match=words) as error:
            Record.open(path, write=write)
        assert path.name in str(error.value)
    assert sorted((p.name, p.read_bytes()) for p in path.parent.iterdir() if p.is_file()) == before


def test_no_file(tmp_path: Path) -> None:
    refused(tmp_path / "absent.twin", "There is no file")


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b.twin").mkdir()
    refused(tmp_path / "b.twin", "cannot be opened")


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "b.twin"
    path.touch()
    refused(path, "is empty")


@pytest.mark.parametrize("content", [b"not a record\n" * 40, b"x", bytes(4096), b"SQLite format 2\0" * 99])
def test_something_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "b.twin"
    path.write_bytes(content)
    refused(path, "no Vitruvian record")


def test_somebody_else_s_database(tmp_path: Path) -> None:
    path = tmp_path / "b.twin"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE log (number INTEGER)")
    db.close()
    refused(path, "another program")


@pytest.mark.parametrize("keep", [17, 99, 100, 5_000, 16_384, 50_000, -16_384, -1])
def test_cut_off(closed: Path, keep: int) -> None:
    content = closed.read_bytes()
    closed.write_bytes(content[:keep])
    refused(closed, "cut off")


def test_a_garbled_middle(closed: Path) -> None:
    content = bytearray(closed.read_bytes())
    content[16384:] = os.urandom(len(content) - 16384)
    closed.write_bytes(content)
    refused(closed, "damaged")


def test_a_log_that_contradicts_the_state(closed: Path) -> None:
    with sqlite3.connect(closed) as db:
        db.execute("UPDATE about SET value = '2' WHERE key = 'pointer'")
    db.close()
    refused(closed, "log cannot be followed")


def test_a_newer_format(closed: Path) -> None:
    with sqlite3.connect(closed) as db:
        db.execute(f"PRAGMA user_version = {door.FORMAT + 1}")
    db.close()
    refused(closed, f"format {door.FORMAT + 1}.*newer Vitruvian")


def test_creating_over_something(closed: Path) -> None:
    before = closed.read_bytes()
    with pytest.raises(RecordError, match="exists already"):
        Record.create(closed)
    assert closed.read_bytes() == before


def test_creating_in_no_folder(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"nowhere.a\.twin"):
        Record.create(tmp_path / "nowhere" / "a.twin")


@pytest.fixture(params=["closed", "open"])
def locked_folder(walked: Record, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A copy of the record in a folder that everybody can read and nobody can write to."""
    if request.param == "closed":
        walked.close()
    folder = Path(tempfile.mkdtemp())
    path = folder / "a.twin"
    care.copy(walked.path, path)
    path.chmod(0o444)
    folder.chmod(0o555)
    yield path
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions as on Unix")
def test_a_read_only_folder(locked_folder: Path, as_nobody: AbstractContextManager[None]) -> None:
    with as_nobody:
        with pytest.raises(RecordError, match="read-only") as error:
            Record.open(locked_folder)
        assert "a.twin" in str(error.value)
        with Record.open(locked_folder, write=False) as record:
            assert len(record.entries()) == 5
            assert record.load("v1") is not None
            assert record.check() == []
        with pytest.raises(RecordError, match=r"b\.twin"):
            Record.create(locked_folder.with_name("b.twin"))


def older(path: Path, version: int) -> None:
    """Make the file look as if an earlier program had written it, in which blocks were called pieces."""
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE blocks RENAME TO pieces")
        db.execute(f"PRAGMA user_version = {version}")
    db.close()


@pytest.fixture
def next_format(monkeypatch: pytest.MonkeyPatch) -> int:
    """Pretend that this program writes the next format, in which the table of blocks has its name."""
    now = door.FORMAT

    def rename(db: sqlite3.Connection) -> None:
        db.execute("ALTER TABLE pieces RENAME TO blocks")

    monkeypatch.setattr(door, "MIGRATIONS", door.MIGRATIONS | {now: rename})
    monkeypatch.setattr(door, "FORMAT", now + 1)
    return now


def test_an_older_format_is_migrated_with_a_backup_beside_it(closed: Path, next_format: int, do: Do) -> None:
    older(closed, next_format)
    old = closed.read_bytes()
    with pytest.raises(RecordError, match="Open it for writing once"):
        Record.open(closed, write=False)
    assert closed.read_bytes() == old
    with Record.open(closed) as record:
        assert record.check() == []
        do(record, "example.scan", seed=3)
    backup = closed.with_name(f"a.twin.format{next_format}-backup")
    assert sorted(p.name for p in closed.parent.iterdir()) == ["a.twin", backup.name]
    assert door.inspect(closed) == next_format + 1
    assert door.inspect(backup) == next_format
    with sqlite3.connect(backup) as db:
        assert db.execute("SELECT count(*) FROM pieces").fetchone()[0] > 0
        assert db.execute("SELECT count(*) FROM log").fetchone()[0] == 5
    db.close()
    with Record.open(closed, write=False) as again:
        assert len(again.entries()) == 6


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    closed: Path, next_format: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    older(closed, next_format)

    def fail(db: sqlite3.Connection) -> None:
        db.execute("ALTER TABLE pieces RENAME TO blocks")
        db.execute("INSERT INTO nowhere VALUES (1)")

    monkeypatch.setitem(door.MIGRATIONS, next_format, fail)
    with pytest.raises(RecordError, match="no such table"):
        Record.open(closed)
    assert door.inspect(closed) == next_format
    with sqlite3.connect(closed) as db:
        assert db.execute("SELECT count(*) FROM pieces").fetchone()[0] > 0
        assert db.execute("SELECT count(*) FROM holder").fetchone()[0] == 0
    db.close()


def test_a_format_that_nothing_migrates(closed: Path) -> None:
    with sqlite3.connect(closed) as db:
        db.execute("PRAGMA user_version = -1")
    db.close()
    with pytest.raises(RecordError, match="can no longer read"):
        Record.open(closed)
