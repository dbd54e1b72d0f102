"""The twin as a tree: everything the record holds, in the order in which it was made."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop import theme, way
from desktop.actions import Actions
from desktop.chain import conditions_of
from desktop.colors import color_of
from desktop.commands import BY_ID
from desktop.desk import Desk
from desktop.marking import KIND
from desktop.session import GROUPS, Item, Session

NAME, STALE, EYE = 0, 1, 2
_KEY = Qt.ItemDataRole.UserRole
_MENU = ("edit.again", "edit.rename", "edit.color", "edit.visible", "edit.delete")
_OF_SHAPES = ("edit.color", "edit.visible")
_MENU_OF = {
    "volume": ("anatomy.segment", "anatomy.heart", "anatomy.scar"),
    "measurement": ("file.export",),
    "key image": ("file.export",),
    "labelmap": ("anatomy.mesh", "measure.structure"),
    "surface": ("anatomy.mesh",),
    "motion": ("anatomy.ventricle",),
    "mesh": ("simulate.load", "simulate.heart"),
    "heart": ("simulate.beat",),
    "landmarks": ("simulate.load",),
    "model": ("simulate.solve",),
    "result": ("report.write",),
}


class TwinTree(QWidget):
    """Groups, entities and structures; eye, color and stale mark; rename in place."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("left")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._desk, self._actions = desk, actions
        self._filling = False
        self._folded: set[str] = set()
        self.tree = _Tree(self)
        self.tree.setAccessibleName("The twin")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(1), theme.px(2), 0, 0)
        column.addWidget(self.tree)
        self.tree.itemSelectionChanged.connect(self._on_select)
        self.tree.itemClicked.connect(self._on_click)
        self.tree.itemChanged.connect(self._on_rename)
        self.tree.itemExpanded.connect(lambda row: self._folded.discard(row.data(NAME, _KEY)))
        self.tree.itemCollapsed.connect(lambda row: self._folded.add(row.data(NAME, _KEY)))
        self.tree.customContextMenuRequested.connect(self._menu)
        session = desk.session
        session.opened.connect(self.fill)
        session.changed.connect(lambda _ids: self.fill())
        session.shown.connect(self.fill)
        session.selected.connect(self._mark)
        desk.restyled.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """Show what the session holds now."""
        self._filling = True
        scrolled = self.tree.verticalScrollBar().value()
        self.tree.clear()
        groups: dict[str, QTreeWidgetItem] = {}
        parents: dict[str, QTreeWidgetItem] = {}
        for group in dict.fromkeys(GROUPS.values()):
            groups[group] = self._group(group)
        for item in self._desk.session.items:
            parent = parents[item.id] if item.part else groups[item.group]
            parents[item.key] = self._row(item, parent)
        for row in groups.values():
            row.setHidden(row.childCount() == 0)
        for key, row in [*groups.items(), *parents.items()]:
            row.setExpanded(key not in self._folded)
        self._rows = parents
        self.tree.setColumnHidden(STALE, not any(item.stale for item in self._desk.session.items))
        self._filling = False
        self._mark(self._desk.session.selection)
        self.tree.verticalScrollBar().setValue(scrolled)

    def rename(self) -> None:
        """Let the user type another name into the selected row."""
        row = self._rows.get(self._desk.session.selection)
        if row is not None:
            self.tree.setFocus()
            self.tree.editItem(row, NAME)

    def row(self, key: str) -> QTreeWidgetItem | None:
        """Return the row of an item."""
        return self._rows.get(key)

    def _group(self, name: str) -> QTreeWidgetItem:
        row = QTreeWidgetItem(self.tree, [name])
        row.setData(NAME, _KEY, name)
        row.setFlags(Qt.ItemFlag.ItemIsEnabled)
        row.setForeground(NAME, QColor(theme.current().quiet))
        font = row.font(NAME)
        font.setWeight(font.Weight.DemiBold)
        row.setFont(NAME, font)
        return row

    def _row(self, item: Item, parent: QTreeWidgetItem) -> QTreeWidgetItem:
        session = self._desk.session
        row = QTreeWidgetItem(parent, [item.name])
        row.setData(NAME, _KEY, item.key)
        visible = session.is_visible(item.key)
        row.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable)
        row.setIcon(NAME, theme.icon("star", "accent") if item.kind == KIND else _chip(color_of(item)))
        about = _about(item, conditions_of(session, item.id) if item.kind == "result" else "")
        if item.kind == "volume" and not visible:
            about += "\nClick to show it in place of the image that is shown now."
        if not visible and _beats(session, item):
            about += "\nClick to show it alone; its eye shows it with the others."
        row.setToolTip(NAME, about)
        if item.kind == KIND:
            row.setToolTip(NAME, f"{about}\nClick to see the picture again.")
            self._mark_stale(row, item)
            return row
        row.setIcon(EYE, theme.icon("eye" if visible else "eye-slash", "text" if visible else "quiet"))
        row.setToolTip(EYE, f"{'Hide' if visible else 'Show'} {item.name} (Space)")
        if not visible:
            row.setForeground(NAME, QColor(theme.current().quiet))
        self._mark_stale(row, item)
        return row

    @staticmethod
    def _mark_stale(row: QTreeWidgetItem, item: Item) -> None:
        if item.stale and not item.part:
            row.setIcon(STALE, theme.icon("arrows-clockwise", "warn"))
            row.setToolTip(STALE, f"{item.stale}\nClick to make it again (F5).")
            font = row.font(NAME)
            font.setItalic(True)
            row.setFont(NAME, font)

    def _mark(self, key: str) -> None:
        row = self._rows.get(key)
        self._filling = True
        if row is not None:
            self.tree.setCurrentItem(row)
        else:
            self.tree.clearSelection()
        self._filling = False

    def _on_select(self) -> None:
        rows = self.tree.selectedItems()
        if not self._filling and rows:
            self._desk.session.select(rows[0].data(NAME, _KEY))

    def _on_click(self, row: QTreeWidgetItem, column: int) -> None:
        item = self._desk.session.item(row.data(NAME, _KEY))
        if item is None:
            return
        if column == STALE and item.stale:
            self._desk.guard(lambda: self._desk.make_again(item.id))
        elif item.kind == KIND:
            if self._desk.stage is not None:
                self._desk.stage.marking.go_to(item)
        elif column == EYE:
            self._desk.session.show(item.key, not self._desk.session.is_visible(item.key))
        elif self._desk.session.is_visible(item.key):
            return
        elif item.kind == "volume":
            self._desk.session.show(item.key)
        elif _beats(self._desk.session, item):
            self._desk.session.show_only(item.key)

    def _on_rename(self, row: QTreeWidgetItem, column: int) -> None:
        if self._filling or column != NAME:
            return
        item = self._desk.session.item(row.data(NAME, _KEY))
        name = row.text(NAME).strip()
        if item is None or name == item.name:
            return
        # Later: the row must not go while its editor still closes.
        QTimer.singleShot(0, lambda: self._rename(item, name))

    def _rename(self, item: Item, name: str) -> None:
        if name:
            self._desk.guard(lambda: way.rename(self._desk, item, name))
        self.fill()

    def _menu(self, at: QPoint) -> None:
        row = self.tree.itemAt(at)
        item = self._desk.session.item(row.data(NAME, _KEY)) if row else None
        if item is None:
            return
        self._desk.session.select(item.key)
        menu = self.menu_for(item)
        menu.exec(self.tree.viewport().mapToGlobal(at))

    def menu_for(self, item: Item) -> QMenu:
        """Return the menu of what can be done with an item."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for id in _MENU_OF.get(item.kind, ()):
            menu.addAction(self._actions[id])
        menu.addSeparator()
        for id in _MENU:
            if (id != "edit.again" or item.stale) and (item.kind != KIND or id not in _OF_SHAPES):
                menu.addAction(self._actions[id])
        return menu

    def keys(self, event: QKeyEvent) -> bool:
        """Handle the keys that work where the tree has the focus."""
        ids = {Qt.Key.Key_Delete: "edit.delete", Qt.Key.Key_Space: "edit.visible"}
        id = ids.get(Qt.Key(event.key()))
        if id is not None:
            BY_ID[id].trigger(self._desk)
        return id is not None


class _Tree(QTreeWidget):
    def __init__(self, owner: TwinTree) -> None:
        super().__init__()
        self._owner = owner
        self.setColumnCount(3)
        self.setHeaderHidden(True)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(theme.px(5))
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column in (STALE, EYE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, theme.px(6))
        self.setIndentation(theme.px(3))
        self.setIconSize(QSize(theme.px(4), theme.px(4)))
        self.setExpandsOnDoubleClick(False)
        self.setUniformRowHeights(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._owner.keys(event):
            super().keyPressEvent(event)


def _beats(session: Session, item: Item) -> bool:
    """Tell whether an item is a heart or the full beat of one: two of them are not seen in one another."""
    entry = session.entry(item.id)
    if item.kind != "result" or entry is None:
        return item.kind == "heart"
    return entry.tree.get("times_s") is not None and not entry.tree.get("loads")


def _about(item: Item, conditions: str) -> str:
    words = [item.name, *([f"Solved: {conditions}"] if conditions else [])]
    if item.side == "unconfirmed":
        words.append("The scan does not settle its side: say which it is (Anatomy).")
    if item.stale:
        words.append(item.stale)
    return "\n".join(words)


def _chip(color: str) -> QIcon:
    """Return a small rounded square in a color."""
    size = theme.px(4)
    pixmap = QPixmap(4 * size, 4 * size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(size // 2, size // 2, 3 * size, 3 * size, size, size)
    painter.end()
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon
