"""Any sequence of steps, undo, redo, reopening and compacting, against a model in plain Python."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.twin.record.conftest import run_step
from tests.twin.record.examples import ScanParams, scan
from twin import run
from twin.domain import Volume
from twin.record import Record

State = dict[str, tuple[str, str, int]]
"""By id: name, color, seed of the content."""


class Walk(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.record = Record.create(Path(self.folder.name) / "a.twin")
        self.past: list[State] = [{}]
        self.future: list[State] = []
        self.made = 0
        self.names = 0
        self.steps = 0

    @property
    def now(self) -> State:
        return self.past[-1]

    def does(self, state: State) -> None:
        self.past.append(state)
        self.future.clear()
        self.steps += 1

    @rule(seed=st.integers(0, 3))
    def imports(self, seed: int) -> None:
        self.made += 1
        call_name = f"scan {self.made}"
        entry = run_step(self.record, "example.scan", seed=seed)
        run_step(self.record, "record.rename", {"entity": entry.outputs["volume"]["id"]}, name=call_name)
        id = f"v{self.made}"
        before = self.now
        self.does(before | {id: (entry.outputs["volume"]["name"], "", seed)})
        self.does(before | {id: (call_name, "", seed)})

    @precondition(lambda self: self.now)
    @rule(data=st.data())
    def renames(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.now)))
        self.names += 1
        run_step(self.record, "record.rename", {"entity": id}, name=f"name {self.names}")
        self.does(self.now | {id: (f"name {self.names}", *self.now[id][1:])})

    @precondition(lambda self: self.now)
    @rule(data=st.data(), color=st.sampled_from(["#112233", "#445566", ""]))
    def colors(self, data: st.DataObject, color: str) -> None:
        id = data.draw(st.sampled_from(sorted(self.now)))
        run_step(self.record, "record.color", {"entity": id}, color=color)
        name, _, seed = self.now[id]
        self.does(self.now | {id: (name, color, seed)})

    @precondition(lambda self: self.now)
    @rule(data=st.data())
    def deletes(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.now)))
        run_step(self.record, "record.delete", {"entity": id})
        self.does({key: value for key, value in self.now.items() if key != id})

    @precondition(lambda self: self.now)
    @rule(data=st.data(), seed=st.integers(0, 3))
    def replaces(self, data: st.DataObject, seed: int) -> None:
        id = data.draw(st.sampled_from(sorted(self.now)))
        call = run.prepare(self.record, "example.scan", params={"seed": seed}, into={"volume": id})
        run.run(self.record, replace(call, names={"volume": self.now[id][0]}))
        self.does(self.now | {id: (*self.now[id][:2], seed)})

    @rule()
    def undoes(self) -> None:
        done = self.record.undo()
        assert (done is None) == (len(self.past) == 1)
        if done:
            self.future.append(self.past.pop())

    @rule()
    def redoes(self) -> None:
        done = self.record.redo()
        assert (done is None) == (not self.future)
        if done:
            self.past.append(self.future.pop())

    @rule()
    def reopens(self) -> None:
        self.record.close()
        self.record = Record.open(self.record.path)

    @rule()
    def compacts(self) -> None:
        self.record.compact()

    @rule()
    def notes(self) -> None:
        self.record.note("exported", {"path": "x.stl"})

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "record"):
            return
        entries = self.record.entries()
        assert [e.id for e in entries] == list(self.now)
        for entry in entries:
            name, color, seed = self.now[entry.id]
            assert (entry.name, entry.color, entry.stale) == (name, color, "")
            volume: Any = self.record.load(entry.id)
            assert isinstance(volume, Volume)
            assert volume.voxels.tobytes() == scan(ScanParams(seed=seed)).voxels.tobytes()
        assert bool(self.record.title("redo")) == bool(self.future)
        assert sum(e.kind == "step" for e in self.record.log()) == self.steps

    def teardown(self) -> None:
        if hasattr(self, "record"):
            assert self.record.check() == []
            self.record.close()
            self.folder.cleanup()


TestWalk = Walk.TestCase
TestWalk.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
