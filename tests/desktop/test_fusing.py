"""Fusion in the window: only within one space, or where the user vouches for it and the views say so."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.commands import BY_ID
from desktop.window import MainWindow
from tests.desktop.conftest import settle


def middle(window: MainWindow) -> tuple[int, int, int]:
    view = window.desk.stage.slices["axial"]
    at = view.position_of(view.crosshair).toPoint()
    color = view.image().pixelColor(at.x() + 16, at.y() + 16)
    return color.red(), color.green(), color.blue()


def test_a_pet_is_chosen_and_blended_by_the_slider_and_by_keys(pair, qtbot) -> None:
    window = pair()
    box, fusing = window.panels["images"].over, window.desk.stage.fusing
    assert box.isVisible()
    assert middle(window) == (255, 255, 255)
    box.image.setFocus()
    QTest.keyClick(box.image, Qt.Key.Key_Down)
    settle(window, qtbot)
    # 9 is beyond SUV 0 to 7: the map's last color over white, half of each.
    assert middle(window) == pytest.approx((254, 251, 235), abs=2)
    box.blend.setFocus()
    QTest.keyClick(box.blend, Qt.Key.Key_PageUp)
    assert fusing.blend == pytest.approx(0.6)
    view = window.desk.stage.slices["axial"]
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QApplication.processEvents()
    assert box.share.text() == "50 %"
    assert view.decor.over == ("+ PET hip 50 %",)
    QTest.keyClick(view, Qt.Key.Key_T)
    assert middle(window) == (255, 255, 255)
    QTest.keyClick(view, Qt.Key.Key_T)
    assert middle(window) != (255, 255, 255)
    fusing.set_blend(0.0)  # by the slider: T brings back what was seen last
    QTest.keyClick(view, Qt.Key.Key_T)
    assert fusing.blend == pytest.approx(0.5)
    BY_ID["view.fuse.end"].trigger(window.desk)
    assert middle(window) == (255, 255, 255)
    assert "No second image" in BY_ID["view.fuse.more"].why_not(window.desk)


def test_another_space_is_refused_until_the_user_vouches_and_the_views_say_so(pair, qtbot) -> None:
    window = pair(frame="2.7")
    BY_ID["view.fuse"].trigger(window.desk)
    assert "different spaces" in window.errors.message.text()
    assert window.desk.stage.fusing.laid is None
    assert "Compare" in window.errors.hint.text()
    assert "Register " not in window.errors.hint.text()  # there is no such step
    assert "in one space" in window.errors.action.text()
    qtbot.mouseClick(window.errors.action, Qt.MouseButton.LeftButton)
    settle(window, qtbot)
    assert window.desk.stage.fusing.laid is not None
    assert window.desk.stage.slices["axial"].decor.over[1] == "space not confirmed by the files"


def test_a_silent_file_is_not_taken_to_lie_in_the_same_space(pair) -> None:
    window = pair(frame="")
    BY_ID["view.fuse"].trigger(window.desk)
    assert "does not say in which space" in window.errors.message.text()
    assert window.desk.stage.fusing.laid is None


def test_the_fusion_ends_when_another_image_is_shown(pair, qtbot) -> None:
    window = pair()
    BY_ID["view.fuse"].trigger(window.desk)
    settle(window, qtbot)
    pet = window.desk.stage.fusing.key
    window.desk.session.show(pet)
    settle(window, qtbot)
    assert window.desk.stage.fusing.key == ""
    assert window.desk.stage.slices["axial"].picture.laid is None


def test_one_image_alone_offers_no_fusion(window: MainWindow, scan: Path, qtbot) -> None:
    window.open_paths([scan])
    settle(window, qtbot)
    assert not window.panels["images"].over.isVisible()
    assert "no second image" in BY_ID["view.fuse"].why_not(window.desk)
