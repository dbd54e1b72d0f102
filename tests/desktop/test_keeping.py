"""De-identify, lock and forget, as a user does it in the window."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel, QMessageBox

from desktop import places
from desktop.browser import concealing
from desktop.commands import BY_ID
from desktop.keeping import DeidentifyDialog, PassphraseDialog
from desktop.window import MainWindow
from tests.desktop.conftest import settle
from tests.twin.sources import made
from twin import passphrases
from twin.domain import Volume
from twin.progress import Progress
from twin.record import Record, door
from twin.sources.catalog import StudyRow
from twin.sources.dicom_writer import write_series
from twin.sources.index import Index, look_into
from twin.sources.index.store import CONCEALED

PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(passphrases.VARIABLE, raising=False)
    monkeypatch.setattr(passphrases, "_known", {})
    monkeypatch.setattr(passphrases, "recall", lambda header: None)
    monkeypatch.setattr(passphrases, "forget", lambda header: None)


def agree(monkeypatch: pytest.MonkeyPatch, act: object) -> list[QDialog]:
    """Do something in each question that is asked, then say yes; returns the questions."""
    seen: list[QDialog] = []

    def exec_(dialog: QDialog) -> int:
        seen.append(dialog)
        dialog.show()
        act(dialog)  # type: ignore[operator]
        if not dialog.yes.isEnabled():  # type: ignore[attr-defined]
            return 0
        dialog.hide()
        return 1

    monkeypatch.setattr(DeidentifyDialog, "exec", exec_)
    monkeypatch.setattr(PassphraseDialog, "exec", exec_)
    return seen


def answer(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """Press the button of those words in the box that comes."""

    def exec_(box: QMessageBox) -> int:
        button = next(b for b in box.buttons() if b.text() == words)
        monkeypatch.setattr(QMessageBox, "clickedButton", lambda self: button)
        return 0

    monkeypatch.setattr(QMessageBox, "exec", exec_)


def test_de_identifying_explains_itself_and_writes_a_new_record(
    opened: MainWindow, home: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = home / "new.twin"
    monkeypatch.setattr("desktop.asking.QFileDialog.getSaveFileName", lambda *a: (str(target), ""))
    seen = agree(monkeypatch, lambda dialog: dialog.faces.setChecked(True))
    BY_ID["file.deidentify"].trigger(opened.desk)
    settle(opened, qtbot)
    text = " ".join(label.text() for label in seen[0].findChildren(QLabel))
    for word in ("Goes", "Changes", "Stays", "Pixels are not read"):
        assert word in text
    with Record.open(target, write=False) as record:
        assert record.check() == []
        assert record.log()[-1].params["options"][-1] == "faces removed"
        assert len(record.entries()) == len(opened.desk.session.entries)
    assert opened.desk.session.record.log()[-1].params["deidentified"] is True


def test_one_thing_leaves_de_identified(
    opened: MainWindow, home: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = home / "x.nrrd"
    monkeypatch.setattr("desktop.asking.QFileDialog.getSaveFileName", lambda *a: (str(target), ""))
    agree(monkeypatch, lambda dialog: None)
    opened.desk.session.select(opened.desk.session.of_kind("volume")[0].key)
    BY_ID["file.export_deidentified"].trigger(opened.desk)
    settle(opened, qtbot)
    assert target.exists()
    entry = opened.desk.session.record.log()[-1]
    assert (entry.kind, entry.params["deidentified"]) == ("exported", True)


def test_a_folder_comes_in_under_a_pseudonym(
    window: MainWindow, home: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.write_series(home / "ct")
    monkeypatch.setattr("desktop.asking.QFileDialog.getExistingDirectory", lambda *a: str(home / "ct"))
    BY_ID["file.import_deidentified"].trigger(window.desk)
    settle(window, qtbot)
    record = window.desk.session.record
    assert record is not None
    assert record.patient().patient_id.startswith("P-")
    assert "Doe" not in record.path.name
    assert "Jane" not in window.windowTitle()


def index_images_of(window: MainWindow, folder: Path) -> None:
    """Look into a folder with images of the open record's patient."""
    assert window.desk.session.record is not None
    identity = concealing.whose(window.desk.session.record)[0]
    voxels = np.zeros((2, 8, 8), np.int16)
    write_series(Volume(voxels, np.eye(4), "CT", "HU", frame_of_reference="1.9", identity=identity), folder)
    look_into(places.index_path(), folder, Progress())


def indexed() -> list[StudyRow]:
    with Index(places.index_path()) as index:
        return index.studies()


def test_locking_asks_twice_and_opening_asks_again(
    opened: MainWindow, hip: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def type_new(dialog: PassphraseDialog) -> None:
        QTest.keyClicks(dialog.passphrase, "short")
        QTest.keyClicks(dialog.again, "short")
        assert not dialog.yes.isEnabled()
        assert "At least 8" in dialog.yes.toolTip()
        assert dialog.why.isVisible()
        assert dialog.why.text() == dialog.yes.toolTip()
        dialog.passphrase.clear()
        dialog.again.clear()
        QTest.keyClicks(dialog.passphrase, PASSPHRASE)
        assert dialog.yes.toolTip() == "Type the same again."
        QTest.keyClicks(dialog.again, PASSPHRASE)
        assert dialog.why.text() == ""

    agree(monkeypatch, type_new)
    settle(opened, qtbot)
    index_images_of(opened, hip.parent / "images")
    (study,) = indexed()
    BY_ID["file.lock"].trigger(opened.desk)
    settle(opened, qtbot)
    assert door.locked(hip)
    assert [s.patient.name for s in indexed()] == [CONCEALED]
    assert opened.desk.session.record is not None
    assert BY_ID["file.lock"].title_for(opened.desk) == "Unlock…"
    opened.desk.close_record()
    passphrases._known.clear()
    tried = ["wrong passphrase", PASSPHRASE]
    seen = agree(monkeypatch, lambda dialog: QTest.keyClicks(dialog.passphrase, tried.pop(0)))
    opened.open_paths([hip])
    settle(opened, qtbot)
    assert opened.desk.session.record is not None
    assert not seen[0].again.isVisibleTo(seen[0])
    assert any("does not open" in label.text() for label in seen[1].findChildren(QLabel))
    # And unlocked, where the user is sure.
    answer(monkeypatch, "Unlock")
    BY_ID["file.lock"].trigger(opened.desk)
    settle(opened, qtbot)
    assert not door.locked(hip)
    assert indexed() == [study]


def test_who_is_in_a_locked_record_leaves_the_index_when_it_is_opened(
    window: MainWindow, scan: Path, qtbot
) -> None:
    """It may have been locked elsewhere, or the index was made anew since."""
    from desktop import places
    from twin.record import Record
    from twin.record.locking import lock
    from twin.sources.catalog import PatientRow, SeriesRow, StudyRow
    from twin.sources.index import Index

    with Record.open(scan, write=False) as record:
        who = record.patient()
    row = PatientRow(who.patient_id, who.patient_name, who.birth_date, who.sex)
    series = SeriesRow(StudyRow(row, "1.2.3"), "1.2.3.9")
    with Index(places.index_path()) as index:
        index.series_number(series)
        assert not index.is_concealed(series)
        index.db.commit()
    lock(scan, PASSPHRASE)
    window.open_paths([scan])
    settle(window, qtbot)
    with Index(places.index_path()) as index:
        assert index.is_concealed(series)
    assert who.patient_name.split("^")[0].encode() not in places.index_path().read_bytes()


def test_a_passphrase_that_is_not_given_opens_nothing(
    window: MainWindow, scan: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twin.record.locking import lock

    lock(scan, PASSPHRASE)
    passphrases._known.clear()
    monkeypatch.setattr(PassphraseDialog, "exec", lambda self: 0)
    window.open_paths([scan])
    assert window.desk.session.record is None
    assert any("is locked" in label.text() for label in window.findChildren(QLabel) if label.isVisible())


def test_forgetting_asks_and_undo_does_not_bring_it_back(
    opened: MainWindow, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened.desk.session
    item = session.of_kind("result")[0]
    session.select(item.key)
    answer(monkeypatch, "Cancel")
    BY_ID["edit.forget"].trigger(opened.desk)
    assert session.of_kind("result")
    answer(monkeypatch, "Forget for good")
    BY_ID["edit.forget"].trigger(opened.desk)
    settle(opened, qtbot)
    assert session.of_kind("result") == ()
    opened.desk.undo()
    opened.desk.redo()
    assert session.of_kind("result") == ()
    assert session.record.check() == []


def test_that_it_was_opened_is_in_the_log(opened: MainWindow) -> None:
    entry = opened.desk.session.record.log()[-1]
    assert (entry.kind, entry.params) == ("opened", {"in": "window"})
