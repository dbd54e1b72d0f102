"""A step of a record, run as a job and committed by the record's owner."""

from pathlib import Path
from typing import Any

from twin.jobs.job import Job, JobState
from twin.progress import Progress
from twin.record import Call, LogEntry, Record, Ref
from twin.run import execute
from twin.steps import Made


class StepJob(Job):
    """Run a prepared call in a process that reads its inputs from the record itself.

    Only the owner writes: ``finish`` commits what the worker made.
    """

    def __init__(self, record: Record, call: Call, module: str, title: str = "") -> None:
        record.flush()
        super().__init__(_execute_stored, record.path, call, module, title=title)
        self.record, self.call = record, call

    def finish(self) -> LogEntry:
        """Commit what was made; call it once, when ``state`` is DONE."""
        if self.state is not JobState.DONE:
            raise RuntimeError(f"a job that is {self.state.value} has nothing to commit")
        return self.record.commit(self.call, self.result, self.seconds, self.peak_mb)


def _execute_stored(path: Path, call: Call, module: str, progress: Progress) -> Made:
    import importlib

    importlib.import_module(module)  # registers the step
    with Record.open(path, write=False) as record:

        def load(ref: Ref) -> Any:
            return record.load_object(ref.digest)

        return execute(call, load, progress)
