"""Measuring in the window: keys and hands make steps; the list, the tree, 3-D and the files follow."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from desktop.commands import COMMANDS
from desktop.window import MainWindow
from tests.desktop.conftest import do, settle
from twin.record import Record

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def seen(window: MainWindow, scan: Path, qtbot) -> MainWindow:
    """The window with nothing but a CT of a ball: 24³ voxels of 2 mm."""
    window.open_paths([scan])
    settle(window, qtbot)
    return window


def view_of(window: MainWindow, plane: str = "axial"):
    return window.desk.stage.slices[plane]


def drag(view, start, end) -> None:
    a, b = (QPointF(view.position_of(np.array(p, float)).toPoint()) for p in (start, end))
    QTest.mousePress(view, LEFT, pos=a.toPoint())
    for n in range(1, 5):
        at = a + (b - a) * n / 4
        kind, none = QEvent.Type.MouseMove, Qt.MouseButton.NoButton
        event = QMouseEvent(kind, at, view.mapToGlobal(at), none, LEFT, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(view, event)
    QTest.mouseRelease(view, LEFT, pos=b.toPoint())


def press(view, key) -> None:
    view.setFocus()
    QTest.keyClick(view, key)
    QApplication.processEvents()


def measured(window: MainWindow) -> list:
    stage = window.desk.stage
    return [stage.measuring.measurement(i) for i in window.desk.session.of_kind("measurement")]


def length(window: MainWindow) -> float:
    (made,) = measured(window)
    return made.number("length").value


def draw(window: MainWindow, start=(10, 20, 24), end=(30, 20, 24), key=Qt.Key.Key_D) -> None:
    view = view_of(window)
    view.set_crosshair((24, 24, 24))
    press(view, key)
    drag(view, start, end)
    press(view, Qt.Key.Key_Escape)
    QApplication.processEvents()


def test_a_distance_drawn_by_hand_is_a_step_that_undo_takes_back(seen, qtbot):
    draw(seen)
    assert length(seen) == pytest.approx(20, abs=0.3)
    record = seen.desk.session.record
    assert record.log()[-1].step == "measure.distance"
    assert seen.desk.stage.measuring.tool == ""
    seen.actions_["edit.undo"].trigger()
    assert measured(seen) == []
    QApplication.processEvents()
    seen.actions_["edit.redo"].trigger()
    assert length(seen) == pytest.approx(20, abs=0.3)


def test_an_edit_replaces_it_and_keeps_its_name_and_undo_brings_it_back(seen, qtbot):
    draw(seen)
    (item,) = seen.desk.session.of_kind("measurement")
    seen.desk.edit_entity("record.rename", item.id, name="lesion")
    view = view_of(seen)
    view.grab()
    drag(view, (30, 20, 24), (40, 20, 24))
    QApplication.processEvents()
    assert length(seen) == pytest.approx(30, abs=0.3)
    assert [i.name for i in seen.desk.session.of_kind("measurement")] == ["lesion"]
    seen.actions_["edit.undo"].trigger()
    assert length(seen) == pytest.approx(20, abs=0.3)


def test_delete_takes_the_selected_one_and_undo_brings_it_back(seen):
    draw(seen)
    view = view_of(seen)
    press(view, Qt.Key.Key_Delete)
    assert measured(seen) == []
    seen.actions_["edit.undo"].trigger()
    assert len(measured(seen)) == 1


def test_what_is_drawn_on_one_view_is_not_drawn_through_the_others(seen):
    draw(seen)
    for plane, shown in (("axial", 1), ("coronal", 0), ("sagittal", 0)):
        view_of(seen, plane).grab()
        assert len(seen.desk.stage.measuring.layers[plane].placed) == shown, plane


def test_the_list_shows_names_and_values_and_goes_where_they_are(seen, qtbot):
    draw(seen)
    draw(seen, (14, 14, 24), (34, 34, 24), Qt.Key.Key_E)
    settle(seen, qtbot)
    rows = seen.panels["images"].measure.list
    texts = [[rows.topLevelItem(n).text(c) for c in (0, 1)] for n in range(rows.topLevelItemCount())]
    assert [t[0] for t in texts] == ["Distance", "Ellipse"]
    assert "± 2.0 mm" in texts[0][1]
    assert "HU" in texts[1][1]
    view = view_of(seen)
    view.set_crosshair((24, 24, 40))
    at = rows.visualItemRect(rows.topLevelItem(0)).center()
    QTest.mouseClick(rows.viewport(), LEFT, pos=at)
    QApplication.processEvents()
    np.testing.assert_allclose(view.crosshair, (20, 20, 24), atol=0.3)
    assert seen.desk.session.selection == seen.desk.session.of_kind("measurement")[0].key
    QTest.keyClick(rows, Qt.Key.Key_Delete)
    settle(seen, qtbot)
    assert [rows.topLevelItem(n).text(0) for n in range(rows.topLevelItemCount())] == ["Ellipse"]


def test_a_tool_button_takes_the_tool_and_tells_how_to_use_it(seen, qtbot):
    seen.desk.session.go_to("images")
    settle(seen, qtbot)
    card = seen.panels["images"].measure
    button = card.tools.buttons["measure.polygon"]
    QTest.mouseClick(button, LEFT, pos=button.rect().center())
    assert seen.desk.stage.measuring.tool == "polygon"
    assert "double-click to close" in card.hint.text()
    QTest.mouseClick(button, LEFT, pos=button.rect().center())
    assert seen.desk.stage.measuring.tool == ""
    assert not card.hint.isVisible()


def test_measurements_lie_in_the_scene_upon_the_slices(seen, qtbot):
    draw(seen)
    draw(seen, (14, 14, 24), (34, 34, 24), Qt.Key.Key_E)
    settle(seen, qtbot)
    keys = seen.desk.stage.scene.keys()
    assert {i.key for i in seen.desk.session.of_kind("measurement")} <= set(keys)
    assert any("slice" in key for key in keys)  # the scan's own slices stay
    assert seen.desk.stage.scene._decor.caption == ()


def test_a_hidden_measurement_is_hidden_everywhere(seen, qtbot):
    draw(seen)
    (item,) = seen.desk.session.of_kind("measurement")
    seen.desk.session.show(item.key, False)
    settle(seen, qtbot)
    view_of(seen).grab()
    assert seen.desk.stage.measuring.layers["axial"].placed == ()
    assert item.key not in list(seen.desk.stage.scene.keys())


@pytest.mark.slow
def test_all_measurements_are_exported_by_the_button(seen, qtbot, tmp_path, monkeypatch):
    draw(seen)
    draw(seen, (14, 14, 24), (34, 34, 24), Qt.Key.Key_E)
    settle(seen, qtbot)
    for name, chosen in (("all", "Numbers (*.csv)"), ("all", "DICOM report (*.sr.dcm)")):
        answer = (str(tmp_path / name), chosen)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, answer=answer: answer)
        seen.panels["images"].measure.export.click()
        settle(seen, qtbot)
    with (tmp_path / "all.csv").open(encoding="utf-8") as file:
        assert {row["measurement"] for row in csv.DictReader(file)} == {"Distance", "Ellipse"}
    assert (tmp_path / "all.sr.dcm").stat().st_size > 1000
    assert [e.params["entity"] for e in seen.desk.session.record.log() if e.kind == "exported"] == [
        "measurements", "measurements",
    ]  # fmt: skip


def test_a_stale_measurement_is_struck_through_and_made_again_by_one_click(seen, qtbot):
    from tests.twin.measuring import test_steps  # noqa: F401  (declares the step that brightens)

    draw(seen, (14, 14, 24), (34, 34, 24), Qt.Key.Key_E)
    before = measured(seen)[0].number("mean").value
    volume = seen.desk.session.of_kind("volume")[0].id
    seen.desk.edit("test.brighten", {"volume": volume}, {})
    settle(seen, qtbot)
    (item,) = seen.desk.session.of_kind("measurement")
    assert "has changed since" in item.stale
    row = seen.panels["images"].measure.list.topLevelItem(0)
    assert row.font(1).strikeOut()
    assert "stale" in seen.actions_["measure.export"].toolTip()
    seen.desk.make_again(item.id)
    settle(seen, qtbot)
    (item,) = seen.desk.session.of_kind("measurement")
    assert item.stale == ""
    assert measured(seen)[0].number("mean").value == pytest.approx(before + 100)


def test_the_volume_of_a_structure_becomes_a_measurement(opened, qtbot):
    session = opened.desk.session
    session.select(session.structures()[0].key)
    QApplication.processEvents()
    opened.actions_["measure.structure"].trigger()
    settle(opened, qtbot)
    (made,) = measured(opened)
    mask = session.load(session.structures()[0].id).mask(session.structures()[0].part)
    assert made.number("volume").value == pytest.approx(mask.sum() * 8 / 1000)  # voxels of 2 mm: 8 mm³
    assert made.side == "left"


def test_nothing_is_measured_in_a_record_that_cannot_be_written(window, scan, qtbot):
    holder = Record.open(scan)
    try:
        window.desk.open_record(scan, write=False)
        settle(window, qtbot)
        assert "reading only" in window.actions_["measure.distance"].toolTip()
        press(view_of(window), Qt.Key.Key_D)
        assert window.desk.stage.measuring.tool == ""
    finally:
        holder.close()


def test_a_report_that_is_dropped_comes_in_on_its_image(seen, qtbot, tmp_path):
    from twin.exports import export
    from twin.measuring import measure

    ct = seen.desk.session.record.load("v1")
    drawn = measure("distance", ct, np.array([[10.0, 20, 24], [30, 20, 24]]))
    report = export(drawn, tmp_path / "one.sr.dcm")
    do(seen.desk.session.record, "test.pet", study="1.9")  # of another study, in another space
    do(seen.desk.session.record, "test.pet", frame="1.10")
    seen.open_paths([report])
    settle(seen, qtbot)
    (back,) = measured(seen)
    np.testing.assert_allclose(back.points, drawn.points, atol=1e-4)
    assert back.number("length").value == pytest.approx(20)
    entry = seen.desk.session.record.log()[-1]
    assert (entry.step, entry.inputs["volume"]["id"]) == ("import.measurements", "v1")


def test_a_report_without_its_image_is_refused_in_words(window, hip, qtbot, tmp_path):
    from twin.domain import Identity, Volume
    from twin.exports import export
    from twin.measuring import measure

    who = Identity(patient_name="A^B", patient_id="9", study_uid="1.55")
    ct = Volume(np.zeros((9, 9, 9), np.int16), np.eye(4), "CT", frame_of_reference="1.56", identity=who)
    report = export(measure("distance", ct, np.array([[1.0, 2, 3], [4, 2, 3]])), tmp_path / "one.sr.dcm")
    for record in ((), (hip,)):
        window.open_paths([*record])
        settle(window, qtbot)
        with qtbot.waitSignal(window.desk.failed) as failed:
            window.open_paths([report])
        assert "drawn on an image that is not in the record" in failed.args[0].message
    with qtbot.waitSignal(window.desk.failed) as failed:
        window.desk.guard(lambda: window.incoming.open([report], deidentify=True))
    assert "Measurements cannot be de-identified" in failed.args[0].message


def test_another_image_does_not_show_the_measurements_of_the_first(seen, qtbot):
    draw(seen)
    do(seen.desk.session.record, "test.volume")
    settle(seen, qtbot)
    assert seen.desk.stage.measuring.items() == []
    view_of(seen).grab()
    assert seen.desk.stage.measuring.layers["axial"].placed == ()


def test_the_keys_of_the_tools_are_nobody_elses():
    keys = [c.shortcut for c in COMMANDS if c.shortcut and c.where in ("", "views")]
    tools = [c.shortcut for c in COMMANDS if c.group == "Measure" and c.shortcut]
    assert len(tools) == 10  # nine tools, and the one that marks a key image
    assert [k for k in tools if keys.count(k) > 1] == []
    assert not set(tools) & {"F", "B", "R"}  # these are the slices' own


def test_the_label_field_takes_letters_that_are_shortcuts(seen, qtbot):
    view = view_of(seen)
    view.set_crosshair((24, 24, 24))
    press(view, Qt.Key.Key_X)
    QTest.mouseClick(view, LEFT, pos=QPoint(view.width() // 2 + 40, view.height() // 2 - 40))
    editor = seen.desk.stage.measuring.layers["axial"].editor
    QTest.keyClicks(editor, "bdge")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    (made,) = measured(seen)
    assert made.text == "bdge"
    assert seen.desk.stage.measuring.tool == "text"


def names(window: MainWindow) -> list[str]:
    """Return what the list in the panel shows."""
    rows = window.panels["images"].measure.list
    return [rows.topLevelItem(n).text(0) for n in range(rows.topLevelItemCount())]


def test_words_stand_in_the_list_as_they_were_typed(seen, qtbot):
    view, layer = view_of(seen), seen.desk.stage.measuring.layers["axial"]
    view.set_crosshair((24, 24, 24))
    press(view, Qt.Key.Key_W)
    drag(view, (10, 20, 24), (30, 20, 24))
    QTest.keyClick(layer.editor, Qt.Key.Key_Return)  # no words yet
    press(view, Qt.Key.Key_Escape)
    settle(seen, qtbot)
    assert names(seen) == ["Arrow"]
    drag(view_of(seen), (30, 20, 24), (34, 24, 24))  # its end is moved before it is given words
    settle(seen, qtbot)
    on_it = view.position_of(np.array([22.0, 22.0, 24.0])).toPoint()  # halfway from (10, 20) to (34, 24)
    QTest.mouseDClick(view, LEFT, pos=on_it)
    QTest.keyClicks(layer.editor, "nodule ?")
    QTest.keyClick(layer.editor, Qt.Key.Key_Return)
    settle(seen, qtbot)
    assert names(seen) == ["nodule ?"]
