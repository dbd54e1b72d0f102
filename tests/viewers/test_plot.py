"""The plot: values where they belong, ends that hold everything, and what stands out from what."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage

from viewers.plot import Plot, PlotCurve, PlotMark

RED, BLUE = "#FF0000", "#0000FF"


@pytest.fixture
def plot(qtbot) -> Plot:
    made = Plot("Loop", "volume (mL)", "pressure (mmHg)")
    qtbot.addWidget(made)
    made.resize(400, 300)
    return made


def count(plot: Plot, color: str) -> int:
    picture = plot.image().convertToFormat(QImage.Format.Format_RGB32)
    packed = np.frombuffer(picture.constBits(), np.uint8).reshape(-1, 4)[:, 2::-1].astype(int)
    tint = QColor(color)
    return int((np.abs(packed - [tint.red(), tint.green(), tint.blue()]).max(axis=1) < 60).sum())


def test_values_lie_where_they_belong(plot: Plot) -> None:
    plot.set_still([PlotCurve(np.array([0.0, 100.0]), np.array([0.0, 50.0]), RED, width=6.0)])
    low, high, middle = plot.place(0, 0), plot.place(100, 50), plot.place(50, 25)
    assert low.x() < high.x()
    assert low.y() > high.y()
    assert middle.x() == pytest.approx((low.x() + high.x()) / 2)
    assert QColor(plot.image().pixel(middle.toPoint())).red() > 200
    assert QColor(plot.image().pixel(round(middle.x()), round(low.y()) - 10)).red() < 100


def test_ends_hold_what_moves_and_do_not_shake(plot: Plot) -> None:
    plot.set_still([PlotCurve(np.array([0.0, 100.0]), np.array([0.0, 50.0]), RED)])
    before = plot.place(100, 50)
    plot.set_moving([PlotCurve(np.array([10.0, 90.0]), np.array([5.0, 45.0]), BLUE)])
    assert plot.place(100, 50) == before
    plot.set_moving([PlotCurve(np.array([10.0, 90.0]), np.array([5.0, 200.0]), BLUE)])
    assert plot.place(90, 200).y() > 0
    assert plot.place(100, 50).y() > before.y()
    plot.set_still(())
    assert plot.moving
    plot.set_moving(())
    assert count(plot, BLUE) == 0


def test_what_must_not_be_trusted_is_gray(plot: Plot) -> None:
    curve = PlotCurve(np.array([0.0, 100.0]), np.array([0.0, 50.0]), RED, width=3.0)
    plot.set_moving([curve], (50.0, 25.0))
    assert count(plot, RED) > 100
    plot.set_moving([curve], (50.0, 25.0), "Outside what was computed")
    assert count(plot, RED) == 0
    assert count(plot, plot.look.warn) > 20  # it says why


def test_marks_dots_and_gaps(plot: Plot) -> None:
    dots = PlotCurve(np.array([10.0, 50.0]), np.array([10.0, 40.0]), BLUE, "measured", dots=True)
    plot.set_still([dots], [PlotMark(120.0, "EDV", RED), PlotMark(60.0, "mean", RED, "y")])
    assert QColor(plot.image().pixel(plot.place(50, 40).toPoint())).blue() > 200
    assert plot.place(120, 0).x() < plot.width()  # marks lie within the ends
    assert count(plot, RED) > 60


def test_names_of_two_marks_stand_outside_what_lies_between_them(plot: Plot, monkeypatch) -> None:
    """A loop from 60 to 120 mL: ESV is written on its left, EDV on its right, both within the axes."""
    written: dict[str, tuple[QRectF, Qt.AlignmentFlag]] = {}

    def text_at(_painter, place: QRectF, align, text: str, *_look, **_more) -> None:
        written[text] = (place, align)

    monkeypatch.setattr("viewers.plot.paint.text_at", text_at)
    loop = PlotCurve(np.array([60.0, 120.0, 120.0, 60.0]), np.array([5.0, 10.0, 120.0, 100.0]), BLUE)
    plot.set_still([loop], [PlotMark(60.0, "ESV", RED), PlotMark(120.0, "EDV", RED)])
    plot.image()
    left, right = written["ESV"], written["EDV"]
    assert left[1] == Qt.AlignmentFlag.AlignRight
    assert left[0].right() < plot.place(60, 0).x()
    assert right[1] == Qt.AlignmentFlag.AlignLeft
    assert right[0].left() > plot.place(120, 0).x()
    wide = plot.fontMetrics().horizontalAdvance("EDV")
    assert right[0].left() + wide < plot._box().right()


def test_a_plot_of_nothing_and_of_one_value_is_painted(plot: Plot) -> None:
    assert not plot.image().isNull()
    plot.set_still([PlotCurve(np.array([3.0]), np.array([3.0]), RED)])
    assert not plot.image().isNull()
