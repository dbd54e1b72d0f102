"""The fields of a fusion: which image lies over, how strongly, in which colors and window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QVBoxLayout, QWidget

from desktop import seconds, theme
from desktop.fields import ComboBox
from desktop.section import quiet, section_title
from resources.presets import IMAGE_MAPS

if TYPE_CHECKING:
    from desktop.desk import Desk

_NONE = "none"


class FusionBox(QWidget):
    """Seen where the record holds a second image."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.image, self.colors = ComboBox(), ComboBox()
        self.image.setAccessibleName("Image laid over")
        self.image.setToolTip("Lay another image of the same space over the shown one")
        self.colors.setAccessibleName("Colors of the image laid over")
        self.colors.addItems(list(IMAGE_MAPS))
        self.blend = QSlider(Qt.Orientation.Horizontal)
        self.blend.setRange(0, 100)
        self.blend.setPageStep(10)
        self.blend.setAccessibleName("Blend")
        self.blend.setToolTip("How much of the image laid over is seen")
        self.share = QLabel()
        self._lay_out()
        self.image.activated.connect(self._choose)
        self.colors.activated.connect(self._color)
        self.blend.valueChanged.connect(self._mix)

    def refresh(self) -> None:
        """Show the images there are, and how the one laid over is looked at."""
        listed, stage = seconds.others(self._desk), self._desk.stage
        self.setVisible(bool(listed) and stage is not None)
        if stage is None:
            return
        fusing = stage.fusing
        with QSignalBlocker(self.image), QSignalBlocker(self.blend), QSignalBlocker(self.colors):
            self.image.clear()
            self.image.addItem(_NONE, "")
            for item in listed:
                self.image.addItem(item.name, item.key)
            self.image.setCurrentIndex(max(self.image.findData(fusing.key), 0))
            self.blend.setValue(round(100 * fusing.blend))
            self.colors.setCurrentText(fusing.colors)
        self.share.setText(f"{100 * fusing.blend:.0f} %")
        self.more.setVisible(bool(fusing.key))

    def _choose(self, place: int) -> None:
        stage = self._desk.stage
        if stage is not None:
            key = str(self.image.itemData(place))
            self._desk.guard(lambda: stage.fusing.choose(key))
            self.refresh()

    def _color(self, _place: int) -> None:
        if self._desk.stage is not None:
            self._desk.stage.fusing.set_colors(self.colors.currentText())

    def _mix(self, share: int) -> None:
        if self._desk.stage is not None:
            self._desk.stage.fusing.set_blend(share / 100)

    def _lay_out(self) -> None:
        self.more = QWidget()
        grid = QGridLayout(self.more)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.px(1))
        self.share.setMinimumWidth(theme.px(10))
        self.share.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(quiet("Blend"), 0, 0)
        grid.addWidget(self.blend, 0, 1)
        grid.addWidget(self.share, 0, 2)
        grid.addWidget(quiet("Colors"), 1, 0)
        grid.addWidget(self.colors, 1, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(1))
        for widget in (section_title("Fusion"), self.image, self.more):
            column.addWidget(widget)
        theme.tab_through(self.image, self.blend, self.colors)
