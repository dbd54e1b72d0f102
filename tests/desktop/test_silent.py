"""Nothing is painted that Qt complains of: what it says would fill the log."""

from types import SimpleNamespace

from desktop.bullseye import BullsEye
from desktop.chain import Shown
from desktop.numbers import NumberList
from desktop.section import Panel


def complaints(qtlog) -> list[str]:
    """Return what painters and fonts have said; the plugin without a screen says things of its own."""
    return [r.message for r in qtlog.records if r.message.startswith(("QPainter", "QFont", "QPixmap"))]


def test_new_numbers_are_measured_before_they_are_painted(qtbot, window) -> None:
    panel, numbers = Panel("Numbers"), NumberList(SimpleNamespace())
    panel.add(numbers)
    qtbot.addWidget(panel)
    panel.resize(340, 400)
    panel.show()
    numbers._show([Shown(f"number {n}", 1.0, "mL", None, None, "") for n in range(60)], struck=False)
    button = numbers._rows[0][3]
    assert numbers.minimumSizeHint().height() > 60 * button.sizeHint().height()


def test_the_bull_s_eye_writes_its_values_in_a_font_of_a_size(qtbot, qtlog, window) -> None:
    bullseye = BullsEye()
    qtbot.addWidget(bullseye)
    bullseye.set_values({1: 9.0, 17: 4.0}, "mm")
    bullseye.grab()
    assert complaints(qtlog) == []
