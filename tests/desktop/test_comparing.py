"""Two images side by side: in step within one space, else by an offset that is said."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.commands import BY_ID
from desktop.window import MainWindow
from tests.desktop.conftest import do, settle
from tests.viewers.gestures import wheel
from twin.record import Record


@pytest.fixture
def compared(pair: Callable[..., MainWindow], qtbot) -> Callable[..., MainWindow]:
    """Make the window with a CT that is shown, and a PET of it beside."""

    def make(**pet: str) -> MainWindow:
        window = pair(**pet)
        BY_ID["view.compare"].trigger(window.desk)
        settle(window, qtbot)
        return window

    return make


def test_both_lie_side_by_side_and_all_come_back(compared) -> None:
    window = compared()
    stage = window.desk.stage
    first, beside = stage.slices["axial"], stage.comparing.view
    assert [p for p, view in stage.slices.items() if view.isVisible()] == ["axial"]
    assert beside.isVisible()
    assert beside.width() == pytest.approx(first.width(), abs=3)
    assert beside.x() > first.x() + first.width() - 3
    BY_ID["view.compare.end"].trigger(window.desk)
    QApplication.processEvents()
    assert all(view.isVisible() for view in stage.slices.values())
    assert "No second image" in BY_ID["view.compare.plane"].why_not(window.desk)


def test_in_one_space_both_show_the_same_place_and_scale(compared) -> None:
    window = compared()
    stage = window.desk.stage
    first, beside = stage.slices["axial"], stage.comparing.view
    assert beside.decor.over == ("same space",)
    wheel(first, 3)
    assert np.allclose(beside.crosshair, first.crosshair)
    wheel(beside, -1)  # 4 mm, a slice of the PET
    assert np.allclose(stage.slices["coronal"].crosshair, beside.crosshair)
    wheel(first, 2, keys=Qt.KeyboardModifier.ControlModifier)
    assert beside.pixels_per_mm == pytest.approx(first.pixels_per_mm)
    wheel(beside, 1, keys=Qt.KeyboardModifier.ControlModifier)
    assert beside.pixels_per_mm == pytest.approx(first.pixels_per_mm)
    stage.links.turn(20)
    for plane in ("P",):
        stage.slices["axial"].setFocus()
        QTest.keyClick(stage.slices["axial"], Qt.Key[f"Key_{plane}"])
    QApplication.processEvents()
    assert stage.comparing.plane == "coronal"
    assert stage.comparing.view.planes.leaves("coronal", stage.slices["coronal"].planes)


def test_in_another_space_an_offset_links_them_and_is_said(compared) -> None:
    window = compared(frame="2.7", study="9")
    stage = window.desk.stage
    first, beside = stage.slices["axial"], stage.comparing.view
    # The middles answer: of 24 slices of 2 mm at 23 mm, of 12 of 4 mm at 22 mm.
    offset = beside.crosshair - first.crosshair
    assert offset == pytest.approx([-1, -1, -1])
    said, warning = beside.decor.over
    assert said == "own space"
    assert warning == "linked by an offset: R 1.0  A 1.0  I 1.0 mm"
    wheel(first, 2)
    assert beside.crosshair - first.crosshair == pytest.approx(offset)
    # Free the views, bring the other one to the place that answers, link again: that is the new offset.
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_L)
    wheel(beside, 2)
    # The first one stands at 26 mm, the other at 25; two slices on from the nearest, at 24, lies 32.
    assert beside.crosshair - first.crosshair == pytest.approx([-1, -1, 6])
    QTest.keyClick(first, Qt.Key.Key_L)
    wheel(first, 1)
    assert beside.crosshair - first.crosshair == pytest.approx([-1, -1, 6])
    assert beside.decor.over[1] == "linked by an offset: R 1.0  A 1.0  S 6.0 mm"


def test_windows_are_shared_only_where_values_mean_the_same(compared) -> None:
    window = compared()
    stage = window.desk.stage
    before = stage.comparing.view.window_level
    stage.links.window(400.0, 1800.0)
    assert stage.comparing.view.window_level == before  # SUV, not HU


def test_the_value_under_the_mouse_is_that_of_the_image_beside(compared, qtbot) -> None:
    window = compared()
    beside = window.desk.stage.comparing.view
    at = beside.position_of(beside.crosshair) + QPointF(20, 20)
    qtbot.mouseMove(beside, at.toPoint())
    QApplication.processEvents()
    assert "9 SUVbw" in window.strip.cursor_text.text()


def test_of_several_images_one_is_chosen_in_the_panel(window: MainWindow, home: Path, qtbot) -> None:
    with Record.create(home / "three.twin") as record:
        do(record, "test.pet")
        do(record, "test.pet", study="9")
        do(record, "test.volume")
    window.open_paths([home / "three.twin"])
    settle(window, qtbot)
    assert "There are several" in BY_ID["view.compare"].why_not(window.desk)
    box = window.panels["images"].over
    box.beside.setFocus()
    QTest.keyClick(box.beside, Qt.Key.Key_Down)
    QTest.keyClick(box.beside, Qt.Key.Key_Down)
    settle(window, qtbot)
    session, stage = window.desk.session, window.desk.stage
    assert stage.comparing.key == session.of_kind("volume")[1].key
    assert stage.comparing.view.picture.volume is not None
    QTest.keyClick(box.beside, Qt.Key.Key_Home)
    settle(window, qtbot)
    assert stage.comparing.view is None
    assert all(view.isVisible() for view in stage.slices.values())
