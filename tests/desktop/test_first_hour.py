"""What a newcomer meets in his first hour, by hand: silent images, all bones at once, messages, pop-ups."""

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QPushButton, QWidget

from desktop.results import NOTICED_MS
from desktop.window import MainWindow
from physics import recombine
from tests.desktop.conftest import do, settle
from tests.desktop.test_results import open_simulate
from twin.errors import UserError
from twin.progress import Progress
from twin.record import Record
from twin.run import prepare, run


def press(window: MainWindow, qtbot, text: str) -> None:
    """Click the one button of the task panel that reads so."""
    panel = window.tasks.currentWidget()
    button = next(b for b in panel.findChildren(QPushButton) if b.isVisible() and b.text() == text)
    assert button.isEnabled(), button.toolTip()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_silent_image_becomes_a_ct_by_a_button_and_undo_takes_it_back(
    window: MainWindow, home: Path, qtbot
) -> None:
    path = home / "silent.twin"
    with Record.create(path) as record:
        do(record, "test.nobody")
    window.open_paths([path])
    settle(window, qtbot)
    session, panels = window.desk.session, window.panels
    window.actions_["go.anatomy"].trigger()
    settle(window, qtbot)
    card, bone = panels["anatomy"].silent, panels["anatomy"].bone
    # tests/desktop/made.py: a ball of 900 in −50.
    assert "They run from −50 to 900." in card.values.text()
    assert "“Treat as CT”" in bone.reason.text()
    assert not bone.button.isEnabled()
    press(window, qtbot, "Treat as CT")
    settle(window, qtbot)
    entry = session.entry(session.volume.id)
    assert (entry.tree["modality"], entry.tree["unit"]) == ("CT", "HU")
    assert "Modality CT was said by hand: its values are taken for HU." in entry.tree["notes"]
    assert session.record.log()[-1].step == "volume.confirm_modality"
    assert session.record.log()[-1].params == {"modality": "CT", "add_hu": 0.0, "assume_hu": False}
    assert not card.isVisible()
    assert bone.button.isEnabled()
    window.actions_["edit.undo"].trigger()
    settle(window, qtbot)
    assert session.entry(session.volume.id).tree["unit"] == ""
    assert card.isVisible()


def test_a_ct_without_its_intercept_is_offered_it_and_a_mask_nothing(
    window: MainWindow, home: Path, qtbot
) -> None:
    path = home / "unscaled.twin"
    with Record.create(path) as record:
        do(record, "test.unscaled")
        do(record, "test.mask")
    window.open_paths([path])
    settle(window, qtbot)
    session, card, errors = window.desk.session, window.panels["images"].silent, window.errors
    head, mask = (i for i in session.of_kind("volume"))
    session.show_only(head.key)
    settle(window, qtbot)
    press(window, qtbot, "Treat as CT")
    settle(window, qtbot)
    # tests/desktop/made.py: soft tissue of 1074 and up to 23 more.
    assert "soft tissue at 10" in errors.message.text()
    assert session.entry(head.id).tree["unit"] == ""
    assert errors.action.text() == "It is a CT: add −1024 HU"
    qtbot.mouseClick(errors.action, Qt.MouseButton.LeftButton)
    settle(window, qtbot)
    assert (session.entry(head.id).tree["unit"], session.entry(head.id).tree["intercept"]) == ("HU", -1024.0)
    session.show_only(mask.key)
    settle(window, qtbot)
    assert not card.isVisible()
    assert "holds labels" in window.actions_["images.ct"].toolTip()
    assert window.actions_["images.labels"].isEnabled()
    window.actions_["images.labels"].trigger()
    settle(window, qtbot)
    assert [i.name for i in session.structures()] == ["label 1"]
    window.actions_["edit.undo"].trigger()
    settle(window, qtbot)
    assert not session.structures()
    session.show_only(head.key)
    settle(window, qtbot)
    assert not window.actions_["images.labels"].isEnabled()


def test_what_says_what_it_is_is_not_asked(opened: MainWindow, qtbot) -> None:
    assert not opened.panels["images"].silent.isVisible()
    assert opened.actions_["images.ct"].toolTip().endswith("The image that is shown says what made it.")


@pytest.mark.slow
def test_all_structures_are_seen_in_3d_by_one_button(window: MainWindow, home: Path, qtbot) -> None:
    path = home / "two.twin"
    with Record.create(path) as record:
        do(record, "test.volume")
        do(record, "test.two_bones")
    window.open_paths([path])
    settle(window, qtbot)
    window.actions_["go.anatomy"].trigger()
    settle(window, qtbot)
    press(window, qtbot, "Show all in 3-D")
    settle(window, qtbot)
    session = window.desk.session
    made = {i.structure: i.key for i in session.of_kind("surface")}
    assert set(made) == {"left femur", "right femur"}
    assert all(session.is_visible(key) for key in made.values())
    assert set(made.values()) <= set(window.desk.stage.scene.keys())
    assert not window.panels["anatomy"].all.isVisible()
    window.actions_.refresh()
    assert "Every structure has its surface." in window.actions_["anatomy.surfaces"].toolTip()


def places(window: MainWindow) -> list[QRect]:
    stage = window.desk.stage
    views: list[QWidget] = [*stage.slices.values(), stage.scene, window.tree, window.tasks]
    return [QRect(v.mapTo(window, QPoint(0, 0)), v.size()) for v in views]


def test_messages_move_no_pane_when_they_come_and_go(opened: MainWindow, qtbot) -> None:
    before = places(opened)
    opened.desk.said.emit("The record is here.", "Every finished step is stored there by itself.")
    settle(opened, qtbot)
    assert opened.errors.isVisible()
    assert places(opened) == before
    opened.desk.failed.emit(UserError("The ball is flat.", "Blow it up. " * 30), "details\n" * 20)
    opened.errors._more.click()
    settle(opened, qtbot)
    assert places(opened) == before
    bar = opened.errors
    assert bar.parentWidget().rect().contains(bar.geometry())
    assert bar.hint.height() >= bar.hint.heightForWidth(bar.hint.width())  # all of it can be read
    qtbot.mouseClick(bar._close, Qt.MouseButton.LeftButton)
    assert not bar.isVisible()
    assert places(opened) == before


@pytest.mark.parametrize("font_px", [13, 24])
def test_where_a_number_comes_from_opens_within_the_window(opened: MainWindow, qtbot, font_px: int) -> None:
    opened.desk.set_font(font_px)
    opened.resize(900, 560)
    answer = open_simulate(opened, qtbot)
    qtbot.mouseClick(answer.numbers._rows[0][3], Qt.MouseButton.LeftButton)
    chain = answer.numbers.chain
    room = QRect(opened.mapToGlobal(QPoint(0, 0)), opened.size())
    # The tests' platform gives frameless windows a frame too, and shifts them by it.
    box = chain.geometry().translated(opened.pos() - opened.geometry().topLeft())
    assert room.contains(box)
    assert opened.screen().availableGeometry().contains(box)
    chain.close()


def test_an_assumed_weight_is_called_so_until_a_hand_sets_it(window: MainWindow, home: Path, qtbot) -> None:
    path = home / "assumed.twin"
    with Record.create(path) as record:
        for step in ("test.volume", "test.labels", "test.surface"):
            do(record, step)
        run(record, prepare(record, "test.model", {}, {"patient": "assumed"}), Progress())
        do(record, "test.result")
    window.open_paths([path])
    settle(window, qtbot)
    answer = open_simulate(window, qtbot)
    scene = window.desk.stage.scene
    assert answer.assumed.isVisible()
    assert answer.numbers.load.text() == "Walking, body weight 75 kg (assumed)"
    assert "walking, body weight 75 kg (assumed)" in scene._decor.caption
    answer.weight.setFocus()
    answer.weight.selectAll()
    qtbot.keyClicks(answer.weight, "82")
    qtbot.keyClick(answer.weight, Qt.Key.Key_Return)
    assert not answer.assumed.isVisible()
    assert answer.numbers.load.text() == "Walking, body weight 82 kg"
    assert "walking, body weight 82 kg" in scene._decor.caption
    # The report is of the weight that was solved with, which is as assumed as before.
    window.actions_["go.report"].trigger()
    settle(window, qtbot)
    assert window.panels["report"].numbers.load.text() == "Walking, body weight 75 kg (assumed)"


def test_a_weight_that_was_set_is_not_called_assumed(opened: MainWindow, qtbot) -> None:
    answer = open_simulate(opened, qtbot)
    assert not answer.assumed.isVisible()
    assert answer.numbers.load.text() == "Walking, body weight 75 kg"


def test_a_field_that_takes_long_says_so_and_only_the_last_one_asked_for_is_drawn(
    opened: MainWindow, qtbot, monkeypatch
) -> None:
    answer = open_simulate(opened, qtbot)
    go_on, plain, begun = threading.Event(), recombine._field, []

    def slow(result, case, field):
        begun.append(field)
        assert threading.current_thread() is not threading.main_thread()
        go_on.wait(60)
        return plain(result, case, field)

    monkeypatch.setattr(recombine, "_field", slow)
    drawn = []
    show = opened.desk.stage.scene.show_field
    monkeypatch.setattr(
        opened.desk.stage.scene, "show_field", lambda *a, **k: (drawn.append(k["title"]), show(*a, **k))
    )
    box = answer.field
    for field in ("displacement", "von Mises stress", "displacement"):
        box.setCurrentIndex(box.findData(field))
        box.activated.emit(box.currentIndex())
    decor = opened.desk.stage.scene._decor
    qtbot.waitUntil(lambda: decor.waiting == "Computing: Displacement …", timeout=20 * NOTICED_MS)
    go_on.set()
    settle(opened, qtbot)
    assert decor.waiting == ""
    assert set(drawn) == {"Displacement"}
    assert begun == ["displacement"]  # the stress was computed already


def test_the_structure_at_hand_is_the_one_whose_result_is_seen(opened: MainWindow, qtbot) -> None:
    # Nothing is selected after opening; the panel speaks of what the 3-D view shows.
    assert opened.desk.session.selection == ""
    answer = open_simulate(opened, qtbot)
    assert answer.isVisible()
    assert opened.panels["simulate"].heading.text() == "Load on the left femur"


def test_the_zone_that_no_number_counts_is_hatched_and_can_be_bare(
    window: MainWindow, home: Path, qtbot
) -> None:
    path = home / "left_out.twin"
    with Record.create(path) as record:
        for step in ("test.volume", "test.labels", "test.surface", "test.model"):
            do(record, step)
        do(record, "test.result", left_out=True)
    window.open_paths([path])
    settle(window, qtbot)
    answer = open_simulate(window, qtbot)
    hatched = window.desk.stage.scene.image()
    assert answer.hatched.isVisible()
    qtbot.mouseClick(answer.hatched, Qt.MouseButton.LeftButton, pos=QPoint(8, answer.hatched.height() // 2))
    settle(window, qtbot)
    bare = window.desk.stage.scene.image()
    assert not window.desk.results.hatched
    assert hatched != bare


def test_where_all_is_counted_nothing_is_offered_to_be_hatched(opened: MainWindow, qtbot) -> None:
    assert not open_simulate(opened, qtbot).hatched.isVisible()


def test_a_ct_whose_unit_is_open_is_asked_about(window: MainWindow, home: Path, qtbot) -> None:
    from tests.twin.sources import made as files

    files.write_series(home / "open", RescaleType="US")
    window.open_paths([home / "open"])
    settle(window, qtbot)
    session, card = window.desk.session, window.panels["images"].silent
    assert card.isVisible()
    assert card.question.text().endswith("does not say what its values are.")
    assert "made it" not in card.question.text()
    assert window.desk.stage.slices["axial"].picture.unit == ""
    window.actions_["images.ct"].trigger()
    settle(window, qtbot)
    entry = session.entry(session.volume.id)
    assert (entry.tree["modality"], entry.tree["unit"]) == ("CT", "HU")
    assert not [n for n in entry.tree["notes"] if "Rescale Type US" in n]
    assert not card.isVisible()
