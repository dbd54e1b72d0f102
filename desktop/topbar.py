"""The bar at the top: menu, whose data this is, the four workspaces, undo and redo, find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from desktop import theme
from desktop.actions import Actions
from desktop.commands import COMMANDS
from desktop.desk import Desk
from desktop.people import line_of, mixture
from desktop.session import WORKSPACES, Item, identity_of


class TopBar(QWidget):
    """40 px: menu, identity, workspaces, history, find."""

    def __init__(self, desk: Desk, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("topbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._desk, self._actions = desk, actions
        self.menu_button = QToolButton()
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setToolTip("Everything that can be done (Alt+M)")
        self.menu_button.setShortcut("Alt+M")
        self.menu_button.setAccessibleName("Menu")
        self.menu_button.setMenu(_menu(actions, self))
        self.identity = theme.named(_Elided(), "identity")
        self.badge = theme.named(QLabel("REFERENCE PATIENT"), "badge")
        self.badge.setToolTip("Made by the program itself: no person's data")
        self.reading = theme.named(QLabel("READING ONLY"), "badge")
        self.reading.setToolTip("Nothing can be changed here: save a copy (Ctrl+Shift+S), and work on that")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(2), 0, theme.px(2), 0)
        row.setSpacing(theme.px(1))
        row.addWidget(self.menu_button)
        for badge in (self.badge, self.reading):
            row.addWidget(badge, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.identity, 1)
        for name in WORKSPACES:
            row.addWidget(self._workspace(name))
        row.addSpacing(theme.px(3))
        self._tools = [actions.button(id) for id in ("edit.undo", "edit.redo", "view.find")]
        for tool in self._tools:
            row.addWidget(tool)
        desk.session.opened.connect(self.refresh)
        desk.session.changed.connect(lambda _ids: self.refresh())
        desk.session.moved.connect(self._mark)
        desk.restyled.connect(self.restyle)
        self.restyle()

    def restyle(self) -> None:
        """Take the measures and icons of the theme."""
        self.setFixedHeight(theme.px(10))
        self.menu_button.setIcon(theme.icon("list"))
        size = QSize(theme.px(5), theme.px(5))
        for button in (self.menu_button, *self._tools):
            button.setIconSize(size)
        self.refresh()

    def refresh(self) -> None:
        """Show whose data is open."""
        session = self._desk.session
        people = session.identities()
        made = any(p.reference_patient for p in people)
        self.badge.setVisible(made)
        self.reading.setVisible(bool(self._desk.read_only))
        mixed = mixture(people)
        if session.record is None:
            texts, tip = ["Vitruvian"], "No record is open"
        elif not people:
            texts = [_unnamed(session.items), "No patient named"]
            tip = "No file in this record names a patient"
        else:
            entry = session.entry(session.volume.id) if session.volume else None
            modality = entry.tree.get("modality", "") if entry else ""
            shown = identity_of(entry) if entry and identity_of(entry).patient_id else people[-1]
            texts = [line_of(shown, modality, short=short) for short in (False, True)]
            if not any(p.patient_name or p.patient_id for p in people):
                study = " ".join(w for w in (modality, shown.study_date) if w)
                whole = "  ·  ".join(w for w in (_unnamed(session.items), study) if w)
                texts = [whole, _unnamed(session.items), "No patient named"]
            tip = "\n".join(line_of(p) for p in people)
        if mixed:
            texts, tip = [f"{mixed}: {text}" for text in texts], f"{mixed}:\n{tip}"
        self.identity.set_texts(texts, tip)
        self.identity.setProperty("mixed", "true" if mixed else "false")
        self.identity.style().unpolish(self.identity)
        self.identity.style().polish(self.identity)

    def _workspace(self, name: str) -> QToolButton:
        button = theme.named(QToolButton(), "workspace")
        action = self._actions[f"go.{name}"]
        action.setCheckable(True)
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        action.setChecked(name == self._desk.session.workspace)
        action.triggered.connect(lambda: self._mark(self._desk.session.workspace))
        return button

    def _mark(self, _name: str) -> None:
        for name in WORKSPACES:
            self._actions[f"go.{name}"].setChecked(name == self._desk.session.workspace)


def _unnamed(items: Sequence[Item]) -> str:
    """Return what a record holds whose files name nobody: “No patient named  ·  2 images, 61 structures”."""
    if not items:
        return "Nothing in this record yet"
    whole = [i for i in items if not i.part]
    if len(whole) == 1:
        return f"No patient named  ·  {whole[0].name}"
    # Of a labelmap its structures count; an empty one is still one thing.
    held = Counter(i.id for i in items if i.part)
    counts: Counter[str] = Counter()
    for item in whole:
        counts[item.group.lower()] += held[item.id] or 1
    one = {"meshes": "mesh"}
    said = [f"{n} {group if n > 1 else one.get(group, group[:-1])}" for group, n in counts.items()]
    return f"No patient named  ·  {', '.join(said)}"


class _Elided(QLabel):
    """A label that takes the first text that fits; the last one ends in … where none does."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: Sequence[str] = ("",)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(theme.px(20))

    def set_texts(self, texts: Sequence[str], tip: str) -> None:
        self._texts = texts
        self.setToolTip(tip)
        self._elide()

    def full_text(self) -> str:
        return self._texts[0]

    def resizeEvent(self, event: object) -> None:
        self._elide()

    def _elide(self) -> None:
        metrics, room = self.fontMetrics(), self.width() - theme.px(4)
        fitting = [text for text in self._texts if metrics.horizontalAdvance(text) <= room]
        text = fitting[0] if fitting else self._texts[-1]
        self.setText(metrics.elidedText(text, Qt.TextElideMode.ElideRight, room))


def _menu(actions: Actions, parent: QWidget) -> QMenu:
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    groups: dict[str, QMenu] = {}
    for command in COMMANDS:
        if command.group not in groups:
            groups[command.group] = menu.addMenu(command.group)
            groups[command.group].setToolTipsVisible(True)
        groups[command.group].addAction(actions[command.id])
    return menu
