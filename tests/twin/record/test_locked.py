"""Records under a passphrase: nothing readable, each fault in its own words, as durable as others."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from tests.twin.record.conftest import Do, run_step
from tests.twin.record.examples import ScanParams, scan
from twin import passphrases, run, wiping
from twin.domain import Volume
from twin.errors import RecordError, UserError
from twin.jobs import Job
from twin.jobs.step_job import StepJob
from twin.progress import Progress
from twin.record import Record, care, door
from twin.record.locking import lock, unlock

pytest.importorskip("sqlcipher3", reason="SQLCipher is not made for this system")

PASSPHRASE = "correct horse battery"
WORD = "QZREADABLEZQ"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def nothing_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))
    monkeypatch.delenv(passphrases.VARIABLE, raising=False)
    monkeypatch.setattr(passphrases, "_known", {})
    monkeypatch.setattr(passphrases, "ask", None)
    monkeypatch.setattr(passphrases, "recall", lambda header: None)
    monkeypatch.setattr(passphrases, "forget", lambda header: None)


@pytest.fixture
def plain(walked: Record) -> Path:
    run_step(walked, "record.rename", {"entity": "v1"}, name=WORD)
    walked.close()
    return walked.path


@pytest.fixture
def locked(plain: Path) -> Path:
    lock(plain, PASSPHRASE)
    return plain


def forget_keys() -> None:
    passphrases._known.clear()


def test_locking_keeps_all_and_leaves_nothing_readable(plain: Path) -> None:
    before = Record.open(plain, write=False)
    entries, log = before.entries(), before.log()
    before.close()
    assert WORD.encode() in plain.read_bytes()
    handle = plain.open("rb")  # what lay on the disk before
    lock(plain, PASSPHRASE)
    assert not any(handle.read())
    handle.close()
    assert [p.name for p in plain.parent.iterdir() if p.name != "config"] == ["a.twin"]
    content = plain.read_bytes()
    assert WORD.encode() not in content
    assert b"SQLite" not in content
    assert care.verify(plain) == []
    with Record.open(plain) as record:
        assert record.entries() == entries
        assert record.log()[:-1] == log
        assert record.log()[-1].kind == "locked"
        assert isinstance(record.load("m1"), object)


def test_nothing_is_readable_while_it_is_worked_on(locked: Path, do: Do, tmp_path: Path) -> None:
    seen: set[str] = set()
    with Record.open(locked) as record:
        do(record, "example.scan", seed=5, slices=400)
        do(record, "record.rename", {"entity": "v2"}, name=f"{WORD} 2")
        record.flush()
        record.undo()
        record.flush()
        for path in locked.parent.glob("a.twin*"):
            seen.add(path.name)
            content = path.read_bytes()
            assert WORD.encode() not in content
            assert record.load("v2").voxels[0, 0].tobytes() not in content  # type: ignore[union-attr]
    assert {"a.twin", "a.twin-wal"} <= seen
    # Vacuuming and forgetting write no readable file either.
    with Record.open(locked) as record:
        before = set(os.listdir(tempfile.gettempdir()))
        record.compact()
        record.forget("v2")
        assert {n for n in set(os.listdir(tempfile.gettempdir())) - before if n.startswith("etilqs")} == set()
    assert care.verify(locked) == []


def test_jobs_are_told_the_key(locked: Path) -> None:
    with Record.open(locked) as record:
        job = StepJob(record, run.prepare(record, "example.bones", {"volume": "v1"}))
        job.wait()
        entry = job.finish()
        assert entry.step == "example.bones"
    # Not by anything that other users of the machine can see.
    job = Job(_seen_by_all, title="look")
    shown = job.wait()
    assert PASSPHRASE not in shown
    assert all(key.hex() not in shown for key in passphrases.known().values())


@pytest.mark.skipif(wiping.memory_folder() is None, reason="this system has no folder in memory")
def test_what_jobs_write_of_a_locked_record_stays_in_memory(locked: Path) -> None:
    """Pictures of a report, segmentations on their way to a server: in clear, but on no disk."""
    Record.open(locked, write=False).close()
    with pytest.raises(UserError, match="ends nowhere") as caught:
        Job(_leaves_something, title="writing").wait()
    place = Path(caught.value.hint)
    assert place.is_relative_to("/dev/shm")
    assert not place.exists()


def _leaves_something(progress: Progress) -> None:
    with wiping.passing_folder() as folder:
        (folder / "page.png").write_bytes(b"Doe^Jane")
        raise UserError("It ends nowhere", str(folder))


def _seen_by_all(progress: Progress) -> str:
    shown = " ".join(sys.orig_argv) + repr(dict(os.environ))
    return shown + " ".join(p.name for p in Path("/dev/shm").glob("*")) if sys.platform == "linux" else shown


def test_no_passphrase(locked: Path) -> None:
    forget_keys()
    with pytest.raises(passphrases.Locked, match="key store holds none") as error:
        Record.open(locked)
    assert "a.twin is locked" in str(error.value)
    assert "nobody can open it" in error.value.hint


def test_a_wrong_passphrase(locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_keys()
    monkeypatch.setenv(passphrases.VARIABLE, "incorrect horse")
    before = locked.read_bytes()
    with pytest.raises(passphrases.WrongPassphrase, match=r"VITRUVIAN_PASSPHRASE does not open a\.twin"):
        Record.open(locked)
    monkeypatch.delenv(passphrases.VARIABLE)
    asked = []

    def ask(path: Path, wrong: str) -> str:
        asked.append(wrong)
        return ("first try", "second try", PASSPHRASE)[len(asked) - 1]

    monkeypatch.setattr(passphrases, "ask", ask)
    Record.open(locked, write=False).close()
    assert asked[0] == ""
    assert all("does not open a.twin" in words for words in asked[1:])
    assert locked.read_bytes() == before


@pytest.mark.parametrize("at", [0, 2, 4, 9, 12, 15])
def test_a_changed_byte_in_the_first_ones(locked: Path, at: int) -> None:
    forget_keys()
    content = bytearray(locked.read_bytes())
    content[at] ^= 0x10
    locked.write_bytes(content)
    with pytest.raises(RecordError, match=r"a\.twin is damaged: its first bytes"):
        Record.open(locked)


@pytest.mark.parametrize("at", [16, 5_000, 16_383])
def test_a_changed_byte_in_the_first_page(locked: Path, at: int) -> None:
    content = bytearray(locked.read_bytes())
    content[at] ^= 1
    locked.write_bytes(content)
    with pytest.raises(RecordError, match=r"a\.twin is damaged") as error:
        Record.open(locked)
    assert not isinstance(error.value, passphrases.Locked)


def test_a_changed_byte_anywhere_is_found(locked: Path) -> None:
    content = locked.read_bytes()
    chance = random.Random(20261126)
    for _ in range(12):
        changed = bytearray(content)
        changed[chance.randrange(16_384, len(content))] ^= 1 << chance.randrange(8)
        locked.write_bytes(changed)
        try:
            faults = care.check(locked)
        except RecordError as error:
            faults = [error.message]
        assert faults, "a changed byte was not seen"
        assert any("page" in f or "malformed" in f or "damaged" in f for f in faults), faults


@pytest.mark.parametrize("keep", [10, 1000, 20_000, -1])
def test_cut_off(locked: Path, keep: int) -> None:
    locked.write_bytes(locked.read_bytes()[:keep])
    with pytest.raises(RecordError, match=r"a\.twin is (cut off|no Vitruvian record)"):
        Record.open(locked)


def test_random_bytes_are_no_locked_record(tmp_path: Path) -> None:
    path = tmp_path / "b.twin"
    path.write_bytes(bytes(range(256)) * 128)
    with pytest.raises(RecordError, match="no Vitruvian record"):
        Record.open(path)


def test_unlocking(locked: Path) -> None:
    forget_keys()
    with pytest.raises(passphrases.Locked):
        unlock(locked)
    os.environ[passphrases.VARIABLE] = PASSPHRASE
    try:
        unlock(locked)
    finally:
        del os.environ[passphrases.VARIABLE]
    forget_keys()
    assert not door.locked(locked)
    assert care.verify(locked) == []
    with Record.open(locked) as record:
        assert [e.kind for e in record.log()[-2:]] == ["locked", "unlocked"]
    with pytest.raises(RecordError, match="is not locked"):
        unlock(locked)


def test_what_cannot_be_locked(plain: Path) -> None:
    with pytest.raises(UserError, match="keeps nobody out"):
        lock(plain, "short")
    with Record.open(plain), pytest.raises(RecordError, match="in this very program"):
        lock(plain, PASSPHRASE)
    lock(plain, PASSPHRASE)
    with pytest.raises(RecordError, match="locked already"):
        lock(plain, PASSPHRASE)


def test_two_records_under_one_passphrase_have_two_keys(plain: Path) -> None:
    other = plain.with_name("b.twin")
    shutil.copy(plain, other)
    lock(plain, PASSPHRASE)
    lock(other, PASSPHRASE)
    assert len(set(passphrases.known().values())) == 2
    assert plain.read_bytes()[:16] != other.read_bytes()[:16]


def test_a_copy_is_locked_too(locked: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.twin"
    with Record.open(locked):
        care.copy(locked, target)
    assert WORD.encode() not in target.read_bytes()
    forget_keys()
    with pytest.raises(passphrases.Locked):
        Record.open(target)
    os.environ[passphrases.VARIABLE] = PASSPHRASE
    try:
        assert care.check(target) == []
    finally:
        del os.environ[passphrases.VARIABLE]


def test_the_key_store(locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backend import KeyringBackend

    class Store(KeyringBackend):
        priority = 1  # type: ignore[assignment]

        def __init__(self) -> None:
            self.held: dict[tuple[str, str], str] = {}

        def get_password(self, service: str, username: str) -> str | None:
            return self.held.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.held[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del self.held[service, username]

    monkeypatch.undo()
    store, before = Store(), keyring.get_keyring()
    keyring.set_keyring(store)
    try:
        passphrases.remember(passphrases.header_of(locked), PASSPHRASE)
        ((service, name),) = store.held
        assert (service, name) == ("Vitruvian", locked.read_bytes()[:16].hex())
        forget_keys()
        Record.open(locked).close()
        unlock(locked)
        assert store.held == {}
    finally:
        keyring.set_keyring(before)
        forget_keys()


COMMITTER = """
import sys
from pathlib import Path
from tests.twin.record import examples
from tests.twin.record.conftest import run_step
from twin.record import Record

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


@pytest.mark.slow
def test_killed_at_random_moments(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    path = record.path
    record.close()
    lock(path, PASSPHRASE)
    monkeypatch.setenv(passphrases.VARIABLE, PASSPHRASE)
    chance = random.Random(20261126)
    finished: set[int] = set()
    for _ in range(30 if os.environ.get("VITRUVIAN_THOROUGH") else 4):
        process = subprocess.Popen(
            [sys.executable, "-c", COMMITTER, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert process.stdout is not None
        for _ in range(chance.randint(1, 3)):
            finished.add(int(process.stdout.readline()))
        try:
            process.wait(timeout=chance.uniform(0.0, 0.08))
        except subprocess.TimeoutExpired:
            process.kill()
        finished |= {int(line) for line in process.communicate()[0].split("\n")[:-1]}
        with Record.open(path) as again:
            assert again.check() == []
            assert {e.number for e in again.log() if e.step == "example.scan"} >= finished
            for entry in again.entries()[-3:]:
                volume = again.load(entry.id)
                assert isinstance(volume, Volume)
                assert np.array_equal(volume.voxels, scan(ScanParams(seed=entry.made_by, slices=1500)).voxels)
        assert [p.name for p in path.parent.iterdir() if p.name != "config"] == [path.name]


LOCKER = """
import sys
from pathlib import Path
from twin.record import locking
print("going", flush=True)
locking.lock(Path(sys.argv[1]), sys.argv[2])
print("done", flush=True)
"""


def test_killed_while_locking_one_of_the_two_is_there(
    record: Record, do: Do, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    do(record, "example.scan", seed=1, slices=4000)  # 6 MB
    record.close()
    kept = tmp_path / "kept.twin"
    shutil.copy(record.path, kept)
    monkeypatch.setenv(passphrases.VARIABLE, PASSPHRASE)
    chance = random.Random(7)
    for _ in range(20 if os.environ.get("VITRUVIAN_THOROUGH") else 4):
        shutil.copy(kept, record.path)
        process = subprocess.Popen(
            [sys.executable, "-c", LOCKER, str(record.path), PASSPHRASE],
            stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "going\n"
        try:
            process.wait(timeout=chance.uniform(0.0, 0.6))
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        assert care.check(record.path) == []
        with Record.open(record.path) as again:
            assert again.load("v1") is not None
