"""The way of a heart in the window: what is offered, what it takes, and what comes of it."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from desktop import heart_way
from desktop.beating import BEYOND, SOLVED
from desktop.scene_box import SceneBox
from desktop.window import MainWindow
from tests.desktop.conftest import do, settle
from tests.desktop.live import beats, card_of, row
from twin.record import Record

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def quick_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that take as real ones do, and are done at once."""
    for name, step in (
        ("FIND", "find"),
        ("SCAR", "scar"),
        ("MESH", "ventricle"),
        ("FIT", "fit"),
        ("BEAT", "full"),
    ):
        monkeypatch.setattr(heart_way, name, f"test.{step}")


def opened(window: MainWindow, home: Path, qtbot, *steps: str) -> MainWindow:
    with Record.create(home / "way.twin") as record:
        for name in steps:
            do(record, name)
    window.open_paths([home / "way.twin"])
    settle(window, qtbot)
    return window


def test_a_cine_is_offered_a_heart_and_a_ct_its_bones(window: MainWindow, home: Path, qtbot) -> None:
    opened(window, home, qtbot, "test.study")
    assert not window.panels["images"].instead.isVisible()
    window.desk.session.go_to("anatomy")
    settle(window, qtbot)
    panel = window.panels["anatomy"]
    assert panel.heart.isVisible()
    assert not panel.bone.isVisible()
    assert not panel.ventricle.isVisible()
    assert window.actions_["anatomy.heart"].isEnabled()
    assert "Segment the heart first" in window.actions_["anatomy.ventricle"].toolTip()
    cines = [i.id for i in window.desk.session.of_kind("volume") if i.name != "mask"]
    inputs = heart_way.inputs_of(window.desk.session, heart_way.FIND)
    assert inputs == {f"cines {n}": id for n, id in enumerate(cines, 1)}


@pytest.mark.slow
def test_with_a_ct_it_stays_as_it_is(window: MainWindow, home: Path, qtbot) -> None:
    opened(window, home, qtbot, "test.cine", "test.volume")
    window.desk.session.go_to("anatomy")
    settle(window, qtbot)
    panel = window.panels["anatomy"]
    assert panel.bone.isVisible()
    assert not panel.heart.isVisible()
    assert window.actions_["anatomy.heart"].isEnabled()  # by the menu and the palette all the same


def test_in_a_ct_a_ventricle_is_grown_along_a_line_that_was_drawn(
    window: MainWindow, home: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heart_way, "STILL", "segmentation.ventricle_ct")
    opened(window, home, qtbot, "test.volume")
    session, desk = window.desk.session, window.desk
    session.go_to("anatomy")
    settle(window, qtbot)
    panel = window.panels["anatomy"]
    assert not panel.still.isVisible()
    assert "Draw a distance" in heart_way.why_not_still(desk)
    do(session.record, "measure.distance", points_mm=(0.0, 0.0, 0.0, 0.0, 0.0, 9.0))
    settle(window, qtbot)
    assert panel.still.isVisible()
    assert window.actions_["anatomy.ventricle_ct"].isEnabled()
    inputs = heart_way.inputs_of(session, heart_way.STILL)
    assert set(inputs) == {"volume", "axis"}
    qtbot.mouseClick(panel.still.button, LEFT)  # 9 mm are no ventricle's: it says so, and nothing is lost
    qtbot.waitUntil(lambda: "mm long" in window.errors.message.text(), timeout=20_000)
    assert not session.of_kind("motion")


def test_with_a_ct_s_ventricle_meshed_simulate_is_a_heart_s(window: MainWindow, home: Path, qtbot) -> None:
    opened(window, home, qtbot, "test.volume")
    session, simulate = window.desk.session, window.panels["simulate"]
    session.go_to("simulate")
    settle(window, qtbot)
    assert not simulate.fit.isVisible()
    do(session.record, "test.motion")
    settle(window, qtbot)
    assert simulate.fit.isVisible()
    assert "Mesh the ventricle first" in window.actions_["simulate.heart"].toolTip()
    do(session.record, "test.inside")
    settle(window, qtbot)
    assert simulate.fit.isVisible()
    assert not simulate.model.isVisible()
    session.go_to("anatomy")
    settle(window, qtbot)
    assert window.panels["anatomy"].go.isVisible()


def test_scar_is_found_over_a_late_series_and_taken_by_the_mesh(
    window: MainWindow, home: Path, qtbot
) -> None:
    opened(window, home, qtbot, "test.cine", "test.motion")
    session, desk = window.desk.session, window.desk
    session.go_to("anatomy")
    settle(window, qtbot)
    panel = window.panels["anatomy"]
    assert not panel.scar.isVisible()
    assert "late enhancement series" in window.actions_["anatomy.scar"].toolTip()
    assert not panel.takes.choice.isEnabled()
    assert "could be scar" in panel.takes.choice.toolTip()
    do(session.record, "test.late")
    settle(window, qtbot)
    assert panel.scar.isVisible()
    qtbot.mouseClick(panel.scar.button, LEFT)
    settle(window, qtbot)
    (labels,), (motion,) = session.of_kind("labelmap"), session.of_kind("motion")
    assert ("Scar", "12.5 g") in [(n, v) for n, v in panel._scar_facts()]
    assert session.volume is not None
    assert session.volume.name == "late series"
    choice = panel.takes.choice
    assert [choice.itemText(n) for n in range(choice.count())] == ["None", "scar", "painted"]
    assert choice.currentText() == "scar"
    session.select(f"{labels.id}/scar")  # a structure of the wall at hand: the ventricle's steps stay
    settle(window, qtbot)
    assert panel.ventricle.isVisible()
    assert heart_way.mesh_inputs(desk) == {
        "motion": motion.id,
        "scar": labels.id,
    }  # with the muscle beside it
    for text, ref in (("painted", f"{labels.id}/painted"), ("None", "")):
        choice.setCurrentText(text)
        choice.activated.emit(choice.currentIndex())
        assert heart_way.mesh_inputs(desk).get("scar", "") == ref


def test_a_series_that_does_not_say_so_is_late_enhancement_by_the_user_s_word_alone(
    window: MainWindow, home: Path, qtbot
) -> None:
    opened(window, home, qtbot, "test.cine", "test.motion")
    session, desk = window.desk.session, window.desk
    do(session.record, "test.late", description="t2 dark blood sa")
    session.go_to("anatomy")
    settle(window, qtbot)
    late, action = window.panels["anatomy"].late, window.actions_["anatomy.scar"]
    assert late.choice.isVisible()
    assert late.choice.currentText() == "Choose …"
    assert heart_way.late(desk) is None
    assert not action.isEnabled()
    assert "Nothing in the still MR series here says" in action.toolTip()
    late.choice.setCurrentIndex(1)
    late.choice.activated.emit(1)
    settle(window, qtbot)
    assert action.isEnabled()
    assert late.told.text() == "Nothing in this series says that it is late enhancement."
    do(session.record, "test.late")  # one that does say so comes first, and what was chosen stays chosen
    settle(window, qtbot)
    assert late.choice.itemText(1) == "late series (not said to be late)"
    assert late.choice.currentIndex() == 1
    late.choice.setCurrentIndex(0)
    late.choice.activated.emit(0)
    settle(window, qtbot)
    assert late.told.text() == "Late enhancement by its description, “LGE short axis”."


def test_a_mesh_without_fibers_is_no_heart_s(window: MainWindow, home: Path, qtbot) -> None:
    opened(window, home, qtbot, "test.cine", "test.motion")
    why = heart_way.why_not_fit(window.desk)
    assert why == "Mesh the ventricle first (Anatomy)."
    do(window.desk.session.record, "test.bare")
    settle(window, qtbot)
    assert "no fibers" in heart_way.why_not_fit(window.desk)


@pytest.mark.slow
def test_from_cine_to_a_beat_by_the_buttons(window: MainWindow, home: Path, qtbot) -> None:
    opened(window, home, qtbot, "test.study")
    session = window.desk.session
    session.go_to("anatomy")
    settle(window, qtbot)
    panel = window.panels["anatomy"]
    for section, kind in ((panel.heart, "motion"), (panel.ventricle, "mesh")):
        qtbot.waitUntil(section.isVisible, timeout=5000)
        qtbot.mouseClick(section.button, LEFT)
        settle(window, qtbot)
        assert len(session.of_kind(kind)) == 1
    assert session.summary(session.of_kind("motion")[0].id) == {"cines": 3}
    qtbot.waitUntil(panel.go.isVisible, timeout=5000)
    qtbot.mouseClick(panel.go, LEFT)
    settle(window, qtbot)
    simulate = window.panels["simulate"]
    qtbot.waitUntil(simulate.fit.isVisible, timeout=5000)
    assert not simulate.model.isVisible()
    qtbot.mouseClick(simulate.fit.button, LEFT)
    settle(window, qtbot)
    qtbot.waitUntil(lambda: window.desk.beating.playing, timeout=20_000)
    simulate.heart.controls.rows[0].slider.setValue(60)
    qtbot.mouseClick(simulate.heart.full, LEFT)
    settle(window, qtbot)
    (beat,) = session.of_kind("result")
    assert session.summary(beat.id) == {"preload_ml": 100.0}
    assert not simulate.timed.isVisible()
    qtbot.mouseClick(window.errors.action, LEFT)
    qtbot.waitUntil(simulate.timed.isVisible, timeout=5000)
    assert not window.desk.beating.playing


def test_a_full_beat_that_is_ready_takes_nothing_out_of_the_hands(
    window: MainWindow, home: Path, qtbot
) -> None:
    opened(window, home, qtbot, "test.heart")
    session, simulate = window.desk.session, window.panels["simulate"]
    session.go_to("simulate")
    (heart,) = session.of_kind("heart")
    session.select(heart.id)
    settle(window, qtbot)
    speed = simulate.heart.speed
    speed.showPopup()
    plan = heart_way._beat_plan(window.desk, heart_way.inputs_of(session, heart_way.BEAT), {})
    assert next(plan).call.step == "test.full"
    do(session.record, "test.full")  # in place of the job
    with pytest.raises(StopIteration):
        plan.send(session.record.log()[-1])
    settle(window, qtbot)
    (beat,) = session.of_kind("result")
    assert speed.view().isVisible()
    speed.hidePopup()
    assert session.selection == heart.id
    assert (session.is_visible(heart.id), session.is_visible(beat.id)) == (True, False)
    assert simulate.heart.isVisible()
    assert window.errors.message.text() == "The full beat is ready: as fitted."
    assert not window.errors._leave.isActive()  # it waits for him
    qtbot.mouseClick(window.errors.action, LEFT)
    settle(window, qtbot)
    assert not window.errors.isVisible()
    assert simulate.timed.isVisible()
    assert (session.is_visible(heart.id), session.is_visible(beat.id)) == (False, True)


def test_a_beat_that_waits_is_of_the_heart_that_it_was_asked_of(
    window: MainWindow, home: Path, qtbot, monkeypatch
) -> None:
    """Behind other work it begins later: another heart may be at hand by then, and other values in a form."""
    opened(window, home, qtbot, "test.heart", "test.heart")
    desk, plans = window.desk, []
    monkeypatch.setattr(desk, "start", lambda _title, plan, key: plans.append(plan))
    first, second = (item.id for item in desk.session.of_kind("heart"))
    desk.session.select(first)
    desk.params[heart_way.BEAT] = {"preload_ml": 50.0}
    heart_way.beat(desk)
    desk.session.select(second)
    desk.params[heart_way.BEAT] = {}
    call = next(plans[0]).call
    assert (call.inputs["heart"].id, call.params.preload_ml) == (first, 50.0)


def test_a_fit_that_waits_is_of_the_mesh_and_with_the_values_it_was_asked_with(
    window: MainWindow, home: Path, qtbot, monkeypatch
) -> None:
    opened(window, home, qtbot, "test.cine", "test.motion", "test.inside", "test.inside")
    desk, plans = window.desk, []
    monkeypatch.setattr(desk, "start", lambda _title, plan, key: plans.append(plan))
    first, second = (item.id for item in desk.session.of_kind("mesh"))
    desk.session.select(first)
    desk.params[heart_way.FIT] = {"peak_kpa": 2.0}
    heart_way.fit(desk)
    desk.session.select(second)
    desk.params[heart_way.FIT] = {}
    call = next(plans[0]).call
    assert (call.inputs["mesh"].id, call.params.peak_kpa) == (first, 2.0)


def test_a_change_that_is_solved_in_full_leads_to_its_beat(simulate: MainWindow, qtbot) -> None:
    window, beating = simulate, simulate.desk.beating
    card, box = card_of(window), window.desk.stage.findChild(SceneBox)
    record, (heart,) = window.desk.session.record, window.desk.session.of_kind("heart")
    slider = row(window, "contractility_percent").slider
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_End)
    beats(beating, 2)
    asked = beating.what_if.values["contractility_percent"]
    do(record, "test.full", contractility_percent=asked, preload_ml=100.0)  # another beat
    settle(window, qtbot)
    assert beating.badge == BEYOND
    assert not card.solved.isVisible()
    do(record, "test.full", contractility_percent=asked)
    settle(window, qtbot)
    assert beating.badge == SOLVED
    assert "exactly these settings" in card.badge.text()
    assert window.desk.stage.scene._decor.stamp == SOLVED.upper()
    assert card.solved.isVisible()
    qtbot.keyClick(slider, Qt.Key.Key_Left)  # no longer these settings
    assert (beating.badge, box.solved.isVisible()) == (BEYOND, False)
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert box.rect().contains(box.tools.geometry())
    qtbot.mouseClick(box.solved, LEFT)
    settle(window, qtbot)
    beat = window.desk.session.of_kind("result")[-1]
    assert window.desk.session.is_visible(beat.id)
    assert not window.desk.session.is_visible(heart.id)
    assert window.panels["simulate"].timed.isVisible()
    assert not box.solved.isVisible()
