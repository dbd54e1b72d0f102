"""Work that takes time: chains, cancelling, closing; the window stays alive meanwhile."""

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox

from desktop.jobs_panel import status_of
from desktop.queue import Queue
from desktop.window import MainWindow
from tests.desktop.conftest import settle
from twin.jobs import Job
from twin.progress import Progress
from twin.record import Record


def twice(number: int, progress: Progress) -> int:
    progress(0.5, "doubling")
    return 2 * number


def endless(progress: Progress) -> None:
    while True:
        progress(0.25, "turning")


def test_a_chain_reads_as_one_and_hands_results_on(qtbot) -> None:
    queue, found = Queue(), []

    def plan():
        four = yield Job(twice, 2)
        found.append((yield Job(twice, four)))

    queue.submit("Double twice", plan())
    qtbot.waitUntil(lambda: not queue.busy, timeout=30_000)
    assert found == [8]


def test_what_waits_can_be_taken_out_and_what_runs_be_stopped(qtbot) -> None:
    queue, ran = Queue(), []

    def plan(name: str):
        ran.append(name)
        yield Job(endless, title=name)

    first, second = queue.submit("First", plan("first")), queue.submit("Second", plan("second"))
    qtbot.waitUntil(lambda: first.job is not None, timeout=5_000)
    assert status_of(first) == "first   0 %   starting"  # before its process can say anything
    qtbot.waitUntil(lambda: first.fraction > 0, timeout=30_000)
    assert status_of(second) == "Second  –  waiting"
    assert status_of(first).startswith("first   25 %")
    queue.cancel(second)
    queue.cancel(first)
    qtbot.waitUntil(lambda: not queue.busy, timeout=5_000)
    assert ran == ["first"]


def test_a_job_in_the_window_is_seen_and_stopped_by_a_click(window: MainWindow, scan: Path, qtbot) -> None:
    window.open_paths([scan])
    settle(window, qtbot)
    desk, panel = window.desk, window.strip.jobs
    before = [e.id for e in desk.session.entries]

    def plan():
        yield desk.job("test.labels", {"volume": before[0]}, {"seconds": 600.0}, title="Finding the ball")

    desk.start("Find the ball", plan())
    qtbot.waitUntil(lambda: "50 %" in panel.text.text(), timeout=30_000)
    assert panel.text.text().startswith("Finding the ball")
    qtbot.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not desk.queue.busy, timeout=5_000)
    assert [e.id for e in desk.session.entries] == before
    assert not panel.text.isVisible()
    bar = window.errors
    assert (bar.message.text(), bar.hint.text()) == ("Cancelled: Find the ball.", "The record is as it was.")
    assert bar.objectName() == "noticebar"


class Quick:
    """Stands for a step's job that is done at once, and stored when it is let."""

    title, text, fraction, seconds_left = "Quick", "", 1.0, None
    ended, state = True, SimpleNamespace(value="done")

    def __init__(self) -> None:
        self.result = SimpleNamespace(outputs={})
        self.storing, self.go_on = threading.Event(), threading.Event()

    def start(self) -> None: ...

    def poll(self) -> None: ...

    def cancel(self) -> None: ...

    def finish(self) -> SimpleNamespace:
        self.storing.set()
        assert self.go_on.wait(30)
        return SimpleNamespace(outputs={})


def test_what_was_stored_before_a_work_was_cancelled_is_not_denied(window: MainWindow, qtbot) -> None:
    """Nor is it lost, or taken for the next work's, where the step is just being stored."""
    desk, first, second, sent = window.desk, Quick(), Quick(), []

    def plan(*jobs: Quick):
        for job in jobs:
            sent.append((yield job))

    desk.start("Find and turn", plan(first, Quick()))
    qtbot.waitUntil(first.storing.is_set, timeout=5_000)
    qtbot.keyClick(window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    first.go_on.set()
    qtbot.waitUntil(lambda: not desk.queue.busy, timeout=5_000)
    assert window.errors.message.text() == "Cancelled: Find and turn."
    assert window.errors.hint.text() == "What it had finished is in the record; undo takes it back."
    assert sent == []
    desk.start("Again", plan(second))
    qtbot.waitUntil(second.storing.is_set, timeout=5_000)
    second.go_on.set()
    qtbot.waitUntil(lambda: not desk.queue.busy, timeout=5_000)
    assert len(sent) == 1


def test_what_a_job_made_is_in_the_record_and_on_the_screen(window: MainWindow, scan: Path, qtbot) -> None:
    window.open_paths([scan])
    settle(window, qtbot)
    desk = window.desk
    black = desk.stage.slices["axial"].grab().toImage()
    desk.stage.overlay.set_opacity(1.0)

    def plan():
        yield desk.job("test.labels", {"volume": desk.session.volume.id})

    desk.start("Find the ball", plan())
    settle(window, qtbot)
    assert [i.name for i in desk.session.structures()] == ["left femur"]
    assert desk.session.record.title("undo") == "Find the ball"
    assert desk.stage.slices["axial"].grab().toImage() != black


@pytest.mark.parametrize(
    ("stop", "open_still"), [(False, True), pytest.param(True, False, marks=pytest.mark.slow)]
)
def test_closing_asks_while_a_job_runs(
    window: MainWindow, scan: Path, qtbot, monkeypatch: pytest.MonkeyPatch, stop: bool, open_still: bool
) -> None:
    window.open_paths([scan])
    settle(window, qtbot)

    def plan():
        yield Job(endless, title="Turning")

    work = window.desk.start("Turn", plan())
    qtbot.waitUntil(lambda: work.fraction > 0, timeout=30_000)

    def answer(box: QMessageBox) -> int:
        assert "Turn" in box.text()
        button = next(b for b in box.buttons() if (b.text() == "Stop and close") == stop)
        button.click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", answer)
    window.close()
    QApplication.processEvents()
    assert window.isVisible() == open_still
    assert window.desk.queue.busy == open_still


def test_another_record_asks_while_a_job_runs(
    window: MainWindow, scan: Path, tmp_path: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked is kept, a record dropped meanwhile is not opened; the open one again asks nothing."""
    Record.create(tmp_path / "other.twin").close()
    window.open_paths([scan])
    settle(window, qtbot)
    here = Path(window.desk.session.record.path)
    asked: list[str] = []

    def keep(box: QMessageBox) -> int:
        asked.append(box.text())
        next(b for b in box.buttons() if b.text() == "Keep running").click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", keep)

    def plan():
        yield Job(endless, title="Turning")

    window.desk.start("Turn", plan())
    window.open_paths([tmp_path / "other.twin"])
    window.open_paths([here])
    assert asked == ["Still running: Turn."]
    assert Path(window.desk.session.record.path) == here
    assert window.desk.queue.busy
    window.desk.queue.stop()
    qtbot.waitUntil(lambda: not window.desk.queue.busy, timeout=30_000)
    window.open_paths([tmp_path / "other.twin"])
    assert Path(window.desk.session.record.path).name == "other.twin"
