"""A record that somebody else holds: offered for reading, shown as such, and not changed."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from desktop.commands import BY_ID
from desktop.desk import READ_ONLY
from desktop.window import MainWindow
from tests.desktop.conftest import settle
from twin.errors import UserError
from twin.record import Record


def test_a_record_held_elsewhere_is_offered_for_reading(
    window: MainWindow, hip: Path, home: Path, qtbot
) -> None:
    with Record.open(hip, write=True) as holder:
        before = holder.history.last_hash
        window.open_paths([hip])
        assert window.desk.session.record is None
        assert window.errors.isVisible()
        assert hip.name in window.errors.message.text()
        assert window.errors.action.text() == "Open for reading only"
        qtbot.mouseClick(window.errors.action, Qt.MouseButton.LeftButton)
        settle(window, qtbot)
        assert len(window.desk.session.entries) == 5
        assert "reading only" in window.windowTitle()
        assert window.top.reading.isVisible()
        window.actions_.refresh()
        for id in ("edit.undo", "edit.delete", "anatomy.segment", "anatomy.mesh", "simulate.solve"):
            assert not window.actions_[id].isEnabled()
            assert BY_ID[id].why_not(window.desk) == READ_ONLY
            assert READ_ONLY in window.actions_[id].toolTip()
        with pytest.raises(UserError, match="reading only"):
            window.desk.undo()
        # Looking and copying still work; the copy can be worked on.
        window.desk.save_copy(home / "copy.twin")
        window.desk.open_record(home / "copy.twin")
        assert not window.top.reading.isVisible()
        window.desk.undo()
        assert holder.history.last_hash == before


def test_what_is_no_record_is_not_offered(window: MainWindow, home: Path) -> None:
    false = home / "false.twin"
    false.write_bytes(b"no record at all" * 100)
    window.open_paths([false])
    assert window.errors.isVisible()
    assert not window.errors.action.isVisible()
