"""Where one looks: folders that were looked into, and servers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QMenu, QPushButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from desktop import theme
from twin.sources.pacs import Server

_WHERE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Where:
    """A place: one folder, one server, or (neither) all folders."""

    folder: Path | None = None
    server: Server | None = None

    @property
    def name(self) -> str:
        """What it is called."""
        if self.server is not None:
            return self.server.name
        return self.folder.name or str(self.folder) if self.folder is not None else "All folders"


class SourcesList(QWidget):
    """Folders and servers, with what can be done to them.

    Signals
    -------
    chosen : Where
    looked, removed, edited : Where
        It is to be looked into again, to be taken off the list, to be changed.
    wants_folder, wants_server : a new one is to be added
    """

    chosen = Signal(object)
    looked = Signal(object)
    removed = Signal(object)
    edited = Signal(object)
    wants_folder = Signal()
    wants_server = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("left")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.list = _List(self)
        self.add_folder = QPushButton("Add folder…")
        self.add_folder.setToolTip("Look into a folder and remember what lies there")
        self.add_server = QPushButton("Add server…")
        self.add_server.setToolTip("Enter a PACS or another server of images")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(1), theme.px(2), theme.px(1), theme.px(2))
        column.setSpacing(theme.px(1))
        column.addWidget(self.list, 1)
        column.addWidget(self.add_folder)
        column.addWidget(self.add_server)
        self.list.currentItemChanged.connect(self._on_current)
        self.list.customContextMenuRequested.connect(self._menu)
        self.add_folder.clicked.connect(self.wants_folder)
        self.add_server.clicked.connect(self.wants_server)

    def fill(self, folders: Sequence[Path], servers: Sequence[Server]) -> None:
        """List these; the choice stays where it can."""
        before = self.current()
        self.list.blockSignals(True)
        self.list.clear()
        wheres = [Where(), *(Where(f) for f in folders)] if folders else []
        group = self._group("Folders")
        rows = [self._row(where, group, "folder") for where in wheres]
        group = self._group("Servers")
        rows += [self._row(Where(server=s), group, "hard-drives") for s in servers]
        for n in range(self.list.topLevelItemCount()):
            top = self.list.topLevelItem(n)
            if top is not None:
                top.setExpanded(True)
                top.setHidden(top.childCount() == 0)
        same = [r for r in rows if _same(r.data(0, _WHERE), before)]
        if same or rows:
            self.list.setCurrentItem((same or rows)[0])
        self.list.blockSignals(False)
        if not same:
            self._on_current()

    def current(self) -> Where | None:
        """Return the place that is chosen."""
        item = self.list.currentItem()
        return item.data(0, _WHERE) if item is not None else None

    def choose(self, where: Where) -> None:
        """Choose a place."""
        for row in self.list.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive):
            if _same(row.data(0, _WHERE), where):
                self.list.setCurrentItem(row)

    def _group(self, name: str) -> QTreeWidgetItem:
        row = QTreeWidgetItem(self.list, [name])
        row.setFlags(Qt.ItemFlag.ItemIsEnabled)
        row.setForeground(0, QColor(theme.current().quiet))
        font = row.font(0)
        font.setWeight(font.Weight.DemiBold)
        row.setFont(0, font)
        return row

    def _row(self, where: Where, parent: QTreeWidgetItem, icon: str) -> QTreeWidgetItem:
        row = QTreeWidgetItem(parent, [where.name])
        row.setData(0, _WHERE, where)
        row.setIcon(0, theme.icon(icon, "quiet"))
        if where.folder is not None:
            row.setToolTip(0, str(where.folder))
        elif where.server is not None:
            row.setToolTip(0, where.server.address)
        return row

    def _on_current(self, *_: object) -> None:
        self.chosen.emit(self.current())

    def _menu(self, at: QPoint) -> None:
        item = self.list.itemAt(at)
        where = item.data(0, _WHERE) if item is not None else None
        if where is None:
            return
        menu = QMenu(self)
        if where.server is None:
            menu.addAction("Look again", lambda: self.looked.emit(where))
        else:
            menu.addAction("Change…", lambda: self.edited.emit(where))
        if where.server is not None or where.folder is not None:
            what = "Take off the list" if where.server else "Forget this folder"
            menu.addAction(what, lambda: self.removed.emit(where))
        menu.exec(self.list.viewport().mapToGlobal(at))
        menu.deleteLater()


class _List(QTreeWidget):
    def __init__(self, owner: SourcesList) -> None:
        super().__init__()
        self._owner = owner
        self.setHeaderHidden(True)
        self.setIndentation(theme.px(2))
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Folders and servers")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F5 looks again, Delete takes off the list."""
        where = self._owner.current()
        if event.key() == Qt.Key.Key_F5 and where is not None:
            self._owner.looked.emit(where)
        elif event.key() == Qt.Key.Key_Delete and where is not None and where != Where():
            self._owner.removed.emit(where)
        else:
            super().keyPressEvent(event)


def _same(a: Where | None, b: Where | None) -> bool:
    if a is None or b is None:
        return False
    names = (a.server.name if a.server else None, b.server.name if b.server else None)
    return a.folder == b.folder and names[0] == names[1]
