"""The bar of time under the views: play and stand, one phase on, any phase, how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QHideEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
    QWidget,
)

from desktop import theme
from desktop.cine import SPEEDS, Cine
from desktop.command import keys_text
from desktop.commands import BY_ID
from desktop.fields import ComboBox

if TYPE_CHECKING:
    from desktop.desk import Desk


class PhaseSlider(QSlider):
    """A slider that goes to where it is pressed, as a player's does, and not a page nearer."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Bring the handle under the mouse, then let it be dragged."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style, slider = self.style(), QStyle.ComplexControl.CC_Slider
        handle = style.subControlRect(slider, option, QStyle.SubControl.SC_SliderHandle, self)
        groove = style.subControlRect(slider, option, QStyle.SubControl.SC_SliderGroove, self)
        if event.button() == Qt.MouseButton.LeftButton and not handle.contains(event.position().toPoint()):
            along = round(event.position().x()) - groove.x() - handle.width() // 2
            room = groove.width() - handle.width()
            self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), along, room))
        super().mousePressEvent(event)


class TimeBar(QWidget):
    """Seen only while the volume that is shown has time. Stands still when it is not seen."""

    def __init__(self, desk: Desk, cine: Cine) -> None:
        super().__init__()
        self.setObjectName("timebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Cine")
        self._cine = cine
        self._parts = 0
        self._wanted = True
        self.back = self._button(desk, "view.cine.previous")
        self.play = self._button(desk, "view.cine.play")
        self.on = self._button(desk, "view.cine.next")
        self.slider = PhaseSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Phase")
        self.slider.setPageStep(5)
        self.slider.valueChanged.connect(lambda value: cine.show(value - 1))
        self.slider.sliderPressed.connect(cine.stop)
        self.words = QLabel()
        self.words.setAccessibleName("Moment shown")
        self.words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.speed = ComboBox()
        self.speed.setAccessibleName("Speed")
        self.speed.setMinimumContentsLength(4)
        self.speed.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.speed.addItems([f"{speed:g}×" for speed in SPEEDS])
        self.speed.setCurrentIndex(SPEEDS.index(cine.speed))
        self.speed.activated.connect(self._set_speed)
        self._lay_out()
        cine.moved.connect(lambda _index: self._say())
        cine.changed.connect(self.refresh)
        self.restyle()

    def set_wanted(self, wanted: bool) -> None:
        """Be seen where there is time, or not at all: nothing is shown that it would move."""
        if wanted != self._wanted:
            self._wanted = wanted
            self.refresh()

    def restyle(self) -> None:
        """Take icons and measures of the theme."""
        self._row.setContentsMargins(theme.px(2), theme.px(0.5), theme.px(2), theme.px(0.5))
        self._row.setSpacing(theme.px(2))
        self.back.setIcon(theme.icon("skip-back"))
        self.on.setIcon(theme.icon("skip-forward"))
        for button in (self.back, self.play, self.on):
            button.setIconSize(theme.icon_size())
        self.refresh()

    def refresh(self) -> None:
        """Show the volume, the speed and whether it plays as they are now."""
        cine, moments = self._cine, self._cine.moments
        self.setVisible(moments is not None and self._wanted)
        if moments is None:
            return
        if cine.playing and not self.isVisible():
            cine.stop()
        self.play.setIcon(theme.icon("pause" if cine.playing else "play"))
        play = "Pause" if cine.playing else "Play"
        self.play.setAccessibleName(play)
        self.play.setToolTip(f"{play} the cine  ({keys_text(BY_ID['view.cine.play'])})")
        with QSignalBlocker(self.slider):
            self.slider.setRange(1, len(moments))
        self.slider.setToolTip(f"Go to one of {len(moments)} phases")
        self.speed.setToolTip(f"How fast it plays. {moments.pace}")
        self.words.setToolTip(moments.about)
        self._share_room()
        self._say()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as there is room for."""
        super().resizeEvent(event)
        self._share_room()
        self._say()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stand still: nobody looks."""
        self._cine.stop()
        super().hideEvent(event)

    def _say(self) -> None:
        """Show which moment is up."""
        if self._cine.moments is not None:
            with QSignalBlocker(self.slider):
                self.slider.setValue(self._cine.index + 1)
            self.words.setText(self._words(self._cine.index, self._parts))

    def _words(self, index: int, parts: int) -> str:
        moments = self._cine.moments
        return "" if moments is None else " · ".join(moments.words(index)[:parts])

    def _share_room(self) -> None:
        """Give the words as much room as their widest takes, lest the slider shake, and leave it enough."""
        if self._cine.moments is None:
            return
        self.words.ensurePolished()
        measure, count = self.words.fontMetrics(), len(self._cine.moments)
        others = (self.back, self.play, self.on, self.speed)
        gaps = self._row.contentsMargins().left() * 2 + self._row.spacing() * len(others) + theme.px(12)
        room = self.width() - gaps - sum(widget.sizeHint().width() for widget in others)
        for parts in (3, 2, 1, 0):
            widest = max(measure.horizontalAdvance(self._words(n, parts)) for n in range(count))
            if widest + theme.px(1) <= room or not parts:
                break
        self._parts = parts
        self.words.setVisible(parts > 0)
        self.words.setFixedWidth(widest + theme.px(1))

    def _set_speed(self, place: int) -> None:
        self._cine.speed = SPEEDS[place]

    def _lay_out(self) -> None:
        self._row = QHBoxLayout(self)
        for widget in (self.back, self.play, self.on):
            self._row.addWidget(widget)
        self._row.addWidget(self.slider, 1)
        self._row.addWidget(self.words)
        self._row.addWidget(self.speed)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @staticmethod
    def _button(desk: Desk, id: str) -> QToolButton:
        """Return a button for a command."""
        command = BY_ID[id]
        button = QToolButton()
        button.setToolTip(f"{command.title}  ({keys_text(command)})")
        button.setAccessibleName(command.title)
        button.clicked.connect(lambda: command.trigger(desk))
        return button
