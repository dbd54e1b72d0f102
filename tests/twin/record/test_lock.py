import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.twin.record.conftest import Do
from twin.errors import RecordError
from twin.record import Record

HOLDER = """
import sys
from pathlib import Path
from twin.record import Record
record = Record.open(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
record.close()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def test_a_second_process_is_refused_and_told_who_holds_it(walked: Record) -> None:
    walked.close()
    process = holder(walked.path)
    try:
        with pytest.raises(RecordError, match=rf"process {process.pid}\b.*reading only") as error:
            Record.open(walked.path)
        assert os.uname().nodename in str(error.value)
        with Record.open(walked.path, write=False) as reading:
            assert len(reading.entries()) == 5
    finally:
        process.communicate("")
    Record.open(walked.path).close()


def test_the_lock_of_a_killed_process_is_taken_over(walked: Record, do: Do) -> None:
    walked.close()
    process = holder(walked.path)
    process.kill()
    process.wait()
    with Record.open(walked.path) as mine:
        do(mine, "example.scan", seed=4)
        assert mine.check() == []


def test_the_lock_of_a_killed_process_that_nobody_buried_is_taken_over(walked: Record) -> None:
    """In a container whose first process waits for nobody, the killed stay as zombies for good."""
    path = walked.path
    walked.close()
    process = holder(path)
    process.kill()
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    with Record.open(path) as again:
        assert again.check() == []
    process.communicate()


def test_a_process_number_used_again_does_not_count(walked: Record) -> None:
    """The row names this very test's parent, but with a start time that is not its."""
    walked.close()
    import sqlite3

    with sqlite3.connect(walked.path) as db:
        db.execute(
            "INSERT INTO holder VALUES (1, ?, 'somebody', ?, 1.0, 'long ago')",
            (os.uname().nodename, os.getppid()),
        )
    Record.open(walked.path).close()


def test_a_copy_of_what_another_process_holds_is_free(walked: Record, tmp_path: Path) -> None:
    walked.close()
    process = holder(walked.path)
    try:
        for ending in ("", "-wal"):  # the row lies in the log beside: a copy takes both along
            (tmp_path / f"copy.twin{ending}").write_bytes(Path(f"{walked.path}{ending}").read_bytes())
        with Record.open(tmp_path / "copy.twin") as copy:
            assert len(copy.entries()) == 5
            with pytest.raises(RecordError, match=rf"process {process.pid}\b"):
                Record.open(walked.path)
        moved = walked.path.with_name("moved.twin")
        for ending in ("", "-wal"):
            Path(f"{walked.path}{ending}").rename(f"{moved}{ending}")
        with pytest.raises(RecordError, match=rf"process {process.pid}\b"):
            Record.open(moved)
        for ending in ("", "-wal"):
            Path(f"{moved}{ending}").rename(f"{walked.path}{ending}")
    finally:
        process.communicate("")


def test_another_machine_is_believed(walked: Record) -> None:
    walked.close()
    import sqlite3

    with sqlite3.connect(walked.path) as db:
        db.execute("INSERT INTO holder VALUES (1, 'theatre-7', 'anna', 4711, 1.0, '2026-01-05')")
        db.execute("UPDATE about SET value = '1' WHERE key = 'held_file'")  # as that machine numbers it
    with pytest.raises(RecordError, match="on theatre-7 by anna \\(process 4711"):
        Record.open(walked.path)


def test_twice_in_one_process(walked: Record) -> None:
    with pytest.raises(RecordError, match="in this very program"):
        Record.open(walked.path)
    walked.close()
    Record.open(walked.path).close()


def test_a_copy_made_while_open_is_not_held(walked: Record, tmp_path: Path) -> None:
    walked.flush()
    import sqlite3

    with sqlite3.connect(walked.path) as source, sqlite3.connect(tmp_path / "copy.twin") as target:
        source.backup(target)
    with Record.open(tmp_path / "copy.twin") as copy:
        assert copy.entries() == walked.entries()
