import os
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from tests.twin.record import examples
from twin import edits, run
from twin.record import LogEntry, Record

assert examples is not None and edits is not None  # imported to register their steps  # noqa: PT018


class Do(Protocol):
    """Run a step on a record: ``do(record, "step", {input: ref}, param=value)``."""

    def __call__(
        self, record: Record, step: str, inputs: dict[str, str] | None = None, **params: object
    ) -> LogEntry: ...


def run_step(record: Record, step: str, inputs: dict[str, str] | None = None, **params: object) -> LogEntry:
    return run.run(record, run.prepare(record, step, inputs, params))


@pytest.fixture
def do() -> Do:
    return run_step


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    """An empty record, open for writing."""
    with Record.create(tmp_path / "a.twin") as record:
        yield record


@pytest.fixture
def walked(record: Record) -> Record:
    """Scan v1, bones l1, left surface s1 and right surface s2, left mesh m1."""
    run_step(record, "example.scan")
    run_step(record, "example.bones")
    run_step(record, "example.surface", {"labelmap": "bones/left femur"})
    run_step(record, "example.surface", {"labelmap": "bones/right femur"})
    run_step(record, "example.mesh", {"surface": "s1"})
    return record


@pytest.fixture
def no_space() -> AbstractContextManager[None]:
    """While entered, files cannot grow past 256 KiB: what a full disk does to SQLite's log."""
    resource = pytest.importorskip("resource", reason="needs a Unix limit on file sizes")

    @contextmanager
    def limit() -> Iterator[None]:
        old, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 10, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (old, hard))
            signal.signal(signal.SIGXFSZ, handler)

    return limit()


@pytest.fixture
def as_nobody(tmp_path: Path) -> AbstractContextManager[None]:
    """While entered, this process is no superuser, whom no permission stops."""

    @contextmanager
    def drop() -> Iterator[None]:
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return drop()
