"""Numbers that are never bare: value, interval, place and remark; ⓘ opens where each comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from desktop import popup, theme, words
from desktop.chain import Shown, chain_of
from desktop.section import quiet

if TYPE_CHECKING:
    from desktop.desk import Desk
    from desktop.session import Item


class NumberList(QWidget):
    """Rows of numbers; updated in place while a slider moves."""

    def __init__(self, desk: Desk, *, as_solved: bool = False) -> None:
        super().__init__()
        self._desk, self._as_solved = desk, as_solved
        self.load = quiet()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.px(2))
        self._grid.setVerticalSpacing(theme.px(0.5))
        self._grid.setColumnStretch(0, 1)
        self._grid.addWidget(self.load, 0, 0, 1, 2)
        self._rows: list[tuple[QLabel, QLabel, QLabel, QToolButton]] = []
        self._shown: Sequence[Shown] = ()
        self._state: tuple[object, ...] = ()
        self._chain_of: Callable[[str], tuple[tuple[str, str], ...]] = lambda _name: ()

    def show_result(self) -> None:
        """Show the numbers of the result at hand and of which load they are; struck through where stale."""
        results = self._desk.results
        item = results.item
        if item is None:
            return
        text = results.load_text(as_solved=self._as_solved) or results.beat_text
        self.load.setVisible(bool(text))
        self.load.setText(text[:1].upper() + text[1:])
        self._chain_of = lambda name: results.chain(name, as_solved=self._as_solved)
        self._show(results.numbers(as_solved=self._as_solved), struck=bool(item.stale))

    def show_entity(self, item: Item) -> None:
        """Show the numbers of an entity that bears its own: a motion, a heart; struck through where stale."""
        session = self._desk.session
        entry = session.entry(item.id)
        numbers = {words.sentence(n["name"]): n for n in (entry.numbers if entry else ())}
        self.load.hide()
        self._chain_of = lambda name: chain_of(session, item.id, numbers[name], 1.0)
        self._show([_shown(name, number) for name, number in numbers.items()], struck=bool(item.stale))

    def _show(self, numbers: Sequence[Shown], *, struck: bool) -> None:
        if [n.name for n in numbers] != [n.name for n in self._shown]:
            self._rebuild(numbers)
        state = (list(numbers), struck, theme.current().name)
        if state == self._state:
            return
        self._state = state
        self._shown = numbers
        for (name, value, about, button), shown in zip(self._rows, numbers, strict=True):
            button.setIcon(theme.icon("info", "quiet"))
            name.setText(shown.name)
            size = round(theme.font_px() * 1.25)
            quiet_color = theme.current().quiet
            line = f"<b style='font-size:{size}px'>{shown.text}</b> "
            line += f"<span style='color:{quiet_color}'>({shown.range})</span>"
            value.setText(f"<s>{line}</s>" if struck else line)
            about.setText("stale: make it again" if struck else shown.remark)
            about.setVisible(bool(about.text()))

    def texts(self) -> list[str]:
        """Return what is written, one line a number."""
        return [f"{n.name}: {n.text} ({n.range})" for n in self._shown]

    def _rebuild(self, numbers: Sequence[Shown]) -> None:
        for row in self._rows:
            for widget in row:
                widget.deleteLater()
        self._rows = []
        for n, shown in enumerate(numbers):
            name, value, about = QLabel(), QLabel(), quiet()
            name.setWordWrap(True)
            value.setTextFormat(Qt.TextFormat.RichText)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            button = QToolButton()
            button.setToolTip(f"Where {shown.name} comes from")
            button.setAccessibleName(f"Where {shown.name} comes from")
            button.clicked.connect(lambda _on=False, n=n: self._explain(n))
            about.setObjectName("small")
            top = 4 * n + 1  # under the load
            self._grid.addWidget(name, top, 0)
            self._grid.addWidget(button, top, 1, 2, 1, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, top + 1, 0)
            self._grid.addWidget(about, top + 2, 0, 1, 2)
            self._grid.setRowMinimumHeight(top + 3, theme.px(1.5))
            for widget in (name, button, value):
                widget.show()  # now, not once control returns: the panel measures it before that
            self._rows.append((name, value, about, button))

    def _explain(self, n: int) -> None:
        shown = self._shown[n]
        chain = Chain(shown, self._chain_of(shown.name), self)
        popup.place(chain, self._rows[n][3])
        chain.show()
        self.chain = chain


def _shown(name: str, number: Mapping[str, Any]) -> Shown:
    unit = "" if number["unit"] == "1" else number["unit"]
    return Shown(name, number["value"], unit, number["low"], number["high"], number["remark"])


class Chain(QFrame):
    """Where a number comes from: scan, step, law, interval, largest source of doubt."""

    def __init__(self, shown: Shown, lines: tuple[tuple[str, str], ...], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popover")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.lines = lines
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(theme.px(4), theme.px(3), theme.px(4), theme.px(3))
        title = QLabel(f"{shown.name}: {shown.text} ({shown.range})")
        title.setWordWrap(True)
        column.addWidget(title)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(3))
        for row, (what, text) in enumerate(lines):
            said = QLabel(text)
            said.setWordWrap(True)
            said.setMinimumWidth(theme.px(75))
            grid.addWidget(quiet(what), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(said, row, 1)
        column.addLayout(grid)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(_Whole(inside))


class _Whole(QScrollArea):
    """Shows all that is inside, and scrolls only where the window has no room for it."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self.setObjectName("whole")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)
        self._inside = inside

    def sizeHint(self) -> QSize:
        """Be as large as what is inside."""
        wide = self._inside.sizeHint().width()
        return QSize(wide, self._inside.heightForWidth(wide))
