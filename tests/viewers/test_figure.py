"""Pictures to take away."""

import numpy as np
import pytest
from PySide6.QtGui import QFontMetricsF, QImage

from tests.viewers.phantoms import marked_volume, sphere
from twin.errors import UserError
from viewers import figure
from viewers.figure import figure_of, save_figure
from viewers.scene_view import SceneView
from viewers.slice_view import SliceView


@pytest.fixture
def slice_view(qtbot):
    view = SliceView("axial")
    qtbot.addWidget(view)
    view.resize(300, 240)
    view.set_volume(marked_volume((0, 0, 0)))
    return view


def test_figure_bears_caption_side_notice_and_stamp(slice_view, monkeypatch):
    written = []
    plain = figure.paint.lines_at
    monkeypatch.setattr(
        figure.paint, "lines_at", lambda *a, **k: (written.extend(text for text, _ in a[3]), plain(*a, **k))
    )
    made = figure_of(
        slice_view,
        ["HIP, Model", "CT 2026-01-05"],
        side="left",
        reference_patient=True,
        stamp="STALE",
        scale=1.0,
    )
    words = " ".join(written)
    for wanted in (
        "HIP, Model",
        "LEFT",
        "REFERENCE PATIENT",
        "STALE",
        "Research software. Not a medical device.",
    ):
        assert wanted in words
        assert wanted in made.text("Description")
    assert made.width() == 300
    assert made.height() > 260


def test_notice_is_burnt_into_the_pixels(slice_view):
    made = figure_of(slice_view, ["x"], scale=1.0).convertToFormat(QImage.Format.Format_RGB32)
    array = np.array(made.constBits()).reshape(made.height(), made.width(), 4)[..., :3].astype(int)
    strip = array[245:, 150:]
    assert (np.abs(strip - [0x1C, 0x18, 0x15]).sum(axis=-1) > 100).sum() > 100


def test_an_unconfirmed_side_is_said(slice_view):
    assert "SIDE UNCONFIRMED" in figure_of(slice_view, side="unconfirmed").text("Description")


def test_saved_and_read_back(slice_view, tmp_path):
    save_figure(figure_of(slice_view, ["x"]), tmp_path / "a.png")
    read = QImage(str(tmp_path / "a.png"))
    assert read.width() == 600
    assert "Not a medical device" in read.text("Description")
    with pytest.raises(UserError, match="could not be written"):
        save_figure(read, tmp_path / "no" / "a.png")


def test_scene_figure_is_drawn_finely(qtbot):
    view = SceneView()
    qtbot.addWidget(view)
    view.resize(200, 160)
    view.show_surface("ball", sphere(), "#E8D7AC")
    assert figure_of(view, ["x"], scale=3.0).width() == 600


def test_what_is_shown_has_the_whole_width_of_the_caption(slice_view, monkeypatch):
    widths = {}
    plain = figure.paint.lines_at

    def note(painter, box, corner, lines, **kwargs):
        widths.update({text: box.width() for text, _ in lines})
        return plain(painter, box, corner, lines, **kwargs)

    monkeypatch.setattr(figure.paint, "lines_at", note)
    figure_of(slice_view, ["HIP, Model", "CT 2026-01-05", "von Mises stress, walking, 75 kg"], scale=1.0)
    assert widths["von Mises stress, walking, 75 kg"] == 300 - 24  # all but the margins
    assert widths["HIP, Model"] == 300 - 24  # nothing stands beside it
    assert widths["CT 2026-01-05"] < 0.6 * 300  # the notice does
    figure_of(slice_view, ["HIP, Model"], side="left", scale=1.0)
    assert 0.5 * 300 < widths["HIP, Model"] < 300 - 24  # LEFT


def test_the_notice_of_a_narrow_picture_is_broken_and_not_cut_off(slice_view, monkeypatch):
    """Of a film 220 px wide the words "not de-identified" were cut."""
    slice_view.resize(200, 160)
    written: list[str] = []
    plain = figure.paint.lines_at
    monkeypatch.setattr(
        figure.paint, "lines_at", lambda *a, **k: (written.extend(text for text, _ in a[3]), plain(*a, **k))
    )
    notice = "NOT FOR DIAGNOSIS · NOT DE-IDENTIFIED"
    made = figure_of(slice_view, notice=[notice], scale=1.0)
    assert notice not in written
    assert notice in " ".join(written)
    metrics = QFontMetricsF(slice_view.font())
    assert all(metrics.horizontalAdvance(text) <= made.width() - 24 for text in written)
