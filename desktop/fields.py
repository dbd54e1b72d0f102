"""Input fields as the forms use them: no wheel changes a value unasked, and carets match the theme."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QSizePolicy,
    QSpinBox,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
)

from desktop import theme


class ComboBox(QComboBox):
    """A choice with a caret; long choices do not widen the panel."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, its choice (ending in … where it is long) and its caret."""
        side = theme.px(3)
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self).width()
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, room
        )
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        caret = theme.icon("caret-down", "quiet" if self.isEnabled() else "line").pixmap(side, side)
        painter.drawPixmap(self.width() - side - theme.px(2), (self.height() - side) // 2, caret)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the panel scroll."""
        event.ignore()

    def event(self, event: QEvent) -> bool:
        """Say the whole choice in the tooltip: the field may be too narrow for it."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), f"{self.currentText()}\n{self.toolTip()}".strip(), self)
            return True
        return super().event(event)


class CheckBox(QCheckBox):
    """A box with a tick: filled alone would say too little."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box, and its tick."""
        super().paintEvent(event)
        if self.isChecked():
            option = QStyleOptionButton()
            self.initStyleOption(option)
            box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
            painter = QPainter(self)
            theme.icon("check-bold", "on_accent").paint(painter, box.adjusted(1, 1, -1, -1))
            painter.end()


class _Typed:
    """What is typed into a number's field is taken as it is meant, or refused with its reason.

    Qt alone lets no digit in that would lead past the highest value ("500" becomes 50), and drops a comma
    ("12,5" becomes 125).
    """

    def why_not(self, value: float) -> str:
        """Return why a number cannot be kept; nothing where it can."""
        low, high = self.minimum(), self.maximum()  # type: ignore[attr-defined]
        if low <= value <= high:
            return ""
        unit = self.suffix()  # type: ignore[attr-defined]
        return f"From {low:g} to {high:g}{unit}: {value:g}{unit} is not taken."

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Let any number be typed; one that cannot be is not kept."""
        value, state = self._typed(text), QValidator.State.Intermediate
        if value is not None and not self.why_not(value):
            state = QValidator.State.Acceptable
        elif set(self._bare(text)) - set("+-−.,0123456789"):
            state = QValidator.State.Invalid
        return state, text, place

    def fixup(self, text: str) -> str:
        """Say why what was typed is not kept: the value of before comes back."""
        bare, value = self._bare(text), self._typed(text)
        if value is not None:
            self.tell(self.why_not(value))
        elif bare:
            self.tell(self._no_number(bare))
        return text

    def tell(self, why: str) -> None:
        """Say at the field why what was typed is not taken."""
        assert isinstance(self, QAbstractSpinBox)
        QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), why, self)

    def _no_number(self, bare: str) -> str:
        if _GROUPED.fullmatch(bare):
            point = bare.replace(",", ".")
            return f"“{bare}” may be {bare.replace(',', '')} or {point}: type one of the two."
        return f"“{bare}” is no number."

    def _bare(self, text: str) -> str:
        """Return what was typed without its unit."""
        unit = self.suffix().strip()  # type: ignore[attr-defined]
        return text.strip().removesuffix(unit).strip()

    def _typed(self, text: str) -> float | None:
        """Return the number that was typed, with a point or a comma; None where there is none."""
        bare = self._bare(text)
        if _GROUPED.fullmatch(bare):
            return None
        try:
            return float(bare.replace("−", "-").replace(",", "."))
        except ValueError:
            return None


_GROUPED = re.compile(r"[1-9]\d{0,2},\d{3}")
"""What is a thousand to some and one to others."""


class SpinBox(_Typed, QSpinBox):
    """A whole number with its unit; arrow keys step."""

    def __init__(self) -> None:
        super().__init__()
        _plain(self)

    def why_not(self, value: float) -> str:
        """Refuse what is no whole number too."""
        return super().why_not(value) or ("" if value == round(value) else f"{value:g} is no whole number.")

    def valueFromText(self, text: str) -> int:
        """Read what was typed."""
        value = self._typed(text)
        return self.value() if value is None else round(value)

    def event(self, event: QEvent) -> bool:
        """Leave letters to the shortcuts: no number has any."""
        return False if _is_letter(event) or undoes_more(event, self) else super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the panel scroll."""
        event.ignore()


class DoubleSpinBox(_Typed, QDoubleSpinBox):
    """A number with its unit; arrow keys step."""

    def __init__(self) -> None:
        super().__init__()
        _plain(self)

    def textFromValue(self, value: float) -> str:
        """Write no zeros that say nothing."""
        text = super().textFromValue(value)
        point = self.locale().decimalPoint()
        return text.rstrip("0").rstrip(point) if point in text else text

    def valueFromText(self, text: str) -> float:
        """Read what was typed."""
        value = self._typed(text)
        return self.value() if value is None else round(value, self.decimals())

    def event(self, event: QEvent) -> bool:
        """Leave letters to the shortcuts: no number here has any."""
        return False if _is_letter(event) or undoes_more(event, self) else super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the panel scroll."""
        event.ignore()


def _is_letter(event: QEvent) -> bool:
    """Tell whether a field is asked if it wants a letter for itself, before a shortcut takes it."""
    asks = event.type() == QEvent.Type.ShortcutOverride
    return asks and isinstance(event, QKeyEvent) and event.text().isalpha()


def undoes_more(event: QEvent, spin: QSpinBox | QDoubleSpinBox) -> bool:
    """Tell whether undo is asked of a field in which nothing is being typed: then it is of the work."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    keys = QKeySequence.StandardKey
    asked = event.matches(keys.Undo) or event.matches(keys.Redo)
    return asked and spin.text() == spin.textFromValue(spin.value()) + spin.suffix()  # type: ignore[arg-type]


def _plain(spin: QAbstractSpinBox) -> None:
    spin.lineEdit().setTextMargins(theme.px(1), 0, 0, 0)
    spin.setKeyboardTracking(False)  # a number counts when it is whole: of 5000 neither 5 nor 50
    spin.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
