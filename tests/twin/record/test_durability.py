"""Killed at any moment, or with no space left: what was finished is there, and the rest is not."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from tests.twin.record.conftest import Do
from tests.twin.record.examples import ScanParams, scan
from twin.domain import Volume
from twin.errors import RecordError
from twin.record import Record

COMMITTER = """
import sys
from pathlib import Path
from tests.twin.record import examples
from twin import edits
from twin.record import Record
from twin.run import prepare, run

def run_step(record, step, inputs=None, **params):
    run(record, prepare(record, step, inputs, params))

with Record.open(Path(sys.argv[1])) as record:
    while True:
        number = len(record.log()) + 1
        run_step(record, "example.scan", seed=number, slices=1500)  # 2.3 MB
        print(number, flush=True)
        run_step(record, "record.color", {"entity": record.entries()[-1].id}, color="#123456")
        record.undo()
        if number % 7 == 0:
            record.undo()
            record.compact()
"""


def test_killed_at_random_moments(record: Record) -> None:
    path = record.path
    record.close()
    chance = random.Random(20260105)
    finished: set[int] = set()
    root = Path(__file__).resolve().parents[3]
    for _ in range(50 if os.environ.get("VITRUVIAN_THOROUGH") else 10):
        process = subprocess.Popen(
            [sys.executable, "-c", COMMITTER, str(path)], stdout=subprocess.PIPE, text=True, cwd=root
        )
        assert process.stdout is not None
        for _ in range(chance.randint(1, 4)):
            finished.add(int(process.stdout.readline()))
        try:  # anywhere in the work that follows, not only where it has just answered
            process.wait(timeout=chance.uniform(0.0, 0.08))
        except subprocess.TimeoutExpired:
            process.kill()
        finished |= {int(line) for line in process.communicate()[0].split("\n")[:-1]}
        with Record.open(path) as again:
            assert again.check() == []
            log = again.log()
            assert {e.number for e in log if e.step == "example.scan"} >= finished
            for entry in again.entries()[-6:]:
                volume = again.load(entry.id)
                assert isinstance(volume, Volume)
                expected = scan(ScanParams(seed=entry.made_by, slices=1500))
                assert np.array_equal(volume.voxels, expected.voxels)
        # Nothing else may lie in the folder.
        assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_no_space_left(record: Record, do: Do, no_space: AbstractContextManager[None]) -> None:
    do(record, "example.scan", seed=1)
    before = record.entries(), record.log(), record.title("undo")
    with no_space, pytest.raises(RecordError, match="full") as error:
        do(record, "example.scan", seed=2, slices=3000)
    assert record.path.name in str(error.value)
    assert (record.entries(), record.log(), record.title("undo")) == before
    assert record.check() == []
    # With space again, it goes on as if nothing had been; ids too.
    do(record, "example.scan", seed=2, slices=3000)
    assert [e.id for e in record.entries()] == ["v1", "v2"]
    record.close()
    with Record.open(record.path) as again:
        assert again.check() == []
        assert len(again.entries()) == 2


def test_no_space_to_create(tmp_path: Path, no_space: AbstractContextManager[None]) -> None:
    import resource

    with no_space:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        with pytest.raises(RecordError, match="full"):
            Record.create(tmp_path / "b.twin")
    assert list(tmp_path.iterdir()) == []


def test_no_space_behind_the_work_loses_nothing(
    record: Record, do: Do, no_space: AbstractContextManager[None]
) -> None:
    """A quick step returns before it is written; that it could not be is told, and it is tried again."""
    do(record, "example.scan", seed=1, slices=3000)
    do(record, "example.bones")
    told, failures = threading.Event(), []
    record.failed.connect(lambda error: (failures.append(error), told.set()))
    with no_space:
        # The volume's own log is past the limit already, so that not one page more can be written.
        do(record, "example.paint", label=2, index=0)
        painted = record.find("l1").digest
        assert told.wait(30)
        assert "full" in str(failures[0])
        with pytest.raises(RecordError, match="full"):
            record.flush()
        with pytest.raises(RecordError, match="full"):
            do(record, "record.rename", {"entity": "l1"}, name="skeleton")
        with pytest.raises(RecordError, match="full"):
            record.close()
        assert record.load("l1") is not None
    assert record.find("bones").digest == painted
    record.close()
    with Record.open(record.path) as again:
        assert again.find("bones").digest == painted
        assert again.check() == []


def test_a_quick_step_is_written_by_itself(record: Record, do: Do) -> None:
    do(record, "example.scan")
    do(record, "record.rename", {"entity": "v1"}, name="CT")
    for thread in threading.enumerate():
        if thread.name == "record writer":
            thread.join(30)
    with Record.open(record.path, write=False) as other:
        assert other.find("v1").name == "CT"
    assert not [t for t in threading.enumerate() if t.name == "record writer"]


def test_unwritten_content_can_be_read(record: Record, do: Do) -> None:
    do(record, "example.scan")
    do(record, "example.bones")
    for index in range(5):
        do(record, "example.paint", label=2, index=index)
    record._loaded.clear()
    loaded = record.load("l1")
    assert np.asarray(loaded.labels).reshape(-1)[:6].tolist() == [2] * 5 + [0]  # type: ignore[union-attr]


def test_a_program_that_ends_without_closing_loses_nothing(record: Record) -> None:
    path = record.path
    record.close()
    script = """
import sys
from pathlib import Path
from tests.twin.record.conftest import run_step
from twin.record import Record
record = Record.open(Path(sys.argv[1]))
run_step(record, "example.scan")
run_step(record, "record.rename", {"entity": "v1"}, name="CT")
"""
    root = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, cwd=root)
    with Record.open(path) as again:
        assert [e.name for e in again.entries()] == ["CT"]


def test_killed_in_the_middle_of_a_change_of_the_file(record: Record, do: Do, tmp_path: Path) -> None:
    """A rollback journal lies beside the record, as where a process dies on its way out of WAL mode."""
    do(record, "example.scan")
    digest, path = record.log()[-1].hash, record.path
    record.close()
    after = tmp_path / "killed.twin"
    with sqlite3.connect(path, isolation_level=None) as db:
        db.execute("PRAGMA cache_size = 1")  # half-done pages are written out
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE blocks SET data = zeroblob(length(data)), item = 99")
        db.execute("UPDATE log SET hash = 'other'")
        db.execute("CREATE TABLE pages AS SELECT randomblob(200000)")
        for ending in ("", "-journal"):
            shutil.copyfile(f"{path}{ending}", f"{after}{ending}")
        db.execute("ROLLBACK")
    for write in (False, True):
        trial = tmp_path / f"{write}.twin"
        for ending in ("", "-journal"):
            shutil.copyfile(f"{after}{ending}", f"{trial}{ending}")
        with Record.open(trial, write=write) as opened:
            assert opened.check() == []
            assert opened.log()[-1].hash == digest
        assert not Path(f"{trial}-journal").exists()
