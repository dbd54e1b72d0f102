"""The window by hand: what is pressed, and what is then seen."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton

from desktop import way
from desktop.commands import BY_ID, COMMANDS
from desktop.empty import DROP_TEXT
from desktop.section import Panel
from desktop.session import sizes_of
from desktop.strip import NOTICE
from desktop.tree import EYE, NAME, STALE
from desktop.view_commands import window_id
from desktop.window import MainWindow
from resources.presets import CT_WINDOWS, PET_WINDOWS, SHARES
from tests.desktop.conftest import do, settle
from twin.record import Record
from viewers.scene_view import SceneView


def texts(widget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def press(qtbot, window: MainWindow, id: str) -> None:
    window.actions_.refresh()
    assert window.actions_[id].isEnabled(), window.actions_[id].toolTip()
    window.actions_[id].trigger()
    QApplication.processEvents()


def click_row(qtbot, window: MainWindow, key: str, column: int) -> None:
    tree = window.tree.tree
    row = window.tree.row(key)
    at = tree.visualItemRect(row).center()
    at.setX(tree.columnViewportPosition(column) + tree.columnWidth(column) // 2)
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_the_empty_window_says_what_to_do(window: MainWindow) -> None:
    seen = texts(window)
    assert DROP_TEXT in seen
    assert NOTICE in seen
    buttons = {b.text() for b in window.empty.findChildren(QPushButton)}
    assert {"Open DICOM folder…", "Open file…", "Try the reference patient"} <= buttons


def test_every_command_that_is_off_says_why(window: MainWindow) -> None:
    window.actions_.refresh()
    for command in COMMANDS:
        why = command.why_not(window.desk)
        assert window.actions_[command.id].isEnabled() == (not why)
        assert (why or command.help) in window.actions_[command.id].toolTip()
    assert BY_ID["anatomy.segment"].enabled(window.desk) == "Open a CT first."


def test_no_two_commands_share_a_shortcut() -> None:
    # Windows of CT, PET and the rest share the figures: which of them fit depends on the image, and exclude
    # each other (test_looks).
    groups = [{window_id(p) for p in presets} for presets in (CT_WINDOWS, PET_WINDOWS, SHARES)]
    for left_out in (groups[1] | groups[2], groups[0] | groups[2], groups[0] | groups[1]):
        keys = [(c.shortcut, c.where) for c in COMMANDS if c.shortcut and c.id not in left_out]
        assert len(keys) == len(set(keys))


def test_whose_data_it_is_stands_in_the_bar(opened: MainWindow) -> None:
    text = opened.top.identity.full_text()
    for word in ("HIP, Model", "HIP003", "born 1964-02-01, 61 y", "female", "CT 2026-01-05"):
        assert word in text
    assert not opened.top.badge.isVisible()
    assert NOTICE in texts(opened)


def test_data_of_two_studies_turn_the_bar_amber(opened: MainWindow, qtbot) -> None:
    before = opened.top.identity.grab().toImage().pixelColor(2, 2)
    record = opened.desk.session.record
    do(record, "test.volume", study="9.9.9")
    settle(opened, qtbot)
    assert "more than one study" in opened.top.identity.full_text()
    after = opened.top.grab().toImage()
    place = opened.top.identity.geometry()
    color = after.pixelColor(place.left() + 6, place.center().y() + 8)
    assert color != before
    assert color.red() > 180 > color.blue()  # amber, on the dark bar


def test_a_dropped_record_opens(window: MainWindow, hip: Path, qtbot) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(hip))])
    drop = QDropEvent(
        QPointF(300, 300),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(drop)
    qtbot.waitUntil(lambda: window.desk.session.record is not None, timeout=10_000)
    settle(window, qtbot)
    assert hip.name in window.windowTitle()
    assert window.desk.settings.recent_files()[0] == hip.resolve()


def test_what_cannot_be_opened_is_said_in_the_bar_and_not_in_a_box(window: MainWindow, home: Path) -> None:
    false = home / "false.twin"
    false.write_bytes(b"no record at all, but long enough to be looked at" * 50)
    window.open_paths([false])
    assert window.errors.isVisible()
    assert "false.twin" in window.errors.message.text()
    assert QApplication.activeModalWidget() is None
    window.open_paths([home / "nowhere.nii"])
    assert "nowhere.nii" in window.errors.message.text()


def test_a_job_that_fails_says_what_and_what_to_try(window: MainWindow, scan: Path, qtbot) -> None:
    window.open_paths([scan])
    settle(window, qtbot)
    desk = window.desk
    before = len(desk.session.entries)

    def plan():
        yield desk.job("test.fail", {"volume": desk.session.volume.id})

    desk.start("Fail", plan())
    settle(window, qtbot)
    assert window.errors.message.text() == "The ball is flat."
    assert window.errors.hint.text() == "Blow it up."
    assert "Traceback" in window.errors.details.toPlainText()
    assert len(desk.session.entries) == before


def test_the_tree_holds_all_in_the_order_made(opened: MainWindow) -> None:
    tree = opened.tree.tree
    groups = [tree.topLevelItem(n) for n in range(tree.topLevelItemCount())]
    assert [g.text(NAME) for g in groups if not g.isHidden()] == [
        "Images", "Structures", "Surfaces", "Models", "Results",
    ]  # fmt: skip
    assert groups[1].child(0).child(0).text(NAME) == "left femur"


def test_the_eye_hides_the_labels_over_the_image(opened: MainWindow, qtbot) -> None:
    view = opened.desk.stage.slices["axial"]
    opened.desk.stage.overlay.set_opacity(1.0)
    part = next(i for i in opened.desk.session.items if i.part)
    opened.tree.tree.setFocus()  # the view that has it is framed
    shown = view.grab().toImage()
    click_row(qtbot, opened, part.key, EYE)
    assert not opened.desk.session.is_visible(part.key)
    hidden = view.grab().toImage()
    assert shown != hidden
    click_row(qtbot, opened, part.key, EYE)
    assert view.grab().toImage() == shown


def test_a_click_on_an_images_row_shows_that_image(window: MainWindow, scan: Path, qtbot) -> None:
    with Record.open(scan) as record:
        do(record, "test.cine", left_mm=100.0)
    window.open_paths([scan])
    settle(window, qtbot)
    session, stage = window.desk.session, window.desk.stage
    first, newest = session.of_kind("volume")
    assert session.volume == newest
    click_row(qtbot, window, first.key, NAME)
    settle(window, qtbot)
    assert session.volume == first
    assert session.selection == first.key
    # tests/desktop/made.py: the CT's window is 40, 400; the cine's gray values are 100 to 500.
    assert stage.slices["axial"].window_level[:2] == (40.0, 400.0)
    assert window.panels["images"].heading.text() == "CT hip"
    click_row(qtbot, window, first.key, NAME)  # what is shown stays shown
    assert session.volume == first


def test_slices_in_3d_follow_an_inverted_window(window: MainWindow, scan: Path, qtbot) -> None:
    window.open_paths([scan])
    settle(window, qtbot)
    stage = window.desk.stage
    assert stage.scene is not None
    assert light_of_ball(stage.scene) > 230  # 900 HU is above the window of 40 ± 200
    view = stage.slices["axial"]
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_I)
    assert [v.window_level[2] for v in stage.slices.values()] == [True, True, True]
    qtbot.waitUntil(lambda: light_of_ball(stage.scene) < 20, timeout=5000)
    qtbot.keyClick(view, Qt.Key.Key_0)  # as in the file
    qtbot.waitUntil(lambda: light_of_ball(stage.scene) > 230, timeout=5000)


def light_of_ball(scene: SceneView) -> int:
    """Light of the coronal slice's middle, beside the crosshair."""
    picture = scene.image()
    return picture.pixelColor(picture.width() // 2 + 12, picture.height() // 2 + 12).lightness()


def test_a_record_without_a_patient_says_what_is_in_it(window: MainWindow, home: Path, qtbot) -> None:
    path = home / "nobody.twin"
    Record.create(path).close()
    window.open_paths([path])
    settle(window, qtbot)
    assert window.top.identity.full_text() == "Nothing in this record yet"
    window.desk.close_record()
    with Record.open(path) as record:
        do(record, "test.nobody")
    window.open_paths([path])
    settle(window, qtbot)
    assert window.top.identity.full_text() == "No patient named  ·  unknown scan"
    do(window.desk.session.record, "test.organs")
    settle(window, qtbot)
    assert window.top.identity.full_text().startswith("No patient named  ·  1 image, 4 structures")


def test_a_name_is_changed_in_place_and_taken_back(opened: MainWindow, qtbot) -> None:
    surface = opened.desk.session.of_kind("surface")[0]
    click_row(qtbot, opened, surface.key, NAME)
    press(qtbot, opened, "edit.rename")
    editor = opened.tree.tree.viewport().findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "my femur")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: opened.desk.session.item(surface.key).name == "my femur", timeout=2000)
    assert opened.tree.row(surface.key).text(NAME) == "my femur"
    opened.actions_.refresh()
    assert opened.actions_["edit.undo"].text() == "Undo Rename"
    press(qtbot, opened, "edit.undo")
    assert opened.tree.row(surface.key).text(NAME) == "left femur surface"
    assert opened.errors.isHidden()  # quick steps are taken back without a word
    press(qtbot, opened, "edit.redo")
    assert opened.tree.row(surface.key).text(NAME) == "my femur"


def test_what_is_deleted_goes_and_undo_brings_it_back(opened: MainWindow, qtbot) -> None:
    result = opened.desk.session.of_kind("result")[0]
    click_row(qtbot, opened, result.key, NAME)
    qtbot.keyClick(opened.tree.tree, Qt.Key.Key_Delete)
    assert opened.tree.row(result.key) is None
    model = opened.desk.session.of_kind("model")[0]
    assert opened.desk.session.is_visible(model.key)  # what the result covered is seen again
    press(qtbot, opened, "edit.undo")
    assert opened.tree.row(result.key) is not None


def test_stale_things_are_marked_and_made_again_with_one_click(opened: MainWindow, qtbot) -> None:
    session = opened.desk.session
    opened.desk.edit("test.edit", {"labels": session.of_kind("labelmap")[0].id}, {})
    settle(opened, qtbot)
    surface = session.of_kind("surface")[0]
    assert surface.stale
    assert surface.stale in opened.tree.row(surface.key).toolTip(STALE)
    press(qtbot, opened, "go.simulate")
    assert "<s>" in "".join(row[1].text() for row in opened.panels["simulate"].answer.numbers._rows)
    opened.actions_.refresh()
    assert not opened.actions_["report.write"].isEnabled()
    result = session.of_kind("result")[0]
    click_row(qtbot, opened, result.key, STALE)
    settle(opened, qtbot)
    assert not any(i.stale for i in session.items)


def test_left_or_right_is_asked_for_and_loads_wait(window: MainWindow, home: Path, qtbot) -> None:
    path = home / "side.twin"
    with Record.create(path) as record:
        do(record, "test.volume")
        do(record, "test.labels", side="unconfirmed")
        do(record, "test.surface")
        do(record, "test.mesh", side="unconfirmed")
    window.open_paths([path])
    settle(window, qtbot)
    press(qtbot, window, "go.anatomy")
    card = window.panels["anatomy"].side
    assert card.isVisible()
    assert "femur 1 (side unconfirmed)" in card.question.text()
    window.desk.session.select(window.desk.session.of_kind("mesh")[0].key)
    window.actions_.refresh()
    assert "Say first which side" in window.actions_["simulate.load"].toolTip()
    qtbot.mouseClick(card.right, Qt.MouseButton.LeftButton)
    settle(window, qtbot)
    session = window.desk.session
    assert [i.name for i in session.structures()] == ["right femur"]
    assert not card.isVisible()
    # What the segmentation measured is still told, under the new name; the surface is made again by itself.
    assert sizes_of(session, session.of_kind("labelmap")[0].id)[0]["name"] == "right femur"
    assert "right femur" in texts(window.panels["anatomy"].bone.facts)
    assert [i.structure for i in session.of_kind("surface")] == ["right femur"]
    assert not session.of_kind("surface")[0].stale


def test_keys_1_to_4_set_windows_where_the_slices_have_the_focus(opened: MainWindow, qtbot) -> None:
    view = opened.desk.stage.slices["axial"]
    assert view.window_level[:2] == (40.0, 400.0)  # the file's own, unasked
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_1)
    assert view.window_level[:2] == (400.0, 1800.0)  # resources.presets: bone
    assert opened.desk.stage.slices["coronal"].window_level[:2] == (400.0, 1800.0)
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.window_level[:2] == (40.0, 400.0)


def test_the_crosshair_is_one_in_all_views(opened: MainWindow, qtbot) -> None:
    stage = opened.desk.stage
    axial = stage.slices["axial"]
    qtbot.mouseClick(axial, Qt.MouseButton.LeftButton, pos=QPoint(axial.width() // 3, axial.height() // 3))
    for plane in ("coronal", "sagittal"):
        np.testing.assert_allclose(stage.slices[plane].crosshair, axial.crosshair)


def test_a_double_click_fills_the_stage_and_another_gives_it_back(opened: MainWindow, qtbot) -> None:
    stage = opened.desk.stage
    coronal = stage.slices["coronal"]
    qtbot.mouseDClick(coronal, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert stage.maximized == "coronal"
    assert not stage.slices["axial"].isVisible()
    assert coronal.width() > 0.95 * stage.width()
    qtbot.mouseDClick(coronal, Qt.MouseButton.LeftButton)
    assert all(v.isVisible() for v in stage.slices.values())


def test_the_strip_says_where_the_cursor_is_and_what_lies_there(opened: MainWindow, qtbot) -> None:
    view = opened.desk.stage.slices["axial"]
    qtbot.mouseMove(view, QPoint(5, 5))
    at = view.position_of(np.array([24.0, 24.0, 24.0])).toPoint()
    view.set_crosshair((24.0, 24.0, 24.0))
    qtbot.mouseMove(view, at)
    qtbot.waitUntil(lambda: "900 HU" in opened.strip.cursor_text.text(), timeout=2000)
    assert "left femur" in opened.strip.cursor_text.text()
    assert opened.strip.cursor_text.text().startswith("L 2")


def test_find_runs_a_command_by_a_few_letters(opened: MainWindow, qtbot) -> None:
    qtbot.keyClick(
        opened, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    assert opened.palette_.isVisible()
    qtbot.keyClicks(opened.palette_.line, "simul")
    assert opened.palette_.found()[0].id == "go.simulate"
    qtbot.keyClick(opened.palette_.line, Qt.Key.Key_Return)
    assert opened.desk.session.workspace == "simulate"
    assert not opened.palette_.isVisible()


def test_the_theme_changes_and_is_remembered(opened: MainWindow, qtbot) -> None:
    dark = opened.strip.grab().toImage().pixelColor(3, 3)
    press(qtbot, opened, "view.theme")
    light = opened.strip.grab().toImage().pixelColor(3, 3)
    assert dark.lightness() < 60
    assert light.lightness() > 200
    from desktop.settings import Settings

    assert Settings.read().theme == "light"
    press(qtbot, opened, "view.theme")


@pytest.mark.parametrize("workspace", ["images", "anatomy", "simulate", "report"])
def test_every_panel_fits_a_window_of_1280(opened: MainWindow, qtbot, workspace: str) -> None:
    press(qtbot, opened, f"go.{workspace}")
    panel = opened.panels[workspace]
    QApplication.processEvents()
    inside = panel.widget()
    assert inside.minimumSizeHint().width() <= panel.viewport().width()
    assert opened.width() == 1280


@pytest.mark.parametrize("workspace", ["images", "anatomy", "simulate", "report"])
def test_a_window_at_rest_lays_nothing_out(
    opened: MainWindow, qtbot, monkeypatch: pytest.MonkeyPatch, workspace: str
) -> None:
    press(qtbot, opened, f"go.{workspace}")
    settle(opened, qtbot)
    qtbot.wait(50)
    fitted = []
    place = Panel._place_foot
    monkeypatch.setattr(Panel, "_place_foot", lambda panel: fitted.append(place(panel)))
    qtbot.wait(100)
    assert len(fitted) <= 1  # without an end, it was done some hundred times
    fitted.clear()
    opened.panels[workspace].lead.setText("Some more words. " * 40)
    opened.panels[workspace].lead.show()
    qtbot.waitUntil(lambda: bool(fitted), timeout=5000)


def test_the_scene_is_large_where_a_mesh_is_looked_at(window: MainWindow, home: Path, qtbot) -> None:
    path = home / "mesh.twin"
    with Record.create(path) as record:
        for step in ("test.volume", "test.labels", "test.mesh"):
            do(record, step)
    window.open_paths([path])
    settle(window, qtbot)
    stage = window.desk.stage
    assert stage.arrangement == "four"
    press(qtbot, window, "go.simulate")
    QApplication.processEvents()
    assert stage.arrangement == "scene"
    # Two thirds of the stage's width, all of its height.
    assert 0.6 < stage.scene.width() / stage.width() < 0.7
    assert stage.scene.height() > 0.97 * stage.height()
    assert all(view.isVisible() for view in stage.slices.values())
    window.desk.stage.arrange("four")
    press(qtbot, window, "go.report")
    assert stage.arrangement == "four"  # the user's own choice is kept
    assert stage.scene.width() < 0.52 * stage.width()


def test_export_offers_what_the_table_has_and_writes(opened: MainWindow, qtbot, monkeypatch) -> None:
    asked: list[tuple[str, str]] = []
    target = Path(opened.desk.session.record.path).parent / "out"

    def save(_parent: object, title: str, _start: str, filters: str) -> tuple[str, str]:
        asked.append((title, filters))
        return str(target), "3MF for printing (*.3mf)"

    monkeypatch.setattr("desktop.asking.QFileDialog.getSaveFileName", save)
    surface = opened.desk.session.of_kind("surface")[0]
    click_row(qtbot, opened, surface.key, NAME)
    BY_ID["file.export"].trigger(opened.desk)
    written = target.with_name("out-left.3mf")
    qtbot.waitUntil(written.exists, timeout=30_000)
    qtbot.waitUntil(lambda: not opened.desk.queue.busy, timeout=10_000)
    title, filters = asked[0]
    assert title == f"Export {surface.name}"
    assert filters.startswith("STL (*.stl);;")
    assert "glTF, binary (*.glb)" in filters
    assert opened.desk.session.record.log()[-1].kind == "exported"


def test_what_has_no_format_or_is_not_chosen_cannot_be_exported(window: MainWindow) -> None:
    assert BY_ID["file.export"].why_not(window.desk) == "Choose something in the tree first."


def test_a_step_that_took_long_is_not_undone_in_silence(
    opened: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot
) -> None:
    monkeypatch.setattr("desktop.desk.LONG_SECONDS", 0.0)
    said: list[tuple[str, str]] = []
    opened.desk.said.connect(lambda *words: said.append(words))
    title = opened.desk.session.record.title("undo")
    press(qtbot, opened, "edit.undo")
    assert said == [(f"Undone: {title}.", "Redo (Ctrl+Shift+Z) brings it back without computing it anew.")]


def test_an_undo_that_leaves_nothing_says_so(window: MainWindow, scan: Path, qtbot) -> None:
    window.open_paths([scan])
    settle(window, qtbot)
    said: list[tuple[str, str]] = []
    window.desk.said.connect(lambda *words: said.append(words))
    press(qtbot, window, "edit.undo")
    ((what, then),) = said
    assert what == "Undone: Make a volume."
    assert then.startswith("The record is empty now. Redo")


def test_the_browser_gives_the_room_back_that_it_took(opened: MainWindow, qtbot) -> None:
    before = opened.splitter.sizes()
    assert before[0] > opened.tree.minimumWidth()
    opened.browse()
    QApplication.processEvents()
    assert not opened.browser.preview.take.isVisible()
    QTest.keyClick(opened.browser, Qt.Key.Key_Escape)
    QApplication.processEvents()
    assert opened.splitter.sizes() == before


def test_nothing_is_solved_while_the_load_is_turned(opened: MainWindow, qtbot) -> None:
    class Work:
        key = way.MODEL

    assert not way.why_not_solve(opened.desk)
    opened.desk.queue.works.append(Work())
    try:
        assert way.why_not_solve(opened.desk).startswith("The load is being placed or turned")
    finally:
        opened.desk.queue.works.clear()
