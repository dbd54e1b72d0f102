"""Measuring in the task panel: the tools, and the list of what was measured."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHeaderView, QToolButton, QTreeWidgetItem, QWidget

from desktop import theme
from desktop.actions import Actions
from desktop.commands import BY_ID
from desktop.desk import Desk
from desktop.marks_list import MarksList
from desktop.measure_commands import TOOL_IDS
from desktop.section import CommandButton, quiet
from twin.measuring import words

_ACROSS = 9


class ToolBar(QWidget):
    """A button a tool; the one in the hand is pressed in."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self._desk = desk
        self.buttons: dict[str, QToolButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.px(1))
        for n, id in enumerate(TOOL_IDS):
            button = actions.button(id)
            button.setAccessibleName(BY_ID[id].title)
            button.setFixedSize(theme.px(7), theme.px(7))
            self.buttons[id] = button
            grid.addWidget(button, n // _ACROSS, n % _ACROSS)
        grid.setColumnStretch(_ACROSS, 1)

    def refresh(self) -> None:
        """Show which tool is in the hand."""
        stage = self._desk.stage
        taken = f"measure.{stage.measuring.tool}" if stage is not None else ""
        for id, button in self.buttons.items():
            button.setProperty("taken", id == taken)
            button.setDown(id == taken)
            button.setIcon(theme.icon(BY_ID[id].icon, "accent" if id == taken else "text"))


class MeasureList(MarksList):
    """Name and value of each measurement of the image shown; a click goes there, Delete removes it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "Measurements")
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.itemClicked.connect(self._on_click)
        self.currentItemChanged.connect(lambda row, _before: self._on_current(row))

    def refresh(self) -> None:
        """Show what was measured."""
        stage = self._desk.stage
        blocked = QSignalBlocker(self)
        self.clear()
        for item in stage.measuring.items() if stage is not None else ():
            made = stage.measuring.measurement(item) if stage is not None else None
            if made is None:
                continue
            full = [": ".join(words.full(n)) for n in made.numbers]
            tip = "\n".join([item.name, *([made.text] if made.text else []), *full, *made.notes])
            row = self.add(item, (item.name, words.brief(made.numbers)), f"{tip}\n{item.stale}".strip())
            row.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            font = row.font(1)
            font.setStrikeOut(bool(item.stale))
            row.setFont(1, font)
        del blocked
        self.fit()

    def _on_click(self, row: QTreeWidgetItem) -> None:
        self._go(row)

    def _on_current(self, row: QTreeWidgetItem | None) -> None:
        if row is not None:
            self._go(row)

    def _go(self, row: QTreeWidgetItem) -> None:
        if self._desk.stage is not None:
            self.go(row, self._desk.stage.measuring.go_to)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove by Delete."""
        if event.key() == Qt.Key.Key_Delete:
            BY_ID["edit.delete"].trigger(self._desk)
        else:
            super().keyPressEvent(event)


class MeasureCard(QWidget):
    """Tools, how the one in the hand is used, the list, and the way out.

    Signals
    -------
    asks_to_be_seen
        A tool was taken, or something was measured: who did it looks for the hint, or for the number.
    """

    asks_to_be_seen = Signal()

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self._desk = desk
        self.tools = ToolBar(desk, actions)
        self.hint = quiet()
        self.list = MeasureList(desk)
        self.export = CommandButton(actions["measure.export"])
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.px(1))
        for n, widget in enumerate((self.tools, self.hint, self.list, self.export)):
            grid.addWidget(widget, n, 0)
        self._listening = False
        self._count = 0

    def refresh(self) -> None:
        """Show tools and list as they are now."""
        stage = self._desk.stage
        if stage is not None and not self._listening:
            self._listening = True
            stage.measuring.taken.connect(self._on_taken)
        self.refresh_tools()
        self.list.refresh()
        before, self._count = self._count, self.list.topLevelItemCount()
        some = bool(self._count)
        self.list.setVisible(some)
        self.export.setVisible(some)
        if self._count > before and stage is not None and stage.measuring.tool:
            self.asks_to_be_seen.emit()

    def _on_taken(self) -> None:
        self.refresh_tools()
        if self.hint.text():
            self.asks_to_be_seen.emit()

    def refresh_tools(self) -> None:
        """Show which tool is in the hand, and how it is used."""
        stage = self._desk.stage
        self.tools.refresh()
        self.hint.setText(stage.measuring.hint if stage is not None else "")
        self.hint.setVisible(bool(self.hint.text()))
