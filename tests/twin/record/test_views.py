"""How images were left is kept in the record's file, beside the log, and leaves with the image."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.twin.record.conftest import Do
from twin.domain import LaidOver, SliceState, ViewState
from twin.record import Record, door
from twin.record.locking import lock

MARK = "QZCOLORSQZ"
"""Stands where the name of a map of colors does: it can be looked for in the file's bytes."""
SLICE = SliceState((1.5, -2.0, 30.25), (40.0, 400.0), True, MARK, False, 10.0, "mean", 2.5, (1.5, 3.0))
STATE = ViewState(
    {"axial": SLICE},
    "HU", {"axial": tuple(float(n) for n in range(9))}, False, 4, 0.2,
    LaidOver("v2", 0.75, "ember", (3.0, 9.0), True), "scene", "3-D",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))


def test_a_state_comes_back_from_the_file_and_from_a_copy_of_it(record: Record, do: Do, tmp_path) -> None:
    do(record, "example.scan")
    assert record.views.of("v1") is None
    record.views.keep("v1", STATE)
    record.views.keep_last(("v1", "v1"))
    record.close()
    (tmp_path / "b.twin").write_bytes(record.path.read_bytes())
    for name in ("a.twin", "b.twin"):
        with Record.open(tmp_path / name) as again:
            assert again.views.of("v1") == STATE
            assert again.views.last == ("v1", "v1")


def test_it_is_no_step_and_makes_nothing_stale(walked: Record) -> None:
    log, title = walked.log(), walked.title("undo")
    walked.views.keep("v1", STATE)
    walked.flush()
    assert walked.log() == log
    assert walked.title("undo") == title
    assert not any(entry.stale for entry in walked.entries())
    assert walked.check() == []


def test_a_record_open_for_reading_keeps_it_while_it_is_open(walked: Record) -> None:
    walked.close()
    before = walked.path.read_bytes()
    with Record.open(walked.path, write=False) as record:
        record.views.keep("v1", STATE)
        assert record.views.of("v1") == STATE
    assert walked.path.read_bytes() == before


def test_it_is_in_the_file_within_a_second_though_the_program_is_killed(walked: Record) -> None:
    walked.close()
    code = (
        "import sys, time, pathlib\n"
        "from tests.twin.record.test_views import STATE\n"
        "from twin.record import Record\n"
        "record = Record.open(pathlib.Path(sys.argv[1]))\n"
        "record.views.keep('v1', STATE)\n"
        "while record._writer._beside: time.sleep(0.01)\n"
        "print('kept', flush=True)\n"
        "time.sleep(600)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(walked.path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "kept\n"
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
    with Record.open(walked.path) as record:
        assert record.views.of("v1") == STATE
        assert record.check() == []


def test_what_is_forgotten_takes_it_along_for_good(walked: Record) -> None:
    walked.views.keep("v1", STATE)
    walked.flush()
    walked.forget("v1")
    walked.views.keep("v1", STATE)  # what a view that still shows it would do
    walked.close()
    assert MARK.encode() not in walked.path.read_bytes()
    with Record.open(walked.path) as record:
        assert record.views.of("v1") is None


def test_of_a_locked_record_nothing_of_it_can_be_read(walked: Record) -> None:
    pytest.importorskip("sqlcipher3", reason="SQLCipher is not made for this system")
    walked.close()
    lock(walked.path, "correct horse battery")
    with Record.open(walked.path) as record:
        record.views.keep("v1", STATE)
        record.flush()
        for path in walked.path.parent.glob("a.twin*"):
            assert MARK.encode() not in path.read_bytes()
    assert MARK.encode() not in walked.path.read_bytes()
    with Record.open(walked.path) as record:
        assert record.views.of("v1") == STATE


@pytest.mark.parametrize(
    "changed",
    [
        {"zoom": 0.0}, {"zoom": float("nan")}, {"zoom": "1"}, {"slab_mm": -1.0}, {"projection": "sum"},
        {"window": (float("inf"), 1.0)},
    ],
)  # fmt: skip
def test_what_no_view_can_show_counts_as_none(record: Record, changed) -> None:
    record.views.keep("v1", replace(STATE, views={"axial": replace(SLICE, **changed)}))
    assert record.views.of("v1") is None
    record.views.keep("v1", replace(STATE, turned={"axial": (1.0,)}))
    assert record.views.of("v1") is None
    record.views.keep("v1", replace(STATE, labels=2.0))
    assert record.views.of("v1") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"views": 3}', '{"views": {"axial": {"zoom": 1}}}', "{"])
def test_what_cannot_be_read_counts_as_none(walked: Record, text: str) -> None:
    walked.close()
    with contextlib.closing(sqlite3.connect(walked.path)) as db, db:
        db.execute("INSERT INTO about VALUES ('view/v1', ?)", (text,))
    with Record.open(walked.path) as record:
        assert record.views.of("v1") is None


def test_a_full_disk_is_no_fault_of_it_and_it_waits(walked: Record, no_space) -> None:
    walked.flush()
    with no_space:
        for n in range(400):  # more than the log beside the file has room for
            walked.views.keep(f"v{n}", replace(STATE, unit="x" * 4000))
        walked.flush()
    walked.close()
    with Record.open(walked.path) as record:
        assert record.views.of("v7") == replace(STATE, unit="x" * 4000)


def test_it_needs_no_other_format(walked: Record) -> None:
    walked.views.keep("v1", STATE)
    walked.close()
    assert door.inspect(walked.path) == 1
