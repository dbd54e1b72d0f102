"""Pictures and films of the views: what is burnt into them, and what is not."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from desktop import filming, snapshots
from desktop.commands import BY_ID
from desktop.window import MainWindow
from tests.desktop.conftest import do, settle
from twin.record import Record
from viewers import paint


@pytest.fixture
def seen(window: MainWindow, scan: Path, qtbot) -> MainWindow:
    """The window with a CT, wide enough for its captions."""
    window.open_paths([scan])
    settle(window, qtbot)
    window.desk.stage.maximize("axial")
    settle(window, qtbot)
    return window


@pytest.fixture
def written(monkeypatch) -> list[str]:
    """Every text that is painted."""
    texts: list[str] = []
    plain = paint.text_at

    def text_at(painter, box, flags, text, *more, **named):
        texts.append(text)
        plain(painter, box, flags, text, *more, **named)

    monkeypatch.setattr(paint, "text_at", text_at)
    return texts


def answer(monkeypatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))


@pytest.mark.parametrize("names", [True, False])
def test_a_picture_says_whether_names_are_in_it(
    seen: MainWindow, home: Path, monkeypatch, written: list[str], names: bool
) -> None:
    answer(monkeypatch, home / "a.png")
    seen.desk.stage.slices["axial"].setFocus()
    BY_ID["file.picture" if names else "file.picture.unnamed"].trigger(seen.desk)
    picture = QImage(str(home / "a.png"))
    assert picture.width() > 500
    words = " ".join(written)
    for secret in ("HIP, Model", "HIP003", "2026-01-05"):
        assert (secret in words) is names
        assert (secret in picture.text("Description")) is names
    for line in snapshots.NAMED if names else snapshots.UNNAMED:
        assert line in words
        assert line in picture.text("Description")
    assert "Research software. Not a medical device." in words
    # The view itself still says whose it is, and the log that a picture left.
    assert any("HIP, Model" in line for line in seen.desk.stage.slices["axial"].decor.caption)
    left = seen.desk.session.record.log()[-1]
    assert (left.kind, left.params["path"]) == ("exported", str(home / "a.png"))
    assert ("NOT DE-IDENTIFIED" in seen.errors.hint.text()) is names


def test_a_film_of_slices_goes_through_all_of_them_and_puts_the_view_back(
    seen: MainWindow, home: Path, monkeypatch, qtbot
) -> None:
    answer(monkeypatch, home / "a.gif")
    view = seen.desk.stage.slices["axial"]
    view.setFocus()
    before = view.crosshair
    BY_ID["file.film.unnamed"].trigger(seen.desk)
    qtbot.waitUntil((home / "a.gif").exists, timeout=60_000)
    settle(seen, qtbot)
    with Image.open(home / "a.gif") as film:
        assert film.n_frames == 24
        assert film.info["duration"] == filming.STEP_MS
        assert film.info["comment"].startswith(b"NOT FOR DIAGNOSIS")
    assert np.allclose(view.crosshair, before)


def test_a_film_of_a_heart_shows_its_phases_at_their_times(
    window: MainWindow, home: Path, monkeypatch, qtbot
) -> None:
    with Record.create(home / "heart.twin") as record:
        do(record, "test.cine")
    window.open_paths([home / "heart.twin"])
    settle(window, qtbot)
    answer(monkeypatch, home / "heart.gif")
    BY_ID["file.film"].trigger(window.desk)
    qtbot.waitUntil((home / "heart.gif").exists, timeout=60_000)
    settle(window, qtbot)
    with Image.open(home / "heart.gif") as film:
        lengths, light = [], []
        for n in range(film.n_frames):
            film.seek(n)
            lengths.append(film.info["duration"])
            middle = np.asarray(film.convert("L"))[film.height // 3, film.width // 2 + 40]
            light.append(int(middle))
    assert lengths == [160] * 5  # 800 ms a beat
    # 100 … 500 in a window from 0 to 600.
    assert light == pytest.approx([42, 85, 128, 170, 213], abs=6)


def test_a_film_in_3d_goes_once_round_what_stands_there(
    window: MainWindow, home: Path, monkeypatch, qtbot
) -> None:
    """Each frame shows another side, and after it everything is as it was."""
    with Record.create(home / "block.twin") as record:
        do(record, "test.bare")
    window.open_paths([home / "block.twin"])
    settle(window, qtbot)
    stage = window.desk.stage
    stage.maximize("3-D")
    qtbot.waitUntil(lambda: stage.scene is not None and bool(stage.scene.keys()), timeout=60_000)
    monkeypatch.setattr(filming, "TURN_STEPS", 5)
    stage.scene.setFocus()
    turn = stage.scene.camera.turn
    answer(monkeypatch, home / "turn.gif")
    BY_ID["file.film.unnamed"].trigger(window.desk)
    qtbot.waitUntil((home / "turn.gif").exists, timeout=60_000)
    settle(window, qtbot)
    with Image.open(home / "turn.gif") as film:
        frames = [np.asarray(film.convert("L")) for n in range(film.n_frames) if film.seek(n) is None]
    assert len(frames) == 5
    assert all(np.mean(a != b) > 0.005 for a, b in pairwise(frames))
    assert stage.scene.camera.turn == pytest.approx(turn)


def test_help_lists_every_command_with_its_keys(window: MainWindow) -> None:
    BY_ID["help.keys"].trigger(window.desk)
    page = window.asking._help_page
    assert page.isVisible()
    text = page.page.toPlainText()
    for command in BY_ID.values():
        assert command.title in text
    for words in ("Turn the other planes", "Shift+R", "Alt+Right", "Ctrl+Shift+P", "Double-click"):
        assert words in text
    page.close()
