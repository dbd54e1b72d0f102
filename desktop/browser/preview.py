"""What is chosen, in a picture and in words, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QMenu, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop import theme
from desktop.browser.studies_list import Listed, patient_name, pixmap_of
from desktop.section import Facts, quiet
from twin.sources.catalog import PatientRow, StudyRow
from twin.sources.pacs import Server

Chosen = PatientRow | StudyRow | Listed
_SEX = {"M": "male", "F": "female", "O": "other"}


class Preview(QScrollArea):
    """The right side of the browser; a form takes its place while a server is entered.

    Signals
    -------
    wanted : the chosen is to be imported, or fetched
    sends_to : Server
    """

    wanted = Signal()
    sends_to = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(theme.px(68))
        self.title = theme.named(QLabel(), "heading")
        self.title.setWordWrap(True)
        self.picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.facts = Facts()
        self.take = theme.named(QPushButton(), "primary")
        self.send = QPushButton("Send to …")
        self.menu = QMenu(self.send)
        self.send.setMenu(self.menu)
        self.why = quiet()
        self.hint = quiet("What is chosen is shown here. A double click on a series imports it.")
        self._plain = QWidget()
        column = QVBoxLayout(self._plain)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(2))
        for widget in (self.hint, self.title, self.picture, self.facts, self.take, self.send, self.why):
            column.addWidget(widget)
        column.addStretch(1)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(theme.px(4), theme.px(3), theme.px(4), theme.px(3))
        self._column.addWidget(self._plain)
        self.setWidget(inside)
        self.form: QWidget | None = None
        self.take.clicked.connect(self.wanted)
        self.menu.triggered.connect(lambda action: self.sends_to.emit(action.data()))
        self.show_chosen((), "folder", "")

    def show_form(self, form: QWidget | None) -> None:
        """Show a form in the place of the chosen; None takes it away."""
        if self.form is not None:
            self._column.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
        self.form = form
        self._plain.setVisible(form is None)
        if form is not None:
            self._column.addWidget(form)
            form.show()

    def show_chosen(self, chosen: Sequence[Chosen], where: str, why: str) -> None:
        """Show what is chosen; ``why`` says why it cannot be taken, from a ``folder`` or ``server``."""
        one = chosen[0] if len(chosen) == 1 else None
        self.title.setText(_title(chosen) if chosen else "")
        self.title.setVisible(bool(chosen))
        self.hint.setVisible(not chosen)
        picture = one.picture if isinstance(one, Listed) else None
        self.picture.setVisible(picture is not None)
        if picture is not None:
            side = theme.px(48)
            mode = Qt.TransformationMode.SmoothTransformation
            keep = Qt.AspectRatioMode.KeepAspectRatio
            self.picture.setPixmap(pixmap_of(picture).scaled(side, side, keep, mode))
        self.facts.show_facts(_facts(one) if one is not None else ())
        for widget in (self.take, self.send):
            widget.setVisible(bool(chosen))
        self.send.setVisible(bool(chosen) and where == "folder")
        self.take.setText("Import" if where == "folder" else "Fetch and import")
        self.take.setToolTip(
            "Bring it into the open record where it is of the same patient, else into a new one"
        )
        self.take.setEnabled(not why)
        self.why.setText(why)
        self.why.setVisible(bool(why))

    def show_servers(self, servers: Sequence[Server]) -> None:
        """Offer these to send to."""
        self.menu.clear()
        for server in servers:
            self.menu.addAction(server.name).setData(server)
        self.send.setEnabled(bool(servers))
        self.send.setToolTip("Send the DICOM files as they are" if servers else "Add a server first.")


def _title(chosen: Sequence[Chosen]) -> str:
    if len(chosen) > 1:
        return f"{len(chosen)} chosen"
    one = chosen[0]
    if isinstance(one, PatientRow):
        return patient_name(one)
    if isinstance(one, StudyRow):
        return one.description or "Study"
    return one.row.description or one.row.label


def _facts(one: Chosen) -> list[tuple[str, str]]:
    if isinstance(one, PatientRow):
        patient, facts = one, []
    elif isinstance(one, StudyRow):
        patient = one.patient
        series = "" if one.series is None else str(one.series)
        images = "" if one.images is None else f"{one.images:,}"
        facts = [("Study date", one.date), ("Modality", " ".join(one.modalities)), ("Series", series),
                 ("Images", images), ("Accession", one.accession)]  # fmt: skip
    else:
        row, patient = one.row, one.row.study.patient
        number = "" if row.number is None else str(row.number)
        images = "" if row.images is None else f"{row.images:,}"
        facts = [
            ("Series", number), ("Modality", row.modality), ("Images", images), ("Body part", row.body_part),
            ("Study", row.study.description), ("Study date", row.study.date),
        ]  # fmt: skip
    who = [("Patient", patient_name(patient)), ("ID", patient.patient_id), ("Born", patient.birth_date),
           ("Sex", _SEX.get(patient.sex, ""))]  # fmt: skip
    return [(words, value) for words, value in [*facts, *who] if value]
