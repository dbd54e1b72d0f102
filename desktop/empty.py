"""What is seen while nothing is open: where to drop, what was open lately, a patient to try."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop import theme
from desktop.actions import Actions
from desktop.desk import Desk
from desktop.jobs_panel import status_of
from desktop.section import CommandButton, empty

DROP_TEXT = "Drop a DICOM folder, a NIfTI file or a .twin here"


class EmptyState(QWidget):
    """The first thing that a person sees; every button is a command."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._desk = desk
        self.drop = theme.named(QFrame(), "drop")
        self.drop.setMinimumSize(theme.px(120), theme.px(55))
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        title = theme.named(QLabel(DROP_TEXT, alignment=Qt.AlignmentFlag.AlignCenter), "heading")
        title.setWordWrap(True)
        self.reference = CommandButton(actions["file.reference"], primary=True)
        self.busy = theme.named(QLabel(alignment=Qt.AlignmentFlag.AlignCenter), "quiet")
        inside = QVBoxLayout(self.drop)
        inside.setContentsMargins(theme.px(8), theme.px(8), theme.px(8), theme.px(8))
        inside.setSpacing(theme.px(4))
        inside.addStretch()
        inside.addWidget(self._picture)
        inside.addWidget(title)
        row = QHBoxLayout()
        row.addStretch()
        folder, file = (CommandButton(actions[id]) for id in ("file.folder", "file.open"))
        for button in (folder, file, self.reference):
            row.addWidget(button)
        row.addStretch()
        inside.addLayout(row)
        inside.addWidget(CommandButton(actions["file.browse"]), 0, Qt.AlignmentFlag.AlignHCenter)
        inside.addWidget(self.busy)
        inside.addStretch()
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        self._recent_title = theme.named(QLabel("Recent"), "section")
        column = QVBoxLayout(self)
        column.addStretch(2)
        box = QWidget()  # as wide as what can be dropped on
        under = QVBoxLayout(box)
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(0)
        under.addWidget(self.drop)
        under.addSpacing(theme.px(3))
        under.addWidget(self._recent_title)
        under.addLayout(self._recent)
        column.addWidget(box, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        desk.restyled.connect(self.refresh)
        desk.queue.changed.connect(self._say_busy)
        desk.queue.moved.connect(self._say_busy)
        self.refresh()

    def refresh(self) -> None:
        """List the recent files that still exist."""
        side = theme.px(14)
        self._picture.setPixmap(theme.icon("download-simple", "accent").pixmap(side, side))
        empty(self._recent)
        files = self._desk.settings.recent_files()[:5]
        self._recent_title.setVisible(bool(files))
        names = [path.name for path in files]
        for path in files:
            folder = f"  ·  {path.parent.name}" if names.count(path.name) > 1 else ""
            button = theme.named(QPushButton(path.name + folder), "flat")
            button.setIcon(theme.icon("clock-counter-clockwise", "quiet"))
            button.setToolTip(str(path))
            button.clicked.connect(lambda _on=False, path=path: self._desk.dropped.emit([path]))
            self._recent.addWidget(button)

    def light(self, over: bool) -> None:
        """Show that what hangs over the area can be dropped."""
        self.drop.setProperty("over", "true" if over else "false")
        self.drop.style().unpolish(self.drop)
        self.drop.style().polish(self.drop)

    def _say_busy(self) -> None:
        """Say what is being done where the eyes are; without work the line is empty, not gone."""
        work = self._desk.queue.running
        self.busy.setText(status_of(work) if work is not None else "")
