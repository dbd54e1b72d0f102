"""Find, send and fetch against a real Orthanc server."""

import dataclasses
import socket
from pathlib import Path
from typing import Any

import pydicom
import pytest

from tests.twin.sources.pacs.conftest import IMAGES, MakeSeries
from tests.twin.sources.pacs.orthanc import PASSWORD, Orthanc, free_port
from twin.errors import Cancelled, ServerError, UserError
from twin.exports.pacs import Sent, send
from twin.progress import Progress
from twin.sources import pacs, read, scan
from twin.sources.catalog import PatientRow, Query
from twin.sources.pacs import fetching

WAYS = ("get", "move", "wado")


def by_uid(folder: Path) -> dict[str, Any]:
    return {str(ds.SOPInstanceUID): ds for ds in map(pydicom.dcmread, folder.glob("*.dcm"))}


def only_series(link: pacs.Link, number: int) -> Any:
    (series,) = pacs.find_one_series(link, Query(study_uid=f"1.2.826.{number}"))
    return series


@pytest.mark.parametrize("way", WAYS)
def test_what_was_sent_comes_back_byte_for_byte(
    orthanc: Orthanc, make_series: MakeSeries, tmp_path: Path, way: str
) -> None:
    number = 10 + WAYS.index(way)
    folder, link = make_series(number), orthanc.link(way)
    assert send(link, [folder]) == Sent(images=IMAGES, series=1, there_already=0, passed_over=0)
    got = pacs.fetch(link, only_series(link, number), tmp_path / "quarantine")
    sent, back = by_uid(folder), by_uid(got)
    assert back.keys() == sent.keys()
    for uid, image in sent.items():
        assert back[uid].PixelData == image.PixelData
        assert back[uid] == image  # every other element, too
    (series,) = scan([got]).series
    assert (read(series).voxels == read(scan([folder]).series[0]).voxels).all()  # type: ignore[union-attr]
    # Again: nothing is sent twice.
    assert send(link, [folder]) == Sent(images=0, series=1, there_already=IMAGES, passed_over=0)


@pytest.mark.parametrize("way", WAYS)
def test_compressed_images_come_as_they_are_stored(
    orthanc: Orthanc, make_series: MakeSeries, tmp_path: Path, way: str
) -> None:
    number = 20 + WAYS.index(way)
    folder, link = make_series(number, images=3), orthanc.link(way)
    for path in folder.glob("*.dcm"):
        ds = pydicom.dcmread(path)
        ds.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
        ds.save_as(path)
    send(link, [folder])
    got = by_uid(pacs.fetch(link, only_series(link, number), tmp_path / "quarantine"))
    for uid, image in by_uid(folder).items():
        assert got[uid].file_meta.TransferSyntaxUID == pydicom.uid.RLELossless
        assert got[uid].PixelData == image.PixelData


@pytest.mark.parametrize("way", ["get", "wado"])
def test_patients_studies_and_series_are_found(orthanc: Orthanc, make_series: MakeSeries, way: str) -> None:
    number = 30 + WAYS.index(way)
    link = orthanc.link(way)
    send(link, [make_series(number, name="GRÜN^Jörg", images=2)])
    patient = PatientRow(f"P{number}", "GRÜN^Jörg", "1964-02-01", "F")
    assert patient in pacs.find_patients(link, Query(patient_name="Grün"))
    wanted = Query(
        patient_id=f"P{number}", study_date="2026-01-01..2026-02-01", modality="CT", description="both"
    )
    (study,) = pacs.find_studies(link, wanted)
    assert (study.patient, study.uid, study.date) == (patient, f"1.2.826.{number}", "2026-01-05")
    assert (study.description, study.modalities) == ("Hip, both sides", ("CT",))
    (series,) = pacs.find_series(link, study)
    assert (series.uid, series.number, series.modality) == (f"1.2.826.{number}.1", 3, "CT")
    assert (series.description, series.images) == ("thin", 2)
    kinds = list(pacs.find_images(link, series).values())
    assert kinds == ["1.2.840.10008.5.1.4.1.1.2"] * 2  # CT Image Storage
    for other in (
        dataclasses.replace(wanted, study_date="2026-02-01.."),
        dataclasses.replace(wanted, modality="MR"),
        dataclasses.replace(wanted, description="knee"),
        dataclasses.replace(wanted, patient_name="Blau"),
    ):
        assert pacs.find_studies(link, other) == []


@pytest.mark.parametrize(
    ("way", "words", "said"),
    [
        ("get", {"ae_title": "NOBODY"}, "is not called “NOBODY”"),
        ("get", {"own_ae_title": "STRANGER"}, "does it know “STRANGER”"),
        ("move", {"own_ae_title": "STRANGER"}, "does it know “STRANGER”"),
        ("get", {"port": "free"}, "cannot be reached: Connection refused"),
        ("get", {"port": "http"}, "does not answer in DICOM"),
        ("get", {"host": "nowhere.invalid"}, "There is no machine called nowhere.invalid"),
        ("get", {"tls": True}, "Does it use TLS on this port"),
        ("wado", {"secret": "guess"}, "does not accept the login “reader”"),
        ("wado", {"user": "", "secret": ""}, "does not accept us without a login"),
        ("wado", {"url": "{url}s"}, "knows no such thing (404)"),
        ("wado", {"url": "http://127.0.0.1:{free}/dicom-web"}, "cannot be reached, or broke off"),
        ("wado", {"url": "https://127.0.0.1:{http}/dicom-web"}, "does not speak TLS there"),
        ("wado", {"url": "http://127.0.0.1:{http}/"}, "Is the URL that of its DICOMweb service"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(orthanc: Orthanc, way: str, words: dict[str, Any], said: str) -> None:
    ports = {"free": free_port(), "http": orthanc.http_port}
    given = {
        word: ports.get(value, value.format(url=orthanc.url, **ports)) if isinstance(value, str) else value
        for word, value in words.items()
    }
    link = orthanc.link(way, **given)
    with pytest.raises(ServerError) as fault:
        _ask(link)
    assert said in str(fault.value)
    assert link.server.name in fault.value.message
    assert fault.value.hint
    assert PASSWORD not in str(fault.value)


def _ask(link: pacs.Link) -> None:
    pacs.echo(link)
    pacs.find_studies(link, Query())


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        dimse = pacs.Server("deaf", "127.0.0.1", port, timeout_s=0.5)
        web = pacs.Server("deaf", url=f"http://127.0.0.1:{port}/dicom-web", timeout_s=0.5)
        with pytest.raises(ServerError, match="takes the connection but does not answer in DICOM"):
            pacs.echo(pacs.Link(dimse))
        with pytest.raises(ServerError, match=r"did not answer within 0\.5 s"):
            pacs.echo(pacs.Link(web))


def test_move_says_that_the_server_cannot_reach_us(
    orthanc: Orthanc, make_series: MakeSeries, tmp_path: Path
) -> None:
    send(orthanc.link("get"), [make_series(40, images=2)])
    link = orthanc.link("move", own_port=free_port())
    with pytest.raises(
        ServerError, match=f"must reach “VITRUVIAN” on this machine's port {link.server.own_port}"
    ):
        pacs.fetch(link, only_series(link, 40), tmp_path / "quarantine")


def test_move_says_that_our_port_is_taken(orthanc: Orthanc, make_series: MakeSeries, tmp_path: Path) -> None:
    send(orthanc.link("get"), [make_series(41, images=2)])
    with socket.create_server(("0.0.0.0", 0)) as other:
        link = orthanc.link("move", own_port=other.getsockname()[1])
        with pytest.raises(ServerError, match="cannot be opened: Address already in use"):
            pacs.fetch(link, only_series(link, 41), tmp_path / "quarantine")


def stop_at(count: int, act: Any) -> Progress:
    """Return a progress that does something once, when so many images are here."""
    done = []

    def report(_fraction: float, text: str) -> None:
        if text.startswith(f"{count} of ") and not done:
            done.append(text)
            act()

    return Progress(report)


@pytest.mark.parametrize("way", WAYS)
def test_a_server_killed_in_the_middle_loses_nothing_and_leaves_no_half_series(
    mortal: Orthanc, make_series: MakeSeries, tmp_path: Path, way: str
) -> None:
    folder, link, quarantine = make_series(50), mortal.link(way), tmp_path / "quarantine"
    send(link, [folder])
    series = only_series(link, 50)
    with pytest.raises(ServerError, match=f"of {IMAGES} images of series 3 thin \\(CT\\) are here") as fault:
        pacs.fetch(link, series, quarantine, stop_at(7, mortal.kill))
    assert "They are kept, and not fetched again." in fault.value.hint
    (gathered,) = quarantine.iterdir()
    first = {p.name: p.stat().st_mtime_ns for p in gathered.glob("*.dcm")}
    assert 7 <= len(first) < IMAGES
    assert set(by_uid(gathered)) < set(by_uid(folder))  # what is there is whole
    assert not list(gathered.glob(".*"))
    with pytest.raises(ServerError, match="cannot be reached"):
        pacs.fetch(link, series, quarantine)
    mortal.start()
    got = pacs.fetch(link, series, quarantine)
    assert by_uid(got) == by_uid(folder)
    # What had come was not fetched again.
    assert {name: (got / name).stat().st_mtime_ns for name in first} == first


@pytest.mark.parametrize("way", ["get", "wado"])
def test_a_server_that_hangs_in_the_middle_is_given_up(
    mortal: Orthanc, make_series: MakeSeries, tmp_path: Path, way: str
) -> None:
    link = mortal.link(way, timeout_s=1.0)
    patient = mortal.link(way)
    send(patient, [make_series(51)])
    series = only_series(patient, 51)
    with pytest.raises(ServerError, match=r"within 1 s|broke off|ended the connection") as fault:
        pacs.fetch(link, series, tmp_path / "quarantine", stop_at(7, mortal.freeze))
    assert f"of {IMAGES} images of series 3 thin (CT) are here." in fault.value.message


def test_sending_goes_on_after_the_server_was_killed(mortal: Orthanc, make_series: MakeSeries) -> None:
    folder, link = make_series(60), mortal.link("get")
    with pytest.raises(ServerError, match=f"of {IMAGES} images are at “archive”") as fault:
        send(link, [folder], stop_at(7, mortal.kill))
    assert fault.value.hint
    mortal.start()
    again = send(link, [folder])
    assert again.images + again.there_already == IMAGES
    assert again.there_already >= 6  # what it had answered for; the seventh's answer came as it died
    assert len(pacs.find_images(link, only_series(link, 60))) == IMAGES


@pytest.mark.parametrize("way", WAYS)
def test_a_transfer_can_be_stopped_and_goes_on_later(
    orthanc: Orthanc, make_series: MakeSeries, tmp_path: Path, way: str
) -> None:
    number = 70 + WAYS.index(way)
    folder, link, quarantine = make_series(number), orthanc.link(way), tmp_path / "quarantine"
    send(link, [folder])
    series = only_series(link, number)
    asked = []
    stopping = Progress(lambda _f, text: asked.append(text), lambda: any(t.startswith("5 of") for t in asked))
    with pytest.raises(Cancelled):
        pacs.fetch(link, series, quarantine, stopping)
    (gathered,) = quarantine.iterdir()
    assert 5 <= len(list(gathered.glob("*.dcm"))) < IMAGES
    assert by_uid(pacs.fetch(link, series, quarantine)) == by_uid(folder)


def test_what_a_power_cut_tore_is_fetched_again(
    orthanc: Orthanc, make_series: MakeSeries, tmp_path: Path
) -> None:
    folder, link, quarantine = make_series(80, images=3), orthanc.link("get"), tmp_path / "quarantine"
    send(link, [folder])
    series = only_series(link, 80)
    got = pacs.fetch(link, series, quarantine)
    torn = sorted(got.glob("*.dcm"))[1]
    torn.write_bytes(torn.read_bytes()[:-100])
    assert by_uid(pacs.fetch(link, series, quarantine)) == by_uid(folder)


def test_a_series_is_fetched_by_one_process_at_a_time(
    orthanc: Orthanc, make_series: MakeSeries, tmp_path: Path
) -> None:
    link = orthanc.link("get")
    send(link, [make_series(81, images=2)])
    series = only_series(link, 81)
    folder = fetching.folder_of(tmp_path, series)
    folder.mkdir()
    parent = fetching.process.started(1)
    (folder / ".owner").write_text(f"1 {parent}")  # the system's first process always runs
    with pytest.raises(UserError, match="is being fetched already, by process 1"):
        pacs.fetch(link, series, tmp_path)
    (folder / ".owner").write_text("1 0.5")  # a number that another process had before
    assert len(by_uid(pacs.fetch(link, series, tmp_path))) == 2


def test_only_dicom_is_sent_and_others_are_counted(
    orthanc: Orthanc, make_series: MakeSeries, tmp_path: Path
) -> None:
    folder = make_series(90, images=2)
    (folder / "readme.txt").write_text("not an image")
    assert send(orthanc.link("wado"), [folder]) == Sent(2, 1, 0, 1)
    with pytest.raises(UserError, match=r"readme\.txt is no DICOM file"):
        send(orthanc.link("wado"), [folder / "readme.txt"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"There is nothing in .* that can be sent"):
        send(orthanc.link("wado"), [tmp_path / "empty"])
    nameless = make_series(91, images=1)
    ds = pydicom.dcmread(nameless / "slice-0001.dcm")
    ds.SeriesInstanceUID = ""
    ds.save_as(nameless / "slice-0001.dcm")
    with pytest.raises(UserError, match=r"slice-0001\.dcm, for one, is no DICOM file, or does not say"):
        send(orthanc.link("wado"), [nameless])


@pytest.mark.parametrize("way", ["get", "wado"])
def test_a_file_header_at_odds_with_the_image_does_not_matter(
    orthanc: Orthanc, make_series: MakeSeries, tmp_path: Path, way: str
) -> None:
    number = 92 + WAYS.index(way)
    folder, link = make_series(number, images=2), orthanc.link(way)
    for n, path in enumerate(sorted(folder.glob("*.dcm"))):  # as some anonymizers leave it
        content = path.read_bytes()
        uid = str(pydicom.dcmread(path).SOPInstanceUID)
        other = uid[:-1] + str((int(uid[-1]) + 1) % 10)
        assert content.count(uid.encode()) == 2, n
        path.write_bytes(content.replace(uid.encode(), other.encode(), 1))
    assert send(link, [folder]).images == 2
    got = by_uid(pacs.fetch(link, only_series(link, number), tmp_path / "quarantine"))
    assert got == by_uid(folder)
