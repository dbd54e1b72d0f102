"""What is asked of a heart that beats in the window: its sliders and fields, judged by what is seen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolTip, QWidget

from desktop.beating import BEYOND, WITHOUT
from desktop.bullseye import BullsEye
from desktop.commands import ASKED_OF
from desktop.heart_controls import MEDICATION
from desktop.what_if import CONDITIONS, CONTROLS, INFARCT, VALVES
from desktop.window import MainWindow
from physics.circulation.parameters import BERNOULLI, GORLIN, GORLIN_INFLOW
from physics.heart_steps import BeatParams
from physics.whatif import Spread, Spreads
from tests.desktop.conftest import do
from tests.desktop.live import LEFT, beating_in, beats, card_of, row, unfold
from tests.viewers.gestures import drag
from twin.params import parameters
from twin.record import Record


def test_sliders_act_on_the_running_beat_and_a_double_click_sets_back(simulate: MainWindow, qtbot) -> None:
    beating = simulate.desk.beating
    afterload = row(simulate, "resistance_percent")
    slider = afterload.slider
    middle = slider.rect().center()
    drag(
        qtbot,
        slider,
        QPoint(round(slider.width() * 0.25), middle.y()),
        QPoint(slider.width() - 4, middle.y()),
    )
    assert beating.what_if.values["resistance_percent"] > 150
    assert "%" in afterload.value.text()
    beats(beating, 6)
    now = card_of(simulate).beat.texts()
    assert now["ESV"][2].startswith("▲")  # more afterload: more is left,
    assert now["SV, total"][2].startswith("▼")  # less ejected (Klabunde, Cardiovascular Physiology Concepts)
    assert now["BP systolic"][2].startswith("▲")
    qtbot.mouseDClick(slider, LEFT)
    assert beating.what_if.value(row(simulate, "resistance_percent").control) == 100.0
    assert not afterload.value.lineEdit().font().bold()  # its own again
    assert beating._ready.live.controls.resistance == 1.0


def test_undo_takes_back_what_is_asked_and_not_the_fit(simulate: MainWindow, qtbot, monkeypatch) -> None:
    """A newcomer's Ctrl+Z after a slider took the fitted heart out of the record."""
    what_if, session = simulate.desk.beating.what_if, simulate.desk.session
    entries = [item.id for item in session.items]
    moment = [0.0]
    monkeypatch.setattr("desktop.trail.monotonic", lambda: moment[0])
    undo, redo = (simulate.actions_[f"edit.{name}"] for name in ("undo", "redo"))
    assert ASKED_OF not in undo.text()
    for value in (120.0, 140.0, 150.0):  # one gesture
        what_if.ask(resistance_percent=value)
        moment[0] += 0.1
    what_if.ask(preload_ml=100.0)
    moment[0] += 5.0
    what_if.ask(preload_ml=200.0)
    qtbot.waitUntil(lambda: undo.text() == f"Undo {ASKED_OF}")
    found = []
    for _ in range(3):
        undo.trigger()
        found.append(what_if.values)
    assert found == [
        {"resistance_percent": 150.0, "preload_ml": 100.0}, {"resistance_percent": 150.0}, {}
    ]  # fmt: skip
    assert simulate.desk.beating._ready.live.controls.resistance == 1.0
    assert [item.id for item in session.items] == entries
    qtbot.waitUntil(lambda: redo.text() == f"Redo {ASKED_OF}")
    assert ASKED_OF not in undo.text()
    for _ in range(3):
        redo.trigger()
    assert what_if.values == {"resistance_percent": 150.0, "preload_ml": 200.0}
    qtbot.mouseClick(card_of(simulate).reset, LEFT)
    assert what_if.values == {}
    undo.trigger()  # what was set back comes back too
    assert what_if.values == {"resistance_percent": 150.0, "preload_ml": 200.0}


def test_a_value_is_typed_beside_its_slider(simulate: MainWindow, qtbot) -> None:
    what_if, card = simulate.desk.beating.what_if, card_of(simulate)
    afterload, preload = (row(simulate, name) for name in ("resistance_percent", "preload_ml"))

    def enter(field: QWidget, text: str) -> None:
        field.setFocus()
        field.selectAll()
        qtbot.keyClick(field, Qt.Key.Key_Delete)
        qtbot.keyClicks(field, text)
        qtbot.keyClick(field, Qt.Key.Key_Return)

    enter(afterload.value, "137 %")  # between two steps of the slider
    enter(preload.value, "-120")
    assert what_if.values == {"resistance_percent": 137.0, "preload_ml": -120.0}
    assert afterload.slider.value() == afterload.control.place_of(137.0)
    assert (afterload.value.text(), preload.value.text()) == ("137 %", "−120 mL")
    assert afterload.value.lineEdit().font().bold()
    enter(afterload.value, "300")
    assert card.reason.text() == "Afterload goes from 50 % to 250 %: 300 % is not taken."
    assert afterload.value.text() == "137 %"
    qtbot.keyClick(afterload.value, Qt.Key.Key_Up)
    assert what_if.values["resistance_percent"] == 140.0
    assert not card.reason.isVisible()
    afterload.value.selectAll()
    qtbot.keyClicks(afterload.value, "9")
    what_if.changed.emit()  # as each beat may: what is being typed stays
    assert afterload.value.text() == "9"
    enter(afterload.value, "")
    enter(preload.value, "")
    assert what_if.values == {}
    assert (afterload.value.text(), preload.value.text()) == ("100 %", "0 mL")


def test_letters_in_a_field_are_no_shortcuts_and_are_refused(simulate: MainWindow, qtbot) -> None:
    field = row(simulate, "resistance_percent").value
    fired: list[bool] = []
    simulate.actions_["view.clip"].triggered.connect(fired.append)
    simulate.activateWindow()
    field.setFocus()
    field.selectAll()
    for key in "abc":
        qtbot.keyClick(simulate.windowHandle(), key)
    assert field.text() == "abc"
    qtbot.keyClick(simulate.windowHandle(), Qt.Key.Key_Return)
    assert (field.text(), fired) == ("100 %", [])
    assert QToolTip.text() == "“abc” is no number."


def test_a_valve_s_area_says_which_area_it_is() -> None:
    for name, constant in (("aortic_area_cm2", GORLIN), ("mitral_area_cm2", GORLIN_INFLOW)):
        told = next(c for c in CONTROLS if c.name == name).help
        assert f"valve is {constant / BERNOULLI:.2f} of it" in told
        (param,) = (p for p in parameters(BeatParams) if p.name == name)
        assert f"as of a prosthesis, is {constant / BERNOULLI:.2f} of it" in param.help


def test_intervals_stand_under_what_they_are_of_until_something_else_is_asked(simulate: MainWindow) -> None:
    card, beating = card_of(simulate), simulate.desk.beating
    assert not card.sure.isVisible()  # nothing is changed
    row(simulate, "resistance_percent").slider.setValue(20)
    assert card.sure.isVisible()
    beating.what_if.spreads = Spreads({"lv_end_systolic_volume_ml": Spread(61.2, 78.9, -4.4, 12.1)}, ("why",))
    beating.what_if.changed.emit()
    beats(beating, 2)
    now = card.beat.texts()["ESV"]
    assert ">61–79<" in now[1]
    assert ">−4 to +12<" in now[2]
    assert "–" not in card.beat.texts()["EDV"][1]
    assert card.known.text().endswith("Why")
    assert not card.sure.isVisible()
    row(simulate, "resistance_percent").slider.setValue(18)
    beats(beating, 1)
    assert "–" not in card.beat.texts()["ESV"][1]
    assert not card.known.isVisible()


@pytest.mark.slow
def test_how_sure_a_change_is_is_worked_out_when_asked(simulate: MainWindow, qtbot) -> None:
    card, what_if = card_of(simulate), simulate.desk.beating.what_if
    row(simulate, "resistance_percent").slider.setValue(20)  # 150 %
    qtbot.mouseClick(card.sure, LEFT)
    assert not card.sure.isEnabled()
    qtbot.waitUntil(lambda: what_if.spreads is not None, timeout=60_000)
    assert what_if.spreads.limits == ()
    spread = what_if.spreads.numbers["lv_end_systolic_volume_ml"]
    assert 0 < spread.least_change < spread.most_change  # more is left, in each member
    beats(simulate.desk.beating, 4)
    assert f">{spread.low:.0f}–{spread.high:.0f}<" in card.beat.texts()["ESV"][1]


def test_another_pump_has_speeds_of_its_own_and_names_its_source(simulate: MainWindow) -> None:
    controls, what_if = card_of(simulate).controls, simulate.desk.beating.what_if
    speed = row(simulate, "pump_rpm")
    speed.slider.setValue(1)
    assert what_if.values == {"pump_rpm": 4000.0}  # the least of resources/heart_pumps.toml
    assert "Bonnemain" in controls.pump.source.text()
    controls.pump.choice.setCurrentIndex(1)
    controls.pump.choice.activated.emit(1)
    assert what_if.values == {}
    assert speed.value.text() == "off"
    assert speed.control.why_not(0.0) == ""
    assert "or 0 for off: 1 rpm is not taken" in speed.control.why_not(1.0)
    assert "to be confirmed" in controls.pump.source.text()
    speed.slider.setValue(speed.slider.maximum())
    assert what_if.values == {"pump_rpm": 15000.0, "pump": "axial, after Simaan"}
    assert what_if.complaint == ""
    card_of(simulate).reset.click()
    assert what_if.pump is None
    assert speed.control.high == 7000.0


def test_outside_what_was_computed_it_is_gray_till_all_is_set_back(simulate: MainWindow, qtbot) -> None:
    beating, stage = simulate.desk.beating, simulate.desk.stage
    card, (key,) = card_of(simulate), [k for k in stage.scene._shown if "#" not in k]
    assert not card.badge.isVisible()
    row(simulate, "contractility_percent").slider.setValue(60)
    beats(beating, 2)
    assert beating.beyond
    assert card.badge.isVisible()
    assert stage.scene._decor.stamp == BEYOND.upper()
    assert stage.curves.loop.badge == BEYOND
    assert np.isnan(stage.scene._ready().things[key]._field.values).all()
    assert card.beat.texts()["EF"][1].startswith("<s>")
    qtbot.mouseClick(card.reset, LEFT)
    beats(beating, 3)
    assert not card.badge.isVisible()
    assert stage.scene._decor.stamp == ""
    beating = simulate.desk.beating
    row(simulate, "preload_ml").slider.setValue(60)
    row(simulate, "rate_per_min").slider.setValue(45)
    assert beating.what_if.values == {"preload_ml": 100.0, "rate_per_min": 85.0}
    qtbot.mouseClick(card_of(simulate).reset, LEFT)
    assert beating.what_if.value(row(simulate, "preload_ml").control) == 0.0
    assert beating.what_if.value(row(simulate, "rate_per_min").control) == 75.0  # the published circulation's
    assert row(simulate, "rate_per_min").slider.value() == 35


def test_valves_are_folded_away_and_act_on_the_running_beat(simulate: MainWindow, qtbot) -> None:
    """A leak of the mitral valve: blood goes back, less goes on, the atrium's pressure rises."""
    unfold(simulate, qtbot, VALVES)
    beating, card = simulate.desk.beating, card_of(simulate)
    leak = row(simulate, "mitral_leak_cm2")
    leak.slider.setFocus()
    for _ in range(10):
        qtbot.keyClick(leak.slider, Qt.Key.Key_Right)
    assert beating.what_if.values == {"mitral_leak_cm2": 0.2}
    assert card.controls.groups[VALVES].head.text() == f"{VALVES} (1 changed)"
    assert "0.2 cm²" in leak.value.text()
    beats(beating, 6)
    assert beating.numbers["mitral_regurgitant_fraction_percent"] > 5
    assert beating.numbers["isovolumic_contraction_s"] == 0.0
    shown = card.beat.texts()
    assert shown["CO, forward"][2].startswith("▼")
    assert shown["MV regurgitant"][2].startswith("▲")
    assert any("no advice" in line for line in beating.what_if.limits)
    qtbot.mouseDClick(leak.slider, LEFT)
    assert beating.what_if.values == {}
    assert card.controls.groups[VALVES].head.text() == VALVES
    assert beating._ready.live.controls.change is None


def test_a_medicine_acts_once_it_is_worked_out_and_names_its_sources(simulate: MainWindow, qtbot) -> None:
    """An ACE inhibitor lowers resistance and pressure (Law et al. 2003), and leaves the rate."""
    unfold(simulate, qtbot, MEDICATION)
    what_if, box = simulate.desk.beating.what_if, card_of(simulate).controls.medicine
    assert not box.dose.isVisible()
    box.choice.setFocus()
    for _ in range(2):
        qtbot.keyClick(box.choice, Qt.Key.Key_Down)
    box.choice.activated.emit(box.choice.currentIndex())
    assert box.choice.currentText() == "enalapril (ACE inhibitor)"
    assert box.told.text() == "Working out …"
    qtbot.waitUntil(lambda: what_if.treatment is not None or bool(what_if.complaint), timeout=60_000)
    simulate.desk.queue.cancel()  # the intervals: test_in_full
    assert what_if.complaint == ""
    assert what_if.values == {"medicine": "enalapril", "mg_per_day": 10.0, "population": "hypertension"}
    assert box.dose.isVisible()
    assert "Resistance: −" in box.told.text()
    assert any("Law et al. 2003" in line for line in what_if.treatment.sources)
    live = simulate.desk.beating._ready.live
    own = simulate.desk.beating.heart.circulation
    assert (
        live.circulation.systemic.arterial_resistance_mmhg_s_per_ml
        < (own["systemic.arterial_resistance_mmhg_s_per_ml"])
    )
    box.dose.setFocus()
    box.dose.selectAll()
    qtbot.keyClicks(box.dose, "12,5")
    qtbot.keyClick(box.dose, Qt.Key.Key_Return)
    assert what_if.values["mg_per_day"] == 12.5
    qtbot.waitUntil(lambda: ASKED_OF in simulate.actions_["edit.undo"].text())
    simulate.activateWindow()
    qtbot.keyClick(simulate.windowHandle(), "z", Qt.KeyboardModifier.ControlModifier)  # in the field
    assert what_if.values["mg_per_day"] == 10.0
    assert box.dose.value() == 10.0
    qtbot.waitUntil(lambda: what_if.treatment is not None, timeout=60_000)
    simulate.desk.queue.cancel()
    qtbot.mouseClick(card_of(simulate).reset, LEFT)
    assert what_if.treatment is None
    assert live.controls.change is None
    assert box.choice.currentText() == "none"


def test_a_wall_without_segments_cannot_be_changed_in_places_and_says_why(simulate: MainWindow) -> None:
    controls, what_if = card_of(simulate).controls, simulate.desk.beating.what_if
    assert controls.bullseye.isEnabled()
    heart = what_if._heart
    assert heart is not None
    what_if._heart = replace(heart, mesh=replace(heart.mesh, region_names=("wall",)))  # as of a CT
    controls.refresh()
    for widget in (controls.bullseye, controls.rhythm):
        assert not widget.isEnabled()
        assert "did not show the right ventricle" in widget.toolTip()


def test_an_infarct_waits_for_the_full_solution_in_gray(simulate: MainWindow, qtbot) -> None:
    unfold(simulate, qtbot, INFARCT)
    card, beating, stage = card_of(simulate), simulate.desk.beating, simulate.desk.stage
    bullseye: BullsEye = card.controls.bullseye
    for segment in range(1, 18):
        assert bullseye.segment_at(bullseye.place_of(segment)) == segment
    assert bullseye.segment_at(bullseye.rect().topLeft().toPointF()) == 0

    def click(segment: int) -> None:
        qtbot.waitUntil(
            lambda: bullseye.height() > 100 and bullseye.visibleRegion().boundingRect() == bullseye.rect(),
            timeout=5000,
        )
        place = bullseye.place_of(segment).toPoint()
        qtbot.mouseClick(bullseye, LEFT, pos=place)

    for segment in (13, 17, 14):
        click(segment)
    qtbot.keyClick(bullseye, Qt.Key.Key_Right)
    qtbot.keyClick(bullseye, Qt.Key.Key_Space)
    click(17)
    assert beating.what_if.values == {"infarct_segments": (13, 14, 15)}
    assert beating.beyond
    assert "Solve the beat in full" in card.badge.text()
    assert stage.scene._decor.stamp == WITHOUT.upper()
    (key,) = [k for k in stage.scene._shown if "#" not in k]
    assert np.isnan(stage.scene._ready().things[key]._field.values).all()
    beats(beating, 1.5)
    assert card.beat.texts()["EF"][1].startswith("<s>")
    qtbot.mouseClick(card.reset, LEFT)
    assert not beating.beyond
    assert not card.badge.isVisible()
    assert stage.scene._decor.stamp == ""


def test_the_reflex_answers_over_seconds_and_says_what_it_does(simulate: MainWindow, qtbot) -> None:
    """More resistance: a slower heart, and vessels that give way (Ursino 1998)."""
    card, beating = card_of(simulate), simulate.desk.beating
    reflex = card.controls.reflex
    assert not reflex.box.isChecked()
    assert not reflex.told.isVisible()
    assert "not measured in this patient" in reflex.box.toolTip()
    reflex.box.setFocus()
    qtbot.keyClick(reflex.box, Qt.Key.Key_Space)
    assert beating.what_if.values == {"reflex": True}
    assert card.controls.groups[CONDITIONS].head.text() == f"{CONDITIONS} (1 changed)"
    assert reflex.told.text() == "at rest"
    room = reflex.told.height()
    row(simulate, "resistance_percent").slider.setValue(14)  # 120 %
    beats(beating, 12)
    assert beating.beat_s > 0.81  # of 0.8 s at 75 a minute
    assert reflex.told.text().startswith("75 → 7")
    assert "resistance −" in reflex.told.text()
    # Nothing below jumps, and what is told has room, line by line.
    assert reflex.told.height() == room >= reflex.told.sizeHint().height()
    assert row(simulate, "rate_per_min").slider.value() == 35  # what hands ask for stays
    assert any("Ursino 1998" in line for line in card.limits.text().splitlines())
    card.controls.medicine.choice.setCurrentIndex(2)
    card.controls.medicine.choice.activated.emit(2)
    assert "act twice" in card.reason.text()
    assert "medicine" not in beating.what_if.values
    qtbot.mouseClick(card.reset, LEFT)
    assert not reflex.box.isChecked()
    assert beating.beat_s == pytest.approx(0.8)


def test_the_electrocardiogram_is_that_of_the_rhythm_before_the_wall_is_solved(
    window: MainWindow, home: Path, qtbot
) -> None:
    """Block widens QRS by half and more (``tests/physics/activation/test_rhythm``), and is seen at once."""
    path = home / "conducting.twin"
    with Record.create(path) as made:
        do(made, "test.conducting")
    beating_in(window, path, qtbot)
    beating, card, curves = window.desk.beating, card_of(window), window.desk.stage.curves
    plot, rhythm = curves.electric, card.controls.rhythm
    beats(beating, 0.5)
    own = float(card.beat.texts()["QRS"][0])
    assert [curve.name for curve in plot.moving] == ["V6", "V1"]
    assert plot.at[0] == pytest.approx(curves.volume.at[0])  # at the beat's own moment
    tall = plot.moving[0].y.max()
    assert tall > 0.1
    rhythm.setCurrentIndex(1)
    rhythm.activated.emit(1)
    qtbot.waitUntil(lambda: "▲" in card.beat.texts()["QRS"][2], timeout=20_000)
    assert float(card.beat.texts()["QRS"][1].strip("</b>")) > 1.5 * own
    beats(beating, 0.5)
    assert curves.loop.badge == WITHOUT
    assert plot.badge == ""
    leads = [curve.y.max() for curve in plot.still]  # its own V6 and V1, gray, and those of block
    assert leads[0] == pytest.approx(tall, rel=0.05)
    assert leads[2] > 1.2 * tall
    qtbot.mouseClick(card.reset, LEFT)
    assert float(card.beat.texts()["QRS"][1].strip("</b>")) == own
