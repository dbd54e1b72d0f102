"""Measurements by the command line: drawn by points, listed, exported one or all, refused when stale."""

import csv
import json
from pathlib import Path

import pydicom
import pytest

from desktop.main import main
from tests.twin.measuring import test_steps  # noqa: F401  (declares the steps)
from tests.twin.sources.pacs.conftest import MakeSeries, make_series  # noqa: F401
from twin.progress import Progress
from twin.record import Record
from twin.run import prepare, run


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))
    path = tmp_path / "p1.twin"
    with Record.create(path) as made:
        run(made, prepare(made, "test.measured_ct"), Progress())
    return str(path)


def draw(record: str, step: str, points: str, *more: str) -> None:
    assert main(["run", record, step, "--set", f"points_mm={points}", *more]) == 0


def test_measurements_are_drawn_listed_and_exported(record, tmp_path, capsys):
    assert main(["export", record, "measurements", "-o", str(tmp_path / "none.csv")]) == 1
    assert "There are no measurements in p1.twin" in capsys.readouterr().err
    draw(record, "measure.distance", "0,0,3,10,0,3")
    draw(record, "measure.polygon", "9.5,9.5,3,19.5,9.5,3,19.5,19.5,3,9.5,19.5,3", "--name", "lesion")
    capsys.readouterr()
    assert main(["list", record, "--json"]) == 0
    rows = [r for r in json.loads(capsys.readouterr().out) if r["kind"] == "measurement"]
    # Mean 2 · 14.5 + 250; of 2 i ten times each, by n − 1: √(10 · 330 / 99) = 5.77
    assert [(r["name"], r["measures"], r["size"]) for r in rows] == [
        ("Distance", "distance", "10.0 ± 1.0 mm"),
        ("lesion", "polygon", "100.0 mm², 279.0 HU (SD 5.77)"),
    ]
    everything, one = tmp_path / "all.csv", tmp_path / "one.csv"
    assert main(["export", record, "measurements", "-o", str(everything)]) == 0
    assert main(["export", record, "lesion", "-o", str(one)]) == 0
    named = [{r["measurement"] for r in csv.DictReader(p.open(encoding="utf-8"))} for p in (everything, one)]
    assert named == [{"Distance", "lesion"}, {"lesion"}]
    assert main(["export", record, "measurements", "-o", str(tmp_path / "all.sr.dcm")]) == 0
    assert main(["import", record, str(tmp_path / "all.sr.dcm"), "--deidentify"]) == 1
    assert "Measurements cannot be de-identified on their own" in capsys.readouterr().err
    assert main(["import", record, str(tmp_path / "all.sr.dcm")]) == 0
    with Record.open(Path(record)) as opened:
        assert [e.name for e in opened.entries()] == ["CT", "Distance", "lesion", "Distance 2", "lesion 2"]
        opened.undo()
    clean = tmp_path / "clean.csv"
    assert main(["export", record, "measurements", "-o", str(clean), "--deidentify"]) == 0
    assert {r["measurement"] for r in csv.DictReader(clean.open(encoding="utf-8"))} == {
        "distance 1", "polygon 2",
    }  # fmt: skip


@pytest.fixture
def with_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_series: MakeSeries) -> Path:  # noqa: F811
    """Return a folder of images, with a report of a distance on them beside."""
    monkeypatch.setenv("VITRUVIAN_CONFIG", str(tmp_path / "config"))
    folder, record = make_series(1, images=4), str(tmp_path / "first.twin")
    assert main(["import", record, str(folder)]) == 0
    draw(record, "measure.distance", "0,0,2,8,0,2", "--name", "width")
    assert main(["export", record, "width", "-o", str(folder / "report.sr.dcm")]) == 0
    return folder


def test_a_report_beside_the_images_comes_in_with_them(with_report: Path, tmp_path: Path, capsys) -> None:
    record = tmp_path / "second.twin"
    capsys.readouterr()
    assert main(["import", str(record), str(with_report), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [o["kind"] for o in said["outputs"]] == ["volume"]
    assert [[o["name"] for o in r["outputs"]] for r in said["reports"]] == [["width"]]
    assert said["left_out"] == []
    with Record.open(record) as opened:
        assert opened.load("width").numbers[0].value == pytest.approx(8.0)  # as it was drawn


def test_a_folder_of_reports_comes_into_the_record_of_their_images(
    with_report: Path, tmp_path: Path, capsys
) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    (with_report / "report.sr.dcm").rename(alone / "report.dcm")
    record = str(tmp_path / "first.twin")
    capsys.readouterr()
    assert main(["import", record, str(alone), "--json"]) == 0
    assert [o["kind"] for o in json.loads(capsys.readouterr().out)["outputs"]] == ["measurement"]


def test_a_report_that_cannot_come_in_is_said(
    with_report: Path,
    tmp_path: Path,
    capsys,
    make_series: MakeSeries,  # noqa: F811
) -> None:
    ds = pydicom.dcmread(with_report / "report.sr.dcm")
    ds.StudyInstanceUID = "1.2.3.4"
    ds.save_as(with_report / "report.sr.dcm")
    capsys.readouterr()
    assert main(["import", str(tmp_path / "second.twin"), str(with_report)]) == 0
    said = capsys.readouterr().err
    assert "left out: 1 report (" in said
    assert "report.sr.dcm: its measurements were drawn on an image that is not in the record." in said
    assert main(["import", str(tmp_path / "third.twin"), str(with_report), "--deidentify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["left_out"] == [
        "report.sr.dcm: Reports are not de-identified."
    ]


def test_stale_measurements_are_exported_only_with_the_word(record, tmp_path, capsys):
    draw(record, "measure.distance", "0,0,3,10,0,3")
    with Record.open(Path(record)) as opened:
        run(opened, prepare(opened, "test.brighten", {"volume": "CT"}), Progress())
    for what in ("measurements", "Distance"):
        words = ["export", record, what, "-o", str(tmp_path / "x.csv")]
        assert main(words) == 1
        assert "Distance is stale: “CT” has changed since." in capsys.readouterr().err
        assert main([*words, "--stale"]) == 0
        (row,) = csv.DictReader((tmp_path / "x.csv").open(encoding="utf-8"))
        assert row["stale"] == "“CT” has changed since"
        capsys.readouterr()
