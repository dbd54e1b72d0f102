"""A beating heart in the window: by its bar and its keys, judged by what is seen."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from desktop.stage import Stage
from desktop.window import MainWindow
from tests.desktop.conftest import do, settle
from tests.desktop.live import stage_of
from twin.record import Record

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def beating(window: MainWindow, home: Path, qtbot) -> Stage:
    """The views of a record with a CT and, shown, a heart in five phases of 160 ms."""
    with Record.create(home / "heart.twin") as record:
        do(record, "test.volume")
        do(record, "test.cine")
    stage = stage_of(window, home / "heart.twin", qtbot)
    stage.slices["axial"].setFocus()
    return stage


def gray(picture: QImage, at: QPoint) -> int:
    return picture.pixel(at) & 255


def phases_seen(stage: Stage) -> set[int]:
    """Phases by the grays of the slices and of the slices in 3-D: 42.5 of 255 for every 100 of 600.

    The ground of the 3-D view has the gray of the first.
    """
    grays = [gray(v.image(), QPoint(v.width() * 2 // 5, v.height() * 2 // 5)) for v in stage.slices.values()]
    assert stage.scene is not None
    scene = stage.scene.image()
    grays.append(gray(scene, QPoint(scene.width() * 12 // 25, scene.height() * 12 // 25)))
    return {round(g / 42.5) for g in grays}


def key(qtbot, stage: Stage, name: Qt.Key) -> None:
    qtbot.keyClick(stage.slices["axial"], name)


def test_the_bar_is_there_for_what_has_time_only(beating: Stage, window: MainWindow, qtbot) -> None:
    bar = beating.time_bar
    assert bar.isVisible()
    assert bar.words.text() == "phase 1 / 5 · 0 ms · 0 % of the cycle"
    action = window.actions_["view.cine.play"]
    assert action.isEnabled()
    key(qtbot, beating, Qt.Key.Key_K)
    assert beating.cine.playing
    session = window.desk.session
    ct, heart = session.of_kind("volume")
    session.show(heart.key, False)
    session.show(ct.key, True)
    settle(window, qtbot)
    assert not bar.isVisible()
    assert not beating.cine.playing
    qtbot.waitUntil(lambda: not action.isEnabled(), timeout=5000)
    assert "one moment only" in action.toolTip()
    key(qtbot, beating, Qt.Key.Key_Period)  # is nobody's now
    session.show(ct.key, False)
    session.show(heart.key, True)
    settle(window, qtbot)
    assert bar.isVisible()
    assert phases_seen(beating) == {1}


def test_keys_go_on_and_back_by_a_phase_in_every_view(beating: Stage, qtbot) -> None:
    assert phases_seen(beating) == {1}
    key(qtbot, beating, Qt.Key.Key_Period)
    assert phases_seen(beating) == {2}
    assert beating.time_bar.words.text() == "phase 2 / 5 · 160 ms · 20 % of the cycle"
    for _ in range(2):
        key(qtbot, beating, Qt.Key.Key_Comma)
    assert phases_seen(beating) == {5}  # before the first comes the last
    qtbot.mouseClick(beating.time_bar.on, LEFT)
    assert phases_seen(beating) == {1}
    assert beating.time_bar.slider.value() == 1


def test_it_plays_and_stands_by_key_and_button(beating: Stage, window: MainWindow, qtbot) -> None:
    record = window.desk.session.record
    assert record is not None
    log, bar = len(record.log()), beating.time_bar
    key(qtbot, beating, Qt.Key.Key_K)
    assert bar.play.accessibleName() == "Pause"
    qtbot.waitUntil(lambda: bar.words.text().startswith("phase 3"), timeout=10_000)
    qtbot.waitUntil(lambda: bar.words.text().startswith("phase 1"), timeout=10_000)  # and round again
    qtbot.mouseClick(bar.play, LEFT)
    assert bar.play.accessibleName() == "Play"
    assert phases_seen(beating) == {bar.slider.value()}
    assert len(record.log()) == log  # moment and speed are no content


def test_phases_that_come_too_late_are_left_out(beating: Stage, qtbot) -> None:
    now, seen = [0.0], []
    beating.cine.clock_ms = lambda: now[0]
    beating.cine.moved.connect(seen.append)
    key(qtbot, beating, Qt.Key.Key_K)
    now[0] = 10 * 800.0 + 3 * 160 + 20  # ten rounds later, in the fourth phase
    qtbot.waitUntil(lambda: bool(seen), timeout=5000)
    assert seen == [3]
    assert phases_seen(beating) == {4}
    speed = beating.time_bar.speed
    qtbot.keyClick(speed, Qt.Key.Key_Home)
    assert speed.currentText() == "0.25×"
    assert "real time: a round takes 800 ms" in speed.toolTip()
    now[0] += 4 * 160 + 40  # at a quarter of the speed one phase on, and a little
    qtbot.waitUntil(lambda: len(seen) > 1, timeout=5000)
    assert seen == [3, 4]


def test_a_hand_on_the_slider_stops_it_where_it_is_pressed(beating: Stage, qtbot) -> None:
    slider = beating.time_bar.slider
    key(qtbot, beating, Qt.Key.Key_K)
    qtbot.mousePress(slider, LEFT, pos=QPoint(slider.width() - 3, slider.height() // 2))
    assert not beating.cine.playing
    assert phases_seen(beating) == {5}
    qtbot.mouseMove(slider, QPoint(slider.width() // 2, slider.height() // 2))
    qtbot.mouseRelease(slider, LEFT, pos=QPoint(slider.width() // 2, slider.height() // 2))
    assert phases_seen(beating) == {3}
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert phases_seen(beating) == {4}
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    beating.cine.clock_ms = lambda: 0.0
    key(qtbot, beating, Qt.Key.Key_K)
    qtbot.mousePress(slider, LEFT, pos=QPoint(5, slider.height() // 2))  # on the handle: it stays there
    assert not beating.cine.playing
    assert phases_seen(beating) == {1}


def test_another_image_that_lies_elsewhere_is_brought_into_the_3d_view(
    beating: Stage, window: MainWindow, qtbot
) -> None:
    session = window.desk.session
    assert session.record is not None
    do(session.record, "test.cine", left_mm=500.0)
    settle(window, qtbot)
    _ct, near, far = session.of_kind("volume")
    session.show(near.key, True)
    session.show(far.key, False)  # both are in memory: one takes the place of the other at once
    settle(window, qtbot)
    key(qtbot, beating, Qt.Key.Key_Period)
    assert phases_seen(beating) == {2}


def test_it_stands_when_nobody_sees_it(beating: Stage, window: MainWindow, qtbot) -> None:
    key(qtbot, beating, Qt.Key.Key_K)
    assert beating.cine.playing
    window.hide()
    assert not beating.cine.playing


def test_the_value_under_a_resting_mouse_is_of_the_moment_shown(
    beating: Stage, window: MainWindow, qtbot
) -> None:
    view = beating.slices["axial"]
    qtbot.mouseMove(view, QPoint(5, 5))
    qtbot.mouseMove(view, QPoint(view.width() // 2 + 20, view.height() // 2 + 20))
    said = window.strip.cursor_text
    qtbot.waitUntil(lambda: said.text().split()[-1:] == ["100"], timeout=2000)
    key(qtbot, beating, Qt.Key.Key_Period)
    assert said.text().split()[-1] == "200"


@pytest.mark.parametrize("look", ["dark", "light"])
def test_the_bar_leaves_the_slider_room_in_small_windows_and_large_letters(
    beating: Stage, window: MainWindow, look: str
) -> None:
    bar, desk = beating.time_bar, window.desk
    desk.set_theme(look)
    for size, font in ((1280, 13), (1280, 20), (900, 13)):
        desk.set_font(font)
        window.resize(size, 700)
        QApplication.processEvents()
        QApplication.processEvents()
        assert bar.slider.width() >= 3 * font
        assert bar.speed.geometry().right() <= bar.width()
        assert bar.words.text().startswith("phase 1 / 5")
        assert bar.words.width() >= bar.words.fontMetrics().horizontalAdvance(bar.words.text())
    picture = bar.grab().toImage()
    seen = {picture.pixel(x, y) for x in range(0, bar.width(), 2) for y in range(0, bar.height(), 2)}
    assert np.ptp([p & 255 for p in seen]) > 100  # dark on light, or light on dark
