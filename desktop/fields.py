"""Input fields as the forms use them: no wheel changes a value unasked, and carets match the theme."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QPainter, QPaintEvent, QWheelEvent
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


class SpinBox(QSpinBox):
    """A whole number with its unit; arrow keys step."""

    def __init__(self) -> None:
        super().__init__()
        _plain(self)

    def event(self, event: QEvent) -> bool:
        """Leave letters to the shortcuts: no number has any."""
        return False if _is_letter(event) else super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the panel scroll."""
        event.ignore()


class DoubleSpinBox(QDoubleSpinBox):
    """A number with its unit; arrow keys step."""

    def __init__(self) -> None:
        super().__init__()
        _plain(self)

    def textFromValue(self, value: float) -> str:
        """Write no zeros that say nothing."""
        text = super().textFromValue(value)
        point = self.locale().decimalPoint()
        return text.rstrip("0").rstrip(point) if point in text else text

    def event(self, event: QEvent) -> bool:
        """Leave letters to the shortcuts: no number here has any."""
        return False if _is_letter(event) else super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the panel scroll."""
        event.ignore()


def _is_letter(event: QEvent) -> bool:
    """Tell whether a field is asked if it wants a letter for itself, before a shortcut takes it."""
    asks = event.type() == QEvent.Type.ShortcutOverride
    return asks and isinstance(event, QKeyEvent) and event.text().isalpha()


def _plain(spin: QAbstractSpinBox) -> None:
    spin.lineEdit().setTextMargins(theme.px(1), 0, 0, 0)
    spin.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
