"""Numbers that are never bare: value, interval, place and remark; ⓘ opens where each comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from desktop import theme
from desktop.chain import Shown
from desktop.section import quiet

if TYPE_CHECKING:
    from desktop.desk import Desk


class NumberList(QWidget):
    """Rows of numbers; updated in place while a slider moves."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.px(2))
        self._grid.setVerticalSpacing(theme.px(0.5))
        self._grid.setColumnStretch(0, 1)
        self._rows: list[tuple[QLabel, QLabel, QLabel, QToolButton]] = []
        self._shown: Sequence[Shown] = ()

    def show_numbers(self, numbers: Sequence[Shown], *, struck: bool) -> None:
        """Show these; ``struck`` through where they are stale."""
        if [n.name for n in numbers] != [n.name for n in self._shown]:
            self._rebuild(numbers)
        self._shown = numbers
        for (name, value, about, _button), shown in zip(self._rows, numbers, strict=True):
            name.setText(shown.name)
            line = f"{shown.text}  <span style='color:{theme.current().quiet}'>({shown.range})</span>"
            value.setText(f"<s>{line}</s>" if struck else line)
            about.setText("stale: make it again" if struck else shown.remark)
            about.setVisible(bool(about.text()))

    def texts(self) -> list[str]:
        """Return what is written, one line a number."""
        return [f"{n.name}: {n.text} ({n.range})" for n in self._shown]

    def _rebuild(self, numbers: Sequence[Shown]) -> None:
        while self._grid.count():
            widget = self._grid.takeAt(0).widget()
            if widget is not None:
                widget.deleteLater()
        self._rows = []
        for n, shown in enumerate(numbers):
            name, value, about = QLabel(), QLabel(objectName="number"), quiet()
            name.setWordWrap(True)
            value.setTextFormat(Qt.TextFormat.RichText)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            button = QToolButton()
            button.setIcon(theme.icon("info", "quiet"))
            button.setToolTip(f"Where {shown.name} comes from")
            button.setAccessibleName(f"Where {shown.name} comes from")
            button.clicked.connect(lambda _on=False, n=n: self._explain(n))
            self._grid.addWidget(name, 2 * n, 0)
            self._grid.addWidget(value, 2 * n, 1)
            self._grid.addWidget(button, 2 * n, 2)
            self._grid.addWidget(about, 2 * n + 1, 0, 1, 3)
            self._rows.append((name, value, about, button))

    def _explain(self, n: int) -> None:
        chain = Chain(self._shown[n], self)
        button = self._rows[n][3]
        chain.adjustSize()
        corner = button.mapToGlobal(button.rect().bottomRight())
        chain.move(corner.x() - chain.width(), corner.y())
        chain.show()
        self.chain = chain


class Chain(QFrame):
    """Where a number comes from: scan, step, law, interval, largest source of doubt."""

    def __init__(self, shown: Shown, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("popover")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.lines = shown.chain
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(4), theme.px(3), theme.px(4), theme.px(3))
        title = QLabel(f"{shown.name}: {shown.text} ({shown.range})", objectName="number")
        column.addWidget(title)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(3))
        for row, (what, text) in enumerate(shown.chain):
            said = QLabel(text)
            said.setWordWrap(True)
            said.setMinimumWidth(theme.px(75))
            grid.addWidget(quiet(what), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(said, row, 1)
        column.addLayout(grid)
