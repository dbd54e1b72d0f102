"""A heart of a record beats in the window, judged by what is seen."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from unittest.mock import Mock

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from desktop import theme
from desktop.commands import BY_ID
from desktop.heart_card import BeatNumbers, told_apart
from desktop.window import MainWindow
from physics.cardiac import tension_of
from physics.circulation import REGAZZONI_2020, run
from physics.heart.segments import NAMES as NAMES_OF_SEGMENTS
from physics.whatif import Spread, Spreads
from resources.colors import SIMULATED_COLOR
from tests.desktop.beating import LIMITS
from tests.desktop.conftest import settle
from tests.desktop.live import beats, card_of, width_mm
from tests.desktop.test_outlines import _pixels
from tests.physics.cardiac.test_chart import CHART


class Painted(QObject):
    """Counts what is painted, by what paints."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Count, and let it be painted."""
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            self.counts[watched.accessibleName() or type(watched).__name__] += 1
        return False


def test_a_frame_paints_the_scene_and_the_plots_once(simulate: MainWindow, qtbot) -> None:
    """And the tools that lie over the scene: opaque, they kept what had stood there before (X11)."""
    beating, painted = simulate.desk.beating, Painted()
    beats(beating, 0.2)
    settle(simulate, qtbot)
    QApplication.instance().installEventFilter(painted)
    beating.step(0.01)
    qtbot.waitUntil(lambda: painted.counts["3-D view"] > 0)
    QApplication.instance().removeEventFilter(painted)
    plots = [plot.accessibleName() for plot in simulate.desk.stage.curves.plots.values()]
    assert "ECG-like, left ventricle" in plots
    moving = [name for name in plots if name != "ECG-like, left ventricle"]  # this block has none
    once = ["3-D view", *moving]
    assert {name: painted.counts[name] for name in once} == dict.fromkeys(once, 1)
    assert not [name for name in plots if name not in moving and painted.counts[name]]


def test_it_beats_by_the_clock_with_its_curves_beside_it(simulate: MainWindow, qtbot) -> None:
    beating, stage = simulate.desk.beating, simulate.desk.stage
    assert stage.arrangement == "heart"
    for plot in stage.curves.plots.values():
        assert plot.isVisible()
    assert not stage.slices["axial"].isVisible()
    assert not stage.time_bar.isVisible()
    card = card_of(simulate)
    assert card.fitted.texts() == ["Peak tension: 1 kPa (0.9–1.1)"]
    assert card.limits.text() == f"– {LIMITS[0]}"
    assert not stage.curves.electric.still
    assert "No fibers" in stage.curves.electric.badge  # nor a septum, in a block
    loop = simulate.desk.stage.curves.loop
    assert {mark.at for mark in loop.marks} == {66.0, 140.0}  # the measured ends
    own = loop.still[0]
    tension = tension_of(REGAZZONI_2020, 1.0)
    settling = run(REGAZZONI_2020, 50, cavities={"LV": CHART.cavity(tension)}).last()
    assert own.x.max() == pytest.approx(settling.states[:, 1].max(), rel=2e-3)
    assert own.x.min() == pytest.approx(settling.states[:, 1].min(), rel=2e-3)
    now = [0.0]
    beating.clock_ms = lambda: now[0]
    beating.play()
    began = beating.moment.time_s
    now[0] += 100.0
    qtbot.waitUntil(lambda: beating.moment.time_s > began, timeout=5000)
    assert beating.moment.time_s - began == pytest.approx(0.1, abs=1e-6)
    qtbot.keyClick(stage.scene, Qt.Key.Key_K)
    assert not beating.playing
    simulate.desk.session.go_to("anatomy")
    qtbot.waitUntil(lambda: not stage.curves.loop.isVisible(), timeout=5000)
    assert stage.time_bar.isVisible()


def test_the_wall_in_3d_is_where_the_model_has_it_in_colors_by_choice(simulate: MainWindow) -> None:
    """The block of 40 mm is as much longer as the volume's cube root (tests.desktop.beating)."""
    beating = simulate.desk.beating
    for _ in range(4):
        beating.step(0.08)
        assert width_mm(simulate) == pytest.approx(40 * np.cbrt(beating.moment.volume_ml / 100), abs=0.1)
    beating, scene = simulate.desk.beating, simulate.desk.stage.scene
    card, (key,) = card_of(simulate), [k for k in scene._shown if "#" not in k]
    things = scene._ready().things
    beats(beating, 0.4)
    grown = float(np.cbrt(beating.moment.volume_ml / 100))
    scar = card.colors.model().index(card.colors.findData("scar"), 0)
    assert not scar.flags() & Qt.ItemFlag.ItemIsEnabled  # meshed without
    assert "without scar" in scar.data(Qt.ItemDataRole.ToolTipRole)
    card.colors.setCurrentIndex(1)
    card.colors.activated.emit(1)
    np.testing.assert_allclose(things[key]._field.values, grown, rtol=1e-3)  # stretched along x as all of it
    card.colors.activated.emit(card.colors.findData("segments"))
    place = card.colors.findData("segments")
    card.colors.setCurrentIndex(place)
    card.colors.activated.emit(place)
    assert set(things[key]._field.values) == {1.0, 2.0}
    card.colors.setCurrentIndex(0)
    card.colors.activated.emit(0)
    full = np.cbrt(beating.own_numbers["lv_end_diastolic_volume_ml"] / 100)
    farthest = 20 * abs(grown - full)  # a corner of the block, 20 mm off its middle along x
    assert things[key]._field.values.max() == pytest.approx(farthest, abs=0.1)


def test_a_strain_that_comes_out_too_small_stands_without_its_change(qtbot) -> None:
    strains = {"longitudinal_strain_percent": -8.5, "circumferential_strain_percent": -25.0}
    less = {key: 0.8 * value for key, value in strains.items()}
    beating = Mock(own_numbers=strains, numbers=less, beyond=False)
    beating.electric = Mock(own_numbers={}, numbers={})
    spread = Spread(-8.0, -6.0, 1.0, 3.0)
    beating.what_if.spreads = Spreads(dict.fromkeys(strains, spread))
    table = BeatNumbers(Mock(beating=beating))
    qtbot.addWidget(table)
    table.refresh()
    assert table.texts()["GLS, too small"] == ("−8.5", "−6.8", "")
    assert table.texts()["GCS"][2].startswith("▲ 5.0")


def test_the_table_stands_still_from_beat_to_beat_and_its_heads_apart(qtbot) -> None:
    """dP/dt of like beats differs by up to 0.8 %, for steps of time fall elsewhere in each."""
    key = "lv_dp_dt_max_mmhg_per_s"
    beating = Mock(own_numbers={key: 2260.0, "lv_stroke_work_mmhg_ml": 10100.0}, beyond=False)
    beating.electric = Mock(own_numbers={}, numbers={})
    beating.what_if = Mock(spreads=None, values={"resistance_percent": 105.0})
    table = BeatNumbers(Mock(beating=beating))
    qtbot.addWidget(table)
    table.resize(295, 200)  # as the panel has it at 1280 × 800
    table.show()

    def beat(percent: float) -> list[tuple[str, QRect]]:
        beating.numbers = dict(beating.own_numbers, **{key: 2260.0 * (1 + percent / 100)})
        table.refresh()
        QApplication.processEvents()
        return [(n.text()[:1], n.geometry()) for n in table.findChildren(QLabel) if n.isVisible()]

    before = beat(1.3)
    assert table.texts()["dP/dt max"][2] == "▲ 29"
    for percent in (0.8, 1.9, 0.6):
        assert beat(percent) == before
    beat(0.1)
    assert table.texts()["dP/dt max"][2] == ""
    heads = [n for text in ("own", "now", "change") for n in table.findChildren(QLabel) if n.text() == text]
    for one, other in pairwise(heads):
        begin = other.geometry().right() - other.fontMetrics().horizontalAdvance(other.text())
        assert begin - one.geometry().right() >= theme.px(3)


def test_the_curves_can_be_put_away_and_come_back(simulate: MainWindow, qtbot) -> None:
    stage = simulate.desk.stage
    simulate.actions_["view.all"].trigger()
    assert stage.slices["axial"].isVisible()
    assert not stage.curves.loop.isVisible()
    simulate.actions_["view.heart"].trigger()
    assert stage.curves.loop.isVisible()
    session = simulate.desk.session
    (heart,) = session.of_kind("heart")
    simulate.desk.edit_entity("record.delete", heart.id)
    settle(simulate, qtbot)
    assert not stage.curves.loop.isVisible()
    assert not card_of(simulate).isVisible()


def test_beside_its_slices_the_cine_and_the_wall_s_cut_beat_with_it(simulate: MainWindow, qtbot) -> None:
    """The fullest of four measured phases is the first, and lies on the fullest of the beat."""
    beating, stage, beside = simulate.desk.beating, simulate.desk.stage, card_of(simulate).beside
    assert beside.currentText() == "Curves"
    qtbot.keyClick(beside, Qt.Key.Key_Down)
    assert beside.currentText() == "Slices with the cine"
    assert not stage.curves.loop.isVisible()
    view = stage.slices["axial"]
    view.set_crosshair((0.0, 0.0, 0.0))
    full_s = float(beating.own.times_s[np.argmax(beating.own.volumes_ml)])
    beating.step((full_s - beating.moment.time_s) % beating.beat_s + 0.01)
    assert stage.cine.index == 0
    assert _pixels(view, SIMULATED_COLOR) > 10
    beating.step(0.45 * beating.beat_s)
    assert stage.cine.index == 2  # of five phases of 0.2 of the cycle
    simulate.desk.session.go_to("anatomy")
    assert _pixels(view, SIMULATED_COLOR) == 0


def test_the_scar_of_each_segment_is_in_the_bull_s_eye(simulate: MainWindow) -> None:
    controls, beating = card_of(simulate).controls, simulate.desk.beating
    shades, bullseye = controls.shades, controls.bullseye
    assert [shades.itemText(n) for n in range(4)] == [
        "nothing", "Scar (%)", "ED thickness (mm)", "Activation (ms)",
    ]  # fmt: skip
    assert shades.currentText() == "nothing"  # no scar is known of it
    assert not shades.model().item(1).isEnabled()
    assert beating._ready is not None
    mesh = beating._ready.heart.mesh
    first = next(n for n, name in enumerate(NAMES_OF_SEGMENTS, 1) if name in mesh.region_names)
    here = mesh.regions == mesh.region_names.index(NAMES_OF_SEGMENTS[first - 1])
    beating._ready.heart = replace(beating._ready.heart, mesh=replace(mesh, living=np.where(here, 0.25, 1.0)))
    controls.refresh()
    assert shades.currentText() == "Scar (%)"
    assert f"{first}: 75 %" in bullseye.accessibleDescription()
    assert bullseye.shade_of(first) == pytest.approx(0.75)
    others = [bullseye.shade_of(n) for n in range(1, 18) if n != first]
    assert others == [0.0] * 16
    shades.setCurrentIndex(0)
    shades.activated.emit(0)
    controls.refresh()
    assert bullseye.accessibleDescription() == ""
    assert shades.currentText() == "nothing"


@pytest.mark.parametrize("query", ["bull's eye", "thickness", "segments"])
def test_the_bull_s_eye_of_thickness_is_found_by_the_palette(
    simulate: MainWindow, qtbot, monkeypatch, query: str
) -> None:
    known = {"thickness": dict.fromkeys(range(1, 18), 9.0)}  # the block has no septum to tell it by
    monkeypatch.setattr("desktop.heart_controls.of_segments", lambda _beating, name: known.get(name, {}))
    palette, controls = simulate.palette_, card_of(simulate).controls
    palette.open()
    palette.line.setText(query)
    assert "simulate.segments" in [command.id for command in palette.found()][:4]
    controls._known_of = None
    BY_ID["simulate.segments"].trigger(simulate.desk)
    qtbot.waitUntil(controls.bullseye.isVisible, timeout=5000)
    assert controls.shades.currentText() == "ED thickness (mm)"
    eye = controls.bullseye
    assert {eye.label_of(n) for n in range(1, 18)} == {"9"}
    boxes = [eye.box_of(n) for n in range(1, 18)]
    assert not any(a.intersects(b) for k, a in enumerate(boxes) for b in boxes[:k])


def test_the_live_heart_s_numbers_are_told_from_the_full_beat_s_of_its_fit() -> None:
    numbers = [
        {"name": "stroke work", "value": 10000.0}, {"name": "ejection fraction", "value": 60.0},
        {"name": "twist", "value": 18.0},
    ]  # fmt: skip
    session, item = Mock(), Mock(id="h1")
    heart, beat = Mock(id="h1", made_by=4), Mock(id="r1", made_by=4, numbers=numbers)
    fit = Mock(number=4, inputs={}, outputs={"heart": {"id": "h1"}, "beat": {"id": "r1"}})
    session.entry.return_value = heart
    session.record.history.entry.return_value = fit
    session.record.entries.return_value = (heart, beat)
    live = {"lv_stroke_work_mmhg_ml": 11000.0, "lv_ejection_fraction_percent": 60.5}
    lines = told_apart(session, item, live).splitlines()
    assert "chart of the wall" in lines[0]
    assert lines[2:] == [
        "– stroke work: 11000 live, 10000 mmHg mL in full (+10 %)",
        "– the others lie within 2 % of each other",
    ]
    fit.outputs = {}  # a heart that no fit made has no full beat beside it
    assert len(told_apart(session, item, live).splitlines()) == 1
