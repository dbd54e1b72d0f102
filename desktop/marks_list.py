"""A list of what was marked on images, in two columns; a click goes to the place of a mark."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.session import Item

_KEY = Qt.ItemDataRole.UserRole
_ROWS = 6
COLUMNS = (0, 1)


class MarksList(QTreeWidget):
    """As high as its rows, up to six; what is stale stands in italics."""

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__()
        self._desk = desk
        self.setAccessibleName(name)
        self.setColumnCount(len(COLUMNS))
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def key_of(self, row: QTreeWidgetItem) -> str:
        """Return the key of the item that a row shows."""
        return str(row.data(0, _KEY))

    def add(self, item: Item, words: tuple[str, str], tip: str) -> QTreeWidgetItem:
        """Add a row; it is the current one where its item is selected."""
        row = QTreeWidgetItem(self, list(words))
        row.setData(0, _KEY, item.key)
        for column in COLUMNS:
            row.setToolTip(column, tip)
            font = row.font(column)
            font.setItalic(bool(item.stale))
            row.setFont(column, font)
        if item.key == self._desk.session.selection:
            self.setCurrentItem(row)
        return row

    def fit(self) -> None:
        """Be as high as the rows ask for."""
        height = self.sizeHintForRow(0) if self.topLevelItemCount() else 0
        self.setFixedHeight(height * min(self.topLevelItemCount(), _ROWS) + 2 * self.frameWidth() + 2)

    def go(self, row: QTreeWidgetItem, go_to: Callable[[Item], None]) -> None:
        """Select a row's item; one that is selected already is gone to again."""
        session = self._desk.session
        item = session.item(self.key_of(row))
        if item is None:
            return
        if session.selection == item.key:
            go_to(item)
        else:
            session.select(item.key)
