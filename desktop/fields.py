"""Input fields as the forms use them: no wheel changes a value unasked, and carets match the theme."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QDoubleSpinBox, QSizePolicy, QSpinBox

from desktop import theme


class ComboBox(QComboBox):
    """A choice with a caret; long choices do not widen the panel."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, and its caret."""
        super().paintEvent(event)
        side = theme.px(3)
        painter = QPainter(self)
        caret = theme.icon("caret-down", "quiet" if self.isEnabled() else "line").pixmap(side, side)
        painter.drawPixmap(self.width() - side - theme.px(2), (self.height() - side) // 2, caret)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the panel scroll."""
        event.ignore()


class SpinBox(QSpinBox):
    """A whole number with its unit; arrow keys step."""

    def __init__(self) -> None:
        super().__init__()
        _plain(self)

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

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the panel scroll."""
        event.ignore()


def _plain(spin: QAbstractSpinBox) -> None:
    spin.lineEdit().setTextMargins(theme.px(1), 0, 0, 0)
    spin.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
