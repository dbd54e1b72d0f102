"""The study browser: folders and servers on the left, studies in the middle, the chosen one on the right."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop import places, theme
from desktop.browser import bringing, concealing, held
from desktop.browser.background import Background
from desktop.browser.known import Known
from desktop.browser.preview import Preview
from desktop.browser.search_bar import SearchBar
from desktop.browser.send_form import SendForm
from desktop.browser.server_form import PasswordForm, ServerForm
from desktop.browser.sources_list import SourcesList, Where
from desktop.browser.studies_list import MOST, Listed, StudiesList
from desktop.desk import Desk
from desktop.section import quiet
from twin import patient
from twin.errors import UserError
from twin.sources.catalog import PatientRow, StudyRow

if TYPE_CHECKING:
    from desktop.incoming import Incoming
    from twin.sources.index import Index, Looked
    from twin.sources.pacs import Link, Server

REFILL_MS = 700
"""While a folder is looked into, what was found until then is shown so often."""


class BrowserPage(QWidget):
    """Takes the place of the views until something is imported, or it is closed (Esc).

    Signals
    -------
    left : the views are wanted again
    """

    left = Signal()

    def __init__(self, desk: Desk, incoming: Incoming) -> None:
        super().__init__()
        self.setObjectName("ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._desk, self._incoming = desk, incoming
        self.known = Known()
        self.sources = SourcesList()
        self.search = SearchBar()
        self.studies = StudiesList()
        self.preview = Preview()
        self.look, self.ask = Background(self), Background(self)
        self._index: Index | None = None
        self._found: list[StudyRow] = []
        self._lay_out()
        self._connect()

    # -- making ----------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.close_button = QToolButton()
        self.close_button.setToolTip("Back to the views (Esc)")
        self.close_button.setAccessibleName("Close the study browser")
        self.status = quiet()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(theme.px(30))
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop; what was found stays")
        self.hint = quiet()
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.middle = QStackedWidget()
        self.middle.addWidget(self.studies)
        self.middle.addWidget(self.hint)
        head = QHBoxLayout()
        head.addWidget(theme.named(QLabel("Studies"), "heading"), 1)
        head.addWidget(self.close_button)
        foot = QHBoxLayout()
        foot.addWidget(self.bar)
        foot.addWidget(self.stop)
        foot.addWidget(self.status, 1)
        center = QWidget()
        column = QVBoxLayout(center)
        column.setContentsMargins(theme.px(3), theme.px(2), theme.px(2), theme.px(2))
        column.setSpacing(theme.px(2))
        column.addLayout(head)
        column.addWidget(self.search)
        column.addWidget(self.middle, 1)
        column.addLayout(foot)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        right = theme.named(QWidget(), "right")
        right.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        inside = QVBoxLayout(right)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.preview)
        split.addWidget(self.sources)
        split.addWidget(center)
        split.addWidget(right)
        split.setStretchFactor(1, 1)
        split.setSizes([theme.px(48), theme.px(190), theme.px(76)])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(split)
        theme.tab_through(self.sources, self.search, self.studies, self.preview)

    def _connect(self) -> None:
        self.sources.chosen.connect(self._on_where)
        self.sources.looked.connect(self._look_again)
        self.sources.removed.connect(self._remove)
        self.sources.edited.connect(lambda where: self.edit_server(where.server))
        self.sources.wants_folder.connect(self._ask_folder)
        self.sources.wants_server.connect(lambda: self.edit_server(None))
        self.search.changed.connect(self._search)
        self.studies.unfolded.connect(self._unfold)
        self.studies.itemSelectionChanged.connect(self._on_select)
        self.studies.itemActivated.connect(self._on_activate)
        self.preview.wanted.connect(self.take)
        self.preview.sends_to.connect(self.send)
        self.stop.clicked.connect(self._on_stop)
        self.close_button.clicked.connect(self.left)
        self.known.changed.connect(self.refill)
        for background in (self.look, self.ask):
            background.changed.connect(self._say)
            background.failed.connect(self._on_fault)
        self._late = QTimer(self, singleShot=True, interval=REFILL_MS)
        self._late.timeout.connect(self._search_folder)
        self._desk.queue.committed.connect(self._on_commit)
        self._desk.restyled.connect(self.restyle)

    def restyle(self) -> None:
        """Take the icons of the theme."""
        self.close_button.setIcon(theme.icon("x", "quiet"))
        self.refill()

    def showEvent(self, event: QShowEvent) -> None:
        """Show what is known now."""
        super().showEvent(event)
        self._open_index()
        self.studies.held, self._found = held.known(self._desk), []
        self.restyle()
        self._search_folder()
        self.search.words.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back to the views; Enter asks a server, in its row and in any field of the search."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.where.server:
            if self.sources.list.hasFocus() or self.search.in_a_choice():
                self._search()
        else:
            super().keyPressEvent(event)

    def close_jobs(self) -> None:
        """End what runs and let go of the index: the window closes."""
        self.look.close()
        self.ask.close()
        if self._index is not None:
            self._index.close()
            self._index = None

    # -- where one looks -------------------------------------------------------------------------

    @property
    def where(self) -> Where:
        """The place that is chosen."""
        return self.sources.current() or Where()

    def refill(self) -> None:
        """List the folders and servers there are."""
        with self._guarded():
            servers = self.known.servers()
            folders = self._index.roots() if self._index else []
            self.preview.show_servers(servers)
            self.sources.fill(folders, servers)
            self._say()

    def add_folder(self, folder: Path) -> None:
        """Look into a folder, and show what is found while it is found."""
        from twin.jobs import Job
        from twin.sources.index import look_into

        folder = folder.absolute()
        with self._guarded():
            if self._index is not None:
                self._index.add_root(folder)
        self.refill()
        self.sources.choose(Where(folder))
        job = Job(look_into, places.index_path(), folder, title=f"Looking into {folder.name}")
        self.look.start(job, self._on_looked)

    def edit_server(self, server: Server | None) -> None:
        """Show the form of a server, or of a new one."""
        form = ServerForm(server)
        form.saved.connect(self._save_server)
        form.tried.connect(lambda tried: self._try_server(form, tried))
        form.left.connect(self._leave_form)
        self.preview.show_form(form)

    def _leave_form(self) -> None:
        self.search.words.setFocus()  # else Qt hands the focus to whatever comes next: the menu
        self.preview.show_form(None)

    def _open_index(self) -> None:
        if self._index is None:
            from twin.sources.index import Index

            with self._guarded():
                self._index = Index(places.index_path())

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Look into a folder")
        if name:
            self.add_folder(Path(name))

    def _look_again(self, where: Where) -> None:
        if where.folder is not None:
            self.add_folder(where.folder)
        elif where.server is not None:
            self._search()

    def _remove(self, where: Where) -> None:
        with self._guarded():
            if where.server is not None:
                self.known.remove(where.server)
            elif where.folder is not None and self._index is not None:
                self.look.close()
                self._index.forget(where.folder)
                if concealing.let_go(self._index):
                    self._desk.start("Read again what was locked", concealing.read_again())
                self.refill()

    def _on_looked(self, looked: Looked) -> None:
        self._late.stop()
        self._found = []  # the small pictures come last: what is unfolded is shown anew
        self._search_folder()
        self.status.setText(f"{looked.files:,} files looked at in {looked.seconds:.1f} s.")
        if looked.unreadable:
            more = f"{len(looked.unreadable)} in all." if len(looked.unreadable) > 1 else ""
            self._desk.said.emit(looked.unreadable[0], more)

    def _on_where(self, where: Where | None) -> None:
        self.ask.close()
        self.search.fit(server=where is not None and where.server is not None)
        self._show([])
        if where is None or where.server is None:
            self._search_folder()

    # -- searching -------------------------------------------------------------------------------

    def _search(self) -> None:
        server = self.where.server
        if server is None:
            self._search_folder()
            return
        link = self._link(server, self._search)
        if link is not None:
            from twin.jobs import Job
            from twin.sources import pacs

            job = Job(pacs.find_studies, link, self.search.query(), title=f"Searching {server.name}")
            self.ask.start(job, self._on_answer)
            self._show([])

    def _search_folder(self) -> None:
        where = self.where
        if self._index is None or where.server is not None:
            return
        with self._guarded():
            modality, first = self.search.modality.currentData(), self.search.first_day()
            found = self._index.studies(self.search.words.text(), modality, where.folder)
            self._show([s for s in found if s.date >= first])

    def _on_answer(self, found: list[StudyRow]) -> None:
        self._show(found)
        if not found:
            self.hint.setText("Nothing there matches.")

    def _show(self, found: list[StudyRow]) -> None:
        if found != self._found:
            self._found = found
            self.studies.show_studies(found, unfold=True)
        self.middle.setCurrentWidget(self.studies if found else self.hint)
        self.hint.setText(self._why_empty())
        self._say()

    def _why_empty(self) -> str:
        where = self.where
        if where.server is not None:
            return "Searching …" if self.ask.busy else "Press Enter to search."
        if self.look.busy:
            return "Looking …"
        if self._index is None or not self._index.roots():
            return "Add a folder to see its studies, or a server to search."
        return "Nothing here matches."

    def _unfold(self, study: StudyRow) -> None:
        if self.where.server is None:
            self.studies.set_series(study, self._series_in_index(study))
        elif not self.studies.series_of(study):
            link = self._link(self.where.server, lambda: self._unfold(study))
            if link is not None:
                from twin.jobs import Job
                from twin.sources import pacs

                job = Job(pacs.find_series, link, study, title="Asking for the series")
                self.ask.start(job, lambda rows: self.studies.set_series(study, [Listed(r) for r in rows]))

    def _series_in_index(self, study: StudyRow) -> list[Listed]:
        if self._index is None:
            return []
        return [Listed(s.row, s.id, self._index.thumbnail(s.id)) for s in self._index.series(study)]

    # -- doing -----------------------------------------------------------------------------------

    def take(self) -> None:
        """Import what is chosen; from a server, fetch it first."""
        chosen, server = self.studies.chosen(), self.where.server
        if not chosen:
            return
        if server is None:
            paths = self._paths(chosen)
            self.left.emit()
            self._desk.guard(lambda: self._incoming.open(paths))
            return
        link = self._link(server, self.take)
        if link is not None:
            series = [c.row for c in chosen if isinstance(c, Listed)]
            studies = [s for c in chosen if not isinstance(c, Listed) for s in self._studies_of(c)]
            title = f"Fetch from {server.name}"
            self._desk.start(
                title, bringing.fetch(self._incoming, link, series, studies, self._incoming.came_from)
            )

    def send(self, server: Server) -> None:
        """Send what is chosen to a server."""
        link = self._link(server, lambda: self.send(server))
        if link is not None:
            paths = self._paths(self.studies.chosen(), whole_folders=False)
            self._desk.start(f"Send to {server.name}", bringing.send(self._desk, link, paths))

    def offer_sending(self) -> None:
        """Ask to which server what is selected in the record is to go."""
        item = self._desk.session.item(self._desk.session.selection)
        if item is None:
            return
        form = SendForm(item.name, self.known.servers())
        form.chosen.connect(self._send_selected)
        form.left.connect(self._leave_form)
        self.preview.show_form(form)

    def _send_selected(self, server: Server) -> None:
        link = self._link(server, lambda: self._send_selected(server))
        if link is not None:
            self._leave_form()
            self.left.emit()
            self._desk.start(f"Send to {server.name}", bringing.send_selected(self._desk, link))

    def _studies_of(self, chosen: PatientRow | StudyRow) -> list[StudyRow]:
        return self.studies.studies_of(chosen) if isinstance(chosen, PatientRow) else [chosen]

    def _paths(self, chosen: Sequence[Any], *, whole_folders: bool = True) -> list[Path]:
        """Return the files of what is chosen; a folder where a series has it to itself."""
        index = self._index
        if index is None:
            return []
        numbers = [c.id for c in chosen if isinstance(c, Listed)]
        for one in chosen:
            if not isinstance(one, Listed):
                numbers += [s.id for study in self._studies_of(one) for s in index.series(study)]
        found: list[Path] = []
        for number in numbers:
            found += (index.is_alone(number) if whole_folders else []) or index.files(number)
        return found

    def _on_commit(self, _job: Any, entry: Any) -> None:
        paths = [Path(p) for p in entry.params.get("paths", ())] if entry.step.startswith("import.") else []
        bringing.taken_in(self._desk, paths, self._incoming.came_from)
        if paths and self.isVisible():
            self.left.emit()

    # -- servers ---------------------------------------------------------------------------------

    def _link(self, server: Server, again: Any) -> Link | None:
        """Return the way to a server; where its password is wanted, ask, and do ``again`` afterwards."""
        link = self.known.link(server)
        if link is None:
            form = PasswordForm(server)

            def take(server: Server, secret: str, keep: bool) -> None:
                self._leave_form()
                with self._guarded():
                    self.known.give(server, secret, keep=keep)
                again()

            form.given.connect(take)
            form.left.connect(self._leave_form)
            self.preview.show_form(form)
            form.line.setFocus()
        return link

    def _save_server(self, server: Server, before: str) -> None:
        with self._guarded():
            if server.name != before and any(s.name == server.name for s in self.known.servers()):
                raise UserError(f"There is a server “{server.name}” already.", "Choose another name.")
            self.known.enter(server, before)
            self._leave_form()
            self.sources.choose(Where(server=server))

    def _try_server(self, form: ServerForm, server: Server) -> None:
        from twin.jobs import Job
        from twin.sources import pacs

        link = self.known.link(server) or pacs.Link(server)
        form.say("Asking …")
        self.ask.start(
            Job(pacs.echo, link, title=f"Asking {server.name}"), lambda _t: form.say("It answers.")
        )

    # -- what is said ----------------------------------------------------------------------------

    def _on_select(self) -> None:
        chosen = self.studies.chosen()
        if isinstance(self.preview.form, PasswordForm):
            self.preview.show_form(None)
        where = "server" if self.where.server is not None else "folder"
        self.preview.show_chosen(chosen, where, self._why_not(chosen))

    def _why_not(self, chosen: Sequence[Any]) -> str:
        patients = {
            c if isinstance(c, PatientRow) else (c.row.study.patient if isinstance(c, Listed) else c.patient)
            for c in chosen
        }
        if any(patient.contradict(a.identity, b.identity) for a, b in combinations(patients, 2)):
            return "These are of several patients: a record holds one."
        return ""

    def _on_activate(self) -> None:
        if any(isinstance(c, Listed) for c in self.studies.chosen()) and self.preview.take.isEnabled():
            self.take()

    def _on_stop(self) -> None:
        self.look.cancel()
        self.ask.cancel()

    def _on_fault(self, error: UserError, details: str) -> None:
        form = self.preview.form
        self.hint.setText(self._why_empty())
        if isinstance(form, ServerForm):
            form.say(str(error))
            return
        if self.where.server is not None and "does not accept the login" in error.message:
            self.known.forget(self.where.server)
        self._desk.failed.emit(error, details)

    def _say(self, text: str = "") -> None:
        """Say what runs; else how much is shown."""
        running = next((b for b in (self.ask, self.look) if b.busy), None)
        for widget in (self.bar, self.stop):
            widget.setVisible(running is not None)
        if running is not None:
            self.status.setText(running.text)
            self.bar.setValue(round(1000 * running.fraction))
            if running is self.look and not self._late.isActive():
                self._late.start()
            return
        shown = f"The first {MOST:,} of {len(self._found):,} studies: narrow the search."
        plain = f"{len(self._found):,} studies" if len(self._found) != 1 else "1 study"
        self.status.setText(text or (shown if len(self._found) > MOST else plain if self._found else ""))

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Send what a user can understand of a failure to the error bar."""
        try:
            yield
        except UserError as error:
            self._desk.failed.emit(error, "")
