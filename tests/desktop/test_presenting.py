"""Each image comes back as it was left: after another one, and after the record was closed."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.tree import NAME
from desktop.window import MainWindow
from tests.desktop.conftest import do, settle
from tests.viewers.gestures import drag, wheel
from twin.record import Record

NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def both(home: Path) -> Path:
    """A record with a PET and a CT of the same place; the CT came last."""
    with Record.create(home / "both.twin") as record:
        do(record, "test.pet")
        do(record, "test.volume")
    return home / "both.twin"


@pytest.fixture
def seen(window: MainWindow, both: Path, qtbot) -> MainWindow:
    """The window with both, the CT being shown."""
    window.open_paths([both])
    settle(window, qtbot)
    window.activateWindow()
    return window


def press(window: MainWindow, key: Qt.Key, keys: Qt.KeyboardModifier = NONE, plane: str = "coronal") -> None:
    view = window.desk.stage.slices[plane]
    view.setFocus()
    QTest.keyClick(view, key, keys)
    QApplication.processEvents()


def choose(window: MainWindow, name: str, qtbot) -> None:
    """Click an image in the tree."""
    (item,) = [i for i in window.desk.session.of_kind("volume") if i.name == name]
    tree = window.tree.tree
    at = tree.visualItemRect(window.tree.row(item.key)).center()
    QTest.mouseClick(
        tree.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(tree.columnViewportPosition(NAME) + 60, at.y())
    )
    settle(window, qtbot)
    assert window.desk.session.volume.name == name


def reopen(window: MainWindow, path: Path, qtbot) -> None:
    window.actions_["file.close"].trigger()
    assert window.desk.session.record is None
    window.open_paths([path])
    settle(window, qtbot)


def pictures(window: MainWindow) -> dict[str, np.ndarray]:
    """Return what each slice view shows, without the border that says where keys go."""
    found = {}
    for plane, view in window.desk.stage.slices.items():
        image = view.image().convertToFormat(view.image().format())
        data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        found[plane] = data[4:-4, 16 : 4 * image.width() - 16].copy()
    return found


def differ(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> list[str]:
    return [
        plane for plane in one if one[plane].shape != other[plane].shape or (one[plane] != other[plane]).any()
    ]


def look_otherwise(window: MainWindow, qtbot) -> None:
    """Change all that can be changed, by hand."""
    views = window.desk.stage.slices
    wheel(views["axial"], 3)
    wheel(views["sagittal"], -2)
    wheel(views["coronal"], 2, keys=Qt.KeyboardModifier.ControlModifier)  # zooms
    drag(qtbot, views["axial"], QPoint(200, 150), QPoint(240, 170))  # window
    drag(qtbot, views["axial"], QPoint(200, 150), QPoint(170, 140), Qt.MouseButton.MiddleButton)  # pans
    press(window, Qt.Key.Key_I)  # inverted
    press(window, Qt.Key.Key_N)  # voxels
    window.actions_["view.color.viridis"].trigger()
    press(window, Qt.Key.Key_BracketRight)  # a slab of 2 mm
    press(window, Qt.Key.Key_BracketRight)
    press(window, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)  # its mean
    press(window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier)


def test_another_image_and_back_shows_the_same_picture(seen: MainWindow, qtbot) -> None:
    first = pictures(seen)
    look_otherwise(seen, qtbot)
    left = pictures(seen)
    assert differ(first, left) == ["axial", "coronal", "sagittal"]
    choose(seen, "PET hip", qtbot)
    assert seen.desk.stage.slices["axial"].sheet.frame.on_grid
    press(seen, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    wheel(seen.desk.stage.slices["axial"], -3)
    pet = pictures(seen)
    choose(seen, "CT hip", qtbot)
    assert differ(left, pictures(seen)) == []
    choose(seen, "PET hip", qtbot)
    assert differ(pet, pictures(seen)) == []


def test_a_record_that_is_opened_again_shows_the_image_and_the_pictures_it_was_left_with(
    seen: MainWindow, both: Path, qtbot
) -> None:
    look_otherwise(seen, qtbot)
    ct = pictures(seen)
    choose(seen, "PET hip", qtbot)
    wheel(seen.desk.stage.slices["coronal"], 2)
    pet = pictures(seen)
    reopen(seen, both, qtbot)
    assert seen.desk.session.volume.name == "PET hip"
    assert differ(pet, pictures(seen)) == []
    choose(seen, "CT hip", qtbot)
    assert differ(ct, pictures(seen)) == []


def test_an_image_that_has_come_since_is_shown_and_not_the_last_one(
    seen: MainWindow, both: Path, qtbot
) -> None:
    choose(seen, "PET hip", qtbot)
    seen.actions_["file.close"].trigger()
    with Record.open(both) as record:
        do(record, "test.cine")
    seen.open_paths([both])
    settle(seen, qtbot)
    assert seen.desk.session.volume.name == "heart"


def test_looking_is_no_step(seen: MainWindow, both: Path, qtbot) -> None:
    record = seen.desk.session.record
    log = record.log()
    look_otherwise(seen, qtbot)
    choose(seen, "PET hip", qtbot)
    choose(seen, "CT hip", qtbot)
    assert record.log() == log
    reopen(seen, both, qtbot)
    assert [e.kind for e in seen.desk.session.record.log()[len(log) :]] == ["opened"]
    assert not any(item.stale for item in seen.desk.session.items)


def test_a_killed_program_loses_two_seconds_of_it_at_most(seen: MainWindow, both: Path, qtbot) -> None:
    look_otherwise(seen, qtbot)
    (ct,) = [i.id for i in seen.desk.session.of_kind("volume") if i.name == "CT hip"]

    def kept() -> bool:
        with Record.open(both, write=False) as record:  # what is in the file, seen by another
            state = record.views.of(ct)
        return state is not None and state.views["axial"].colors == "viridis"

    qtbot.waitUntil(kept, timeout=20_000)


def test_free_views_and_the_layout_come_back_and_new_images_keep_the_users_own(
    seen: MainWindow, both: Path, qtbot
) -> None:
    stage = seen.desk.stage
    press(seen, Qt.Key.Key_L)  # free
    wheel(stage.slices["axial"], 4)
    stage.slices["sagittal"].setFocus()
    seen.actions_["view.slice"].trigger()
    press(seen, Qt.Key.Key_M, plane="axial")  # alone
    assert stage.maximized == "axial"
    depths = {plane: view.slice_index for plane, view in stage.slices.items()}
    reopen(seen, both, qtbot)
    assert (stage.maximized, stage.arrangement, stage.links.linked) == ("axial", "sagittal", False)
    assert {plane: view.slice_index for plane, view in stage.slices.items()} == depths
    assert len(set(depths.values())) > 1


def test_the_moment_and_the_labels_come_back(window: MainWindow, home: Path, qtbot) -> None:
    with Record.create(home / "heart.twin") as record:
        do(record, "test.volume")
        do(record, "test.cine")
    window.open_paths([home / "heart.twin"])
    settle(window, qtbot)
    window.activateWindow()
    for _ in range(3):
        press(window, Qt.Key.Key_Period)
    press(window, Qt.Key.Key_G)  # no labels
    heart = pictures(window)
    choose(window, "CT hip", qtbot)
    press(window, Qt.Key.Key_G)
    choose(window, "heart", qtbot)
    assert (window.desk.stage.cine.index, window.desk.stage.overlay.opacity) == (3, 0.0)
    assert differ(heart, pictures(window)) == []


def test_what_lay_over_it_lies_over_it_again(seen: MainWindow, both: Path, qtbot) -> None:
    stage = seen.desk.stage
    seen.actions_["view.fuse"].trigger()
    settle(seen, qtbot)
    press(seen, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    stage.fusing.set_window(4.0, 8.0)
    fused = pictures(seen)
    choose(seen, "PET hip", qtbot)
    assert stage.fusing.key == ""
    choose(seen, "CT hip", qtbot)
    assert (stage.fusing.blend, stage.fusing.laid.window) == (0.6, (4.0, 8.0, False))
    assert differ(fused, pictures(seen)) == []
    reopen(seen, both, qtbot)
    assert differ(fused, pictures(seen)) == []


def test_a_window_in_another_unit_is_not_brought_back(window: MainWindow, home: Path, qtbot) -> None:
    with Record.create(home / "silent.twin") as record:
        do(record, "test.nobody")
    window.open_paths([home / "silent.twin"])
    settle(window, qtbot)
    wheel(window.desk.stage.slices["axial"], 3)
    depth = window.desk.stage.slices["axial"].slice_index
    window.actions_["images.ct"].trigger()
    settle(window, qtbot)
    view = window.desk.stage.slices["axial"]
    assert view.window_level == (40.0, 400.0, False)  # a CT's first, not the percentiles of nobody knows what
    assert view.slice_index == depth


def test_reading_only_keeps_it_while_it_is_open_and_writes_nothing(
    window: MainWindow, both: Path, qtbot
) -> None:
    before = both.read_bytes()
    window.desk.open_record(both, write=False)
    settle(window, qtbot)
    window.activateWindow()
    look_otherwise(window, qtbot)
    left = pictures(window)
    choose(window, "PET hip", qtbot)
    choose(window, "CT hip", qtbot)
    assert differ(left, pictures(window)) == []
    window.actions_["file.close"].trigger()
    assert both.read_bytes() == before


def test_a_copy_has_what_is_seen_now(seen: MainWindow, home: Path, qtbot) -> None:
    look_otherwise(seen, qtbot)
    left = pictures(seen)
    seen.desk.save_copy(home / "copy.twin")
    reopen(seen, home / "copy.twin", qtbot)
    assert differ(left, pictures(seen)) == []
