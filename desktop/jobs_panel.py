"""Jobs in the bottom strip: what runs, how far, how long yet; stop; and what waits behind it."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop import popup, theme
from desktop.queue import Queue, Work
from desktop.section import empty


class JobsPanel(QWidget):
    """One line for the running job; a click on the count unfolds the whole queue."""

    def __init__(self, queue: Queue) -> None:
        super().__init__()
        self._queue = queue
        self.text = QLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(theme.px(30))
        self.stop = _stop_button("Stop this job: the record stays as it was before it (Ctrl+.)")
        self.more = QToolButton()
        self.more.setToolTip("Show what waits")
        self.list = _List(queue, self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(2))
        # What changes its width comes last, so that the stop button stays under the hand.
        for widget in (self.bar, self.stop, self.text, self.more):
            row.addWidget(widget)
        self.stop.clicked.connect(lambda _on=False: queue.stop())
        self.more.clicked.connect(self.list.toggle)
        queue.changed.connect(self.refresh)
        queue.moved.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the state of the queue."""
        work = self._queue.running
        for widget in (self.text, self.bar, self.stop):
            widget.setVisible(work is not None)
        self.stop.setIcon(theme.icon("x", "quiet"))  # as the theme is now
        waiting = len(self._queue.works) - 1
        self.more.setVisible(waiting > 0)
        self.more.setText(f"+{waiting} waiting")
        if work is not None:
            self.text.setText(status_of(work))
            self.text.setToolTip(work.detail)
            self.bar.setValue(round(1000 * work.fraction))
        if self.list.isVisible():
            self.list.fill()


class _List(QFrame):
    """The whole queue, over the strip."""

    def __init__(self, queue: Queue, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popover")
        self._queue = queue
        self._rows = QGridLayout()
        self._labels: list[QLabel] = []
        column = QVBoxLayout(self)
        column.addLayout(self._rows)

    def toggle(self) -> None:
        """Show or hide the list."""
        if self.isVisible():
            self.hide()
            return
        self.fill()
        parent = self.parentWidget()
        assert parent is not None
        popup.place(self, parent, above=True)
        self.show()

    def fill(self) -> None:
        """List all work with a stop button each."""
        if len(self._labels) == len(self._queue.works):
            for label, work in zip(self._labels, self._queue.works, strict=True):
                label.setText(status_of(work))
            return
        empty(self._rows)
        self._labels = []
        for n, work in enumerate(self._queue.works):
            stop = _stop_button("Stop it")
            stop.clicked.connect(lambda _on=False, work=work: self._queue.stop(work))
            self._labels.append(QLabel(status_of(work)))
            self._rows.addWidget(self._labels[-1], n, 0)
            self._rows.addWidget(stop, n, 1)
        if not self._queue.works:
            self.hide()


def status_of(work: Work) -> str:
    """Return a line like “Meshing the left femur  62 %  about 8 s left”; at first what it does."""
    if work.state == "waiting":
        return f"{work.title}  –  waiting"
    if work.state == "stopping":
        return f"{work.text}  –  stopping"
    left = work.seconds_left
    told = f"about {_time(left)} left" if left is not None else work.detail
    return f"{work.text}   {100 * work.fraction:.0f} %" + (f"   {told}" if told else "")


def _time(seconds: float) -> str:
    if seconds >= 90:
        return f"{seconds / 60:.0f} min"
    step = 5 if seconds > 10 else 1
    return f"{step * math.ceil(seconds / step)} s"


def _stop_button(tip: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(theme.icon("x", "quiet"))
    button.setToolTip(tip)
    button.setAccessibleName("Stop")
    return button
