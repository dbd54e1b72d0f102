"""What is written over a slice: whole wherever there is room for it."""

import math
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF, QImage, QPainter

from tests.viewers.phantoms import marked_volume
from twin.domain import Volume
from viewers import paint
from viewers.orientation import Plane
from viewers.slice_view import SliceView


def written(monkeypatch, view: SliceView) -> list[str]:
    """Every text that one painting of the view writes."""
    texts = []
    plain = paint.text_at

    def note(painter, box: QRectF, flags, text: str, color, **more):
        assert QFontMetricsF(painter.font()).horizontalAdvance(text) <= box.width() + 0.5, text
        texts.append(text)
        plain(painter, box, flags, text, color, **more)

    monkeypatch.setattr(paint, "text_at", note)
    view.image()
    monkeypatch.undo()
    return texts


def shown(qtbot, volume: Volume, width: int, height: int, plane: Plane = "axial") -> SliceView:
    view = SliceView(plane)
    qtbot.addWidget(view)
    view.resize(width, height)
    view.set_volume(volume)
    return view


@pytest.mark.parametrize("width", [200, 260, 330, 350, 420, 640])
def test_place_and_number_of_a_slice_are_never_cut(qtbot, monkeypatch, width):
    volume = marked_volume((0, 0, 0), size_mm=200.0, spacing=(2.0, 2.0, 1.0))
    texts = written(monkeypatch, shown(qtbot, volume, width, 360))
    # 200 slices of 1 mm, the middle one of which is the 100th as shown, 0.5 mm off the middle.
    place = next(text for text in texts if text.endswith("100 / 200"))
    assert "0.5 mm" in place
    assert not any("…" in text for text in texts)


def test_an_oblique_plane_is_not_called_axial(qtbot, monkeypatch):
    turn = np.radians(30.0)
    affine = np.eye(4)
    affine[:3, 1] = [0, np.cos(turn), -np.sin(turn)]
    affine[:3, 2] = [0, np.sin(turn), np.cos(turn)]
    plane = Volume(np.zeros((1, 80, 80), np.int16), affine, "MR")
    texts = written(monkeypatch, shown(qtbot, plane, 420, 360))
    assert "oblique, 30° from axial" in texts
    assert "axial" not in texts


TITLES = ("oblique, 30° from axial", "oblique, 30°", "oblique")
"""What a plane turned by 30° is called, the longest first."""


@pytest.mark.parametrize(("longer", "shorter"), list(pairwise(TITLES)))
def test_a_turned_plane_is_named_as_long_as_half_a_narrow_view_allows(qtbot, monkeypatch, longer, shorter):
    """On either side of the width at which a name just fits: letters differ in width between machines."""
    turn = np.radians(30.0)
    affine = np.eye(4)
    affine[:3, 1] = [0, np.cos(turn), -np.sin(turn)]
    affine[:3, 2] = [0, np.sin(turn), np.cos(turn)]
    view = shown(qtbot, Volume(np.zeros((1, 80, 80), np.int16), affine, "MR"), 640, 300)
    image = QImage(1, 1, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setFont(view.font())
    # A margin of 10 px on either side; half of what the letters of the upper edge leave, but for 6 px.
    letters = paint.letters_width(painter, view.sheet.frame.edge_letters["top"])
    just = math.ceil(20 + letters + 2 * (QFontMetricsF(view.font()).horizontalAdvance(longer) + 6))
    painter.end()
    for width, title in ((just, longer), (just - 1, shorter)):
        view.resize(width, 300)
        texts = written(monkeypatch, view)
        assert [text for text in texts if text.startswith("oblique")] == [title]
        assert not any("…" in text for text in texts)


@pytest.mark.parametrize("width", [205, 260, 330, 640])
def test_how_far_apart_slices_lie_is_written_whole(qtbot, monkeypatch, width):
    # The short axes of heart-mr-cine: six slices 17.7 mm apart.
    stack = Volume(np.zeros((6, 80, 80), np.int16), np.diag([1.4, 1.4, 17.7, 1.0]), "MR")
    texts = written(monkeypatch, shown(qtbot, stack, width, 300, "coronal"))
    assert any("slices 17.7 mm apart" in text for text in texts)
    assert not any("…" in text for text in texts)


def test_the_image_s_own_planes_bear_the_name_that_is_known_of_them(qtbot, monkeypatch):
    turn = np.radians(30.0)
    affine = np.eye(4)
    affine[:3, 1] = [0, np.cos(turn), -np.sin(turn)]
    affine[:3, 2] = [0, np.sin(turn), np.cos(turn)]
    stack = Volume(np.zeros((9, 80, 80), np.int16), affine, "MR")
    for plane, title in (("axial", "short axis, 30° from axial"), ("coronal", "oblique, 30° from coronal")):
        view = shown(qtbot, stack, 500, 360, plane)
        view.decor.set_view_name("short axis")
        assert title in written(monkeypatch, view)
