"""Numbers that are typed: taken as they are meant, or refused with a reason."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolTip

from desktop.fields import DoubleSpinBox, SpinBox


def typed(qtbot, field: DoubleSpinBox | SpinBox, text: str) -> float:
    """Return what a field holds after a text was typed over it and Enter pressed."""
    QToolTip.hideText()
    field.show()
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    return field.value()


@pytest.fixture
def dose(qtbot) -> DoubleSpinBox:
    field = DoubleSpinBox()
    qtbot.addWidget(field)
    field.setDecimals(1)
    field.setRange(4.0, 400.0)
    field.setSuffix(" mg a day")
    field.setValue(100.0)
    return field


@pytest.mark.parametrize(
    ("text", "value"), [("12,5", 12.5), ("12.5", 12.5), ("50", 50.0), ("12,5 mg a day", 12.5), ("-", 100.0)]
)
def test_a_comma_is_a_decimal_point(qtbot, dose: DoubleSpinBox, text: str, value: float) -> None:
    """Of "12,5" Qt alone makes 125: ten times the dose."""
    assert typed(qtbot, dose, text) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("5000", "From 4 to 400 mg a day: 5000 mg a day is not taken."),
        ("0,4", "From 4 to 400 mg a day: 0.4 mg a day is not taken."),
        ("1,250", "“1,250” may be 1250 or 1.250: type one of the two."),
        ("1.2.3", "“1.2.3” is no number."),
    ],
)
def test_what_cannot_be_is_refused_and_not_cut_off(qtbot, dose: DoubleSpinBox, text: str, why: str) -> None:
    """Of "5000" Qt alone takes the digits that fit, 50."""
    assert typed(qtbot, dose, text) == 100.0
    assert QToolTip.text() == why
    assert dose.text() == "100 mg a day"


def test_whole_numbers_are_whole(qtbot) -> None:
    beats = SpinBox()
    qtbot.addWidget(beats)
    beats.setRange(2, 50)
    beats.setValue(10)
    assert typed(qtbot, beats, "12") == 12
    assert typed(qtbot, beats, "100") == 12
    assert QToolTip.text() == "From 2 to 50: 100 is not taken."
    assert typed(qtbot, beats, "2,5") == 12
    assert QToolTip.text() == "2.5 is no whole number."
