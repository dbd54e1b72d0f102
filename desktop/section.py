"""One step of the walk in a task panel: its parameters, its button, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop import theme
from desktop.actions import Actions
from desktop.commands import BY_ID
from desktop.desk import Desk
from desktop.form import Form


class CommandButton(QPushButton):
    """A push button that is a command: off with its reason, as the table says."""

    def __init__(self, action: QAction, *, primary: bool = False, text: str = "") -> None:
        super().__init__()
        self._action, self._text = action, text
        self.set_primary(primary)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def set_primary(self, primary: bool) -> None:
        """Make it the one button to press, or one among others."""
        name = "primary" if primary else ""
        if self.objectName() != name:
            self.setObjectName(name)
            self.style().unpolish(self)
            self.style().polish(self)

    def _follow(self) -> None:
        self.setText(self._text or self._action.text())
        if not self._action.isEnabled() and self.hasFocus():
            self.window().setFocus()  # else Qt hands the focus to whatever comes next: the menu
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(self._action.toolTip())


class Panel(QScrollArea):
    """A task panel: heading, sections, room at the end. Scrolls where it must.

    It follows the desk only while it is seen.
    """

    def __init__(self, title: str, lead: str = "") -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inside = QWidget()
        self._watched = [self._inside]  # what asks for a layout when something in it grows
        self.column = QVBoxLayout(self._inside)
        self.column.setContentsMargins(theme.px(4), theme.px(3), theme.px(4), theme.px(3))
        self.column.setSpacing(theme.px(2))
        self.heading = theme.named(QLabel(title), "heading")
        self.heading.setWordWrap(True)
        self.column.addWidget(self.heading)
        self.lead = quiet(lead)
        self.lead.setVisible(bool(lead))
        self.column.addWidget(self.lead)
        self.setWidget(self._inside)
        self.foot: QWidget | None = None
        self._late = QTimer(self, singleShot=True, interval=0)
        self._late.timeout.connect(self._refresh_seen)
        self._grown = QTimer(self, singleShot=True, interval=0)
        self._grown.timeout.connect(self._fit)
        self._inside.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give what has grown inside, by a fold or a text, the height that it needs."""
        if watched in self._watched and event.type() == QEvent.Type.LayoutRequest:
            self._grown.start()
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:
        """Be as wide as what is inside: a number cut off on the right would be another number."""
        inside = self._inside.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(max(theme.px(62), inside), theme.px(40))

    def add(self, *widgets: QWidget) -> None:
        """Put widgets under what is there."""
        for widget in widgets:
            self.column.addWidget(widget)

    def pin(self, *widgets: QWidget) -> None:
        """Put widgets below the part that scrolls: the way on is seen whatever stands above it."""
        self.foot = QWidget(self)
        whole = QVBoxLayout(self.foot)
        whole.setContentsMargins(0, 0, 0, 0)
        inside = QWidget()  # as deep as what scrolls: the style sheet looks for it there
        self._watched.append(inside)
        inside.installEventFilter(self)
        whole.addWidget(inside)
        self._pinned = QVBoxLayout(inside)
        self._pinned.setContentsMargins(theme.px(4), theme.px(2), theme.px(4), theme.px(2))
        self._pinned.setSpacing(theme.px(1))
        for widget in widgets:
            self._pinned.addWidget(widget)

    def bring_into_view(self, widget: QWidget) -> None:
        """Scroll so that all of a widget is seen, or its upper part; once all has found its place."""

        def scroll() -> None:
            self._give_height()
            self._inside.adjustSize()
            top = widget.mapTo(self._inside, QPoint(0, 0)).y() - theme.px(8)
            bar, room = self.verticalScrollBar(), self.viewport().height()
            below = top + widget.height() + theme.px(8) + theme.px(2) - room
            bar.setValue(min(max(bar.value(), below), top))

        QTimer.singleShot(0, self, scroll)

    def follow(self, desk: Desk) -> None:
        """Refresh whenever the desk changes while the panel is seen, and when it comes into view."""
        desk.refreshed.connect(self._late.start)
        desk.restyled.connect(self._late.start)
        desk.results.changed.connect(self._late_start)
        self._late.start()

    def refresh(self) -> None:
        """Show what is so now; each panel does it its own way."""

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while nobody looked."""
        self.refresh()
        self.updateGeometry()
        super().showEvent(event)

    def _late_start(self) -> None:
        self._late.start()

    def _refresh_seen(self) -> None:
        if self.isVisible():
            self.refresh()
            self.updateGeometry()
            self._give_height()

    def _give_height(self) -> None:
        """Measure anew what may not have told Qt yet that it changed, and fit to it."""
        if self.foot is not None:
            self._pinned.invalidate()
        self.column.invalidate()
        self._fit()

    def _fit(self) -> None:
        """Make the inside as high as its wrapped texts need: Qt would rather press it together.

        It invalidates no layout: that asks for a layout again, which would come back here without end.
        """
        self._place_foot()
        high = self.column.totalHeightForWidth(self.viewport().width())
        if high != self._inside.minimumHeight():
            self._inside.setMinimumHeight(high)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap the texts anew."""
        super().resizeEvent(event)
        self._give_height()

    def _place_foot(self) -> None:
        if self.foot is None:
            return
        width = self.viewport().width()
        shown = [
            w for w in self.foot.findChildren(QWidget) if w.parent() is not self.foot and not w.isHidden()
        ]
        wraps = self._pinned.hasHeightForWidth()
        high = self._pinned.totalHeightForWidth(width) if wraps else self._pinned.sizeHint().height()
        high = high if shown else 0
        if self.viewportMargins().bottom() != high:
            self.setViewportMargins(0, 0, 0, high)
        self.foot.setVisible(bool(shown))
        self.foot.setGeometry(0, self.height() - high, width, high)

    def end(self) -> None:
        """Leave the rest of the height empty."""
        self.column.addStretch(1)


def quiet(text: str = "") -> QLabel:
    """Return a label for what need not be shouted."""
    label = theme.named(QLabel(text), "quiet")
    label.setWordWrap(True)
    return label


def section_title(text: str) -> QLabel:
    """Return the title of a group in a panel."""
    label = theme.named(QLabel(text), "section")
    label.setIndent(0)
    return label


def empty(layout: QLayout) -> None:
    """Take all widgets out of a layout, and off the screen at once."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()


LONG = 22
"""A value with more letters than this gets a line of its own."""


class Facts(QWidget):
    """Named values in two columns."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[tuple[str, str]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.px(3))
        self._grid.setVerticalSpacing(theme.px(0.5))
        self._grid.setColumnStretch(0, 1)
        self.hide()

    def show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show these in place of those before."""
        if list(facts) == self._shown:
            return
        self._shown = list(facts)
        empty(self._grid)
        for row, (words, value) in enumerate(facts):
            name, text = quiet(words), QLabel(value)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            if len(value) > LONG or not words:
                text.setWordWrap(True)
                text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
                text.setText(f"{words}: {value}" if words else value)
                text.setObjectName("quiet")
                self._grid.addWidget(text, row, 0, 1, 2)
                name.deleteLater()
                continue
            self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(text, row, 1)
        self.setVisible(bool(facts))


class StepSection(QFrame):
    """A step: title, form of its parameters, button, report. Folded once it is done.

    Parameters
    ----------
    steps : sequence of str
        Names of the steps whose parameters the form shows (a chain shows those of all its steps).
    done : callable () -> bool
        Tells whether the step has been done for what is at hand.
    facts : callable () -> sequence of (words, value)
        What came of it.
    folds : mapping
        By step, what the fold of its advanced parameters is called.
    """

    def __init__(
        self,
        desk: Desk,
        actions: Actions,
        *,
        title: str,
        command: str,
        steps: Sequence[str],
        done: Callable[[], bool],
        facts: Callable[[], Sequence[tuple[str, str]]],
        again: str = "",
        folds: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk, self._steps, self._done, self._facts_of = desk, steps, done, facts
        self._command, self._again, self._folds = BY_ID[command], again, folds
        self._unfolded = False
        self.forms: dict[str, Form] = {}
        self.mark = QLabel()
        self.title = QLabel(title)
        font = self.title.font()
        font.setWeight(font.Weight.DemiBold)
        self.title.setFont(font)
        self.open_button = theme.named(QPushButton("Change"), "flat")
        self.open_button.setToolTip("Show the parameters, to do it again with others")
        self.open_button.clicked.connect(self._toggle)
        self.body = QWidget()
        self._form_column = QVBoxLayout(self.body)
        self._form_column.setContentsMargins(0, 0, 0, 0)
        self._form_column.setSpacing(theme.px(2))
        self.button = CommandButton(actions[command], primary=True)
        self.facts = Facts()
        head = QHBoxLayout()
        head.addWidget(self.mark)
        head.addWidget(self.title, 1)
        head.addWidget(self.open_button)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(theme.px(3), theme.px(2), theme.px(3), theme.px(3))
        self.column.setSpacing(theme.px(2))
        self.column.addLayout(head)
        self.column.addWidget(self.facts)
        self.column.addWidget(self.body)
        self._form_column.addWidget(self.button)
        self.reason = quiet()
        self._form_column.addWidget(self.reason)

    def refresh(self, current: bool, brief: bool = False) -> None:
        """Show the state: ``current`` where this is the step to do next, ``brief`` without its facts."""
        self._make_forms()
        for form in self.forms.values():
            form.restyle()
        done = self._done()
        name, role = ("check-circle", "good") if done else ("circle", "accent" if current else "quiet")
        self.mark.setPixmap(theme.icon(name, role).pixmap(theme.icon_size()))
        self.open_button.setVisible(done)
        self.open_button.setText("Fold" if self._unfolded else "Change")
        self.body.setVisible(not done or self._unfolded)
        self.button.set_primary(current)
        self.button._text = self._again if done and self._again else ""
        self.button._follow()
        why = self._command.why_not(self._desk)
        self.reason.setVisible(bool(why))
        self.reason.setText(why)
        self.facts.show_facts(self._facts_of() if done and not brief else ())

    def _toggle(self) -> None:
        self._unfolded = not self._unfolded
        self.body.setVisible(self._unfolded)
        self.open_button.setText("Fold" if self._unfolded else "Change")

    def _make_forms(self) -> None:
        from twin import steps
        from twin.errors import UserError

        if self.forms or not self._desk.loaded_steps:
            return
        for n, name in enumerate(self._steps):
            try:
                declared = steps.find(name).parameters
            except UserError:
                continue
            form = Form(declared, self._desk.params_of(name), more=self._folds.get(name, "Advanced"))
            form.changed.connect(lambda name=name, form=form: self._keep(name, form))
            self.forms[name] = form
            self._form_column.insertWidget(n, form)
        theme.tab_through(self.open_button, *self.forms.values(), self.button)

    def _keep(self, name: str, form: Form) -> None:
        kept: dict[str, Any] = form.values()
        self._desk.params[name] = kept
