"""What failed, in words, low over the views; with what to try, and the details folded away."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop import theme
from twin.errors import UserError

NOTICE_MS = 6_000

_CORNER_TEXTS = 24
"""Room below it for what views write into their lower corners, in units of the theme."""


class ErrorBar(QFrame):
    """Shows one message at a time; hidden where there is none. Never a modal box.

    An error gives way to nothing but another one: notices wait until it is put away. What is ready to be
    looked at gives way to all, and comes back.

    It lies over its parent, so that nothing moves from under a hand when it comes and goes; and above the
    lower corners of the views: whose images these are stands in the upper ones.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        parent.installEventFilter(self)
        self.setObjectName("errorbar")
        self._mark = QLabel()
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hint = theme.named(QLabel(), "quiet")
        self.hint.setWordWrap(True)
        self._more = QToolButton()
        self._more.setText("Details")
        self._more.setToolTip("Show what the program says about it")
        self._more.setCheckable(True)
        self._act: Callable[[], None] | None = None
        self.action = QPushButton()
        self.action.clicked.connect(self._on_action)
        self._close = QToolButton()
        self._close.setToolTip("Put this message away")
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setMaximumHeight(theme.px(40))
        self._lay_out()
        self._leave = QTimer(self)
        self._leave.setSingleShot(True)
        self._leave.setInterval(NOTICE_MS)
        self._leave.timeout.connect(self.put_away)
        self._waiting: list[Callable[[], None]] = []
        """What shows the messages that have yet to be seen."""
        self._again: Callable[[], None] | None = None
        """What shows the message that is seen again, where it must not be lost to another."""
        self._more.toggled.connect(self._unfold)
        self._close.clicked.connect(self.put_away)
        self.hide()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(theme.px(0.5))
        words.addWidget(self.message)
        words.addWidget(self.hint)
        row = QHBoxLayout()
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self.action, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._more, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(3), theme.px(2), theme.px(2), theme.px(2))
        column.addLayout(row)
        column.addWidget(self.details)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the parent's width."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        """Lie over the lower middle of the parent, as high as the words ask for."""
        parent, layout = self.parentWidget(), self.layout()
        assert parent is not None
        assert layout is not None
        width = min(parent.width() - theme.px(8), theme.px(200))
        layout.activate()
        high = layout.heightForWidth(width) if layout.hasHeightForWidth() else layout.sizeHint().height()
        top = max(parent.height() - theme.px(_CORNER_TEXTS) - high, 0)
        self.setGeometry((parent.width() - width) // 2, top, width, min(high, parent.height()))
        self.raise_()

    def put_away(self) -> None:
        """Hide what is shown; what waited for that comes."""
        self._again = None
        self._leave.stop()
        self.hide()
        if self._waiting:
            self._waiting.pop(0)()

    def forget(self) -> None:
        """Let go of what waits or is ready: it is of a record that is no longer open."""
        self._waiting.clear()
        if self._again is not None:
            self.put_away()

    def show_error(self, error: UserError, details: str = "") -> None:
        """Show an error; ``details`` (a traceback) unfold on request."""
        self._give_way()
        self._leave.stop()
        self._say("errorbar", "warning-circle", "bad", error.message, error.hint, details)

    def put_away_error(self) -> None:
        """Hide an error of before: the user has gone on. A notice stays its time."""
        if self._is_error:
            self.put_away()

    @property
    def _is_error(self) -> bool:
        return self.isVisible() and self.objectName() == "errorbar"

    def _give_way(self) -> None:
        """Keep what is shown for later, where it must not be lost."""
        if self._again is not None:
            self._waiting.insert(0, self._again)
            self._again = None

    def show_offer(self, error: UserError, label: str, act: Callable[[], None]) -> None:
        """Show an error with a button that does what can be done instead."""
        self.show_error(error)
        self._offer(label, act)

    def _offer(self, label: str, act: Callable[[], None]) -> None:
        self._act = act
        self.action.setText(label)
        self.action.show()
        self._place()

    def _unfold(self, on: bool) -> None:
        self.details.setVisible(on)
        if self.isVisible():
            self._place()

    def _on_action(self) -> None:
        act = self._act
        self.put_away()
        if act is not None:
            act()

    def show_notice(self, message: str, hint: str = "") -> None:
        """Show something worth knowing that is no error; it leaves by itself, and never covers an error."""
        if self._is_error:
            self._waiting.append(lambda: self.show_notice(message, hint))
            return
        self._give_way()
        self._say("noticebar", "info", "accent", message, hint, "")
        self._leave.start()

    def show_ready(self, message: str, label: str, act: Callable[[], None]) -> None:
        """Show that something is there, with a button that shows it; it stays until it is put away."""

        def show() -> None:
            self.show_ready(message, label, act)

        if self.isVisible() and (self._is_error or self._again is not None):
            self._waiting.append(show)
            return
        self.show_notice(message)
        self._leave.stop()
        self._offer(label, act)
        self._again = show

    def _say(self, name: str, mark: str, role: str, message: str, hint: str, details: str) -> None:
        self.setObjectName(name)
        self.style().unpolish(self)
        self.style().polish(self)
        self._mark.setPixmap(theme.icon(mark, role).pixmap(theme.icon_size()))
        self._close.setIcon(theme.icon("x", "quiet"))
        self.message.setText(message)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self._act = None
        self.action.hide()
        self._more.setChecked(False)
        self._more.setVisible(bool(details))
        self.details.setPlainText(details)
        self.details.hide()
        self._place()
        self.show()
