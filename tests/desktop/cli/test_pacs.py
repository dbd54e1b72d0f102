"""Servers of images from the command line, against a real Orthanc."""

import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop import places
from desktop.main import main
from tests.twin.sources.pacs.conftest import MakeSeries, make_series  # noqa: F401
from tests.twin.sources.pacs.orthanc import PASSWORD, USER, Orthanc
from tests.twin.sources.pacs.test_orthanc import by_uid
from twin.domain import LabelMap, Structure, Volume
from twin.exports import export
from twin.exports.pacs import send
from twin.progress import Progress
from twin.record import Record
from twin.run import prepare, run
from twin.sources import read, scan
from twin.steps import Made, step

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    server = Orthanc(tmp_path_factory.mktemp("orthanc"))
    yield server
    server.kill()


@pytest.fixture
def entered(tmp_path: Path, orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> Orthanc:
    """The server is entered twice: “archive” over DICOM, “web” over DICOMweb."""
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))
    dicom = ["--host", "127.0.0.1", "--port", str(orthanc.port), "--ae", "ORTHANC", "--timeout", "30"]
    assert main(["pacs", "add", "archive", *dicom]) == 0
    assert main(["pacs", "add", "web", "--url", orthanc.url, "--user", USER]) == 0
    capsys.readouterr()
    return orthanc


def answer(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)


def type_password(monkeypatch: pytest.MonkeyPatch, password: str = PASSWORD) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))


def test_servers_are_entered_listed_and_struck_off(entered: Orthanc, capsys: Capture) -> None:
    assert main(["pacs", "list", "--json"]) == 0
    archive, web = answer(capsys)
    assert (archive["name"], archive["port"], archive["ae_title"]) == ("archive", entered.port, "ORTHANC")
    assert (web["name"], web["url"], web["user"]) == ("web", entered.url, USER)
    assert main(["pacs", "add", "web", "--url", "https://elsewhere"]) == 1
    assert "There is a server “web” already." in capsys.readouterr().err
    assert main(["pacs", "add", "far", "--url", "http://elsewhere/dicom-web", "--user", "me"]) == 0
    assert "can be read on the way: use https" in capsys.readouterr().err
    assert main(["pacs", "remove", "far"]) == 0
    assert main(["pacs", "remove", "far"]) == 1
    assert "There are: “archive”, “web”." in capsys.readouterr().err


def test_echo_asks_for_the_password_and_says_what_is_wrong_with_it(
    entered: Orthanc, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["pacs", "echo", "archive", "--json"]) == 0
    assert answer(capsys)["answers"] is True
    type_password(monkeypatch)
    assert main(["pacs", "echo", "web", "--password-stdin"]) == 0
    type_password(monkeypatch, "guess")
    assert main(["pacs", "echo", "web", "--password-stdin"]) == 1
    assert "does not accept the login “reader”" in capsys.readouterr().err
    monkeypatch.setattr("twin.sources.pacs.secrets.kept", lambda server: None)
    assert main(["pacs", "echo", "web"]) == 1
    assert "Give it by --password-stdin" in capsys.readouterr().err


def test_send_find_and_get(
    entered: Orthanc,
    capsys: Capture,
    tmp_path: Path,
    make_series: MakeSeries,  # noqa: F811
) -> None:
    folder = make_series(1, images=4)
    assert main(["pacs", "send", "archive", str(folder), "--json"]) == 0
    sent = {"server": "archive", "images": 4, "series": 1, "there_already": 0, "passed_over": 0}
    assert answer(capsys) == sent
    assert main(["pacs", "find", "archive", "--id", "P1", "--json"]) == 0
    (study,) = answer(capsys)
    assert (study["uid"], study["patient"]["name"], study["images"]) == ("1.2.826.1", "MODEL^Hip", 4)
    assert main(["pacs", "find", "archive", "--level", "patient", "--name", "model"]) == 0
    assert "MODEL^Hip" in capsys.readouterr().out
    get = ["pacs", "get", "archive", "--study", "1.2.826.1", "-o", str(tmp_path / "out"), "--json"]
    assert main(get) == 0
    (series,) = answer(capsys)["series"]
    assert (series["uid"], series["images"]) == ("1.2.826.1.1", 4)
    assert Path(series["path"]) == tmp_path / "out" / "003 CT thin"
    assert by_uid(Path(series["path"])) == by_uid(folder)
    assert not list(places.quarantine_folder().iterdir())
    assert main(["pacs", "get", "archive", "--study", "9.9", "-o", str(tmp_path)]) == 1
    assert "has no series that matches 9.9" in capsys.readouterr().err
    assert main(["pacs", "get", "archive", "-o", str(tmp_path)]) == 1
    assert "Say which series" in capsys.readouterr().err


def test_a_series_comes_into_a_record_and_its_segmentation_goes_back(
    entered: Orthanc,
    capsys: Capture,
    tmp_path: Path,
    make_series: MakeSeries,  # noqa: F811
) -> None:
    folder, path = make_series(2, images=4), tmp_path / "hip.twin"
    assert main(["pacs", "send", "archive", str(folder)]) == 0
    assert "4 images of 1 series are sent to archive." in capsys.readouterr().out
    assert main(["pacs", "get", "archive", "--series", "1.2.826.2.1", "--record", str(path), "--json"]) == 0
    got = answer(capsys)
    assert got["import"]["outputs"][0]["kind"] == "volume"
    assert not list(places.quarantine_folder().iterdir())
    with Record.open(path) as record:
        assert (record.load("v1").voxels == read(scan([folder]).series[0]).voxels).all()
        assert record.log()[-1].kind == "fetched"
        assert record.log()[-1].params == {"server": "archive", "series": ["1.2.826.2.1"]}
        run(record, prepare(record, "test.box", {}, {}))
    assert main(["pacs", "send", "archive", "--record", str(path), "bones", "--json"]) == 0
    assert answer(capsys)["images"] == 1
    assert main(["log", str(path)]) == 0
    told = [" ".join(line.split()[3:]) for line in capsys.readouterr().out.splitlines()]
    assert "fetched 1 series from archive" in told
    assert "sent bones → archive" in told
    with Record.open(path) as record:
        assert record.log()[-1].kind == "sent"
        assert record.log()[-1].params == {"entity": "bones", "server": "archive", "stale": ""}
    assert main(["pacs", "find", "archive", "--level", "series", "--id", "P2", "--json"]) == 0
    assert {s["modality"] for s in answer(capsys)} == {"CT", "SEG"}


@dataclass(frozen=True)
class _NoParams:
    pass


@step("test.box", version=1, title="Draw a box", quick=True)
def draw_box(volume: Volume, params: _NoParams, progress: Progress) -> Made:
    """Mark a box in the middle of an image."""
    labels = np.zeros(volume.voxels.shape, np.uint8)
    labels[1:3, 20:40, 20:40] = 1
    placed = {"frame_of_reference": volume.frame_of_reference, "identity": volume.identity}
    bones = LabelMap(labels, volume.affine, (Structure("sacrum", 1, "sacrum"),), **placed)
    return Made({"labelmap": bones}, {}, {"labelmap": "bones"})


@pytest.mark.parametrize("kind", ["seg", pytest.param("rtstruct", marks=pytest.mark.slow)])
def test_what_was_made_on_images_of_nobody_is_not_sent_without_a_word(
    entered: Orthanc, capsys: Capture, tmp_path: Path, kind: str
) -> None:
    voxels = np.zeros((4, 64, 64), np.int16)
    path, out = tmp_path / "nobody.twin", tmp_path / "box.dcm"
    export(Volume(voxels, np.diag([1.0, 1.0, 2.0, 1.0]), "CT", "HU"), tmp_path / "scan.nii.gz")
    assert main(["import", str(path), str(tmp_path / "scan.nii.gz"), "--set", "modality=CT"]) == 0
    with Record.open(path) as record:
        run(record, prepare(record, "test.box", {}, {}))
    capsys.readouterr()
    send_it = ["pacs", "send", "archive", "--record", str(path), "bones", "--as", kind]
    assert main(send_it) == 1
    assert "does not say whose it is" in capsys.readouterr().err
    with Record.open(path) as record:
        assert "sent" not in {e.kind for e in record.log()}
    assert main(["export", str(path), "bones", "-o", str(out.with_suffix(f".{kind}.dcm"))]) == 0
    assert main(["pacs", "send", "archive", str(out.with_suffix(f".{kind}.dcm"))]) == 1
    assert "pacs send --nameless" in capsys.readouterr().err
    assert main([*send_it, "--nameless", "--json"]) == 0
    assert answer(capsys)["images"] == 1


def test_a_server_killed_in_the_middle_leaves_no_record(
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_series: MakeSeries,  # noqa: F811
) -> None:
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))
    server, path = Orthanc(tmp_path / "orthanc"), tmp_path / "hip.twin"
    try:
        folder = make_series(3, images=40, side=256)
        dicom = ["--host", "127.0.0.1", "--port", str(server.port), "--ae", "ORTHANC", "--timeout", "30"]
        assert main(["pacs", "add", "archive", *dicom]) == 0
        send(server.link("get"), [folder])
        killer = threading.Thread(target=_kill_at_first_image, args=(server,))
        killer.start()
        get = ["pacs", "get", "archive", "--id", "P3", "--record", str(path)]
        assert main(get) == 1
        killer.join()
        assert "of 40 images of series 3 thin (CT) are here. They are kept" in capsys.readouterr().err
        assert not path.exists()
        server.start()
        assert main(get) == 0
    finally:
        server.kill()
    with Record.open(path) as record:
        voxels = record.load("v1").voxels
    assert voxels.shape == (40, 256, 256)
    assert np.array_equal(voxels, read(scan([folder]).series[0]).voxels)
    assert not list(places.quarantine_folder().iterdir())


def _kill_at_first_image(server: Orthanc) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not list(places.quarantine_folder().glob("*/*.dcm")):
        time.sleep(0.001)
    server.kill()
