"""The study browser, by hand: folders, a real Orthanc server, and what goes wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit, QSpinBox, QTreeWidgetItem

from desktop import places
from desktop.browser.page import BrowserPage
from desktop.browser.send_form import SendForm
from desktop.browser.server_form import PasswordForm, ServerForm
from desktop.browser.sources_list import Where
from desktop.commands import BY_ID
from desktop.window import MainWindow
from tests.desktop.cli.test_pacs import draw_box
from tests.desktop.conftest import settle
from tests.twin.sources.pacs.conftest import MakeSeries, make_series  # noqa: F401
from tests.twin.sources.pacs.orthanc import PASSWORD, USER, Orthanc
from tests.twin.sources.pacs.test_orthanc import by_uid
from twin.exports.pacs import send
from twin.sources import pacs, read, scan
from twin.sources.catalog import Query

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(window: MainWindow, qtbot) -> BrowserPage:
    """The browser, opened by its shortcut."""
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    browser = window.browser
    assert browser is not None
    assert browser.isVisible()
    return browser


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    server = Orthanc(tmp_path / "orthanc")
    yield server
    server.kill()


def rows(page: BrowserPage) -> list[QTreeWidgetItem]:
    """Return the rows of the tree that are unfolded, from above."""
    found, item = [], page.studies.topLevelItem(0)
    while item is not None:
        found.append(item)
        item = page.studies.itemBelow(item)
    return found


def texts(page: BrowserPage) -> list[str]:
    return [item.text(0).replace("  ·  born 1964-02-01", "") for item in rows(page)]


def click(page: BrowserPage, text: str, double: bool = False) -> None:
    """Click on the row that says this."""
    item = next(i for i in rows(page) if text in i.text(0))
    at = page.studies.visualItemRect(item).center()
    viewport = page.studies.viewport()
    QTest.mouseClick(viewport, LEFT, pos=at)
    if double:
        QTest.mouseDClick(viewport, LEFT, pos=at)


def unfold(page: BrowserPage, text: str) -> None:
    """Unfold the row that says this, by the keyboard."""
    click(page, text)
    QTest.keyClick(page.studies, Qt.Key.Key_Right)


def add_folder(page: BrowserPage, folder: Path, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_words: str(folder))
    QTest.mouseClick(page.sources.add_folder, LEFT)
    qtbot.waitUntil(lambda: not page.look.busy, timeout=60_000)


def idle(page: BrowserPage, qtbot) -> None:
    qtbot.waitUntil(lambda: not page.ask.busy, timeout=60_000)


def test_a_folder_is_looked_into_searched_and_imported_from(
    window: MainWindow,
    page: BrowserPage,
    make_series: MakeSeries,  # noqa: F811
    qtbot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hip = make_series(1, name="GRÜN^Jörg", images=4)
    make_series(2, name="BLAU^Eva", images=3)
    assert page.hint.isVisible()
    add_folder(page, hip.parent, qtbot, monkeypatch)
    assert texts(page) == ["BLAU, Eva", "Hip, both sides", "GRÜN, Jörg", "Hip, both sides"]
    assert "7 files looked at" in page.status.text()
    page.search.words.setFocus()
    QTest.keyClicks(page.search.words, "grun")
    qtbot.waitUntil(lambda: "BLAU, Eva" not in texts(page), timeout=5_000)
    assert texts(page) == ["GRÜN, Jörg", "Hip, both sides", "3  thin"]  # the only one: its series are shown
    assert rows(page)[0].text(0) == "GRÜN, Jörg  ·  born 1964-02-01"
    click(page, "thin")
    assert page.preview.title.text() == "thin"
    assert page.preview.picture.pixmap().width() > 0
    facts = page.preview.facts._shown
    assert ("Images", "4") in facts
    assert ("Born", "1964-02-01") in facts
    assert not page.preview.send.isEnabled()
    assert page.preview.send.toolTip() == "Add a server first."
    assert not window.tree.isVisible()
    QTest.mouseClick(page.preview.take, LEFT)
    settle(window, qtbot)
    assert not page.isVisible()
    assert window.tree.isVisible()
    (volume,) = window.desk.session.of_kind("volume")
    assert window.desk.session.load(volume.id).voxels.shape == (4, 64, 64)
    (step,) = [entry for entry in window.desk.session.record.log() if entry.kind == "step"]
    assert step.params["paths"] == [str(hip)]
    # The browser says that it is there, and it comes in again only where that is wanted.
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    settle(window, qtbot)  # rows are where they are seen
    assert texts(page)[-1] == f"3  thin  ·  in this record: {volume.name}"
    click(page, "thin", double=True)
    settle(window, qtbot)
    assert f"is already here: “{volume.name}”." in window.errors.message.text()
    assert len(window.desk.session.of_kind("volume")) == 1
    QTest.mouseClick(window.errors.action, LEFT)
    settle(window, qtbot)
    assert len(window.desk.session.of_kind("volume")) == 2
    # A record that was open lately is told as well.
    name = Path(window.desk.session.record.path).name
    window.desk.close_record()
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert texts(page)[-1] == f"3  thin  ·  in {name}"


def test_several_patients_are_not_imported_together_and_escape_goes_back(
    window: MainWindow,
    page: BrowserPage,
    make_series: MakeSeries,  # noqa: F811
    qtbot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = make_series(1, name="GRÜN^Jörg", images=2).parent
    make_series(2, name="BLAU^Eva", images=2)
    add_folder(page, folder, qtbot, monkeypatch)
    click(page, "GRÜN")
    assert page.preview.take.isEnabled()
    other = page.studies.visualItemRect(next(i for i in rows(page) if "BLAU" in i.text(0))).center()
    QTest.mouseClick(page.studies.viewport(), LEFT, Qt.KeyboardModifier.ControlModifier, other)
    assert not page.preview.take.isEnabled()
    assert page.preview.why.text() == "These are of several patients: a record holds one."
    # The folder is forgotten by a key.
    page.sources.choose(Where(folder))
    QTest.keyClick(page.sources.list, Qt.Key.Key_Delete)
    assert texts(page) == []
    assert page.hint.text() == "Add a folder to see its studies, or a server to search."
    QTest.keyClick(page.search.words, Qt.Key.Key_Escape)
    assert not page.isVisible()
    assert window.empty.isVisible()


def enter_server(page: BrowserPage, orthanc: Orthanc, qtbot) -> ServerForm:
    """Type the words of a server into the form, try it and save it."""
    QTest.mouseClick(page.sources.add_server, LEFT)
    form = page.preview.form
    assert isinstance(form, ServerForm)
    fields = form.form.fields
    for name, text in (("name", "archive"), ("host", "127.0.0.1"), ("ae_title", "ORTHANC")):
        line = fields[name]
        assert isinstance(line, QLineEdit)
        line.selectAll()
        QTest.keyClicks(line, text)
    port = fields["port"]
    assert isinstance(port, QSpinBox)
    port.lineEdit().selectAll()
    QTest.keyClicks(port.lineEdit(), str(orthanc.port))
    QTest.keyClick(port.lineEdit(), Qt.Key.Key_Return)
    QTest.mouseClick(form.test, LEFT)
    idle(page, qtbot)
    assert form.answer.text() == "It answers."
    QTest.mouseClick(form.save, LEFT)
    assert page.preview.form is None
    return form


@pytest.mark.slow
def test_a_server_is_entered_searched_fetched_from_and_sent_to(
    window: MainWindow,
    page: BrowserPage,
    orthanc: Orthanc,
    make_series: MakeSeries,  # noqa: F811
    qtbot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = make_series(3, images=4)
    send(orthanc.link("get"), [folder])
    enter_server(page, orthanc, qtbot)
    assert page.where.name == "archive"
    QTest.keyClicks(page.search.words, "model")
    QTest.keyClick(page.search.words, Qt.Key.Key_Return)
    idle(page, qtbot)
    qtbot.waitUntil(lambda: "3  thin" in texts(page), timeout=60_000)
    for field in (page.search.modality, page.search.when, page.search.field, page.sources.list):
        page._show([])
        assert page.hint.text() == "Press Enter to search."
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert page.hint.text() == "Searching …"
        idle(page, qtbot)
        qtbot.waitUntil(lambda: "3  thin" in texts(page), timeout=60_000)
    click(page, "thin")
    assert page.preview.take.text() == "Fetch and import"
    QTest.mouseClick(page.preview.take, LEFT)
    qtbot.waitUntil(lambda: bool(window.desk.session.of_kind("volume")), timeout=60_000)
    settle(window, qtbot)
    assert not page.isVisible()
    record = window.desk.session.record
    assert (record.load("v1").voxels == read(scan([folder]).series[0]).voxels).all()  # type: ignore[union-attr]
    assert record.log()[-1].kind == "fetched"
    assert record.log()[-1].params == {"server": "archive", "series": 1}
    qtbot.waitUntil(lambda: not list(places.quarantine_folder().iterdir()))
    # What was made of it goes back.
    assert draw_box
    window.desk.edit("test.box", {"volume": "v1"}, {})
    window.desk.session.select(window.desk.session.of_kind("labelmap")[0].key)
    BY_ID["file.send"].trigger(window.desk)
    form = page.preview.form
    assert isinstance(form, SendForm)
    QTest.mouseClick(form.buttons[0], LEFT)
    settle(window, qtbot)
    assert "“bones” is sent to “archive”, as a DICOM segmentation." in window.errors.message.text()
    assert record.log()[-1].kind == "sent"
    there = pacs.find_one_series(orthanc.link("get"), Query(study_uid="1.2.826.3"))
    assert [s.modality for s in there] == ["CT", "SEG"]
    # And another one goes there.
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    other = make_series(4, name="BLAU^Eva", images=3)
    add_folder(page, other, qtbot, monkeypatch)
    page.search.words.clear()
    qtbot.waitUntil(lambda: "BLAU, Eva" in texts(page), timeout=5_000)
    click(page, "BLAU, Eva")
    (action,) = page.preview.menu.actions()
    action.trigger()
    settle(window, qtbot)
    assert "3 images are sent to “archive”." in window.errors.message.text()
    (series,) = pacs.find_one_series(orthanc.link("get"), Query(study_uid="1.2.826.4"))
    assert series.images == 3


@pytest.mark.slow
def test_what_goes_wrong_at_a_server_is_said_and_nothing_half_comes_in(
    window: MainWindow,
    page: BrowserPage,
    orthanc: Orthanc,
    make_series: MakeSeries,  # noqa: F811
    qtbot,
) -> None:
    folder = make_series(5, images=40, side=256)
    send(orthanc.link("get"), [folder])
    page.known.enter(orthanc.link("wado").server)
    page.sources.choose(Where(server=orthanc.link("wado").server))
    for password in ("guess", PASSWORD):
        QTest.keyClick(page.search.words, Qt.Key.Key_Return)
        form = page.preview.form
        assert isinstance(form, PasswordForm)
        QTest.keyClicks(form.line, password)
        QTest.keyClick(form.line, Qt.Key.Key_Return)
        idle(page, qtbot)
        if password == "guess":
            assert f"does not accept the login “{USER}”" in window.errors.message.text()
    click(page, "MODEL, Hip")
    QTest.mouseClick(page.preview.take, LEFT)
    arrived = lambda: list(places.quarantine_folder().glob("*/*.dcm"))  # noqa: E731
    qtbot.waitUntil(lambda: bool(arrived()), timeout=60_000)
    orthanc.kill()
    qtbot.waitUntil(lambda: not window.desk.queue.busy, timeout=60_000)
    assert "of 40 images of series 3 thin (CT) are here." in window.errors.message.text()
    assert window.desk.session.record is None
    first = {p.name: p.stat().st_mtime_ns for p in arrived()}
    assert 0 < len(first) < 40
    orthanc.start()
    QTest.mouseClick(page.preview.take, LEFT)
    qtbot.waitUntil(lambda: len(arrived()) > len(first), timeout=60_000)
    QTest.keyClick(window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)  # stop
    qtbot.waitUntil(lambda: not window.desk.queue.busy, timeout=60_000)
    assert window.desk.session.record is None
    now = {p.name: p.stat().st_mtime_ns for p in arrived()}
    assert first.items() <= now.items()  # nothing was fetched twice
    assert set(by_uid(next(places.quarantine_folder().iterdir()))) < set(by_uid(folder))


def test_a_form_shows_the_fields_of_the_protocol_that_is_chosen(page: BrowserPage, qtbot) -> None:
    QTest.mouseClick(page.sources.add_server, LEFT)
    form = page.preview.form
    assert isinstance(form, ServerForm)
    fields = form.form.fields
    assert fields["host"].isVisible()
    assert not fields["url"].isVisible()
    assert not fields["own_port"].isVisible()
    QTest.mouseClick(form.save, LEFT)
    assert form.answer.text() == "A server needs a name."
    for name, index in (("retrieve", 1), ("protocol", 1)):
        box = fields[name]
        assert isinstance(box, QComboBox)
        box.setCurrentIndex(index)
        assert fields["own_port"].isVisible() == (name == "retrieve")
    assert fields["url"].isVisible()
    assert not fields["host"].isVisible()
    QTest.mouseClick(form.cancel, LEFT)
    assert page.preview.form is None
    QApplication.processEvents()
    assert page.sources.list.itemAt(QPoint(5, 5)) is None


def test_a_password_is_not_told_to_another_address_under_the_same_name(home: Path) -> None:
    from dataclasses import replace

    from desktop.browser.known import Known
    from twin.sources.pacs import Server

    server = Server("archive", url="https://pacs.example/dicom-web", user="anna")
    known = Known()
    known.enter(server)
    known.give(server, "a secret word", keep=False)
    assert known.link(server).secret == "a secret word"
    moved = replace(server, url="https://elsewhere.example/dicom-web")
    known.enter(moved, before="archive")
    assert known.servers() == [moved]
    assert known.link(moved) is None  # it is asked for
