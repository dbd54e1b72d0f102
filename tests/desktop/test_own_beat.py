"""Beside a beat under other conditions stands the own one of the very heart that it is of."""

from pathlib import Path

import pytest
from PIL import Image as Picture
from PySide6.QtGui import QImage
from reportlab.platypus import Image, Table

from desktop import filming, films, pictures, report, theme
from desktop.chain import fitted_beat
from desktop.front_page import _asked, asked_about
from desktop.key_numbers import heading, key_entries, key_lines
from desktop.printing import text_of
from desktop.window import MainWindow
from tests.desktop import beating  # noqa: F401  (declares the steps)
from tests.desktop.conftest import do, settle
from tests.desktop.live import stage_of
from twin import steps
from twin.progress import Progress
from twin.record import Record
from twin.run import prepare, run


def ask(record: Record, heart: str, preload_ml: float) -> str:
    """Have a heart beat in full under other conditions; returns the beat's id."""
    call = prepare(record, "test.full", {"heart": heart}, {"preload_ml": preload_ml})
    return run(record, call, Progress()).outputs["result"]["id"]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with the hearts of two studies: h1 with its beat r1, h2 with r2; r3 is a beat of h1."""
    path = tmp_path_factory.mktemp("two") / "two.twin"
    with Record.create(path) as record:
        do(record, "test.fitted", ejection_percent=61.0)
        do(record, "test.fitted", ejection_percent=39.0, study="1.2.4", date="2026-07-05")
        ask(record, "h1", 200.0)
    return path


def test_what_might_be_stands_beside_the_own_beat_of_that_heart(two: Path) -> None:
    with Record.open(two, write=False) as record:
        beats = {e.id: e for e in record.entries()}
        assert fitted_beat(record, beats["r3"]).id == "r1"
        assert [fitted_beat(record, beats[id]) for id in ("r1", "r2")] == [None, None]
        told = [one.getPlainText() for one in _asked(record, text_of())]
    assert told == ["What might be", "– preload +200 mL of 2026-01-05: ejection fraction 50 % (own 61 %)"]


def test_a_narrow_valve_s_gradients_stand_on_the_first_page() -> None:
    names = ("QRS duration", "mean gradient of the aortic valve", "peak gradient of the aortic valve")
    numbers = [{"name": name} for name in (*names, "aortic valve area by Gorlin", "stroke volume")]
    found = [n["name"] for n in asked_about("aortic area 0.8 cm²", numbers, {"stroke volume"})]
    assert found == list(names[1:])
    assert not asked_about("left bundle branch block", numbers, set())


def test_the_first_page_tells_both_studies_by_their_dates(two: Path) -> None:
    with Record.open(two, write=False) as record:
        beats = [e for e in key_entries(record) if e.kind == "result"]
        assert [e.id for e in beats] == ["r1", "r2"]
        assert " of 2026-01-05, simulated" in heading(record, beats[0])
        assert " of 2026-07-05, simulated" in heading(record, beats[1])


def test_a_beat_that_is_solved_again_as_fitted_does_not_take_the_place_of_the_fit_s(home: Path) -> None:
    """Only the fit's is held against images: the other's numbers would rest on nothing."""
    with Record.create(home / "again.twin") as record:
        do(record, "test.fitted")
        ask(record, "h1", 0.0)
        lines = list(key_lines(record))
    assert "  Ejection fraction: 50 % (no interval), fitted to imaged 51 %" in lines


def test_a_mesh_s_beat_is_no_what_might_be(home: Path) -> None:
    with Record.create(home / "mesh.twin") as record:
        do(record, "test.coupled")
        assert _asked(record, text_of()) == []
        assert [e.kind for e in key_entries(record)] == ["result"]


def test_no_picture_is_left_out_where_the_first_page_says_what_might_be(two: Path, tmp_path: Path) -> None:
    drawn = [tmp_path / f"{n}.png" for n in range(5)]
    for path in drawn:
        Picture.new("RGB", (60, 50)).save(path)
    with Record.open(two, write=False) as record:
        story = report._story(record, drawn)
    tables = [one for one in story if isinstance(one, Table)]
    cells = [cell for table in tables for row in table._cellvalues for cell in row]
    assert [Path(c.filename) for c in cells if isinstance(c, Image)] == drawn


@pytest.fixture
def loops(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names of the lines of each loop that is drawn."""
    from desktop import timed_card

    drawn: list[list[str]] = []
    plots_of = timed_card.plots_of

    def listening(*given):
        plots = plots_of(*given)
        drawn.append([curve.name for curve in plots[0][0].still])
        return plots

    monkeypatch.setattr(timed_card, "plots_of", listening)
    return drawn


def test_a_report_s_loop_and_a_film_s_have_the_patient_s_own_behind(
    qapp, two: Path, tmp_path: Path, loops: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop.moving.timed_fields", lambda _tree: [])  # of pictures the plots alone
    blank = QImage(4, 4, QImage.Format.Format_RGB32)
    monkeypatch.setattr("viewers.figure.figure_of", lambda *_a, **_k: blank)  # in place of the drawing
    try:
        with Record.open(two, write=False) as record:
            for id in ("r3", "r1"):
                assert list(pictures._timed(record, record.find(id), record.load(id)))
        monkeypatch.setattr("desktop.moving.timed_fields", lambda _tree: ["displacement"])
        films.draw_film(two, "r3", tmp_path / "beat.gif", True, Progress())
    finally:
        theme.apply(qapp)
    assert loops == [["own", "this beat"], [""], ["own", "this beat"]]


def test_the_window_s_card_and_its_film_show_the_own_loop_and_not_the_other_heart_s(
    window: MainWindow, two: Path, home: Path, qtbot
) -> None:
    path = home / "two.twin"
    path.write_bytes(two.read_bytes())
    stage_of(window, path, qtbot)
    window.desk.session.go_to("simulate")
    card = window.panels["simulate"].timed
    for id, names, own in (("r3", ["own", "this beat"], "r1"), ("r2", [""], None)):
        window.desk.session.select(id)
        window.desk.session.show_only(id)
        settle(window, qtbot)
        qtbot.waitUntil(lambda names=names: [c.name for c in card._followers[0][0].still] == names)
        assert card._own is (window.desk.session.get(own) if own else None)
        plot = filming.SceneShots(window.desk, True)._plot.at(0.0)
        assert [c.name for c in plot.still] == names


def test_beats_under_other_conditions_are_all_drawn_in_a_process_that_knows_no_steps_yet(
    qapp, two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "two.twin"
    path.write_bytes(two.read_bytes())
    with Record.open(path) as record:
        ask(record, "h1", -200.0)
    known, drawn = steps._registry, list[str]()
    monkeypatch.setattr(steps, "_registry", {})
    monkeypatch.setattr("desktop.catalogue.load", lambda: monkeypatch.setattr(steps, "_registry", known))
    monkeypatch.setattr(pictures, "_HOW", {"result": lambda _record, entry: drawn.append(entry.id) or ()})
    try:
        pictures.draw(path, tmp_path, Progress())
    finally:
        theme.apply(qapp)
    assert drawn == ["r1", "r2", "r3", "r4"]
