"""Find: every command by a few letters of its name (Ctrl+Shift+P)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from desktop import theme
from desktop.command import Command, keys_text
from desktop.desk import Desk

_BY_HELP = 1_000_000
"""What a find in a command's help counts: behind all that are found by title."""


def score(query: str, title: str) -> int | None:
    """Rate how well a query's letters are found in a title, in order; None where they are not.

    Lower is better: letters at the start of words and letters that follow each other win.
    """
    query, title = query.lower().replace(" ", ""), title.lower()
    position, cost = -1, 0
    for letter in query:
        found = title.find(letter, position + 1)
        starts = [i for i in range(position + 1, len(title)) if title[i] == letter and _starts_word(title, i)]
        if found < 0:
            return None
        if starts and found != position + 1:
            found = starts[0]
        cost += 0 if found == position + 1 else (1 if _starts_word(title, found) else 4)
        position = found
    return cost * 100 + len(title)


def _starts_word(title: str, i: int) -> bool:
    return i == 0 or not title[i - 1].isalnum()


class Palette(QFrame):
    """A line to type into, and the commands it finds; those that are off say why."""

    def __init__(self, desk: Desk, commands: Sequence[Command], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("popover")
        self._desk, self._commands = desk, commands
        self.line = QLineEdit(placeholderText="Find a command")
        self.line.setAccessibleName("Find a command")
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(2), theme.px(2), theme.px(2), theme.px(2))
        column.addWidget(self.line)
        column.addWidget(self.list)
        self.line.textChanged.connect(self._fill)
        self.line.installEventFilter(self)
        self.list.itemClicked.connect(lambda _item: self._take())
        self.hide()

    def open(self) -> None:
        """Show it in the middle at the top of the window."""
        parent = self.parentWidget()
        assert parent is not None
        width = min(theme.px(140), parent.width() - theme.px(8))
        height = min(theme.px(90), parent.height() - theme.px(14))
        self.setGeometry((parent.width() - width) // 2, theme.px(12), width, height)
        self.line.clear()
        self._fill("")
        self.show()
        self.raise_()
        self.line.setFocus()

    def found(self) -> list[Command]:
        """Return the commands listed now, best first."""
        return [self.list.item(i).data(Qt.ItemDataRole.UserRole) for i in range(self.list.count())]

    def _fill(self, query: str) -> None:
        rated = []
        for command in self._commands:
            title = command.title_for(self._desk)
            rate = score(query, f"{title} {command.group}")
            if rate is None and query.lower() in command.help.lower():
                rate = _BY_HELP
            if rate is not None:
                why = command.why_not(self._desk)
                rated.append(((bool(why) and not query, rate if query else 0), title, why, command))
        rated.sort(key=lambda row: row[0])
        self.list.clear()
        for _rate, title, why, command in rated:
            keys = f"    {keys_text(command)}" if command.shortcut else ""
            item = QListWidgetItem(
                theme.icon(command.icon, "quiet"), f"{title}{keys}" + (f"  –  {why}" if why else "")
            )
            item.setData(Qt.ItemDataRole.UserRole, command)
            item.setToolTip(why or command.help)
            if why:
                item.setForeground(self.palette().placeholderText())
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _take(self) -> None:
        item = self.list.currentItem()
        self.hide()
        if item is not None:
            command: Command = item.data(Qt.ItemDataRole.UserRole)
            command.trigger(self._desk)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list, Enter takes, Escape and a lost focus close."""
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step:
            self.list.setCurrentRow((self.list.currentRow() + step) % max(self.list.count(), 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take()
        elif event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            return super().eventFilter(watched, event)
        return True
