"""Hands at a heart that beats in the window."""

from pathlib import Path

from PySide6.QtCore import Qt

from desktop.beating import Beating
from desktop.heart_card import HeartCard
from desktop.stage import Stage
from desktop.what_if import CONTROLS
from desktop.window import MainWindow
from tests.desktop.conftest import settle

LEFT = Qt.MouseButton.LeftButton
NAMES = [control.name for control in CONTROLS]


def stage_of(window: MainWindow, path: Path, qtbot) -> Stage:
    """Open a record, all of it read and its 3-D view there."""
    window.open_paths([path])
    settle(window, qtbot)
    stage = window.desk.stage
    assert stage is not None
    qtbot.waitUntil(lambda: stage.scene is not None, timeout=60_000)
    settle(window, qtbot)
    return stage


def beating_in(window: MainWindow, path: Path, qtbot) -> MainWindow:
    """Open a record at its heart's own task, the heart held still."""
    stage_of(window, path, qtbot)
    window.desk.session.go_to("simulate")
    qtbot.waitUntil(lambda: window.desk.beating.heart is not None, timeout=60_000)
    qtbot.waitUntil(lambda: window.desk.beating.playing, timeout=5000)
    window.desk.beating.stop()
    settle(window, qtbot)
    return window


def card_of(window: MainWindow) -> HeartCard:
    return window.panels["simulate"].findChild(HeartCard)


def row(window: MainWindow, name: str):
    return card_of(window).controls.rows[NAMES.index(name)]


def beats(beating: Beating, count: float) -> None:
    """Let beats go by in frames of 1/25 s."""
    for _ in range(round(count * beating.beat_s / 0.04)):
        beating.step(0.04)


def width_mm(window: MainWindow) -> float:
    """How wide the block that stands for the heart is in 3-D, along its fibers."""
    box = window.desk.stage.scene.bounds()
    return float((box[1] - box[0])[0])


def unfold(window: MainWindow, qtbot, title: str) -> None:
    group = card_of(window).controls.groups[title]
    assert not group.body.isVisible()
    qtbot.mouseClick(group.head, LEFT)
    qtbot.waitUntil(group.body.isVisible, timeout=5000)
    qtbot.waitUntil(lambda: group.body.visibleRegion().boundingRect() == group.body.rect(), timeout=5000)
