"""Turned planes and slabs in the window: by keys and commands, with their reasons where they are off."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.commands import BY_ID
from desktop.window import MainWindow
from tests.desktop.conftest import settle


@pytest.fixture
def seen(window: MainWindow, scan: Path, qtbot) -> MainWindow:
    """The window with a CT in it, the coronal view having the focus."""
    window.open_paths([scan])
    settle(window, qtbot)
    window.activateWindow()
    window.desk.stage.slices["coronal"].setFocus()
    return window


def press(window: MainWindow, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(window.desk.stage.slices["coronal"], key, keys)
    QApplication.processEvents()


def test_keys_turn_the_other_planes_and_straighten_them_again(seen: MainWindow) -> None:
    slices, alt = seen.desk.stage.slices, Qt.KeyboardModifier.AltModifier
    reset = BY_ID["view.turn.reset"]
    assert "along the image already" in reset.why_not(seen.desk)
    press(seen, Qt.Key.Key_Right, alt | Qt.KeyboardModifier.ShiftModifier)
    press(seen, Qt.Key.Key_Right, alt)
    press(seen, Qt.Key.Key_Right, alt)
    press(seen, Qt.Key.Key_Left, alt)
    assert slices["coronal"].sheet.frame.on_grid
    assert slices["axial"].sheet.frame.title == "oblique, 16° from axial"  # 15 + 1 + 1 − 1
    assert reset.why_not(seen.desk) == ""
    press(seen, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    assert all(view.sheet.frame.on_grid for view in slices.values())


def test_keys_make_slabs_thicker_and_thinner_in_all_views(seen: MainWindow) -> None:
    slices = seen.desk.stage.slices
    assert "Plain slices" in BY_ID["view.slab.thinner"].why_not(seen.desk)
    press(seen, Qt.Key.Key_BracketRight)
    press(seen, Qt.Key.Key_BracketRight)
    assert {view.picture.slab.thickness_mm for view in slices.values()} == {3.0}
    press(seen, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert {view.picture.slab.projection for view in slices.values()} == {"min"}
    press(seen, Qt.Key.Key_BracketLeft)
    press(seen, Qt.Key.Key_BracketLeft)
    assert {view.picture.slab.thickness_mm for view in slices.values()} == {0.0}
    assert {view.picture.smooth for view in slices.values()} == {True}  # N alone would have turned it off


def test_a_projection_asked_for_first_gives_a_slab_of_10_mm_and_the_menu_others(seen: MainWindow) -> None:
    BY_ID["view.slab.mean"].trigger(seen.desk)
    view = seen.desk.stage.slices["axial"]
    assert (view.picture.slab.thickness_mm, view.picture.slab.projection) == (10.0, "mean")
    BY_ID["view.slab.20mm"].trigger(seen.desk)
    assert (view.picture.slab.thickness_mm, view.picture.slab.projection) == (20.0, "mean")
    assert view.cross.slabs_mm == (20.0, 20.0)


def test_the_crosshair_of_a_turned_plane_moves_in_all_views(seen: MainWindow, qtbot) -> None:
    slices = seen.desk.stage.slices
    press(seen, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier)
    axial = slices["axial"]
    at = axial.position_of(axial.crosshair).toPoint()
    qtbot.mouseClick(axial, Qt.MouseButton.LeftButton, pos=at + type(at)(40, 25))
    for view in slices.values():
        assert np.allclose(view.crosshair, axial.crosshair)
        # A turned plane goes through it exactly, one along the grid within half a slice.
        away = abs(view.sheet.frame.place(view.crosshair)[2] - view.sheet.frame.depth_at(view.crosshair))
        assert away <= (0.5 if view.sheet.frame.on_grid else 1e-9)
