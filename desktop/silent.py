"""Asks what made an image whose file does not say: bone is found by Hounsfield units, which only a CT has."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout

from desktop import theme, way, words
from desktop.actions import Actions
from desktop.desk import Desk
from desktop.section import CommandButton, quiet
from twin.domain import Volume

_SCALE = f"Bone is found by Hounsfield units (HU): air is {words.number(-1000)}, water 0."


class SilentCard(QFrame):
    """Seen while the image that is shown is silent about its modality; never guesses."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("noticebar")
        self._desk = desk
        self.question = QLabel()
        self.question.setWordWrap(True)
        self.values = quiet(_SCALE)
        self._measured: Volume | None = None
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
        entry = self._desk.session.entry(item.id)
        made = "what made it, nor " if entry is None or not entry.tree.get("modality") else ""
        self.question.setText(f"“{item.name}” does not say {made}what its values are.")
        volume = self._desk.session.get(item.id)
        if volume is not None and volume is not self._measured:
            self._measured = volume
            ends = sorted(
                volume.slope * float(e) + volume.intercept for e in (volume.voxels.min(), volume.voxels.max())
            )
            low, high = (words.number(round(end)) for end in ends)
            self.values.setText(f"They run from {low} to {high}. {_SCALE}")
