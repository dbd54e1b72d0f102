"""One structure of a labelmap in the window: its color, its name, and the way to it."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QColorDialog, QLineEdit

from desktop.colors import color_of
from desktop.tree import NAME
from desktop.window import MainWindow
from resources.colors import STRUCTURE_COLORS, rgb
from tests.desktop.conftest import do, settle
from twin.progress import Progress
from twin.record import Record
from twin.run import prepare, run


@pytest.fixture
def organs(window: MainWindow, home: Path, qtbot) -> MainWindow:
    """The window on a CT with four structures."""
    with Record.create(home / "organs.twin") as record:
        do(record, "test.volume")
        do(record, "test.organs")
    window.open_paths([home / "organs.twin"])
    settle(window, qtbot)
    return window


def key_of(window: MainWindow, name: str) -> str:
    return next(i.key for i in window.desk.session.structures() if i.name == name)


def click_on(window: MainWindow, name: str, qtbot) -> None:
    tree = window.tree.tree
    row = window.tree.row(key_of(window, name))
    tree.scrollToItem(row)
    at = tree.visualItemRect(row).center()
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    settle(window, qtbot)


def type_name(window: MainWindow, name: str, qtbot) -> None:
    QTest.keyClick(window, Qt.Key.Key_F2)
    editor = window.tree.tree.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, name)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    settle(window, qtbot)


def names(window: MainWindow) -> list[str]:
    return [i.name for i in window.desk.session.structures()]


def test_structures_that_nobody_named_have_colors_of_their_own(organs: MainWindow) -> None:
    items = {i.name: i for i in organs.desk.session.structures()}
    shown = {name: color_of(item) for name, item in items.items()}
    assert len(set(shown.values())) == 4
    assert shown["left femur"] == STRUCTURE_COLORS["femur"]
    (labelmap,) = organs.desk.session.of_kind("labelmap")
    loaded = organs.desk.session.load(labelmap.id)
    assert shown == {s.name: s.shown_color for s in loaded.structures}
    # The two boxes touch in the middle of the axial view: left of it and right of it another hue is seen.
    organs.desk.stage.overlay.set_opacity(1.0)
    view = organs.desk.stage.slices["axial"]
    picture = view.grab().toImage()

    def seen(j: int) -> np.ndarray:
        at = view.position_of(np.array([2.0 * 10, 2.0 * j, view.crosshair[2]]))
        here = picture.pixelColor(round(at.x()), round(at.y()))
        return np.array([here.redF(), here.greenF(), here.blueF()])

    for j, name in ((10, "label 1"), (13, "label 2")):  # over the image, their hue is the nearest
        assert min(shown, key=lambda one: np.linalg.norm(seen(j) - rgb(shown[one]))) == name


def test_a_click_on_a_structure_goes_to_its_middle(organs: MainWindow, qtbot) -> None:
    views = organs.desk.stage.slices.values()
    click_on(organs, "label 1", qtbot)
    # Voxels 10..13, 9..11, 9..14 of 2 mm; their middle (11.5, 10, 11.5) is rounded to a voxel, half to even.
    for view in views:
        np.testing.assert_allclose(view.crosshair, [24.0, 20.0, 24.0])
    # The bent one's center of mass lies in the hollow, where other structures are: a voxel of it is taken.
    click_on(organs, "label 3", qtbot)
    at = np.rint(np.asarray(next(iter(views)).crosshair) / 2).astype(int)
    (labelmap,) = organs.desk.session.of_kind("labelmap")
    assert organs.desk.session.load(labelmap.id).labels[tuple(at[::-1])] == 3


def test_a_structure_is_renamed_by_typing_and_undo_brings_the_name_back(organs: MainWindow, qtbot) -> None:
    organs.desk.session.show(key_of(organs, "label 2"), False)
    click_on(organs, "label 2", qtbot)
    type_name(organs, "gross tumor", qtbot)
    assert names(organs) == ["label 1", "gross tumor", "label 3", "left femur"]
    assert organs.desk.session.selection.endswith("/gross tumor")
    assert not organs.desk.session.is_visible(organs.desk.session.selection)
    assert organs.tree.row(organs.desk.session.selection).text(NAME) == "gross tumor"
    QTest.keyClick(organs, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(organs, qtbot)
    assert names(organs) == ["label 1", "label 2", "label 3", "left femur"]
    assert organs.desk.session.selection.endswith("/label 2")


@pytest.mark.parametrize("name", ["right femur", "femur", "left or right femur"])
def test_a_name_that_does_not_say_the_side_is_refused(organs: MainWindow, qtbot, name: str) -> None:
    click_on(organs, "left femur", qtbot)
    type_name(organs, name, qtbot)
    assert "left femur" in names(organs)
    assert "lies on the left side" in organs.errors.message.text()


def test_a_name_that_keeps_the_side_keeps_side_and_term(organs: MainWindow, qtbot) -> None:
    click_on(organs, "left femur", qtbot)
    type_name(organs, "left proximal femur", qtbot)
    (item,) = [i for i in organs.desk.session.structures() if i.name == "left proximal femur"]
    assert (item.side, item.term) == ("left", "femur")


@pytest.mark.parametrize(("side", "done"), [("left", True), ("none", False)])
def test_labels_that_name_no_bone_do_not_tick_bone(
    window: MainWindow, home: Path, qtbot, side: str, done: bool
) -> None:
    with Record.create(home / "labels.twin") as record:
        do(record, "test.volume")
        do(record, "test.organs", side=side)
    window.open_paths([home / "labels.twin"])
    window.desk.session.go_to("anatomy")
    settle(window, qtbot)
    card = window.panels["anatomy"].bone
    qtbot.waitUntil(lambda: card.isVisible() and bool(card.forms))  # it has been filled
    assert card.open_button.isHidden() != done  # “Change” is there once it is done
    assert card.button.isVisible() != done


def test_a_structures_color_is_changed_and_its_surface_follows(
    organs: MainWindow, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = organs.desk.session
    record = session.record
    labels = {"labels": key_of(organs, "label 1")}
    run(record, prepare(record, "test.surface", labels, {}), Progress())
    settle(organs, qtbot)
    click_on(organs, "label 1", qtbot)
    before = color_of(session.item(session.selection))
    assert color_of(session.of_kind("surface")[0]) != before  # its term says femur
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_a, **_k: QColor("#123456"))
    action = organs.actions_["edit.color"]
    menu = organs.tree.menu_for(session.item(session.selection))
    assert action in menu.actions()
    assert action.isEnabled()
    action.trigger()
    settle(organs, qtbot)
    assert color_of(session.item(session.selection)) == "#123456"
    (surface,) = session.of_kind("surface")
    assert color_of(surface) == "#123456"
    assert not surface.stale
    QTest.keyClick(organs, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(organs, qtbot)
    assert color_of(session.item(session.selection)) == before
