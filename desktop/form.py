"""A form made from a step's typed parameters: units, ranges, defaults, tooltips; advanced ones folded."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop import theme, words
from desktop.fields import CheckBox, ComboBox, DoubleSpinBox, SpinBox
from twin.params import Parameter

_FAR = 1e9


class Form(QWidget):
    """One field a parameter. ``values`` gives what differs from the defaults; ``more`` is the fold's name."""

    changed = Signal()

    def __init__(
        self,
        declared: Sequence[Parameter],
        given: dict[str, Any] | None = None,
        *,
        more: str = "Advanced",
    ) -> None:
        super().__init__()
        self.fields: dict[str, QWidget] = {}
        self._read: dict[str, tuple[Parameter, Callable[[], Any]]] = {}
        plain = [p for p in declared if not p.advanced]
        advanced = [p for p in declared if p.advanced]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(1))
        column.addLayout(self._rows(plain, given or {}))
        self.more = QToolButton()
        self.more.setText(more)
        self.more.setToolTip("Show the parameters that seldom need a change")
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setCheckable(True)
        self._folded = QWidget()
        self._folded.setLayout(self._rows(advanced, given or {}))
        self._folded.hide()
        column.addWidget(self.more)
        column.addWidget(self._folded)
        self.more.setVisible(bool(advanced))
        self.more.toggled.connect(self._unfold)
        self.restyle()

    def values(self) -> dict[str, Any]:
        """Return the parameters that differ from their defaults."""
        now = {name: read() for name, (_p, read) in self._read.items()}
        return {n: v for n, v in now.items() if v is not None and v != self._read[n][0].default}

    def restyle(self) -> None:
        """Take the caret of the current theme."""
        self.more.setIcon(theme.icon("caret-down" if self.more.isChecked() else "caret-right", "quiet"))

    def set_shown(self, name: str, shown: bool) -> None:
        """Show or hide a field with its label."""
        field = self.fields[name]
        for rows in self.findChildren(QFormLayout):
            if rows.indexOf(field) >= 0:
                rows.setRowVisible(field, shown)

    def _unfold(self, on: bool) -> None:
        self._folded.setVisible(on)
        self.restyle()

    def _rows(self, declared: Sequence[Parameter], given: dict[str, Any]) -> QFormLayout:
        rows = QFormLayout()
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setHorizontalSpacing(theme.px(2))
        rows.setVerticalSpacing(theme.px(1))
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for p in declared:
            value = given.get(p.name, None if p.required else p.default)
            field, read = self._field(p, value)
            tip = _tooltip(p)
            field.setToolTip(tip)
            field.setAccessibleName(words.title_of(p))
            self.fields[p.name], self._read[p.name] = field, (p, read)
            if p.type is bool:
                rows.addRow(field)
                continue
            # A line holds no unit, as a number's field does.
            unit = f" ({p.unit})" if p.unit and isinstance(field, QLineEdit) else ""
            label = QLabel(words.title_of(p) + unit)
            label.setWordWrap(True)
            label.setFixedWidth(theme.px(26))
            label.setToolTip(tip)
            label.setBuddy(field)
            rows.addRow(label, field)
        return rows

    def _field(self, p: Parameter, value: Any) -> tuple[QWidget, Callable[[], Any]]:
        if p.type is bool:
            box = CheckBox(words.title_of(p))
            box.setChecked(bool(value))
            box.toggled.connect(lambda _on: self.changed.emit())
            return box, box.isChecked
        if p.choices:
            return self._choice(p, value)
        if p.type in (float, int) and not p.optional:
            return self._number(p, value)
        line = QLineEdit("" if value is None else _as_text(value))
        line.setPlaceholderText("automatic" if p.optional else "")
        line.editingFinished.connect(self.changed)
        return line, lambda: _from_text(p, line.text())

    def _choice(self, p: Parameter, value: Any) -> tuple[QWidget, Callable[[], Any]]:
        box = ComboBox()
        if p.optional:
            box.addItem("automatic", None)
        for choice in p.choices:
            box.addItem(_words(choice), choice)
        box.setCurrentIndex(max(box.findData(value), 0))
        box.currentIndexChanged.connect(lambda _i: self.changed.emit())
        return box, box.currentData

    def _number(self, p: Parameter, value: Any) -> tuple[QWidget, Callable[[], Any]]:
        spin: QDoubleSpinBox | QSpinBox
        low, high = -_FAR if p.low is None else p.low, _FAR if p.high is None else p.high
        if p.type is int:
            spin = SpinBox()
            spin.setRange(int(max(low, -(2**31))), int(min(high, 2**31 - 1)))
            spin.setValue(int(value or 0))
        else:
            spin = DoubleSpinBox()
            spin.setDecimals(_decimals(p))
            spin.setRange(low, high)
            spin.setSingleStep(_step(p))
            spin.setValue(float(value or 0.0))
        if p.unit:
            spin.setSuffix(f" {p.unit}")
        spin.valueChanged.connect(lambda _v: self.changed.emit())
        return spin, spin.value


def _decimals(p: Parameter) -> int:
    numbers = [v for v in (p.default, p.low, p.high) if isinstance(v, (int, float))]
    digits = [len(f"{v:.10f}".rstrip("0").partition(".")[2]) for v in numbers]
    return min(max([3, *digits]), 6)


def _step(p: Parameter) -> float:
    """Step of about a tenth of the default, in 1, 2, 5."""
    size = abs(p.default) if isinstance(p.default, (int, float)) and p.default else (p.high or 1.0)
    power = 10.0 ** math.floor(math.log10(max(size, 1e-9) / 10))
    return float(max(power, 10.0 ** -_decimals(p)))


def _tooltip(p: Parameter) -> str:
    lines = [p.help]
    if p.low is not None and p.high is not None:
        lines.append(f"From {p.low:g} to {p.high:g} {p.unit}".rstrip() + ".")
    if not p.required and p.default is not None and p.default != "":
        lines.append(f"By default {_as_text(p.default)} {p.unit}".rstrip() + ".")
    return "\n".join(line for line in lines if line)


def _words(choice: str) -> str:
    text = str(choice).replace("_", " ") or "as the file says"
    return text[:1].upper() + text[1:]


def _as_text(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(_as_text(v) for v in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _from_text(p: Parameter, text: str) -> Any:
    text = text.strip()
    if not text:
        return None if p.optional else p.default
    if p.type is tuple:
        return tuple(w.strip() for w in text.split(",") if w.strip())
    return text
