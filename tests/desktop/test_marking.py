"""Key images in the window: a key marks a picture, a click brings it back, notes are written in a list."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from desktop.commands import BY_ID
from desktop.help import page
from desktop.pictures import draw
from desktop.tree import NAME, STALE
from desktop.window import MainWindow
from tests.desktop.conftest import do, settle
from tests.desktop.test_presenting import both, choose, differ, look_otherwise, press, reopen, seen
from tests.desktop.test_presenting import pictures as all_pictures
from tests.twin import test_key_images as dicom
from tests.viewers.gestures import wheel
from twin.progress import Progress
from twin.record import Record

assert both is not None and seen is not None  # fixtures  # noqa: PT018
LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier


def mark(window: MainWindow, plane: str = "coronal") -> None:
    press(window, Qt.Key.Key_K, SHIFT, plane)


def pictures(window: MainWindow) -> dict[str, np.ndarray]:
    """Return the pictures without the words that one is a key image, which come with the mark itself."""
    views = window.desk.stage.slices.values()
    flagged = [view.decor.flagged for view in views]
    for view in views:
        view.decor.flagged = lambda _frame, _depth: False
    found = all_pictures(window)
    for view, before in zip(views, flagged, strict=True):
        view.decor.flagged = before
    return found


def names(window: MainWindow) -> list[str]:
    return [item.name for item in window.desk.session.of_kind("key image")]


def click(window: MainWindow, name: str, qtbot, column: int = NAME) -> None:
    """Click a key image in the tree."""
    (item,) = [i for i in window.desk.session.of_kind("key image") if i.name == name]
    tree = window.tree.tree
    across = tree.columnViewportPosition(column) + (60 if column == NAME else 5)
    at = QPoint(across, tree.visualItemRect(window.tree.row(item.key)).center().y())
    QTest.mouseClick(tree.viewport(), LEFT, pos=at)
    settle(window, qtbot)


def rows(window: MainWindow, qtbot):
    settle(window, qtbot)
    return window.panels["images"].keys.list


def texts(listed) -> list[tuple[str, str]]:
    every = [listed.topLevelItem(n) for n in range(listed.topLevelItemCount())]
    return [(row.text(0), row.text(1)) for row in every]


def write(listed, text: str) -> None:
    """Type into the editor that is open in a list."""
    editor = listed.findChild(QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    QApplication.processEvents()


def test_a_key_marks_the_picture_and_undo_takes_it_back(seen: MainWindow, qtbot) -> None:
    mark(seen)
    assert names(seen) == ["Coronal key image"]
    assert seen.desk.session.record.log()[-1].step == "key.mark"
    row = seen.tree.row(seen.desk.session.selection)
    assert (row.text(NAME), row.parent().text(NAME)) == ("Coronal key image", "Key images")
    seen.actions_["edit.undo"].trigger()
    assert names(seen) == []
    QApplication.processEvents()
    seen.actions_["edit.redo"].trigger()
    assert names(seen) == ["Coronal key image"]


def test_a_click_in_the_tree_brings_exactly_that_picture_back(seen: MainWindow, qtbot) -> None:
    first = pictures(seen)
    mark(seen, "axial")
    look_otherwise(seen, qtbot)
    mark(seen)
    marked = pictures(seen)
    seen.actions_["view.turn.reset"].trigger()
    wheel(seen.desk.stage.slices["axial"], 5)
    press(seen, Qt.Key.Key_M, plane="axial")
    assert len(differ(marked, pictures(seen))) == 3
    click(seen, "Coronal key image", qtbot)
    assert seen.desk.stage.maximized == ""
    assert differ(marked, pictures(seen)) == []
    click(seen, "Axial key image", qtbot)
    assert differ(first, pictures(seen)) == []
    click(seen, "Coronal key image", qtbot)  # and once more: it is not the selection that does it
    wheel(seen.desk.stage.slices["axial"], 2)
    click(seen, "Coronal key image", qtbot)
    assert differ(marked, pictures(seen)) == []


def test_it_brings_its_own_image_along_also_after_the_record_was_closed(
    seen: MainWindow, both: Path, qtbot
) -> None:
    look_otherwise(seen, qtbot)
    mark(seen)
    marked = pictures(seen)
    choose(seen, "PET hip", qtbot)
    reopen(seen, both, qtbot)
    assert seen.desk.session.volume.name == "PET hip"
    click(seen, "Coronal key image", qtbot)
    assert seen.desk.session.volume.name == "CT hip"
    assert differ(marked, pictures(seen)) == []


def test_the_view_says_which_slice_is_a_key_image(seen: MainWindow, qtbot) -> None:
    view = seen.desk.stage.slices["axial"]
    mark(seen, "axial")

    def flagged() -> bool:
        return view.decor.flagged(view.sheet.frame, view.slice_index)

    assert flagged()
    wheel(view, 1)
    assert not flagged()
    wheel(view, -1)
    assert flagged()
    seen.actions_["view.turn.far_on"].trigger()  # about the axial view's own normal
    assert flagged()
    other = seen.desk.stage.slices["coronal"]
    assert not other.decor.flagged(other.sheet.frame, other.slice_index)
    choose(seen, "PET hip", qtbot)
    assert not flagged()


def test_the_same_picture_is_marked_once(seen: MainWindow, qtbot) -> None:
    mark(seen)
    mark(seen)
    assert names(seen) == ["Coronal key image"]
    mark(seen, "axial")
    wheel(seen.desk.stage.slices["coronal"], 1)
    mark(seen)
    assert names(seen) == ["Coronal key image", "Axial key image", "Coronal key image 2"]


def test_the_button_marks_the_view_that_had_the_focus(seen: MainWindow, qtbot) -> None:
    seen.desk.stage.slices["sagittal"].setFocus()
    QApplication.processEvents()
    button = seen.panels["images"].keys.mark
    button.setFocus()
    QTest.mouseClick(button, LEFT)
    assert names(seen) == ["Sagittal key image"]


def test_a_note_is_written_in_the_list_by_double_click_and_f2_and_undone(seen: MainWindow, qtbot) -> None:
    mark(seen)
    listed = rows(seen, qtbot)
    assert texts(listed) == [("Coronal", "")]
    at = listed.visualItemRect(listed.topLevelItem(0)).center()
    QTest.mouseClick(listed.viewport(), LEFT, pos=at)
    QTest.mouseDClick(listed.viewport(), LEFT, pos=at)
    write(listed, "a small lesion")
    assert texts(rows(seen, qtbot)) == [("Coronal", "a small lesion")]
    assert names(seen) == ["a small lesion"]
    listed.setCurrentItem(listed.topLevelItem(0))
    QTest.keyClick(listed, Qt.Key.Key_F2)
    write(listed, "gone in March")
    assert texts(rows(seen, qtbot)) == [("Coronal", "gone in March")]
    seen.actions_["edit.undo"].trigger()
    assert texts(rows(seen, qtbot)) == [("Coronal", "a small lesion")]
    seen.desk.edit_entity("record.rename", "i1", name="first")
    assert texts(rows(seen, qtbot)) == [("first", "a small lesion")]
    listed.setCurrentItem(listed.topLevelItem(0))
    seen.desk.session.select("i1")
    QTest.keyClick(listed, Qt.Key.Key_Delete)
    assert names(seen) == []
    seen.actions_["edit.undo"].trigger()
    assert names(seen) == ["first"]


def test_it_ages_with_its_image_and_one_click_makes_it_again(seen: MainWindow, qtbot) -> None:
    from tests.twin.measuring import test_steps  # noqa: F401  (declares the step that brightens)

    mark(seen)
    (image,) = [i.id for i in seen.desk.session.of_kind("volume") if i.name == "CT hip"]
    seen.desk.edit("test.brighten", {"volume": image}, {})
    settle(seen, qtbot)
    (item,) = seen.desk.session.of_kind("key image")
    assert item.stale == "“CT hip” has changed since"
    assert "stale" in BY_ID["measure.key.export"].why_not(seen.desk)
    click(seen, item.name, qtbot, STALE)
    assert [i.stale for i in seen.desk.session.of_kind("key image")] == [""]


def test_where_its_image_was_removed_it_says_so(seen: MainWindow, qtbot) -> None:
    mark(seen)
    (image,) = [i.id for i in seen.desk.session.of_kind("volume") if i.name == "CT hip"]
    seen.desk.session.select("")
    seen.desk.edit_entity("record.delete", image)
    settle(seen, qtbot)
    click(seen, "Coronal key image", qtbot)
    assert "no longer in the record" in seen.errors.message.text()
    seen.actions_["edit.undo"].trigger()
    click(seen, "Coronal key image", qtbot)
    assert seen.desk.session.volume.name == "CT hip"


def test_of_a_beating_heart_it_is_of_one_moment(window: MainWindow, home: Path, qtbot) -> None:
    with Record.create(home / "heart.twin") as record:
        do(record, "test.cine")
    window.open_paths([home / "heart.twin"])
    settle(window, qtbot)
    window.activateWindow()
    for _ in range(3):
        press(window, Qt.Key.Key_Period)
    mark(window)
    assert window.desk.stage.marking.key_image(window.desk.session.of_kind("key image")[0]).time == 3
    press(window, Qt.Key.Key_Period)
    view = window.desk.stage.slices["coronal"]
    assert not view.decor.flagged(view.sheet.frame, view.slice_index)
    click(window, "Coronal key image", qtbot)
    assert window.desk.stage.cine.index == 3


def test_one_made_by_a_script_goes_to_its_place_and_leaves_the_rest(seen: MainWindow, qtbot) -> None:
    (image,) = [i.id for i in seen.desk.session.of_kind("volume") if i.name == "CT hip"]
    press(seen, Qt.Key.Key_I)
    seen.desk.edit("key.mark", {"volume": image}, {"place_mm": (10.0, 20.0, 30.0)})
    click(seen, "Axial key image", qtbot)
    view = seen.desk.stage.slices["axial"]
    np.testing.assert_allclose(view.crosshair, (10, 20, 30))
    assert view.window_level[2]


def test_reading_only_shows_them_and_marks_none(window: MainWindow, both: Path, qtbot) -> None:
    with Record.open(both) as record:
        from twin.run import prepare, run

        run(record, prepare(record, "key.mark", {"volume": "v2"}, {"place_mm": (10.0, 20.0, 30.0)}))
    window.desk.open_record(both, write=False)
    settle(window, qtbot)
    assert "reading only" in BY_ID["measure.key"].why_not(window.desk)
    click(window, "Axial key image", qtbot)
    np.testing.assert_allclose(window.desk.stage.slices["axial"].crosshair, (10, 20, 30))
    listed = rows(window, qtbot)
    listed.setCurrentItem(listed.topLevelItem(0))
    QTest.keyClick(listed, Qt.Key.Key_F2)
    assert listed.findChild(QLineEdit) is None


def test_help_and_palette_know_it(window: MainWindow) -> None:
    assert "Shift+K" in page()
    assert "Mark key image" in page()
    assert BY_ID["measure.key"].why_not(window.desk) == "Open images first."


@pytest.mark.slow
def test_the_button_writes_them_as_dicom(
    window: MainWindow, home: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Record.create(home / "ct.twin") as record:
        dicom.put(record, dicom.ct())
    window.open_paths([home / "ct.twin"])
    settle(window, qtbot)
    window.activateWindow()
    wheel(window.desk.stage.slices["axial"], 1)
    mark(window, "axial")
    mark(window, "sagittal")
    answer = (str(home / "keys"), "DICOM key objects (*.ko.dcm)")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: answer)
    rows(window, qtbot)
    window.panels["images"].keys.export.click()
    settle(window, qtbot)
    ds = pydicom.dcmread(home / "keys.ko.dcm")
    assert sum(item.ValueType == "IMAGE" for item in ds.ContentSequence) == 1  # both go through it
    (left,) = [e for e in window.desk.session.record.log() if e.kind == "exported"]
    assert left.params["entity"] == "key images"


def test_the_report_shows_the_picture_with_its_note(seen: MainWindow, both: Path, qtbot) -> None:
    look_otherwise(seen, qtbot)
    mark(seen)
    seen.desk.note_key("i1", "a small lesion")
    seen.actions_["file.close"].trigger()
    folder = both.parent / "pictures"
    folder.mkdir()
    first, *others = draw(both, folder, Progress())
    assert (first.name, len(others)) == ("1-key-image-a-small-lesion.png", 4)
    assert "a small lesion" in QImage(str(first)).text("Description")
