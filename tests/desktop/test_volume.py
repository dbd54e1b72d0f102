"""An image looked through in the window: its tools, commands, words, and what they leave alone."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from desktop.commands import BY_ID
from desktop.scene_box import SceneBox
from desktop.volume import KEY, VolumeRendering
from desktop.window import MainWindow
from tests.desktop.conftest import do, settle
from twin.record import Record


@pytest.fixture
def scanned(window: MainWindow, scan: Path, qtbot) -> MainWindow:
    window.open_paths([scan])
    settle(window, qtbot)
    assert window.desk.stage is not None
    window.desk.stage.make_scene()
    settle(window, qtbot)
    return window


def parts(window: MainWindow) -> tuple[VolumeRendering, SceneBox]:
    stage = window.desk.stage
    assert stage is not None
    assert stage.scenery is not None
    return stage.scenery.rendering, window.findChild(SceneBox)


def shows_image(window: MainWindow) -> bool:
    stage = window.desk.stage
    return stage is not None and stage.scene is not None and KEY in set(stage.scene.keys())


def caption(window: MainWindow) -> tuple[str, ...]:
    assert window.desk.stage is not None
    assert window.desk.stage.scene is not None
    return window.desk.stage.scene._decor.caption


def test_it_is_off_at_first_and_a_key_turns_it_on_and_off(scanned: MainWindow, qtbot) -> None:
    rendering, box = parts(scanned)
    stage = scanned.desk.stage
    assert not rendering.on
    assert not box.volume_row.isVisible()
    assert stage.scenery.slices_on
    stage.slices["axial"].setFocus()
    qtbot.keyClick(stage.slices["axial"], Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
    settle(scanned, qtbot)
    assert shows_image(scanned)
    assert not stage.scenery.slices_on  # the slices would stand in the middle of it
    assert box.volume_row.isVisible()
    assert box.volume_button.isChecked()
    assert caption(scanned)[-2:] == ("CT hip", "CT bone, from 140 HU")
    assert "HIP, Model" in caption(scanned)[0]
    qtbot.keyClick(stage.slices["axial"], Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
    settle(scanned, qtbot)
    assert not shows_image(scanned)
    assert stage.scenery.slices_on
    assert not box.volume_row.isVisible()


def test_slices_can_stand_in_it_when_asked_for(scanned: MainWindow, qtbot) -> None:
    BY_ID["view.volume"].trigger(scanned.desk)
    settle(scanned, qtbot)
    BY_ID["view.slices"].trigger(scanned.desk)
    assert set(scanned.desk.stage.scene.keys()) == {KEY, "slices"}


def test_a_preset_from_the_menu_and_the_slider_shift_what_is_seen(scanned: MainWindow, qtbot) -> None:
    _, box = parts(scanned)
    BY_ID["view.volume"].trigger(scanned.desk)
    settle(scanned, qtbot)
    actions = {action.text(): action for action in box.volume_row.menu.actions()}
    assert list(actions) == ["CT bone", "CT vessels", "CT soft tissue", "CT skin", "CT maximum intensity"]
    assert all(action.toolTip() != action.text() for action in actions.values())
    actions["CT vessels"].trigger()
    assert caption(scanned)[-1] == "CT vessels, from 110 HU"
    box.volume_row.slider.setValue(50)
    # Half of the preset's reach of 150 HU.
    assert caption(scanned)[-1] == "CT vessels, from 185 HU, shifted"
    drawn = scanned.desk.stage.scene._scene.things[KEY]
    assert drawn.transfer.limits[0] == 185.0
    BY_ID["view.volume.ct_skin"].trigger(scanned.desk)
    assert box.volume_row.slider.value() == 0  # another preset begins unshifted


def test_a_box_cuts_the_image_at_shares_of_its_extent(scanned: MainWindow, qtbot) -> None:
    _, box = parts(scanned)
    BY_ID["view.volume"].trigger(scanned.desk)
    settle(scanned, qtbot)
    row = box.volume_row
    row.box_button.click()
    row.limits[0][1].setValue(50)
    row.limits[2][0].setValue(75)
    cut = scanned.desk.stage.scene._scene.things[KEY]._box
    # 24 voxels of 2 mm from −1 to 47 mm.
    np.testing.assert_allclose(cut.low, [-1, -1, 35])
    np.testing.assert_allclose(cut.high, [23, 47, 47])
    assert caption(scanned)[-1] == "cut to a box"
    row.limits[0][0].setValue(90)  # beyond the other end: they keep their order
    assert row.limits[0][0].value() == 49
    row.box_button.click()
    assert scanned.desk.stage.scene._scene.things[KEY]._box is None


def test_a_preset_for_another_modality_says_why_not(scanned: MainWindow) -> None:
    assert BY_ID["view.volume.mr"].why_not(scanned.desk) == "This preset is for MR, and the image is CT."
    assert BY_ID["view.volume.ct_bone"].why_not(scanned.desk) == ""


def test_it_goes_with_its_record(scanned: MainWindow, qtbot) -> None:
    BY_ID["view.volume"].trigger(scanned.desk)
    settle(scanned, qtbot)
    assert shows_image(scanned)
    BY_ID["file.close"].trigger(scanned.desk)
    settle(scanned, qtbot)
    assert not shows_image(scanned)


def test_a_beating_image_beats_with_the_slices(window: MainWindow, home: Path, qtbot) -> None:
    with Record.create(home / "heart.twin") as record:
        do(record, "test.cine")
    window.open_paths([home / "heart.twin"])
    settle(window, qtbot)
    assert window.desk.stage is not None
    window.desk.stage.make_scene()
    settle(window, qtbot)
    BY_ID["view.volume"].trigger(window.desk)
    settle(window, qtbot)
    assert caption(window)[-1].startswith("by percentiles 70 to 99.5")
    drawn = window.desk.stage.scene._scene.things[KEY]
    assert drawn._time == 0
    for phase in (1, 2):
        BY_ID["view.cine.next"].trigger(window.desk)
        assert drawn._time == phase
    assert window.desk.stage.scene._scene.things[KEY] is drawn  # nothing was made anew


@pytest.mark.parametrize("layout", ["four", "scene"])
def test_the_tools_take_no_more_room_than_their_rows(scanned: MainWindow, qtbot, layout: str) -> None:
    stage, (_, box) = scanned.desk.stage, parts(scanned)
    stage.arrange(layout)
    view = stage.slices["axial"]
    view.setFocus()
    plain = box.tools.height()
    heights = []
    for key, how in (
        (Qt.Key.Key_C, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier),
        (Qt.Key.Key_C, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier),
    ):
        qtbot.keyClick(view, key, how)
        settle(scanned, qtbot)
        heights.append(box.tools.height())
        assert box.tools.geometry().bottom() < box.height()
    clip, both, volume, none = heights
    assert plain == none < clip < both
    assert none < volume < both


def test_a_clip_plane_in_an_empty_scene_waits_for_what_comes(scanned: MainWindow, qtbot) -> None:
    stage, (_, box) = scanned.desk.stage, parts(scanned)
    view = stage.slices["axial"]
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_S)
    settle(scanned, qtbot)
    assert stage.scene.keys() == []
    qtbot.keyClick(view, Qt.Key.Key_C)
    qtbot.keyClick(view, Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
    settle(scanned, qtbot)
    scene = stage.scene._ready()
    # The image's voxels lie at 0 to 46 mm, its box half a voxel (1 mm) about them: its middle is at 23.
    np.testing.assert_allclose(scene._clip.origin, [0, 23, 0])
    assert box.slider.value() == 100
    picture = stage.scene.image()
    seen = {picture.pixel(x, y) for x in range(0, picture.width(), 4) for y in range(0, picture.height(), 4)}
    assert len(seen) > 50  # shaded bone, not a plain ground with some text
    # The plane stays where a hand has put it when something else comes into the scene.
    box.slider.setValue(150)
    at = scene._clip.origin.copy()
    qtbot.keyClick(view, Qt.Key.Key_S)
    settle(scanned, qtbot)
    np.testing.assert_allclose(scene._clip.origin, at, atol=0.2)
