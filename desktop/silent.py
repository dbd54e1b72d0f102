"""Asks what made an image whose file does not say: bone is found by Hounsfield units, which only a CT has."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout

from desktop import theme, way, words
from desktop.actions import Actions
from desktop.desk import Desk
from desktop.section import CommandButton, quiet


class SilentCard(QFrame):
    """Seen while the image that is shown is silent about its modality; never guesses."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("noticebar")
        self._desk = desk
        self.question = QLabel()
        self.question.setWordWrap(True)
        self.values = quiet()
        self.button = CommandButton(actions["images.ct"])
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(3), theme.px(2), theme.px(3), theme.px(3))
        for widget in (self.question, self.values, self.button):
            column.addWidget(widget)

    def refresh(self) -> None:
        """Ask for the image that is shown, or hide."""
        item = way.silent(self._desk.session)
        self.setVisible(item is not None)
        if item is None:
            return
        self.question.setText(f"“{item.name}” does not say what made it, nor what its values are.")
        volume = self._desk.session.get(item.id)
        span = ""
        if volume is not None:
            from viewers.sampling import value_limits

            low, high = value_limits(volume)
            span = f"They run from {words.number(round(low))} to {words.number(round(high))}. "
        self.values.setText(f"{span}Bone is found by Hounsfield units (HU): air is −1000, water 0.")
