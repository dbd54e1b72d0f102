"""Studies in folders from the command line; and what of them stays when a record is locked."""

import json
import shutil
from pathlib import Path
from typing import Any

import pydicom
import pytest

from desktop import places
from desktop.main import main
from tests.twin.sources.pacs.conftest import MakeSeries, make_series  # noqa: F401
from twin import passphrases
from twin.sources.index import Index
from twin.sources.index.store import CONCEALED

Capture = pytest.CaptureFixture[str]


def answer(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)


def test_folders_are_looked_into_listed_and_forgotten(
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_series: MakeSeries,  # noqa: F811
) -> None:
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))
    folder = make_series(4, name="GRÜN^Jörg", images=2)
    assert main(["studies", str(folder), "--words", "grun", "--json"]) == 0
    found = answer(capsys)
    assert found["folders"] == [str(folder)]
    assert found["looked"][0]["read"] == 2
    (study,) = found["studies"]
    assert (study["patient"]["name"], study["images"]) == ("GRÜN^Jörg", 2)
    assert [(s["number"], s["images"]) for s in study["series"]] == [(3, 2)]
    assert main(["studies", "--words", "blau"]) == 0
    assert capsys.readouterr().out == "No study that is known here fits “blau”.\n"
    assert main(["studies", str(folder), "--forget", "--json"]) == 0
    assert answer(capsys) == {"folders": [], "looked": [], "studies": [], "others": 0}
    assert main(["studies"]) == 0
    assert "vitruvian studies FOLDER" in capsys.readouterr().out
    (tmp_path / "nothing").mkdir()
    assert main(["studies", str(tmp_path / "nothing")]) == 0
    assert f"There are no DICOM studies in {tmp_path / 'nothing'}." in capsys.readouterr().out
    assert main(["studies", str(tmp_path / "absent")]) == 1
    assert "There is no folder" in capsys.readouterr().err


def test_the_patient_of_a_locked_record_stands_in_the_index_without_a_name(
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_series: MakeSeries,  # noqa: F811
) -> None:
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv(passphrases.VARIABLE, "correct horse battery")
    hip, knee = make_series(5, name="GRUEN^Joerg", images=2), make_series(6, name="BLAU^Eva", images=2)
    record = str(tmp_path / "gruen.twin")
    assert main(["studies", str(hip.parent)]) == 0
    assert "GRUEN" in capsys.readouterr().out
    assert main(["import", record, str(hip)]) == 0
    assert main(["lock", record]) == 0
    with Index(places.index_path()) as index:
        assert sorted(s.patient.name for s in index.studies()) == [CONCEALED, "BLAU^Eva"]
    assert not any(b"GRUEN" in file.read_bytes() for file in places.data_folder().glob("studies*"))
    # What comes into a record that is locked already loses its name as well.
    other = str(tmp_path / "blau.twin")
    assert main(["import", other, str(knee)]) == 0
    assert main(["lock", other]) == 0
    assert main(["studies", str(hip.parent)]) == 0
    out = capsys.readouterr().out
    assert "BLAU" not in out.splitlines()[-1]
    with Index(places.index_path()) as index:
        assert {s.patient.name for s in index.studies()} == {CONCEALED}


def names() -> list[str]:
    with Index(places.index_path()) as index:
        return sorted(s.patient.name for s in index.studies())


@pytest.fixture
def two_locked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_series: MakeSeries,  # noqa: F811
) -> tuple[Path, list[str]]:
    """Return the folder of two studies of one patient, and the locked records of them."""
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv(passphrases.VARIABLE, "correct horse battery")
    folders = [make_series(n, name="GRUEN^Joerg", images=2) for n in (5, 6)]
    for file in folders[1].iterdir():
        ds = pydicom.dcmread(file)
        ds.PatientID = "P5"
        ds.save_as(file)
    assert main(["studies", str(folders[0].parent)]) == 0
    records = [str(tmp_path / name) for name in ("one.twin", "two.twin")]
    for record, folder in zip(records, folders, strict=True):
        assert main(["import", record, str(folder)]) == 0
        assert main(["lock", record]) == 0
    assert names() == [CONCEALED, CONCEALED]
    return folders[0].parent, records


def test_unlocking_the_last_record_brings_the_name_back(two_locked: tuple[Path, list[str]]) -> None:
    _folder, (one, two) = two_locked
    assert main(["unlock", one]) == 0
    assert names() == [CONCEALED, CONCEALED]
    moved = Path(two).rename(Path(two).with_name("elsewhere.twin"))
    assert main(["unlock", str(moved)]) == 0
    assert names() == ["GRUEN^Joerg", "GRUEN^Joerg"]


def test_a_folder_that_is_forgotten_and_added_again_has_its_names_once_no_locked_record_is_there(
    two_locked: tuple[Path, list[str]],
) -> None:
    folder, (one, two) = two_locked
    for record, expected in ((one, CONCEALED), (two, "GRUEN^Joerg")):
        Path(record).unlink()
        assert main(["studies", "--forget", str(folder)]) == 0
        assert main(["studies", str(folder)]) == 0
        assert names() == [expected, expected]


def test_of_folders_only_what_lies_in_them_is_listed(
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_series: MakeSeries,  # noqa: F811
) -> None:
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))
    hip, knee = make_series(5, name="GRUEN^Joerg", images=2), make_series(6, name="BLAU^Eva", images=2)
    shutil.copytree(hip, tmp_path / "images" / "another series of the hip")
    for file in (tmp_path / "images" / "another series of the hip").iterdir():
        ds = pydicom.dcmread(file)
        ds.SeriesInstanceUID, ds.SOPInstanceUID = "1.2.99", f"1.2.99.{ds.InstanceNumber}"
        ds.save_as(file)
    assert main(["studies", str(hip.parent), "--json"]) == 0
    assert answer(capsys)["others"] == 0
    assert main(["studies", str(hip), "--json"]) == 0
    found = answer(capsys)
    assert found["others"] == 1
    (study,) = found["studies"]
    assert [s["uid"] for s in study["series"]] == ["1.2.826.5.1"]
    assert main(["studies", str(knee)]) == 0
    out = capsys.readouterr().out
    assert "GRUEN" not in out
    assert "1 other study is known from elsewhere" in out
