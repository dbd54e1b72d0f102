import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from twin.errors import RecordError
from twin.record import Record, care


@pytest.fixture
def tamper(walked: Record) -> Callable[[str], Path]:
    """Change the closed file by one statement."""

    def change(statement: str) -> Path:
        walked.close()
        with sqlite3.connect(walked.path) as db:
            db.create_function("flip", 1, lambda data: data[:-1] + bytes([data[-1] ^ 1]))
            assert db.execute(statement).rowcount == 1
        db.close()
        return walked.path

    return change


def test_a_whole_record_has_no_faults(walked: Record) -> None:
    assert walked.check() == []


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            "UPDATE log SET body = replace(body, '500.0', '400.0') WHERE number = 2",
            "log entry 2: was altered",
        ),
        ("UPDATE log SET hash = previous_hash WHERE number = 3", "log entry 3: was altered"),
        ("UPDATE log SET previous_hash = 'x' WHERE number = 3", "log entry 3: does not follow"),
        ("UPDATE about SET value = 'x' WHERE key = 'last_hash'", "log: does not end where it should"),
        ("UPDATE about SET value = 'x' WHERE key = 'record'", "log entry 1: does not follow"),
        (
            "UPDATE blocks SET data = flip(data) WHERE rowid = (SELECT max(rowid) FROM blocks)",
            "cannot be unpacked",
        ),
        ("UPDATE blocks SET digest = zeroblob(32) WHERE rowid = 1", "is not what it was"),
        ("DELETE FROM blocks WHERE rowid = 1", "lacks a block"),
        ("DELETE FROM arrays WHERE rowid = 1", "lacks the array"),
        ("UPDATE objects SET tree = replace(tree, 'right', 'left') WHERE kind = 'labelmap'", "was altered"),
        ("UPDATE objects SET tree = 'x' || tree WHERE kind = 'labelmap'", "cannot be read"),
        ("UPDATE blocks SET size = -1 WHERE rowid = 1", "cannot be unpacked"),
        ("DELETE FROM objects WHERE kind = 'mesh'", "missing"),
    ],
)
def test_tampering_is_found(tamper: Callable[[str], Path], statement: str, fault: str) -> None:
    faults = care.check(tamper(statement))
    assert any(fault in f for f in faults), faults


def test_cutting_entries_off_the_log_is_found(tamper: Callable[[str], Path]) -> None:
    path = tamper("DELETE FROM log WHERE number = 5")
    assert any("does not end" in f for f in care.check(path))
    with pytest.raises(RecordError, match="log cannot be followed"):
        Record.open(path)


def test_a_damaged_description_is_said(tamper: Callable[[str], Path]) -> None:
    path = tamper("UPDATE objects SET tree = 'x' || tree WHERE kind = 'labelmap'")
    with pytest.raises(RecordError, match=r"a\.twin is damaged"):
        Record.open(path)


def test_a_damaged_array_is_not_loaded(tamper: Callable[[str], Path]) -> None:
    # The first block is the scan's.
    path = tamper("UPDATE blocks SET data = flip(data) WHERE rowid = 1")
    with Record.open(path, write=False) as record:
        assert len(record.entries()) == 5
        with pytest.raises(RecordError, match="damaged: the array “voxels”"):
            record.load("v1")
