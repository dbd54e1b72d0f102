"""Commands as Qt actions: one each, kept in step with the desk."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QToolButton, QWidget

from desktop import theme
from desktop.command import Command
from desktop.commands import COMMANDS
from desktop.desk import Desk


class Actions(QObject):
    """One ``QAction`` a command; its tooltip says what it does, or why it is off."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._actions: dict[str, QAction] = {}
        for command in COMMANDS:
            self._actions[command.id] = self._make(command)
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(0)
        self._late.timeout.connect(self.refresh)
        desk.refreshed.connect(self._late.start)
        desk.restyled.connect(self.restyle)
        self.refresh()

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._actions.values())

    def bind(self, window: QWidget) -> None:
        """Give the window the shortcuts that work everywhere in it."""
        window.addActions([self._actions[c.id] for c in COMMANDS if not c.where])

    def bind_views(self, *places: QWidget) -> None:
        """Give the views, and what steers them, the shortcuts that work where the focus is in these."""
        for command in COMMANDS:
            if command.where == "views":
                action = self._actions[command.id]
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                for place in places:
                    place.addAction(action)

    def button(self, id: str, *, text: bool = False) -> QToolButton:
        """Return a tool button for a command."""
        button = QToolButton()
        button.setDefaultAction(self._actions[id])
        button.setIconSize(theme.icon_size())
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if text else Qt.ToolButtonStyle.ToolButtonIconOnly
        button.setToolButtonStyle(style)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def refresh(self) -> None:
        """Look again at what can be done and why not."""
        for command in COMMANDS:
            action = self._actions[command.id]
            why = command.why_not(self._desk)
            action.setEnabled(not why)
            title = command.title_for(self._desk)
            action.setText(title)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            said = title if title.endswith(command.help) else f"{title}: {command.help}"
            tip = f"{said}" + (f"  ({keys})" if keys else "")
            action.setToolTip(f"{title}: {why}" if why else tip)

    def restyle(self) -> None:
        """Take the icons of the current theme."""
        for command in COMMANDS:
            self._actions[command.id].setIcon(theme.icon(command.icon))

    def _make(self, command: Command) -> QAction:
        action = QAction(command.title, self)
        action.setObjectName(command.id)
        action.setIcon(theme.icon(command.icon))
        if command.shortcut:
            action.setShortcut(QKeySequence(command.shortcut))
        if command.where == "tree":
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda: command.trigger(self._desk))
        return action
