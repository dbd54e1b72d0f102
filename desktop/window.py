"""The main window: top bar, tree, views, task panel, strip. ``run`` opens it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QMimeData, QSize, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop import faults, theme  # faults first: it guards the classes that follow
from desktop.actions import Actions
from desktop.asking import Asking
from desktop.commands import COMMANDS
from desktop.desk import Desk
from desktop.empty import EmptyState
from desktop.errors import ErrorBar
from desktop.garbage import Garbage
from desktop.incoming import Incoming
from desktop.palette import Palette
from desktop.settings import Settings
from desktop.strip import Strip
from desktop.topbar import TopBar
from desktop.tree import TwinTree
from twin.errors import UserError

if TYPE_CHECKING:
    from desktop.browser.page import BrowserPage

FRAME_PX, TITLE_PX = 4, 40
"""What a window manager's frame takes of the screen, at the most."""

_SEEN = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
_UNSEEN = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
"""A page that is not seen asks for no room: a stack would else be as wide as its widest page."""

READY_AFTER_MS = 200
"""After the first frame; what the first record will need is then loaded ahead."""


class MainWindow(QMainWindow):
    """Everything that is seen; what it does is done by commands at the desk."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.first_frame: float | None = None
        self._closed = False
        self.browser: BrowserPage | None = None
        self._widths: list[int] = []
        self._ready = QTimer(self, singleShot=True, interval=READY_AFTER_MS)
        self._ready.timeout.connect(self._get_ready)
        self.setWindowTitle("Vitruvian")
        self.setAcceptDrops(True)
        self.resize(_first_size(self))
        self.setMinimumSize(900, 560)
        desk.restyled.connect(self.restyle)  # before all others, which then take the new colors
        self.actions_ = Actions(desk, self)
        self.actions_.bind(self)
        self.top = TopBar(desk, self.actions_)
        self.middle = theme.named(QWidget(), "ground")
        self.errors = ErrorBar(self.middle)
        self.tree = TwinTree(desk, self.actions_)
        self.empty = EmptyState(desk, self.actions_)
        self.strip = Strip(desk)
        self.views = QStackedWidget()
        self.views.addWidget(self.empty)
        self.tasks = theme.named(QStackedWidget(), "right")
        self.incoming = Incoming(desk)
        self.asking = Asking(self)
        self._lay_out()
        self.palette_ = Palette(desk, COMMANDS, self)
        self.garbage = Garbage(self, lambda: desk.queue.busy)
        desk.settled.connect(self.garbage.spare)
        self._connect()
        self._restore()
        self._on_opened()
        self.setFocus()

    # -- making ----------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        column = QVBoxLayout(self.middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.views)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        for widget in (self.tree, self.middle, self.tasks):
            self.splitter.addWidget(widget)
        self.splitter.setStretchFactor(1, 1)
        self.tree.setMinimumWidth(theme.px(38))
        left, right = theme.px(62), theme.px(76)
        self.splitter.setSizes([left, self.width() - left - right, right])
        whole = theme.named(QWidget(), "ground")
        outer = QVBoxLayout(whole)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.top)
        outer.addWidget(self.splitter, 1)
        outer.addWidget(self.strip)
        self.setCentralWidget(whole)

    def _connect(self) -> None:
        desk = self.desk
        desk.failed.connect(self.errors.show_error)
        desk.offered.connect(self.errors.show_offer)
        desk.said.connect(self.errors.show_notice)
        desk.ready.connect(self.errors.show_ready)
        desk.began.connect(self.errors.put_away_error)
        desk.asked.connect(self.asking.answer)
        desk.dropped.connect(self.open_paths)
        desk.session.closing.connect(self.errors.forget)
        desk.session.opened.connect(self._on_opened)
        desk.session.moved.connect(self._on_moved)
        self.incoming.chosen_from.connect(self._show_chooser)

    def _restore(self) -> None:
        layout = self.desk.settings.layout
        if "geometry" in layout:
            self.restoreGeometry(QByteArray.fromBase64(layout["geometry"].encode()))
        if "splitter" in layout:
            self.splitter.restoreState(QByteArray.fromBase64(layout["splitter"].encode()))

    def _keep_layout(self) -> None:
        self.desk.settings.layout |= {
            "geometry": self.saveGeometry().toBase64().toStdString(),
            "splitter": self.splitter.saveState().toBase64().toStdString(),
        }
        self.desk.settings.save()

    # -- what is shown ---------------------------------------------------------------------------

    def restyle(self) -> None:
        """Take the theme and the font size of the settings."""
        app = QApplication.instance()
        settings = self.desk.settings
        if isinstance(app, QApplication):
            theme.apply(app, theme.THEMES.get(settings.theme, theme.DARK), settings.font_px)
        self.tree.setMinimumWidth(theme.px(38))

    def open_paths(self, paths: Sequence[str | Path]) -> None:
        """Open what was dropped, chosen or named: a record, or images to import."""
        self.errors.put_away()
        self.desk.guard(lambda: self.incoming.open(paths))

    def browse(self, *, again: bool = False) -> None:
        """Show the study browser in the place of the views, or close it unless it is wanted ``again``."""
        if self.browser is None:
            from desktop.browser.page import BrowserPage

            self.browser = BrowserPage(self.desk, self.incoming)
            self.browser.left.connect(self._on_opened)
            self.views.addWidget(self.browser)
        if self.views.currentWidget() is self.browser and not again:
            self._on_opened()
            return
        if self.views.currentWidget() is not self.browser:
            self._widths = self.splitter.sizes()
        self.browser.setSizePolicy(_SEEN)
        self.tree.hide()
        self.tasks.hide()
        self.views.setCurrentWidget(self.browser)

    def _on_opened(self) -> None:
        record = self.desk.session.record
        self.tree.setVisible(record is not None)
        self.tasks.setVisible(record is not None)
        if self.browser is not None:
            self.browser.setSizePolicy(_UNSEEN)
        if record is None:
            self.empty.refresh()
            self.views.setCurrentWidget(self.empty)
            self.setWindowTitle("Vitruvian")
            return
        only = "" if record.writable else " (reading only)"
        self.setWindowTitle(f"{Path(record.path).name}{only} – Vitruvian")
        self._make_stage()
        stage = self.desk.stage
        if stage is not None:
            self.views.setCurrentWidget(stage)
            if self.focusWidget() in (None, self):
                stage.links.focused.setFocus()  # keys work from the first moment
        if self._widths and all(self._widths):
            self.splitter.setSizes(self._widths)  # the browser took the room of those beside it
        self._widths = []
        self._on_moved(self.desk.session.workspace)

    def _make_stage(self) -> None:
        if self.desk.stage is not None:
            return
        from desktop.stage import Stage

        stage = Stage(self.desk)
        stage.cursor_moved.connect(self.strip.show_cursor)
        self.actions_.bind_views(stage, self.tree, self.tasks)
        self.views.addWidget(stage)
        self.desk.stage = stage
        self._make_tasks()
        self.desk.refreshed.emit()

    def _make_tasks(self) -> None:
        from desktop.workspaces.anatomy import AnatomyPanel
        from desktop.workspaces.images import ImagesPanel
        from desktop.workspaces.report import ReportPanel
        from desktop.workspaces.simulate import SimulatePanel

        self.panels = {
            "images": ImagesPanel(self.desk, self.actions_),
            "anatomy": AnatomyPanel(self.desk, self.actions_),
            "simulate": SimulatePanel(self.desk, self.actions_),
            "report": ReportPanel(self.desk, self.actions_),
        }
        for panel in self.panels.values():
            self.tasks.addWidget(panel)

    def _on_moved(self, workspace: str) -> None:
        if self.browser is not None and self.views.currentWidget() is self.browser:
            self._on_opened()
        if self.desk.stage is not None:
            self.tasks.setCurrentWidget(self.panels[workspace])

    def _show_chooser(self, chooser: QWidget) -> None:
        self.views.addWidget(chooser)
        before = self.views.currentWidget()
        self.views.setCurrentWidget(chooser)

        def back() -> None:
            self.setFocus()
            self.views.removeWidget(chooser)
            self.views.setCurrentWidget(before or self.empty)
            chooser.deleteLater()

        chooser.left.connect(back)  # type: ignore[attr-defined]

    # -- hands -----------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if _files(event.mimeData()):
            event.acceptProposedAction()
            self.empty.light(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Forget what hung over the window."""
        self.empty.light(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.empty.light(False)
        paths = _files(event.mimeData())
        event.acceptProposedAction()
        QTimer.singleShot(0, lambda: self.open_paths(paths))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Put the tool away by Escape, wherever the focus is and nothing else wants the key."""
        if event.key() == Qt.Key.Key_Escape and self.desk.stage is not None:
            stage = self.desk.stage
            (stage.pulling if stage.pulling.on else stage.measuring).let_go()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the palette in the middle."""
        super().resizeEvent(event)
        if self.palette_.isVisible():
            self.palette_.open()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Note when the first frame was drawn; what may wait until then begins now."""
        super().paintEvent(event)
        if self.first_frame is None:
            self.first_frame = time.perf_counter()
            QTimer.singleShot(0, self.desk.load_steps)
            self._ready.start()

    def _get_ready(self) -> None:
        """Load ahead what the first record will need; a window that is gone by then needs nothing."""
        if not self._closed:
            self._make_stage()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask where a running job would be lost; leave nothing running."""
        if not self.desk.may_leave():
            event.ignore()
            return
        self._keep_layout()
        self.desk.queue.close()
        if self.browser is not None:
            self.browser.close_jobs()
        if self.desk.stage is not None:
            self.desk.stage.close_scene()
        try:
            self.desk.session.close()
        except UserError as error:
            self.errors.show_error(error)
            event.ignore()
            return
        self._closed = True
        self.desk.reader.close()
        self.garbage.stop()
        event.accept()


def _first_size(window: QWidget) -> QSize:
    """Return 1280×800, or what the screen leaves beside a frame: the notice must not lie below its edge."""
    room = window.screen().availableSize() - QSize(FRAME_PX, TITLE_PX)
    return QSize(1280, 800).boundedTo(room)


def _files(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def make_window(settings: Settings) -> MainWindow:
    """Return the window, dressed but not shown; there must be a ``QApplication``."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, theme.THEMES.get(settings.theme, theme.DARK), settings.font_px)
    return MainWindow(Desk(settings))


def run(files: Sequence[str] = ()) -> int:
    """Open the window on what is named, and return the exit status."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Vitruvian")
    app.setDesktopFileName("vitruvian")
    window = make_window(Settings.read())
    faults.report_faults(window.errors)
    listen_to_other_threads()
    window.show()
    if files:
        QTimer.singleShot(0, lambda: window.open_paths(files))
    QTimer.singleShot(3000, _sweep)
    return app.exec()


def listen_to_other_threads() -> None:
    """Deliver what the record tells from the commit thread in this one."""
    from psygnal.qt import start_emitting_from_queue

    start_emitting_from_queue(msec=30)


def _sweep() -> None:
    from twin.jobs import sweep

    sweep()
