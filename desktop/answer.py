"""The answer of a simulation: body weight, load case, field, and numbers that are never bare."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from desktop import theme
from desktop.actions import Actions
from desktop.desk import Desk
from desktop.fields import CheckBox, ComboBox, DoubleSpinBox
from desktop.numbers import NumberList
from desktop.section import CommandButton, quiet, section_title


class AnswerCard(QFrame):
    """Controls of the result at hand and its numbers; a slider moves the stresses without solving."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk = desk
        self._filling = False
        self.weight = DoubleSpinBox()
        self.weight.setDecimals(0)
        self.weight.setSuffix(" kg")
        self.weight.setToolTip("Body weight: all loads are proportional to it, so nothing is solved again")
        self.weight.setAccessibleName("Body weight")
        self.assumed = theme.named(QLabel("Assumed: please set it"), "warn")
        self.assumed.setToolTip("No file says it and nobody has set it: all loads and numbers follow from it")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setToolTip(self.weight.toolTip())
        self.slider.setAccessibleName("Body weight")
        self.case = ComboBox()
        self.case.setToolTip("The activity whose peak load is shown")
        self.case.setAccessibleName("Load case")
        self.field = ComboBox()
        self.field.setToolTip("What the colors show")
        self.field.setAccessibleName("Field")
        self.shape = ComboBox()
        self.shape.setToolTip("How much the drawn shape exaggerates the displacement")
        self.shape.setAccessibleName("Shape")
        for text, scale in (
            ("as it is", 0.0),
            ("moved × 1", 1.0),
            ("moved × 10", 10.0),
            ("moved × 50", 50.0),
        ):
            self.shape.addItem(text, scale)
        self.hatched = CheckBox("Hatch the zone not counted")
        self.hatched.setToolTip(
            "Beside supports and under loads the stresses are of the model, not of the bone: "
            "the headline numbers leave that zone out"
        )
        self.numbers = NumberList(desk)
        self.limits = quiet()
        self.again = CommandButton(actions["edit.again"], primary=True)
        self._lay_out()
        self.weight.valueChanged.connect(self._on_weight)
        self.slider.valueChanged.connect(self.weight.setValue)
        self.case.activated.connect(lambda _i: self._on_choice())
        self.field.activated.connect(lambda _i: self._on_choice())
        self.shape.activated.connect(lambda _i: self._on_choice())
        self.hatched.toggled.connect(lambda _on: self._on_choice())
        desk.results.rescaled.connect(self._show_numbers)

    def _lay_out(self) -> None:
        rows = QFormLayout()
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        weight = QWidget()
        line = QHBoxLayout(weight)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.slider, 1)
        self.weight.setFixedWidth(theme.px(17))
        line.addWidget(self.weight)
        rows.addRow("Body weight", weight)
        rows.addRow("", self.assumed)
        rows.addRow("Load case", self.case)
        rows.addRow("Colors", self.field)
        rows.addRow("Shape", self.shape)
        rows.addRow("", self.hatched)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(3), theme.px(3), theme.px(3), theme.px(3))
        column.setSpacing(theme.px(2))
        column.addLayout(rows)
        column.addWidget(self.again)
        column.addWidget(self.numbers)
        column.addWidget(section_title("What this does not tell"))
        column.addWidget(self.limits)

    def refresh(self) -> None:
        """Show the result at hand."""
        results = self._desk.results
        item = results.item
        if item is None or results.timed:
            self.hide()
            return
        results.adopt()
        self.show()
        self._filling = True
        low, high = round(0.4 * results.solved_kg), round(2.5 * results.solved_kg)
        self.weight.setRange(low, high)
        self.slider.setRange(low, high)
        self.weight.setValue(results.body_weight_kg)
        self.slider.setValue(round(results.body_weight_kg))
        _fill(self.case, results.cases(), results.case)
        _fill(self.field, results.fields(), results.field)
        self.shape.setCurrentIndex(max(self.shape.findData(results.deform_scale), 0))
        self.hatched.setChecked(results.hatched)
        self.hatched.setVisible(results.leaves_out)
        self._filling = False
        self.again.setVisible(bool(item.stale))
        self._show_numbers()
        self.limits.setText("\n".join(f"– {line}" for line in results.limits()))

    def _show_numbers(self) -> None:
        self.assumed.setVisible(self._desk.results.weight_assumed)
        item = self._desk.results.item
        if item is not None and self.isVisible():
            self.numbers.show_result()

    def _on_weight(self, value: float) -> None:
        if self._filling:
            return
        self._filling = True
        self.slider.setValue(round(value))
        self._filling = False
        self._desk.results.set_weight(value)

    def _on_choice(self) -> None:
        if self._filling:
            return
        self._desk.results.choose(
            case=self.case.currentData(),
            field=self.field.currentData(),
            deform_scale=self.shape.currentData(),
            hatched=self.hatched.isChecked(),
        )


def _fill(box: QComboBox, choices: Any, chosen: str) -> None:
    if [box.itemData(n) for n in range(box.count())] != [value for value, _text in choices]:
        box.clear()
        for value, text in choices:
            box.addItem(text, value)
    box.setCurrentIndex(max(box.findData(chosen), 0))
