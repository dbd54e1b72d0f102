"""To which server? In the place of the preview."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from desktop import theme
from desktop.section import quiet, section_title
from twin.sources.pacs import Server


class SendForm(QWidget):
    """A button for each server.

    Signals
    -------
    chosen : Server
    left : it is not to be sent
    """

    chosen = Signal(object)
    left = Signal()

    def __init__(self, what: str, servers: Sequence[Server]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(2))
        column.addWidget(section_title(f"Send “{what}” to"))
        self.buttons = [QPushButton(server.name) for server in servers]
        for button, server in zip(self.buttons, servers, strict=True):
            button.setToolTip(f"As a DICOM segmentation, to {server.address}")
            button.clicked.connect(lambda _on=False, server=server: self.chosen.emit(server))
            column.addWidget(button)
        if not servers:
            column.addWidget(quiet("No server is entered yet: add one on the left."))
        self.cancel = theme.named(QPushButton("Cancel"), "flat")
        self.cancel.clicked.connect(self.left)
        column.addWidget(self.cancel)
        column.addStretch(1)
