"""Says how the image at hand is hung and why, and which prior there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop import theme
from desktop.section import CommandButton, quiet

if TYPE_CHECKING:
    from desktop.actions import Actions
    from desktop.desk import Desk


class HangingCard(QWidget):
    """Seen while an image is shown; the button offers a prior that does not lie beside."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self._desk = desk
        self.words = quiet()
        self.words.setAccessibleName("How the image is hung")
        self.words.setToolTip("Menu › Hanging: other protocols, your own, and the switches")
        self.prior = CommandButton(actions["hang.prior"], text="Compare with the prior")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(1))
        column.addWidget(self.words)
        column.addWidget(self.prior)

    def refresh(self) -> None:
        """Say it of the image that is shown now."""
        stage = self._desk.stage
        lines = stage.hanging.words if stage is not None else ()
        self.setVisible(bool(lines))
        self.words.setText("\n".join(lines))
        if stage is not None and lines:
            prior = stage.hanging.prior
            self.prior.setVisible(bool(prior.key) and stage.comparing.key != prior.key)
