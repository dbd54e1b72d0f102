"""The fields of a second image: which lies over the shown one, and how it is looked at; which lies beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QWidget

from desktop import seconds, theme
from desktop.fields import ComboBox
from desktop.section import quiet, section_title
from resources.presets import IMAGE_MAPS

if TYPE_CHECKING:
    from desktop.desk import Desk

_NONE = "none"


class SecondBox(QWidget):
    """Seen where the record holds a second image."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.image, self.colors, self.beside = ComboBox(), ComboBox(), ComboBox()
        self.image.setAccessibleName("Image laid over")
        self.image.setToolTip("Lay another image of the same space over the shown one")
        self.beside.setAccessibleName("Image beside")
        self.beside.setToolTip("Compare: show another image beside the shown one, moving along with it")
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
        self.beside.activated.connect(self._compare)
        self.colors.activated.connect(self._color)
        self.blend.valueChanged.connect(self._mix)

    def refresh(self) -> None:
        """Show the images there are, and how the one laid over is looked at."""
        listed, stage = seconds.others(self._desk), self._desk.stage
        self.setVisible(bool(listed) and stage is not None)
        if stage is None:
            return
        fusing = stage.fusing
        for box, key in ((self.image, fusing.key), (self.beside, stage.comparing.key)):
            with QSignalBlocker(box):
                box.clear()
                box.addItem(_NONE, "")
                for item in listed:
                    box.addItem(item.name, item.key)
                box.setCurrentIndex(max(box.findData(key), 0))
        with QSignalBlocker(self.blend), QSignalBlocker(self.colors):
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

    def _compare(self, place: int) -> None:
        stage = self._desk.stage
        if stage is not None:
            key = str(self.beside.itemData(place))
            self._desk.guard(lambda: stage.comparing.choose(key, stage.links.focused.plane))

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
        column = QGridLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(1))
        column.addWidget(section_title("Second image"), 0, 0, 1, 2)
        column.addWidget(quiet("Over"), 1, 0)
        column.addWidget(self.image, 1, 1)
        column.addWidget(self.more, 2, 1)
        column.addWidget(quiet("Beside"), 3, 0)
        column.addWidget(self.beside, 3, 1)
        column.setColumnStretch(1, 1)
        theme.tab_through(self.image, self.blend, self.colors, self.beside)
