"""What hands do to the window, and where keys go: things that were found wrong by looking."""

import contextlib
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from desktop import way, words
from desktop.fields import CheckBox, ComboBox, DoubleSpinBox
from desktop.section import StepSection
from desktop.window import MainWindow
from tests.desktop.conftest import do, settle
from twin.errors import UserError
from twin.jobs import Job
from twin.progress import Progress
from twin.record import Record


def forever(progress: Progress) -> None:
    while True:
        progress(0.1, "making")


def keep_busy():
    yield Job(forever, title="Making")


def free_end(window: MainWindow, key: str) -> QPoint:
    """Return where the end of an arrow that a hand takes hold of lies in the scene."""
    scene = window.desk.stage.scene
    at: QPointF = scene._on_screen(scene._shown[key].arrows.free_ends()[0])
    return at.toPoint()


def test_the_study_date_stands_in_a_narrow_bar_too(opened: MainWindow) -> None:
    opened.resize(920, 700)
    QApplication.processEvents()
    assert opened.top.identity.text() == "HIP, Model · HIP003 · 61 y · F · CT 2026-01-05"


@pytest.mark.parametrize("place", ["the views at first", "tree", "number in the task", "buttons of the task"])
def test_the_views_hear_their_keys_wherever_the_work_goes_on(opened: MainWindow, qtbot, place: str) -> None:
    stage = opened.desk.stage
    opened.desk.session.go_to("anatomy")
    settle(opened, qtbot)
    panel = opened.panels["anatomy"]
    for section in panel.findChildren(StepSection):
        section.body.show()
    number = next(spin for spin in panel.findChildren(DoubleSpinBox) if spin.isVisible())
    before = number.value()
    places = {
        "the views at first": opened.focusWidget(),
        "tree": opened.tree.tree,
        "number in the task": number,
        "buttons of the task": panel.findChild(StepSection).button,
    }
    places[place].setFocus()
    QTest.keyClick(places[place], Qt.Key.Key_D)
    assert stage.measuring.tool == "distance"
    QTest.keyClick(places[place], Qt.Key.Key_Escape)
    assert stage.measuring.tool == ""
    labels = stage.overlay.opacity
    QTest.keyClick(places[place], Qt.Key.Key_G)
    assert stage.overlay.opacity != labels
    assert number.value() == before


def test_words_and_the_palette_keep_the_keys_for_themselves(opened: MainWindow, qtbot) -> None:
    stage = opened.desk.stage
    stage.measuring.take("distance")
    opened.actions_["view.find"].trigger()
    QTest.keyClicks(opened.palette_.line, "dyg")
    assert opened.palette_.line.text() == "dyg"
    QTest.keyClick(opened.palette_.line, Qt.Key.Key_Escape)
    assert not opened.palette_.isVisible()
    assert stage.measuring.tool == "distance"
    opened.desk.session.select(opened.desk.session.of_kind("labelmap")[0].key)
    opened.tree.rename()
    editor = opened.tree.tree.findChild(QLineEdit)
    QTest.keyClicks(editor, "dg")
    assert editor.text() == "dg"
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert stage.measuring.tool == "distance"


def test_landmarks_lie_on_their_bone_and_do_not_replace_it(opened: MainWindow, qtbot) -> None:
    session = opened.desk.session
    session.show_only(session.of_kind("surface")[0].key)
    do(session.record, "test.landmarks")
    settle(opened, qtbot)
    keys = opened.desk.stage.scene.keys()
    assert session.of_kind("surface")[0].key in keys
    assert session.of_kind("landmarks")[0].key in keys


def test_an_arrow_whose_turn_comes_to_nothing_goes_back(opened: MainWindow, qtbot) -> None:
    session = opened.desk.session
    model = session.of_kind("model")[0]
    session.show_only(model.key)
    settle(opened, qtbot)
    scene, key = opened.desk.stage.scene, f"{model.key}#hip"
    before, start = scene._shown[key].arrows.direction(0), free_end(opened, key)
    qtbot.mousePress(scene, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(scene, start + QPoint(60, 30))
    assert not np.allclose(scene._shown[key].arrows.direction(0), before)
    qtbot.mouseRelease(scene, Qt.MouseButton.LeftButton, pos=start + QPoint(60, 30))
    settle(opened, qtbot)
    # The model was not made by the program's own step: it cannot be turned, and says so.
    assert "cannot be turned" in opened.errors.message.text()
    np.testing.assert_allclose(scene._shown[key].arrows.direction(0), before)


def test_tab_walks_from_the_slices_through_the_scene_and_the_form_to_the_button(
    window: MainWindow, scan: Path, qtbot
) -> None:
    window.open_paths([scan])
    settle(window, qtbot)
    window.desk.session.go_to("anatomy")
    settle(window, qtbot)
    panel, stage = window.panels["anatomy"], window.desk.stage
    stage.slices["sagittal"].setFocus()
    walked = []
    while QApplication.focusWidget() is not panel.bone.button and len(walked) < 20:
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        walked.append(QApplication.focusWidget())
    fields = panel.bone.forms[way.BONE].fields
    assert walked[0] is stage.scene
    places = [walked.index(fields[name]) for name in ("threshold_hu", "smallest_ml", "separate")]
    assert places == sorted(places)
    assert walked[-1] is panel.bone.button


def test_a_button_that_goes_off_hands_its_focus_to_no_other_button(
    window: MainWindow, scan: Path, qtbot
) -> None:
    window.open_paths([scan])
    settle(window, qtbot)
    window.desk.session.go_to("anatomy")
    settle(window, qtbot)
    button = window.panels["anatomy"].bone.button
    button.setFocus()
    work = window.desk.start("Segment bone", keep_busy(), key=way.BONE)
    qtbot.waitUntil(lambda: not button.isEnabled(), timeout=10_000)
    assert QApplication.focusWidget() is window
    window.desk.queue.cancel(work)
    settle(window, qtbot)


def test_the_reference_patient_is_made_once_at_a_time(window: MainWindow, qtbot) -> None:
    work = window.desk.start("Make the reference patient", keep_busy(), key=way.REFERENCE)
    qtbot.waitUntil(lambda: not window.empty.reference.isEnabled(), timeout=10_000)
    assert "being done" in window.empty.reference.toolTip()
    qtbot.waitUntil(lambda: "Making" in window.empty.busy.text(), timeout=30_000)
    window.desk.queue.cancel(work)
    settle(window, qtbot)
    assert window.empty.reference.isEnabled()
    assert window.empty.busy.text() == ""


def test_a_job_that_ends_does_not_take_the_hand_from_another_bone(opened: MainWindow) -> None:
    session = opened.desk.session
    do(session.record, "test.labels", side="right")
    right = next(i for i in session.structures() if i.part == "right femur")
    left = session.of_kind("result")[0]
    session.select(right.key)
    way.show_made(opened.desk, left.id)
    assert session.selection == right.key
    session.select(session.of_kind("volume")[0].key)
    way.show_made(opened.desk, left.id)
    assert session.selection == left.key


def test_numbers_name_their_load_and_the_report_keeps_to_the_weight_solved(opened: MainWindow, qtbot) -> None:
    opened.desk.session.go_to("simulate")
    settle(opened, qtbot)
    answer = opened.panels["simulate"].answer
    answer.slider.setValue(150)
    assert answer.numbers.load.text() == "Walking, body weight 150 kg"
    opened.desk.session.go_to("report")
    settle(opened, qtbot)
    report = opened.panels["report"]
    assert report.numbers.load.text() == "Walking, body weight 75 kg"
    assert report.numbers.texts() == ["Von Mises stress: 16.9 MPa (13.5–20.3)"]  # as test.result says


def test_the_weight_of_a_child_can_be_shown(window: MainWindow, home: Path, qtbot) -> None:
    path = home / "child.twin"
    with Record.create(path) as record:
        for step in ("test.volume", "test.labels", "test.surface", "test.model"):
            do(record, step)
        do(record, "test.result", body_weight_n=15 * 9.81)
    window.open_paths([path])
    settle(window, qtbot)
    window.desk.session.go_to("simulate")
    settle(window, qtbot)
    answer = window.panels["simulate"].answer
    assert answer.weight.text() == "15 kg"
    assert answer.slider.value() == 15


def test_a_long_choice_ends_in_an_ellipsis_and_is_whole_in_the_tooltip(qtbot) -> None:
    box = ComboBox()
    qtbot.addWidget(box)
    box.addItem("Morgan femoral neck and much more")
    box.resize(box.sizeHint().width() // 2 + 40, box.sizeHint().height())
    short = box.grab().toImage()
    box.setItemText(0, "Morgan femoral neck and much less")  # differs only where it is cut off
    assert box.grab().toImage() == short


def test_a_ticked_box_shows_its_tick(qtbot) -> None:
    box = CheckBox("With intervals")
    qtbot.addWidget(box)
    box.setStyleSheet("QCheckBox::indicator:checked { background: #4FB3BF; width: 14px; height: 14px; }")
    box.setChecked(True)
    picture = box.grab().toImage()
    colors = {picture.pixelColor(x, y).name() for x in range(16) for y in range(picture.height())}
    assert any(picture_is_dark(c) for c in colors)


def picture_is_dark(name: str) -> bool:
    return int(name[1:3], 16) + int(name[3:5], 16) + int(name[5:7], 16) < 120


@pytest.mark.parametrize(
    ("value", "shown"),
    [(19241.3, "19\u202f241 MPa"), (-0.139, "−0.139 MPa"), (999.4, "999 MPa")],
)
def test_numbers_are_written_as_people_read_them(value: float, shown: str) -> None:
    assert words.number(value, "MPa") == shown


def test_the_caption_counts_what_it_cannot_name(opened: MainWindow, qtbot) -> None:
    session = opened.desk.session
    scene = opened.desk.stage.scene
    assert scene._decor.caption[-2:] == ("left femur stresses", "walking, body weight 75 kg")
    session.show(session.of_kind("surface")[0].key)
    session.show(session.of_kind("result")[0].key, False)
    session.show(session.of_kind("model")[0].key)
    settle(opened, qtbot)
    assert scene._decor.caption[-1] == "2 shapes"


def test_a_copy_saved_while_the_record_is_open_is_whole_and_held_by_nobody(
    opened: MainWindow, home: Path
) -> None:
    target = home / "copy.twin"
    target.write_bytes(b"an older file")
    opened.desk.save_copy(target)
    with contextlib.closing(sqlite3.connect(target)) as file:
        assert file.execute("SELECT count(*) FROM holder").fetchone() == (0,)
    with Record.open(target) as record:
        assert record.check() == []
        assert [e.id for e in record.entries()] == [e.id for e in opened.desk.session.entries]
    assert sorted(p.name for p in home.glob("*copy*")) == ["copy.twin"]
    with pytest.raises(UserError, match="the open record itself"):
        opened.desk.save_copy(Path(opened.desk.session.record.path))


@pytest.mark.parametrize("workspace", ["images", "anatomy", "simulate", "report"])
def test_larger_text_cuts_nothing_off(opened: MainWindow, qtbot, workspace: str) -> None:
    opened.desk.session.go_to(workspace)
    opened.desk.set_font(18)
    settle(opened, qtbot)
    panel = opened.panels[workspace]
    qtbot.waitUntil(lambda: panel.widget().minimumSizeHint().width() <= panel.viewport().width())
    for label in panel.findChildren(QLabel):
        if label.isVisible() and label.text():
            right = label.mapTo(panel.viewport(), QPoint(label.width(), 0)).x()
            assert right <= panel.viewport().width(), label.text()


def test_undo_waits_for_a_running_job_which_would_bury_what_can_be_done_again(
    window: MainWindow, scan: Path, qtbot
) -> None:
    window.open_paths([scan])
    settle(window, qtbot)
    desk, undo = window.desk, window.actions_["edit.undo"]
    volume = desk.session.of_kind("volume")[0].id

    def plan():
        yield desk.job("test.labels", {"volume": volume}, {"seconds": 1.0})

    work = desk.start("Find the ball", plan())
    qtbot.waitUntil(lambda: work.fraction > 0, timeout=30_000)
    undo.trigger()
    assert not undo.isEnabled()
    assert "stop it" in undo.toolTip()
    settle(window, qtbot)
    assert [i.kind for i in desk.session.items if not i.part] == ["volume", "labelmap"]
    undo.trigger()
    assert [i.kind for i in desk.session.items] == ["volume"]


def test_an_error_leaves_when_the_user_goes_on_and_a_notice_stays(
    window: MainWindow, scan: Path, qtbot
) -> None:
    window.open_paths([scan])
    settle(window, qtbot)
    desk = window.desk
    desk.failed.emit(UserError("The ball is flat.", "Blow it up."), "")
    assert window.errors.isVisible()
    desk.queue.cancel(desk.start("Make it", keep_busy()))
    assert not window.errors.isVisible()
    desk.said.emit("The record is here.", "")
    desk.queue.cancel(desk.start("Make it", keep_busy()))
    assert window.errors.isVisible()
    settle(window, qtbot)


def test_neither_an_error_nor_what_is_ready_is_lost_to_the_other(
    window: MainWindow, scan: Path, qtbot
) -> None:
    window.open_paths([scan])
    settle(window, qtbot)
    desk, bar, seen = window.desk, window.errors, []
    desk.failed.emit(UserError("The ball is flat.", "Blow it up."), "")
    desk.ready.emit("The ball is ready.", "Show", lambda: seen.append("ball"))
    desk.ready.emit("The box is ready.", "Show", lambda: seen.append("box"))
    assert bar.message.text() == "The ball is flat."
    qtbot.mouseClick(bar._close, Qt.MouseButton.LeftButton)
    assert (bar.isVisible(), bar.message.text()) == (True, "The ball is ready.")
    desk.failed.emit(UserError("It rolled away.", ""), "")
    assert bar.message.text() == "It rolled away."
    qtbot.mouseClick(bar._close, Qt.MouseButton.LeftButton)
    assert bar.message.text() == "The ball is ready."  # it comes again
    assert not bar._leave.isActive()
    qtbot.mouseClick(bar.action, Qt.MouseButton.LeftButton)
    assert bar.message.text() == "The box is ready."
    qtbot.mouseClick(bar.action, Qt.MouseButton.LeftButton)
    assert seen == ["ball", "box"]
    assert not bar.isVisible()
    desk.ready.emit("The ball is ready.", "Show", lambda: None)
    desk.close_record()
    assert not bar.isVisible()  # it was of that record


def test_what_was_computed_for_a_closed_window_is_told_nobody(window: MainWindow, qtbot) -> None:
    told: list[int] = []
    reader = window.desk.reader
    qtbot.waitUntil(lambda: not reader.busy, timeout=60_000)
    reader.compute(lambda: 1, told.append)
    reader.close()
    qtbot.waitUntil(lambda: not reader.busy, timeout=10_000)
    assert told == []


def test_a_double_click_leaves_the_crosshair_where_it_was(opened: MainWindow, qtbot) -> None:
    views = opened.desk.stage.slices
    for view in views.values():
        view.set_crosshair((24, 20, 22))
    axial = views["axial"]
    qtbot.mouseClick(axial, Qt.MouseButton.LeftButton, pos=QPoint(30, 120))
    assert not np.allclose(views["coronal"].crosshair, [24, 20, 22])  # a click moves it
    for view in views.values():
        view.set_crosshair((24, 20, 22))
    at = QPoint(30, 150)
    # What Qt sends for a double click: press, release, double click, release.
    qtbot.mouseClick(axial, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseDClick(axial, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseRelease(axial, Qt.MouseButton.LeftButton, pos=at)
    assert opened.desk.stage.maximized == "axial"
    for view in views.values():
        np.testing.assert_allclose(view.crosshair, [24, 20, 22])


def test_a_notice_covers_nobodys_name_and_goes(opened: MainWindow, qtbot) -> None:
    opened.desk.said.emit("Undone: segment bone.", "Redo brings it back.")
    bar = opened.errors
    assert bar.isVisible()
    for view in opened.desk.stage.slices.values():
        corner = view.mapTo(bar.parentWidget(), QPoint(0, 0))
        line = view.fontMetrics().lineSpacing()
        texts = [  # three lines and some room in each upper corner, two in the lower ones
            QRect(corner, QSize(view.width(), 4 * line)),
            QRect(corner + QPoint(0, view.height() - 3 * line), QSize(view.width(), 3 * line)),
        ]
        assert not any(bar.geometry().intersects(text) for text in texts)
    bar._leave.setInterval(1)
    bar._leave.start()
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=5_000)
    opened.desk.failed.emit(UserError("It failed.", "Try again."), "")
    assert not bar._leave.isActive()


def test_anatomy_is_the_way_on_only_where_it_has_something_to_do(
    window: MainWindow, home: Path, qtbot
) -> None:
    with Record.create(home / "pet.twin") as record:
        do(record, "test.pet")
    window.open_paths([home / "pet.twin"])
    settle(window, qtbot)
    panel = window.panels["images"]
    assert panel.go.objectName() == ""
    assert "can be measured" in panel.instead.text()
    assert panel.instead.isVisible()
    do(window.desk.session.record, "test.volume")
    settle(window, qtbot)
    assert panel.go.objectName() == "primary"
    assert not panel.instead.isVisible()
