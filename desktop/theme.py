"""What the window looks like: two themes of the same roles, one style sheet, one family of icons.

Everything is measured in steps of 4 px at a 13 px font and grows with the font.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise
from string import Template
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

FONT_PX = 13


@dataclass(frozen=True)
class Theme:
    """Colours by role; text roles keep 4.5:1 on ``ground`` and on ``panel``."""

    name: str
    ground: str
    panel: str
    raised: str
    line: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    good: str
    warn: str
    bad: str


DARK = Theme(
    "dark", "#15181C", "#1D2126", "#262B31", "#333A42", "#E6E8EA", "#9AA4AE",
    "#4FB3BF", "#0D1114", "#57AB5A", "#E3B341", "#E5534B",
)  # fmt: skip
LIGHT = Theme(
    "light", "#EEF1F4", "#FAFBFC", "#E3E8EC", "#C3CBD2", "#191E23", "#4F5A64",
    "#0B6B77", "#FFFFFF", "#256B2A", "#7A5200", "#B3261E",
)  # fmt: skip
THEMES = {t.name: t for t in (DARK, LIGHT)}


class _Current:
    theme = DARK
    font_px = FONT_PX


def current() -> Theme:
    """Return the theme in use."""
    return _Current.theme


def font_px() -> int:
    """Return the size of the text."""
    return _Current.font_px


def px(steps: float) -> int:
    """Return ``steps`` steps of 4 px, scaled with the font."""
    return max(1, round(4 * steps * _Current.font_px / FONT_PX))


Named = TypeVar("Named", bound=QObject)


def named(widget: Named, name: str) -> Named:
    """Give a widget the name that the style sheet knows it by."""
    widget.setObjectName(name)
    return widget


def apply(app: QApplication, theme: Theme = DARK, font_px: int = FONT_PX) -> None:
    """Dress the whole application."""
    _Current.theme, _Current.font_px = theme, font_px
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setPixelSize(font_px)
    font.setFeature(QFont.Tag("tnum"), 1)
    app.setStyle("Fusion")
    app.setFont(font)
    app.setPalette(_palette(theme))
    app.setStyleSheet(_sheet(theme, font_px))


def viewer_look() -> Any:
    """Return the colors that the views take."""
    from viewers.paint import Look

    t = _Current.theme
    return Look(t.ground, t.text, t.quiet, t.accent, t.warn)


def icon(name: str, role: str = "text") -> QIcon:
    """Return a Phosphor icon in the colour of a role of the current theme."""
    return _icon(name, getattr(_Current.theme, role), _Current.theme.line)


@cache
def _icon(name: str, color: str, off: str) -> QIcon:
    made: QIcon = _font().icon(f"ph.{name}", color=color, color_disabled=off)
    return made


@cache
def _font() -> Any:
    """Return qtawesome with one family of icons: loading all of them takes a quarter of a second.

    A button that is squeezed below its padding asks for an icon of less than no size: it gets none.
    """
    import qtawesome
    from qtawesome.iconic_font import CharIconEngine, IconicFont

    class Engine(CharIconEngine):
        def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
            return QPixmap() if size.isEmpty() else super().pixmap(size, mode, state)

    class Icons(IconicFont):
        def _icon_by_painter(self, painter: Any, options: Any) -> QIcon:
            return QIcon(Engine(self, painter, options))

    wanted = [font for font in getattr(qtawesome, "_BUNDLED_FONTS", ()) if font[0] == "ph"]
    return Icons(*wanted) if wanted else qtawesome


def tab_through(*widgets: QWidget) -> None:
    """Let the Tab key walk these and all that takes keys in them in this order, whenever they were made."""
    stops = [
        stop for widget in widgets for stop in (widget, *widget.findChildren(QWidget))
        if stop.focusPolicy() & Qt.FocusPolicy.TabFocus
        and stop.focusProxy() is None
        and stop.window() is widget.window()
    ]  # fmt: skip
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)


def icon_size() -> QSize:
    """Return the size of icons beside text."""
    return QSize(px(4), px(4))


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.panel,
        QPalette.ColorRole.Base: theme.ground,
        QPalette.ColorRole.AlternateBase: theme.panel,
        QPalette.ColorRole.Button: theme.raised,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.ToolTipBase: theme.raised,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.quiet,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.Link: theme.accent,
        QPalette.ColorRole.Mid: theme.line,
        QPalette.ColorRole.Dark: theme.line,
        QPalette.ColorRole.Accent: theme.accent,
    }
    for role, color in roles.items():
        palette.setColor(role, QColor(color))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.quiet))
    return palette


def _sheet(theme: Theme, font_px: int) -> str:
    values = {f.name: getattr(theme, f.name) for f in fields(theme)}
    values |= {f"u{n}": f"{px(n)}px" for n in range(1, 11)}
    values |= {"u75": f"{px(7.5)}px", "half": f"{px(0.5)}px", "font": f"{font_px}px"}
    values |= {
        "small": f"{round(font_px * 0.92)}px",
        "title": f"{round(font_px * 1.3)}px",
        "huge": f"{round(font_px * 1.7)}px",
    }
    return Template(_SHEET).substitute(values)


_SHEET = """
QMainWindow, QDialog, #ground { background: $ground; }
QWidget#panel, QWidget#topbar, QWidget#strip, QWidget#timebar, QScrollArea#panel,
QScrollArea#panel > QWidget > QWidget { background: $panel; }
#topbar { border-bottom: 1px solid $line; }
#strip, #timebar { border-top: 1px solid $line; }
#left { background: $panel; border-right: 1px solid $line; }
#right { background: $panel; border-left: 1px solid $line; }
QLabel { background: transparent; }
QLabel#quiet { color: $quiet; }
QLabel#small { color: $quiet; font-size: $small; }
QLabel#heading { font-size: $title; font-weight: 600; }
QLabel#section { color: $quiet; font-weight: 600; padding-top: $u2; }
QLabel#huge { font-size: $huge; font-weight: 600; }
QLabel#identity { font-weight: 600; padding: 0 $u2; }
QLabel#identity[mixed="true"] { color: $on_accent; background: $warn; border-radius: $u1; }
QLabel#badge { color: $on_accent; background: $accent; border-radius: $u1; padding: 1px $u2;
  font-weight: 600; }
QLabel#warn { color: $warn; }
QLabel#notice { color: $quiet; font-size: $small; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: $u1 $u2; }

QPushButton, QToolButton#button {
  background: $raised; color: $text; border: 1px solid $line; border-radius: $u1;
  padding: $u1 $u3; min-height: $u5; }
QPushButton:hover, QToolButton#button:hover { border-color: $quiet; }
QPushButton:pressed { background: $line; }
QPushButton:focus, QToolButton:focus, QComboBox:focus, QLineEdit:focus, QAbstractSpinBox:focus
  { border: 1px solid $accent; }
QPushButton:disabled { color: $quiet; background: $panel; border: 1px dashed $line; }
QPushButton#primary { background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600;
  min-height: $u75; }
QPushButton#primary:hover { border-color: $text; }
QPushButton#primary:focus { border: 1px solid $text; }
QPushButton#primary:disabled { background: $raised; color: $quiet; border: 1px dashed $line; }
QPushButton#flat { background: transparent; border: 1px solid transparent; text-align: left;
  padding: $u1 $u2; }
QPushButton#flat:hover { background: $raised; }
QPushButton#flat:focus { border: 1px solid $accent; }

QToolButton { background: transparent; color: $text; border: 1px solid transparent; border-radius: $u1;
  padding: $u1; }
QToolButton:hover { background: $raised; }
QToolButton:disabled { color: $quiet; }
QToolButton:checked { color: $accent; }
#scenetools QToolButton:checked { background: $line; border-radius: $u1; }
#scenetools { background: $panel; border: 1px solid $line; border-radius: $u1; }
QToolButton::menu-indicator { image: none; }
QToolButton#workspace { padding: $u1 $u3; border-radius: $u1; }
QToolButton#workspace:checked { background: $raised; color: $accent; font-weight: 600; }

QComboBox, QLineEdit, QAbstractSpinBox { background: $ground; color: $text; border: 1px solid $line;
  border-radius: $u1; padding: $half $u2; min-height: $u5; selection-background-color: $accent;
  selection-color: $on_accent; }
QComboBox:disabled, QLineEdit:disabled, QAbstractSpinBox:disabled { color: $quiet; background: $panel; }
QAbstractSpinBox QLineEdit, QTreeView QLineEdit { border: none; padding: 0; min-height: 0;
  background: transparent; }
QTreeView QLineEdit { background: $ground; border: 1px solid $accent; }
QAbstractSpinBox#value { padding: $half $u1; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }
QComboBox::drop-down { border: none; width: $u5; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView, QMenu { background: $raised; color: $text; border: 1px solid $line;
  selection-background-color: $accent; selection-color: $on_accent; outline: 0; }
QMenu::item { padding: $u1 $u6 $u1 $u3; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $quiet; }
QMenu::separator { height: 1px; background: $line; margin: $u1 0; }
QMenu::icon { padding-left: $u2; }

QTreeView, QListView, QTableView { background: $panel; border: 1px solid transparent; outline: 0; }
QTreeView:focus { border-color: $accent; }
QTreeView::item, QListView::item { min-height: $u6; padding: 0 $half; }
QTreeView::item:hover, QListView::item:hover { background: $raised; }
QTreeView::item:selected, QListView::item:selected { background: $raised; color: $accent; }
QTreeView::branch, QTreeView::branch:selected { background: transparent; }
QTreeView { show-decoration-selected: 0; }
QHeaderView::section { background: $panel; color: $quiet; border: none; border-bottom: 1px solid $line;
  padding: $u1 $u2; }

QSlider { min-height: $u5; }
QSlider::groove:horizontal { height: $u1; background: $line; border-radius: $half; }
QSlider::sub-page:horizontal { background: $accent; border-radius: $half; }
QSlider::sub-page:horizontal:disabled { background: $line; }
QSlider::handle:horizontal { background: $text; width: $u3; margin: -$u1 0; border-radius: $u1; }
QSlider::handle:horizontal:focus { background: $accent; }
QSlider::handle:horizontal:disabled { background: $quiet; }
QProgressBar { background: $line; border: none; border-radius: $half; max-height: $u1; min-height: $u1; }
QProgressBar::chunk { background: $accent; border-radius: $half; }
QCheckBox { spacing: $u2; }
QCheckBox:focus { color: $accent; }
QCheckBox::indicator { width: $u3; height: $u3; border: 1px solid $quiet; border-radius: $half;
  background: $ground; }
QCheckBox::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; }
QCheckBox::indicator:disabled { border-color: $line; }

QScrollBar:vertical { background: transparent; width: $u3; margin: 0; }
QScrollBar:horizontal { background: transparent; height: $u3; margin: 0; }
QScrollBar::handle { background: $line; border-radius: $half; min-height: $u6; min-width: $u6;
  margin: $half; }
QScrollBar::handle:hover { background: $quiet; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page
  { background: transparent; border: none; width: 0; height: 0; }
QScrollArea { border: none; }
QScrollArea#whole, QScrollArea#whole > QWidget > QWidget { background: transparent; }
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }

#errorbar { background: $panel; border: 1px solid $line; border-left: $u1 solid $bad; }
ErrorBar#errorbar, ErrorBar#noticebar { background: $raised; }
#noticebar { background: $panel; border: 1px solid $line; border-left: $u1 solid $accent; }
#drop { border: 2px dashed $line; border-radius: $u3; background: $panel; }
#drop[over="true"] { border-color: $accent; background: $raised; }
#card { background: $panel; border: 1px solid $line; border-radius: $u2; }
#popover { background: $raised; border: 1px solid $line; border-radius: $u2; }
QPlainTextEdit { background: $ground; color: $quiet; border: 1px solid $line; font-family: monospace;
  font-size: $small; }
"""
