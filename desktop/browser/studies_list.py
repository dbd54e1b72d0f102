"""Patients, their studies, their series: one tree, filled as it is unfolded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QTreeWidget, QTreeWidgetItem

from desktop import theme
from desktop.people import name_of
from twin.domain import Identity
from twin.sources.catalog import PatientRow, SeriesRow, StudyRow

MOST = 1000
"""Studies that are shown at once; who has more narrows the search."""

_KEPT = 100
"""Rows that stay selected when the list is filled anew."""

_ROW = Qt.ItemDataRole.UserRole
_COLUMNS = ("Patient", "Date", "Modality", "Images", "ID")
_WIDTHS = {1: 25, 2: 20, 3: 17, 4: 24}
_LEAST_NAME = 46
"""Widths in steps: a name takes the rest, and no less than it needs."""


@dataclass(frozen=True)
class Listed:
    """A series in the list; ``id`` is the index's number, 0 for one on a server."""

    row: SeriesRow
    id: int = 0
    picture: NDArray[np.uint8] | None = None


class StudiesList(QTreeWidget):
    """Shows studies under their patients.

    Signals
    -------
    unfolded : StudyRow
        Its series are wanted; answer with ``set_series``.
    """

    unfolded = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setHeaderLabels(list(_COLUMNS))
        self.setAccessibleName("Patients, studies and series")
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setUniformRowHeights(False)
        self.setIconSize(QSize(theme.px(9), theme.px(9)))
        self.header().setStretchLastSection(False)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, theme.px(width))
        self.held: dict[str, str] = {}
        """By series UID, which record holds it already."""
        self._studies: dict[StudyRow, QTreeWidgetItem] = {}
        self.itemExpanded.connect(self._on_expand)

    def show_studies(self, studies: Sequence[StudyRow], *, unfold: bool = False) -> None:
        """Show these in place of those before; what was unfolded and chosen stays so."""
        open_ = {(s.uid, s.patient) for s, item in self._studies.items() if item.isExpanded()}
        folded = {p.data(0, _ROW) for p in self._patients() if not p.isExpanded()}
        rows = [item.data(0, _ROW) for item in self.selectedItems()]
        chosen = {row for row in rows if not isinstance(row, Listed)}
        scrolled = self.verticalScrollBar().value()
        self.blockSignals(True)
        self.clear()
        self._studies = {}
        patients: dict[PatientRow, QTreeWidgetItem] = {}
        for study in studies[:MOST]:
            if study.patient not in patients:
                patients[study.patient] = self._patient(study.patient)
            item = self._studies[study] = self._study(study)
            patients[study.patient].addChild(item)
        self.addTopLevelItems(list(patients.values()))  # all at once: one by one takes three times as long
        self.expandToDepth(0)
        for patient in folded & patients.keys():
            patients[patient].setExpanded(False)
        for item in self._all() if 0 < len(chosen) <= _KEPT else ():
            item.setSelected(item.data(0, _ROW) in chosen)
        self.blockSignals(False)
        for study, item in self._studies.items():
            if (study.uid, study.patient) in open_ or (unfold and len(studies) == 1):
                item.setExpanded(True)
        self.verticalScrollBar().setValue(scrolled)
        self.itemSelectionChanged.emit()

    def set_series(self, study: StudyRow, series: Sequence[Listed]) -> None:
        """Show the series of a study."""
        parent = self._studies.get(study)
        if parent is None:
            return
        chosen = {c.data(0, _ROW).row.uid for c in self._series_of(parent) if c.isSelected()}
        self.blockSignals(True)
        parent.takeChildren()
        for one in series:
            item = self._series(one)
            parent.addChild(item)
            item.setSelected(one.row.uid in chosen)
        self.blockSignals(False)

    def series_of(self, study: StudyRow) -> list[Listed]:
        """Return the series of a study that are shown; none where it was never unfolded."""
        parent = self._studies.get(study)
        return [c.data(0, _ROW) for c in self._series_of(parent)] if parent is not None else []

    def chosen(self) -> list[PatientRow | StudyRow | Listed]:
        """Return what is selected, without what lies under something else that is selected."""
        items = self.selectedItems()
        ids = {id(i) for i in items}
        return [i.data(0, _ROW) for i in items if not _under(i, ids)]

    def studies_of(self, patient: PatientRow) -> list[StudyRow]:
        """Return the studies of a patient that are shown."""
        return [s for s in self._studies if s.patient == patient]

    def _patients(self) -> list[QTreeWidgetItem]:
        found = [self.topLevelItem(n) for n in range(self.topLevelItemCount())]
        return [item for item in found if item is not None]

    def _series_of(self, study: QTreeWidgetItem) -> list[QTreeWidgetItem]:
        found = [study.child(n) for n in range(study.childCount())]
        return [c for c in found if c is not None and isinstance(c.data(0, _ROW), Listed)]

    def _all(self) -> list[QTreeWidgetItem]:
        return [*self._patients(), *self._studies.values()]

    def _patient(self, patient: PatientRow) -> QTreeWidgetItem:
        born = f"  ·  born {patient.birth_date}" if patient.birth_date else ""
        item = self._item([patient_name(patient) + born, "", "", "", patient.patient_id], patient)
        font = item.font(0)
        font.setWeight(font.Weight.DemiBold)
        item.setFont(0, font)
        return item

    def _study(self, study: StudyRow) -> QTreeWidgetItem:
        words = [study.description or "Study", study.date, " ".join(study.modalities),
                 "" if study.images is None else f"{study.images:,}", study.accession]  # fmt: skip
        item = self._item(words, study)
        item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
        return item

    def _series(self, one: Listed) -> QTreeWidgetItem:
        row = one.row
        number = f"{row.number}  " if row.number is not None else ""
        held = f"  ·  {self.held[row.uid]}" if row.uid in self.held else ""
        words = [f"{number}{row.description or 'Series'}{held}", "", row.modality,
                 "" if row.images is None else f"{row.images:,}", row.body_part]  # fmt: skip
        item = self._item(words, one)
        if one.picture is not None:
            icon, picture = QIcon(), _square(pixmap_of(one.picture))
            for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):  # else Qt tints what is selected
                icon.addPixmap(picture, mode)
            item.setIcon(0, icon)
        return item

    def _item(self, words: list[str], row: Any) -> QTreeWidgetItem:
        item = QTreeWidgetItem(words)
        item.setData(0, _ROW, row)
        item.setToolTip(0, words[0])
        item.setTextAlignment(3, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return item

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the names what the other columns leave."""
        super().resizeEvent(event)
        rest = self.viewport().width() - sum(self.columnWidth(column) for column in _WIDTHS)
        self.setColumnWidth(0, max(rest, theme.px(_LEAST_NAME)))

    def drawBranches(
        self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the caret that folds and unfolds a row."""
        item = self.itemFromIndex(index)
        if isinstance(item.data(0, _ROW), Listed):
            return
        side = theme.px(3)
        caret = theme.icon("caret-down" if item.isExpanded() else "caret-right", "quiet").pixmap(side, side)
        room = self.indentation()
        painter.drawPixmap(rect.right() - (room + side) // 2, rect.center().y() - side // 2, caret)

    def _on_expand(self, item: QTreeWidgetItem) -> None:
        study = item.data(0, _ROW)
        if isinstance(study, StudyRow):
            self.unfolded.emit(study)


def _under(item: QTreeWidgetItem, ids: set[int]) -> bool:
    above = item.parent()
    while above is not None:
        if id(above) in ids:
            return True
        above = above.parent()
    return False


def patient_name(patient: PatientRow) -> str:
    """Return a patient's name as people read it."""
    return name_of(Identity(patient_name=patient.name)) or "Name not stated"


def _square(picture: QPixmap) -> QPixmap:
    """Return a picture in the middle of a square, so that all rows are alike."""
    side = max(picture.width(), picture.height())
    square = QPixmap(side, side)
    square.fill(Qt.GlobalColor.transparent)
    painter = QPainter(square)
    painter.drawPixmap((side - picture.width()) // 2, (side - picture.height()) // 2, picture)
    painter.end()
    return square


def pixmap_of(picture: NDArray[np.uint8]) -> QPixmap:
    """Return a small picture as Qt draws it."""
    rows, columns = picture.shape[:2]
    color = picture.ndim == 3
    form = QImage.Format.Format_RGB888 if color else QImage.Format.Format_Grayscale8
    data = np.ascontiguousarray(picture).tobytes()
    return QPixmap.fromImage(QImage(data, columns, rows, columns * (3 if color else 1), form).copy())
