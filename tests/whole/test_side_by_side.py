"""Several programs, Ctrl+C, and a disk that is full: each told in a line, the record intact."""

import os
import resource
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.whole import chain
from twin.record import Record


@pytest.fixture
def record(tiny: Path, tmp_path: Path) -> Path:
    """The tiny patient's record, its scan alone."""
    path = tmp_path / "records" / "a.twin"
    path.parent.mkdir()
    with Record.create(path) as record:
        chain.walk(record, [chain.take_in(tiny)])
    return path


def whole(path: Path) -> tuple[object, ...]:
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    with Record.open(path, write=False) as record:
        assert record.check() == []
        return record.entries(), record.log()


def begin(command: list[str], temp: Path) -> subprocess.Popen[str]:
    """Start a command; returns when its worker computes."""
    process = chain.program(command, temp, start_new_session=True)
    chain.until(process, lambda: bool(chain.workers(temp)))
    return process


def test_one_writes_others_read(record: Path, tmp_path: Path) -> None:
    temp = tmp_path / "temp"
    first = begin(["run", str(record), "segmentation.bone"], temp)
    for worker in chain.workers(temp):
        worker.suspend()  # so that it does not end before the others have tried
    refused = chain.program(["run", str(record), "segmentation.bone"], tmp_path / "other")
    out, err = refused.communicate()
    assert (refused.returncode, out) == (1, "")
    assert f"{record} is open for writing" in err
    assert f"process {first.pid}" in err
    assert len(err.splitlines()) == 1
    for reads, says in ((["list"], "import.images"), (["log", "--verify"], "The log (1 long)")):
        reader = chain.program([*reads, str(record)], tmp_path / "other")
        out, err = reader.communicate()
        assert (reader.returncode, err) == (0, "")
        assert says in out
    for worker in chain.workers(temp):
        worker.resume()
    out, err = first.communicate()
    assert (first.returncode, err) == (0, "")
    entries, _ = whole(record)
    assert [e.kind for e in entries] == ["volume", "labelmap"]


@pytest.mark.parametrize("when", ["as the worker starts", "as it computes"])
def test_ctrl_c_stops_a_run(when: str, record: Path, tmp_path: Path) -> None:
    temp, before = tmp_path / "temp", whole(record)
    process = begin(["run", str(record), "segmentation.bone"], temp)
    if when == "as it computes":
        (worker,) = chain.workers(temp)
        while not any("segmentation" in m.path or "scipy" in m.path for m in worker.memory_maps()):
            pass
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the program and all it started
    out, err = process.communicate()
    assert (process.returncode, out, err) == (1, "", "vitruvian: Stopped; all else is as it was.\n")
    assert whole(record) == before
    assert list(temp.iterdir()) == []
    assert chain.processes(temp) == []
    assert list(Path("/dev/shm").glob(f"vitruvian-{process.pid}-*")) == []


def test_ctrl_c_leaves_no_new_record(tiny: Path, tmp_path: Path) -> None:
    temp, path = tmp_path / "temp", tmp_path / "records" / "a.twin"
    path.parent.mkdir()
    process = begin(["import", str(path), str(tiny)], temp)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate()
    assert (process.returncode, err) == (1, "vitruvian: Stopped; all else is as it was.\n")
    assert list(path.parent.iterdir()) == []
    assert list(temp.iterdir()) == []


@pytest.mark.parametrize("command", ["import", "run"])
def test_no_room_to_write(command: str, tiny: Path, record: Path, tmp_path: Path) -> None:
    """The disk is full when the worker is done: here, files of the owner cannot grow past 20 kB."""
    path = record if command == "run" else tmp_path / "empty" / "b.twin"
    path.parent.mkdir(exist_ok=True)
    before = whole(record)
    words = (
        ["import", str(path), str(tiny)] if command == "import" else ["run", str(path), "segmentation.bone"]
    )
    process = begin(words, tmp_path / "temp")
    psutil.Process(process.pid).rlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    out, err = process.communicate()
    assert (process.returncode, out) == (1, "")
    assert str(path) in err
    assert "full" in err
    assert len(err.splitlines()) == 1
    if command == "run":
        Record.open(path).close()  # the next who opens it tidies up what there was no room to tidy
    else:
        assert list(path.parent.iterdir()) == []
    assert whole(record) == before
    assert list((tmp_path / "temp").iterdir()) == []
