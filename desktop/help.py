"""Help: every key and every movement of the mouse, on one page, from the table of commands itself."""

from __future__ import annotations

from html import escape
from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from desktop import theme
from desktop.command import keys_text
from desktop.commands import COMMANDS
from viewers.slice_hands import GESTURES


class Help(QDialog):
    """A window beside the main one, which can be worked in meanwhile."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard and mouse – Vitruvian")
        self.setWindowFlag(Qt.WindowType.Window)
        self.page = QTextBrowser()
        self.page.setAccessibleName("Keyboard and mouse")
        self.page.setHtml(page())
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(2), theme.px(2), theme.px(2), theme.px(2))
        column.addWidget(self.page)
        self.resize(theme.px(150), theme.px(160))


def page() -> str:
    """Return the page as HTML: the mouse in slices, then each group of commands with its keys."""
    parts = [_table("In a slice, by hand", [(keys, what, "") for keys, what in GESTURES])]
    for group, commands in groupby(sorted(COMMANDS, key=lambda c: _GROUPS.index(c.group)), lambda c: c.group):
        parts.append(_table(group, [(keys_text(c), c.title, c.help) for c in commands]))
    return "".join(parts)


_GROUPS = list(dict.fromkeys(command.group for command in COMMANDS))


def _table(title: str, rows: list[tuple[str, str, str]]) -> str:
    quiet = theme.current().quiet
    lines = "".join(
        f"<tr><td width='150'><b>{escape(keys)}</b></td><td>{escape(what)}"
        f"<span style='color:{quiet}'>{'  ' + escape(more) if more else ''}</span></td></tr>"
        for keys, what, more in rows
    )
    return f"<h3>{escape(title)}</h3><table cellpadding='3'>{lines}</table>"
