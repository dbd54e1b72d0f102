"""Find: every command by words of its title, of its help and of other programs (Ctrl+Shift+P)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from desktop import theme
from desktop.command import Command, keys_text
from desktop.desk import Desk

_MOST_A_LETTER = 1.0
"""What a letter of a query may cost at the most, on the average, where no words are found."""


def rate(query: str, command: Command, title: str) -> int | None:
    """Rate how well a query's words begin words of a command; None where one of them begins none.

    Lower is better: its title (as now, or as it always is), then what others call it, its group, its help up
    to a semicolon: remarks follow there.
    """
    places = (f"{title} {command.title}", " ".join(command.also), command.group, command.help.split(";")[0])
    held = [_words(place) for place in places]
    cost = 0
    for word in filter(None, map(_bare, query.split())):
        costs = [
            2 * n + (word not in there)
            for n, there in enumerate(held)
            if any(one.startswith(word) for one in there)
        ]
        if not costs:
            return None
        cost += costs[0]
    return cost * 100 + len(title)


def _words(text: str) -> set[str]:
    """Return the words of a text in small letters; “3-D” is 3d, 3 and d."""
    written = text.lower().split()
    return {_bare(word) for word in written} | {p for word in written for p in re.findall(r"\w+", word)}


def _bare(word: str) -> str:
    return re.sub(r"[\W_]+", "", word.lower())


def score(query: str, title: str) -> int | None:
    """Rate how well a query's letters are found in a title, in order; None where they are not.

    Lower is better: letters at the start of words and letters that follow each other win; where most do
    neither, nothing is found.
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
    return cost * 100 + len(title) if cost <= _MOST_A_LETTER * len(query) else None


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
        held = (self.list.item(i).data(Qt.ItemDataRole.UserRole) for i in range(self.list.count()))
        return [command for command in held if command is not None]

    def _fill(self, query: str) -> None:
        titles = [(command, command.title_for(self._desk)) for command in self._commands]
        found = [(rate(query, command, title), command, title) for command, title in titles]
        if all(cost is None for cost, *_ in found):
            found = [(score(query, title), command, title) for command, title in titles]
        self._show(
            (cost if query else 0, command, title) for cost, command, title in found if cost is not None
        )

    def _show(self, found: Iterable[tuple[int, Command, str]]) -> None:
        """List what was found, the best first; what is off comes after all that is on."""
        rows = [(command.why_not(self._desk), cost, command, title) for cost, command, title in found]
        rows.sort(key=lambda row: (bool(row[0]), row[1]))
        self.list.clear()
        if not rows:
            nothing = QListWidgetItem("Nothing found")
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(nothing)
        for why, _cost, command, title in rows:
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
        command: Command | None = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if command is not None:
            self.hide()
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
