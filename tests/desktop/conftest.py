"""A window on a record with small entities in it, and hands to move in it."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from desktop.catalogue import load
from desktop.readiness import load_drawing, load_numerics
from desktop.settings import Settings
from desktop.window import MainWindow, listen_to_other_threads, make_window
from tests.desktop import beating, made  # noqa: F401  (they declare the steps)
from twin.progress import Progress
from twin.record import Record
from twin.run import prepare, run


def do(record: Record, step: str, **params: object) -> str:
    """Run a quick step and return the id of what it made."""
    entry = run(record, prepare(record, step, {}, params), Progress())
    return next(iter(entry.outputs.values()))["id"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings and records of a test lie in its own folder."""
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("VITRUVIAN_TWINS", str(tmp_path / "twins"))
    return tmp_path


@pytest.fixture(scope="session")
def _spared() -> None:
    """What all windows load is left out of collections: each would look through 300,000 objects, 0.2 s."""
    load()
    load_drawing()
    load_numerics()
    gc.collect()
    gc.freeze()


@pytest.fixture
def window(qtbot, home: Path, _spared: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """An empty window of 1280×800; images open as their files ask for (hanging has tests of its own)."""
    monkeypatch.setattr("desktop.garbage.gc.freeze", lambda: None)  # this window goes with its test
    monkeypatch.setattr("desktop.garbage.gc.unfreeze", lambda: None)
    settings = Settings.read()
    settings.hang = False
    made_window = make_window(settings)
    listen_to_other_threads()
    made_window.resize(1280, 800)
    made_window.show()
    qtbot.waitUntil(lambda: made_window.desk.loaded_steps, timeout=20_000)
    yield made_window
    made_window.desk.queue.close()
    made_window.close()
    made_window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()
    gc.collect()


@pytest.fixture
def hip(home: Path) -> Path:
    """A record with a CT, a segmented femur, its surface, model and result."""
    path = home / "hip.twin"
    with Record.create(path) as record:
        for step in ("test.volume", "test.labels", "test.surface", "test.model", "test.result"):
            do(record, step)
    return path


@pytest.fixture
def scan(home: Path) -> Path:
    """A record with nothing but a CT."""
    path = home / "scan.twin"
    with Record.create(path) as record:
        do(record, "test.volume")
    return path


@pytest.fixture
def pair(window: MainWindow, home: Path, qtbot) -> Callable[..., MainWindow]:
    """Make the window with a CT that is shown, and a PET of it."""

    def make(**pet: str) -> MainWindow:
        with Record.create(home / "pair.twin") as record:
            do(record, "test.pet", **pet)
            do(record, "test.volume")
        window.open_paths([home / "pair.twin"])
        settle(window, qtbot)
        return window

    return make


@pytest.fixture
def opened(window: MainWindow, hip: Path, qtbot) -> MainWindow:
    """The window with the hip's record, all of it read and drawn."""
    window.open_paths([hip])
    settle(window, qtbot)
    return window


def settle(window: MainWindow, qtbot) -> None:
    """Wait until nothing is being read or computed."""
    desk = window.desk
    qtbot.waitUntil(lambda: not desk.queue.busy and not desk.reader.busy, timeout=240_000)
    QApplication.processEvents()
    QApplication.processEvents()
    qtbot.waitUntil(lambda: not desk.queue.busy and not desk.reader.busy, timeout=240_000)


@pytest.fixture(scope="session")
def heart_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with a heart; made once, since it settles first."""
    path = tmp_path_factory.mktemp("heart") / "heart.twin"
    with Record.create(path) as record:
        do(record, "test.cine")
        do(record, "test.heart")
    return path


@pytest.fixture
def simulate(window: MainWindow, heart_record: Path, home: Path, qtbot) -> MainWindow:
    """The window with the heart's own task, the heart held still at the begin of a beat."""
    path = home / "heart.twin"
    path.write_bytes(heart_record.read_bytes())
    from tests.desktop.live import beating_in  # which settles windows as this file does

    return beating_in(window, path, qtbot)
