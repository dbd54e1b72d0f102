from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt

from desktop.form import Form
from twin.params import param, parameters, parse


@dataclass(frozen=True)
class Params:
    edge_mm: float = param(2.0, help="Length of an edge.", unit="mm", low=0.5, high=20)
    rounds: int = param(3, help="How often.", low=0, high=9)
    law: Literal["Morgan", "Keller"] = param("Morgan", help="Density law.")
    keep: bool = param(True, help="Keep all.")
    threshold_hu: float | None = param(None, help="Lowest HU.", unit="HU", low=-200, high=2000)
    center_mm: tuple[float, float, float] | None = param(None, help="A point.", advanced=True)


def test_a_form_says_unit_range_and_default(qtbot) -> None:
    form = Form(parameters(Params))
    qtbot.addWidget(form)
    assert form.fields["edge_mm"].text() == "2 mm"
    tip = form.fields["edge_mm"].toolTip()
    assert "Length of an edge." in tip
    assert "From 0.5 to 20 mm." in tip
    assert "By default 2 mm." in tip
    assert form.fields["edge_mm"].accessibleName() == "Edge"


def test_untouched_it_gives_nothing_and_the_defaults_hold(qtbot) -> None:
    form = Form(parameters(Params))
    qtbot.addWidget(form)
    assert form.values() == {}
    assert parse(Params, form.values()) == Params()


def test_what_is_typed_and_chosen_is_what_the_step_gets(qtbot) -> None:
    form = Form(parameters(Params))
    qtbot.addWidget(form)
    form.show()
    edge = form.fields["edge_mm"]
    edge.selectAll()
    qtbot.keyClicks(edge, "1.25")
    qtbot.keyClick(edge, Qt.Key.Key_Return)
    form.fields["law"].setFocus()
    qtbot.keyClicks(form.fields["law"], "K")
    qtbot.keyClick(form.fields["keep"], Qt.Key.Key_Space)
    qtbot.keyClicks(form.fields["threshold_hu"], "120")
    assert parse(Params, form.values()) == Params(edge_mm=1.25, law="Keller", keep=False, threshold_hu=120.0)


def test_a_number_out_of_range_cannot_be_typed(qtbot) -> None:
    form = Form(parameters(Params))
    qtbot.addWidget(form)
    rounds = form.fields["rounds"]
    rounds.selectAll()
    qtbot.keyClicks(rounds, "77")
    qtbot.keyClick(rounds, Qt.Key.Key_Return)
    assert rounds.value() <= 9


def test_advanced_parameters_are_folded_until_asked_for(qtbot) -> None:
    form = Form(parameters(Params))
    qtbot.addWidget(form)
    form.show()
    point = form.fields["center_mm"]
    assert not point.isVisible()
    qtbot.mouseClick(form.more, Qt.MouseButton.LeftButton)
    assert point.isVisible()
    qtbot.keyClicks(point, "1, 2, 3.5")
    assert parse(Params, form.values()).center_mm == (1.0, 2.0, 3.5)


def test_the_wheel_scrolls_the_panel_and_changes_nothing(qtbot) -> None:
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    form = Form(parameters(Params))
    qtbot.addWidget(form)
    form.show()
    for name in ("edge_mm", "rounds", "law"):
        turn = QWheelEvent(
            QPointF(5, 5), QPointF(5, 5), QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(form.fields[name], turn)
    assert form.values() == {}
