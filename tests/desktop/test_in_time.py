"""A result in time plays in the window; it, a motion and a heart go through all that records go through."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from reportlab.platypus import PageBreak, Paragraph, Table

from desktop import exporting, pictures, printing, report, theme
from desktop.colors import CURVE_COLORS
from desktop.commands import BY_ID
from desktop.describe import describe
from desktop.main import main
from desktop.moving import frame_at
from desktop.timed_card import TimedCard, plots_of
from desktop.tree import EYE
from desktop.window import MainWindow
from physics.beat_names import SUCTION
from physics.cardiac.pump import live_heart
from tests.desktop.beating import LIMITS, whole_beat
from tests.desktop.conftest import do, settle
from tests.desktop.live import stage_of, width_mm
from tests.desktop.made import WHO
from twin.deidentify.entities import Cleaner
from twin.deidentify.secret import Secret
from twin.domain import Curve, Heart, Motion, Result
from twin.exports import export, formats_of
from twin.progress import Progress
from twin.record import Record
from viewers.plot import Plot

KINDS = ("motion", "heart", "result")


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with a motion, a heart and a beat; made once."""
    path = tmp_path_factory.mktemp("beat") / "beat.twin"
    with Record.create(path) as made:
        for step in ("test.volume", "test.motion", "test.heart", "test.beat"):
            do(made, step)
    return path


@pytest.fixture
def played(window: MainWindow, record: Path, home: Path, qtbot) -> MainWindow:
    """The window in Simulate, with the beat shown: it came last."""
    path = home / "beat.twin"
    path.write_bytes(record.read_bytes())
    stage = stage_of(window, path, qtbot)
    window.desk.session.go_to("simulate")
    settle(window, qtbot)
    (item,) = window.desk.session.of_kind("result")
    qtbot.waitUntil(lambda: item.key in stage.scene.keys(), timeout=20_000)  # noqa: SIM118
    return window


def card_of(window: MainWindow) -> TimedCard:
    return window.panels["simulate"].findChild(TimedCard)


def test_it_plays_with_the_bar_of_time_by_a_field_of_choice(played: MainWindow, qtbot) -> None:
    """The block of 40 mm is longer by 0.1 (1 − cos 2πt/T) (tests.desktop.beating)."""
    stage, card = played.desk.stage, card_of(played)
    assert stage.time_bar.isVisible()
    assert card.isVisible()
    assert stage.slices["axial"].isVisible()
    assert width_mm(played) == pytest.approx(40.0, abs=0.05)
    stage.slices["axial"].setFocus()
    for n in range(1, 5):
        qtbot.keyClick(stage.slices["axial"], Qt.Key.Key_Period)
        assert width_mm(played) == pytest.approx(40 * (1 + 0.1 * (1 - np.cos(np.pi * n / 4))), abs=0.05)
    loop = card._followers[0][0]
    assert loop.title == "Pressure–volume loop"
    assert loop.at == pytest.approx((60.0, 110.0))  # 100 − 40 mL, 60 + 50 mmHg half a beat later
    assert not any("walking" in line for line in stage.scene._decor.caption)
    card, stage = card_of(played), played.desk.stage
    assert [card.field.itemText(n) for n in range(card.field.count())] == ["Displacement", "Fiber stretch"]
    assert card.field.currentText() == "Fiber stretch"
    assert card.numbers.texts() == ["Ejection fraction: 50 % (no interval)"]
    assert card.limits.text() == f"– {LIMITS[0]}"
    stage.cine.show(4)
    (item,) = played.desk.session.of_kind("result")
    drawn = stage.scene._ready().things
    np.testing.assert_allclose(drawn[item.key]._field.values, 1.2)
    card.field.setCurrentIndex(0)
    card.field.activated.emit(0)
    assert drawn[item.key]._field.values.max() == pytest.approx(0.2 * 20.0)  # a corner, 20 mm off the middle


def test_both_ventricles_loops_are_in_one_plot(window: MainWindow, record: Path, home: Path, qtbot) -> None:
    """Half a beat on, by ``beat_of_both``: 60 mL at 110 mmHg on the left, 80 at 22 on the right."""
    path = home / "both.twin"
    with Record.create(path) as made:
        do(made, "test.both")
    window.open_paths([path])
    settle(window, qtbot)
    window.desk.session.go_to("simulate")
    settle(window, qtbot)
    card, stage = card_of(window), window.desk.stage
    qtbot.waitUntil(lambda: len(card._followers) > 0, timeout=60_000)
    loops = card._followers[0][0]
    assert loops.title == "Pressure–volume loops"
    assert [curve.name for curve in loops.still] == ["left", "right"]
    stage.cine.show(4)
    assert loops.at == pytest.approx((60.0, 110.0))
    ((x, y, color),) = loops.beside
    assert (x, y) == pytest.approx((80.0, 22.0))
    drawn = loops.grab().toImage()
    dot = loops.place(x, y).toPoint()
    assert drawn.pixelColor(dot * drawn.devicePixelRatio()).name() == color.lower()
    assert card.numbers.texts()[-1] == "Right ventricle, ejection fraction: 44 % (no interval)"


def check_film(path: Path) -> None:
    """Eight frames of 800 ms; the block is widest in the middle one, and the loop stands to its right."""
    with Image.open(path) as film:
        frames, lengths = [], []
        for n in range(film.n_frames):
            film.seek(n)
            frames.append(np.asarray(film.convert("RGB"), int))
            lengths.append(film.info["duration"])
    assert lengths == [100] * 8
    scene, loop = np.split(np.array(frames), [frames[0].shape[1] - 360], axis=2)
    changed = [int((np.abs(one - scene[0]).max(axis=2) > 30).sum()) for one in scene]
    assert changed[0] == 0
    assert int(np.argmax(changed)) == 4
    assert all((one != loop[0]).any() for one in loop[1:])


def test_its_film_goes_once_through_it_beside_its_loop(
    played: MainWindow, home: Path, monkeypatch, qtbot
) -> None:
    path = home / "beat.gif"
    stage = played.desk.stage
    stage.scene.setFocus()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))
    BY_ID["file.film"].trigger(played.desk)
    qtbot.waitUntil(path.exists, timeout=60_000)
    settle(played, qtbot)
    assert stage.cine.index == 0
    check_film(path)


@pytest.mark.slow
def test_a_film_is_drawn_by_command_too(record: Path, tmp_path: Path) -> None:
    path = tmp_path / "beat.gif"
    assert main(["export", str(record), "beat", "-o", str(path)]) == 0
    check_film(path)


def test_what_stands_has_no_film(record: Path, tmp_path: Path, capsys) -> None:
    assert main(["export", str(record), "heart", "-o", str(tmp_path / "a.gif")]) != 0
    assert "does not move" in capsys.readouterr().err
    assert not (tmp_path / "a.gif").exists()


@pytest.mark.slow
def test_the_heart_comes_back_by_its_eye(played: MainWindow, qtbot) -> None:
    session, stage = played.desk.session, played.desk.stage
    (heart,), (beat,) = session.of_kind("heart"), session.of_kind("result")
    assert not played.desk.beating.here
    session.show(beat.key, False)
    session.show(heart.key)
    qtbot.waitUntil(lambda: played.desk.beating.playing, timeout=20_000)
    assert stage.arrangement == "heart"
    assert not card_of(played).isVisible()
    session.show_only(beat.key)
    settle(played, qtbot)
    qtbot.waitUntil(lambda: not played.desk.beating.playing, timeout=5000)
    assert stage.arrangement != "heart"
    assert card_of(played).isVisible()


def test_the_report_tells_the_numbers_of_all_of_them(record: Path) -> None:
    with Record.open(record, write=False) as opened:
        story = report._story(opened, ())
        ends = next(n for n, one in enumerate(story) if isinstance(one, PageBreak))  # the first page
        tables = [one for one in story[ends:] if isinstance(one, Table)]
        rows = [describe(opened, entry) for entry in opened.entries() if entry.kind in KINDS]
    told = [table._cellvalues[1][0].text for table in tables[:3]]
    assert told == ["End-diastolic volume", "Peak tension", "Ejection fraction"]
    assert [[n["name"] for n in row["numbers"]] for row in rows] == [
        ["end-diastolic volume", "ejection fraction"], ["peak tension"], ["ejection fraction"],
    ]  # fmt: skip


@pytest.mark.slow
def test_the_report_shows_pictures_of_all_of_them(qapp, record: Path, tmp_path: Path) -> None:
    try:
        drawn = pictures.draw(record, tmp_path, Progress())
    finally:
        theme.apply(qapp)
    assert [path.stem.partition("-")[2] for path in drawn if "slice" not in path.stem] == [
        "fiber-stretch-0-ms", "fiber-stretch-400-ms", "pressure-volume-loop", "left-ventricle-volume",
        "left-ventricle-pressure", "heart", "left-ventricle-at-end-diastole", "left-ventricle-at-end-systole",
        "volume-over-the-cycle",
    ]  # fmt: skip
    with Record.open(record, write=False) as opened:
        assert report.write(opened, tmp_path / "beat.pdf", drawn).read_bytes().startswith(b"%PDF")


def test_a_beat_bears_its_conditions_in_the_panel_the_tree_and_the_report(
    window: MainWindow, home: Path, qtbot
) -> None:
    path = home / "asked.twin"
    with Record.create(path) as made:
        do(made, "test.heart")
        asked = {"beat": do(made, "test.full", preload_ml=200.0), "beat 2": do(made, "test.full")}
        beats = [e for e in made.entries() if e.kind == "result"]
        lines = [report._result(made, beat, _paragraph, report._Told())[1].text for beat in beats]
    assert lines == ["Solve the beat: preload +200 mL", "Solve the beat: as fitted"]
    window.open_paths([path])
    settle(window, qtbot)
    window.desk.session.go_to("simulate")
    panel = window.panels["simulate"]
    found = window.panels["report"].found_title
    for name, told, title in (
        ("beat", "preload +200 mL", "What might be"),
        ("beat 2", "as fitted", "Found"),
    ):
        window.desk.session.select(asked[name])
        window.desk.session.show_only(asked[name])
        settle(window, qtbot)
        assert panel.heading.text() == f"{name.capitalize()}: {told}"
        assert told in window.tree.row(asked[name]).toolTip(0)
        assert told in panel.timed.numbers.load.text()
        window.desk.session.go_to("report")
        assert (found.isVisible(), found.text()) == (True, title)
        window.desk.session.go_to("simulate")


def test_the_tree_does_not_go_through_the_log_for_each_beat(played: MainWindow, monkeypatch) -> None:
    (beat,) = played.desk.session.of_kind("result")
    played.desk.session.record.note("opened", {"in": "a test"})  # the log goes on behind the beat's step
    told = played.tree.row(beat.id).toolTip(0)
    monkeypatch.setattr(Record, "log", lambda _record: pytest.fail("it went through all of the log"))
    played.tree.fill()
    assert played.tree.row(beat.id).toolTip(0) == told


def test_a_click_on_a_heart_or_a_beat_shows_it_alone(played: MainWindow, qtbot) -> None:
    session, panel, tree = played.desk.session, played.panels["simulate"], played.tree
    (heart,), (beat,) = session.of_kind("heart"), session.of_kind("result")

    def click(key: str, column: int = 0) -> tuple[bool, bool, bool]:
        row = tree.row(key)
        place = tree.tree.visualItemRect(row)
        place.setLeft(tree.tree.columnViewportPosition(column))
        place.setWidth(tree.tree.columnWidth(column))
        qtbot.mouseClick(tree.tree.viewport(), Qt.MouseButton.LeftButton, pos=place.center())
        settle(played, qtbot)
        return session.is_visible(heart.key), session.is_visible(beat.key), panel.timed.isVisible()

    assert click(heart.key) == (True, False, False)
    assert panel.heart.isVisible()
    bar = panel.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    assert click(beat.key) == (False, True, True)
    assert bar.value() == 0  # it is read from its head on, not from where the heart was left
    assert not panel.heart.isVisible()
    assert click(heart.key, EYE) == (True, True, False)  # by its eye it comes beside the beat
    assert click(beat.key) == (True, True, True)


def _paragraph(line: str, style: str = "body") -> Paragraph:
    return Paragraph(line, printing.styles()[style])


def test_a_heart_without_a_name_beats_on(record: Path) -> None:
    cleaner = Cleaner(Secret(b"0" * 32).subject(WHO))
    with Record.open(record, write=False) as opened:
        motion, heart, beat = (
            (opened.load(e.id), cleaner.entity(opened.load(e.id)))
            for e in opened.entries()
            if e.kind in KINDS
        )
    assert isinstance(motion[1], Motion)
    assert [s.name for s in motion[1].surfaces] == ["endocardium", "epicardium"]
    assert isinstance(heart[1], Heart)
    assert heart[1].circulation == heart[0].circulation
    assert heart[1].mesh.region_names == heart[0].mesh.region_names
    assert not live_heart(heart[1]).go(0.04).beyond
    assert isinstance(beat[1], Result)
    assert [c.name for c in beat[1].curves] == [c.name for c in beat[0].curves]
    for _known, cleaned in (motion, heart, beat):
        assert cleaned.identity.patient_name not in ("", WHO.patient_name)


def test_a_beat_is_written_in_every_format(tmp_path: Path) -> None:
    beat = whole_beat(Progress()).outputs["result"]
    for suffix in formats_of("result"):
        assert export(beat, tmp_path / f"beat{suffix}").stat().st_size > 100


@pytest.mark.parametrize(("share", "frame"), [(0.0, 0), (0.07, 1), (0.99, 0), (0.5, 4)])
def test_frames_are_found_by_their_share(share: float, frame: int) -> None:
    beat = whole_beat(Progress()).outputs["result"]
    assert isinstance(beat, Result)
    assert frame_at(beat, share) == frame


def test_what_moves_can_be_exported_as_a_film_and_both_lists_say_so(
    record: Path, window: MainWindow, qtbot, tmp_path: Path, capsys, monkeypatch
) -> None:
    window.open_paths([record])
    settle(window, qtbot)
    desk = window.desk
    endings = {
        kind: list(exporting.formats(desk, desk.session.of_kind(kind)[0])) for kind in ("result", "heart")
    }
    assert endings == {"result": [".vtu", ".curves.csv", ".csv", ".gif"], "heart": [".csv"]}
    (beat,) = desk.session.of_kind("result")
    assert "Film (*.gif)" in exporting.filters(desk, beat)
    assert exporting.with_suffix(desk, beat, "beat", "Film (*.gif)") == Path("beat.gif")
    drawn = []
    monkeypatch.setattr("desktop.films.draw_film", lambda *given: drawn.append(given) or given[2])
    path = exporting.write_out(record, beat.key, tmp_path / "beat.gif", Progress())
    assert [given[1:4] for given in drawn] == [(beat.key, path, True)]
    assert main(["export", str(record), "beat", "-o", str(tmp_path / "a.wrong")]) != 0
    assert ".vtu, .curves.csv, .csv, .gif." in capsys.readouterr().err


def test_plots_of_a_result_name_every_line_and_leave_segments_to_the_table(qtbot) -> None:
    beat, times = whole_beat(Progress()).outputs["result"], np.linspace(0.0, 0.8, 9)
    assert isinstance(beat, Result)
    named = {
        "mmHg": ("left ventricle pressure", "left atrium pressure", "aortic pressure"),
        "%": ("longitudinal strain", "circumferential strain", "circumferential strain, basal anterior"),
    }
    curves = tuple(Curve(name, unit, times, times) for unit, names in named.items() for name in names)
    pressures, strains = (plot for plot, _followed in plots_of(replace(beat, curves=curves)))
    assert [c.name for c in pressures.still] == ["left ventricle", "left atrium", "aortic"]
    assert pressures.still[2].color == CURVE_COLORS[theme.current().name]["aorta"]
    assert [c.name for c in strains.still] == ["longitudinal", "circumferential"]
    for plot in (pressures, strains):
        qtbot.addWidget(plot)
        plot.resize(220, 160)
        assert sum(len(line) for line in plot._legend()) == len(plot.still)
        assert len(plot._legend()) > 1  # no room in one line, and none is left out


def test_the_patient_s_own_loop_lies_behind_a_changed_beat_s(qtbot) -> None:
    own = whole_beat(Progress()).outputs["result"]
    assert isinstance(own, Result)
    volume, pressure = own.curves
    changed = replace(own, curves=(replace(volume, values=volume.values + 20.0), pressure))
    loop, followed = plots_of(changed, own)[0]
    qtbot.addWidget(loop)
    behind, now = loop.still
    assert (behind.name, now.name) == ("own", "this beat")
    assert behind.color == theme.current().quiet
    np.testing.assert_array_equal(now.x - behind.x, 20.0)
    assert followed[0][0] is changed.curves[0]  # the moment that is up is marked on the changed one
    (alone,) = plots_of(own)[0][0].still
    assert alone.name == ""


def test_suction_is_told_beside_the_loop_where_it_is_the_model_s(qtbot) -> None:
    beat = whole_beat(Progress()).outputs["result"]
    assert isinstance(beat, Result)
    volume, pressure = beat.curves
    deep = replace(beat, curves=(volume, replace(pressure, values=pressure.values - 18.0)))
    for result, told in (
        (replace(beat, limits=(SUCTION,)), ""),  # 10 mmHg at the least
        (replace(deep, limits=(SUCTION,)), "Suction of −8 mmHg: the model's"),
        (deep, ""),  # a model that does not say so
    ):
        loop, _ = plots_of(result)[0]
        qtbot.addWidget(loop)
        assert loop.note == told
        assert (SUCTION in loop.toolTip()) == bool(told)
    loop.resize(240, 200)
    bare = loop._box().bottom()
    loop.set_note("Under the axes")
    assert loop._box().bottom() < bare - 5  # it has room of its own


def test_remarks_that_are_sentences_are_joined_as_one_line() -> None:
    assert report._joined(["Of the images (fitted).", "largest source of doubt: EDV"]) == (
        "Of the images (fitted); largest source of doubt: EDV"
    )


def test_no_curves_of_another_beat_stand_under_a_beat_s_name_while_it_is_read(
    played: MainWindow, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, card = played.desk.session, card_of(played)
    assert card._followers
    both = do(session.record, "test.both")
    settle(played, qtbot)
    get = session.get
    monkeypatch.setattr(session, "get", lambda id: None if id == both else get(id))  # as till it is read
    session.select(both)
    session.show_only(both)
    settle(played, qtbot)
    assert card.isVisible()
    assert "right ventricle, ejection fraction" in " ".join(card.numbers.texts()).lower()
    assert not card._followers
    assert not any(plot.isVisible() for plot in card.findChildren(Plot))
    monkeypatch.undo()
    session.arrived.emit()
    qtbot.waitUntil(lambda: card._followers[0][0].title == "Pressure–volume loops", timeout=5000)
