"""The strip at the bottom: jobs, the cursor, memory, and what this program is not."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop import theme
from desktop.desk import Desk
from desktop.jobs_panel import JobsPanel
from desktop.words import NOTICE


class Strip(QWidget):
    """28 px of status over the notice, which is always there."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.jobs = JobsPanel(desk.queue)
        self.cursor_text = QLabel()
        self.cursor_text.setToolTip("Where the cursor is, in patient space, and what lies there")
        self.memory = theme.named(QLabel(), "quiet")
        self.memory.setToolTip("Memory that the program and its jobs use")
        self.notice = theme.named(QLabel(NOTICE), "notice")
        row = QHBoxLayout()
        row.setContentsMargins(theme.px(3), 0, theme.px(3), 0)
        row.setSpacing(theme.px(6))
        row.addWidget(self.jobs)
        row.addStretch(1)
        row.addWidget(self.cursor_text)
        row.addWidget(self.memory)
        line = QHBoxLayout()
        line.setContentsMargins(theme.px(3), 0, theme.px(3), theme.px(1))
        line.addWidget(self.notice, 0, Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addLayout(line)
        self._row = row
        self.jobs.setFixedHeight(theme.px(7))
        self._timer = QTimer(self)
        self._timer.setInterval(2000)
        self._timer.timeout.connect(self._measure)
        self._timer.start()

    def show_cursor(self, text: str) -> None:
        """Show where the cursor is and what lies there."""
        self.cursor_text.setText(text)

    def _measure(self) -> None:
        import multiprocessing
        import os

        import psutil

        used = 0
        for pid in (os.getpid(), *(job.pid for job in multiprocessing.active_children())):
            try:
                used += psutil.Process(pid).memory_info().rss
            except psutil.Error:
                continue
        self.memory.setText(f"{used / 1e9:.1f} GB")
