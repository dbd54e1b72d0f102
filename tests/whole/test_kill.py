"""Killed at any moment of any stage, owner or worker: the record stands, and nothing else stays."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from desktop.walk import Stage
from tests.whole import chain
from twin.domain import LabelMap, Volume
from twin.jobs import sweep
from twin.record import Record
from twin.sources.dicom_writer import write_series

THOROUGH = bool(os.environ.get("VITRUVIAN_THOROUGH"))
KILLS = 50 if THOROUGH else 8
EDITING = "edits"

EDITOR = """
import sys
from pathlib import Path
from desktop.catalogue import load
from desktop.cli.work import run_call
from twin.record import Record
from twin.run import prepare

load()
with Record.open(Path(sys.argv[1])) as record:
    entity = {"entity": record.entries()[0].id}
    n = 0
    while True:
        n += 1
        done = [run_call(record, prepare(record, "record.rename", entity, {"name": f"scan {n}"}))]
        done.append(run_call(record, prepare(record, "record.color", entity, {"color": f"#{n:06x}"})))
        done.append(record.undo())
        if n % 3 == 0:
            done.append(record.redo())
        if n % 4:
            record.flush()
            print(done[-1].number, flush=True)
"""


@dataclass(frozen=True)
class Walked:
    """A patient's chain, and the record as it was before each stage (None: not yet made)."""

    stages: tuple[Stage, ...]
    before: tuple[Path | None, ...]
    seconds: tuple[float, ...]


@pytest.fixture(scope="module")
def walked(request: pytest.FixtureRequest, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """The tiny patient's; thoroughly, that of ``ct-hip`` at half its resolution."""
    folder = tmp_path_factory.mktemp("walked")
    if THOROUGH:
        tiny = folder / "dicom"
        volume = request.getfixturevalue("hip")
        assert isinstance(volume, Volume)
        write_series(volume, tiny)
    path = folder / "whole.twin"
    stages: list[Stage] = []
    before: list[Path | None] = []
    seconds: list[float] = []
    Record.create(path).close()

    def go(*more: Stage) -> None:
        for stage in more:
            copy = folder / f"before-{len(stages)}.twin"
            shutil.copy(path, copy)
            with Record.open(path) as record:
                (entry,) = chain.walk(record, [stage])
            if not entry.step.startswith("labelmap."):
                stages.append(stage)
                before.append(copy if len(stages) > 1 else None)
                seconds.append(entry.seconds)

    go(chain.take_in(tiny), Stage("segmentation.bone"))
    with Record.open(path, write=False) as record:
        bones = record.load("bones")
    assert isinstance(bones, LabelMap)
    femur = next(s for s in bones.structures if s.term == "femur" and s.side != "right")
    if femur.side == "unconfirmed":
        go(Stage("labelmap.confirm_side", {}, {"side": "left", "structure": femur.name}))
    go(*chain.to_stress(6.0))
    return Walked((*stages, Stage(EDITING)), (*before, path), (*seconds, 1.0))


def _begin(stage: Stage, record: Path, temp: Path) -> subprocess.Popen[str]:
    if stage.step != EDITING:
        return chain.program([*chain.words(stage, record), "--json"], temp)
    temp.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", EDITOR, str(record)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=chain.ROOT, env=os.environ | {"TMPDIR": str(temp)},
    )  # fmt: skip


def _kill(
    process: subprocess.Popen[str], temp: Path, path: Path, victim: str, longest: float, chance: random.Random
) -> None:
    """Kill owner or worker anywhere between its start and its end, whatever it then does."""
    phase = chance.choice(("any", "work", "commit", "commit")) if victim == "owner" else "work"
    if phase != "any":
        chain.until(process, lambda: bool(chain.workers(temp)))
    if phase == "commit":
        log = path.with_name(path.name + "-wal")
        before = log.stat().st_size if log.exists() else 0
        while process.poll() is None and log.exists() and log.stat().st_size <= before:
            pass
        longest = 0.15
    try:
        process.wait(timeout=chance.uniform(0, longest))
    except subprocess.TimeoutExpired:
        for target in [process] if victim == "owner" else chain.workers(temp):
            target.kill()


def test_killed_at_any_moment(walked: Walked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(20260107)
    temp, path = tmp_path / "temp", tmp_path / "record" / "a.twin"
    path.parent.mkdir()
    told: dict[str, int] = {}
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    for n in range(KILLS):
        at = n % len(walked.stages)
        stage, earlier = walked.stages[at], walked.before[at]
        path.unlink(missing_ok=True)
        if earlier is not None:
            shutil.copy(earlier, path)
        victim = "owner" if stage.step == EDITING or n % 3 else "worker"
        process = _begin(stage, path, temp)
        if stage.step == EDITING:
            assert process.stdout is not None
            process.stdout.readline()
            more = chance.uniform(0, 0.3)
            try:
                process.wait(timeout=more)
            except subprocess.TimeoutExpired:
                process.kill()
        else:
            _kill(process, temp, path, victim, 2.5 + 1.5 * walked.seconds[at], chance)
        out, err = process.communicate()
        what = _after(stage, process, out, err, path, earlier)
        told[f"{victim}: {what}"] = told.get(f"{victim}: {what}", 0) + 1
        _, alive = psutil.wait_procs(chain.processes(temp), timeout=10)
        assert not alive, f"{stage.step}, {victim} killed: {alive}"
        if victim == "worker":
            assert list(temp.iterdir()) == [], "the owner lives, and clears away itself"
        sweep()
        assert list(temp.iterdir()) == []
        assert list(Path("/dev/shm").glob(f"*{process.pid}-*")) == []
    print(f"\n{KILLS} kills: {told}")


def _after(
    stage: Stage, process: subprocess.Popen[str], out: str, err: str, path: Path, earlier: Path | None
) -> str:
    """See that the record holds all that was finished and nothing else; returns what came of the stage."""
    if not path.exists():
        assert earlier is None
        assert process.returncode != 0
        return "no record yet"
    base: tuple[object, ...] = ()
    if earlier is not None:
        with Record.open(earlier, write=False) as old:
            base = old.log()
    with Record.open(path) as record:
        assert record.check() == []
        log = record.log()
        for entry in record.entries():
            record.load(entry.id)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert log[: len(base)] == base
    if stage.step == EDITING:
        announced = [int(line) for line in out.split("\n")[:-1]]
        assert len(log) >= announced[-1]
        return "edits"
    new = log[len(base) :]
    assert [e.step for e in new] in ([], [stage.step])
    if process.returncode == 0:
        assert json.loads(out)["step"] == stage.step
        assert new, f"{stage.step} said that it was done"
        return "was done"
    if process.returncode == 1:
        assert "broke off" in err, err
        assert len(err.strip().splitlines()) == 1, err
        assert not new
    return "done but not told" if new else "not done"
