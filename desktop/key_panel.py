"""Key images in the task panel: the button that marks one, and the list with what was noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QTreeWidgetItem,
    QWidget,
)

from desktop import theme
from desktop.commands import BY_ID
from desktop.marks_list import MarksList
from desktop.section import CommandButton

if TYPE_CHECKING:
    from desktop.actions import Actions
    from desktop.desk import Desk

NAME, NOTE = 0, 1


class KeyList(MarksList):
    """Name and note of each key image; a click shows it, a double click or F2 lets the note be written."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "Key images")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.header().setStretchLastSection(True)
        self.header().setSectionResizeMode(NAME, QHeaderView.ResizeMode.ResizeToContents)
        self.itemClicked.connect(self._go)
        self.itemDoubleClicked.connect(lambda row, _column: self.editItem(row, NOTE))
        self.itemChanged.connect(self._on_note)

    def refresh(self) -> None:
        """Show what was marked; while a note is being written, leave it be."""
        if self.state() == QAbstractItemView.State.EditingState:
            return
        stage = self._desk.stage
        blocked = QSignalBlocker(self)
        self.clear()
        for item in stage.marking.items() if stage is not None else ():
            made = stage.marking.key_image(item) if stage is not None else None
            if made is None:
                continue
            plane = made.plane.capitalize()
            by_itself = item.name.startswith(made.text[:60] or plane)
            way = "Click shows the picture again, double-click writes a note."
            tip = item.stale or "\n".join(words for words in (made.text, way) if words)
            row = self.add(item, (plane if by_itself else item.name, made.text), tip)
            if not self._desk.read_only and not item.stale:
                row.setFlags(row.flags() | Qt.ItemFlag.ItemIsEditable)
        del blocked
        self.fit()

    def _go(self, row: QTreeWidgetItem) -> None:
        if self._desk.stage is not None:
            self.go(row, self._desk.stage.marking.go_to)

    def _on_note(self, row: QTreeWidgetItem, column: int) -> None:
        id, text = self.key_of(row), row.text(NOTE)
        if column == NOTE:
            # Later: the row must not go while its editor still closes.
            QTimer.singleShot(0, lambda: self._note(id, text))

    def _note(self, id: str, text: str) -> None:
        self._desk.guard(lambda: self._desk.note_key(id, text))
        self.refresh()

    def event(self, event: QEvent) -> bool:
        """Keep F2, which elsewhere renames what is selected in the tree."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(event.key() == Qt.Key.Key_F2)
            if event.isAccepted():
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Write the note by F2, see the picture by Enter, remove by Delete."""
        row = self.currentItem()
        if event.key() == Qt.Key.Key_Delete:
            BY_ID["edit.delete"].trigger(self._desk)
        elif event.key() == Qt.Key.Key_F2 and row is not None:
            self.editItem(row, NOTE)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None:
            self._go(row)
        else:
            super().keyPressEvent(event)


class KeyCard(QWidget):
    """The button, the way out beside it, and the list."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self.mark = CommandButton(actions["measure.key"])
        self.list = KeyList(desk)
        self.export = CommandButton(actions["measure.key.export"], text="Export…")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.px(1))
        grid.addWidget(self.mark, 0, 0)
        grid.addWidget(self.export, 0, 1)
        grid.addWidget(self.list, 1, 0, 1, 2)

    def refresh(self) -> None:
        """Show the list as it is now."""
        self.list.refresh()
        some = bool(self.list.topLevelItemCount())
        for widget in (self.list, self.export):
            widget.setVisible(some)
