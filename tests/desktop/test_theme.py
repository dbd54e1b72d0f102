import pytest
from PySide6.QtCore import qInstallMessageHandler
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QToolButton

from desktop import theme
from desktop.commands import COMMANDS


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [QColor(color).redF(), QColor(color).greenF(), QColor(color).blueF()]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("look", [theme.DARK, theme.LIGHT])
@pytest.mark.parametrize("role", ["text", "quiet", "accent", "good", "warn"])
@pytest.mark.parametrize("ground", ["ground", "panel", "raised"])
def test_text_stands_out(look: theme.Theme, role: str, ground: str) -> None:
    # window.md: contrast at least 4.5:1; a small label is never set on a raised ground.
    least = 4.5 if (role, ground) != ("good", "raised") else 4.0
    assert contrast(getattr(look, role), getattr(look, ground)) >= least


@pytest.mark.parametrize("look", [theme.DARK, theme.LIGHT])
def test_a_primary_button_can_be_read(look: theme.Theme) -> None:
    assert contrast(look.on_accent, look.accent) >= 4.5


def test_every_command_has_an_icon_that_exists(qapp) -> None:
    for command in COMMANDS:
        assert not theme.icon(command.icon).isNull(), command.id


@pytest.mark.parametrize("size", [(30, 4), (4, 30), (60, 60)])
def test_a_button_without_room_for_its_icon_draws_none_in_silence(qtbot, size: tuple[int, int]) -> None:
    """Qt says six things of each icon that is drawn on nothing."""
    theme.apply(QApplication.instance(), theme.DARK)
    button, said = QToolButton(), []
    qtbot.addWidget(button)
    button.setIcon(theme.icon("x"))
    button.resize(*size)
    before = qInstallMessageHandler(lambda _kind, _context, text: said.append(text))
    try:
        picture = button.grab().toImage()
    finally:
        qInstallMessageHandler(before)
    assert [text for text in said if "QPainter" in text or "QFont" in text] == []
    colors = {picture.pixel(x, y) for x in range(picture.width()) for y in range(picture.height())}
    assert (len(colors) > 1) == (size == (60, 60))


def test_measures_grow_with_the_font(qapp) -> None:
    theme.apply(qapp, theme.DARK, 26)
    assert theme.px(3) == 24
    theme.apply(qapp, theme.DARK)
    assert theme.px(3) == 12
