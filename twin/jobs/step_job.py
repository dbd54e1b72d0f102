"""A step of a record, run as a job and committed by the record's owner."""

from pathlib import Path

from twin.jobs.job import Job, JobState
from twin.progress import Progress
from twin.record import Call, LogEntry, Record
from twin.run import execute
from twin.steps import Made, find


class StepJob(Job):
    """Run a prepared call in a process that reads its inputs from the record itself.

    Only the owner writes: ``finish`` commits what the worker made.
    """

    def __init__(self, record: Record, call: Call) -> None:
        step = find(call.step)
        record.flush()
        super().__init__(_execute_stored, record.path, call, step.function.__module__, title=step.title)
        self.record, self.call = record, call

    def finish(self) -> LogEntry:
        """Commit what was made; call it once, when ``state`` is DONE."""
        if self.state is not JobState.DONE:
            raise RuntimeError(f"a job that is {self.state.value} has nothing to commit")
        return self.record.commit(self.call, self.result, self.seconds, self.peak_mb)


def _execute_stored(path: Path, call: Call, module: str, progress: Progress) -> Made:
    import importlib

    progress(0.0, "reading the record")
    importlib.import_module(module)  # registers the step
    with Record.open(path, write=False) as record:
        return execute(call, record.load_ref, progress)
