"""Nothing is painted that Qt complains of: what it says would fill the log."""

from types import SimpleNamespace

from PySide6.QtWidgets import QStackedWidget, QWidget

from desktop.bullseye import BullsEye
from desktop.chain import Shown
from desktop.numbers import NumberList
from desktop.section import Panel


def complaints(qtlog) -> list[str]:
    """Return what painters and fonts have said; the plugin without a screen says things of its own."""
    return [r.message for r in qtlog.records if r.message.startswith(("QPainter", "QFont", "QPixmap"))]


class _Numbers(Panel):
    def __init__(self) -> None:
        super().__init__("Numbers")
        self.numbers = NumberList(SimpleNamespace())
        self.add(self.numbers)
        self.end()

    def refresh(self) -> None:
        shown = [Shown(f"number {n}", 1.0, "mL", None, None, "") for n in range(60)]
        self.numbers._show(shown, struck=False)


def test_numbers_are_not_pressed_together_when_their_panel_comes_up(qtbot, qtlog, window) -> None:
    stack, panel = QStackedWidget(), _Numbers()
    stack.addWidget(QWidget())
    stack.addWidget(panel)
    qtbot.addWidget(stack)
    stack.resize(340, 400)
    stack.show()
    qtbot.waitExposed(stack)
    stack.setCurrentWidget(panel)
    qtbot.wait(100)
    assert complaints(qtlog) == []


def test_the_bull_s_eye_writes_its_values_in_a_font_of_a_size(qtbot, qtlog, window) -> None:
    bullseye = BullsEye()
    qtbot.addWidget(bullseye)
    bullseye.set_values({1: 9.0, 17: 4.0}, "mm")
    bullseye.grab()
    assert complaints(qtlog) == []
