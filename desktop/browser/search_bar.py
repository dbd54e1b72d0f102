"""What is searched for: words, when, and what made the images."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from desktop import theme
from desktop.fields import ComboBox
from twin.sources.catalog import Query

TYPING_MS = 150
_FIELDS = {"Name": "patient_name", "ID": "patient_id", "Accession": "accession", "Description": "description"}
_DAYS = {"Any time": None, "Today": 0, "Last 7 days": 7, "Last 30 days": 30, "Last year": 365}
MODALITIES = ("CT", "MR", "PT", "US", "CR", "DX", "XA", "MG", "NM", "SEG", "RTSTRUCT", "SR")


class SearchBar(QWidget):
    """A folder is searched while one types, a server when Enter or the button says so.

    Signals
    -------
    changed : it is to be searched
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.field = ComboBox()
        self.field.addItems(list(_FIELDS))
        self.field.setMaximumWidth(theme.px(28))
        self.field.setAccessibleName("Search in")
        self.words = QLineEdit()
        self.words.setClearButtonEnabled(True)
        self.words.setMinimumWidth(theme.px(20))
        self.words.setAccessibleName("Search")
        self.when = ComboBox()
        for text, days in _DAYS.items():
            self.when.addItem(text, days)
        self.when.setMaximumWidth(theme.px(30))
        self.when.setAccessibleName("Study date")
        self.modality = ComboBox()
        self.modality.addItem("Modality", "")
        for name in MODALITIES:
            self.modality.addItem(name, name)
        self.modality.setMaximumWidth(theme.px(32))
        self.modality.setAccessibleName("Modality")
        self.modality.setToolTip("Only studies with images of this kind")
        self.button = QPushButton("Search")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(1))
        for widget in (self.field, self.words, self.when, self.modality, self.button):
            row.addWidget(widget, 1 if widget is self.words else 0)
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self.changed)
        self.words.textChanged.connect(self._on_type)
        self.words.returnPressed.connect(self._now)
        self.button.clicked.connect(self._now)
        for box in (self.when, self.modality):
            box.currentIndexChanged.connect(lambda _i: self._on_type())
        self.fit(server=False)

    def fit(self, *, server: bool) -> None:
        """Take the ways of a folder or of a server."""
        self._server = server
        self.field.setVisible(server)
        self.button.setVisible(server)
        self.words.setPlaceholderText("Its beginning" if server else "Any words: name, ID, study, series")
        self.words.setToolTip("* and ? stand for letters" if server else "")

    def in_a_choice(self) -> bool:
        """Tell whether a field has the focus that does not ask by itself when Enter is pressed."""
        focus = self.focusWidget()
        return focus is not None and focus.hasFocus() and focus is not self.words

    def query(self) -> Query:
        """Return what a server is asked."""
        first = self.first_day()
        words = {_FIELDS[self.field.currentText()]: self.words.text().strip()}
        return Query(study_date=f"{first}.." if first else "", modality=self.modality.currentData(), **words)

    def first_day(self) -> str:
        """Return the day from which studies are wanted, ISO 8601; empty for all."""
        days = self.when.currentData()
        return "" if days is None else (date.today() - timedelta(days)).isoformat()

    def _on_type(self) -> None:
        if not self._server:
            self._typing.start()

    def _now(self) -> None:
        self._typing.stop()
        self.changed.emit()
