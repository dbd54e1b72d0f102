"""The tools of an image that is looked through in 3-D: preset, how much is seen, a box to cut it to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop import theme

if TYPE_CHECKING:
    from desktop.volume import VolumeRendering

_STEPS = 100
_AXES = (("right", "left"), ("front", "back"), ("bottom", "top"))
"""Ends of the patient's axes, low LPS coordinates first."""


class VolumeRow(QWidget):
    """Shows itself while an image is looked through."""

    resized = Signal()
    """The box's limits came or went."""

    def __init__(self, rendering: VolumeRendering) -> None:
        super().__init__()
        self._rendering = rendering
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self.preset_button = QToolButton()
        self.preset_button.setMenu(self.menu)
        self.preset_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.preset_button.setToolTip("How the image is looked through")
        self.slider = _slider(-_STEPS, _STEPS, 0, "How much is seen: to the right only what is brighter")
        self.slider.setFixedWidth(theme.px(24))
        self.slider.valueChanged.connect(lambda value: rendering.set_shift(value / _STEPS))
        self.box_button = QToolButton()
        self.box_button.setCheckable(True)
        self.box_button.setToolTip("Cut the image to a box (it alone: shapes stay whole)")
        self.box_button.setAccessibleName("Cut the image to a box")
        self.box_button.clicked.connect(self._on_box)
        self.limits: list[tuple[QSlider, QSlider]] = []
        self.box_panel = self._make_panel()
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addStretch(1)
        for widget in (self.preset_button, self.slider, self.box_button):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.box_panel)
        column.addLayout(row)
        self.box_panel.hide()
        self.sync()

    def restyle(self) -> None:
        """Take icons and measures of the theme."""
        self.box_button.setIcon(theme.icon("bounding-box"))
        self.slider.setFixedWidth(theme.px(24))

    def sync(self) -> None:
        """Show what is chosen."""
        rendering = self._rendering
        self.setVisible(rendering.on)
        self.preset_button.setText(f"{rendering.preset.name} ▾")
        self.preset_button.setAccessibleName(f"Volume preset: {rendering.preset.name}")
        self.slider.blockSignals(True)
        self.slider.setValue(round(_STEPS * rendering.shift))
        self.slider.blockSignals(False)
        self.menu.clear()
        group = QActionGroup(self.menu)
        for preset in rendering.presets:
            action = group.addAction(preset.name)
            action.setCheckable(True)
            action.setChecked(preset is rendering.preset)
            action.setToolTip(preset.help)
            action.triggered.connect(lambda _on=False, preset=preset: rendering.choose(preset))
        self.menu.addActions(group.actions())

    def _make_panel(self) -> QWidget:
        panel = QWidget()
        grid = QGridLayout(panel)
        grid.setContentsMargins(theme.px(1), 0, theme.px(1), 0)
        for line, (low, high) in enumerate(_AXES):
            pair = (
                _slider(0, _STEPS, 0, f"Cut the image off from the {low}"),
                _slider(0, _STEPS, _STEPS, f"Cut the image off from the {high}"),
            )
            self.limits.append(pair)
            for column, widget in enumerate((QLabel(low), *pair, QLabel(high))):
                grid.addWidget(widget, line, column)
            for slider in pair:
                slider.valueChanged.connect(lambda _v, one=slider, pair=pair: self._on_limit(one, pair))
        return panel

    def _on_limit(self, moved: QSlider, pair: tuple[QSlider, QSlider]) -> None:
        """Keep an axis's ends in order, and cut."""
        low, high = pair
        if low.value() >= high.value():
            if moved is low:
                low.setValue(high.value() - 1)
            else:
                high.setValue(low.value() + 1)
            return
        self._cut()

    def _on_box(self) -> None:
        on = self.box_button.isChecked()
        self.box_panel.setVisible(on)
        self.resized.emit()
        if on:
            self._cut()
        else:
            self._rendering.set_box(None)

    def _cut(self) -> None:
        if self.box_button.isChecked():
            shares = tuple((low.value() / _STEPS, high.value() / _STEPS) for low, high in self.limits)
            self._rendering.set_box(shares)


def _slider(low: int, high: int, value: int, tip: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(low, high)
    slider.setValue(value)
    slider.setToolTip(tip)
    slider.setAccessibleName(tip)
    return slider
