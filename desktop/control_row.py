"""A control of a beating heart: its slider, and its value in a field beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QMouseEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QWidget

from desktop import theme
from desktop.desk import Desk
from desktop.fields import DoubleSpinBox, undoes_more
from desktop.time_bar import PhaseSlider
from desktop.what_if import Control

_FAR = 1e9


class OwnSlider(PhaseSlider):
    """A slider that a double-click sets back; the wheel scrolls the panel, not it."""

    set_back = Signal()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask to be set back."""
        self.set_back.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the panel scroll."""
        event.ignore()


class ValueField(DoubleSpinBox):
    """A control's value with its unit, between the slider's steps too; left empty, it is set back.

    Parameters
    ----------
    control : Control
        Whose value it is.
    ask : callable
        Called with what was typed, or with None where the field was left empty.
    """

    def __init__(self, control: Control, ask: Callable[[float | None], None]) -> None:
        self.control, self._ask = control, ask  # before Qt asks for a text
        self._known = False
        super().__init__()
        self.setDecimals(3)
        self.setRange(-_FAR, _FAR)  # what lies off the slider is refused with its reason, not cut off
        self.valueChanged.connect(ask)

    def show_value(self, value: float, *, changed: bool) -> None:
        """Show where the control stands; what is being typed stays."""
        font = self.lineEdit().font()  # the style sheet keeps the field's own from it
        if font.bold() != changed:
            font.setBold(changed)
            self.lineEdit().setFont(font)
        if value != self.value() or not self._known:
            self._known = True
            with QSignalBlocker(self):
                self.setValue(value)

    def textFromValue(self, value: float) -> str:
        """Write the value as the control does; nothing before there is one."""
        return self.control.text(value) if self._known else ""

    def why_not(self, value: float) -> str:
        """Return why the control cannot be set so."""
        return self.control.why_not(value)

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Let letters be typed too, and be told of: units have some."""
        state, text, place = super().validate(text, place)
        return (QValidator.State.Intermediate if state == QValidator.State.Invalid else state), text, place

    def event(self, event: QEvent) -> bool:
        """Keep letters from the shortcuts: units have some, and so has what is mistyped."""
        return False if undoes_more(event, self) else QDoubleSpinBox.event(self, event)

    def fixup(self, text: str) -> str:
        """Pass on what is not kept: nothing at all sets back, and what cannot be is told why not."""
        bare, value = self._bare(text), self._typed(text)
        if bare and value is None:
            return super().fixup(text)
        self._ask(value)
        return text

    def stepBy(self, steps: int) -> None:
        """Go as many steps of the slider up."""
        control = self.control
        place = control.place_of(self.value()) + steps
        self.setValue(control.value_at(min(max(place, 0), control.places)))

    def stepEnabled(self) -> DoubleSpinBox.StepEnabledFlag:
        """Let arrow keys step from any value."""
        return self.StepEnabledFlag.StepUpEnabled | self.StepEnabledFlag.StepDownEnabled

    def _bare(self, text: str) -> str:
        """Return what was typed without its unit."""
        return text.strip().removesuffix(self.control.unit).strip()

    def _typed(self, text: str) -> float | None:
        if self.control.off and self._bare(text) == "off":
            return 0.0
        return super()._typed(text)


class ControlRow(QWidget):
    """One control: its slider, and where it stands."""

    def __init__(self, desk: Desk, control: Control) -> None:
        super().__init__()
        self._what_if, self.control = desk.beating.what_if, control
        self.slider = OwnSlider(Qt.Orientation.Horizontal)
        self.slider.setPageStep(5)
        self.slider.setToolTip(f"{control.help}. Double-click: the patient's own")
        self.slider.setAccessibleName(control.title)
        self.value = ValueField(control, self._ask)
        self.value.setObjectName("value")
        self.value.setAccessibleName(f"{control.title}, value")
        self.value.setFixedWidth(theme.px(21))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.slider, 1)
        row.addWidget(self.value)
        self.slider.valueChanged.connect(
            lambda place: self._what_if.set_value(self.control, self.control.value_at(place))
        )
        self.slider.set_back.connect(lambda: self._ask(None))
        self.take(control)

    def take(self, control: Control) -> None:
        """Have other ends."""
        self.control = self.value.control = control
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, control.places)
        ends = f"{control.text(control.value_at(0))} to {control.text(control.high)}"
        self.value.setToolTip(f"{control.help}: {ends}. Left empty: the patient's own")

    def refresh(self) -> None:
        """Show where the control stands."""
        value = self._what_if.value(self.control)
        with QSignalBlocker(self.slider):
            self.slider.setValue(self.control.place_of(value))
        own = self._what_if.own_value(self.control)
        self.value.show_value(value, changed=abs(value - own) > 1e-9)

    def _ask(self, value: float | None) -> None:
        """Ask for a value (None: the patient's own); where it cannot be, say so at the field too."""
        if value is None:
            self._what_if.ask(**{self.control.name: None})
            return
        why = self._what_if.set_value(self.control, value)
        if why:
            self.value.tell(why)
