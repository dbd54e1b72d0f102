"""Jobs: results and frames through shared memory, cancel, crashes, nothing left behind."""

import errno
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest

from twin import process
from twin.errors import Cancelled, UserError
from twin.jobs import Job, JobState, shared, sweep
from twin.jobs.job import _unheard
from twin.jobs.sweep import folder_prefix
from twin.progress import Progress

BLOCK = 300_000


def double(values: np.ndarray, progress: Progress) -> dict[str, Any]:
    progress(0.5, "doubling")
    return {"doubled": values * 2, "small": np.arange(3)}


def refuse(_progress: Progress) -> None:
    raise UserError("scan.dcm is no image.", "Choose another.")


def divide(_progress: Progress) -> float:
    return 1 / 0


def die(progress: Progress) -> None:
    progress(1.0, "jumping")
    os.kill(os.getpid(), signal.SIGKILL)


def obey(progress: Progress) -> None:
    while True:
        progress(0.1, "waiting to be stopped")


def die_while_sending(_progress: Progress) -> None:
    assert shared._reserve(Path(tempfile.gettempdir()).name, 1 << 20) is not None
    os.kill(os.getpid(), signal.SIGKILL)


def die_with_threads(_progress: Progress) -> None:
    # As Intel's OpenMP, which the solver loads, does at its start and takes back at its end.
    Path(f"/dev/shm/__KMP_REGISTERED_LIB_{os.getpid()}_{os.getuid()}").touch()
    os.kill(os.getpid(), signal.SIGKILL)


def find_no_room(values: np.ndarray, _progress: Progress) -> np.ndarray:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "as /dev/shm of a container says")

    shared.os.posix_fallocate = full  # type: ignore[assignment]  # in this process alone
    return values + 1


def ignore_stop(child_pid_file: str, progress: Progress) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path(child_pid_file).write_text(str(child.pid))
    progress(1.0, "stuck")
    while True:
        sum(range(1000))


def count(progress: Progress) -> Generator[np.ndarray, Any, str]:
    step, value = 1, 0
    while value < 50:
        value += step
        controls = yield np.full(BLOCK, value)
        step = controls or step
    return "counted"


def left_behind() -> list[Path]:
    mine = folder_prefix(os.getpid())
    places = [Path("/dev/shm"), Path("/tmp")]
    return [p for place in places if place.is_dir() for p in place.glob(f"{mine}*")]


def test_arrays_travel_and_nothing_is_left() -> None:
    job = Job(double, np.arange(BLOCK), title="doubling")
    result = job.wait()
    assert job.state is JobState.DONE
    np.testing.assert_array_equal(result["doubled"], 2 * np.arange(BLOCK))
    assert job.peak_mb > 10
    assert left_behind() == []


def test_a_refusal_arrives_in_its_own_words() -> None:
    job = Job(refuse, title="reading")
    with pytest.raises(UserError, match=r"scan\.dcm is no image") as caught:
        job.wait()
    assert caught.value.hint == "Choose another."


def test_a_fault_names_itself_and_keeps_its_trace() -> None:
    job = Job(divide, title="dividing")
    with pytest.raises(UserError, match="ZeroDivisionError"):
        job.wait()
    assert "1 / 0" in job.trace


def test_a_crash_is_told_and_survived() -> None:
    job = Job(die, title="jump")
    with pytest.raises(UserError, match=r"“jump” broke off while it was jumping"):
        job.wait()
    assert job.state is JobState.FAILED
    assert left_behind() == []


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="only Linux lists shared memory")
def test_what_a_killed_worker_was_sending_goes_with_it() -> None:
    job = Job(die_while_sending, title="sending")
    with pytest.raises(UserError, match="broke off"):
        job.wait()
    assert left_behind() == []
    job = Job(die_with_threads, title="solving")
    with pytest.raises(UserError, match="broke off"):
        job.wait()
    assert list(Path("/dev/shm").glob(f"__KMP*_{job._process.pid}_*")) == []


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="memory is not reserved here")
def test_arrays_arrive_where_there_is_no_shared_memory() -> None:
    result = Job(find_no_room, np.arange(BLOCK), title="cramped").wait()
    np.testing.assert_array_equal(result, np.arange(BLOCK) + 1)
    assert result.flags.writeable  # as what came by shared memory is
    assert left_behind() == []


def test_what_an_earlier_process_of_our_number_left_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container, the program gets the same process number at each start."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = Path(tempfile.mkdtemp(prefix=folder_prefix(os.getpid())))
    somebody_elses = tmp_path / "vitruvian-notes"
    somebody_elses.mkdir()
    job = Job(obey, title="running")
    job.start()
    try:
        assert sweep() == [str(left)]
        assert len(list(tmp_path.iterdir())) == 2
    finally:
        job.close()
    assert list(tmp_path.iterdir()) == [somebody_elses]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no zombies")
def test_a_process_that_nobody_buried_has_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
    assert not process.runs(child.pid)
    child.wait()
    assert not process.runs(child.pid)
    assert process.runs(os.getpid())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows asks psutil")
def test_the_peak_is_told_without_proc_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_args: object, **_more: object) -> str:
        raise FileNotFoundError(errno.ENOENT, "no such file", "/proc/self/status")

    monkeypatch.setattr(Path, "read_text", absent)
    assert process.peak_mb() > 10


def test_a_job_that_obeys_stops() -> None:
    job = Job(obey, title="obedient")
    with pytest.raises(Cancelled):
        job.wait(lambda j: j.cancel() if j.text else None)
    assert job.state is JobState.CANCELLED


def test_a_job_that_does_not_obey_is_killed_with_all_it_started(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    job = Job(ignore_stop, str(note), title="stuck")
    with pytest.raises(Cancelled):
        job.wait(lambda j: j.cancel() if j.text else None)
    child, end = int(note.read_text()), time.monotonic() + 10
    while process.runs(child) and time.monotonic() < end:  # a killed process takes a moment to go
        time.sleep(0.01)
    assert not process.runs(child)


def test_frames_arrive_and_controls_are_heard() -> None:
    job = Job(count, title="counting")
    job.start()
    frames: list[Any] = []
    steered = False
    while not job.ended:
        frames += job.poll()
        if frames and not steered:
            job.steer(7)
            steered = True
    assert job.result == "counted"
    values = [int(frame[0]) for frame in frames]
    assert values == sorted(values)
    assert 7 in np.diff(values)


def test_controls_for_a_job_that_died_tell_that_it_did() -> None:
    job = Job(die, title="dying")
    job.start()
    job._process.join()
    while not job.ended:
        job.steer(7)
    assert "“dying” broke off" in str(job.error)


def test_what_a_killed_owner_leaves_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A folder of our own: every program that starts sweeps the common one, and may be first.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    script = textwrap.dedent("""
        import sys, time
        sys.path.insert(0, sys.argv[1])
        from tests.twin.jobs.test_job import obey
        from twin.jobs import Job
        if __name__ == "__main__":
            job = Job(obey, title="orphan")
            job.start()
            while not job.text:
                job.poll()
            print(job._process.pid, flush=True)
            time.sleep(60)
    """)
    path = tmp_path / "owner.py"
    path.write_text(script)
    root = str(Path(__file__).resolve().parents[3])
    mine = os.environ | {"TMPDIR": str(tmp_path)}
    owner = subprocess.Popen([sys.executable, str(path), root], stdout=subprocess.PIPE, text=True, env=mine)
    assert owner.stdout is not None
    worker = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    psutil.wait_procs([psutil.Process(worker)] if psutil.pid_exists(worker) else [], timeout=5)
    assert not psutil.pid_exists(worker)
    assert any(folder_prefix(owner.pid) in name for name in sweep())
    assert sweep() == []


def test_time_left_goes_down_by_the_clock_and_changes_where_it_was_far_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr("twin.jobs.job.time", SimpleNamespace(monotonic=lambda: now[0]))
    job = Job(obey, title="slow")
    job.state = JobState.RUNNING

    def left_at(seconds: float, fraction: float | None = None) -> float | None:
        now[0] = seconds
        if fraction is not None:
            job._take(("progress", fraction, ""), [])
        return job.seconds_left

    assert left_at(5) is None
    assert left_at(10, 0.25) == pytest.approx(30)  # a quarter took 10 s
    assert left_at(20) == pytest.approx(20)  # nothing is reported, and it goes on
    assert left_at(22, 0.5) == pytest.approx(18)  # 22 s by this half: 40 s in all still holds
    assert left_at(30, 0.5) == pytest.approx(10)
    assert left_at(36, 0.6) == pytest.approx(24)  # 36 / 0.6 = 60 s in all: it was far off
    assert left_at(70) is None  # it takes longer than was foretold, and nothing better is known


def _idle(progress: Progress) -> None:
    progress(1.0, "nothing to do")


def test_a_jobs_peak_is_its_own_not_its_parents() -> None:
    held = np.ones(60_000_000)  # 480 MB in this process, touched
    job = Job(_idle)
    job.start()
    job.wait()
    assert held[-1] == 1
    assert 10 < job.peak_mb < 400  # a worker with numpy loaded holds some 100 MB


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals have no masks on Windows")
def test_ctrl_c_waits_while_a_process_begins_whichever_thread_is_given_it() -> None:
    begun: list[bool] = []

    def begin() -> None:
        with _unheard(signal.SIGINT):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)
            begun.append(True)

    other = threading.Thread(target=time.sleep, args=(0.5,))
    other.start()
    with pytest.raises(KeyboardInterrupt):
        begin()
    other.join()
    assert begun
