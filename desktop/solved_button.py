"""The way from what is asked of a live heart to the full beat that was asked the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton

if TYPE_CHECKING:
    from desktop.desk import Desk


class SolvedButton(QPushButton):
    """Shows the full beat of what is asked now; seen only where the record holds one.

    Signals
    -------
    turned
        It came, or went.
    """

    turned = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__("Show the full beat")
        self._desk = desk
        self.clicked.connect(self._show)
        desk.beating.changed.connect(self.refresh)
        desk.refreshed.connect(self.refresh)  # another workspace, or the heart hidden
        self.hide()
        self.refresh()

    def refresh(self) -> None:
        """Be seen or not."""
        beating = self._desk.beating
        entry = self._desk.session.entry(beating.solved) if beating.solved and beating.here else None
        if entry is not None:
            self.setToolTip(f"“{entry.name}” was solved in full with exactly these settings")
        if self.isHidden() == (entry is not None):
            self.setVisible(entry is not None)
            self.turned.emit()

    def _show(self) -> None:
        from desktop import heart_way

        heart_way.look_at(self._desk, self._desk.beating.solved)
