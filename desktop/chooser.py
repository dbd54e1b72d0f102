"""Several series lie there: which one? In the place of the views, not in a box before them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop import theme
from desktop.form import Form
from desktop.people import line_of
from desktop.section import quiet

if TYPE_CHECKING:
    from twin.domain import Identity
    from twin.sources.series import Found, Series

_COLUMNS = ("No.", "Series", "Modality", "Images", "Size", "Spacing (mm)", "Patient", "Remark")
_DICOM = ("dicom", "dicom_seg", "rtstruct")
"""Formats that say everything of themselves."""


class SeriesChooser(QWidget):
    """Lists what was found; those that cannot be read say why.

    Signals
    -------
    left : one was taken, or none
    """

    left = Signal()

    def __init__(self, found: Found, take: Callable[[Series, dict[str, Any]], None]) -> None:
        super().__init__()
        self.setObjectName("ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._found, self._take = found, take
        self._columns = [
            c for c in _COLUMNS if c != "Remark" or any(s.why_not or s.notes for s in found.series)
        ]
        self.list = QTreeWidget()
        self.list.setRootIsDecorated(False)
        self.list.setHeaderLabels(self._columns)
        self.list.setAccessibleName("Series found")
        for series in found.series:
            self._add(series)
        header = self.list.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        # What is told in words shares what is left, on as many lines as it needs.
        for n in range(_COLUMNS.index("Patient"), len(self._columns)):
            header.setSectionResizeMode(n, QHeaderView.ResizeMode.Stretch)
        self.list.setWordWrap(True)
        self.list.setItemDelegate(_Wrapped(self.list))
        header.geometriesChanged.connect(self.list.scheduleDelayedItemsLayout)
        self.form = _form()
        self.form.setMaximumWidth(theme.px(110))
        self.button = theme.named(QPushButton("Import"), "primary")
        self.all = QPushButton("Import all")
        self.all.setToolTip("Bring in all that can be read, but what only serves to plan or to show")
        self.all.setVisible(sum(s.is_volume and not s.aside for s in found.series) > 1)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Import nothing (Esc)")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(6), theme.px(6), theme.px(6), theme.px(6))
        column.setSpacing(theme.px(3))
        column.addWidget(theme.named(QLabel(_title(found)), "heading"))
        column.addWidget(self.list, 1)
        if found.problems:
            column.addWidget(quiet(f"Left out: {'; '.join(found.problems[:3])}"))
        column.addWidget(self.form)
        self.why = quiet()
        column.addWidget(self.why)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.cancel)
        row.addWidget(self.all)
        row.addWidget(self.button)
        column.addLayout(row)
        self.list.itemSelectionChanged.connect(self._on_select)
        self.list.itemActivated.connect(lambda _i: self._on_take())
        self.form.changed.connect(self._on_select)
        self.button.clicked.connect(self._on_take)
        self.all.clicked.connect(self._on_take_all)
        self.cancel.clicked.connect(self.left)
        best = max(found.series, key=lambda s: (s.is_volume and not s.aside, s.count))
        self.list.setCurrentIndex(self.list.model().index(found.series.index(best), 0))

    def showEvent(self, event: QShowEvent) -> None:
        """Let the arrow keys choose and Enter take at once."""
        super().showEvent(event)
        self.list.setFocus()
        self.list.doItemsLayout()
        self.list.scrollTo(self.list.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape imports nothing."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def chosen(self) -> Series | None:
        """Return the series that is selected."""
        row = self.list.currentIndex().row()
        return self._found.series[row] if row >= 0 else None

    def _add(self, series: Series) -> None:
        row = QTreeWidgetItem(
            [
                "" if series.number is None else str(series.number),
                series.description or series.label,
                series.modality,
                str(series.count),
                " × ".join(map(str, series.size)),
                " × ".join(f"{s:.3g}" for s in series.spacing_mm),
                _whose(series.identity),
                series.why_not or " ".join(series.notes),
            ]
        )
        row.setToolTip(0, series.uid)
        row.setToolTip(len(_COLUMNS) - 1, "\n".join([series.why_not, *series.notes]).strip())
        if not series.is_volume:
            for n in range(len(_COLUMNS)):
                row.setForeground(n, QColor(theme.current().quiet))
        self.list.addTopLevelItem(row)

    def _on_select(self) -> None:
        series = self.chosen()
        why = "Choose a series." if series is None else ("" if self._readable(series) else series.why_not)
        # What a DICOM series says of itself is not asked for; whether gaps are borne is.
        self.form.setVisible(series is not None and (series.format not in _DICOM or series.gaps > 0))
        self.form.fields["accept_gaps"].setVisible(series is not None and series.gaps > 0)
        self.button.setEnabled(not why)
        self.button.setToolTip(why or "Bring this series into the record")
        if why and series is not None and series.gaps:
            why = f"{why}. Fetch what is missing, or choose below to fill it by interpolation."
        self.why.setText(why)
        self.why.setVisible(bool(why))

    def _readable(self, series: Series) -> bool:
        values = self.form.values()
        filled = series.gaps > 0 and bool(values.get("accept_gaps"))
        told = bool(series.asks) and all(values.get(name) for name in series.asks)
        # Whether the record holds what contours were drawn on is seen when they are taken.
        return series.is_volume or filled or told or any(series.drawn_on)

    def _on_take(self) -> None:
        series = self.chosen()
        if series is not None and self.button.isEnabled():
            self.left.emit()
            self._take(series, self.form.values())

    def _on_take_all(self) -> None:
        first = next(s for s in self._found.series if s.is_volume and not s.aside)
        # Who has seen the list and takes all of it says that it is of one person.
        every = all(s.is_volume and not s.aside for s in self._found.series)
        self.left.emit()
        self._take(first, self.form.values() | {"series": "all" if every else ""})


class _Wrapped(QStyledItemDelegate):
    """Gives a cell of a column that stretches the height that its text takes there now."""

    def __init__(self, tree: QTreeWidget) -> None:
        super().__init__(tree)
        self._tree = tree

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the plain size, higher where the text wraps."""
        plain = super().sizeHint(option, index)
        if self._tree.header().sectionResizeMode(index.column()) != QHeaderView.ResizeMode.Stretch:
            return plain
        room = QRect(0, 0, self._tree.columnWidth(index.column()) - theme.px(3), 10_000)
        text = str(index.data() or "")
        wrapped = self._tree.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, text)
        return plain.expandedTo(QSize(0, wrapped.height() + theme.px(2)))


def _title(found: Found) -> str:
    count = len(found.series)
    if found.count > count:
        return f"{found.count} series were found, which make {count} images. Which one?"
    return f"{count} series were found. Which one?" if count > 1 else "One series was found."


def _whose(identity: Identity) -> str:
    """Return whose a series is, in one line; what has no name and no ID is nobody's that can be told."""
    named = identity.patient_name or identity.patient_id
    return line_of(identity, short=True) if named else "not stated"


def _form() -> Form:
    from twin import steps

    wanted = ("accept_gaps", "modality", "kind", "units", "space")
    return Form([p for p in steps.find("import.images").parameters if p.name in wanted])
