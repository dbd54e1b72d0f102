"""The palette is found by words: the program's own and those of other programs."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.commands import COMMANDS
from desktop.synonyms import known_ids
from desktop.window import MainWindow


def typed(window: MainWindow, query: str) -> list[str]:
    """Open the palette by its keys, type, and return the ids it lists."""
    QTest.keyClick(
        window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    QTest.keyClicks(window.palette_.line, query)
    return [command.id for command in window.palette_.found()]


def is_on(window: MainWindow, id: str) -> bool:
    return not next(c for c in COMMANDS if c.id == id).why_not(window.desk)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("screenshot", "file.picture"),
        ("anonym", "file.deidentify"),
        ("ruler", "measure.distance"),
        ("length", "measure.distance"),
        ("structured", "measure.export"),
        ("gif", "file.film"),
        ("overlay", "view.labels"),
        ("hounsfield", "measure.point"),
        ("mip", "view.slab.max"),
        ("rotate", "view.turn.back"),
        ("csv", "measure.export"),
        ("clip", "view.clip"),
        ("vr", "view.volume"),
        ("de-ident", "file.deidentify"),
        ("hotkeys", "help.keys"),
    ],
)
def test_words_of_other_programs_find_what_they_mean(opened: MainWindow, query: str, first: str) -> None:
    found = typed(opened, query)
    assert first in found[:6]
    assert opened.palette_.list.item(0).data(Qt.ItemDataRole.UserRole) is not None
    on = [is_on(opened, id) for id in found]
    assert on == sorted(on, reverse=True)  # what is off comes after what is on


def test_what_is_off_is_found_where_nothing_that_is_on_fits(opened: MainWindow) -> None:
    assert typed(opened, "4d")[0].startswith("view.cine.")
    assert not is_on(opened, "view.cine.play")


def test_the_help_pages_words_find_the_fusion_before_and_after_it_has_another_title(pair) -> None:
    window = pair()
    assert typed(window, "Lay a second")[0] == "view.fuse"
    assert (
        next(c for c in COMMANDS if c.id == "view.fuse").title_for(window.desk) != "Lay a second image over"
    )


def test_what_is_nowhere_is_said_so_and_enter_does_nothing(opened: MainWindow) -> None:
    assert typed(opened, "zzxqy") == []
    assert opened.palette_.list.item(0).text() == "Nothing found"
    QTest.keyClick(opened.palette_.line, Qt.Key.Key_Return)
    assert opened.palette_.isVisible()


def test_a_remark_in_the_help_does_not_offer_to_delete_where_undo_is_typed(opened: MainWindow) -> None:
    assert "edit.delete" not in typed(opened, "undo")


def test_letters_alone_find_by_the_title_only(opened: MainWindow) -> None:
    assert typed(opened, "shlab")[0] == "view.labels"  # no word begins so; "Show or hide the labels"


def test_every_synonym_belongs_to_a_command() -> None:
    ids = [command.id for command in COMMANDS]
    for known in known_ids():
        assert any(id == known or id.startswith(f"{known}.") for id in ids), known
